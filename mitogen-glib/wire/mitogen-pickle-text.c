/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "wire/mitogen-pickle-text-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "wire/mitogen-error.h"

static gboolean
refuse_big_int (GError **error)
{
  g_set_error_literal (
      error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE,
      _ ("Cannot receive an integer of more than 64 bits; send str() of it instead"));

  return FALSE;
}

/* ---- Numbers ---- */

/* G_MAXUINT64 where it is larger still; *@exact tells. */
static guint64
parse_digits (const guint8 *text, gsize size, gboolean *exact)
{
  guint64 value = 0;

  *exact = TRUE;
  for (gsize i = 0; i < size && *exact; i++)
    *exact = g_uint64_checked_mul (&value, value, 10) &&
             g_uint64_checked_add (&value, value, (guint64) (text[i] - '0'));

  return value;
}

static gboolean
are_digits (const guint8 *text, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isdigit ((char) text[i]))
      return FALSE;

  return size > 0;
}

static gboolean
set_int (MitogenItem *item, guint64 magnitude, gboolean negative)
{
  if (!negative && magnitude > G_MAXINT64)
    {
      item->kind = MITOGEN_ITEM_UINT;
      item->as.natural = magnitude;
      return TRUE;
    }
  if (negative && magnitude > (guint64) G_MAXINT64 + 1)
    return FALSE;

  item->kind = MITOGEN_ITEM_INT;
  item->as.natural = negative ? 0 - magnitude : magnitude;

  return TRUE;
}

gboolean
mitogen_pickle_parse_int (MitogenItem *item,
                          const guint8 *text,
                          gsize size,
                          gboolean is_long,
                          GError **error)
{
  gboolean negative, exact;
  guint64 magnitude;

  /* How protocols 0 and 1 write the two booleans. */
  if (!is_long && size == 2 && text[0] == '0' && (text[1] == '0' || text[1] == '1'))
    {
      item->kind = MITOGEN_ITEM_BOOL;
      item->as.boolean = text[1] == '1';
      return TRUE;
    }

  if (size > 0 && text[size - 1] == 'L')
    size--;
  negative = size > 0 && text[0] == '-';
  if (negative)
    {
      text++;
      size--;
    }
  if (!are_digits (text, size))
    return FALSE;

  magnitude = parse_digits (text, size, &exact);
  if (!exact || !set_int (item, magnitude, negative))
    return refuse_big_int (error);

  return TRUE;
}

gboolean
mitogen_pickle_parse_double (MitogenItem *item, const guint8 *text, gsize size)
{
  char copy[64];
  char *end;

  /* The longest repr of a float has 24 characters. */
  if (size == 0 || size >= sizeof copy || g_ascii_isspace ((char) text[0]))
    return FALSE;

  memcpy (copy, text, size);
  copy[size] = '\0';
  item->kind = MITOGEN_ITEM_DOUBLE;
  item->as.real = g_ascii_strtod (copy, &end);

  return end == copy + size;
}

gboolean
mitogen_pickle_parse_long (MitogenItem *item, const guint8 *data, gsize size, GError **error)
{
  gboolean negative = size > 0 && (data[size - 1] & 0x80) != 0;
  guint64 value = negative ? G_MAXUINT64 : 0;

  for (gsize i = 8; i < size; i++)
    if (data[i] != (negative ? 0xff : 0))
      return refuse_big_int (error);

  memcpy (&value, data, MIN (size, 8));
  value = GUINT64_FROM_LE (value);
  if (negative && value <= G_MAXINT64)
    return refuse_big_int (error);

  item->kind = !negative && value > G_MAXINT64 ? MITOGEN_ITEM_UINT : MITOGEN_ITEM_INT;
  item->as.natural = value;

  return TRUE;
}

/* ---- Strings ---- */

static GBytes *
finish_bytes (GByteArray *array, const guint8 **text, gsize *size)
{
  /* An empty array has no data at all. */
  *text = array->len > 0 ? array->data : (const guint8 *) "";
  *size = array->len;

  return g_byte_array_free_to_bytes (array);
}

/* Exactly @n_digits hexadecimal ones; FALSE where there are fewer. */
static gboolean
parse_hex (const guint8 *text, gsize size, guint n_digits, guint32 *value)
{
  *value = 0;
  if (size < n_digits)
    return FALSE;
  for (guint i = 0; i < n_digits; i++)
    {
      int digit = g_ascii_xdigit_value ((char) text[i]);

      if (digit < 0)
        return FALSE;
      *value = *value << 4 | (guint32) digit;
    }

  return TRUE;
}

/* The byte that follows a backslash in repr() of a str; returns: how many bytes of
 * @text say so, 0 if malformed. */
static gsize
unescape_byte (const guint8 *text, gsize size, guint8 *byte)
{
  static const char letters[] = "\\'\"abfnrtv";
  static const char meanings[] = "\\'\"\a\b\f\n\r\t\v";
  const char *found = size > 0 && text[0] != '\0' ? strchr (letters, text[0]) : NULL;
  guint32 value;

  if (found != NULL)
    {
      *byte = (guint8) meanings[found - letters];
      return 1;
    }
  if (size == 0 || text[0] != 'x' || !parse_hex (text + 1, size - 1, 2, &value))
    return 0;
  *byte = (guint8) value;

  return 3;
}

GBytes *
mitogen_pickle_unescape_str (const guint8 **text, gsize *size, gboolean *malformed)
{
  g_autoptr (GByteArray) array = NULL;
  const guint8 *at = *text + 1;
  const guint8 *end = *text + *size - 1;

  *malformed = *size < 2 || (**text != '\'' && **text != '"') || *end != **text;
  if (*malformed)
    return NULL;
  *text = at;
  *size = (gsize) (end - at);
  if (memchr (at, '\\', *size) == NULL)
    return NULL;

  array = g_byte_array_sized_new (*size);
  while (at < end)
    {
      guint8 byte = *at++;

      if (byte == '\\')
        {
          gsize used = unescape_byte (at, (gsize) (end - at), &byte);

          *malformed = used == 0;
          if (*malformed)
            return NULL;
          at += used;
        }
      g_byte_array_append (array, &byte, 1);
    }

  return finish_bytes (g_steal_pointer (&array), text, size);
}

/* As Python writes it: surrogates are encoded like any other character. */
static void
append_utf8 (GByteArray *array, gunichar character)
{
  char utf8[6];
  int length = g_unichar_to_utf8 (character, utf8);

  g_byte_array_append (array, (const guint8 *) utf8, (guint) length);
}

/* One character of the raw-unicode-escape encoding: Latin-1, but for \u and \U. Returns:
 * how many bytes of @text it takes, 0 if malformed. */
static gsize
read_raw_unicode (const guint8 *text, gsize size, guint32 *character)
{
  guint n_digits;

  *character = text[0];
  if (text[0] != '\\' || size < 2 || (text[1] != 'u' && text[1] != 'U'))
    return 1;

  n_digits = text[1] == 'u' ? 4 : 8;
  if (!parse_hex (text + 2, size - 2, n_digits, character) || *character > 0x10ffff)
    return 0;

  return 2 + n_digits;
}

/* A Python 2 built with 16-bit characters may write a pair for one character. */
static gsize
join_surrogates (const guint8 *text, gsize size, guint32 *character)
{
  guint32 low;
  gsize used;

  if (*character < 0xd800 || *character > 0xdbff || size == 0)
    return 0;
  used = read_raw_unicode (text, size, &low);
  if (used == 0 || low < 0xdc00 || low > 0xdfff)
    return 0;
  *character = 0x10000 + ((*character - 0xd800) << 10) + (low - 0xdc00);

  return used;
}

GBytes *
mitogen_pickle_unescape_unicode (const guint8 **text, gsize *size, gboolean *malformed)
{
  g_autoptr (GByteArray) array = NULL;
  const guint8 *at = *text;
  const guint8 *end = at + *size;

  *malformed = FALSE;
  array = g_byte_array_sized_new (*size);
  while (at < end)
    {
      guint32 character;
      gsize used = read_raw_unicode (at, (gsize) (end - at), &character);

      *malformed = used == 0;
      if (*malformed)
        return NULL;
      at += used;
      at += join_surrogates (at, (gsize) (end - at), &character);
      append_utf8 (array, character);
    }

  return finish_bytes (g_steal_pointer (&array), text, size);
}

static gboolean
is_ascii (const guint8 *text, gsize size)
{
  guint8 seen = 0;

  for (gsize i = 0; i < size; i++)
    seen |= text[i];

  return seen < 0x80;
}

/* UTF-8 of characters up to U+00FF, one byte for each. */
GBytes *
mitogen_pickle_encode_latin1 (const guint8 **text, gsize *size, gboolean *malformed)
{
  const guint8 *at = *text;
  const guint8 *end = at + *size;
  g_autofree guint8 *encoded = NULL;
  guint8 *to;

  *malformed = FALSE;
  if (is_ascii (at, *size))
    return NULL;

  to = encoded = g_malloc (*size);
  while (at < end && !*malformed)
    {
      if (*at < 0x80)
        *to++ = *at++;
      else if ((*at == 0xc2 || *at == 0xc3) && end - at >= 2 && (at[1] & 0xc0) == 0x80)
        {
          *to++ = (guint8) (*at << 6 | (at[1] & 0x3f));
          at += 2;
        }
      else
        *malformed = TRUE;
    }
  if (*malformed)
    return NULL;

  *text = encoded;
  *size = (gsize) (to - encoded);

  return g_bytes_new_take (g_steal_pointer (&encoded), *size);
}
