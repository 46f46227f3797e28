/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-router.h"

G_BEGIN_DECLS

/* mitogen_router_connect() with a new connection of a class. @property: (nullable): one to be set,
 * to @value */
MitogenContext *mitogen_methods_connect (MitogenRouter *router,
                                         GType type,
                                         const char *property,
                                         const char *value,
                                         MitogenContext *via,
                                         GCancellable *cancellable,
                                         GError **error);
void mitogen_methods_connect_async (MitogenRouter *router,
                                    GType type,
                                    const char *property,
                                    const char *value,
                                    MitogenContext *via,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);

G_END_DECLS
