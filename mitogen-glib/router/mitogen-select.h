/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-receiver.h"
#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_SELECT (mitogen_select_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenSelect, mitogen_select, MITOGEN, SELECT, GObject)

MITOGEN_AVAILABLE_IN_ALL
MitogenSelect *mitogen_select_new (gboolean oneshot);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_select_get_oneshot (MitogenSelect *self);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_select_add (MitogenSelect *self, GObject *source, GError **error);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_select_remove (MitogenSelect *self, GObject *source);
MITOGEN_AVAILABLE_IN_ALL
guint mitogen_select_get_n_sources (MitogenSelect *self);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_select_is_empty (MitogenSelect *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenMessage *mitogen_select_try_get (MitogenSelect *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenMessage *
mitogen_select_get (MitogenSelect *self, gint timeout, GCancellable *cancellable, GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_select_get_async (MitogenSelect *self,
                               gint timeout,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenMessage *
mitogen_select_get_finish (MitogenSelect *self, GAsyncResult *result, GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_select_close (MitogenSelect *self);

G_END_DECLS
