/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "python/mitogen-module-tree-private.h"

G_BEGIN_DECLS

/* For reading, not waiting for anything, and only if no part of the absolute @path is a symbolic
 * link; -1 and errno. @flags: O_DIRECTORY or 0. */
int mitogen_file_open_real (const char *path, int flags);

/* The whole of a regular file, opened likewise. G_IO_ERROR_NOT_FOUND: it is not there, or is
 * something else. */
GBytes *mitogen_file_read (const char *path, gsize max_size, MitogenStamp *stamp, GError **error);

/* All @size bytes at @offset, or FALSE; fewer are G_IO_ERROR_INVALID_DATA. */
gboolean mitogen_file_read_at (int fd, void *data, gsize size, guint64 offset, GError **error);

GError *mitogen_file_error_too_large (const char *path, gsize max_size);

G_END_DECLS
