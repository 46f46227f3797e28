/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-child.h"
#include "mitogen-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_FORK_CONNECTION (mitogen_fork_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenForkConnection,
                      mitogen_fork_connection,
                      MITOGEN,
                      FORK_CONNECTION,
                      MitogenConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_fork_connection_new (void);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_fork_connection_get_on_fork (MitogenForkConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_fork_connection_set_on_fork (MitogenForkConnection *self, const char *on_fork);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_fork_connection_get_new_stack (MitogenForkConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_fork_connection_set_new_stack (MitogenForkConnection *self, gboolean new_stack);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_fork_connection_set_child_func (MitogenForkConnection *self,
                                             MitogenChildFunc func,
                                             gpointer data);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_fork (MitogenRouter *self,
                                     MitogenContext *via,
                                     GCancellable *cancellable,
                                     GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_fork_async (MitogenRouter *self,
                                MitogenContext *via,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_router_fork_finish (MitogenRouter *self, GAsyncResult *result, GError **error);

G_END_DECLS
