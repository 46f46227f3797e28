/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_SELF_CONNECTION (mitogen_self_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenSelfConnection,
                      mitogen_self_connection,
                      MITOGEN,
                      SELF_CONNECTION,
                      MitogenConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_self_connection_new (void);
MITOGEN_AVAILABLE_IN_ALL
const char *const *mitogen_self_connection_get_argv (MitogenSelfConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_self_connection_set_argv (MitogenSelfConnection *self, const char *const *argv);

G_END_DECLS
