/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-context-list-private.h"

struct _MitogenContextList
{
  GObject parent_instance;

  GSequence *items; /* of MitogenContext, owned */
  GHashTable
      *by_context; /* MitogenContext -> GSequenceIter: to remove one without looking for it */
};

static void mitogen_context_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MitogenContextList,
                               mitogen_context_list,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      mitogen_context_list_model_init))

static GType
mitogen_context_list_get_item_type (GListModel *model)
{
  return MITOGEN_TYPE_CONTEXT;
}

static guint
mitogen_context_list_get_n_items (GListModel *model)
{
  return g_hash_table_size (MITOGEN_CONTEXT_LIST (model)->by_context);
}

static gpointer
mitogen_context_list_get_item (GListModel *model, guint position)
{
  GSequenceIter *iter = g_sequence_get_iter_at_pos (MITOGEN_CONTEXT_LIST (model)->items, position);

  return g_sequence_iter_is_end (iter) ? NULL : g_object_ref (g_sequence_get (iter));
}

static void
mitogen_context_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = mitogen_context_list_get_item_type;
  iface->get_n_items = mitogen_context_list_get_n_items;
  iface->get_item = mitogen_context_list_get_item;
}

static void
mitogen_context_list_finalize (GObject *object)
{
  MitogenContextList *self = MITOGEN_CONTEXT_LIST (object);

  g_hash_table_unref (self->by_context);
  g_sequence_free (self->items);
  G_OBJECT_CLASS (mitogen_context_list_parent_class)->finalize (object);
}

static void
mitogen_context_list_class_init (MitogenContextListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mitogen_context_list_finalize;
}

static void
mitogen_context_list_init (MitogenContextList *self)
{
  self->items = g_sequence_new (g_object_unref);
  self->by_context = g_hash_table_new (NULL, NULL);
}

MitogenContextList *
mitogen_context_list_new (void)
{
  return g_object_new (MITOGEN_TYPE_CONTEXT_LIST, NULL);
}

gboolean
mitogen_context_list_add (MitogenContextList *self, MitogenContext *context)
{
  if (g_hash_table_contains (self->by_context, context))
    return FALSE;

  g_hash_table_insert (self->by_context, context,
                       g_sequence_append (self->items, g_object_ref (context)));
  g_list_model_items_changed (G_LIST_MODEL (self), g_hash_table_size (self->by_context) - 1, 0, 1);
  return TRUE;
}

gboolean
mitogen_context_list_remove (MitogenContextList *self, MitogenContext *context)
{
  GSequenceIter *iter = g_hash_table_lookup (self->by_context, context);
  guint position;

  if (iter == NULL)
    return FALSE;

  position = g_sequence_iter_get_position (iter);
  g_hash_table_remove (self->by_context, context);
  g_sequence_remove (iter);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
  return TRUE;
}
