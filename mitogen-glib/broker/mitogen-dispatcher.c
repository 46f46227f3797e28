/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-dispatcher-private.h"

/* So that a user interface stays alive under a flood. */
#define MAX_PER_ITERATION 256

typedef struct
{
  MitogenDispatchFunc func;
  gpointer data;
  GDestroyNotify destroy;
  gsize size; /* 0: must not be dropped */
} Item;

struct _MitogenDispatcher
{
  guint ref_count; /* protected by registry_lock: a lookup may revive what unref would free */
  GMainContext *context;
  GSource *source;

  GMutex lock;
  GQueue items;  /* of Item; protected by lock. While it is not empty it owns a reference to us. */
  gsize waiting; /* their sizes; protected by lock */
};

typedef struct
{
  GSource parent;
  MitogenDispatcher *dispatcher; /* not owned; NULL once it is gone; protected by registry_lock */
} DispatchSource;

static GMutex registry_lock;
static GHashTable *registry; /* GMainContext -> MitogenDispatcher, not owned */

static void
item_free (Item *item)
{
  if (item->destroy != NULL)
    item->destroy (item->data);
  g_free (item);
}

/* Takes up to MAX_PER_ITERATION items at once, so that emitting runs without the lock. */
static void
take_batch (MitogenDispatcher *self, GQueue *batch)
{
  g_mutex_lock (&self->lock);
  while (batch->length < MAX_PER_ITERATION && !g_queue_is_empty (&self->items))
    {
      Item *item = g_queue_peek_head (&self->items);

      self->waiting -= item->size;
      g_queue_push_tail_link (batch, g_queue_pop_head_link (&self->items));
    }
  if (!g_queue_is_empty (&self->items))
    g_source_set_ready_time (self->source, 0);
  g_mutex_unlock (&self->lock);
}

static MitogenDispatcher *
dup_dispatcher (DispatchSource *source)
{
  MitogenDispatcher *self;

  g_mutex_lock (&registry_lock);
  self = source->dispatcher;
  if (self != NULL)
    self->ref_count++;
  g_mutex_unlock (&registry_lock);
  return self;
}

static gboolean
dispatch_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_autoptr (MitogenDispatcher) self = dup_dispatcher ((DispatchSource *) source);
  GQueue batch = G_QUEUE_INIT;

  if (self == NULL)
    return G_SOURCE_REMOVE;

  g_source_set_ready_time (source, -1);
  take_batch (self, &batch);

  while (!g_queue_is_empty (&batch))
    {
      Item *item = g_queue_pop_head (&batch);

      item->func (item->data);
      item_free (item);
    }
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs dispatch_source_funcs = { .dispatch = dispatch_source_dispatch };

static MitogenDispatcher *
dispatcher_new (GMainContext *context)
{
  MitogenDispatcher *self = g_new0 (MitogenDispatcher, 1);

  self->ref_count = 1;
  self->context = g_main_context_ref (context);
  g_mutex_init (&self->lock);
  g_queue_init (&self->items);

  self->source = g_source_new (&dispatch_source_funcs, sizeof (DispatchSource));
  ((DispatchSource *) self->source)->dispatcher = self;
  g_source_set_static_name (self->source, "[mitogen] dispatcher");
  g_source_set_priority (self->source, G_PRIORITY_DEFAULT);
  g_source_attach (self->source, context);
  return self;
}

MitogenDispatcher *
mitogen_dispatcher_get (GMainContext *context)
{
  MitogenDispatcher *self;

  if (context == NULL)
    context = g_main_context_default ();

  g_mutex_lock (&registry_lock);
  if (registry == NULL)
    registry = g_hash_table_new (NULL, NULL);
  self = g_hash_table_lookup (registry, context);
  if (self != NULL)
    self->ref_count++;
  else
    {
      self = dispatcher_new (context);
      g_hash_table_insert (registry, context, self);
    }
  g_mutex_unlock (&registry_lock);
  return self;
}

MitogenDispatcher *
mitogen_dispatcher_get_thread_default (void)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  return mitogen_dispatcher_get (context);
}

MitogenDispatcher *
mitogen_dispatcher_ref (MitogenDispatcher *self)
{
  g_mutex_lock (&registry_lock);
  self->ref_count++;
  g_mutex_unlock (&registry_lock);
  return self;
}

void
mitogen_dispatcher_unref (MitogenDispatcher *self)
{
  gboolean last;

  g_mutex_lock (&registry_lock);
  last = --self->ref_count == 0;
  if (last)
    {
      g_hash_table_remove (registry, self->context);
      ((DispatchSource *) self->source)->dispatcher = NULL;
    }
  g_mutex_unlock (&registry_lock);

  if (!last)
    return;

  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_queue_clear_full (&self->items, (GDestroyNotify) item_free);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_free (self);
}

GMainContext *
mitogen_dispatcher_get_context (MitogenDispatcher *self)
{
  return self->context;
}

static gboolean
post (MitogenDispatcher *self, Item *item)
{
  gboolean accepted;

  g_mutex_lock (&self->lock);
  accepted = item->size == 0 || self->waiting + item->size <= MITOGEN_DISPATCHER_MAX_WAITING;
  if (accepted)
    {
      if (g_queue_is_empty (&self->items))
        g_source_set_ready_time (self->source, 0);
      g_queue_push_tail (&self->items, item);
      self->waiting += item->size;
    }
  g_mutex_unlock (&self->lock);

  if (!accepted)
    item_free (item);
  return accepted;
}

static Item *
item_new (gsize size, MitogenDispatchFunc func, gpointer data, GDestroyNotify destroy)
{
  Item *item = g_new (Item, 1);

  item->func = func;
  item->data = data;
  item->destroy = destroy;
  item->size = size;
  return item;
}

void
mitogen_dispatcher_post (MitogenDispatcher *self,
                         MitogenDispatchFunc func,
                         gpointer data,
                         GDestroyNotify destroy)
{
  post (self, item_new (0, func, data, destroy));
}

gboolean
mitogen_dispatcher_post_lossy (MitogenDispatcher *self,
                               gsize size,
                               MitogenDispatchFunc func,
                               gpointer data,
                               GDestroyNotify destroy)
{
  return post (self, item_new (size, func, data, destroy));
}

static void
do_nothing (gpointer data)
{
}

void
mitogen_dispatcher_destroy_data (MitogenDispatcher *self, gpointer data, GDestroyNotify destroy)
{
  /* Once it is posted, @data and its reference may be gone at any moment. */
  mitogen_dispatcher_ref (self);
  mitogen_dispatcher_post (self, do_nothing, data, destroy);
  mitogen_dispatcher_unref (self);
}

struct _MitogenWeak
{
  gatomicrefcount ref_count;
  GWeakRef object;
};

MitogenWeak *
mitogen_weak_new (gpointer object)
{
  MitogenWeak *self = g_new0 (MitogenWeak, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_weak_ref_init (&self->object, object);
  return self;
}

MitogenWeak *
mitogen_weak_ref (MitogenWeak *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_weak_unref (MitogenWeak *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_weak_ref_clear (&self->object);
  g_free (self);
}

gpointer
mitogen_weak_get (MitogenWeak *self)
{
  return g_weak_ref_get (&self->object);
}
