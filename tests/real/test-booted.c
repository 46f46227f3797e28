/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Containers that systemd-machined knows. */

#include "real-util.h"

/* That they are what other tests take them for. */
static void
test_containers (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      test_connection_argv ("systemd-run", "--machine=inner", "--pipe", "--wait", "--quiet",
                            "--collect", "/usr/bin/python3", NULL);
  g_autoptr (MitogenContext) context = NULL;

  real_container ("machined", "python", "asleep");
  g_assert_cmpint (real_container_pid ("machined", "asleep"), >, 1);
  real_container ("machined", "booted", "inner");
  context = real_connect (fixture->router, connection, NULL);
  test_assert_alive (context);
  real_check_containers ("machined", "asleep inner");
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  real_add ("root", "/booted/containers", test_containers);
  return g_test_run ();
}
