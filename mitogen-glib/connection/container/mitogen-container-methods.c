/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts in containers, in one call. */

#include "connection/container/mitogen-container-methods.h"
#include "connection/container/mitogen-buildah-connection.h"
#include "connection/container/mitogen-docker-connection.h"
#include "connection/container/mitogen-incus-connection.h"
#include "connection/container/mitogen-jail-connection.h"
#include "connection/container/mitogen-kubectl-connection.h"
#include "connection/container/mitogen-lxc-connection.h"
#include "connection/container/mitogen-lxd-connection.h"
#include "connection/container/mitogen-podman-connection.h"
#include "connection/mitogen-connect.h"
#include "connection/mitogen-methods-private.h"

/* ---- docker ---- */

/**
 * mitogen_router_docker:
 * @self: a router
 * @container: the name or id of a container that runs
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in a container of Docker, as [class@Mitogen.DockerConnection] does with its
 * defaults: see [method@Mitogen.Router.connect].
 *
 * For all other options, such as an image for a container of its own, connect with a
 * [class@Mitogen.DockerConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_docker (MitogenRouter *self,
                       const char *container,
                       MitogenContext *via,
                       GCancellable *cancellable,
                       GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_DOCKER_CONNECTION, "container", container, via,
                                  cancellable, error);
}

/**
 * mitogen_router_docker_async:
 * @self: a router
 * @container: the name or id of a container that runs
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in a container of Docker, without blocking: see
 * [method@Mitogen.Router.docker].
 *
 * Since: 1.0
 */
void
mitogen_router_docker_async (MitogenRouter *self,
                             const char *container,
                             MitogenContext *via,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_DOCKER_CONNECTION, "container", container, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_docker_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.docker_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_docker_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- podman ---- */

/**
 * mitogen_router_podman:
 * @self: a router
 * @container: the name or id of a container that runs
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in a container of podman, as [class@Mitogen.PodmanConnection] does with its
 * defaults: see [method@Mitogen.Router.connect].
 *
 * For all other options, such as an image for a container of its own, connect with a
 * [class@Mitogen.PodmanConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_podman (MitogenRouter *self,
                       const char *container,
                       MitogenContext *via,
                       GCancellable *cancellable,
                       GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_PODMAN_CONNECTION, "container", container, via,
                                  cancellable, error);
}

/**
 * mitogen_router_podman_async:
 * @self: a router
 * @container: the name or id of a container that runs
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in a container of podman, without blocking: see
 * [method@Mitogen.Router.podman].
 *
 * Since: 1.0
 */
void
mitogen_router_podman_async (MitogenRouter *self,
                             const char *container,
                             MitogenContext *via,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_PODMAN_CONNECTION, "container", container, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_podman_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.podman_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_podman_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- buildah ---- */

/**
 * mitogen_router_buildah:
 * @self: a router
 * @container: the name or id of a working container
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in a working container of buildah, as [class@Mitogen.BuildahConnection] does
 * with its defaults: see [method@Mitogen.Router.connect].
 *
 * For all other options, connect with a [class@Mitogen.BuildahConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_buildah (MitogenRouter *self,
                        const char *container,
                        MitogenContext *via,
                        GCancellable *cancellable,
                        GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_BUILDAH_CONNECTION, "container", container,
                                  via, cancellable, error);
}

/**
 * mitogen_router_buildah_async:
 * @self: a router
 * @container: the name or id of a working container
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in a working container of buildah, without blocking: see
 * [method@Mitogen.Router.buildah].
 *
 * Since: 1.0
 */
void
mitogen_router_buildah_async (MitogenRouter *self,
                              const char *container,
                              MitogenContext *via,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_BUILDAH_CONNECTION, "container", container, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_buildah_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.buildah_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_buildah_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- kubectl ---- */

/**
 * mitogen_router_kubectl:
 * @self: a router
 * @pod: the name of a pod, or what else `kubectl exec` takes for one
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in a container of a pod, by `kubectl`, as [class@Mitogen.KubectlConnection]
 * does with its defaults: see [method@Mitogen.Router.connect].
 *
 * For all other options, such as which container of the pod, connect with a
 * [class@Mitogen.KubectlConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_kubectl (MitogenRouter *self,
                        const char *pod,
                        MitogenContext *via,
                        GCancellable *cancellable,
                        GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_KUBECTL_CONNECTION, "pod", pod, via,
                                  cancellable, error);
}

/**
 * mitogen_router_kubectl_async:
 * @self: a router
 * @pod: the name of a pod, or what else `kubectl exec` takes for one
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in a container of a pod, by `kubectl`, without blocking: see
 * [method@Mitogen.Router.kubectl].
 *
 * Since: 1.0
 */
void
mitogen_router_kubectl_async (MitogenRouter *self,
                              const char *pod,
                              MitogenContext *via,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_KUBECTL_CONNECTION, "pod", pod, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_kubectl_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.kubectl_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_kubectl_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- lxc ---- */

/**
 * mitogen_router_lxc:
 * @self: a router
 * @container: the name of a container that runs
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in a container of LXC, by `lxc-attach`, as [class@Mitogen.LxcConnection]
 * does with its defaults: see [method@Mitogen.Router.connect].
 *
 * For all other options, connect with a [class@Mitogen.LxcConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_lxc (MitogenRouter *self,
                    const char *container,
                    MitogenContext *via,
                    GCancellable *cancellable,
                    GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_LXC_CONNECTION, "container", container, via,
                                  cancellable, error);
}

/**
 * mitogen_router_lxc_async:
 * @self: a router
 * @container: the name of a container that runs
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in a container of LXC, by `lxc-attach`, without blocking: see
 * [method@Mitogen.Router.lxc].
 *
 * Since: 1.0
 */
void
mitogen_router_lxc_async (MitogenRouter *self,
                          const char *container,
                          MitogenContext *via,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_LXC_CONNECTION, "container", container, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_lxc_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.lxc_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_lxc_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- lxd ---- */

/**
 * mitogen_router_lxd:
 * @self: a router
 * @container: the name of an instance that runs
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in an instance of LXD, by `lxc exec`, as [class@Mitogen.LxdConnection] does
 * with its defaults: see [method@Mitogen.Router.connect].
 *
 * For all other options, connect with a [class@Mitogen.LxdConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_lxd (MitogenRouter *self,
                    const char *container,
                    MitogenContext *via,
                    GCancellable *cancellable,
                    GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_LXD_CONNECTION, "container", container, via,
                                  cancellable, error);
}

/**
 * mitogen_router_lxd_async:
 * @self: a router
 * @container: the name of an instance that runs
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in an instance of LXD, by `lxc exec`, without blocking: see
 * [method@Mitogen.Router.lxd].
 *
 * Since: 1.0
 */
void
mitogen_router_lxd_async (MitogenRouter *self,
                          const char *container,
                          MitogenContext *via,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_LXD_CONNECTION, "container", container, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_lxd_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.lxd_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_lxd_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- incus ---- */

/**
 * mitogen_router_incus:
 * @self: a router
 * @container: the name of an instance that runs
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in an instance of Incus, by `incus exec`, as [class@Mitogen.IncusConnection]
 * does with its defaults: see [method@Mitogen.Router.connect].
 *
 * For all other options, connect with a [class@Mitogen.IncusConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_incus (MitogenRouter *self,
                      const char *container,
                      MitogenContext *via,
                      GCancellable *cancellable,
                      GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_INCUS_CONNECTION, "container", container, via,
                                  cancellable, error);
}

/**
 * mitogen_router_incus_async:
 * @self: a router
 * @container: the name of an instance that runs
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in an instance of Incus, by `incus exec`, without blocking: see
 * [method@Mitogen.Router.incus].
 *
 * Since: 1.0
 */
void
mitogen_router_incus_async (MitogenRouter *self,
                            const char *container,
                            MitogenContext *via,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_INCUS_CONNECTION, "container", container, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_incus_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.incus_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_incus_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}

/* ---- jail ---- */

/**
 * mitogen_router_jail:
 * @self: a router
 * @container: the name or number of a jail
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context in a jail of FreeBSD, by `jexec`, as [class@Mitogen.JailConnection] does
 * with its defaults: see [method@Mitogen.Router.connect].
 *
 * For all other options, connect with a [class@Mitogen.JailConnection].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_jail (MitogenRouter *self,
                     const char *container,
                     MitogenContext *via,
                     GCancellable *cancellable,
                     GError **error)
{
  return mitogen_methods_connect (self, MITOGEN_TYPE_JAIL_CONNECTION, "container", container, via,
                                  cancellable, error);
}

/**
 * mitogen_router_jail_async:
 * @self: a router
 * @container: the name or number of a jail
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context in a jail of FreeBSD, by `jexec`, without blocking: see
 * [method@Mitogen.Router.jail].
 *
 * Since: 1.0
 */
void
mitogen_router_jail_async (MitogenRouter *self,
                           const char *container,
                           MitogenContext *via,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  mitogen_methods_connect_async (self, MITOGEN_TYPE_JAIL_CONNECTION, "container", container, via,
                                 cancellable, callback, user_data);
}

/**
 * mitogen_router_jail_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.jail_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_jail_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  return mitogen_router_connect_finish (self, result, error);
}
