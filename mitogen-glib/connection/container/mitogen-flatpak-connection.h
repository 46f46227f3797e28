/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-container-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_FLATPAK_CONNECTION (mitogen_flatpak_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenFlatpakConnection,
                      mitogen_flatpak_connection,
                      MITOGEN,
                      FLATPAK_CONNECTION,
                      MitogenContainerConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_flatpak_connection_new (void);

G_END_DECLS
