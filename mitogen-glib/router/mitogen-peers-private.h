/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* What is connected to this process, or being connected, and their end with that of the router.
 * The functions to add and remove them are in mitogen-core-private.h. I/O thread. */
typedef struct _MitogenPeers MitogenPeers;

/* Belongs to @core, and does not reference it. */
MitogenPeers *mitogen_peers_new (MitogenCore *core);
void mitogen_peers_free (MitogenPeers *self);
/* From now on the end of the broker is that of the peers. */
void mitogen_peers_watch_broker (MitogenPeers *self);

/* A message waits for @id. */
void mitogen_peers_held (MitogenPeers *self, guint32 id);
/* The route to @id is gone. FALSE: nobody looks after it. */
gboolean mitogen_peers_lost (MitogenPeers *self, guint32 id);
/* @id wants to leave the tree. FALSE: it is none that could. */
gboolean mitogen_peers_detach (MitogenPeers *self, guint32 id);

G_END_DECLS
