/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_CHROOT_CONNECTION (mitogen_chroot_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenChrootConnection,
                      mitogen_chroot_connection,
                      MITOGEN,
                      CHROOT_CONNECTION,
                      MitogenConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_chroot_connection_new (void);

MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_chroot_connection_get_directory (MitogenChrootConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_chroot_connection_set_directory (MitogenChrootConnection *self, const char *directory);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_chroot_connection_get_username (MitogenChrootConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_chroot_connection_set_username (MitogenChrootConnection *self, const char *username);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_chroot_connection_get_chroot_path (MitogenChrootConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_chroot_connection_set_chroot_path (MitogenChrootConnection *self,
                                                const char *chroot_path);

G_END_DECLS
