/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-worker-private.h"

static GMutex all_lock;
static GSList *all; /* of those that have ever been started; protected by all_lock */

/* With the lock held. NULL: it is to end. */
static gpointer
wait_for_work (MitogenWorker *self)
{
  self->busy = FALSE;
  g_cond_broadcast (&self->cond);
  while (g_queue_is_empty (&self->queue) && !self->stopping)
    g_cond_wait (&self->cond, &self->lock);
  self->busy = !g_queue_is_empty (&self->queue);
  return g_queue_pop_head (&self->queue);
}

static gpointer
worker_thread (gpointer data)
{
  MitogenWorker *self = data;
  gpointer work;

  g_mutex_lock (&self->lock);
  while ((work = wait_for_work (self)) != NULL)
    {
      g_mutex_unlock (&self->lock);
      self->func (work);
      g_mutex_lock (&self->lock);
    }
  g_mutex_unlock (&self->lock);
  return NULL;
}

static void
remember (MitogenWorker *self)
{
  g_mutex_lock (&all_lock);
  if (g_slist_find (all, self) == NULL)
    all = g_slist_prepend (all, self);
  g_mutex_unlock (&all_lock);
}

void
mitogen_worker_push (MitogenWorker *self, gpointer data)
{
  gboolean started;

  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->queue, data);
  started = self->thread == NULL;
  if (started)
    self->thread = g_thread_new (self->name, worker_thread, self);
  else
    g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  if (started)
    remember (self);
}

static gboolean
stop (MitogenWorker *self, gint64 deadline)
{
  GThread *thread = NULL;

  g_mutex_lock (&self->lock);
  while (self->thread != NULL && (self->busy || !g_queue_is_empty (&self->queue)))
    if (!g_cond_wait_until (&self->cond, &self->lock, deadline))
      {
        g_mutex_unlock (&self->lock);
        return FALSE;
      }
  thread = self->thread;
  self->stopping = thread != NULL;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  if (thread == NULL)
    return TRUE;

  g_thread_join (thread);
  g_mutex_lock (&self->lock);
  self->thread = NULL;
  self->stopping = FALSE;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

gboolean
mitogen_workers_stop (gint64 deadline)
{
  g_autoptr (GSList) workers = NULL;
  gboolean stopped = TRUE;

  g_mutex_lock (&all_lock);
  workers = g_slist_copy (all);
  g_mutex_unlock (&all_lock);
  for (GSList *l = workers; l != NULL && stopped; l = l->next)
    stopped = stop (l->data, deadline);
  return stopped;
}
