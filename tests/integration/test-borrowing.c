/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Blocking calls that read their own answers (see "lending" in mitogen-stream.c), together with
 * everything that may come between. */

#include "test-util.h"

#include <signal.h>

#define BURST 50

static void
burst (MitogenContext *context)
{
  for (guint i = 0; i < BURST; i++)
    test_assert_alive (context);
}

/* ---- callers side by side ---- */

#define CALLS_OF_THREAD 1500

static gpointer
call_len (gpointer data)
{
  MitogenContext *context = data;

  for (guint i = 0; i < CALLS_OF_THREAD; i++)
    {
      g_autofree char *text = g_strnfill (i % 300, 'x');
      g_autoptr (GVariant) length =
          test_call_typed (context, "builtins:len", g_variant_new ("(s)", text), "i");

      g_assert_cmpint (g_variant_get_int32 (length), ==, i % 300);
    }
  return NULL;
}

typedef struct
{
  guint started;
  guint done;
} Async;

static void
on_async_done (GObject *source, GAsyncResult *result, gpointer data)
{
  Async *async = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value =
      mitogen_context_call_finish (MITOGEN_CONTEXT (source), result, &error);

  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int64 (value), ==, async->done);
  async->done++;
}

static void
start_async (MitogenContext *context, Async *async)
{
  mitogen_context_call_async (context, "builtins:int", g_variant_new ("(u)", async->started++),
                              NULL, G_VARIANT_TYPE_INT64, TEST_PATIENCE_MS, NULL, on_async_done,
                              async);
}

static void
test_side_by_side (Fixture *fixture, gconstpointer data)
{
  GThread *threads[3];
  Async async = { 0, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("caller", call_len, fixture->context);
  while (async.started < 500)
    {
      start_async (fixture->context, &async);
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  test_wait (async.done == async.started);
}

/* ---- what else the context says meanwhile ---- */

static void
count_line (MitogenContext *context, const char *stream, const char *line, gpointer data)
{
  guint *lines = data;

  ++*lines;
}

static void
test_output_between (Fixture *fixture, gconstpointer data)
{
  guint lines = 0;

  g_signal_connect (fixture->context, "output", G_CALLBACK (count_line), &lines);
  for (guint i = 0; i < 300; i++)
    {
      G_GNUC_UNUSED g_autoptr (GVariant) none =
          test_call (fixture->context, "builtins:print", g_variant_new ("(u)", i));

      if (i % 3 == 0)
        burst (fixture->context);
    }
  test_wait (lines == 300);
}

static void
test_long_call_after_burst (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GVariant) none = NULL;

      burst (fixture->context);
      none = test_call (fixture->context, "time:sleep", g_variant_new ("(d)", i / 1000.0));
    }
}

static void
test_large_answer_after_burst (Fixture *fixture, gconstpointer data)
{
  const guint sizes[] = { 0, 1, 4060, 4096, 4097, 5000, 100000, 3000000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GVariant) bytes = NULL;

      burst (fixture->context);
      bytes = test_call_typed (fixture->context, "builtins:bytes", g_variant_new ("(u)", sizes[i]),
                               "ay");
      g_assert_cmpuint (g_variant_get_size (bytes), ==, sizes[i]);
    }
}

static void
test_error_after_burst (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  burst (fixture->context);
  error = test_call_fails (fixture->context, "builtins:int", g_variant_new ("(s)", "x"));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
  burst (fixture->context);
}

/* ---- limits ---- */

static void
test_timeout_after_burst (Fixture *fixture, gconstpointer data)
{
  gint pid = test_context_pid (fixture->context);

  for (gint timeout = 0; timeout < 20; timeout++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) none = NULL;

      burst (fixture->context);
      /* While it is stopped there is no answer, however long this process stalls. */
      kill (pid, SIGSTOP);
      none = mitogen_context_call (fixture->context, "os:getpid", NULL, NULL, NULL, timeout, NULL,
                                   &error);
      kill (pid, SIGCONT);
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
    }
  burst (fixture->context);
}

static gpointer
cancel_soon (gpointer data)
{
  g_usleep (g_random_int_range (0, 8000));
  g_cancellable_cancel (data);
  return NULL;
}

static void
test_cancel_after_burst (Fixture *fixture, gconstpointer data)
{
  gint pid = test_context_pid (fixture->context);

  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) none = NULL;
      GThread *thread;

      burst (fixture->context);
      kill (pid, SIGSTOP);
      thread = g_thread_new ("cancel", cancel_soon, cancellable);
      none = mitogen_context_call (fixture->context, "os:getpid", NULL, NULL, NULL,
                                   TEST_PATIENCE_MS, cancellable, &error);
      g_thread_join (thread);
      kill (pid, SIGCONT);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
}

/* ---- ends ---- */

static gpointer
call_until_it_fails (gpointer data)
{
  MitogenContext *context = data;
  GError *error = NULL;

  while (error == NULL)
    {
      g_autoptr (GVariant) value = mitogen_context_call (context, "os:getpid", NULL, NULL, NULL,
                                                         TEST_PATIENCE_MS, NULL, &error);

      g_assert_true ((value == NULL) == (error != NULL));
    }
  return error;
}

typedef void (*EndFunc) (MitogenRouter *router, MitogenContext *context);

static void
end_by_signal (MitogenRouter *router, MitogenContext *context)
{
  kill (test_context_pid (context), SIGKILL);
}

static void
end_by_shutdown (MitogenRouter *router, MitogenContext *context)
{
  g_assert_true (mitogen_context_shutdown (context, FALSE, NULL, NULL));
}

static void
end_by_router (MitogenRouter *router, MitogenContext *context)
{
  mitogen_router_shutdown (router);
}

static void
end_while_calling (EndFunc end)
{
  for (guint i = 0; i < 15; i++)
    {
      MitogenRouter *router = test_router_new ();
      g_autoptr (MitogenContext) context = test_local (router);
      GThread *threads[2];

      for (guint j = 0; j < G_N_ELEMENTS (threads); j++)
        threads[j] = g_thread_new ("caller", call_until_it_fails, context);
      g_usleep (g_random_int_range (0, 20000));
      end (router, context);
      for (guint j = 0; j < G_N_ELEMENTS (threads); j++)
        {
          g_autoptr (GError) error = g_thread_join (threads[j]);

          g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
        }
      test_router_end (router);
    }
}

static void
test_killed (void)
{
  TestCensus census;

  test_census_take (&census);
  end_while_calling (end_by_signal);
  test_census_check (&census);
}

static void
test_shut_down (void)
{
  TestCensus census;

  test_census_take (&census);
  end_while_calling (end_by_shutdown);
  test_census_check (&census);
}

static void
test_router_shut_down (void)
{
  TestCensus census;

  test_census_take (&census);
  end_while_calling (end_by_router);
  test_census_check (&census);
}

static void
test_end_after_burst (Fixture *fixture, gconstpointer data)
{
  g_auto (Ending) ending = { 0 };

  test_watch_ending (fixture->context, &ending);
  burst (fixture->context);
  kill (test_context_pid (fixture->context), SIGKILL);
  test_wait (ending.count == 1);
  test_assert_contains (ending.reason->message, "SIGKILL");
}

static void
test_stopped_receiving (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenStream) stream =
      mitogen_router_stream_by_id (fixture->router, mitogen_context_get_id (fixture->context));
  MitogenBroker *broker = mitogen_router_get_broker (fixture->router);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = NULL;

  burst (fixture->context);
  mitogen_broker_stop_receive (broker, stream);
  /* The broker thread may not have come to it while calls still borrow: then it ends the loan. */
  while (error == NULL)
    {
      g_clear_pointer (&value, g_variant_unref);
      value =
          mitogen_context_call (fixture->context, "os:getpid", NULL, NULL, NULL, 100, NULL, &error);
    }
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  mitogen_broker_start_receive (broker, stream);
  burst (fixture->context);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  test_add_local ("/borrowing/side-by-side", test_side_by_side);
  test_add_local ("/borrowing/output-between", test_output_between);
  test_add_local ("/borrowing/long-call", test_long_call_after_burst);
  test_add_local ("/borrowing/large-answer", test_large_answer_after_burst);
  test_add_local ("/borrowing/error", test_error_after_burst);
  test_add_local ("/borrowing/timeout", test_timeout_after_burst);
  test_add_local ("/borrowing/cancel", test_cancel_after_burst);
  test_add_local ("/borrowing/end-after-burst", test_end_after_burst);
  test_add_local ("/borrowing/stopped-receiving", test_stopped_receiving);
  g_test_add_func ("/borrowing/killed", test_killed);
  g_test_add_func ("/borrowing/shut-down", test_shut_down);
  g_test_add_func ("/borrowing/router-shut-down", test_router_shut_down);
  return g_test_run ();
}
