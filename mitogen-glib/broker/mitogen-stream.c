/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-stream-parts-private.h"
#include "broker/mitogen-fd-private.h"
#include "broker/mitogen-payload-private.h"
#include "wire/mitogen-error.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define VECTORS_PER_WRITE 64

/* A stream that feeds another is not read while so much waits there. Less would be easier on the
 * caches, but let whoever does not read the answers it asked for keep others from being heard. */
#define PAUSE_ABOVE  (4 * 1024 * 1024)
#define RESUME_BELOW (1024 * 1024)

/* Unless it takes nothing at all for so long. */
#define CLOGGED_MS 10000

/* What the kernel may hold of a peer that no longer reads. */
#define READS_AFTER_FAILURE 32

/* What could not be passed on is copied if it is less, so that little does not keep a lot. */
#define MIN_TO_TAKE_BUFFER (MITOGEN_IO_SCRATCH_SIZE / 4)

/* Payloads larger than this are read straight into the memory the message keeps. */
#define DIRECT_READ_SIZE (32 * 1024)

/**
 * MitogenStream:
 *
 * The connection between this process and a neighbouring context.
 *
 * A program rarely meets one: it is what [method@Mitogen.Router.stream_by_id]
 * tells about the next hop on the way to a context. A stream may be used from any
 * thread.
 *
 * Since: 1.0
 */
G_DEFINE_BOXED_TYPE (MitogenStream, mitogen_stream, mitogen_stream_ref, mitogen_stream_unref)

static void stream_event (GIOCondition condition, gpointer data);

/* ---- watches ---- */

void
mitogen_stream_update_watches (MitogenStream *self)
{
  GIOCondition in = self->reading && !self->lent && !self->paused ? G_IO_IN : 0;
  GIOCondition out = self->writing ? G_IO_OUT : 0;

  if (self->in_watch == NULL)
    return;

  if (self->out_watch == self->in_watch)
    {
      mitogen_watch_set_condition (self->in_watch, in | out);
      return;
    }
  mitogen_watch_set_condition (self->in_watch, in);
  mitogen_watch_set_condition (self->out_watch, out);
}

void
mitogen_stream_set_reading (MitogenStream *self, gboolean reading)
{
  g_assert (mitogen_io_is_current (self->io));
  self->reading = reading;
  mitogen_stream_end_loan (self);
}

/* What it sends, it understands. */
void
mitogen_stream_note_encoding (MitogenStream *self, const MitogenFrameHeader *header)
{
  if (header->encoding == MITOGEN_ENCODING_LEGACY)
    return;
  g_mutex_lock (&self->lock);
  self->legacy = FALSE;
  g_mutex_unlock (&self->lock);
}

/* ---- writing ---- */

typedef enum
{
  WRITE_DONE,
  WRITE_WOULD_BLOCK,
  WRITE_FAILED,
} WriteResult;

static gssize
write_vectors (MitogenStream *self, struct iovec *vectors, guint n)
{
  struct msghdr header = { .msg_iov = vectors, .msg_iovlen = n };
  gssize written;

  do
    written = self->is_socket ? sendmsg (self->out_fd, &header, MSG_NOSIGNAL)
                              : writev (self->out_fd, vectors, n);
  while (written < 0 && errno == EINTR);
  return written;
}

/* With the lock held. */
static WriteResult
write_queued (MitogenStream *self)
{
  while (!mitogen_output_queue_is_empty (&self->output))
    {
      struct iovec vectors[VECTORS_PER_WRITE];
      guint n = mitogen_output_queue_peek (&self->output, vectors, G_N_ELEMENTS (vectors));
      gssize written = write_vectors (self, vectors, n);

      if (written < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? WRITE_WOULD_BLOCK : WRITE_FAILED;
      mitogen_output_queue_advance (&self->output, written);
    }
  return WRITE_DONE;
}

static void
resume (gpointer data)
{
  MitogenStream *self = data;

  self->paused = FALSE;
  mitogen_stream_update_watches (self);
  mitogen_stream_unref (self);
}

static void
resume_paused (MitogenStream *self)
{
  G_GNUC_UNUSED g_autoptr (GPtrArray) pausing = g_steal_pointer (&self->pausing);
}

/* Somebody will go on writing there: what is only to be written at the end of this turn does not
 * count. */
static gboolean
is_clogged (MitogenStream *self)
{
  gboolean clogged;

  g_mutex_lock (&self->lock);
  clogged = (self->waiting || self->held_back) && self->output.size >= PAUSE_ABOVE;
  g_mutex_unlock (&self->lock);
  return clogged;
}

static gint clogged_ms = CLOGGED_MS; /* atomic */

void
mitogen_stream_set_clogged_ms (guint ms)
{
  g_atomic_int_set (&clogged_ms, ms);
}

static guint64
get_written (MitogenStream *self)
{
  guint64 written;

  g_mutex_lock (&self->lock);
  written = self->output.written;
  g_mutex_unlock (&self->lock);
  return written;
}

static void
clear_clog_timer (MitogenStream *self)
{
  if (self->clog_timer != NULL)
    g_source_destroy (self->clog_timer);
  g_clear_pointer (&self->clog_timer, g_source_unref);
}

static void on_clogged (gpointer data);

static void
start_clog_timer (MitogenStream *self)
{
  clear_clog_timer (self);
  self->clog_written = get_written (self);
  self->clog_timer =
      mitogen_io_add_timeout (self->io, g_atomic_int_get (&clogged_ms), on_clogged, self);
}

static void
unclog (MitogenStream *self, gboolean deaf)
{
  self->deaf = deaf;
  clear_clog_timer (self);
  resume_paused (self);
}

/* Those that feed it may be slowed down by it, but not be silenced for ever. */
static void
on_clogged (gpointer data)
{
  MitogenStream *self = data;

  if (get_written (self) != self->clog_written)
    start_clog_timer (self);
  else
    unclog (self, TRUE);
}

gboolean
mitogen_stream_is_deaf (MitogenStream *self)
{
  return self->deaf && is_clogged (self);
}

void
mitogen_stream_pause_for (MitogenStream *self, MitogenStream *out)
{
  g_assert (mitogen_io_is_current (self->io));
  if (self->paused || self->closed || out->closed || out->deaf || self->io != out->io ||
      !is_clogged (out))
    return;

  self->paused = TRUE;
  if (out->pausing == NULL)
    out->pausing = g_ptr_array_new_with_free_func (resume);
  g_ptr_array_add (out->pausing, mitogen_stream_ref (self));
  if (out->clog_timer == NULL)
    start_clog_timer (out);
  mitogen_stream_end_loan (self);
}

static void read_more (MitogenStream *self);

/* With the lock held. */
static gboolean
is_writable (MitogenStream *self)
{
  return self->out_fd >= 0 && !self->ending;
}

/* Usually the other side is gone, and what it said last is still to be read, up to the end.
 * If it has only stopped reading, there is no end: then the stream is of no use either. */
static void
write_failed (MitogenStream *self, int error_number)
{
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, g_io_error_from_errno (error_number),
                                          _ ("Writing to context %u failed: %s"), self->remote_id,
                                          g_strerror (error_number));

  mitogen_stream_ref (self);
  mitogen_stream_end_loan (self);
  for (guint i = 0; i < READS_AFTER_FAILURE && !self->closed && !self->lent; i++)
    read_more (self);
  mitogen_stream_close (self, error);
  mitogen_stream_unref (self);
}

static void
continue_writing (gpointer data)
{
  MitogenStream *self = data;
  WriteResult result = WRITE_DONE;
  gboolean ended;
  int error_number = 0;

  g_mutex_lock (&self->lock);
  if (self->out_fd >= 0 && !self->held_back)
    result = write_queued (self);
  if (result == WRITE_FAILED)
    {
      error_number = errno;
      mitogen_output_queue_clear (&self->output);
    }
  self->waiting = result == WRITE_WOULD_BLOCK;
  ended = self->ending && result == WRITE_DONE;
  g_mutex_unlock (&self->lock);

  self->writing = result == WRITE_WOULD_BLOCK;
  mitogen_stream_update_watches (self);
  if ((self->pausing != NULL || self->deaf) &&
      mitogen_stream_get_pending_bytes (self) < RESUME_BELOW)
    unclog (self, FALSE);
  if (result == WRITE_FAILED)
    write_failed (self, error_number);
  else if (ended)
    mitogen_stream_close (self, NULL);
}

/* With the lock held, after something was queued. Writing from the thread that sends saves
 * a hand-over to the I/O thread; what the kernel does not take is left to that. */
static gboolean
write_or_wake (MitogenStream *self)
{
  if (self->waiting || self->held_back)
    return TRUE;
  if ((self->is_socket || mitogen_io_is_current (self->io)) && write_queued (self) == WRITE_DONE)
    return TRUE;

  self->waiting = TRUE;
  return FALSE;
}

static void
wake_writer (MitogenStream *self)
{
  mitogen_io_post (self->io, continue_writing, mitogen_stream_ref (self),
                   (GDestroyNotify) mitogen_stream_unref);
}

static gboolean
send_message (MitogenStream *self, MitogenMessage *message, gboolean borrower)
{
  gboolean open;
  gboolean written = TRUE;
  gboolean recall = FALSE;

  g_mutex_lock (&self->lock);
  open = is_writable (self);
  if (open)
    {
      mitogen_output_queue_push_message (&self->output, message, self->legacy);
      written = write_or_wake (self);
      recall = !borrower && mitogen_stream_mark_recalled (self);
    }
  g_mutex_unlock (&self->lock);

  if (!written)
    wake_writer (self);
  if (recall)
    mitogen_stream_post_recall (self);
  return open;
}

gboolean
mitogen_stream_send (MitogenStream *self, MitogenMessage *message)
{
  return send_message (self, message, FALSE);
}

gboolean
mitogen_stream_send_as_borrower (MitogenStream *self, MitogenMessage *message)
{
  return send_message (self, message, TRUE);
}

gboolean
mitogen_stream_send_raw (MitogenStream *self, GBytes *bytes)
{
  gboolean open;
  gboolean written = TRUE;

  g_mutex_lock (&self->lock);
  open = is_writable (self);
  if (open)
    {
      mitogen_output_queue_push_bytes (&self->output, bytes);
      written = write_or_wake (self);
    }
  g_mutex_unlock (&self->lock);

  if (!written)
    wake_writer (self);
  return open;
}

void
mitogen_stream_set_writing (MitogenStream *self, gboolean writing)
{
  g_assert (mitogen_io_is_current (self->io));
  g_mutex_lock (&self->lock);
  self->held_back = !writing;
  g_mutex_unlock (&self->lock);
  continue_writing (self);
}

/* ---- passing on: see mitogen-passing-private.h ---- */

gboolean
mitogen_stream_push_in_place (MitogenStream *self, const guint8 *data, gsize size)
{
  gboolean first = !self->has_in_place;

  self->has_in_place = TRUE;
  g_mutex_lock (&self->lock);
  if (is_writable (self))
    mitogen_output_queue_push_in_place (&self->output, data, size);
  g_mutex_unlock (&self->lock);
  return first;
}

/* With the lock held. */
static void
keep_in_place (MitogenStream *self, GBytes **buffer)
{
  gsize size = mitogen_output_queue_get_in_place (&self->output);
  gboolean much = buffer != NULL && size >= MIN_TO_TAKE_BUFFER;

  if (much && *buffer == NULL)
    *buffer = mitogen_io_take_scratch (self->io);
  mitogen_output_queue_keep_in_place (&self->output, much ? *buffer : NULL);
}

void
mitogen_stream_write_in_place (MitogenStream *self, GBytes **buffer)
{
  gboolean written;
  gboolean recall;

  self->has_in_place = FALSE;
  g_mutex_lock (&self->lock);
  written = self->out_fd < 0 || write_or_wake (self);
  recall = mitogen_stream_mark_recalled (self);
  keep_in_place (self, buffer);
  g_mutex_unlock (&self->lock);

  if (!written)
    wake_writer (self);
  if (recall)
    mitogen_stream_post_recall (self);
}

/* Any thread may have changed these, but the answer holds for what is read at once. */
static gboolean
takes_frame (MitogenStream *self, const MitogenFrameHeader *header)
{
  gboolean takes;

  g_mutex_lock (&self->lock);
  takes = is_writable (self) && (!self->legacy || header->encoding == MITOGEN_ENCODING_LEGACY);
  g_mutex_unlock (&self->lock);
  return takes;
}

/* FALSE: the frame, whose header has been unpacked, is to become a message. */
static gboolean
pass_on (MitogenStream *self, const guint8 *data)
{
  gsize size = MITOGEN_FRAME_HEADER_SIZE + self->header.length;
  MitogenStream *out;

  if (self->funcs->next_hop == NULL)
    return FALSE;
  if (mitogen_passing_continue (&self->passing, &self->header, size))
    return TRUE;

  out = self->funcs->next_hop (self, &self->header, self->data);
  if (out == NULL || !takes_frame (out, &self->header))
    return FALSE;
  mitogen_stream_note_encoding (self, &self->header);
  mitogen_passing_add (&self->passing, out, &self->header, data, size);
  return TRUE;
}

/* ---- reading ---- */

static void
deliver (MitogenStream *self, const MitogenFrameHeader *header, GBytes *payload)
{
  g_autoptr (MitogenMessage) message = mitogen_message_new_received (header, payload);

  mitogen_passing_end (&self->passing, FALSE);
  mitogen_stream_note_encoding (self, header);
  self->funcs->frame (self, message, self->data);
}

static gboolean
check_header (MitogenStream *self, const guint8 *data)
{
  g_autoptr (GError) error = NULL;

  if (!mitogen_frame_header_unpack (&self->header, data))
    error = g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                         _ ("The stream from context %u is corrupt: a frame was expected, and "
                            "something else came (a program writing to the stream's descriptor?)"),
                         self->remote_id);
  else if (self->header.length > self->max_message_size)
    error = g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
                         _ ("Context %u sent a message of %u bytes; the limit is %u"),
                         self->remote_id, self->header.length, self->max_message_size);

  if (error != NULL)
    mitogen_stream_close (self, error);
  return error == NULL;
}

static void
no_memory (MitogenStream *self)
{
  g_autoptr (GError) error = g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
                                          _ ("There is no memory for a message of %u bytes from "
                                             "context %u"),
                                          self->header.length, self->remote_id);

  mitogen_stream_close (self, error);
}

static void
deliver_large (MitogenStream *self)
{
  guint8 *payload = g_steal_pointer (&self->payload);

  deliver (self, &self->header, mitogen_payload_to_bytes (payload, self->header.length));
}

static gssize
read_vectors (MitogenStream *self, struct iovec *vectors, guint n)
{
  gssize got;

  do
    got = readv (self->in_fd, vectors, n);
  while (got < 0 && errno == EINTR);
  return got;
}

/* What is missing of a frame that goes where those before it in the buffer go: with it, the frame
 * need not be copied out of there. */
static void
top_up (MitogenStream *self, guint8 *data, gsize *size)
{
  gsize whole = MITOGEN_FRAME_HEADER_SIZE + (gsize) self->header.length;
  struct iovec rest = { data + *size, whole - MIN (whole, *size) };
  gssize got;

  if (rest.iov_len == 0 || rest.iov_len > MITOGEN_IO_SCRATCH_SLACK ||
      !mitogen_passing_goes_on (&self->passing, &self->header))
    return;
  got = read_vectors (self, &rest, 1);
  if (got > 0)
    *size += got;
}

/* Returns how much of @data, in the read buffer, it consumed; there may be more afterwards. */
static gsize
take_frame (MitogenStream *self, guint8 *data, gsize *size)
{
  gsize rest;

  if (*size < MITOGEN_FRAME_HEADER_SIZE || !check_header (self, data))
    return 0;

  if (self->header.length > DIRECT_READ_SIZE)
    top_up (self, data, size);
  data += MITOGEN_FRAME_HEADER_SIZE;
  rest = *size - MITOGEN_FRAME_HEADER_SIZE;
  if (rest >= self->header.length)
    {
      if (!pass_on (self, data - MITOGEN_FRAME_HEADER_SIZE))
        deliver (self, &self->header,
                 self->header.length > 0 ? g_bytes_new (data, self->header.length) : NULL);
      return MITOGEN_FRAME_HEADER_SIZE + self->header.length;
    }
  if (self->header.length <= DIRECT_READ_SIZE)
    return 0;

  self->payload = mitogen_payload_reserve (self->header.length);
  if (self->payload == NULL)
    {
      no_memory (self);
      return 0;
    }
  self->payload_have = rest;
  memcpy (self->payload, data, rest);
  return *size;
}

/* Returns how much of the read buffer is left over, and where. */
static gsize
take_data (MitogenStream *self, guint8 *data, gsize size, const guint8 **left)
{
  gsize taken = 0;

  if (!self->framed)
    taken = self->funcs->raw (self, data, size, self->data);

  data += taken;
  size -= taken;
  while (self->framed && !self->closed && size > 0)
    {
      gsize n = take_frame (self, data, &size);

      if (n == 0)
        break;
      data += n;
      size -= n;
    }
  *left = data;
  return size;
}

static void
keep_rest (MitogenStream *self, const guint8 *data, gsize size)
{
  if (size == 0)
    {
      g_clear_pointer (&self->partial, g_byte_array_unref);
      return;
    }
  if (self->partial == NULL)
    self->partial = g_byte_array_new ();
  g_byte_array_set_size (self->partial, size);
  memcpy (self->partial->data, data, size);
}

/* The scratch buffer starts with what was left over from the last turn. */
static gsize
restore_rest (MitogenStream *self, guint8 *scratch)
{
  if (self->partial == NULL)
    return 0;
  memcpy (scratch, self->partial->data, self->partial->len);
  return self->partial->len;
}

static void
read_failed (MitogenStream *self, gssize got, int error_number)
{
  g_autoptr (GError) error = NULL;

  if (got < 0 && (error_number == EAGAIN || error_number == EWOULDBLOCK))
    return;
  /* A terminal says EIO, a socket ECONNRESET, when the other side is gone. */
  if (got < 0 && error_number != EIO && error_number != ECONNRESET)
    error = g_error_new (G_IO_ERROR, g_io_error_from_errno (error_number),
                         _ ("Reading from context %u failed: %s"), self->remote_id,
                         g_strerror (error_number));
  mitogen_stream_close (self, error);
}

static void
read_more (MitogenStream *self)
{
  guint8 *scratch = mitogen_io_get_scratch (self->io);
  gsize have = restore_rest (self, scratch);
  struct iovec vectors[2];
  guint n = 0;
  gsize wanted = 0;
  gssize got;
  const guint8 *left;
  gsize left_size;

  if (self->payload != NULL)
    {
      wanted = self->header.length - self->payload_have;
      vectors[n].iov_base = self->payload + self->payload_have;
      vectors[n++].iov_len = wanted;
    }
  vectors[n].iov_base = scratch + have;
  vectors[n++].iov_len = MITOGEN_IO_SCRATCH_SIZE - have;

  got = read_vectors (self, vectors, n);
  if (got <= 0)
    {
      read_failed (self, got, errno);
      return;
    }

  if (self->payload != NULL)
    {
      gsize direct = MIN ((gsize) got, wanted);

      self->payload_have += direct;
      got -= direct;
      if (self->payload_have < self->header.length)
        return;
      deliver_large (self);
      if (self->closed)
        return;
    }

  left_size = take_data (self, scratch, have + got, &left);
  if (!self->closed)
    keep_rest (self, left, left_size);
  mitogen_passing_end (&self->passing, TRUE);
  if (!self->closed)
    mitogen_stream_lend_if_wanted (self);
}

static void
stream_event (GIOCondition condition, gpointer data)
{
  g_autoptr (MitogenStream) self = mitogen_stream_ref (data);

  if ((condition & G_IO_OUT) && !self->closed)
    continue_writing (self);
  if ((condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) && self->reading && !self->paused &&
      !self->lent && !self->closed)
    read_more (self);
  else if ((condition & (G_IO_HUP | G_IO_ERR)) && !self->closed)
    {
      /* Nobody reads now: what the other side left behind is fetched when reading resumes. */
      self->writing = FALSE;
      mitogen_stream_update_watches (self);
    }
}

static void
out_event (GIOCondition condition, gpointer data)
{
  g_autoptr (MitogenStream) self = mitogen_stream_ref (data);

  if (!self->closed)
    continue_writing (self);
}

void
mitogen_stream_start_frames (MitogenStream *self)
{
  g_assert (mitogen_io_is_current (self->io));
  self->framed = TRUE;
}

/* ---- life ---- */

MitogenStream *
mitogen_stream_new (MitogenIo *io,
                    guint32 remote_id,
                    int in_fd,
                    int out_fd,
                    guint32 max_message_size,
                    const MitogenStreamFuncs *funcs,
                    gpointer data,
                    GDestroyNotify destroy)
{
  MitogenStream *self = g_new0 (MitogenStream, 1);

  g_assert (mitogen_io_is_current (io));
  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  mitogen_output_queue_init (&self->output);
  self->io = mitogen_io_ref (io);
  self->remote_id = remote_id;
  self->auth_id = MITOGEN_ID_NONE;
  self->max_message_size = max_message_size;
  self->funcs = funcs;
  self->data = data;
  self->destroy = destroy;
  self->in_fd = in_fd;
  self->out_fd = out_fd;
  self->orphan_fd = -1;
  self->is_socket = in_fd == out_fd && mitogen_fd_is_socket (out_fd);
  self->egress_ids = g_hash_table_new (NULL, NULL);

  mitogen_fd_set_nonblocking (in_fd, NULL);
  mitogen_fd_set_nonblocking (out_fd, NULL);
  self->reading = TRUE;
  self->in_watch = mitogen_io_watch_fd (io, in_fd, G_IO_IN, stream_event, self);
  self->out_watch =
      in_fd == out_fd ? self->in_watch : mitogen_io_watch_fd (io, out_fd, 0, out_event, self);
  return self;
}

static void
close_descriptors (MitogenStream *self)
{
  int out_fd;

  if (self->out_watch != self->in_watch)
    mitogen_watch_remove (self->out_watch);
  mitogen_watch_remove (self->in_watch);
  self->in_watch = self->out_watch = NULL;

  g_mutex_lock (&self->lock);
  out_fd = self->out_fd;
  self->out_fd = -1;
  mitogen_output_queue_clear (&self->output);
  if (self->borrowed)
    {
      /* Wakes the borrower, which must not find another file behind the number. */
      shutdown (self->in_fd, SHUT_RDWR);
      self->orphan_fd = self->in_fd;
      self->in_fd = out_fd = -1;
    }
  g_mutex_unlock (&self->lock);

  if (out_fd != self->in_fd)
    mitogen_fd_close (&out_fd);
  mitogen_fd_close (&self->in_fd);
}

void
mitogen_stream_close (MitogenStream *self, const GError *error)
{
  g_assert (mitogen_io_is_current (self->io));
  if (self->closed)
    return;

  mitogen_stream_ref (self);
  mitogen_passing_end (&self->passing, FALSE);
  self->closed = TRUE;
  unclog (self, FALSE);
  mitogen_stream_end_loan (self);
  close_descriptors (self);
  g_clear_pointer (&self->partial, g_byte_array_unref);
  mitogen_payload_free (g_steal_pointer (&self->payload), self->header.length);
  self->funcs->closed (self, error, self->data);
  if (self->destroy != NULL)
    self->destroy (g_steal_pointer (&self->data));
  mitogen_stream_unref (self);
}

void
mitogen_stream_set_legacy (MitogenStream *self)
{
  g_assert (mitogen_io_is_current (self->io));
  g_mutex_lock (&self->lock);
  self->legacy = TRUE;
  g_mutex_unlock (&self->lock);
}

void
mitogen_stream_close_when_written (MitogenStream *self)
{
  g_assert (mitogen_io_is_current (self->io));
  if (self->closed)
    return;

  g_mutex_lock (&self->lock);
  self->ending = TRUE;
  self->held_back = FALSE;
  g_mutex_unlock (&self->lock);
  continue_writing (self);
}

/**
 * mitogen_stream_ref:
 * @self: a stream
 *
 * Adds a reference to a stream. May be called from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
MitogenStream *
mitogen_stream_ref (MitogenStream *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * mitogen_stream_unref:
 * @self: (transfer full): a stream
 *
 * Drops a reference to a stream. May be called from any thread. The connection
 * itself does not end with the last reference: it belongs to the router.
 *
 * Since: 1.0
 */
void
mitogen_stream_unref (MitogenStream *self)
{
  g_return_if_fail (self != NULL);
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  /* Closing dropped the watches, the descriptors and what was queued: open streams are
   * referenced by the router. */
  g_assert (self->closed);
  g_hash_table_unref (self->egress_ids);
  mitogen_passing_clear (&self->passing);
  mitogen_io_unref (self->io);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * mitogen_stream_get_remote_id:
 * @self: a stream
 *
 * Gets the id of the context at the other end: the next hop, not necessarily where
 * a message is going. May be called from any thread.
 *
 * Returns: the id
 *
 * Since: 1.0
 */
guint32
mitogen_stream_get_remote_id (MitogenStream *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->remote_id;
}

/**
 * mitogen_stream_get_pending_bytes:
 * @self: a stream
 *
 * Gets how many bytes wait to be written because the other end does not read
 * them. May be called from any thread.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
gsize
mitogen_stream_get_pending_bytes (MitogenStream *self)
{
  gsize size;

  g_return_val_if_fail (self != NULL, 0);
  g_mutex_lock (&self->lock);
  size = self->output.size;
  g_mutex_unlock (&self->lock);
  return size;
}

guint32
mitogen_stream_get_max_message_size (MitogenStream *self)
{
  return self->max_message_size;
}

GHashTable *
mitogen_stream_get_egress_ids (MitogenStream *self)
{
  g_assert (mitogen_io_is_current (self->io));
  return self->egress_ids;
}

guint32
mitogen_stream_get_auth_id (MitogenStream *self)
{
  return self->auth_id;
}

void
mitogen_stream_set_auth_id (MitogenStream *self, guint32 auth_id)
{
  g_assert (mitogen_io_is_current (self->io));
  g_mutex_lock (&self->lock);
  self->auth_id = auth_id;
  g_mutex_unlock (&self->lock);
}
