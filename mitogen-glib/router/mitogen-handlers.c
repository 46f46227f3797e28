/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-handlers-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

struct _MitogenHandler
{
  gatomicrefcount ref_count;
  MitogenHandlerSpec spec;
  GList link;        /* in its respondent's queue; protected by the table's lock */
  gboolean unlinked; /* the same */
};

struct _MitogenHandlers
{
  GMutex lock;
  GHashTable *by_handle;     /* handle -> MitogenHandler, owned */
  GHashTable *by_respondent; /* context id -> GQueue of MitogenHandler, not owned */
  guint32 next_handle;
  gboolean closed;
};

/* ---- a handler ---- */

static MitogenHandler *
handler_new (const MitogenHandlerSpec *spec)
{
  MitogenHandler *handler = g_new0 (MitogenHandler, 1);

  g_atomic_ref_count_init (&handler->ref_count);
  handler->spec = *spec;
  handler->link.data = handler;
  return handler;
}

void
mitogen_handler_unref (MitogenHandler *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  if (self->spec.destroy != NULL)
    self->spec.destroy (self->spec.data);
  g_free (self);
}

const MitogenHandlerSpec *
mitogen_handler_get_spec (MitogenHandler *self)
{
  return &self->spec;
}

/* ---- the table; with the lock held ---- */

static gpointer
key (guint32 id)
{
  return GUINT_TO_POINTER (id);
}

static void
link_respondent (MitogenHandlers *self, MitogenHandler *handler)
{
  GQueue *queue;

  if (handler->spec.respondent == MITOGEN_ID_NONE)
    return;

  queue = g_hash_table_lookup (self->by_respondent, key (handler->spec.respondent));
  if (queue == NULL)
    {
      queue = g_queue_new ();
      g_hash_table_insert (self->by_respondent, key (handler->spec.respondent), queue);
    }
  g_queue_push_tail_link (queue, &handler->link);
}

static void
unlink_respondent (MitogenHandlers *self, MitogenHandler *handler)
{
  GQueue *queue;

  if (handler->spec.respondent == MITOGEN_ID_NONE || handler->unlinked)
    return;

  handler->unlinked = TRUE;
  queue = g_hash_table_lookup (self->by_respondent, key (handler->spec.respondent));
  g_queue_unlink (queue, &handler->link);
  if (g_queue_is_empty (queue))
    g_hash_table_remove (self->by_respondent, key (handler->spec.respondent));
}

/* Handles are not used again while they may still be answered: the counter goes round
 * after four thousand million, and skips what is in use then. */
static guint32
allocate_handle (MitogenHandlers *self)
{
  guint32 handle;

  do
    {
      handle = self->next_handle++;
      if (self->next_handle < MITOGEN_FIRST_DYNAMIC_HANDLE)
        self->next_handle = MITOGEN_FIRST_DYNAMIC_HANDLE;
    }
  while (g_hash_table_contains (self->by_handle, key (handle)));
  return handle;
}

static gboolean
check_addable (MitogenHandlers *self, GError **error)
{
  if (self->closed)
    g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL,
                         _ ("The router has been shut down"));
  return !self->closed;
}

/* Returns: (transfer full) (nullable) */
static MitogenHandler *
steal_locked (MitogenHandlers *self, guint32 handle)
{
  gpointer handler = NULL;

  if (g_hash_table_steal_extended (self->by_handle, key (handle), NULL, &handler))
    unlink_respondent (self, handler);
  return handler;
}

/* @replaced: NULL: none may be */
static gboolean
make_room (MitogenHandlers *self, guint32 handle, MitogenHandler **replaced, GError **error)
{
  MitogenHandler *present = g_hash_table_lookup (self->by_handle, key (handle));

  if (present == NULL)
    return TRUE;
  if (replaced == NULL)
    g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL,
                 _ ("Handle %u has a handler already: remove that first"), handle);
  else if (!present->spec.replaceable)
    g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL,
                 _ ("Handle %u is served by the library itself: choose another"), handle);
  else
    *replaced = steal_locked (self, handle);
  return replaced != NULL && *replaced != NULL;
}

static gboolean
add_locked (MitogenHandlers *self,
            MitogenHandler *handler,
            MitogenHandler **replaced,
            GError **error)
{
  if (!check_addable (self, error))
    return FALSE;
  if (handler->spec.handle == 0)
    handler->spec.handle = allocate_handle (self);
  else if (!make_room (self, handler->spec.handle, replaced, error))
    return FALSE;

  g_hash_table_insert (self->by_handle, key (handler->spec.handle), handler);
  link_respondent (self, handler);
  return TRUE;
}

/* ---- the interface ---- */

static guint32
add (MitogenHandlers *self,
     const MitogenHandlerSpec *spec,
     MitogenHandler **replaced,
     GError **error)
{
  MitogenHandler *handler = handler_new (spec);
  gboolean added;
  guint32 handle = 0;

  g_mutex_lock (&self->lock);
  added = add_locked (self, handler, replaced, error);
  if (added)
    handle = handler->spec.handle;
  g_mutex_unlock (&self->lock);

  if (!added)
    mitogen_handler_unref (handler);
  return handle;
}

guint32
mitogen_handlers_add (MitogenHandlers *self, const MitogenHandlerSpec *spec, GError **error)
{
  return add (self, spec, NULL, error);
}

guint32
mitogen_handlers_replace (MitogenHandlers *self,
                          const MitogenHandlerSpec *spec,
                          MitogenHandler **replaced,
                          GError **error)
{
  *replaced = NULL;
  return add (self, spec, replaced, error);
}

gboolean
mitogen_handlers_remove (MitogenHandlers *self, guint32 handle)
{
  MitogenHandler *handler;

  g_mutex_lock (&self->lock);
  handler = steal_locked (self, handle);
  g_mutex_unlock (&self->lock);

  if (handler != NULL)
    mitogen_handler_unref (handler);
  return handler != NULL;
}

gboolean
mitogen_handlers_remove_own (MitogenHandlers *self, guint32 handle, gconstpointer data)
{
  MitogenHandler *handler;

  g_mutex_lock (&self->lock);
  handler = g_hash_table_lookup (self->by_handle, key (handle));
  if (handler != NULL && handler->spec.data == data)
    handler = steal_locked (self, handle);
  else
    handler = NULL;
  g_mutex_unlock (&self->lock);

  if (handler != NULL)
    mitogen_handler_unref (handler);
  return handler != NULL;
}

MitogenHandler *
mitogen_handlers_lookup (MitogenHandlers *self, guint32 handle)
{
  MitogenHandler *handler;

  g_mutex_lock (&self->lock);
  handler = g_hash_table_lookup (self->by_handle, key (handle));
  if (handler != NULL)
    g_atomic_ref_count_inc (&handler->ref_count);
  g_mutex_unlock (&self->lock);
  return handler;
}

static GPtrArray *
handler_array_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) mitogen_handler_unref);
}

GPtrArray *
mitogen_handlers_steal_of_respondent (MitogenHandlers *self, guint32 id)
{
  GPtrArray *stolen = handler_array_new ();
  GQueue *queue;

  g_mutex_lock (&self->lock);
  while ((queue = g_hash_table_lookup (self->by_respondent, key (id))) != NULL)
    {
      MitogenHandler *handler = g_queue_peek_head (queue);

      g_hash_table_steal (self->by_handle, key (handler->spec.handle));
      unlink_respondent (self, handler);
      g_ptr_array_add (stolen, handler);
    }
  g_mutex_unlock (&self->lock);
  return stolen;
}

GPtrArray *
mitogen_handlers_close (MitogenHandlers *self)
{
  GPtrArray *stolen = handler_array_new ();
  GHashTableIter iter;
  gpointer handler;

  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_hash_table_iter_init (&iter, self->by_handle);
  while (g_hash_table_iter_next (&iter, NULL, &handler))
    {
      g_hash_table_iter_steal (&iter);
      unlink_respondent (self, handler);
      g_ptr_array_add (stolen, handler);
    }
  g_mutex_unlock (&self->lock);
  return stolen;
}

MitogenHandlers *
mitogen_handlers_new (void)
{
  MitogenHandlers *self = g_new0 (MitogenHandlers, 1);

  g_mutex_init (&self->lock);
  self->next_handle = MITOGEN_FIRST_DYNAMIC_HANDLE;
  self->by_handle =
      g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) mitogen_handler_unref);
  self->by_respondent = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_queue_free);
  return self;
}

void
mitogen_handlers_free (MitogenHandlers *self)
{
  g_ptr_array_unref (mitogen_handlers_close (self));
  g_hash_table_unref (self->by_handle);
  g_hash_table_unref (self->by_respondent);
  g_mutex_clear (&self->lock);
  g_free (self);
}
