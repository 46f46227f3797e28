/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unit-util.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the I/O thread ---- */

MitogenIo *
unit_io_new (void)
{
  return mitogen_io_new (500);
}

void
unit_io_end (MitogenIo *io)
{
  mitogen_io_shutdown (io);
  g_assert_true (mitogen_io_join (io, UNIT_PATIENCE_MS));
  mitogen_io_unref (io);
}

typedef struct
{
  MitogenIoFunc func;
  gpointer data;
  gint done;
} Run;

static void
run_it (gpointer data)
{
  Run *run = data;

  run->func (run->data);
  g_atomic_int_set (&run->done, TRUE);
}

void
unit_run (MitogenIo *io, MitogenIoFunc func, gpointer data)
{
  Run run = { func, data, FALSE };
  gint64 deadline = unit_deadline ();

  g_assert_true (mitogen_io_post (io, run_it, &run, NULL));
  while (!g_atomic_int_get (&run.done))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_usleep (50);
    }
}

/* ---- waiting ---- */

gint64
unit_deadline (void)
{
  return g_get_monotonic_time () + UNIT_PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_REMOVE;
}

gboolean
unit_iterate (GMainContext *context, gint64 deadline)
{
  g_autoptr (GSource) tick = g_timeout_source_new (10);

  g_source_set_callback (tick, on_tick, NULL, NULL);
  g_source_attach (tick, context);
  g_main_context_iteration (context, TRUE);
  g_source_destroy (tick);
  return g_get_monotonic_time () < deadline;
}

void
unit_keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **kept = data;

  g_assert_null (*kept);
  *kept = g_object_ref (result);
}

/* ---- messages ---- */

MitogenMessage *
unit_message_full (guint32 dst_id,
                   guint32 src_id,
                   guint32 auth_id,
                   guint32 handle,
                   guint32 reply_to,
                   const void *data,
                   gsize size)
{
  const MitogenFrameHeader header = {
    .encoding = MITOGEN_ENCODING_LEGACY,
    .dst_id = dst_id,
    .src_id = src_id,
    .auth_id = auth_id,
    .handle = handle,
    .reply_to = reply_to,
    .length = size,
  };

  return mitogen_message_new_received (&header, g_bytes_new (data, size));
}

MitogenMessage *
unit_message (guint32 dst_id, guint32 handle, const char *text)
{
  return unit_message_full (dst_id, 0, 0, handle, 0, text, strlen (text));
}

char *
unit_payload (MitogenMessage *message)
{
  GBytes *bytes = mitogen_message_get_bytes (message);

  /* An empty one may have no data at all. */
  return g_bytes_get_size (bytes) == 0
             ? g_strdup ("")
             : g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

/* ---- the other end of a stream ---- */

static void
wait_for (int fd, short events)
{
  struct pollfd item = { fd, events, 0 };

  if (poll (&item, 1, UNIT_PATIENCE_MS) != 1)
    g_error ("the other end does not %s", events == POLLIN ? "write" : "read");
}

void
unit_write (int fd, const void *data, gsize size)
{
  const guint8 *bytes = data;

  while (size > 0)
    {
      gssize written = send (fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

      if (written < 0 && errno == ENOTSOCK)
        written = write (fd, bytes, size);
      if (written < 0 && errno == EAGAIN)
        {
          wait_for (fd, POLLOUT);
          continue;
        }
      g_assert_cmpint (written, >, 0);
      bytes += written;
      size -= written;
    }
}

void
unit_write_frame (int fd, MitogenMessage *message)
{
  guint8 bytes[MITOGEN_FRAME_HEADER_SIZE];
  MitogenFrameHeader header = *mitogen_message_get_header (message);
  GBytes *payload = mitogen_message_get_bytes (message);

  header.length = g_bytes_get_size (payload);
  mitogen_frame_header_pack (&header, bytes);
  unit_write (fd, bytes, sizeof bytes);
  unit_write (fd, g_bytes_get_data (payload, NULL), header.length);
}

gboolean
unit_read (int fd, void *data, gsize size)
{
  guint8 *bytes = data;

  while (size > 0)
    {
      gssize got;

      wait_for (fd, POLLIN);
      got = read (fd, bytes, size);
      if (got < 0 && (errno == EAGAIN || errno == EINTR))
        continue;
      if (got <= 0)
        return FALSE;
      bytes += got;
      size -= got;
    }
  return TRUE;
}

MitogenMessage *
unit_read_frame (int fd)
{
  guint8 bytes[MITOGEN_FRAME_HEADER_SIZE];
  MitogenFrameHeader header;
  g_autofree guint8 *payload = NULL;

  if (!unit_read (fd, bytes, sizeof bytes))
    return NULL;
  g_assert_true (mitogen_frame_header_unpack (&header, bytes));
  payload = g_malloc (header.length + 1);
  g_assert_true (unit_read (fd, payload, header.length));
  return mitogen_message_new_received (&header, g_bytes_new (payload, header.length));
}

gboolean
unit_has_input (int fd, int ms)
{
  struct pollfd item = { fd, POLLIN, 0 };

  return poll (&item, 1, ms) == 1;
}
