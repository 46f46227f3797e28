/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Contexts through contexts.
 */

#include "bench-ours.h"

#include <stdlib.h>
#include <sys/resource.h>

#define VIAS       10
#define MIN_COUNT  VIAS
#define SMALL_TREE 4 /* times smaller than the large one */
#define LEVELS     3
#define PATIENCE   60000
#define ANY_RATE   "0"

/* ---- many ---- */

static double
cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

typedef struct
{
  double connect; /* seconds */
  double end;
  double cpu;    /* of this process, for both */
  double memory; /* of this process, in MiB */
} Tree;

/* Real contexts at the root, stand-ins behind them, each of which has answered a call. */
static Tree
grow_tree (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (GPtrArray) vias = connect_many (router, bench_python (), NULL, VIAS, VIAS);
  g_autoptr (GPtrArray) leaves = NULL;
  double cpu = cpu_seconds ();
  gint64 start = bench_now_ns ();
  Tree tree;

  leaves = connect_many (router, g_getenv ("BENCH_STAND_IN"), vias, count, BENCH_AT_ONCE);
  tree.connect = (double) (bench_now_ns () - start) / 1e9;
  tree.memory = bench_memory_kib (getpid (), "Rss") / 1024;

  start = bench_now_ns ();
  mitogen_router_shutdown (router);
  if (!mitogen_router_join (router, PATIENCE))
    g_error ("The tree does not end");
  tree.end = (double) (bench_now_ns () - start) / 1e9;
  tree.cpu = cpu_seconds () - cpu;
  return tree;
}

void
probe_tree (guint count)
{
  guint small_count = MAX (count / SMALL_TREE, MIN_COUNT);
  double factor = (double) count / small_count;
  Tree small;
  Tree large;

  allow_many_files ();
  grow_tree (MIN_COUNT); /* what happens once */
  small = grow_tree (small_count);
  large = grow_tree (count);
  bench_emit_one ("tree-connect", large.connect);
  bench_emit_one ("tree-connect-growth", large.connect / small.connect / factor);
  bench_emit_one ("tree-end", large.end);
  bench_emit_one ("tree-end-growth", large.end / small.end / factor);
  bench_emit_one ("tree-cpu-growth", large.cpu / small.cpu / factor);
  bench_emit_one ("tree-memory", large.memory);
}

/* ---- deep ---- */

static MitogenContext *
connect_through (MitogenRouter *router, const char *const *python, MitogenContext *via)
{
  g_autoptr (MitogenConnection) connection =
      g_object_new (MITOGEN_TYPE_LOCAL_CONNECTION, "python-path", python, NULL);
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_connect (router, connection, via, NULL, &error);

  check (error);
  return context;
}

static double
time_chain (MitogenRouter *router)
{
  const char *python[] = { bench_python (), NULL };
  g_autoptr (MitogenContext) last = NULL;
  gint64 start = bench_now_ns ();
  g_autoptr (MitogenContext) first = connect_through (router, python, NULL);
  double took;

  last = g_object_ref (first);
  for (guint i = 1; i < LEVELS; i++)
    {
      g_autoptr (MitogenContext) next = connect_through (router, python, last);

      g_set_object (&last, next);
    }
  getpid_there (last);
  took = (double) (bench_now_ns () - start) / 1e6;
  mitogen_context_shutdown (first, TRUE, NULL, NULL);
  return took;
}

void
probe_chain (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autofree double *values = g_new (double, count);

  for (guint i = 0; i < count; i++)
    values[i] = time_chain (router);
  bench_emit ("chain", values, count);
}

/* ---- far away ---- */

/* Nothing is waited for but the answer to the first call: all before it rides along. */
static double
time_far (MitogenRouter *router, const char *delay_ms)
{
  const char *far[] = { g_getenv ("BENCH_LINK"), delay_ms, ANY_RATE, bench_python (), NULL };
  g_autoptr (MitogenContext) via = connect_through (router, far, NULL);
  g_autoptr (MitogenConnection) connection = connection_named (bench_python ());
  g_autoptr (MitogenContext) there = NULL;
  g_autoptr (GError) error = NULL;
  gint64 start;
  double took;

  getpid_there (via);
  start = bench_now_ns ();
  there = mitogen_router_start_connect (router, connection, via, &error);
  check (error);
  getpid_there (there);
  took = (double) (bench_now_ns () - start) / 1e6;
  mitogen_context_shutdown (via, TRUE, NULL, NULL);
  return took;
}

void
probe_far (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autofree double *near = g_new (double, count);
  g_autofree double *far = g_new (double, count);
  g_autofree double *trips = g_new (double, count);

  for (guint i = 0; i < count; i++)
    {
      near[i] = time_far (router, "0");
      far[i] = time_far (router, BENCH_FAR_MS);
      trips[i] = (far[i] - near[i]) / (2 * atoi (BENCH_FAR_MS));
    }
  bench_emit ("far", far, count);
  bench_emit ("far-round-trips", trips, count);
}
