/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Machines of a systemd that has booted: see booted.py. */

#include "real-util.h"

#include <pwd.h>

static void
check_user (MitogenContext *context, const char *user)
{
  g_autoptr (GVariant) value = test_call (context, "os:getenv", g_variant_new ("(s)", "HOME"));
  g_autofree char *expected = g_strdup_printf ("'%s'", getpwnam (user)->pw_dir);

  real_assert_user (context, user);
  test_assert_value (value, expected);
  test_assert_alive (context);
}

static void
check_fails (Fixture *fixture, MitogenConnection *connection, const char *parts)
{
  g_autoptr (MitogenContext) via = test_local (fixture->router);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error =
          real_connect_fails (fixture->router, connection, i == 0 ? NULL : via);

      real_assert_error (error, MITOGEN_ERROR_STREAM, parts);
    }
}

static void
test_machinectl (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      real_connection (MITOGEN_TYPE_MACHINECTL_CONNECTION, "container", "inner", NULL);
  g_autoptr (MitogenContext) via = test_local (fixture->router);

  real_container ("machined", "booted", "inner");
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (MitogenContext) root =
          real_connect (fixture->router, connection, i == 0 ? NULL : via);
      g_autoptr (MitogenContext) other = NULL;

      check_user (root, "root");
      g_object_set (connection, "username", "mg-free", NULL);
      other = real_connect (fixture->router, connection, i == 0 ? NULL : via);
      check_user (other, "mg-free");
      g_object_set (connection, "username", NULL, NULL);
    }
}

/* All bytes pass, and ends are told: no terminal is between. */
static void
test_clean (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      real_connection (MITOGEN_TYPE_MACHINECTL_CONNECTION, "container", "inner", NULL);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GVariant) length = NULL;
  g_autofree guint8 *bytes = g_malloc (1024 * 1024);
  GVariant *value;

  real_container ("machined", "booted", "inner");
  context = real_connect (fixture->router, connection, NULL);
  for (guint i = 0; i < 1024 * 1024; i++)
    bytes[i] = i % 251;
  value = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, 1024 * 1024, 1);
  length = test_call_typed (context, "builtins:len", g_variant_new_tuple (&value, 1), "x");
  g_assert_cmpint (g_variant_get_int64 (length), ==, 1024 * 1024);
}

static void
test_machinectl_fails (Fixture *fixture, gconstpointer data)
{
  const char *const python[] = { "/no/such/python", NULL };
  g_autoptr (MitogenConnection) connection =
      real_connection (MITOGEN_TYPE_MACHINECTL_CONNECTION, "container", "no-such", NULL);
  g_autoptr (GError) error = NULL;

  real_container ("machined", "python", "asleep");
  real_container ("machined", "booted", "inner");
  check_fails (fixture, connection, "there is no such machine");
  g_object_set (connection, "container", "a b;c", NULL);
  check_fails (fixture, connection, "no machine can be called so");
  g_object_set (connection, "container", "asleep", NULL);
  check_fails (fixture, connection, "no system bus");
  g_object_set (connection, "container", "inner", "username", "no-such", NULL);
  check_fails (fixture, connection, "no such user");
  g_object_set (connection, "username", NULL, NULL);
  mitogen_connection_set_python_path (connection, python);
  error = real_connect_fails (fixture->router, connection, NULL);
  real_assert_error (error, MITOGEN_ERROR_NO_INTERPRETER, "/no/such/python");
}

static void
test_setns (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      real_connection (MITOGEN_TYPE_SETNS_CONNECTION, "kind", MITOGEN_SETNS_KIND_MACHINECTL,
                       "container", "asleep", "username", "mitogen", NULL);
  g_autoptr (MitogenContext) via = test_local (fixture->router);

  real_container ("machined", "python", "asleep");
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (MitogenContext) context =
          real_connect (fixture->router, connection, i == 0 ? NULL : via);
      g_autoptr (GVariant) home = test_call (context, "os:getenv", g_variant_new ("(s)", "HOME"));

      test_assert_value (home, "'/home/mitogen'");
    }
  g_object_set (connection, "container", "no-such", NULL);
  check_fails (fixture, connection, "there is no such container");
}

/* Where systemd runs, it keeps the container. */
static void
test_nspawn (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (real_get ("BASE"), "booted", "asleep", NULL);
  g_autoptr (MitogenConnection) connection =
      real_connection (MITOGEN_TYPE_NSPAWN_CONNECTION, "directory", folder, "machine", "spawned",
                       "username", "mitogen", NULL);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GVariant) home = NULL;
  g_autofree char *listed = NULL;
  g_autoptr (GError) error = NULL;

  real_container ("machined", "python", "asleep");
  real_container_do ("machined", "kill", "asleep");
  context = real_connect (fixture->router, connection, NULL);
  home = test_call (context, "os:getenv", g_variant_new ("(s)", "HOME"));
  test_assert_value (home, "'/home/mitogen'");
  g_spawn_command_line_sync ("machinectl list --no-legend", &listed, NULL, NULL, &error);
  g_assert_no_error (error);
  test_assert_contains (listed, "spawned");
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  real_add ("root", "/machined/machinectl", test_machinectl);
  real_add ("root", "/machined/clean", test_clean);
  real_add ("root", "/machined/fails", test_machinectl_fails);
  real_add ("root", "/machined/setns", test_setns);
  real_add ("root", "/machined/nspawn", test_nspawn);
  return g_test_run ();
}
