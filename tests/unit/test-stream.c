/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Streams: we are at the other end of a socket pair, or of two pipes. */

#include "broker/mitogen-fd-private.h"
#include "broker/mitogen-stream-private.h"
#include "unit-util.h"
#include "wire/mitogen-error.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define REMOTE_ID 7
#define MAX_SIZE  (4 * 1024 * 1024)

typedef struct
{
  MitogenIo *io;
  MitogenStream *stream;
  int in_fd;  /* where the stream writes to */
  int out_fd; /* where it reads from; the same one for a socket pair */
  int theirs_in;
  int theirs_out;
  gboolean framed;
  GAsyncQueue *frames; /* of MitogenMessage */
  GString *raw;        /* protected by lock */
  guint raw_keep;      /* raw bytes until the frames begin; 0: for ever */
  GMutex lock;
  gint closed;    /* atomic */
  gint destroyed; /* atomic */
  GError *error;  /* written before closed */
} Fixture;

static gsize
on_raw (MitogenStream *stream, const guint8 *data, gsize size, gpointer user_data)
{
  Fixture *fixture = user_data;
  gsize taken = size;

  g_assert_true (mitogen_io_is_current (fixture->io));
  g_mutex_lock (&fixture->lock);
  if (fixture->raw_keep > 0)
    taken = MIN (size, fixture->raw_keep - fixture->raw->len);
  g_string_append_len (fixture->raw, (const char *) data, taken);
  if (fixture->raw_keep > 0 && fixture->raw->len == fixture->raw_keep)
    mitogen_stream_start_frames (stream);
  g_mutex_unlock (&fixture->lock);
  return taken;
}

static void
on_frame (MitogenStream *stream, MitogenMessage *message, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_true (mitogen_io_is_current (fixture->io));
  g_assert_cmpint (g_atomic_int_get (&fixture->closed), ==, 0);
  g_async_queue_push (fixture->frames, mitogen_message_ref (message));
}

static void
on_closed (MitogenStream *stream, const GError *error, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_true (mitogen_io_is_current (fixture->io));
  if (error != NULL)
    fixture->error = g_error_copy (error);
  g_atomic_int_inc (&fixture->closed);
}

static void
on_destroyed (gpointer data)
{
  Fixture *fixture = data;

  g_atomic_int_inc (&fixture->destroyed);
}

static const MitogenStreamFuncs funcs = { on_raw, on_frame, on_closed };

static void
make_stream (gpointer data)
{
  Fixture *fixture = data;

  fixture->stream =
      mitogen_stream_new (fixture->io, REMOTE_ID, fixture->theirs_in, fixture->theirs_out, MAX_SIZE,
                          &funcs, fixture, on_destroyed);
  if (fixture->framed)
    mitogen_stream_start_frames (fixture->stream);
}

static void
open_sockets (Fixture *fixture)
{
  int fds[2];

  g_assert_true (mitogen_fd_socketpair (fds, NULL));
  fixture->in_fd = fixture->out_fd = fds[0];
  fixture->theirs_in = fixture->theirs_out = fds[1];
}

static void
open_pipes (Fixture *fixture)
{
  int down[2];
  int up[2];

  g_assert_true (mitogen_fd_pipe (down, NULL));
  g_assert_true (mitogen_fd_pipe (up, NULL));
  fixture->in_fd = down[0];
  fixture->theirs_out = down[1];
  fixture->theirs_in = up[0];
  fixture->out_fd = up[1];
}

static void
set_up (Fixture *fixture, gconstpointer pipes)
{
  fixture->io = unit_io_new ();
  fixture->frames = g_async_queue_new_full ((GDestroyNotify) mitogen_message_unref);
  fixture->raw = g_string_new (NULL);
  fixture->framed = TRUE;
  g_mutex_init (&fixture->lock);
  if (GPOINTER_TO_INT (pipes))
    open_pipes (fixture);
  else
    open_sockets (fixture);
  unit_run (fixture->io, make_stream, fixture);
}

static void
set_up_raw (Fixture *fixture, gconstpointer pipes)
{
  fixture->io = unit_io_new ();
  fixture->frames = g_async_queue_new_full ((GDestroyNotify) mitogen_message_unref);
  fixture->raw = g_string_new (NULL);
  g_mutex_init (&fixture->lock);
  open_sockets (fixture);
  unit_run (fixture->io, make_stream, fixture);
}

static void
close_stream (gpointer data)
{
  mitogen_stream_close (data, NULL);
}

static void
close_in (Fixture *fixture)
{
  if (fixture->in_fd == fixture->out_fd)
    fixture->out_fd = -1;
  mitogen_fd_close (&fixture->in_fd);
}

static void
close_ours (Fixture *fixture)
{
  close_in (fixture);
  mitogen_fd_close (&fixture->out_fd);
}

static void
tear_down (Fixture *fixture, gconstpointer pipes)
{
  unit_run (fixture->io, close_stream, fixture->stream);
  g_assert_cmpint (g_atomic_int_get (&fixture->closed), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&fixture->destroyed), ==, 1);
  mitogen_stream_unref (fixture->stream);
  close_ours (fixture);
  unit_io_end (fixture->io);
  g_async_queue_unref (fixture->frames);
  g_string_free (fixture->raw, TRUE);
  g_clear_error (&fixture->error);
  g_mutex_clear (&fixture->lock);
}

/* ---- frames in ---- */

static MitogenMessage *
next_frame (Fixture *fixture)
{
  MitogenMessage *message =
      g_async_queue_timeout_pop (fixture->frames, UNIT_PATIENCE_MS * G_TIME_SPAN_MILLISECOND);

  g_assert_nonnull (message);
  return message;
}

static void
assert_next (Fixture *fixture, guint32 handle, const char *text)
{
  g_autoptr (MitogenMessage) message = next_frame (fixture);
  g_autofree char *payload = unit_payload (message);

  g_assert_cmpuint (mitogen_message_get_handle (message), ==, handle);
  g_assert_cmpstr (payload, ==, text);
}

static GByteArray *
packed (guint n, const char *text)
{
  GByteArray *bytes = g_byte_array_new ();

  for (guint i = 0; i < n; i++)
    {
      const MitogenFrameHeader header = {
        MITOGEN_ENCODING_LEGACY, 0, REMOTE_ID, REMOTE_ID, 1000 + i, 0, strlen (text)
      };
      guint8 packed_header[MITOGEN_FRAME_HEADER_SIZE];

      mitogen_frame_header_pack (&header, packed_header);
      g_byte_array_append (bytes, packed_header, sizeof packed_header);
      g_byte_array_append (bytes, (const guint8 *) text, strlen (text));
    }
  return bytes;
}

static void
test_byte_by_byte (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = packed (5, "hello");

  for (guint i = 0; i < bytes->len; i++)
    unit_write (fixture->out_fd, bytes->data + i, 1);
  for (guint i = 0; i < 5; i++)
    assert_next (fixture, 1000 + i, "hello");
}

static void
test_many_at_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = packed (5000, "x");

  unit_write (fixture->out_fd, bytes->data, bytes->len);
  for (guint i = 0; i < 5000; i++)
    assert_next (fixture, 1000 + i, "x");
}

static void
test_empty_payload (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = packed (3, "");

  unit_write (fixture->out_fd, bytes->data, bytes->len);
  for (guint i = 0; i < 3; i++)
    assert_next (fixture, 1000 + i, "");
}

/* In pieces of all sizes, around the limits of what is read at once. */
static void
write_in_pieces (int fd, const guint8 *data, gsize size, gsize piece)
{
  while (size > 0)
    {
      gsize n = MIN (size, piece);

      unit_write (fd, data, n);
      data += n;
      size -= n;
    }
}

static void
test_sizes (Fixture *fixture, gconstpointer data)
{
  static const gsize sizes[] = { 1,      25,     26,          27,           4096,
                                 32767,  32768,  32769,       65536,        262143 - 26,
                                 262144, 262145, 1024 * 1024, MAX_SIZE - 1, MAX_SIZE };
  static const gsize pieces[] = { 1000, 65536, MAX_SIZE * 2 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint j = 0; j < G_N_ELEMENTS (pieces); j++)
      {
        g_autofree char *text = g_strnfill (sizes[i], 'a' + (i + j) % 26);
        g_autoptr (GByteArray) bytes = packed (2, text);

        write_in_pieces (fixture->out_fd, bytes->data, bytes->len, pieces[j]);
        assert_next (fixture, 1000, text);
        assert_next (fixture, 1001, text);
      }
}

/* A large payload is read to where it stays: its size once, not twice. */
static void
test_large_then_small (Fixture *fixture, gconstpointer data)
{
  g_autofree char *large = g_strnfill (MAX_SIZE, 'L');
  g_autoptr (GByteArray) bytes = packed (1, large);
  g_autoptr (GByteArray) small = packed (3, "small");

  g_byte_array_append (bytes, small->data, small->len);
  unit_write (fixture->out_fd, bytes->data, bytes->len);
  assert_next (fixture, 1000, large);
  for (guint i = 0; i < 3; i++)
    assert_next (fixture, 1000 + i, "small");
}

/* ---- frames out ---- */

static void
send_text (MitogenStream *stream, guint32 handle, const char *text)
{
  g_autoptr (MitogenMessage) message = unit_message (REMOTE_ID, handle, text);

  g_assert_true (mitogen_stream_send (stream, message));
}

static void
assert_read (Fixture *fixture, guint32 handle, const char *text)
{
  g_autoptr (MitogenMessage) message = unit_read_frame (fixture->in_fd);
  g_autofree char *payload = NULL;

  g_assert_nonnull (message);
  payload = unit_payload (message);
  g_assert_cmpuint (mitogen_message_get_handle (message), ==, handle);
  g_assert_cmpstr (payload, ==, text);
}

static void
test_slow_reader (Fixture *fixture, gconstpointer data)
{
  g_autofree char *large = g_strnfill (MAX_SIZE, 'S');

  for (guint i = 0; i < 4; i++)
    {
      send_text (fixture->stream, 2 * i, large);
      send_text (fixture->stream, 2 * i + 1, "small");
    }
  g_assert_cmpuint (mitogen_stream_get_pending_bytes (fixture->stream), >, MAX_SIZE);
  for (guint i = 0; i < 4; i++)
    {
      assert_read (fixture, 2 * i, large);
      assert_read (fixture, 2 * i + 1, "small");
    }
  unit_wait (mitogen_stream_get_pending_bytes (fixture->stream) == 0);
}

#define N_WRITERS 4
#define N_EACH    2000

typedef struct
{
  Fixture *fixture;
  guint number;
} Writer;

static gpointer
write_many (gpointer data)
{
  Writer *writer = data;

  for (guint i = 0; i < N_EACH; i++)
    {
      g_autofree char *text = g_strnfill (i % 500, 'a' + writer->number);

      send_text (writer->fixture->stream, writer->number * N_EACH + i, text);
    }
  return NULL;
}

/* Whole frames, each thread's in its order. */
static void
test_many_writers (Fixture *fixture, gconstpointer data)
{
  Writer writers[N_WRITERS];
  GThread *threads[N_WRITERS];
  guint next[N_WRITERS] = { 0 };

  for (guint i = 0; i < N_WRITERS; i++)
    {
      writers[i] = (Writer){ fixture, i };
      threads[i] = g_thread_new ("writer", write_many, &writers[i]);
    }
  for (guint i = 0; i < N_WRITERS * N_EACH; i++)
    {
      g_autoptr (MitogenMessage) message = unit_read_frame (fixture->in_fd);
      g_autofree char *payload = unit_payload (message);
      guint32 handle = mitogen_message_get_handle (message);
      guint writer = handle / N_EACH;
      g_autofree char *expected = g_strnfill ((handle % N_EACH) % 500, 'a' + writer);

      g_assert_cmpuint (handle % N_EACH, ==, next[writer]);
      g_assert_cmpstr (payload, ==, expected);
      next[writer]++;
    }
  for (guint i = 0; i < N_WRITERS; i++)
    g_thread_join (threads[i]);
}

static void
test_raw_out (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("raw bytes", 9);
  char got[9];

  g_assert_true (mitogen_stream_send_raw (fixture->stream, bytes));
  send_text (fixture->stream, 5, "frame");
  g_assert_true (unit_read (fixture->in_fd, got, sizeof got));
  g_assert_cmpmem (got, sizeof got, "raw bytes", 9);
  assert_read (fixture, 5, "frame");
}

/* ---- raw bytes, then frames ---- */

static void
test_raw_then_frames (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = packed (2, "framed");

  fixture->raw_keep = 8;
  g_byte_array_prepend (bytes, (const guint8 *) "banner!\n", 8);
  if (GPOINTER_TO_INT (data))
    write_in_pieces (fixture->out_fd, bytes->data, bytes->len, 1);
  else
    unit_write (fixture->out_fd, bytes->data, bytes->len);
  assert_next (fixture, 1000, "framed");
  assert_next (fixture, 1001, "framed");
  g_assert_cmpstr (fixture->raw->str, ==, "banner!\n");
}

/* ---- pausing ---- */

static void
pause_reading (gpointer data)
{
  mitogen_stream_set_reading (data, FALSE);
}

static void
resume_reading (gpointer data)
{
  mitogen_stream_set_reading (data, TRUE);
}

static void
pause_writing (gpointer data)
{
  mitogen_stream_set_writing (data, FALSE);
}

static void
resume_writing (gpointer data)
{
  mitogen_stream_set_writing (data, TRUE);
}

/* ---- what the first field of a header says ---- */

static void
make_legacy (gpointer data)
{
  mitogen_stream_set_legacy (data);
}

static MitogenMessage *
message_encoded (MitogenEncoding encoding)
{
  g_autoptr (MitogenMessage) plain = unit_message (REMOTE_ID, 1000, "text");
  MitogenFrameHeader header = *mitogen_message_get_header (plain);

  header.encoding = encoding;
  return mitogen_message_with_header (plain, &header);
}

static void
assert_sent_as (Fixture *fixture, MitogenEncoding encoding, MitogenEncoding expected)
{
  g_autoptr (MitogenMessage) message = message_encoded (encoding);
  g_autoptr (MitogenMessage) heard = NULL;

  g_assert_true (mitogen_stream_send (fixture->stream, message));
  heard = unit_read_frame (fixture->in_fd);
  g_assert_cmphex (mitogen_message_get_header (heard)->encoding, ==, expected);
  /* Others may get the same message. */
  g_assert_cmphex (mitogen_message_get_header (message)->encoding, ==, encoding);
}

static void
hear_encoded (Fixture *fixture, MitogenEncoding encoding)
{
  g_autoptr (MitogenMessage) message = message_encoded (encoding);
  g_autoptr (MitogenMessage) got = NULL;

  unit_write_frame (fixture->out_fd, message);
  got = next_frame (fixture);
  g_assert_cmphex (mitogen_message_get_header (got)->encoding, ==, encoding);
}

/* Only who sends something newer gets it. */
static void
test_encodings (Fixture *fixture, gconstpointer data)
{
  const MitogenEncoding all[] = { MITOGEN_ENCODING_LEGACY, MITOGEN_ENCODING_PICKLE,
                                  MITOGEN_ENCODING_RAW };

  for (guint i = 0; i < 3; i++)
    assert_sent_as (fixture, all[i], all[i]);
  unit_run (fixture->io, make_legacy, fixture->stream);
  for (guint i = 0; i < 3; i++)
    assert_sent_as (fixture, all[i], MITOGEN_ENCODING_LEGACY);
  hear_encoded (fixture, MITOGEN_ENCODING_LEGACY);
  assert_sent_as (fixture, MITOGEN_ENCODING_RAW, MITOGEN_ENCODING_LEGACY);
  hear_encoded (fixture, MITOGEN_ENCODING_PICKLE);
  for (guint i = 0; i < 3; i++)
    assert_sent_as (fixture, all[i], all[i]);
}

static void
test_stop_receive (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = packed (2, "later");

  unit_run (fixture->io, pause_reading, fixture->stream);
  unit_write (fixture->out_fd, bytes->data, bytes->len);
  g_assert_null (g_async_queue_timeout_pop (fixture->frames, 30 * 1000));
  unit_run (fixture->io, resume_reading, fixture->stream);
  assert_next (fixture, 1000, "later");
  assert_next (fixture, 1001, "later");
}

/* While nobody reads, the other end goes: no busy loop, nothing lost. */
static void
test_hang_up_while_stopped (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = packed (2, "last words");
  struct rusage before;
  struct rusage after;
  gint64 used;

  unit_run (fixture->io, pause_reading, fixture->stream);
  unit_write (fixture->out_fd, bytes->data, bytes->len);
  close_ours (fixture);
  getrusage (RUSAGE_SELF, &before);
  g_usleep (100 * 1000);
  getrusage (RUSAGE_SELF, &after);
  used = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * G_USEC_PER_SEC +
         after.ru_utime.tv_usec - before.ru_utime.tv_usec +
         (after.ru_stime.tv_sec - before.ru_stime.tv_sec) * G_USEC_PER_SEC +
         after.ru_stime.tv_usec - before.ru_stime.tv_usec;
  g_assert_cmpint (used, <, 50 * 1000);
  g_assert_cmpint (g_atomic_int_get (&fixture->closed), ==, 0);
  unit_run (fixture->io, resume_reading, fixture->stream);
  assert_next (fixture, 1000, "last words");
  assert_next (fixture, 1001, "last words");
  unit_wait (g_atomic_int_get (&fixture->closed) == 1);
  g_assert_no_error (fixture->error);
}

static void
test_stop_transmit (Fixture *fixture, gconstpointer data)
{
  unit_run (fixture->io, pause_writing, fixture->stream);
  send_text (fixture->stream, 1, "one");
  send_text (fixture->stream, 2, "two");
  g_assert_false (unit_has_input (fixture->in_fd, 30));
  g_assert_cmpuint (mitogen_stream_get_pending_bytes (fixture->stream), ==, 2 * (26 + 3));
  unit_run (fixture->io, resume_writing, fixture->stream);
  assert_read (fixture, 1, "one");
  assert_read (fixture, 2, "two");
}

/* ---- the end ---- */

static void
assert_closed (Fixture *fixture, gint code)
{
  g_autoptr (MitogenMessage) late = unit_message (REMOTE_ID, 1, "late");

  unit_wait (g_atomic_int_get (&fixture->destroyed) == 1);
  if (code < 0)
    g_assert_no_error (fixture->error);
  else
    g_assert_error (fixture->error, MITOGEN_ERROR, code);
  g_assert_false (mitogen_stream_send (fixture->stream, late));
}

static void
test_end_of_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = packed (1, "a whole one");
  guint cuts[] = { 0, 1, 25, 26, 30, bytes->len };
  guint cut = cuts[GPOINTER_TO_INT (data)];

  unit_write (fixture->out_fd, bytes->data, cut);
  close_ours (fixture);
  assert_closed (fixture, -1);
  if (cut == bytes->len)
    assert_next (fixture, 1000, "a whole one");
  g_assert_null (g_async_queue_try_pop (fixture->frames));
}

static void
test_end_in_large (Fixture *fixture, gconstpointer data)
{
  g_autofree char *large = g_strnfill (MAX_SIZE, 'L');
  g_autoptr (GByteArray) bytes = packed (1, large);

  unit_write (fixture->out_fd, bytes->data, bytes->len - 1);
  close_ours (fixture);
  assert_closed (fixture, -1);
  g_assert_null (g_async_queue_try_pop (fixture->frames));
}

/* The other end is gone while much waits to be written; what it said before is heard. */
static void
test_end_while_writing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *large = g_strnfill (MAX_SIZE, 'L');
  g_autoptr (GByteArray) bytes = packed (1, "last words");
  g_autoptr (MitogenMessage) late = unit_message (REMOTE_ID, 1, "late");

  for (guint i = 0; i < 4; i++)
    send_text (fixture->stream, i, large);
  unit_write (fixture->out_fd, bytes->data, bytes->len);
  close_ours (fixture);
  assert_next (fixture, 1000, "last words");
  /* Two pipes are not closed at once: it may be seen that nobody reads, before the end is. */
  unit_wait (g_atomic_int_get (&fixture->destroyed) == 1);
  if (fixture->error != NULL)
    g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
  g_assert_false (mitogen_stream_send (fixture->stream, late));
}

/* Only the way down is closed: nothing that is sent arrives any more. */
static void
test_nobody_reads (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = packed (1, "last words");
  g_autoptr (MitogenMessage) message = unit_message (REMOTE_ID, 1, "hello?");

  unit_write (fixture->out_fd, bytes->data, bytes->len);
  if (fixture->in_fd == fixture->out_fd)
    shutdown (fixture->in_fd, SHUT_RD);
  else
    close_in (fixture);
  mitogen_stream_send (fixture->stream, message);
  assert_next (fixture, 1000, "last words");
  unit_wait (g_atomic_int_get (&fixture->closed) == 1);
}

static void
test_corrupt (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = packed (2, "good");

  g_byte_array_append (bytes, (const guint8 *) "print() to the wrong descriptor", 31);
  unit_write (fixture->out_fd, bytes->data, bytes->len);
  assert_next (fixture, 1000, "good");
  assert_next (fixture, 1001, "good");
  assert_closed (fixture, MITOGEN_ERROR_PROTOCOL);
}

static void
test_oversized (Fixture *fixture, gconstpointer data)
{
  const MitogenFrameHeader header = {
    MITOGEN_ENCODING_LEGACY, 0, REMOTE_ID, REMOTE_ID, 1000, 0, MAX_SIZE + 1
  };
  guint8 bytes[MITOGEN_FRAME_HEADER_SIZE];

  mitogen_frame_header_pack (&header, bytes);
  unit_write (fixture->out_fd, bytes, sizeof bytes);
  assert_closed (fixture, MITOGEN_ERROR_TOO_LARGE);
}

/* Closing from within a frame, with more behind it. */
static void
close_on_frame (MitogenStream *stream, MitogenMessage *message, gpointer user_data)
{
  on_frame (stream, message, user_data);
  mitogen_stream_close (stream, NULL);
}

static void
make_closing_stream (gpointer data)
{
  static const MitogenStreamFuncs closing = { on_raw, close_on_frame, on_closed };
  Fixture *fixture = data;

  fixture->stream =
      mitogen_stream_new (fixture->io, REMOTE_ID, fixture->theirs_in, fixture->theirs_out, MAX_SIZE,
                          &closing, fixture, on_destroyed);
  mitogen_stream_start_frames (fixture->stream);
}

static void
test_close_in_callback (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = packed (100, "only the first");

  unit_run (fixture->io, close_stream, fixture->stream);
  mitogen_stream_unref (fixture->stream);
  close_ours (fixture);
  fixture->closed = fixture->destroyed = 0;
  open_sockets (fixture);
  unit_run (fixture->io, make_closing_stream, fixture);
  unit_write (fixture->out_fd, bytes->data, 40);
  assert_next (fixture, 1000, "only the first");
  unit_wait (g_atomic_int_get (&fixture->closed) == 1);
  g_assert_null (g_async_queue_try_pop (fixture->frames));
}

/* Two streams: what goes wrong with one is none of the other's business. */
static void
test_two_streams (Fixture *fixture, gconstpointer data)
{
  Fixture second = { .io = fixture->io, .framed = TRUE };
  g_autoptr (GByteArray) bytes = packed (1, "fine");

  second.frames = g_async_queue_new_full ((GDestroyNotify) mitogen_message_unref);
  second.raw = g_string_new (NULL);
  open_sockets (&second);
  unit_run (fixture->io, make_stream, &second);
  unit_write (second.out_fd, "garbage garbage garbage garbage", 31);
  assert_closed (&second, MITOGEN_ERROR_PROTOCOL);
  unit_write (fixture->out_fd, bytes->data, bytes->len);
  assert_next (fixture, 1000, "fine");

  mitogen_stream_unref (second.stream);
  close_ours (&second);
  g_async_queue_unref (second.frames);
  g_string_free (second.raw, TRUE);
  g_clear_error (&second.error);
}

typedef void (*FixtureFunc) (Fixture *fixture, gconstpointer data);

static void
add_both (const char *name, FixtureFunc func)
{
  g_autofree char *sockets = g_strdup_printf ("/stream/sockets/%s", name);
  g_autofree char *pipes = g_strdup_printf ("/stream/pipes/%s", name);

  g_test_add (sockets, Fixture, GINT_TO_POINTER (FALSE), set_up, func, tear_down);
  g_test_add (pipes, Fixture, GINT_TO_POINTER (TRUE), set_up, func, tear_down);
}

/* The data is for the test, not for the fixture: always sockets. */
static void
set_up_sockets (Fixture *fixture, gconstpointer data)
{
  set_up (fixture, GINT_TO_POINTER (FALSE));
}

static void
add_cuts (void)
{
  for (gint i = 0; i < 6; i++)
    {
      g_autofree char *path = g_strdup_printf ("/stream/end-of-file/%d", i);

      g_test_add (path, Fixture, GINT_TO_POINTER (i), set_up_sockets, test_end_of_file, tear_down);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_both ("byte-by-byte", test_byte_by_byte);
  add_both ("many-at-once", test_many_at_once);
  add_both ("empty-payload", test_empty_payload);
  add_both ("sizes", test_sizes);
  add_both ("large-then-small", test_large_then_small);
  add_both ("slow-reader", test_slow_reader);
  add_both ("many-writers", test_many_writers);
  add_both ("raw-out", test_raw_out);
  add_both ("encodings", test_encodings);
  add_both ("stop-receive", test_stop_receive);
  add_both ("hang-up-while-stopped", test_hang_up_while_stopped);
  add_both ("stop-transmit", test_stop_transmit);
  add_both ("end-in-large", test_end_in_large);
  add_both ("end-while-writing", test_end_while_writing);
  add_both ("nobody-reads", test_nobody_reads);
  add_both ("corrupt", test_corrupt);
  add_both ("oversized", test_oversized);
  g_test_add ("/stream/raw-then-frames", Fixture, GINT_TO_POINTER (0), set_up_raw,
              test_raw_then_frames, tear_down);
  g_test_add ("/stream/raw-then-frames-bytewise", Fixture, GINT_TO_POINTER (1), set_up_raw,
              test_raw_then_frames, tear_down);
  g_test_add ("/stream/close-in-callback", Fixture, NULL, set_up, test_close_in_callback,
              tear_down);
  g_test_add ("/stream/two", Fixture, NULL, set_up, test_two_streams, tear_down);
  add_cuts ();
  return g_test_run ();
}
