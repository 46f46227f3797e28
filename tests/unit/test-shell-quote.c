/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Words that go through a real login shell come out as they were. */

#include "connection/mitogen-shell-quote-private.h"

#include <gio/gio.h>
#include <string.h>

#define N_ROUNDS 40
#define N_WORDS  25

/* What is special to some shell, and what might be if put together. */
static const char *const telling[] = {
  "'",  "\"",   "\\",   "!", "$",  "`",  "~",  "*",       "?",     "[",    "]",    "{",
  "}",  "(",    ")",    "<", ">",  "|",  "&",  ";",       "#",     "%",    "^",    "=",
  "@",  " ",    "\t",   "a", "!!", "-e", "\r", "\n",      "\\n",   "\xc3", "\xa9", "\xe2\x82\xac",
  "\1", "\x7f", "\xff", "n", "$n", "-",  "!$", "${HOME}", "$(id)", "\\'",  "\\!",  "%self",
};

static const char *const alone[] = {
  "",   "~",    "~root", "*",  "if", "=ls", "-n", "!!", "{a,b}", "a b",
  "\n", "\n\n", "a\n",   "$n", ".",  "n=1", "@",  "^",  "echo",
};

static char *
make_word (void)
{
  GString *word = g_string_new (NULL);

  if (g_test_rand_int_range (0, 4) == 0)
    return g_string_free (g_string_append (word,
                                           alone[g_test_rand_int_range (0, G_N_ELEMENTS (alone))]),
                          FALSE);
  for (gint n = g_test_rand_int_range (0, 9); n > 0; n--)
    if (g_test_rand_int_range (0, 3) == 0)
      g_string_append_c (word, (char) g_test_rand_int_range (1, 256));
    else
      g_string_append (word, telling[g_test_rand_int_range (0, G_N_ELEMENTS (telling))]);
  return g_string_free (word, FALSE);
}

static void
append_hex (GString *text, const char *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    g_string_append_printf (text, "%02x", (guint8) data[i]);
}

/* What the shell makes of @line, whose command prints its words with a NUL after each. */
static GBytes *
run (const char *shell, const char *locale, const char *line)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_auto (GStrv) words = g_strsplit (shell, " ", -1);
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();
  g_auto (GStrv) whole = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *out;

  g_strv_builder_addv (argv, (const char **) words);
  g_strv_builder_add (argv, "-c");
  g_strv_builder_add (argv, line);
  whole = g_strv_builder_end (argv);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", locale, TRUE);
  /* No settings of anybody's, nor a place for new ones. */
  g_subprocess_launcher_setenv (launcher, "HOME", "/dev/null", TRUE);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) whole, &error);
  g_assert_no_error (error);
  g_subprocess_communicate (process, NULL, NULL, &out, NULL, &error);
  g_assert_no_error (error);
  return out;
}

static void
check (const char *shell, const char *locale, const char *const *words)
{
  g_autoptr (GString) expected = g_string_new (NULL);
  g_autoptr (GString) wanted = g_string_new (NULL);
  g_autoptr (GString) got = g_string_new (NULL);
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();
  g_auto (GStrv) whole = NULL;
  g_autofree char *line = NULL;
  g_autoptr (GBytes) out = NULL;

  g_strv_builder_add_many (argv, "/usr/bin/printf", "%s\\0", NULL);
  g_strv_builder_addv (argv, (const char **) words);
  whole = g_strv_builder_end (argv);
  for (guint i = 0; words[i] != NULL; i++)
    g_string_append_len (expected, words[i], (gssize) strlen (words[i]) + 1);
  line = mitogen_shell_quote_for_login ((const char *const *) whole);
  g_assert_null (strchr (line, '\n'));
  out = run (shell, locale, line);

  append_hex (wanted, expected->str, expected->len);
  append_hex (got, g_bytes_get_data (out, NULL), g_bytes_get_size (out));
  g_assert_cmpstr (got->str, ==, wanted->str);
}

static void
test_words (gconstpointer data)
{
  const char *shell = data;
  g_auto (GStrv) words = g_strsplit (shell, " ", -1);
  g_autofree char *path = g_find_program_in_path (words[0]);

  if (path == NULL)
    {
      g_autofree char *reason = g_strdup_printf ("no %s here", words[0]);

      g_test_skip (reason);
      return;
    }
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
      g_auto (GStrv) made = NULL;

      for (guint j = 0; j < N_WORDS; j++)
        {
          g_autofree char *word = make_word ();

          g_strv_builder_add (builder, word);
        }
      made = g_strv_builder_end (builder);
      check (shell, i % 2 == 0 ? "C" : "C.UTF-8", (const char *const *) made);
    }
}

/* As long as the first stage of a large program might be, and longer than old limits of csh. */
static void
test_long (gconstpointer data)
{
  const char *shell = data;
  g_autoptr (GString) word = g_string_new (NULL);
  g_auto (GStrv) words = g_strsplit (shell, " ", -1);
  g_autofree char *path = g_find_program_in_path (words[0]);

  if (path == NULL)
    {
      g_test_skip ("no such shell here");
      return;
    }
  while (word->len < 30000)
    g_string_append (word, telling[g_test_rand_int_range (0, G_N_ELEMENTS (telling))]);
  check (shell, "C", (const char *[]){ word->str, NULL });
}

static void
test_plain (void)
{
  g_autofree char *line = mitogen_shell_quote_for_login (
      (const char *[]){ "/usr/bin/env", "exec", "", "it's", "a\\b!", NULL });

  g_assert_cmpstr (line, ==, "/usr/bin/env 'exec' '' 'it'\"'\"'s' 'a'\\\\'b'\\!");
}

int
main (int argc, char *argv[])
{
  static const char *const shells[] = {
    "sh", "bash", "dash", "zsh", "tcsh", "csh", "fish", "mksh", "busybox sh",
  };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/shell-quote/plain", test_plain);
  for (guint i = 0; i < G_N_ELEMENTS (shells); i++)
    {
      g_autofree char *words = g_strconcat ("/shell-quote/words/", shells[i], NULL);
      g_autofree char *long_word = g_strconcat ("/shell-quote/long/", shells[i], NULL);

      g_test_add_data_func (words, shells[i], test_words);
      g_test_add_data_func (long_word, shells[i], test_long);
    }
  return g_test_run ();
}
