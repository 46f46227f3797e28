/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How contexts end, and what those who wait for them learn. */

#include "test-util.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define SHUTDOWN_TIMEOUT_MS 300

/* Waits for the one `disconnected`, and a little longer, for a second that must not come. */
static void
assert_ended (MitogenContext *context, Ending *ending, const char *reason)
{
  g_autoptr (GError) error = NULL;

  test_wait (ending->count > 0);
  g_test_message ("%s", ending->reason->message);
  test_assert_contains (ending->reason->message, reason);
  g_assert_cmpint (mitogen_context_get_state (context), ==, MITOGEN_CONTEXT_STATE_DISCONNECTED);
  g_assert_true (ending->thread == g_thread_self ());

  error = test_call_fails (context, "os:getpid", NULL);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  test_assert_contains (error->message, reason);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (ending->count, ==, 1);
}

/* What waits when the context ends. */
typedef struct
{
  MitogenReceiver *receiver;
  GAsyncResult *result;
  Ending ending;
} Waiting;

static void
waiting_begin (Waiting *waiting, MitogenContext *context, const char *function, GVariant *args)
{
  g_autoptr (GError) error = NULL;

  memset (waiting, 0, sizeof *waiting);
  test_watch_ending (context, &waiting->ending);
  waiting->receiver = mitogen_context_start_call (context, function, args, NULL, &error);
  g_assert_no_error (error);
  mitogen_context_call_async (context, "os:getpid", NULL, NULL, NULL, -1, NULL, test_keep_result,
                              &waiting->result);
}

static void
waiting_end (Waiting *waiting, MitogenContext *context, const char *reason)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_receiver_get_data (waiting->receiver, TEST_PATIENCE_MS, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_clear_error (&error);
  g_assert_null (
      mitogen_context_call_finish (context, test_wait_result (&waiting->result), &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  assert_ended (context, &waiting->ending, reason);
  g_clear_object (&waiting->receiver);
  g_clear_object (&waiting->result);
  test_ending_clear (&waiting->ending);
}

static void
test_killed (Fixture *fixture, gconstpointer data)
{
  Waiting waiting;

  waiting_begin (&waiting, fixture->context, "it_functions:nap", g_variant_new ("(d)", 20.0));
  kill (test_context_pid (fixture->context), SIGKILL);
  waiting_end (&waiting, fixture->context, "was killed by signal 9 (SIGKILL)");
}

static void
test_exit_in_call (Fixture *fixture, gconstpointer data)
{
  Waiting waiting;

  waiting_begin (&waiting, fixture->context, "os:_exit", g_variant_new ("(i)", 3));
  waiting_end (&waiting, fixture->context, "exited with status 3");
}

static void
test_crash_in_call (Fixture *fixture, gconstpointer data)
{
  Waiting waiting;

  waiting_begin (&waiting, fixture->context, "it_functions:die", g_variant_new ("(i)", SIGSEGV));
  waiting_end (&waiting, fixture->context, "SIGSEGV");
}

static void
test_garbage (Fixture *fixture, gconstpointer data)
{
  Waiting waiting;
  gint pid = test_context_pid (fixture->context);

  waiting_begin (&waiting, fixture->context, "it_functions:garbage",
                 g_variant_new ("(@ay)", test_bytes ("a print() to the stream's descriptor")));
  waiting_end (&waiting, fixture->context, "corrupt");
  test_wait (!test_process_exists (pid));
}

static void
test_stream_closed (Fixture *fixture, gconstpointer data)
{
  Waiting waiting;
  gint pid = test_context_pid (fixture->context);

  waiting_begin (&waiting, fixture->context, "it_functions:close_stream", NULL);
  /* The child notices it too, and ends: which of the two is seen first is open. */
  waiting_end (&waiting, fixture->context, "its ");
  test_wait (!test_process_exists (pid));
}

/* 0: it reads no more, 1: it writes no more. Either way it is of no use to anybody; its last
 * answer may or may not come. */
static void
test_half_closed (Fixture *fixture, gconstpointer data)
{
  for (gint how = 0; how < 2; how++)
    {
      g_autoptr (MitogenContext) context = test_local (fixture->router);
      g_auto (Ending) ending = { 0 };
      gint pid = test_context_pid (context);

      test_watch_ending (context, &ending);
      g_assert_true (mitogen_context_call_no_reply (context, "it_functions:shut_down_stream",
                                                    g_variant_new ("(i)", how), NULL, NULL));
      assert_ended (context, &ending, "");
      test_wait (!test_process_exists (pid));
    }
}

static void
test_shutdown_wait (Fixture *fixture, gconstpointer data)
{
  g_auto (Ending) ending = { 0 };
  g_autoptr (GError) error = NULL;
  gint pid = test_context_pid (fixture->context);

  test_watch_ending (fixture->context, &ending);
  g_assert_true (mitogen_context_shutdown (fixture->context, TRUE, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (mitogen_context_get_state (fixture->context), ==,
                   MITOGEN_CONTEXT_STATE_DISCONNECTED);
  assert_ended (fixture->context, &ending, "shut down");
  test_wait (!test_process_exists (pid));

  /* Again, and again without waiting: nothing more happens. */
  g_assert_true (mitogen_context_shutdown (fixture->context, TRUE, NULL, &error));
  g_assert_true (mitogen_context_shutdown (fixture->context, FALSE, NULL, &error));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (ending.count, ==, 1);
}

static void
test_shutdown_async (Fixture *fixture, gconstpointer data)
{
  g_auto (Ending) ending = { 0 };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) again = NULL;
  g_autoptr (GError) error = NULL;

  test_watch_ending (fixture->context, &ending);
  mitogen_context_shutdown_async (fixture->context, TRUE, NULL, test_keep_result, &result);
  g_assert_true (
      mitogen_context_shutdown_finish (fixture->context, test_wait_result (&result), &error));
  g_assert_no_error (error);
  assert_ended (fixture->context, &ending, "shut down");

  mitogen_context_shutdown_async (fixture->context, TRUE, NULL, test_keep_result, &again);
  g_assert_true (
      mitogen_context_shutdown_finish (fixture->context, test_wait_result (&again), &error));
}

static void
test_shutdown_no_wait (Fixture *fixture, gconstpointer data)
{
  g_auto (Ending) ending = { 0 };

  test_watch_ending (fixture->context, &ending);
  g_assert_true (mitogen_context_shutdown (fixture->context, FALSE, NULL, NULL));
  assert_ended (fixture->context, &ending, "shut down");
}

static void
test_router_shutdown (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) second = test_local (fixture->router);
  g_autoptr (GError) error = NULL;
  Waiting waiting;
  g_auto (Ending) ending = { 0 };

  test_watch_ending (second, &ending);
  waiting_begin (&waiting, fixture->context, "it_functions:nap", g_variant_new ("(d)", 20.0));
  mitogen_broker_set_shutdown_timeout (mitogen_router_get_broker (fixture->router),
                                       SHUTDOWN_TIMEOUT_MS);
  mitogen_router_shutdown (fixture->router);
  g_assert_true (mitogen_router_join (fixture->router, TEST_PATIENCE_MS));
  waiting_end (&waiting, fixture->context, "shut down");
  assert_ended (second, &ending, "shut down");

  g_assert_null (mitogen_router_local (fixture->router, NULL, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
}

/* A call that sleeps does not keep the child from leaving. */
static void
test_shutdown_during_call (Fixture *fixture, gconstpointer data)
{
  Waiting waiting;

  waiting_begin (&waiting, fixture->context, "it_functions:nap", g_variant_new ("(d)", 20.0));
  g_assert_true (mitogen_context_shutdown (fixture->context, TRUE, NULL, NULL));
  waiting_end (&waiting, fixture->context, "shut down");
}

static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  Waiting waiting;
  gint pid = test_context_pid (fixture->context);

  mitogen_broker_set_shutdown_timeout (mitogen_router_get_broker (fixture->router),
                                       SHUTDOWN_TIMEOUT_MS);
  waiting_begin (&waiting, fixture->context, "it_functions:nap", g_variant_new ("(d)", 20.0));
  kill (pid, SIGSTOP);
  mitogen_router_shutdown (fixture->router);
  g_assert_true (mitogen_router_join (fixture->router, TEST_PATIENCE_MS));
  waiting_end (&waiting, fixture->context, "shut down");
  test_wait (!test_process_exists (pid));
}

static void
test_stopped_one (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) other = test_local (fixture->router);
  Waiting waiting;
  gint pid = test_context_pid (fixture->context);

  mitogen_broker_set_shutdown_timeout (mitogen_router_get_broker (fixture->router),
                                       SHUTDOWN_TIMEOUT_MS);
  waiting_begin (&waiting, fixture->context, "os:getpid", NULL);
  {
    G_GNUC_UNUSED g_autoptr (GVariant) value =
        mitogen_receiver_get_data (waiting.receiver, TEST_PATIENCE_MS, NULL, NULL);
  }
  g_clear_object (&waiting.receiver);
  test_wait_result (&waiting.result);
  g_clear_object (&waiting.result);
  kill (pid, SIGSTOP);
  g_assert_true (mitogen_context_shutdown (fixture->context, TRUE, NULL, NULL));
  assert_ended (fixture->context, &waiting.ending, "shut down");
  test_ending_clear (&waiting.ending);
  test_wait (!test_process_exists (pid));
  test_assert_alive (other);
}

/* A grandchild holds the stream open: the child's end is noticed all the same. */
static void
test_killed_with_heir (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) value = NULL;
  Waiting waiting;
  gint heir;

  value = test_call_typed (fixture->context, "it_functions:fork_sleeper", NULL, "i");
  heir = g_variant_get_int32 (value);
  waiting_begin (&waiting, fixture->context, "it_functions:nap", g_variant_new ("(d)", 20.0));
  kill (test_context_pid (fixture->context), SIGKILL);
  waiting_end (&waiting, fixture->context, "SIGKILL");
  kill (heir, SIGKILL);
}

/* Its last words come before its end is told, however it ends. */
static void
on_output (MitogenContext *context, const char *stream, const char *line, gpointer data)
{
  guint *lines = data;

  if (g_str_equal (line, "x"))
    ++*lines;
}

static void
test_last_words (Fixture *fixture, gconstpointer data)
{
  g_auto (Ending) ending = { 0 };
  guint lines = 0;
  g_autoptr (GVariant) value = NULL;

  test_watch_ending (fixture->context, &ending);
  g_signal_connect (fixture->context, "output", G_CALLBACK (on_output), &lines);
  value = test_call (fixture->context, "it_functions:flood", g_variant_new ("(ii)", 500, 1));
  g_assert_true (mitogen_context_shutdown (fixture->context, TRUE, NULL, NULL));
  test_wait (ending.count == 1);
  g_assert_cmpuint (lines, ==, 500);
}

/* ---- objects dropped at bad moments ---- */

static void
test_drop_context (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  MitogenContext *context = fixture->context;
  g_autoptr (GVariant) value = NULL;
  GWeakRef weak;

  /* The router keeps it as long as it is connected. */
  g_weak_ref_init (&weak, context);
  mitogen_context_call_async (context, "it_functions:nap", g_variant_new ("(d)", 0.1), NULL, NULL,
                              -1, NULL, test_keep_result, &result);
  g_clear_object (&fixture->context);
  test_wait_result (&result);
  value = mitogen_context_call_finish (context, result, &error);
  g_assert_no_error (error);
  g_clear_object (&result);

  test_router_end (g_steal_pointer (&fixture->router));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
}

static void
test_drop_router (Fixture *fixture, gconstpointer data)
{
  Waiting waiting;
  gint pid = test_context_pid (fixture->context);

  waiting_begin (&waiting, fixture->context, "it_functions:nap", g_variant_new ("(d)", 20.0));
  g_clear_object (&fixture->router);
  waiting_end (&waiting, fixture->context, "shut down");
  g_assert_null (mitogen_context_dup_router (fixture->context));
  test_wait (!test_process_exists (pid));
}

static void
test_drop_receivers (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MitogenReceiver) receiver =
          mitogen_receiver_new (fixture->router, 0, TRUE, NULL, &error);
      g_autoptr (MitogenSender) sender = mitogen_receiver_to_sender (receiver);
      g_autoptr (MitogenMessage) first = NULL;

      mitogen_receiver_set_flowing (receiver, i % 3 == 0);
      g_assert_true (mitogen_context_call_no_reply (
          fixture->context, "it_functions:send_many",
          g_variant_new ("(@*i)", mitogen_sender_to_variant (sender), 20), NULL, &error));
      if (i % 3 == 1)
        first = mitogen_receiver_get (receiver, TEST_PATIENCE_MS, NULL, &error);
      g_assert_no_error (error);
      g_main_context_iteration (NULL, FALSE);
    }
  test_assert_alive (fixture->context);
}

static void
on_disconnected_drop (MitogenContext *context, GError *error, gpointer data)
{
  MitogenRouter **router = data;

  /* Everything in a handler: the worst place. */
  mitogen_router_shutdown (*router);
  g_assert_true (mitogen_router_join (*router, TEST_PATIENCE_MS));
  g_clear_object (router);
}

static void
test_drop_in_handler (Fixture *fixture, gconstpointer data)
{
  g_signal_connect (fixture->context, "disconnected", G_CALLBACK (on_disconnected_drop),
                    &fixture->router);
  kill (test_context_pid (fixture->context), SIGKILL);
  g_clear_object (&fixture->context);
  test_wait (fixture->router == NULL);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  test_add_local ("/ending/killed", test_killed);
  test_add_local ("/ending/exit-in-call", test_exit_in_call);
  test_add_local ("/ending/crash-in-call", test_crash_in_call);
  test_add_local ("/ending/garbage", test_garbage);
  test_add_local ("/ending/stream-closed", test_stream_closed);
  test_add_router ("/ending/half-closed", test_half_closed);
  test_add_local ("/ending/shutdown-wait", test_shutdown_wait);
  test_add_local ("/ending/shutdown-async", test_shutdown_async);
  test_add_local ("/ending/shutdown-no-wait", test_shutdown_no_wait);
  test_add_local ("/ending/shutdown-during-call", test_shutdown_during_call);
  test_add_local ("/ending/router-shutdown", test_router_shutdown);
  test_add_local ("/ending/stopped", test_stopped);
  test_add_local ("/ending/stopped-one", test_stopped_one);
  test_add_local ("/ending/killed-with-heir", test_killed_with_heir);
  test_add_local ("/ending/last-words", test_last_words);
  test_add_local ("/ending/drop-context", test_drop_context);
  test_add_local ("/ending/drop-router", test_drop_router);
  test_add_local ("/ending/drop-receivers", test_drop_receivers);
  test_add_local ("/ending/drop-in-handler", test_drop_in_handler);
  return g_test_run ();
}
