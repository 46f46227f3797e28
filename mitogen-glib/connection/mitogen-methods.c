/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The ways that programs need most, in one call. */

#include "connection/mitogen-methods.h"
#include "connection/mitogen-connect.h"
#include "connection/mitogen-doas-connection.h"
#include "connection/mitogen-methods-private.h"
#include "connection/mitogen-pkexec-connection.h"
#include "connection/mitogen-ssh-connection.h"
#include "connection/mitogen-su-connection.h"
#include "connection/mitogen-sudo-connection.h"

MitogenContext *
mitogen_methods_connect (MitogenRouter *router,
                         GType type,
                         const char *property,
                         const char *value,
                         MitogenContext *via,
                         GCancellable *cancellable,
                         GError **error)
{
  g_autoptr (MitogenConnection) connection = g_object_new (type, property, value, NULL);

  return mitogen_router_connect (router, connection, via, cancellable, error);
}

void
mitogen_methods_connect_async (MitogenRouter *router,
                               GType type,
                               const char *property,
                               const char *value,
                               MitogenContext *via,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (MitogenConnection) connection = g_object_new (type, property, value, NULL);

  mitogen_router_connect_async (router, connection, via, cancellable, callback, user_data);
}

/* ---- sudo ---- */

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
  return mitogen_methods_connect (self, MITOGEN_TYPE_SUDO_CONNECTION, "username", username, via,
                                  cancellable, error);
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
  mitogen_methods_connect_async (self, MITOGEN_TYPE_SUDO_CONNECTION, "username", username, via,
                                 cancellable, callback, user_data);
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

/* ---- su ---- */

/**
 * mitogen_router_su:
 * @self: a router
 * @username: (nullable): whose account; nothing for root
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in another account of the same host, by `su`, as
 * [class@Mitogen.SuConnection] does with its defaults: see
 * [method@Mitogen.Router.connect].
 *
 * There is nobody to ask then. Where a password is wanted, and for all other options,
 * connect with a [class@Mitogen.SuConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_su (MitogenRouter *self,
                   const char *username,
                   MitogenContext *via,
                   GCancellable *cancellable,
                   GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_SU_CONNECTION, "username", username, via,
                                  cancellable, error);
}

/**
 * mitogen_router_su_async:
 * @self: a router
 * @username: (nullable): whose account; nothing for root
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in another account of the same host, by `su`, without blocking: see
 * [method@Mitogen.Router.su].
 *
 * Since: 1.0
 */
void
mitogen_router_su_async (MitogenRouter *self,
                         const char *username,
                         MitogenContext *via,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_SU_CONNECTION, "username", username, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_su_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.su_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_su_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- doas ---- */

/**
 * mitogen_router_doas:
 * @self: a router
 * @username: (nullable): whose account; nothing for root
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in another account of the same host, by `doas`, as
 * [class@Mitogen.DoasConnection] does with its defaults: see
 * [method@Mitogen.Router.connect].
 *
 * There is nobody to ask then. Where a password is wanted, and for all other options,
 * connect with a [class@Mitogen.DoasConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_doas (MitogenRouter *self,
                     const char *username,
                     MitogenContext *via,
                     GCancellable *cancellable,
                     GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_DOAS_CONNECTION, "username", username, via,
                                  cancellable, error);
}

/**
 * mitogen_router_doas_async:
 * @self: a router
 * @username: (nullable): whose account; nothing for root
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in another account of the same host, by `doas`, without blocking:
 * see [method@Mitogen.Router.doas].
 *
 * Since: 1.0
 */
void
mitogen_router_doas_async (MitogenRouter *self,
                           const char *username,
                           MitogenContext *via,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_DOAS_CONNECTION, "username", username, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_doas_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.doas_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_doas_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- pkexec ---- */

/**
 * mitogen_router_pkexec:
 * @self: a router
 * @username: (nullable): whose account; nothing for root
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in another account of the same host, by `pkexec`, as
 * [class@Mitogen.PkexecConnection] does with its defaults: see
 * [method@Mitogen.Router.connect].
 *
 * There is nobody to ask then. Where a password is wanted, and for all other options,
 * connect with a [class@Mitogen.PkexecConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_pkexec (MitogenRouter *self,
                       const char *username,
                       MitogenContext *via,
                       GCancellable *cancellable,
                       GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_PKEXEC_CONNECTION, "username", username, via,
                                  cancellable, error);
}

/**
 * mitogen_router_pkexec_async:
 * @self: a router
 * @username: (nullable): whose account; nothing for root
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in another account of the same host, by `pkexec`, without blocking:
 * see [method@Mitogen.Router.pkexec].
 *
 * Since: 1.0
 */
void
mitogen_router_pkexec_async (MitogenRouter *self,
                             const char *username,
                             MitogenContext *via,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_PKEXEC_CONNECTION, "username", username, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_pkexec_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.pkexec_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_pkexec_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- ssh ---- */

static MitogenConnection *
make_ssh (const char *hostname, const char *username)
{
  MitogenConnection *connection = mitogen_ssh_connection_new (hostname);

  mitogen_ssh_connection_set_username (MITOGEN_SSH_CONNECTION (connection), username);
  return connection;
}

/**
 * mitogen_router_ssh:
 * @self: a router
 * @hostname: a host, as `ssh` knows it
 * @username: (nullable): whose account there; nothing for what `ssh` takes
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context on another host, by `ssh`, as [class@Mitogen.SshConnection] does
 * with its defaults: see [method@Mitogen.Router.connect].
 *
 * There is nobody to ask then. Where a password is wanted, and for all other options,
 * connect with a [class@Mitogen.SshConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_ssh (MitogenRouter *self,
                    const char *hostname,
                    const char *username,
                    MitogenContext *via,
                    GCancellable *cancellable,
                    GError **error)
{
  g_autoptr (MitogenConnection) connection = NULL;

  g_return_val_if_fail (hostname != NULL, NULL);
  connection = make_ssh (hostname, username);
  return mitogen_router_connect (self, connection, via, cancellable, error);
}

/**
 * mitogen_router_ssh_async:
 * @self: a router
 * @hostname: a host, as `ssh` knows it
 * @username: (nullable): whose account there; nothing for what `ssh` takes
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context on another host, by `ssh`, without blocking: see
 * [method@Mitogen.Router.ssh].
 *
 * Since: 1.0
 */
void
mitogen_router_ssh_async (MitogenRouter *self,
                          const char *hostname,
                          const char *username,
                          MitogenContext *via,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (MitogenConnection) connection = NULL;

  g_return_if_fail (hostname != NULL);
  connection = make_ssh (hostname, username);
  mitogen_router_connect_async (self, connection, via, cancellable, callback, user_data);
}

/**
 * mitogen_router_ssh_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.ssh_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_ssh_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}
