/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_PKEXEC_CONNECTION (mitogen_pkexec_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenPkexecConnection,
                      mitogen_pkexec_connection,
                      MITOGEN,
                      PKEXEC_CONNECTION,
                      MitogenConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_pkexec_connection_new (void);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_pkexec_connection_get_username (MitogenPkexecConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_pkexec_connection_set_username (MitogenPkexecConnection *self, const char *username);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_pkexec_connection_get_pkexec_path (MitogenPkexecConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_pkexec_connection_set_pkexec_path (MitogenPkexecConnection *self,
                                                const char *pkexec_path);

G_END_DECLS
