/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-router.h"
#include "mitogen-setns-connection.h"

G_BEGIN_DECLS

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_toolbox (MitogenRouter *self,
                                        const char *container,
                                        MitogenContext *via,
                                        GCancellable *cancellable,
                                        GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_toolbox_async (MitogenRouter *self,
                                   const char *container,
                                   MitogenContext *via,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_toolbox_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_distrobox (MitogenRouter *self,
                                          const char *container,
                                          MitogenContext *via,
                                          GCancellable *cancellable,
                                          GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_distrobox_async (MitogenRouter *self,
                                     const char *container,
                                     MitogenContext *via,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_distrobox_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_nspawn (MitogenRouter *self,
                                       const char *directory,
                                       MitogenContext *via,
                                       GCancellable *cancellable,
                                       GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_nspawn_async (MitogenRouter *self,
                                  const char *directory,
                                  MitogenContext *via,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_nspawn_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_machinectl (MitogenRouter *self,
                                           const char *container,
                                           MitogenContext *via,
                                           GCancellable *cancellable,
                                           GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_machinectl_async (MitogenRouter *self,
                                      const char *container,
                                      MitogenContext *via,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_machinectl_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_chroot (MitogenRouter *self,
                                       const char *directory,
                                       MitogenContext *via,
                                       GCancellable *cancellable,
                                       GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_chroot_async (MitogenRouter *self,
                                  const char *directory,
                                  MitogenContext *via,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_chroot_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_setns (MitogenRouter *self,
                                      MitogenSetnsKind kind,
                                      const char *container,
                                      MitogenContext *via,
                                      GCancellable *cancellable,
                                      GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_setns_async (MitogenRouter *self,
                                 MitogenSetnsKind kind,
                                 const char *container,
                                 MitogenContext *via,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_setns_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_flatpak (MitogenRouter *self,
                                        const char *container,
                                        MitogenContext *via,
                                        GCancellable *cancellable,
                                        GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_flatpak_async (MitogenRouter *self,
                                   const char *container,
                                   MitogenContext *via,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_flatpak_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_flatpak_host (MitogenRouter *self,
                                             MitogenContext *via,
                                             GCancellable *cancellable,
                                             GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_flatpak_host_async (MitogenRouter *self,
                                        MitogenContext *via,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_flatpak_host_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

G_END_DECLS
