/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-sudo-method-private.h"
#include "connection/mitogen-diagnosis-private.h"
#include "connection/mitogen-words-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define BEFORE_NONCE "mitogen "
#define AFTER_NONCE  " password for "
#define END          ": "

/* Before and behind our prompt, as sudo-rs has it: "[sudo: " and "] Password: ", where the latter
 * is what PAM asks for. sudo.ws uses our prompt if that is the password, and else PAM's own. */
#define BEHIND "] "

typedef struct
{
  MitogenMethod method;
  char *start; /* of our prompt: all before the name of the account */
  gboolean asks;
  GHashTable *asked; /* what PAM asks for behind our prompt: answers given before, plus 1 */
  guint asked_after; /* answers given before our prompt was seen for the first time */
  MitogenPromptMemory memory; /* of what PAM asks for in its own way */
} SudoMethod;

char *
mitogen_sudo_method_make_prompt (const char *nonce)
{
  return g_strconcat (BEFORE_NONCE, nonce, AFTER_NONCE, "%p", END, NULL);
}

/* ---- our prompt ---- */

/* @text: behind the start of our prompt. Returns: (transfer full) (nullable): the account, and
 * @rest: what follows the prompt */
static char *
find_account (const char *text, const char **rest)
{
  const char *end = strstr (text, END);

  *rest = "";
  if (end == NULL)
    return NULL;
  *rest = end + strlen (END);
  /* Where sudo does not know what stands for it. */
  if (end == text || strncmp (text, "%p", 2) == 0)
    return NULL;
  return mitogen_diagnosis_clean (text, end - text);
}

/* FALSE: this has not been asked before. */
static gboolean
remember (SudoMethod *self, const char *what, guint n_answers)
{
  guint before;

  if (n_answers == 0)
    g_hash_table_remove_all (self->asked);
  if (g_hash_table_size (self->asked) == 0)
    self->asked_after = n_answers;
  before = GPOINTER_TO_UINT (g_hash_table_lookup (self->asked, what));
  if (before > 0)
    return before <= n_answers; /* else it is looked at once more */
  g_hash_table_insert (self->asked, g_strdup (what), GUINT_TO_POINTER (n_answers + 1));
  return FALSE;
}

/* @what: what PAM asks for, if that is known */
static void
fill_in (SudoMethod *self,
         MitogenQuestion *question,
         const char *what,
         const char *account,
         guint n_answers)
{
  gboolean is_first;

  question->again = remember (self, what, n_answers);
  is_first = n_answers == self->asked_after || question->again;
  question->kind =
      *what != '\0' ? mitogen_words_guess_kind (what, is_first) : MITOGEN_PROMPT_PASSWORD;
  if (question->kind != MITOGEN_PROMPT_PASSWORD)
    question->text = g_strdup (what);
  else
    question->text = account != NULL ? g_strdup_printf ("[sudo] password for %s:", account)
                                     : g_strdup ("[sudo] password:");
  question->subject = g_strdup (account);
}

/* @line: it contains our prompt, at @prompt */
static MitogenReading
read_own (SudoMethod *self,
          const char *line,
          const char *prompt,
          const MitogenSaid *said,
          MitogenQuestion *question)
{
  const char *text = prompt + strlen (self->start);
  const char *rest;
  g_autofree char *account = find_account (text, &rest);
  gboolean is_whole =
      strstr (text, END) != NULL && (prompt == line || g_str_has_suffix (rest, END));
  g_autofree char *what = NULL;

  if (!is_whole && !said->quiet)
    return MITOGEN_READING_PERHAPS;
  if (g_str_has_prefix (rest, BEHIND))
    rest += strlen (BEHIND);
  what = mitogen_diagnosis_clean (rest, strlen (rest));
  fill_in (self, question, what, account, said->n_answers);
  return MITOGEN_READING_QUESTION;
}

static MitogenReading
sudo_read (MitogenMethod *method, const MitogenSaid *said, MitogenQuestion *question)
{
  SudoMethod *self = (SudoMethod *) method;
  g_autofree char *valid = g_utf8_make_valid (said->line, said->length);
  const char *line = valid;
  const char *prompt;

  /* A bell, and what makes a line of its own. */
  while (*line != '\0' && g_ascii_iscntrl (*line))
    line++;
  prompt = strstr (line, self->start);
  if (prompt != NULL)
    return read_own (self, line, prompt, said, question);
  /* PAM asks for what is not the password, or is not to be asked in another way. */
  return mitogen_words_read (method, &self->memory, said, question);
}

/* ---- its last words ---- */

static const MitogenWords words[] = {
  { "is not in the sudoers file", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not use sudo: it is not in the sudoers file") },
  { "may not run sudo", MITOGEN_ERROR_PERMISSION, N_ ("the account may not use sudo") },
  { "is not allowed to run sudo", MITOGEN_ERROR_PERMISSION, N_ ("the account may not use sudo") },
  { "is not allowed to execute", MITOGEN_ERROR_PERMISSION,
    N_ ("sudo does not let the account run this command") },
  { "I'm afraid I can't do that", MITOGEN_ERROR_PERMISSION,
    N_ ("sudo does not let the account run this command") },
  { "not allowed to preserve the environment", MITOGEN_ERROR_PERMISSION,
    N_ ("sudo does not let the account preserve the environment") },
  { "you must have a tty", MITOGEN_ERROR_STREAM,
    N_ ("sudo wants a terminal (“requiretty” in sudoers), and has none") },
  { "account or password is expired", MITOGEN_ERROR_PASSWORD,
    N_ ("the account's password has expired") },
  { "account expired", MITOGEN_ERROR_PERMISSION, N_ ("the account has expired") },
  { "is your account locked", MITOGEN_ERROR_PERMISSION, N_ ("the account is locked") },
  { "a password is required", MITOGEN_ERROR_PASSWORD,
    N_ ("sudo wants a password, and there is neither an interaction nor a password to give") },
  { "interactive authentication is required", MITOGEN_ERROR_PASSWORD,
    N_ ("sudo wants a password, and there is neither an interaction nor a password to give") },
  { "interaction is required", MITOGEN_ERROR_PASSWORD,
    N_ ("sudo wants a password, and there is neither an interaction nor a password to give") },
  { "authentication required but not attempted", MITOGEN_ERROR_PASSWORD,
    N_ ("the password was not given") },
  { "a terminal is required", MITOGEN_ERROR_PASSWORD,
    N_ ("sudo wants a password, and has no terminal to ask for it") },
  { "incorrect password attempt", MITOGEN_ERROR_PASSWORD, N_ ("the password was refused") },
  { "incorrect authentication attempt", MITOGEN_ERROR_PASSWORD, N_ ("the password was refused") },
  { "sorry, user * may not run ", MITOGEN_ERROR_PERMISSION,
    N_ ("sudo does not let the account run this command") },
  { "sudo: password expired", MITOGEN_ERROR_PASSWORD, N_ ("the account's password has expired") },
  { "sudo: user '*' not found", MITOGEN_ERROR_STREAM, N_ ("sudo knows no such user") },
  { "sudo: group '*' not found", MITOGEN_ERROR_STREAM, N_ ("sudo knows no such group") },
  { "sudo: timed out", MITOGEN_ERROR_TIMED_OUT,
    N_ ("sudo did not wait any longer for the password") },
  { "unknown user", MITOGEN_ERROR_STREAM, N_ ("sudo knows no such user") },
  { "unknown group", MITOGEN_ERROR_STREAM, N_ ("sudo knows no such group") },
  { "sudo: *: command not found", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("sudo has not found the command") },
  { "have the setuid bit set", MITOGEN_ERROR_PERMISSION,
    N_ ("sudo gets no rights here: it is not set-user-ID root") },
  { "effective uid is not 0", MITOGEN_ERROR_PERMISSION,
    N_ ("sudo gets no rights here: it is not set-user-ID root") },
  { "\"no new privileges\" flag", MITOGEN_ERROR_PERMISSION,
    N_ ("sudo gets no rights here: the process may gain none, as in many a container") },
  { "no valid sudoers sources", MITOGEN_ERROR_STREAM, N_ ("sudo's configuration is broken") },
  { "timed out reading password", MITOGEN_ERROR_TIMED_OUT,
    N_ ("sudo did not wait any longer for the password") },
  { NULL, 0, NULL },
};

/* "sudo: 3 incorrect password attempts", in any language. */
static gboolean
counts_attempts (const char *said, guint n)
{
  g_autofree char *pattern = g_strdup_printf ("^sudo: (?:.*\\D)?%u(?:\\D.*)?$", n);

  return n > 0 && g_regex_match_simple (pattern, said, G_REGEX_MULTILINE | G_REGEX_NEWLINE_LF, 0);
}

/* In another language than English. Returns: (transfer full) (nullable) */
static char *
guess (SudoMethod *self, const MitogenFailure *failure, gint *code)
{
  *code = MITOGEN_ERROR_PASSWORD;
  if (!self->asks && mitogen_words_is_refusal ("sudo", failure, 1))
    return g_strdup (_ ("sudo has not let it in, and was told not to ask, as there is neither an "
                        "interaction nor a password to give"));
  if (g_hash_table_size (self->asked) == 0)
    return NULL;
  if (counts_attempts (failure->said, failure->n_answers - self->asked_after))
    return g_strdup (_ ("the password was refused"));
  /* The name of its file. */
  if (!mitogen_words_contain (failure->said, "sudoers"))
    return NULL;
  *code = MITOGEN_ERROR_PERMISSION;
  return g_strdup (_ ("the account may not use sudo"));
}

static char *
sudo_explain (MitogenMethod *method, const MitogenFailure *failure, gint *code, gboolean *busy)
{
  char *what;

  if (failure->started)
    return NULL;
  what = mitogen_words_explain (words, failure->said, code);
  return what != NULL ? what : guess ((SudoMethod *) method, failure, code);
}

static void
sudo_clear (MitogenMethod *method)
{
  SudoMethod *self = (SudoMethod *) method;

  g_free (self->start);
  g_hash_table_unref (self->asked);
  mitogen_prompt_memory_clear (&self->memory);
}

static const MitogenMethodFuncs funcs = {
  .read = sudo_read,
  .explain = sudo_explain,
  .clear = sudo_clear,
};

MitogenMethod *
mitogen_sudo_method_new (const char *nonce, gboolean login, gboolean asks)
{
  SudoMethod *self = mitogen_method_new (sizeof (SudoMethod), &funcs);

  self->method.terminal = MITOGEN_TERMINAL_BESIDE;
  self->method.eager = !login;
  self->start = g_strconcat (BEFORE_NONCE, nonce, AFTER_NONCE, NULL);
  self->asks = asks;
  self->asked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return &self->method;
}
