/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Who gets a message, and what is said to who does not get one: a core with stand-ins at the
 * other ends of its streams. */

#include "broker/mitogen-fd-private.h"
#include "router/mitogen-core-private.h"
#include "unit-core.h"
#include "wire/mitogen-error.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- for this process ---- */

static void
test_dispatch (Fixture *fixture, gconstpointer data)
{
  guint32 handle = serve (fixture, 0, TRUE, MITOGEN_ID_NONE, MITOGEN_ACCEPT_ANY);

  say (&fixture->a, 0, handle, 0, "one");
  assert_received (fixture, "one", FALSE);
  say_full (&fixture->a, 0, 22, 22, handle, 0, "from behind");
  assert_received (fixture, "from behind", FALSE);
  say (&fixture->b, 0, handle, 0, "two");
  assert_received (fixture, "two", FALSE);
  say (&fixture->b, 0, handle, MITOGEN_IS_DEAD, "dead");
  assert_received (fixture, "dead", TRUE);
}

static void
test_once (Fixture *fixture, gconstpointer data)
{
  guint32 handle = serve (fixture, 0, FALSE, MITOGEN_ID_NONE, MITOGEN_ACCEPT_ANY);

  say (&fixture->a, 0, handle, 0, "first");
  say (&fixture->a, 0, handle, 77, "second");
  assert_received (fixture, "first", FALSE);
  assert_refused (fixture, &fixture->a, 77, "invalid handle");
  assert_received_nothing (fixture);
}

static void
test_invalid_handle (Fixture *fixture, gconstpointer data)
{
  say (&fixture->a, 0, 4242, 77, "");
  assert_refused (fixture, &fixture->a, 77, "invalid handle");
  /* No answer where none is wanted, and none to the dead. */
  say (&fixture->a, 0, 4242, 0, "");
  say (&fixture->a, 0, 4242, MITOGEN_IS_DEAD, "");
  assert_nothing_else (fixture, &fixture->a);
}

static void
test_respondent (Fixture *fixture, gconstpointer data)
{
  guint32 handle = serve (fixture, 0, TRUE, 31, MITOGEN_ACCEPT_ANY);

  say (&fixture->a, 0, handle, 77, "not asked");
  assert_refused (fixture, &fixture->a, 77, "reply from unexpected context");
  say (&fixture->a, 0, handle, MITOGEN_IS_DEAD, "dead and not asked");
  assert_nothing_else (fixture, &fixture->a);
  assert_received_nothing (fixture);
  say (&fixture->b, 0, handle, 0, "asked");
  assert_received (fixture, "asked", FALSE);
  say (&fixture->b, 0, handle, MITOGEN_IS_DEAD, "dead and asked");
  assert_received (fixture, "dead and asked", TRUE);
}

/* The next hop may say that who was asked is not there; its other children may not. */
static void
test_dead_from_the_way (Fixture *fixture, gconstpointer data)
{
  guint32 handle = serve (fixture, 0, TRUE, 22, MITOGEN_ACCEPT_ANY);

  say (&fixture->a, 0, handle, MITOGEN_IS_DEAD, "no route to 22");
  assert_received (fixture, "no route to 22", TRUE);
  say (&fixture->a, 0, handle, 0, "not asked");
  say (&fixture->b, 0, handle, MITOGEN_IS_DEAD, "none of its business");
  assert_nothing_else (fixture, &fixture->b);
  assert_nothing_else (fixture, &fixture->a);
  assert_received_nothing (fixture);
}

static void
test_respondent_gone (Fixture *fixture, gconstpointer data)
{
  guint32 of_a = serve (fixture, 0, TRUE, 21, MITOGEN_ACCEPT_ANY);
  guint32 behind = serve (fixture, 0, FALSE, 22, MITOGEN_ACCEPT_ANY);
  guint32 of_b = serve (fixture, 0, TRUE, 31, MITOGEN_ACCEPT_ANY);

  mitogen_fd_close (&fixture->a.fd);
  assert_received (fixture, "the respondent Context has disconnected", TRUE);
  assert_received (fixture, "the respondent Context has disconnected", TRUE);
  unit_wait (g_atomic_int_get (&fixture->a.closed));
  g_assert_null (mitogen_handlers_lookup (mitogen_core_get_handlers (fixture->core), of_a));
  g_assert_null (mitogen_handlers_lookup (mitogen_core_get_handlers (fixture->core), behind));
  g_assert_null (mitogen_core_stream_by_id (fixture->core, 21));
  g_assert_null (mitogen_core_stream_by_id (fixture->core, 22));
  say (&fixture->b, 0, of_b, 0, "still here");
  assert_received (fixture, "still here", FALSE);
  assert_received_nothing (fixture);
}

static void
test_policies (Fixture *fixture, gconstpointer data)
{
  guint32 parents = serve (fixture, 0, TRUE, MITOGEN_ID_NONE, MITOGEN_ACCEPT_PARENTS);
  guint32 children = serve (fixture, 0, TRUE, MITOGEN_ID_NONE, MITOGEN_ACCEPT_IMMEDIATE_CHILD);

  say (&fixture->a, OWN_ID, parents, 77, "a child");
  assert_refused (fixture, &fixture->a, 77, "refused by policy");
  say_full (&fixture->a, OWN_ID, 22, 22, children, 78, "a grandchild");
  assert_refused (fixture, &fixture->a, 78, "refused by policy");
  assert_received_nothing (fixture);

  say (&fixture->parent, OWN_ID, parents, 0, "the parent");
  assert_received (fixture, "the parent", FALSE);
  /* On behalf of the parent, whoever it is that the parent knows. */
  say_full (&fixture->parent, OWN_ID, 99, PARENT_ID, parents, 0, "with its authority");
  assert_received (fixture, "with its authority", FALSE);
  say_full (&fixture->parent, OWN_ID, 99, 99, parents, 79, "a stranger");
  assert_refused (fixture, &fixture->parent, 79, "refused by policy");
  say (&fixture->a, OWN_ID, children, 0, "a child");
  assert_received (fixture, "a child", FALSE);
  say (&fixture->parent, OWN_ID, children, 0, "the parent");
  assert_received (fixture, "the parent", FALSE);
}

/* ---- where messages come from ---- */

static void
test_forged (Fixture *fixture, gconstpointer data)
{
  static const guint32 pairs[][2] = {
    { 31, 31 },
    { 21, 31 },
    { 31, 21 },
    { OWN_ID, OWN_ID },
    { 21, OWN_ID },
    { OWN_ID, 21 },
    { PARENT_ID, PARENT_ID },
    { 21, PARENT_ID },
    { PARENT_ID, 21 },
    { 4242, 4242 },
    { 21, 4242 },
    { 21, G_MAXUINT32 },
    { G_MAXUINT32, 21 },
    { 0, 0 },
  };
  guint32 handle = serve (fixture, 0, TRUE, MITOGEN_ID_NONE, MITOGEN_ACCEPT_ANY);

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      say_full (&fixture->a, OWN_ID, pairs[i][0], pairs[i][1], handle, 77, "forged");
      say_full (&fixture->a, 31, pairs[i][0], pairs[i][1], handle, 77, "forged");
      say_full (&fixture->a, PARENT_ID, pairs[i][0], pairs[i][1], handle, 77, "forged");
    }
  /* Dropped, not answered: neither to it nor to whom it claimed to be. */
  assert_nothing_else (fixture, &fixture->a);
  assert_nothing_else (fixture, &fixture->b);
  assert_nothing_else (fixture, &fixture->parent);
  assert_received_nothing (fixture);

  say_full (&fixture->a, OWN_ID, 22, 21, handle, 0, "child with its parent's authority");
  assert_received (fixture, "child with its parent's authority", FALSE);
  say_full (&fixture->parent, OWN_ID, 4242, 4242, handle, 0, "the parent knows others");
  assert_received (fixture, "the parent knows others", FALSE);
}

static void
stamp_run (gpointer data)
{
  mitogen_stream_set_auth_id (data, OWN_ID);
}

/* A stream that acts for us: its messages get our authority, but must name a source behind it. */
static void
test_stamped (Fixture *fixture, gconstpointer data)
{
  guint32 handle = serve (fixture, 0, TRUE, MITOGEN_ID_NONE, MITOGEN_ACCEPT_PARENTS);

  unit_run (fixture->io, stamp_run, fixture->a.stream);
  say (&fixture->a, OWN_ID, handle, 0, "stamped");
  assert_received (fixture, "stamped", FALSE);
  say (&fixture->a, 31, 500, 0, "passed on");
  {
    g_autoptr (MitogenMessage) passed = unit_read_frame (fixture->b.fd);

    g_assert_cmpuint (mitogen_message_get_src_id (passed), ==, 21);
    g_assert_cmpuint (mitogen_message_get_auth_id (passed), ==, OWN_ID);
  }
  say_full (&fixture->a, OWN_ID, OWN_ID, OWN_ID, handle, 0, "forged");
  assert_nothing_else (fixture, &fixture->a);
  assert_received_nothing (fixture);
}

/* ---- passing on ---- */

static void
test_forward (Fixture *fixture, gconstpointer data)
{
  say (&fixture->a, 31, 500, 77, "to a sibling");
  assert_hears (&fixture->b, 31, 21, 500, "to a sibling");
  say_full (&fixture->a, 31, 22, 22, 501, 0, "from behind");
  assert_hears (&fixture->b, 31, 22, 501, "from behind");
  say (&fixture->b, 22, 502, 0, "to behind");
  assert_hears (&fixture->a, 22, 31, 502, "to behind");
  say (&fixture->a, PARENT_ID, 503, 0, "up");
  assert_hears (&fixture->parent, PARENT_ID, 21, 503, "up");
  say (&fixture->a, 4242, 504, 0, "up, to whoever that is");
  assert_hears (&fixture->parent, 4242, 21, 504, "up, to whoever that is");
  say (&fixture->parent, 22, 505, 0, "down");
  assert_hears (&fixture->a, 22, PARENT_ID, 505, "down");
}

static void
test_no_route (Fixture *fixture, gconstpointer data)
{
  say (&fixture->a, 4242, 500, 77, "");
  assert_refused (fixture, &fixture->a, 77, "no route to 4242, my ID is 0");
  say (&fixture->a, 4242, 500, 0, "");
  say (&fixture->a, 4242, 500, MITOGEN_IS_DEAD, "");
  assert_nothing_else (fixture, &fixture->a);
}

/* What comes from the parent for somebody unknown is not sent back to it. */
static void
test_not_bounced (Fixture *fixture, gconstpointer data)
{
  say (&fixture->parent, 4242, 500, 77, "");
  assert_refused (fixture, &fixture->parent, 77, "no route to 4242, my ID is 10");
  /* Nor what a child sends to itself. */
  say (&fixture->a, 22, 500, 78, "");
  assert_refused (fixture, &fixture->a, 78, "no route to 22, my ID is 10");
}

static void
test_unidirectional (Fixture *fixture, gconstpointer data)
{
  MitogenCoreOptions options = mitogen_core_get_options (fixture->core);

  options.unidirectional = TRUE;
  mitogen_core_set_options (fixture->core, &options);
  say (&fixture->a, 31, 500, 77, "to a sibling");
  assert_refused (fixture, &fixture->a, 77,
                  "routing mode prevents forward of message from context 21 to context 31 via "
                  "context 10");
  say (&fixture->a, PARENT_ID, 501, 0, "up");
  assert_hears (&fixture->parent, PARENT_ID, 21, 501, "up");
  say (&fixture->parent, 31, 502, 0, "down");
  assert_hears (&fixture->b, 31, PARENT_ID, 502, "down");
  unit_run (fixture->io, stamp_run, fixture->a.stream);
  say (&fixture->a, 31, 503, 0, "privileged");
  assert_hears (&fixture->b, 31, 21, 503, "privileged");
}

/* ---- passing on much at once ---- */

/* Numbered by their handles; what is in them follows from that. */
static void
append_frame (GByteArray *bytes, guint32 dst_id, guint32 src_id, guint32 number, gsize size)
{
  g_autofree char *text = g_strnfill (size, (char) ('a' + number % 26));
  g_autoptr (MitogenMessage) message =
      unit_message_full (dst_id, src_id, src_id, number, 0, text, size);
  guint8 header[MITOGEN_FRAME_HEADER_SIZE];

  mitogen_frame_header_pack (mitogen_message_get_header (message), header);
  g_byte_array_append (bytes, header, sizeof header);
  g_byte_array_append (bytes, (const guint8 *) text, size);
}

static void
assert_hears_number (Peer *peer, guint32 src_id, guint32 number, gsize size)
{
  g_autofree char *text = g_strnfill (size, (char) ('a' + number % 26));

  assert_hears (peer, peer->id, src_id, number, text);
}

static gsize
size_of (guint number)
{
  return (number * 7919) % 3000;
}

/* However much the kernel would hold otherwise. */
static void
narrow (Peer *peer)
{
  int size = 16 * 1024;

  g_assert_cmpint (setsockopt (peer->theirs, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), ==, 0);
}

typedef struct
{
  int fd;
  GByteArray *bytes;
} Writer;

static gpointer
write_all (gpointer data)
{
  Writer *writer = data;

  unit_write (writer->fd, writer->bytes->data, writer->bytes->len);
  return NULL;
}

static guint32
source_of (guint number)
{
  return number % 5 == 0 ? 22 : 21;
}

/* Nobody reads at first: what the kernel does not take must be kept, whatever it is a part of. */
static void
test_pass_on_slowly (Fixture *fixture, gconstpointer data)
{
  const guint n = 2000;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Writer writer = { fixture->a.fd, bytes };
  GThread *thread;

  for (guint i = 0; i < n; i++)
    append_frame (bytes, i % 3 == 0 ? PARENT_ID : 31, source_of (i), i, size_of (i));
  narrow (&fixture->b);
  narrow (&fixture->parent);
  thread = g_thread_new ("writer", write_all, &writer);
  unit_wait (mitogen_stream_get_pending_bytes (fixture->b.stream) > 0 ||
             mitogen_stream_get_pending_bytes (fixture->parent.stream) > 0);
  for (guint i = 0; i < n; i++)
    assert_hears_number (i % 3 == 0 ? &fixture->parent : &fixture->b, source_of (i), i,
                         size_of (i));
  g_thread_join (thread);
  assert_nothing_else (fixture, &fixture->b);
}

/* Whoever floods a context that does not read is not read itself, and what waits stays bounded. */
static void
test_pass_on_paused (Fixture *fixture, gconstpointer data)
{
  const guint n = 200;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Writer writer = { fixture->a.fd, bytes };
  GThread *thread;
  gsize most = 0;

  for (guint i = 0; i < n; i++)
    append_frame (bytes, 31, 21, i, 65536);
  narrow (&fixture->b);
  thread = g_thread_new ("writer", write_all, &writer);
  unit_wait (mitogen_stream_get_pending_bytes (fixture->b.stream) > 0);
  /* Others are served meanwhile. */
  say (&fixture->parent, 22, 500, 0, "beside");
  assert_hears (&fixture->a, 22, PARENT_ID, 500, "beside");
  for (guint i = 0; i < n; i++)
    {
      most = MAX (most, mitogen_stream_get_pending_bytes (fixture->b.stream));
      assert_hears_number (&fixture->b, 21, i, 65536);
    }
  g_thread_join (thread);
  g_assert_cmpuint (most, <, 8 * 1024 * 1024);
}

/* Who never reads does not keep those from being read that send to it. */
static void
test_pass_on_to_deaf (Fixture *fixture, gconstpointer data)
{
  const guint n = 200;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Writer writer = { fixture->a.fd, bytes };
  GThread *thread;
  g_autoptr (MitogenMessage) last = NULL;

  mitogen_stream_set_clogged_ms (100);
  for (guint i = 0; i < n; i++)
    append_frame (bytes, 31, 21, i, 65536);
  narrow (&fixture->b);
  thread = g_thread_new ("writer", write_all, &writer);
  g_thread_join (thread);
  say (&fixture->a, PARENT_ID, 500, 0, "not silenced");
  assert_hears (&fixture->parent, PARENT_ID, 21, 500, "not silenced");
  say (&fixture->a, 31, 501, 77, "to the deaf");
  assert_refused (fixture, &fixture->a, 77, "the context does not read what it is sent");
  g_assert_cmpuint (mitogen_stream_get_pending_bytes (fixture->b.stream), <, 8 * 1024 * 1024);

  /* It wakes up, and is not deaf any more. */
  for (guint i = 0; mitogen_stream_get_pending_bytes (fixture->b.stream) > 0; i++)
    assert_hears_number (&fixture->b, 21, i, 65536);
  say (&fixture->a, 31, 502, 0, "to who reads again");
  do
    {
      g_clear_pointer (&last, mitogen_message_unref);
      last = unit_read_frame (fixture->b.fd);
    }
  while (mitogen_message_get_handle (last) != 502);
  mitogen_stream_set_clogged_ms (10000);
}

/* Frames for others, for us, and for nobody, in one write: each is dealt with in its turn. */
static void
test_pass_on_mixed (Fixture *fixture, gconstpointer data)
{
  guint32 handle = serve (fixture, 0, TRUE, MITOGEN_ID_NONE, MITOGEN_ACCEPT_ANY);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Writer writer = { fixture->a.fd, bytes };
  GThread *thread;

  for (guint i = 0; i < 100; i++)
    {
      append_frame (bytes, 31, 21, i, 50);
      append_frame (bytes, 0, 21, handle, 3);
      append_frame (bytes, 31, 22, 1000 + i, 0);
      append_frame (bytes, 31, 4242, 2000 + i, 10); /* forged */
      append_frame (bytes, 4242, 21, 3000 + i, 10); /* no route */
      append_frame (bytes, 31, 21, 4000 + i, 40000);
    }
  thread = g_thread_new ("writer", write_all, &writer);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strnfill (3, (char) ('a' + handle % 26));

      assert_hears_number (&fixture->b, 21, i, 50);
      assert_hears_number (&fixture->b, 22, 1000 + i, 0);
      assert_hears_number (&fixture->b, 21, 4000 + i, 40000);
      assert_received (fixture, text, FALSE);
    }
  g_thread_join (thread);
  assert_nothing_else (fixture, &fixture->b);
}

static gpointer
send_numbers (gpointer data)
{
  Fixture *fixture = data;

  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr (MitogenMessage) message = unit_message (31, i, "own");

      mitogen_core_send (fixture->core, message);
    }
  return NULL;
}

/* A thread of the program writes to the same stream meanwhile. */
static void
test_pass_on_beside_sender (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Writer writer = { fixture->a.fd, bytes };
  guint own = 0;
  guint passed = 0;
  GThread *sender;
  GThread *thread;

  for (guint i = 0; i < 2000; i++)
    append_frame (bytes, 31, 21, i, size_of (i));
  sender = g_thread_new ("sender", send_numbers, fixture);
  thread = g_thread_new ("writer", write_all, &writer);
  while (own < 2000 || passed < 2000)
    {
      g_autoptr (MitogenMessage) message = unit_read_frame (fixture->b.fd);
      guint *next = mitogen_message_get_src_id (message) == 21 ? &passed : &own;

      g_assert_cmpuint (mitogen_message_get_handle (message), ==, *next);
      (*next)++;
    }
  g_thread_join (sender);
  g_thread_join (thread);
}

/* One of two ends, with much on its way to it: the other gets its own all the same. */
static void
test_pass_on_to_the_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Writer writer = { fixture->a.fd, bytes };
  GThread *thread;

  for (guint i = 0; i < 2000; i++)
    append_frame (bytes, i % 2 == 0 ? 31 : PARENT_ID, 21, i, 1000);
  narrow (&fixture->b);
  narrow (&fixture->parent);
  thread = g_thread_new ("writer", write_all, &writer);
  unit_wait (mitogen_stream_get_pending_bytes (fixture->b.stream) > 0 ||
             mitogen_stream_get_pending_bytes (fixture->parent.stream) > 0);
  mitogen_fd_close (&fixture->b.fd);
  for (guint i = 1; i < 2000;)
    {
      g_autoptr (MitogenMessage) message = unit_read_frame (fixture->parent.fd);

      /* The parent also gets what is for the one who is gone: it may know him. And it is told. */
      if (mitogen_message_get_dst_id (message) != PARENT_ID ||
          mitogen_message_get_src_id (message) != 21)
        continue;
      g_assert_cmpuint (mitogen_message_get_handle (message), ==, i);
      g_assert_cmpuint (mitogen_message_get_size (message), ==, 1000);
      i += 2;
    }
  g_thread_join (thread);
  unit_wait (g_atomic_int_get (&fixture->b.closed));
}

static void
make_legacy (gpointer data)
{
  mitogen_stream_set_legacy (data);
}

/* Whoever knows only the oldest magic gets nothing else, also of what others send. */
static void
test_pass_on_to_the_old (Fixture *fixture, gconstpointer data)
{
  static const guint8 encodings[] = { MITOGEN_ENCODING_RAW & 0xff, MITOGEN_ENCODING_LEGACY & 0xff };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  unit_run (fixture->io, make_legacy, fixture->b.stream);
  for (guint i = 0; i < 20; i++)
    {
      guint start = bytes->len;

      append_frame (bytes, 31, 21, i, 10);
      bytes->data[start + 1] = encodings[i / 3 % 2];
    }
  unit_write (fixture->a.fd, bytes->data, bytes->len);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (MitogenMessage) message = unit_read_frame (fixture->b.fd);

      g_assert_cmpuint (mitogen_message_get_handle (message), ==, i);
      g_assert_cmphex (mitogen_message_get_header (message)->encoding, ==, MITOGEN_ENCODING_LEGACY);
    }
}

/* The peer would cut the connection over what is too large for it. */
static void
test_pass_on_oversized (Fixture *fixture, gconstpointer data)
{
  Peer small;
  g_autofree char *text = g_strnfill (2000, 'x');

  peer_open_limited (&small, fixture->core, 41, 1000);
  say (&fixture->a, 41, 500, 77, text);
  assert_refused (fixture, &fixture->a, 77, "message too large (max 1000 bytes)");
  say (&fixture->a, 41, 500, 0, "fits");
  assert_hears (&small, 41, 21, 500, "fits");
  peer_close (&small);
}

/* What is written at once is looked at one by one all the same. */
static void
test_pass_on_oversized_among_others (Fixture *fixture, gconstpointer data)
{
  Peer small;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  peer_open_limited (&small, fixture->core, 41, 1000);
  append_frame (bytes, 41, 21, 1, 50);
  append_frame (bytes, 41, 21, 2, 1001);
  append_frame (bytes, 41, 21, 3, 1000);
  append_frame (bytes, 41, 21, 4, 20000);
  append_frame (bytes, 41, 21, 5, 0);
  unit_write (fixture->a.fd, bytes->data, bytes->len);
  assert_hears_number (&small, 21, 1, 50);
  assert_refused (fixture, &small, 2, "message too large (max 1000 bytes)");
  assert_hears_number (&small, 21, 3, 1000);
  assert_refused (fixture, &small, 4, "message too large (max 1000 bytes)");
  assert_hears_number (&small, 21, 5, 0);
  peer_close (&small);
}

/* ---- messages of this process ---- */

static void
test_send (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenMessage) down = unit_message (22, 500, "down");
  g_autoptr (MitogenMessage) here = NULL;
  g_autoptr (MitogenMessage) forged = unit_message_full (31, 5, 5, 501, 0, "x", 1);
  guint32 handle = serve (fixture, 0, TRUE, MITOGEN_ID_NONE, MITOGEN_ACCEPT_PARENTS);

  mitogen_core_send (fixture->core, down);
  assert_hears (&fixture->a, 22, OWN_ID, 500, "down");
  mitogen_core_send (fixture->core, forged);
  assert_hears (&fixture->b, 31, OWN_ID, 501, "x");
  here = unit_message (OWN_ID, handle, "here");
  mitogen_core_send (fixture->core, here);
  assert_received (fixture, "here", FALSE);
}

static void
test_send_nowhere (Fixture *fixture, gconstpointer data)
{
  guint32 handle = serve (fixture, 0, TRUE, 4242, MITOGEN_ACCEPT_ANY);
  g_autoptr (MitogenMessage) nowhere = unit_message_full (4242, 0, 0, 1, handle, "", 0);

  mitogen_core_send (fixture->core, nowhere);
  assert_received (fixture, "no route to 4242, my ID is 0", TRUE);
}

static void
test_send_to_the_gone (Fixture *fixture, gconstpointer data)
{
  guint32 handle = serve (fixture, 0, TRUE, MITOGEN_ID_NONE, MITOGEN_ACCEPT_ANY);
  g_autoptr (MitogenMessage) message = unit_message_full (21, 0, 0, 1, handle, "", 0);

  mitogen_fd_close (&fixture->a.fd);
  unit_wait (g_atomic_int_get (&fixture->a.closed));
  mitogen_core_send (fixture->core, message);
  assert_received (fixture, "no route to 21, my ID is 0", TRUE);
}

static void
test_oversized (Fixture *fixture, gconstpointer data)
{
  MitogenCoreOptions options = mitogen_core_get_options (fixture->core);
  g_autofree char *text = g_strnfill (2000, 'x');
  guint32 handle = serve (fixture, 0, TRUE, 21, MITOGEN_ACCEPT_ANY);
  g_autoptr (MitogenMessage) asks = unit_message_full (21, 0, 0, 500, handle, text, 2000);
  g_autoptr (MitogenMessage) tells = unit_message_full (21, 0, 0, 501, 0, text, 2000);

  options.max_message_size = 1999;
  mitogen_core_set_options (fixture->core, &options);
  mitogen_core_send (fixture->core, asks);
  assert_received (fixture, "message too large (max 1999 bytes)", TRUE);
  /* Who would have got it must not wait for ever. */
  mitogen_core_send (fixture->core, tells);
  assert_refused (fixture, &fixture->a, 501, "message too large (max 1999 bytes)");
}

/* ---- floods, and the end ---- */

/* It asks for refusals and does not read them: what waits for it stays bounded. */
static void
test_refusals_are_bounded (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 300000; i++)
    say (&fixture->a, 0, 4242, 77, "");
  g_assert_cmpuint (mitogen_stream_get_pending_bytes (fixture->a.stream), <, 8 * 1024 * 1024);
  /* Others are answered as ever. */
  assert_nothing_else (fixture, &fixture->b);
}

static void
test_broker_exit (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  const MitogenHandlerSpec late = { .func = on_message, .respondent = MITOGEN_ID_NONE };

  serve (fixture, 0, TRUE, MITOGEN_ID_NONE, MITOGEN_ACCEPT_ANY);
  serve (fixture, 0, FALSE, 21, MITOGEN_ACCEPT_ANY);
  peer_close (&fixture->a);
  assert_received (fixture, "the respondent Context has disconnected", TRUE);
  peer_close (&fixture->b);
  mitogen_io_shutdown (fixture->io);
  g_assert_true (mitogen_io_join (fixture->io, UNIT_PATIENCE_MS));
  assert_received (fixture, "Broker has exitted", TRUE);
  assert_received_nothing (fixture);
  g_assert_cmpuint (mitogen_handlers_add (mitogen_core_get_handlers (fixture->core), &late, &error),
                    ==, 0);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
}

typedef void (*FixtureFunc) (Fixture *fixture, gconstpointer data);

static void
add_root (const char *path, FixtureFunc func)
{
  g_test_add (path, Fixture, NULL, set_up_root, func, tear_down);
}

static void
add_middle (const char *path, FixtureFunc func)
{
  g_test_add (path, Fixture, NULL, set_up_middle, func, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_root ("/core/dispatch", test_dispatch);
  add_root ("/core/once", test_once);
  add_root ("/core/invalid-handle", test_invalid_handle);
  add_root ("/core/respondent", test_respondent);
  add_root ("/core/dead-from-the-way", test_dead_from_the_way);
  add_root ("/core/respondent-gone", test_respondent_gone);
  add_middle ("/core/policies", test_policies);
  add_middle ("/core/forged", test_forged);
  add_middle ("/core/stamped", test_stamped);
  add_middle ("/core/forward", test_forward);
  add_root ("/core/no-route", test_no_route);
  add_middle ("/core/not-bounced", test_not_bounced);
  add_middle ("/core/unidirectional", test_unidirectional);
  add_middle ("/core/pass-on/slowly", test_pass_on_slowly);
  add_middle ("/core/pass-on/paused", test_pass_on_paused);
  add_middle ("/core/pass-on/to-deaf", test_pass_on_to_deaf);
  add_root ("/core/pass-on/mixed", test_pass_on_mixed);
  add_root ("/core/pass-on/beside-sender", test_pass_on_beside_sender);
  add_middle ("/core/pass-on/to-the-gone", test_pass_on_to_the_gone);
  add_root ("/core/pass-on/to-the-old", test_pass_on_to_the_old);
  add_root ("/core/pass-on/oversized", test_pass_on_oversized);
  add_root ("/core/pass-on/oversized-among-others", test_pass_on_oversized_among_others);
  add_middle ("/core/send", test_send);
  add_root ("/core/send-nowhere", test_send_nowhere);
  add_root ("/core/send-to-the-gone", test_send_to_the_gone);
  add_root ("/core/oversized", test_oversized);
  add_root ("/core/refusals-are-bounded", test_refusals_are_bounded);
  add_root ("/core/broker-exit", test_broker_exit);
  return g_test_run ();
}
