/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The way out of a Flatpak sandbox, with the real flatpak-spawn and the real service behind it, on
 * a session bus of its own (drive.py --session). There is no sandbox: only permissions differ. */

#include "real-util.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPAWN "/usr/libexec/flatpak-xdg-utils/flatpak-spawn"

/* By which processes are found, in what they were given. */
#define MARK "MITOGEN_TEST_MARK=on-the-host"

static const char *const environment[] = { MARK, "WORDS=a 'b; $c", NULL };

static MitogenConnection *
host (void)
{
  return real_connection (MITOGEN_TYPE_FLATPAK_HOST_CONNECTION, "flatpak-spawn-path", SPAWN,
                          "environment", environment, NULL);
}

static gboolean
is_missing (void)
{
  if (g_file_test (SPAWN, G_FILE_TEST_IS_EXECUTABLE) &&
      g_getenv ("DBUS_SESSION_BUS_ADDRESS") != NULL)
    return FALSE;
  g_test_skip ("no " SPAWN ", or no session bus");
  return TRUE;
}

/* Waits until nothing runs that was given the mark. */
static void
check_nothing_left (void)
{
  gint64 deadline = test_deadline ();
  g_autofree char *left = NULL;

  do
    {
      g_free (left);
      left = real_control ("find " MARK);
    }
  while (*left != '\0' && test_iterate (NULL, deadline));
  g_assert_cmpstr (left, ==, "");
}

static void
end (MitogenContext *context)
{
  g_autoptr (GError) error = NULL;

  mitogen_context_shutdown (context, TRUE, NULL, &error);
  g_assert_no_error (error);
}

static void
check_variable (MitogenContext *context, const char *name, const char *expected)
{
  g_autoptr (GVariant) value = test_call (context, "os:getenv", g_variant_new ("(s)", name));

  test_assert_value (value, expected);
}

static void
test_works (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) via = NULL;
  g_autoptr (MitogenConnection) connection = NULL;

  if (is_missing ())
    return;
  via = test_local (fixture->router);
  connection = host ();
  g_object_set (connection, "working-directory", "/usr", NULL);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (MitogenContext) context =
          real_connect (fixture->router, connection, i == 0 ? NULL : via);
      g_autoptr (GVariant) folder = test_call (context, "os:getcwd", NULL);

      real_assert_user (context, g_get_user_name ());
      test_assert_value (folder, "'/usr'");
      check_variable (context, "WORDS", "\"a 'b; $c\"");
      test_assert_alive (context);
      end (context);
    }
  check_nothing_left ();
}

static void
test_ten (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = NULL;
  GAsyncResult *results[10] = { NULL };
  MitogenContext *contexts[10];

  if (is_missing ())
    return;
  connection = host ();
  for (guint i = 0; i < 10; i++)
    mitogen_router_connect_async (fixture->router, connection, NULL, NULL, test_keep_result,
                                  &results[i]);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GAsyncResult) result = test_wait_result (&results[i]);

      contexts[i] = mitogen_router_connect_finish (fixture->router, result, &error);
      g_assert_no_error (error);
    }
  for (guint i = 0; i < 10; i++)
    check_variable (contexts[i], "WORDS", "\"a 'b; $c\"");
  for (guint i = 0; i < 10; i++)
    {
      end (contexts[i]);
      g_object_unref (contexts[i]);
    }
  check_nothing_left ();
}

/* ---- ends ---- */

/* The program with a context on the host, to be killed: whether it is in a call or not. */
static void G_GNUC_NORETURN
run_as_app (gboolean in_call)
{
  g_autoptr (MitogenRouter) router = test_router_new ();
  g_autoptr (MitogenConnection) connection = host ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context =
      mitogen_router_connect (router, connection, NULL, NULL, &error);

  g_assert_no_error (error);
  g_print ("ready\n");
  if (in_call)
    g_variant_unref (test_call (context, "time:sleep", g_variant_new ("(d)", 1000.0)));
  for (;;)
    g_usleep (G_USEC_PER_SEC);
}

static void
test_killed (Fixture *fixture, gconstpointer data)
{
  if (is_missing ())
    return;
  for (guint i = 0; i < 2; i++)
    {
      const char *const argv[] = { "/proc/self/exe", i == 0 ? "--idle" : "--in-call", NULL };
      g_autoptr (GError) error = NULL;
      char line[6];
      GPid pid;
      int out;

      g_spawn_async_with_pipes (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                &pid, NULL, &out, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (read (out, line, sizeof line), ==, sizeof line);
      kill (pid, SIGKILL);
      g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
      close (out);
      check_nothing_left ();
    }
}

/* flatpak-spawn itself is killed. */
static void
test_spawn_killed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_auto (Ending) ending = { 0 };
  g_autoptr (GError) error = NULL;

  if (is_missing ())
    return;
  connection = host ();
  context = real_connect (fixture->router, connection, NULL);
  test_watch_ending (context, &ending);
  mitogen_context_kill (context, FALSE, NULL, &error);
  g_assert_no_error (error);
  test_wait (ending.count == 1);
  check_nothing_left ();
}

/* ---- failures ---- */

static void
test_fails (Fixture *fixture, gconstpointer data)
{
  const char *const python[] = { "/no/such/python", NULL };
  g_autoptr (MitogenConnection) connection = NULL;

  if (is_missing ())
    return;
  connection = host ();
  g_object_set (connection, "working-directory", "/no/such/folder", NULL);
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_STREAM,
                     "the host has no such folder|/no/such/folder");
  g_object_set (connection, "working-directory", NULL, NULL);
  mitogen_connection_set_python_path (connection, python);
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_NO_INTERPRETER,
                     "the host has no such interpreter|/no/such/python");
  g_object_set (connection, "flatpak-spawn-path", "/no/such/spawn", NULL);
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_STREAM, "/no/such/spawn");
  check_nothing_left ();
}

static void
test_no_bus (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = NULL;

  if (is_missing ())
    return;
  real_set_variable (fixture, "DBUS_SESSION_BUS_ADDRESS", "unix:path=/no/such/bus");
  connection = host ();
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_STREAM, "no session bus");
}

int
main (int argc, char **argv)
{
  if (argc > 1 && g_str_equal (argv[1], "--idle"))
    run_as_app (FALSE);
  if (argc > 1 && g_str_equal (argv[1], "--in-call"))
    run_as_app (TRUE);
  real_init (&argc, &argv);
  real_add ("mg-asked", "/flatpak-host/works", test_works);
  real_add ("mg-asked", "/flatpak-host/ten", test_ten);
  real_add ("mg-asked", "/flatpak-host/killed", test_killed);
  real_add ("mg-asked", "/flatpak-host/spawn-killed", test_spawn_killed);
  real_add ("mg-asked", "/flatpak-host/fails", test_fails);
  real_add ("mg-asked", "/flatpak-host/no-bus", test_no_bus);
  return g_test_run ();
}
