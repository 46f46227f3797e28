/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The input: a byte that tells the program, a byte of flags, what stands above the question, a NUL,
 * the question; or for sudo's options, a byte, and the options with a NUL between. */

#include <string.h>

#include "connection/mitogen-diagnosis-private.h"
#include "connection/mitogen-doas-method-private.h"
#include "connection/mitogen-pkexec-method-private.h"
#include "connection/mitogen-su-method-private.h"
#include "connection/mitogen-sudo-args-private.h"
#include "connection/mitogen-sudo-connection.h"
#include "connection/mitogen-sudo-method-private.h"
#include "fuzz.h"
#include "wire/mitogen-error.h"

#define NONCE "0123456789abcdef"

static MitogenMethod *
make_method (guint8 which)
{
  switch (which % 5)
    {
    case 0:
      return mitogen_sudo_method_new (NONCE, FALSE, (which & 0x80) != 0);
    case 1:
      return mitogen_su_method_new ("alice", (which & 0x80) != 0 ? "word:" : NULL, NULL, TRUE);
    case 2:
      return mitogen_doas_method_new ((which & 0x80) != 0 ? "word:" : NULL, NULL, TRUE);
    case 3:
      return mitogen_pkexec_method_new (TRUE);
    default:
      return NULL;
    }
}

/* ---- questions ---- */

static void
check_text (const char *text)
{
  if (!g_utf8_validate (text, -1, NULL))
    g_error ("no text");
  for (const char *p = text; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p))
      g_error ("a control character");
}

static void
check_question (MitogenReading reading, const MitogenSaid *said, const MitogenQuestion *question)
{
  if (reading != MITOGEN_READING_QUESTION)
    {
      if (question->text != NULL || question->subject != NULL || question->choices != NULL)
        g_error ("something is left");
      if (reading == MITOGEN_READING_PERHAPS && said->quiet)
        g_error ("it never becomes a question");
      return;
    }
  if (question->text == NULL || *question->text == '\0')
    g_error ("no text");
  check_text (question->text);
  if (question->subject != NULL)
    check_text (question->subject);
  for (guint i = 0; question->choices != NULL && question->choices[i] != NULL; i++)
    check_text (question->choices[i]);
  if (question->choices != NULL && question->choices[0] == NULL)
    g_error ("no choice");
}

/* As a program would that asks again, and as one that is looked at again. */
static void
read_often (MitogenMethod *method, MitogenSaid *said)
{
  gboolean asked = FALSE;

  for (guint i = 0; i < 4; i++)
    {
      g_auto (MitogenQuestion) question = { 0 };
      MitogenReading reading = method->funcs->read (method, said, &question);

      check_question (reading, said, &question);
      if (reading == MITOGEN_READING_QUESTION && question.choices == NULL &&
          question.kind == MITOGEN_PROMPT_PASSWORD && asked && i == 3 && !question.again)
        g_error ("the same question is not the same: %s", question.text);
      asked |= reading == MITOGEN_READING_QUESTION;
      if (i % 2 == 1)
        said->n_answers++;
      said->quiet = TRUE;
    }
}

static void
explain (MitogenMethod *method, const char *text, gsize size, guint8 flags)
{
  g_autofree char *said = mitogen_diagnosis_clean (text, size);
  MitogenFailure failure = { .said = said,
                             .has_status = (flags & 4) != 0,
                             .wait_status = (flags & 8) != 0 ? 127 << 8 : 1 << 8,
                             .started = (flags & 16) != 0,
                             .n_answers = flags >> 6 };

  for (guint i = 0; i < 2; i++)
    {
      gint code = -1;
      gboolean busy = FALSE;
      g_autofree char *what = method->funcs->explain (method, &failure, &code, &busy);

      if (failure.started && what != NULL)
        g_error ("it was not its fault");
      if (what != NULL && (*what == '\0' || code < 0))
        g_error ("no explanation");
      if (busy && (what == NULL || i > 0))
        g_error ("it would be tried for ever");
    }
}

/* ---- options ---- */

static char **
split (const guint8 *data, gsize size)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  while (size > 0)
    {
      const guint8 *end = memchr (data, '\0', size);
      gsize n = end != NULL ? (gsize) (end - data) : size;
      g_autofree char *word = g_strndup ((const char *) data, n);

      g_strv_builder_add (builder, word);
      n = MIN (n + 1, size);
      data += n;
      size -= n;
    }
  return g_strv_builder_end (builder);
}

/* What is handed on is a single word for each option, and none that would need another one. */
static void
check_others (MitogenSudoArgs *args)
{
  g_auto (GStrv) others = g_strv_builder_end (args->others);

  for (guint i = 0; others[i] != NULL; i++)
    if (!g_str_has_prefix (others[i], "--preserve-env=") &&
        (others[i][0] != '-' || strchr ("aCcDgkNPRT", others[i][1]) == NULL || !others[i][1]))
      g_error ("handed on: %s", others[i]);
}

static void
parse_options (const guint8 *data, gsize size)
{
  g_auto (GStrv) words = split (data, size);
  g_auto (MitogenSudoArgs) args = { 0 };
  g_autoptr (GError) error = NULL;

  if (mitogen_sudo_args_parse (&args, (const char *const *) words, &error))
    {
      if (error != NULL)
        g_error ("an error of what is right");
      check_others (&args);
      return;
    }
  if (error == NULL || !g_str_has_prefix (error->message, "sudo: ") ||
      !g_utf8_validate (error->message, -1, NULL))
    g_error ("no error");
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const guint8 *end = size > 2 ? memchr (data + 2, '\0', size - 2) : NULL;
  g_autoptr (MitogenMethod) method = size > 0 ? make_method (data[0]) : NULL;
  g_autofree char *above = NULL;
  g_autofree char *line = NULL;
  MitogenSaid said = { .since = "" };

  if (size > 0 && method == NULL)
    parse_options (data + 1, size - 1);
  if (method == NULL || end == NULL || end + 1 == data + size)
    return 0;
  above = g_strndup ((const char *) data + 2, (gsize) (end - data - 2));
  /* Lines are clean. */
  for (char *p = above; *p != '\0'; p++)
    if ((g_ascii_iscntrl (*p) && *p != '\n') || *p & 0x80)
      *p = '?';
  /* In a block of its own: it does not end with a NUL. */
  said.length = (gsize) (data + size - end - 1);
  line = g_memdup2 (end + 1, said.length);
  said.line = line;
  said.above = above;
  said.quiet = (data[1] & 1) != 0;
  said.n_answers = (data[1] & 2) != 0;
  read_often (method, &said);
  explain (method, line, said.length, data[1]);
  return 0;
}
