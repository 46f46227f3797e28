/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-output-queue-private.h"

typedef struct
{
  MitogenMessage *message; /* NULL: raw bytes */
  GBytes *bytes;
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
}

void
mitogen_output_queue_clear (MitogenOutputQueue *self)
{
  g_queue_clear_full (&self->entries, (GDestroyNotify) entry_free);
  self->offset = 0;
  self->size = 0;
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
  self->offset += written;

  while (!g_queue_is_empty (&self->entries))
    {
      Entry *entry = g_queue_peek_head (&self->entries);

      if (self->offset < entry->size)
        return;
      self->offset -= entry->size;
      entry_free (g_queue_pop_head (&self->entries));
    }
}
