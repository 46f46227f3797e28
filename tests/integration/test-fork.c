/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts that are copies of this process. */

#include "test-util.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 15

/* ---- what can be called in the copy ---- */

static guint counter;
static MitogenRouter *child_router; /* in a copy whose connection says so */

static void
answer (MitogenCall *call, GVariant *value)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mitogen_call_return_value (call, value, &error));
  g_assert_no_error (error);
}

static void
on_add (MitogenCall *call, gpointer data)
{
  gint64 a;
  gint64 b;

  g_variant_get (mitogen_call_get_args (call), "(xx)", &a, &b);
  answer (call, g_variant_new_int64 (a + b + GPOINTER_TO_INT (data)));
}

static void
on_describe (MitogenCall *call, gpointer data)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "pid", "x", (gint64) getpid ());
  g_variant_dict_insert (&dict, "parent", "x", (gint64) getppid ());
  g_variant_dict_insert (&dict, "leader", "b", getpid () == getsid (0));
  g_variant_dict_insert (&dict, "counter", "x", (gint64) counter);
  g_variant_dict_insert (&dict, "random", "x", (gint64) g_random_int ());
  g_variant_dict_insert (&dict, "id", "x",
                         child_router != NULL ? (gint64) mitogen_router_get_id (child_router) : -1);
  answer (call, g_variant_dict_end (&dict));
}

static void
on_print (MitogenCall *call, gpointer data)
{
  g_print ("out\n");
  g_printerr ("err\n");
  answer (call, g_variant_new ("mv", NULL));
}

static G_NORETURN void
on_nap (MitogenCall *call, gpointer data)
{
  while (TRUE)
    g_usleep (G_USEC_PER_SEC);
}

static G_NORETURN void
on_leave (MitogenCall *call, gpointer data)
{
  _exit (3);
}

/* A copy can have children, and copies. */
static void
on_tree (MitogenCall *call, gpointer data)
{
  g_autoptr (MitogenContext) python = test_local (child_router);
  g_autoptr (MitogenConnection) connection = mitogen_fork_connection_new ();
  g_autoptr (MitogenContext) copy = NULL;
  g_autoptr (GVariant) sum = NULL;
  g_autoptr (GVariant) pid = NULL;

  copy = test_connect (child_router, connection);
  sum = test_call (copy, "app:add", g_variant_new ("(ii)", 20, 22));
  /* A module that the original has. */
  pid = test_call_typed (python, "of_the_original:get_pid", NULL, "x");
  answer (call, g_variant_new ("(xx)", g_variant_get_int64 (sum), g_variant_get_int64 (pid)));
}

static void
export_all (MitogenRouter *router)
{
  static const struct
  {
    const char *name;
    MitogenExportedFunc func;
  } functions[] = {
    { "app:add", on_add }, { "app:describe", on_describe }, { "app:print", on_print },
    { "app:nap", on_nap }, { "app:exit", on_leave },
  };

  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    g_assert_true (mitogen_router_export_function (router, functions[i].name,
                                                   MITOGEN_POLICY_PARENTS, functions[i].func, NULL,
                                                   NULL, NULL));
}

static void
set_up (MitogenRouter *router, gpointer data)
{
  child_router = router;
  counter += GPOINTER_TO_UINT (data);
  g_assert_true (mitogen_router_export_function (router, "app:tree", MITOGEN_POLICY_PARENTS,
                                                 on_tree, NULL, NULL, NULL));
}

/* ---- the fixture ---- */

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif

#ifdef UNDER_TSAN
static const gboolean under_tsan = TRUE;
#else
static const gboolean under_tsan = FALSE;
#endif

static void
test_skipped (gconstpointer data)
{
  g_test_skip ("ThreadSanitizer does not let a process with threads fork");
}

static void
test_add (const char *path, FixtureFunc func)
{
  if (under_tsan)
    g_test_add_data_func (path, NULL, test_skipped);
  else
    test_add_router (path, func);
}

static MitogenContext *
fork_with (MitogenRouter *router, guint more)
{
  g_autoptr (MitogenConnection) connection = mitogen_fork_connection_new ();

  mitogen_connection_set_connect_timeout (connection, TEST_PATIENCE_MS);
  mitogen_fork_connection_set_child_func (MITOGEN_FORK_CONNECTION (connection), set_up,
                                          GUINT_TO_POINTER (more));
  return test_connect (router, connection);
}

static MitogenContext *
fork_plainly (MitogenRouter *router)
{
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_fork (router, NULL, NULL, &error);

  g_assert_no_error (error);
  return context;
}

static void
assert_alive (MitogenContext *context)
{
  g_autoptr (GVariant) sum = test_call (context, "app:add", g_variant_new ("(ii)", 20, 22));

  test_assert_value (sum, "int64 42");
}

static gint64
look_up (GVariant *value, const char *name)
{
  g_autoptr (GVariant) found = g_variant_lookup_value (value, name, NULL);

  g_assert_nonnull (found);
  return g_variant_is_of_type (found, G_VARIANT_TYPE_BOOLEAN) ? g_variant_get_boolean (found)
                                                              : g_variant_get_int64 (found);
}

/* ---- calls ---- */

static void
test_call_it (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  counter = 7;
  export_all (fixture->router);
  context = fork_plainly (fixture->router);
  counter = 8;
  value = test_call (context, "app:describe", NULL);
  g_assert_cmpint (look_up (value, "pid"), ==, test_context_pid (context));
  g_assert_cmpint (look_up (value, "parent"), ==, getpid ());
  g_assert_cmpint (look_up (value, "leader"), ==, TRUE);
  g_assert_cmpint (look_up (value, "counter"), ==, 7);
  g_assert_cmpint (look_up (value, "id"), ==, -1);
  for (guint i = 0; i < 100; i++)
    assert_alive (context);
  error = test_call_fails (context, "app:tree", NULL);
  test_assert_contains (error->message, "No function “app:tree” is exported here");
}

static void
test_func (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) tree = NULL;
  gint64 sum;
  gint64 pid;

  counter = 7;
  export_all (fixture->router);
  g_assert_true (mitogen_module_responder_add_module (
      mitogen_router_get_responder (fixture->router), "of_the_original",
      "import os\n\n\ndef get_pid():\n    return os.getpid()\n", NULL));
  context = fork_with (fixture->router, 5);
  value = test_call (context, "app:describe", NULL);
  g_assert_cmpint (look_up (value, "counter"), ==, 12);
  g_assert_cmpint (look_up (value, "id"), ==, mitogen_context_get_id (context));
  g_assert_cmpuint (counter, ==, 7);

  tree = test_call (context, "app:tree", NULL);
  g_variant_get (tree, "(xx)", &sum, &pid);
  g_assert_cmpint (sum, ==, 42);
  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  test_wait (!test_process_runs (pid));
}

/* What the original has going on goes on, and only there. */
static gboolean
on_idle (gpointer data)
{
  counter += 1000;
  return G_SOURCE_REMOVE;
}

static GHashTable *
descriptors_of (gint pid)
{
  g_autofree char *folder = g_strdup_printf ("/proc/%d/fd", pid);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  GHashTable *found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      char *target = g_file_read_link (path, NULL);

      if (target != NULL)
        g_hash_table_add (found, target);
    }
  return found;
}

/* Sockets and pipes that both have. */
static guint
count_shared (gint pid)
{
  g_autoptr (GHashTable) here = descriptors_of (getpid ());
  g_autoptr (GHashTable) there = descriptors_of (pid);
  GHashTableIter iter;
  gpointer target;
  guint shared = 0;

  g_hash_table_iter_init (&iter, here);
  while (g_hash_table_iter_next (&iter, &target, NULL))
    if ((g_str_has_prefix (target, "socket:") || g_str_has_prefix (target, "pipe:")) &&
        g_hash_table_contains (there, target))
      {
        g_test_message ("shared: %s", (char *) target);
        shared++;
      }
  return shared;
}

static void
test_beside_others (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenRouter) other = test_router_new ();
  g_autoptr (MitogenContext) python = test_local (fixture->router);
  g_autoptr (MitogenContext) foreign = test_local (other);
  g_autoptr (MitogenContext) first = NULL;
  g_autoptr (MitogenContext) second = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) napped = NULL;
  gint pid = test_context_pid (python);
  /* What the test itself was given is no secret of ours. */
  guint usual = count_shared (getppid ());

  counter = 0;
  export_all (fixture->router);
  mitogen_context_call_async (foreign, "it_functions:nap", g_variant_new ("(d)", 0.2), NULL, NULL,
                              TEST_PATIENCE_MS, NULL, test_keep_result, &result);
  g_idle_add (on_idle, NULL);
  first = fork_plainly (fixture->router);
  second = fork_plainly (fixture->router);
  value = test_call (second, "app:describe", NULL);
  g_assert_cmpint (look_up (value, "counter"), ==, 0);
  g_assert_cmpuint (count_shared (test_context_pid (second)), <=, usual + 1);

  napped = mitogen_context_call_finish (foreign, test_wait_result (&result), NULL);
  g_assert_nonnull (napped);
  test_wait (counter == 1000);
  test_assert_alive (python);
  test_assert_alive (foreign);
  /* Its end would not come if a copy held its stream. */
  g_assert_true (mitogen_context_shutdown (python, TRUE, NULL, NULL));
  test_wait (!test_process_exists (pid));
  assert_alive (first);
  assert_alive (second);
  test_router_end (g_steal_pointer (&other));
}

static void
test_random (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) first = NULL;
  g_autoptr (MitogenContext) second = NULL;
  g_autoptr (GVariant) one = NULL;
  g_autoptr (GVariant) two = NULL;

  export_all (fixture->router);
  first = fork_plainly (fixture->router);
  second = fork_plainly (fixture->router);
  one = test_call (first, "app:describe", NULL);
  two = test_call (second, "app:describe", NULL);
  g_assert_cmpint (look_up (one, "random"), !=, look_up (two, "random"));
}

typedef struct
{
  guint out;
  guint err;
} Said;

static void
on_output (MitogenContext *context, const char *stream, const char *line, gpointer data)
{
  Said *said = data;

  if (g_str_equal (stream, "stdout") && g_str_equal (line, "out"))
    said->out++;
  if (g_str_equal (stream, "stderr") && g_str_equal (line, "err"))
    said->err++;
}

static void
test_output (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GVariant) value = NULL;
  Said said = { 0 };

  export_all (fixture->router);
  context = fork_plainly (fixture->router);
  g_signal_connect (context, "output", G_CALLBACK (on_output), &said);
  value = test_call (context, "app:print", NULL);
  test_wait (said.out == 1 && said.err == 1);
}

/* ---- where it cannot work ---- */

static gpointer
wait_for_lock (gpointer lock)
{
  g_mutex_lock (lock);
  g_mutex_unlock (lock);
  return NULL;
}

static void
test_threads (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;
  GThread *thread;
  GMutex lock;

  g_mutex_init (&lock);
  g_mutex_lock (&lock);
  export_all (fixture->router);
  thread = g_thread_new ("bystander", wait_for_lock, &lock);
  g_assert_null (mitogen_router_fork (fixture->router, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_test_message ("%s", error->message);
  test_assert_contains (error->message, "bystander");

  g_mutex_unlock (&lock);
  g_thread_join (thread);
  context = fork_plainly (fixture->router);
  assert_alive (context);
}

static gpointer
fork_in_thread (gpointer router)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_router_fork (router, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  return NULL;
}

static void
test_other_thread (Fixture *fixture, gconstpointer data)
{
  g_thread_join (g_thread_new ("forker", fork_in_thread, fixture->router));
}

/* ---- ends ---- */

static void
test_ends (Fixture *fixture, gconstpointer data)
{
  static const char *const ways[] = { "exit", "kill", "signal", "shutdown", "busy", "stop" };

  mitogen_broker_set_shutdown_timeout (mitogen_router_get_broker (fixture->router), 500);
  export_all (fixture->router);
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autoptr (MitogenContext) context = fork_plainly (fixture->router);
      g_auto (Ending) ending = { 0 };
      gint pid = test_context_pid (context);

      test_watch_ending (context, &ending);
      if (g_str_equal (ways[i], "busy"))
        mitogen_context_call_no_reply (context, "app:nap", NULL, NULL, NULL);
      if (g_str_equal (ways[i], "stop"))
        kill (pid, SIGSTOP);
      if (g_str_equal (ways[i], "exit"))
        mitogen_context_call_no_reply (context, "app:exit", NULL, NULL, NULL);
      else if (g_str_equal (ways[i], "kill"))
        g_assert_true (mitogen_context_kill (context, TRUE, NULL, NULL));
      else if (g_str_equal (ways[i], "signal"))
        kill (pid, SIGKILL);
      else
        g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
      test_wait (ending.count == 1);
      test_wait (!test_process_exists (pid));
    }
}

/* Stopped by a shell and continued, as whatever this process waits for. */
static void
test_after_stop (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = NULL;

  export_all (fixture->router);
  g_assert_cmpint (system ("(until grep -q '^State:.T' /proc/$PPID/status; do sleep 0.01; done;"
                           " kill -CONT $PPID) & kill -STOP $PPID; wait"),
                   ==, 0);
  context = fork_plainly (fixture->router);
  assert_alive (context);
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  export_all (fixture->router);
  for (guint i = 0; i < 2 * ROUNDS; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (MitogenContext) context = NULL;
      g_autoptr (GError) error = NULL;

      mitogen_router_fork_async (fixture->router, NULL, cancellable, test_keep_result, &result);
      g_usleep (g_test_rand_int_range (0, 5000));
      g_cancellable_cancel (cancellable);
      context = mitogen_router_fork_finish (fixture->router, test_wait_result (&result), &error);
      if (context == NULL)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
}

static void
test_many (Fixture *fixture, gconstpointer data)
{
  GAsyncResult *results[20] = { NULL };

  export_all (fixture->router);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    mitogen_router_fork_async (fixture->router, NULL, NULL, test_keep_result, &results[i]);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MitogenContext) context =
          mitogen_router_fork_finish (fixture->router, test_wait_result (&results[i]), &error);

      g_assert_no_error (error);
      assert_alive (context);
      g_object_unref (results[i]);
    }
}

static void
test_killed_at_any_time (Fixture *fixture, gconstpointer data)
{
  export_all (fixture->router);
  for (guint i = 0; i < ROUNDS; i++)
    {
      g_autoptr (MitogenContext) context = fork_plainly (fixture->router);
      g_autoptr (MitogenReceiver) receiver = NULL;
      g_autoptr (GVariant) value = NULL;
      g_autoptr (GError) error = NULL;

      receiver = mitogen_context_start_call (context, "app:print", NULL, NULL, &error);
      g_assert_no_error (error);
      g_usleep (g_test_rand_int_range (0, 1000));
      kill (test_context_pid (context), SIGKILL);
      value = mitogen_receiver_get_data (receiver, TEST_PATIENCE_MS, NULL, &error);
      if (value == NULL)
        g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
    }
}

/* ---- a parent that goes, and its handler at exit, which is its own ---- */

static void
on_process_exit (void)
{
  if (write (STDERR_FILENO, "at exit\n", 8) < 0)
    _exit (9);
}

static G_NORETURN void
be_parent (const char *how)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (MitogenContext) idle = NULL;
  g_autoptr (MitogenContext) busy = NULL;

  atexit (on_process_exit);
  export_all (router);
  idle = fork_plainly (router);
  busy = fork_plainly (router);
  mitogen_context_call_no_reply (busy, "app:nap", NULL, NULL, NULL);
  g_print ("%d %d\n", test_context_pid (idle), test_context_pid (busy));
  if (g_str_equal (how, "kill"))
    raise (SIGKILL);
  if (g_str_equal (how, "_exit"))
    _exit (0);
  if (g_str_equal (how, "shutdown"))
    test_router_end (g_steal_pointer (&router));
  exit (0);
}

static void
test_parent_dies (gconstpointer data)
{
  const char *how = data;
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  const char *const argv[] = { program, "--be-parent", how, NULL };
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;
  g_autoptr (GError) error = NULL;
  gint pids[2] = { 0 };
  gboolean runs_handler = g_str_equal (how, "exit") || g_str_equal (how, "shutdown");

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &err,
                               NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (sscanf (out, "%d %d", &pids[0], &pids[1]), ==, 2);
  for (guint i = 0; i < 2; i++)
    test_wait (!test_process_runs (pids[i]));
  g_assert_cmpstr (err, ==, runs_handler ? "at exit\n" : "");
}

int
main (int argc, char **argv)
{
  static const char *const ends[] = { "exit", "_exit", "kill", "shutdown" };

  if (argc > 2 && g_str_equal (argv[1], "--be-parent"))
    be_parent (argv[2]);

  test_init_for_fork (&argc, &argv);
  test_add ("/fork/call", test_call_it);
  test_add ("/fork/func", test_func);
  test_add ("/fork/beside-others", test_beside_others);
  test_add ("/fork/random", test_random);
  test_add ("/fork/output", test_output);
  test_add ("/fork/threads", test_threads);
  test_add ("/fork/other-thread", test_other_thread);
  test_add ("/fork/ends", test_ends);
  test_add ("/fork/after-stop", test_after_stop);
  test_add ("/fork/cancel", test_cancel);
  test_add ("/fork/many", test_many);
  test_add ("/fork/killed-at-any-time", test_killed_at_any_time);
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *path = g_strconcat ("/fork/parent-dies/", ends[i], NULL);

      g_test_add_data_func (path, ends[i], under_tsan ? test_skipped : test_parent_dies);
    }
  return g_test_run ();
}
