/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/mitogen-value.h"

G_BEGIN_DECLS

/* Values with a meaning of their own are GVariants led by an object path, which no
 * plain Python value turns into: so the writer cannot mistake a tuple for one.
 *   Context (ous): path, id, name     Sender (ouu): path, context id, handle
 *   Secret (os): path, text (only written; a received Secret is plain text) */
#define MITOGEN_VALUE_CONTEXT_PATH "/org/mitogen/Context"
#define MITOGEN_VALUE_SENDER_PATH  "/org/mitogen/Sender"
#define MITOGEN_VALUE_SECRET_PATH  "/org/mitogen/Secret"

GVariant *mitogen_value_context_new (guint32 id, const char *name);
gboolean mitogen_value_context_get (GVariant *value, guint32 *id, const char **name);
GVariant *mitogen_value_sender_new (guint32 context_id, guint32 handle);
gboolean mitogen_value_sender_get (GVariant *value, guint32 *context_id, guint32 *handle);
gboolean mitogen_value_secret_get (GVariant *value, const char **text);

G_END_DECLS
