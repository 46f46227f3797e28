/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-context.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_CONTEXT_LIST (mitogen_context_list_get_type ())

/* The contexts of a router as a GListModel, in the order in which they came. Changed, and so
 * emitting, in the thread of the router's main context only. */
G_DECLARE_FINAL_TYPE (MitogenContextList, mitogen_context_list, MITOGEN, CONTEXT_LIST, GObject)

MitogenContextList *mitogen_context_list_new (void);
/* FALSE: it is there, or not, already. */
gboolean mitogen_context_list_add (MitogenContextList *self, MitogenContext *context);
gboolean mitogen_context_list_remove (MitogenContextList *self, MitogenContext *context);

G_END_DECLS
