/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-connect.h"
#include "connection/mitogen-bootstrap-private.h"
#include "connection/mitogen-connect-private.h"
#include "connection/mitogen-connect-spec-private.h"
#include "connection/mitogen-local-connection.h"
#include "connection/mitogen-place-private.h"
#include "connection/mitogen-relay-private.h"
#include "connection/mitogen-requests-private.h"
#include "python/mitogen-modules-private.h"
#include "router/mitogen-context-private.h"
#include "router/mitogen-router-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/* One connect operation, in the thread of its main context; the broker thread only carries it
 * to the end and back. */
typedef struct
{
  gatomicrefcount ref_count;
  MitogenCore *core;
  GMutex lock;
  MitogenDispatcher *dispatcher; /* while the operation runs; protected by lock */
  MitogenBootstrap *bootstrap;   /* while the operation runs: this */
  MitogenRelay *relay;           /* or this */
  MitogenPrompter *prompter;     /* while the operation runs; (nullable) */
  MitogenMethod *method;         /* while the operation runs; (nullable) */
  GTask *task;                   /* while the operation runs; NULL: nobody waits for it */
  MitogenContext *context;       /* while the operation runs */
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
  mitogen_core_unref (self->core);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* ---- what does the work ---- */

static gboolean
attempt_start (Connect *self)
{
  return self->relay != NULL ? mitogen_relay_start (self->relay)
                             : mitogen_bootstrap_start (self->bootstrap);
}

static void
attempt_abort (Connect *self)
{
  if (self->relay != NULL)
    mitogen_relay_abort (self->relay);
  else
    mitogen_bootstrap_abort (self->bootstrap);
}

static void
settle_method (MitogenMethod *method)
{
  if (method->funcs->settled != NULL)
    method->funcs->settled (method);
}

/* In the operation's context: whom it asked is dropped there. */
static void
attempt_clear (Connect *self)
{
  if (self->method != NULL)
    settle_method (self->method);
  g_clear_pointer (&self->method, mitogen_method_unref);
  if (self->prompter != NULL)
    mitogen_prompter_close (self->prompter);
  g_clear_pointer (&self->prompter, mitogen_prompter_unref);
  g_clear_pointer (&self->relay, mitogen_relay_unref);
  g_clear_pointer (&self->bootstrap, mitogen_bootstrap_unref);
}

/* ---- the outcome ---- */

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

/* The context that nobody waited for is there, or not. */
static void
settle (Connect *self, MitogenContext *context, const GError *error)
{
  g_autoptr (MitogenRouter) router = mitogen_core_dup_router (self->core);

  if (router == NULL)
    return;
  if (error != NULL)
    mitogen_router_forget_context (router, context);
  else
    mitogen_router_adopt_context (router, context);
}

/* In the operation's context. */
static void
complete (Connect *self, const GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);
  g_autoptr (MitogenContext) context = g_steal_pointer (&self->context);
  GCancellable *cancellable = task != NULL ? g_task_get_cancellable (task) : NULL;
  g_autoptr (GError) cancelled = NULL;

  /* Cancelled while the outcome was on its way: nobody wants the context. */
  if (error == NULL && g_cancellable_set_error_if_cancelled (cancellable, &cancelled))
    {
      error = cancelled;
      attempt_abort (self);
    }

  stop_listening (self, cancellable);
  attempt_clear (self);
  settle (self, context, error);
  if (task == NULL && error == NULL)
    mitogen_context_notify_connected (context);
  else if (task != NULL && error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else if (task != NULL)
    g_task_return_pointer (task, g_steal_pointer (&context), g_object_unref);
}

static void
cancel_run (gpointer data)
{
  Connect *self = data;
  g_autoptr (GError) error = NULL;

  if (self->context == NULL)
    return;
  g_cancellable_set_error_if_cancelled (g_task_get_cancellable (self->task), &error);
  attempt_abort (self);
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

  if (outcome->connect->context != NULL)
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
on_attempt_done (const GError *error, gpointer data)
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

static void
make_attempt (Connect *self,
              MitogenContextNode *node,
              MitogenContext *via,
              MitogenBootstrapSpec *spec)
{
  if (via != NULL && spec->via == NULL)
    self->relay = mitogen_relay_new (self->core, node, mitogen_context_get_node (via), spec,
                                     on_attempt_done, connect_ref (self), connect_unref);
  else
    self->bootstrap = mitogen_bootstrap_new (self->core, node, spec, on_attempt_done,
                                             connect_ref (self), connect_unref);
}

/* What a connection is made for: read in the caller's thread. */
typedef struct
{
  MitogenRouter *router;
  MitogenConnection *connection;
  MitogenContext *via;
  GMainContext *owner; /* where the signals of the new context are to be emitted */
} Request;

static Request *
request_new (MitogenRouter *router,
             MitogenConnection *connection,
             MitogenContext *via,
             GMainContext *owner)
{
  Request *request = g_new0 (Request, 1);

  request->router = g_object_ref (router);
  request->connection = g_object_ref (connection);
  g_set_object (&request->via, via);
  request->owner = g_main_context_ref (owner);
  return request;
}

static void
request_free (gpointer data)
{
  Request *request = data;

  g_object_unref (request->router);
  g_object_unref (request->connection);
  g_clear_object (&request->via);
  g_main_context_unref (request->owner);
  g_free (request);
}

/* From here on messages may be sent to it: they wait until it is there. */
static Connect *
connect_new (const Request *request, GMainContext *context, guint32 id, MitogenBootstrapSpec *spec)
{
  Connect *self = g_new0 (Connect, 1);
  MitogenCore *core = mitogen_router_get_core (request->router);
  g_autofree char *provisional = make_provisional_name (spec->name);
  gboolean is_behind = request->via != NULL && spec->via == NULL;
  guint32 via_id = is_behind ? mitogen_context_get_id (request->via) : mitogen_core_get_id (core);
  g_autoptr (MitogenContextNode) node = mitogen_context_node_new (id, provisional, via_id);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->core = mitogen_core_ref (core);
  self->dispatcher = mitogen_dispatcher_get (context);
  if (spec->preamble->first_stage != NULL || spec->is_fork)
    mitogen_context_node_set_is_python (node);
  self->context = mitogen_context_new (core, node, request->via, G_OBJECT (request->connection),
                                       request->owner);
  mitogen_requests_serve (core);
  mitogen_core_hold (core, id);
  mitogen_core_add_node (core, node);
  mitogen_modules_welcome (core, node);
  mitogen_router_adopt_context (request->router, self->context);
  if (spec->prompter != NULL)
    self->prompter = mitogen_prompter_ref (spec->prompter);
  if (spec->method != NULL)
    self->method = mitogen_method_ref (spec->method);
  make_attempt (self, node, request->via, spec);
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

static gboolean
check_via (MitogenCore *core, MitogenContext *via, GError **error)
{
  MitogenContextNode *node = mitogen_context_get_node (via);

  if (mitogen_context_get_core (via) != core)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _ ("Cannot connect through %s: it belongs to another router"),
                 mitogen_context_get_name (via));
  else if (!mitogen_context_check_connected (via, error))
    g_prefix_error (error, _ ("Cannot connect through %s: "), mitogen_context_get_name (via));
  else if (!mitogen_context_node_is_python (node))
    g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM,
                 _ ("Cannot connect through %s: only a context in Python that this program has "
                    "connected can start others for it"),
                 mitogen_context_get_name (via));
  else
    return TRUE;
  return FALSE;
}

/* Who answers if the program that is started asks for something: in @context. */
static void
make_prompter (const Request *request, GMainContext *context, MitogenBootstrapSpec *spec)
{
  MitogenConnection *connection = request->connection;
  g_autoptr (MitogenDispatcher) dispatcher = mitogen_dispatcher_get (context);
  g_autoptr (MitogenPassword) password = mitogen_connection_dup_password (connection);
  g_auto (MitogenPlace) place = { 0 };

  if (spec->method == NULL || spec->method->terminal == MITOGEN_TERMINAL_NONE)
    return;
  mitogen_place_init (&place, connection, request->via);
  spec->prompter =
      mitogen_prompter_new (dispatcher, mitogen_connection_get_interaction (connection), password,
                            &place, mitogen_connection_get_prompt_handler (connection),
                            G_OBJECT (connection));
}

/* @task: (nullable): NULL if nobody waits. Returns: (transfer full) (nullable): the new context,
 * which is being connected. */
static MitogenContext *
begin (const Request *request, guint32 id, GTask *task, GError **error)
{
  MitogenCore *core = mitogen_router_get_core (request->router);
  g_auto (MitogenBootstrapSpec) spec = { 0 };
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) ended = NULL;
  GMainContext *main_context = task != NULL ? g_task_get_context (task) : request->owner;
  Connect *self;

  if (request->via != NULL && !check_via (core, request->via, error))
    return NULL;
  if (!mitogen_connect_make_spec (core, request->connection, request->via, id, &spec, error))
    return NULL;

  make_prompter (request, main_context, &spec);
  self = connect_new (request, main_context, id, &spec);
  context = g_object_ref (self->context);
  g_set_object (&self->task, task);
  if (task != NULL)
    watch_cancellable (self, g_task_get_cancellable (task));
  if (!attempt_start (self))
    {
      ended = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_STREAM,
                                   _ ("The router has been shut down"));
      on_attempt_done (ended, self);
    }
  connect_unref (self);
  return g_steal_pointer (&context);
}

/* Returns: (transfer full) (nullable) */
static MitogenContext *
begin_task (GTask *task, guint32 id)
{
  GError *error = NULL;
  MitogenContext *context = begin (g_task_get_task_data (task), id, task, &error);

  if (context == NULL)
    g_task_return_error (task, error);
  return context;
}

static void
on_id_allocated (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  g_autoptr (MitogenContext) context = NULL;
  GError *error = NULL;
  guint32 id = mitogen_router_allocate_id_finish (MITOGEN_ROUTER (source), result, &error);

  if (id != 0)
    context = begin_task (task, id);
  else
    g_task_return_error (task, error);
}

/* This process is no detour. */
static MitogenContext *
skip_myself (MitogenRouter *self, MitogenContext *via)
{
  return via != NULL && mitogen_context_get_core (via) == mitogen_router_get_core (self) &&
                 mitogen_context_get_id (via) == mitogen_router_get_id (self)
             ? NULL
             : via;
}

/* @owner: where the signals of the new context are to be emitted. */
static GTask *
make_task (MitogenRouter *self,
           MitogenConnection *connection,
           MitogenContext *via,
           GMainContext *owner,
           GCancellable *cancellable,
           GAsyncReadyCallback callback,
           gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, mitogen_router_connect_async);
  /* It would drop the context, and the router keep it; complete() looks instead. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, request_new (self, connection, skip_myself (self, via), owner),
                        request_free);
  return task;
}

static void
connect_for_owner (MitogenRouter *self,
                   MitogenConnection *connection,
                   MitogenContext *via,
                   GMainContext *owner,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  g_autoptr (GTask) task =
      make_task (self, connection, via, owner, cancellable, callback, user_data);
  g_autoptr (MitogenContext) context = NULL;
  guint32 id;

  if (g_task_return_error_if_cancelled (task))
    return;
  if (mitogen_core_allocate_ids (mitogen_router_get_core (self), 1, &id))
    context = begin_task (task, id);
  else
    mitogen_router_allocate_id_async (self, cancellable, on_id_allocated, g_steal_pointer (&task));
}

MitogenContext *
mitogen_connect_begin (MitogenRouter *router,
                       MitogenConnection *connection,
                       MitogenContext *via,
                       guint32 id,
                       GMainContext *owner,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task =
      make_task (router, connection, via, owner, cancellable, callback, user_data);

  return g_task_return_error_if_cancelled (task) ? NULL : begin_task (task, id);
}

/**
 * mitogen_router_start_connect:
 * @self: a router
 * @connection: how to reach the context
 * @via: (nullable): the context on whose host to begin, which itself may still be on its
 *   way; nothing for this process
 * @error: return location for an error
 *
 * Begins to make a context, and returns it at once.
 *
 * It can be used without waiting: what is sent to it, calls included, and further
 * contexts made through it, ride along, so that a chain of contexts and the first
 * calls in it cost one way to the far end and back.
 *
 * If it cannot be reached, those calls fail, with the reason as text, and
 * [signal@Mitogen.Context::disconnected] is emitted with the error that
 * [method@Mitogen.Router.connect] would have returned. When it is there,
 * [property@Mitogen.Context:state] changes.
 *
 * Fails at once if the connection's settings are wrong, or if @via is gone. May be
 * called from any thread; in a process that is not the root of its tree it may have to
 * wait for an answer of the root.
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_start_connect (MitogenRouter *self,
                              MitogenConnection *connection,
                              MitogenContext *via,
                              GError **error)
{
  g_autoptr (GMainContext) owner = NULL;
  Request *request;
  MitogenContext *context;
  guint32 id;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), NULL);
  g_return_val_if_fail (MITOGEN_IS_CONNECTION (connection), NULL);
  g_return_val_if_fail (via == NULL || MITOGEN_IS_CONTEXT (via), NULL);
  g_return_val_if_fail (!mitogen_in_broker_thread (), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  id = mitogen_router_allocate_id (self, NULL, error);
  if (id == 0)
    return NULL;
  owner = g_main_context_ref_thread_default ();
  request = request_new (self, connection, skip_myself (self, via), owner);
  context = begin (request, id, NULL, error);
  request_free (request);
  return context;
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

/* A dialogue of GTK appears when the main loop runs, which stands still in a blocking call: the
 * question would never be seen, and the time limit stands still, too. */
gboolean
mitogen_connect_check_may_block (MitogenConnection *connection, GError **error)
{
  GMountOperation *interaction = mitogen_connection_get_interaction (connection);
  GType gtk_type = g_type_from_name ("GtkMountOperation");

  if (interaction == NULL || gtk_type == 0 || !g_type_is_a (G_OBJECT_TYPE (interaction), gtk_type))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       _ ("The connection's “interaction” shows dialogues by the main loop, which "
                          "a blocking call does not run: connect asynchronously"));
  return FALSE;
}

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
 * context do not run meanwhile; so a connection whose interaction is a `GtkMountOperation`
 * is refused with `G_IO_ERROR_NOT_SUPPORTED`: use [method@Mitogen.Router.connect_async].
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

  if (!mitogen_connect_check_may_block (connection, error))
    return NULL;
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
