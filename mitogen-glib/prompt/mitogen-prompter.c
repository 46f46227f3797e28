/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prompt/mitogen-interview-private.h"
#include "prompt/mitogen-keyring-private.h"
#include "prompt/mitogen-prompter-private.h"
#include "prompt/mitogen-sentence-private.h"

#include <string.h>

/* How often a person is asked for what turns out to be wrong. */
#define MAX_REFUSED 2

/* Where an answer may come from, in the order in which they are tried. */
typedef enum
{
  SOURCE_HANDLER, /* the connection's class */
  SOURCE_STORED,  /* what a person has had saved */
  SOURCE_PERSON,
  SOURCE_PASSWORD, /* the connection's property */
  SOURCE_NONE,
} Source;

/* What was answered, so that nothing is tried twice. I/O thread. */
typedef struct
{
  char *what; /* kind and subject of the question */
  Source last;
  gboolean restarted; /* whether what was tried was refused is yet to be seen */
  gboolean stored_tried;
  MitogenPassword *to_save; /* NULL: nothing, or until it is known to be right */
  GPasswordSave save;
  char *label; /* of what is saved */
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
  gboolean unhandled;        /* by the interaction */
  GCancellable *cancellable; /* of looking into the keyring; NULL: not looked there */
  MitogenPrompterFuncs funcs;
  gpointer data;
  GDestroyNotify destroy;
};

typedef struct _Outcome Outcome;

static void inquiry_advance (Inquiry *inquiry, Source source);
static void note_answer (Inquiry *inquiry, const Outcome *outcome);
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
  g_free (trial->label);
  g_clear_pointer (&trial->to_save, mitogen_password_unref);
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
  g_clear_object (&inquiry->cancellable);
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

struct _Outcome
{
  Inquiry *inquiry;
  MitogenPassword *password;
  GPasswordSave save;
  GError *error;
  Source next; /* if there is neither */
  gboolean is_question;
};

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
    {
      note_answer (inquiry, outcome);
      inquiry_answer (inquiry, outcome->password, outcome->error);
    }
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

static gboolean
takes_password (const MitogenQuestion *question)
{
  return question->choices == NULL &&
         (question->kind == MITOGEN_PROMPT_PASSWORD || question->kind == MITOGEN_PROMPT_PASSPHRASE);
}

static gboolean
can_be_stored (Inquiry *inquiry)
{
  return inquiry->prompter->has_interaction && inquiry->prompter->place.key != NULL &&
         takes_password (&inquiry->question);
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
    {
      outcome->password = mitogen_password_ref (reply->password);
      outcome->save = reply->save;
    }
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
    .can_save = can_be_stored (inquiry),
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
  outcome->next = SOURCE_STORED;
  outcome_post (outcome);
}

/* ---- the sources, on the I/O thread ---- */

static const char *
describe_kind (const MitogenQuestion *question)
{
  switch (question->kind)
    {
    case MITOGEN_PROMPT_PASSWORD:
      return "password";
    case MITOGEN_PROMPT_PASSPHRASE:
      return "passphrase";
    case MITOGEN_PROMPT_CODE:
      return "code";
    case MITOGEN_PROMPT_NEW_PASSWORD:
      return "new-password";
    case MITOGEN_PROMPT_HOST_KEY:
      return "host-key";
    case MITOGEN_PROMPT_OTHER:
    default:
      return "other";
    }
}

static Trial *
get_trial (MitogenPrompter *self, const MitogenQuestion *question)
{
  g_autofree char *what =
      g_strconcat (describe_kind (question), question->subject != NULL ? ":" : NULL,
                   question->subject, NULL);
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

/* ---- what was saved ---- */

static void
forget_answer (Trial *trial)
{
  g_clear_pointer (&trial->to_save, mitogen_password_unref);
  g_clear_pointer (&trial->label, g_free);
}

static void
note_answer (Inquiry *inquiry, const Outcome *outcome)
{
  Trial *trial = get_trial (inquiry->prompter, &inquiry->question);

  if (inquiry->source == SOURCE_STORED && outcome->password != NULL)
    trial->last = SOURCE_STORED;
  if (outcome->password == NULL || outcome->save == G_PASSWORD_SAVE_NEVER ||
      !can_be_stored (inquiry))
    return;
  forget_answer (trial);
  trial->save = outcome->save;
  trial->to_save = mitogen_password_ref (outcome->password);
  trial->label = mitogen_sentence_subject (&inquiry->prompter->place, &inquiry->question);
}

typedef struct
{
  Outcome *outcome;
  char *what;
} Lookup;

static void
lookup_finish (Lookup *lookup)
{
  outcome_post (lookup->outcome);
  g_free (lookup->what);
  g_free (lookup);
}

static gpointer
lookup_thread (gpointer data)
{
  Lookup *lookup = data;
  Inquiry *inquiry = lookup->outcome->inquiry;
  g_autoptr (GError) error = NULL;

  lookup->outcome->password =
      mitogen_keyring_lookup (inquiry->prompter->place.key, lookup->what, on_asked, inquiry,
                              inquiry->cancellable, &error);
  if (error != NULL)
    g_debug ("No password from the keyring: %s", error->message);
  lookup_finish (lookup);
  return NULL;
}

/* In a thread of its own: neither this one nor the program's may wait for other programs, and the
 * context of a blocking call is gone when there is something to be saved. */
static void
look_into_keyring (Inquiry *inquiry, const char *what)
{
  Lookup *lookup = g_new (Lookup, 1);
  GThread *thread;

  inquiry->cancellable = g_cancellable_new ();
  lookup->outcome = outcome_new (inquiry);
  lookup->outcome->next = SOURCE_PERSON;
  lookup->what = g_strdup (what);
  thread = g_thread_try_new ("mitogen-keyring", lookup_thread, lookup, NULL);
  if (thread != NULL)
    g_thread_unref (thread);
  else
    lookup_finish (lookup);
}

static void
try_stored (Inquiry *inquiry)
{
  const char *place = inquiry->prompter->place.key;
  Trial *trial = get_trial (inquiry->prompter, &inquiry->question);
  MitogenPassword *password = NULL;

  if (inquiry->question.again)
    forget_answer (trial);
  else if (trial->restarted)
    trial->stored_tried = trial->password_tried = trial->skipped = FALSE;
  trial->restarted = FALSE;
  if (!can_be_stored (inquiry) || trial->stored_tried || inquiry->question.again)
    {
      if (inquiry->question.again && trial->last == SOURCE_STORED)
        mitogen_session_store_refuse (place, trial->what);
      inquiry_advance (inquiry, SOURCE_PERSON);
      return;
    }
  trial->stored_tried = TRUE;
  password = mitogen_session_store_lookup (place, trial->what);
  if (password != NULL)
    {
      trial->last = SOURCE_STORED;
      inquiry_answer (inquiry, password, NULL);
    }
  else if (mitogen_session_store_is_refused (place, trial->what))
    inquiry_advance (inquiry, SOURCE_PERSON);
  else
    look_into_keyring (inquiry, trial->what);
}

typedef struct
{
  char *place;
  char *what;
  char *label;
  MitogenPassword *password;
} Save;

static void
save_free (Save *save)
{
  g_free (save->place);
  g_free (save->what);
  g_free (save->label);
  mitogen_password_unref (save->password);
  g_free (save);
}

static gpointer
save_thread (gpointer data)
{
  Save *save = data;
  g_autoptr (GError) error = NULL;

  if (!mitogen_keyring_save (save->place, save->what, save->label, save->password, &error))
    g_debug ("The password is not saved in the keyring: %s", error->message);
  save_free (save);
  return NULL;
}

static void
save_answer (MitogenPrompter *self, Trial *trial)
{
  GThread *thread;
  Save *save;

  mitogen_session_store_add (self->place.key, trial->what, trial->to_save);
  if (trial->save == G_PASSWORD_SAVE_PERMANENTLY)
    {
      save = g_new (Save, 1);
      save->place = g_strdup (self->place.key);
      save->what = g_strdup (trial->what);
      save->label = g_steal_pointer (&trial->label);
      save->password = g_steal_pointer (&trial->to_save);
      thread = g_thread_try_new ("mitogen-keyring", save_thread, save, NULL);
      if (thread != NULL)
        g_thread_unref (thread);
      else
        save_free (save);
    }
  forget_answer (trial);
}

/* ---- the password of the connection ---- */

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
    error = question->again || trial->password_tried
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
        inquiry_advance (inquiry, SOURCE_STORED);
      break;
    case SOURCE_STORED:
      try_stored (inquiry);
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
  if (inquiry->cancellable != NULL)
    g_cancellable_cancel (inquiry->cancellable);
  visit_context (inquiry, withdraw_run);
  if (destroy != NULL)
    destroy (inquiry->data);
  inquiry_unref (inquiry);
}

void
mitogen_prompter_restarted (MitogenPrompter *self)
{
  for (guint i = 0; i < self->trials->len; i++)
    ((Trial *) g_ptr_array_index (self->trials, i))->restarted = TRUE;
  g_clear_pointer (&self->last_text, g_free);
}

void
mitogen_prompter_succeeded (MitogenPrompter *self)
{
  for (guint i = 0; i < self->trials->len; i++)
    {
      Trial *trial = g_ptr_array_index (self->trials, i);

      if (trial->to_save != NULL)
        save_answer (self, trial);
    }
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
