/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-output-queue-private.h"

typedef struct
{
  MitogenMessage *message; /* NULL: raw bytes */
  GBytes *bytes;
  const guint8 *in_place; /* with neither of these */
  gsize size;
  guint8 header[MITOGEN_FRAME_HEADER_SIZE];
} Entry;

static void
entry_free (Entry *entry)
{
  g_clear_pointer (&entry->message, mitogen_message_unref);
  g_clear_pointer (&entry->bytes, g_bytes_unref);
  g_free (entry);
}

void
mitogen_output_queue_init (MitogenOutputQueue *self)
{
  g_queue_init (&self->entries);
  self->offset = 0;
  self->size = 0;
  self->in_place = NULL;
}

void
mitogen_output_queue_clear (MitogenOutputQueue *self)
{
  g_queue_clear_full (&self->entries, (GDestroyNotify) entry_free);
  self->offset = 0;
  self->size = 0;
  self->in_place = NULL;
}

gboolean
mitogen_output_queue_is_empty (MitogenOutputQueue *self)
{
  return g_queue_is_empty (&self->entries);
}

static void
push (MitogenOutputQueue *self, Entry *entry)
{
  self->size += entry->size;
  g_queue_push_tail (&self->entries, entry);
}

void
mitogen_output_queue_push_message (MitogenOutputQueue *self,
                                   MitogenMessage *message,
                                   gboolean legacy)
{
  Entry *entry = g_new0 (Entry, 1);
  MitogenFrameHeader header = *mitogen_message_get_header (message);

  entry->message = mitogen_message_ref (message);
  entry->size = MITOGEN_FRAME_HEADER_SIZE + mitogen_message_get_size (message);
  if (legacy)
    header.encoding = MITOGEN_ENCODING_LEGACY;
  mitogen_frame_header_pack (&header, entry->header);
  push (self, entry);
}

void
mitogen_output_queue_push_bytes (MitogenOutputQueue *self, GBytes *bytes)
{
  Entry *entry;

  if (g_bytes_get_size (bytes) == 0)
    return;

  entry = g_new0 (Entry, 1);
  entry->bytes = g_bytes_ref (bytes);
  entry->size = g_bytes_get_size (bytes);
  push (self, entry);
}

/* ---- what lies in the read buffer ---- */

void
mitogen_output_queue_push_in_place (MitogenOutputQueue *self, const guint8 *data, gsize size)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->in_place = data;
  entry->size = size;
  push (self, entry);
  if (self->in_place == NULL)
    self->in_place = self->entries.tail;
}

/* The first entry is perhaps written in part. */
static gsize
get_written (MitogenOutputQueue *self, GList *link)
{
  return link == self->entries.head ? self->offset : 0;
}

gsize
mitogen_output_queue_get_in_place (MitogenOutputQueue *self)
{
  gsize size = 0;

  for (GList *l = self->in_place; l != NULL; l = l->next)
    {
      Entry *entry = l->data;

      if (entry->in_place != NULL)
        size += entry->size - get_written (self, l);
    }
  return size;
}

static void
keep_entry (Entry *entry, gsize written, GBytes *buffer)
{
  const guint8 *data = entry->in_place + written;
  gsize size = entry->size - written;

  if (buffer == NULL)
    entry->bytes = g_bytes_new (data, size);
  else
    entry->bytes =
        g_bytes_new_from_bytes (buffer, data - (const guint8 *) g_bytes_get_data (buffer, NULL),
                                size);
  entry->size = size;
  entry->in_place = NULL;
}

void
mitogen_output_queue_keep_in_place (MitogenOutputQueue *self, GBytes *buffer)
{
  for (GList *l = g_steal_pointer (&self->in_place); l != NULL; l = l->next)
    {
      Entry *entry = l->data;

      if (entry->in_place == NULL)
        continue;
      keep_entry (entry, get_written (self, l), buffer);
      if (l == self->entries.head)
        self->offset = 0;
    }
}

/* ---- writing ---- */

typedef struct
{
  struct iovec *vectors;
  guint n_vectors;
  guint used;
  gsize skip;
} Fill;

static void
fill_add (Fill *fill, gconstpointer data, gsize size)
{
  gsize skipped = MIN (fill->skip, size);

  fill->skip -= skipped;
  if (skipped == size || fill->used == fill->n_vectors)
    return;
  fill->vectors[fill->used].iov_base = (guint8 *) data + skipped;
  fill->vectors[fill->used].iov_len = size - skipped;
  fill->used++;
}

static void
fill_add_bytes (Fill *fill, GBytes *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  fill_add (fill, data, size);
}

static void
fill_add_entry (Fill *fill, Entry *entry)
{
  guint n;

  if (entry->in_place != NULL)
    {
      fill_add (fill, entry->in_place, entry->size);
      return;
    }
  if (entry->message == NULL)
    {
      fill_add_bytes (fill, entry->bytes);
      return;
    }

  fill_add (fill, entry->header, sizeof entry->header);
  n = mitogen_message_get_n_segments (entry->message);
  for (guint i = 0; i < n; i++)
    fill_add_bytes (fill, mitogen_message_get_segment (entry->message, i));
}

guint
mitogen_output_queue_peek (MitogenOutputQueue *self, struct iovec *vectors, guint n_vectors)
{
  Fill fill = { vectors, n_vectors, 0, self->offset };

  for (GList *l = self->entries.head; l != NULL && fill.used < n_vectors; l = l->next)
    fill_add_entry (&fill, l->data);
  return fill.used;
}

void
mitogen_output_queue_advance (MitogenOutputQueue *self, gsize written)
{
  g_assert (written <= self->size);
  self->size -= written;
  self->written += written;
  self->offset += written;

  while (!g_queue_is_empty (&self->entries))
    {
      Entry *entry = g_queue_peek_head (&self->entries);

      if (self->offset < entry->size)
        return;
      self->offset -= entry->size;
      if (self->in_place == self->entries.head)
        self->in_place = self->in_place->next;
      entry_free (g_queue_pop_head (&self->entries));
    }
}
