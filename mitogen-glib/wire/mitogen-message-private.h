/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/mitogen-frame-private.h"
#include "wire/mitogen-message.h"

G_BEGIN_DECLS

/* A message is immutable once another thread may see it. Its payload is one or
 * more segments, so that a large byte string inside a pickle is sent from where
 * it lies: nothing joins them unless mitogen_message_get_bytes() is called. */

/* @segments: (element-type GBytes) (transfer full): may be empty.
 * The length in @header is ignored: it follows from the segments. */
MitogenMessage *mitogen_message_new_segments (const MitogenFrameHeader *header,
                                              GPtrArray *segments);
/* @payload: (nullable) (transfer full) */
MitogenMessage *mitogen_message_new_received (const MitogenFrameHeader *header, GBytes *payload);

/* A message with the payload of @self and another header; shares, never copies. */
MitogenMessage *mitogen_message_with_header (MitogenMessage *self,
                                             const MitogenFrameHeader *header);
const MitogenFrameHeader *mitogen_message_get_header (MitogenMessage *self);
gsize mitogen_message_get_size (MitogenMessage *self);
guint mitogen_message_get_n_segments (MitogenMessage *self);
GBytes *mitogen_message_get_segment (MitogenMessage *self, guint index);

/* Where the message was received: a strong reference to a GObject of a layer
 * above (the receiver, else the router). Set once, in the user's thread, when
 * the message is handed to the user; never on the broker thread. */
void mitogen_message_set_origin (MitogenMessage *self, GObject *origin);
GObject *mitogen_message_get_origin (MitogenMessage *self);

/* The error of a dead message: MITOGEN_ERROR_CHANNEL with its reason. */
GError *mitogen_message_dead_error (MitogenMessage *self);

/* One line for logs: ids, handles, size; never the payload. */
char *mitogen_message_to_string (MitogenMessage *self);

G_END_DECLS
