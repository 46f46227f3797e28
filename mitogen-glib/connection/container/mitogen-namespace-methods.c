/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts in other namespaces, in one call. */

#include "connection/container/mitogen-namespace-methods.h"
#include "connection/container/mitogen-chroot-connection.h"
#include "connection/container/mitogen-distrobox-connection.h"
#include "connection/container/mitogen-flatpak-connection.h"
#include "connection/container/mitogen-flatpak-host-connection.h"
#include "connection/container/mitogen-machinectl-connection.h"
#include "connection/container/mitogen-nspawn-connection.h"
#include "connection/container/mitogen-toolbox-connection.h"
#include "connection/mitogen-connect.h"
#include "connection/mitogen-methods-private.h"

/* ---- toolbox ---- */

/**
 * mitogen_router_toolbox:
 * @self: a router
 * @container: the name of a container
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in a container of toolbox, as [class@Mitogen.ToolboxConnection] does with
 * its defaults: see [method@Mitogen.Router.connect].
 *
 * For all other options, connect with a [class@Mitogen.ToolboxConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_toolbox (MitogenRouter *self,
                        const char *container,
                        MitogenContext *via,
                        GCancellable *cancellable,
                        GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_TOOLBOX_CONNECTION, "container", container,
                                  via, cancellable, error);
}

/**
 * mitogen_router_toolbox_async:
 * @self: a router
 * @container: the name of a container
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in a container of toolbox, without blocking: see
 * [method@Mitogen.Router.toolbox].
 *
 * Since: 1.0
 */
void
mitogen_router_toolbox_async (MitogenRouter *self,
                              const char *container,
                              MitogenContext *via,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_TOOLBOX_CONNECTION, "container", container, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_toolbox_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.toolbox_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_toolbox_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- distrobox ---- */

/**
 * mitogen_router_distrobox:
 * @self: a router
 * @container: the name of a container
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in a container of distrobox, as [class@Mitogen.DistroboxConnection] does
 * with its defaults: see [method@Mitogen.Router.connect].
 *
 * For all other options, connect with a [class@Mitogen.DistroboxConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_distrobox (MitogenRouter *self,
                          const char *container,
                          MitogenContext *via,
                          GCancellable *cancellable,
                          GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_DISTROBOX_CONNECTION, "container", container,
                                  via, cancellable, error);
}

/**
 * mitogen_router_distrobox_async:
 * @self: a router
 * @container: the name of a container
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in a container of distrobox, without blocking: see
 * [method@Mitogen.Router.distrobox].
 *
 * Since: 1.0
 */
void
mitogen_router_distrobox_async (MitogenRouter *self,
                                const char *container,
                                MitogenContext *via,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_DISTROBOX_CONNECTION, "container", container,
                                 via, cancellable, callback, user_data);
}

/**
 * mitogen_router_distrobox_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.distrobox_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_distrobox_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- nspawn ---- */

/**
 * mitogen_router_nspawn:
 * @self: a router
 * @directory: the root folder of the new container
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in a container of its own, by `systemd-nspawn`, as
 * [class@Mitogen.NspawnConnection] does with its defaults: see
 * [method@Mitogen.Router.connect].
 *
 * For all other options, such as an image of a disk, connect with a
 * [class@Mitogen.NspawnConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_nspawn (MitogenRouter *self,
                       const char *directory,
                       MitogenContext *via,
                       GCancellable *cancellable,
                       GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_NSPAWN_CONNECTION, "directory", directory, via,
                                  cancellable, error);
}

/**
 * mitogen_router_nspawn_async:
 * @self: a router
 * @directory: the root folder of the new container
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in a container of its own, by `systemd-nspawn`, without blocking: see
 * [method@Mitogen.Router.nspawn].
 *
 * Since: 1.0
 */
void
mitogen_router_nspawn_async (MitogenRouter *self,
                             const char *directory,
                             MitogenContext *via,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_NSPAWN_CONNECTION, "directory", directory, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_nspawn_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.nspawn_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_nspawn_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- machinectl ---- */

/**
 * mitogen_router_machinectl:
 * @self: a router
 * @container: the name of a machine, as `machinectl` lists it
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in a machine of systemd, as [class@Mitogen.MachinectlConnection] does with
 * its defaults: see [method@Mitogen.Router.connect].
 *
 * For all other options, connect with a [class@Mitogen.MachinectlConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_machinectl (MitogenRouter *self,
                           const char *container,
                           MitogenContext *via,
                           GCancellable *cancellable,
                           GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_MACHINECTL_CONNECTION, "container", container,
                                  via, cancellable, error);
}

/**
 * mitogen_router_machinectl_async:
 * @self: a router
 * @container: the name of a machine, as `machinectl` lists it
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in a machine of systemd, without blocking: see
 * [method@Mitogen.Router.machinectl].
 *
 * Since: 1.0
 */
void
mitogen_router_machinectl_async (MitogenRouter *self,
                                 const char *container,
                                 MitogenContext *via,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_MACHINECTL_CONNECTION, "container", container,
                                 via, cancellable, callback, user_data);
}

/**
 * mitogen_router_machinectl_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.machinectl_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_machinectl_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- chroot ---- */

/**
 * mitogen_router_chroot:
 * @self: a router
 * @directory: the new root folder
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context with another root folder, as [class@Mitogen.ChrootConnection] does with its
 * defaults: see [method@Mitogen.Router.connect].
 *
 * For all other options, connect with a [class@Mitogen.ChrootConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_chroot (MitogenRouter *self,
                       const char *directory,
                       MitogenContext *via,
                       GCancellable *cancellable,
                       GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_CHROOT_CONNECTION, "directory", directory, via,
                                  cancellable, error);
}

/**
 * mitogen_router_chroot_async:
 * @self: a router
 * @directory: the new root folder
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context with another root folder, without blocking: see
 * [method@Mitogen.Router.chroot].
 *
 * Since: 1.0
 */
void
mitogen_router_chroot_async (MitogenRouter *self,
                             const char *directory,
                             MitogenContext *via,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_CHROOT_CONNECTION, "directory", directory, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_chroot_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.chroot_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_chroot_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- setns ---- */

static MitogenConnection *
make_setns (MitogenSetnsKind kind, const char *container)
{
  return g_object_new (MITOGEN_TYPE_SETNS_CONNECTION, "kind", kind, "container", container, NULL);
}

/**
 * mitogen_router_setns:
 * @self: a router
 * @kind: what @container is a container of
 * @container: the name of a container
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in the namespaces of a container, as [class@Mitogen.SetnsConnection] does
 * with its defaults: see [method@Mitogen.Router.connect].
 *
 * For all other options, such as the id of a process, connect with a
 * [class@Mitogen.SetnsConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_setns (MitogenRouter *self,
                      MitogenSetnsKind kind,
                      const char *container,
                      MitogenContext *via,
                      GCancellable *cancellable,
                      GError **error)
{
  g_autoptr (MitogenConnection) connection = make_setns (kind, container);

  return mitogen_router_connect (self, connection, via, cancellable, error);
}

/**
 * mitogen_router_setns_async:
 * @self: a router
 * @kind: what @container is a container of
 * @container: the name of a container
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in the namespaces of a container, without blocking: see
 * [method@Mitogen.Router.setns].
 *
 * Since: 1.0
 */
void
mitogen_router_setns_async (MitogenRouter *self,
                            MitogenSetnsKind kind,
                            const char *container,
                            MitogenContext *via,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (MitogenConnection) connection = make_setns (kind, container);

  mitogen_router_connect_async (self, connection, via, cancellable, callback, user_data);
}

/**
 * mitogen_router_setns_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.setns_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_setns_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- flatpak ---- */

/**
 * mitogen_router_flatpak:
 * @self: a router
 * @container: the number of an instance, its process, or the id of an app that runs
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in the sandbox of a Flatpak app, by `flatpak enter`, as
 * [class@Mitogen.FlatpakConnection] does with its defaults: see
 * [method@Mitogen.Router.connect].
 *
 * For all other options, connect with a [class@Mitogen.FlatpakConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_flatpak (MitogenRouter *self,
                        const char *container,
                        MitogenContext *via,
                        GCancellable *cancellable,
                        GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_FLATPAK_CONNECTION, "container", container,
                                  via, cancellable, error);
}

/**
 * mitogen_router_flatpak_async:
 * @self: a router
 * @container: the number of an instance, its process, or the id of an app that runs
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in the sandbox of a Flatpak app, by `flatpak enter`, without blocking: see
 * [method@Mitogen.Router.flatpak].
 *
 * Since: 1.0
 */
void
mitogen_router_flatpak_async (MitogenRouter *self,
                              const char *container,
                              MitogenContext *via,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_FLATPAK_CONNECTION, "container", container, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_flatpak_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.flatpak_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_flatpak_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- flatpak host ---- */

/**
 * mitogen_router_flatpak_host:
 * @self: a router
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context on the host of the sandbox that this program or @via runs in, by `flatpak-
 * spawn`, as [class@Mitogen.FlatpakHostConnection] does with its defaults: see
 * [method@Mitogen.Router.connect].
 *
 * For all other options, connect with a [class@Mitogen.FlatpakHostConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_flatpak_host (MitogenRouter *self,
                             MitogenContext *via,
                             GCancellable *cancellable,
                             GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_FLATPAK_HOST_CONNECTION, NULL, NULL, via,
                                  cancellable, error);
}

/**
 * mitogen_router_flatpak_host_async:
 * @self: a router
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context on the host of the sandbox that this program or @via runs in, by `flatpak-
 * spawn`, without blocking: see [method@Mitogen.Router.flatpak_host].
 *
 * Since: 1.0
 */
void
mitogen_router_flatpak_host_async (MitogenRouter *self,
                                   MitogenContext *via,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_FLATPAK_HOST_CONNECTION, NULL, NULL, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_flatpak_host_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.flatpak_host_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_flatpak_host_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}
