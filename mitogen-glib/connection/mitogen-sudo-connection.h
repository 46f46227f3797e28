/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_SUDO_CONNECTION (mitogen_sudo_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenSudoConnection,
                      mitogen_sudo_connection,
                      MITOGEN,
                      SUDO_CONNECTION,
                      MitogenConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_sudo_connection_new (void);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_sudo_connection_get_username (MitogenSudoConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_sudo_connection_set_username (MitogenSudoConnection *self, const char *username);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_sudo_connection_get_sudo_path (MitogenSudoConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_sudo_connection_set_sudo_path (MitogenSudoConnection *self, const char *sudo_path);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_sudo_connection_get_set_home (MitogenSudoConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_sudo_connection_set_set_home (MitogenSudoConnection *self, gboolean set_home);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_sudo_connection_get_preserve_env (MitogenSudoConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_sudo_connection_set_preserve_env (MitogenSudoConnection *self, gboolean preserve_env);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_sudo_connection_get_login (MitogenSudoConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_sudo_connection_set_login (MitogenSudoConnection *self, gboolean login);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_sudo_connection_get_selinux_role (MitogenSudoConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_sudo_connection_set_selinux_role (MitogenSudoConnection *self,
                                               const char *selinux_role);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_sudo_connection_get_selinux_type (MitogenSudoConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_sudo_connection_set_selinux_type (MitogenSudoConnection *self,
                                               const char *selinux_type);
MITOGEN_AVAILABLE_IN_ALL
const char *const *mitogen_sudo_connection_get_sudo_args (MitogenSudoConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_sudo_connection_set_sudo_args (MitogenSudoConnection *self,
                                            const char *const *sudo_args);

G_END_DECLS
