/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-connection.h"
#include "mitogen-context.h"

G_BEGIN_DECLS

MITOGEN_AVAILABLE_IN_ALL
GList *mitogen_uri_parse (const char *uri, GError **error);
MITOGEN_AVAILABLE_IN_ALL
char *mitogen_uri_format (GList *connections, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_connection_from_uri (const char *uri, GError **error);
MITOGEN_AVAILABLE_IN_ALL
char *mitogen_connection_to_uri (MitogenConnection *self, GError **error);
MITOGEN_AVAILABLE_IN_ALL
char *mitogen_context_to_uri (MitogenContext *self, GError **error);

G_END_DECLS
