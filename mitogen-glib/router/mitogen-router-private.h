/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-context.h"
#include "router/mitogen-core-private.h"
#include "router/mitogen-router.h"

G_BEGIN_DECLS

MitogenCore *mitogen_router_get_core (MitogenRouter *self);

/* The router holds its contexts until they are gone. Any thread but the broker's. */
void mitogen_router_adopt_context (MitogenRouter *self, MitogenContext *context);
/* A context that this process did not connect is there: has the router list it. Any thread. */
void mitogen_router_welcome_node (MitogenCore *core, MitogenContextNode *node);
void mitogen_router_forget_context (MitogenRouter *self, MitogenContext *context);
/* The same for one that it is not to list: the parent. */
void mitogen_router_hold_context (MitogenRouter *self, MitogenContext *context);

G_END_DECLS
