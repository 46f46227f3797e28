/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/container/mitogen-container-connection.h"
#include "connection/mitogen-method-private.h"

G_BEGIN_DECLS

/* Property ids of a subclass are not to be this one. A subclass with properties of its own hands
 * this one on to the get_property and set_property of its parent. */
#define MITOGEN_CONTAINER_CONNECTION_PROP_PROGRAM_PATH 100

/* Installs the property @name, such as "lxc-path": the program, with a getter and a setter here.
 * @program: what it is if it is not set */
void mitogen_container_connection_class_install_program (MitogenContainerConnectionClass *klass,
                                                         const char *name,
                                                         const char *program);
/* Such as @program-path says, or else the one that the class has by itself. */
const char *mitogen_container_connection_get_program (MitogenContainerConnection *self);
/* FALSE: there is no container, or what is called so cannot be the name of one. */
gboolean mitogen_container_connection_check (MitogenContainerConnection *self, GError **error);
/* A word on a command line, or a name in a request: not empty, printable, not to be taken for an
 * option. @what: what it is, for people */
gboolean mitogen_container_check_name (const char *what, const char *name, GError **error);
/* For MitogenConnectionMethod. */
void mitogen_container_connection_describe (MitogenConnection *connection, MitogenPlace *place);

G_END_DECLS
