/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-check-host-keys.h"
#include "mitogen-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_SSH_CONNECTION (mitogen_ssh_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenSshConnection,
                      mitogen_ssh_connection,
                      MITOGEN,
                      SSH_CONNECTION,
                      MitogenConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_ssh_connection_new (const char *hostname);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_ssh_connection_get_hostname (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_hostname (MitogenSshConnection *self, const char *hostname);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_ssh_connection_get_username (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_username (MitogenSshConnection *self, const char *username);
MITOGEN_AVAILABLE_IN_ALL
guint mitogen_ssh_connection_get_port (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_port (MitogenSshConnection *self, guint port);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_ssh_connection_get_ssh_path (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_ssh_path (MitogenSshConnection *self, const char *ssh_path);
MITOGEN_AVAILABLE_IN_ALL
const char *const *mitogen_ssh_connection_get_ssh_args (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_ssh_args (MitogenSshConnection *self, const char *const *ssh_args);
MITOGEN_AVAILABLE_IN_ALL
MitogenCheckHostKeys mitogen_ssh_connection_get_check_host_keys (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_check_host_keys (MitogenSshConnection *self,
                                                 MitogenCheckHostKeys check_host_keys);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_ssh_connection_get_identity_file (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_identity_file (MitogenSshConnection *self,
                                               const char *identity_file);
MITOGEN_AVAILABLE_IN_ALL
const char *const *mitogen_ssh_connection_get_identity_files (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_identity_files (MitogenSshConnection *self,
                                                const char *const *identity_files);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_ssh_connection_get_identities_only (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_identities_only (MitogenSshConnection *self,
                                                 gboolean identities_only);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_ssh_connection_get_compression (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_compression (MitogenSshConnection *self, gboolean compression);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_ssh_connection_get_keepalive_enabled (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_keepalive_enabled (MitogenSshConnection *self,
                                                   gboolean keepalive_enabled);
MITOGEN_AVAILABLE_IN_ALL
guint mitogen_ssh_connection_get_keepalive_interval (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_keepalive_interval (MitogenSshConnection *self,
                                                    guint keepalive_interval);
MITOGEN_AVAILABLE_IN_ALL
guint mitogen_ssh_connection_get_keepalive_count (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_keepalive_count (MitogenSshConnection *self, guint keepalive_count);
MITOGEN_AVAILABLE_IN_ALL
guint mitogen_ssh_connection_get_ssh_debug_level (MitogenSshConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_ssh_connection_set_ssh_debug_level (MitogenSshConnection *self, guint ssh_debug_level);

G_END_DECLS
