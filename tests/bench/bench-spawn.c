/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starting a program from a process that is large, with the library's own parts.
 */

#include "bench-util.h"

#include "broker/mitogen-fd-private.h"
#include "broker/mitogen-io-private.h"
#include "spawn/mitogen-process-private.h"
#include "spawn/mitogen-stream-pair-private.h"
#include "spawn/mitogen-terminal-private.h"

#define LIMIT_MS 10000

typedef struct
{
  MitogenIo *io;
  gboolean terminal;
  MitogenProcess *process;
  double ms;
  gint exited; /* atomic */
} Spawn;

static void
check (GError *error)
{
  if (error != NULL)
    g_error ("%s", error->message);
}

static void
on_exited (int wait_status, gpointer data)
{
  Spawn *spawn = data;

  mitogen_process_free (spawn->process);
  g_atomic_int_set (&spawn->exited, TRUE);
}

/* With all the descriptors that a context has. */
static void
start (gpointer data)
{
  const char *const argv[] = { "true", NULL };
  Spawn *spawn = data;
  MitogenProcessSpec spec = { -1, -1, -1, NULL, NULL, -1, NULL };
  g_auto (MitogenStreamPair) pair = { -1, -1, -1, -1 };
  g_autoptr (GError) error = NULL;
  int master = -1;
  gint64 begin = bench_now_ns ();

  mitogen_stream_pair_open (&pair, FALSE, &error);
  check (error);
  if (spawn->terminal)
    mitogen_terminal_open (&master, &spec.terminal_fd, &error);
  check (error);
  spec.in_fd = pair.child_in;
  spec.out_fd = pair.child_out;
  pair.child_in = pair.child_out = -1;
  spawn->process = mitogen_process_spawn (spawn->io, argv, &spec, on_exited, spawn, &error);
  check (error);
  spawn->ms = (double) (bench_now_ns () - begin) / 1e6;
  mitogen_fd_close (&spec.terminal_fd);
  mitogen_fd_close (&master);
}

static double
spawn_and_wait (Spawn *spawn)
{
  g_atomic_int_set (&spawn->exited, FALSE);
  mitogen_io_post (spawn->io, start, spawn, NULL);
  while (!g_atomic_int_get (&spawn->exited))
    g_usleep (50);
  return spawn->ms;
}

static double
spawn_plainly (gpointer user_data)
{
  Spawn spawn = { .io = user_data };

  return spawn_and_wait (&spawn);
}

static double
spawn_with_terminal (gpointer user_data)
{
  Spawn spawn = { .io = user_data, .terminal = TRUE };

  return spawn_and_wait (&spawn);
}

static void
probe_spawn (guint count)
{
  const char *const keys[] = { "spawn", "spawn-terminal" };
  const BenchSpawnFunc funcs[] = { spawn_plainly, spawn_with_terminal };
  MitogenIo *io = mitogen_io_new (LIMIT_MS);

  bench_spawn (count, keys, funcs, 2, io);
  mitogen_io_shutdown (io);
  if (!mitogen_io_join (io, LIMIT_MS))
    g_error ("The broker does not end");
  mitogen_io_unref (io);
}

static const BenchProbe probes[] = {
  { "spawn", probe_spawn },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, probes);
}
