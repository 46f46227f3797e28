/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-connect.h"
#include "connection/mitogen-bootstrap-private.h"
#include "connection/mitogen-interpreter-private.h"
#include "connection/mitogen-local-connection.h"
#include "router/mitogen-context-private.h"
#include "router/mitogen-router-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define MAX_REMOTE_NAME 200

/* One connect operation, in the thread of its main context; the broker thread only carries it
 * to the end and back. */
typedef struct
{
  gatomicrefcount ref_count;
  GMutex lock;
  MitogenDispatcher *dispatcher; /* while the operation runs; protected by lock */
  MitogenBootstrap *bootstrap;   /* while the operation runs */
  GTask *task;                   /* the same */
  MitogenContext *context;       /* the same */
  gulong cancelled;              /* a handler of the task's cancellable; protected by lock */
} Connect;

static Connect *
connect_ref (Connect *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
connect_unref (gpointer data)
{
  Connect *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  /* complete() has cleared all else: what may run user code is dropped in the user's thread. */
  g_clear_pointer (&self->dispatcher, mitogen_dispatcher_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* An outcome that comes when the operation is over must not keep its context: that is perhaps
 * the private one of a blocking call, and never iterated again. */
static void
stop_listening (Connect *self, GCancellable *cancellable)
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
dup_dispatcher (Connect *self)
{
  MitogenDispatcher *dispatcher;

  g_mutex_lock (&self->lock);
  dispatcher = self->dispatcher != NULL ? mitogen_dispatcher_ref (self->dispatcher) : NULL;
  g_mutex_unlock (&self->lock);
  return dispatcher;
}

/* In the operation's context. */
static void
complete (Connect *self, const GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);
  g_autoptr (MitogenContext) context = g_steal_pointer (&self->context);
  g_autoptr (GError) cancelled = NULL;

  /* Cancelled while the outcome was on its way: nobody wants the context. */
  if (error == NULL &&
      g_cancellable_set_error_if_cancelled (g_task_get_cancellable (task), &cancelled))
    {
      error = cancelled;
      mitogen_bootstrap_abort (self->bootstrap);
    }

  stop_listening (self, g_task_get_cancellable (task));
  g_clear_pointer (&self->bootstrap, mitogen_bootstrap_unref);

  if (error != NULL)
    {
      g_task_return_error (task, g_error_copy (error));
      return;
    }
  mitogen_router_adopt_context (g_task_get_source_object (task), context);
  g_task_return_pointer (task, g_steal_pointer (&context), g_object_unref);
}

static void
cancel_run (gpointer data)
{
  Connect *self = data;
  g_autoptr (GError) error = NULL;

  if (self->task == NULL)
    return;
  g_cancellable_set_error_if_cancelled (g_task_get_cancellable (self->task), &error);
  mitogen_bootstrap_abort (self->bootstrap);
  complete (self, error);
}

/* In whichever thread cancels. A source for the cancellable would belong to a main context that
 * may be gone by the time that GLib, in that thread, has told it. */
static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  Connect *self = data;
  g_autoptr (MitogenDispatcher) dispatcher = dup_dispatcher (self);

  if (dispatcher != NULL)
    mitogen_dispatcher_post (dispatcher, cancel_run, connect_ref (self), connect_unref);
}

typedef struct
{
  Connect *connect;
  GError *error;
} Outcome;

static void
outcome_run (gpointer data)
{
  Outcome *outcome = data;

  if (outcome->connect->task != NULL)
    complete (outcome->connect, outcome->error);
}

static void
outcome_free (gpointer data)
{
  Outcome *outcome = data;

  g_clear_error (&outcome->error);
  connect_unref (outcome->connect);
  g_free (outcome);
}

/* On the I/O thread. */
static void
on_bootstrap_done (const GError *error, gpointer data)
{
  Connect *self = data;
  g_autoptr (MitogenDispatcher) dispatcher = dup_dispatcher (self);
  Outcome *outcome;

  if (dispatcher == NULL)
    return;

  outcome = g_new (Outcome, 1);
  outcome->connect = connect_ref (self);
  outcome->error = error != NULL ? g_error_copy (error) : NULL;
  mitogen_dispatcher_post (dispatcher, outcome_run, outcome, outcome_free);
}

/* ---- what the bootstrap needs, read in the caller's thread ---- */

static char *
make_remote_name (MitogenConnection *connection, GError **error)
{
  const char *name = mitogen_connection_get_remote_name (connection);

  if (name == NULL)
    {
      g_autofree char *made =
          g_strdup_printf ("%s@%s:%d", g_get_user_name (), g_get_host_name (), (int) getpid ());

      g_strdelimit (made, "/\\", '_');
      return g_utf8_make_valid (made, -1);
    }

  if (*name == '\0' || strlen (name) > MAX_REMOTE_NAME || strpbrk (name, "/\\\n\r'!") != NULL ||
      !g_utf8_validate (name, -1, NULL))
    {
      g_autofree char *shown = g_utf8_make_valid (name, MIN (strlen (name), MAX_REMOTE_NAME));

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("“%s” cannot be a remote name: it is 1 to %d bytes of UTF-8 without slashes, "
                      "backslashes, quotes, exclamation marks and line ends"),
                   shown, MAX_REMOTE_NAME);
      return NULL;
    }
  return g_strdup (name);
}

static char **
make_python_argv (MitogenConnection *connection, MitogenPreamble *preamble, GError **error)
{
  const char *const *python_path = mitogen_connection_get_python_path (connection);
  g_autoptr (GStrvBuilder) argv = NULL;

  if (python_path == NULL)
    return mitogen_interpreter_search_argv (preamble->first_stage, preamble->title);
  if (python_path[0] == NULL || *python_path[0] == '\0')
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _ ("The connection's python-path is empty: unset it to have an "
                              "interpreter looked for"));
      return NULL;
    }

  argv = g_strv_builder_new ();
  for (guint i = 0; python_path[i] != NULL; i++)
    g_strv_builder_add (argv, python_path[i]);
  g_strv_builder_add (argv, "-c");
  g_strv_builder_add (argv, preamble->first_stage);
  g_strv_builder_add (argv, preamble->title);
  return g_strv_builder_end (argv);
}

static MitogenPreamble *
make_preamble (MitogenCore *core,
               MitogenConnection *connection,
               guint32 id,
               MitogenBootstrapSpec *spec,
               GError **error)
{
  MitogenCoreOptions options = mitogen_core_get_options (core);
  guint32 max_message_size = mitogen_connection_get_max_message_size (connection);
  g_autofree char *remote_name = make_remote_name (connection, error);
  guint n;
  const guint32 *ancestors = mitogen_core_get_parent_ids (core, &n);
  g_autofree guint32 *parent_ids = g_new (guint32, n + 1);
  MitogenPreambleConfig config;

  if (remote_name == NULL)
    return NULL;
  parent_ids[0] = mitogen_core_get_id (core);
  for (guint i = 0; i < n; i++)
    parent_ids[i + 1] = ancestors[i];

  spec->max_message_size = max_message_size > 0 ? max_message_size : options.max_message_size;
  spec->profiling = options.profiling || mitogen_connection_get_profiling (connection);
  config = (MitogenPreambleConfig){
    .id = id,
    .parent_ids = parent_ids,
    .n_parent_ids = n + 1,
    .remote_name = remote_name,
    .debug = options.debug || mitogen_connection_get_debug (connection),
    .profiling = spec->profiling,
    .unidirectional = options.unidirectional,
    .max_message_size = spec->max_message_size,
  };
  return mitogen_preamble_new (&config);
}

static gboolean
make_spec (MitogenCore *core,
           MitogenConnection *connection,
           MitogenContext *via,
           guint32 id,
           MitogenBootstrapSpec *spec,
           GError **error)
{
  g_auto (GStrv) python_argv = NULL;

  spec->preamble = make_preamble (core, connection, id, spec, error);
  if (spec->preamble == NULL)
    return FALSE;
  python_argv = make_python_argv (connection, spec->preamble, error);
  if (python_argv == NULL)
    return FALSE;
  spec->argv =
      mitogen_connection_get_argv (connection, via, (const char *const *) python_argv, error);
  if (spec->argv == NULL)
    return FALSE;
  spec->name = mitogen_connection_get_name (connection);
  spec->timeout_ms = mitogen_connection_get_connect_timeout (connection);
  return TRUE;
}

/* ---- the operation ---- */

/* The process id is not known before there is a process. */
static char *
make_provisional_name (const char *template)
{
  GString *name = g_string_new (template);

  g_string_replace (name, ".{pid}", "", 0);
  g_string_replace (name, "{pid}", "?", 0);
  return g_string_free (name, FALSE);
}

static Connect *
connect_new (GTask *task,
             MitogenCore *core,
             MitogenConnection *connection,
             MitogenContext *via,
             GMainContext *owner,
             guint32 id,
             MitogenBootstrapSpec *spec)
{
  Connect *self = g_new0 (Connect, 1);
  g_autofree char *provisional = make_provisional_name (spec->name);
  g_autoptr (MitogenContextNode) node =
      mitogen_context_node_new (id, provisional, mitogen_core_get_id (core));

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->dispatcher = mitogen_dispatcher_get (g_task_get_context (task));
  self->context = mitogen_context_new (core, node, via, G_OBJECT (connection), owner);
  self->bootstrap = mitogen_bootstrap_new (core, node, spec, on_bootstrap_done, connect_ref (self),
                                           connect_unref);
  self->task = g_object_ref (task);
  return self;
}

static void
watch_cancellable (Connect *self, GCancellable *cancellable)
{
  gulong handler;

  if (cancellable == NULL)
    return;

  handler = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), connect_ref (self),
                                   connect_unref);
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

static void
begin (GTask *task,
       MitogenRouter *router,
       MitogenConnection *connection,
       MitogenContext *via,
       GMainContext *owner)
{
  MitogenCore *core = mitogen_router_get_core (router);
  g_auto (MitogenBootstrapSpec) spec = { 0 };
  guint32 id;
  g_autoptr (MitogenBootstrap) bootstrap = NULL;
  g_autoptr (GError) error = NULL;
  Connect *self;

  mitogen_core_allocate_ids (core, 1, &id);
  if (!make_spec (core, connection, via, id, &spec, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  self = connect_new (task, core, connection, via, owner, id, &spec);
  bootstrap = mitogen_bootstrap_ref (self->bootstrap);
  watch_cancellable (self, g_task_get_cancellable (task));
  if (!mitogen_bootstrap_start (bootstrap))
    {
      error = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_STREAM,
                                   _ ("The router has been shut down"));
      on_bootstrap_done (error, self);
    }
  connect_unref (self);
}

/* @owner: where the signals of the new context are to be emitted. */
static void
connect_for_owner (MitogenRouter *self,
                   MitogenConnection *connection,
                   MitogenContext *via,
                   GMainContext *owner,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, mitogen_router_connect_async);
  /* It would drop the context, and the router keep it; complete() looks instead. */
  g_task_set_check_cancellable (task, FALSE);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (via != NULL)
    {
      g_task_return_new_error (task, MITOGEN_ERROR, MITOGEN_ERROR_STREAM,
                               _ ("This version cannot connect through another context"));
      return;
    }
  begin (task, self, connection, via, owner);
}

/**
 * mitogen_router_connect_async:
 * @self: a router
 * @connection: how to reach the context
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context without blocking: see [method@Mitogen.Router.connect].
 *
 * Any number of contexts may be made at once. The signals of the context will be
 * emitted in the main context that is thread-default now.
 *
 * Since: 1.0
 */
void
mitogen_router_connect_async (MitogenRouter *self,
                              MitogenConnection *connection,
                              MitogenContext *via,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GMainContext) owner = NULL;

  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  g_return_if_fail (MITOGEN_IS_CONNECTION (connection));
  g_return_if_fail (via == NULL || MITOGEN_IS_CONTEXT (via));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  owner = g_main_context_ref_thread_default ();
  connect_for_owner (self, connection, via, owner, cancellable, callback, user_data);
}

/**
 * mitogen_router_connect_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.connect_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_connect_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- the blocking twin ---- */

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **kept = data;

  *kept = g_object_ref (result);
}

/**
 * mitogen_router_connect:
 * @self: a router
 * @connection: how to reach the context
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context and waits until functions can be called in it.
 *
 * If that fails, the error says at which step, with which command, how it ended and
 * what it said last: `MITOGEN_ERROR_STREAM` in general, `MITOGEN_ERROR_TIMED_OUT`,
 * `MITOGEN_ERROR_NO_INTERPRETER`; `G_IO_ERROR_CANCELLED` if it was cancelled. Nothing
 * is left behind then, neither a process nor a descriptor.
 *
 * May be called from any thread that may block. Other sources of that thread's main
 * context do not run meanwhile.
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_connect (MitogenRouter *self,
                        MitogenConnection *connection,
                        MitogenContext *via,
                        GCancellable *cancellable,
                        GError **error)
{
  g_autoptr (GMainContext) owner = NULL;
  g_autoptr (GMainContext) context = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), NULL);
  g_return_val_if_fail (MITOGEN_IS_CONNECTION (connection), NULL);
  g_return_val_if_fail (via == NULL || MITOGEN_IS_CONTEXT (via), NULL);
  g_return_val_if_fail (!mitogen_in_broker_thread (), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  owner = g_main_context_ref_thread_default ();
  context = g_main_context_new ();
  g_main_context_push_thread_default (context);
  connect_for_owner (self, connection, via, owner, cancellable, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  /* Whatever was on its way to this context must not be kept with it. */
  while (g_main_context_iteration (context, FALSE))
    ;
  return mitogen_router_connect_finish (self, result, error);
}

/**
 * mitogen_router_local:
 * @self: a router
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in a process on the same host, as [class@Mitogen.LocalConnection]
 * does with its defaults: see [method@Mitogen.Router.connect].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_local (MitogenRouter *self,
                      MitogenContext *via,
                      GCancellable *cancellable,
                      GError **error)
{
  g_autoptr (MitogenConnection) connection = mitogen_local_connection_new ();

  return mitogen_router_connect (self, connection, via, cancellable, error);
}

/**
 * mitogen_router_local_async:
 * @self: a router
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in a process on the same host without blocking: see
 * [method@Mitogen.Router.local].
 *
 * Since: 1.0
 */
void
mitogen_router_local_async (MitogenRouter *self,
                            MitogenContext *via,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (MitogenConnection) connection = mitogen_local_connection_new ();

  mitogen_router_connect_async (self, connection, via, cancellable, callback, user_data);
}

/**
 * mitogen_router_local_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.local_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_local_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}
