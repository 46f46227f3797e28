/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unix/mitogen-unix-listener.h"
#include "broker/mitogen-broker.h"
#include "connection/mitogen-requests-private.h"
#include "router/mitogen-router-private.h"
#include "unix/mitogen-unix-server-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/**
 * MitogenUnixListener:
 *
 * A UNIX socket by which other processes of the same user join the tree of a router.
 *
 * Who joins, with [func@Mitogen.unix_connect] or with `mitogen.unix.connect()` of the
 * Python library Mitogen, becomes a context: it gets an id, appears in
 * [property@Mitogen.Router:contexts], and can send messages to every context. **It acts
 * with the authority of this process**: it can call functions in each context behind the
 * router, and functions that the program exports to its parents. So nobody but the user
 * of this process and root is let in; the kernel says who it is.
 *
 * The socket is there until [method@Mitogen.UnixListener.close], the last reference to
 * the listener is dropped, or the router is shut down. Who has joined by then stays.
 *
 * Methods may be called from any thread.
 *
 * Since: 1.0
 */
struct _MitogenUnixListener
{
  GObject parent_instance;

  MitogenRouter *router;
  char *wanted; /* as it was given */
  char *path;
  MitogenUnixServer *server;
  guint time_limit;
};

static void mitogen_unix_listener_initable_init (GInitableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MitogenUnixListener,
                               mitogen_unix_listener,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE,
                                                      mitogen_unix_listener_initable_init))

typedef enum
{
  PROP_ROUTER = 1,
  PROP_PATH,
  PROP_TIME_LIMIT,
} MitogenUnixListenerProperty;

static GParamSpec *properties[PROP_TIME_LIMIT + 1];

/* ---- opening and closing ---- */

typedef struct
{
  MitogenUnixServer *server;
  gboolean started;
} Start;

static void
start_run (gpointer data)
{
  Start *start = data;

  start->started = mitogen_unix_server_start (start->server);
}

static gboolean
mitogen_unix_listener_init_finally (GInitable *initable, GCancellable *cancellable, GError **error)
{
  MitogenUnixListener *self = MITOGEN_UNIX_LISTENER (initable);
  MitogenUnixSocket socket;
  g_autofree char *path = NULL;
  Start start = { 0 };

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self->router), FALSE);
  g_return_val_if_fail (!mitogen_in_broker_thread (), FALSE);

  if (!mitogen_unix_socket_listen (&socket, self->wanted, error))
    return FALSE;
  path = g_strdup (socket.path);
  mitogen_requests_serve (mitogen_router_get_core (self->router));
  self->server = mitogen_unix_server_new (mitogen_router_get_core (self->router), &socket);
  mitogen_unix_server_set_time_limit (self->server, self->time_limit);
  start.server = self->server;
  if (!mitogen_broker_defer_sync (mitogen_router_get_broker (self->router), start_run, &start,
                                  error))
    return FALSE;
  if (!start.started)
    {
      g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL,
                           _ ("The router has been shut down"));
      return FALSE;
    }
  self->path = g_steal_pointer (&path);
  return TRUE;
}

static void
mitogen_unix_listener_initable_init (GInitableIface *iface)
{
  iface->init = mitogen_unix_listener_init_finally;
}

static void
mitogen_unix_listener_dispose (GObject *object)
{
  MitogenUnixListener *self = MITOGEN_UNIX_LISTENER (object);

  /* Any thread may drop the last reference: nothing here waits. */
  if (self->server != NULL)
    mitogen_broker_defer (mitogen_router_get_broker (self->router), mitogen_unix_server_close,
                          mitogen_unix_server_ref (self->server),
                          (GDestroyNotify) mitogen_unix_server_unref);
  g_clear_pointer (&self->server, mitogen_unix_server_unref);
  g_clear_object (&self->router);

  G_OBJECT_CLASS (mitogen_unix_listener_parent_class)->dispose (object);
}

static void
mitogen_unix_listener_finalize (GObject *object)
{
  MitogenUnixListener *self = MITOGEN_UNIX_LISTENER (object);

  g_free (self->wanted);
  g_free (self->path);

  G_OBJECT_CLASS (mitogen_unix_listener_parent_class)->finalize (object);
}

/* ---- the object ---- */

static void
mitogen_unix_listener_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenUnixListener *self = MITOGEN_UNIX_LISTENER (object);

  switch ((MitogenUnixListenerProperty) id)
    {
    case PROP_ROUTER:
      g_value_set_object (value, self->router);
      break;
    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;
    case PROP_TIME_LIMIT:
      g_value_set_uint (value, mitogen_unix_listener_get_time_limit (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_unix_listener_set_property (GObject *object,
                                    guint id,
                                    const GValue *value,
                                    GParamSpec *pspec)
{
  MitogenUnixListener *self = MITOGEN_UNIX_LISTENER (object);

  switch ((MitogenUnixListenerProperty) id)
    {
    case PROP_ROUTER:
      self->router = g_value_dup_object (value);
      break;
    case PROP_PATH:
      self->wanted = g_value_dup_string (value);
      break;
    case PROP_TIME_LIMIT:
      mitogen_unix_listener_set_time_limit (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_unix_listener_class_init (MitogenUnixListenerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mitogen_unix_listener_dispose;
  object_class->finalize = mitogen_unix_listener_finalize;
  object_class->get_property = mitogen_unix_listener_get_property;
  object_class->set_property = mitogen_unix_listener_set_property;

  /**
   * MitogenUnixListener:router: (getter get_router)
   *
   * The router whose tree is joined.
   *
   * Since: 1.0
   */
  properties[PROP_ROUTER] =
      g_param_spec_object ("router", NULL, NULL, MITOGEN_TYPE_ROUTER,
                           G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * MitogenUnixListener:path: (getter get_path)
   *
   * The path of the socket.
   *
   * Since: 1.0
   */
  properties[PROP_PATH] =
      g_param_spec_string ("path", NULL, NULL, NULL,
                           G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * MitogenUnixListener:time-limit: (getter get_time_limit) (setter set_time_limit)
   *
   * How long a process that has connected may take to say who it is, in milliseconds.
   *
   * Since: 1.0
   */
  properties[PROP_TIME_LIMIT] =
      g_param_spec_uint ("time-limit", NULL, NULL, 1, G_MAXINT, MITOGEN_UNIX_HANDSHAKE_MS,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_EXPLICIT_NOTIFY |
                             G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_unix_listener_init (MitogenUnixListener *self)
{
}

/**
 * mitogen_unix_listener_new:
 * @router: a router
 * @path: (nullable) (type filename): where to listen, or nothing for a new place
 * @error: return location for an error
 *
 * Lets other processes of the same user join the tree of a router.
 *
 * The socket is accessible to its owner only, from its first moment. One that is left
 * over from a process that is gone is replaced. If somebody listens there, this fails
 * with `G_IO_ERROR_ADDRESS_IN_USE`; if something else is there, with `G_IO_ERROR_EXISTS`;
 * other errors are those of the file system.
 *
 * Without a path, the socket lies in a new directory in that for temporary files, which
 * is removed with it: see [property@Mitogen.UnixListener:path].
 *
 * Returns: (transfer full): a new listener
 *
 * Since: 1.0
 */
MitogenUnixListener *
mitogen_unix_listener_new (MitogenRouter *router, const char *path, GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_ROUTER (router), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  return g_initable_new (MITOGEN_TYPE_UNIX_LISTENER, NULL, error, "router", router, "path", path,
                         NULL);
}

/**
 * mitogen_unix_listener_get_router: (get-property router)
 * @self: a listener
 *
 * Gets the router whose tree is joined.
 *
 * Returns: (transfer none): the router
 *
 * Since: 1.0
 */
MitogenRouter *
mitogen_unix_listener_get_router (MitogenUnixListener *self)
{
  g_return_val_if_fail (MITOGEN_IS_UNIX_LISTENER (self), NULL);
  return self->router;
}

/**
 * mitogen_unix_listener_get_path: (get-property path)
 * @self: a listener
 *
 * Gets the absolute path of the socket. It stays the same after
 * [method@Mitogen.UnixListener.close].
 *
 * Returns: (transfer none) (type filename): the path
 *
 * Since: 1.0
 */
const char *
mitogen_unix_listener_get_path (MitogenUnixListener *self)
{
  g_return_val_if_fail (MITOGEN_IS_UNIX_LISTENER (self), NULL);
  return self->path;
}

/**
 * mitogen_unix_listener_get_time_limit: (get-property time-limit)
 * @self: a listener
 *
 * Gets how long a process may take to say who it is.
 *
 * Returns: a number of milliseconds
 *
 * Since: 1.0
 */
guint
mitogen_unix_listener_get_time_limit (MitogenUnixListener *self)
{
  g_return_val_if_fail (MITOGEN_IS_UNIX_LISTENER (self), 0);
  return g_atomic_int_get (&self->time_limit);
}

/**
 * mitogen_unix_listener_set_time_limit: (set-property time-limit)
 * @self: a listener
 * @milliseconds: a number of milliseconds
 *
 * Sets how long a process may take to say who it is. It holds for those who connect
 * from now on.
 *
 * Since: 1.0
 */
void
mitogen_unix_listener_set_time_limit (MitogenUnixListener *self, guint milliseconds)
{
  g_return_if_fail (MITOGEN_IS_UNIX_LISTENER (self));
  g_return_if_fail (milliseconds > 0 && milliseconds <= G_MAXINT);

  if (mitogen_unix_listener_get_time_limit (self) == milliseconds)
    return;
  g_atomic_int_set (&self->time_limit, milliseconds);
  if (self->server != NULL)
    mitogen_unix_server_set_time_limit (self->server, milliseconds);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TIME_LIMIT]);
}

/**
 * mitogen_unix_listener_close:
 * @self: a listener
 *
 * Closes and removes the socket: when this returns, nobody can join any more. Who has
 * joined stays.
 *
 * May be called more than once.
 *
 * Since: 1.0
 */
void
mitogen_unix_listener_close (MitogenUnixListener *self)
{
  g_return_if_fail (MITOGEN_IS_UNIX_LISTENER (self));
  g_return_if_fail (!mitogen_in_broker_thread ());
  /* If the broker has exited, it has closed the socket before. */
  mitogen_broker_defer_sync (mitogen_router_get_broker (self->router), mitogen_unix_server_close,
                             self->server, NULL);
}
