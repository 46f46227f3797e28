/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-connection.h"

G_BEGIN_DECLS

/* Appends one step. */
gboolean mitogen_uri_append (GString *uri, MitogenConnection *connection, GError **error);

G_END_DECLS
