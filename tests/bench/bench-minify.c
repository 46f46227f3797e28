/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Minifies Python's standard library, which is read before.
 */

#include "bench-util.h"

#include <mitogen-glib/mitogen.h>

#include <string.h>

/* What bench_util.py lists, too. */
#define LIST_FILES                                                                                 \
  "import bench_util, sys\n"                                                                       \
  "print('\\n'.join(bench_util.list_library(int(sys.argv[1]))))\n"

static char **
list_files (guint count)
{
  g_autofree char *number = g_strdup_printf ("%u", count);
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;
  const char *argv[] = { bench_python (), "-Bc", LIST_FILES, number, NULL };
  int status;

  if (!g_spawn_sync (g_getenv ("BENCH_SOURCE_DIR"), (char **) argv, NULL, G_SPAWN_DEFAULT, NULL,
                     NULL, &output, NULL, &status, &error) ||
      !g_spawn_check_wait_status (status, &error))
    g_error ("%s", error->message);
  return g_strsplit (g_strchomp (output), "\n", -1);
}

static GPtrArray *
read_files (char **paths)
{
  GPtrArray *sources = g_ptr_array_new_with_free_func (g_free);

  for (; *paths != NULL; paths++)
    {
      g_autoptr (GError) error = NULL;
      char *source;

      if (!g_file_get_contents (*paths, &source, NULL, &error))
        g_error ("%s", error->message);
      if (g_utf8_validate (source, -1, NULL))
        g_ptr_array_add (sources, source);
      else
        g_free (source);
    }
  return sources;
}

static void
probe_minify (guint count)
{
  g_auto (GStrv) paths = list_files (count);
  g_autoptr (GPtrArray) sources = read_files (paths);
  gint64 start = bench_now_ns ();
  gsize size = 0;

  for (guint i = 0; i < sources->len; i++)
    {
      g_autofree char *minified = mitogen_minimize_source (sources->pdata[i], NULL);

      if (minified == NULL)
        g_error ("%s is no Python source", paths[i]);
    }
  start = bench_now_ns () - start;
  for (guint i = 0; i < sources->len; i++)
    size += strlen (sources->pdata[i]);
  bench_emit_one ("minify", (double) size / BENCH_MIB / ((double) start / 1e9));
}

int
main (int argc, char **argv)
{
  static const BenchProbe probes[] = {
    { "minify", probe_minify },
    { NULL, NULL },
  };

  return bench_main (argc, argv, probes);
}
