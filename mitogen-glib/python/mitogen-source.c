/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-source-private.h"

#include <string.h>

#define MARK         "\xef\xbb\xbf"
#define LONGEST_NAME 40

/* Names begin with one of these. */
static const char *const plain[] = {
  "utf-8", "ascii",  "us-ascii", "iso-8859-",   "iso8859-", "latin",  "cp125",
  "cp437", "cp85",   "cp86",     "windows-125", "koi8-",    "mac",    "euc-jp",
  "eucjp", "euc-kr", "euckr",    "gb2312",      "tis-620",  "kz1048", "ptcp154",
};

typedef struct
{
  const char *start;
  const char *end;
} Span;

static Span
get_line (Span source)
{
  Span line = { source.start, source.start };

  while (line.end < source.end && *line.end != '\n' && *line.end != '\r')
    line.end++;

  return line;
}

static const char *
skip_blanks (Span line)
{
  while (line.start < line.end && strchr (" \t\f", *line.start) != NULL && *line.start != '\0')
    line.start++;

  return line.start;
}

static gboolean
is_name_byte (char byte)
{
  return g_ascii_isalnum (byte) || byte == '-' || byte == '_' || byte == '.';
}

/* The name behind “coding:” or “coding=”; NULL in start if the comment has none. */
static Span
find_name (Span comment)
{
  static const char word[] = "coding";
  const gsize size = sizeof word - 1;

  for (const char *at = comment.start; (gsize) (comment.end - at) > size; at++)
    if (memcmp (at, word, size) == 0 && (at[size] == ':' || at[size] == '='))
      {
        Span name = { at + size + 1, comment.end };

        while (name.start < comment.end && (*name.start == ' ' || *name.start == '\t'))
          name.start++;
        name.end = name.start;
        while (name.end < comment.end && is_name_byte (*name.end))
          name.end++;
        if (name.end > name.start)
          return name;
      }

  return (Span){ NULL, NULL };
}

/* Only a line that is blank or a comment may be before that of the cookie. */
static Span
find_cookie (const char *source, gsize size, Span *comment)
{
  Span rest = { source, source + size };
  Span name = { NULL, NULL };

  if (mitogen_source_has_mark (source, size))
    rest.start += strlen (MARK);

  for (guint i = 0; i < 2 && name.start == NULL; i++)
    {
      Span line = get_line (rest);

      line.start = skip_blanks (line);
      if (line.start < line.end && *line.start != '#')
        break;
      name = find_name (line);
      *comment = line;
      rest.start = line.end;
      if (rest.start < rest.end && *rest.start++ == '\r' && rest.start < rest.end &&
          *rest.start == '\n')
        rest.start++;
    }

  return name;
}

static gboolean
is_form_of (const char *name, const char *of)
{
  gsize size = strlen (of);

  return strncmp (name, of, size) == 0 && (name[size] == '\0' || name[size] == '-');
}

/* As CPython does it; “utf8” is an alias to it, but the same to us. */
static const char *
normalise (Span name)
{
  char lower[LONGEST_NAME + 1];
  gsize size = (gsize) (name.end - name.start);

  if (size > LONGEST_NAME)
    return "unknown";
  for (gsize i = 0; i < size; i++)
    lower[i] = name.start[i] == '_' ? '-' : g_ascii_tolower (name.start[i]);
  lower[size] = '\0';

  if (is_form_of (lower, "utf-8") || is_form_of (lower, "utf8"))
    return "utf-8";
  if (is_form_of (lower, "latin-1") || is_form_of (lower, "iso-8859-1") ||
      is_form_of (lower, "iso-latin-1") || is_form_of (lower, "latin1"))
    return "iso-8859-1";

  return g_intern_string (lower);
}

gboolean
mitogen_source_has_mark (const char *source, gsize size)
{
  return size >= strlen (MARK) && memcmp (source, MARK, strlen (MARK)) == 0;
}

gssize
mitogen_source_find_cookie (const char *source, gsize size, gsize *end)
{
  Span comment;
  Span name = find_cookie (source, size, &comment);

  if (name.start == NULL)
    return -1;
  *end = (gsize) (comment.end - source);

  return comment.start - source;
}

const char *
mitogen_source_get_encoding (const char *source, gsize size)
{
  Span comment;
  Span name = find_cookie (source, size, &comment);

  return name.start != NULL ? normalise (name) : "utf-8";
}

gboolean
mitogen_source_is_plain (const char *source, gsize size)
{
  const char *encoding = mitogen_source_get_encoding (source, size);

  for (guint i = 0; i < G_N_ELEMENTS (plain); i++)
    if (g_str_has_prefix (encoding, plain[i]))
      return TRUE;

  return FALSE;
}
