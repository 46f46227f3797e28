/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-zip-private.h"
#include "python/mitogen-file-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <zlib.h>

#define END_SIZE        22
#define LOCATOR_64_SIZE 20
#define END_64_SIZE     56
#define MAX_COMMENT     65535
#define ENTRY_SIZE      46
#define LOCAL_SIZE      30

#define END_SIGNATURE        0x06054b50
#define LOCATOR_64_SIGNATURE 0x07064b50
#define END_64_SIGNATURE     0x06064b50
#define ENTRY_SIGNATURE      0x02014b50
#define LOCAL_SIGNATURE      0x04034b50

#define FLAG_ENCRYPTED 0x0001
#define FLAG_UTF_8     0x0800

#define EXTRA_64 1

#define METHOD_STORED   0
#define METHOD_DEFLATED 8

/* Of a directory: that of a million files. */
#define MAX_DIRECTORY (128 * 1024 * 1024)

#define BLOCK 65536

/* Code page 437 above ASCII: the encoding of names before UTF-8. */
static const guint16 old_encoding[128] = {
  0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef,
  0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
  0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa,
  0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
  0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
  0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
  0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
  0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
  0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4,
  0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
  0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

static guint16
get_16 (const guint8 *data)
{
  return (guint16) (data[0] | data[1] << 8);
}

static guint32
get_32 (const guint8 *data)
{
  return get_16 (data) | (guint32) get_16 (data + 2) << 16;
}

static guint64
get_64 (const guint8 *data)
{
  return get_32 (data) | (guint64) get_32 (data + 4) << 32;
}

static gboolean
fail (GError **error, const char *what)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, what);
  return FALSE;
}

/* ---- where the directory is ---- */

typedef struct
{
  guint64 position; /* in the file */
  guint64 size;
  guint64 claimed_position; /* where it would be without anything before the archive */
  guint64 n_entries;
  gboolean is_64;
} Directory;

/* The last end record in @tail, or NULL. */
static const guint8 *
find_end (const guint8 *tail, gsize size)
{
  for (gsize i = size >= END_SIZE ? size - END_SIZE + 1 : 0; i > 0; i--)
    if (get_32 (tail + i - 1) == END_SIGNATURE)
      return tail + i - 1;
  return NULL;
}

/* @end: the end record; @tail: what precedes it begins here. Returns the size of all end records.
 */
static gsize
parse_end (Directory *directory, const guint8 *tail, const guint8 *end)
{
  const gsize size_64 = END_64_SIZE + LOCATOR_64_SIZE;
  const guint8 *end_64 = (gsize) (end - tail) >= size_64 ? end - size_64 : NULL;

  directory->is_64 = end_64 != NULL && get_32 (end_64) == END_64_SIGNATURE &&
                     get_32 (end_64 + END_64_SIZE) == LOCATOR_64_SIGNATURE;
  if (directory->is_64)
    {
      directory->n_entries = get_64 (end_64 + 24);
      directory->size = get_64 (end_64 + 40);
      directory->claimed_position = get_64 (end_64 + 48);
      return size_64;
    }
  directory->n_entries = get_16 (end + 8);
  directory->size = get_32 (end + 12);
  directory->claimed_position = get_32 (end + 16);
  return 0;
}

static gboolean
locate_directory (int fd, guint64 size, Directory *directory, GError **error)
{
  gsize tail_size = (gsize) MIN (size, MAX_COMMENT + END_SIZE + END_64_SIZE + LOCATOR_64_SIZE);
  g_autofree guint8 *tail = g_malloc (tail_size + 1);
  const guint8 *end;
  guint64 end_position;

  if (!mitogen_file_read_at (fd, tail, tail_size, size - tail_size, error))
    return FALSE;
  end = find_end (tail, tail_size);
  if (end == NULL)
    return fail (error, _ ("it is no zip archive"));
  end_position = size - tail_size + (guint64) (end - tail) - parse_end (directory, tail, end);
  if (directory->size > end_position)
    return fail (error, _ ("the archive is damaged: its directory is larger than the file"));
  if (directory->size > MAX_DIRECTORY)
    return fail (error, _ ("the archive contains too many files"));
  directory->position = end_position - directory->size;
  if (directory->claimed_position > directory->position)
    return fail (error, _ ("the archive is damaged: its directory is not where it should be"));
  return TRUE;
}

/* ---- the directory ---- */

static char *
decode_name (const guint8 *data, gsize size, gboolean is_utf_8)
{
  g_autoptr (GString) name = NULL;

  if (memchr (data, '\0', size) != NULL)
    return NULL;
  if (is_utf_8)
    return g_utf8_validate ((const char *) data, (gssize) size, NULL)
               ? g_strndup ((const char *) data, size)
               : NULL;
  name = g_string_sized_new (size);
  for (gsize i = 0; i < size; i++)
    g_string_append_unichar (name, data[i] < 128 ? data[i] : old_encoding[data[i] - 128]);
  return g_string_free (g_steal_pointer (&name), FALSE);
}

/* Takes from *values what did not fit into its field of 32 bits. */
static gboolean
take_64 (guint64 *field, const guint8 **values, gsize *size)
{
  if (*field != G_MAXUINT32)
    return TRUE;
  if (*size < 8)
    return FALSE;
  *field = get_64 (*values);
  *values += 8;
  *size -= 8;
  return TRUE;
}

static gboolean
apply_extra_64 (MitogenZipEntry *entry, const guint8 *extra, gsize size)
{
  while (size >= 4)
    {
      gsize item_size = get_16 (extra + 2);
      const guint8 *values = extra + 4;

      if (item_size > size - 4)
        return FALSE;
      if (get_16 (extra) == EXTRA_64)
        return take_64 (&entry->size, &values, &item_size) &&
               take_64 (&entry->packed_size, &values, &item_size) &&
               take_64 (&entry->offset, &values, &item_size);
      extra += 4 + item_size;
      size -= 4 + item_size;
    }
  return TRUE;
}

static void
parse_entry (const guint8 *data, MitogenZipEntry *entry)
{
  entry->flags = get_16 (data + 8);
  entry->method = get_16 (data + 10);
  entry->crc = get_32 (data + 16);
  entry->packed_size = get_32 (data + 20);
  entry->size = get_32 (data + 24);
  entry->offset = get_32 (data + 42);
}

/* Returns the size of all of the entry; 0: it is damaged. */
static gsize
add_entry (GHashTable *entries, const Directory *directory, const guint8 *data, gsize size)
{
  gsize name_size = get_16 (data + 28);
  gsize extra_size = get_16 (data + 30);
  gsize whole_size = ENTRY_SIZE + name_size + extra_size + get_16 (data + 32);
  g_autofree MitogenZipEntry *entry = g_new0 (MitogenZipEntry, 1);
  char *name;

  if (whole_size > size)
    return 0;
  parse_entry (data, entry);
  if (!apply_extra_64 (entry, data + ENTRY_SIZE + name_size, extra_size))
    return 0;
  if (entry->offset > directory->claimed_position)
    return 0;
  entry->offset += directory->position - directory->claimed_position;
  name = decode_name (data + ENTRY_SIZE, name_size, (entry->flags & FLAG_UTF_8) != 0);
  if (name != NULL)
    g_hash_table_replace (entries, name, g_steal_pointer (&entry));
  return whole_size;
}

static gboolean
parse_directory (GHashTable *entries,
                 const Directory *directory,
                 const guint8 *data,
                 GError **error)
{
  gsize left = (gsize) directory->size;
  guint64 n_entries = 0;

  while (left >= ENTRY_SIZE && get_32 (data) == ENTRY_SIGNATURE)
    {
      gsize entry_size = add_entry (entries, directory, data, left);

      if (entry_size == 0)
        return fail (error, _ ("the archive is damaged: its directory makes no sense"));
      data += entry_size;
      left -= entry_size;
      n_entries++;
    }
  /* Some tools count modulo 65536. */
  if (directory->is_64 ? n_entries != directory->n_entries
                       : (guint16) n_entries != (guint16) directory->n_entries)
    return fail (error, _ ("the archive is damaged: files are missing in its directory"));
  return TRUE;
}

GHashTable *
mitogen_zip_read_directory (int fd, guint64 size, GError **error)
{
  g_autoptr (GHashTable) entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree guint8 *data = NULL;
  Directory directory;

  if (!locate_directory (fd, size, &directory, error))
    return NULL;
  data = g_malloc ((gsize) directory.size + 1);
  if (!mitogen_file_read_at (fd, data, (gsize) directory.size, directory.position, error) ||
      !parse_directory (entries, &directory, data, error))
    return NULL;
  return g_steal_pointer (&entries);
}

/* ---- files ---- */

/* Feeds one block; *left: what is still packed. */
static gboolean
feed (z_stream *stream, int fd, guint8 *block, guint64 *position, guint64 *left, GError **error)
{
  gsize size = (gsize) MIN (*left, BLOCK);

  if (size == 0)
    return fail (error, _ ("the archive is damaged: a file in it ends too early"));
  if (!mitogen_file_read_at (fd, block, size, *position, error))
    return FALSE;
  stream->next_in = block;
  stream->avail_in = (uInt) size;
  *position += size;
  *left -= size;
  return TRUE;
}

/* @data has room for one byte more than there should be. */
static gboolean
inflate_to (guint8 *data, int fd, const MitogenZipEntry *entry, guint64 position, GError **error)
{
  g_autofree guint8 *block = g_malloc (BLOCK);
  guint64 left = entry->packed_size;
  z_stream stream = { 0 };
  int status = Z_OK;

  if (inflateInit2 (&stream, -MAX_WBITS) != Z_OK)
    return fail (error, _ ("there is not enough memory to inflate it"));
  stream.next_out = data;
  stream.avail_out = (uInt) entry->size + 1;
  while (status == Z_OK && stream.avail_out > 0)
    {
      if (stream.avail_in == 0 && !feed (&stream, fd, block, &position, &left, error))
        {
          inflateEnd (&stream);
          return FALSE;
        }
      status = inflate (&stream, Z_NO_FLUSH);
    }
  inflateEnd (&stream);
  if (status != Z_STREAM_END || stream.total_out != entry->size)
    return fail (error, _ ("the archive is damaged: a file in it cannot be inflated"));
  return TRUE;
}

/* Where the contents begin, in *position. */
static gboolean
skip_header (int fd, const MitogenZipEntry *entry, guint64 *position, GError **error)
{
  guint8 header[LOCAL_SIZE];

  if (!mitogen_file_read_at (fd, header, sizeof header, entry->offset, error))
    return FALSE;
  if (get_32 (header) != LOCAL_SIGNATURE)
    return fail (error, _ ("the archive is damaged: a file is not where it should be"));
  *position = entry->offset + LOCAL_SIZE + get_16 (header + 26) + get_16 (header + 28);
  return TRUE;
}

static gboolean
check_method (const MitogenZipEntry *entry, GError **error)
{
  const char *what = NULL;

  if ((entry->flags & FLAG_ENCRYPTED) != 0)
    what = _ ("it is encrypted");
  else if (entry->method != METHOD_STORED && entry->method != METHOD_DEFLATED)
    what = _ ("it is compressed by a method that Python does not read from archives: use deflate");
  if (what != NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, what);
  return what == NULL;
}

static gboolean
read_contents (guint8 *data, int fd, const MitogenZipEntry *entry, GError **error)
{
  guint64 position;

  if (!check_method (entry, error) || !skip_header (fd, entry, &position, error))
    return FALSE;
  if (entry->method == METHOD_DEFLATED)
    return inflate_to (data, fd, entry, position, error);
  if (entry->packed_size != entry->size)
    return fail (error, _ ("the archive is damaged: a file in it has two sizes"));
  return mitogen_file_read_at (fd, data, (gsize) entry->size, position, error);
}

GBytes *
mitogen_zip_read_entry (int fd, const MitogenZipEntry *entry, GError **error)
{
  g_autofree guint8 *data = g_malloc ((gsize) entry->size + 1);

  if (!read_contents (data, fd, entry, error))
    return NULL;
  if (crc32_z (0, data, (z_size_t) entry->size) != entry->crc)
    {
      fail (error, _ ("the archive is damaged: a file in it has the wrong checksum"));
      return NULL;
    }
  return g_bytes_new_take (g_steal_pointer (&data), (gsize) entry->size);
}
