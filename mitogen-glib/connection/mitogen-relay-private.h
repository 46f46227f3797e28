/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-dialogue-private.h"
#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* A context that another one, its via, starts for us: the counterpart of MitogenBootstrap. The
 * via passes on what is said; doc/relay-protocol.md describes the messages. */
typedef struct _MitogenRelay MitogenRelay;

/* As with mitogen_bootstrap_new(). */
MitogenRelay *mitogen_relay_new (MitogenCore *core,
                                 MitogenContextNode *node,
                                 MitogenContextNode *via,
                                 MitogenBootstrapSpec *spec,
                                 void (*done) (const GError *error, gpointer data),
                                 gpointer data,
                                 GDestroyNotify destroy);
MitogenRelay *mitogen_relay_ref (MitogenRelay *self);
void mitogen_relay_unref (MitogenRelay *self);
gboolean mitogen_relay_start (MitogenRelay *self);
void mitogen_relay_abort (MitogenRelay *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenRelay, mitogen_relay_unref)

G_END_DECLS
