/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* That the containers of the machine are what other tests take them for: a context in one of each
 * kind, by a program that enters it, without a class for it. */

#include "real-util.h"

#include <string.h>

static void
assert_exists (MitogenContext *context, const char *path, const char *expected)
{
  g_autoptr (GVariant) exists = test_call (context, "os.path:exists", g_variant_new ("(s)", path));

  test_assert_value (exists, expected);
}

/* Takes the argv. */
static void
check_enters (Fixture *fixture, MitogenConnection *connection)
{
  G_GNUC_UNUSED g_autoptr (MitogenConnection) taken = connection;
  g_autoptr (MitogenContext) context = real_connect (fixture->router, connection, NULL);

  assert_exists (context, "/home/mitogen", "true");
  assert_exists (context, "/etc/debian_version", "false");
}

static void
test_engine (Fixture *fixture, gconstpointer data)
{
  const char *engine = strrchr (g_test_get_path (), '/') + 1;
  g_autofree char *address = real_engine (engine);

  if (address == NULL)
    return;
  real_container (engine, "python", "here");
  g_assert_cmpint (real_container_pid (engine, "here"), >, 1);
  check_enters (fixture, test_connection_argv ("docker", "-H", address, "exec", "-i", "here",
                                               "python3", NULL));
  real_container_do (engine, "remove", "here");
  real_check_containers (engine, "");
}

static void
test_lxc (Fixture *fixture, gconstpointer data)
{
  if (real_engine ("lxc") == NULL)
    return;
  real_container ("lxc", "python", "here");
  check_enters (fixture, test_connection_argv ("lxc-attach", "--clear-env", "-n", "here", "--",
                                               "/usr/bin/python3", NULL));
}

static void
test_lxd (Fixture *fixture, gconstpointer data)
{
  if (real_engine ("lxd") == NULL)
    return;
  real_container ("lxd", "python", "here");
  check_enters (fixture, test_connection_argv ("lxc", "exec", "--mode=non-interactive", "here",
                                               "--", "python3", NULL));
}

static void
test_nspawn (Fixture *fixture, gconstpointer data)
{
  g_autofree char *pid = NULL;

  if (real_engine ("nspawn") == NULL)
    return;
  real_container ("nspawn", "python", "here");
  pid = g_strdup_printf ("%d", real_container_pid ("nspawn", "here"));
  check_enters (fixture,
                test_connection_argv ("nsenter", "-a", "-t", pid, "/usr/bin/python3", NULL));
}

static void
test_chroot (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (real_get ("BASE"), "chroot", "here", NULL);

  if (real_engine ("chroot") == NULL)
    return;
  real_container ("chroot", "python", "here");
  check_enters (fixture, test_connection_argv ("chroot", folder, "/usr/bin/python3", NULL));
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  real_add ("root", "/containers/docker", test_engine);
  real_add ("root", "/containers/podman", test_engine);
  real_add ("mg-free", "/containers/rootless", test_engine);
  real_add ("root", "/containers/lxc", test_lxc);
  real_add ("root", "/containers/lxd", test_lxd);
  real_add ("root", "/containers/nspawn", test_nspawn);
  real_add ("root", "/containers/chroot", test_chroot);
  return g_test_run ();
}
