/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-connection.h"
#include "mitogen-router.h"

G_BEGIN_DECLS

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_connect (MitogenRouter *self,
                                        MitogenConnection *connection,
                                        MitogenContext *via,
                                        GCancellable *cancellable,
                                        GError **error);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_start_connect (MitogenRouter *self,
                                              MitogenConnection *connection,
                                              MitogenContext *via,
                                              GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_connect_async (MitogenRouter *self,
                                   MitogenConnection *connection,
                                   MitogenContext *via,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_connect_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_local (MitogenRouter *self,
                                      MitogenContext *via,
                                      GCancellable *cancellable,
                                      GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_local_async (MitogenRouter *self,
                                 MitogenContext *via,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_local_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

G_END_DECLS
