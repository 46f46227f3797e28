/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A program that has a context in a temporary container until it is killed:
 * engine-helper docker|podman ADDRESS IMAGE. It prints a line when it has it. Run by
 * test-engine-image. */

#include <mitogen.h>

#include <stdio.h>

int
main (int argc, char **argv)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (MitogenConnection) connection =
      g_object_new (g_str_equal (argv[1], "docker") ? MITOGEN_TYPE_DOCKER_CONNECTION
                                                    : MITOGEN_TYPE_PODMAN_CONNECTION,
                    "address", argv[2], "image", argv[3], "network", "none", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context =
      mitogen_router_connect (router, connection, NULL, NULL, &error);
  g_autoptr (GVariant) value = NULL;

  if (context == NULL)
    {
      printf ("%s\n", error->message);
      return 1;
    }
  printf ("connected\n");
  fflush (stdout);
  /* The context is busy when this process ends. */
  value = mitogen_context_call (context, "time:sleep", g_variant_new ("(i)", 1000), NULL, NULL, -1,
                                NULL, NULL);
  return 1;
}
