/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts that are made to end, and what they leave behind. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHUTDOWN_TIMEOUT_MS 300
#define ROUNDS              15

/* ---- processes left behind ---- */

typedef enum
{
  PLAIN,
  DEAF,    /* to SIGTERM */
  APART,   /* in sessions of their own */
  STOPPED, /* and not told to go on */
} Kind;

static GArray *
sleepers (MitogenContext *context, guint count, Kind kind)
{
  g_autoptr (GVariant) value = test_call_typed (context, "it_functions:sleepers",
                                                g_variant_new ("(ubbb)", count, kind == DEAF,
                                                               kind == APART, kind == STOPPED),
                                                "ai");
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (gint32));
  gsize n;
  const gint32 *found = g_variant_get_fixed_array (value, &n, sizeof *found);

  g_array_append_vals (pids, found, n);
  g_assert_cmpuint (pids->len, ==, count);
  return pids;
}

static void
wait_for_end (GArray *pids)
{
  for (guint i = 0; i < pids->len; i++)
    test_wait (!test_process_runs (g_array_index (pids, gint32, i)));
}

/* ---- what waits for it ---- */

typedef struct
{
  MitogenReceiver *receiver;
  Ending ending;
} Waiting;

static void
waiting_begin (Waiting *waiting, MitogenContext *context)
{
  g_autoptr (GError) error = NULL;

  memset (waiting, 0, sizeof *waiting);
  test_watch_ending (context, &waiting->ending);
  waiting->receiver = mitogen_context_start_call (context, "it_functions:nap",
                                                  g_variant_new ("(d)", 1000.0), NULL, &error);
  g_assert_no_error (error);
}

static void
waiting_end (Waiting *waiting, MitogenContext *context, const char *reason)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_receiver_get_data (waiting->receiver, TEST_PATIENCE_MS, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  test_wait (waiting->ending.count > 0);
  test_assert_contains (waiting->ending.reason->message, reason);
  g_assert_cmpint (mitogen_context_get_state (context), ==, MITOGEN_CONTEXT_STATE_DISCONNECTED);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (waiting->ending.count, ==, 1);
  g_clear_object (&waiting->receiver);
  test_ending_clear (&waiting->ending);
}

/* ---- the group ---- */

static void
test_group (Fixture *fixture, gconstpointer data)
{
  gint pid = test_context_pid (fixture->context);
  g_autoptr (GVariant) group = test_call_typed (fixture->context, "os:getpgrp", NULL, "i");
  g_autoptr (GVariant) terminal =
      test_call_typed (fixture->context, "it_functions:has_terminal", NULL, "b");

  g_assert_cmpint (g_variant_get_int32 (group), ==, pid);
  g_assert_cmpint (getpgid (pid), !=, getpgrp ());
  g_assert_false (g_variant_get_boolean (terminal));
}

static void
on_preexec (gpointer data)
{
  umask (GPOINTER_TO_UINT (data));
  setpgid (0, 0);
}

/* The program's hook runs before, and what it does counts. */
static void
test_group_of_hook (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GArray) pids = NULL;
  g_autoptr (GVariant) value = NULL;

  mitogen_router_set_preexec_func (fixture->router, on_preexec, GUINT_TO_POINTER (0123));
  context = test_local (fixture->router);
  value = test_call_typed (context, "os:umask", g_variant_new ("(i)", 0), "i");
  g_assert_cmpint (g_variant_get_int32 (value), ==, 0123);
  pids = sleepers (context, 2, PLAIN);
  g_assert_true (mitogen_context_kill (context, TRUE, NULL, NULL));
  wait_for_end (pids);
}

/* ---- killing ---- */

static void
test_one (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) other = test_local (fixture->router);
  g_autoptr (GError) error = NULL;
  gint pid = test_context_pid (fixture->context);
  Waiting waiting;

  waiting_begin (&waiting, fixture->context);
  g_assert_true (mitogen_context_kill (fixture->context, TRUE, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (mitogen_context_get_state (fixture->context), ==,
                   MITOGEN_CONTEXT_STATE_DISCONNECTED);
  waiting_end (&waiting, fixture->context, "it was killed");
  test_wait (!test_process_exists (pid));
  test_assert_alive (other);
}

static void
test_no_wait (Fixture *fixture, gconstpointer data)
{
  gint pid = test_context_pid (fixture->context);
  Waiting waiting;

  waiting_begin (&waiting, fixture->context);
  g_assert_true (mitogen_context_kill (fixture->context, FALSE, NULL, NULL));
  waiting_end (&waiting, fixture->context, "it was killed");
  test_wait (!test_process_exists (pid));
}

/* Twice at the same time, and once more when it is over. */
static void
test_twice (Fixture *fixture, gconstpointer data)
{
  GAsyncResult *results[3] = { NULL };
  g_autoptr (GError) error = NULL;
  Waiting waiting;

  waiting_begin (&waiting, fixture->context);
  mitogen_context_kill_async (fixture->context, TRUE, NULL, test_keep_result, &results[0]);
  mitogen_context_kill_async (fixture->context, TRUE, NULL, test_keep_result, &results[1]);
  for (guint i = 0; i < 2; i++)
    g_assert_true (
        mitogen_context_kill_finish (fixture->context, test_wait_result (&results[i]), &error));
  waiting_end (&waiting, fixture->context, "it was killed");

  g_assert_true (mitogen_context_kill (fixture->context, TRUE, NULL, &error));
  g_assert_true (mitogen_context_kill (fixture->context, FALSE, NULL, &error));
  g_assert_true (mitogen_context_shutdown (fixture->context, TRUE, NULL, &error));
  mitogen_context_kill_async (fixture->context, TRUE, NULL, test_keep_result, &results[2]);
  g_assert_true (
      mitogen_context_kill_finish (fixture->context, test_wait_result (&results[2]), &error));
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    g_object_unref (results[i]);
}

static void
test_after_crash (Fixture *fixture, gconstpointer data)
{
  g_auto (Ending) ending = { 0 };

  test_watch_ending (fixture->context, &ending);
  kill (test_context_pid (fixture->context), SIGSEGV);
  test_wait (ending.count > 0);
  g_assert_true (mitogen_context_kill (fixture->context, TRUE, NULL, NULL));
  test_assert_contains (ending.reason->message, "SIGSEGV");
}

static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  gint pid = test_context_pid (fixture->context);
  Waiting waiting;

  waiting_begin (&waiting, fixture->context);
  kill (pid, SIGSTOP);
  g_assert_true (mitogen_context_kill (fixture->context, TRUE, NULL, NULL));
  waiting_end (&waiting, fixture->context, "it was killed");
  test_wait (!test_process_exists (pid));
}

/* It has been asked to leave, takes its time, and is killed meanwhile. */
static void
test_while_leaving (Fixture *fixture, gconstpointer data)
{
  gint pid = test_context_pid (fixture->context);
  g_auto (Ending) ending = { 0 };

  test_watch_ending (fixture->context, &ending);
  kill (pid, SIGSTOP);
  g_assert_true (mitogen_context_shutdown (fixture->context, FALSE, NULL, NULL));
  g_assert_true (mitogen_context_kill (fixture->context, TRUE, NULL, NULL));
  test_wait (ending.count > 0);
  test_wait (!test_process_exists (pid));
}

/* Processes of every kind that are still in its group end with it, whether they hold its stream
 * open or not; those that have left the group do not. */
static void
test_left_behind (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (MitogenContext) context = test_local (fixture->router);
      g_autoptr (GArray) apart = sleepers (context, 1, APART);
      g_autoptr (GArray) deaf = sleepers (context, 2, DEAF);
      g_autoptr (GArray) stopped = sleepers (context, 1, STOPPED);
      g_autoptr (GVariant) value =
          test_call_typed (context, "it_functions:fork_sleeper", NULL, "i");
      gint heir = g_variant_get_int32 (value);

      g_array_append_val (deaf, heir);
      if (i == 0)
        g_assert_true (mitogen_context_kill (context, TRUE, NULL, NULL));
      else if (i == 1)
        g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
      else if (i == 2)
        kill (test_context_pid (context), SIGKILL);
      else
        mitogen_context_call_no_reply (context, "os:_exit", g_variant_new ("(i)", 0), NULL, NULL);
      wait_for_end (deaf);
      wait_for_end (stopped);
      g_assert_true (test_process_runs (g_array_index (apart, gint32, 0)));
      kill (g_array_index (apart, gint32, 0), SIGKILL);
    }
}

static MitogenContext *
connect_deaf (MitogenRouter *router)
{
  g_autofree char *script = test_remote_file ("hostile_child.py");
  g_autoptr (MitogenConnection) connection =
      test_connection_argv (TEST_PYTHON, script, "deaf", NULL);

  return test_connect (router, connection);
}

static void
test_deaf (Fixture *fixture, gconstpointer data)
{
  mitogen_broker_set_shutdown_timeout (mitogen_router_get_broker (fixture->router),
                                       SHUTDOWN_TIMEOUT_MS);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (MitogenContext) context = connect_deaf (fixture->router);
      gint pid = test_context_pid (context);

      if (i == 0)
        g_assert_true (mitogen_context_kill (context, TRUE, NULL, NULL));
      else
        g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
      test_wait (!test_process_runs (pid));
    }
}

static void
test_router_shutdown (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GArray) deaf = sleepers (fixture->context, 2, DEAF);
  g_autoptr (GArray) plain = sleepers (fixture->context, 2, PLAIN);

  mitogen_broker_set_shutdown_timeout (mitogen_router_get_broker (fixture->router),
                                       SHUTDOWN_TIMEOUT_MS);
  mitogen_router_shutdown (fixture->router);
  g_assert_true (mitogen_router_join (fixture->router, TEST_PATIENCE_MS));
  wait_for_end (deaf);
  wait_for_end (plain);
}

/* ---- not connected yet, or by somebody else ---- */

static gint
read_pid (const char *path)
{
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) && strchr (text, '\n') != NULL ? atoi (text)
                                                                                      : 0;
}

/* What the command has started meanwhile goes with it. */
static void
test_during_connect (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_dir_make_tmp ("mitogen-test-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "pid", NULL);
  g_autofree char *script = g_strdup_printf ("sleep 1000 & echo $! > %s; wait", path);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (MitogenConnection) connection =
          test_connection_argv ("/bin/sh", "-c", script, NULL);
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      gint pid;

      mitogen_router_connect_async (fixture->router, connection, NULL, cancellable,
                                    test_keep_result, &result);
      test_wait ((pid = read_pid (path)) != 0);
      if (i == 0)
        g_cancellable_cancel (cancellable);
      else
        mitogen_router_shutdown (fixture->router);
      g_assert_null (
          mitogen_router_connect_finish (fixture->router, test_wait_result (&result), &error));
      g_assert_nonnull (error);
      test_wait (!test_process_runs (pid));
      g_unlink (path);
    }
  g_rmdir (folder);
}

static void
test_foreign (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) other = mitogen_router_context_by_id (fixture->router, 4711, NULL);
  MitogenContext *self = mitogen_router_myself (fixture->router);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (mitogen_context_kill (other, TRUE, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  mitogen_context_kill_async (self, FALSE, NULL, test_keep_result, &result);
  g_assert_false (mitogen_context_kill_finish (self, test_wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_test_message ("%s", error->message);
}

/* ---- at bad moments ---- */

static gpointer
call_until_it_fails (gpointer context)
{
  while (TRUE)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value =
          mitogen_context_call (context, "os:getpid", NULL, NULL, NULL, -1, NULL, &error);

      if (value != NULL)
        continue;
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
      return NULL;
    }
}

static void
test_under_load (Fixture *fixture, gconstpointer data)
{
  for (guint round = 0; round < ROUNDS; round++)
    {
      g_autoptr (MitogenContext) context = test_local (fixture->router);
      gint pid = test_context_pid (context);
      GThread *threads[3];

      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("caller", call_until_it_fails, context);
      g_usleep (g_test_rand_int_range (0, 5000));
      g_assert_true (mitogen_context_kill (context, round % 2, NULL, NULL));
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
      test_wait (!test_process_exists (pid));
    }
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  test_add_local ("/kill/group", test_group);
  test_add_router ("/kill/group-of-hook", test_group_of_hook);
  test_add_local ("/kill/one", test_one);
  test_add_local ("/kill/no-wait", test_no_wait);
  test_add_local ("/kill/twice", test_twice);
  test_add_local ("/kill/after-crash", test_after_crash);
  test_add_local ("/kill/stopped", test_stopped);
  test_add_local ("/kill/while-leaving", test_while_leaving);
  test_add_router ("/kill/left-behind", test_left_behind);
  test_add_router ("/kill/deaf", test_deaf);
  test_add_local ("/kill/router-shutdown", test_router_shutdown);
  test_add_router ("/kill/during-connect", test_during_connect);
  test_add_router ("/kill/foreign", test_foreign);
  test_add_router ("/kill/under-load", test_under_load);
  return g_test_run ();
}
