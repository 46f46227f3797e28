/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-ssh-connection.h"

G_BEGIN_DECLS

/* @is_direct: it will run on this host. Returns: (transfer full) (nullable): the command, if the
 * properties are right */
char **mitogen_ssh_command_make (MitogenSshConnection *connection,
                                 gboolean is_direct,
                                 const char *const *python_argv,
                                 GError **error);
/* Returns: (transfer full) (nullable): as the program takes it, without brackets */
char *mitogen_ssh_command_dup_host (MitogenSshConnection *connection);
/* Returns: (transfer full): the host, and the port unless it is the usual one. */
char *mitogen_ssh_command_get_address (MitogenSshConnection *connection);

G_END_DECLS
