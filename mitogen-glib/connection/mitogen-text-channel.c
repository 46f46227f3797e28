/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-text-channel-private.h"
#include "broker/mitogen-fd-private.h"

#include <errno.h>
#include <unistd.h>

/* Reads at once. */
#define MAX_DRAINED 16

struct _MitogenTextChannel
{
  guint ref_count; /* while a callback runs there is one more */
  MitogenIo *io;
  int fd;
  const MitogenTextChannelFuncs *funcs; /* NULL: freed */
  gpointer data;
  MitogenWatch *watch;
  MitogenLineBuffer line;
};

static void
channel_unref (MitogenTextChannel *self)
{
  if (--self->ref_count > 0)
    return;

  mitogen_line_buffer_clear (&self->line);
  mitogen_io_unref (self->io);
  g_free (self);
}

static void
end_line (MitogenTextChannel *self)
{
  if (self->line.partial != NULL)
    self->funcs->line (&self->line, self->data);
  mitogen_line_buffer_clear (&self->line);
}

static void
end (MitogenTextChannel *self)
{
  g_clear_pointer (&self->watch, mitogen_watch_remove);
  end_line (self);
  if (self->funcs != NULL)
    self->funcs->ended (self->data);
}

static void
take (MitogenTextChannel *self, const guint8 *data, gsize size)
{
  gsize taken = 0;

  if (self->funcs->read != NULL)
    self->funcs->read (size, self->data);
  while (self->funcs != NULL && taken < size)
    {
      gsize n = mitogen_line_buffer_feed (&self->line, data + taken, size - taken);

      if (n == 0)
        break;
      taken += n;
      self->funcs->line (&self->line, self->data);
      mitogen_line_buffer_clear (&self->line);
    }
  if (self->funcs != NULL && self->funcs->partial != NULL && self->line.partial != NULL)
    self->funcs->partial (&self->line, self->data);
}

/* FALSE: there is no more to be read just now. */
static gboolean
read_some (MitogenTextChannel *self)
{
  guint8 buffer[4096];
  gssize got = read (self->fd, buffer, sizeof buffer);

  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return FALSE;
  if (got > 0)
    take (self, buffer, got);
  else
    end (self);
  return got > 0 && self->funcs != NULL;
}

static void
on_readable (GIOCondition condition, gpointer data)
{
  MitogenTextChannel *self = data;

  self->ref_count++;
  read_some (self);
  channel_unref (self);
}

void
mitogen_text_channel_drain (MitogenTextChannel *self)
{
  gboolean more = self->watch != NULL;

  self->ref_count++;
  for (guint i = 0; more && i < MAX_DRAINED; i++)
    more = read_some (self);
  channel_unref (self);
}

MitogenTextChannel *
mitogen_text_channel_new (MitogenIo *io,
                          int fd,
                          const MitogenTextChannelFuncs *funcs,
                          gpointer data)
{
  MitogenTextChannel *self = g_new0 (MitogenTextChannel, 1);

  self->ref_count = 1;
  self->io = mitogen_io_ref (io);
  self->fd = fd;
  self->funcs = funcs;
  self->data = data;
  if (fd >= 0)
    self->watch = mitogen_io_watch_fd (io, fd, G_IO_IN, on_readable, self);
  return self;
}

void
mitogen_text_channel_feed (MitogenTextChannel *self, const guint8 *data, gsize size)
{
  self->ref_count++;
  take (self, data, size);
  channel_unref (self);
}

void
mitogen_text_channel_end (MitogenTextChannel *self)
{
  self->ref_count++;
  end (self);
  channel_unref (self);
}

void
mitogen_text_channel_free (MitogenTextChannel *self)
{
  self->funcs = NULL;
  g_clear_pointer (&self->watch, mitogen_watch_remove);
  mitogen_fd_close (&self->fd);
  channel_unref (self);
}

/* A line typed by a person always fits: nothing else waits there. */
void
mitogen_text_channel_type (MitogenTextChannel *self, GBytes *text)
{
  gsize size;
  const char *data = g_bytes_get_data (text, &size);

  while (write (self->fd, data, size) < 0 && errno == EINTR)
    ;
  self->ref_count++;
  end_line (self);
  channel_unref (self);
}
