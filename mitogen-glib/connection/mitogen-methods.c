/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The ways that programs need most, in one call. */

#include "connection/mitogen-methods.h"
#include "connection/mitogen-connect.h"
#include "connection/mitogen-sudo-connection.h"

/* ---- sudo ---- */

static MitogenConnection *
make_sudo (const char *username)
{
  MitogenConnection *connection = mitogen_sudo_connection_new ();

  mitogen_sudo_connection_set_username (MITOGEN_SUDO_CONNECTION (connection), username);
  return connection;
}

/**
 * mitogen_router_sudo:
 * @self: a router
 * @username: (nullable): whose account; nothing for root
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in another account of the same host, by `sudo`, as
 * [class@Mitogen.SudoConnection] does with its defaults: see
 * [method@Mitogen.Router.connect].
 *
 * There is nobody to ask then. Where a password is wanted, and for all other options,
 * connect with a [class@Mitogen.SudoConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_sudo (MitogenRouter *self,
                     const char *username,
                     MitogenContext *via,
                     GCancellable *cancellable,
                     GError **error)
{
  g_autoptr (MitogenConnection) connection = make_sudo (username);

  return mitogen_router_connect (self, connection, via, cancellable, error);
}

/**
 * mitogen_router_sudo_async:
 * @self: a router
 * @username: (nullable): whose account; nothing for root
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in another account of the same host, by `sudo`, without blocking:
 * see [method@Mitogen.Router.sudo].
 *
 * Since: 1.0
 */
void
mitogen_router_sudo_async (MitogenRouter *self,
                           const char *username,
                           MitogenContext *via,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (MitogenConnection) connection = make_sudo (username);

  mitogen_router_connect_async (self, connection, via, cancellable, callback, user_data);
}

/**
 * mitogen_router_sudo_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.sudo_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_sudo_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}
