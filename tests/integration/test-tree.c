/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts made through contexts, of every interpreter there is mixed in one tree. */

#include "test-util.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* The interpreters in turn. */
static const char *
nth_python (guint n)
{
  const char *const *pythons = test_pythons ();

  return pythons[n % g_strv_length ((char **) pythons)];
}

static gint64
call_getpid (MitogenContext *context)
{
  g_autoptr (GVariant) pid = test_call_typed (context, "os:getpid", NULL, "x");

  return g_variant_get_int64 (pid);
}

static void
assert_echoes (MitogenContext *context, const char *text)
{
  g_autoptr (GVariant) value =
      test_call (context, "it_functions:echo", g_variant_new ("(s)", text));

  g_assert_cmpstr (g_variant_get_string (value, NULL), ==, text);
}

/* ---- connecting ---- */

static void
test_chain (Fixture *fixture, gconstpointer data)
{
  enum
  {
    DEPTH = 6
  };
  g_autoptr (GPtrArray) chain = g_ptr_array_new_with_free_func (g_object_unref);
  MitogenContext *via = NULL;
  GListModel *list = mitogen_router_get_contexts (fixture->router);

  for (guint i = 0; i < DEPTH; i++)
    {
      via = test_connect_via (fixture->router, via, nth_python (i));
      g_ptr_array_add (chain, via);
    }
  for (guint i = 0; i < DEPTH; i++)
    {
      MitogenContext *context = chain->pdata[i];
      g_autoptr (MitogenContext) known =
          mitogen_router_context_by_id (fixture->router, mitogen_context_get_id (context), NULL);

      g_assert_true (known == context);
      g_assert_true (mitogen_context_get_via (context) == (i > 0 ? chain->pdata[i - 1] : NULL));
      g_assert_cmpint (call_getpid (context), ==, test_context_pid (context));
      if (i > 0)
        g_assert_true (g_str_has_prefix (mitogen_context_get_name (context),
                                         mitogen_context_get_name (chain->pdata[i - 1])));
      assert_echoes (context, mitogen_context_get_name (context));
    }
  test_wait (g_list_model_get_n_items (list) == DEPTH);
}

static void
test_many (Fixture *fixture, gconstpointer data)
{
  enum
  {
    COUNT = 16
  };
  g_autoptr (MitogenContext) via = test_connect_via (fixture->router, NULL, nth_python (0));
  g_autoptr (GPtrArray) contexts = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < COUNT; i++)
    g_ptr_array_add (contexts, test_start_via (fixture->router, via, nth_python (i)));
  for (guint i = 0; i < COUNT; i++)
    assert_echoes (contexts->pdata[i], "alive");
  for (guint i = 0; i < COUNT; i++)
    {
      test_wait (mitogen_context_get_state (contexts->pdata[i]) == MITOGEN_CONTEXT_STATE_CONNECTED);
      g_assert_true (mitogen_context_get_via (contexts->pdata[i]) == via);
    }
}

/* ---- without waiting ---- */

static void
count_notify (GObject *object, GParamSpec *property, gpointer data)
{
  guint *count = data;

  (*count)++;
}

/* Nothing has been waited for when the last call is made. */
static void
test_riding (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) first = test_start_via (fixture->router, NULL, nth_python (0));
  g_autoptr (MitogenContext) second = test_start_via (fixture->router, first, nth_python (1));
  g_autoptr (MitogenContext) third = test_start_via (fixture->router, second, nth_python (2));
  g_autoptr (GPtrArray) receivers = g_ptr_array_new_with_free_func (g_object_unref);
  MitogenContext *all[] = { third, second, first };
  guint count = 0;

  g_assert_cmpint (mitogen_context_get_state (third), ==, MITOGEN_CONTEXT_STATE_CONNECTING);
  g_signal_connect (third, "notify::state", G_CALLBACK (count_notify), &count);
  for (gint64 i = 0; i < 60; i++)
    {
      g_autoptr (GError) error = NULL;

      g_ptr_array_add (receivers,
                       mitogen_context_start_call (all[i % 3], "it_functions:echo",
                                                   g_variant_new ("(x)", i), NULL, &error));
      g_assert_no_error (error);
    }
  for (gint64 i = 0; i < 60; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value =
          mitogen_receiver_get_data (receivers->pdata[i], TEST_PATIENCE_MS, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpint (g_variant_get_int64 (value), ==, i);
    }
  test_wait (count == 1);
  g_assert_cmpint (mitogen_context_get_state (third), ==, MITOGEN_CONTEXT_STATE_CONNECTED);
  g_assert_cmpint (test_context_pid (third), >, 0);
}

/* More than rides along waits for the way, and stays in order. */
static void
test_riding_much (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) via = test_start_via (fixture->router, NULL, nth_python (1));
  g_autoptr (MitogenContext) context = test_start_via (fixture->router, via, nth_python (0));
  g_autoptr (GPtrArray) receivers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *text = g_strnfill (30000, 'x');

  for (guint i = 0; i < 12; i++)
    {
      g_autoptr (GError) error = NULL;

      text[0] = 'a' + i;
      g_ptr_array_add (receivers,
                       mitogen_context_start_call (context, "it_functions:remember",
                                                   g_variant_new ("(s)", text), NULL, &error));
      g_assert_no_error (error);
    }
  for (guint i = 0; i < 12; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value =
          mitogen_receiver_get_data (receivers->pdata[i], TEST_PATIENCE_MS, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (strlen (g_variant_get_string (value, NULL)), ==, i + 1);
      g_assert_cmpint (g_variant_get_string (value, NULL)[i], ==, 'a' + i);
    }
}

/* ---- failing ---- */

static GError *
connect_fails_via (Fixture *fixture, MitogenContext *via, MitogenConnection *connection)
{
  GError *error = NULL;
  g_autoptr (MitogenContext) context =
      mitogen_router_connect (fixture->router, connection, via, NULL, &error);

  g_assert_null (context);
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  return error;
}

static void
test_fails (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) first = test_connect_via (fixture->router, NULL, nth_python (0));
  g_autoptr (MitogenContext) via = test_connect_via (fixture->router, first, nth_python (1));
  const struct
  {
    const char *argv[4];
    gint code;
    const char *parts[3];
  } cases[] = {
    { { "/nonexistent/python" },
      MITOGEN_ERROR_STREAM,
      { "starting the command", "No such file or directory", "/nonexistent/python" } },
    { { "sh", "-c", "echo hello; echo trouble >&2; exit 3" },
      MITOGEN_ERROR_STREAM,
      { "exited with status 3", "trouble", "hello" } },
    { { "sh", "-c", "exit 127" },
      MITOGEN_ERROR_NO_INTERPRETER,
      { "exited with status 127", "waiting for the Python interpreter to start" } },
    { { "sh", "-c", "kill -9 $$" }, MITOGEN_ERROR_STREAM, { "SIGKILL" } },
    { { "sh", "-c", "exec cat /dev/zero" }, MITOGEN_ERROR_PROTOCOL, { "too much" } },
    { { "sh", "-c", "exec >&-; sleep 1000" }, MITOGEN_ERROR_STREAM, { "Connecting to" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (MitogenConnection) connection = test_connection_new (cases[i].argv);
      g_autoptr (GError) error = connect_fails_via (fixture, via, connection);

      g_assert_error (error, MITOGEN_ERROR, cases[i].code);
      for (guint j = 0; j < G_N_ELEMENTS (cases[i].parts) && cases[i].parts[j] != NULL; j++)
        test_assert_contains (error->message, cases[i].parts[j]);
    }
  assert_echoes (via, "still there");
}

static void
test_time_limit (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) via = test_connect_via (fixture->router, NULL, nth_python (0));
  g_autoptr (MitogenConnection) connection =
      test_connection_argv ("sh", "-c", "echo waiting for nothing; exec sleep 1000", NULL);
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_connect_timeout (connection, 500);
  error = connect_fails_via (fixture, via, connection);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  assert_echoes (via, "still there");
}

/* What rides with a context that never is fails with the reason. */
static void
test_riding_fails (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv ("sh", "-c", "exit 3", NULL);
  g_autoptr (MitogenContext) first = test_connect_via (fixture->router, NULL, nth_python (0));
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) second =
      mitogen_router_start_connect (fixture->router, connection, first, &error);
  g_autoptr (MitogenContext) third = test_start_via (fixture->router, second, nth_python (0));
  g_autoptr (GError) failure = NULL;
  g_auto (Ending) second_ending = { 0 };
  g_auto (Ending) third_ending = { 0 };

  g_assert_no_error (error);
  test_watch_ending (second, &second_ending);
  test_watch_ending (third, &third_ending);
  failure = test_call_fails (third, "os:getpid", NULL);
  g_assert_error (failure, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  test_assert_contains (failure->message, "exited with status 3");
  test_wait (second_ending.count == 1 && third_ending.count == 1);
  test_assert_contains (second_ending.reason->message, "exited with status 3");
  g_assert_cmpint (mitogen_context_get_state (third), ==, MITOGEN_CONTEXT_STATE_DISCONNECTED);
  assert_echoes (first, "still there");
}

static void
test_unsuitable_via (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenRouter) other = test_router_new ();
  g_autoptr (MitogenContext) foreign = test_connect_via (other, NULL, nth_python (0));
  g_autoptr (MitogenContext) unknown =
      mitogen_router_context_by_id (fixture->router, 4711, "unknown");
  g_autoptr (MitogenContext) gone = test_connect_via (fixture->router, NULL, nth_python (0));
  g_autoptr (MitogenConnection) connection = test_connection_argv (nth_python (0), NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) unknown_error = NULL;
  g_autoptr (GError) gone_error = NULL;
  g_autoptr (MitogenContext) mine = NULL;

  error = connect_fails_via (fixture, foreign, connection);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  unknown_error = connect_fails_via (fixture, unknown, connection);
  test_assert_contains (unknown_error->message, "only a context in Python");
  g_assert_true (mitogen_context_shutdown (gone, TRUE, NULL, NULL));
  gone_error = connect_fails_via (fixture, gone, connection);
  g_assert_error (gone_error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  mine =
      test_connect_via (fixture->router, mitogen_router_myself (fixture->router), nth_python (0));
  g_assert_null (mitogen_context_get_via (mine));
  test_router_end (g_steal_pointer (&other));
}

/* At every moment, and nothing stays behind: the fixture counts. */
static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) first = test_connect_via (fixture->router, NULL, nth_python (0));
  g_autoptr (MitogenContext) via = test_connect_via (fixture->router, first, nth_python (1));

  for (guint i = 0; i < 30; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (MitogenConnection) connection = test_connection_argv (nth_python (i), NULL);
      g_autoptr (MitogenContext) context = NULL;
      g_autoptr (GError) error = NULL;
      gint64 when = g_get_monotonic_time () + g_test_rand_int_range (0, 40000);

      mitogen_router_connect_async (fixture->router, connection, via, cancellable, test_keep_result,
                                    &result);
      while (result == NULL && g_get_monotonic_time () < when)
        g_main_context_iteration (NULL, FALSE);
      g_cancellable_cancel (cancellable);
      test_wait_result (&result);
      context = mitogen_router_connect_finish (fixture->router, result, &error);
      if (context == NULL)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_true (mitogen_context_shutdown (context, FALSE, NULL, NULL));
    }
  assert_echoes (via, "still there");
}

/* ---- ending ---- */

static void
test_shutdown_one (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) first = test_connect_via (fixture->router, NULL, nth_python (0));
  g_autoptr (MitogenContext) second = test_connect_via (fixture->router, first, nth_python (1));
  g_autoptr (MitogenContext) third = test_connect_via (fixture->router, second, nth_python (2));
  gint third_pid = test_context_pid (third);
  g_auto (Ending) second_ending = { 0 };
  g_auto (Ending) third_ending = { 0 };
  g_autoptr (GError) error = NULL;

  test_watch_ending (second, &second_ending);
  test_watch_ending (third, &third_ending);
  g_assert_true (mitogen_context_shutdown (second, TRUE, NULL, &error));
  g_assert_no_error (error);
  test_wait (second_ending.count == 1 && third_ending.count == 1);
  test_assert_contains (second_ending.reason->message, "shut down");
  test_wait (!test_process_runs (third_pid));
  assert_echoes (first, "still there");
}

static void
test_kill_one (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) first = test_connect_via (fixture->router, NULL, nth_python (0));
  g_autoptr (MitogenContext) second = test_connect_via (fixture->router, first, nth_python (1));
  gint pid = test_context_pid (second);
  g_auto (Ending) ending = { 0 };

  test_watch_ending (second, &ending);
  g_assert_true (mitogen_context_kill (second, TRUE, NULL, NULL));
  test_wait (ending.count == 1);
  test_assert_contains (ending.reason->message, "killed");
  test_wait (!test_process_runs (pid));
  assert_echoes (first, "still there");
}

/* Each of three processes in turn dies while calls wait in all of them. */
static void
test_process_dies (Fixture *fixture, gconstpointer data)
{
  for (guint victim = 0; victim < 3; victim++)
    {
      g_autoptr (GPtrArray) chain = g_ptr_array_new_with_free_func (g_object_unref);
      g_autoptr (GPtrArray) receivers = g_ptr_array_new_with_free_func (g_object_unref);
      Ending endings[3] = { 0 };

      for (guint i = 0; i < 3; i++)
        {
          g_ptr_array_add (chain,
                           test_connect_via (fixture->router, i > 0 ? chain->pdata[i - 1] : NULL,
                                             nth_python (i + victim)));
          test_watch_ending (chain->pdata[i], &endings[i]);
        }
      for (guint i = 0; i < 3; i++)
        g_ptr_array_add (receivers,
                         mitogen_context_start_call (chain->pdata[i], "it_functions:nap",
                                                     g_variant_new ("(d)", 1000.0), NULL, NULL));
      kill (test_context_pid (chain->pdata[victim]), SIGKILL);
      for (guint i = victim; i < 3; i++)
        {
          g_autoptr (GError) error = NULL;
          g_autoptr (GVariant) value =
              mitogen_receiver_get_data (receivers->pdata[i], TEST_PATIENCE_MS, NULL, &error);

          g_assert_null (value);
          g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
          test_wait (endings[i].count == 1);
        }
      test_assert_contains (endings[victim].reason->message, "SIGKILL");
      for (guint i = victim + 1; i < 3; i++)
        test_assert_contains (endings[i].reason->message,
                              mitogen_context_get_name (chain->pdata[i - 1]));
      for (guint i = 0; i < victim; i++)
        g_assert_cmpuint (endings[i].count, ==, 0);
      g_assert_true (mitogen_context_kill (chain->pdata[0], FALSE, NULL, NULL));
      for (guint i = 0; i < 3; i++)
        {
          gint pid = test_context_pid (chain->pdata[i]);

          test_wait (!test_process_runs (pid));
          test_wait (endings[i].count == 1);
        }
      for (guint i = 0; i < 3; i++)
        test_ending_clear (&endings[i]);
    }
}

/* ---- traffic ---- */

static void
test_large (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) first = test_connect_via (fixture->router, NULL, nth_python (0));
  g_autoptr (MitogenContext) second = test_connect_via (fixture->router, first, nth_python (1));
  g_autoptr (MitogenContext) third = test_connect_via (fixture->router, second, nth_python (2));
  gsize size = 5 * 1024 * 1024 + 3;
  g_autofree guint8 *bytes = g_malloc (size);
  g_autoptr (GVariant) value = NULL;
  gconstpointer got;
  gsize got_size;

  for (gsize i = 0; i < size; i++)
    bytes[i] = i * 7 + i / 251;
  value = test_call_typed (third, "it_functions:echo",
                           g_variant_new ("(@ay)", g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE,
                                                                              bytes, size, 1)),
                           "ay");
  got = g_variant_get_fixed_array (value, &got_size, 1);
  g_assert_cmpmem (got, got_size, bytes, size);
}

/* A context that takes less than those on the way to it is not sent more. */
static void
test_smaller_limit (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) via = test_connect_via (fixture->router, NULL, nth_python (0));
  g_autoptr (MitogenConnection) connection = test_connection_argv (nth_python (1), NULL);
  g_autoptr (MitogenContext) context = NULL;
  g_autofree char *text = g_strnfill (100000, 'x');
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_max_message_size (connection, 50000);
  context = mitogen_router_connect (fixture->router, connection, via, NULL, &error);
  g_assert_no_error (error);
  error = test_call_fails (context, "it_functions:echo", g_variant_new ("(s)", text));
  test_assert_contains (error->message, "message too large (max 50000 bytes)");
  assert_echoes (context, "still there");
}

static void
count_line (MitogenContext *context, const char *stream, const char *line, gpointer data)
{
  guint *count = data;

  if (g_str_equal (line, "from below"))
    (*count)++;
}

static void
test_output (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) via = test_connect_via (fixture->router, NULL, nth_python (0));
  g_autoptr (MitogenContext) context = test_connect_via (fixture->router, via, nth_python (1));
  guint count = 0;

  g_signal_connect (context, "output", G_CALLBACK (count_line), &count);
  g_variant_unref (test_call (context, "os:system", g_variant_new ("(s)", "echo from below")));
  test_wait (count == 1);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);

  test_add_router ("/tree/chain", test_chain);
  test_add_router ("/tree/many", test_many);
  test_add_router ("/tree/riding", test_riding);
  test_add_router ("/tree/riding-much", test_riding_much);
  test_add_router ("/tree/fails", test_fails);
  test_add_router ("/tree/time-limit", test_time_limit);
  test_add_router ("/tree/riding-fails", test_riding_fails);
  test_add_router ("/tree/unsuitable-via", test_unsuitable_via);
  test_add_router ("/tree/cancel", test_cancel);
  test_add_router ("/tree/shutdown-one", test_shutdown_one);
  test_add_router ("/tree/kill-one", test_kill_one);
  test_add_router ("/tree/process-dies", test_process_dies);
  test_add_router ("/tree/large", test_large);
  test_add_router ("/tree/smaller-limit", test_smaller_limit);
  test_add_router ("/tree/output", test_output);
  return g_test_run ();
}
