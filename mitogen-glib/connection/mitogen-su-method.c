/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-su-method-private.h"
#include "connection/mitogen-words-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

typedef struct
{
  MitogenMethod method;
  char *username;
  char *password_prompt;
  char **incorrect_prompts;
  gboolean has_interaction;
  MitogenPromptMemory memory;
} SuMethod;

/* A text that is known need not stand for a moment to be taken for a question. */
static gboolean
is_password_prompt (SuMethod *self, const MitogenSaid *said)
{
  g_autofree char *line = g_strndup (said->line, said->length);

  return self->password_prompt != NULL && mitogen_words_contain (line, self->password_prompt);
}

static MitogenReading
su_read (MitogenMethod *method, const MitogenSaid *said, MitogenQuestion *question)
{
  SuMethod *self = (SuMethod *) method;
  gboolean is_known = is_password_prompt (self, said);
  MitogenSaid known = *said;
  MitogenReading reading;

  known.quiet |= is_known;
  reading = mitogen_words_read (method, &self->memory, &known, question);
  if (reading != MITOGEN_READING_QUESTION)
    return reading;
  if (is_known)
    question->kind = MITOGEN_PROMPT_PASSWORD;
  if (question->kind == MITOGEN_PROMPT_PASSWORD)
    question->subject = g_strdup (self->username);
  return reading;
}

/* ---- its last words ---- */

static const char *const default_incorrect_prompts[] = {
  "su: authentication failure", /* util-linux, shadow */
  "su: incorrect password",     /* coreutils, busybox */
  "su: sorry",                  /* BSD */
  "authentication is denied",   /* AIX */
  NULL,
};

static const MitogenWords words[] = {
  { "su: permission denied", MITOGEN_ERROR_PERMISSION, N_ ("the account may not use su") },
  { "not in the correct group", MITOGEN_ERROR_PERMISSION, N_ ("the account may not use su") },
  { "su: user * does not exist", MITOGEN_ERROR_STREAM, N_ ("su knows no such user") },
  { "no passwd entry for", MITOGEN_ERROR_STREAM, N_ ("su knows no such user") },
  { "unknown user", MITOGEN_ERROR_STREAM, N_ ("su knows no such user") },
  { "unknown login", MITOGEN_ERROR_STREAM, N_ ("su knows no such user") },
  { "account has expired", MITOGEN_ERROR_PERMISSION, N_ ("the account has expired") },
  { "account expired", MITOGEN_ERROR_PERMISSION, N_ ("the account has expired") },
  { "account is currently not available", MITOGEN_ERROR_PERMISSION,
    N_ ("the account's shell lets nobody in") },
  { "must be suid", MITOGEN_ERROR_PERMISSION,
    N_ ("su gets no rights here: it is not set-user-ID root") },
  { "cannot set groups", MITOGEN_ERROR_PERMISSION, N_ ("su gets no rights here") },
  { "su: failed to execute", MITOGEN_ERROR_STREAM, N_ ("the account's shell cannot be started") },
  { NULL, 0, NULL },
};

static gboolean
is_incorrect (SuMethod *self, const char *said)
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
su_explain (MitogenMethod *method, const MitogenFailure *failure, gint *code, gboolean *busy)
{
  SuMethod *self = (SuMethod *) method;
  char *what;

  if (failure->started)
    return NULL;
  /* First, as su says of an account that has expired that its authentication has failed. */
  what = mitogen_words_explain (words, failure->said, code);
  if (what != NULL)
    return what;
  /* In another language only the status tells. */
  if (!is_incorrect (self, failure->said) &&
      (failure->n_answers == 0 || !mitogen_words_is_refusal ("su", failure, 1)))
    return NULL;

  *code = MITOGEN_ERROR_PASSWORD;
  *busy = failure->n_answers > 0 && mitogen_words_try_again (&self->memory, self->has_interaction);
  return g_strdup (_ ("the password was refused"));
}

static void
su_clear (MitogenMethod *method)
{
  SuMethod *self = (SuMethod *) method;

  g_free (self->username);
  g_free (self->password_prompt);
  g_strfreev (self->incorrect_prompts);
  mitogen_prompt_memory_clear (&self->memory);
}

static const MitogenMethodFuncs funcs = {
  .read = su_read,
  .explain = su_explain,
  .clear = su_clear,
};

MitogenMethod *
mitogen_su_method_new (const char *username,
                       const char *password_prompt,
                       const char *const *incorrect_prompts,
                       gboolean has_interaction)
{
  SuMethod *self = mitogen_method_new (sizeof (SuMethod), &funcs);

  /* It asks where its input comes from. */
  self->method.terminal = MITOGEN_TERMINAL_ALL;
  self->username = g_strdup (username);
  self->password_prompt = g_strdup (password_prompt);
  self->incorrect_prompts = g_strdupv ((char **) incorrect_prompts);
  self->has_interaction = has_interaction;
  return &self->method;
}
