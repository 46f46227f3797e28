/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/mitogen-pickle-item-private.h"

G_BEGIN_DECLS

/* The memo of a pickle: numbered items. Picklers count upwards, which an array suits;
 * a number far ahead goes into a table, so that no payload can ask for a huge array. */
typedef struct
{
  MitogenItem *items;
  gsize n_items;
  gsize n_allocated;
  gsize n_puts;
  GHashTable *others; /* guint32 -> MitogenItem; NULL until needed */
} MitogenPickleMemo;

void mitogen_pickle_memo_clear (MitogenPickleMemo *self);
void mitogen_pickle_memo_put (MitogenPickleMemo *self, guint32 index, const MitogenItem *item);
/* NULL: never put. */
MitogenItem *mitogen_pickle_memo_get (MitogenPickleMemo *self, guint32 index);
/* The index that protocol 4 leaves out. */
guint32 mitogen_pickle_memo_next_index (MitogenPickleMemo *self);

G_END_DECLS
