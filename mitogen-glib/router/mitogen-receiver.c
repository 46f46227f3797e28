/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-receiver-private.h"
#include "router/mitogen-context-private.h"
#include "router/mitogen-router-private.h"
#include "wire/mitogen-error.h"
#include "wire/mitogen-pickle-private.h"

#include <glib/gi18n-lib.h>

/* The program does not run its main loop if 256 wake-ups that nobody asked for are waiting. */
#define IDLE_WAKE_SIZE (MITOGEN_DISPATCHER_MAX_WAITING / 256)

typedef struct _MitogenReceiverWake MitogenReceiverWake;

/**
 * MitogenReceiver:
 *
 * A queue of the messages that other contexts send to one handle of this process.
 *
 * Messages wait in the queue until somebody takes them: with
 * [method@Mitogen.Receiver.get] in a thread that may block, or with
 * [method@Mitogen.Receiver.get_async]. With [property@Mitogen.Receiver:flowing]
 * they are handed out by the [signal@Mitogen.Receiver::message] signal instead, as
 * they come.
 *
 * A receiver with a respondent fails at once when that context is gone.
 *
 * Methods may be called from any thread. Signals are emitted in the main context
 * that was thread-default when the receiver was made.
 *
 * Since: 1.0
 */
struct _MitogenReceiver
{
  GObject parent_instance;

  MitogenCore *core;
  MitogenMailbox *mailbox;
  MitogenContext *context; /* the respondent; NULL: anybody */
  MitogenDispatcher *dispatcher;
  MitogenReceiverWake *wake;
  guint32 handle;
  gint flowing;        /* atomic */
  gint closed_emitted; /* atomic */
};

G_DEFINE_FINAL_TYPE (MitogenReceiver, mitogen_receiver, G_TYPE_OBJECT)

typedef enum
{
  PROP_HANDLE = 1,
  PROP_CONTEXT,
  PROP_FLOWING,
} MitogenReceiverProperty;

enum
{
  SIGNAL_READY,
  SIGNAL_MESSAGE,
  SIGNAL_CLOSED,
  N_SIGNALS,
};

static GParamSpec *properties[PROP_FLOWING + 1];
static guint signals[N_SIGNALS];

/* ---- from a handler into the mailbox ---- */

static void
mailbox_handler (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  mitogen_mailbox_deliver (data, message);
}

/* The handle is free again: nothing can come after the one message. */
static void
mailbox_handler_once (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  mitogen_mailbox_deliver (data, message);
  mitogen_mailbox_close (data, _ ("The receiver has had the only message that it could get"));
}

static MitogenHandlerSpec
make_spec (MitogenMailbox *mailbox, guint32 handle, gboolean persist, guint32 respondent)
{
  return (MitogenHandlerSpec){
    .handle = handle,
    .persist = persist,
    .respondent = respondent,
    .accept = MITOGEN_ACCEPT_ANY,
    .func = persist ? mailbox_handler : mailbox_handler_once,
    .data = mitogen_mailbox_ref (mailbox),
    .destroy = (GDestroyNotify) mitogen_mailbox_unref,
  };
}

guint32
mitogen_mailbox_register (MitogenMailbox *mailbox,
                          MitogenCore *core,
                          guint32 handle,
                          gboolean persist,
                          guint32 respondent,
                          GError **error)
{
  MitogenHandlerSpec spec = make_spec (mailbox, handle, persist, respondent);

  return mitogen_handlers_add (mitogen_core_get_handlers (core), &spec, error);
}

/* ---- signals ---- */

static MitogenMessage *
take (MitogenReceiver *self, MitogenMessage *message)
{
  if (message != NULL)
    mitogen_message_set_origin (message, G_OBJECT (self));
  return message;
}

static void
emit_messages (MitogenReceiver *self)
{
  while (g_atomic_int_get (&self->flowing))
    {
      g_autoptr (MitogenMessage) message = take (self, mitogen_mailbox_try_pop (self->mailbox));

      if (message == NULL)
        return;
      g_signal_emit (self, signals[SIGNAL_MESSAGE], 0, message);
    }
  if (mitogen_mailbox_get_length (self->mailbox) > 0)
    g_signal_emit (self, signals[SIGNAL_READY], 0);
}

/* What the broker thread knows of a receiver. It may look at the object with the lock held,
 * since dispose takes the pointer away with it held, but never own a reference. */
struct _MitogenReceiverWake
{
  gatomicrefcount ref_count;
  MitogenWeak *weak;
  GMutex lock;
  MitogenReceiver *receiver;
  gint posted; /* atomic: one wake-up for however many messages */
};

static MitogenReceiverWake *
wake_new (MitogenReceiver *self)
{
  MitogenReceiverWake *wake = g_new0 (MitogenReceiverWake, 1);

  g_atomic_ref_count_init (&wake->ref_count);
  g_mutex_init (&wake->lock);
  wake->weak = mitogen_weak_new (self);
  wake->receiver = self;
  return wake;
}

static MitogenReceiverWake *
wake_ref (MitogenReceiverWake *wake)
{
  g_atomic_ref_count_inc (&wake->ref_count);
  return wake;
}

static void
wake_unref (gpointer data)
{
  MitogenReceiverWake *wake = data;

  if (!g_atomic_ref_count_dec (&wake->ref_count))
    return;

  mitogen_weak_unref (wake->weak);
  g_mutex_clear (&wake->lock);
  g_free (wake);
}

static gboolean
wake_has_listener (MitogenReceiverWake *wake)
{
  gboolean has = FALSE;

  g_mutex_lock (&wake->lock);
  if (wake->receiver != NULL)
    has = g_atomic_int_get (&wake->receiver->flowing) ||
          g_signal_has_handler_pending (wake->receiver, signals[SIGNAL_READY], 0, FALSE) ||
          g_signal_has_handler_pending (wake->receiver, signals[SIGNAL_CLOSED], 0, FALSE);
  g_mutex_unlock (&wake->lock);
  return has;
}

/* In the owner's context. */
static void
pump (gpointer data)
{
  MitogenReceiverWake *wake = data;
  g_autoptr (MitogenReceiver) self = mitogen_weak_get (wake->weak);

  g_assert (!mitogen_in_broker_thread ());
  g_atomic_int_set (&wake->posted, FALSE);
  if (self == NULL)
    return;

  emit_messages (self);
  if (mitogen_mailbox_is_closed (self->mailbox) &&
      mitogen_mailbox_get_length (self->mailbox) == 0 &&
      g_atomic_int_compare_and_exchange (&self->closed_emitted, FALSE, TRUE))
    g_signal_emit (self, signals[SIGNAL_CLOSED], 0);
}

/* A handler may be connected in a moment: so the owner's main loop is woken in any case,
 * unless it plainly does not run (a program of blocking calls only). */
static void
wake_post (MitogenReceiverWake *wake, MitogenDispatcher *dispatcher)
{
  if (!g_atomic_int_compare_and_exchange (&wake->posted, FALSE, TRUE))
    return;
  if (wake_has_listener (wake))
    mitogen_dispatcher_post (dispatcher, pump, wake_ref (wake), wake_unref);
  else if (!mitogen_dispatcher_post_lossy (dispatcher, IDLE_WAKE_SIZE, pump, wake_ref (wake),
                                           wake_unref))
    g_atomic_int_set (&wake->posted, FALSE);
}

typedef struct
{
  MitogenReceiverWake *wake;
  MitogenDispatcher *dispatcher;
} Listener;

static void
on_delivery (MitogenMailbox *mailbox, gpointer data)
{
  Listener *listener = data;

  wake_post (listener->wake, listener->dispatcher);
}

static void
listener_free (gpointer data)
{
  Listener *listener = data;

  wake_unref (listener->wake);
  mitogen_dispatcher_unref (listener->dispatcher);
  g_free (listener);
}

static void
listen_for_deliveries (MitogenReceiver *self)
{
  Listener *listener = g_new (Listener, 1);

  listener->wake = wake_ref (self->wake);
  listener->dispatcher = mitogen_dispatcher_ref (self->dispatcher);
  mitogen_mailbox_listen (self->mailbox, MITOGEN_MAILBOX_OWNER, on_delivery, listener,
                          listener_free);
}

/* ---- the object ---- */

static void
mitogen_receiver_dispose (GObject *object)
{
  MitogenReceiver *self = MITOGEN_RECEIVER (object);

  if (self->handle != 0)
    mitogen_handlers_remove_own (mitogen_core_get_handlers (self->core), self->handle,
                                 self->mailbox);
  self->handle = 0;
  mitogen_mailbox_unlisten (self->mailbox, MITOGEN_MAILBOX_OWNER);
  g_mutex_lock (&self->wake->lock);
  self->wake->receiver = NULL;
  g_mutex_unlock (&self->wake->lock);
  g_clear_object (&self->context);

  G_OBJECT_CLASS (mitogen_receiver_parent_class)->dispose (object);
}

static void
mitogen_receiver_finalize (GObject *object)
{
  MitogenReceiver *self = MITOGEN_RECEIVER (object);

  mitogen_mailbox_unref (self->mailbox);
  g_clear_pointer (&self->core, mitogen_core_unref);
  wake_unref (self->wake);
  mitogen_dispatcher_unref (self->dispatcher);

  G_OBJECT_CLASS (mitogen_receiver_parent_class)->finalize (object);
}

static void
mitogen_receiver_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenReceiver *self = MITOGEN_RECEIVER (object);

  switch ((MitogenReceiverProperty) id)
    {
    case PROP_HANDLE:
      g_value_set_uint (value, self->handle);
      break;
    case PROP_CONTEXT:
      g_value_set_object (value, self->context);
      break;
    case PROP_FLOWING:
      g_value_set_boolean (value, mitogen_receiver_get_flowing (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_receiver_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  MitogenReceiver *self = MITOGEN_RECEIVER (object);

  switch ((MitogenReceiverProperty) id)
    {
    case PROP_FLOWING:
      mitogen_receiver_set_flowing (self, g_value_get_boolean (value));
      break;
    case PROP_HANDLE:
    case PROP_CONTEXT:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_receiver_class_init (MitogenReceiverClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mitogen_receiver_dispose;
  object_class->finalize = mitogen_receiver_finalize;
  object_class->get_property = mitogen_receiver_get_property;
  object_class->set_property = mitogen_receiver_set_property;

  /**
   * MitogenReceiver:handle: (getter get_handle)
   *
   * The handle that messages are sent to.
   *
   * Since: 1.0
   */
  properties[PROP_HANDLE] = g_param_spec_uint ("handle", NULL, NULL, 0, G_MAXUINT, 0,
                                               G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * MitogenReceiver:context: (getter get_context)
   *
   * The context that messages are expected from, if it is only one.
   *
   * Since: 1.0
   */
  properties[PROP_CONTEXT] = g_param_spec_object ("context", NULL, NULL, MITOGEN_TYPE_CONTEXT,
                                                  G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * MitogenReceiver:flowing: (getter get_flowing) (setter set_flowing)
   *
   * Whether messages are handed out by [signal@Mitogen.Receiver::message] rather
   * than queued.
   *
   * Since: 1.0
   */
  properties[PROP_FLOWING] =
      g_param_spec_boolean ("flowing", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * MitogenReceiver::ready:
   * @self: the receiver
   *
   * Emitted when there are messages in the queue.
   *
   * Call [method@Mitogen.Receiver.try_get] until it returns nothing: several
   * messages may share one emission.
   *
   * Since: 1.0
   */
  signals[SIGNAL_READY] = g_signal_new ("ready", MITOGEN_TYPE_RECEIVER, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 0);
  /**
   * MitogenReceiver::message:
   * @self: the receiver
   * @message: what came
   *
   * Emitted for each message while [property@Mitogen.Receiver:flowing] is true.
   *
   * The message may be dead: see [method@Mitogen.Message.is_dead].
   *
   * Since: 1.0
   */
  signals[SIGNAL_MESSAGE] = g_signal_new ("message", MITOGEN_TYPE_RECEIVER, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 1, MITOGEN_TYPE_MESSAGE);
  /**
   * MitogenReceiver::closed:
   * @self: the receiver
   *
   * Emitted once when the receiver has been closed and its last message taken.
   *
   * Since: 1.0
   */
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", MITOGEN_TYPE_RECEIVER, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mitogen_receiver_init (MitogenReceiver *self)
{
  self->mailbox = mitogen_mailbox_new ();
  self->dispatcher = mitogen_dispatcher_get_thread_default ();
  self->wake = wake_new (self);
  listen_for_deliveries (self);
}

static MitogenReceiver *
receiver_new (MitogenCore *core,
              guint32 handle,
              MitogenHandlerFlags flags,
              MitogenContext *respondent,
              MitogenPolicy policy,
              GError **error)
{
  g_autoptr (MitogenReceiver) self = g_object_new (MITOGEN_TYPE_RECEIVER, NULL);
  guint32 respondent_id =
      respondent != NULL ? mitogen_context_get_id (respondent) : MITOGEN_ID_NONE;
  MitogenHandlerSpec spec =
      make_spec (self->mailbox, handle, flags & MITOGEN_HANDLER_PERSIST, respondent_id);

  self->core = mitogen_core_ref (core);
  g_set_object (&self->context, respondent);
  spec.accept = (MitogenAccept) policy;
  spec.replaceable = TRUE;
  if (flags & MITOGEN_HANDLER_OVERWRITE)
    self->handle = mitogen_core_take_handle (core, &spec, error);
  else
    self->handle = mitogen_handlers_add (mitogen_core_get_handlers (core), &spec, error);
  return self->handle != 0 ? g_steal_pointer (&self) : NULL;
}

MitogenReceiver *
mitogen_receiver_new_for_core (MitogenCore *core,
                               guint32 handle,
                               gboolean persist,
                               MitogenContext *respondent,
                               GError **error)
{
  return receiver_new (core, handle, persist ? MITOGEN_HANDLER_PERSIST : MITOGEN_HANDLER_NONE,
                       respondent, MITOGEN_POLICY_ANY, error);
}

MitogenMailbox *
mitogen_receiver_get_mailbox (MitogenReceiver *self)
{
  return self->mailbox;
}

/**
 * mitogen_receiver_new:
 * @router: the router of this process
 * @handle: the handle to receive on, or 0 for one that is free
 * @persist: whether to go on after the first message
 * @respondent: (nullable): the only context that messages may come from
 * @error: return location for an error
 *
 * Creates a receiver.
 *
 * With a respondent, messages from others are refused, and when it is gone the
 * receiver gets a dead message. Fails with `MITOGEN_ERROR_CHANNEL` if the handle is
 * taken or the router has been shut down. May be called from any thread.
 *
 * Returns: (transfer full): a new receiver
 *
 * Since: 1.0
 */
MitogenReceiver *
mitogen_receiver_new (MitogenRouter *router,
                      guint32 handle,
                      gboolean persist,
                      MitogenContext *respondent,
                      GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_ROUTER (router), NULL);
  g_return_val_if_fail (respondent == NULL || MITOGEN_IS_CONTEXT (respondent), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return mitogen_receiver_new_for_core (mitogen_router_get_core (router), handle, persist,
                                        respondent, error);
}

/**
 * mitogen_receiver_new_full:
 * @router: the router of this process
 * @handle: the handle to receive on, or 0 for one that is free
 * @flags: how to receive
 * @respondent: (nullable): the only context that messages may come from
 * @policy: who else may send
 * @error: return location for an error
 *
 * Creates a receiver that takes messages by a policy, or that takes a handle over.
 *
 * Whoever of the program served the handle before gets a dead message. See also
 * [ctor@Mitogen.Receiver.new]. May be called from any thread.
 *
 * Returns: (transfer full): a new receiver
 *
 * Since: 1.0
 */
MitogenReceiver *
mitogen_receiver_new_full (MitogenRouter *router,
                           guint32 handle,
                           MitogenHandlerFlags flags,
                           MitogenContext *respondent,
                           MitogenPolicy policy,
                           GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_ROUTER (router), NULL);
  g_return_val_if_fail (respondent == NULL || MITOGEN_IS_CONTEXT (respondent), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return receiver_new (mitogen_router_get_core (router), handle, flags, respondent, policy, error);
}

/**
 * mitogen_receiver_get_handle: (get-property handle)
 * @self: a receiver
 *
 * Gets the handle that messages are sent to. May be called from any thread.
 *
 * Returns: the handle
 *
 * Since: 1.0
 */
guint32
mitogen_receiver_get_handle (MitogenReceiver *self)
{
  g_return_val_if_fail (MITOGEN_IS_RECEIVER (self), 0);
  return self->handle;
}

/**
 * mitogen_receiver_get_context: (get-property context)
 * @self: a receiver
 *
 * Gets the respondent: for the receiver of a call, the context that was called. May
 * be called from any thread.
 *
 * Returns: (transfer none) (nullable): the context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_receiver_get_context (MitogenReceiver *self)
{
  g_return_val_if_fail (MITOGEN_IS_RECEIVER (self), NULL);
  return self->context;
}

/**
 * mitogen_receiver_get_flowing: (get-property flowing)
 * @self: a receiver
 *
 * Tells whether messages are handed out by signal. May be called from any thread.
 *
 * Returns: whether they are
 *
 * Since: 1.0
 */
gboolean
mitogen_receiver_get_flowing (MitogenReceiver *self)
{
  g_return_val_if_fail (MITOGEN_IS_RECEIVER (self), FALSE);
  return g_atomic_int_get (&self->flowing);
}

/**
 * mitogen_receiver_set_flowing: (set-property flowing)
 * @self: a receiver
 * @flowing: whether to hand out messages by signal
 *
 * Begins or ends handing out messages by [signal@Mitogen.Receiver::message].
 *
 * Messages that are in the queue already come first. Call it in the thread of the
 * receiver's main context.
 *
 * Since: 1.0
 */
void
mitogen_receiver_set_flowing (MitogenReceiver *self, gboolean flowing)
{
  g_return_if_fail (MITOGEN_IS_RECEIVER (self));

  if (g_atomic_int_get (&self->flowing) == !!flowing)
    return;
  g_atomic_int_set (&self->flowing, !!flowing);
  if (flowing)
    wake_post (self->wake, self->dispatcher);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FLOWING]);
}

/**
 * mitogen_receiver_is_empty:
 * @self: a receiver
 *
 * Tells whether there is no message in the queue. May be called from any thread.
 *
 * Returns: whether [method@Mitogen.Receiver.get] would wait
 *
 * Since: 1.0
 */
gboolean
mitogen_receiver_is_empty (MitogenReceiver *self)
{
  g_return_val_if_fail (MITOGEN_IS_RECEIVER (self), TRUE);
  return mitogen_mailbox_get_length (self->mailbox) == 0;
}

/**
 * mitogen_receiver_close:
 * @self: a receiver
 *
 * Gives up the handle: who sends to it from now on is told that it is invalid.
 *
 * Messages already in the queue can still be taken; then every wait fails with
 * `MITOGEN_ERROR_CHANNEL`, also one that is in progress. May be called from any
 * thread, more than once.
 *
 * Since: 1.0
 */
void
mitogen_receiver_close (MitogenReceiver *self)
{
  g_return_if_fail (MITOGEN_IS_RECEIVER (self));
  mitogen_handlers_remove_own (mitogen_core_get_handlers (self->core), self->handle, self->mailbox);
  mitogen_mailbox_close (self->mailbox, _ ("The receiver has been closed"));
}

/**
 * mitogen_receiver_try_get:
 * @self: a receiver
 *
 * Takes the oldest message if there is one. It may be a dead one. May be called from
 * any thread.
 *
 * Returns: (transfer full) (nullable): the message
 *
 * Since: 1.0
 */
MitogenMessage *
mitogen_receiver_try_get (MitogenReceiver *self)
{
  g_return_val_if_fail (MITOGEN_IS_RECEIVER (self), NULL);
  return take (self, mitogen_mailbox_try_pop (self->mailbox));
}

/* A dead message is an error for whoever waits for one message. */
static MitogenMessage *
check_alive (MitogenMessage *message, GError **error)
{
  g_autoptr (MitogenMessage) owned = message;

  if (owned != NULL && mitogen_message_is_dead (owned))
    {
      g_propagate_error (error, mitogen_message_dead_error (owned));
      return NULL;
    }
  return g_steal_pointer (&owned);
}

/**
 * mitogen_receiver_get:
 * @self: a receiver
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Takes the oldest message, waiting for one if there is none.
 *
 * Fails with `MITOGEN_ERROR_CHANNEL` if the message is dead, or the receiver is
 * closed; with `MITOGEN_ERROR_TIMED_OUT`; with `G_IO_ERROR_CANCELLED`. May be called
 * from any thread that may block.
 *
 * Returns: (transfer full): the message
 *
 * Since: 1.0
 */
MitogenMessage *
mitogen_receiver_get (MitogenReceiver *self,
                      gint timeout,
                      GCancellable *cancellable,
                      GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_RECEIVER (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return check_alive (take (self, mitogen_mailbox_pop (self->mailbox, timeout, cancellable, error)),
                      error);
}

/**
 * mitogen_receiver_get_async:
 * @self: a receiver
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when there is a message
 * @user_data: passed to @callback
 *
 * Takes the oldest message as soon as there is one: see
 * [method@Mitogen.Receiver.get]. Several such operations are served in their order.
 *
 * Since: 1.0
 */
void
mitogen_receiver_get_async (MitogenReceiver *self,
                            gint timeout,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task;

  g_return_if_fail (MITOGEN_IS_RECEIVER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mitogen_receiver_get_async);
  mitogen_mailbox_pop_task (self->mailbox, timeout, task, NULL, NULL, NULL);
}

/**
 * mitogen_receiver_get_finish:
 * @self: a receiver
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Receiver.get_async].
 *
 * Returns: (transfer full): the message
 *
 * Since: 1.0
 */
MitogenMessage *
mitogen_receiver_get_finish (MitogenReceiver *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return check_alive (take (self, g_task_propagate_pointer (G_TASK (result), error)), error);
}

static GVariant *
unpickle (MitogenMessage *message, GError **error)
{
  g_autoptr (MitogenMessage) owned = message;

  return owned != NULL ? mitogen_message_unpickle (owned, error) : NULL;
}

/**
 * mitogen_receiver_get_data:
 * @self: a receiver
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Takes the oldest message and unpickles it: see [method@Mitogen.Receiver.get] and
 * [method@Mitogen.Message.unpickle], whose errors it has. May be called from any
 * thread that may block.
 *
 * Returns: (transfer full): the value
 *
 * Since: 1.0
 */
GVariant *
mitogen_receiver_get_data (MitogenReceiver *self,
                           gint timeout,
                           GCancellable *cancellable,
                           GError **error)
{
  return unpickle (mitogen_receiver_get (self, timeout, cancellable, error), error);
}

/**
 * mitogen_receiver_get_data_async:
 * @self: a receiver
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when there is a message
 * @user_data: passed to @callback
 *
 * Takes and unpickles the oldest message as soon as there is one: see
 * [method@Mitogen.Receiver.get_data].
 *
 * Since: 1.0
 */
void
mitogen_receiver_get_data_async (MitogenReceiver *self,
                                 gint timeout,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  mitogen_receiver_get_async (self, timeout, cancellable, callback, user_data);
}

/**
 * mitogen_receiver_get_data_finish:
 * @self: a receiver
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Receiver.get_data_async].
 *
 * Returns: (transfer full): the value
 *
 * Since: 1.0
 */
GVariant *
mitogen_receiver_get_data_finish (MitogenReceiver *self, GAsyncResult *result, GError **error)
{
  return unpickle (mitogen_receiver_get_finish (self, result, error), error);
}

/**
 * mitogen_receiver_dup_router:
 * @self: a receiver
 *
 * Gets the router that the receiver was made with. May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the router; nothing if the program has let go
 *   of it
 *
 * Since: 1.0
 */
MitogenRouter *
mitogen_receiver_dup_router (MitogenReceiver *self)
{
  g_return_val_if_fail (MITOGEN_IS_RECEIVER (self), NULL);
  return mitogen_core_dup_router (self->core);
}

/**
 * mitogen_receiver_to_sender:
 * @self: a receiver
 *
 * Makes a sender to this receiver, to be given to another context: see
 * [method@Mitogen.Sender.to_variant]. May be called from any thread.
 *
 * Returns: (transfer full): a new sender
 *
 * Since: 1.0
 */
MitogenSender *
mitogen_receiver_to_sender (MitogenReceiver *self)
{
  g_autoptr (MitogenContextNode) node = NULL;
  g_autoptr (MitogenContext) here = NULL;

  g_return_val_if_fail (MITOGEN_IS_RECEIVER (self), NULL);
  node = mitogen_context_node_new (mitogen_core_get_id (self->core), "self", 0);
  mitogen_context_node_set_connected (node, NULL);
  here = mitogen_context_new (self->core, node, NULL, NULL,
                              mitogen_dispatcher_get_context (self->dispatcher));
  return mitogen_sender_new (here, self->handle);
}

/* ---- what a message knows of its receiver ---- */

/**
 * mitogen_message_get_receiver:
 * @message: a message
 *
 * Gets the receiver that a message was taken from. May be called from any thread.
 *
 * Returns: (transfer none) (nullable): the receiver; nothing if the message did not
 *   come from one
 *
 * Since: 1.0
 */
MitogenReceiver *
mitogen_message_get_receiver (MitogenMessage *message)
{
  GObject *origin;

  g_return_val_if_fail (message != NULL, NULL);
  origin = mitogen_message_get_origin (message);
  return MITOGEN_IS_RECEIVER (origin) ? MITOGEN_RECEIVER (origin) : NULL;
}

static MitogenCore *
get_origin_core (MitogenMessage *message)
{
  GObject *origin = mitogen_message_get_origin (message);

  if (MITOGEN_IS_RECEIVER (origin))
    return MITOGEN_RECEIVER (origin)->core;
  return MITOGEN_IS_ROUTER (origin) ? mitogen_router_get_core (MITOGEN_ROUTER (origin)) : NULL;
}

/**
 * mitogen_message_reply:
 * @message: a message that was received
 * @value: the answer; a floating reference is consumed
 * @error: return location for an error
 *
 * Answers a message. If its sender does not expect an answer, nothing happens.
 *
 * Fails with `MITOGEN_ERROR_TYPE` if the value cannot be sent, and with
 * `MITOGEN_ERROR_CHANNEL` if the message was not received in this process. May be
 * called from any thread, once for each message.
 *
 * Returns: whether the value could be pickled
 *
 * Since: 1.0
 */
gboolean
mitogen_message_reply (MitogenMessage *message, GVariant *value, GError **error)
{
  g_autoptr (GVariant) owned = NULL;
  g_autoptr (MitogenMessage) reply = NULL;
  MitogenCore *core;

  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (value != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  owned = g_variant_ref_sink (value);
  core = get_origin_core (message);
  if (core == NULL)
    {
      g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL,
                           _ ("Only a message that was received can be replied to"));
      return FALSE;
    }
  reply = mitogen_message_new_pickled (mitogen_message_get_src_id (message),
                                       mitogen_message_get_reply_to (message), owned, error);
  if (reply == NULL)
    return FALSE;
  if (mitogen_message_get_reply_to (message) != 0 && !mitogen_message_is_dead (message))
    mitogen_core_send (core, reply);
  return TRUE;
}
