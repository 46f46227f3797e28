/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_MESSAGE (mitogen_message_get_type ())

MITOGEN_AVAILABLE_IN_ALL
GType mitogen_message_get_type (void);

MITOGEN_AVAILABLE_IN_ALL
MitogenMessage *mitogen_message_new (guint32 dst_id, guint32 handle, GBytes *bytes);
MITOGEN_AVAILABLE_IN_ALL
MitogenMessage *
mitogen_message_new_pickled (guint32 dst_id, guint32 handle, GVariant *value, GError **error);
MITOGEN_AVAILABLE_IN_ALL
MitogenMessage *mitogen_message_new_dead (guint32 dst_id, guint32 handle, const char *reason);

MITOGEN_AVAILABLE_IN_ALL
MitogenMessage *mitogen_message_ref (MitogenMessage *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_message_unref (MitogenMessage *self);

MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_message_get_dst_id (MitogenMessage *self);
MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_message_get_src_id (MitogenMessage *self);
MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_message_get_auth_id (MitogenMessage *self);
MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_message_get_handle (MitogenMessage *self);
MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_message_get_reply_to (MitogenMessage *self);
MITOGEN_AVAILABLE_IN_ALL
GBytes *mitogen_message_get_bytes (MitogenMessage *self);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_message_is_dead (MitogenMessage *self);
MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_message_unpickle (MitogenMessage *self, GError **error);

MITOGEN_AVAILABLE_IN_ALL
gboolean
mitogen_message_get_call_error (MitogenMessage *self, char **type, char **text, char **traceback);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenMessage, mitogen_message_unref)

G_END_DECLS
