/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-call.h"
#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* The functions of this process that others may call, by name. Any thread. */
typedef struct _MitogenExports MitogenExports;

MitogenExports *mitogen_exports_new (MitogenCore *core);
void mitogen_exports_free (MitogenExports *self);

typedef struct
{
  MitogenPolicy policy;
  MitogenPolicyFunc policy_func; /* NULL: none */
  gpointer policy_data;
  GDestroyNotify policy_destroy;
  MitogenExportedFunc func;
  gpointer data;
  GDestroyNotify destroy;
} MitogenExport;

/* Its data is freed also if it fails. Calls run in the main context that is thread-default now. */
gboolean mitogen_exports_add (MitogenExports *self,
                              const char *name,
                              const MitogenExport *what,
                              GError **error);
/* In a process that was forked from that of @from: its functions are those of @self, too. */
void mitogen_exports_copy (MitogenExports *self, MitogenExports *from);
gboolean mitogen_exports_remove (MitogenExports *self, const char *name);

MitogenCall *mitogen_call_new (MitogenCore *core,
                               MitogenMessage *message,
                               const char *function,
                               GVariant *args,
                               GVariant *kwargs);

/* Answers a request with an error, without an object. Any thread. */
void mitogen_call_refuse (MitogenCore *core, MitogenMessage *message, const GError *error);

G_END_DECLS
