/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A call on a slow link beside a socket that is flooded: a context behind bench-link connects to
 * a UNIX socket, from which more comes than the link can carry. And how much comes without a link.
 */

#include "bench-util.h"

#include "mitogen.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RATE        "1000000"
#define NO_DELAY    "0"
#define LIMIT_MS    10000
#define STEADY_SIZE (512 * 1024)
#define BULK_SIZE   (64 * 1024 * 1024)

typedef struct
{
  MitogenContext *via;
  GIOStream *stream;
  gsize received; /* atomic */
} Tunnel;

static void
check (GError *error)
{
  if (error != NULL)
    g_error ("%s", error->message);
}

/* ---- the flood ---- */

static gpointer
flood (gpointer data)
{
  int listener = GPOINTER_TO_INT (data);
  int fd = accept (listener, NULL, NULL);
  char zeros[16384] = { 0 };

  while (send (fd, zeros, sizeof zeros, MSG_NOSIGNAL) > 0)
    ;
  close (fd);
  close (listener);
  return NULL;
}

static GThread *
start_flood (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int listener = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  if (bind (listener, (struct sockaddr *) &address, sizeof address) < 0 || listen (listener, 1) < 0)
    g_error ("%s: %s", path, g_strerror (errno));
  return g_thread_new ("flood", flood, GINT_TO_POINTER (listener));
}

/* ---- the tunnel ---- */

static gpointer
read_all (gpointer data)
{
  Tunnel *self = data;
  g_autofree char *buffer = g_malloc (STEADY_SIZE);
  gssize n;

  while ((n = g_input_stream_read (g_io_stream_get_input_stream (self->stream), buffer, STEADY_SIZE,
                                   NULL, NULL)) > 0)
    g_atomic_pointer_add (&self->received, n);
  return NULL;
}

static GThread *
open_tunnel (Tunnel *self, const char *path)
{
  g_autoptr (GError) error = NULL;

  self->stream = mitogen_context_open_socket (self->via, path, NULL, &error);
  check (error);
  return g_thread_new ("read", read_all, self);
}

static gsize
get_received (Tunnel *self)
{
  return GPOINTER_TO_SIZE (g_atomic_pointer_get (&self->received));
}

static void
wait_for (Tunnel *self, gsize size)
{
  while (get_received (self) < size)
    g_usleep (1000);
}

/* ---- the calls ---- */

static MitogenContext *
connect_over_link (MitogenRouter *router)
{
  const char *python[] = { g_getenv ("BENCH_LINK"), NO_DELAY, RATE, bench_python (), NULL };
  g_autoptr (MitogenConnection) connection =
      g_object_new (MITOGEN_TYPE_LOCAL_CONNECTION, "python-path", python, NULL);
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_connect (router, connection, NULL, NULL, &error);

  check (error);
  return context;
}

static MitogenContext *
connect_here (MitogenRouter *router)
{
  const char *python[] = { bench_python (), NULL };
  g_autoptr (MitogenConnection) connection =
      g_object_new (MITOGEN_TYPE_LOCAL_CONNECTION, "python-path", python, NULL);
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_connect (router, connection, NULL, NULL, &error);

  check (error);
  return context;
}

static double
time_call (MitogenContext *context)
{
  g_autoptr (GError) error = NULL;
  gint64 start = bench_now_ns ();
  G_GNUC_UNUSED g_autoptr (GVariant) pid =
      mitogen_context_call (context, "os:getpid", NULL, NULL, NULL, -1, NULL, &error);

  check (error);
  return (double) (bench_now_ns () - start) / 1e6;
}

static void
measure_calls (Tunnel *tunnel, guint count)
{
  g_autofree double *values = g_new (double, count);
  gsize before = get_received (tunnel);
  gint64 start = bench_now_ns ();
  double seconds;

  for (guint i = 0; i < count; i++)
    {
      values[i] = time_call (tunnel->via);
      g_usleep (BENCH_PING_GAP_US);
    }
  seconds = (double) (bench_now_ns () - start) / 1e9;
  bench_emit ("tunnel-call", values, count);
  bench_emit_one ("tunnel-rate", (double) (get_received (tunnel) - before) / seconds / 1000);
}

static void
measure_bulk (Tunnel *tunnel, guint count)
{
  gsize before = get_received (tunnel);
  gint64 start = bench_now_ns ();

  wait_for (tunnel, before + BULK_SIZE);
  bench_emit_one ("tunnel-bulk", (double) (get_received (tunnel) - before) /
                                     ((double) (bench_now_ns () - start) / 1e9) / 1e6);
}

static void
run (MitogenContext *(*connect) (MitogenRouter *router),
     void (*measure) (Tunnel *tunnel, guint count),
     guint count)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("bench-tunnel-XXXXXX", &error);
  g_autofree char *path = g_build_filename (folder, "socket", NULL);
  GThread *thread = start_flood (path);
  GThread *reader;
  MitogenRouter *router = mitogen_router_new (NULL);
  g_autoptr (MitogenContext) via = connect (router);
  Tunnel tunnel = { .via = via };

  check (error);
  time_call (via);
  reader = open_tunnel (&tunnel, path);
  wait_for (&tunnel, STEADY_SIZE);
  measure (&tunnel, count);

  mitogen_router_shutdown (router);
  if (!mitogen_router_join (router, LIMIT_MS))
    g_error ("The router does not end");
  g_object_unref (router);
  g_thread_join (reader);
  g_thread_join (thread);
  g_object_unref (tunnel.stream);
  unlink (path);
  rmdir (folder);
}

static void
probe_tunnel (guint count)
{
  run (connect_over_link, measure_calls, count);
}

static void
probe_bulk (guint count)
{
  run (connect_here, measure_bulk, count);
}

static const BenchProbe probes[] = {
  { "tunnel", probe_tunnel },
  { "tunnel-bulk", probe_bulk },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, probes);
}
