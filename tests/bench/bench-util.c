/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench-util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

const char *
bench_python (void)
{
  const char *python = g_getenv ("BENCH_PYTHON");

  return python != NULL ? python : "/usr/bin/python3";
}

gint64
bench_now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

void
bench_emit (const char *key, const double *values, guint n_values)
{
  g_autoptr (GString) line = g_string_new (NULL);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (line, "{\"key\": \"%s\", \"values\": [", key);
  for (guint i = 0; i < n_values; i++)
    {
      g_string_append (line, i > 0 ? ", " : "");
      g_string_append (line, g_ascii_formatd (number, sizeof number, "%.6g", values[i]));
    }
  g_print ("%s]}\n", line->str);
}

void
bench_emit_one (const char *key, double value)
{
  bench_emit (key, &value, 1);
}

/* One field of /proc/PID/smaps_rollup. */
double
bench_memory_kib (int pid, const char *field)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/smaps_rollup", pid);
  g_autofree char *prefix = g_strconcat ("\n", field, ":", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  const char *found;

  if (!g_file_get_contents (path, &text, NULL, &error))
    g_error ("%s", error->message);
  found = strstr (text, prefix);
  if (found == NULL)
    g_error ("%s has no field %s", path, field);
  return (double) g_ascii_strtoll (found + strlen (prefix), NULL, 10);
}

/* Python source that runs for @seconds; @kind is "sleep" or "busy". */
char *
bench_long_source (const char *kind, double seconds)
{
  if (g_str_equal (kind, "sleep"))
    return g_strdup_printf ("import time\ntime.sleep(%f)\n", seconds);
  return g_strdup_printf ("import time\nend = time.time() + %f\nwhile time.time() < end: pass\n",
                          seconds);
}

/* Pings until a tenth of @seconds is left, and reports every answer and the slowest. */
void
bench_pings (const char *kind, double seconds, BenchPingFunc ping, gpointer user_data)
{
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
  g_autofree char *key = g_strconcat ("responsive-", kind, NULL);
  g_autofree char *worst_key = g_strconcat (key, "-worst", NULL);
  gint64 end = bench_now_ns () + (gint64) (seconds * 0.9e9);
  double worst = 0;

  while (bench_now_ns () < end)
    {
      gint64 start = bench_now_ns ();
      double took;

      ping (user_data);
      took = (double) (bench_now_ns () - start) / 1e6;
      worst = fmax (worst, took);
      g_array_append_val (values, took);
      g_usleep (BENCH_PING_GAP_US);
    }
  bench_emit (key, (const double *) (gpointer) values->data, values->len);
  bench_emit_one (worst_key, worst);
}

static void
forward_size (const char *key,
              guint count,
              guint size,
              BenchForwardFunc forward,
              gpointer user_data)
{
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
  gint64 end;

  forward (count / 10, size, user_data);
  end = bench_now_ns () + (gint64) (BENCH_FORWARD_SECONDS * 1e9);
  do
    {
      double thousands = forward (count, size, user_data) / 1e3;

      g_array_append_val (values, thousands);
    }
  while (bench_now_ns () < end);
  bench_emit (key, (const double *) (gpointer) values->data, values->len);
}

/* In batches of @count small messages, and of fewer large ones, for a while. */
void
bench_forward (guint count, BenchForwardFunc forward, gpointer user_data)
{
  forward_size ("forward-small", count, BENCH_SMALL, forward, user_data);
  forward_size ("forward-large", count / BENCH_SMALL_FOR_LARGE, BENCH_LARGE, forward, user_data);
}

double
bench_time_program (const char *const *argv)
{
  g_autoptr (GError) error = NULL;
  gint64 start = bench_now_ns ();
  int status;

  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
                     NULL, NULL, NULL, NULL, &status, &error) ||
      !g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s", argv[0], error->message);
  return (double) (bench_now_ns () - start) / 1e6;
}

double
bench_time_ssh (const char *host, const char *command)
{
  const char *argv[] = { "ssh", host, command, NULL };

  return bench_time_program (argv);
}

/* ---- a large process ---- */

#define SPAWN_TURNS 3

static gint64
available_kib (void)
{
  g_autofree char *text = NULL;
  const char *found;

  if (!g_file_get_contents ("/proc/meminfo", &text, NULL, NULL))
    return 0;
  found = strstr (text, "\nMemAvailable:");
  return found == NULL ? 0 : g_ascii_strtoll (found + strlen ("\nMemAvailable:"), NULL, 10);
}

/* In pages of the usual size, as most memory of a program is. */
static void *
fill_memory (gsize size)
{
  void *memory =
      mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (memory == MAP_FAILED)
    {
      g_printerr ("this process may not have %d GiB\n", BENCH_BALLAST_GIB);
      exit (BENCH_SKIPPED);
    }
  madvise (memory, size, MADV_NOHUGEPAGE);
  memset (memory, 1, size);
  return memory;
}

static void
spawn_many (guint count, BenchSpawnFunc func, gpointer user_data, GArray *values)
{
  for (guint i = 0; i < count; i++)
    {
      double ms = func (user_data);

      g_array_append_val (values, ms);
    }
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double left = *(const double *) a;
  double right = *(const double *) b;

  return (left > right) - (left < right);
}

static double
median (GArray *values)
{
  g_array_sort (values, compare);
  return g_array_index (values, double, values->len / 2);
}

static void
spawn_all (guint count,
           const BenchSpawnFunc *funcs,
           guint n_funcs,
           gpointer user_data,
           GArray *const *values)
{
  for (guint i = 0; i < n_funcs; i++)
    spawn_many (count, funcs[i], user_data, values[i]);
}

static void
emit_growth (const char *key, GArray *small, GArray *large)
{
  g_autofree char *small_key = g_strconcat (key, "-small", NULL);
  g_autofree char *large_key = g_strconcat (key, "-large", NULL);
  g_autofree char *growth_key = g_strconcat (key, "-growth", NULL);

  bench_emit_one (small_key, median (small));
  bench_emit_one (large_key, median (large));
  bench_emit_one (growth_key, median (large) / median (small));
}

/* In turns, so that what the machine does meanwhile counts less. */
void
bench_spawn (guint count,
             const char *const *keys,
             const BenchSpawnFunc *funcs,
             guint n_funcs,
             gpointer user_data)
{
  const gsize size = (gsize) BENCH_BALLAST_GIB * 1024 * BENCH_MIB;
  g_autofree GArray **small = g_new (GArray *, n_funcs);
  g_autofree GArray **large = g_new (GArray *, n_funcs);
  void *memory;

  if (available_kib () / 1024 / 1024 < BENCH_BALLAST_GIB + 1)
    {
      g_printerr ("there are no %d GiB of memory to spare\n", BENCH_BALLAST_GIB);
      exit (BENCH_SKIPPED);
    }
  for (guint i = 0; i < n_funcs; i++)
    {
      small[i] = g_array_new (FALSE, FALSE, sizeof (double));
      large[i] = g_array_new (FALSE, FALSE, sizeof (double));
    }
  for (guint i = 0; i < SPAWN_TURNS; i++)
    {
      spawn_all (count, funcs, n_funcs, user_data, small);
      memory = fill_memory (size);
      spawn_all (count, funcs, n_funcs, user_data, large);
      munmap (memory, size);
    }
  for (guint i = 0; i < n_funcs; i++)
    {
      emit_growth (keys[i], small[i], large[i]);
      g_array_unref (small[i]);
      g_array_unref (large[i]);
    }
}

int
bench_main (int argc, char **argv, const BenchProbe *probes)
{
  if (argc != 3)
    {
      g_printerr ("Usage: %s PROBE COUNT\n", argv[0]);
      return EXIT_FAILURE;
    }
  for (guint i = 0; probes[i].name != NULL; i++)
    {
      if (g_str_equal (probes[i].name, argv[1]))
        {
          probes[i].func ((guint) g_ascii_strtoull (argv[2], NULL, 10));
          return EXIT_SUCCESS;
        }
    }
  g_printerr ("%s: no probe named %s\n", argv[0], argv[1]);
  return EXIT_FAILURE;
}
