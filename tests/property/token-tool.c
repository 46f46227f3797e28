/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Reads paths, one a line; writes the tokens of each file up to the end or an error: four numbers
 * of 32 bits, its kind, line, start and end. */

#include <stdio.h>

#include "python/mitogen-tokenizer-private.h"

static void
put_token (const MitogenToken *token)
{
  guint32 numbers[] = { token->kind, token->line, (guint32) token->start, (guint32) token->end };

  fwrite (numbers, sizeof numbers, 1, stdout);
}

int
main (void)
{
  char path[4096];

  while (fgets (path, sizeof path, stdin) != NULL)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *source = NULL;
      MitogenTokenizer tokenizer;
      MitogenToken token;
      gsize size;

      g_strchomp (path);
      if (!g_file_get_contents (path, &source, &size, &error))
        g_error ("%s", error->message);
      mitogen_tokenizer_init (&tokenizer, source, size);
      do
        {
          mitogen_tokenizer_next (&tokenizer, &token);
          put_token (&token);
        }
      while (token.kind != MITOGEN_TOKEN_END && token.kind != MITOGEN_TOKEN_ERROR);
      mitogen_tokenizer_clear (&tokenizer);
    }

  return 0;
}
