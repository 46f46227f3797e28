/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The modules of a program, sent to its contexts: the package that module_tree.py has written.
 */

#include "bench-ours.h"

#include <stdlib.h>

#define N_MODULES    51
#define FAR_MS       "20"
#define N_CHILDREN   20
#define ANY_RATE     "0"
#define RUN_FUNCTION "bench_app:run"

static MitogenRouter *
new_router (void)
{
  MitogenRouter *router = mitogen_router_new (NULL);
  g_autoptr (GError) error = NULL;

  mitogen_module_responder_add_path (mitogen_router_get_responder (router), g_getenv ("BENCH_TREE"),
                                     &error);
  check (error);
  return router;
}

static void
collect (MitogenReceiver *receiver)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = mitogen_receiver_get_data (receiver, -1, NULL, &error);
  g_autoptr (GVariant) count = NULL;

  check (error);
  count = g_variant_get_child_value (value, 0);
  g_assert_cmpint (g_variant_get_int64 (count), ==, N_MODULES);
}

/* Returns the seconds until all contexts have answered. */
static double
run_modules (MitogenContext *const *contexts, guint n_contexts)
{
  g_autoptr (GPtrArray) receivers = g_ptr_array_new_with_free_func (g_object_unref);
  gint64 start = bench_now_ns ();

  for (guint i = 0; i < n_contexts; i++)
    {
      g_autoptr (GError) error = NULL;

      g_ptr_array_add (receivers,
                       mitogen_context_start_call (contexts[i], RUN_FUNCTION, NULL, NULL, &error));
      check (error);
    }
  for (guint i = 0; i < n_contexts; i++)
    collect (receivers->pdata[i]);
  return (double) (bench_now_ns () - start) / 1e9;
}

/* Milliseconds, in a new child that so many milliseconds away each way. */
static double
time_modules (MitogenRouter *router, const char *delay_ms)
{
  const char *far[] = { g_getenv ("BENCH_LINK"), delay_ms, ANY_RATE, bench_python (), NULL };
  const char *near[] = { bench_python (), NULL };
  g_autoptr (MitogenConnection) connection =
      g_object_new (MITOGEN_TYPE_LOCAL_CONNECTION, "python-path", delay_ms != NULL ? far : near,
                    NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context =
      mitogen_router_connect (router, connection, NULL, NULL, &error);
  double took;

  check (error);
  getpid_there (context);
  took = run_modules (&context, 1) * 1e3;
  mitogen_context_shutdown (context, TRUE, NULL, NULL);
  return took;
}

/* Each time with a router that has sent nothing yet; then once more with the same one. */
void
probe_modules (guint count)
{
  g_autofree double *cold = g_new (double, count);
  g_autofree double *warm = g_new (double, count);
  g_autofree double *trips = g_new (double, count);

  for (guint i = 0; i < count; i++)
    {
      g_autoptr (MitogenRouter) router = new_router ();
      double near;

      cold[i] = time_modules (router, NULL);
      warm[i] = time_modules (router, NULL);
      near = time_modules (router, "0");
      trips[i] = (time_modules (router, FAR_MS) - near) / (2 * atoi (FAR_MS));
    }
  bench_emit ("modules", cold, count);
  bench_emit ("modules-again", warm, count);
  bench_emit ("modules-round-trips", trips, count);
}

static double
get_count (GVariant *statistics, const char *name)
{
  guint value = 0;

  if (!g_variant_lookup (statistics, name, "u", &value))
    g_error ("The statistics have no %s", name);
  return value;
}

/* How often each module was worked upon, in the worst of the ways. */
static double
get_times_each (MitogenRouter *router)
{
  g_autoptr (GVariant) statistics =
      mitogen_module_responder_get_statistics (mitogen_router_get_responder (router));
  double most = MAX (get_count (statistics, "read"), get_count (statistics, "scanned"));

  most = MAX (most, get_count (statistics, "minified"));
  return MAX (most, get_count (statistics, "compressed")) / N_MODULES;
}

static double
time_many (double *times_each, MitogenMinify minify)
{
  g_autoptr (MitogenRouter) router = new_router ();
  g_autoptr (GPtrArray) contexts = NULL;
  double took;

  g_object_set (mitogen_router_get_responder (router), "minify", minify, NULL);
  contexts = connect_many (router, bench_python (), NULL, N_CHILDREN, N_CHILDREN);
  took = run_modules ((MitogenContext *const *) contexts->pdata, contexts->len);
  *times_each = get_times_each (router);
  return took;
}

void
probe_modules_many (guint count)
{
  g_autofree double *values = g_new (double, count);
  g_autofree double *each = g_new (double, count);

  for (guint i = 0; i < count; i++)
    values[i] = time_many (&each[i], MITOGEN_MINIFY_MARKED);
  bench_emit ("modules-many", values, count);
  for (guint i = 0; i < count; i++)
    time_many (&each[i], MITOGEN_MINIFY_ALWAYS);
  bench_emit ("modules-work", each, count);
}
