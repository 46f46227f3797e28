/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "python/mitogen-module-finder-private.h"

G_BEGIN_DECLS

/* ---- trees on disk ---- */

/* A new directory, without links in its path. */
char *unit_tree_new (void);
/* Removes it, and frees the path. */
void unit_tree_end (char *tree);
char *unit_tree_path (const char *tree, const char *name);
/* Makes the directories it needs. */
void unit_tree_write (const char *tree, const char *name, const char *text);
void unit_tree_write_bytes (const char *tree, const char *name, const void *data, gsize size);
void unit_tree_remove (const char *tree, const char *name);
void unit_tree_link (const char *tree, const char *name, const char *target);
/* Gives a file or directory the time of a long-gone day: it looks as it did when this was done
 * before, whatever has happened meanwhile. */
void unit_tree_age (const char *tree, const char *name, gint64 seconds);

/* ---- finding ---- */

void unit_add_path (MitogenModuleFinder *finder, const char *path);
/* @children: with commas; NULL: no package. @source: NULL: a namespace. */
void unit_assert_found (MitogenModuleFinder *finder,
                        const char *name,
                        const char *path,
                        const char *source,
                        const char *children);
/* @part: of the message; NULL: any. */
void unit_assert_not_found (MitogenModuleFinder *finder, const char *name, const char *part);

/* ---- archives ---- */

typedef struct
{
  const char *name;
  const char *data; /* NULL: empty */
  gboolean deflate;
} UnitZipFile;

typedef struct
{
  const char *prefix;
  const char *comment;
  gboolean is_64;
  guint16 flags;
} UnitZipOptions;

/* Up to a file without a name. */
GByteArray *unit_zip_new (const UnitZipFile *files, const UnitZipOptions *options);
/* Where the entry of the directory begins that has the number @index. */
gsize unit_zip_entry (GByteArray *zip, guint index);
gsize unit_zip_end (GByteArray *zip);
void unit_zip_set_16 (GByteArray *zip, gsize position, guint16 value);
void unit_zip_set_32 (GByteArray *zip, gsize position, guint32 value);

G_END_DECLS
