/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

MITOGEN_AVAILABLE_IN_ALL
MitogenRouter *mitogen_unix_connect (const char *path, GCancellable *cancellable, GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_unix_connect_async (const char *path,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenRouter *mitogen_unix_connect_finish (GAsyncResult *result, GError **error);

G_END_DECLS
