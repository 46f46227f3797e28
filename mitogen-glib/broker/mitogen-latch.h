/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_LATCH (mitogen_latch_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenLatch, mitogen_latch, MITOGEN, LATCH, GObject)

MITOGEN_AVAILABLE_IN_ALL
MitogenLatch *mitogen_latch_new (void);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_latch_put (MitogenLatch *self, GVariant *value, GError **error);
MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_latch_get (MitogenLatch *self, gint timeout, gboolean block, GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_latch_get_async (MitogenLatch *self,
                              gint timeout,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_latch_get_finish (MitogenLatch *self, GAsyncResult *result, GError **error);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_latch_is_empty (MitogenLatch *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_latch_close (MitogenLatch *self);

G_END_DECLS
