/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The C side of the property tests of the minifier. Reads paths, one a line; for each writes a
 * line, then what it speaks of:
 *   ok SIZE           as many bytes: the minified source
 *   foreign SIZE      the encoding is not plain: the source as it was
 *   wrong SIZE TEXT   the tokenizer did not understand it: the source as it was */

#include <stdio.h>
#include <string.h>

#include "python/mitogen-minify-private.h"
#include "python/mitogen-source-private.h"
#include "python/mitogen-tokenizer-private.h"

static char *
find_problem (const char *source, gsize size)
{
  MitogenTokenizer tokenizer;
  MitogenToken token;
  char *problem = NULL;

  mitogen_tokenizer_init (&tokenizer, source, size);
  while (mitogen_tokenizer_next (&tokenizer, &token) != MITOGEN_TOKEN_END && problem == NULL)
    if (token.kind == MITOGEN_TOKEN_ERROR)
      problem = g_strdup_printf ("line %u: %s", token.line, tokenizer.problem);
  mitogen_tokenizer_clear (&tokenizer);

  return problem;
}

static void
minify (GBytes *source)
{
  g_autoptr (GBytes) minified = mitogen_minify_bytes (source);
  gsize size;
  const char *data = g_bytes_get_data (source, &size);
  g_autofree char *problem = find_problem (data, size);

  if (!mitogen_source_is_plain (data, size))
    printf ("foreign %" G_GSIZE_FORMAT "\n", g_bytes_get_size (minified));
  else if (problem != NULL)
    printf ("wrong %" G_GSIZE_FORMAT " %s\n", g_bytes_get_size (minified), problem);
  else
    printf ("ok %" G_GSIZE_FORMAT "\n", g_bytes_get_size (minified));
  data = g_bytes_get_data (minified, &size);
  fwrite (data, 1, size, stdout);
}

int
main (void)
{
  char path[4096];

  while (fgets (path, sizeof path, stdin) != NULL)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) source = NULL;
      char *contents;
      gsize size;

      g_strchomp (path);
      if (!g_file_get_contents (path, &contents, &size, &error))
        g_error ("%s", error->message);
      source = g_bytes_new_take (contents, size);
      minify (source);
    }

  return 0;
}
