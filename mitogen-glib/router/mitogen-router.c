/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-router-private.h"
#include "broker/mitogen-broker-private.h"
#include "router/mitogen-context-list-private.h"
#include "router/mitogen-context-private.h"

#include "mitogen-enums.h"

/**
 * MitogenRouter:
 *
 * The centre of a program that uses this library: it makes contexts and knows the way
 * to each.
 *
 * A program usually has one. It makes contexts with [method@Mitogen.Router.local] and
 * its like, or with [method@Mitogen.Router.connect], and ends them all with
 * [method@Mitogen.Router.shutdown], or by dropping the last reference.
 *
 * Methods may be called from any thread. Signals are emitted in the main context that
 * was thread-default when the router was made.
 *
 * Since: 1.0
 */
struct _MitogenRouter
{
  GObject parent_instance;

  MitogenBroker *broker;
  gboolean owns_broker;
  MitogenCore *core;
  MitogenDispatcher *dispatcher;

  GMutex lock;
  GHashTable *contexts;   /* id -> MitogenContext; protected by lock */
  guint sweep_at;         /* protected by lock */
  MitogenContext *myself; /* protected by lock */

  MitogenContextList *list; /* changed in the router's main context only */
};

G_DEFINE_FINAL_TYPE (MitogenRouter, mitogen_router, G_TYPE_OBJECT)

typedef enum
{
  PROP_BROKER = 1,
  PROP_ID,
  PROP_PARENT_ID,
  PROP_PARENT_IDS,
  PROP_IS_MASTER,
  PROP_MAX_MESSAGE_SIZE,
  PROP_PROFILING,
  PROP_UNIDIRECTIONAL,
  PROP_CONTEXTS,
  PROP_CONNECT_POLICY,
} MitogenRouterProperty;

enum
{
  SIGNAL_CONTEXT_ADDED,
  SIGNAL_CONTEXT_REMOVED,
  N_SIGNALS,
};

#define MIN_SWEEP 32

static GParamSpec *properties[PROP_CONNECT_POLICY + 1];
static guint signals[N_SIGNALS];

/* ---- the object ---- */

static void
mitogen_router_constructed (GObject *object)
{
  MitogenRouter *self = MITOGEN_ROUTER (object);

  G_OBJECT_CLASS (mitogen_router_parent_class)->constructed (object);

  self->dispatcher = mitogen_dispatcher_get_thread_default ();
  self->owns_broker = self->broker == NULL;
  if (self->owns_broker)
    self->broker = mitogen_broker_new ();
  self->core = mitogen_core_new (mitogen_broker_get_io (self->broker), 0, NULL, 0);
  mitogen_core_set_owner (self->core, object, self->dispatcher);
}

static void
mitogen_router_dispose (GObject *object)
{
  MitogenRouter *self = MITOGEN_ROUTER (object);

  if (self->core != NULL)
    mitogen_core_shut_down (self->core);
  if (self->broker != NULL && self->owns_broker)
    mitogen_broker_shutdown (self->broker);
  g_hash_table_remove_all (self->contexts);
  g_clear_object (&self->list);
  g_clear_object (&self->myself);

  G_OBJECT_CLASS (mitogen_router_parent_class)->dispose (object);
}

static void
mitogen_router_finalize (GObject *object)
{
  MitogenRouter *self = MITOGEN_ROUTER (object);

  g_clear_pointer (&self->core, mitogen_core_unref);
  g_clear_object (&self->broker);
  g_clear_pointer (&self->dispatcher, mitogen_dispatcher_unref);
  g_hash_table_unref (self->contexts);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (mitogen_router_parent_class)->finalize (object);
}

static void
mitogen_router_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenRouter *self = MITOGEN_ROUTER (object);

  switch ((MitogenRouterProperty) id)
    {
    case PROP_BROKER:
      g_value_set_object (value, self->broker);
      break;
    case PROP_ID:
      g_value_set_uint (value, mitogen_router_get_id (self));
      break;
    case PROP_PARENT_ID:
      g_value_set_int64 (value, mitogen_router_get_parent_id (self));
      break;
    case PROP_PARENT_IDS:
      g_value_take_variant (value, mitogen_router_dup_parent_ids (self));
      break;
    case PROP_IS_MASTER:
      g_value_set_boolean (value, mitogen_router_is_master (self));
      break;
    case PROP_MAX_MESSAGE_SIZE:
      g_value_set_uint (value, mitogen_router_get_max_message_size (self));
      break;
    case PROP_PROFILING:
      g_value_set_boolean (value, mitogen_router_get_profiling (self));
      break;
    case PROP_UNIDIRECTIONAL:
      g_value_set_boolean (value, mitogen_router_get_unidirectional (self));
      break;
    case PROP_CONTEXTS:
      g_value_set_object (value, self->list);
      break;
    case PROP_CONNECT_POLICY:
      g_value_set_enum (value, mitogen_router_get_connect_policy (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_router_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  MitogenRouter *self = MITOGEN_ROUTER (object);

  switch ((MitogenRouterProperty) id)
    {
    case PROP_BROKER:
      self->broker = g_value_dup_object (value);
      break;
    case PROP_MAX_MESSAGE_SIZE:
      mitogen_router_set_max_message_size (self, g_value_get_uint (value));
      break;
    case PROP_PROFILING:
      mitogen_router_set_profiling (self, g_value_get_boolean (value));
      break;
    case PROP_UNIDIRECTIONAL:
      mitogen_router_set_unidirectional (self, g_value_get_boolean (value));
      break;
    case PROP_CONNECT_POLICY:
      mitogen_router_set_connect_policy (self, g_value_get_enum (value));
      break;
    case PROP_ID:
    case PROP_PARENT_ID:
    case PROP_PARENT_IDS:
    case PROP_IS_MASTER:
    case PROP_CONTEXTS:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
install_identity (void)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenRouter:broker: (getter get_broker)
   *
   * The thread that does the router's work.
   *
   * Since: 1.0
   */
  properties[PROP_BROKER] =
      g_param_spec_object ("broker", NULL, NULL, MITOGEN_TYPE_BROKER,
                           G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * MitogenRouter:id: (getter get_id)
   *
   * The id of this process in its tree: 0 for the one at the root.
   *
   * Since: 1.0
   */
  properties[PROP_ID] = g_param_spec_uint ("id", NULL, NULL, 0, G_MAXUINT, 0, flags);
  /**
   * MitogenRouter:parent-id: (getter get_parent_id)
   *
   * The id of the parent, or -1 at the root.
   *
   * Since: 1.0
   */
  properties[PROP_PARENT_ID] =
      g_param_spec_int64 ("parent-id", NULL, NULL, -1, G_MAXUINT32, -1, flags);
  /**
   * MitogenRouter:parent-ids: (getter dup_parent_ids)
   *
   * The ids of all processes above this one, nearest first, as `au`.
   *
   * Since: 1.0
   */
  properties[PROP_PARENT_IDS] =
      g_param_spec_variant ("parent-ids", NULL, NULL, G_VARIANT_TYPE ("au"), NULL, flags);
  /**
   * MitogenRouter:is-master: (getter is_master)
   *
   * Whether this process is the root of its tree.
   *
   * Since: 1.0
   */
  properties[PROP_IS_MASTER] = g_param_spec_boolean ("is-master", NULL, NULL, TRUE, flags);
}

static void
install_options (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenRouter:max-message-size: (getter get_max_message_size) (setter set_max_message_size)
   *
   * The largest message, in bytes, that is sent or accepted. Contexts made later
   * have the same limit.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_MESSAGE_SIZE] =
      g_param_spec_uint ("max-message-size", NULL, NULL, 1024, G_MAXINT32,
                         MITOGEN_DEFAULT_MAX_MESSAGE_SIZE, flags);
  /**
   * MitogenRouter:profiling: (getter get_profiling) (setter set_profiling)
   *
   * Whether contexts made later write a profile of each of their threads to
   * `/tmp/mitogen.stats.PID.THREAD.log` on their host when they end.
   *
   * Since: 1.0
   */
  properties[PROP_PROFILING] = g_param_spec_boolean ("profiling", NULL, NULL, FALSE, flags);
  /**
   * MitogenRouter:contexts: (getter get_contexts)
   *
   * The contexts that are connected, as a [iface@Gio.ListModel] of
   * [class@Mitogen.Context], oldest first.
   *
   * It changes in the router's main context only, so it can be shown in a list view.
   *
   * Since: 1.0
   */
  properties[PROP_CONTEXTS] = g_param_spec_object ("contexts", NULL, NULL, G_TYPE_LIST_MODEL,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * MitogenRouter:unidirectional: (getter get_unidirectional) (setter set_unidirectional)
   *
   * Whether contexts may only talk to those above and below them, not to their
   * siblings. Contexts made later keep to it, too.
   *
   * Since: 1.0
   */
  properties[PROP_UNIDIRECTIONAL] =
      g_param_spec_boolean ("unidirectional", NULL, NULL, FALSE, flags);
  /**
   * MitogenRouter:connect-policy: (getter get_connect_policy) (setter set_connect_policy)
   *
   * Whether code in contexts may have others made below itself.
   *
   * Such code gets no more by it than it could start itself; but what it starts so is
   * part of the tree.
   *
   * Since: 1.0
   */
  properties[PROP_CONNECT_POLICY] =
      g_param_spec_enum ("connect-policy", NULL, NULL, MITOGEN_TYPE_CONNECT_POLICY,
                         MITOGEN_CONNECT_POLICY_ALLOW, flags);
}

static void
mitogen_router_class_init (MitogenRouterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = mitogen_router_constructed;
  object_class->dispose = mitogen_router_dispose;
  object_class->finalize = mitogen_router_finalize;
  object_class->get_property = mitogen_router_get_property;
  object_class->set_property = mitogen_router_set_property;
  install_identity ();
  install_options ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * MitogenRouter::context-added:
   * @self: the router
   * @context: a context that has been connected
   *
   * Emitted when a context has come into [property@Mitogen.Router:contexts].
   *
   * Since: 1.0
   */
  signals[SIGNAL_CONTEXT_ADDED] =
      g_signal_new ("context-added", MITOGEN_TYPE_ROUTER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, MITOGEN_TYPE_CONTEXT);
  /**
   * MitogenRouter::context-removed:
   * @self: the router
   * @context: a context that is gone
   *
   * Emitted when a context has left [property@Mitogen.Router:contexts].
   *
   * Since: 1.0
   */
  signals[SIGNAL_CONTEXT_REMOVED] =
      g_signal_new ("context-removed", MITOGEN_TYPE_ROUTER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, MITOGEN_TYPE_CONTEXT);
  /**
   * MitogenRouter::authorize-connect:
   * @self: the router
   * @context: the context whose code asks
   * @method: how the new one is to be made: `local`, `fork`, `ssh` and so on
   * @options: (type GVariant): what it gave with it, as `a{sv}`; a password is left out
   *
   * Emitted when code in a context asks for another one below itself and
   * [property@Mitogen.Router:connect-policy] says so. The first handler that returns
   * %TRUE allows it. Without one, or when the answer takes longer than the connection
   * may take, or 30 seconds, it is refused.
   *
   * Returns: whether it is allowed
   *
   * Since: 1.0
   */
  g_signal_new ("authorize-connect", MITOGEN_TYPE_ROUTER, G_SIGNAL_RUN_LAST, 0,
                g_signal_accumulator_true_handled, NULL, NULL, G_TYPE_BOOLEAN, 3,
                MITOGEN_TYPE_CONTEXT, G_TYPE_STRING, G_TYPE_VARIANT);
  /**
   * MitogenRouter::disconnected:
   * @self: the router
   * @error: why
   *
   * Emitted once when a router that is not the root of its tree is no longer part of
   * it: the connection to the parent has ended, the parent has asked this process to
   * leave, or the program has shut the router down.
   *
   * Calls that were waiting have failed already, and the contexts of this router are being
   * ended: [method@Mitogen.Router.join] waits for that.
   *
   * Since: 1.0
   */
  g_signal_new ("disconnected", MITOGEN_TYPE_ROUTER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                G_TYPE_NONE, 1, G_TYPE_ERROR);
  /**
   * MitogenRouter::log:
   * @self: the router
   * @context: (nullable): whose record it is, if the program still knows it
   * @level: the level as in Python's `logging`: 10 for debug, 20 for info, 30 for a
   *   warning, 40 for an error, 50 for a critical one
   * @logger: the name of the logger
   * @text: the record; it may have several lines
   *
   * Emitted for each log record of a context.
   *
   * Every record is also given to [func@GLib.log_structured], with the fields
   * `MITOGEN_CONTEXT`, `MITOGEN_CONTEXT_ID`, `MITOGEN_LOGGER` and `MITOGEN_LEVEL`.
   *
   * Since: 1.0
   */
  g_signal_new ("log", MITOGEN_TYPE_ROUTER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 4,
                MITOGEN_TYPE_CONTEXT, G_TYPE_INT, G_TYPE_STRING, G_TYPE_STRING);
}

static void
mitogen_router_init (MitogenRouter *self)
{
  g_mutex_init (&self->lock);
  self->contexts = g_hash_table_new_full (NULL, NULL, NULL, g_object_unref);
  self->sweep_at = MIN_SWEEP;
  self->list = mitogen_context_list_new ();
}

MitogenCore *
mitogen_router_get_core (MitogenRouter *self)
{
  return self->core;
}

/* ---- contexts ---- */

/* With the lock held: takes out contexts that are gone, for programs whose main context is
 * not iterated, so that the signal which does it never comes. */
static void
sweep (MitogenRouter *self, GPtrArray *gone)
{
  GHashTableIter iter;
  gpointer context;

  if (g_hash_table_size (self->contexts) < self->sweep_at)
    return;

  g_hash_table_iter_init (&iter, self->contexts);
  while (g_hash_table_iter_next (&iter, NULL, &context))
    if (mitogen_context_get_state (context) == MITOGEN_CONTEXT_STATE_DISCONNECTED)
      {
        g_hash_table_iter_steal (&iter);
        g_ptr_array_add (gone, context);
      }
  self->sweep_at = MAX (MIN_SWEEP, 2 * g_hash_table_size (self->contexts));
}

/* ---- the list: in the router's main context ---- */

typedef struct
{
  MitogenWeak *router;
  MitogenWeak *context;
} ListUpdate;

static void
list_update_free (gpointer data)
{
  ListUpdate *update = data;

  mitogen_weak_unref (update->router);
  mitogen_weak_unref (update->context);
  g_free (update);
}

/* The state decides, not what was posted: of two threads the later may be first here. */
static void
list_update_run (gpointer data)
{
  ListUpdate *update = data;
  g_autoptr (MitogenRouter) router = mitogen_weak_get (update->router);
  g_autoptr (MitogenContext) context = mitogen_weak_get (update->context);

  g_assert (!mitogen_in_broker_thread ());
  if (router == NULL || context == NULL || router->list == NULL)
    return;
  if (mitogen_context_get_state (context) == MITOGEN_CONTEXT_STATE_CONNECTED)
    {
      if (mitogen_context_list_add (router->list, context))
        g_signal_emit (router, signals[SIGNAL_CONTEXT_ADDED], 0, context);
    }
  else if (mitogen_context_list_remove (router->list, context))
    g_signal_emit (router, signals[SIGNAL_CONTEXT_REMOVED], 0, context);
}

static void
update_list (MitogenRouter *self, MitogenContext *context)
{
  ListUpdate *update = g_new (ListUpdate, 1);

  update->router = mitogen_weak_new (self);
  update->context = mitogen_weak_new (context);
  mitogen_dispatcher_post (self->dispatcher, list_update_run, update, list_update_free);
}

static gpointer
key_of (MitogenContext *context)
{
  return GUINT_TO_POINTER (mitogen_context_get_id (context));
}

void
mitogen_router_hold_context (MitogenRouter *self, MitogenContext *context)
{
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_object_unref);

  g_assert (!mitogen_in_broker_thread ());
  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->contexts, key_of (context), g_object_ref (context));
  sweep (self, gone);
  g_mutex_unlock (&self->lock);
}

void
mitogen_router_adopt_context (MitogenRouter *self, MitogenContext *context)
{
  mitogen_router_hold_context (self, context);
  update_list (self, context);
}

void
mitogen_router_forget_context (MitogenRouter *self, MitogenContext *context)
{
  gpointer found = NULL;

  g_assert (!mitogen_in_broker_thread ());
  g_mutex_lock (&self->lock);
  if (g_hash_table_lookup (self->contexts, key_of (context)) == context)
    g_hash_table_steal_extended (self->contexts, key_of (context), NULL, &found);
  g_mutex_unlock (&self->lock);
  update_list (self, context);
  g_clear_object (&found);
}

/* ---- contexts that others made: the object, in the router's main context ---- */

typedef struct
{
  MitogenWeak *router;
  MitogenContextNode *node;
} Welcome;

static gboolean
is_gone (MitogenContextNode *node)
{
  return mitogen_context_node_get_state (node) == MITOGEN_CONTEXT_NODE_DISCONNECTED;
}

static void
welcome_run (gpointer data)
{
  Welcome *welcome = data;
  g_autoptr (MitogenRouter) router = mitogen_weak_get (welcome->router);
  g_autoptr (MitogenContext) context = NULL;

  g_assert (!mitogen_in_broker_thread ());
  if (router == NULL || is_gone (welcome->node))
    return;

  context =
      mitogen_router_context_by_id (router, mitogen_context_node_get_id (welcome->node), NULL);
  mitogen_router_adopt_context (router, context);
  /* It may have left since, before there was an object to be told. */
  if (is_gone (welcome->node))
    mitogen_router_forget_context (router, context);
}

static void
welcome_free (gpointer data)
{
  Welcome *welcome = data;

  mitogen_weak_unref (welcome->router);
  mitogen_context_node_unref (welcome->node);
  g_free (welcome);
}

void
mitogen_router_welcome_node (MitogenCore *core, MitogenContextNode *node)
{
  g_autoptr (MitogenDispatcher) dispatcher = NULL;
  g_autoptr (MitogenWeak) router = mitogen_core_get_owner (core, &dispatcher);
  Welcome *welcome;

  if (router == NULL)
    return;
  welcome = g_new (Welcome, 1);
  welcome->router = g_steal_pointer (&router);
  welcome->node = mitogen_context_node_ref (node);
  mitogen_dispatcher_post (dispatcher, welcome_run, welcome, welcome_free);
}

/* With the lock held. */
static MitogenContext *
get_myself (MitogenRouter *self)
{
  if (self->myself == NULL)
    {
      g_autoptr (MitogenContextNode) node =
          mitogen_context_node_new (mitogen_router_get_id (self), "self", 0);

      mitogen_context_node_set_connected (node, NULL);
      self->myself = mitogen_context_new (self->core, node, NULL, NULL,
                                          mitogen_dispatcher_get_context (self->dispatcher));
    }
  return self->myself;
}

/* Its end is told like that of all others, as long as somebody holds the object. */
static MitogenContextNode *
make_other_node (MitogenRouter *self, guint32 id, const char *name)
{
  g_autofree char *made_up = g_strdup_printf ("context.%u", id);
  MitogenContextNode *node = mitogen_context_node_new (id, name != NULL ? name : made_up, 0);

  mitogen_context_node_set_passing (node);
  mitogen_context_node_set_connected (node, NULL);
  mitogen_core_add_node (self->core, node);
  return node;
}

/* With the lock held. A context that this process did not connect: perhaps a value that
 * came in a message. */
static MitogenContext *
get_other (MitogenRouter *self, guint32 id, const char *name)
{
  MitogenContext *context = g_hash_table_lookup (self->contexts, GUINT_TO_POINTER (id));
  g_autoptr (MitogenContextNode) node = NULL;
  g_autoptr (MitogenWeak) weak = NULL;

  if (context != NULL)
    return g_object_ref (context);

  node = mitogen_core_node_by_id (self->core, id);
  if (node == NULL)
    node = make_other_node (self, id, name);
  weak = mitogen_context_node_dup_weak (node);
  context = weak != NULL ? mitogen_weak_get (weak) : NULL;
  if (context != NULL)
    return context;
  return mitogen_context_new (self->core, node, NULL, NULL,
                              mitogen_dispatcher_get_context (self->dispatcher));
}

/**
 * mitogen_router_myself:
 * @self: a router
 *
 * Gets the context that stands for this process.
 *
 * Returns: (transfer none): the context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_myself (MitogenRouter *self)
{
  MitogenContext *context;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), NULL);
  g_mutex_lock (&self->lock);
  context = get_myself (self);
  g_mutex_unlock (&self->lock);
  return context;
}

/**
 * mitogen_router_context_by_id:
 * @self: a router
 * @id: the id of a context
 * @name: (nullable): what to call it if it is not known
 *
 * Gets the context with an id: the one that was connected if there is one, otherwise
 * one that sends its messages towards that id.
 *
 * Returns: (transfer full): the context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_context_by_id (MitogenRouter *self, guint32 id, const char *name)
{
  MitogenContext *context;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), NULL);
  g_mutex_lock (&self->lock);
  if (id == mitogen_router_get_id (self))
    context = g_object_ref (get_myself (self));
  else
    context = get_other (self, id, name);
  g_mutex_unlock (&self->lock);
  return context;
}

/* ---- life and options ---- */

/**
 * mitogen_router_new:
 * @broker: (nullable): the broker to work with, or nothing for one of its own
 *
 * Creates a router for a tree of which this process is the root.
 *
 * Returns: (transfer full): a new router
 *
 * Since: 1.0
 */
MitogenRouter *
mitogen_router_new (MitogenBroker *broker)
{
  g_return_val_if_fail (broker == NULL || MITOGEN_IS_BROKER (broker), NULL);
  return g_object_new (MITOGEN_TYPE_ROUTER, "broker", broker, NULL);
}

/**
 * mitogen_router_shutdown:
 * @self: a router
 *
 * Begins to end the router and all its contexts. Does not wait: see
 * [method@Mitogen.Router.join].
 *
 * A broker that the router made for itself ends, too. May be called more than once.
 *
 * Since: 1.0
 */
void
mitogen_router_shutdown (MitogenRouter *self)
{
  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  mitogen_core_shut_down (self->core);
  if (self->owns_broker)
    mitogen_broker_shutdown (self->broker);
}

/**
 * mitogen_router_join:
 * @self: a router
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 *
 * Waits until the router has ended after [method@Mitogen.Router.shutdown].
 *
 * With a broker that others use as well, it waits for that.
 *
 * Returns: whether it has ended
 *
 * Since: 1.0
 */
gboolean
mitogen_router_join (MitogenRouter *self, gint timeout)
{
  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), FALSE);
  return mitogen_broker_join (self->broker, timeout);
}

/**
 * mitogen_router_get_broker: (get-property broker)
 * @self: a router
 *
 * Gets the broker that the router works with.
 *
 * Returns: (transfer none): the broker
 *
 * Since: 1.0
 */
MitogenBroker *
mitogen_router_get_broker (MitogenRouter *self)
{
  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), NULL);
  return self->broker;
}

/**
 * mitogen_router_get_id: (get-property id)
 * @self: a router
 *
 * Gets the id of this process.
 *
 * Returns: the id
 *
 * Since: 1.0
 */
guint32
mitogen_router_get_id (MitogenRouter *self)
{
  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), 0);
  return mitogen_core_get_id (self->core);
}

/**
 * mitogen_router_get_parent_id: (get-property parent-id)
 * @self: a router
 *
 * Gets the id of the parent of this process.
 *
 * Returns: the id, or -1 if there is none
 *
 * Since: 1.0
 */
gint64
mitogen_router_get_parent_id (MitogenRouter *self)
{
  const guint32 *ids;
  guint n;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), -1);
  ids = mitogen_core_get_parent_ids (self->core, &n);
  return n > 0 ? (gint64) ids[0] : -1;
}

/**
 * mitogen_router_dup_parent_ids: (get-property parent-ids)
 * @self: a router
 *
 * Gets the ids of all processes above this one, nearest first.
 *
 * Returns: (transfer full): an `au`
 *
 * Since: 1.0
 */
GVariant *
mitogen_router_dup_parent_ids (MitogenRouter *self)
{
  const guint32 *ids;
  guint n;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), NULL);
  ids = mitogen_core_get_parent_ids (self->core, &n);
  return g_variant_ref_sink (
      g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, ids, n, sizeof *ids));
}

/**
 * mitogen_router_is_master: (get-property is-master)
 * @self: a router
 *
 * Tells whether this process is the root of its tree.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
mitogen_router_is_master (MitogenRouter *self)
{
  return mitogen_router_get_parent_id (self) < 0;
}

/**
 * mitogen_router_get_max_message_size: (get-property max-message-size)
 * @self: a router
 *
 * Gets the size of the largest message.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
guint
mitogen_router_get_max_message_size (MitogenRouter *self)
{
  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), 0);
  return mitogen_core_get_options (self->core).max_message_size;
}

/**
 * mitogen_router_set_max_message_size: (set-property max-message-size)
 * @self: a router
 * @size: a number of bytes
 *
 * Sets the size of the largest message. Contexts that exist already keep the limit
 * they were made with for what they send.
 *
 * Since: 1.0
 */
void
mitogen_router_set_max_message_size (MitogenRouter *self, guint size)
{
  MitogenCoreOptions options;

  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  g_return_if_fail (size >= 1024 && size <= G_MAXINT32);

  options = mitogen_core_get_options (self->core);
  if (options.max_message_size == size)
    return;
  options.max_message_size = size;
  mitogen_core_set_options (self->core, &options);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_MESSAGE_SIZE]);
}

/**
 * mitogen_router_get_profiling: (get-property profiling)
 * @self: a router
 *
 * Tells whether contexts made from now on profile themselves.
 *
 * Returns: whether they do
 *
 * Since: 1.0
 */
gboolean
mitogen_router_get_profiling (MitogenRouter *self)
{
  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), FALSE);
  return mitogen_core_get_options (self->core).profiling;
}

/**
 * mitogen_router_set_profiling: (set-property profiling)
 * @self: a router
 * @profiling: whether they do
 *
 * Decides whether contexts made from now on profile themselves.
 *
 * Since: 1.0
 */
void
mitogen_router_set_profiling (MitogenRouter *self, gboolean profiling)
{
  MitogenCoreOptions options;

  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  options = mitogen_core_get_options (self->core);
  if (options.profiling == !!profiling)
    return;
  options.profiling = !!profiling;
  mitogen_core_set_options (self->core, &options);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROFILING]);
}

/**
 * mitogen_router_get_unidirectional: (get-property unidirectional)
 * @self: a router
 *
 * Tells whether contexts are kept from talking to their siblings.
 *
 * Returns: whether they are
 *
 * Since: 1.0
 */
gboolean
mitogen_router_get_unidirectional (MitogenRouter *self)
{
  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), FALSE);
  return mitogen_core_get_options (self->core).unidirectional;
}

/**
 * mitogen_router_set_unidirectional: (set-property unidirectional)
 * @self: a router
 * @unidirectional: whether they are
 *
 * Decides whether contexts are kept from talking to their siblings.
 *
 * Since: 1.0
 */
void
mitogen_router_set_unidirectional (MitogenRouter *self, gboolean unidirectional)
{
  MitogenCoreOptions options;

  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  options = mitogen_core_get_options (self->core);
  if (options.unidirectional == !!unidirectional)
    return;
  options.unidirectional = !!unidirectional;
  mitogen_core_set_options (self->core, &options);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNIDIRECTIONAL]);
}

/**
 * mitogen_router_get_contexts: (get-property contexts)
 * @self: a router
 *
 * Gets the contexts that are connected: see [property@Mitogen.Router:contexts]. The
 * list is for the thread of the router's main context.
 *
 * Returns: (transfer none): a list model of [class@Mitogen.Context]
 *
 * Since: 1.0
 */
GListModel *
mitogen_router_get_contexts (MitogenRouter *self)
{
  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), NULL);
  return G_LIST_MODEL (self->list);
}
