/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-container-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_KUBECTL_CONNECTION (mitogen_kubectl_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenKubectlConnection,
                      mitogen_kubectl_connection,
                      MITOGEN,
                      KUBECTL_CONNECTION,
                      MitogenContainerConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_kubectl_connection_new (void);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_kubectl_connection_get_pod (MitogenKubectlConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_kubectl_connection_set_pod (MitogenKubectlConnection *self, const char *pod);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_kubectl_connection_get_pod_container (MitogenKubectlConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_kubectl_connection_set_pod_container (MitogenKubectlConnection *self,
                                                   const char *pod_container);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_kubectl_connection_get_pod_namespace (MitogenKubectlConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_kubectl_connection_set_pod_namespace (MitogenKubectlConnection *self,
                                                   const char *pod_namespace);
MITOGEN_AVAILABLE_IN_ALL
const char *const *mitogen_kubectl_connection_get_kubectl_args (MitogenKubectlConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_kubectl_connection_set_kubectl_args (MitogenKubectlConnection *self,
                                                  const char *const *kubectl_args);

G_END_DECLS
