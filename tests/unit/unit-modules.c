/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unit-modules.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* ---- trees on disk ---- */

char *
unit_tree_new (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_dir_make_tmp ("mitogen-modules-XXXXXX", &error);
  char *real;
  char *copy;

  g_assert_no_error (error);
  real = realpath (path, NULL);
  copy = g_strdup (real);
  free (real);
  return copy;
}

static void
remove_all (const char *path)
{
  struct stat info;
  const char *name;
  GDir *dir;

  if (lstat (path, &info) != 0)
    return;
  if (S_ISDIR (info.st_mode))
    {
      dir = g_dir_open (path, 0, NULL);
      while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *child = g_build_filename (path, name, NULL);

          remove_all (child);
        }
      g_clear_pointer (&dir, g_dir_close);
    }
  g_remove (path);
}

void
unit_tree_end (char *tree)
{
  remove_all (tree);
  g_free (tree);
}

char *
unit_tree_path (const char *tree, const char *name)
{
  return g_build_filename (tree, name, NULL);
}

/* By way of another name, so that nobody sees half of it. */
void
unit_tree_write_bytes (const char *tree, const char *name, const void *data, gsize size)
{
  g_autofree char *path = unit_tree_path (tree, name);
  g_autofree char *new_path = g_strconcat (path, ".new", NULL);
  g_autofree char *directory = g_path_get_dirname (path);
  int fd;

  g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
  fd = g_open (new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, data, size), ==, (gssize) size);
  g_assert_cmpint (close (fd), ==, 0);
  g_assert_cmpint (g_rename (new_path, path), ==, 0);
}

void
unit_tree_write (const char *tree, const char *name, const char *text)
{
  unit_tree_write_bytes (tree, name, text, strlen (text));
}

void
unit_tree_remove (const char *tree, const char *name)
{
  g_autofree char *path = unit_tree_path (tree, name);

  remove_all (path);
}

void
unit_tree_link (const char *tree, const char *name, const char *target)
{
  g_autofree char *path = unit_tree_path (tree, name);

  g_assert_cmpint (symlink (target, path), ==, 0);
}

void
unit_tree_age (const char *tree, const char *name, gint64 seconds)
{
  g_autofree char *path = unit_tree_path (tree, name);
  struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
}

/* ---- finding ---- */

void
unit_add_path (MitogenModuleFinder *finder, const char *path)
{
  g_autoptr (GError) error = NULL;

  mitogen_module_finder_add_path (finder, path, &error);
  g_assert_no_error (error);
}

static void
assert_source (MitogenModule *module, const char *source)
{
  if (source == NULL)
    g_assert_null (module->source);
  else
    g_assert_cmpmem (g_bytes_get_data (module->source, NULL), g_bytes_get_size (module->source),
                     source, strlen (source));
}

void
unit_assert_found (MitogenModuleFinder *finder,
                   const char *name,
                   const char *path,
                   const char *source,
                   const char *children)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenModule) module = mitogen_module_finder_find (finder, name, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (module->name, ==, name);
  g_assert_cmpstr (module->path, ==, path);
  assert_source (module, source);
  g_assert_cmpint (module->is_package, ==, children != NULL);
  g_assert_cmpint (module->children != NULL, ==, children != NULL);
  if (children != NULL)
    {
      g_autofree char *joined = g_strjoinv (",", (char **) module->children);

      g_assert_cmpstr (joined, ==, children);
    }
  g_assert_true (mitogen_module_finder_has (finder, name));
  g_assert_true (mitogen_module_finder_is_current (finder, module));
}

void
unit_assert_not_found (MitogenModuleFinder *finder, const char *name, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenModule) module = mitogen_module_finder_find (finder, name, &error);

  g_assert_null (module);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_MODULE_NOT_FOUND);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  if (part != NULL && strstr (error->message, part) == NULL)
    g_error ("“%s” does not say “%s”", error->message, part);
  g_assert_false (mitogen_module_finder_has (finder, name));
}

/* ---- archives ---- */

static void
put (GByteArray *zip, guint64 value, guint size)
{
  for (guint i = 0; i < size; i++)
    {
      guint8 byte = i < sizeof value ? (guint8) (value >> (8 * i)) : 0;

      g_byte_array_append (zip, &byte, 1);
    }
}

static void
put_text (GByteArray *zip, const char *text)
{
  g_byte_array_append (zip, (const guint8 *) text, (guint) strlen (text));
}

static GBytes *
pack (const UnitZipFile *file)
{
  const char *data = file->data != NULL ? file->data : "";
  gsize size = strlen (data);
  g_autofree guint8 *packed = g_malloc (size + 1000);
  z_stream stream = { 0 };

  if (!file->deflate)
    return g_bytes_new (data, size);
  g_assert_cmpint (deflateInit2 (&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY), ==,
                   Z_OK);
  stream.next_in = (Bytef *) data;
  stream.avail_in = (uInt) size;
  stream.next_out = packed;
  stream.avail_out = (uInt) size + 1000;
  g_assert_cmpint (deflate (&stream, Z_FINISH), ==, Z_STREAM_END);
  size = stream.total_out;
  deflateEnd (&stream);
  return g_bytes_new (packed, size);
}

/* What is the same in both headers of a file. */
static void
put_common (GByteArray *zip, const UnitZipFile *file, guint16 flags, gsize packed, gsize extra)
{
  const char *data = file->data != NULL ? file->data : "";

  put (zip, flags, 2);
  put (zip, file->deflate ? 8 : 0, 2);
  put (zip, 0, 4);
  put (zip, crc32 (0, (const Bytef *) data, (uInt) strlen (data)), 4);
  put (zip, extra > 0 ? G_MAXUINT32 : packed, 4);
  put (zip, extra > 0 ? G_MAXUINT32 : strlen (data), 4);
  put (zip, strlen (file->name), 2);
  put (zip, extra, 2);
}

static void
put_entry (GByteArray *zip,
           const UnitZipFile *file,
           guint16 flags,
           gsize offset,
           gsize packed,
           gboolean is_64)
{
  put (zip, 0x02014b50, 4);
  put (zip, 0x002d0314, 4);
  put_common (zip, file, flags, packed, is_64 ? 28 : 0);
  put (zip, 0, 10);
  put (zip, is_64 ? G_MAXUINT32 : offset, 4);
  put_text (zip, file->name);
  if (!is_64)
    return;
  put (zip, 1, 2);
  put (zip, 24, 2);
  put (zip, file->data != NULL ? strlen (file->data) : 0, 8);
  put (zip, packed, 8);
  put (zip, offset, 8);
}

static void
put_end (GByteArray *zip, guint n_files, gsize position, gsize size, const UnitZipOptions *options)
{
  const char *comment = options->comment != NULL ? options->comment : "";

  if (options->is_64)
    {
      put (zip, 0x06064b50, 4);
      put (zip, 44, 8);
      put (zip, 0x002d002d, 4);
      put (zip, 0, 8);
      put (zip, n_files, 8);
      put (zip, n_files, 8);
      put (zip, size, 8);
      put (zip, position, 8);
      put (zip, 0x07064b50, 4);
      put (zip, 0, 4);
      put (zip, position + size, 8);
      put (zip, 1, 4);
    }
  put (zip, 0x06054b50, 4);
  put (zip, 0, 4);
  put (zip, options->is_64 ? G_MAXUINT16 : n_files, 2);
  put (zip, options->is_64 ? G_MAXUINT16 : n_files, 2);
  put (zip, options->is_64 ? G_MAXUINT32 : size, 4);
  put (zip, options->is_64 ? G_MAXUINT32 : position, 4);
  put (zip, strlen (comment), 2);
  put_text (zip, comment);
}

GByteArray *
unit_zip_new (const UnitZipFile *files, const UnitZipOptions *given)
{
  UnitZipOptions options = given != NULL ? *given : (UnitZipOptions){ 0 };
  GByteArray *zip = g_byte_array_new ();
  g_autoptr (GByteArray) directory = g_byte_array_new ();
  guint n_files = 0;
  gsize base;

  if (options.prefix != NULL)
    put_text (zip, options.prefix);
  base = zip->len;
  for (const UnitZipFile *file = files; file->name != NULL; file++, n_files++)
    {
      g_autoptr (GBytes) packed = pack (file);
      gsize size = g_bytes_get_size (packed);

      put_entry (directory, file, options.flags, zip->len - base, size, options.is_64);
      put (zip, 0x04034b50, 4);
      put (zip, 20, 2);
      put_common (zip, file, options.flags, size, 0);
      put_text (zip, file->name);
      g_byte_array_append (zip, g_bytes_get_data (packed, NULL), (guint) size);
    }
  base = zip->len - base;
  g_byte_array_append (zip, directory->data, directory->len);
  put_end (zip, n_files, base, directory->len, &options);
  return zip;
}

static gsize
find_signature (GByteArray *zip, const char *signature, guint index)
{
  for (gsize i = 0; i + 4 <= zip->len; i++)
    if (memcmp (zip->data + i, signature, 4) == 0 && index-- == 0)
      return i;
  g_error ("there is no such part");
}

gsize
unit_zip_entry (GByteArray *zip, guint index)
{
  return find_signature (zip, "PK\1\2", index);
}

gsize
unit_zip_end (GByteArray *zip)
{
  return find_signature (zip, "PK\5\6", 0);
}

void
unit_zip_set_16 (GByteArray *zip, gsize position, guint16 value)
{
  for (guint i = 0; i < 2; i++)
    zip->data[position + i] = (guint8) (value >> (8 * i));
}

void
unit_zip_set_32 (GByteArray *zip, gsize position, guint32 value)
{
  for (guint i = 0; i < 4; i++)
    zip->data[position + i] = (guint8) (value >> (8 * i));
}
