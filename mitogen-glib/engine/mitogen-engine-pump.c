/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-pump-private.h"
#include "broker/mitogen-fd-private.h"
#include "engine/mitogen-engine-unpacker-private.h"
#include "wire/mitogen-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <unistd.h>

/* For each direction. */
#define BUFFER_SIZE (128 * 1024)
/* So that a turn of the loop moves more; the kernel caps it. */
#define PIPE_SIZE (256 * 1024)

/* What of the error output may wait until it is read, so that the stream need not. The rest is
 * lost: whoever reads both does so in one thread, and is much quicker. */
#define MAX_ERR_WAITING (256 * 1024)
/* When all else is over. */
#define ERR_LINGER_MS 1000

struct _MitogenEnginePump
{
  guint ref_count; /* while a callback runs there is one more */
  MitogenIo *io;
  MitogenEnginePumpEnded ended; /* NULL: it has been told, or was freed */
  gpointer data;
  GInputStream *body;
  GIOStream *connection;
  MitogenEnginePipes pipes; /* -1: closed */

  /* What goes to the container. */
  MitogenWatch *in_watch; /* while there is room */
  GSource *writable;      /* while there is none */
  guint8 *up;
  gsize up_start;
  gsize up_size;
  gboolean in_ended;

  /* What comes from there. */
  GSource *readable;
  guint8 *down;
  const guint8 *at; /* in it: what is not unpacked yet */
  gsize left;
  MitogenEngineUnpacker unpacker;
  MitogenEnginePiece piece; /* what of it is not passed on yet */
  MitogenWatch *out_watch;  /* while it is full */
  MitogenWatch *err_watch;
  GByteArray *err_waiting;
  gboolean body_ended;
  GError *error;
  GSource *linger;
};

static void read_body (MitogenEnginePump *self);
static void read_in (MitogenEnginePump *self);
static void pass_on (MitogenEnginePump *self);

/* ---- the end ---- */

void
mitogen_engine_pipes_close (MitogenEnginePipes *pipes)
{
  mitogen_fd_close (&pipes->in_fd);
  mitogen_fd_close (&pipes->out_fd);
  mitogen_fd_close (&pipes->err_fd);
}

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
stop (MitogenEnginePump *self)
{
  g_clear_pointer (&self->in_watch, mitogen_watch_remove);
  g_clear_pointer (&self->out_watch, mitogen_watch_remove);
  g_clear_pointer (&self->err_watch, mitogen_watch_remove);
  clear_source (&self->readable);
  clear_source (&self->writable);
  clear_source (&self->linger);
  mitogen_engine_pipes_close (&self->pipes);
}

static void
pump_unref (MitogenEnginePump *self)
{
  if (--self->ref_count > 0)
    return;
  g_object_unref (self->body);
  g_object_unref (self->connection);
  g_byte_array_unref (self->err_waiting);
  g_clear_error (&self->error);
  g_free (self->up);
  g_free (self->down);
  mitogen_io_unref (self->io);
  g_free (self);
}

static void
finish (MitogenEnginePump *self)
{
  MitogenEnginePumpEnded ended = self->ended;

  self->ref_count++;
  self->ended = NULL;
  stop (self);
  if (ended != NULL)
    ended (self->error, self->data);
  pump_unref (self);
}

static void
on_lingered (gpointer data)
{
  finish (data);
}

static void
finish_if_done (MitogenEnginePump *self)
{
  if (!self->body_ended || self->piece.size > 0 || self->left > 0)
    return;
  /* Who reads it need not wait for the rest of the error output. */
  mitogen_fd_close (&self->pipes.out_fd);
  if (self->err_waiting->len == 0)
    finish (self);
  else if (self->linger == NULL)
    self->linger = mitogen_io_add_timeout (self->io, ERR_LINGER_MS, on_lingered, self);
}

static void
end_body (MitogenEnginePump *self, const GError *error)
{
  self->body_ended = TRUE;
  clear_source (&self->readable);
  if (error != NULL && self->error == NULL)
    self->error = g_error_copy (error);
}

/* ---- the error output ---- */

static void
flush_err (MitogenEnginePump *self)
{
  while (self->pipes.err_fd >= 0 && self->err_waiting->len > 0)
    {
      gssize n = write (self->pipes.err_fd, self->err_waiting->data, self->err_waiting->len);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && errno == EAGAIN)
        return;
      if (n < 0) /* nobody reads it any more */
        {
          g_clear_pointer (&self->err_watch, mitogen_watch_remove);
          mitogen_fd_close (&self->pipes.err_fd);
          break;
        }
      g_byte_array_remove_range (self->err_waiting, 0, (guint) n);
    }
  g_byte_array_set_size (self->err_waiting, 0);
}

static void on_err_writable (GIOCondition condition, gpointer data);

static void
watch_err (MitogenEnginePump *self)
{
  if (self->err_waiting->len == 0)
    g_clear_pointer (&self->err_watch, mitogen_watch_remove);
  else if (self->err_watch == NULL)
    self->err_watch =
        mitogen_io_watch_fd (self->io, self->pipes.err_fd, G_IO_OUT, on_err_writable, self);
}

static void
on_err_writable (GIOCondition condition, gpointer data)
{
  MitogenEnginePump *self = data;

  flush_err (self);
  watch_err (self);
  finish_if_done (self);
}

static void
take_err (MitogenEnginePump *self, const guint8 *data, gsize size)
{
  if (self->pipes.err_fd < 0)
    return;
  size = MIN (size, MAX_ERR_WAITING - self->err_waiting->len);
  g_byte_array_append (self->err_waiting, data, (guint) size);
  flush_err (self);
  watch_err (self);
}

/* ---- from the container ---- */

static void
on_out_writable (GIOCondition condition, gpointer data)
{
  MitogenEnginePump *self = data;

  pass_on (self);
}

/* FALSE: it is full. */
static gboolean
write_out (MitogenEnginePump *self)
{
  while (self->piece.size > 0)
    {
      gssize n = write (self->pipes.out_fd, self->piece.data, self->piece.size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && errno == EAGAIN)
        return FALSE;
      if (n < 0)
        {
          /* Nobody reads it any more; the command has to get rid of it all the same. */
          g_clear_pointer (&self->out_watch, mitogen_watch_remove);
          mitogen_fd_close (&self->pipes.out_fd);
          return TRUE;
        }
      self->piece.data += n;
      self->piece.size -= (gsize) n;
    }
  return TRUE;
}

/* FALSE: it has to wait. */
static gboolean
pass_piece (MitogenEnginePump *self)
{
  if (self->piece.stream == MITOGEN_ENGINE_OUT && self->pipes.out_fd >= 0 && !write_out (self))
    return FALSE;
  if (self->piece.stream >= MITOGEN_ENGINE_ERR)
    take_err (self, self->piece.data, self->piece.size);
  self->piece.size = 0;
  return TRUE;
}

/* FALSE: it has to wait. */
static gboolean
pass_all (MitogenEnginePump *self)
{
  g_autoptr (GError) error = NULL;

  while (self->piece.size > 0 || self->left > 0)
    {
      if (self->piece.size > 0 && !pass_piece (self))
        return FALSE;
      if (self->left > 0 && !mitogen_engine_unpacker_next (&self->unpacker, &self->at, &self->left,
                                                           &self->piece, &error))
        {
          self->left = 0;
          end_body (self, error);
        }
    }
  return TRUE;
}

static gboolean
on_body_readable (GObject *stream, gpointer data)
{
  MitogenEnginePump *self = data;

  self->ref_count++;
  read_body (self);
  pump_unref (self);
  return G_SOURCE_CONTINUE;
}

static void
watch_body (MitogenEnginePump *self)
{
  if (self->readable != NULL)
    return;
  self->readable =
      g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (self->body), NULL);
  g_source_set_static_name (self->readable, "[mitogen] container");
  g_source_set_callback (self->readable, G_SOURCE_FUNC (on_body_readable), self, NULL);
  g_source_attach (self->readable, mitogen_io_get_context (self->io));
}

static void
pass_on (MitogenEnginePump *self)
{
  self->ref_count++;
  if (!pass_all (self))
    {
      clear_source (&self->readable);
      if (self->out_watch == NULL)
        self->out_watch =
            mitogen_io_watch_fd (self->io, self->pipes.out_fd, G_IO_OUT, on_out_writable, self);
    }
  else
    {
      g_clear_pointer (&self->out_watch, mitogen_watch_remove);
      if (self->ended != NULL && !self->body_ended)
        watch_body (self);
      finish_if_done (self);
    }
  pump_unref (self);
}

/* A command that ends without having read all may look like a connection that breaks. */
static gboolean
is_plain_end (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
}

static void
on_body_end (MitogenEnginePump *self)
{
  g_autoptr (GError) error = NULL;

  if (!mitogen_engine_unpacker_is_between (&self->unpacker))
    error = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                                 _ ("what comes from the container ends in the middle"));
  end_body (self, error);
}

static void
read_body (MitogenEnginePump *self)
{
  g_autoptr (GError) error = NULL;
  gssize n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (self->body),
                                                       self->down, BUFFER_SIZE, NULL, &error);

  if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return;
  if (n == 0 || (n < 0 && is_plain_end (error)))
    on_body_end (self);
  else if (n < 0)
    end_body (self, error);
  else
    {
      self->at = self->down;
      self->left = (gsize) n;
    }
  pass_on (self);
}

/* ---- to the container ---- */

/* Returns: (nullable) */
static GSocket *
get_socket (GIOStream *connection)
{
  g_autoptr (GIOStream) below = NULL;

  if (G_IS_TLS_CONNECTION (connection))
    g_object_get (connection, "base-io-stream", &below, NULL);
  if (below != NULL)
    connection = below; /* which it holds */
  return G_IS_SOCKET_CONNECTION (connection)
             ? g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection))
             : NULL;
}

void
mitogen_engine_pump_hang_up (MitogenEnginePump *self)
{
  GSocket *socket = get_socket (self->connection);

  if (socket != NULL)
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
}

static void
ignore_close (GObject *source, GAsyncResult *result, gpointer data)
{
  g_output_stream_close_finish (G_OUTPUT_STREAM (source), result, NULL);
}

/* The command reads its end, and what it writes goes on to come. */
static void
half_close (MitogenEnginePump *self)
{
  if (G_IS_SOCKET_CONNECTION (self->connection))
    g_socket_shutdown (get_socket (self->connection), FALSE, TRUE, NULL);
  else
    g_output_stream_close_async (g_io_stream_get_output_stream (self->connection),
                                 G_PRIORITY_DEFAULT, NULL, ignore_close, NULL);
}

static void
end_in (MitogenEnginePump *self)
{
  self->in_ended = TRUE;
  g_clear_pointer (&self->in_watch, mitogen_watch_remove);
  clear_source (&self->writable);
  mitogen_fd_close (&self->pipes.in_fd);
}

static gboolean
on_connection_writable (GObject *stream, gpointer data)
{
  read_in (data);
  return G_SOURCE_CONTINUE;
}

static void
watch_connection (MitogenEnginePump *self)
{
  GOutputStream *output = g_io_stream_get_output_stream (self->connection);

  if (self->writable != NULL)
    return;
  self->writable = g_pollable_output_stream_create_source (G_POLLABLE_OUTPUT_STREAM (output), NULL);
  g_source_set_callback (self->writable, G_SOURCE_FUNC (on_connection_writable), self, NULL);
  g_source_attach (self->writable, mitogen_io_get_context (self->io));
}

/* FALSE: it has to wait, or is of no use any more. */
static gboolean
write_up (MitogenEnginePump *self)
{
  GPollableOutputStream *output =
      G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->connection));

  while (self->up_size > 0)
    {
      g_autoptr (GError) error = NULL;
      gssize n = g_pollable_output_stream_write_nonblocking (output, self->up + self->up_start,
                                                             self->up_size, NULL, &error);

      if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          mitogen_watch_set_condition (self->in_watch, 0);
          watch_connection (self);
          return FALSE;
        }
      if (n < 0) /* why, what comes from there will say */
        {
          end_in (self);
          return FALSE;
        }
      self->up_start += (gsize) n;
      self->up_size -= (gsize) n;
    }
  return TRUE;
}

static void
read_in (MitogenEnginePump *self)
{
  gssize n;

  if (self->in_ended || !write_up (self))
    return;
  clear_source (&self->writable);
  mitogen_watch_set_condition (self->in_watch, G_IO_IN);
  n = read (self->pipes.in_fd, self->up, BUFFER_SIZE);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0)
    {
      end_in (self);
      half_close (self);
      return;
    }
  self->up_start = 0;
  self->up_size = (gsize) n;
  write_up (self);
}

static void
on_in_readable (GIOCondition condition, gpointer data)
{
  read_in (data);
}

/* ---- life ---- */

MitogenEnginePump *
mitogen_engine_pump_new (MitogenIo *io,
                         GInputStream *body,
                         GIOStream *connection,
                         const MitogenEnginePipes *pipes,
                         MitogenEnginePumpEnded ended,
                         gpointer data)
{
  MitogenEnginePump *self = g_new0 (MitogenEnginePump, 1);

  self->ref_count = 1;
  self->io = mitogen_io_ref (io);
  self->body = g_object_ref (body);
  self->connection = g_object_ref (connection);
  self->pipes = *pipes;
  self->ended = ended;
  self->data = data;
  self->up = g_malloc (BUFFER_SIZE);
  self->down = g_malloc (BUFFER_SIZE);
  self->err_waiting = g_byte_array_new ();
#ifdef F_SETPIPE_SZ
  fcntl (pipes->in_fd, F_SETPIPE_SZ, PIPE_SIZE);
  fcntl (pipes->out_fd, F_SETPIPE_SZ, PIPE_SIZE);
#endif
  self->in_watch = mitogen_io_watch_fd (io, self->pipes.in_fd, G_IO_IN, on_in_readable, self);
  watch_body (self);
  return self;
}

/* Nothing of it is drained: the daemon sees the connection end. */
void
mitogen_engine_pump_free (MitogenEnginePump *self)
{
  self->ended = NULL;
  stop (self);
  mitogen_engine_pump_hang_up (self);
  g_input_stream_close (self->body, NULL, NULL);
  pump_unref (self);
}
