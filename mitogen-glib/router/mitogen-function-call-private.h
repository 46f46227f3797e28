/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/mitogen-message-private.h"

G_BEGIN_DECLS

/* A CALL_FUNCTION message. @function: "package.module:function" or
 * "package.module:Class.method". @args: (nullable): a tuple or an array; @kwargs: (nullable):
 * a dictionary with text keys; floating references are consumed, also on failure.
 * @chain_id: (nullable) */
MitogenMessage *mitogen_function_call_new (guint32 dst_id,
                                           const char *chain_id,
                                           const char *function,
                                           GVariant *args,
                                           GVariant *kwargs,
                                           GError **error);

gboolean mitogen_function_name_is_valid (const char *name, GError **error);

/* The message with another reply_to. */
MitogenMessage *mitogen_message_with_reply_to (MitogenMessage *message, guint32 reply_to);

G_END_DECLS
