/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-io-private.h"
#include "broker/mitogen-poller-private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

typedef struct
{
  MitogenIoFunc func;
  gpointer data;
  GDestroyNotify destroy;
} Work;

typedef struct
{
  const MitogenIoClientFuncs *funcs;
  gpointer data;
  gboolean told; /* that the broker has exited */
} Client;

struct _MitogenIo
{
  gatomicrefcount ref_count;
  GMainContext *context;
  GThread *thread; /* protected by lock once it runs; NULL: joined */
  sigset_t creator_mask;
  sigset_t blocked_mask;
  guint shutdown_timeout_ms; /* atomic */

  GMutex lock;
  GCond exited_cond;
  GQueue work;                 /* of Work; protected by lock */
  MitogenIoState state;        /* protected by lock; written by the I/O thread only, but for exit */
  gboolean shutdown_requested; /* protected by lock */
  gboolean joined;             /* protected by lock */
  GSource *work_source;        /* set ready with the lock held */

  /* I/O thread only */
  MitogenPoller *poller;
  GPtrArray *clients; /* of Client */
  guint8 *scratch;
  guint8 *spare_scratch; /* atomic */
  GSource *force_timer;
  gboolean forced;
  gboolean quit;

  guint holds; /* atomic, so that others may look; changed by the I/O thread only */
};

static GPrivate current_io;

/* Those with a thread; for a fork. */
static GMutex all_lock;
static GCond parked_cond;
static GPtrArray *all;   /* of MitogenIo, not owned; protected by all_lock, as are the next */
static GArray *parked;   /* of gint: the ids of threads that wait */
static gboolean parking; /* until they are let go */
static guint parkings;   /* how often that has been */

static void shut_down (MitogenIo *self);

gboolean
mitogen_in_broker_thread (void)
{
  return g_private_get (&current_io) != NULL;
}

gboolean
mitogen_io_is_current (MitogenIo *self)
{
  return g_private_get (&current_io) == self;
}

GMainContext *
mitogen_io_get_context (MitogenIo *self)
{
  return self->context;
}

guint8 *
mitogen_io_get_scratch (MitogenIo *self)
{
  return self->scratch;
}

/* ---- read buffers ----
 *
 * One that was taken comes back: pages that are there already are quicker than new ones. */

typedef struct
{
  MitogenIo *io;
  guint8 *memory;
} Taken;

static guint8 *
scratch_new (void)
{
  return g_malloc (MITOGEN_IO_SCRATCH_SIZE + MITOGEN_IO_SCRATCH_SLACK);
}

static void
taken_free (gpointer data)
{
  Taken *taken = data;

  if (!g_atomic_pointer_compare_and_exchange (&taken->io->spare_scratch, NULL, taken->memory))
    g_free (taken->memory);
  mitogen_io_unref (taken->io);
  g_free (taken);
}

static guint8 *
steal_spare (MitogenIo *self)
{
  guint8 *spare = g_atomic_pointer_get (&self->spare_scratch);

  if (spare == NULL || !g_atomic_pointer_compare_and_exchange (&self->spare_scratch, spare, NULL))
    return NULL;
  return spare;
}

GBytes *
mitogen_io_take_scratch (MitogenIo *self)
{
  Taken *taken = g_new (Taken, 1);

  taken->io = mitogen_io_ref (self);
  taken->memory = self->scratch;
  self->scratch = steal_spare (self);
  if (self->scratch == NULL)
    self->scratch = scratch_new ();
  return g_bytes_new_with_free_func (taken->memory,
                                     MITOGEN_IO_SCRATCH_SIZE + MITOGEN_IO_SCRATCH_SLACK, taken_free,
                                     taken);
}

MitogenIoState
mitogen_io_get_state (MitogenIo *self)
{
  MitogenIoState state;

  g_mutex_lock (&self->lock);
  state = self->state;
  g_mutex_unlock (&self->lock);
  return state;
}

static void
set_state (MitogenIo *self, MitogenIoState state)
{
  g_mutex_lock (&self->lock);
  self->state = state;
  g_mutex_unlock (&self->lock);
}

void
mitogen_io_set_shutdown_timeout (MitogenIo *self, guint ms)
{
  g_atomic_int_set (&self->shutdown_timeout_ms, ms);
}

guint
mitogen_io_get_shutdown_timeout (MitogenIo *self)
{
  return g_atomic_int_get (&self->shutdown_timeout_ms);
}

/* ---- work from other threads ---- */

static void
work_free (Work *work)
{
  if (work->destroy != NULL)
    work->destroy (work->data);
  g_free (work);
}

/* What is queued now. What comes meanwhile has to wait for its turn, so that those who post
 * cannot keep the thread from its streams. */
static void
run_work (MitogenIo *self)
{
  GQueue batch;

  g_mutex_lock (&self->lock);
  batch = self->work;
  g_queue_init (&self->work);
  g_mutex_unlock (&self->lock);

  while (!g_queue_is_empty (&batch))
    {
      Work *work = g_queue_pop_head (&batch);

      work->func (work->data);
      work_free (work);
    }
}

static gboolean
work_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  MitogenIo *self = g_private_get (&current_io);
  gboolean shutdown_requested;

  g_source_set_ready_time (source, -1);
  run_work (self);

  g_mutex_lock (&self->lock);
  shutdown_requested = self->shutdown_requested && self->state == MITOGEN_IO_RUNNING;
  g_mutex_unlock (&self->lock);
  if (shutdown_requested)
    shut_down (self);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs work_source_funcs = { .dispatch = work_source_dispatch };

gboolean
mitogen_io_post (MitogenIo *self, MitogenIoFunc func, gpointer data, GDestroyNotify destroy)
{
  Work *work = g_new (Work, 1);
  gboolean accepted;

  work->func = func;
  work->data = data;
  work->destroy = destroy;

  g_mutex_lock (&self->lock);
  accepted = self->state != MITOGEN_IO_EXITED;
  if (accepted)
    {
      g_queue_push_tail (&self->work, work);
      g_source_set_ready_time (self->work_source, 0);
    }
  g_mutex_unlock (&self->lock);

  if (!accepted)
    work_free (work);
  return accepted;
}

/* ---- the end ---- */

static void
client_call (MitogenIo *self, gsize offset)
{
  /* A client may remove itself or another while it is called. */
  g_autoptr (GPtrArray) clients = g_ptr_array_new ();

  g_ptr_array_extend (clients, self->clients, NULL, NULL);
  for (guint i = 0; i < clients->len; i++)
    {
      Client *client = clients->pdata[i];
      void (*func) (gpointer data);

      if (!g_ptr_array_find (self->clients, client, NULL))
        continue;
      func = G_STRUCT_MEMBER (MitogenIoFunc, client->funcs, offset);
      if (func != NULL)
        func (client->data);
    }
}

/* Returns: (nullable): one that does not know yet */
static Client *
next_to_tell (MitogenIo *self)
{
  for (guint i = 0; i < self->clients->len; i++)
    {
      Client *client = self->clients->pdata[i];

      if (!client->told)
        return client;
    }
  return NULL;
}

/* The end of one may make another one, such as a process that is to be reaped. */
static void
tell_exited (MitogenIo *self)
{
  Client *client;

  while ((client = next_to_tell (self)) != NULL)
    {
      client->told = TRUE;
      if (client->funcs->exited != NULL)
        client->funcs->exited (client->data);
    }
}

static void
force_exit (gpointer data)
{
  MitogenIo *self = data;

  if (self->forced)
    return;
  self->forced = TRUE;
  client_call (self, G_STRUCT_OFFSET (MitogenIoClientFuncs, force));
  self->quit = TRUE;
}

static void
quit_if_free (MitogenIo *self)
{
  if (self->holds == 0 && mitogen_io_get_state (self) == MITOGEN_IO_SHUTTING_DOWN)
    self->quit = TRUE;
}

static void
shut_down (MitogenIo *self)
{
  set_state (self, MITOGEN_IO_SHUTTING_DOWN);
  self->force_timer =
      mitogen_io_add_timeout (self, mitogen_io_get_shutdown_timeout (self), force_exit, self);
  client_call (self, G_STRUCT_OFFSET (MitogenIoClientFuncs, shutdown));
  quit_if_free (self);
}

/* TRUE: nothing was left to run, and nothing will be accepted any more. */
static gboolean
try_exit (MitogenIo *self)
{
  gboolean idle;

  g_mutex_lock (&self->lock);
  idle = g_queue_is_empty (&self->work);
  if (idle)
    self->state = MITOGEN_IO_EXITED;
  g_mutex_unlock (&self->lock);
  return idle;
}

static void
finish (MitogenIo *self)
{
  run_work (self);
  force_exit (self);
  tell_exited (self);
  /* What was accepted is run. */
  while (!try_exit (self))
    {
      run_work (self);
      tell_exited (self);
    }

  g_clear_pointer (&self->poller, mitogen_poller_free);
  g_clear_pointer (&self->scratch, g_free);
  if (self->force_timer != NULL)
    g_source_destroy (self->force_timer);
  g_clear_pointer (&self->force_timer, g_source_unref);
}

static gpointer
io_thread (gpointer data)
{
  MitogenIo *self = data;

  pthread_sigmask (SIG_SETMASK, &self->blocked_mask, NULL);
  g_private_set (&current_io, self);
  g_main_context_push_thread_default (self->context);

  while (!self->quit)
    g_main_context_iteration (self->context, TRUE);
  finish (self);

  /* What the context still holds (results of operations of GIO) must not outlive it. Libraries
   * check that it is still the thread's. */
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_main_context_pop_thread_default (self->context);
  g_private_set (&current_io, NULL);
  g_mutex_lock (&all_lock);
  g_ptr_array_remove_fast (all, self);
  g_cond_broadcast (&parked_cond);
  g_mutex_unlock (&all_lock);

  g_mutex_lock (&self->lock);
  self->joined = TRUE;
  g_cond_broadcast (&self->exited_cond);
  g_mutex_unlock (&self->lock);

  mitogen_io_unref (self);
  return NULL;
}

void
mitogen_io_shutdown (MitogenIo *self)
{
  g_mutex_lock (&self->lock);
  self->shutdown_requested = TRUE;
  if (self->state != MITOGEN_IO_EXITED)
    g_source_set_ready_time (self->work_source, 0);
  g_mutex_unlock (&self->lock);
}

gboolean
mitogen_io_join (MitogenIo *self, gint timeout_ms)
{
  gint64 deadline = g_get_monotonic_time () + (gint64) timeout_ms * G_TIME_SPAN_MILLISECOND;
  GThread *thread;
  gboolean done;

  g_return_val_if_fail (!mitogen_io_is_current (self), FALSE);

  g_mutex_lock (&self->lock);
  while (!self->joined)
    {
      if (timeout_ms < 0)
        g_cond_wait (&self->exited_cond, &self->lock);
      else if (!g_cond_wait_until (&self->exited_cond, &self->lock, deadline))
        break;
    }
  done = self->joined;
  thread = done ? g_steal_pointer (&self->thread) : NULL;
  g_mutex_unlock (&self->lock);

  /* It has nothing left to do but return. */
  if (thread != NULL)
    g_thread_join (thread);
  return done;
}

/* ---- clients, holds, watches, timers ---- */

void
mitogen_io_add_client (MitogenIo *self, const MitogenIoClientFuncs *funcs, gpointer data)
{
  Client *client = g_new (Client, 1);

  g_assert (mitogen_io_is_current (self));
  *client = (Client){ .funcs = funcs, .data = data };
  g_ptr_array_add (self->clients, client);
  if (mitogen_io_get_state (self) == MITOGEN_IO_SHUTTING_DOWN)
    funcs->shutdown (data);
}

void
mitogen_io_remove_client (MitogenIo *self, gpointer data)
{
  g_assert (mitogen_io_is_current (self));
  for (guint i = 0; i < self->clients->len; i++)
    if (((Client *) self->clients->pdata[i])->data == data)
      {
        g_ptr_array_remove_index (self->clients, i);
        return;
      }
}

void
mitogen_io_hold (MitogenIo *self)
{
  g_assert (mitogen_io_is_current (self));
  g_atomic_int_inc (&self->holds);
}

void
mitogen_io_release (MitogenIo *self)
{
  g_assert (mitogen_io_is_current (self) && self->holds > 0);
  g_atomic_int_add (&self->holds, -1);
  quit_if_free (self);
}

gboolean
mitogen_io_keep_alive (MitogenIo *self)
{
  return g_atomic_int_get (&self->holds) > 0;
}

MitogenWatch *
mitogen_io_watch_fd (MitogenIo *self,
                     int fd,
                     GIOCondition condition,
                     MitogenWatchFunc func,
                     gpointer data)
{
  g_assert (mitogen_io_is_current (self));
  return mitogen_poller_add (self->poller, fd, condition, func, data);
}

typedef struct
{
  MitogenIoFunc func;
  gpointer data;
} Timeout;

static gboolean
on_timeout (gpointer data)
{
  Timeout *timeout = data;

  timeout->func (timeout->data);
  return G_SOURCE_REMOVE;
}

GSource *
mitogen_io_add_timeout (MitogenIo *self, guint ms, MitogenIoFunc func, gpointer data)
{
  GSource *source = g_timeout_source_new (ms);
  Timeout *timeout = g_new (Timeout, 1);

  timeout->func = func;
  timeout->data = data;
  g_source_set_static_name (source, "[mitogen] timer");
  g_source_set_callback (source, on_timeout, timeout, g_free);
  g_source_attach (source, self->context);
  return source;
}

/* What came of writing to somebody who had gone waits for this thread, and would end the program
 * once it may come. */
static void
drop_broken_pipes (void)
{
  const struct timespec at_once = { 0, 0 };
  sigset_t signals;

  sigemptyset (&signals);
  sigaddset (&signals, SIGPIPE);
  while (sigtimedwait (&signals, NULL, &at_once) >= 0 || errno == EINTR)
    ;
}

void
mitogen_io_unblock_signals (MitogenIo *self)
{
  drop_broken_pipes ();
  pthread_sigmask (SIG_SETMASK, &self->creator_mask, NULL);
}

void
mitogen_io_block_signals (MitogenIo *self)
{
  pthread_sigmask (SIG_SETMASK, &self->blocked_mask, NULL);
}

/* ---- for a fork ---- */

static void
park (gpointer data)
{
  const gint tid = gettid ();
  guint mine;

  g_mutex_lock (&all_lock);
  mine = parkings;
  if (parking)
    g_array_append_val (parked, tid);
  g_cond_broadcast (&parked_cond);
  while (parking && mine == parkings)
    g_cond_wait (&parked_cond, &all_lock);
  g_mutex_unlock (&all_lock);
}

gboolean
mitogen_io_park_all (gint64 deadline)
{
  gboolean done = TRUE;

  g_assert (!mitogen_in_broker_thread ());
  g_mutex_lock (&all_lock);
  parking = TRUE;
  parkings++;
  parked = g_array_new (FALSE, FALSE, sizeof (gint));
  for (guint i = 0; all != NULL && i < all->len; i++)
    mitogen_io_post (all->pdata[i], park, NULL, NULL);
  /* One that refuses has a thread that is about to leave. */
  while (done && all != NULL && parked->len < all->len)
    done = g_cond_wait_until (&parked_cond, &all_lock, deadline);
  g_mutex_unlock (&all_lock);
  if (!done)
    mitogen_io_unpark_all ();
  return done;
}

void
mitogen_io_unpark_all (void)
{
  g_mutex_lock (&all_lock);
  parking = FALSE;
  g_clear_pointer (&parked, g_array_unref);
  g_cond_broadcast (&parked_cond);
  g_mutex_unlock (&all_lock);
}

gboolean
mitogen_io_is_parked_thread (gint tid)
{
  gboolean found = FALSE;

  g_mutex_lock (&all_lock);
  for (guint i = 0; i < parked->len; i++)
    found = found || g_array_index (parked, gint, i) == tid;
  g_mutex_unlock (&all_lock);
  return found;
}

/* What they held is not freed: objects of the original may still refer to it, and find that all is
 * over. The lock and the condition are as if nobody had ever waited. */
void
mitogen_io_abandon_all (void)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  g_mutex_init (&all_lock);
  g_cond_init (&parked_cond);
  parking = FALSE;
  g_clear_pointer (&parked, g_array_unref);
  for (guint i = 0; all != NULL && i < all->len; i++)
    {
      MitogenIo *self = all->pdata[i];

      self->state = MITOGEN_IO_EXITED;
      self->joined = TRUE;
      self->thread = NULL;
      if (self->poller != NULL)
        mitogen_poller_abandon (self->poller, null);
    }
  g_clear_pointer (&all, g_ptr_array_unref);
  close (null);
}

/* ---- life ---- */

MitogenIo *
mitogen_io_new (guint shutdown_timeout_ms)
{
  MitogenIo *self = g_new0 (MitogenIo, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_cond_init (&self->exited_cond);
  g_queue_init (&self->work);
  self->shutdown_timeout_ms = shutdown_timeout_ms;
  self->clients = g_ptr_array_new_with_free_func (g_free);
  self->scratch = scratch_new ();
  self->context = g_main_context_new ();
  self->poller = mitogen_poller_new (self->context);

  self->work_source = g_source_new (&work_source_funcs, sizeof (GSource));
  g_source_set_static_name (self->work_source, "[mitogen] work");
  g_source_attach (self->work_source, self->context);

  /* The program's handlers run in the program's threads. SIGPIPE becomes EPIPE here. What the
   * kernel raises for a fault in this very thread stays deliverable. */
  sigfillset (&self->blocked_mask);
  sigdelset (&self->blocked_mask, SIGSEGV);
  sigdelset (&self->blocked_mask, SIGBUS);
  sigdelset (&self->blocked_mask, SIGFPE);
  sigdelset (&self->blocked_mask, SIGILL);
  sigdelset (&self->blocked_mask, SIGABRT);
  sigdelset (&self->blocked_mask, SIGTRAP);
  pthread_sigmask (SIG_SETMASK, NULL, &self->creator_mask);

  mitogen_io_ref (self);
  g_mutex_lock (&all_lock);
  if (all == NULL)
    all = g_ptr_array_new ();
  g_ptr_array_add (all, self);
  self->thread = g_thread_new ("mitogen-broker", io_thread, self);
  g_mutex_unlock (&all_lock);
  return self;
}

MitogenIo *
mitogen_io_ref (MitogenIo *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_io_unref (MitogenIo *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  /* The thread held a reference, so it has ended or is about to: nothing to wait for. */
  g_clear_pointer (&self->thread, g_thread_unref);
  g_source_destroy (self->work_source);
  g_source_unref (self->work_source);
  g_main_context_unref (self->context);
  g_free (self->spare_scratch);
  g_ptr_array_unref (self->clients);
  g_cond_clear (&self->exited_cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}
