/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-context-socket.h"
#include "broker/mitogen-fd-private.h"
#include "connection/mitogen-tunnel-private.h"
#include "connection/mitogen-tunnel-stream-private.h"
#include "router/mitogen-context-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/* One socket that is being opened, in the thread of its main context; and the record of its tunnel,
 * which the I/O thread has until that ends. */
typedef struct
{
  gatomicrefcount ref_count;
  MitogenCore *core;
  MitogenContextNode *node;
  char *path;
  MitogenTunnelOutcome *outcome;
  GMutex lock;
  MitogenDispatcher *dispatcher; /* while it is being opened; protected by lock, as is the next */
  gulong cancelled;              /* a handler of the task's cancellable */
  GTask *task;                   /* while it is being opened */
  GIOStream *stream;             /* the same */

  /* I/O thread, once it has begun there */
  int fd; /* the tunnel's end; -1: it has it */
  MitogenTunnel *tunnel;
  gboolean opened;
  gboolean aborted;
} Opening;

static Opening *
opening_ref (Opening *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
opening_unref (gpointer data)
{
  Opening *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  /* complete() has cleared all else: what may run user code is dropped in the user's thread. */
  mitogen_fd_close (&self->fd);
  g_clear_pointer (&self->dispatcher, mitogen_dispatcher_unref);
  mitogen_tunnel_outcome_unref (self->outcome);
  mitogen_context_node_unref (self->node);
  mitogen_core_unref (self->core);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Opening, opening_unref)

/* ---- the tunnel, on the I/O thread ---- */

static void
abort_run (gpointer data)
{
  Opening *self = data;
  MitogenTunnel *tunnel = g_steal_pointer (&self->tunnel);

  self->aborted = TRUE;
  if (tunnel == NULL)
    return;
  mitogen_tunnel_close (tunnel);
  opening_unref (self);
}

static void
opening_abort (Opening *self)
{
  mitogen_io_post (mitogen_core_get_io (self->core), abort_run, opening_ref (self), opening_unref);
}

static void post_outcome (Opening *self, const GError *error);

static void
on_opened (gpointer data)
{
  Opening *self = data;

  self->opened = TRUE;
  post_outcome (self, NULL);
}

static void
on_closed (const GError *error, gpointer data)
{
  Opening *self = data;

  self->tunnel = NULL;
  mitogen_tunnel_outcome_set (self->outcome, error);
  if (!self->opened)
    post_outcome (self, error);
  opening_unref (self);
}

static const MitogenTunnelFuncs tunnel_funcs = { .opened = on_opened, .closed = on_closed };

static void
open_run (gpointer data)
{
  Opening *self = data;
  int fd = self->fd;

  if (self->aborted)
    return;
  self->fd = -1;
  self->tunnel = mitogen_tunnel_open (self->core, self->node, self->path, fd, &tunnel_funcs,
                                      opening_ref (self));
}

/* ---- the outcome, in the operation's context ---- */

static void
stop_listening (Opening *self, GCancellable *cancellable)
{
  g_autoptr (MitogenDispatcher) dispatcher = NULL;
  gulong cancelled;

  g_mutex_lock (&self->lock);
  dispatcher = g_steal_pointer (&self->dispatcher);
  cancelled = self->cancelled;
  self->cancelled = 0;
  g_mutex_unlock (&self->lock);

  /* A handler that runs just now has its own reference: there is no need to wait for it. */
  if (cancelled != 0)
    g_signal_handler_disconnect (cancellable, cancelled);
}

static MitogenDispatcher *
dup_dispatcher (Opening *self)
{
  MitogenDispatcher *dispatcher;

  g_mutex_lock (&self->lock);
  dispatcher = self->dispatcher != NULL ? mitogen_dispatcher_ref (self->dispatcher) : NULL;
  g_mutex_unlock (&self->lock);
  return dispatcher;
}

static void
complete (Opening *self, const GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);
  g_autoptr (GIOStream) stream = g_steal_pointer (&self->stream);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) cancelled = NULL;

  /* Also while the outcome was on its way. */
  if (g_cancellable_set_error_if_cancelled (cancellable, &cancelled))
    {
      error = cancelled;
      opening_abort (self);
    }
  stop_listening (self, cancellable);
  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else
    g_task_return_pointer (task, g_steal_pointer (&stream), g_object_unref);
}

static void
cancel_run (gpointer data)
{
  Opening *self = data;

  if (self->task != NULL)
    complete (self, NULL);
}

/* In whichever thread cancels: see mitogen-connect.c. */
static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  Opening *self = data;
  g_autoptr (MitogenDispatcher) dispatcher = dup_dispatcher (self);

  if (dispatcher != NULL)
    mitogen_dispatcher_post (dispatcher, cancel_run, opening_ref (self), opening_unref);
}

typedef struct
{
  Opening *opening;
  GError *error;
} Outcome;

static void
outcome_run (gpointer data)
{
  Outcome *outcome = data;

  if (outcome->opening->task != NULL)
    complete (outcome->opening, outcome->error);
}

static void
outcome_free (gpointer data)
{
  Outcome *outcome = data;

  g_clear_error (&outcome->error);
  opening_unref (outcome->opening);
  g_free (outcome);
}

/* On the I/O thread. */
static void
post_outcome (Opening *self, const GError *error)
{
  g_autoptr (MitogenDispatcher) dispatcher = dup_dispatcher (self);
  Outcome *outcome;

  if (dispatcher == NULL)
    return;
  outcome = g_new (Outcome, 1);
  outcome->opening = opening_ref (self);
  outcome->error = error != NULL ? g_error_copy (error) : NULL;
  mitogen_dispatcher_post (dispatcher, outcome_run, outcome, outcome_free);
}

/* ---- the operation ---- */

static void
watch_cancellable (Opening *self, GCancellable *cancellable)
{
  gulong handler;

  if (cancellable == NULL)
    return;
  handler = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), opening_ref (self),
                                   opening_unref);
  g_mutex_lock (&self->lock);
  if (self->dispatcher != NULL)
    {
      self->cancelled = handler;
      handler = 0;
    }
  g_mutex_unlock (&self->lock);
  /* Over already, in another thread. */
  if (handler != 0)
    g_signal_handler_disconnect (cancellable, handler);
}

static gboolean
make_ends (Opening *self, GError **error)
{
  int fds[2];

  if (!mitogen_fd_socketpair (fds, error))
    return FALSE;
  self->fd = fds[0];
  self->stream = mitogen_tunnel_stream_new (fds[1], self->outcome, error);
  return self->stream != NULL && mitogen_fd_set_nonblocking (self->fd, error);
}

static Opening *
opening_new (MitogenContext *context, const char *path)
{
  Opening *self = g_new0 (Opening, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->core = mitogen_core_ref (mitogen_context_get_core (context));
  self->node = mitogen_context_node_ref (mitogen_context_get_node (context));
  self->path = g_strdup (path);
  self->outcome = mitogen_tunnel_outcome_new ();
  self->fd = -1;
  return self;
}

/**
 * mitogen_context_open_socket_async:
 * @self: a context
 * @path: (type filename): where the socket is on the context's host
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the connection is there
 * @user_data: passed to @callback
 *
 * Connects to a UNIX socket on the host of a context without blocking: see
 * [method@Mitogen.Context.open_socket].
 *
 * Any number of sockets may be opened at once.
 *
 * Since: 1.0
 */
void
mitogen_context_open_socket_async (MitogenContext *self,
                                   const char *path,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (Opening) opening = NULL;
  GError *error = NULL;

  g_return_if_fail (MITOGEN_IS_CONTEXT (self));
  g_return_if_fail (path != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mitogen_context_open_socket_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  opening = opening_new (self, path);
  if (!make_ends (opening, &error))
    {
      g_clear_object (&opening->stream);
      g_task_return_error (task, error);
      return;
    }
  opening->dispatcher = mitogen_dispatcher_get (g_task_get_context (task));
  opening->task = g_steal_pointer (&task);
  watch_cancellable (opening, cancellable);
  if (!mitogen_io_post (mitogen_core_get_io (opening->core), open_run, opening_ref (opening),
                        opening_unref))
    {
      error = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL,
                                   _ ("The router has been shut down"));
      post_outcome (opening, error);
      g_error_free (error);
    }
}

/**
 * mitogen_context_open_socket_finish:
 * @self: a context
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Context.open_socket_async].
 *
 * Returns: (transfer full): a new connection, a [class@Gio.UnixConnection]
 *
 * Since: 1.0
 */
GIOStream *
mitogen_context_open_socket_finish (MitogenContext *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **kept = data;

  *kept = g_object_ref (result);
}

/**
 * mitogen_context_open_socket:
 * @self: a context, which may still be on its way
 * @path: (type filename): where the socket is on the context's host
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Connects to a UNIX socket on the host of a context, such as that of a database or of a
 * service, with the rights of the user that the context runs as.
 *
 * The bytes go both ways over the connection to the context: nothing listens anywhere,
 * and no program is needed on its host. A @path that begins with `@` is the name of an
 * abstract socket. The context must run Python and have been connected by this program.
 *
 * What is returned is a [class@Gio.UnixConnection] on one end of a pair of sockets, so
 * that its streams, its [class@Gio.Socket] and its descriptor can be used as those of any
 * other. Either direction can be ended by itself ([method@Gio.Socket.shutdown]): the other
 * side then reads the end of the file, and the same the other way round. Closing it, or
 * dropping the last reference, ends the connection. At most 64 KiB are on their way in
 * either direction beside what is in the buffers of the sockets, so that calls are not
 * held up for long by a connection over which much is sent.
 *
 * If the context is lost, or the router is shut down, reading from the input stream fails
 * with an error that says why, `MITOGEN_ERROR_CHANNEL`. Whoever reads from the socket or
 * descriptor itself sees the end of the file, and may look at the context's state.
 *
 * Errors: what the other side says of the socket, such as `G_IO_ERROR_NOT_FOUND`,
 * `G_IO_ERROR_PERMISSION_DENIED` or `G_IO_ERROR_CONNECTION_REFUSED` if nobody listens;
 * `MITOGEN_ERROR_STREAM` if the context is gone, or is none that could do it;
 * `MITOGEN_ERROR_TIMED_OUT`, `MITOGEN_ERROR_PROTOCOL`, `G_IO_ERROR_CANCELLED`.
 *
 * May be called from any thread that may block.
 *
 * Returns: (transfer full): a new connection, a [class@Gio.UnixConnection]
 *
 * Since: 1.0
 */
GIOStream *
mitogen_context_open_socket (MitogenContext *self,
                             const char *path,
                             GCancellable *cancellable,
                             GError **error)
{
  g_autoptr (GMainContext) context = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), NULL);
  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (!mitogen_in_broker_thread (), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  context = g_main_context_new ();
  g_main_context_push_thread_default (context);
  mitogen_context_open_socket_async (self, path, cancellable, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  /* Whatever was on its way to this context must not be kept with it. */
  while (g_main_context_iteration (context, FALSE))
    ;
  return mitogen_context_open_socket_finish (self, result, error);
}
