/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-asking-private.h"

#include <string.h>

/* A text that may be a question is one if nothing follows. */
#define QUIET_MS 100

/* Of what is said between two questions. */
#define MAX_SINCE (16 * 1024)

struct _MitogenAsking
{
  gatomicrefcount ref_count; /* the prompter has one while it asks */
  MitogenIo *io;
  MitogenMethod *method;
  MitogenPrompter *prompter;
  const MitogenAskingFuncs *funcs; /* NULL: it is over */
  gpointer data;

  GString *since; /* the lines since the last answer */
  GString *above; /* those of them that stand on the terminal */
  char *line;     /* what may be a question when it is quiet */
  gsize line_length;
  GSource *quiet;     /* while waiting for that */
  gboolean waiting;   /* for an answer */
  gboolean is_notice; /* that nobody has to see */
  gboolean clock_stopped;
  guint n_answers;
  MitogenAskingReply reply; /* NULL: the answer is typed */
  gpointer reply_data;
};

static MitogenAsking *
asking_ref (MitogenAsking *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
asking_unref (gpointer data)
{
  MitogenAsking *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_string_free (self->since, TRUE);
  g_string_free (self->above, TRUE);
  g_free (self->line);
  mitogen_method_unref (self->method);
  mitogen_prompter_unref (self->prompter);
  mitogen_io_unref (self->io);
  g_free (self);
}

static void
clear_quiet (MitogenAsking *self)
{
  if (self->quiet != NULL)
    g_source_destroy (self->quiet);
  g_clear_pointer (&self->quiet, g_source_unref);
}

/* ---- the answer ---- */

static void
stop_clock (gpointer data)
{
  MitogenAsking *self = data;

  if (self->funcs == NULL || !self->waiting)
    return;
  self->clock_stopped = TRUE;
  self->funcs->clock (FALSE, self->data);
}

static void
start_clock (MitogenAsking *self)
{
  if (!self->clock_stopped)
    return;
  self->clock_stopped = FALSE;
  self->funcs->clock (TRUE, self->data);
}

static void
give (MitogenAsking *self, MitogenPassword *answer)
{
  MitogenAskingReply reply = self->reply;
  g_autoptr (GBytes) line = NULL;

  self->reply = NULL;
  if (answer != NULL)
    self->n_answers++;
  if (reply != NULL)
    reply (answer, self->reply_data);
  else if (answer != NULL)
    {
      line = mitogen_password_to_line (answer);
      self->funcs->type (line, self->data);
    }
  if (answer == NULL)
    return;
  g_string_truncate (self->since, 0);
  g_string_truncate (self->above, 0);
}

static void
on_answered (MitogenPassword *answer, const GError *error, gpointer data)
{
  MitogenAsking *self = data;

  if (self->funcs == NULL || !self->waiting)
    return;
  self->waiting = FALSE;
  start_clock (self);
  give (self, answer);
  if (self->is_notice && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED))
    return;
  if (error != NULL && self->funcs != NULL)
    self->funcs->failed (error, self->data);
}

static const MitogenPrompterFuncs prompter_funcs = { .asking = stop_clock,
                                                     .answered = on_answered };

static void
ask (MitogenAsking *self, const MitogenQuestion *question)
{
  self->waiting = TRUE;
  self->is_notice = FALSE;
  mitogen_prompter_ask (self->prompter, self->io, question, &prompter_funcs, asking_ref (self),
                        asking_unref);
}

/* ---- the question ---- */

static MitogenReading
ask_method (MitogenAsking *self, MitogenSaid *said, MitogenQuestion *question)
{
  MitogenMethod *method = self->method;

  said->since = self->since->str;
  said->above = self->above->str;
  said->n_answers = self->n_answers;
  return method->funcs->read != NULL ? method->funcs->read (method, said, question)
                                     : MITOGEN_READING_NOTHING;
}

static MitogenReading
read_line (MitogenAsking *self, gboolean quiet, MitogenQuestion *question)
{
  MitogenSaid said = { .line = self->line, .length = self->line_length, .quiet = quiet };
  MitogenReading reading = ask_method (self, &said, question);

  if (reading != MITOGEN_READING_NOTHING || !mitogen_prompter_has_handler (self->prompter))
    return reading;
  /* A class of the program's own may know better. */
  if (!quiet)
    return MITOGEN_READING_PERHAPS;
  question->text = mitogen_diagnosis_clean (self->line, self->line_length);
  return MITOGEN_READING_QUESTION;
}

static void on_quiet (gpointer data);

static void
consider (MitogenAsking *self, gboolean quiet)
{
  g_auto (MitogenQuestion) question = { 0 };

  switch (read_line (self, quiet, &question))
    {
    case MITOGEN_READING_QUESTION:
      ask (self, &question);
      break;
    case MITOGEN_READING_PERHAPS:
      if (!quiet)
        self->quiet = mitogen_io_add_timeout (self->io, QUIET_MS, on_quiet, self);
      break;
    case MITOGEN_READING_NOTHING:
    default:
      break;
    }
}

static void
on_quiet (gpointer data)
{
  MitogenAsking *self = data;

  clear_quiet (self);
  consider (self, TRUE);
}

void
mitogen_asking_look (MitogenAsking *self, MitogenLineBuffer *line)
{
  if (self->waiting)
    return;
  clear_quiet (self);
  g_clear_pointer (&self->line, g_free);
  if (line->partial == NULL || line->partial->len == 0)
    return;
  self->line_length = line->partial->len;
  self->line = g_strndup ((const char *) line->partial->data, self->line_length);
  consider (self, FALSE);
}

static void
append_line (GString *lines, const char *line)
{
  if (lines->len + strlen (line) >= MAX_SINCE)
    g_string_truncate (lines, 0);
  g_string_append (lines, line);
  g_string_append_c (lines, '\n');
}

void
mitogen_asking_add_line (MitogenAsking *self, MitogenLineBuffer *line, gboolean above)
{
  g_autofree char *clean =
      mitogen_diagnosis_clean ((const char *) line->partial->data, line->partial->len);

  append_line (self->since, clean);
  if (above)
    append_line (self->above, clean);
}

void
mitogen_asking_ask (MitogenAsking *self,
                    const MitogenQuestion *question,
                    MitogenAskingReply reply,
                    gpointer data)
{
  if (self->waiting)
    {
      reply (NULL, data);
      return;
    }
  self->reply = reply;
  self->reply_data = data;
  ask (self, question);
}

void
mitogen_asking_request (MitogenAsking *self,
                        const char *text,
                        MitogenAskingReply reply,
                        gpointer data)
{
  MitogenSaid said = { .line = text, .length = strlen (text), .quiet = TRUE, .is_request = TRUE };
  g_auto (MitogenQuestion) question = { 0 };

  if (*text == '\0' || ask_method (self, &said, &question) != MITOGEN_READING_QUESTION)
    question.text = mitogen_diagnosis_clean (text, said.length);
  mitogen_asking_ask (self, &question, reply, data);
}

void
mitogen_asking_show (MitogenAsking *self,
                     const MitogenQuestion *question,
                     MitogenAskingReply reply,
                     gpointer data)
{
  mitogen_asking_ask (self, question, reply, data);
  self->is_notice = TRUE;
}

void
mitogen_asking_withdraw (MitogenAsking *self)
{
  if (!self->waiting)
    return;
  self->waiting = FALSE;
  self->reply = NULL;
  mitogen_prompter_withdraw (self->prompter);
  start_clock (self);
}

/* ---- life ---- */

guint
mitogen_asking_get_n_answers (MitogenAsking *self)
{
  return self->n_answers;
}

MitogenAsking *
mitogen_asking_new (MitogenIo *io,
                    MitogenMethod *method,
                    MitogenPrompter *prompter,
                    const MitogenAskingFuncs *funcs,
                    gpointer data)
{
  MitogenAsking *self = g_new0 (MitogenAsking, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->io = mitogen_io_ref (io);
  self->method = mitogen_method_ref (method);
  self->prompter = mitogen_prompter_ref (prompter);
  self->funcs = funcs;
  self->data = data;
  self->since = g_string_new (NULL);
  self->above = g_string_new (NULL);
  return self;
}

void
mitogen_asking_free (MitogenAsking *self)
{
  clear_quiet (self);
  self->funcs = NULL;
  self->reply = NULL;
  if (self->waiting)
    mitogen_prompter_withdraw (self->prompter);
  self->waiting = FALSE;
  asking_unref (self);
}
