/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-connect.h"

G_BEGIN_DECLS

/* FALSE: a call that blocks would never show what the connection's interaction asks. */
gboolean mitogen_connect_check_may_block (MitogenConnection *connection, GError **error);

/* mitogen_router_connect_async() with an id that there is already, for a context whose signals are
 * to be emitted in @owner. @via: (nullable): may still be on its way.
 * Returns: (transfer full) (nullable): the context, at once; NULL: @callback gets the reason, later
 */
MitogenContext *mitogen_connect_begin (MitogenRouter *router,
                                       MitogenConnection *connection,
                                       MitogenContext *via,
                                       guint32 id,
                                       GMainContext *owner,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);

G_END_DECLS
