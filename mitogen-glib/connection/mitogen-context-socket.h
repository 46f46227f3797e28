/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-context.h"

G_BEGIN_DECLS

MITOGEN_AVAILABLE_IN_ALL
GIOStream *mitogen_context_open_socket (MitogenContext *self,
                                        const char *path,
                                        GCancellable *cancellable,
                                        GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_context_open_socket_async (MitogenContext *self,
                                        const char *path,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
GIOStream *
mitogen_context_open_socket_finish (MitogenContext *self, GAsyncResult *result, GError **error);

G_END_DECLS
