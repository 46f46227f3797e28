/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts that are other processes of this very program. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 15

/* ---- what can be called in the child ---- */

static MitogenRouter *child_router;

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
  answer (call, g_variant_new_int64 (a + b));
}

static void
on_describe (MitogenCall *call, gpointer data)
{
  GVariantDict dict;
  g_autofree char *input = g_file_read_link ("/proc/self/fd/0", NULL);

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "pid", "x", (gint64) getpid ());
  g_variant_dict_insert (&dict, "id", "u", mitogen_router_get_id (child_router));
  g_variant_dict_insert (&dict, "master", "b", mitogen_router_is_master (child_router));
  g_variant_dict_insert (&dict, "marked", "b", g_getenv ("MITOGEN_CHILD") != NULL);
  g_variant_dict_insert (&dict, "main", "b", getpid () == gettid ());
  g_variant_dict_insert (&dict, "leader", "b", getpid () == getsid (0));
  g_variant_dict_insert (&dict, "input", "s", input);
  answer (call, g_variant_dict_end (&dict));
}

static void
on_print (MitogenCall *call, gpointer data)
{
  const char *text;

  g_variant_get (mitogen_call_get_args (call), "(&s)", &text);
  g_print ("out %s\n", text);
  g_printerr ("err %s\n", text);
  answer (call, g_variant_new ("mv", NULL));
}

static G_NORETURN void
on_nap (MitogenCall *call, gpointer data)
{
  while (TRUE)
    g_usleep (G_USEC_PER_SEC);
}

static G_NORETURN void
on_end (MitogenCall *call, gpointer data)
{
  const char *how;

  g_variant_get (mitogen_call_get_args (call), "(&s)", &how);
  if (g_str_equal (how, "exit"))
    exit (3);
  if (g_str_equal (how, "_exit"))
    _exit (3);
  signal (SIGABRT, SIG_DFL);
  g_printerr ("these are the last words\n");
  abort ();
}

/* A child has children. It reaches those of its parent, which do not obey it. */
static void
on_tree (MitogenCall *call, gpointer data)
{
  g_autoptr (MitogenContext) python = test_local (child_router);
  g_autoptr (MitogenConnection) connection = mitogen_self_connection_new ();
  g_autoptr (MitogenContext) again = test_connect (child_router, connection);
  g_autoptr (GVariant) sum = test_call (again, "app:add", g_variant_new ("(ii)", 20, 22));
  g_autoptr (GVariant) pid = test_call_typed (python, "os:getpid", NULL, "x");
  g_autoptr (GError) refused = NULL;
  g_autoptr (MitogenContext) sibling = NULL;
  gint64 id;

  g_variant_get (mitogen_call_get_args (call), "(x)", &id);
  sibling = mitogen_router_context_by_id (child_router, id, NULL);
  refused = test_call_fails (sibling, "os:getpid", NULL);
  answer (call, g_variant_new ("(xxsu)", g_variant_get_int64 (sum), g_variant_get_int64 (pid),
                               refused->message, mitogen_context_get_id (python)));
}

static void
on_use_up (MitogenCall *call, gpointer data)
{
  for (guint i = 0; i < 3000; i++)
    g_print ("line %u\n", i);
  answer (call, g_variant_new ("mv", NULL));
}

static void
set_up (MitogenRouter *router, gpointer data)
{
  static const struct
  {
    const char *name;
    MitogenExportedFunc func;
  } functions[] = {
    { "app:add", on_add },       { "app:describe", on_describe }, { "app:print", on_print },
    { "app:nap", on_nap },       { "app:end", on_end },           { "app:tree", on_tree },
    { "app:use_up", on_use_up },
  };

  g_assert_true (data == &child_router);
  child_router = router;
  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    g_assert_true (mitogen_router_export_function (router, functions[i].name,
                                                   MITOGEN_POLICY_PARENTS, functions[i].func, NULL,
                                                   NULL, NULL));
}

/* ---- connecting ---- */

static MitogenContext *
connect_self (MitogenRouter *router)
{
  g_autoptr (MitogenConnection) connection = mitogen_self_connection_new ();

  mitogen_connection_set_connect_timeout (connection, TEST_PATIENCE_MS);
  return test_connect (router, connection);
}

static MitogenConnection *
connection_argv (const char *first, ...)
{
  MitogenConnection *connection = mitogen_self_connection_new ();
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) argv = NULL;
  va_list args;

  va_start (args, first);
  for (const char *word = first; word != NULL; word = va_arg (args, const char *))
    g_strv_builder_add (builder, word);
  va_end (args);
  argv = g_strv_builder_end (builder);
  mitogen_self_connection_set_argv (MITOGEN_SELF_CONNECTION (connection),
                                    (const char *const *) argv);
  return connection;
}

static void
assert_alive (MitogenContext *context)
{
  g_autoptr (GVariant) sum = test_call (context, "app:add", g_variant_new ("(ii)", 20, 22));

  test_assert_value (sum, "int64 42");
}

static void
test_call_it (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = connect_self (fixture->router);
  g_autoptr (GVariant) value = test_call (context, "app:describe", NULL);
  g_autoptr (GVariant) info = mitogen_context_dup_info (context);
  g_autoptr (GError) error = NULL;
  GVariantDict dict;
  gint64 pid;
  gint64 id;
  gboolean yes;
  const char *text;

  g_variant_dict_init (&dict, value);
  g_assert_true (g_variant_dict_lookup (&dict, "pid", "x", &pid));
  g_assert_cmpint (pid, ==, test_context_pid (context));
  g_assert_cmpint (pid, !=, getpid ());
  g_assert_true (g_variant_dict_lookup (&dict, "id", "x", &id));
  g_assert_cmpint (id, ==, mitogen_context_get_id (context));
  g_assert_true (g_variant_dict_lookup (&dict, "master", "b", &yes) && !yes);
  g_assert_true (g_variant_dict_lookup (&dict, "marked", "b", &yes) && !yes);
  g_assert_true (g_variant_dict_lookup (&dict, "main", "b", &yes) && yes);
  g_assert_true (g_variant_dict_lookup (&dict, "leader", "b", &yes) && yes);
  g_assert_true (g_variant_dict_lookup (&dict, "input", "&s", &text));
  g_assert_cmpstr (text, ==, "/dev/null");
  g_variant_dict_clear (&dict);
  g_assert_true (g_variant_lookup (info, "implementation", "&s", &text));
  g_assert_cmpstr (text, ==, "mitogen-glib");

  for (guint i = 0; i < 100; i++)
    assert_alive (context);
  error = test_call_fails (context, "app:missing", NULL);
  test_assert_contains (error->message, "No function “app:missing” is exported here");
  g_clear_error (&error);
  error = test_call_fails (context, "os:getpid", NULL);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  test_wait (!test_process_exists (pid));
}

/* ---- what it says ---- */

typedef struct
{
  guint out;
  guint err;
  guint many;
  gboolean last_words;
} Said;

static void
on_output (MitogenContext *context, const char *stream, const char *line, gpointer data)
{
  Said *said = data;

  if (g_str_equal (stream, "stdout") && g_str_equal (line, "out hello"))
    said->out++;
  if (g_str_equal (stream, "stderr") && g_str_equal (line, "err hello"))
    said->err++;
  if (g_str_has_prefix (line, "line "))
    said->many++;
  if (g_str_equal (line, "these are the last words"))
    said->last_words = TRUE;
}

static void
test_output (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = connect_self (fixture->router);
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) many = NULL;
  g_auto (Ending) ending = { 0 };
  Said said = { 0 };

  g_signal_connect (context, "output", G_CALLBACK (on_output), &said);
  test_watch_ending (context, &ending);
  value = test_call (context, "app:print", g_variant_new ("(s)", "hello"));
  test_wait (said.out == 1 && said.err == 1);
  many = test_call (context, "app:use_up", NULL);
  test_wait (said.many == 3000);
  g_assert_true (mitogen_context_call_no_reply (context, "app:end", g_variant_new ("(s)", "abort"),
                                                NULL, NULL));
  test_wait (said.last_words && ending.count == 1);
  test_assert_contains (ending.reason->message, "SIGABRT");
}

/* ---- ends ---- */

static void
test_ends (Fixture *fixture, gconstpointer data)
{
  static const char *const ways[] = { "exit", "_exit", "kill", "shutdown", "stop" };

  mitogen_broker_set_shutdown_timeout (mitogen_router_get_broker (fixture->router), 500);
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autoptr (MitogenContext) context = connect_self (fixture->router);
      g_autoptr (MitogenReceiver) receiver = NULL;
      g_autoptr (GError) error = NULL;
      gint pid = test_context_pid (context);

      if (i < 2)
        receiver = mitogen_context_start_call (context, "app:end", g_variant_new ("(s)", ways[i]),
                                               NULL, &error);
      else
        /* Its main thread does not listen any more. */
        receiver = mitogen_context_start_call (context, "app:nap", NULL, NULL, &error);
      g_assert_no_error (error);
      if (g_str_equal (ways[i], "kill"))
        g_assert_true (mitogen_context_kill (context, TRUE, NULL, NULL));
      if (g_str_equal (ways[i], "stop"))
        kill (pid, SIGSTOP);
      if (i >= 3)
        g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
      g_assert_null (mitogen_receiver_get_data (receiver, TEST_PATIENCE_MS, NULL, &error));
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
      test_wait (!test_process_exists (pid));
    }
}

/* ---- a parent that goes without a word ---- */

static G_NORETURN void
be_parent (const char *how)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (MitogenContext) idle = connect_self (router);
  g_autoptr (MitogenContext) busy = connect_self (router);

  mitogen_context_call_no_reply (busy, "app:nap", NULL, NULL, NULL);
  g_print ("%d %d\n", test_context_pid (idle), test_context_pid (busy));
  if (g_str_equal (how, "kill"))
    raise (SIGKILL);
  if (g_str_equal (how, "_exit"))
    _exit (0);
  exit (0);
}

static void
test_parent_dies (gconstpointer data)
{
  const char *how = data;
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GSubprocess) parent = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gint pids[2] = { 0 };

  parent =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, "--be-parent", how, NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (parent, NULL, NULL, &text, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (sscanf (text, "%d %d", &pids[0], &pids[1]), ==, 2);
  for (guint i = 0; i < 2; i++)
    test_wait (!test_process_runs (pids[i]));
}

/* ---- a tree ---- */

static void
test_tree (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = connect_self (fixture->router);
  g_autoptr (MitogenContext) grandchild = NULL;
  g_autoptr (MitogenConnection) local = test_connection_argv (TEST_PYTHON, NULL);
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;
  gint64 sum;
  gint64 pid;
  const char *refused;
  guint32 id;

  value =
      test_call_typed (context, "app:tree",
                       g_variant_new ("(u)", mitogen_context_get_id (fixture->context)), "(xxsu)");
  g_variant_get (value, "(xx&su)", &sum, &pid, &refused, &id);
  g_assert_cmpint (sum, ==, 42);
  g_assert_cmpstr (refused, ==, "refused by policy");
  g_assert_true (test_process_runs (pid));
  grandchild = mitogen_router_context_by_id (fixture->router, id, NULL);
  {
    g_autoptr (GVariant) from_here = test_call_typed (grandchild, "os:getpid", NULL, "x");

    g_assert_cmpint (g_variant_get_int64 (from_here), ==, pid);
  }

  g_assert_null (mitogen_router_connect (fixture->router, local, context, NULL, &error));
  g_test_message ("%s", error->message);
  test_assert_contains (error->message, "only a context in Python");
  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  test_wait (!test_process_runs (pid));
}

/* ---- what goes wrong ---- */

static void
test_fails (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) missing = connection_argv ("/nonexistent/program", NULL);
  g_autoptr (MitogenConnection) other =
      connection_argv ("/bin/sh", "-c", "echo I am another; exit 4", NULL);
  g_autoptr (MitogenConnection) deaf = connection_argv ("/bin/sleep", "1000", NULL);
  g_autoptr (MitogenConnection) plain = mitogen_self_connection_new ();
  g_autoptr (GError) error = test_connect_fails (fixture->router, missing);

  test_assert_contains (error->message, "No such file");
  g_clear_error (&error);
  error = test_connect_fails (fixture->router, other);
  test_assert_contains (error->message, "I am another");
  test_assert_contains (error->message, "mitogen_init_child()");
  g_clear_error (&error);
  mitogen_connection_set_connect_timeout (deaf, 100);
  error = test_connect_fails (fixture->router, deaf);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_null (mitogen_router_connect (fixture->router, plain, fixture->context, NULL, &error));
  g_test_message ("%s", error->message);
  test_assert_contains (error->message, "not through another context");
}

/* A variable that was meant for another process makes nobody a child: this one prints and ends. */
static void
test_by_accident (void)
{
  static const char *const values[] = { "", "1", "1:2:abc", "%d:10:0123456789abcdef",
                                        "-1:-1:ffffffffffffffffffffffffffffffffffffffffff" };
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
          G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDIN_PIPE);
      g_autoptr (GSubprocess) process = NULL;
      g_autofree char *value = NULL;
      g_autofree char *text = NULL;
      g_auto (GStrv) parts = g_strsplit (values[i], "%d", -1);
      g_autofree char *pid = g_strdup_printf ("%d", getpid ());
      g_autoptr (GError) error = NULL;

      value = g_strjoinv (pid, parts);
      g_subprocess_launcher_setenv (launcher, "MITOGEN_CHILD", value, TRUE);
      process = g_subprocess_launcher_spawn (launcher, &error, program, "--be-nobody", NULL);
      g_assert_no_error (error);
      g_assert_true (g_subprocess_communicate_utf8 (process, "", NULL, &text, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, "nobody\n");
    }
}

static G_NORETURN void
be_nobody (void)
{
  g_print (g_getenv ("MITOGEN_CHILD") == NULL ? "nobody\n" : "marked\n");
  exit (0);
}

static void
test_uninitialized (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, "--uninitialized", NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &text, NULL, &error));
  g_assert_no_error (error);
  test_assert_contains (text, "it has to call mitogen_init_child() at its beginning");
}

static G_NORETURN void
be_uninitialized (void)
{
  {
    g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
    g_autoptr (MitogenConnection) connection = mitogen_self_connection_new ();
    g_autoptr (GError) error = NULL;

    g_assert_null (mitogen_router_connect (router, connection, NULL, NULL, &error));
    g_print ("%s\n", error->message);
    test_router_end (g_steal_pointer (&router));
  }
  exit (0);
}

/* ---- at bad moments ---- */

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 2 * ROUNDS; i++)
    {
      g_autoptr (MitogenConnection) connection = mitogen_self_connection_new ();
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (MitogenContext) context = NULL;
      g_autoptr (GError) error = NULL;

      mitogen_router_connect_async (fixture->router, connection, NULL, cancellable,
                                    test_keep_result, &result);
      g_usleep (g_test_rand_int_range (0, 40000));
      g_cancellable_cancel (cancellable);
      context = mitogen_router_connect_finish (fixture->router, test_wait_result (&result), &error);
      if (context == NULL)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
}

static void
test_killed_at_any_time (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < ROUNDS; i++)
    {
      g_autoptr (MitogenContext) context = connect_self (fixture->router);
      g_autoptr (MitogenReceiver) receiver = NULL;
      g_autoptr (GVariant) value = NULL;
      g_autoptr (GError) error = NULL;

      receiver = mitogen_context_start_call (context, "app:use_up", NULL, NULL, &error);
      g_assert_no_error (error);
      g_usleep (g_test_rand_int_range (0, 4000));
      kill (test_context_pid (context), SIGKILL);
      value = mitogen_receiver_get_data (receiver, TEST_PATIENCE_MS, NULL, &error);
      if (value == NULL)
        g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
    }
}

static void
test_many (Fixture *fixture, gconstpointer data)
{
  GAsyncResult *results[20] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (MitogenConnection) connection = mitogen_self_connection_new ();

      mitogen_router_connect_async (fixture->router, connection, NULL, NULL, test_keep_result,
                                    &results[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MitogenContext) context =
          mitogen_router_connect_finish (fixture->router, test_wait_result (&results[i]), &error);

      g_assert_no_error (error);
      assert_alive (context);
      g_object_unref (results[i]);
    }
}

int
main (int argc, char **argv)
{
  static const char *const ends[] = { "exit", "_exit", "kill" };

  if (argc > 1 && g_str_equal (argv[1], "--uninitialized"))
    be_uninitialized ();
  mitogen_init_child (set_up, &child_router);
  if (argc > 2 && g_str_equal (argv[1], "--be-parent"))
    be_parent (argv[2]);
  if (argc > 1 && g_str_equal (argv[1], "--be-nobody"))
    be_nobody ();

  test_init (&argc, &argv);
  test_add_router ("/self/call", test_call_it);
  test_add_router ("/self/output", test_output);
  test_add_router ("/self/ends", test_ends);
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *path = g_strconcat ("/self/parent-dies/", ends[i], NULL);

      g_test_add_data_func (path, ends[i], test_parent_dies);
    }
  test_add_local ("/self/tree", test_tree);
  test_add_local ("/self/fails", test_fails);
  g_test_add_func ("/self/by-accident", test_by_accident);
  g_test_add_func ("/self/uninitialized", test_uninitialized);
  test_add_router ("/self/cancel", test_cancel);
  test_add_router ("/self/killed-at-any-time", test_killed_at_any_time);
  test_add_router ("/self/many", test_many);
  return g_test_run ();
}
