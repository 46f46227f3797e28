/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Contexts in a container, in the machine of docker_machine.py.
 */

#include "bench-ours.h"

static MitogenConnection *
connection_to (const char *container)
{
  const char *python[] = { bench_python (), NULL };

  return g_object_new (MITOGEN_TYPE_DOCKER_CONNECTION, "container", container, "python-path",
                       python, NULL);
}

static double
time_first_call (MitogenRouter *router)
{
  g_autoptr (MitogenConnection) connection = connection_to (BENCH_CONTAINER);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;
  gint64 start = bench_now_ns ();
  double took;

  context = mitogen_router_start_connect (router, connection, NULL, &error);
  check (error);
  getpid_there (context);
  took = (double) (bench_now_ns () - start) / 1e6;
  mitogen_context_shutdown (context, TRUE, NULL, NULL);
  return took;
}

void
probe_docker_connect (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autofree double *values = g_new (double, count);

  time_first_call (router);
  for (guint i = 0; i < count; i++)
    values[i] = time_first_call (router);
  bench_emit ("docker-connect", values, count);
}

/* Each time to another one. */
static MitogenConnection *
connection_to_next (const char *containers)
{
  static guint number;
  g_autofree char *container = g_strdup_printf ("%s-%u", containers, number++);

  return connection_to (container);
}

void
probe_docker_many (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (GPtrArray) contexts = NULL;
  gint64 start = bench_now_ns ();

  contexts = connect_many_to (router, connection_to_next, "bench", NULL, count, count);
  bench_emit_one ("docker-many", (double) (bench_now_ns () - start) / 1e9);
}
