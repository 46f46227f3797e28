/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-context.h"
#include "broker/mitogen-mailbox-private.h"
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

/* Once, in the owner's thread: it is there now. */
void mitogen_context_notify_connected (MitogenContext *self);

/* A clear error at once if the context is gone, instead of a dead message from nowhere. */
gboolean mitogen_context_check_connected (MitogenContext *self, GError **error);
/* Sends @message and waits for what comes back, which may be dead. */
MitogenMessage *mitogen_context_wait_for_answer (MitogenContext *self,
                                                 MitogenMessage *message,
                                                 gint timeout,
                                                 GCancellable *cancellable,
                                                 GError **error);
/* The same without blocking: @task, (transfer full), returns the answer. */
void mitogen_context_send_for_task (MitogenContext *self,
                                    MitogenMessage *message,
                                    gint timeout,
                                    GTask *task);
/* @task, (transfer full), returns what comes to @mailbox at @handle, once. */
void mitogen_context_pop_for_task (MitogenContext *self,
                                   MitogenMailbox *mailbox,
                                   guint32 handle,
                                   gint timeout,
                                   GTask *task);

/* Told of each call that is about to be made, so that what it needs can be sent ahead. In the
 * caller's thread: it must not take long. */
typedef void (*MitogenCallWatch) (MitogenCore *core,
                                  MitogenContextNode *node,
                                  const char *function);
/* The same for all routers. */
void mitogen_context_set_call_watch (MitogenCallWatch watch);
/* A CALL_FUNCTION message: see mitogen_function_call_new(). */
MitogenMessage *mitogen_context_make_call (MitogenContext *self,
                                           const char *chain_id,
                                           const char *function,
                                           GVariant *args,
                                           GVariant *kwargs,
                                           GError **error);

/* Calls whose CALL_FUNCTION message the caller has made: call chains do. */
GVariant *mitogen_context_call_message (MitogenContext *self,
                                        MitogenMessage *message,
                                        const GVariantType *reply_type,
                                        gint timeout,
                                        GCancellable *cancellable,
                                        GError **error);
/* @task: (transfer full) */
void mitogen_context_call_message_task (MitogenContext *self,
                                        MitogenMessage *message,
                                        const GVariantType *reply_type,
                                        gint timeout,
                                        GTask *task);
GVariant *mitogen_context_call_message_finish (GTask *task, GError **error);
gboolean mitogen_context_call_message_no_reply (MitogenContext *self,
                                                MitogenMessage *message,
                                                GError **error);

G_END_DECLS
