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

typedef void (*BenchProbeFunc) (guint count);

typedef struct
{
  const char *name;
  BenchProbeFunc func;
} BenchProbe;

typedef void (*BenchPingFunc) (gpointer user_data);

const char *bench_python (void);
gint64 bench_now_ns (void);
void bench_emit (const char *key, const double *values, guint n_values);
void bench_emit_one (const char *key, double value);
double bench_memory_kib (int pid, const char *field);
char *bench_long_source (const char *kind, double seconds);
void bench_pings (const char *kind, double seconds, BenchPingFunc ping, gpointer user_data);
int bench_main (int argc, char **argv, const BenchProbe *probes);

G_END_DECLS
