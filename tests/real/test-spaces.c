/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Containers entered by their name spaces, other root folders, and containers that are made for a
 * context, on this host and behind a context. */

#include "real-util.h"

#include <string.h>

/* Of rootfs.py */
#define USER "mitogen"
#define UID  1000

static MitogenConnection *
setns_of (const char *engine, const char *name)
{
  if (g_str_equal (engine, "nspawn"))
    return real_connection (MITOGEN_TYPE_SETNS_CONNECTION, "pid", real_container_pid (engine, name),
                            NULL);
  return real_connection (MITOGEN_TYPE_SETNS_CONNECTION, "container", name, "kind",
                          g_str_equal (engine, "docker")   ? MITOGEN_SETNS_KIND_DOCKER
                          : g_str_equal (engine, "podman") ? MITOGEN_SETNS_KIND_PODMAN
                          : g_str_equal (engine, "lxc")    ? MITOGEN_SETNS_KIND_LXC
                                                           : MITOGEN_SETNS_KIND_LXD,
                          NULL);
}

/* The client programs are to find the engine of the machine. Returns: FALSE: it is not there */
static gboolean
prepare (Fixture *fixture, const char *engine)
{
  g_autofree char *address = real_engine (engine);

  if (address == NULL)
    return FALSE;
  if (g_str_equal (engine, "docker"))
    real_set_variable (fixture, "DOCKER_HOST", address);
  if (g_str_equal (engine, "podman"))
    real_set_variable (fixture, "CONTAINER_HOST", address);
  return TRUE;
}

static const char *
get_engine (void)
{
  return strrchr (g_test_get_path (), '/') + 1;
}

/* That it is in a root file system of rootfs.py, in the account. */
static void
check_place (MitogenContext *context, guint uid)
{
  g_autoptr (GVariant) inside =
      test_call (context, "os.path:exists", g_variant_new ("(s)", "/home/" USER));
  g_autoptr (GVariant) outside =
      test_call (context, "os.path:exists", g_variant_new ("(s)", "/etc/debian_version"));
  g_autoptr (GVariant) real = test_call_typed (context, "os:getuid", NULL, "x");
  g_autoptr (GVariant) home = test_call (context, "os:getenv", g_variant_new ("(s)", "HOME"));

  test_assert_value (inside, "true");
  test_assert_value (outside, "false");
  g_assert_cmpint (g_variant_get_int64 (real), ==, uid);
  test_assert_value (home, uid == 0 ? "'/root'" : "'/home/" USER "'");
}

static void
check_works (Fixture *fixture, MitogenConnection *connection, MitogenContext *via, guint uid)
{
  g_autoptr (MitogenContext) context = real_connect (fixture->router, connection, via);

  check_place (context, uid);
  test_assert_alive (context);
}

/* As root and as another, here and through a context, and that nothing is left. */
static void
check_all_ways (Fixture *fixture, MitogenConnection *connection)
{
  g_autoptr (MitogenContext) via = test_local (fixture->router);

  for (guint i = 0; i < 2; i++)
    {
      check_works (fixture, connection, i == 0 ? NULL : via, 0);
      g_object_set (connection, "username", USER, NULL);
      check_works (fixture, connection, i == 0 ? NULL : via, UID);
      g_object_set (connection, "username", NULL, NULL);
    }
}

/* Here and through a context. */
static void
check_fails (Fixture *fixture, MitogenConnection *connection, gint code, const char *parts)
{
  g_autoptr (MitogenContext) via = test_local (fixture->router);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error =
          real_connect_fails (fixture->router, connection, i == 0 ? NULL : via);

      real_assert_error (error, code, parts);
    }
}

/* ---- setns ---- */

static void
test_setns (Fixture *fixture, gconstpointer data)
{
  const char *engine = get_engine ();
  g_autoptr (MitogenConnection) connection = NULL;

  if (!prepare (fixture, engine))
    return;
  real_container (engine, "python", "here");
  connection = setns_of (engine, "here");
  check_all_ways (fixture, connection);
}

static void
test_not_there (Fixture *fixture, gconstpointer data)
{
  const char *engine = get_engine ();
  g_autoptr (MitogenConnection) none = NULL;
  g_autoptr (MitogenConnection) stopped = NULL;

  if (!prepare (fixture, engine))
    return;
  none = setns_of (engine, "no-such");
  check_fails (fixture, none, MITOGEN_ERROR_STREAM, "there is no such container");
  real_container (engine, "python", "here");
  real_container_do (engine, "stop", "here");
  stopped = setns_of (engine, "here");
  check_fails (fixture, stopped, MITOGEN_ERROR_STREAM, "does not run");
}

static void
test_no_interpreter (Fixture *fixture, gconstpointer data)
{
  const char *const python[] = { "/usr/bin/python3", NULL };
  g_autoptr (MitogenConnection) nopython = NULL;
  g_autoptr (MitogenConnection) nosh = NULL;

  if (!prepare (fixture, "lxc"))
    return;
  real_container ("lxc", "nopython", "nopython");
  nopython = setns_of ("lxc", "nopython");
  check_fails (fixture, nopython, MITOGEN_ERROR_NO_INTERPRETER, "nterpreter");
  mitogen_connection_set_python_path (nopython, python);
  check_fails (fixture, nopython, MITOGEN_ERROR_NO_INTERPRETER, "nterpreter|/usr/bin/python3");

  real_container ("lxc", "nosh", "nosh");
  nosh = setns_of ("lxc", "nosh");
  check_fails (fixture, nosh, MITOGEN_ERROR_NO_INTERPRETER, "/bin/sh");
  mitogen_connection_set_python_path (nosh, python);
  check_works (fixture, nosh, NULL, 0);
}

static void
test_no_user (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = NULL;

  if (!prepare (fixture, "lxc"))
    return;
  real_container ("lxc", "python", "here");
  connection = setns_of ("lxc", "here");
  g_object_set (connection, "username", "no one; $(x)", NULL);
  check_fails (fixture, connection, MITOGEN_ERROR_STREAM, "there is no such user|no one; $(x)");
}

/* A call in the middle ends with the container. */
static void
test_ends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_auto (Ending) ending = { 0 };

  if (!prepare (fixture, "lxc"))
    return;
  real_container ("lxc", "python", "here");
  connection = setns_of ("lxc", "here");
  context = real_connect (fixture->router, connection, NULL);
  test_watch_ending (context, &ending);
  real_container_do ("lxc", "kill", "here");
  test_wait (ending.count == 1);
  g_test_message ("%s", ending.reason->message);
  g_assert_error (ending.reason, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
}

static void
test_not_allowed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) setns =
      real_connection (MITOGEN_TYPE_SETNS_CONNECTION, "pid", 1, NULL);
  g_autoptr (MitogenConnection) chroot =
      real_connection (MITOGEN_TYPE_CHROOT_CONNECTION, "directory", "/etc", NULL);
  g_autoptr (MitogenConnection) nspawn =
      real_connection (MITOGEN_TYPE_NSPAWN_CONNECTION, "directory", "/etc", NULL);

  check_fails (fixture, setns, MITOGEN_ERROR_PERMISSION, "may not");
  check_fails (fixture, chroot, MITOGEN_ERROR_PERMISSION, "may not");
  check_fails (fixture, nspawn, MITOGEN_ERROR_PERMISSION, "only root");
}

/* ---- flatpak enter ---- */

/* It enters any process that it is told, as if that were in a sandbox. */
static void
test_flatpak (Fixture *fixture, gconstpointer data)
{
  g_autofree char *program = g_find_program_in_path ("flatpak");
  g_autoptr (MitogenConnection) connection = NULL;
  g_autofree char *pid = NULL;

  if (!prepare (fixture, "lxc"))
    return;
  if (program == NULL)
    {
      g_test_skip ("no flatpak");
      return;
    }
  real_container ("lxc", "python", "here");
  pid = g_strdup_printf ("%d", real_container_pid ("lxc", "here"));
  connection = real_connection (MITOGEN_TYPE_FLATPAK_CONNECTION, "container", pid, NULL);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (MitogenContext) via = i == 0 ? NULL : test_local (fixture->router);
      g_autoptr (MitogenContext) context = real_connect (fixture->router, connection, via);
      g_autoptr (GVariant) inside =
          test_call (context, "os.path:exists", g_variant_new ("(s)", "/home/" USER));

      test_assert_value (inside, "true");
      test_assert_alive (context);
    }
  g_object_set (connection, "container", "no-such", NULL);
  check_fails (fixture, connection, MITOGEN_ERROR_STREAM, "no such app runs");
  g_object_set (connection, "container", "99999", NULL);
  check_fails (fixture, connection, MITOGEN_ERROR_STREAM, "no such app runs");
}

/* ---- chroot ---- */

static void
test_chroot (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (real_get ("BASE"), "chroot", "here", NULL);
  g_autoptr (MitogenConnection) connection = NULL;

  if (!prepare (fixture, "chroot"))
    return;
  real_container ("chroot", "python", "here");
  connection = real_connection (MITOGEN_TYPE_CHROOT_CONNECTION, "directory", folder, NULL);
  check_all_ways (fixture, connection);

  g_object_set (connection, "username", "1000:1001", NULL);
  check_works (fixture, connection, NULL, UID);
  g_object_set (connection, "directory", "/no such", NULL);
  check_fails (fixture, connection, MITOGEN_ERROR_STREAM, "there is no such folder|/no such");
}

/* By the program of coreutils. */
static void
test_chroot_program (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (real_get ("BASE"), "chroot", "here", NULL);
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GVariant) uid = NULL;

  if (!prepare (fixture, "chroot"))
    return;
  real_container ("chroot", "python", "here");
  connection = real_connection (MITOGEN_TYPE_CHROOT_CONNECTION, "directory", folder, "chroot-path",
                                "chroot", "username", USER, NULL);
  context = real_connect (fixture->router, connection, NULL);
  uid = test_call_typed (context, "os:getuid", NULL, "x");
  g_assert_cmpint (g_variant_get_int64 (uid), ==, UID);
  g_object_set (connection, "directory", "/no such", NULL);
  check_fails (fixture, connection, MITOGEN_ERROR_STREAM, "there is no such folder");
}

/* ---- nspawn ---- */

static MitogenConnection *
nspawn_in (const char *kind, const char *name)
{
  g_autofree char *folder = g_build_filename (real_get ("BASE"), "chroot", name, NULL);

  real_container ("chroot", kind, name);
  return real_connection (MITOGEN_TYPE_NSPAWN_CONNECTION, "directory", folder, NULL);
}

/* There is one at a time in a folder, and the end of one takes a moment: each has its own. */
static void
test_nspawn (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) via = test_local (fixture->router);
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenContext) context = NULL;

  if (!prepare (fixture, "chroot") || !prepare (fixture, "nspawn"))
    return;
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *name = g_strdup_printf ("spawned-%u", i);

      g_clear_object (&context);
      g_clear_object (&connection);
      connection = nspawn_in ("python", name);
      if (i >= 2)
        g_object_set (connection, "username", USER, NULL);
      context = real_connect (fixture->router, connection, i % 2 == 0 ? NULL : via);
      check_place (context, i >= 2 ? UID : 0);
      test_assert_alive (context);
    }
  check_fails (fixture, connection, MITOGEN_ERROR_STREAM, "runs in this folder already");
}

static void
test_nspawn_fails (Fixture *fixture, gconstpointer data)
{
  const char *const python[] = { "/usr/bin/python3", NULL };
  g_autoptr (MitogenConnection) connection = NULL;

  if (!prepare (fixture, "chroot") || !prepare (fixture, "nspawn"))
    return;
  connection = nspawn_in ("nopython", "nopython");
  check_fails (fixture, connection, MITOGEN_ERROR_NO_INTERPRETER, "nterpreter");
  mitogen_connection_set_python_path (connection, python);
  check_fails (fixture, connection, MITOGEN_ERROR_NO_INTERPRETER, "nterpreter");
  g_object_set (connection, "username", "nobody-there", NULL);
  check_fails (fixture, connection, MITOGEN_ERROR_STREAM, "there is no such user");
  g_object_set (connection, "directory", "/no such", "username", NULL, NULL);
  check_fails (fixture, connection, MITOGEN_ERROR_STREAM, "there is no such folder|/no such");
  g_object_set (connection, "directory", NULL, "machine", "no-such", NULL);
  check_fails (fixture, connection, MITOGEN_ERROR_STREAM, "there is no such machine");
  g_object_set (connection, "machine", "a b/c;d", NULL);
  check_fails (fixture, connection, MITOGEN_ERROR_STREAM, "no machine can be called so");
  g_object_set (connection, "machine", "x", "systemd-nspawn-path", "/no/such/nspawn", NULL);
  check_fails (fixture, connection, MITOGEN_ERROR_STREAM, "/no/such/nspawn");
}

int
main (int argc, char **argv)
{
  const char *const engines[] = { "docker", "podman", "lxc", "lxd", "nspawn" };

  real_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (engines); i++)
    {
      g_autofree char *path = g_strconcat ("/spaces/setns/", engines[i], NULL);
      g_autofree char *not_there = g_strconcat ("/spaces/not-there/", engines[i], NULL);

      real_add ("root", path, test_setns);
      if (!g_str_equal (engines[i], "nspawn"))
        real_add ("root", not_there, test_not_there);
    }
  real_add ("root", "/spaces/no-interpreter", test_no_interpreter);
  real_add ("root", "/spaces/no-user", test_no_user);
  real_add ("root", "/spaces/ends", test_ends);
  real_add ("root", "/spaces/flatpak", test_flatpak);
  real_add ("root", "/spaces/chroot", test_chroot);
  real_add ("root", "/spaces/chroot-program", test_chroot_program);
  real_add ("root", "/spaces/nspawn", test_nspawn);
  real_add ("root", "/spaces/nspawn-fails", test_nspawn_fails);
  real_add ("mg-free", "/spaces/not-allowed", test_not_allowed);
  return g_test_run ();
}
