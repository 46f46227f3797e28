/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-shell-quote-private.h"

#include <string.h>

/* What means nothing to any shell, wherever in a word. */
#define HARMLESS                                                                                   \
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"                                 \
  "+,-./:_"

/* What does not lose its meaning between single quotes everywhere: to fish a backslash is special
 * there, to csh "!" is, and it has no newlines there. */
#define NOT_IN_QUOTES "'\\!\n"

static void
append_special (GString *line, char c)
{
  switch (c)
    {
    case '\'':
      g_string_append (line, "\"'\"");
      break;
    case '\n':
      g_string_append (line, "\"$n\"");
      break;
    default:
      g_string_append_c (line, '\\');
      g_string_append_c (line, c);
    }
}

/* Words without a slash are quoted even if harmless: an alias or a keyword might have the name. */
static void
append_word (GString *line, const char *word)
{
  if (strchr (word, '/') != NULL && word[strspn (word, HARMLESS)] == '\0')
    {
      g_string_append (line, word);
      return;
    }
  if (*word == '\0')
    g_string_append (line, "''");
  while (*word != '\0')
    {
      gsize n = strcspn (word, NOT_IN_QUOTES);

      if (n > 0)
        {
          g_string_append_c (line, '\'');
          g_string_append_len (line, word, (gssize) n);
          g_string_append_c (line, '\'');
          word += n;
        }
      else
        append_special (line, *word++);
    }
}

static void
append_words (GString *line, const char *const *argv)
{
  for (guint i = 0; argv[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (line, ' ');
      append_word (line, argv[i]);
    }
}

static gboolean
has_newline (const char *const *argv)
{
  for (guint i = 0; argv[i] != NULL; i++)
    if (strchr (argv[i], '\n') != NULL)
      return TRUE;
  return FALSE;
}

char *
mitogen_shell_quote_for_login (const char *const *argv)
{
  GString *line = g_string_new (NULL);

  if (has_newline (argv))
    {
      /* csh has no way to write one. A command's output loses those at its end, hence the dot. */
      g_autoptr (GString) script = g_string_new ("n=$(printf \"\\\\n.\"); n=${n%.}; exec ");

      append_words (script, argv);
      append_words (line, (const char *[]){ "/bin/sh", "-c", script->str, NULL });
    }
  else
    append_words (line, argv);
  return g_string_free (line, FALSE);
}
