/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-router.h"

G_BEGIN_DECLS

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_docker (MitogenRouter *self,
                                       const char *container,
                                       MitogenContext *via,
                                       GCancellable *cancellable,
                                       GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_docker_async (MitogenRouter *self,
                                  const char *container,
                                  MitogenContext *via,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_docker_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_podman (MitogenRouter *self,
                                       const char *container,
                                       MitogenContext *via,
                                       GCancellable *cancellable,
                                       GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_podman_async (MitogenRouter *self,
                                  const char *container,
                                  MitogenContext *via,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_podman_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_buildah (MitogenRouter *self,
                                        const char *container,
                                        MitogenContext *via,
                                        GCancellable *cancellable,
                                        GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_buildah_async (MitogenRouter *self,
                                   const char *container,
                                   MitogenContext *via,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_buildah_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_kubectl (MitogenRouter *self,
                                        const char *pod,
                                        MitogenContext *via,
                                        GCancellable *cancellable,
                                        GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_kubectl_async (MitogenRouter *self,
                                   const char *pod,
                                   MitogenContext *via,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_kubectl_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_lxc (MitogenRouter *self,
                                    const char *container,
                                    MitogenContext *via,
                                    GCancellable *cancellable,
                                    GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_lxc_async (MitogenRouter *self,
                               const char *container,
                               MitogenContext *via,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_lxc_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_lxd (MitogenRouter *self,
                                    const char *container,
                                    MitogenContext *via,
                                    GCancellable *cancellable,
                                    GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_lxd_async (MitogenRouter *self,
                               const char *container,
                               MitogenContext *via,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_lxd_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_incus (MitogenRouter *self,
                                      const char *container,
                                      MitogenContext *via,
                                      GCancellable *cancellable,
                                      GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_incus_async (MitogenRouter *self,
                                 const char *container,
                                 MitogenContext *via,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_incus_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_jail (MitogenRouter *self,
                                     const char *container,
                                     MitogenContext *via,
                                     GCancellable *cancellable,
                                     GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_jail_async (MitogenRouter *self,
                                const char *container,
                                MitogenContext *via,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_jail_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

G_END_DECLS
