/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-context-private.h"
#include "router/mitogen-function-call-private.h"
#include "router/mitogen-receiver-private.h"
#include "router/mitogen-router-private.h"
#include "mitogen-enums.h"
#include "wire/mitogen-error.h"
#include "wire/mitogen-value-private.h"

#include <glib/gi18n-lib.h>

/**
 * MitogenContext:
 *
 * A process somewhere in which this program can call functions.
 *
 * A context comes from [method@Mitogen.Router.connect] or one of the shorter forms
 * such as [method@Mitogen.Router.local]. It lives until it is shut down, its
 * connection breaks, or the router ends; dropping the last reference to this object
 * does not end it.
 *
 * A function is named as in an entry point of a Python package:
 * `package.module:function` or `package.module:Class.method`. Arguments and results
 * are [struct@GLib.Variant]s; see the table of values in the manual.
 *
 * Methods may be called from any thread. Signals are emitted in the main context
 * that was thread-default when the connection was begun.
 *
 * Since: 1.0
 */
struct _MitogenContext
{
  GObject parent_instance;

  MitogenCore *core;
  MitogenContextNode *node;
  MitogenContext *via;
  GObject *connection;
  MitogenDispatcher *dispatcher;
};

G_DEFINE_FINAL_TYPE (MitogenContext, mitogen_context, G_TYPE_OBJECT)

typedef enum
{
  PROP_ID = 1,
  PROP_NAME,
  PROP_ROUTER,
  PROP_VIA,
  PROP_CONNECTION,
  PROP_STATE,
  PROP_INFO,
} MitogenContextProperty;

static GParamSpec *properties[PROP_INFO + 1];

/* ---- the object ---- */

static void
mitogen_context_dispose (GObject *object)
{
  MitogenContext *self = MITOGEN_CONTEXT (object);

  g_clear_object (&self->via);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (mitogen_context_parent_class)->dispose (object);
}

/* Unless there is another object by now. */
static void
forget_passing_node (MitogenContext *self)
{
  g_autoptr (MitogenWeak) weak = mitogen_context_node_dup_weak (self->node);
  g_autoptr (GObject) other = mitogen_weak_get (weak);

  if (other == NULL)
    mitogen_core_remove_node (self->core, self->node);
}

static void
mitogen_context_finalize (GObject *object)
{
  MitogenContext *self = MITOGEN_CONTEXT (object);

  if (mitogen_context_node_is_passing (self->node))
    forget_passing_node (self);
  mitogen_context_node_unref (self->node);
  mitogen_core_unref (self->core);
  mitogen_dispatcher_unref (self->dispatcher);
  G_OBJECT_CLASS (mitogen_context_parent_class)->finalize (object);
}

static void
mitogen_context_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenContext *self = MITOGEN_CONTEXT (object);

  switch ((MitogenContextProperty) id)
    {
    case PROP_ID:
      g_value_set_uint (value, mitogen_context_get_id (self));
      break;
    case PROP_NAME:
      g_value_set_string (value, mitogen_context_get_name (self));
      break;
    case PROP_ROUTER:
      g_value_take_object (value, mitogen_context_dup_router (self));
      break;
    case PROP_VIA:
      g_value_set_object (value, self->via);
      break;
    case PROP_CONNECTION:
      g_value_set_object (value, self->connection);
      break;
    case PROP_STATE:
      g_value_set_enum (value, mitogen_context_get_state (self));
      break;
    case PROP_INFO:
      g_value_take_variant (value, mitogen_context_dup_info (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenContext:id: (getter get_id)
   *
   * The number by which messages find the context: unique within a tree.
   *
   * Since: 1.0
   */
  properties[PROP_ID] = g_param_spec_uint ("id", NULL, NULL, 0, G_MAXUINT, 0, flags);
  /**
   * MitogenContext:name: (getter get_name)
   *
   * What the context is called in messages to people, such as `local.1234`.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  /**
   * MitogenContext:router: (getter dup_router)
   *
   * The router that the context belongs to, while that exists.
   *
   * Since: 1.0
   */
  properties[PROP_ROUTER] = g_param_spec_object ("router", NULL, NULL, MITOGEN_TYPE_ROUTER, flags);
  /**
   * MitogenContext:via: (getter get_via)
   *
   * The context through which this one was made; nothing if this process made it.
   *
   * Since: 1.0
   */
  properties[PROP_VIA] = g_param_spec_object ("via", NULL, NULL, MITOGEN_TYPE_CONTEXT, flags);
  /**
   * MitogenContext:connection: (getter get_connection)
   *
   * The [class@Mitogen.Connection] that says how the context was reached.
   *
   * Since: 1.0
   */
  properties[PROP_CONNECTION] =
      g_param_spec_object ("connection", NULL, NULL, G_TYPE_OBJECT, flags);
  /**
   * MitogenContext:state: (getter get_state)
   *
   * What has become of the context.
   *
   * The value may be newer than the last notification: those are emitted in the
   * main context of the object.
   *
   * Since: 1.0
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, MITOGEN_TYPE_CONTEXT_STATE,
                                              MITOGEN_CONTEXT_STATE_CONNECTING, flags);
  /**
   * MitogenContext:info: (getter dup_info)
   *
   * What the context says of itself, as `a{sv}`: `interpreter` (s), `version` (s),
   * `implementation` (s), `pid` (x), `user` (s), `host` (s), `platform` (s). The
   * context may lie.
   *
   * Since: 1.0
   */
  properties[PROP_INFO] =
      g_param_spec_variant ("info", NULL, NULL, G_VARIANT_TYPE_VARDICT, NULL, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
on_disconnected (MitogenContext *self, GError *error)
{
  g_autoptr (MitogenRouter) router = mitogen_context_dup_router (self);

  if (router != NULL)
    mitogen_router_forget_context (router, self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static void
mitogen_context_class_init (MitogenContextClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mitogen_context_dispose;
  object_class->finalize = mitogen_context_finalize;
  object_class->get_property = mitogen_context_get_property;
  install_properties (object_class);

  /**
   * MitogenContext::disconnected:
   * @self: the context
   * @error: why
   *
   * Emitted once when the context is gone: it ended, its connection broke, or the
   * router was shut down.
   *
   * Calls that were waiting for it have failed already.
   *
   * Since: 1.0
   */
  g_signal_new_class_handler ("disconnected", MITOGEN_TYPE_CONTEXT, G_SIGNAL_RUN_FIRST,
                              G_CALLBACK (on_disconnected), NULL, NULL, NULL, G_TYPE_NONE, 1,
                              G_TYPE_ERROR);
  /**
   * MitogenContext::output:
   * @self: the context
   * @stream: `stdout` or `stderr`
   * @line: what was written, without the newline
   *
   * Emitted for each line that code in the context writes to its standard output or
   * error output.
   *
   * A line may come after the result of the call that wrote it. Lines are dropped
   * while very many wait for a main context that is not iterated.
   *
   * Since: 1.0
   */
  g_signal_new ("output", MITOGEN_TYPE_CONTEXT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                2, G_TYPE_STRING, G_TYPE_STRING);
}

static void
mitogen_context_init (MitogenContext *self)
{
}

MitogenContext *
mitogen_context_new (MitogenCore *core,
                     MitogenContextNode *node,
                     MitogenContext *via,
                     GObject *connection,
                     GMainContext *owner)
{
  MitogenContext *self = g_object_new (MITOGEN_TYPE_CONTEXT, NULL);

  self->dispatcher = mitogen_dispatcher_get (owner);
  self->core = mitogen_core_ref (core);
  self->node = mitogen_context_node_ref (node);
  g_set_object (&self->via, via);
  g_set_object (&self->connection, connection);
  mitogen_context_node_set_object (node, G_OBJECT (self), self->dispatcher);
  return self;
}

void
mitogen_context_notify_connected (MitogenContext *self)
{
  g_object_freeze_notify (G_OBJECT (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NAME]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_INFO]);
  g_object_thaw_notify (G_OBJECT (self));
}

MitogenContextNode *
mitogen_context_get_node (MitogenContext *self)
{
  return self->node;
}

MitogenCore *
mitogen_context_get_core (MitogenContext *self)
{
  return self->core;
}

/**
 * mitogen_context_get_id: (get-property id)
 * @self: a context
 *
 * Gets the number of the context. May be called from any thread.
 *
 * Returns: the id
 *
 * Since: 1.0
 */
guint32
mitogen_context_get_id (MitogenContext *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), 0);
  return mitogen_context_node_get_id (self->node);
}

/**
 * mitogen_context_get_name: (get-property name)
 * @self: a context
 *
 * Gets what the context is called. May be called from any thread.
 *
 * Returns: (transfer none): the name
 *
 * Since: 1.0
 */
const char *
mitogen_context_get_name (MitogenContext *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), NULL);
  return mitogen_context_node_get_name (self->node);
}

/**
 * mitogen_context_dup_router: (get-property router)
 * @self: a context
 *
 * Gets the router of the context. May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the router; nothing if the program has let go
 *   of it
 *
 * Since: 1.0
 */
MitogenRouter *
mitogen_context_dup_router (MitogenContext *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), NULL);
  return mitogen_core_dup_router (self->core);
}

/**
 * mitogen_context_get_via: (get-property via)
 * @self: a context
 *
 * Gets the context through which this one was made. May be called from any thread.
 *
 * Returns: (transfer none) (nullable): the context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_context_get_via (MitogenContext *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), NULL);
  return self->via;
}

/**
 * mitogen_context_get_connection: (get-property connection)
 * @self: a context
 *
 * Gets how the context was reached. May be called from any thread.
 *
 * Returns: (transfer none) (nullable): the connection; nothing for a context that
 *   this process did not connect
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_context_get_connection (MitogenContext *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), NULL);
  return (MitogenConnection *) self->connection;
}

/**
 * mitogen_context_get_state: (get-property state)
 * @self: a context
 *
 * Gets what has become of the context. May be called from any thread.
 *
 * Returns: the state
 *
 * Since: 1.0
 */
MitogenContextState
mitogen_context_get_state (MitogenContext *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), MITOGEN_CONTEXT_STATE_DISCONNECTED);
  switch (mitogen_context_node_get_state (self->node))
    {
    case MITOGEN_CONTEXT_NODE_CONNECTING:
      return MITOGEN_CONTEXT_STATE_CONNECTING;
    case MITOGEN_CONTEXT_NODE_CONNECTED:
      return MITOGEN_CONTEXT_STATE_CONNECTED;
    case MITOGEN_CONTEXT_NODE_DISCONNECTED:
    default:
      return MITOGEN_CONTEXT_STATE_DISCONNECTED;
    }
}

/**
 * mitogen_context_dup_info: (get-property info)
 * @self: a context
 *
 * Gets what the context says of itself: see [property@Mitogen.Context:info]. May be
 * called from any thread.
 *
 * Returns: (transfer full) (nullable): an `a{sv}`; nothing if it has not said
 *   anything
 *
 * Since: 1.0
 */
GVariant *
mitogen_context_dup_info (MitogenContext *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), NULL);
  return mitogen_context_node_get_info (self->node);
}

/* ---- sending ---- */

gboolean
mitogen_context_check_connected (MitogenContext *self, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (mitogen_context_node_get_state (self->node) != MITOGEN_CONTEXT_NODE_DISCONNECTED)
    return TRUE;

  reason = mitogen_context_node_get_reason (self->node);
  g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("Context %s has disconnected: %s"),
               mitogen_context_get_name (self), reason->message);
  return FALSE;
}

static MitogenMessage *
with_destination (MitogenContext *self, MitogenMessage *message)
{
  MitogenFrameHeader header = *mitogen_message_get_header (message);

  header.dst_id = mitogen_context_get_id (self);
  return mitogen_message_with_header (message, &header);
}

/* Makes @message a request whose answer goes to @mailbox. */
static MitogenMessage *
make_request (MitogenContext *self,
              MitogenMessage *message,
              MitogenMailbox *mailbox,
              GError **error)
{
  guint32 handle;

  if (!mitogen_context_check_connected (self, error))
    return NULL;
  handle = mitogen_mailbox_register (mailbox, self->core, 0, FALSE, mitogen_context_get_id (self),
                                     error);
  return handle != 0 ? mitogen_message_with_reply_to (message, handle) : NULL;
}

static gboolean
give_up_handle (MitogenContext *self, guint32 handle)
{
  return mitogen_handlers_remove (mitogen_core_get_handlers (self->core), handle);
}

MitogenMessage *
mitogen_context_wait_for_answer (MitogenContext *self,
                                 MitogenMessage *message,
                                 gint timeout,
                                 GCancellable *cancellable,
                                 GError **error)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  g_autoptr (MitogenMessage) request = NULL;
  g_autoptr (MitogenMessage) answer = NULL;
  guint32 handle;
  gboolean sent;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  request = make_request (self, message, mailbox, error);
  if (request == NULL)
    return NULL;

  handle = mitogen_message_get_reply_to (request);
  answer = mitogen_core_send_and_read (self->core, request, timeout, &sent);
  /* Whoever takes the handler away delivers: it may just have got a dead message. */
  if (answer != NULL && give_up_handle (self, handle))
    return g_steal_pointer (&answer);
  if (!sent)
    mitogen_core_send (self->core, request);

  g_clear_pointer (&answer, mitogen_message_unref);
  answer = mitogen_mailbox_pop (mailbox, timeout, cancellable, error);
  if (answer == NULL)
    give_up_handle (self, handle);
  return g_steal_pointer (&answer);
}

typedef struct
{
  MitogenCore *core;
  guint32 handle;
} Abandoned;

static void
abandon (gpointer data)
{
  Abandoned *abandoned = data;

  mitogen_handlers_remove (mitogen_core_get_handlers (abandoned->core), abandoned->handle);
}

static void
abandoned_free (gpointer data)
{
  Abandoned *abandoned = data;

  mitogen_core_unref (abandoned->core);
  g_free (abandoned);
}

void
mitogen_context_pop_for_task (MitogenContext *self,
                              MitogenMailbox *mailbox,
                              guint32 handle,
                              gint timeout,
                              GTask *task)
{
  Abandoned *abandoned = g_new (Abandoned, 1);

  abandoned->core = mitogen_core_ref (self->core);
  abandoned->handle = handle;
  mitogen_mailbox_pop_task (mailbox, timeout, task, abandon, abandoned, abandoned_free);
}

void
mitogen_context_send_for_task (MitogenContext *self,
                               MitogenMessage *message,
                               gint timeout,
                               GTask *task)
{
  g_autoptr (GTask) owned = task;
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  g_autoptr (MitogenMessage) request = NULL;
  GError *error = NULL;

  if (g_task_return_error_if_cancelled (owned))
    return;
  request = make_request (self, message, mailbox, &error);
  if (request == NULL)
    {
      g_task_return_error (owned, error);
      return;
    }

  mitogen_core_send (self->core, request);
  mitogen_context_pop_for_task (self, mailbox, mitogen_message_get_reply_to (request), timeout,
                                g_steal_pointer (&owned));
}

/**
 * mitogen_context_send:
 * @self: a context
 * @message: the message
 *
 * Sends a message to this context, whatever destination it names.
 *
 * If it cannot be delivered and asks for a reply, that reply is a dead message. May
 * be called from any thread.
 *
 * Since: 1.0
 */
void
mitogen_context_send (MitogenContext *self, MitogenMessage *message)
{
  g_autoptr (MitogenMessage) addressed = NULL;

  g_return_if_fail (MITOGEN_IS_CONTEXT (self));
  g_return_if_fail (message != NULL);

  addressed = with_destination (self, message);
  mitogen_core_send (self->core, addressed);
}

/**
 * mitogen_context_send_async:
 * @self: a context
 * @message: the message
 * @persist: whether more than one answer is expected
 * @error: return location for an error
 *
 * Sends a message to this context and creates a receiver for the answer.
 *
 * The answer arrives at the receiver: this function does not wait, and is not one
 * half of an asynchronous operation. Fails with `MITOGEN_ERROR_CHANNEL` if the
 * context is gone. May be called from any thread.
 *
 * Returns: (transfer full): a receiver
 *
 * Since: 1.0
 */
MitogenReceiver *
mitogen_context_send_async (MitogenContext *self,
                            MitogenMessage *message,
                            gboolean persist,
                            GError **error)
{
  g_autoptr (MitogenReceiver) receiver = NULL;
  g_autoptr (MitogenMessage) addressed = NULL;
  g_autoptr (MitogenMessage) request = NULL;

  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), NULL);
  g_return_val_if_fail (message != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!mitogen_context_check_connected (self, error))
    return NULL;
  receiver = mitogen_receiver_new_for_core (self->core, 0, persist, self, error);
  if (receiver == NULL)
    return NULL;

  addressed = with_destination (self, message);
  request = mitogen_message_with_reply_to (addressed, mitogen_receiver_get_handle (receiver));
  mitogen_core_send (self->core, request);
  return g_steal_pointer (&receiver);
}

/* A dead answer is an error of the operation. */
static MitogenMessage *
check_answer (MitogenMessage *answer, GError **error)
{
  g_autoptr (MitogenMessage) owned = answer;

  if (owned != NULL && mitogen_message_is_dead (owned))
    {
      g_propagate_error (error, mitogen_message_dead_error (owned));
      return NULL;
    }
  return g_steal_pointer (&owned);
}

/**
 * mitogen_context_send_await:
 * @self: a context
 * @message: the message
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Sends a message to this context and waits for the answer.
 *
 * Fails with `MITOGEN_ERROR_CHANNEL` if there will be none, with
 * `MITOGEN_ERROR_TIMED_OUT` or `G_IO_ERROR_CANCELLED`. May be called from any thread
 * that may block.
 *
 * Returns: (transfer full): the answer
 *
 * Since: 1.0
 */
MitogenMessage *
mitogen_context_send_await (MitogenContext *self,
                            MitogenMessage *message,
                            gint timeout,
                            GCancellable *cancellable,
                            GError **error)
{
  g_autoptr (MitogenMessage) addressed = NULL;

  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), NULL);
  g_return_val_if_fail (message != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  addressed = with_destination (self, message);
  return check_answer (mitogen_context_wait_for_answer (self, addressed, timeout, cancellable,
                                                        error),
                       error);
}

/**
 * mitogen_context_send_await_async:
 * @self: a context
 * @message: the message
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called with the answer
 * @user_data: passed to @callback
 *
 * Sends a message to this context and waits for the answer without blocking: see
 * [method@Mitogen.Context.send_await].
 *
 * Since: 1.0
 */
void
mitogen_context_send_await_async (MitogenContext *self,
                                  MitogenMessage *message,
                                  gint timeout,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (MitogenMessage) addressed = NULL;
  GTask *task;

  g_return_if_fail (MITOGEN_IS_CONTEXT (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mitogen_context_send_await_async);
  addressed = with_destination (self, message);
  mitogen_context_send_for_task (self, addressed, timeout, task);
}

/**
 * mitogen_context_send_await_finish:
 * @self: a context
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Context.send_await_async].
 *
 * Returns: (transfer full): the answer
 *
 * Since: 1.0
 */
MitogenMessage *
mitogen_context_send_await_finish (MitogenContext *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return check_answer (g_task_propagate_pointer (G_TASK (result), error), error);
}

/* ---- as a value ---- */

/**
 * mitogen_context_to_variant:
 * @self: a context
 *
 * Makes a value that stands for the context in an argument or result: on the other
 * side it is a `Context`. May be called from any thread.
 *
 * Returns: (transfer floating): the value
 *
 * Since: 1.0
 */
GVariant *
mitogen_context_to_variant (MitogenContext *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), NULL);
  return mitogen_value_context_new (mitogen_context_get_id (self), mitogen_context_get_name (self));
}

/**
 * mitogen_context_from_variant:
 * @router: the router of this process
 * @value: a value that was received
 * @error: return location for an error
 *
 * Gets the context that a received value stands for.
 *
 * Fails with `MITOGEN_ERROR_TYPE` if it does not stand for one. May be called from
 * any thread.
 *
 * Returns: (transfer full): the context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_context_from_variant (MitogenRouter *router, GVariant *value, GError **error)
{
  const char *name;
  guint32 id;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (router), NULL);
  g_return_val_if_fail (value != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!mitogen_value_context_get (value, &id, &name))
    {
      g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE,
                   _ ("A value of type “%s” does not stand for a context"),
                   g_variant_get_type_string (value));
      return NULL;
    }
  return mitogen_router_context_by_id (router, id, name);
}
