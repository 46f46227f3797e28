/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Contexts on other hosts, in the machine of ssh_machine.py.
 */

#include "bench-ours.h"

#include <stdlib.h>

static MitogenConnection *
connection_to (const char *host)
{
  const char *python[] = { bench_python (), NULL };

  return g_object_new (MITOGEN_TYPE_SSH_CONNECTION, "hostname", host, "python-path", python, NULL);
}

/* Nothing is waited for but the answer to the first call. */
static double
time_first_call (MitogenRouter *router, const char *host)
{
  g_autoptr (MitogenConnection) connection = connection_to (host);
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
probe_ssh_connect (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autofree double *values = g_new (double, count);

  time_first_call (router, BENCH_NEAR_HOST);
  for (guint i = 0; i < count; i++)
    values[i] = time_first_call (router, BENCH_NEAR_HOST);
  bench_emit ("ssh-connect", values, count);
}

void
probe_ssh_far (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autofree double *far = g_new (double, count);
  g_autofree double *trips = g_new (double, count);

  for (guint i = 0; i < count; i++)
    {
      double near = time_first_call (router, BENCH_NEAR_HOST);
      double least =
          bench_time_ssh (BENCH_FAR_HOST, "true") - bench_time_ssh (BENCH_NEAR_HOST, "true");

      far[i] = time_first_call (router, BENCH_FAR_HOST);
      trips[i] = (far[i] - near - least) / (2 * atoi (BENCH_FAR_MS));
    }
  bench_emit ("ssh-far", far, count);
  bench_emit ("ssh-far-round-trips", trips, count);
}

void
probe_ssh_many (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (GPtrArray) contexts = NULL;
  gint64 start = bench_now_ns ();

  contexts = connect_many_to (router, connection_to, BENCH_NEAR_HOST, NULL, count, count);
  bench_emit_one ("ssh-many", (double) (bench_now_ns () - start) / 1e9);
}

void
probe_ssh_call (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (MitogenConnection) connection = connection_to (BENCH_NEAR_HOST);
  g_autofree double *values = g_new (double, count);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  context = mitogen_router_connect (router, connection, NULL, NULL, &error);
  check (error);
  getpid_there (context);
  for (guint i = 0; i < count; i++)
    {
      gint64 start = bench_now_ns ();

      getpid_there (context);
      values[i] = (double) (bench_now_ns () - start) / 1e6;
    }
  bench_emit ("ssh-call", values, count);
}
