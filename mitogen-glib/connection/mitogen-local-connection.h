/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_LOCAL_CONNECTION (mitogen_local_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenLocalConnection,
                      mitogen_local_connection,
                      MITOGEN,
                      LOCAL_CONNECTION,
                      MitogenConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_local_connection_new (void);

G_END_DECLS
