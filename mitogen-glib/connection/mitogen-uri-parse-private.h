/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Between the steps of a way. */
#define MITOGEN_URI_SEPARATOR ','

/* Returns: (transfer full) (element-type MitogenConnection) (nullable): see mitogen_uri_parse().
 * @error: never quotes a value, which may be a password in the wrong place */
GPtrArray *mitogen_uri_read (const char *uri, GError **error);

G_END_DECLS
