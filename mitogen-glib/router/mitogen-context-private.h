/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-context.h"
#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* @owner: where its signals are emitted. */
MitogenContext *mitogen_context_new (MitogenCore *core,
                                     MitogenContextNode *node,
                                     MitogenContext *via,
                                     GObject *connection,
                                     GMainContext *owner);
MitogenContextNode *mitogen_context_get_node (MitogenContext *self);
MitogenCore *mitogen_context_get_core (MitogenContext *self);

G_END_DECLS
