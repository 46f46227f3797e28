/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* FALSE: @path is not set or empty. */
gboolean mitogen_folder_check (const char *path, GError **error);

G_END_DECLS
