/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unit-core.h"
#include "broker/mitogen-fd-private.h"

#include <string.h>
#include <unistd.h>

/* ---- neighbours ---- */

static gsize
peer_raw (MitogenStream *stream, const guint8 *data, gsize size, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
peer_frame (MitogenStream *stream, MitogenMessage *message, gpointer user_data)
{
  Peer *peer = user_data;

  mitogen_core_receive (peer->core, message, stream);
}

static void
peer_closed (MitogenStream *stream, const GError *error, gpointer user_data)
{
  Peer *peer = user_data;

  mitogen_core_stream_lost (peer->core, stream);
  g_atomic_int_set (&peer->closed, TRUE);
}

static MitogenStream *
peer_next_hop (MitogenStream *stream, const MitogenFrameHeader *header, gpointer user_data)
{
  Peer *peer = user_data;

  return mitogen_core_next_hop (peer->core, header, stream);
}

static const MitogenStreamFuncs peer_funcs = {
  .raw = peer_raw,
  .frame = peer_frame,
  .closed = peer_closed,
  .next_hop = peer_next_hop,
};

static void
peer_open_run (gpointer data)
{
  Peer *peer = data;

  peer->stream = mitogen_stream_new (mitogen_core_get_io (peer->core), peer->id, peer->theirs,
                                     peer->theirs, peer->max_message_size, &peer_funcs, peer, NULL);
  mitogen_stream_start_frames (peer->stream);
  mitogen_core_add_route (peer->core, peer->id, peer->stream, 0);
}

void
peer_open_limited (Peer *peer, MitogenCore *core, guint32 id, guint32 max_message_size)
{
  int fds[2];

  g_assert_true (mitogen_fd_socketpair (fds, NULL));
  *peer = (Peer){
    .core = core,
    .id = id,
    .fd = fds[0],
    .theirs = fds[1],
    .max_message_size = max_message_size,
  };
  unit_run (mitogen_core_get_io (core), peer_open_run, peer);
}

void
peer_open (Peer *peer, MitogenCore *core, guint32 id)
{
  peer_open_limited (peer, core, id, 1 << 20);
}

static void
peer_close_run (gpointer data)
{
  mitogen_stream_close (data, NULL);
}

void
peer_close (Peer *peer)
{
  if (peer->stream == NULL)
    return;
  unit_run (mitogen_core_get_io (peer->core), peer_close_run, peer->stream);
  g_clear_pointer (&peer->stream, mitogen_stream_unref);
  mitogen_fd_close (&peer->fd);
}

typedef struct
{
  Peer *peer;
  guint32 id;
} Behind;

static void
add_behind (gpointer data)
{
  Behind *behind = data;

  mitogen_core_add_route (behind->peer->core, behind->id, behind->peer->stream, 0);
}

/* ---- messages ---- */

void
say_full (Peer *peer,
          guint32 dst_id,
          guint32 src_id,
          guint32 auth_id,
          guint32 handle,
          guint32 reply_to,
          const char *text)
{
  g_autoptr (MitogenMessage) message =
      unit_message_full (dst_id, src_id, auth_id, handle, reply_to, text, strlen (text));

  unit_write_frame (peer->fd, message);
}

void
say (Peer *peer, guint32 dst_id, guint32 handle, guint32 reply_to, const char *text)
{
  say_full (peer, dst_id, peer->id, peer->id, handle, reply_to, text);
}

void
assert_hears (Peer *peer, guint32 dst_id, guint32 src_id, guint32 handle, const char *text)
{
  g_autoptr (MitogenMessage) message = unit_read_frame (peer->fd);
  g_autofree char *payload = NULL;

  g_assert_nonnull (message);
  payload = unit_payload (message);
  g_assert_cmpstr (payload, ==, text);
  g_assert_cmpuint (mitogen_message_get_dst_id (message), ==, dst_id);
  g_assert_cmpuint (mitogen_message_get_src_id (message), ==, src_id);
  g_assert_cmpuint (mitogen_message_get_handle (message), ==, handle);
}

/* A dead message of the core's own, as the protocol words it. */
void
assert_refused (Fixture *fixture, Peer *peer, guint32 handle, const char *reason)
{
  g_autoptr (MitogenMessage) message = unit_read_frame (peer->fd);
  const MitogenFrameHeader *header;
  g_autofree char *payload = NULL;

  g_assert_nonnull (message);
  payload = unit_payload (message);
  header = mitogen_message_get_header (message);
  g_assert_cmpstr (payload, ==, reason);
  g_assert_cmpuint (header->reply_to, ==, MITOGEN_IS_DEAD);
  g_assert_cmpuint (header->encoding, ==, MITOGEN_ENCODING_LEGACY);
  g_assert_cmpuint (header->handle, ==, handle);
  g_assert_cmpuint (header->src_id, ==, mitogen_core_get_id (fixture->core));
  g_assert_cmpuint (header->auth_id, ==, mitogen_core_get_id (fixture->core));
}

/* All that was said before was looked at: the answer to one that must be refused came. */
void
assert_nothing_else (Fixture *fixture, Peer *peer)
{
  say (peer, mitogen_core_get_id (fixture->core), 999999, 4711, "");
  assert_refused (fixture, peer, 4711, "invalid handle");
}

/* ---- handlers ---- */

void
on_message (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  g_async_queue_push (data, mitogen_message_ref (message));
}

guint32
serve (Fixture *fixture, guint32 handle, gboolean persist, guint32 respondent, MitogenAccept accept)
{
  const MitogenHandlerSpec spec = {
    .handle = handle,
    .persist = persist,
    .respondent = respondent,
    .accept = accept,
    .func = on_message,
    .data = g_async_queue_ref (fixture->received),
    .destroy = (GDestroyNotify) g_async_queue_unref,
  };
  g_autoptr (GError) error = NULL;
  guint32 given = mitogen_handlers_add (mitogen_core_get_handlers (fixture->core), &spec, &error);

  g_assert_no_error (error);
  return given;
}

void
assert_received (Fixture *fixture, const char *text, gboolean dead)
{
  g_autoptr (MitogenMessage) message =
      g_async_queue_timeout_pop (fixture->received, UNIT_PATIENCE_MS * G_TIME_SPAN_MILLISECOND);
  g_autofree char *payload = NULL;

  g_assert_nonnull (message);
  payload = unit_payload (message);
  g_assert_cmpstr (payload, ==, text);
  g_assert_cmpint (mitogen_message_is_dead (message), ==, dead);
}

void
assert_received_nothing (Fixture *fixture)
{
  g_assert_null (g_async_queue_try_pop (fixture->received));
}

/* ---- fixture ---- */

static void
set_up_as (Fixture *fixture, guint32 id, guint32 parent_id)
{
  Behind behind = { &fixture->a, 22 };

  fixture->io = unit_io_new ();
  fixture->received = g_async_queue_new_full ((GDestroyNotify) mitogen_message_unref);
  fixture->core = mitogen_core_new (fixture->io, id, &parent_id, id != 0 ? 1 : 0);
  if (id != 0)
    peer_open (&fixture->parent, fixture->core, parent_id);
  peer_open (&fixture->a, fixture->core, 21);
  peer_open (&fixture->b, fixture->core, 31);
  unit_run (fixture->io, add_behind, &behind);
}

void
set_up_root (Fixture *fixture, gconstpointer data)
{
  set_up_as (fixture, 0, 0);
}

void
set_up_middle (Fixture *fixture, gconstpointer data)
{
  set_up_as (fixture, OWN_ID, PARENT_ID);
}

void
tear_down (Fixture *fixture, gconstpointer data)
{
  peer_close (&fixture->parent);
  peer_close (&fixture->a);
  peer_close (&fixture->b);
  unit_io_end (fixture->io);
  mitogen_core_unref (fixture->core);
  g_async_queue_unref (fixture->received);
}
