/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-pkexec-method-private.h"
#include "connection/mitogen-diagnosis-private.h"
#include "connection/mitogen-words-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define AUTHENTICATING_FOR "==== AUTHENTICATING FOR "
#define AUTHENTICATING_AS  "Authenticating as: "

/* The words are those of polkit's agent for terminals, which knows one language; the prompt itself
 * is PAM's. */
typedef struct
{
  MitogenMethod method;
  gboolean has_interaction;
  char *action;  /* (nullable): what is to be allowed, in its words */
  char *account; /* (nullable): whose password it wants */
  gboolean was_choice;
  MitogenPromptMemory memory;
} PkexecMethod;

/* Its "Alice Cooper,,, (alice)" */
static char *
get_account (const char *who)
{
  const char *start = strrchr (who, '(');
  const char *end = start != NULL ? strchr (start, ')') : NULL;

  return end != NULL && end[1] == '\0' ? g_strndup (start + 1, end - start - 1) : g_strdup (who);
}

/* What is left of "\033[1;31m" when it is cleaned. */
static const char *
skip_colour (const char *line)
{
  gsize n = *line == '[' ? 1 + strspn (line + 1, "0123456789;") : 0;

  return n > 0 && line[n] == 'm' ? line + n + 1 : line;
}

static void
take_lines (PkexecMethod *self, char **lines)
{
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = skip_colour (lines[i]);

      if (g_str_has_prefix (line, AUTHENTICATING_FOR) && lines[i + 1] != NULL)
        {
          g_free (self->action);
          self->action = g_strdup (skip_colour (lines[i + 1]));
        }
      else if (g_str_has_prefix (line, AUTHENTICATING_AS))
        {
          g_free (self->account);
          self->account = get_account (line + strlen (AUTHENTICATING_AS));
        }
    }
}

/* ---- whose password? ---- */

/* The number of accounts in "Choose identity to authenticate as (1-2): "; 0: that is not it. */
static guint
get_number (const char *line)
{
  const char *range = strstr (line, "(1-");
  char *end;
  guint64 n;

  if (!g_str_has_prefix (line, "Choose identity ") || range == NULL)
    return 0;
  n = g_ascii_strtoull (range + strlen ("(1-"), &end, 10);
  return n <= 1000 && g_str_has_prefix (end, "):") ? n : 0;
}

/* " 2.  Alice Cooper (alice)". Returns: (transfer full) (nullable) */
static char *
get_choice (const char *line, guint number)
{
  g_autofree char *start = g_strdup_printf ("%u.", number);

  line += strspn (line, " ");
  return g_str_has_prefix (line, start) ? g_strstrip (g_strdup (line + strlen (start))) : NULL;
}

static char **
get_choices (char **lines, guint n)
{
  g_autoptr (GStrvBuilder) choices = g_strv_builder_new ();
  guint number = 1;

  for (; *lines != NULL; lines++)
    {
      g_autofree char *choice = get_choice (*lines, number);

      if (choice != NULL)
        {
          g_strv_builder_add (choices, choice);
          number++;
        }
    }
  return number == n + 1 ? g_strv_builder_end (choices) : NULL;
}

static MitogenReading
read_identity (PkexecMethod *self,
               const char *line,
               char **lines,
               guint n,
               const MitogenSaid *said,
               MitogenQuestion *question)
{
  /* Its answer is lost if it comes before the agent has set up the terminal. */
  if (!said->quiet)
    return MITOGEN_READING_PERHAPS;
  self->was_choice = TRUE;
  question->kind = MITOGEN_PROMPT_OTHER;
  question->text =
      self->action != NULL ? g_strdup_printf ("%s: %s", self->action, line) : g_strdup (line);
  question->choices = get_choices (lines, n);
  question->first_choice = 1;
  return MITOGEN_READING_QUESTION;
}

/* ---- questions ---- */

/* The agent does not repeat what was chosen. */
static char *
get_subject (PkexecMethod *self)
{
  return g_strdup (self->was_choice ? _ ("the chosen account") : self->account);
}

static MitogenReading
pkexec_read (MitogenMethod *method, const MitogenSaid *said, MitogenQuestion *question)
{
  PkexecMethod *self = (PkexecMethod *) method;
  g_autofree char *line = mitogen_diagnosis_clean (said->line, said->length);
  g_auto (GStrv) lines = g_strsplit (said->above, "\n", -1);
  MitogenReading reading;
  guint n;

  take_lines (self, lines);
  n = get_number (g_strstrip (line));
  if (n > 0)
    return read_identity (self, line, lines, n, said, question);

  reading = mitogen_words_read (method, &self->memory, said, question);
  if (reading != MITOGEN_READING_QUESTION)
    return reading;
  question->again |= self->memory.refused && question->kind == MITOGEN_PROMPT_PASSWORD;
  question->subject = get_subject (self);
  if (self->action != NULL)
    {
      char *text = g_strdup_printf ("%s: %s", self->action, question->text);

      g_free (question->text);
      question->text = text;
    }
  return reading;
}

/* ---- its last words ---- */

static const MitogenWords words[] = {
  { "request dismissed", MITOGEN_ERROR_PASSWORD, N_ ("the password was not given") },
  { "not authorized", MITOGEN_ERROR_PERMISSION,
    N_ ("polkit does not let the account run this command") },
  { "no authentication agent found", MITOGEN_ERROR_PASSWORD,
    N_ ("polkit wants a password, and there is nobody to ask: neither an agent of a desktop, nor "
        "an interaction, nor a password to give") },
  { "error creating textual authentication agent", MITOGEN_ERROR_PASSWORD,
    N_ ("polkit wants a password, and there is nobody to ask") },
  { "error getting authority", MITOGEN_ERROR_STREAM, N_ ("polkit does not run there") },
  { "error checking for authorization", MITOGEN_ERROR_STREAM, N_ ("polkit does not answer") },
  { "error getting pwent", MITOGEN_ERROR_STREAM, N_ ("pkexec knows no such user") },
  { "user * does not exist", MITOGEN_ERROR_STREAM, N_ ("pkexec knows no such user") },
  { "pkexec must be setuid root", MITOGEN_ERROR_PERMISSION,
    N_ ("pkexec gets no rights here: it is not set-user-ID root") },
  { "error accessing ", MITOGEN_ERROR_NO_INTERPRETER, N_ ("pkexec has not found the command") },
  { "cannot run program", MITOGEN_ERROR_NO_INTERPRETER, N_ ("pkexec has not found the command") },
  { NULL, 0, NULL },
};

static char *
pkexec_explain (MitogenMethod *method, const MitogenFailure *failure, gint *code, gboolean *busy)
{
  PkexecMethod *self = (PkexecMethod *) method;

  if (failure->started)
    return NULL;
  if (failure->n_answers == 0 || !mitogen_words_contain (failure->said, "not authorized"))
    return mitogen_words_explain (words, failure->said, code);

  *code = MITOGEN_ERROR_PASSWORD;
  *busy = mitogen_words_try_again (&self->memory, self->has_interaction);
  return g_strdup (_ ("the password was refused"));
}

static void
pkexec_clear (MitogenMethod *method)
{
  PkexecMethod *self = (PkexecMethod *) method;

  g_free (self->action);
  g_free (self->account);
  mitogen_prompt_memory_clear (&self->memory);
}

static const MitogenMethodFuncs funcs = {
  .read = pkexec_read,
  .explain = pkexec_explain,
  .clear = pkexec_clear,
};

MitogenMethod *
mitogen_pkexec_method_new (gboolean has_interaction)
{
  PkexecMethod *self = mitogen_method_new (sizeof (PkexecMethod), &funcs);

  self->method.terminal = MITOGEN_TERMINAL_BESIDE;
  self->method.eager = TRUE;
  self->has_interaction = has_interaction;
  return &self->method;
}
