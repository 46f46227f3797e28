/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Local connections: their options, the search for an interpreter, and what is said when one
 * cannot be made. */

#include "test-util.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- options ---- */

/* The arguments of a process, joined by spaces. */
static char *
command_line (gint pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/cmdline", pid);
  char *text;
  gsize length;

  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  for (gsize i = 0; i + 1 < length; i++)
    if (text[i] == '\0')
      text[i] = ' ';
  return text;
}

static void
test_default_name (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = test_local (fixture->router);
  g_autofree char *words = command_line (test_context_pid (context));
  g_autofree char *expected =
      g_strdup_printf ("mitogen:%s@%s:%d", g_get_user_name (), g_get_host_name (), (int) getpid ());
  g_autofree char *name = g_strdup_printf ("local.%d", test_context_pid (context));

  test_assert_contains (words, expected);
  g_assert_cmpstr (mitogen_context_get_name (context), ==, name);
  g_assert_cmpuint (mitogen_context_get_id (context), ==, 1);
  g_assert_cmpint (mitogen_context_get_state (context), ==, MITOGEN_CONTEXT_STATE_CONNECTED);
}

static void
test_remote_name (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "a name", "with-é-ü", "$HOME `id` \"quoted\" \\n" };

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);
      g_autoptr (MitogenContext) context = NULL;
      g_autofree char *words = NULL;
      g_autofree char *expected = g_strconcat ("mitogen:", names[i], NULL);

      mitogen_connection_set_remote_name (connection, names[i]);
      context = test_connect (fixture->router, connection);
      words = command_line (test_context_pid (context));
      test_assert_contains (words, expected);
    }
}

static void
test_bad_remote_name (Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_name = g_strnfill (300, 'n');
  const char *names[] = { "", "a/b", "a\\b", "a\nb", "\xff", long_name };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);
      g_autoptr (GError) error = NULL;

      mitogen_connection_set_remote_name (connection, names[i]);
      error = test_connect_fails (fixture->router, connection);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_python_arguments (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      test_connection_argv ("/usr/bin/env", "IT_VARIABLE=it is", TEST_PYTHON, "-E", "-S", NULL);
  g_autoptr (MitogenContext) context = test_connect (fixture->router, connection);
  g_autoptr (GVariant) value =
      test_call_typed (context, "os:getenv", g_variant_new ("(s)", "IT_VARIABLE"), "s");

  g_assert_cmpstr (g_variant_get_string (value, NULL), ==, "it is");
}

static void
test_empty_python_path (Fixture *fixture, gconstpointer data)
{
  static const char *const empty[] = { NULL };
  static const char *const blank[] = { "", NULL };
  const char *const *paths[] = { empty, blank };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (MitogenConnection) connection = test_connection_new (paths[i]);
      g_autoptr (GError) error = test_connect_fails (fixture->router, connection);

      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_debug (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);
  g_autoptr (MitogenContext) context = NULL;
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;

  mitogen_connection_set_debug (connection, TRUE);
  context = test_connect (fixture->router, connection);
  path = g_strdup_printf ("/tmp/mitogen.%d.log", test_context_pid (context));
  test_assert_alive (context);
  test_wait (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpuint (strlen (text), >, 0);
  g_unlink (path);
}

static void
test_profiling (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);
  g_autoptr (MitogenContext) context = NULL;
  g_autofree char *prefix = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name;
  guint n = 0;

  mitogen_connection_set_profiling (connection, TRUE);
  context = test_connect (fixture->router, connection);
  prefix = g_strdup_printf ("mitogen.stats.%d.", test_context_pid (context));
  test_assert_alive (context);
  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  test_wait (!test_process_exists (test_context_pid (context)));

  dir = g_dir_open ("/tmp", 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, prefix))
      {
        g_autofree char *path = g_build_filename ("/tmp", name, NULL);

        n++;
        g_unlink (path);
      }
  g_assert_cmpuint (n, >, 0);
}

static void
test_max_message_size (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);
  g_autoptr (MitogenContext) context = NULL;
  g_autofree char *large = g_strnfill (70000, 'x');
  g_autoptr (GError) down = NULL;
  g_autoptr (GError) up = NULL;
  g_autoptr (GVariant) fits = NULL;

  mitogen_router_set_max_message_size (fixture->router, 65536);
  context = test_connect (fixture->router, connection);
  down = test_call_fails (context, "it_functions:echo", g_variant_new ("(s)", large));
  g_test_message ("down: %s", down->message);
  g_assert_cmpstr (down->message, ==, "message too large (max 65536 bytes)");
  up = test_call_fails (context, "it_functions:zeros", g_variant_new ("(i)", 70000));
  g_test_message ("up: %s", up->message);
  test_assert_contains (up->message, "message too large (max 65536 bytes)");
  fits = test_call (context, "it_functions:zeros", g_variant_new ("(i)", 65000));
  test_assert_alive (context);
}

/* The connection's own limit holds for what comes over its stream. */
static void
test_max_message_size_of_connection (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);
  g_autoptr (MitogenContext) context = NULL;
  g_autofree char *large = g_strnfill (70000, 'x');
  g_autoptr (GError) up = NULL;
  g_autoptr (GError) down = NULL;

  mitogen_connection_set_max_message_size (connection, 65536);
  context = test_connect (fixture->router, connection);
  up = test_call_fails (context, "it_functions:zeros", g_variant_new ("(i)", 70000));
  g_test_message ("up: %s", up->message);
  test_assert_contains (up->message, "message too large (max 65536 bytes)");
  test_assert_alive (context);
  down = test_call_fails (context, "it_functions:echo", g_variant_new ("(s)", large));
  g_test_message ("down: %s", down->message);
  test_assert_contains (down->message, "too large");
  test_assert_alive (context);
}

static void
on_preexec (gpointer data)
{
  if (setsid () < 0)
    _exit (9);
}

static void
test_preexec (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GVariant) value = NULL;

  mitogen_router_set_preexec_func (fixture->router, on_preexec, NULL);
  context = test_local (fixture->router);
  value = test_call_typed (context, "os:getsid", g_variant_new ("(i)", 0), "x");
  g_assert_cmpint (g_variant_get_int64 (value), ==, test_context_pid (context));
}

/* A child begins with what the program had, not with what the broker thread has. */
static void
test_clean_start (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = test_local (fixture->router);
  g_autoptr (GVariant) mask = test_call_typed (context, "it_functions:signal_mask", NULL, "s");
  g_autoptr (GVariant) fds = test_call_typed (context, "it_functions:descriptors", NULL, "ai");

  g_assert_cmpstr (g_variant_get_string (mask, NULL), ==, "0000000000000000");
  g_test_message ("%zu descriptors", g_variant_n_children (fds));
  g_assert_cmpuint (g_variant_n_children (fds), <, 14);
}

static void
test_info (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = { "interpreter", "version", "implementation",
                                       "user",        "host",    "platform" };
  g_autoptr (MitogenContext) context = test_local (fixture->router);
  g_autoptr (GVariant) info = mitogen_context_dup_info (context);
  gint64 pid;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const char *value = NULL;

      g_assert_true (g_variant_lookup (info, texts[i], "&s", &value));
      g_test_message ("%s: %s", texts[i], value);
      g_assert_cmpstr (value, !=, "");
    }
  g_assert_true (g_variant_lookup (info, "pid", "x", &pid));
}

/* ---- the search for an interpreter ---- */

static char *
make_folder (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("mitogen-test-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
}

/* A `python` by whatever name: a script, so that no interpreter wonders about its own place. */
static void
make_python (const char *folder, const char *name, const char *target)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *script = g_strdup_printf ("#!/bin/sh\nexec %s \"$@\"\n", target);

  g_assert_true (g_file_set_contents (path, script, -1, NULL));
  g_assert_cmpint (g_chmod (path, 0755), ==, 0);
}

static const char *
find_python2 (void)
{
  const char *const *pythons = test_pythons ();

  for (guint i = 0; pythons[i] != NULL; i++)
    if (strstr (pythons[i], "/2.7.") != NULL)
      return pythons[i];
  return NULL;
}

/* Connects with nothing but @folder in PATH. */
static MitogenContext *
connect_with_path (MitogenRouter *router, const char *folder, GError **error)
{
  g_autofree char *path = g_strdup (g_getenv ("PATH"));
  g_autoptr (MitogenConnection) connection = test_connection_new (NULL);
  MitogenContext *context;

  g_setenv ("PATH", folder, TRUE);
  context = mitogen_router_connect (router, connection, NULL, NULL, error);
  g_setenv ("PATH", path, TRUE);
  return context;
}

static void
assert_found (MitogenRouter *router, const char *name, const char *target, const char *version)
{
  g_autofree char *folder = make_folder ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) info = NULL;
  const char *found;

  make_python (folder, name, target);
  context = connect_with_path (router, folder, &error);
  g_assert_no_error (error);
  value = test_call (context, "os:getpid", NULL);
  info = mitogen_context_dup_info (context);
  g_assert_true (g_variant_lookup (info, "version", "&s", &found));
  g_assert_true (g_str_has_prefix (found, version));
  remove_folder (folder);
}

static void
test_search (Fixture *fixture, gconstpointer data)
{
  assert_found (fixture->router, "python3", TEST_PYTHON, "3.");
  assert_found (fixture->router, "python3.11", TEST_PYTHON, "3.");
  assert_found (fixture->router, "python3.6", TEST_PYTHON, "3.");
  assert_found (fixture->router, "python", TEST_PYTHON, "3.");
  if (find_python2 () == NULL)
    {
      g_test_skip ("no Python 2.7");
      return;
    }
  assert_found (fixture->router, "python2", find_python2 (), "2.7");
  assert_found (fixture->router, "python2.7", find_python2 (), "2.7");
}

/* What the search prefers is taken even where worse is there, too. */
static void
test_search_prefers (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = make_folder ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context = NULL;

  make_python (folder, "python2", "/bin/false");
  make_python (folder, "python", "/bin/false");
  make_python (folder, "python3", TEST_PYTHON);
  context = connect_with_path (fixture->router, folder, &error);
  g_assert_no_error (error);
  test_assert_alive (context);
  remove_folder (folder);
}

/* The whole search in one process: nothing that it started is between the child and us. */
static void
test_search_one_process (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = test_connection_new (NULL);
  g_autoptr (MitogenContext) context = test_connect (fixture->router, connection);
  g_autoptr (GVariant) parent = test_call_typed (context, "os:getppid", NULL, "x");

  g_assert_cmpint (g_variant_get_int64 (parent), ==, getpid ());
}

/* /usr/bin/python3 is the last resort whatever PATH says: so "none at all" needs another root,
 * and what is tested is the script that says so. */
static void
test_search_nothing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = make_folder ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context = connect_with_path (fixture->router, folder, &error);

  remove_folder (folder);
  if (context != NULL)
    {
      G_GNUC_UNUSED g_autoptr (GVariant) value = test_call (context, "os:getpid", NULL);

      g_test_message ("found one in spite of the empty PATH");
      return;
    }
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_NO_INTERPRETER);
  test_assert_contains (error->message, "no Python interpreter found");
}

/* ---- failures ---- */

static void
assert_failure (MitogenRouter *router, MitogenConnection *connection, gint code, ...)
{
  g_autoptr (GError) error = test_connect_fails (router, connection);
  va_list parts;
  const char *part;

  g_assert_error (error, MITOGEN_ERROR, code);
  va_start (parts, code);
  while ((part = va_arg (parts, const char *)) != NULL)
    test_assert_contains (error->message, part);
  va_end (parts);
  g_assert_cmpuint (strlen (error->message), <, 60000);
}

#define assert_shell_failure(router, script, code, ...)                                            \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autoptr (MitogenConnection) connection_ =                                                    \
        test_connection_argv ("/bin/sh", "-c", (script), NULL);                                    \
    mitogen_connection_set_connect_timeout (connection_, (code) == MITOGEN_ERROR_TIMED_OUT         \
                                                             ? 1500                                \
                                                             : TEST_PATIENCE_MS);                  \
    assert_failure ((router), connection_, (code), __VA_ARGS__, NULL);                             \
  }                                                                                                \
  G_STMT_END

static void
test_missing_program (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv ("/no/such/python", "-x", NULL);

  assert_failure (fixture->router, connection, MITOGEN_ERROR_STREAM, "starting the command",
                  "/no/such/python", "No such file", NULL);
}

static void
test_not_executable (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv ("/etc/passwd", NULL);

  assert_failure (fixture->router, connection, MITOGEN_ERROR_STREAM, "/etc/passwd", "ermission",
                  NULL);
}

static void
test_programs_that_end (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) no = test_connection_argv ("false", NULL);
  g_autoptr (MitogenConnection) yes = test_connection_argv ("true", NULL);

  assert_failure (fixture->router, no, MITOGEN_ERROR_STREAM, "exited with status 1",
                  "waiting for the Python interpreter to start", "The command was: false -c …",
                  NULL);
  assert_failure (fixture->router, yes, MITOGEN_ERROR_STREAM, "exited with status 0", NULL);
  assert_shell_failure (fixture->router, "echo boo >&2; exit 3", MITOGEN_ERROR_STREAM,
                        "exited with status 3", "  boo");
  assert_shell_failure (fixture->router, "echo on stdout; echo no end of line; printf tail; exit 4",
                        MITOGEN_ERROR_STREAM, "exited with status 4", "  on stdout", "  tail");
  assert_shell_failure (fixture->router, "kill -9 $$", MITOGEN_ERROR_STREAM,
                        "was killed by signal 9 (SIGKILL)");
  assert_shell_failure (fixture->router, "exit 127", MITOGEN_ERROR_NO_INTERPRETER,
                        "exited with status 127");
}

/* What it said within the time limit is told. A machine that stalls gives it no time to say
 * anything: then it is given more. */
static void
assert_hangs (MitogenRouter *router)
{
  g_autoptr (MitogenConnection) hang =
      test_connection_argv ("/bin/sh", "-c", "echo waiting; printf 'Password: '; exec sleep 1000",
                            NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *limit = NULL;

  for (guint ms = 200; ms < TEST_PATIENCE_MS; ms *= 3)
    {
      g_clear_error (&error);
      g_free (limit);
      limit = g_strdup_printf ("time limit of %.1f seconds", ms / 1000.0);
      mitogen_connection_set_connect_timeout (hang, ms);
      error = test_connect_fails (router, hang);
      if (strstr (error->message, "Password:") != NULL)
        break;
    }
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  test_assert_contains (error->message, limit);
  test_assert_contains (error->message, "  waiting");
  test_assert_contains (error->message, "  Password:");
}

static void
test_programs_that_hang (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) deaf =
      test_connection_argv ("/bin/sh", "-c",
                            "trap '' TERM; echo waiting; while :; do sleep 0.1; done", NULL);

  assert_hangs (fixture->router);
  mitogen_connection_set_connect_timeout (deaf, 200);
  assert_failure (fixture->router, deaf, MITOGEN_ERROR_TIMED_OUT, "0.2 seconds", NULL);
  assert_shell_failure (fixture->router, "exec >&- 2>&- <&-; exec sleep 1000", MITOGEN_ERROR_STREAM,
                        "closed its output");
  /* Only its output: what it says on the other one counts. */
  assert_shell_failure (fixture->router, "exec >&- <&-; echo said later >&2; exec sleep 1000",
                        MITOGEN_ERROR_STREAM, "closed its output", "  said later");
  assert_shell_failure (fixture->router, "exec cat", MITOGEN_ERROR_TIMED_OUT,
                        "time limit of 1.5 seconds");
}

static void
test_programs_that_talk (Fixture *fixture, gconstpointer data)
{
  assert_shell_failure (fixture->router, "exec yes", MITOGEN_ERROR_PROTOCOL, "it said too much",
                        "  y\n  y");
  assert_shell_failure (fixture->router, "exec yes >&2", MITOGEN_ERROR_PROTOCOL, "it said too much",
                        "  y\n  y");
  assert_shell_failure (fixture->router, "exec cat /dev/zero", MITOGEN_ERROR_PROTOCOL,
                        "it said too much");
  /* A shell that shows what it does shows the first stage, and still is no Python. */
  assert_shell_failure (fixture->router, "echo \"$1\"; echo \"$2\"; cat >/dev/null; exit 5",
                        MITOGEN_ERROR_TIMED_OUT, "time limit");
  assert_shell_failure (fixture->router, "set -v; echo \"$0 $1 $2\"; exit 5", MITOGEN_ERROR_STREAM,
                        "exited with status 5");
  assert_shell_failure (fixture->router, "printf '\\033[31mred\\377\\n'; exit 6",
                        MITOGEN_ERROR_STREAM, "[31mred");
}

static void
test_wrong_python (Fixture *fixture, gconstpointer data)
{
  /* An interpreter of another version: what it says of itself is all that the core looks at. */
  static const char *const script =
      "exec " TEST_PYTHON " -c 'import sys\nsys.version_info = (2, 6, 9)\n"
      "sys.argv = sys.argv[1:]\nexec(sys.argv[1])' \"$0\" \"$1\" \"$2\"";

  assert_shell_failure (fixture->router, script, MITOGEN_ERROR_STREAM,
                        "needs Python 2.7, or 3.6 or later");
  assert_shell_failure (fixture->router,
                        "echo 'File \"<string>\", line 1: SyntaxError' >&2; exit 1",
                        MITOGEN_ERROR_STREAM, "SyntaxError", "exited with status 1");
}

static void
test_failure_async (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv ("false", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_router_connect_async (fixture->router, connection, NULL, NULL, test_keep_result, &result);
  g_assert_null (
      mitogen_router_connect_finish (fixture->router, test_wait_result (&result), &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
}

/* ---- cancelling ---- */

static void
cancel_after (MitogenRouter *router, gint64 microseconds, guint *connected)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context = NULL;
  gint64 moment = g_get_monotonic_time () + microseconds;

  mitogen_router_connect_async (router, connection, NULL, cancellable, test_keep_result, &result);
  while (result == NULL && g_get_monotonic_time () < moment)
    g_main_context_iteration (NULL, FALSE);
  g_cancellable_cancel (cancellable);
  context = mitogen_router_connect_finish (router, test_wait_result (&result), &error);
  if (context == NULL)
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      return;
    }
  ++*connected;
  test_assert_alive (context);
  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
}

static void
test_cancel_connect (Fixture *fixture, gconstpointer data)
{
  TestCensus census;
  guint connected = 0;

  test_census_take (&census);
  for (guint i = 0; i < 100; i++)
    cancel_after (fixture->router, g_test_rand_int_range (0, 30000), &connected);
  g_test_message ("%u were faster than the cancelling", connected);
  /* While the router lives: only the broker's thread is still there. */
  test_census_check (&census);
  for (guint32 id = 1; id <= 100; id++)
    g_assert_null (mitogen_router_stream_by_id (fixture->router, id));
}

static gpointer
cancel_thread (gpointer data)
{
  g_usleep (g_random_int_range (0, 20000));
  g_cancellable_cancel (data);
  return NULL;
}

static void
test_cancel_connect_sync (Fixture *fixture, gconstpointer data)
{
  TestCensus census;

  test_census_take (&census);
  for (guint i = 0; i < 30; i++)
    {
      g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      GThread *thread = g_thread_new ("cancel", cancel_thread, cancellable);
      g_autoptr (MitogenContext) context =
          mitogen_router_connect (fixture->router, connection, NULL, cancellable, &error);

      g_thread_join (thread);
      if (context == NULL)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
    }
  test_census_check (&census);
}

static void
test_cancelled_before (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (mitogen_router_local (fixture->router, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* The router is shut down, or dropped, while connections are on their way. */
static void
test_shutdown_while_connecting (void)
{
  for (guint i = 0; i < 20; i++)
    {
      TestCensus census;
      MitogenRouter *router;
      GAsyncResult *results[4] = { NULL };

      test_census_take (&census);
      router = test_router_new ();
      for (guint j = 0; j < G_N_ELEMENTS (results); j++)
        {
          g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);

          mitogen_router_connect_async (router, connection, NULL, NULL, test_keep_result,
                                        &results[j]);
        }
      g_usleep (g_test_rand_int_range (0, 20000));
      mitogen_router_shutdown (router);
      for (guint j = 0; j < G_N_ELEMENTS (results); j++)
        {
          g_autoptr (GError) error = NULL;
          g_autoptr (MitogenContext) context =
              mitogen_router_connect_finish (router, test_wait_result (&results[j]), &error);

          if (context == NULL)
            g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
          g_object_unref (results[j]);
        }
      test_router_end (router);
      test_census_check (&census);
    }
}

/* ---- few descriptors ---- */

static rlim_t
set_limit (rlim_t limit)
{
  struct rlimit now;
  rlim_t before;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &now), ==, 0);
  before = now.rlim_cur;
  now.rlim_cur = limit;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &now), ==, 0);
  return before;
}

static void
test_low_limit (Fixture *fixture, gconstpointer data)
{
  rlim_t before = set_limit (32);
  g_autoptr (MitogenConnection) searched = test_connection_new (NULL);
  g_autoptr (MitogenContext) first = test_local (fixture->router);
  g_autoptr (MitogenContext) second = test_connect (fixture->router, searched);

  test_assert_alive (first);
  test_assert_alive (second);
  set_limit (before);
}

/* With every number of descriptors free, from none on: an error that says what is wrong, or a
 * context that works; and nothing left open. */
static void
test_out_of_descriptors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) bystander = test_local (fixture->router);
  TestCensus census;
  gboolean connected = FALSE;
  guint n_errors = 0;

  test_census_take (&census);
  for (guint spare = 0; spare < 24 && !connected; spare++)
    {
      g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);
      G_GNUC_UNUSED g_autoptr (GMainContext) waiting = g_main_context_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (MitogenContext) context = NULL;
      rlim_t before;
      int top = dup (0);

      close (top);
      before = set_limit (top + spare);
      mitogen_router_connect_async (fixture->router, connection, NULL, NULL, test_keep_result,
                                    &result);
      context = mitogen_router_connect_finish (fixture->router, test_wait_result (&result), &error);
      set_limit (before);
      connected = context != NULL;
      if (connected)
        {
          test_assert_alive (context);
          g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
        }
      else
        {
          n_errors++;
          g_test_message ("%u: %s", spare, error->message);
          g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
          test_assert_contains (error->message, "oo many open files");
        }
    }
  g_assert_true (connected);
  g_assert_cmpuint (n_errors, >, 0);
  test_assert_alive (bystander);
  test_census_check (&census);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  test_add_router ("/local/default-name", test_default_name);
  test_add_router ("/local/remote-name", test_remote_name);
  test_add_router ("/local/bad-remote-name", test_bad_remote_name);
  test_add_router ("/local/python-arguments", test_python_arguments);
  test_add_router ("/local/empty-python-path", test_empty_python_path);
  test_add_router ("/local/debug", test_debug);
  test_add_router ("/local/profiling", test_profiling);
  test_add_router ("/local/max-message-size", test_max_message_size);
  test_add_router ("/local/max-message-size-of-connection", test_max_message_size_of_connection);
  test_add_router ("/local/preexec", test_preexec);
  test_add_router ("/local/clean-start", test_clean_start);
  test_add_router ("/local/info", test_info);
  test_add_router ("/local/search", test_search);
  test_add_router ("/local/search-prefers", test_search_prefers);
  test_add_router ("/local/search-one-process", test_search_one_process);
  test_add_router ("/local/search-nothing", test_search_nothing);
  test_add_router ("/local/missing-program", test_missing_program);
  test_add_router ("/local/not-executable", test_not_executable);
  test_add_router ("/local/programs-that-end", test_programs_that_end);
  test_add_router ("/local/programs-that-hang", test_programs_that_hang);
  test_add_router ("/local/programs-that-talk", test_programs_that_talk);
  test_add_router ("/local/wrong-python", test_wrong_python);
  test_add_router ("/local/failure-async", test_failure_async);
  test_add_router ("/local/cancel-connect", test_cancel_connect);
  test_add_router ("/local/cancel-connect-sync", test_cancel_connect_sync);
  test_add_router ("/local/cancelled-before", test_cancelled_before);
  g_test_add_func ("/local/shutdown-while-connecting", test_shutdown_while_connecting);
  test_add_router ("/local/low-limit", test_low_limit);
  test_add_router ("/local/out-of-descriptors", test_out_of_descriptors);
  return g_test_run ();
}
