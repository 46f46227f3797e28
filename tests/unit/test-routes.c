/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is told about routes, and what is believed of what others tell. Of the neighbours, 22 is
 * behind 21, and 31 stands beside it. */

#include "router/mitogen-route-monitor-private.h"
#include "unit-core.h"
#include "wire/mitogen-pickle-private.h"

#define ADD_ROUTE    MITOGEN_HANDLE_ADD_ROUTE
#define DEL_ROUTE    MITOGEN_HANDLE_DEL_ROUTE
#define ALLOCATE_ID  MITOGEN_HANDLE_ALLOCATE_ID
#define EXPECT_ROUTE MITOGEN_HANDLE_EXPECT_ROUTE

typedef struct
{
  Fixture *fixture;
  guint32 id;
  guint32 via_id;
} Expectation;

static void
expect_run (gpointer data)
{
  Expectation *expectation = data;

  mitogen_route_monitor_expect (mitogen_core_get_route_monitor (expectation->fixture->core),
                                expectation->id, expectation->via_id, 0);
}

static void
withdraw_run (gpointer data)
{
  Expectation *expectation = data;

  mitogen_route_monitor_withdraw (mitogen_core_get_route_monitor (expectation->fixture->core),
                                  expectation->id);
}

static void
expect (Fixture *fixture, guint32 id, guint32 via_id)
{
  Expectation expectation = { fixture, id, via_id };

  unit_run (fixture->io, expect_run, &expectation);
}

static gboolean
leads_to (Fixture *fixture, guint32 id, Peer *peer)
{
  g_autoptr (MitogenStream) stream = mitogen_core_get_route (fixture->core, id);

  return stream != NULL && stream == peer->stream;
}

static gboolean
is_unknown (Fixture *fixture, guint32 id)
{
  g_autoptr (MitogenStream) stream = mitogen_core_get_route (fixture->core, id);

  return stream == NULL;
}

/* ---- announcing ---- */

static void
test_expected (Fixture *fixture, gconstpointer data)
{
  expect (fixture, 50, 22);
  say (&fixture->a, 0, ADD_ROUTE, 0, "50:a name: with colons");
  assert_nothing_else (fixture, &fixture->a);
  g_assert_true (leads_to (fixture, 50, &fixture->a));
  say (&fixture->b, 50, 600, 0, "to the new one");
  assert_hears (&fixture->a, 50, 31, 600, "to the new one");
  /* Saying it again changes nothing. */
  say (&fixture->a, 0, ADD_ROUTE, 0, "50:again");
  assert_nothing_else (fixture, &fixture->a);
  g_assert_true (leads_to (fixture, 50, &fixture->a));
}

static void
test_unexpected (Fixture *fixture, gconstpointer data)
{
  say (&fixture->a, 0, ADD_ROUTE, 0, "50:nobody asked for it");
  assert_hears (&fixture->a, 21, 0, DEL_ROUTE, "50");
  g_assert_true (is_unknown (fixture, 50));
}

/* A sibling announces the id that another is about to get. */
static void
test_stolen (Fixture *fixture, gconstpointer data)
{
  expect (fixture, 50, 22);
  say (&fixture->b, 0, ADD_ROUTE, 0, "50:thief");
  assert_hears (&fixture->b, 31, 0, DEL_ROUTE, "50");
  g_assert_true (is_unknown (fixture, 50));
  say (&fixture->a, 0, ADD_ROUTE, 0, "50:owner");
  assert_nothing_else (fixture, &fixture->a);
  g_assert_true (leads_to (fixture, 50, &fixture->a));
  say (&fixture->b, 0, ADD_ROUTE, 0, "50:thief");
  assert_hears (&fixture->b, 31, 0, DEL_ROUTE, "50");
  g_assert_true (leads_to (fixture, 50, &fixture->a));
}

static void
test_withdrawn (Fixture *fixture, gconstpointer data)
{
  Expectation expectation = { fixture, 50, 22 };

  expect (fixture, 50, 22);
  unit_run (fixture->io, withdraw_run, &expectation);
  say (&fixture->a, 0, ADD_ROUTE, 0, "50:too late");
  assert_hears (&fixture->a, 21, 0, DEL_ROUTE, "50");
}

/* Not even the way to a neighbour or to ourselves can be taken. */
static void
test_taken (Fixture *fixture, gconstpointer data)
{
  say (&fixture->a, 0, ADD_ROUTE, 0, "31:neighbour");
  assert_hears (&fixture->a, 21, 0, DEL_ROUTE, "31");
  g_assert_true (leads_to (fixture, 31, &fixture->b));
  say (&fixture->a, 0, ADD_ROUTE, 0, "0:root");
  assert_hears (&fixture->a, 21, 0, DEL_ROUTE, "0");
  g_assert_true (is_unknown (fixture, 0));
}

static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = { "",    ":",  "x:y", "-1:x", "99999999999:x", "4294967295:x",
                                       "1 2", "+5", " 5" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      say (&fixture->a, 0, ADD_ROUTE, 0, texts[i]);
      say (&fixture->a, 0, DEL_ROUTE, 0, texts[i]);
      assert_nothing_else (fixture, &fixture->a);
    }
}

/* Of a neighbour's neighbour. */
static void
test_not_by_neighbour (Fixture *fixture, gconstpointer data)
{
  expect (fixture, 50, 22);
  say_full (&fixture->a, 0, 22, 22, ADD_ROUTE, 88, "50:itself");
  assert_refused (fixture, &fixture->a, 88, "refused by policy");
  g_assert_true (is_unknown (fixture, 50));
}

/* ---- withdrawing ---- */

static void
test_gone (Fixture *fixture, gconstpointer data)
{
  guint32 handle = serve (fixture, 0, TRUE, 22, MITOGEN_ACCEPT_ANY);

  say (&fixture->b, 22, 600, 0, "hello");
  assert_hears (&fixture->a, 22, 31, 600, "hello");
  say (&fixture->a, 0, DEL_ROUTE, 0, "22");
  /* Whoever has spoken to it, and who waits for it here. */
  assert_hears (&fixture->b, 31, 0, DEL_ROUTE, "22");
  assert_received (fixture, "the respondent Context has disconnected", TRUE);
  g_assert_null (mitogen_handlers_lookup (mitogen_core_get_handlers (fixture->core), handle));
  g_assert_true (is_unknown (fixture, 22));
  assert_nothing_else (fixture, &fixture->a);
  assert_nothing_else (fixture, &fixture->b);
}

static void
test_not_its_own (Fixture *fixture, gconstpointer data)
{
  say (&fixture->b, 0, DEL_ROUTE, 0, "22");
  say (&fixture->b, 0, DEL_ROUTE, 0, "21");
  say (&fixture->b, 0, DEL_ROUTE, 0, "31");
  say (&fixture->b, 0, DEL_ROUTE, 0, "4711");
  assert_nothing_else (fixture, &fixture->b);
  g_assert_true (leads_to (fixture, 22, &fixture->a));
  g_assert_true (leads_to (fixture, 21, &fixture->a));
  g_assert_true (leads_to (fixture, 31, &fixture->b));
}

static void
test_stream_gone (Fixture *fixture, gconstpointer data)
{
  say (&fixture->b, 22, 600, 0, "hello");
  say (&fixture->b, 21, 601, 0, "hello");
  assert_hears (&fixture->a, 22, 31, 600, "hello");
  assert_hears (&fixture->a, 21, 31, 601, "hello");
  peer_close (&fixture->a);
  assert_hears (&fixture->b, 31, 0, DEL_ROUTE, "22");
  assert_hears (&fixture->b, 31, 0, DEL_ROUTE, "21");
  assert_nothing_else (fixture, &fixture->b);
}

/* ---- not the root ---- */

static void
test_middle_tells_parent (Fixture *fixture, gconstpointer data)
{
  expect (fixture, 50, 22);
  say (&fixture->a, OWN_ID, ADD_ROUTE, 0, "50:new");
  assert_hears (&fixture->parent, PARENT_ID, OWN_ID, ADD_ROUTE, "50:new");
  say (&fixture->a, OWN_ID, DEL_ROUTE, 0, "50");
  assert_hears (&fixture->parent, PARENT_ID, OWN_ID, DEL_ROUTE, "50");
  peer_close (&fixture->a);
  assert_hears (&fixture->parent, PARENT_ID, OWN_ID, DEL_ROUTE, "22");
  assert_hears (&fixture->parent, PARENT_ID, OWN_ID, DEL_ROUTE, "21");
}

static void
count_egress (gpointer data)
{
  Peer *peer = data;

  g_assert_cmpuint (g_hash_table_size (mitogen_stream_get_egress_ids (peer->stream)), <, 5000);
}

/* What is unknown is for the parent, so a child can speak to any number of ids: it must not be
 * able to have them all remembered. It hears of every end instead. */
static void
test_middle_counts_egress (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 6000; i++)
    say (&fixture->b, 100000 + i, 600, 0, "");
  say (&fixture->b, 22, 600, 0, "hello");
  assert_hears (&fixture->a, 22, 31, 600, "hello");
  unit_run (fixture->io, count_egress, &fixture->b);
  say (&fixture->a, OWN_ID, DEL_ROUTE, 0, "22");
  assert_hears (&fixture->b, 31, OWN_ID, DEL_ROUTE, "22");
  say_full (&fixture->parent, OWN_ID, PARENT_ID, PARENT_ID, DEL_ROUTE, 0, "100001");
  assert_hears (&fixture->b, 31, OWN_ID, DEL_ROUTE, "100001");
  assert_nothing_else (fixture, &fixture->b);
  assert_nothing_else (fixture, &fixture->a);
}

/* The pickle of (50, 22). */
#define EXPECT_50_BEHIND_22 "(I50\nI22\nt."
#define EXPECT_50_NO_MORE   "(I50\nNt."

static void
test_middle_is_told_to_expect (Fixture *fixture, gconstpointer data)
{
  say_full (&fixture->parent, OWN_ID, PARENT_ID, PARENT_ID, EXPECT_ROUTE, 0, EXPECT_50_BEHIND_22);
  say (&fixture->parent, OWN_ID, 999999, 77, "");
  assert_refused (fixture, &fixture->parent, 77, "invalid handle");
  say (&fixture->b, OWN_ID, ADD_ROUTE, 0, "50:thief");
  assert_hears (&fixture->b, 31, OWN_ID, DEL_ROUTE, "50");
  say (&fixture->a, OWN_ID, ADD_ROUTE, 0, "50:new");
  assert_hears (&fixture->parent, PARENT_ID, OWN_ID, ADD_ROUTE, "50:new");

  say (&fixture->a, OWN_ID, EXPECT_ROUTE, 78, EXPECT_50_BEHIND_22);
  assert_refused (fixture, &fixture->a, 78, "refused by policy");
}

static void
test_middle_expects_no_more (Fixture *fixture, gconstpointer data)
{
  say (&fixture->parent, OWN_ID, EXPECT_ROUTE, 0, EXPECT_50_BEHIND_22);
  say (&fixture->parent, OWN_ID, EXPECT_ROUTE, 0, EXPECT_50_NO_MORE);
  say (&fixture->parent, OWN_ID, EXPECT_ROUTE, 0, "garbage");
  say (&fixture->parent, OWN_ID, 999999, 77, "");
  assert_refused (fixture, &fixture->parent, 77, "invalid handle");
  say (&fixture->a, OWN_ID, ADD_ROUTE, 0, "50:late");
  assert_hears (&fixture->a, 21, OWN_ID, DEL_ROUTE, "50");
}

/* The parent does not want a context, or tells that one elsewhere is gone. */
static void
test_parent_withdraws (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (serve (fixture, 0, TRUE, 77, MITOGEN_ACCEPT_ANY), >, 0);
  say (&fixture->b, 77, 600, 0, "to one elsewhere");
  assert_hears (&fixture->parent, 77, 31, 600, "to one elsewhere");
  say (&fixture->parent, OWN_ID, DEL_ROUTE, 0, "77");
  assert_hears (&fixture->b, 31, OWN_ID, DEL_ROUTE, "77");
  assert_received (fixture, "the respondent Context has disconnected", TRUE);

  say (&fixture->parent, OWN_ID, DEL_ROUTE, 0, "22");
  assert_hears (&fixture->a, 21, OWN_ID, DEL_ROUTE, "22");
  g_assert_true (is_unknown (fixture, 22));
}

static void
test_only_root_has_ids (Fixture *fixture, gconstpointer data)
{
  say (&fixture->a, OWN_ID, ALLOCATE_ID, 78, "");
  assert_refused (fixture, &fixture->a, 78, "only the root of the tree has ids to give");
}

/* ---- ids ---- */

static void
assert_block (Peer *peer, guint32 handle, gint64 *first, gint64 *end)
{
  g_autoptr (MitogenMessage) message = unit_read_frame (peer->fd);
  g_autoptr (GVariant) block = mitogen_message_unpickle (message, NULL);

  g_assert_cmpuint (mitogen_message_get_handle (message), ==, handle);
  g_assert_nonnull (block);
  g_assert_true (g_variant_is_of_type (block, G_VARIANT_TYPE ("(xx)")));
  g_variant_get (block, "(xx)", first, end);
}

static void
announce (Peer *peer, gint64 id)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT ":made there", id);

  say (peer, 0, ADD_ROUTE, 0, text);
}

static void
test_blocks (Fixture *fixture, gconstpointer data)
{
  gint64 first;
  gint64 end;
  gint64 second;
  gint64 second_end;
  g_autofree char *refused = NULL;

  say (&fixture->a, 0, ALLOCATE_ID, 78, "");
  assert_block (&fixture->a, 78, &first, &end);
  g_assert_cmpint (end - first, ==, 1000);
  say (&fixture->b, 0, ALLOCATE_ID, 79, "");
  assert_block (&fixture->b, 79, &second, &second_end);
  g_assert_true (second >= end || second_end <= first);

  announce (&fixture->a, first);
  announce (&fixture->a, end - 1);
  assert_nothing_else (fixture, &fixture->a);
  g_assert_true (leads_to (fixture, first, &fixture->a));
  g_assert_true (leads_to (fixture, end - 1, &fixture->a));
  announce (&fixture->a, second);
  refused = g_strdup_printf ("%" G_GINT64_FORMAT, second);
  assert_hears (&fixture->a, 21, 0, DEL_ROUTE, refused);
  /* A request that wants no answer gets none. */
  say (&fixture->a, 0, ALLOCATE_ID, 0, "");
  assert_nothing_else (fixture, &fixture->a);
}

/* A context that is gone has no ids any more. */
static void
test_blocks_of_the_gone (Fixture *fixture, gconstpointer data)
{
  gint64 first;
  gint64 end;
  g_autofree char *refused = NULL;

  say_full (&fixture->a, 0, 22, 22, ALLOCATE_ID, 78, "");
  assert_block (&fixture->a, 78, &first, &end);
  say (&fixture->a, 0, DEL_ROUTE, 0, "22");
  announce (&fixture->a, first);
  refused = g_strdup_printf ("%" G_GINT64_FORMAT, first);
  assert_hears (&fixture->a, 21, 0, DEL_ROUTE, refused);
}

static void
test_blocks_are_limited (Fixture *fixture, gconstpointer data)
{
  gint64 first;
  gint64 end;

  for (guint i = 0; i < 64; i++)
    {
      say (&fixture->a, 0, ALLOCATE_ID, 1000 + i, "");
      assert_block (&fixture->a, 1000 + i, &first, &end);
    }
  for (guint i = 0; i < 10; i++)
    {
      say (&fixture->a, 0, ALLOCATE_ID, 2000 + i, "");
      assert_refused (fixture, &fixture->a, 2000 + i, "no more ids for this context");
    }
  say (&fixture->b, 0, ALLOCATE_ID, 79, "");
  assert_block (&fixture->b, 79, &first, &end);
}

/* ---- what waits for a way ---- */

static void
add_route_run (gpointer data)
{
  Fixture *fixture = data;

  mitogen_core_add_route (fixture->core, 50, fixture->a.stream, 100);
}

static void
test_held (Fixture *fixture, gconstpointer data)
{
  g_autofree char *large_text = g_strnfill (101, 'x');
  g_autoptr (MitogenMessage) first = unit_message_full (50, 0, 0, 600, 0, "first", 5);
  g_autoptr (MitogenMessage) large = NULL;
  g_autoptr (MitogenMessage) last = unit_message_full (50, 0, 0, 601, 0, "last", 4);
  guint32 handle = serve (fixture, 0, TRUE, MITOGEN_ID_NONE, MITOGEN_ACCEPT_ANY);

  large = unit_message_full (50, 0, 0, 600, handle, large_text, 101);
  mitogen_core_hold (fixture->core, 50);
  g_assert_null (mitogen_core_stream_by_id (fixture->core, 50));
  mitogen_core_send (fixture->core, first);
  mitogen_core_send (fixture->core, large);
  mitogen_core_send (fixture->core, last);
  assert_received_nothing (fixture);
  unit_run (fixture->io, add_route_run, fixture);
  assert_hears (&fixture->a, 50, 0, 600, "first");
  assert_hears (&fixture->a, 50, 0, 601, "last");
  assert_received (fixture, "message too large (max 100 bytes)", TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define add(path, set_up, func) g_test_add ("/routes/" path, Fixture, NULL, set_up, func, tear_down)
  add ("expected", set_up_root, test_expected);
  add ("unexpected", set_up_root, test_unexpected);
  add ("stolen", set_up_root, test_stolen);
  add ("withdrawn", set_up_root, test_withdrawn);
  add ("taken", set_up_root, test_taken);
  add ("unreadable", set_up_root, test_unreadable);
  add ("not-by-neighbour", set_up_root, test_not_by_neighbour);
  add ("gone", set_up_root, test_gone);
  add ("not-its-own", set_up_root, test_not_its_own);
  add ("stream-gone", set_up_root, test_stream_gone);
  add ("middle-tells-parent", set_up_middle, test_middle_tells_parent);
  add ("middle-counts-egress", set_up_middle, test_middle_counts_egress);
  add ("middle-is-told-to-expect", set_up_middle, test_middle_is_told_to_expect);
  add ("middle-expects-no-more", set_up_middle, test_middle_expects_no_more);
  add ("parent-withdraws", set_up_middle, test_parent_withdraws);
  add ("only-root-has-ids", set_up_middle, test_only_root_has_ids);
  add ("blocks", set_up_root, test_blocks);
  add ("blocks-of-the-gone", set_up_root, test_blocks_of_the_gone);
  add ("blocks-are-limited", set_up_root, test_blocks_are_limited);
  add ("held", set_up_root, test_held);
#undef add
  return g_test_run ();
}
