/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Routers, brokers and programs: several of them, many contexts, and ends without notice. */

#include "test-util.h"

#include <signal.h>
#include <string.h>

/* ---- a program that ends ---- */

#define N_CHILDREN 3

static void
assert_gone (GPtrArray *pids)
{
  for (guint i = 0; i < pids->len; i++)
    test_wait (!test_process_runs (GPOINTER_TO_INT (pids->pdata[i])));
}

static GPtrArray *
read_pids (GSubprocess *subprocess)
{
  g_autoptr (GDataInputStream) input =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (subprocess));
  GPtrArray *pids = g_ptr_array_new ();

  while (TRUE)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *line = g_data_input_stream_read_line (input, NULL, NULL, &error);

      g_assert_no_error (error);
      g_assert_nonnull (line);
      if (*line == '\0')
        return pids;
      g_test_message ("child %s", line);
      g_assert_cmpint (g_ascii_strtoll (line, NULL, 10), >, 1);
      g_ptr_array_add (pids, GINT_TO_POINTER (g_ascii_strtoll (line, NULL, 10)));
    }
}

static void
assert_leaves_nothing (const char *how)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) subprocess =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, LIFE_HELPER, how,
                        G_STRINGIFY (N_CHILDREN), NULL);
  g_autoptr (GPtrArray) pids = NULL;

  g_assert_no_error (error);
  pids = read_pids (subprocess);
  g_assert_cmpuint (pids->len, ==, N_CHILDREN);
  g_assert_true (g_subprocess_wait (subprocess, NULL, &error));
  assert_gone (pids);
  if (!g_str_equal (how, "kill") && !g_str_equal (how, "abort"))
    {
      g_assert_true (g_subprocess_get_if_exited (subprocess));
      g_assert_cmpint (g_subprocess_get_exit_status (subprocess), ==, 0);
    }
}

static void
test_program_ends (gconstpointer data)
{
  assert_leaves_nothing (data);
}

/* ---- several routers ---- */

static void
test_two_routers_one_broker (void)
{
  TestCensus census;
  g_autoptr (MitogenBroker) broker = NULL;
  g_autoptr (MitogenRouter) first = NULL;
  g_autoptr (MitogenRouter) second = NULL;
  g_autoptr (MitogenContext) one = NULL;
  g_autoptr (MitogenContext) two = NULL;
  g_auto (Ending) ending = { 0 };

  test_census_take (&census);
  broker = mitogen_broker_new ();
  first = mitogen_router_new (broker);
  second = mitogen_router_new (broker);
  one = test_local (first);
  two = test_local (second);
  test_watch_ending (one, &ending);
  /* Ids belong to a router: both have a context 1. */
  g_assert_cmpuint (mitogen_context_get_id (one), ==, mitogen_context_get_id (two));
  test_assert_alive (one);
  test_assert_alive (two);

  mitogen_router_shutdown (first);
  test_wait (ending.count == 1);
  test_assert_alive (two);
  g_assert_true (mitogen_broker_keep_alive (broker));
  g_assert_false (mitogen_broker_join (broker, 10));

  mitogen_broker_shutdown (broker);
  g_assert_true (mitogen_broker_join (broker, TEST_PATIENCE_MS));
  g_assert_false (mitogen_broker_keep_alive (broker));
  g_clear_object (&one);
  g_clear_object (&two);
  g_clear_object (&first);
  g_clear_object (&second);
  g_clear_object (&broker);
  test_census_check (&census);
}

static void
test_two_brokers (Fixture *fixture, gconstpointer data)
{
  MitogenRouter *other = test_router_new ();
  g_autoptr (MitogenContext) here = test_local (fixture->router);
  g_autoptr (MitogenContext) there = test_local (other);
  gint pid = test_context_pid (there);

  test_assert_alive (here);
  test_assert_alive (there);
  test_router_end (other);
  test_wait (!test_process_exists (pid));
  test_assert_alive (here);
}

/* ---- objects ---- */

static void
test_other_contexts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) child = test_local (fixture->router);
  g_autoptr (MitogenContext) same =
      mitogen_router_context_by_id (fixture->router, mitogen_context_get_id (child), NULL);
  g_autoptr (MitogenContext) unknown = mitogen_router_context_by_id (fixture->router, 4242, "x");
  g_autoptr (GError) error = NULL;

  g_assert_true (same == child);
  error = test_call_fails (unknown, "os:getpid", NULL);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpstr (error->message, ==, "no route to 4242, my ID is 0");
}

/* Nobody serves calls in the master. */
static void
test_myself (Fixture *fixture, gconstpointer data)
{
  MitogenContext *myself = mitogen_router_myself (fixture->router);
  g_autoptr (GError) error = test_call_fails (myself, "os:getpid", NULL);

  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpstr (error->message, ==, "invalid handle");
}

static void
test_context_value (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) child = test_local (fixture->router);
  g_autoptr (GVariant) value = g_variant_ref_sink (mitogen_context_to_variant (child));
  g_autoptr (GVariant) back = test_call (child, "it_functions:echo", g_variant_new ("(@*)", value));
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) same = mitogen_context_from_variant (fixture->router, back, &error);

  g_assert_no_error (error);
  g_assert_true (same == child);
}

/* ---- many ---- */

#define N_CONTEXTS 100

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  GPtrArray *contexts = data;
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_connect_finish (MITOGEN_ROUTER (source), result, &error);

  g_assert_no_error (error);
  g_ptr_array_add (contexts, context);
}

static void
test_many_contexts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) contexts = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) pids = g_ptr_array_new ();
  g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);

  for (guint i = 0; i < N_CONTEXTS; i++)
    mitogen_router_connect_async (fixture->router, connection, NULL, NULL, on_connected, contexts);
  test_wait (contexts->len == N_CONTEXTS);
  for (guint i = 0; i < N_CONTEXTS; i++)
    {
      test_assert_alive (contexts->pdata[i]);
      g_ptr_array_add (pids, GINT_TO_POINTER (test_context_pid (contexts->pdata[i])));
    }
  /* Half of them die by themselves while the others are told to go. */
  for (guint i = 0; i < N_CONTEXTS; i += 2)
    kill (GPOINTER_TO_INT (pids->pdata[i]), SIGKILL);
  mitogen_router_shutdown (fixture->router);
  g_assert_true (mitogen_router_join (fixture->router, TEST_PATIENCE_MS));
  assert_gone (pids);
}

/* The same from many threads that block. */
static gpointer
connect_and_call (gpointer data)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (MitogenContext) context = test_local (data);

      test_assert_alive (context);
      if (i % 2 == 0)
        g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
    }
  return NULL;
}

static void
test_many_threads (Fixture *fixture, gconstpointer data)
{
  GThread *threads[8];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("connect", connect_and_call, fixture->router);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* Each context needs a fixed number of descriptors here, and not one more with each call. */
static void
test_descriptors_of_a_context (Fixture *fixture, gconstpointer data)
{
  G_GNUC_UNUSED g_autoptr (MitogenContext) first = test_local (fixture->router);
  guint before = test_count_descriptors ();
  g_autoptr (MitogenContext) second = test_local (fixture->router);
  guint each = test_count_descriptors () - before;

  g_assert_cmpuint (each, <=, 3);
  for (guint i = 0; i < 50; i++)
    test_assert_alive (second);
  g_assert_cmpuint (test_count_descriptors (), <=, before + each);
}

/* ---- ends at bad moments ---- */

typedef struct
{
  MitogenContext *context;
  gint stop;
  guint failures;
} Worker;

static gpointer
call_until_it_fails (gpointer data)
{
  Worker *worker = data;

  while (TRUE)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value =
          mitogen_context_call (worker->context, "os:getpid", NULL, NULL, NULL, -1, NULL, &error);

      if (value != NULL)
        continue;
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
      worker->failures++;
      return NULL;
    }
}

/* Calls without a time limit in other threads: every one of them returns. */
static void
end_under_load (MitogenRouter *router, guint how)
{
  g_autoptr (MitogenContext) context = test_local (router);
  Worker workers[4] = { 0 };
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      workers[i].context = context;
      threads[i] = g_thread_new ("worker", call_until_it_fails, &workers[i]);
    }
  g_usleep (g_test_rand_int_range (1000, 20000));
  if (how == 0)
    kill (test_context_pid (context), SIGKILL);
  else if (how == 1)
    mitogen_context_shutdown (context, FALSE, NULL, NULL);
  else
    mitogen_router_shutdown (router);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_thread_join (threads[i]);
      g_assert_cmpuint (workers[i].failures, ==, 1);
    }
}

static void
test_end_under_load (void)
{
  for (guint i = 0; i < 30; i++)
    {
      TestCensus census;
      MitogenRouter *router;

      test_census_take (&census);
      router = test_router_new ();
      end_under_load (router, i % 3);
      test_router_end (router);
      test_census_check (&census);
    }
}

/* A broker ends with its last reference, also without shutdown; and while contexts are alive. */
static void
test_drop_everything (void)
{
  for (guint i = 0; i < 10; i++)
    {
      TestCensus census;
      g_autoptr (MitogenRouter) router = NULL;
      g_autoptr (MitogenContext) context = NULL;

      test_census_take (&census);
      router = test_router_new ();
      context = test_local (router);
      if (i % 2 == 0)
        g_clear_object (&context);
      g_clear_object (&router);
      g_clear_object (&context);
      test_census_check (&census);
    }
}

static void
test_drop_broker (void)
{
  TestCensus census;

  test_census_take (&census);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (MitogenBroker) broker = mitogen_broker_new ();
      G_GNUC_UNUSED g_autoptr (MitogenRouter) router =
          i % 2 == 0 ? mitogen_router_new (broker) : NULL;
    }
  test_census_check (&census);
}

static void
on_broker_signal (MitogenBroker *broker, gpointer data)
{
  guint *count = data;

  ++*count;
}

static void
test_broker_signals (Fixture *fixture, gconstpointer data)
{
  G_GNUC_UNUSED g_autoptr (MitogenContext) context = test_local (fixture->router);
  MitogenBroker *broker = mitogen_router_get_broker (fixture->router);
  guint shutdowns = 0;
  guint exits = 0;

  g_signal_connect (broker, "shutdown", G_CALLBACK (on_broker_signal), &shutdowns);
  g_signal_connect (broker, "exited", G_CALLBACK (on_broker_signal), &exits);
  mitogen_router_shutdown (fixture->router);
  mitogen_router_shutdown (fixture->router);
  test_wait (exits == 1);
  g_assert_cmpuint (shutdowns, ==, 1);
  g_assert_true (mitogen_router_join (fixture->router, -1));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (exits, ==, 1);
}

int
main (int argc, char **argv)
{
  static const char *const ends[] = { "exit", "_exit", "kill",   "abort",
                                      "drop", "fork",  "closed", "unwatched" };

  test_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *path = g_strconcat ("/life/program/", ends[i], NULL);

      g_test_add_data_func (path, ends[i], test_program_ends);
    }
  g_test_add_func ("/life/two-routers-one-broker", test_two_routers_one_broker);
  test_add_router ("/life/two-brokers", test_two_brokers);
  test_add_router ("/life/other-contexts", test_other_contexts);
  test_add_router ("/life/myself", test_myself);
  test_add_router ("/life/context-value", test_context_value);
  test_add_router ("/life/many-contexts", test_many_contexts);
  test_add_router ("/life/many-threads", test_many_threads);
  test_add_router ("/life/descriptors-of-a-context", test_descriptors_of_a_context);
  g_test_add_func ("/life/end-under-load", test_end_under_load);
  g_test_add_func ("/life/drop-everything", test_drop_everything);
  g_test_add_func ("/life/drop-broker", test_drop_broker);
  test_add_router ("/life/broker-signals", test_broker_signals);
  return g_test_run ();
}
