/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prompt/mitogen-interview-private.h"
#include "prompt/mitogen-prompter-private.h"
#include "prompt/mitogen-sentence-private.h"

#include <string.h>

/* How often a person is asked for what turns out to be wrong. */
#define MAX_REFUSED 2

/* Where an answer may come from, in the order in which they are tried. */
typedef enum
{
  SOURCE_HANDLER, /* the connection's class */
  SOURCE_PERSON,
  SOURCE_PASSWORD, /* the connection's property */
  SOURCE_NONE,
} Source;

/* What was answered, so that nothing is tried twice. I/O thread. */
typedef struct
{
  char *what; /* kind and subject of the question */
  Source last;
  gboolean password_tried;
  gboolean skipped;
  guint n_refused; /* answers of a person, or of the class */
} Trial;

typedef struct _Inquiry Inquiry;

struct _MitogenPrompter
{
  gatomicrefcount ref_count;
  MitogenPassword *password;
  MitogenPlace place;
  MitogenPromptHandler handler;
  gboolean has_interaction;
  gboolean is_fixed; /* nobody is asked */

  GMutex lock;
  MitogenDispatcher *dispatcher; /* NULL: closed; protected by lock */

  /* In the dispatcher's context, and dropped there. */
  GMountOperation *interaction;
  GObject *connection;
  MitogenInterview *interview;

  /* I/O thread only */
  Inquiry *inquiry; /* NULL: no question is open */
  GPtrArray *trials;
  char *last_text; /* (nullable): of the question before */
};

/* One question on its way through the sources. */
struct _Inquiry
{
  gatomicrefcount ref_count;
  MitogenPrompter *prompter;
  MitogenIo *io;
  MitogenQuestion question; /* whoever has the inquiry has it: the context, or the I/O thread */

  /* I/O thread only */
  Source source;
  gboolean unhandled; /* by the interaction */
  MitogenPrompterFuncs funcs;
  gpointer data;
  GDestroyNotify destroy;
};

static void inquiry_advance (Inquiry *inquiry, Source source);
static gboolean count_refusal (Inquiry *inquiry, Source source);

/* ---- life ---- */

void
mitogen_place_clear (MitogenPlace *self)
{
  g_clear_pointer (&self->method, g_free);
  g_clear_pointer (&self->user, g_free);
  g_clear_pointer (&self->host, g_free);
  g_clear_pointer (&self->through, g_strfreev);
  g_clear_pointer (&self->key, g_free);
}

static void
trial_free (gpointer data)
{
  Trial *trial = data;

  g_free (trial->what);
  g_free (trial);
}

MitogenPrompter *
mitogen_prompter_new (MitogenDispatcher *dispatcher,
                      GMountOperation *interaction,
                      MitogenPassword *password,
                      MitogenPlace *place,
                      MitogenPromptHandler handler,
                      GObject *connection)
{
  MitogenPrompter *self = g_new0 (MitogenPrompter, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->place = *place;
  memset (place, 0, sizeof *place);
  self->password = password != NULL ? mitogen_password_ref (password) : NULL;
  self->handler = handler;
  self->has_interaction = interaction != NULL;
  self->is_fixed = interaction == NULL && handler == NULL;
  if (!self->is_fixed)
    {
      self->dispatcher = mitogen_dispatcher_ref (dispatcher);
      g_set_object (&self->interaction, interaction);
      g_set_object (&self->connection, connection);
    }
  self->trials = g_ptr_array_new_with_free_func (trial_free);
  return self;
}

MitogenPrompter *
mitogen_prompter_ref (MitogenPrompter *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
prompter_free (gpointer data)
{
  MitogenPrompter *self = data;

  g_clear_object (&self->interaction);
  g_clear_object (&self->connection);
  g_clear_pointer (&self->password, mitogen_password_unref);
  g_clear_pointer (&self->dispatcher, mitogen_dispatcher_unref);
  mitogen_place_clear (&self->place);
  g_ptr_array_unref (self->trials);
  g_free (self->last_text);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
mitogen_prompter_unref (MitogenPrompter *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  if (self->dispatcher != NULL)
    mitogen_dispatcher_destroy_data (self->dispatcher, self, prompter_free);
  else
    prompter_free (self);
}

static void
inquiry_unref (gpointer data)
{
  Inquiry *inquiry = data;

  if (!g_atomic_ref_count_dec (&inquiry->ref_count))
    return;

  mitogen_question_clear (&inquiry->question);
  mitogen_io_unref (inquiry->io);
  mitogen_prompter_unref (inquiry->prompter);
  g_free (inquiry);
}

static Inquiry *
inquiry_ref (Inquiry *inquiry)
{
  g_atomic_ref_count_inc (&inquiry->ref_count);
  return inquiry;
}

/* ---- between the threads ---- */

static MitogenDispatcher *
dup_dispatcher (MitogenPrompter *self)
{
  MitogenDispatcher *dispatcher;

  g_mutex_lock (&self->lock);
  dispatcher = self->dispatcher != NULL ? mitogen_dispatcher_ref (self->dispatcher) : NULL;
  g_mutex_unlock (&self->lock);
  return dispatcher;
}

typedef struct
{
  Inquiry *inquiry;
  MitogenPassword *password;
  GError *error;
  Source next; /* if there is neither */
  gboolean is_question;
} Outcome;

static void
outcome_free (gpointer data)
{
  Outcome *outcome = data;

  g_clear_pointer (&outcome->password, mitogen_password_unref);
  g_clear_error (&outcome->error);
  inquiry_unref (outcome->inquiry);
  g_free (outcome);
}

static Outcome *
outcome_new (Inquiry *inquiry)
{
  Outcome *outcome = g_new0 (Outcome, 1);

  outcome->inquiry = inquiry_ref (inquiry);
  outcome->is_question = TRUE;
  return outcome;
}

static void
inquiry_answer (Inquiry *inquiry, MitogenPassword *answer, const GError *error)
{
  MitogenPrompter *self = inquiry->prompter;
  MitogenPrompterFuncs funcs = inquiry->funcs;
  gpointer data = inquiry->data;
  GDestroyNotify destroy = g_steal_pointer (&inquiry->destroy);

  /* The next question may come at once. */
  self->inquiry = NULL;
  funcs.answered (answer, error, data);
  if (destroy != NULL)
    destroy (data);
  inquiry_unref (inquiry);
}

static void
outcome_run (gpointer data)
{
  Outcome *outcome = data;
  Inquiry *inquiry = outcome->inquiry;

  if (inquiry->prompter->inquiry != inquiry) /* withdrawn */
    return;
  if (outcome->password == NULL && outcome->error == NULL && outcome->is_question)
    inquiry_advance (inquiry, outcome->next);
  else if (inquiry->source != SOURCE_HANDLER || outcome->password == NULL ||
           count_refusal (inquiry, SOURCE_HANDLER))
    inquiry_answer (inquiry, outcome->password, outcome->error);
}

static void
outcome_post (Outcome *outcome)
{
  mitogen_io_post (outcome->inquiry->io, outcome_run, outcome, outcome_free);
}

static void
asking_run (gpointer data)
{
  Inquiry *inquiry = data;

  if (inquiry->prompter->inquiry == inquiry && inquiry->funcs.asking != NULL)
    inquiry->funcs.asking (inquiry->data);
}

/* ---- a person, in the dispatcher's context ---- */

static MitogenPassword *
make_choice (int choice)
{
  g_autofree char *text = g_strdup_printf ("%d", choice);

  return mitogen_password_new (text, -1);
}

static void
take_answer (Outcome *outcome, const MitogenReply *reply)
{
  MitogenPrompter *self = outcome->inquiry->prompter;
  const MitogenQuestion *question = &outcome->inquiry->question;

  if (question->kind == MITOGEN_PROMPT_HOST_KEY && reply->choice == 0)
    outcome->password = mitogen_password_new ("yes", -1);
  else if (question->kind == MITOGEN_PROMPT_HOST_KEY)
    outcome->error = mitogen_sentence_distrusted (&self->place, question);
  else if (question->choices != NULL)
    outcome->password = make_choice (question->first_choice + reply->choice);
  else
    outcome->password = mitogen_password_ref (reply->password);
}

static void
on_replied (const MitogenReply *reply, gpointer data)
{
  Inquiry *inquiry = data;
  Outcome *outcome = outcome_new (inquiry);

  switch (reply->result)
    {
    case G_MOUNT_OPERATION_HANDLED:
      take_answer (outcome, reply);
      break;
    case G_MOUNT_OPERATION_ABORTED:
      outcome->error = mitogen_sentence_cancelled (&inquiry->prompter->place, &inquiry->question);
      break;
    case G_MOUNT_OPERATION_UNHANDLED:
    default:
      outcome->next = SOURCE_PASSWORD;
      break;
    }
  outcome_post (outcome);
}

static void
on_asked (gpointer data)
{
  Inquiry *inquiry = data;

  mitogen_io_post (inquiry->io, asking_run, inquiry_ref (inquiry), inquiry_unref);
}

static void
stop_interview (MitogenPrompter *self)
{
  MitogenInterview *interview = g_steal_pointer (&self->interview);

  if (interview != NULL)
    mitogen_interview_stop (interview);
}

static void
ask_person (gpointer data)
{
  static const MitogenInterviewFuncs funcs = { on_asked, on_replied };
  Inquiry *inquiry = data;
  MitogenPrompter *self = inquiry->prompter;
  g_autoptr (MitogenDispatcher) dispatcher = dup_dispatcher (self);
  MitogenInterviewSpec spec;

  if (dispatcher == NULL)
    return;
  stop_interview (self); /* of the question before */
  spec = (MitogenInterviewSpec){
    .message = mitogen_sentence_message (&self->place, &inquiry->question),
    .account = g_strdup (mitogen_sentence_account (&self->place, &inquiry->question)),
    .choices = mitogen_sentence_choices (&inquiry->question),
    .can_save = FALSE,
  };
  self->interview = mitogen_interview_start (dispatcher, self->interaction, &spec, &funcs,
                                             inquiry_ref (inquiry), inquiry_unref);
}

static void
withdraw_run (gpointer data)
{
  Inquiry *inquiry = data;

  stop_interview (inquiry->prompter);
}

/* ---- the connection's class, in the dispatcher's context ---- */

static void
ask_handler (gpointer data)
{
  Inquiry *inquiry = data;
  MitogenPrompter *self = inquiry->prompter;
  Outcome *outcome;

  if (self->connection == NULL)
    return;
  outcome = outcome_new (inquiry);
  outcome->is_question =
      self->handler (self->connection, &inquiry->question, &outcome->password) != FALSE;
  if (!outcome->is_question)
    g_clear_pointer (&outcome->password, mitogen_password_unref);
  outcome->next = SOURCE_PERSON;
  outcome_post (outcome);
}

/* ---- the sources, on the I/O thread ---- */

static Trial *
get_trial (MitogenPrompter *self, const MitogenQuestion *question)
{
  g_autofree char *what =
      g_strdup_printf ("%d %s", (int) question->kind, question->subject ? question->subject : "");
  Trial *trial;

  for (guint i = 0; i < self->trials->len; i++)
    {
      trial = g_ptr_array_index (self->trials, i);
      if (g_str_equal (trial->what, what))
        return trial;
    }
  trial = g_new0 (Trial, 1);
  trial->what = g_steal_pointer (&what);
  trial->last = SOURCE_NONE;
  g_ptr_array_add (self->trials, trial);
  return trial;
}

/* In the dispatcher's context, if there still is one. */
static void
visit_context (Inquiry *inquiry, MitogenDispatchFunc func)
{
  g_autoptr (MitogenDispatcher) dispatcher = dup_dispatcher (inquiry->prompter);

  if (dispatcher != NULL)
    mitogen_dispatcher_post (dispatcher, func, inquiry_ref (inquiry), inquiry_unref);
}

static void
visit_user_code (Inquiry *inquiry, MitogenDispatchFunc func)
{
  g_autoptr (MitogenDispatcher) dispatcher = dup_dispatcher (inquiry->prompter);

  if (dispatcher != NULL)
    mitogen_interview_run_user_code (dispatcher, func, inquiry_ref (inquiry), inquiry_unref);
}

static gboolean
takes_password (const MitogenQuestion *question)
{
  return question->choices == NULL &&
         (question->kind == MITOGEN_PROMPT_PASSWORD || question->kind == MITOGEN_PROMPT_PASSPHRASE);
}

/* What is typed for a question that nobody is asked about. Returns: (transfer full) (nullable) */
static MitogenPassword *
use_password (MitogenPrompter *self, const MitogenQuestion *question, Trial *trial)
{
  if (self->password == NULL || !takes_password (question))
    return NULL;
  if (!trial->password_tried)
    {
      trial->password_tried = TRUE;
      return mitogen_password_ref (self->password);
    }
  /* It is perhaps that of the account, which is asked for when there is no key. */
  if (question->kind == MITOGEN_PROMPT_PASSPHRASE && !trial->skipped)
    {
      trial->skipped = TRUE;
      return mitogen_password_new ("", 0);
    }
  return NULL;
}

static void
try_password (Inquiry *inquiry)
{
  MitogenPrompter *self = inquiry->prompter;
  const MitogenQuestion *question = &inquiry->question;
  Trial *trial = get_trial (self, question);
  g_autoptr (MitogenPassword) answer = use_password (self, question, trial);
  g_autoptr (GError) error = NULL;

  trial->last = SOURCE_PASSWORD;
  if (answer == NULL)
    error = question->again
                ? mitogen_sentence_refused (&self->place, question)
                : mitogen_sentence_unanswered (&self->place, question, inquiry->unhandled);
  inquiry_answer (inquiry, answer, error);
}

/* FALSE: whoever is asked has been wrong too often. */
static gboolean
count_refusal (Inquiry *inquiry, Source source)
{
  Trial *trial = get_trial (inquiry->prompter, &inquiry->question);
  g_autoptr (GError) error = NULL;

  if (inquiry->question.again && trial->last == source && ++trial->n_refused >= MAX_REFUSED)
    {
      error = mitogen_sentence_refused (&inquiry->prompter->place, &inquiry->question);
      inquiry_answer (inquiry, NULL, error);
      return FALSE;
    }
  trial->last = source;
  return TRUE;
}

static void
try_person (Inquiry *inquiry)
{
  if (!inquiry->prompter->has_interaction)
    inquiry_advance (inquiry, SOURCE_PASSWORD);
  else if (count_refusal (inquiry, SOURCE_PERSON))
    visit_context (inquiry, ask_person);
}

static void
inquiry_advance (Inquiry *inquiry, Source source)
{
  if (inquiry->source == SOURCE_PERSON && source == SOURCE_PASSWORD &&
      inquiry->prompter->has_interaction)
    inquiry->unhandled = TRUE;
  inquiry->source = source;
  switch (source)
    {
    case SOURCE_HANDLER:
      if (inquiry->prompter->handler != NULL)
        visit_user_code (inquiry, ask_handler);
      else
        inquiry_advance (inquiry, SOURCE_PERSON);
      break;
    case SOURCE_PERSON:
      try_person (inquiry);
      break;
    case SOURCE_PASSWORD:
    case SOURCE_NONE:
    default:
      try_password (inquiry);
      break;
    }
}

/* ---- the interface ---- */

gboolean
mitogen_prompter_can_answer (MitogenPrompter *self)
{
  return self->password != NULL || !self->is_fixed;
}

gboolean
mitogen_prompter_has_handler (MitogenPrompter *self)
{
  return self->handler != NULL;
}

gboolean
mitogen_prompter_has_interaction (MitogenPrompter *self)
{
  return self->has_interaction;
}

void
mitogen_prompter_ask (MitogenPrompter *self,
                      MitogenIo *io,
                      const MitogenQuestion *question,
                      const MitogenPrompterFuncs *funcs,
                      gpointer data,
                      GDestroyNotify destroy)
{
  Inquiry *inquiry = g_new0 (Inquiry, 1);

  g_atomic_ref_count_init (&inquiry->ref_count);
  inquiry->prompter = mitogen_prompter_ref (self);
  inquiry->io = mitogen_io_ref (io);
  mitogen_question_copy (&inquiry->question, question);
  inquiry->funcs = *funcs;
  inquiry->data = data;
  inquiry->destroy = destroy;
  /* What is asked for in the same words was not right. */
  if (g_strcmp0 (self->last_text, question->text) == 0)
    inquiry->question.again = TRUE;
  g_free (self->last_text);
  self->last_text = g_strdup (question->text);
  mitogen_prompter_withdraw (self);
  self->inquiry = inquiry;
  inquiry_advance (inquiry, SOURCE_HANDLER);
}

void
mitogen_prompter_withdraw (MitogenPrompter *self)
{
  Inquiry *inquiry = g_steal_pointer (&self->inquiry);
  GDestroyNotify destroy;

  if (inquiry == NULL)
    return;
  destroy = g_steal_pointer (&inquiry->destroy);
  visit_context (inquiry, withdraw_run);
  if (destroy != NULL)
    destroy (inquiry->data);
  inquiry_unref (inquiry);
}

void
mitogen_prompter_restarted (MitogenPrompter *self)
{
  g_ptr_array_set_size (self->trials, 0);
  g_clear_pointer (&self->last_text, g_free);
}

void
mitogen_prompter_succeeded (MitogenPrompter *self)
{
}

void
mitogen_prompter_close (MitogenPrompter *self)
{
  g_autoptr (MitogenDispatcher) dispatcher = NULL;

  stop_interview (self);
  g_clear_object (&self->interaction);
  g_clear_object (&self->connection);
  g_mutex_lock (&self->lock);
  dispatcher = g_steal_pointer (&self->dispatcher);
  g_mutex_unlock (&self->lock);
}
