/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz.h"
#include "python/mitogen-minify-private.h"
#include "python/mitogen-tokenizer-private.h"

/* A line for each name, of which minifying takes none: where it is, and what it is. NULL: there is
 * an error. */
static GString *
list_names (GBytes *source)
{
  gsize size;
  const char *data = g_bytes_get_data (source, &size);
  GString *names = g_string_new (NULL);
  MitogenTokenizer tokenizer;
  MitogenToken token;
  gsize last_end = 0;
  gsize n_tokens = 0;

  mitogen_tokenizer_init (&tokenizer, data, size);
  while (mitogen_tokenizer_next (&tokenizer, &token) != MITOGEN_TOKEN_END &&
         token.kind != MITOGEN_TOKEN_ERROR)
    {
      if (token.start < last_end || token.end < token.start || token.end > size)
        g_error ("tokens overlap or leave the source");
      if (++n_tokens > 2 * size + 2)
        g_error ("more tokens than there can be");
      last_end = token.end;
      if (token.kind != MITOGEN_TOKEN_NAME)
        continue;
      g_string_append_printf (names, "%u ", token.line);
      g_string_append_len (names, data + token.start, (gssize) (token.end - token.start));
      g_string_append_c (names, '\n');
    }
  mitogen_tokenizer_clear (&tokenizer);

  if (token.kind == MITOGEN_TOKEN_END)
    return names;
  g_string_free (names, TRUE);
  return NULL;
}

static void
check_minified (GBytes *source)
{
  g_autoptr (GBytes) minified = mitogen_minify_bytes (source);
  g_autoptr (GBytes) again = mitogen_minify_bytes (minified);
  GString *before = list_names (source);
  GString *after = list_names (minified);

  if (g_bytes_get_size (minified) > g_bytes_get_size (source))
    g_error ("larger than before");
  if (before == NULL && minified != source)
    g_error ("what is not understood changes");
  if (before != NULL && (after == NULL || !g_string_equal (before, after)))
    g_error ("names move or vanish");
  if (!g_bytes_equal (minified, again))
    g_error ("the source changes when it is minified again");

  if (before != NULL)
    g_string_free (before, TRUE);
  if (after != NULL)
    g_string_free (after, TRUE);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) source = g_bytes_new_static (data, size);

  check_minified (source);

  return 0;
}
