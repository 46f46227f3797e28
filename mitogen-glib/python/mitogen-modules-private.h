/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-mailbox-private.h"
#include "python/mitogen-find-func-private.h"
#include "python/mitogen-module-store-private.h"
#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* Sends the program's modules to contexts: those they ask for, those they will need for a call, and
 * those the program wants them to have. What takes time happens in a thread of its own, in order.
 */
typedef struct _MitogenModules MitogenModules;

/* That of a router: made when it is first wanted, and serving from then on. Any thread.
 * Returns: (transfer full) */
MitogenModules *mitogen_modules_get (MitogenCore *core);
MitogenModules *mitogen_modules_ref (MitogenModules *self);
void mitogen_modules_unref (MitogenModules *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenModules, mitogen_modules_unref)

/* In a process that was forked from that of @original: it serves the same. */
void mitogen_modules_share (MitogenCore *core, MitogenCore *original);

MitogenModuleStore *mitogen_modules_get_store (MitogenModules *self);

/* A context of Python code is about to be connected: what it needs to import modules comes with the
 * first that is sent to it. Any thread, after mitogen_core_hold(). */
void mitogen_modules_welcome (MitogenCore *core, MitogenContextNode *node);

/* What is served has changed: contexts that have been told of it are told so. Any thread. */
void mitogen_modules_announce (MitogenModules *self, MitogenCore *core);

/* How something ended. */
typedef struct
{
  GError *error; /* NULL: well */
} MitogenOutcome;

void mitogen_outcome_unref (gpointer outcome);

/* Sends @names ahead. Returns: (transfer full): gets one MitogenOutcome when they are on their way
 */
MitogenMailbox *mitogen_modules_preload (MitogenModules *self,
                                         MitogenCore *core,
                                         MitogenContextNode *node,
                                         const char *const *names);

/* @func: (nullable) */
void mitogen_modules_set_find_func (MitogenModules *self, MitogenFindFunc *func);

G_END_DECLS
