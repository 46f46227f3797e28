/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-connect.h"

G_BEGIN_DECLS

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_connect_uri (MitogenRouter *self,
                                            const char *uri,
                                            GMountOperation *interaction,
                                            MitogenContext *via,
                                            GCancellable *cancellable,
                                            GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_connect_uri_async (MitogenRouter *self,
                                       const char *uri,
                                       GMountOperation *interaction,
                                       MitogenContext *via,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_connect_uri_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

G_END_DECLS
