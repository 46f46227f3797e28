/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-mailbox-private.h"
#include "broker/mitogen-io-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

typedef struct
{
  gatomicrefcount ref_count;
  MitogenMailboxNotify notify;
  gpointer data;
  GDestroyNotify destroy;
} Listener;

struct _MitogenMailbox
{
  gatomicrefcount ref_count;
  GMutex lock;
  GCond cond;
  GBoxedCopyFunc ref; /* of an item */
  GDestroyNotify unref;
  MitogenError closed_code;
  GQueue items;
  GQueue waiters; /* of Waiter: asynchronous ones, oldest first */
  guint n_sleeping;
  char *closed_reason; /* NULL: open */
  Listener *listeners[MITOGEN_MAILBOX_N_LISTENERS];
};

/* One pop_task(). Whoever takes it out of mailbox->waiters completes it: a delivery, close,
 * the time limit or the cancellable, and only that one. */
typedef struct
{
  gatomicrefcount ref_count;
  MitogenMailbox *mailbox;
  MitogenDispatcher *dispatcher;
  GTask *task;
  gpointer item; /* NULL: none */
  GError *error;
  gint timeout_ms;
  GSource *timeout; /* belongs to the task's context */
  gulong cancelled; /* a handler of the task's cancellable */
  MitogenDispatchFunc abandoned;
  gpointer data;
  GDestroyNotify destroy;
} Waiter;

GError *
mitogen_timed_out_error (gint timeout_ms)
{
  return g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT, _ ("No answer within %.3g seconds"),
                      timeout_ms / 1000.0);
}

static GError *
closed_error (MitogenMailbox *self, const char *reason)
{
  return g_error_new_literal (MITOGEN_ERROR, self->closed_code, reason);
}

/* ---- listeners ---- */

static void
listener_unref (Listener *listener)
{
  if (listener == NULL || !g_atomic_ref_count_dec (&listener->ref_count))
    return;

  if (listener->destroy != NULL)
    listener->destroy (listener->data);
  g_free (listener);
}

static Listener *
get_listener (MitogenMailbox *self, MitogenMailboxListener which)
{
  Listener *listener;

  g_mutex_lock (&self->lock);
  listener = self->listeners[which];
  if (listener != NULL)
    g_atomic_ref_count_inc (&listener->ref_count);
  g_mutex_unlock (&self->lock);
  return listener;
}

static void
notify_listeners (MitogenMailbox *self)
{
  for (guint i = 0; i < MITOGEN_MAILBOX_N_LISTENERS; i++)
    {
      Listener *listener = get_listener (self, i);

      if (listener != NULL)
        listener->notify (self, listener->data);
      listener_unref (listener);
    }
}

gboolean
mitogen_mailbox_listen (MitogenMailbox *self,
                        MitogenMailboxListener which,
                        MitogenMailboxNotify notify,
                        gpointer data,
                        GDestroyNotify destroy)
{
  Listener *listener = g_new0 (Listener, 1);
  gboolean accepted;

  g_atomic_ref_count_init (&listener->ref_count);
  listener->notify = notify;
  listener->data = data;
  listener->destroy = destroy;

  g_mutex_lock (&self->lock);
  accepted = self->listeners[which] == NULL;
  if (accepted)
    self->listeners[which] = g_steal_pointer (&listener);
  g_mutex_unlock (&self->lock);

  listener_unref (listener);
  return accepted;
}

void
mitogen_mailbox_unlisten (MitogenMailbox *self, MitogenMailboxListener which)
{
  Listener *listener;

  g_mutex_lock (&self->lock);
  listener = g_steal_pointer (&self->listeners[which]);
  g_mutex_unlock (&self->lock);
  listener_unref (listener);
}

/* ---- waiters ---- */

static void
waiter_unref (gpointer data)
{
  Waiter *waiter = data;

  if (!g_atomic_ref_count_dec (&waiter->ref_count))
    return;

  if (waiter->item != NULL)
    waiter->mailbox->unref (waiter->item);
  g_clear_error (&waiter->error);
  g_clear_object (&waiter->task);
  g_clear_pointer (&waiter->timeout, g_source_unref);
  if (waiter->destroy != NULL)
    waiter->destroy (waiter->data);
  mitogen_dispatcher_unref (waiter->dispatcher);
  mitogen_mailbox_unref (waiter->mailbox);
  g_free (waiter);
}

static Waiter *
waiter_ref (Waiter *waiter)
{
  g_atomic_ref_count_inc (&waiter->ref_count);
  return waiter;
}

/* With the lock held: keeps @item unless it returns a waiter that has it now. */
static Waiter *
hand_out (MitogenMailbox *self, gpointer item, gboolean first)
{
  Waiter *waiter = g_queue_pop_head (&self->waiters);

  if (waiter != NULL)
    waiter->item = item;
  else if (first)
    g_queue_push_head (&self->items, item);
  else
    g_queue_push_tail (&self->items, item);
  if (waiter == NULL && self->n_sleeping > 0)
    g_cond_signal (&self->cond);
  return waiter;
}

static void
waiter_drop_limits (Waiter *waiter, GTask *task)
{
  if (waiter->timeout != NULL)
    g_source_destroy (waiter->timeout);
  g_clear_pointer (&waiter->timeout, g_source_unref);
  /* Not g_cancellable_disconnect(): a handler that runs just now has its own reference to the
   * waiter, so there is no need to wait for it. */
  if (waiter->cancelled != 0)
    g_signal_handler_disconnect (g_task_get_cancellable (task), waiter->cancelled);
  waiter->cancelled = 0;
}

static void waiter_post (Waiter *waiter);

/* Who was cancelled while the message was on its way to him does not get it; the next does. */
static void
put_back_if_cancelled (Waiter *waiter, GTask *task)
{
  MitogenMailbox *self = waiter->mailbox;
  Waiter *next;

  if (waiter->item == NULL ||
      !g_cancellable_set_error_if_cancelled (g_task_get_cancellable (task), &waiter->error))
    return;

  g_mutex_lock (&self->lock);
  next = hand_out (self, g_steal_pointer (&waiter->item), TRUE);
  g_mutex_unlock (&self->lock);
  if (next != NULL)
    waiter_post (next);
  else
    notify_listeners (self);
}

/* In the task's context; the waiter was claimed before. */
static void
waiter_complete (gpointer data)
{
  Waiter *waiter = data;
  g_autoptr (GTask) task = g_steal_pointer (&waiter->task);

  waiter_drop_limits (waiter, task);
  put_back_if_cancelled (waiter, task);
  if (waiter->item == NULL && waiter->abandoned != NULL)
    waiter->abandoned (waiter->data);

  if (waiter->item != NULL)
    g_task_return_pointer (task, g_steal_pointer (&waiter->item), waiter->mailbox->unref);
  else
    g_task_return_error (task, g_steal_pointer (&waiter->error));

  /* Here, since a thread that cancels may have the last reference to the waiter. */
  if (waiter->destroy != NULL)
    waiter->destroy (waiter->data);
  waiter->destroy = NULL;
}

static void
waiter_post (Waiter *waiter)
{
  mitogen_dispatcher_post (waiter->dispatcher, waiter_complete, waiter, waiter_unref);
}

static gboolean
waiter_claim (Waiter *waiter)
{
  gboolean claimed;

  g_mutex_lock (&waiter->mailbox->lock);
  claimed = g_queue_remove (&waiter->mailbox->waiters, waiter);
  g_mutex_unlock (&waiter->mailbox->lock);
  return claimed;
}

/* The claim moved the queue's reference to us. */
static void
waiter_fail (Waiter *waiter, GError *error)
{
  waiter->error = error;
  waiter_complete (waiter);
  waiter_unref (waiter);
}

static gboolean
on_waiter_timeout (gpointer data)
{
  Waiter *waiter = data;

  if (waiter_claim (waiter))
    waiter_fail (waiter, mitogen_timed_out_error (waiter->timeout_ms));
  return G_SOURCE_REMOVE;
}

/* In whichever thread cancels. A source for the cancellable would belong to a main context that
 * may be gone by the time that GLib, in that thread, has told it. */
static void
on_waiter_cancelled (GCancellable *cancellable, gpointer data)
{
  Waiter *waiter = data;

  if (!waiter_claim (waiter))
    return;
  g_cancellable_set_error_if_cancelled (cancellable, &waiter->error);
  waiter_post (waiter);
}

static void
waiter_set_timeout (Waiter *waiter)
{
  if (waiter->timeout_ms < 0)
    return;

  waiter->timeout = g_timeout_source_new (waiter->timeout_ms);
  g_source_set_static_name (waiter->timeout, "[mitogen] wait");
  g_source_set_callback (waiter->timeout, on_waiter_timeout, waiter_ref (waiter), waiter_unref);
  g_source_attach (waiter->timeout, g_task_get_context (waiter->task));
}

void
mitogen_mailbox_pop_task (MitogenMailbox *self,
                          gint timeout_ms,
                          GTask *task,
                          MitogenDispatchFunc abandoned,
                          gpointer data,
                          GDestroyNotify destroy)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Waiter *waiter = g_new0 (Waiter, 1);
  gboolean ready;

  /* It would drop the message; put_back_if_cancelled() looks instead. */
  g_task_set_check_cancellable (task, FALSE);

  g_atomic_ref_count_init (&waiter->ref_count);
  waiter->mailbox = mitogen_mailbox_ref (self);
  waiter->dispatcher = mitogen_dispatcher_get (g_task_get_context (task));
  waiter->task = task;
  waiter->timeout_ms = timeout_ms;
  waiter->abandoned = abandoned;
  waiter->data = data;
  waiter->destroy = destroy;

  if (cancellable != NULL)
    waiter->cancelled = g_cancellable_connect (cancellable, G_CALLBACK (on_waiter_cancelled),
                                               waiter_ref (waiter), waiter_unref);

  g_mutex_lock (&self->lock);
  /* A handler that ran before this found nothing to claim; one that comes later will. */
  g_cancellable_set_error_if_cancelled (cancellable, &waiter->error);
  if (waiter->error == NULL)
    waiter->item = g_queue_pop_head (&self->items);
  if (waiter->error == NULL && waiter->item == NULL && self->closed_reason != NULL)
    waiter->error = closed_error (self, self->closed_reason);
  ready = waiter->item != NULL || waiter->error != NULL;
  if (!ready)
    {
      g_queue_push_tail (&self->waiters, waiter);
      /* With the lock: another thread may be iterating the context already. */
      waiter_set_timeout (waiter);
    }
  g_mutex_unlock (&self->lock);

  if (ready)
    waiter_post (waiter);
}

/* ---- delivery ---- */

gboolean
mitogen_mailbox_deliver (MitogenMailbox *self, gpointer item)
{
  Waiter *waiter = NULL;
  gboolean accepted;

  g_mutex_lock (&self->lock);
  accepted = self->closed_reason == NULL;
  if (accepted)
    waiter = hand_out (self, self->ref (item), FALSE);
  g_mutex_unlock (&self->lock);

  if (waiter != NULL)
    waiter_post (waiter);
  else if (accepted)
    notify_listeners (self);
  return accepted;
}

void
mitogen_mailbox_close (MitogenMailbox *self, const char *reason)
{
  GQueue waiters = G_QUEUE_INIT;
  gboolean first;

  g_mutex_lock (&self->lock);
  first = self->closed_reason == NULL;
  if (first)
    self->closed_reason = g_strdup (reason);
  waiters = self->waiters;
  g_queue_init (&self->waiters);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);

  for (Waiter *waiter = g_queue_pop_head (&waiters); waiter != NULL;
       waiter = g_queue_pop_head (&waiters))
    {
      waiter->error = closed_error (self, reason);
      waiter_post (waiter);
    }
  if (first)
    notify_listeners (self);
}

gboolean
mitogen_mailbox_is_closed (MitogenMailbox *self)
{
  gboolean closed;

  g_mutex_lock (&self->lock);
  closed = self->closed_reason != NULL;
  g_mutex_unlock (&self->lock);
  return closed;
}

guint
mitogen_mailbox_get_length (MitogenMailbox *self)
{
  guint length;

  g_mutex_lock (&self->lock);
  length = self->items.length;
  g_mutex_unlock (&self->lock);
  return length;
}

gpointer
mitogen_mailbox_try_pop (MitogenMailbox *self)
{
  gpointer item;

  g_mutex_lock (&self->lock);
  item = g_queue_pop_head (&self->items);
  g_mutex_unlock (&self->lock);
  return item;
}

/* ---- sleeping ---- */

static void
on_sleep_cancelled (GCancellable *cancellable, gpointer data)
{
  MitogenMailbox *self = data;

  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* With the lock held. FALSE: the deadline has passed. */
static gboolean
sleep_once (MitogenMailbox *self, gint64 deadline)
{
  gboolean woken = TRUE;

  self->n_sleeping++;
  if (deadline < 0)
    g_cond_wait (&self->cond, &self->lock);
  else
    woken = g_cond_wait_until (&self->cond, &self->lock, deadline);
  self->n_sleeping--;
  return woken;
}

static gpointer
pop_locked (MitogenMailbox *self, gint timeout_ms, GCancellable *cancellable, GError **error)
{
  gint64 deadline =
      timeout_ms < 0 ? -1 : g_get_monotonic_time () + (gint64) timeout_ms * G_TIME_SPAN_MILLISECOND;
  gboolean in_time = TRUE;

  while (TRUE)
    {
      gpointer item = g_queue_pop_head (&self->items);

      if (item != NULL)
        return item;
      if (self->closed_reason != NULL)
        {
          g_propagate_error (error, closed_error (self, self->closed_reason));
          return NULL;
        }
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      if (!in_time)
        {
          g_propagate_error (error, mitogen_timed_out_error (timeout_ms));
          return NULL;
        }
      in_time = sleep_once (self, deadline);
    }
}

gpointer
mitogen_mailbox_pop (MitogenMailbox *self,
                     gint timeout_ms,
                     GCancellable *cancellable,
                     GError **error)
{
  gpointer item;
  gulong handler = 0;

  /* It would wait for itself. */
  g_return_val_if_fail (!mitogen_in_broker_thread (), NULL);

  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (on_sleep_cancelled), self, NULL);
  g_mutex_lock (&self->lock);
  item = pop_locked (self, timeout_ms, cancellable, error);
  g_mutex_unlock (&self->lock);
  g_cancellable_disconnect (cancellable, handler);
  return item;
}

/* ---- life ---- */

static gpointer
message_ref (gpointer message)
{
  return mitogen_message_ref (message);
}

static void
message_unref (gpointer message)
{
  mitogen_message_unref (message);
}

MitogenMailbox *
mitogen_mailbox_new (void)
{
  return mitogen_mailbox_new_full (message_ref, message_unref, MITOGEN_ERROR_CHANNEL);
}

MitogenMailbox *
mitogen_mailbox_new_full (GBoxedCopyFunc ref, GDestroyNotify unref, MitogenError closed_code)
{
  MitogenMailbox *self = g_new0 (MitogenMailbox, 1);

  self->ref = ref;
  self->unref = unref;
  self->closed_code = closed_code;

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  return self;
}

MitogenMailbox *
mitogen_mailbox_ref (MitogenMailbox *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_mailbox_unref (MitogenMailbox *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_queue_clear_full (&self->items, self->unref);
  for (guint i = 0; i < MITOGEN_MAILBOX_N_LISTENERS; i++)
    listener_unref (self->listeners[i]);
  g_free (self->closed_reason);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}
