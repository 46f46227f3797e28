/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-passing-private.h"

static void
end_run (MitogenPassing *self)
{
  MitogenStream *out = g_steal_pointer (&self->out);

  if (out == NULL || !mitogen_stream_push_in_place (out, self->data, self->size))
    return;
  if (self->outs == NULL)
    self->outs = g_ptr_array_new_with_free_func ((GDestroyNotify) mitogen_stream_unref);
  g_ptr_array_add (self->outs, mitogen_stream_ref (out));
}

gboolean
mitogen_passing_goes_on (MitogenPassing *self, const MitogenFrameHeader *header)
{
  const MitogenFrameHeader *last = &self->header;

  /* A longer one may be too large where it goes: that is for the router to find out. */
  return self->out != NULL && header->length <= last->length && header->dst_id == last->dst_id &&
         header->src_id == last->src_id && header->auth_id == last->auth_id &&
         header->encoding == last->encoding;
}

gboolean
mitogen_passing_continue (MitogenPassing *self, const MitogenFrameHeader *header, gsize size)
{
  if (!mitogen_passing_goes_on (self, header))
    return FALSE;
  self->size += size;
  return TRUE;
}

void
mitogen_passing_add (MitogenPassing *self,
                     MitogenStream *out,
                     const MitogenFrameHeader *header,
                     const guint8 *data,
                     gsize size)
{
  if (out != self->out)
    {
      end_run (self);
      self->out = out;
      self->data = data;
      self->size = 0;
    }
  self->header = *header;
  self->size += size;
}

void
mitogen_passing_end (MitogenPassing *self, gboolean last)
{
  g_autoptr (GBytes) buffer = NULL;

  end_run (self);
  if (self->outs == NULL)
    return;
  for (guint i = 0; i < self->outs->len; i++)
    mitogen_stream_write_in_place (self->outs->pdata[i], last ? &buffer : NULL);
  g_ptr_array_set_size (self->outs, 0);
}

void
mitogen_passing_clear (MitogenPassing *self)
{
  g_clear_pointer (&self->outs, g_ptr_array_unref);
}
