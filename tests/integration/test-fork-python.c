/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Copies of contexts. */

#include "test-util.h"

static gint64
call_number (MitogenContext *context, const char *function)
{
  g_autoptr (GVariant) number = test_call_typed (context, function, NULL, "x");

  return g_variant_get_int64 (number);
}

static MitogenContext *
fork_context (MitogenRouter *router, MitogenContext *via)
{
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_fork (router, via, NULL, &error);

  g_assert_no_error (error);
  return context;
}

static void
test_copy (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) first = NULL;
  g_autoptr (MitogenContext) second = NULL;
  g_autoptr (MitogenContext) process = NULL;

  g_assert_cmpint (call_number (fixture->context, "it_requests:count"), ==, 1);
  first = fork_context (fixture->router, fixture->context);
  g_assert_cmpint (call_number (first, "it_requests:count"), ==, 2);
  g_assert_cmpint (call_number (fixture->context, "it_requests:count"), ==, 2);
  second = fork_context (fixture->router, first);
  g_assert_cmpint (call_number (second, "it_requests:count"), ==, 3);
  g_assert_cmpint (call_number (second, "os:getppid"), ==, test_context_pid (first));
  g_assert_true (mitogen_context_get_via (second) == first);
  test_assert_contains (mitogen_context_get_name (second), ".fork.");
  process = test_connect_via (fixture->router, second, TEST_PYTHON);
  test_assert_alive (process);
}

static void
test_async (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_router_fork_async (fixture->router, fixture->context, NULL, test_keep_result, &result);
  context = mitogen_router_fork_finish (fixture->router, test_wait_result (&result), &error);
  g_assert_no_error (error);
  test_assert_alive (context);
}

static MitogenConnection *
connection_with_hook (const char *hook)
{
  return g_object_new (MITOGEN_TYPE_FORK_CONNECTION, "on-fork", hook, "new-stack", TRUE, NULL);
}

static GError *
fork_fails (Fixture *fixture, const char *hook, guint timeout)
{
  g_autoptr (MitogenConnection) connection = connection_with_hook (hook);
  g_autoptr (MitogenContext) context = NULL;
  GError *error = NULL;

  mitogen_connection_set_connect_timeout (connection, timeout);
  context = mitogen_router_connect (fixture->router, connection, fixture->context, NULL, &error);
  g_assert_null (context);
  g_assert_nonnull (error);
  return error;
}

static void
test_hook (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = connection_with_hook ("it_requests:hook");
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) raised = NULL;
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) hung = NULL;

  context = mitogen_router_connect (fixture->router, connection, fixture->context, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (call_number (context, "it_requests:count"), ==, 101);

  raised = fork_fails (fixture, "it_requests:hook_fails", TEST_PATIENCE_MS);
  g_assert_error (raised, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
  test_assert_contains (raised->message, "waiting for the copy to be ready");
  test_assert_contains (raised->message, "ValueError: no way to clean up");
  missing = fork_fails (fixture, "it_requests:nothing", TEST_PATIENCE_MS);
  test_assert_contains (missing->message, "nothing");
  hung = fork_fails (fixture, "it_requests:hook_hangs", 300);
  g_assert_error (hung, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  test_assert_alive (fixture->context);
}

static void
test_settings (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenForkConnection) connection =
      MITOGEN_FORK_CONNECTION (mitogen_fork_connection_new ());

  g_assert_null (mitogen_fork_connection_get_on_fork (connection));
  g_assert_false (mitogen_fork_connection_get_new_stack (connection));
  mitogen_fork_connection_set_on_fork (connection, "a:b");
  mitogen_fork_connection_set_new_stack (connection, TRUE);
  g_assert_cmpstr (mitogen_fork_connection_get_on_fork (connection), ==, "a:b");
  g_assert_true (mitogen_fork_connection_get_new_stack (connection));
}

/* That would be a copy of this program. */
static void
test_without_via (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = mitogen_fork_connection_new ();
  g_autoptr (GError) error = NULL;

  mitogen_fork_connection_set_on_fork (MITOGEN_FORK_CONNECTION (connection), "os:getpid");
  error = test_connect_fails (fixture->router, connection);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_contains (error->message, "mitogen_fork_connection_set_child_func()");
}

/* Code in the context forks it. */
static void
test_by_code (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GVariant) said =
          test_call (fixture->context, "it_requests:fork_here", g_variant_new ("(b)", i == 1));
      gint64 there;
      gint64 here;
      gboolean child;

      g_variant_get (said, "(xxb)", &there, &here, &child);
      g_assert_cmpint (there, ==, 51);
      g_assert_cmpint (here, ==, i + 1);
      g_assert_true (child);
    }
}

static void
test_ends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) first = fork_context (fixture->router, fixture->context);
  g_autoptr (MitogenContext) second = fork_context (fixture->router, fixture->context);
  g_auto (Ending) ending = { 0 };
  gint pid = test_context_pid (first);

  test_watch_ending (first, &ending);
  g_assert_true (mitogen_context_kill (first, FALSE, NULL, NULL));
  test_wait (ending.count == 1);
  test_wait (!test_process_runs (pid));
  test_assert_alive (second);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);

  for (const char *const *python = test_pythons (); *python != NULL; python++)
    {
      g_autofree char *name = g_path_get_dirname (*python);
      g_autofree char *copy = g_strconcat ("/fork-python/copy", name, NULL);
      g_autofree char *code = g_strconcat ("/fork-python/by-code", name, NULL);

      test_add_local_python (copy, *python, test_copy);
      test_add_local_python (code, *python, test_by_code);
    }
  test_add_local ("/fork-python/async", test_async);
  test_add_local ("/fork-python/hook", test_hook);
  test_add_router ("/fork-python/settings", test_settings);
  test_add_router ("/fork-python/without-via", test_without_via);
  test_add_local ("/fork-python/ends", test_ends);
  return g_test_run ();
}
