/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-mailbox-private.h"
#include "router/mitogen-context.h"
#include "router/mitogen-core-private.h"
#include "router/mitogen-receiver.h"

G_BEGIN_DECLS

MitogenReceiver *mitogen_receiver_new_for_core (MitogenCore *core,
                                                guint32 handle,
                                                gboolean persist,
                                                MitogenContext *respondent,
                                                GError **error);
MitogenMailbox *mitogen_receiver_get_mailbox (MitogenReceiver *self);

/* Registers a handler, that nobody else may take over, that fills @mailbox; returns its handle, 0
 * with an error. */
guint32 mitogen_mailbox_register (MitogenMailbox *mailbox,
                                  MitogenCore *core,
                                  guint32 handle,
                                  gboolean persist,
                                  guint32 respondent,
                                  GError **error);

G_END_DECLS
