/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-doas-method-private.h"
#include "connection/mitogen-diagnosis-private.h"
#include "connection/mitogen-words-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

typedef struct
{
  MitogenMethod method;
  char *password_prompt;
  char **incorrect_prompts;
  gboolean has_interaction;
  MitogenPromptMemory memory;
} DoasMethod;

/* doas knows one language. Returns: (transfer full) (nullable): the account in its
 * "doas (alice@web1) password: " */
static char *
find_account (const char *line)
{
  g_autoptr (GRegex) prompt =
      g_regex_new ("^doas \\(([^()@ ]+)@[^() ]*\\) password: ?$", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  if (!g_regex_match (prompt, line, 0, &match))
    return NULL;
  return g_match_info_fetch (match, 1);
}

static MitogenReading
doas_read (MitogenMethod *method, const MitogenSaid *said, MitogenQuestion *question)
{
  DoasMethod *self = (DoasMethod *) method;
  g_autofree char *line = mitogen_diagnosis_clean (said->line, said->length);
  g_autofree char *account = find_account (line);
  gboolean is_known = account != NULL || (self->password_prompt != NULL &&
                                          mitogen_words_contain (line, self->password_prompt));
  MitogenSaid known = *said;
  MitogenReading reading;

  known.quiet |= is_known;
  reading = mitogen_words_read (method, &self->memory, &known, question);
  if (reading != MITOGEN_READING_QUESTION)
    return reading;
  if (is_known)
    question->kind = MITOGEN_PROMPT_PASSWORD;
  question->subject = g_steal_pointer (&account);
  return reading;
}

/* ---- its last words ---- */

static const char *const default_incorrect_prompts[] = { "doas: authentication failed",
                                                         "doas: auth failed", NULL };

static const MitogenWords words[] = {
  { "doas: operation not permitted", MITOGEN_ERROR_PERMISSION,
    N_ ("doas does not let the account run this command") },
  { "doas: authentication required", MITOGEN_ERROR_PASSWORD,
    N_ ("doas wants a password, and there is neither an interaction nor a password to give") },
  { "doas: authorization required", MITOGEN_ERROR_PASSWORD,
    N_ ("doas wants a password, and there is neither an interaction nor a password to give") },
  { "doas: a tty is required", MITOGEN_ERROR_PASSWORD,
    N_ ("doas wants a password, and has no terminal to ask for it") },
  { "doas: unknown user", MITOGEN_ERROR_STREAM, N_ ("doas knows no such user") },
  { "doas: no passwd entry for", MITOGEN_ERROR_STREAM, N_ ("doas knows no such user") },
  { "doas is not enabled", MITOGEN_ERROR_PERMISSION, N_ ("doas has no configuration") },
  { "doas: not installed setuid", MITOGEN_ERROR_PERMISSION,
    N_ ("doas gets no rights here: it is not set-user-ID root") },
  { "doas: setuid", MITOGEN_ERROR_PERMISSION, N_ ("doas gets no rights here") },
  { "doas: *: command not found", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("doas has not found the command") },
  { NULL, 0, NULL },
};

static gboolean
is_incorrect (DoasMethod *self, const char *said)
{
  const char *const *prompts = self->incorrect_prompts != NULL
                                   ? (const char *const *) self->incorrect_prompts
                                   : default_incorrect_prompts;

  for (; *prompts != NULL; prompts++)
    if (mitogen_words_contain (said, *prompts))
      return TRUE;
  return FALSE;
}

static char *
doas_explain (MitogenMethod *method, const MitogenFailure *failure, gint *code, gboolean *busy)
{
  DoasMethod *self = (DoasMethod *) method;

  if (failure->started)
    return NULL;
  if (failure->n_answers == 0 || !is_incorrect (self, failure->said))
    return mitogen_words_explain (words, failure->said, code);

  *code = MITOGEN_ERROR_PASSWORD;
  *busy = mitogen_words_try_again (&self->memory, self->has_interaction);
  return g_strdup (_ ("the password was refused"));
}

static void
doas_clear (MitogenMethod *method)
{
  DoasMethod *self = (DoasMethod *) method;

  g_free (self->password_prompt);
  g_strfreev (self->incorrect_prompts);
  mitogen_prompt_memory_clear (&self->memory);
}

static const MitogenMethodFuncs funcs = {
  .read = doas_read,
  .explain = doas_explain,
  .clear = doas_clear,
};

MitogenMethod *
mitogen_doas_method_new (const char *password_prompt,
                         const char *const *incorrect_prompts,
                         gboolean has_interaction)
{
  DoasMethod *self = mitogen_method_new (sizeof (DoasMethod), &funcs);

  self->method.terminal = MITOGEN_TERMINAL_BESIDE;
  self->method.eager = TRUE;
  self->password_prompt = g_strdup (password_prompt);
  self->incorrect_prompts = g_strdupv ((char **) incorrect_prompts);
  self->has_interaction = has_interaction;
  return &self->method;
}
