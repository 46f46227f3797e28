/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_SENDER (mitogen_sender_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenSender, mitogen_sender, MITOGEN, SENDER, GObject)

MITOGEN_AVAILABLE_IN_ALL
MitogenSender *mitogen_sender_new (MitogenContext *context, guint32 dst_handle);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_sender_get_context (MitogenSender *self);
MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_sender_get_dst_handle (MitogenSender *self);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_sender_put (MitogenSender *self, GVariant *value, GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_sender_close (MitogenSender *self);
MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_sender_to_variant (MitogenSender *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenSender *mitogen_sender_from_variant (MitogenRouter *router, GVariant *value, GError **error);

G_END_DECLS
