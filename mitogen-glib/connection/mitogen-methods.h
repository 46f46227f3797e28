/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-router.h"

G_BEGIN_DECLS

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_sudo (MitogenRouter *self,
                                     const char *username,
                                     MitogenContext *via,
                                     GCancellable *cancellable,
                                     GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_sudo_async (MitogenRouter *self,
                                const char *username,
                                MitogenContext *via,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_sudo_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_su (MitogenRouter *self,
                                   const char *username,
                                   MitogenContext *via,
                                   GCancellable *cancellable,
                                   GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_su_async (MitogenRouter *self,
                              const char *username,
                              MitogenContext *via,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_su_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_doas (MitogenRouter *self,
                                     const char *username,
                                     MitogenContext *via,
                                     GCancellable *cancellable,
                                     GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_doas_async (MitogenRouter *self,
                                const char *username,
                                MitogenContext *via,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_doas_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_pkexec (MitogenRouter *self,
                                       const char *username,
                                       MitogenContext *via,
                                       GCancellable *cancellable,
                                       GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_pkexec_async (MitogenRouter *self,
                                  const char *username,
                                  MitogenContext *via,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_pkexec_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_ssh (MitogenRouter *self,
                                    const char *hostname,
                                    const char *username,
                                    MitogenContext *via,
                                    GCancellable *cancellable,
                                    GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_ssh_async (MitogenRouter *self,
                               const char *hostname,
                               const char *username,
                               MitogenContext *via,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_ssh_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

G_END_DECLS
