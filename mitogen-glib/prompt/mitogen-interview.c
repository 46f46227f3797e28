/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prompt/mitogen-interview-private.h"

#include <string.h>

/* The questions to one operation, in its object data. Connections in several threads may have it
 * in common. */
typedef struct
{
  gatomicrefcount ref_count;
  GMutex lock;
  MitogenInterview *current; /* not owned: it leaves before it goes; protected by lock */
  GQueue waiting;            /* of MitogenInterview, not owned; protected by lock */
} Desk;

typedef enum
{
  STATE_WAITING, /* perhaps for others to be asked first */
  STATE_ASKED,
  STATE_OVER,
} State;

struct _MitogenInterview
{
  gatomicrefcount ref_count;
  MitogenDispatcher *dispatcher;
  Desk *desk;
  State state;       /* protected by the desk's lock */
  gboolean emitting; /* protected by the desk's lock */

  GMountOperation *operation; /* in the context only; NULL: stopped */

  MitogenInterviewSpec spec;
  MitogenInterviewFuncs funcs;
  gpointer data;
  GDestroyNotify destroy;
};

static void give_turn (MitogenInterview *self);

/* ---- the desk ---- */

static void
desk_unref (gpointer data)
{
  Desk *desk = data;

  if (!g_atomic_ref_count_dec (&desk->ref_count))
    return;

  g_mutex_clear (&desk->lock);
  g_free (desk);
}

/* Returns: (transfer full) */
static Desk *
desk_of (GMountOperation *operation)
{
  static GMutex making;
  Desk *desk;

  g_mutex_lock (&making);
  desk = g_object_get_data (G_OBJECT (operation), "mitogen-desk");
  if (desk == NULL)
    {
      desk = g_new0 (Desk, 1);
      g_atomic_ref_count_init (&desk->ref_count);
      g_mutex_init (&desk->lock);
      g_object_set_data_full (G_OBJECT (operation), "mitogen-desk", desk, desk_unref);
    }
  g_atomic_ref_count_inc (&desk->ref_count);
  g_mutex_unlock (&making);
  return desk;
}

/* In the lock, so that it comes before whatever the next one's context does at its own end. While
 * the signal is being emitted there must not be a second emission, in another thread: GLib cannot
 * tell which of them is to be stopped. */
static void
leave_desk (MitogenInterview *self)
{
  Desk *desk = self->desk;

  if (self->emitting)
    return;
  if (desk->current != self)
    {
      g_queue_remove (&desk->waiting, self);
      return;
    }
  desk->current = g_queue_pop_head (&desk->waiting);
  if (desk->current != NULL)
    give_turn (desk->current);
}

/* FALSE: it is not being asked, or not any more. The desk is still to be left. */
static gboolean
claim (MitogenInterview *self)
{
  gboolean is_asked;

  g_mutex_lock (&self->desk->lock);
  is_asked = self->state == STATE_ASKED;
  if (is_asked)
    self->state = STATE_OVER;
  g_mutex_unlock (&self->desk->lock);
  return is_asked;
}

static void
leave (MitogenInterview *self)
{
  g_mutex_lock (&self->desk->lock);
  leave_desk (self);
  g_mutex_unlock (&self->desk->lock);
}

/* ---- code of the program's own ---- */

typedef struct
{
  GMainContext *context; /* not owned: the source belongs to it */
  MitogenDispatcher *dispatcher;
  MitogenDispatchFunc func;
  gpointer data;
  GDestroyNotify destroy;
} UserCode;

static gboolean
user_code_run (gpointer data)
{
  UserCode *code = data;

  g_main_context_push_thread_default (code->context);
  code->func (code->data);
  g_main_context_pop_thread_default (code->context);
  return G_SOURCE_REMOVE;
}

static void
user_code_free (gpointer data)
{
  UserCode *code = data;

  if (code->destroy != NULL)
    code->destroy (code->data);
  g_free (code);
}

static void
user_code_attach (gpointer data)
{
  UserCode *code = data;
  g_autoptr (GSource) source = g_idle_source_new ();
  UserCode *moved = g_new (UserCode, 1);

  *moved = *code;
  code->destroy = NULL;
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[mitogen] interaction");
  g_source_set_callback (source, user_code_run, moved, user_code_free);
  g_source_attach (source, moved->context);
}

void
mitogen_interview_run_user_code (MitogenDispatcher *dispatcher,
                                 MitogenDispatchFunc func,
                                 gpointer data,
                                 GDestroyNotify destroy)
{
  UserCode *code = g_new0 (UserCode, 1);

  code->context = mitogen_dispatcher_get_context (dispatcher);
  code->func = func;
  code->data = data;
  code->destroy = destroy;
  mitogen_dispatcher_post (dispatcher, user_code_attach, code, user_code_free);
}

/* ---- a question ---- */

/* No copy is left with the operation, which may live for long. */
static MitogenPassword *
take_password (GMountOperation *operation)
{
  const char *text = g_mount_operation_get_password (operation);
  MitogenPassword *password = mitogen_password_new (text != NULL ? text : "", -1);

  if (text != NULL)
    explicit_bzero ((char *) text, strlen (text));
  g_mount_operation_set_password (operation, NULL);
  return password;
}

static void
on_reply (GMountOperation *operation, GMountOperationResult result, MitogenInterview *self)
{
  MitogenReply reply = { .result = result };

  if (!claim (self))
    return;

  g_atomic_ref_count_inc (&self->ref_count);
  g_signal_handlers_disconnect_by_func (operation, on_reply, self);
  if (result == G_MOUNT_OPERATION_HANDLED && self->spec.choices != NULL)
    reply.choice = g_mount_operation_get_choice (operation);
  else if (result == G_MOUNT_OPERATION_HANDLED)
    {
      reply.save = g_mount_operation_get_password_save (operation);
      reply.password = take_password (operation);
    }
  leave (self);
  self->funcs.replied (&reply, self->data);
  g_clear_pointer (&reply.password, mitogen_password_unref);
  mitogen_interview_unref (self);
}

/* The signals of GMountOperation itself are answered, in the default main context, by whoever does
 * not deal with them. That context may not run, and the answer would be taken for one to a later
 * question. So it does not get that far. */
static void
stop_emission (GMountOperation *operation, const char *signal)
{
  GMountOperationClass *klass = G_MOUNT_OPERATION_GET_CLASS (operation);
  GMountOperationClass *base = g_type_class_peek (G_TYPE_MOUNT_OPERATION);

  if (g_str_equal (signal, "ask-password") ? klass->ask_password == base->ask_password
                                           : klass->ask_question == base->ask_question)
    g_signal_stop_emission_by_name (operation, signal);
}

static void
on_ask_password (GMountOperation *operation,
                 const char *message,
                 const char *user,
                 const char *domain,
                 GAskPasswordFlags flags,
                 gpointer data)
{
  stop_emission (operation, "ask-password");
}

static void
on_ask_question (GMountOperation *operation,
                 const char *message,
                 const char *const *choices,
                 gpointer data)
{
  stop_emission (operation, "ask-question");
}

/* Whether anybody deals with that signal. */
static gboolean
deals_with (GMountOperation *operation, const char *signal)
{
  GMountOperationClass *klass = G_MOUNT_OPERATION_GET_CLASS (operation);
  GMountOperationClass *base = g_type_class_peek (G_TYPE_MOUNT_OPERATION);
  guint id = g_signal_lookup (signal, G_TYPE_MOUNT_OPERATION);

  if (g_signal_has_handler_pending (operation, id, 0, FALSE))
    return TRUE;
  return g_str_equal (signal, "ask-password") ? klass->ask_password != base->ask_password
                                              : klass->ask_question != base->ask_question;
}

static void
emit_ask_password (MitogenInterview *self, GMountOperation *operation)
{
  GAskPasswordFlags flags = G_ASK_PASSWORD_NEED_PASSWORD;
  gulong last;

  if (self->spec.can_save)
    flags |= G_ASK_PASSWORD_SAVING_SUPPORTED;
  last = g_signal_connect (operation, "ask-password", G_CALLBACK (on_ask_password), NULL);
  g_signal_emit_by_name (operation, "ask-password", self->spec.message,
                         self->spec.account != NULL ? self->spec.account : "", "", flags);
  g_signal_handler_disconnect (operation, last);
}

static void
emit_ask_question (MitogenInterview *self, GMountOperation *operation)
{
  gulong last = g_signal_connect (operation, "ask-question", G_CALLBACK (on_ask_question), NULL);

  g_signal_emit_by_name (operation, "ask-question", self->spec.message, self->spec.choices);
  g_signal_handler_disconnect (operation, last);
}

static void
unref_closure (gpointer data, GClosure *closure)
{
  mitogen_interview_unref (data);
}

static void
emit_signal (MitogenInterview *self, GMountOperation *operation)
{
  g_atomic_ref_count_inc (&self->ref_count);
  g_signal_connect_data (operation, "reply", G_CALLBACK (on_reply), self, unref_closure,
                         G_CONNECT_DEFAULT);
  self->funcs.asked (self->data);
  if (self->spec.choices != NULL)
    emit_ask_question (self, operation);
  else
    emit_ask_password (self, operation);

  g_mutex_lock (&self->desk->lock);
  self->emitting = FALSE;
  if (self->state == STATE_OVER)
    leave_desk (self);
  g_mutex_unlock (&self->desk->lock);
}

static void
reply_unhandled (MitogenInterview *self)
{
  const MitogenReply reply = { .result = G_MOUNT_OPERATION_UNHANDLED };

  if (!claim (self))
    return;
  leave (self);
  self->funcs.replied (&reply, self->data);
}

static void
emit (gpointer data)
{
  MitogenInterview *self = data;
  g_autoptr (GMountOperation) operation = NULL;
  gboolean is_dealt_with;

  if (self->operation == NULL) /* stopped meanwhile */
    return;

  operation = g_object_ref (self->operation);
  is_dealt_with =
      deals_with (operation, self->spec.choices != NULL ? "ask-question" : "ask-password");
  g_mutex_lock (&self->desk->lock);
  self->state = STATE_ASKED;
  self->emitting = is_dealt_with;
  g_mutex_unlock (&self->desk->lock);
  if (is_dealt_with)
    emit_signal (self, operation);
  else
    reply_unhandled (self);
}

static void
give_turn (MitogenInterview *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  mitogen_interview_run_user_code (self->dispatcher, emit, self,
                                   (GDestroyNotify) mitogen_interview_unref);
}

MitogenInterview *
mitogen_interview_start (MitogenDispatcher *dispatcher,
                         GMountOperation *operation,
                         MitogenInterviewSpec *spec,
                         const MitogenInterviewFuncs *funcs,
                         gpointer data,
                         GDestroyNotify destroy)
{
  MitogenInterview *self = g_new0 (MitogenInterview, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->dispatcher = mitogen_dispatcher_ref (dispatcher);
  self->operation = g_object_ref (operation);
  self->spec = *spec;
  *spec = (MitogenInterviewSpec){ 0 };
  self->funcs = *funcs;
  self->data = data;
  self->destroy = destroy;
  self->desk = desk_of (operation);

  g_mutex_lock (&self->desk->lock);
  if (self->desk->current != NULL)
    g_queue_push_tail (&self->desk->waiting, self);
  else
    {
      self->desk->current = self;
      give_turn (self);
    }
  g_mutex_unlock (&self->desk->lock);
  return self;
}

void
mitogen_interview_stop (MitogenInterview *self)
{
  g_autoptr (GMountOperation) operation = g_steal_pointer (&self->operation);
  State was;

  g_mutex_lock (&self->desk->lock);
  was = self->state;
  self->state = STATE_OVER;
  if (was != STATE_OVER)
    leave_desk (self);
  g_mutex_unlock (&self->desk->lock);

  /* What is replied to that is not for us. */
  g_signal_handlers_disconnect_by_func (operation, on_reply, self);
  if (was == STATE_ASKED)
    g_signal_emit_by_name (operation, "aborted");
  mitogen_interview_unref (self);
}

void
mitogen_interview_unref (MitogenInterview *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->spec.message);
  g_free (self->spec.account);
  g_strfreev (self->spec.choices);
  if (self->destroy != NULL)
    self->destroy (self->data);
  desk_unref (self->desk);
  mitogen_dispatcher_unref (self->dispatcher);
  g_free (self);
}
