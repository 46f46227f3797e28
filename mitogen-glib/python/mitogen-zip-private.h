/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the zipimport module of Python 3.13 reads: stored and deflated files, also behind other
 * data, with a comment, and with 64-bit sizes. Archives may come from anybody; all errors that are
 * not of the operating system are G_IO_ERROR_INVALID_DATA or G_IO_ERROR_NOT_SUPPORTED. */

typedef struct
{
  guint64 offset; /* of its header in the file */
  guint64 packed_size;
  guint64 size;
  guint32 crc;
  guint16 method;
  guint16 flags;
} MitogenZipEntry;

/* Name, as UTF-8: MitogenZipEntry. Of those with the same name it is the last one; names of
 * directories end with "/". @size: of the file. */
GHashTable *mitogen_zip_read_directory (int fd, guint64 size, GError **error);

/* @entry: not larger than may be allocated. */
GBytes *mitogen_zip_read_entry (int fd, const MitogenZipEntry *entry, GError **error);

G_END_DECLS
