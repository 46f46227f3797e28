/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-dialogue-private.h"
#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* A child of this process on the broker thread: from the spawn through the dialogue to the
 * stream, and its end. */
typedef struct _MitogenBootstrap MitogenBootstrap;

/* On the I/O thread, once: @error NULL when functions can be called. */
typedef void (*MitogenBootstrapDone) (const GError *error, gpointer data);

/* Any thread. @spec: its members are taken. @done is not called if @node is ended by
 * mitogen_bootstrap_abort(). */
MitogenBootstrap *mitogen_bootstrap_new (MitogenCore *core,
                                         MitogenContextNode *node,
                                         MitogenBootstrapSpec *spec,
                                         MitogenBootstrapDone done,
                                         gpointer data,
                                         GDestroyNotify destroy);
MitogenBootstrap *mitogen_bootstrap_ref (MitogenBootstrap *self);
void mitogen_bootstrap_unref (MitogenBootstrap *self);
/* FALSE: the broker has exited; nothing happens. */
gboolean mitogen_bootstrap_start (MitogenBootstrap *self);
/* Nobody wants the result any more: leave nothing behind. Nothing happens once it is live. */
void mitogen_bootstrap_abort (MitogenBootstrap *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenBootstrap, mitogen_bootstrap_unref)

G_END_DECLS
