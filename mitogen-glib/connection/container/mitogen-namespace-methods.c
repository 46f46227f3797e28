/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts in other namespaces, in one call. */

#include "connection/container/mitogen-namespace-methods.h"
#include "connection/container/mitogen-distrobox-connection.h"
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
