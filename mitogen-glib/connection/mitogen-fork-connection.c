/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-fork-connection-private.h"
#include "connection/mitogen-connect.h"
#include "connection/mitogen-text-property-private.h"

/**
 * MitogenForkConnection:
 *
 * A context that is a copy of another one, made by `fork()`.
 *
 * The copy begins with all that was imported and computed there, which makes it the
 * fastest way to a context. It shares the open files of the original, and has none of
 * its threads: what those were doing stays half done for ever, and a lock that one of
 * them held is never released. The library's own state, the locks of `logging` and the
 * seeds of `random` and `ssl` are put right; for everything else there is
 * [property@Mitogen.ForkConnection:on-fork]. For processes that live long,
 * [class@Mitogen.LocalConnection] is better.
 *
 * The original is the context to go through, which has to be one in Python; without
 * one, it is this program.
 *
 * In a copy of this program, what can be called are the functions that the router
 * exports at that moment. They run in the thread that asked for the copy, which is the
 * only one there, and in a main context of their own: what the main contexts of the
 * original have to do, is done there alone. Objects of the library that were made before
 * are of no use in the copy, its random numbers are others, and handlers at exit do not
 * run. See also [method@Mitogen.ForkConnection.set_child_func].
 *
 * A process cannot be forked in a useful way while it has threads that know nothing of
 * it: a lock that one of them held, be it in GLib or in the C library, would never be
 * released in the copy. The library's own threads are brought to rest; with any other,
 * the worker threads of GLib and GDBus included, connecting fails with
 * `G_IO_ERROR_NOT_SUPPORTED` and the names of the threads. So it does in a program in
 * Python, and in JavaScript, whose engine has threads. What else the program has open
 * is shared: files, connections to servers, a display. Where any of this is a hindrance,
 * [class@Mitogen.SelfConnection] starts the program anew.
 *
 * Since: 1.0
 */
struct _MitogenForkConnection
{
  MitogenConnection parent_instance;

  char *on_fork;
  gboolean new_stack;
  MitogenChildFunc child_func; /* for a copy of this process */
  gpointer child_data;
};

G_DEFINE_FINAL_TYPE (MitogenForkConnection, mitogen_fork_connection, MITOGEN_TYPE_CONNECTION)

typedef enum
{
  PROP_ON_FORK = 1,
  PROP_NEW_STACK,
} MitogenForkConnectionProperty;

static GParamSpec *properties[PROP_NEW_STACK + 1];

static char *
mitogen_fork_connection_get_name (MitogenConnection *connection)
{
  return g_strdup ("fork.{pid}");
}

static void
mitogen_fork_connection_finalize (GObject *object)
{
  g_free (MITOGEN_FORK_CONNECTION (object)->on_fork);
  G_OBJECT_CLASS (mitogen_fork_connection_parent_class)->finalize (object);
}

static void
mitogen_fork_connection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenForkConnection *self = MITOGEN_FORK_CONNECTION (object);

  switch ((MitogenForkConnectionProperty) id)
    {
    case PROP_ON_FORK:
      g_value_set_string (value, self->on_fork);
      break;
    case PROP_NEW_STACK:
      g_value_set_boolean (value, self->new_stack);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_fork_connection_set_property (GObject *object,
                                      guint id,
                                      const GValue *value,
                                      GParamSpec *pspec)
{
  MitogenForkConnection *self = MITOGEN_FORK_CONNECTION (object);

  switch ((MitogenForkConnectionProperty) id)
    {
    case PROP_ON_FORK:
      mitogen_fork_connection_set_on_fork (self, g_value_get_string (value));
      break;
    case PROP_NEW_STACK:
      mitogen_fork_connection_set_new_stack (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_fork_connection_class_init (MitogenForkConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = mitogen_fork_connection_finalize;
  object_class->get_property = mitogen_fork_connection_get_property;
  object_class->set_property = mitogen_fork_connection_set_property;
  MITOGEN_CONNECTION_CLASS (klass)->get_name = mitogen_fork_connection_get_name;

  /**
   * MitogenForkConnection:on-fork: (getter get_on_fork) (setter set_on_fork)
   *
   * A function that runs in the copy before anything else, as
   * `package.module:Class.function`: it closes files and breaks locks that belong to
   * the original. What it raises is the failure of the connection.
   *
   * Since: 1.0
   */
  properties[PROP_ON_FORK] = g_param_spec_string ("on-fork", NULL, NULL, NULL, flags);
  /**
   * MitogenForkConnection:new-stack: (getter get_new_stack) (setter set_new_stack)
   *
   * Whether the copy must not keep the stack of whatever the original was doing.
   *
   * A copy that a program asks for never does: it is made in a thread of its own. The
   * setting is here for those who know it from Mitogen.
   *
   * Since: 1.0
   */
  properties[PROP_NEW_STACK] = g_param_spec_boolean ("new-stack", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_fork_connection_init (MitogenForkConnection *self)
{
}

/**
 * mitogen_fork_connection_new:
 *
 * Creates a connection to a copy of a context.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_fork_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_FORK_CONNECTION, NULL);
}

/**
 * mitogen_fork_connection_get_on_fork: (get-property on-fork)
 * @self: a connection
 *
 * Gets the function that runs in the copy first.
 *
 * Returns: (nullable): its name
 *
 * Since: 1.0
 */
const char *
mitogen_fork_connection_get_on_fork (MitogenForkConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_FORK_CONNECTION (self), NULL);
  return self->on_fork;
}

/**
 * mitogen_fork_connection_set_on_fork: (set-property on-fork)
 * @self: a connection
 * @on_fork: (nullable): the name of a function
 *
 * Sets the function that runs in the copy first: see
 * [property@Mitogen.ForkConnection:on-fork].
 *
 * Since: 1.0
 */
void
mitogen_fork_connection_set_on_fork (MitogenForkConnection *self, const char *on_fork)
{
  g_return_if_fail (MITOGEN_IS_FORK_CONNECTION (self));

  mitogen_text_property_set (self, &self->on_fork, on_fork, properties[PROP_ON_FORK]);
}

/**
 * mitogen_fork_connection_get_new_stack: (get-property new-stack)
 * @self: a connection
 *
 * Tells whether the copy must not keep a stack of the original.
 *
 * Returns: whether it must not
 *
 * Since: 1.0
 */
gboolean
mitogen_fork_connection_get_new_stack (MitogenForkConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_FORK_CONNECTION (self), FALSE);
  return self->new_stack;
}

/**
 * mitogen_fork_connection_set_new_stack: (set-property new-stack)
 * @self: a connection
 * @new_stack: whether it must not
 *
 * Decides whether the copy must not keep a stack of the original: see
 * [property@Mitogen.ForkConnection:new-stack].
 *
 * Since: 1.0
 */
void
mitogen_fork_connection_set_new_stack (MitogenForkConnection *self, gboolean new_stack)
{
  g_return_if_fail (MITOGEN_IS_FORK_CONNECTION (self));

  if (self->new_stack == !!new_stack)
    return;
  self->new_stack = !!new_stack;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NEW_STACK]);
}

/**
 * mitogen_fork_connection_set_child_func: (skip)
 * @self: a connection
 * @func: (nullable): a function
 * @data: passed to @func
 *
 * Has a function run in a copy of this program before anything else: it puts right what
 * the copy must not share, and may export more functions.
 *
 * It means nothing for a copy of another context.
 *
 * Since: 1.0
 */
void
mitogen_fork_connection_set_child_func (MitogenForkConnection *self,
                                        MitogenChildFunc func,
                                        gpointer data)
{
  g_return_if_fail (MITOGEN_IS_FORK_CONNECTION (self));
  self->child_func = func;
  self->child_data = data;
}

MitogenChildFunc
mitogen_fork_connection_get_child_func (MitogenForkConnection *self, gpointer *data)
{
  *data = self->child_data;
  return self->child_func;
}

/**
 * mitogen_router_fork:
 * @self: a router
 * @via: (nullable): the context to be copied; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a copy of a context, or of this process, as [class@Mitogen.ForkConnection] does with its
 * defaults: see [method@Mitogen.Router.connect].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_fork (MitogenRouter *self,
                     MitogenContext *via,
                     GCancellable *cancellable,
                     GError **error)
{
  g_autoptr (MitogenConnection) connection = mitogen_fork_connection_new ();

  return mitogen_router_connect (self, connection, via, cancellable, error);
}

/**
 * mitogen_router_fork_async:
 * @self: a router
 * @via: (nullable): the context to be copied; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a copy of a context without blocking: see [method@Mitogen.Router.fork].
 *
 * Since: 1.0
 */
void
mitogen_router_fork_async (MitogenRouter *self,
                           MitogenContext *via,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (MitogenConnection) connection = mitogen_fork_connection_new ();

  mitogen_router_connect_async (self, connection, via, cancellable, callback, user_data);
}

/**
 * mitogen_router_fork_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.fork_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_fork_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}
