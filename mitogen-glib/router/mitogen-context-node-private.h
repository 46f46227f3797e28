/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-dispatcher-private.h"
#include "broker/mitogen-stream-private.h"

G_BEGIN_DECLS

/* What is known of one context: shared by the public MitogenContext and the
 * broker thread, neither of which may hold the other. Any thread. */
typedef struct _MitogenContextNode MitogenContextNode;

typedef enum
{
  MITOGEN_CONTEXT_NODE_CONNECTING,
  MITOGEN_CONTEXT_NODE_CONNECTED,
  MITOGEN_CONTEXT_NODE_DISCONNECTED,
} MitogenContextNodeState;

/* In the thread of the context's owner. @context: (transfer none) */
typedef void (*MitogenContextNodeEmit) (GObject *context, gpointer data);

MitogenContextNode *mitogen_context_node_new (guint32 id, const char *name, guint32 via_id);
MitogenContextNode *mitogen_context_node_ref (MitogenContextNode *self);
void mitogen_context_node_unref (MitogenContextNode *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenContextNode, mitogen_context_node_unref)

guint32 mitogen_context_node_get_id (MitogenContextNode *self);
guint32 mitogen_context_node_get_via_id (MitogenContextNode *self);
/* Valid as long as the node. It can be set once: when the connection knows it. */
const char *mitogen_context_node_get_name (MitogenContextNode *self);
void mitogen_context_node_set_name (MitogenContextNode *self, const char *name);

MitogenContextNodeState mitogen_context_node_get_state (MitogenContextNode *self);
void mitogen_context_node_set_connected (MitogenContextNode *self, GVariant *info);
/* Which parts of our core it has been sent; FALSE: @part was among them. I/O thread. */
gboolean mitogen_context_node_add_part (MitogenContextNode *self, guint part);
/* Whether it runs our core in Python, so that others can be made through it. */
void mitogen_context_node_set_is_python (MitogenContextNode *self);
gboolean mitogen_context_node_is_python (MitogenContextNode *self);
/* It is known only as long as there is an object for it. */
void mitogen_context_node_set_passing (MitogenContextNode *self);
gboolean mitogen_context_node_is_passing (MitogenContextNode *self);
/* It is gone; why may only be known a moment later. */
void mitogen_context_node_set_lost (MitogenContextNode *self);
/* Now it is known. FALSE: it was already. @reason: (transfer none) */
gboolean mitogen_context_node_set_reason (MitogenContextNode *self, const GError *reason);
/* Returns: (transfer full) (nullable): why, once it is disconnected. */
GError *mitogen_context_node_get_reason (MitogenContextNode *self);
/* Returns: (transfer full) (nullable) */
GVariant *mitogen_context_node_get_info (MitogenContextNode *self);

/* The public object of this node, whose signals go to @dispatcher's context. */
void mitogen_context_node_set_object (MitogenContextNode *self,
                                      GObject *context,
                                      MitogenDispatcher *dispatcher);
/* Returns: (transfer full) (nullable) */
MitogenWeak *mitogen_context_node_dup_weak (MitogenContextNode *self);
/* Runs @emit in the owner's context, unless the object is gone by then. @size: 0, or
 * about how much memory @data takes if it may be dropped when too much waits there. */
void mitogen_context_node_post (MitogenContextNode *self,
                                gsize size,
                                MitogenContextNodeEmit emit,
                                gpointer data,
                                GDestroyNotify destroy);

G_END_DECLS
