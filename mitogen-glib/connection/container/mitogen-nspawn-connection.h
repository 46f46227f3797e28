/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_NSPAWN_CONNECTION (mitogen_nspawn_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenNspawnConnection,
                      mitogen_nspawn_connection,
                      MITOGEN,
                      NSPAWN_CONNECTION,
                      MitogenConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_nspawn_connection_new (void);

MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_nspawn_connection_get_directory (MitogenNspawnConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_nspawn_connection_set_directory (MitogenNspawnConnection *self, const char *directory);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_nspawn_connection_get_image (MitogenNspawnConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_nspawn_connection_set_image (MitogenNspawnConnection *self, const char *image);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_nspawn_connection_get_machine (MitogenNspawnConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_nspawn_connection_set_machine (MitogenNspawnConnection *self, const char *machine);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_nspawn_connection_get_username (MitogenNspawnConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_nspawn_connection_set_username (MitogenNspawnConnection *self, const char *username);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_nspawn_connection_get_systemd_nspawn_path (MitogenNspawnConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_nspawn_connection_set_systemd_nspawn_path (MitogenNspawnConnection *self,
                                                        const char *systemd_nspawn_path);

G_END_DECLS
