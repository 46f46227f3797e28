/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-engine-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_PODMAN_CONNECTION (mitogen_podman_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenPodmanConnection,
                      mitogen_podman_connection,
                      MITOGEN,
                      PODMAN_CONNECTION,
                      MitogenEngineConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_podman_connection_new (void);

G_END_DECLS
