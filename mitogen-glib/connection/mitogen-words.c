/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-words-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/wait.h>

/* Returns: (nullable): what follows @part, in any case, before @end. */
static const char *
find_end (const char *text, const char *end, const char *part)
{
  gsize length = strlen (part);

  for (; (gsize) (end - text) >= length; text++)
    if (g_ascii_strncasecmp (text, part, length) == 0)
      return text + length;
  return NULL;
}

gboolean
mitogen_words_contain (const char *text, const char *part)
{
  return find_end (text, text + strlen (text), part) != NULL;
}

/* @words: with "*" for whatever is between on the same line */
static gboolean
line_matches (const char *line, const char *end, const char *words)
{
  g_auto (GStrv) parts = g_strsplit (words, "*", -1);

  for (guint i = 0; parts[i] != NULL && line != NULL; i++)
    line = find_end (line, end, parts[i]);
  return line != NULL;
}

static gboolean
matches (const char *said, const char *words)
{
  while (*said != '\0')
    {
      const char *end = strchrnul (said, '\n');

      if (line_matches (said, end, words))
        return TRUE;
      said = *end != '\0' ? end + 1 : end;
    }
  return FALSE;
}

static gboolean
contains_any (const char *text, const char *const *parts)
{
  for (; *parts != NULL; parts++)
    if (mitogen_words_contain (text, *parts))
      return TRUE;
  return FALSE;
}

char *
mitogen_words_explain (const MitogenWords *words, const char *said, gint *code)
{
  for (; words->text != NULL; words++)
    if (matches (said, words->text))
      {
        *code = words->code;
        return g_strdup (_ (words->what));
      }
  return NULL;
}

void
mitogen_prompt_memory_clear (MitogenPromptMemory *self)
{
  g_clear_pointer (&self->text, g_free);
}

MitogenPromptKind
mitogen_words_guess_kind (const char *text, gboolean is_first)
{
  const char *const new_passwords[] = { "new password", "new unix password", "retype", NULL };
  const char *const codes[] = { "code", "token", "otp", "one-time", NULL };

  if (contains_any (text, new_passwords))
    return MITOGEN_PROMPT_NEW_PASSWORD;
  if (contains_any (text, codes))
    return MITOGEN_PROMPT_CODE;
  return is_first || mitogen_words_contain (text, "password") ? MITOGEN_PROMPT_PASSWORD
                                                              : MITOGEN_PROMPT_CODE;
}

MitogenReading
mitogen_words_read (MitogenMethod *method,
                    MitogenPromptMemory *memory,
                    const MitogenSaid *said,
                    MitogenQuestion *question)
{
  MitogenReading reading = mitogen_method_read_any (method, said, question);
  gboolean is_known;

  if (reading != MITOGEN_READING_QUESTION)
    return reading;

  /* It is looked at once more, or the program was started anew. */
  if (said->n_answers <= memory->n_answers)
    mitogen_prompt_memory_clear (memory);
  is_known = g_strcmp0 (question->text, memory->text) == 0;
  question->again = is_known || (memory->refused && said->n_answers == 0);
  question->kind = mitogen_words_guess_kind (question->text, said->n_answers == 0 || is_known);
  if (!is_known)
    {
      g_free (memory->text);
      memory->text = g_strdup (question->text);
      memory->n_answers = said->n_answers;
    }
  return reading;
}

gboolean
mitogen_words_try_again (MitogenPromptMemory *memory, gboolean has_interaction)
{
  if (memory->refused || !has_interaction)
    return FALSE;
  memory->refused = TRUE;
  return TRUE;
}

gboolean
mitogen_words_is_refusal (const char *program, const MitogenFailure *failure, int status)
{
  g_autofree char *pattern = g_strdup_printf ("^%s: ", program);

  return failure->has_status && WIFEXITED (failure->wait_status) &&
         WEXITSTATUS (failure->wait_status) == status &&
         g_regex_match_simple (pattern, failure->said, G_REGEX_MULTILINE | G_REGEX_NEWLINE_LF, 0);
}

gboolean
mitogen_words_check_user (const char *program, const char *user, GError **error)
{
  if (user == NULL || (*user != '\0' && *user != '-'))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _ ("%s: “%s” is no user name"),
               program, user);
  return FALSE;
}
