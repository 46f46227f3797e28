/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Children that misbehave, remote/hostile_child.py: nobody else may feel it, and what can be said
 * of it is said in time. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

/* Beyond this a flood has made us hold what it sent. */
#define MAX_GROWTH_KB (100 * 1024)

/* With a child beside it that must go on working. */
typedef struct
{
  Fixture *fixture;
  MitogenContext *bystander;
  gint64 slowest; /* answer of the bystander, microseconds */
} Scene;

static void
scene_begin (Scene *scene, Fixture *fixture)
{
  scene->fixture = fixture;
  scene->bystander = test_local (fixture->router);
  scene->slowest = 0;
}

static void
scene_check (Scene *scene)
{
  gint64 start = g_get_monotonic_time ();

  test_assert_alive (scene->bystander);
  scene->slowest = MAX (scene->slowest, g_get_monotonic_time () - start);
}

static void
scene_end (Scene *scene)
{
  scene_check (scene);
  g_assert_cmpint (mitogen_context_get_state (scene->bystander), ==,
                   MITOGEN_CONTEXT_STATE_CONNECTED);
  g_assert_false (g_file_test ("/tmp/mitogen-owned", G_FILE_TEST_EXISTS));
  g_clear_object (&scene->bystander);
}

static MitogenConnection *
hostile_connection (const char *mode, const char *argument)
{
  g_autofree char *script = test_remote_file ("hostile_child.py");

  return test_connection_argv (TEST_PYTHON, "-E", "-S", script, mode, argument, NULL);
}

static MitogenContext *
hostile (Scene *scene, const char *mode, const char *argument)
{
  g_autoptr (MitogenConnection) connection = hostile_connection (mode, argument);

  return test_connect (scene->fixture->router, connection);
}

/* Ends it by force where it does not leave by itself. */
static void
hostile_end (Scene *scene, MitogenContext *context)
{
  gint pid = test_context_pid (context);

  if (mitogen_context_get_state (context) == MITOGEN_CONTEXT_STATE_CONNECTED)
    kill (pid, SIGKILL);
  test_wait (mitogen_context_get_state (context) == MITOGEN_CONTEXT_STATE_DISCONNECTED);
  test_wait (!test_process_exists (pid));
  scene_check (scene);
}

/* ---- the handshake ---- */

#define HANDSHAKE_LIMIT_MS 1000

/* Many at once: each waits for its time limit, and what a process did last is explained late. */
typedef struct
{
  char *what;
  GAsyncResult *result;
} Attempt;

static void
attempt_free (gpointer data)
{
  Attempt *attempt = data;

  g_free (attempt->what);
  g_clear_object (&attempt->result);
  g_free (attempt);
}

static void
attempt_begin (GPtrArray *attempts, Scene *scene, const char *mode, const char *argument)
{
  g_autoptr (MitogenConnection) connection = hostile_connection (mode, argument);
  Attempt *attempt = g_new0 (Attempt, 1);

  attempt->what = g_strdup_printf ("%s %s", mode, argument != NULL ? argument : "");
  g_ptr_array_add (attempts, attempt);
  mitogen_connection_set_connect_timeout (connection, HANDSHAKE_LIMIT_MS);
  mitogen_router_connect_async (scene->fixture->router, connection, NULL, NULL, test_keep_result,
                                &attempt->result);
}

static void
attempt_end (Attempt *attempt, Scene *scene)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_router_connect_finish (scene->fixture->router,
                                                test_wait_result (&attempt->result), &error));
  g_test_message ("%s: %s", attempt->what, error->message);
  g_assert_true (error->domain == MITOGEN_ERROR);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), <, 60000);
}

static void
attempts_end (GPtrArray *attempts, Scene *scene)
{
  for (guint i = 0; i < attempts->len; i++)
    {
      attempt_end (attempts->pdata[i], scene);
      scene_check (scene);
    }
}

static void
assert_handshakes_fail (Scene *scene, const char *mode)
{
  static const char *const ends[] = { "exit",    "stop",   "kill",    "hang", "close",
                                      "nowrite", "noread", "garbage", "flood" };
  g_autoptr (GPtrArray) attempts = g_ptr_array_new_with_free_func (attempt_free);

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    attempt_begin (attempts, scene, mode, ends[i]);
  attempts_end (attempts, scene);
}

static void
test_handshake (Fixture *fixture, gconstpointer data)
{
  static const char *const steps[] = { "at_start",   "in_marker_a", "after_marker_a", "in_core",
                                       "after_core", "in_marker_b", "after_marker_b", "in_hello" };
  Scene scene;
  TestCensus census;

  scene_begin (&scene, fixture);
  test_census_take (&census);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    assert_handshakes_fail (&scene, steps[i]);
  test_census_check (&census);
  scene_end (&scene);
}

static void
test_greetings (Fixture *fixture, gconstpointer data)
{
  static const char *const payloads[] = { "empty", "garbage", "number",    "list", "code",
                                          "deep",  "bomb",    "truncated", "keys", "error" };
  static const char *const others[] = { "0", "1", "4242" };
  g_autoptr (GPtrArray) attempts = g_ptr_array_new_with_free_func (attempt_free);
  Scene scene;

  scene_begin (&scene, fixture);
  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
    attempt_begin (attempts, &scene, "hello_payload", payloads[i]);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    attempt_begin (attempts, &scene, "hello_of_another", others[i]);
  attempt_begin (attempts, &scene, "hello_huge", NULL);
  attempt_begin (attempts, &scene, "hello_never", NULL);
  attempt_begin (attempts, &scene, "hello_dead", NULL);
  attempts_end (attempts, &scene);
  scene_end (&scene);
}

/* Odd, but not wrong. */
static void
test_slow_and_fast (Fixture *fixture, gconstpointer data)
{
  static const char *const modes[] = { "hello_byte_by_byte", "hello_all_at_once", "dribble",
                                       "other_magics" };
  Scene scene;

  scene_begin (&scene, fixture);
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (MitogenContext) context = hostile (&scene, modes[i], NULL);
      G_GNUC_UNUSED g_autoptr (GVariant) value = test_call (context, "os:getpid", NULL);

      g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
    }
  scene_end (&scene);
}

static void
test_hello_twice (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GVariant) value = NULL;
  gint pid;

  scene_begin (&scene, fixture);
  context = hostile (&scene, "hello_twice", NULL);
  pid = test_context_pid (context);
  value = test_call (context, "os:getpid", NULL);
  /* The first word counts. */
  g_assert_cmpint (test_context_pid (context), ==, pid);
  hostile_end (&scene, context);
  scene_end (&scene);
}

static void
test_early_frames (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) context = NULL;

  scene_begin (&scene, fixture);
  context = hostile (&scene, "early_frames", NULL);
  hostile_end (&scene, context);
  scene_end (&scene);
}

/* ---- the end in the middle of things ---- */

static void
assert_call_ends (Scene *scene, const char *mode, const char *end)
{
  g_auto (Ending) ending = { 0 };
  g_autoptr (MitogenContext) context = hostile (scene, mode, end);
  g_autoptr (GError) error = NULL;
  gint pid = test_context_pid (context);

  g_test_message ("%s %s", mode, end);
  test_watch_ending (context, &ending);
  g_assert_null (mitogen_context_call (context, "os:getpid", NULL, NULL, NULL, -1, NULL, &error));
  g_test_message ("%s", error->message);
  g_assert_true (error->domain == MITOGEN_ERROR);
  test_wait (ending.count == 1);
  g_test_message ("%s", ending.reason->message);
  test_wait (!test_process_exists (pid));
  scene_check (scene);
}

static void
test_ends (Fixture *fixture, gconstpointer data)
{
  static const char *const modes[] = { "after_hello", "in_call", "in_answer", "in_large_answer" };
  static const char *const ends[] = { "exit", "kill", "close", "nowrite" };
  Scene scene;

  scene_begin (&scene, fixture);
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    for (guint j = 0; j < G_N_ELEMENTS (ends); j++)
      assert_call_ends (&scene, modes[i], ends[j]);
  assert_call_ends (&scene, "after_hello", "garbage");
  assert_call_ends (&scene, "in_call", "garbage");
  assert_call_ends (&scene, "in_call", "flood");
  scene_end (&scene);
}

/* It reads no more, but lives: what is sent to it must not vanish for ever. A call that was on its
 * way by then waits for its time limit. */
static void
assert_fails_at_last (MitogenContext *context)
{
  gint64 deadline = test_deadline ();

  while (g_get_monotonic_time () < deadline)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (
          mitogen_context_call (context, "os:getpid", NULL, NULL, NULL, 100, NULL, &error));
      if (g_error_matches (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL))
        return;
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
    }
  g_assert_not_reached ();
}

static void
test_half_deaf (Fixture *fixture, gconstpointer data)
{
  static const char *const sides[] = { "0", "1" };
  Scene scene;

  scene_begin (&scene, fixture);
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      g_auto (Ending) ending = { 0 };
      g_autoptr (MitogenContext) context = hostile (&scene, "half_deaf", sides[i]);
      G_GNUC_UNUSED g_autoptr (GVariant) value = test_call (context, "os:getpid", NULL);

      test_watch_ending (context, &ending);
      assert_fails_at_last (context);
      test_wait (ending.count == 1);
    }
  scene_end (&scene);
}

/* Stopped in the middle of a large answer: the call waits, as it was told to; all else goes on;
 * and the end comes when it is wanted. */
static void
test_stopped_in_large_answer (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  scene_begin (&scene, fixture);
  context = hostile (&scene, "in_large_answer", "stop");
  g_assert_null (mitogen_context_call (context, "os:getpid", NULL, NULL, NULL, 200, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  scene_check (&scene);
  mitogen_broker_set_shutdown_timeout (mitogen_router_get_broker (fixture->router), 200);
  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  hostile_end (&scene, context);
  scene_end (&scene);
}

/* The same in the other direction: it stops reading in the middle of a large argument. */
static void
test_deaf (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *large = g_strnfill (16 << 20, 'x');

  scene_begin (&scene, fixture);
  context = hostile (&scene, "deaf", NULL);
  g_assert_null (mitogen_context_call (context, "builtins:len", g_variant_new ("(s)", large), NULL,
                                       NULL, 200, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  scene_check (&scene);
  mitogen_broker_set_shutdown_timeout (mitogen_router_get_broker (fixture->router), 200);
  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  hostile_end (&scene, context);
  scene_end (&scene);
}

static void
assert_leaves (Scene *scene, const char *mode)
{
  g_auto (Ending) ending = { 0 };
  g_autoptr (MitogenContext) context = hostile (scene, mode, NULL);
  G_GNUC_UNUSED g_autoptr (GVariant) value = test_call (context, "os:getpid", NULL);

  test_watch_ending (context, &ending);
  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  test_wait (ending.count == 1);
  hostile_end (scene, context);
  g_assert_cmpuint (ending.count, ==, 1);
}

static void
test_will_not_leave (Fixture *fixture, gconstpointer data)
{
  Scene scene;

  mitogen_broker_set_shutdown_timeout (mitogen_router_get_broker (fixture->router), 300);
  scene_begin (&scene, fixture);
  assert_leaves (&scene, "after_shutdown");
  assert_leaves (&scene, "ignore_shutdown");
  scene_end (&scene);
}

static void
test_will_not_leave_router (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) talker = NULL;
  g_autoptr (MitogenContext) stayer = NULL;
  gint64 start;

  mitogen_broker_set_shutdown_timeout (mitogen_router_get_broker (fixture->router), 300);
  scene_begin (&scene, fixture);
  talker = hostile (&scene, "after_shutdown", NULL);
  stayer = hostile (&scene, "ignore_shutdown", NULL);
  scene_end (&scene);
  start = g_get_monotonic_time ();
  mitogen_router_shutdown (fixture->router);
  g_assert_true (mitogen_router_join (fixture->router, TEST_PATIENCE_MS));
  g_test_message ("left after %" G_GINT64_FORMAT " ms", (g_get_monotonic_time () - start) / 1000);
  test_wait (!test_process_exists (test_context_pid (talker)));
  test_wait (!test_process_exists (test_context_pid (stayer)));
}

/* ---- forgeries ---- */

static void
on_output (MitogenContext *context, const char *stream, const char *line, gpointer data)
{
  guint *forged = data;

  if (strstr (line, "forged") != NULL)
    ++*forged;
}

static void
test_forged (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (MitogenReceiver) receiver = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autofree char *argument = NULL;
  guint forged = 0;

  scene_begin (&scene, fixture);
  g_signal_connect (scene.bystander, "output", G_CALLBACK (on_output), &forged);
  receiver = mitogen_receiver_new (fixture->router, 0, TRUE, NULL, NULL);
  argument = g_strdup_printf ("%u,%u", mitogen_context_get_id (scene.bystander),
                              mitogen_receiver_get_handle (receiver));
  context = hostile (&scene, "forge", argument);
  value = test_call (context, "os:getpid", NULL);
  test_assert_value (value, "'done'");
  /* All that it sent before its answer was looked at, and none of it let through. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_true (mitogen_receiver_is_empty (receiver));
  g_assert_cmpuint (forged, ==, 0);
  hostile_end (&scene, context);
  scene_end (&scene);
}

static void
test_not_allowed (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GVariant) value = NULL;
  g_auto (GStrv) answers = NULL;
  g_autofree char *argument = NULL;

  scene_begin (&scene, fixture);
  argument = g_strdup_printf ("%u", mitogen_context_get_id (scene.bystander));
  context = hostile (&scene, "call_siblings", argument);
  /* Its own messages through us come back in the order of who had to answer: ask again. */
  do
    {
      g_clear_pointer (&value, g_variant_unref);
      g_clear_pointer (&answers, g_strfreev);
      value = test_call_typed (context, "os:getpid", NULL, "as");
      answers = g_variant_dup_strv (value, NULL);
    }
  while (*answers[0] == '\0' || *answers[1] == '\0');
  g_assert_cmpstr (answers[0], ==, "refused by policy");
  g_assert_cmpstr (answers[1], ==, "refused by policy");
  g_assert_cmpstr (answers[2], ==, "invalid handle");
  g_assert_cmpstr (answers[3], ==, "invalid handle");
  g_assert_cmpstr (answers[6], ==, "no route to 999, my ID is 0");
  hostile_end (&scene, context);
  scene_end (&scene);
}

/* Answers for handles that wait for others, or for nothing at all. */
static void
test_poisoned_handles (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (MitogenReceiver) nap = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) slept = NULL;
  g_autoptr (GError) error = NULL;

  scene_begin (&scene, fixture);
  nap = mitogen_context_start_call (scene.bystander, "it_functions:nap", g_variant_new ("(d)", 0.3),
                                    NULL, &error);
  g_assert_no_error (error);
  context = hostile (&scene, "poison_handles", NULL);
  value = test_call (context, "os:getpid", NULL);
  slept = mitogen_receiver_get_data (nap, TEST_PATIENCE_MS, NULL, &error);
  g_assert_no_error (error);
  test_assert_value (slept, "0.29999999999999999");
  hostile_end (&scene, context);
  scene_end (&scene);
}

/* ---- floods ---- */

static void
test_flood_unknown (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) context = NULL;
  gsize before;
  gint64 end;

  scene_begin (&scene, fixture);
  before = test_resident_size ();
  context = hostile (&scene, "flood_unknown", "1");
  for (end = g_get_monotonic_time () + G_TIME_SPAN_SECOND; g_get_monotonic_time () < end;)
    scene_check (&scene);
  g_test_message ("slowest answer %" G_GINT64_FORMAT " ms", scene.slowest / 1000);
  test_assert_grown_less (before, MAX_GROWTH_KB);
  hostile_end (&scene, context);
  scene_end (&scene);
}

static void
test_flood_log (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GVariant) value = NULL;
  gsize before;

  scene_begin (&scene, fixture);
  before = test_resident_size ();
  context = hostile (&scene, "flood_log", NULL);
  value = test_call (context, "os:getpid", NULL);
  test_assert_grown_less (before, MAX_GROWTH_KB);
  hostile_end (&scene, context);
  scene_end (&scene);
}

static void
test_huge_log (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GVariant) value = NULL;
  gsize before;

  scene_begin (&scene, fixture);
  before = test_resident_size ();
  context = hostile (&scene, "huge_log", NULL);
  value = test_call (context, "os:getpid", NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  test_assert_grown_less (before, MAX_GROWTH_KB);
  hostile_end (&scene, context);
  scene_end (&scene);
}

/* 200 MiB for a sibling that is stopped. */
static void
test_flood_sibling (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) victim = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_autofree char *argument = NULL;
  G_GNUC_UNUSED g_autoptr (GError) error = NULL;
  gsize before;
  gint64 end;

  scene_begin (&scene, fixture);
  victim = test_local (fixture->router);
  argument = g_strdup_printf ("%u", mitogen_context_get_id (victim));
  kill (test_context_pid (victim), SIGSTOP);
  before = test_resident_size ();
  context = hostile (&scene, "flood_sibling", argument);
  for (end = g_get_monotonic_time () + G_TIME_SPAN_SECOND; g_get_monotonic_time () < end;)
    scene_check (&scene);
  test_assert_grown_less (before, MAX_GROWTH_KB);
  kill (test_context_pid (victim), SIGCONT);
  test_assert_alive (victim);
  hostile_end (&scene, context);
  test_assert_alive (victim);
  scene_end (&scene);
}

/* ---- wrong frames ---- */

static void
assert_corrupt (Scene *scene, const char *mode, const char *argument, gint code, const char *part)
{
  g_auto (Ending) ending = { 0 };
  g_autoptr (MitogenContext) context = hostile (scene, mode, argument);

  test_watch_ending (context, &ending);
  test_wait (ending.count == 1);
  g_test_message ("%s", ending.reason->message);
  g_assert_error (ending.reason, MITOGEN_ERROR, code);
  test_assert_contains (ending.reason->message, part);
  hostile_end (scene, context);
}

static void
test_corrupt (Fixture *fixture, gconstpointer data)
{
  Scene scene;

  scene_begin (&scene, fixture);
  assert_corrupt (&scene, "bad_magic", NULL, MITOGEN_ERROR_PROTOCOL, "corrupt");
  assert_corrupt (&scene, "lying_length", "4294967295", MITOGEN_ERROR_TOO_LARGE, "4294967295");
  assert_corrupt (&scene, "lying_length", "134217729", MITOGEN_ERROR_TOO_LARGE, "134217729");
  scene_end (&scene);
}

/* A length that is allowed, and never comes: it costs nothing, and waits. */
static void
test_lying_lengths (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) liars = g_ptr_array_new_with_free_func (g_object_unref);
  Scene scene;
  gsize before;

  scene_begin (&scene, fixture);
  before = test_resident_size ();
  for (guint i = 0; i < 5; i++)
    g_ptr_array_add (liars, hostile (&scene, "lying_length", "134217728"));
  scene_check (&scene);
  test_assert_grown_less (before, MAX_GROWTH_KB);
  for (guint i = 0; i < liars->len; i++)
    hostile_end (&scene, liars->pdata[i]);
  scene_end (&scene);
}

/* ---- wrong answers ---- */

static void
test_odd_answers (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) context = NULL;

  scene_begin (&scene, fixture);
  context = hostile (&scene, "answers", NULL);
  for (guint i = 0; i < 14; i++)
    {
      g_autoptr (GError) error = test_call_fails (context, "os:getpid", NULL);

      g_test_message ("%u: %.200s", i, error->message);
      g_assert_true (error->domain == MITOGEN_ERROR);
      scene_check (&scene);
    }
  hostile_end (&scene, context);
  scene_end (&scene);
}

static void
test_answer_twice (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) context = NULL;

  scene_begin (&scene, fixture);
  context = hostile (&scene, "answer_twice", NULL);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GVariant) value = test_call_typed (context, "os:getpid", NULL, "i");

      g_assert_cmpint (g_variant_get_int32 (value), ==, 0);
    }
  hostile_end (&scene, context);
  scene_end (&scene);
}

static void
test_answer_dead (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (MitogenContext) silent = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) empty = NULL;

  scene_begin (&scene, fixture);
  context = hostile (&scene, "answer_dead", "because");
  error = test_call_fails (context, "os:getpid", NULL);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpstr (error->message, ==, "because");
  silent = hostile (&scene, "answer_dead", "");
  empty = test_call_fails (silent, "os:getpid", NULL);
  g_assert_error (empty, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpstr (empty->message, !=, "");
  hostile_end (&scene, context);
  hostile_end (&scene, silent);
  scene_end (&scene);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_unlink ("/tmp/mitogen-owned");
  test_add_router ("/hostile/handshake", test_handshake);
  test_add_router ("/hostile/greetings", test_greetings);
  test_add_router ("/hostile/slow-and-fast", test_slow_and_fast);
  test_add_router ("/hostile/hello-twice", test_hello_twice);
  test_add_router ("/hostile/early-frames", test_early_frames);
  test_add_router ("/hostile/ends", test_ends);
  test_add_router ("/hostile/half-deaf", test_half_deaf);
  test_add_router ("/hostile/stopped-in-large-answer", test_stopped_in_large_answer);
  test_add_router ("/hostile/deaf", test_deaf);
  test_add_router ("/hostile/will-not-leave", test_will_not_leave);
  test_add_router ("/hostile/will-not-leave-router", test_will_not_leave_router);
  test_add_router ("/hostile/forged", test_forged);
  test_add_router ("/hostile/not-allowed", test_not_allowed);
  test_add_router ("/hostile/poisoned-handles", test_poisoned_handles);
  test_add_router ("/hostile/flood-unknown", test_flood_unknown);
  test_add_router ("/hostile/flood-log", test_flood_log);
  test_add_router ("/hostile/huge-log", test_huge_log);
  test_add_router ("/hostile/flood-sibling", test_flood_sibling);
  test_add_router ("/hostile/corrupt", test_corrupt);
  test_add_router ("/hostile/lying-lengths", test_lying_lengths);
  test_add_router ("/hostile/odd-answers", test_odd_answers);
  test_add_router ("/hostile/answer-twice", test_answer_twice);
  test_add_router ("/hostile/answer-dead", test_answer_dead);
  return g_test_run ();
}
