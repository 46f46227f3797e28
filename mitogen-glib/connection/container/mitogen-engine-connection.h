/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-container-connection.h"
#include "mitogen-engine-pull.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_ENGINE_CONNECTION (mitogen_engine_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (MitogenEngineConnection,
                          mitogen_engine_connection,
                          MITOGEN,
                          ENGINE_CONNECTION,
                          MitogenContainerConnection)

/**
 * MitogenEngineConnectionClass:
 * @parent_class: the parent class
 *
 * The class structure of connections by the Docker Engine API.
 *
 * Since: 1.0
 */
struct _MitogenEngineConnectionClass
{
  MitogenContainerConnectionClass parent_class;

  /*< private >*/
  gpointer _reserved[8];
};

MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_engine_connection_get_image (MitogenEngineConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_engine_connection_set_image (MitogenEngineConnection *self, const char *image);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_engine_connection_get_working_directory (MitogenEngineConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_engine_connection_set_working_directory (MitogenEngineConnection *self,
                                                      const char *working_directory);
MITOGEN_AVAILABLE_IN_ALL
const char *const *mitogen_engine_connection_get_environment (MitogenEngineConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_engine_connection_set_environment (MitogenEngineConnection *self,
                                                const char *const *environment);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_engine_connection_get_address (MitogenEngineConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_engine_connection_set_address (MitogenEngineConnection *self, const char *address);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_engine_connection_get_tls_directory (MitogenEngineConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_engine_connection_set_tls_directory (MitogenEngineConnection *self,
                                                  const char *tls_directory);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_engine_connection_get_tls_verify (MitogenEngineConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_engine_connection_set_tls_verify (MitogenEngineConnection *self, gboolean tls_verify);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_engine_connection_get_network (MitogenEngineConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_engine_connection_set_network (MitogenEngineConnection *self, const char *network);
MITOGEN_AVAILABLE_IN_ALL
MitogenEnginePull mitogen_engine_connection_get_pull (MitogenEngineConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_engine_connection_set_pull (MitogenEngineConnection *self, MitogenEnginePull pull);

G_END_DECLS
