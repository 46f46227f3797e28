/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A tree in which another process than the root makes contexts, too: its router, here of the same
 * process, has joined through a UNIX socket. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <signal.h>

typedef struct
{
  char *directory;
  MitogenUnixListener *listener;
  MitogenRouter *joined;
} Joined;

static void
join (Joined *joined, Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  joined->directory = g_dir_make_tmp ("test-joined-XXXXXX", &error);
  g_assert_no_error (error);
  path = g_build_filename (joined->directory, "socket", NULL);
  joined->listener = mitogen_unix_listener_new (fixture->router, path, &error);
  g_assert_no_error (error);
  joined->joined = mitogen_unix_connect (path, NULL, &error);
  g_assert_no_error (error);
}

static void
leave (Joined *joined)
{
  if (joined->joined != NULL)
    test_router_end (joined->joined);
  mitogen_unix_listener_close (joined->listener);
  g_object_unref (joined->listener);
  g_assert_cmpint (g_rmdir (joined->directory), ==, 0);
  g_free (joined->directory);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Joined, leave)

static guint
count_contexts (MitogenRouter *router)
{
  return g_list_model_get_n_items (mitogen_router_get_contexts (router));
}

/* The root's own object for a context. */
static MitogenContext *
seen_by_root (Fixture *fixture, MitogenContext *context)
{
  guint32 id = mitogen_context_get_id (context);
  GListModel *list = mitogen_router_get_contexts (fixture->router);

  for (gint64 deadline = test_deadline ();; test_iterate (NULL, deadline))
    for (guint i = 0; i < g_list_model_get_n_items (list); i++)
      {
        g_autoptr (MitogenContext) found = g_list_model_get_item (list, i);

        if (mitogen_context_get_id (found) == id)
          return g_steal_pointer (&found);
      }
}

static void
test_makes_contexts (Fixture *fixture, gconstpointer data)
{
  g_auto (Joined) joined = { 0 };
  g_autoptr (MitogenContext) first = NULL;
  g_autoptr (MitogenContext) second = NULL;
  g_autoptr (MitogenContext) third = NULL;

  join (&joined, fixture);
  first = test_connect_via (joined.joined, NULL, TEST_PYTHON);
  second = test_connect_via (joined.joined, first, TEST_PYTHON);
  third = test_start_via (joined.joined, second, TEST_PYTHON);
  for (guint i = 0; i < 3; i++)
    {
      MitogenContext *context = i == 0 ? first : i == 1 ? second : third;
      g_autoptr (MitogenContext) seen = seen_by_root (fixture, context);
      g_autoptr (GVariant) pid = test_call_typed (seen, "os:getpid", NULL, "x");

      g_assert_true (seen != context);
      g_assert_cmpint (g_variant_get_int64 (pid), ==, test_context_pid (context));
    }
  /* The joined one is a context of the root, too. */
  test_wait (count_contexts (fixture->router) == 4);
  test_wait (count_contexts (joined.joined) == 3);
}

static void
test_end_is_told (Fixture *fixture, gconstpointer data)
{
  g_auto (Joined) joined = { 0 };
  g_autoptr (MitogenContext) first = NULL;
  g_autoptr (MitogenContext) second = NULL;
  g_autoptr (MitogenContext) seen = NULL;
  g_autoptr (MitogenReceiver) waiting = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Ending) ending = { 0 };

  join (&joined, fixture);
  first = test_connect_via (joined.joined, NULL, TEST_PYTHON);
  second = test_connect_via (joined.joined, first, TEST_PYTHON);
  seen = seen_by_root (fixture, second);
  test_watch_ending (seen, &ending);
  waiting = mitogen_context_start_call (seen, "it_functions:nap", g_variant_new ("(d)", 1000.0),
                                        NULL, NULL);
  kill (test_context_pid (first), SIGKILL);
  value = mitogen_receiver_get_data (waiting, TEST_PATIENCE_MS, NULL, &error);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  test_wait (ending.count == 1);
  test_wait (count_contexts (fixture->router) == 1);
  test_wait (count_contexts (joined.joined) == 0);
}

/* A context that somebody else made, and that this process only has spoken to. */
static void
test_known_by_id (Fixture *fixture, gconstpointer data)
{
  g_auto (Joined) joined = { 0 };
  g_autoptr (MitogenContext) child = test_connect_via (fixture->router, NULL, TEST_PYTHON);
  guint32 id = mitogen_context_get_id (child);
  g_autoptr (MitogenContext) known = NULL;
  g_autoptr (MitogenContext) again = NULL;
  g_auto (Ending) ending = { 0 };
  g_autoptr (GError) error = NULL;

  join (&joined, fixture);
  known = mitogen_router_context_by_id (joined.joined, id, "known");
  again = mitogen_router_context_by_id (joined.joined, id, NULL);
  g_assert_true (again == known);
  g_assert_cmpstr (mitogen_context_get_name (known), ==, "known");
  test_watch_ending (known, &ending);
  g_variant_unref (test_call (known, "os:getpid", NULL));
  g_assert_true (mitogen_context_shutdown (child, TRUE, NULL, NULL));
  test_wait (ending.count == 1);
  error = test_call_fails (known, "os:getpid", NULL);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_clear_object (&again);
  g_clear_object (&known);
  known = mitogen_router_context_by_id (joined.joined, id, NULL);
  g_assert_cmpint (mitogen_context_get_state (known), ==, MITOGEN_CONTEXT_STATE_CONNECTED);
}

/* With the way to the root everybody there is gone. */
static void
test_root_ends (Fixture *fixture, gconstpointer data)
{
  g_auto (Joined) joined = { 0 };
  g_autoptr (MitogenContext) child = test_connect_via (fixture->router, NULL, TEST_PYTHON);
  g_autoptr (MitogenContext) own = NULL;
  g_autoptr (MitogenContext) known = NULL;
  g_auto (Ending) ending = { 0 };
  g_auto (Ending) own_ending = { 0 };
  gint pid;

  join (&joined, fixture);
  own = test_connect_via (joined.joined, NULL, TEST_PYTHON);
  pid = test_context_pid (own);
  known = mitogen_router_context_by_id (joined.joined, mitogen_context_get_id (child), NULL);
  test_watch_ending (known, &ending);
  test_watch_ending (own, &own_ending);
  mitogen_router_shutdown (fixture->router);
  test_wait (ending.count == 1 && own_ending.count == 1);
  test_wait (!test_process_runs (pid));
}

static void
test_joined_ends (Fixture *fixture, gconstpointer data)
{
  g_auto (Joined) joined = { 0 };
  g_autoptr (MitogenContext) own = NULL;
  g_autoptr (MitogenContext) seen = NULL;
  g_auto (Ending) ending = { 0 };

  join (&joined, fixture);
  own = test_connect_via (joined.joined, NULL, TEST_PYTHON);
  seen = seen_by_root (fixture, own);
  test_watch_ending (seen, &ending);
  g_clear_object (&own);
  test_router_end (g_steal_pointer (&joined.joined));
  test_wait (ending.count == 1);
  test_wait (count_contexts (fixture->router) == 0);
}

/* Its authority is that of the root, so it may go through the root's contexts, but it cannot: it
 * did not make them. */
static void
test_via_of_the_root (Fixture *fixture, gconstpointer data)
{
  g_auto (Joined) joined = { 0 };
  g_autoptr (MitogenContext) child = test_connect_via (fixture->router, NULL, TEST_PYTHON);
  g_autoptr (MitogenContext) known = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);
  g_autoptr (GError) error = NULL;

  join (&joined, fixture);
  known = mitogen_router_context_by_id (joined.joined, mitogen_context_get_id (child), NULL);
  context = mitogen_router_connect (joined.joined, connection, known, NULL, &error);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
  test_assert_contains (error->message, "that this program has connected");
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);

  test_add_router ("/joined/makes-contexts", test_makes_contexts);
  test_add_router ("/joined/end-is-told", test_end_is_told);
  test_add_router ("/joined/known-by-id", test_known_by_id);
  test_add_router ("/joined/root-ends", test_root_ends);
  test_add_router ("/joined/joined-ends", test_joined_ends);
  test_add_router ("/joined/via-of-the-root", test_via_of_the_root);
  return g_test_run ();
}
