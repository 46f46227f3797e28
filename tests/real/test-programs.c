/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts in containers by the programs that lead into them, and what goes wrong there. */

#include "real-util.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define N_AT_ONCE 10
#define LARGE     (4 * 1024 * 1024)

/* Longer than any program takes to start, where nothing will come. */
#define SHORT_TIMEOUT_MS 5000

typedef struct
{
  const char *keeper; /* see tests/real/containers.py and boxes.py */
  GType (*get_type) (void);
  const char *kind; /* of the container */
  const char *user; /* somebody else in there */
  gint uid;         /* whose context it is if nothing is said */
} Program;

static const Program lxc = { "lxc", mitogen_lxc_connection_get_type, "python", "1000:1000", 0 };
static const Program lxd = { "lxd", mitogen_lxd_connection_get_type, "python", "1000:1000", 0 };
static const Program buildah = { "buildah", mitogen_buildah_connection_get_type, "python",
                                 "mitogen", 0 };
static const Program toolbox = { "toolbox", mitogen_toolbox_connection_get_type, "box", NULL, -1 };
static const Program distrobox = { "distrobox", mitogen_distrobox_connection_get_type, "box", NULL,
                                   -1 };

static MitogenConnection *
new_into (const Program *program, const char *container)
{
  return real_connection (program->get_type (), "container", container, NULL);
}

/* toolbox and distrobox share storage with each other. Returns: whether it is there */
static gboolean
prepare (Fixture *fixture, const Program *program, const char *kind, const char *container)
{
  g_autofree char *line = g_strdup_printf ("container %s %s %s", program->keeper, kind, container);
  g_autofree char *answer = NULL;
  g_autofree char *run_dir = g_strdup_printf ("/run/user/%d", (int) getuid ());

  if (program->uid < 0)
    {
      g_autofree char *rootless = real_engine ("rootless");

      if (rootless == NULL)
        return FALSE;
      real_set_variable (fixture, "XDG_RUNTIME_DIR", run_dir);
    }
  {
    g_autofree char *engine = real_engine (program->keeper);

    if (engine == NULL)
      return FALSE;
  }
  answer = real_control ("%s", line);
  if (g_str_has_prefix (answer, "missing: "))
    g_test_skip (answer);
  return *answer == '\0';
}

/* ---- what works ---- */

static void
assert_id (MitogenContext *context, const char *function, gint64 expected)
{
  g_autoptr (GVariant) id = test_call_typed (context, function, NULL, "x");

  g_assert_cmpint (g_variant_get_int64 (id), ==, expected);
}

static void
assert_inside (MitogenContext *context)
{
  g_autoptr (GVariant) inside =
      test_call (context, "os.path:exists", g_variant_new ("(s)", "/home/mitogen"));
  g_autoptr (GVariant) outside =
      test_call (context, "os.path:exists", g_variant_new ("(s)", "/etc/debian_version"));

  test_assert_value (inside, "true");
  test_assert_value (outside, "false");
}

/* That the program hands on what is large, both ways and unchanged. */
static void
assert_carries (MitogenContext *context)
{
  g_autofree char *data = g_malloc (LARGE);
  g_autoptr (GVariant) back = NULL;
  gsize size;
  const char *bytes;

  for (gsize i = 0; i < LARGE; i++)
    data[i] = (char) (i * 31 + (i >> 9));
  back = test_call (context, "builtins:bytes",
                    g_variant_new ("(@ay)", g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data,
                                                                       LARGE, 1)));
  bytes = g_variant_get_fixed_array (back, &size, 1);
  g_assert_cmpmem (bytes, size, data, LARGE);
}

static void
check_via (Fixture *fixture, const Program *program, MitogenConnection *way)
{
  g_autoptr (MitogenConnection) taken = way;
  g_autoptr (MitogenContext) via = real_connect (fixture->router, taken, NULL);
  g_autoptr (MitogenConnection) connection = new_into (program, "here");
  g_autoptr (MitogenContext) context = real_connect (fixture->router, connection, via);

  assert_inside (context);
}

static void
check_user (Fixture *fixture, const Program *program)
{
  g_autoptr (MitogenConnection) connection = new_into (program, "here");
  g_autoptr (MitogenContext) context = NULL;

  g_object_set (connection, "username", program->user, NULL);
  context = real_connect (fixture->router, connection, NULL);
  assert_id (context, "os:getuid", 1000);
  assert_id (context, "os:getgid", 1000);
}

static void
test_works (Fixture *fixture, gconstpointer data)
{
  const Program *program = data;
  g_autoptr (MitogenConnection) connection = new_into (program, "here");
  g_autoptr (MitogenContext) context = NULL;

  if (!prepare (fixture, program, program->kind, "here"))
    return;
  context = real_connect (fixture->router, connection, NULL);
  assert_inside (context);
  assert_id (context, "os:getuid", program->uid >= 0 ? program->uid : (gint) getuid ());
  assert_carries (context);
  if (program->user != NULL)
    check_user (fixture, program);
  check_via (fixture, program, real_connection (MITOGEN_TYPE_LOCAL_CONNECTION, NULL));
  if (program->uid == 0)
    check_via (fixture, program, real_connection (MITOGEN_TYPE_SUDO_CONNECTION, NULL));
}

static void
test_many (Fixture *fixture, gconstpointer data)
{
  const Program *program = data;
  GAsyncResult *results[N_AT_ONCE] = { NULL };
  g_autoptr (GPtrArray) contexts = g_ptr_array_new_with_free_func (g_object_unref);

  if (!prepare (fixture, program, program->kind, "here"))
    return;
  for (guint i = 0; i < N_AT_ONCE; i++)
    {
      g_autoptr (MitogenConnection) connection = new_into (program, "here");

      mitogen_router_connect_async (fixture->router, connection, NULL, NULL, test_keep_result,
                                    &results[i]);
    }
  for (guint i = 0; i < N_AT_ONCE; i++)
    {
      g_autoptr (GAsyncResult) result = test_wait_result (&results[i]);
      g_autoptr (GError) error = NULL;
      MitogenContext *context = mitogen_router_connect_finish (fixture->router, result, &error);

      g_assert_no_error (error);
      g_ptr_array_add (contexts, context);
    }
  for (guint i = 0; i < N_AT_ONCE; i++)
    assert_inside (contexts->pdata[i]);
}

/* One that does not run is started. */
static void
test_starts (Fixture *fixture, gconstpointer data)
{
  const Program *program = data;
  g_autoptr (MitogenConnection) connection = new_into (program, "here");
  g_autoptr (MitogenContext) context = NULL;

  if (!prepare (fixture, program, program->kind, "here"))
    return;
  real_container_do (program->keeper, "stop", "here");
  context = real_connect (fixture->router, connection, NULL);
  assert_inside (context);
  real_container_do (program->keeper, "stop", "here");
}

/* ---- what does not ---- */

static void
check_failure (Fixture *fixture,
               const Program *program,
               const char *container,
               gint code,
               const char *parts)
{
  g_autoptr (MitogenConnection) connection = new_into (program, container);
  g_autoptr (MitogenConnection) way = real_connection (MITOGEN_TYPE_LOCAL_CONNECTION, NULL);
  g_autoptr (MitogenContext) via = NULL;
  g_autoptr (GError) error = NULL;

  real_assert_fails (fixture->router, connection, code, parts);
  via = real_connect (fixture->router, way, NULL);
  error = real_connect_fails (fixture->router, connection, via);
  real_assert_error (error, code, parts);
}

static void
test_no_container (Fixture *fixture, gconstpointer data)
{
  const Program *program = data;
  const char *const odd[] = { "nosuch", "a b", "no/such", "$(id)", "../here", NULL };
  guint n = program->uid < 0 ? 1 : G_N_ELEMENTS (odd) - 1;

  if (!prepare (fixture, program, program->kind, "here"))
    return;
  for (guint i = 0; i < n; i++)
    check_failure (fixture, program, odd[i], MITOGEN_ERROR_STREAM, "there is no such container");
}

static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  const Program *program = data;

  if (!prepare (fixture, program, program->kind, "here"))
    return;
  real_container_do (program->keeper, "stop", "here");
  check_failure (fixture, program, "here", MITOGEN_ERROR_STREAM, "not run");
}

/* No shell, no Python, nothing. */
static void
test_lacking (Fixture *fixture, gconstpointer data)
{
  const Program *program = data;

  if (!prepare (fixture, program, "nosh", "nosh") ||
      !prepare (fixture, program, "nopython", "nopython") ||
      !prepare (fixture, program, "bare", "bare"))
    return;
  check_failure (fixture, program, "nopython", MITOGEN_ERROR_NO_INTERPRETER,
                 "no Python is to be found|no Python interpreter found");
  if (program == &buildah)
    {
      /* It tells the reason behind the whole command. */
      check_failure (fixture, program, "nosh", MITOGEN_ERROR_STREAM, "may not have the program");
      check_failure (fixture, program, "bare", MITOGEN_ERROR_STREAM, "may not have the program");
      return;
    }
  check_failure (fixture, program, "nosh", MITOGEN_ERROR_NO_INTERPRETER, "does not have");
  check_failure (fixture, program, "bare", MITOGEN_ERROR_NO_INTERPRETER, "does not have");
}

/* With Python's own path no shell is needed. */
static void
test_no_shell (Fixture *fixture, gconstpointer data)
{
  const Program *program = data;
  const char *python[] = { "/usr/bin/python3", NULL };
  g_autoptr (MitogenConnection) connection = new_into (program, "nosh");
  g_autoptr (MitogenContext) context = NULL;

  if (!prepare (fixture, program, "nosh", "nosh"))
    return;
  mitogen_connection_set_python_path (connection, python);
  context = real_connect (fixture->router, connection, NULL);
  assert_inside (context);
}

/* LXD says so; in one of LXC's even the program that was started there stands still. */
static void
test_paused (Fixture *fixture, gconstpointer data)
{
  const Program *program = data;
  g_autoptr (MitogenConnection) connection = new_into (program, "here");

  if (!prepare (fixture, program, program->kind, "here"))
    return;
  real_container_do (program->keeper, "pause", "here");
  mitogen_connection_set_connect_timeout (connection,
                                          program == &lxd ? TEST_PATIENCE_MS : SHORT_TIMEOUT_MS);
  if (program == &lxd)
    real_assert_fails (fixture->router, connection, MITOGEN_ERROR_STREAM, "is frozen");
  else
    real_assert_fails (fixture->router, connection, MITOGEN_ERROR_TIMED_OUT, "time limit");
  real_container_do (program->keeper, "unpause", "here");
}

static void
test_denied (Fixture *fixture, gconstpointer data)
{
  const Program *program = data;
  g_autofree char *engine = real_engine (program->keeper);

  if (engine == NULL)
    return;
  g_free (real_control ("container %s %s here", program->keeper, program->kind));
  if (program == &lxd)
    check_failure (fixture, program, "here", MITOGEN_ERROR_PERMISSION, "may not use the daemon");
  else
    check_failure (fixture, program, "here", MITOGEN_ERROR_PERMISSION, "may not use");
}

/* ---- ends in the middle of a call ---- */

static void
check_end (Fixture *fixture, const Program *program, const char *verb)
{
  g_autoptr (MitogenConnection) connection = new_into (program, "here");
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  if (!prepare (fixture, program, program->kind, "here"))
    return;
  context = real_connect (fixture->router, connection, NULL);
  mitogen_context_call_async (context, "time:sleep", g_variant_new ("(i)", 3600), NULL, NULL, -1,
                              NULL, test_keep_result, &result);
  real_container_do (program->keeper, verb, "here");
  test_wait_result (&result);
  value = mitogen_context_call_finish (context, result, &error);
  g_assert_null (value);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_test_message ("%s", error->message);
}

static void
test_killed (Fixture *fixture, gconstpointer data)
{
  check_end (fixture, data, "kill");
}

static void
test_removed (Fixture *fixture, gconstpointer data)
{
  check_end (fixture, data, "remove");
}

/* The end of the stream gets through, and ends what was started in the container. */
static void
test_client_killed (Fixture *fixture, gconstpointer data)
{
  const Program *program = data;
  g_autoptr (MitogenConnection) way = real_connection (MITOGEN_TYPE_LOCAL_CONNECTION, NULL);
  g_autoptr (MitogenConnection) connection = new_into (program, "here");
  g_autoptr (MitogenContext) via = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_auto (Ending) ending = { 0 };

  if (!prepare (fixture, program, program->kind, "here"))
    return;
  via = real_connect (fixture->router, way, NULL);
  context = real_connect (fixture->router, connection, via);
  test_watch_ending (context, &ending);
  /* All on this side that was started for it, at once. */
  kill (test_context_pid (via), SIGKILL);
  test_wait (ending.count == 1);
}

/* ---- */

static void
add (const char *user, const char *name, FixtureFunc func, const Program *program)
{
  g_autofree char *path = g_strdup_printf ("/programs/%s/%s", program->keeper, name);

  real_add_with (user, path, func, program);
}

int
main (int argc, char **argv)
{
  const Program *const roots[] = { &lxc, &lxd, &buildah };
  const Program *const users[] = { &toolbox, &distrobox };

  real_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    {
      add ("root", "works", test_works, roots[i]);
      add ("root", "many", test_many, roots[i]);
      add ("root", "no-container", test_no_container, roots[i]);
      add ("root", "lacking", test_lacking, roots[i]);
      add ("root", "no-shell", test_no_shell, roots[i]);
      add ("root", "client-killed", test_client_killed, roots[i]);
      if (roots[i] == &buildah)
        continue;
      add ("root", "stopped", test_stopped, roots[i]);
      add ("root", "paused", test_paused, roots[i]);
      add ("root", "killed", test_killed, roots[i]);
      add ("root", "removed", test_removed, roots[i]);
      add ("mg-free", "denied", test_denied, roots[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    {
      add ("mg-free", "works", test_works, users[i]);
      add ("mg-free", "many", test_many, users[i]);
      add ("mg-free", "starts", test_starts, users[i]);
      add ("mg-free", "no-container", test_no_container, users[i]);
      /* toolbox's are in the name space of the host's processes: no other ends with the first. */
      if (users[i] != &toolbox)
        add ("mg-free", "killed", test_killed, users[i]);
      add ("mg-free", "removed", test_removed, users[i]);
      add ("mg-free", "client-killed", test_client_killed, users[i]);
    }
  return g_test_run ();
}
