/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "python/mitogen-module-store-private.h"
#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* What has been sent to which neighbour, and how modules are sent so that nobody waits: what one
 * needs goes before it, and everything once. One thread. */
typedef struct _MitogenModuleSender MitogenModuleSender;

MitogenModuleSender *mitogen_module_sender_new (MitogenModuleStore *store);
void mitogen_module_sender_free (MitogenModuleSender *self);

/* A neighbour has asked for it. FALSE: it cannot be had. */
gboolean mitogen_module_sender_answer (MitogenModuleSender *self,
                                       MitogenCore *core,
                                       guint32 hop_id,
                                       const char *name,
                                       GError **error);
/* Nobody has asked. @node: may be far away, and not connected yet. FALSE: it cannot be had, or
 * @node is not reached through Python contexts that this process has made. */
gboolean mitogen_module_sender_send_ahead (MitogenModuleSender *self,
                                           MitogenCore *core,
                                           MitogenContextNode *node,
                                           const char *name,
                                           GError **error);
G_END_DECLS
