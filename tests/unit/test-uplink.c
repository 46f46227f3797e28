/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A router that is not the root of its tree, with a stand-in for its parent. */

#include "broker/mitogen-fd-private.h"
#include "mitogen.h"
#include "router/mitogen-router-private.h"
#include "router/mitogen-uplink-private.h"
#include "unit-util.h"

#include <string.h>
#include <unistd.h>

#define OWN_ID         12
#define PARENT_ID      3
#define GRANDPARENT_ID 0
#define STRANGER_ID    77

typedef struct
{
  MitogenRouter *router;
  int in_fd;  /* what the router says */
  int out_fd; /* what it hears; may be the same */
  guint disconnected;
  GError *reason;
} Fixture;

static const guint32 parent_ids[] = { PARENT_ID, GRANDPARENT_ID };

static void
on_disconnected (MitogenRouter *router, GError *error, gpointer data)
{
  Fixture *fixture = data;

  fixture->disconnected++;
  g_clear_error (&fixture->reason);
  fixture->reason = g_error_copy (error);
}

static void
join_full (Fixture *fixture, MitogenBroker *broker, MitogenJoin *join)
{
  g_autoptr (GError) error = NULL;

  join->id = OWN_ID;
  join->parent_ids = parent_ids;
  join->n_parent_ids = G_N_ELEMENTS (parent_ids);
  join->parent_name = "parent";
  fixture->router = mitogen_router_new_joined (broker, join, &error);
  g_assert_no_error (error);
  g_signal_connect (fixture->router, "disconnected", G_CALLBACK (on_disconnected), fixture);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  MitogenJoin join = { 0 };
  int fds[2];

  g_assert_true (mitogen_fd_socketpair (fds, NULL));
  fixture->in_fd = fixture->out_fd = fds[0];
  join.in_fd = join.out_fd = fds[1];
  join_full (fixture, NULL, &join);
}

static void
hang_up (Fixture *fixture)
{
  if (fixture->out_fd != fixture->in_fd)
    mitogen_fd_close (&fixture->out_fd);
  mitogen_fd_close (&fixture->in_fd);
  fixture->out_fd = -1;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  mitogen_router_shutdown (fixture->router);
  g_assert_true (mitogen_router_join (fixture->router, UNIT_PATIENCE_MS));
  if (fixture->in_fd >= 0)
    hang_up (fixture);
  unit_wait (fixture->disconnected > 0);
  g_assert_cmpuint (fixture->disconnected, ==, 1);
  g_clear_error (&fixture->reason);
  g_object_add_weak_pointer (G_OBJECT (fixture->router), (gpointer *) &fixture->router);
  g_object_unref (fixture->router);
  g_assert_null (fixture->router);
}

static void
say (Fixture *fixture, guint32 src_id, guint32 dst_id, guint32 handle, guint32 reply_to)
{
  g_autoptr (MitogenMessage) message =
      unit_message_full (dst_id, src_id, src_id, handle, reply_to, "", 0);

  unit_write_frame (fixture->out_fd, message);
}

/* The end of file after everything that was said. */
static void
wait_end (Fixture *fixture)
{
  MitogenMessage *message;

  while ((message = unit_read_frame (fixture->in_fd)) != NULL)
    mitogen_message_unref (message);
}

static void
assert_reason (Fixture *fixture, const char *text)
{
  unit_wait (fixture->disconnected > 0);
  g_assert_error (fixture->reason, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpstr (fixture->reason->message, ==, text);
}

/* ---- who it is ---- */

static void
test_identity (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) ids = mitogen_router_dup_parent_ids (fixture->router);
  g_autofree char *text = g_variant_print (ids, FALSE);
  g_autoptr (MitogenContext) parent =
      mitogen_router_context_by_id (fixture->router, PARENT_ID, NULL);

  g_assert_cmpuint (mitogen_router_get_id (fixture->router), ==, OWN_ID);
  g_assert_cmpint (mitogen_router_get_parent_id (fixture->router), ==, PARENT_ID);
  g_assert_false (mitogen_router_is_master (fixture->router));
  g_assert_cmpstr (text, ==, "[3, 0]");
  g_assert_cmpuint (mitogen_context_get_id (mitogen_router_myself (fixture->router)), ==, OWN_ID);
  g_assert_cmpstr (mitogen_context_get_name (parent), ==, "parent");
  /* It is not one that this process has connected. */
  g_assert_cmpuint (g_list_model_get_n_items (mitogen_router_get_contexts (fixture->router)), ==,
                    0);
}

/* ---- messages ---- */

static void
test_call_upward (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) far =
      mitogen_router_context_by_id (fixture->router, STRANGER_ID, NULL);
  g_autoptr (MitogenReceiver) answer =
      mitogen_context_start_call (far, "os:getpid", NULL, NULL, NULL);
  g_autoptr (MitogenMessage) heard = unit_read_frame (fixture->in_fd);
  g_autoptr (MitogenMessage) reply = NULL;
  g_autoptr (MitogenMessage) got = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (mitogen_message_get_dst_id (heard), ==, STRANGER_ID);
  g_assert_cmpuint (mitogen_message_get_src_id (heard), ==, OWN_ID);
  g_assert_cmpuint (mitogen_message_get_auth_id (heard), ==, OWN_ID);
  g_assert_cmpuint (mitogen_message_get_handle (heard), ==, MITOGEN_HANDLE_CALL_FUNCTION);

  reply = unit_message_full (OWN_ID, STRANGER_ID, STRANGER_ID, mitogen_message_get_reply_to (heard),
                             0, "\x80\x02K\x05.", 5);
  unit_write_frame (fixture->out_fd, reply);
  got = mitogen_receiver_get (answer, UNIT_PATIENCE_MS, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (mitogen_message_get_src_id (got), ==, STRANGER_ID);
}

/* Any of those above may say that there is no way; nobody else may in the name of another. */
static void
test_dead_from_above (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) far =
      mitogen_router_context_by_id (fixture->router, STRANGER_ID, NULL);
  g_autoptr (MitogenReceiver) answer =
      mitogen_context_start_call (far, "os:getpid", NULL, NULL, NULL);
  g_autoptr (MitogenMessage) heard = unit_read_frame (fixture->in_fd);
  guint32 handle = mitogen_message_get_reply_to (heard);
  g_autoptr (MitogenMessage) got = NULL;
  g_autoptr (GError) error = NULL;

  say (fixture, STRANGER_ID + 1, OWN_ID, handle, MITOGEN_IS_DEAD);
  say (fixture, PARENT_ID, OWN_ID, 9999, 1000);
  g_clear_pointer (&heard, mitogen_message_unref);
  heard = unit_read_frame (fixture->in_fd);
  g_assert_null (mitogen_receiver_try_get (answer));

  say (fixture, GRANDPARENT_ID, OWN_ID, handle, MITOGEN_IS_DEAD);
  got = mitogen_receiver_get (answer, UNIT_PATIENCE_MS, NULL, &error);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
}

/* What the parent sends for somebody who is not here is not sent back up. */
static void
test_unknown_from_parent (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenMessage) heard = NULL;
  g_autofree char *text = NULL;

  say (fixture, PARENT_ID, STRANGER_ID, 101, 1005);
  heard = unit_read_frame (fixture->in_fd);
  text = unit_payload (heard);
  g_assert_true (mitogen_message_is_dead (heard));
  g_assert_cmpuint (mitogen_message_get_dst_id (heard), ==, PARENT_ID);
  g_assert_cmpuint (mitogen_message_get_handle (heard), ==, 1005);
  g_assert_cmpstr (text, ==, "no route to 77, my ID is 12");
}

/* ---- the end ---- */

typedef struct
{
  MitogenReceiver *call; /* to another context */
  MitogenReceiver *any;  /* from anybody */
  guint parent_disconnected;
} Waiters;

static void
on_parent_disconnected (MitogenContext *context, GError *error, gpointer data)
{
  Waiters *waiters = data;

  waiters->parent_disconnected++;
}

static void
check_waiter (MitogenReceiver *receiver, const char *text)
{
  g_autoptr (MitogenMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  message = mitogen_receiver_get (receiver, UNIT_PATIENCE_MS, NULL, &error);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_nonnull (strstr (error->message, text));
}

static void
check_all_fail (Fixture *fixture, void (*end) (Fixture *), const char *text)
{
  g_autoptr (MitogenContext) parent =
      mitogen_router_context_by_id (fixture->router, PARENT_ID, NULL);
  g_autoptr (MitogenContext) far =
      mitogen_router_context_by_id (fixture->router, STRANGER_ID, NULL);
  g_autoptr (MitogenReceiver) call = mitogen_context_start_call (far, "m:f", NULL, NULL, NULL);
  g_autoptr (MitogenReceiver) any = mitogen_receiver_new (fixture->router, 0, TRUE, NULL, NULL);
  g_autoptr (GVariant) late = NULL;
  g_autoptr (GError) error = NULL;
  Waiters waiters = { 0 };

  g_signal_connect (parent, "disconnected", G_CALLBACK (on_parent_disconnected), &waiters);
  end (fixture);
  check_waiter (call, text);
  check_waiter (any, text);
  assert_reason (fixture, text);
  unit_wait (waiters.parent_disconnected > 0);
  g_assert_cmpint (mitogen_context_get_state (parent), ==, MITOGEN_CONTEXT_STATE_DISCONNECTED);

  late = mitogen_context_call (far, "m:f", NULL, NULL, NULL, -1, NULL, &error);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_true (mitogen_router_join (fixture->router, UNIT_PATIENCE_MS));
}

static void
test_lost (Fixture *fixture, gconstpointer data)
{
  check_all_fail (fixture, hang_up, "the connection to the parent has ended");
}

static void
ask_to_leave (Fixture *fixture)
{
  say (fixture, PARENT_ID, OWN_ID, MITOGEN_HANDLE_SHUTDOWN, 0);
}

static void
test_asked_to_leave (Fixture *fixture, gconstpointer data)
{
  check_all_fail (fixture, ask_to_leave, "the parent has asked this process to leave");
  wait_end (fixture);
}

static void
test_asked_by_others (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenMessage) heard = NULL;
  g_autofree char *text = NULL;

  say (fixture, PARENT_ID, OWN_ID, MITOGEN_HANDLE_SHUTDOWN, MITOGEN_IS_DEAD);
  say (fixture, STRANGER_ID, OWN_ID, MITOGEN_HANDLE_SHUTDOWN, 1234);
  heard = unit_read_frame (fixture->in_fd);
  text = unit_payload (heard);
  g_assert_cmpstr (text, ==, "refused by policy");
  g_assert_cmpuint (fixture->disconnected, ==, 0);
}

static void
say_nonsense (Fixture *fixture)
{
  unit_write (fixture->out_fd, "this is no frame, but long enough", 33);
}

static void
test_corrupt (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenReceiver) any = mitogen_receiver_new (fixture->router, 0, TRUE, NULL, NULL);

  say_nonsense (fixture);
  check_waiter (any, "the connection to the parent broke: ");
  wait_end (fixture);
}

/* What was sent before the end is heard by the parent, however much that is. */
static void
test_flushed (Fixture *fixture, gconstpointer data)
{
  g_autofree char *block = g_malloc0 (64 * 1024);
  guint count = 0;
  MitogenMessage *heard;

  for (guint i = 0; i < 64; i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (block, 64 * 1024);
      g_autoptr (MitogenMessage) message = mitogen_message_new (PARENT_ID, 1001, bytes);

      mitogen_router_route (fixture->router, message);
    }
  mitogen_router_shutdown (fixture->router);
  while ((heard = unit_read_frame (fixture->in_fd)) != NULL)
    {
      g_assert_cmpuint (mitogen_message_get_size (heard), ==, 64 * 1024);
      mitogen_message_unref (heard);
      count++;
    }
  g_assert_cmpuint (count, ==, 64);
  assert_reason (fixture, "the router was shut down");
}

/* Something below that says something when it is asked to leave. */
typedef struct
{
  MitogenCore *core;
  gint left;
} Talker;

static void
talker_leave (gpointer data)
{
  Talker *talker = data;
  g_autoptr (MitogenMessage) message = unit_message (PARENT_ID, 1001, "last words");

  mitogen_core_send (talker->core, message);
  mitogen_core_remove_peer (talker->core, STRANGER_ID);
  g_atomic_int_set (&talker->left, TRUE);
}

static void
add_talker (gpointer data)
{
  static const MitogenPeerFuncs funcs = { .shutdown = talker_leave, .force = talker_leave };
  Talker *talker = data;

  mitogen_core_add_peer (talker->core, STRANGER_ID, talker, &funcs);
}

static void
test_last_words (Fixture *fixture, gconstpointer data)
{
  Talker talker = { .core = mitogen_router_get_core (fixture->router) };
  g_autoptr (MitogenMessage) heard = NULL;
  g_autofree char *text = NULL;

  unit_run (mitogen_core_get_io (talker.core), add_talker, &talker);
  ask_to_leave (fixture);
  heard = unit_read_frame (fixture->in_fd);
  g_assert_nonnull (heard);
  text = unit_payload (heard);
  g_assert_cmpstr (text, ==, "last words");
  wait_end (fixture);
  g_assert_true (mitogen_router_join (fixture->router, UNIT_PATIENCE_MS));
  g_assert_true (g_atomic_int_get (&talker.left));
}

/* A parent that does not read delays the end by the grace time only. */
static void
test_parent_does_not_read (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (8 << 20), 8 << 20);
  g_autoptr (MitogenMessage) message = mitogen_message_new (PARENT_ID, 1001, bytes);

  mitogen_broker_set_shutdown_timeout (mitogen_router_get_broker (fixture->router), 100);
  mitogen_router_route (fixture->router, message);
  mitogen_router_shutdown (fixture->router);
  g_assert_true (mitogen_router_join (fixture->router, UNIT_PATIENCE_MS));
}

/* ---- the beginning ---- */

static void
test_pipes_and_first_bytes (void)
{
  Fixture fixture = { 0 };
  g_autoptr (GBytes) first = g_bytes_new_static ("MARK\n", 5);
  MitogenJoin join = { .first = first, .silent = TRUE, .max_message_size = 2000 };
  g_autoptr (MitogenStream) stream = NULL;
  g_autoptr (MitogenMessage) heard = NULL;
  char mark[5];
  int up[2];
  int down[2];

  g_assert_true (mitogen_fd_pipe (up, NULL));
  g_assert_true (mitogen_fd_pipe (down, NULL));
  fixture.in_fd = up[0];
  fixture.out_fd = down[1];
  join.in_fd = down[0];
  join.out_fd = up[1];
  /* Nothing that comes before the program is ready is lost. */
  say (&fixture, PARENT_ID, OWN_ID, 5000, 1005);
  join_full (&fixture, NULL, &join);
  g_assert_cmpuint (mitogen_router_get_max_message_size (fixture.router), ==, 2000);

  g_assert_true (unit_read (fixture.in_fd, mark, sizeof mark));
  g_assert_cmpmem (mark, sizeof mark, "MARK\n", 5);
  g_assert_false (unit_has_input (fixture.in_fd, 20));
  stream = mitogen_router_stream_by_id (fixture.router, STRANGER_ID);
  g_assert_cmpuint (mitogen_stream_get_remote_id (stream), ==, PARENT_ID);
  mitogen_broker_start_receive (mitogen_router_get_broker (fixture.router), stream);
  heard = unit_read_frame (fixture.in_fd);
  g_assert_true (mitogen_message_is_dead (heard));
  tear_down (&fixture, NULL);
}

static void
test_no_broker (void)
{
  g_autoptr (MitogenBroker) broker = mitogen_broker_new ();
  g_autoptr (MitogenRouter) router = NULL;
  g_autoptr (GError) error = NULL;
  MitogenJoin join = { .id = OWN_ID, .parent_ids = parent_ids, .n_parent_ids = 2 };
  int fds[2];

  g_assert_true (mitogen_fd_socketpair (fds, NULL));
  mitogen_broker_shutdown (broker);
  g_assert_true (mitogen_broker_join (broker, UNIT_PATIENCE_MS));
  join.in_fd = join.out_fd = fds[1];
  router = mitogen_router_new_joined (broker, &join, &error);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_null (router);
  g_assert_null (unit_read_frame (fds[0]));
  mitogen_fd_close (&fds[0]);
}

/* Two with one broker: the end of one is none of the other's business. */
static void
test_shared_broker (void)
{
  g_autoptr (MitogenBroker) broker = mitogen_broker_new ();
  Fixture a = { 0 };
  Fixture b = { 0 };
  Fixture *all[] = { &a, &b };
  g_autoptr (MitogenMessage) heard = NULL;

  for (guint i = 0; i < 2; i++)
    {
      MitogenJoin join = { 0 };
      int fds[2];

      g_assert_true (mitogen_fd_socketpair (fds, NULL));
      all[i]->in_fd = all[i]->out_fd = fds[0];
      join.in_fd = join.out_fd = fds[1];
      join_full (all[i], broker, &join);
    }
  ask_to_leave (&a);
  wait_end (&a);
  say (&b, PARENT_ID, OWN_ID, 5000, 1005);
  heard = unit_read_frame (b.in_fd);
  g_assert_nonnull (heard);
  g_assert_cmpuint (b.disconnected, ==, 0);

  mitogen_router_shutdown (b.router);
  wait_end (&b);
  mitogen_broker_shutdown (broker);
  tear_down (&a, NULL);
  tear_down (&b, NULL);
}

#define add(path, func) g_test_add ("/uplink/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("identity", test_identity);
  add ("call-upward", test_call_upward);
  add ("dead-from-above", test_dead_from_above);
  add ("unknown-from-parent", test_unknown_from_parent);
  add ("lost", test_lost);
  add ("asked-to-leave", test_asked_to_leave);
  add ("asked-by-others", test_asked_by_others);
  add ("corrupt", test_corrupt);
  add ("flushed", test_flushed);
  add ("last-words", test_last_words);
  add ("parent-does-not-read", test_parent_does_not_read);
  g_test_add_func ("/uplink/pipes-and-first-bytes", test_pipes_and_first_bytes);
  g_test_add_func ("/uplink/no-broker", test_no_broker);
  g_test_add_func ("/uplink/shared-broker", test_shared_broker);

  return g_test_run ();
}
