/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BENCH_MIB         (1024 * 1024)
#define BENCH_BULK        (16 * BENCH_MIB)
#define BENCH_BATCH       100
#define BENCH_PING_GAP_US 5000

/* Messages that are forwarded: how large, and how many small ones for one large one. What a
 * stand-in (tests/stand-in) does at which handle. */
#define BENCH_SMALL           64
#define BENCH_LARGE           65536
#define BENCH_SMALL_FOR_LARGE 50
#define BENCH_FORWARD_SECONDS 0.5

/* How large a process that starts others may be, and what a program ends with that cannot run
 * where it is. */
#define BENCH_BALLAST_GIB 4
#define BENCH_SKIPPED     77

/* One way, through bench-link. */
#define BENCH_FAR_MS         "50"
#define BENCH_HANDLE_SEND    2000
#define BENCH_HANDLE_COUNT   2001
#define BENCH_HANDLE_COUNTED 2002

/* The hosts of ssh_machine.py. */
#define BENCH_NEAR_HOST   "near"
#define BENCH_FAR_HOST    "far"
#define BENCH_SHARED_HOST "shared"

/* The first one of docker_machine.py. */
#define BENCH_CONTAINER "bench-0"

typedef void (*BenchProbeFunc) (guint count);

typedef struct
{
  const char *name;
  BenchProbeFunc func;
} BenchProbe;

/* Starts a program that ends at once, and waits for that. Returns how many ms passed until the
 * program ran, which is before it has ended. */
typedef double (*BenchSpawnFunc) (gpointer user_data);

typedef void (*BenchPingFunc) (gpointer user_data);

/* Sends @count messages of @size and returns how many came a second. */
typedef double (*BenchForwardFunc) (guint count, guint size, gpointer user_data);

const char *bench_python (void);
gint64 bench_now_ns (void);
void bench_emit (const char *key, const double *values, guint n_values);
void bench_emit_one (const char *key, double value);
double bench_memory_kib (int pid, const char *field);
char *bench_long_source (const char *kind, double seconds);
void bench_pings (const char *kind, double seconds, BenchPingFunc ping, gpointer user_data);
void bench_forward (guint count, BenchForwardFunc forward, gpointer user_data);
/* Milliseconds that a program takes, to its end. */
double bench_time_program (const char *const *argv);
/* Milliseconds that `ssh HOST COMMAND` takes. */
double bench_time_ssh (const char *host, const char *command);
/* How much longer starting a program takes when this process is large. */
void bench_spawn (guint count,
                  const char *const *keys,
                  const BenchSpawnFunc *funcs,
                  guint n_funcs,
                  gpointer user_data);
int bench_main (int argc, char **argv, const BenchProbe *probes);

G_END_DECLS
