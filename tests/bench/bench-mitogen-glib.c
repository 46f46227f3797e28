/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * This library as a contestant, through its public interface.
 */

#include "bench-ours.h"

#include <sys/resource.h>

#define RESOURCES        "/org/mitogen/remote/"
#define UNKNOWN_HANDLE   999999
#define CHILDREN_FOR_PSS 10
#define KEEP_BLOB                                                                                  \
  "import sys, types\n"                                                                            \
  "module = types.ModuleType('bench_blob')\n"                                                      \
  "module.data = b'x' * %d\n"                                                                      \
  "module.get = lambda: module.data\n"                                                             \
  "sys.modules['bench_blob'] = module\n"

void
check (GError *error)
{
  if (error != NULL)
    g_error ("%s", error->message);
}

MitogenConnection *
connection_named (const char *python)
{
  const char *path[] = { python, NULL };

  return g_object_new (MITOGEN_TYPE_LOCAL_CONNECTION, "python-path", path, NULL);
}

static MitogenContext *
connect_named (MitogenRouter *router, const char *python)
{
  g_autoptr (MitogenConnection) connection = connection_named (python);
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_connect (router, connection, NULL, NULL, &error);

  check (error);
  return context;
}

static MitogenContext *
connect_default (MitogenRouter *router)
{
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_local (router, NULL, NULL, &error);

  check (error);
  return context;
}

static void
disconnect (MitogenContext *context)
{
  g_autoptr (GError) error = NULL;

  mitogen_context_shutdown (context, TRUE, NULL, &error);
  check (error);
}

static GVariant *
call (MitogenContext *context, const char *function, GVariant *args, const GVariantType *type)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = mitogen_context_call (context, function, args, NULL, type, -1, NULL, &error);

  check (error);
  return value;
}

int
getpid_there (MitogenContext *context)
{
  g_autoptr (GVariant) pid = call (context, "os:getpid", NULL, G_VARIANT_TYPE_INT64);

  return (int) g_variant_get_int64 (pid);
}

/* ---- connect ---- */

static double
time_connection (MitogenRouter *router, const char *python)
{
  g_autoptr (MitogenContext) context = NULL;
  gint64 start = bench_now_ns ();
  double took;

  context = python != NULL ? connect_named (router, python) : connect_default (router);
  getpid_there (context);
  took = (double) (bench_now_ns () - start) / 1e6;
  disconnect (context);
  return took;
}

static void
time_connections (MitogenRouter *router, const char *key, const char *python, guint count)
{
  g_autofree double *values = g_new (double, count);

  time_connection (router, python);
  for (guint i = 0; i < count; i++)
    values[i] = time_connection (router, python);
  bench_emit (key, values, count);
}

static void
probe_connect (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);

  time_connections (router, "connect", NULL, count);
  time_connections (router, "connect-named", bench_python (), count);
}

/* ---- calls ---- */

static double
time_batch (MitogenContext *context)
{
  gint64 start = bench_now_ns ();

  for (guint i = 0; i < BENCH_BATCH; i++)
    getpid_there (context);
  return (double) (bench_now_ns () - start) / 1e3 / BENCH_BATCH;
}

static void
probe_call (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (MitogenContext) context = connect_named (router, bench_python ());
  guint n_batches = count / BENCH_BATCH;
  g_autofree double *values = g_new (double, n_batches);

  time_batch (context);
  for (guint i = 0; i < n_batches; i++)
    values[i] = time_batch (context);
  bench_emit ("call", values, n_batches);
}

static MitogenReceiver *
start_call (MitogenContext *context, const char *function, GVariant *args)
{
  g_autoptr (GError) error = NULL;
  MitogenReceiver *receiver = mitogen_context_start_call (context, function, args, NULL, &error);

  check (error);
  return receiver;
}

static void
collect (MitogenReceiver *receiver)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenMessage) message = mitogen_receiver_get (receiver, -1, NULL, &error);
  g_autoptr (GVariant) value = NULL;

  check (error);
  value = mitogen_message_unpickle (message, &error);
  check (error);
}

static void
probe_pipeline (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (MitogenContext) context = connect_named (router, bench_python ());
  g_autoptr (GPtrArray) receivers = g_ptr_array_new_with_free_func (g_object_unref);
  gint64 start;

  getpid_there (context);
  start = bench_now_ns ();
  for (guint i = 0; i < count; i++)
    g_ptr_array_add (receivers, start_call (context, "os:getpid", NULL));
  for (guint i = 0; i < count; i++)
    collect (receivers->pdata[i]);
  bench_emit_one ("pipeline", count / ((double) (bench_now_ns () - start) / 1e9));
}

/* ---- bulk ---- */

static double
mib_per_second (gint64 start)
{
  return (double) BENCH_BULK / BENCH_MIB / ((double) (bench_now_ns () - start) / 1e9);
}

static double
time_argument (MitogenContext *context, GBytes *data)
{
  gint64 start = bench_now_ns ();
  GVariant *bytes = g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, data, TRUE);
  g_autoptr (GVariant) length =
      call (context, "builtins:len", g_variant_new ("(@ay)", bytes), G_VARIANT_TYPE_INT64);

  g_assert_cmpint (g_variant_get_int64 (length), ==, BENCH_BULK);
  return mib_per_second (start);
}

static double
time_reply (MitogenContext *context)
{
  gint64 start = bench_now_ns ();
  g_autoptr (GVariant) data = call (context, "bench_blob:get", NULL, G_VARIANT_TYPE_BYTESTRING);

  g_assert_cmpuint (g_variant_get_size (data), ==, BENCH_BULK);
  return mib_per_second (start);
}

/* Arguments of exec(): a fresh dictionary keeps what the source defines out of the core. */
static GVariant *
exec_args (const char *source)
{
  return g_variant_new ("(sa{sv})", source, NULL);
}

static void
keep_blob (MitogenContext *context)
{
  g_autofree char *source = g_strdup_printf (KEEP_BLOB, BENCH_BULK);
  G_GNUC_UNUSED g_autoptr (GVariant) none =
      call (context, "builtins:exec", exec_args (source), NULL);
}

static void
probe_bulk (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (MitogenContext) context = connect_named (router, bench_python ());
  char *text = g_malloc (BENCH_BULK);
  g_autoptr (GBytes) data = g_bytes_new_take (memset (text, 'x', BENCH_BULK), BENCH_BULK);
  g_autofree double *arguments = g_new (double, count);
  g_autofree double *replies = g_new (double, count);

  time_argument (context, data);
  for (guint i = 0; i < count; i++)
    arguments[i] = time_argument (context, data);
  bench_emit ("bulk-argument", arguments, count);
  keep_blob (context);
  time_reply (context);
  for (guint i = 0; i < count; i++)
    replies[i] = time_reply (context);
  bench_emit ("bulk-reply", replies, count);
}

/* ---- many at once ---- */

typedef struct
{
  MitogenRouter *router;
  BenchMakeConnection make;
  const char *target; /* for make */
  GPtrArray *vias;    /* NULL: this process */
  GMainLoop *loop;
  GPtrArray *contexts; /* those that have answered */
  guint to_start;
  guint total;
} Crowd;

static void start_one (Crowd *crowd);

static void
answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Crowd *crowd = user_data;
  g_autoptr (GError) error = NULL;
  G_GNUC_UNUSED g_autoptr (GVariant) pid =
      mitogen_context_call_finish (MITOGEN_CONTEXT (source), result, &error);

  check (error);
  g_ptr_array_add (crowd->contexts, g_object_ref (source));
  if (crowd->to_start > 0)
    start_one (crowd);
  if (crowd->contexts->len == crowd->total)
    g_main_loop_quit (crowd->loop);
}

static void
connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context =
      mitogen_router_connect_finish (MITOGEN_ROUTER (source), result, &error);

  check (error);
  mitogen_context_call_async (context, "os:getpid", NULL, NULL, NULL, -1, NULL, answered,
                              user_data);
}

static void
start_one (Crowd *crowd)
{
  g_autoptr (MitogenConnection) connection = crowd->make (crowd->target);
  MitogenContext *via = NULL;

  crowd->to_start--;
  if (crowd->vias != NULL)
    via = crowd->vias->pdata[crowd->to_start % crowd->vias->len];
  mitogen_router_connect_async (crowd->router, connection, via, NULL, connected, crowd);
}

/* Connects @count contexts, @at_once of them at any time, and returns them once each has
 * answered a call. */
GPtrArray *
connect_many_to (MitogenRouter *router,
                 BenchMakeConnection make,
                 const char *target,
                 GPtrArray *vias,
                 guint count,
                 guint at_once)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Crowd crowd = {
    .router = router,
    .make = make,
    .target = target,
    .vias = vias,
    .loop = loop,
    .contexts = g_ptr_array_new_with_free_func (g_object_unref),
    .to_start = count,
    .total = count,
  };

  for (guint i = 0; i < MIN (count, at_once); i++)
    start_one (&crowd);
  g_main_loop_run (loop);
  return crowd.contexts;
}

GPtrArray *
connect_many (MitogenRouter *router,
              const char *python,
              GPtrArray *vias,
              guint count,
              guint at_once)
{
  return connect_many_to (router, connection_named, python, vias, count, at_once);
}

/* Descriptors for hundreds of children; many systems allow 1024 unless asked. */
void
allow_many_files (void)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

static void
probe_children (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (GPtrArray) contexts = NULL;
  gint64 start = bench_now_ns ();

  contexts = connect_many (router, bench_python (), NULL, count, count);
  bench_emit_one ("children", (double) (bench_now_ns () - start) / 1e9);
}

static void
probe_contexts (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (GPtrArray) contexts = NULL;
  double before;

  allow_many_files ();
  time_connection (router, bench_python ());
  before = bench_memory_kib (getpid (), "Rss");
  contexts = connect_many (router, bench_python (), NULL, count, BENCH_AT_ONCE);
  bench_emit_one ("contexts", (bench_memory_kib (getpid (), "Rss") - before) / count);
}

/* ---- memory of children ---- */

static void
emit_pss (const char *key, MitogenContext *const *contexts, guint n_contexts)
{
  g_autofree int *pids = g_new (int, n_contexts);
  double sum = 0;

  for (guint i = 0; i < n_contexts; i++)
    pids[i] = getpid_there (contexts[i]);
  g_usleep (G_USEC_PER_SEC * 3 / 10);
  for (guint i = 0; i < n_contexts; i++)
    sum += bench_memory_kib (pids[i], "Pss") / 1024;
  bench_emit_one (key, sum / n_contexts);
}

static void
probe_memory (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  MitogenContext *contexts[CHILDREN_FOR_PSS];

  contexts[0] = connect_named (router, bench_python ());
  emit_pss ("memory-alone", contexts, 1);
  for (guint i = 1; i < CHILDREN_FOR_PSS; i++)
    contexts[i] = connect_named (router, bench_python ());
  emit_pss ("memory-ten", contexts, CHILDREN_FOR_PSS);
  for (guint i = 0; i < CHILDREN_FOR_PSS; i++)
    g_object_unref (contexts[i]);
}

/* ---- answers during a long call ---- */

/* Nobody there has the handle, so the child's I/O side answers by a dead message. */
static void
ping (gpointer user_data)
{
  MitogenContext *context = user_data;
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  g_autoptr (MitogenMessage) message =
      mitogen_message_new (mitogen_context_get_id (context), UNKNOWN_HANDLE, empty);
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenReceiver) receiver = NULL;
  g_autoptr (MitogenMessage) reply = NULL;

  receiver = mitogen_context_send_async (context, message, FALSE, &error);
  check (error);
  reply = mitogen_receiver_get (receiver, -1, NULL, &error);
  if (reply != NULL ? !mitogen_message_is_dead (reply)
                    : !g_error_matches (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL))
    g_error ("An unknown handle answered otherwise than by a dead message");
}

static void
ping_while_running (MitogenContext *context, const char *kind, double seconds)
{
  g_autofree char *source = bench_long_source (kind, seconds);
  g_autoptr (MitogenReceiver) receiver = start_call (context, "builtins:exec", exec_args (source));

  bench_pings (kind, seconds, ping, context);
  collect (receiver);
}

static void
probe_responsive (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (MitogenContext) context = connect_named (router, bench_python ());

  getpid_there (context);
  ping (context);
  ping_while_running (context, "sleep", count / 1000.0);
  ping_while_running (context, "busy", count / 1000.0);
}

/* ---- what goes to a child ---- */

static double
resource_kib (const char *path)
{
  g_autoptr (GError) error = NULL;
  gsize size;

  g_resources_get_info (path, G_RESOURCE_LOOKUP_FLAGS_NONE, &size, NULL, &error);
  check (error);
  return (double) size / 1024;
}

/* The tap, standing in for the interpreter, keeps two counters in its report. */
static void
probe_size (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  G_GNUC_UNUSED g_autoptr (MitogenContext) context = connect_named (router, g_getenv ("BENCH_TAP"));
  g_autoptr (GError) error = NULL;
  g_autofree char *report = NULL;
  guint64 counters[2];
  gsize size;

  g_file_get_contents (g_getenv ("BENCH_TAP_REPORT"), &report, &size, &error);
  check (error);
  g_assert_cmpuint (size, ==, sizeof counters);
  memcpy (counters, report, size);
  bench_emit_one ("size-command-line", (double) counters[0]);
  bench_emit_one ("size-sent", (double) counters[1] / 1024);
  bench_emit_one ("size-core", resource_kib (RESOURCES "core.bin"));
  bench_emit_one ("size-relay", resource_kib (RESOURCES "relay.z"));
}

/* ---- messages between two contexts ---- */

static GBytes *
big_endian (const guint32 *numbers, guint n)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < n; i++)
    {
      guint32 number = GUINT32_TO_BE (numbers[i]);

      g_byte_array_append (bytes, (const guint8 *) &number, sizeof number);
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

static MitogenMessage *
order (MitogenContext *context, guint32 handle, const guint32 *numbers, guint n)
{
  g_autoptr (GBytes) bytes = big_endian (numbers, n);

  return mitogen_message_new (mitogen_context_get_id (context), handle, bytes);
}

/* Has one stand-in send @n messages to the other, and returns how many came a second. */
static double
time_forwarding (MitogenContext *from, MitogenContext *to, guint32 n, guint32 size)
{
  const guint32 numbers[] = { mitogen_context_get_id (to), n, size };
  g_autoptr (MitogenMessage) count = order (to, BENCH_HANDLE_COUNT, &n, 1);
  g_autoptr (MitogenMessage) send = order (from, BENCH_HANDLE_SEND, numbers, 3);
  g_autoptr (MitogenReceiver) all_there = NULL;
  g_autoptr (GError) error = NULL;
  gint64 start;

  all_there = mitogen_context_send_async (to, count, FALSE, &error);
  check (error);
  start = bench_now_ns ();
  mitogen_context_send (from, send);
  collect (all_there);
  return n / ((double) (bench_now_ns () - start) / 1e9);
}

typedef struct
{
  MitogenContext *from;
  MitogenContext *to;
} Pair;

static double
forward (guint count, guint size, gpointer user_data)
{
  Pair *pair = user_data;

  return time_forwarding (pair->from, pair->to, count, size);
}

static void
probe_forward (guint count)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (MitogenContext) from = connect_named (router, g_getenv ("BENCH_STAND_IN"));
  g_autoptr (MitogenContext) to = connect_named (router, g_getenv ("BENCH_STAND_IN"));
  Pair pair = { from, to };

  bench_forward (count, forward, &pair);
}

static const BenchProbe probes[] = {
  { "docker-connect", probe_docker_connect },
  { "docker-many", probe_docker_many },
  { "ssh-connect", probe_ssh_connect },
  { "ssh-far", probe_ssh_far },
  { "ssh-many", probe_ssh_many },
  { "ssh-call", probe_ssh_call },
  { "connect", probe_connect },
  { "call", probe_call },
  { "pipeline", probe_pipeline },
  { "bulk", probe_bulk },
  { "children", probe_children },
  { "memory", probe_memory },
  { "responsive", probe_responsive },
  { "size", probe_size },
  { "contexts", probe_contexts },
  { "forward", probe_forward },
  { "tree", probe_tree },
  { "chain", probe_chain },
  { "far", probe_far },
  { "modules", probe_modules },
  { "modules-many", probe_modules_many },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, probes);
}
