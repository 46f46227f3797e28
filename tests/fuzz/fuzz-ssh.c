/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The input: a byte of flags, what stands above the question, a NUL, the question. */

#include <string.h>

#include "connection/mitogen-diagnosis-private.h"
#include "connection/mitogen-ssh-failure-private.h"
#include "connection/mitogen-ssh-prompt-private.h"
#include "fuzz.h"
#include "wire/mitogen-error.h"

static void
check_question (const MitogenSaid *said, const MitogenQuestion *question)
{
  if (question->text == NULL || *question->text == '\0' ||
      !g_utf8_validate (question->text, -1, NULL))
    g_error ("no text");
  if (question->subject != NULL && !g_utf8_validate (question->subject, -1, NULL))
    g_error ("no subject");
  for (const char *p = question->text; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p) && *p != '\n')
      g_error ("a control character");
  /* What only the client may ask must not be put together by a server. */
  if (question->kind == MITOGEN_PROMPT_PASSPHRASE &&
      (strchr (question->text, '\n') != NULL || question->text[0] != 'E'))
    g_error ("no question of the client's: %s", question->text);
  if (question->kind == MITOGEN_PROMPT_HOST_KEY && !question->again &&
      !g_str_has_prefix (question->text, "The authenticity of host '") &&
      !g_str_has_prefix (question->text, "Warning: the "))
    g_error ("no question about a key: %s", question->text);
}

static void
check_nothing (const MitogenQuestion *question)
{
  if (question->text != NULL || question->subject != NULL || question->key_type != NULL ||
      question->fingerprint != NULL)
    g_error ("something is left");
}

static void
read_twice (MitogenSaid *said)
{
  MitogenSshPrompts prompts = { 0 };
  gboolean asked = FALSE;

  for (guint i = 0; i < 2; i++)
    {
      g_auto (MitogenQuestion) question = { 0 };

      if (mitogen_ssh_prompts_read (&prompts, said, &question) == MITOGEN_READING_QUESTION)
        {
          check_question (said, &question);
          if (asked && !question.again)
            g_error ("the same question is not the same: %s", question.text);
          asked = TRUE;
        }
      else
        check_nothing (&question);
      said->n_answers++;
      said->quiet = TRUE;
    }
  mitogen_ssh_prompts_clear (&prompts);
}

static void
explain (const char *text, gsize size, guint8 flags)
{
  g_autofree char *said = g_strndup (text, size);
  MitogenFailure failure = { .said = said,
                             .has_status = (flags & 8) != 0,
                             .wait_status = (flags & 16) != 0 ? 255 << 8 : 1 << 8,
                             .started = (flags & 32) != 0,
                             .n_answers = flags >> 6 };
  gint code = MITOGEN_ERROR_STREAM;
  gboolean busy = FALSE;
  g_autofree char *what = mitogen_ssh_failure_explain (&failure, &code, &busy);

  if (what == NULL && busy)
    g_error ("busy with nothing");
  if (what != NULL && *what == '\0')
    g_error ("no explanation");
  if (mitogen_ssh_failure_is_changed_key (&failure))
    {
      g_autofree char *quoted = mitogen_ssh_failure_quote_changed_key (&failure);

      if (*quoted == '\0')
        g_error ("no words");
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const guint8 *end = size > 0 ? memchr (data + 1, '\0', size - 1) : NULL;
  g_autofree char *above = NULL;
  g_autofree char *since = NULL;
  g_autofree char *line = NULL;
  MitogenSaid said = { 0 };

  if (end == NULL || end + 1 == data + size)
    return 0;
  above = g_strndup ((const char *) data + 1, (gsize) (end - data - 1));
  /* In a block of its own: it does not end with a NUL. */
  said.length = (gsize) (data + size - end - 1);
  line = g_memdup2 (end + 1, said.length);
  said.line = line;
  said.above = above;
  said.since = since = mitogen_diagnosis_clean (line, said.length);
  said.quiet = (data[0] & 1) != 0;
  said.is_request = (data[0] & 2) != 0;
  said.n_answers = (data[0] & 4) != 0;
  read_twice (&said);
  explain (line, said.length, data[0]);
  return 0;
}
