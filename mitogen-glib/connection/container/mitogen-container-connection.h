/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_CONTAINER_CONNECTION (mitogen_container_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (MitogenContainerConnection,
                          mitogen_container_connection,
                          MITOGEN,
                          CONTAINER_CONNECTION,
                          MitogenConnection)

/**
 * MitogenContainerConnectionClass:
 * @parent_class: the parent class
 *
 * The class structure of connections into containers.
 *
 * Since: 1.0
 */
struct _MitogenContainerConnectionClass
{
  MitogenConnectionClass parent_class;

  /*< private >*/
  gpointer _reserved[8];
};

MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_container_connection_get_container (MitogenContainerConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_container_connection_set_container (MitogenContainerConnection *self,
                                                 const char *container);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_container_connection_get_username (MitogenContainerConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_container_connection_set_username (MitogenContainerConnection *self,
                                                const char *username);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_container_connection_get_program_path (MitogenContainerConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_container_connection_set_program_path (MitogenContainerConnection *self,
                                                    const char *program_path);

G_END_DECLS
