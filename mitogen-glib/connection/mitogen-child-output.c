/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-broker-private.h"
#include "broker/mitogen-fd-private.h"
#include "connection/mitogen-child-private.h"
#include "connection/mitogen-diagnosis-private.h"
#include "router/mitogen-router-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* While so much waits for the parent, whoever writes has to wait, too. */
#define MAX_UNREAD (1024 * 1024)
#define RETRY_MS   20

/* The standard output of this process. I/O thread only. */
typedef struct
{
  MitogenCore *core;
  int fd;
  MitogenWatch *watch;
  MitogenLineBuffer line;
  GSource *timer;
} Output;

static void
forward_line (Output *self)
{
  static const char head[] = "stdout\00020"; /* with its NUL */
  GByteArray *text = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (MitogenMessage) message = NULL;

  g_byte_array_append (text, (const guint8 *) head, sizeof head);
  g_byte_array_append (text, self->line.partial->data, self->line.partial->len);
  bytes = g_byte_array_free_to_bytes (text);
  message = mitogen_message_new (mitogen_core_get_parent_id (self->core),
                                 MITOGEN_HANDLE_FORWARD_LOG, bytes);
  mitogen_core_send (self->core, message);
  mitogen_line_buffer_clear (&self->line);
}

static void
forward (Output *self, const guint8 *data, gsize size)
{
  while (size > 0)
    {
      gsize n = mitogen_line_buffer_feed (&self->line, data, size);

      if (n == 0)
        return;
      forward_line (self);
      data += n;
      size -= n;
    }
}

static void
on_retry (gpointer data)
{
  Output *self = data;

  g_clear_pointer (&self->timer, g_source_unref);
  mitogen_watch_set_condition (self->watch, G_IO_IN);
}

static gboolean
wait_for_parent (Output *self)
{
  g_autoptr (MitogenStream) stream =
      mitogen_core_stream_by_id (self->core, mitogen_core_get_parent_id (self->core));

  if (stream == NULL || mitogen_stream_get_pending_bytes (stream) < MAX_UNREAD)
    return FALSE;
  mitogen_watch_set_condition (self->watch, 0);
  self->timer = mitogen_io_add_timeout (mitogen_core_get_io (self->core), RETRY_MS, on_retry, self);
  return TRUE;
}

static void
on_readable (GIOCondition condition, gpointer data)
{
  Output *self = data;
  guint8 buffer[4096];
  gssize got;

  if (wait_for_parent (self))
    return;
  got = read (self->fd, buffer, sizeof buffer);
  if (got > 0)
    forward (self, buffer, got);
  else if (got == 0 || (errno != EAGAIN && errno != EINTR))
    mitogen_watch_set_condition (self->watch, 0);
}

static void
output_shutdown (gpointer data)
{
}

static void
output_exited (gpointer data)
{
  Output *self = data;

  mitogen_io_remove_client (mitogen_core_get_io (self->core), self);
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  mitogen_watch_remove (self->watch);
  mitogen_line_buffer_clear (&self->line);
  /* It stays open: whoever still writes must not die of SIGPIPE. */
  mitogen_core_unref (self->core);
  g_free (self);
}

static const MitogenIoClientFuncs client_funcs = { .shutdown = output_shutdown,
                                                   .exited = output_exited };

static void
output_start (gpointer data)
{
  Output *self = data;
  MitogenIo *io = mitogen_core_get_io (self->core);

  self->watch = mitogen_io_watch_fd (io, self->fd, G_IO_IN, on_readable, self);
  mitogen_io_add_client (io, &client_funcs, self);
}

void
mitogen_child_capture_output (MitogenRouter *router)
{
  Output *self;
  int fds[2];

  /* Without a pipe there is /dev/null. */
  if (!mitogen_fd_pipe (fds, NULL))
    return;
  dup2 (fds[1], STDOUT_FILENO);
  close (fds[1]);
  setvbuf (stdout, NULL, _IOLBF, 0);
  mitogen_fd_set_nonblocking (fds[0], NULL);

  self = g_new0 (Output, 1);
  self->core = mitogen_core_ref (mitogen_router_get_core (router));
  self->fd = fds[0];
  mitogen_io_post (mitogen_core_get_io (self->core), output_start, self, NULL);
}
