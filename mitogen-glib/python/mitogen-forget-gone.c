/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-forget-gone-private.h"

#define MIN_SWEEP 64

static gboolean
is_gone (gpointer key, gpointer value, gpointer data)
{
  g_autoptr (MitogenContextNode) node = mitogen_core_node_by_id (data, GPOINTER_TO_UINT (key));

  return node == NULL;
}

void
mitogen_forget_gone (GHashTable *by_id, MitogenCore *core, guint *sweep_at)
{
  if (g_hash_table_size (by_id) < *sweep_at)
    return;
  g_hash_table_foreach_remove (by_id, is_gone, core);
  *sweep_at = MAX (MIN_SWEEP, 2 * g_hash_table_size (by_id));
}
