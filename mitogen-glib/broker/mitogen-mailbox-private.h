/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-dispatcher-private.h"
#include "wire/mitogen-error.h"
#include "wire/mitogen-message-private.h"

G_BEGIN_DECLS

/* Where messages for one handle wait until user code takes them: what receivers, calls and
 * selects are made of. Any thread may use it; the broker thread fills it and never waits. */
typedef struct _MitogenMailbox MitogenMailbox;

/* Called without a lock, in whichever thread delivered or closed. */
typedef void (*MitogenMailboxNotify) (MitogenMailbox *mailbox, gpointer data);

/* Who is told of deliveries: the object that owns the mailbox, and a select. */
typedef enum
{
  MITOGEN_MAILBOX_OWNER,
  MITOGEN_MAILBOX_SELECT,
  MITOGEN_MAILBOX_N_LISTENERS,
} MitogenMailboxListener;

MitogenMailbox *mitogen_mailbox_new (void);
/* For other things than messages: how they are referenced and dropped, and the code of the
 * error once it is closed. */
MitogenMailbox *
mitogen_mailbox_new_full (GBoxedCopyFunc ref, GDestroyNotify unref, MitogenError closed_code);
MitogenMailbox *mitogen_mailbox_ref (MitogenMailbox *self);
void mitogen_mailbox_unref (MitogenMailbox *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenMailbox, mitogen_mailbox_unref)

/* @item: (transfer none): a MitogenMessage, unless the mailbox is for something else. FALSE: the
 * mailbox is closed. */
gboolean mitogen_mailbox_deliver (MitogenMailbox *self, gpointer item);
/* What is queued may still be taken; then every wait fails with @reason. */
void mitogen_mailbox_close (MitogenMailbox *self, const char *reason);
gboolean mitogen_mailbox_is_closed (MitogenMailbox *self);
guint mitogen_mailbox_get_length (MitogenMailbox *self);
/* FALSE: another select listens already. @destroy runs without a lock. */
gboolean mitogen_mailbox_listen (MitogenMailbox *self,
                                 MitogenMailboxListener listener,
                                 MitogenMailboxNotify notify,
                                 gpointer data,
                                 GDestroyNotify destroy);
void mitogen_mailbox_unlisten (MitogenMailbox *self, MitogenMailboxListener listener);

gpointer mitogen_mailbox_try_pop (MitogenMailbox *self);
gpointer mitogen_mailbox_pop (MitogenMailbox *self,
                              gint timeout_ms,
                              GCancellable *cancellable,
                              GError **error);
/* The result of @task becomes the message, or an error; completed in the task's context.
 * @task: (transfer full). @abandoned, which may be NULL, runs in that context when the wait
 * ends without a message, before the task returns. */
void mitogen_mailbox_pop_task (MitogenMailbox *self,
                               gint timeout_ms,
                               GTask *task,
                               MitogenDispatchFunc abandoned,
                               gpointer data,
                               GDestroyNotify destroy);

/* Shared by all waits: the error of a time limit, in ms. */
GError *mitogen_timed_out_error (gint timeout_ms);

G_END_DECLS
