/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-broker-private.h"
#include "broker/mitogen-dispatcher-private.h"
#include "broker/mitogen-stream-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <unistd.h>

#define DEFAULT_SHUTDOWN_TIMEOUT 5000

/* At process exit there is no user to wait for: long enough for children to leave by themselves. */
#define EXIT_SHUTDOWN_TIMEOUT 1000

/**
 * MitogenBroker:
 *
 * The thread that does all input and output of one or more routers.
 *
 * A program needs none of its own: [ctor@Mitogen.Router.new] makes one. Sharing one
 * between routers, or giving a router its own, is for programs that keep groups of
 * contexts with different life times apart.
 *
 * All methods may be called from any thread unless they say otherwise. Signals are
 * emitted in the thread-default main context in which the broker was made.
 *
 * Since: 1.0
 */
struct _MitogenBroker
{
  GObject parent_instance;

  MitogenIo *io;
  MitogenDispatcher *dispatcher;
  MitogenWeak *weak;
  guint shutdown_timeout;
  gboolean install_watcher;
};

G_DEFINE_FINAL_TYPE (MitogenBroker, mitogen_broker, G_TYPE_OBJECT)

typedef enum
{
  PROP_SHUTDOWN_TIMEOUT = 1,
  PROP_INSTALL_WATCHER,
} MitogenBrokerProperty;

enum
{
  SIGNAL_SHUTDOWN,
  SIGNAL_EXITED,
  N_SIGNALS,
};

static GParamSpec *properties[PROP_INSTALL_WATCHER + 1];
static guint signals[N_SIGNALS];

/* ---- brokers to end when the process does ---- */

static GMutex watched_lock;
static GPtrArray *watched; /* of MitogenIo */
static pid_t watched_pid;

static void
shut_down_watched (void)
{
  g_autoptr (GPtrArray) all = NULL;

  /* A process that the program forked has no broker thread, and its children are not its own. */
  if (getpid () != watched_pid)
    return;

  g_mutex_lock (&watched_lock);
  all = g_steal_pointer (&watched);
  g_mutex_unlock (&watched_lock);
  if (all == NULL)
    return;

  for (guint i = 0; i < all->len; i++)
    {
      mitogen_io_set_shutdown_timeout (all->pdata[i], EXIT_SHUTDOWN_TIMEOUT);
      mitogen_io_shutdown (all->pdata[i]);
    }
  for (guint i = 0; i < all->len; i++)
    mitogen_io_join (all->pdata[i], 2 * EXIT_SHUTDOWN_TIMEOUT);
}

static void
watch (MitogenIo *io)
{
  static gsize registered = 0;

  if (g_once_init_enter (&registered))
    {
      watched_pid = getpid ();
      atexit (shut_down_watched);
      g_once_init_leave (&registered, 1);
    }

  g_mutex_lock (&watched_lock);
  if (watched == NULL)
    watched = g_ptr_array_new_with_free_func ((GDestroyNotify) mitogen_io_unref);
  g_ptr_array_add (watched, mitogen_io_ref (io));
  g_mutex_unlock (&watched_lock);
}

static void
unwatch (MitogenIo *io)
{
  g_mutex_lock (&watched_lock);
  if (watched != NULL)
    g_ptr_array_remove_fast (watched, io);
  g_mutex_unlock (&watched_lock);
}

void
mitogen_broker_abandon_all (void)
{
  watched = NULL;
  watched_pid = getpid ();
}

/* ---- signals: posted by the I/O thread ---- */

typedef struct
{
  MitogenWeak *weak;
  guint signal;
} Emission;

static void
emission_free (gpointer data)
{
  Emission *emission = data;

  mitogen_weak_unref (emission->weak);
  g_free (emission);
}

static void
emission_run (gpointer data)
{
  Emission *emission = data;
  g_autoptr (MitogenBroker) broker = mitogen_weak_get (emission->weak);

  g_assert (!mitogen_in_broker_thread ());
  if (broker != NULL)
    g_signal_emit (broker, signals[emission->signal], 0);
}

/* The I/O thread's view of a broker: it must not hold the object. */
typedef struct
{
  MitogenDispatcher *dispatcher;
  MitogenWeak *weak;
  MitogenIo *io; /* not owned: outlives its clients */
} Emitter;

static void
emitter_post (Emitter *emitter, guint signal)
{
  Emission *emission = g_new (Emission, 1);

  emission->weak = mitogen_weak_ref (emitter->weak);
  emission->signal = signal;
  mitogen_dispatcher_post (emitter->dispatcher, emission_run, emission, emission_free);
}

static void
emitter_shutdown (gpointer data)
{
  emitter_post (data, SIGNAL_SHUTDOWN);
}

static void
emitter_exited (gpointer data)
{
  Emitter *emitter = data;

  emitter_post (emitter, SIGNAL_EXITED);
  unwatch (emitter->io);
  mitogen_io_remove_client (emitter->io, emitter);
  mitogen_weak_unref (emitter->weak);
  mitogen_dispatcher_unref (emitter->dispatcher);
  g_free (emitter);
}

static const MitogenIoClientFuncs emitter_funcs = {
  .shutdown = emitter_shutdown,
  .exited = emitter_exited,
};

static void
emitter_register (gpointer data)
{
  Emitter *emitter = data;

  mitogen_io_add_client (emitter->io, &emitter_funcs, emitter);
}

static void
emitter_start (MitogenBroker *self)
{
  Emitter *emitter = g_new (Emitter, 1);

  emitter->dispatcher = mitogen_dispatcher_ref (self->dispatcher);
  emitter->weak = mitogen_weak_ref (self->weak);
  emitter->io = self->io;
  mitogen_io_post (self->io, emitter_register, emitter, NULL);
}

/* ---- the object ---- */

static void
mitogen_broker_constructed (GObject *object)
{
  MitogenBroker *self = MITOGEN_BROKER (object);

  G_OBJECT_CLASS (mitogen_broker_parent_class)->constructed (object);

  self->dispatcher = mitogen_dispatcher_get_thread_default ();
  self->weak = mitogen_weak_new (self);
  self->io = mitogen_io_new (self->shutdown_timeout);
  if (self->install_watcher)
    watch (self->io);
  emitter_start (self);
}

/* Any thread may drop the last reference: nothing here waits. */
static void
mitogen_broker_finalize (GObject *object)
{
  MitogenBroker *self = MITOGEN_BROKER (object);

  mitogen_io_shutdown (self->io);
  mitogen_io_unref (self->io);
  mitogen_weak_unref (self->weak);
  mitogen_dispatcher_unref (self->dispatcher);

  G_OBJECT_CLASS (mitogen_broker_parent_class)->finalize (object);
}

static void
mitogen_broker_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenBroker *self = MITOGEN_BROKER (object);

  switch ((MitogenBrokerProperty) id)
    {
    case PROP_SHUTDOWN_TIMEOUT:
      g_value_set_uint (value, mitogen_broker_get_shutdown_timeout (self));
      break;
    case PROP_INSTALL_WATCHER:
      g_value_set_boolean (value, self->install_watcher);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_broker_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  MitogenBroker *self = MITOGEN_BROKER (object);

  switch ((MitogenBrokerProperty) id)
    {
    case PROP_SHUTDOWN_TIMEOUT:
      mitogen_broker_set_shutdown_timeout (self, g_value_get_uint (value));
      break;
    case PROP_INSTALL_WATCHER:
      self->install_watcher = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_broker_class_init (MitogenBrokerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = mitogen_broker_constructed;
  object_class->finalize = mitogen_broker_finalize;
  object_class->get_property = mitogen_broker_get_property;
  object_class->set_property = mitogen_broker_set_property;

  /**
   * MitogenBroker:shutdown-timeout: (getter get_shutdown_timeout) (setter set_shutdown_timeout)
   *
   * How long children may take to leave after [method@Mitogen.Broker.shutdown]
   * before they are made to, in milliseconds.
   *
   * Since: 1.0
   */
  properties[PROP_SHUTDOWN_TIMEOUT] =
      g_param_spec_uint ("shutdown-timeout", NULL, NULL, 0, G_MAXINT, DEFAULT_SHUTDOWN_TIMEOUT,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_EXPLICIT_NOTIFY |
                             G_PARAM_STATIC_STRINGS);
  /**
   * MitogenBroker:install-watcher: (getter get_install_watcher)
   *
   * Whether to shut the broker down when the process exits without having done so.
   *
   * Children end in any case when they lose their parent; this gives them the
   * chance to do it in order.
   *
   * Since: 1.0
   */
  properties[PROP_INSTALL_WATCHER] =
      g_param_spec_boolean ("install-watcher", NULL, NULL, TRUE,
                            G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * MitogenBroker::shutdown:
   * @self: the broker
   *
   * Emitted when the broker has begun to shut down.
   *
   * Since: 1.0
   */
  signals[SIGNAL_SHUTDOWN] = g_signal_new ("shutdown", MITOGEN_TYPE_BROKER, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * MitogenBroker::exited:
   * @self: the broker
   *
   * Emitted when the broker thread has ended: every context is gone.
   *
   * Since: 1.0
   */
  signals[SIGNAL_EXITED] = g_signal_new ("exited", MITOGEN_TYPE_BROKER, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 0);
}

static void
mitogen_broker_init (MitogenBroker *self)
{
}

MitogenIo *
mitogen_broker_get_io (MitogenBroker *self)
{
  return self->io;
}

/**
 * mitogen_broker_new:
 *
 * Creates a broker and starts its thread.
 *
 * Returns: (transfer full): a new broker
 *
 * Since: 1.0
 */
MitogenBroker *
mitogen_broker_new (void)
{
  return g_object_new (MITOGEN_TYPE_BROKER, NULL);
}

/**
 * mitogen_broker_get_main_context:
 * @self: a broker
 *
 * Gets the main context that the broker thread iterates.
 *
 * What is attached to it runs on the broker thread, and must never wait.
 *
 * Returns: (transfer none): the main context
 *
 * Since: 1.0
 */
GMainContext *
mitogen_broker_get_main_context (MitogenBroker *self)
{
  g_return_val_if_fail (MITOGEN_IS_BROKER (self), NULL);
  return mitogen_io_get_context (self->io);
}

/**
 * mitogen_broker_defer: (skip)
 * @self: a broker
 * @func: what to run
 * @data: passed to @func
 * @destroy: (nullable): frees @data
 *
 * Runs a function on the broker thread: after what was deferred before, at once if
 * the caller is on that thread.
 *
 * It must not wait, nor run code of a language binding. During the grace period of
 * a shutdown functions still run; once the broker has exited they are refused.
 *
 * Returns: whether @func has run or will; if not, @destroy has been called
 *
 * Since: 1.0
 */
gboolean
mitogen_broker_defer (MitogenBroker *self,
                      MitogenBrokerFunc func,
                      gpointer data,
                      GDestroyNotify destroy)
{
  g_return_val_if_fail (MITOGEN_IS_BROKER (self), FALSE);
  g_return_val_if_fail (func != NULL, FALSE);

  if (mitogen_io_is_current (self->io))
    {
      func (data);
      if (destroy != NULL)
        destroy (data);
      return TRUE;
    }
  return mitogen_io_post (self->io, func, data, destroy);
}

typedef struct
{
  MitogenBrokerFunc func;
  gpointer data;
  gboolean ran;
  gboolean over;
  GMutex lock;
  GCond cond;
} DeferSync;

static void
defer_sync_run (gpointer data)
{
  DeferSync *call = data;

  call->func (call->data);
  call->ran = TRUE;
}

static void
defer_sync_over (gpointer data)
{
  DeferSync *call = data;

  g_mutex_lock (&call->lock);
  call->over = TRUE;
  g_cond_signal (&call->cond);
  g_mutex_unlock (&call->lock);
}

/**
 * mitogen_broker_defer_sync: (skip)
 * @self: a broker
 * @func: what to run
 * @data: passed to @func
 * @error: return location for an error
 *
 * Runs a function on the broker thread and waits until it has returned.
 *
 * It must not wait for the calling thread. Fails with `MITOGEN_ERROR_CHANNEL` if the
 * broker has exited. Must not be called from a function that runs on the broker
 * thread.
 *
 * Returns: whether @func has run
 *
 * Since: 1.0
 */
gboolean
mitogen_broker_defer_sync (MitogenBroker *self,
                           MitogenBrokerFunc func,
                           gpointer data,
                           GError **error)
{
  DeferSync call = { .func = func, .data = data };

  g_return_val_if_fail (MITOGEN_IS_BROKER (self), FALSE);
  g_return_val_if_fail (func != NULL, FALSE);
  g_return_val_if_fail (!mitogen_in_broker_thread (), FALSE);

  g_mutex_init (&call.lock);
  g_cond_init (&call.cond);
  mitogen_io_post (self->io, defer_sync_run, &call, defer_sync_over);

  g_mutex_lock (&call.lock);
  while (!call.over)
    g_cond_wait (&call.cond, &call.lock);
  g_mutex_unlock (&call.lock);
  g_cond_clear (&call.cond);
  g_mutex_clear (&call.lock);

  if (!call.ran)
    g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("The broker has exited"));
  return call.ran;
}

static void
start_receive (gpointer stream)
{
  mitogen_stream_set_reading (stream, TRUE);
}

static void
stop_receive (gpointer stream)
{
  mitogen_stream_set_reading (stream, FALSE);
}

static void
start_transmit (gpointer stream)
{
  mitogen_stream_set_writing (stream, TRUE);
}

static void
stop_transmit (gpointer stream)
{
  mitogen_stream_set_writing (stream, FALSE);
}

static void
change_stream (MitogenBroker *self, MitogenStream *stream, MitogenBrokerFunc func)
{
  mitogen_broker_defer (self, func, mitogen_stream_ref (stream),
                        (GDestroyNotify) mitogen_stream_unref);
}

/**
 * mitogen_broker_start_receive:
 * @self: a broker
 * @stream: one of its streams
 *
 * Reads from a stream again after [method@Mitogen.Broker.stop_receive].
 *
 * Since: 1.0
 */
void
mitogen_broker_start_receive (MitogenBroker *self, MitogenStream *stream)
{
  g_return_if_fail (MITOGEN_IS_BROKER (self));
  g_return_if_fail (stream != NULL);
  change_stream (self, stream, start_receive);
}

/**
 * mitogen_broker_stop_receive:
 * @self: a broker
 * @stream: one of its streams
 *
 * Stops reading from a stream: the other end has to wait once the buffers between
 * are full. Nothing of what it sends is lost, and its end is not noticed meanwhile.
 *
 * Since: 1.0
 */
void
mitogen_broker_stop_receive (MitogenBroker *self, MitogenStream *stream)
{
  g_return_if_fail (MITOGEN_IS_BROKER (self));
  g_return_if_fail (stream != NULL);
  change_stream (self, stream, stop_receive);
}

/**
 * mitogen_broker_start_transmit:
 * @self: a broker
 * @stream: one of its streams
 *
 * Writes to a stream again after [method@Mitogen.Broker.stop_transmit].
 *
 * Since: 1.0
 */
void
mitogen_broker_start_transmit (MitogenBroker *self, MitogenStream *stream)
{
  g_return_if_fail (MITOGEN_IS_BROKER (self));
  g_return_if_fail (stream != NULL);
  change_stream (self, stream, start_transmit);
}

/**
 * mitogen_broker_stop_transmit:
 * @self: a broker
 * @stream: one of its streams
 *
 * Keeps back what is sent over a stream, so that it goes out in one piece with
 * [method@Mitogen.Broker.start_transmit].
 *
 * Since: 1.0
 */
void
mitogen_broker_stop_transmit (MitogenBroker *self, MitogenStream *stream)
{
  g_return_if_fail (MITOGEN_IS_BROKER (self));
  g_return_if_fail (stream != NULL);
  change_stream (self, stream, stop_transmit);
}

/**
 * mitogen_broker_keep_alive:
 * @self: a broker
 *
 * Tells whether something still holds back the end of the broker: a context that is
 * connected or connecting, or a process not yet reaped.
 *
 * Returns: whether the broker is in use
 *
 * Since: 1.0
 */
gboolean
mitogen_broker_keep_alive (MitogenBroker *self)
{
  g_return_val_if_fail (MITOGEN_IS_BROKER (self), FALSE);
  return mitogen_io_keep_alive (self->io);
}

/**
 * mitogen_broker_shutdown:
 * @self: a broker
 *
 * Begins to end the broker: children are asked to leave, and made to after
 * [property@Mitogen.Broker:shutdown-timeout]. Does not wait: see
 * [method@Mitogen.Broker.join]. May be called more than once.
 *
 * Since: 1.0
 */
void
mitogen_broker_shutdown (MitogenBroker *self)
{
  g_return_if_fail (MITOGEN_IS_BROKER (self));
  mitogen_io_shutdown (self->io);
}

/**
 * mitogen_broker_join:
 * @self: a broker
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 *
 * Waits until the broker thread has ended after [method@Mitogen.Broker.shutdown].
 *
 * Must not be called on the broker thread.
 *
 * Returns: whether it has ended
 *
 * Since: 1.0
 */
gboolean
mitogen_broker_join (MitogenBroker *self, gint timeout)
{
  g_return_val_if_fail (MITOGEN_IS_BROKER (self), FALSE);
  g_return_val_if_fail (!mitogen_in_broker_thread (), FALSE);
  return mitogen_io_join (self->io, timeout);
}

/**
 * mitogen_broker_get_shutdown_timeout: (get-property shutdown-timeout)
 * @self: a broker
 *
 * Gets how long children may take to leave.
 *
 * Returns: a time in milliseconds
 *
 * Since: 1.0
 */
guint
mitogen_broker_get_shutdown_timeout (MitogenBroker *self)
{
  g_return_val_if_fail (MITOGEN_IS_BROKER (self), 0);
  return g_atomic_int_get (&self->shutdown_timeout);
}

/**
 * mitogen_broker_set_shutdown_timeout: (set-property shutdown-timeout)
 * @self: a broker
 * @timeout: a time in milliseconds
 *
 * Sets how long children may take to leave.
 *
 * Since: 1.0
 */
void
mitogen_broker_set_shutdown_timeout (MitogenBroker *self, guint timeout)
{
  g_return_if_fail (MITOGEN_IS_BROKER (self));

  if (self->io != NULL && mitogen_broker_get_shutdown_timeout (self) == timeout)
    return;
  g_atomic_int_set (&self->shutdown_timeout, timeout);
  if (self->io == NULL)
    return;
  mitogen_io_set_shutdown_timeout (self->io, timeout);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SHUTDOWN_TIMEOUT]);
}

/**
 * mitogen_broker_get_install_watcher: (get-property install-watcher)
 * @self: a broker
 *
 * Tells whether the broker is shut down when the process exits.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
mitogen_broker_get_install_watcher (MitogenBroker *self)
{
  g_return_val_if_fail (MITOGEN_IS_BROKER (self), FALSE);
  return self->install_watcher;
}
