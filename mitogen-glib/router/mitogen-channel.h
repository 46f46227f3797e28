/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-receiver.h"
#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_CHANNEL (mitogen_channel_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenChannel, mitogen_channel, MITOGEN, CHANNEL, GObject)

MITOGEN_AVAILABLE_IN_ALL
MitogenChannel *mitogen_channel_new (MitogenRouter *router,
                                     MitogenContext *context,
                                     guint32 dst_handle,
                                     guint32 handle,
                                     GError **error);
MITOGEN_AVAILABLE_IN_ALL
MitogenReceiver *mitogen_channel_get_receiver (MitogenChannel *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_channel_get_context (MitogenChannel *self);
MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_channel_get_dst_handle (MitogenChannel *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_channel_set_dst_handle (MitogenChannel *self, guint32 dst_handle);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_channel_put (MitogenChannel *self, GVariant *value, GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_channel_close (MitogenChannel *self);

G_END_DECLS
