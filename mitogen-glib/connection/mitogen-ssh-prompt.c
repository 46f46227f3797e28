/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-ssh-prompt-private.h"
#include "connection/mitogen-diagnosis-private.h"

#include <string.h>

/* OpenSSH's texts are not translated. The questions of a server are those of its PAM modules, in
 * any language; since 8.8 the client puts "(user@host) " in front of them. A server cannot be let
 * speak for the client: what could be its words, or has words above it that could be, is only read
 * as a question of the server's. */

/* A question is not longer. */
#define MAX_LINE 4000

/* ---- the text ---- */

typedef struct
{
  char *above;       /* what stands above it, cleaned; "" if nothing */
  char *text;        /* the question itself, cleaned, without the space at its end */
  gboolean may_end;  /* it ends as a question may end */
  gboolean is_whole; /* it ends as a question does, so that nothing follows */
  gboolean is_plain; /* there is nothing in it that is not shown */
} Shown;

static void
shown_clear (Shown *self)
{
  g_free (self->above);
  g_free (self->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Shown, shown_clear)

/* Each line cleaned, without empty ones. */
static char *
clean_lines (const char *text, gsize length)
{
  GString *lines = g_string_new (NULL);
  const char *end = text + length;

  while (text < end)
    {
      const char *newline = memchr (text, '\n', (gsize) (end - text));
      gsize n = newline != NULL ? (gsize) (newline - text) : (gsize) (end - text);
      g_autofree char *line = mitogen_diagnosis_clean (text, n);

      if (*line != '\0')
        g_string_append_printf (lines, "%s%s", lines->len > 0 ? "\n" : "", line);
      text += n + 1;
    }
  return g_string_free (lines, FALSE);
}

static gboolean
ends_like_question (const char *text)
{
  return *text != '\0' && strchr (":?>]", text[strlen (text) - 1]) != NULL;
}

static gboolean
has_control (const char *line, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (g_ascii_iscntrl (line[i]))
      return TRUE;
  return FALSE;
}

/* The client begins a question with "\r". */
static void
skip_start (const char **line, gsize *length)
{
  while (*length > 0 && **line == '\r')
    {
      (*line)++;
      (*length)--;
    }
}

/* A request of the helper program holds all lines, the terminal has those above in another place.
 */
static gboolean
take_text (const MitogenSaid *said, Shown *shown)
{
  const char *line = said->line;
  gsize length = said->length;
  const char *newline;

  skip_start (&line, &length);
  while (said->is_request && length > 0 && line[length - 1] == '\n')
    length--;
  if (length == 0 || length > MAX_LINE)
    return FALSE;
  newline = said->is_request ? memrchr (line, '\n', length) : NULL;
  if (newline != NULL)
    {
      shown->above = clean_lines (line, (gsize) (newline - line));
      length -= (gsize) (newline + 1 - line);
      line = newline + 1;
    }
  else
    shown->above = said->above != NULL && !said->is_request
                       ? clean_lines (said->above, strlen (said->above))
                       : g_strdup ("");
  shown->text = mitogen_diagnosis_clean (line, length);
  shown->may_end = said->is_request || ends_like_question (shown->text);
  shown->is_whole = said->is_request || (shown->may_end && line[length - 1] == ' ');
  shown->is_plain = !has_control (line, length);
  return TRUE;
}

/* "Above\ntext", for people. */
static char *
join (const char *above, const char *text)
{
  return *above != '\0' ? g_strconcat (above, "\n", text, NULL) : g_strdup (text);
}

/* The part of @text between what it begins and what it ends with. Returns: (transfer full)
 * (nullable) */
static char *
between (const char *text, const char *start, const char *end)
{
  gsize length = strlen (text);
  gsize around = strlen (start) + strlen (end);

  if (length <= around || !g_str_has_prefix (text, start) || !g_str_has_suffix (text, end))
    return NULL;
  return g_strndup (text + strlen (start), length - around);
}

/* "user@host" in "(user@host) ..."; @rest: (nullable) */
static char *
take_account (const char *text, const char **rest)
{
  const char *end = strstr (text, ") ");
  g_autofree char *account = NULL;

  if (*text != '(' || end == NULL)
    return NULL;
  account = g_strndup (text + 1, (gsize) (end - text - 1));
  if (strchr (account, '@') == NULL || strpbrk (account, "() \n") != NULL)
    return NULL;
  if (rest != NULL)
    *rest = end + 2;
  return g_steal_pointer (&account);
}

/* ---- questions of the client itself ---- */

typedef struct
{
  const char *start;
  const char *end;
  MitogenPromptKind kind;
} Form;

/* What is between them is the subject. */
static const Form forms[] = {
  { "", "'s password:", MITOGEN_PROMPT_PASSWORD },
  { "Enter passphrase for key '", "':", MITOGEN_PROMPT_PASSPHRASE },
  { "Enter passphrase for RSA key '", "':", MITOGEN_PROMPT_PASSPHRASE },
  { "Enter passphrase for ", ":", MITOGEN_PROMPT_PASSPHRASE },
  { "Enter PIN for '", "':", MITOGEN_PROMPT_PASSPHRASE },
  { "Enter PIN for ", ":", MITOGEN_PROMPT_PASSPHRASE },
  { "Enter PIN and confirm user presence for ", ":", MITOGEN_PROMPT_PASSPHRASE },
  { "Enter ", "'s old password:", MITOGEN_PROMPT_PASSWORD },
  { "Enter ", "'s new password:", MITOGEN_PROMPT_NEW_PASSWORD },
  { "Retype ", "'s new password:", MITOGEN_PROMPT_NEW_PASSWORD },
};

static gboolean
is_account (const char *text)
{
  return strchr (text, '@') != NULL && strpbrk (text, " ()'") == NULL;
}

static gboolean
read_form (const Shown *shown, MitogenQuestion *question)
{
  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autofree char *subject = between (shown->text, forms[i].start, forms[i].end);

      if (subject == NULL || (forms[i].kind != MITOGEN_PROMPT_PASSPHRASE && !is_account (subject)))
        continue;
      question->kind = forms[i].kind;
      question->subject = g_steal_pointer (&subject);
      question->text = g_strdup (shown->text);
      return TRUE;
    }
  return FALSE;
}

static gboolean
is_host_key_text (const char *above)
{
  return g_str_has_prefix (above, "The authenticity of host '") ||
         (g_str_has_prefix (above, "Warning: the ") &&
          strstr (above, " differs from the key for the IP address '") != NULL);
}

void
mitogen_ssh_prompts_read_key (const char *text, MitogenQuestion *question)
{
  static const char words[] = " key fingerprint is";
  const char *found = strstr (text, words);
  const char *start = found;
  const char *fingerprint;
  gsize length;

  if (found == NULL)
    return;
  while (start > text && start[-1] != '\n')
    start--;
  /* 10.2 has put a colon there, and taken the stop at the end away. */
  fingerprint = found + strlen (words);
  fingerprint += strspn (fingerprint, ": ");
  length = strcspn (fingerprint, " \n");
  if (length > 0 && fingerprint[length - 1] == '.')
    length--;
  if (length == 0)
    return;
  g_free (question->key_type);
  g_free (question->fingerprint);
  question->key_type = g_strndup (start, (gsize) (found - start));
  question->fingerprint = g_strndup (fingerprint, length);
}

/* Without the last line: whoever shows it asks in words of their own. */
static gboolean
read_host_key (MitogenSshPrompts *self, const Shown *shown, MitogenQuestion *question)
{
  if (g_str_has_prefix (shown->text, "Please type 'yes'"))
    {
      if (!self->has_asked || self->last.kind != MITOGEN_PROMPT_HOST_KEY)
        return FALSE;
      mitogen_question_clear (question);
      mitogen_question_copy (question, &self->last);
      return TRUE;
    }
  if (!g_str_has_prefix (shown->text, "Are you sure you want to continue connecting (yes/no") ||
      !is_host_key_text (shown->above))
    return FALSE;
  question->kind = MITOGEN_PROMPT_HOST_KEY;
  question->text = g_strdup (shown->above);
  question->changed = g_str_has_prefix (shown->above, "Warning: the ");
  mitogen_ssh_prompts_read_key (shown->above, question);
  return TRUE;
}

/* ---- questions of the server ---- */

static gboolean
contains_any (const char *text, const char *const *words)
{
  for (guint i = 0; words[i] != NULL; i++)
    if (strstr (text, words[i]) != NULL)
      return TRUE;
  return FALSE;
}

/* Where the words are English ones, they help; in other languages a server asks for the password
 * first. */
static MitogenPromptKind
guess_kind (const char *text, MitogenPromptKind otherwise)
{
  static const char *const code[] = { "verification",  "code",     "token",         "otp",
                                      "one-time",      "one time", "second factor", "response",
                                      "authenticator", "2fa",      "pin:",          NULL };
  static const char *const choice[] = { "yes/no", "y/n", "yes or no", NULL };
  static const char *const anew[] = { "new ", "retype ", "re-enter ", "reenter ", "repeat ", NULL };
  g_autofree char *lower = g_utf8_strdown (text, -1);

  if (contains_any (lower, choice) || g_str_has_suffix (lower, "?"))
    return MITOGEN_PROMPT_OTHER;
  if (contains_any (lower, code))
    return MITOGEN_PROMPT_CODE;
  if (strstr (lower, "password") != NULL)
    return contains_any (lower, anew) ? MITOGEN_PROMPT_NEW_PASSWORD : MITOGEN_PROMPT_PASSWORD;
  return otherwise;
}

/* @text: what it has said in all, @line: the last line of that */
static MitogenPromptKind
guess_kind_for_server (MitogenSshPrompts *self, const char *text, const char *line)
{
  if (self->has_asked && g_str_equal (text, self->last.text))
    return self->last.kind;
  return guess_kind (line, self->had_password ? MITOGEN_PROMPT_CODE : MITOGEN_PROMPT_PASSWORD);
}

/* Returns: (transfer full) (nullable): the account, if a line above is the server's */
static char *
find_account (const char *above, const char **start)
{
  for (const char *line = above; line != NULL; line = strchr (line, '\n'))
    {
      char *account;

      line += *line == '\n' ? 1 : 0;
      account = take_account (line, NULL);
      *start = line;
      if (account != NULL)
        return account;
    }
  return NULL;
}

/* ---- reading ---- */

/* Of "user@host", the user is enough if that is the host. It may be another: one to jump over, or
 * what an alias stands for. */
static void
shorten_subject (MitogenSshPrompts *self, MitogenQuestion *question)
{
  char *at = question->subject != NULL ? strrchr (question->subject, '@') : NULL;

  if (at != NULL && at > question->subject && question->kind != MITOGEN_PROMPT_PASSPHRASE &&
      self->hostname != NULL && g_ascii_strcasecmp (at + 1, self->hostname) == 0)
    *at = '\0';
}

/* FALSE: it is a question only if nothing follows. */
static gboolean
read_known (MitogenSshPrompts *self, const Shown *shown, MitogenQuestion *question)
{
  const char *start = shown->above;
  const char *rest = shown->text;
  g_autofree char *account = take_account (shown->text, &rest);

  if (account == NULL && shown->is_plain && *shown->above == '\0' && read_form (shown, question))
    return TRUE;
  if (account == NULL && shown->is_plain && read_host_key (self, shown, question))
    return TRUE;
  if (account == NULL)
    account = find_account (shown->above, &start);
  else
    start = "";
  if (account == NULL)
    return FALSE;
  question->text = join (start, shown->text);
  question->kind = guess_kind_for_server (self, question->text, rest);
  question->subject = g_steal_pointer (&account);
  return TRUE;
}

/* A client before 8.8 shows what the server asks and nothing else. */
static void
read_unknown (const Shown *shown, MitogenQuestion *question)
{
  question->kind = guess_kind (shown->text, MITOGEN_PROMPT_OTHER);
  question->text = join (shown->above, shown->text);
}

static gboolean
is_same_account (const char *a, const char *b)
{
  return a == NULL || b == NULL || g_str_equal (a, b);
}

/* The same text; or, when the server has had enough of its own way to ask, the client's. */
static gboolean
is_repeated (MitogenSshPrompts *self, const MitogenQuestion *question)
{
  if (!self->has_asked || question->kind != self->last.kind)
    return FALSE;
  if (g_str_equal (question->text, self->last.text))
    return TRUE;
  return question->kind == MITOGEN_PROMPT_PASSWORD &&
         g_str_has_suffix (question->text, "'s password:") &&
         is_same_account (question->subject, self->last.subject);
}

/* Why the last answer did not do may have been said beside the terminal, as "Your account has
 * expired" is. That it did not do is known already. */
static void
add_reason (const MitogenSaid *said, MitogenQuestion *question)
{
  g_auto (GStrv) lines = g_strsplit (said->since != NULL ? said->since : "", "\n", -1);
  g_autofree char *reason = NULL;

  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0' && strstr (lines[i], "Permission denied") == NULL &&
        (said->above == NULL || strstr (said->above, lines[i]) == NULL))
      {
        g_free (reason);
        reason = g_strdup (lines[i]);
      }
  if (reason != NULL)
    {
      char *text = g_strconcat (reason, "\n", question->text, NULL);

      g_free (question->text);
      question->text = text;
    }
}

static void
remember (MitogenSshPrompts *self, const MitogenSaid *said, MitogenQuestion *question)
{
  /* One that was not answered is the same one, read again. */
  question->again = self->n_answers != said->n_answers ? is_repeated (self, question)
                                                       : self->has_asked && self->last.again;
  mitogen_question_clear (&self->last);
  mitogen_question_copy (&self->last, question);
  self->n_answers = said->n_answers;
  self->has_asked = TRUE;
}

MitogenReading
mitogen_ssh_prompts_read (MitogenSshPrompts *self,
                          const MitogenSaid *said,
                          MitogenQuestion *question)
{
  g_auto (Shown) shown = { 0 };
  gboolean known;

  if (!take_text (said, &shown) || *shown.text == '\0')
    return MITOGEN_READING_NOTHING;

  if (self->has_asked && said->n_answers != self->n_answers &&
      self->last.kind == MITOGEN_PROMPT_PASSWORD)
    self->had_password = TRUE;
  known = read_known (self, &shown, question);
  if (!known && !shown.may_end)
    return MITOGEN_READING_NOTHING;
  if (!said->quiet && !said->is_request && !(known && shown.is_whole))
    {
      mitogen_question_clear (question);
      *question = (MitogenQuestion){ 0 };
      return MITOGEN_READING_PERHAPS;
    }
  if (!known)
    read_unknown (&shown, question);
  shorten_subject (self, question);
  remember (self, said, question);
  if (question->again && question->kind == MITOGEN_PROMPT_PASSWORD)
    add_reason (said, question);
  return MITOGEN_READING_QUESTION;
}

void
mitogen_ssh_prompts_clear (MitogenSshPrompts *self)
{
  mitogen_question_clear (&self->last);
  g_clear_pointer (&self->hostname, g_free);
}
