/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_FLATPAK_HOST_CONNECTION (mitogen_flatpak_host_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenFlatpakHostConnection,
                      mitogen_flatpak_host_connection,
                      MITOGEN,
                      FLATPAK_HOST_CONNECTION,
                      MitogenConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_flatpak_host_connection_new (void);

MITOGEN_AVAILABLE_IN_ALL
const char *const *
mitogen_flatpak_host_connection_get_environment (MitogenFlatpakHostConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_flatpak_host_connection_set_environment (MitogenFlatpakHostConnection *self,
                                                      const char *const *environment);
MITOGEN_AVAILABLE_IN_ALL
const char *
mitogen_flatpak_host_connection_get_working_directory (MitogenFlatpakHostConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_flatpak_host_connection_set_working_directory (MitogenFlatpakHostConnection *self,
                                                            const char *working_directory);
MITOGEN_AVAILABLE_IN_ALL
const char *
mitogen_flatpak_host_connection_get_flatpak_spawn_path (MitogenFlatpakHostConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_flatpak_host_connection_set_flatpak_spawn_path (MitogenFlatpakHostConnection *self,
                                                             const char *flatpak_spawn_path);

G_END_DECLS
