/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "wire/mitogen-pickle-memo-private.h"

#include <string.h>

/* How far ahead of the count an index may be and still be in the array. */
#define SLACK 64

static void
free_item (gpointer data)
{
  MitogenItem *item = data;

  mitogen_item_clear (item);
  g_free (item);
}

void
mitogen_pickle_memo_clear (MitogenPickleMemo *self)
{
  for (gsize i = 0; i < self->n_items; i++)
    mitogen_item_clear (&self->items[i]);
  g_clear_pointer (&self->items, g_free);
  g_clear_pointer (&self->others, g_hash_table_unref);
}

static void
grow (MitogenPickleMemo *self, gsize n_items)
{
  if (n_items > self->n_allocated)
    {
      self->n_allocated = MAX (MAX (n_items, 16), self->n_allocated * 2);
      self->items = g_renew (MitogenItem, self->items, self->n_allocated);
    }
  memset (self->items + self->n_items, 0, (n_items - self->n_items) * sizeof *self->items);
  self->n_items = n_items;
}

static void
put_far (MitogenPickleMemo *self, guint32 index, const MitogenItem *item)
{
  MitogenItem *copy = g_new (MitogenItem, 1);

  *copy = mitogen_item_copy (item);
  if (self->others == NULL)
    self->others = g_hash_table_new_full (NULL, NULL, NULL, free_item);
  g_hash_table_replace (self->others, GUINT_TO_POINTER (index), copy);
}

void
mitogen_pickle_memo_put (MitogenPickleMemo *self, guint32 index, const MitogenItem *item)
{
  MitogenItem copy;

  self->n_puts++;
  if (index >= self->n_items && index > 2 * self->n_puts + SLACK)
    {
      put_far (self, index, item);
      return;
    }

  if (index >= self->n_items)
    grow (self, (gsize) index + 1);
  copy = mitogen_item_copy (item);
  mitogen_item_clear (&self->items[index]);
  self->items[index] = copy;
}

MitogenItem *
mitogen_pickle_memo_get (MitogenPickleMemo *self, guint32 index)
{
  if (index < self->n_items && self->items[index].kind != MITOGEN_ITEM_NOTHING)
    return &self->items[index];
  if (self->others == NULL)
    return NULL;

  return g_hash_table_lookup (self->others, GUINT_TO_POINTER (index));
}

guint32
mitogen_pickle_memo_next_index (MitogenPickleMemo *self)
{
  return (guint32) self->n_puts;
}
