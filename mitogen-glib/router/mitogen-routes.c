/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-routes-private.h"

/* Who speaks to more is told of every end: it may be making up ids, each of which would take
 * memory, since whatever is unknown is for the parent to know. */
#define MAX_EGRESS_IDS 4096

struct _MitogenRoutes
{
  guint32 parent_id;

  GMutex lock;           /* protects the next */
  GHashTable *ways;      /* id -> Way */
  GHashTable *by_stream; /* MitogenStream -> set of ids */
  GHashTable *holds;     /* id -> GQueue of MitogenMessage */

  /* I/O thread only */
  GHashTable *egress;    /* id -> set of MitogenStream, not owned: those that have spoken to it */
  GHashTable *talkative; /* set of MitogenStream, not owned: those that have spoken to too many */
};

typedef struct
{
  MitogenStream *stream;
  guint32 max_message_size;
} Way;

static gpointer
key (guint32 id)
{
  return GUINT_TO_POINTER (id);
}

static void
way_free (gpointer data)
{
  Way *way = data;

  mitogen_stream_unref (way->stream);
  g_free (way);
}

void
mitogen_way_clear (MitogenWay *way)
{
  g_clear_pointer (&way->stream, mitogen_stream_unref);
}

static void
queue_free (gpointer data)
{
  g_queue_free_full (data, (GDestroyNotify) mitogen_message_unref);
}

/* ---- with the lock held ---- */

static Way *
find (MitogenRoutes *self, guint32 id)
{
  Way *way = g_hash_table_lookup (self->ways, key (id));

  if (way == NULL && self->parent_id != MITOGEN_ID_NONE)
    way = g_hash_table_lookup (self->ways, key (self->parent_id));
  return way;
}

static gboolean
leads_to (MitogenRoutes *self, guint32 id, MitogenStream *stream)
{
  Way *way = find (self, id);

  return way != NULL && way->stream == stream;
}

static GQueue *
find_hold (MitogenRoutes *self, guint32 id)
{
  return g_hash_table_size (self->holds) > 0 ? g_hash_table_lookup (self->holds, key (id)) : NULL;
}

static void
take_way (MitogenRoutes *self, guint32 id, MitogenWay *out)
{
  Way *way = find (self, id);

  if (way == NULL)
    return;
  out->stream = mitogen_stream_ref (way->stream);
  out->max_message_size = way->max_message_size;
}

static void
forget_way (MitogenRoutes *self, guint32 id)
{
  Way *way = g_hash_table_lookup (self->ways, key (id));
  GHashTable *ids;

  if (way == NULL)
    return;
  ids = g_hash_table_lookup (self->by_stream, way->stream);
  g_hash_table_remove (ids, key (id));
  if (g_hash_table_size (ids) == 0)
    g_hash_table_remove (self->by_stream, way->stream);
  g_hash_table_remove (self->ways, key (id));
}

static void
remember_way (MitogenRoutes *self, guint32 id, MitogenStream *stream, guint32 max_message_size)
{
  Way *way = g_new (Way, 1);
  GHashTable *ids = g_hash_table_lookup (self->by_stream, stream);

  way->stream = mitogen_stream_ref (stream);
  way->max_message_size = mitogen_stream_get_max_message_size (stream);
  if (max_message_size > 0)
    way->max_message_size = MIN (way->max_message_size, max_message_size);
  g_hash_table_replace (self->ways, key (id), way);
  if (ids == NULL)
    {
      ids = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (self->by_stream, stream, ids);
    }
  g_hash_table_add (ids, key (id));
}

/* In the order in which they came, before anybody else can send over @stream. */
static GPtrArray *
send_held (MitogenRoutes *self, guint32 id)
{
  Way *way = g_hash_table_lookup (self->ways, key (id));
  GPtrArray *large = NULL;
  gpointer queue = NULL;

  g_hash_table_steal_extended (self->holds, key (id), NULL, &queue);
  while (queue != NULL && !g_queue_is_empty (queue))
    {
      g_autoptr (MitogenMessage) message = g_queue_pop_head (queue);

      if (mitogen_message_get_size (message) <= way->max_message_size)
        {
          mitogen_stream_send (way->stream, message);
          continue;
        }
      if (large == NULL)
        large = g_ptr_array_new_with_free_func ((GDestroyNotify) mitogen_message_unref);
      g_ptr_array_add (large, g_steal_pointer (&message));
    }
  g_clear_pointer ((GQueue **) &queue, g_queue_free);
  return large;
}

/* ---- ways ---- */

void
mitogen_routes_find (MitogenRoutes *self, guint32 id, MitogenWay *way)
{
  *way = (MitogenWay){ 0 };
  g_mutex_lock (&self->lock);
  if (find_hold (self, id) == NULL)
    take_way (self, id, way);
  g_mutex_unlock (&self->lock);
}

gboolean
mitogen_routes_find_or_hold (MitogenRoutes *self,
                             MitogenMessage *message,
                             MitogenWay *way,
                             gboolean *first)
{
  guint32 id = mitogen_message_get_dst_id (message);
  GQueue *queue;

  *way = (MitogenWay){ 0 };
  *first = FALSE;
  g_mutex_lock (&self->lock);
  queue = find_hold (self, id);
  if (queue != NULL)
    {
      *first = g_queue_is_empty (queue);
      g_queue_push_tail (queue, mitogen_message_ref (message));
    }
  else
    take_way (self, id, way);
  g_mutex_unlock (&self->lock);
  return queue != NULL;
}

void
mitogen_routes_check_source (MitogenRoutes *self,
                             guint32 auth_id,
                             guint32 src_id,
                             MitogenStream *from,
                             gboolean *auth_ok,
                             gboolean *src_ok)
{
  g_mutex_lock (&self->lock);
  *auth_ok = leads_to (self, auth_id, from);
  *src_ok = src_id == auth_id ? *auth_ok : leads_to (self, src_id, from);
  g_mutex_unlock (&self->lock);
}

GPtrArray *
mitogen_routes_add (MitogenRoutes *self,
                    guint32 id,
                    MitogenStream *stream,
                    guint32 max_message_size)
{
  GPtrArray *large;

  g_mutex_lock (&self->lock);
  forget_way (self, id);
  remember_way (self, id, stream, max_message_size);
  large = send_held (self, id);
  g_mutex_unlock (&self->lock);
  return large;
}

gboolean
mitogen_routes_remove (MitogenRoutes *self, guint32 id)
{
  gboolean known;

  g_mutex_lock (&self->lock);
  known = g_hash_table_contains (self->ways, key (id));
  forget_way (self, id);
  g_mutex_unlock (&self->lock);
  return known;
}

MitogenStream *
mitogen_routes_get_exact (MitogenRoutes *self, guint32 id)
{
  MitogenStream *stream = NULL;
  Way *way;

  g_mutex_lock (&self->lock);
  way = g_hash_table_lookup (self->ways, key (id));
  if (way != NULL)
    stream = mitogen_stream_ref (way->stream);
  g_mutex_unlock (&self->lock);
  return stream;
}

static gint
compare_descending (gconstpointer a, gconstpointer b)
{
  guint32 first = *(const guint32 *) a;
  guint32 second = *(const guint32 *) b;

  return first < second ? 1 : first > second ? -1 : 0;
}

GArray *
mitogen_routes_get_ids (MitogenRoutes *self, MitogenStream *stream)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  GHashTable *set;
  GHashTableIter iter;
  gpointer id;

  g_mutex_lock (&self->lock);
  set = g_hash_table_lookup (self->by_stream, stream);
  if (set != NULL)
    {
      g_hash_table_iter_init (&iter, set);
      while (g_hash_table_iter_next (&iter, &id, NULL))
        {
          guint32 number = GPOINTER_TO_UINT (id);

          g_array_append_val (ids, number);
        }
    }
  g_mutex_unlock (&self->lock);
  g_array_sort (ids, compare_descending);
  return ids;
}

/* ---- holds ---- */

void
mitogen_routes_hold (MitogenRoutes *self, guint32 id)
{
  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->holds, key (id), g_queue_new ());
  g_mutex_unlock (&self->lock);
}

void
mitogen_routes_release (MitogenRoutes *self, guint32 id)
{
  gpointer queue = NULL;

  g_mutex_lock (&self->lock);
  g_hash_table_steal_extended (self->holds, key (id), NULL, &queue);
  g_mutex_unlock (&self->lock);
  if (queue != NULL)
    queue_free (queue);
}

static gboolean
fits (GQueue *queue, gsize *room)
{
  MitogenMessage *message = g_queue_peek_head (queue);
  gsize size;

  if (message == NULL)
    return FALSE;
  size = MITOGEN_FRAME_HEADER_SIZE + mitogen_message_get_size (message);
  if (size > *room)
    return FALSE;
  *room -= size;
  return TRUE;
}

GPtrArray *
mitogen_routes_take_held (MitogenRoutes *self, guint32 id, gsize max_size)
{
  g_autoptr (GPtrArray) taken =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mitogen_message_unref);
  GQueue *queue;

  g_mutex_lock (&self->lock);
  queue = find_hold (self, id);
  while (queue != NULL && fits (queue, &max_size))
    g_ptr_array_add (taken, g_queue_pop_head (queue));
  g_mutex_unlock (&self->lock);
  return taken->len > 0 ? g_steal_pointer (&taken) : NULL;
}

/* ---- who has spoken to whom ---- */

void
mitogen_routes_note_egress (MitogenRoutes *self, MitogenStream *from, guint32 id)
{
  GHashTable *ids = mitogen_stream_get_egress_ids (from);
  GHashTable *streams;

  if (g_hash_table_size (ids) >= MAX_EGRESS_IDS && !g_hash_table_contains (ids, key (id)))
    {
      g_hash_table_add (self->talkative, from);
      return;
    }
  if (!g_hash_table_add (ids, key (id)))
    return;
  streams = g_hash_table_lookup (self->egress, key (id));
  if (streams == NULL)
    {
      streams = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (self->egress, key (id), streams);
    }
  g_hash_table_add (streams, from);
}

GPtrArray *
mitogen_routes_take_egress (MitogenRoutes *self, guint32 id)
{
  GHashTable *streams = g_hash_table_lookup (self->egress, key (id));
  GPtrArray *taken;
  GHashTableIter iter;
  gpointer stream;

  if (streams == NULL && g_hash_table_size (self->talkative) == 0)
    return NULL;

  taken = g_ptr_array_new_with_free_func ((GDestroyNotify) mitogen_stream_unref);
  g_hash_table_iter_init (&iter, self->talkative);
  while (g_hash_table_iter_next (&iter, &stream, NULL))
    if (streams == NULL || !g_hash_table_contains (streams, stream))
      g_ptr_array_add (taken, mitogen_stream_ref (stream));
  if (streams == NULL)
    return taken;

  g_hash_table_iter_init (&iter, streams);
  while (g_hash_table_iter_next (&iter, &stream, NULL))
    {
      g_hash_table_remove (mitogen_stream_get_egress_ids (stream), key (id));
      g_ptr_array_add (taken, mitogen_stream_ref (stream));
    }
  g_hash_table_remove (self->egress, key (id));
  return taken;
}

void
mitogen_routes_forget_egress (MitogenRoutes *self, MitogenStream *stream)
{
  GHashTable *ids = mitogen_stream_get_egress_ids (stream);
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, ids);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    {
      GHashTable *streams = g_hash_table_lookup (self->egress, id);

      g_hash_table_remove (streams, stream);
      if (g_hash_table_size (streams) == 0)
        g_hash_table_remove (self->egress, id);
    }
  g_hash_table_remove_all (ids);
  g_hash_table_remove (self->talkative, stream);
}

/* ---- life ---- */

MitogenRoutes *
mitogen_routes_new (void)
{
  MitogenRoutes *self = g_new0 (MitogenRoutes, 1);

  self->parent_id = MITOGEN_ID_NONE;
  g_mutex_init (&self->lock);
  self->ways = g_hash_table_new_full (NULL, NULL, NULL, way_free);
  self->by_stream = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);
  self->holds = g_hash_table_new_full (NULL, NULL, NULL, queue_free);
  self->egress = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);
  self->talkative = g_hash_table_new (NULL, NULL);
  return self;
}

void
mitogen_routes_set_parent (MitogenRoutes *self, guint32 parent_id)
{
  self->parent_id = parent_id;
}

void
mitogen_routes_free (MitogenRoutes *self)
{
  g_hash_table_unref (self->ways);
  g_hash_table_unref (self->by_stream);
  g_hash_table_unref (self->holds);
  g_hash_table_unref (self->egress);
  g_hash_table_unref (self->talkative);
  g_mutex_clear (&self->lock);
  g_free (self);
}
