/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* What is told to other contexts about routes, and what is believed of what they tell:
 * ADD_ROUTE, DEL_ROUTE, EXPECT_ROUTE and ALLOCATE_ID. All on the I/O thread. */
typedef struct _MitogenRouteMonitor MitogenRouteMonitor;

/* Belongs to @core, and does not reference it. */
MitogenRouteMonitor *mitogen_route_monitor_new (MitogenCore *core);
void mitogen_route_monitor_free (MitogenRouteMonitor *self);

/* A context at the other end of @stream, or behind it, is there: tells the parent before any
 * message of that context can pass. @max_message_size: see mitogen_core_add_route(). */
void mitogen_route_monitor_add (MitogenRouteMonitor *self,
                                guint32 id,
                                MitogenStream *stream,
                                guint32 max_message_size,
                                const char *name);
/* It is gone: tells the parent, and everybody who has spoken to it. @from: who knows. */
void mitogen_route_monitor_remove (MitogenRouteMonitor *self, guint32 id, MitogenStream *from);

/* @id may be announced by the stream that leads to @via_id, and tells its hops so. Such a route
 * takes @max_message_size. */
void mitogen_route_monitor_expect (MitogenRouteMonitor *self,
                                   guint32 id,
                                   guint32 via_id,
                                   guint32 max_message_size);
/* Harmless if it has been announced. */
void mitogen_route_monitor_withdraw (MitogenRouteMonitor *self, guint32 id);

G_END_DECLS
