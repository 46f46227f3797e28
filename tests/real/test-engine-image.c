/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts in temporary containers of Docker and podman: whatever happens, they are gone
 * afterwards. MITOGEN_REAL_ROUNDS in the environment: how often, where that matters. */

#include "engine-util.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define ROUNDS 12

static guint
get_rounds (void)
{
  const char *rounds = g_getenv ("MITOGEN_REAL_ROUNDS");

  return rounds != NULL ? atoi (rounds) : ROUNDS;
}

static MitogenContext *
connect_temporary (Fixture *fixture, const char *kind)
{
  g_autoptr (MitogenConnection) connection = engine_temporary (kind);

  return real_connect (fixture->router, connection, NULL);
}

static void
test_shutdown (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = NULL;

  if (!engine_start ())
    return;
  context = connect_temporary (fixture, "python");
  engine_assert_alive (context);
  engine_assert_value (context, "os:getuid", NULL, "int64 0");
  engine_assert_value (context, "os.path:isdir", g_variant_new ("(s)", "/home/mitogen"), "true");
  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  engine_check_containers ("");
}

/* While a call runs. */
static void
test_router_dropped (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = NULL;

  if (!engine_start ())
    return;
  context = connect_temporary (fixture, "python");
  mitogen_context_call_no_reply (context, "time:sleep", g_variant_new ("(i)", 1000), NULL, NULL);
  g_clear_object (&context);
  test_router_end (fixture->router);
  engine_check_containers ("");
  fixture->router = test_router_new ();
}

/* The program in it ends by itself. */
static void
test_exit (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Ending) ending = { 0 };

  if (!engine_start ())
    return;
  context = connect_temporary (fixture, "python");
  test_watch_ending (context, &ending);
  error = test_call_fails (context, "os:_exit", g_variant_new ("(i)", 7));
  g_test_message ("the call: %s", error->message);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  test_wait (ending.count == 1);
  g_test_message ("disconnected: %s", ending.reason->message);
  /* Of a container that is removed at once podman may not know any more. */
  if (engine_is_docker ())
    test_assert_contains (ending.reason->message, "7");
  engine_check_containers ("");
}

/* Properties, and what the image says. */
static void
test_properties (Fixture *fixture, gconstpointer data)
{
  static const char *const environment[] = { "ONE=1", "ODD=a 'b' \"c\"\n=e", NULL };
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenContext) set = NULL;
  g_autoptr (MitogenContext) said = NULL;
  g_autoptr (GVariant) value = NULL;

  if (!engine_start ())
    return;
  said = connect_temporary (fixture, "user");
  engine_assert_value (said, "os:getuid", NULL, "int64 1000");
  engine_assert_value (said, "os:getcwd", NULL, "'/tmp'");
  engine_assert_value (said, "os:getenv", g_variant_new ("(s)", "FROM_IMAGE"), "'yes'");
  connection = engine_temporary ("user");
  g_object_set (connection, "username", "nobody", "working-directory", "/etc", "environment",
                environment, NULL);
  set = real_connect (fixture->router, connection, NULL);
  engine_assert_value (set, "os:getuid", NULL, "int64 65534");
  engine_assert_value (set, "os:getcwd", NULL, "'/etc'");
  engine_assert_value (set, "os:getenv", g_variant_new ("(s)", "ONE"), "'1'");
  value = test_call_typed (set, "os:getenv", g_variant_new ("(s)", "ODD"), "s");
  g_assert_cmpstr (g_variant_get_string (value, NULL), ==, environment[1] + strlen ("ODD="));
  engine_assert_value (set, "os:getenv", g_variant_new ("(s)", "FROM_IMAGE"), "'yes'");
}

static void
test_entrypoint (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = NULL;

  if (!engine_start ())
    return;
  context = connect_temporary (fixture, "entrypoint");
  engine_assert_alive (context);
}

static void
test_fails (Fixture *fixture, gconstpointer data)
{
  static const char *const no_python[] = { "/bin/sh", "-c", "echo some words >&2; exit 7", NULL };
  static const struct
  {
    const char *kind;
    const char *property;
    const char *value;
  } cases[] = {
    { "nopython", NULL, NULL },
    { "bare", NULL, NULL },
    { "python", "username", "nobody-here" },
    { "python", "working-directory", "/etc/passwd" },
    { "python", "network", "no-such-network" },
    { "python", "image", "localhost/no-such-image" },
    { "python", "image", "localhost/python:no-such-tag" },
    { "python", "image",
      "localhost/python@sha256:"
      "0000000000000000000000000000000000000000000000000000000000000000" },
  };
  MitogenConnection *connection;

  if (!engine_start ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      connection = engine_temporary (cases[i].kind);
      if (cases[i].property != NULL)
        g_object_set (connection, cases[i].property, cases[i].value, "pull",
                      MITOGEN_ENGINE_PULL_NEVER, NULL);
      engine_assert_fails (fixture->router, connection,
                           cases[i].value != NULL ? cases[i].value : "localhost");
      engine_check_containers ("");
    }
  connection = engine_temporary ("python");
  mitogen_connection_set_python_path (connection, no_python);
  engine_assert_fails (fixture->router, connection, "some words|7");
  engine_check_containers ("");
}

/* There is no registry to be reached. */
static void
test_pull (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "localhost/no-such-image", "no-such-image", "127.0.0.1:9/x",
                                       "a.invalid/some/thing:1" };

  if (!engine_start ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    engine_assert_fails (fixture->router,
                         engine_connection ("image", names[i], "network", "none", NULL), names[i]);
  engine_check_containers ("");
}

static void
test_many (Fixture *fixture, gconstpointer data)
{
  MitogenContext *contexts[6];

  if (!engine_start ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      g_autoptr (MitogenConnection) connection = engine_temporary ("python");
      g_autoptr (GError) error = NULL;

      contexts[i] = mitogen_router_start_connect (fixture->router, connection, NULL, &error);
      g_assert_no_error (error);
    }
  for (guint i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      engine_assert_alive (contexts[i]);
      g_assert_true (mitogen_context_shutdown (contexts[i], TRUE, NULL, NULL));
      g_object_unref (contexts[i]);
    }
  engine_check_containers ("");
}

/* ---- at any moment ---- */

static gint64
time_of_one (Fixture *fixture)
{
  gint64 began = g_get_monotonic_time ();
  g_autoptr (MitogenContext) context = connect_temporary (fixture, "python");
  gint64 took = g_get_monotonic_time () - began;

  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  return took;
}

static gboolean
on_moment (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

/* The moments are all over what it takes to connect once. */
static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  guint cancelled = 0;
  gint64 duration;

  if (!engine_start ())
    return;
  duration = time_of_one (fixture);
  for (guint i = 0; i < get_rounds (); i++)
    {
      g_autoptr (MitogenConnection) connection = engine_temporary ("python");
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (MitogenContext) context = NULL;
      g_autoptr (GError) error = NULL;

      mitogen_router_connect_async (fixture->router, connection, NULL, cancellable,
                                    test_keep_result, &result);
      g_timeout_add (duration / 1000 * i / get_rounds (), on_moment, cancellable);
      test_wait_result (&result);
      context = mitogen_router_connect_finish (fixture->router, result, &error);
      if (context != NULL)
        {
          test_wait (g_cancellable_is_cancelled (cancellable));
          continue;
        }
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      cancelled++;
    }
  g_assert_cmpuint (cancelled, >, 0);
  test_router_end (fixture->router);
  engine_check_containers ("");
  fixture->router = test_router_new ();
}

static void
test_time_limit (Fixture *fixture, gconstpointer data)
{
  guint late = 0;
  gint64 duration;

  if (!engine_start ())
    return;
  duration = time_of_one (fixture);
  for (guint i = 0; i < get_rounds (); i++)
    {
      g_autoptr (MitogenConnection) connection = engine_temporary ("python");
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (MitogenContext) context = NULL;
      g_autoptr (GError) error = NULL;

      mitogen_connection_set_connect_timeout (connection, 1 + duration / 1000 * i / get_rounds ());
      mitogen_router_connect_async (fixture->router, connection, NULL, NULL, test_keep_result,
                                    &result);
      test_wait_result (&result);
      context = mitogen_router_connect_finish (fixture->router, result, &error);
      if (context != NULL)
        continue;
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
      late++;
    }
  g_assert_cmpuint (late, >, 0);
  test_router_end (fixture->router);
  engine_check_containers ("");
  fixture->router = test_router_new ();
}

static GSubprocess *
start_helper (const char *image)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path =
      g_build_filename (real_get ("BASE"), "build/tests/real/engine-helper", NULL);
  GSubprocess *helper = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, path,
                                          engine_name (), engine_address (), image, NULL);

  g_assert_no_error (error);
  return helper;
}

static void
kill_helper (GSubprocess *helper)
{
  g_subprocess_force_exit (helper);
  g_subprocess_wait (helper, NULL, NULL);
  g_assert_true (g_subprocess_get_if_signaled (helper));
}

/* The program is killed. */
static void
test_killed (Fixture *fixture, gconstpointer data)
{
  g_autofree char *image = NULL;
  gint64 duration;

  if (!engine_start ())
    return;
  image = real_image (engine_name (), "python");
  duration = time_of_one (fixture);
  for (guint i = 0; i < get_rounds (); i++)
    {
      g_autoptr (GSubprocess) helper = start_helper (image);

      g_usleep (duration * i / get_rounds ());
      kill_helper (helper);
    }
  engine_check_containers ("");
}

/* While the context is busy. */
static void
test_killed_in_call (Fixture *fixture, gconstpointer data)
{
  g_autofree char *image = NULL;
  g_autoptr (GSubprocess) helper = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  g_autofree char *line = NULL;

  if (!engine_start ())
    return;
  image = real_image (engine_name (), "python");
  helper = start_helper (image);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (helper));
  line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);
  g_assert_cmpstr (line, ==, "connected");
  kill_helper (helper);
  engine_check_containers ("");
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  engine_add ("/image/shutdown", test_shutdown);
  engine_add ("/image/router-dropped", test_router_dropped);
  engine_add ("/image/exit", test_exit);
  engine_add ("/image/properties", test_properties);
  engine_add_root ("/image/entrypoint", test_entrypoint);
  engine_add ("/image/fails", test_fails);
  engine_add_root ("/image/pull", test_pull);
  engine_add_root ("/image/many", test_many);
  engine_add_root ("/image/cancel", test_cancel);
  engine_add_root ("/image/time-limit", test_time_limit);
  engine_add ("/image/killed", test_killed);
  engine_add ("/image/killed-in-call", test_killed_in_call);
  return g_test_run ();
}
