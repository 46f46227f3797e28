/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A call on a slow link beside a tunnel that is flooded: a context behind bench-link connects to
 * a UNIX socket, from which more comes than the link can carry. Tunnels are opened by messages
 * here, with the library's own parts.
 */

#include "bench-util.h"

#include "python/mitogen-parts-private.h"
#include "connection/mitogen-relay-messages-private.h"
#include "mitogen.h"
#include "router/mitogen-context-private.h"
#include "router/mitogen-router-private.h"
#include "wire/mitogen-pickle-private.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What doc/relay-protocol.md says to begin with. */
#define WINDOW      (64 * 1024)
#define RATE        "1000000"
#define NO_DELAY    "0"
#define LIMIT_MS    10000
#define STEADY_SIZE (512 * 1024)

typedef struct
{
  MitogenCore *core;
  MitogenContext *via;
  const char *path;
  guint32 handle;
  gsize owed;     /* I/O thread only */
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

static void
send_named (Tunnel *self, MitogenMessage *message)
{
  MitogenFrameHeader header = *mitogen_message_get_header (message);
  g_autoptr (MitogenMessage) named = NULL;

  header.reply_to = self->handle;
  named = mitogen_message_with_header (message, &header);
  mitogen_core_send (self->core, named);
}

static void
on_message (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  Tunnel *self = data;
  gsize size = mitogen_message_get_size (message);
  g_autoptr (MitogenMessage) credit = NULL;

  if (mitogen_message_get_header (message)->encoding != MITOGEN_ENCODING_RAW)
    return;
  g_atomic_pointer_add (&self->received, (gssize) size - 1);
  self->owed += size - 1;
  if (self->owed < WINDOW / 2)
    return;
  credit = mitogen_relay_message_credit (mitogen_context_get_id (self->via), self->owed);
  send_named (self, credit);
  self->owed = 0;
}

static MitogenMessage *
open_message (Tunnel *self)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  const MitogenFrameHeader header = {
    .encoding = MITOGEN_ENCODING_PICKLE,
    .dst_id = mitogen_context_get_id (self->via),
    .handle = MITOGEN_HANDLE_RELAY_OPEN,
  };

  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_text (writer, "unix", -1);
  mitogen_pickle_writer_add_text (writer, self->path, -1);
  mitogen_pickle_writer_add_none (writer); /* id, name */
  mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_add_text (writer, "", 0);
  mitogen_pickle_writer_add_none (writer); /* env */
  mitogen_pickle_writer_add_empty_tuple (writer);
  mitogen_pickle_writer_add_bytes (writer, nothing);
  mitogen_pickle_writer_add_int (writer, WINDOW);
  mitogen_pickle_writer_add_int (writer, LIMIT_MS);
  mitogen_pickle_writer_end_tuple (writer);
  return mitogen_message_new_segments (&header, mitogen_pickle_writer_end (writer));
}

static void
open_tunnel (gpointer data)
{
  Tunnel *self = data;
  const MitogenHandlerSpec spec = {
    .persist = TRUE,
    .respondent = mitogen_context_get_id (self->via),
    .accept = MITOGEN_ACCEPT_ANY,
    .func = on_message,
    .data = self,
  };
  g_autoptr (MitogenMessage) message = open_message (self);
  g_autoptr (GError) error = NULL;

  self->handle = mitogen_handlers_add (mitogen_core_get_handlers (self->core), &spec, &error);
  check (error);
  mitogen_parts_push (self->core, mitogen_context_get_node (self->via), MITOGEN_PART_RELAY);
  send_named (self, message);
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
wait_until_steady (Tunnel *tunnel)
{
  while (GPOINTER_TO_SIZE (g_atomic_pointer_get (&tunnel->received)) < STEADY_SIZE)
    g_usleep (1000);
}

static void
measure (Tunnel *tunnel, guint count)
{
  g_autofree double *values = g_new (double, count);
  gsize before = GPOINTER_TO_SIZE (g_atomic_pointer_get (&tunnel->received));
  gint64 start = bench_now_ns ();
  double seconds;

  for (guint i = 0; i < count; i++)
    {
      values[i] = time_call (tunnel->via);
      g_usleep (BENCH_PING_GAP_US);
    }
  seconds = (double) (bench_now_ns () - start) / 1e9;
  bench_emit ("tunnel-call", values, count);
  bench_emit_one ("tunnel-rate",
                  (double) (GPOINTER_TO_SIZE (g_atomic_pointer_get (&tunnel->received)) - before) /
                      seconds / 1000);
}

static void
probe_tunnel (guint count)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("bench-tunnel-XXXXXX", &error);
  g_autofree char *path = g_build_filename (folder, "socket", NULL);
  GThread *thread = start_flood (path);
  MitogenRouter *router = mitogen_router_new (NULL);
  g_autoptr (MitogenContext) via = connect_over_link (router);
  Tunnel tunnel = { .core = mitogen_router_get_core (router), .via = via, .path = path };

  check (error);
  time_call (via);
  mitogen_io_post (mitogen_core_get_io (tunnel.core), open_tunnel, &tunnel, NULL);
  wait_until_steady (&tunnel);
  measure (&tunnel, count);

  mitogen_router_shutdown (router);
  if (!mitogen_router_join (router, LIMIT_MS))
    g_error ("The router does not end");
  g_object_unref (router);
  g_thread_join (thread);
  unlink (path);
  rmdir (folder);
}

static const BenchProbe probes[] = {
  { "tunnel", probe_tunnel },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, probes);
}
