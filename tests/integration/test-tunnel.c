/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Connections to UNIX sockets on the host of a context. */

#include "tunnel-util.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MIB (1024 * 1024)

/* More than can be on its way. */
#define MANY_BYTES (8 * MIB)

/* What a tunnel takes in the context: doc/relay-protocol.md. */
#define FAR_DESCRIPTORS 3

static void
assert_answers (MitogenContext *context)
{
  G_GNUC_UNUSED g_autoptr (GVariant) pid = test_call (context, "os:getpid", NULL);
}

static gsize
count_far_descriptors (MitogenContext *context)
{
  g_autoptr (GVariant) all = test_call (context, "it_functions:descriptors", NULL);

  return g_variant_n_children (all);
}

/* ---- bytes ---- */

static void
test_echo (Fixture *fixture, gconstpointer data)
{
  Service service;
  g_autoptr (GIOStream) stream = NULL;

  service_begin (&service, service_echo, NULL);
  stream = tunnel_open (fixture->context, service.path);
  g_assert_true (G_IS_SOCKET_CONNECTION (stream));
  tunnel_say (stream, "hello");
  tunnel_assert_hears (stream, "hello");
  tunnel_say (stream, "again");
  tunnel_half_close (stream);
  tunnel_assert_hears (stream, "again");
  tunnel_assert_hears (stream, "");
  tunnel_assert_hears (stream, "");
  service_end (&service);
}

static void
test_large (Fixture *fixture, gconstpointer data)
{
  const Talk talk = { .up = 64 * MIB + 1, .down = 64 * MIB + 3 };
  Service service;
  g_autoptr (GIOStream) stream = NULL;

  service_begin (&service, service_talk, NULL);
  stream = tunnel_open (fixture->context, service.path);
  talk_run (&talk, stream);
  service_end (&service);
}

typedef struct
{
  Talk talk;
  GAsyncResult *result;
  GIOStream *stream;
} Talker;

static gpointer
run_talker (gpointer data)
{
  Talker *talker = data;

  talk_run (&talker->talk, talker->stream);
  return NULL;
}

/* Each ends its directions at times of its own. */
static void
talk_at_once (MitogenContext *context, guint n, guint64 max_size)
{
  g_autofree Talker *talkers = g_new0 (Talker, n);
  g_autofree GThread **threads = g_new (GThread *, n);
  Service service;

  service_begin (&service, service_talk, NULL);
  for (guint i = 0; i < n; i++)
    {
      talkers[i].talk.up = g_random_int_range (0, max_size);
      talkers[i].talk.down = g_random_int_range (0, max_size);
      talkers[i].talk.hesitates = g_random_boolean ();
      mitogen_context_open_socket_async (context, service.path, NULL, test_keep_result,
                                         &talkers[i].result);
    }
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GError) error = NULL;

      talkers[i].stream =
          mitogen_context_open_socket_finish (context, test_wait_result (&talkers[i].result),
                                              &error);
      g_assert_no_error (error);
      threads[i] = g_thread_new ("talk", run_talker, &talkers[i]);
    }
  for (guint i = 0; i < n; i++)
    {
      g_thread_join (threads[i]);
      g_object_unref (talkers[i].stream);
      g_object_unref (talkers[i].result);
    }
  assert_answers (context);
  service_end (&service);
}

static void
test_at_once (Fixture *fixture, gconstpointer data)
{
  talk_at_once (fixture->context, 10, 4 * MIB);
}

static void
test_half_closes (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 20; i++)
    talk_at_once (fixture->context, 4, 20000);
}

static void
test_depth (Fixture *fixture, gconstpointer data)
{
  const char *const *pythons = test_pythons ();
  guint n = g_strv_length ((char **) pythons);
  g_autoptr (MitogenContext) second =
      test_start_via (fixture->router, fixture->context, pythons[0]);
  g_autoptr (MitogenContext) third = test_start_via (fixture->router, second, pythons[1 % n]);
  g_autoptr (MitogenContext) fourth = test_start_via (fixture->router, third, pythons[2 % n]);

  talk_at_once (fourth, 3, 2 * MIB);
  talk_at_once (second, 3, 2 * MIB);
}

/* Nothing is waited for before the last context is asked to connect. */
static void
test_on_its_way (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) first = test_start_via (fixture->router, NULL, TEST_PYTHON);
  g_autoptr (MitogenContext) second = test_start_via (fixture->router, first, TEST_PYTHON);
  Service service;
  g_autoptr (GIOStream) stream = NULL;

  service_begin (&service, service_echo, NULL);
  g_assert_cmpint (mitogen_context_get_state (second), ==, MITOGEN_CONTEXT_STATE_CONNECTING);
  stream = tunnel_open (second, service.path);
  tunnel_say (stream, "x");
  tunnel_assert_hears (stream, "x");
  g_clear_object (&stream);
  service_end (&service);
}

/* Whoever does not read stops the other side, and nobody else. */
static void
test_not_read (Fixture *fixture, gconstpointer data)
{
  gsize before = test_resident_size ();
  gint done = 0;
  Service service;
  g_autoptr (GIOStream) stream = NULL;
  g_autofree char *buffer = g_malloc (MIB);
  g_autoptr (GError) error = NULL;
  gsize n;

  service_begin (&service, service_flood, &done);
  stream = tunnel_open (fixture->context, service.path);
  for (guint i = 0; i < 100; i++)
    assert_answers (fixture->context);
  test_assert_grown_less (before, MANY_BYTES / 1024);
  for (guint i = 0; i < 16; i++)
    {
      g_input_stream_read_all (g_io_stream_get_input_stream (stream), buffer, MIB, &n, NULL,
                               &error);
      g_assert_no_error (error);
      g_assert_cmpuint (n, ==, MIB);
    }
  g_assert_cmpint (g_atomic_int_get (&done), ==, 0);
  g_clear_object (&stream); /* with much unread */
  test_wait (g_atomic_int_get (&done) == 1);
  service_end (&service);
}

/* The same the other way round. */
static void
test_not_taken (Fixture *fixture, gconstpointer data)
{
  gsize before = test_resident_size ();
  Service service;
  g_autoptr (GIOStream) stream = NULL;
  g_autofree char *buffer = g_malloc0 (MIB);
  gsize total = 0;

  service_begin (&service, NULL, NULL);
  stream = tunnel_open (fixture->context, service.path);
  g_socket_set_blocking (tunnel_socket (stream), FALSE);
  for (guint i = 0; i < 100; i++)
    {
      gssize n = g_socket_send (tunnel_socket (stream), buffer, MIB, NULL, NULL);

      total += MAX (n, 0);
      assert_answers (fixture->context);
    }
  g_test_message ("%zu bytes were taken", total);
  g_assert_cmpuint (total, <, MANY_BYTES);
  test_assert_grown_less (before, MANY_BYTES / 1024);
  g_clear_object (&stream);
  service_end (&service);
}

/* What was written before it is closed arrives, also where it is taken slowly. */
static void
count_all (GSocket *socket, gpointer data)
{
  char buffer[10000];
  gssize n;

  while ((n = g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL)) > 0)
    {
      g_atomic_pointer_add ((gsize *) data, n);
      g_usleep (100);
    }
}

static void
test_close_after_write (Fixture *fixture, gconstpointer data)
{
  gsize received = 0;
  Service service;
  g_autoptr (GIOStream) stream = NULL;
  g_autofree char *buffer = g_malloc0 (MIB);
  g_autoptr (GError) error = NULL;

  service_begin (&service, count_all, &received);
  stream = tunnel_open (fixture->context, service.path);
  g_output_stream_write_all (g_io_stream_get_output_stream (stream), buffer, MIB, NULL, NULL,
                             &error);
  g_assert_no_error (error);
  g_io_stream_close (stream, NULL, &error);
  g_assert_no_error (error);
  test_wait (g_atomic_int_get (&service.n_ever) == 1 && g_atomic_int_get (&service.n_open) == 0);
  g_assert_cmpuint (received, ==, MIB);
  service_end (&service);
}

/* A program that ends its reading only still can write. */
static void
test_reading_ended (Fixture *fixture, gconstpointer data)
{
  const char *text = "more than nothing";
  gsize received = 0;
  Service service;
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (GError) error = NULL;

  service_begin (&service, count_all, &received);
  stream = tunnel_open (fixture->context, service.path);
  g_socket_shutdown (tunnel_socket (stream), TRUE, FALSE, &error);
  g_assert_no_error (error);
  tunnel_say (stream, text);
  test_wait (g_atomic_pointer_get (&received) == strlen (text));
  g_clear_object (&stream);
  service_end (&service);
}

/* ---- other ways to use it ---- */

static void
test_splice (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (3 * MIB), 3 * MIB);
  g_autoptr (GInputStream) source = g_memory_input_stream_new_from_bytes (bytes);
  g_autoptr (GOutputStream) sink = g_memory_output_stream_new_resizable ();
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  Service service;

  service_begin (&service, service_echo, NULL);
  stream = tunnel_open (fixture->context, service.path);
  g_assert_true (g_pollable_input_stream_can_poll (
      G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream))));
  g_output_stream_splice_async (g_io_stream_get_output_stream (stream), source,
                                G_OUTPUT_STREAM_SPLICE_NONE, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  while (g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (sink)) < 3 * MIB)
    {
      g_autoptr (GAsyncResult) read = NULL;
      g_autoptr (GBytes) got = NULL;

      g_input_stream_read_bytes_async (g_io_stream_get_input_stream (stream), 100000,
                                       G_PRIORITY_DEFAULT, NULL, test_keep_result, &read);
      got = g_input_stream_read_bytes_finish (g_io_stream_get_input_stream (stream),
                                              test_wait_result (&read), &error);
      g_assert_no_error (error);
      g_assert_cmpuint (g_bytes_get_size (got), >, 0);
      g_output_stream_write_bytes (sink, got, NULL, &error);
      g_assert_no_error (error);
    }
  g_io_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  g_assert_true (g_io_stream_close_finish (stream, test_wait_result (&result), &error));
  service_end (&service);
}

static void
test_abstract (Fixture *fixture, gconstpointer data)
{
  g_autofree char *name = g_strdup_printf ("mitogen-test-%d", getpid ());
  g_autofree char *path = g_strconcat ("@", name, NULL);
  g_autoptr (GSocketAddress) address =
      g_unix_socket_address_new_with_type (name, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) listener =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_autoptr (GSocket) far = NULL;
  g_autoptr (GIOStream) stream = NULL;

  g_assert_no_error (error);
  g_socket_bind (listener, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (listener, &error);
  g_assert_no_error (error);
  stream = tunnel_open (fixture->context, path);
  far = g_socket_accept (listener, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_socket_send (far, "x", 1, NULL, &error), ==, 1);
  tunnel_assert_hears (stream, "x");
}

/* ---- errors ---- */

static void
assert_names (const GError *error, const char *path, MitogenContext *context)
{
  test_assert_contains (error->message, path);
  test_assert_contains (error->message, mitogen_context_get_name (context));
}

static void
test_errors (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_dir_make_tmp ("mitogen-test-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "file", NULL);
  g_autofree char *inside = g_build_filename (file, "socket", NULL);
  g_autofree char *nowhere = g_build_filename (folder, "n\303\266t h\033ere", NULL);
  g_autofree char *shown = g_build_filename (folder, "n\303\266t h", NULL);
  g_autofree char *odd = g_build_filename (folder, "\377\376", NULL);
  g_autofree char *longish = g_strnfill (107, 'x');
  g_autofree char *too_long = g_strnfill (108, 'x');
  const struct
  {
    const char *path;
    const char *shown;
    gint code;
  } cases[] = {
    { nowhere, shown, G_IO_ERROR_NOT_FOUND },
    { odd, folder, G_IO_ERROR_NOT_FOUND },
    { longish, longish, G_IO_ERROR_NOT_FOUND },
    { file, file, G_IO_ERROR_CONNECTION_REFUSED },
    { folder, folder, G_IO_ERROR_CONNECTION_REFUSED },
    { inside, inside, G_IO_ERROR_NOT_DIRECTORY },
    { too_long, too_long, G_IO_ERROR_FILENAME_TOO_LONG },
    { "", "", G_IO_ERROR_INVALID_FILENAME },
    { "@mitogen-nobody-is-there", "@mitogen", G_IO_ERROR_CONNECTION_REFUSED },
  };

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = tunnel_open_fails (fixture->context, cases[i].path);

      g_assert_error (error, G_IO_ERROR, cases[i].code);
      assert_names (error, cases[i].shown, fixture->context);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_null (strstr (error->message, "Errno"));
    }
  assert_answers (fixture->context);
  g_unlink (file);
  g_rmdir (folder);
}

/* For whom a directory is closed. */
static void
test_permission (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      geteuid () == 0
          ? test_connection_argv ("setpriv", "--reuid=65534", "--clear-groups", TEST_PYTHON, NULL)
          : test_connection_argv (TEST_PYTHON, NULL);
  g_autoptr (MitogenContext) context = test_connect (fixture->router, connection);
  g_autoptr (GError) error = NULL;
  Service service;

  service_begin (&service, service_echo, NULL);
  g_chmod (service.folder, 0);
  error = tunnel_open_fails (context, service.path);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  assert_names (error, service.path, context);
  g_chmod (service.folder, 0700);
  service_end (&service);
}

static void
test_wrong_context (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) gone = test_local (fixture->router);
  g_autoptr (MitogenContext) lost = NULL;
  g_autoptr (MitogenConnection) connection = test_connection_argv ("false", NULL);
  g_autoptr (MitogenContext) myself =
      mitogen_router_context_by_id (fixture->router, mitogen_router_get_id (fixture->router), NULL);
  g_autoptr (GError) error = NULL;

  mitogen_context_shutdown (gone, TRUE, NULL, &error);
  g_assert_no_error (error);
  error = tunnel_open_fails (gone, "/nowhere");
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
  assert_names (error, "/nowhere", gone);
  g_clear_error (&error);

  error = tunnel_open_fails (myself, "/nowhere");
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
  g_clear_error (&error);

  lost = mitogen_router_start_connect (fixture->router, connection, NULL, &error);
  g_assert_no_error (error);
  error = tunnel_open_fails (lost, "/nowhere");
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
  test_assert_contains (error->message, "false");
}

static void
test_after_router (Fixture *fixture, gconstpointer data)
{
  MitogenRouter *router = test_router_new ();
  g_autoptr (MitogenContext) context = test_local (router);
  Service service;
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) later = NULL;

  service_begin (&service, service_echo, NULL);
  stream = tunnel_open (context, service.path);
  test_router_end (router);
  error = tunnel_hears_error (stream);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  later = tunnel_open_fails (context, service.path);
  g_assert_true (later->domain == MITOGEN_ERROR);
  service_end (&service);
}

/* ---- where nobody accepts ---- */

/* Fills the queue of a socket. Returns: (transfer full) */
static GPtrArray *
fill_queue (Service *service)
{
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (service->path);
  gboolean full = FALSE;

  while (!full)
    {
      g_autoptr (GError) error = NULL;
      GSocket *socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_DEFAULT, NULL);

      g_ptr_array_add (sockets, socket);
      g_socket_set_blocking (socket, FALSE);
      full = !g_socket_connect (socket, address, NULL, &error);
    }
  return sockets;
}

static void
accept_all_of (Service *service, GPtrArray *sockets)
{
  for (guint i = 0; i + 1 < sockets->len; i++)
    {
      g_autoptr (GError) error = NULL;
      G_GNUC_UNUSED g_autoptr (GSocket) accepted = g_socket_accept (service->socket, NULL, &error);

      g_assert_no_error (error);
    }
}

static void
test_busy (Fixture *fixture, gconstpointer data)
{
  Service service;
  g_autoptr (GPtrArray) waiting = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (GError) error = NULL;

  service_begin (&service, NULL, NULL);
  waiting = fill_queue (&service);
  mitogen_context_open_socket_async (fixture->context, service.path, NULL, test_keep_result,
                                     &result);
  for (guint i = 0; i < 20; i++)
    assert_answers (fixture->context);
  g_assert_null (result);
  accept_all_of (&service, waiting);
  stream =
      mitogen_context_open_socket_finish (fixture->context, test_wait_result (&result), &error);
  g_assert_no_error (error);
  tunnel_say (stream, "x");
  g_clear_object (&stream);
  service_end (&service);
}

static void
test_cancelled_while_busy (Fixture *fixture, gconstpointer data)
{
  Service service;
  g_autoptr (GPtrArray) waiting = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  service_begin (&service, NULL, NULL);
  waiting = fill_queue (&service);
  mitogen_context_open_socket_async (fixture->context, service.path, cancellable, test_keep_result,
                                     &result);
  assert_answers (fixture->context);
  g_cancellable_cancel (cancellable);
  g_assert_null (
      mitogen_context_open_socket_finish (fixture->context, test_wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  service_end (&service);
}

/* ---- cancelled ---- */

typedef struct
{
  GAsyncResult *result;
  GCancellable *cancellable;
} Attempt;

static gboolean
cancel_it (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

static void
end_attempt (MitogenContext *context, Attempt *attempt)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) stream =
      mitogen_context_open_socket_finish (context, test_wait_result (&attempt->result), &error);

  if (stream != NULL)
    {
      tunnel_say (stream, "x");
      tunnel_assert_hears (stream, "x");
    }
  else
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_object_unref (attempt->result);
  g_object_unref (attempt->cancellable);
}

static void
test_cancels (Fixture *fixture, gconstpointer data)
{
  enum
  {
    COUNT = 100
  };
  Attempt attempts[COUNT] = { 0 };
  Service service;
  g_autoptr (GIOStream) stream = NULL;
  gsize far;

  service_begin (&service, service_echo, NULL);
  stream = tunnel_open (fixture->context, service.path);
  far = count_far_descriptors (fixture->context);
  for (guint i = 0; i < COUNT; i++)
    {
      g_autoptr (GSource) source = g_timeout_source_new (g_random_int_range (0, 20));

      attempts[i].cancellable = g_cancellable_new ();
      if (i % 10 == 0)
        g_cancellable_cancel (attempts[i].cancellable);
      mitogen_context_open_socket_async (fixture->context, service.path, attempts[i].cancellable,
                                         test_keep_result, &attempts[i].result);
      g_source_set_callback (source, cancel_it, g_object_ref (attempts[i].cancellable),
                             g_object_unref);
      g_source_attach (source, NULL);
    }
  for (guint i = 0; i < COUNT; i++)
    end_attempt (fixture->context, &attempts[i]);
  g_clear_object (&stream);
  service_end (&service);
  test_wait (count_far_descriptors (fixture->context) <= far - FAR_DESCRIPTORS);
}

/* ---- the context ends ---- */

static void
kill_context (MitogenContext *context)
{
  kill (test_context_pid (context), SIGKILL);
}

static void
assert_broken (GIOStream *stream, MitogenContext *context)
{
  g_autoptr (GError) error = tunnel_hears_error (stream);

  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  assert_names (error, "/socket", context);
}

static void
test_killed (Fixture *fixture, gconstpointer data)
{
  const ServiceFunc funcs[] = { service_echo, service_flood, service_drain, service_echo };

  for (guint i = 0; i < G_N_ELEMENTS (funcs); i++)
    {
      g_autoptr (MitogenContext) context = test_local (fixture->router);
      g_autofree char *zeros = g_malloc0 (MIB);
      Service service;
      g_autoptr (GIOStream) stream = NULL;

      service_begin (&service, funcs[i], NULL);
      stream = tunnel_open (context, service.path);
      g_socket_set_blocking (tunnel_socket (stream), FALSE);
      if (funcs[i] == service_drain)
        g_socket_send (tunnel_socket (stream), zeros, MIB, NULL, NULL);
      g_socket_set_blocking (tunnel_socket (stream), TRUE);
      if (i == G_N_ELEMENTS (funcs) - 1)
        g_socket_shutdown (tunnel_socket (stream), TRUE, FALSE, NULL);
      kill_context (context);
      if (i < G_N_ELEMENTS (funcs) - 1)
        assert_broken (stream, context);
      test_wait (mitogen_context_get_state (context) == MITOGEN_CONTEXT_STATE_DISCONNECTED);
      g_clear_object (&stream);
      service_end (&service);
    }
}

static void
test_killed_while_opening (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = test_local (fixture->router);
  Service service;
  g_autoptr (GPtrArray) waiting = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  service_begin (&service, NULL, NULL);
  waiting = fill_queue (&service);
  mitogen_context_open_socket_async (context, service.path, NULL, test_keep_result, &result);
  assert_answers (context);
  kill_context (context);
  g_assert_null (mitogen_context_open_socket_finish (context, test_wait_result (&result), &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
  assert_names (error, service.path, context);
  service_end (&service);
}

/* One in the middle of the way, while much is said in both directions. */
static void
test_hop_killed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) first = test_local (fixture->router);
  g_autoptr (MitogenContext) second = test_connect_via (fixture->router, first, TEST_PYTHON);
  Service service;
  g_autoptr (GIOStream) stream = NULL;

  service_begin (&service, service_flood, NULL);
  stream = tunnel_open (second, service.path);
  kill_context (first);
  assert_broken (stream, second);
  g_clear_object (&stream);
  service_end (&service);
}

/* What has come by then is read before the error. */
static void
test_nothing_lost (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = test_local (fixture->router);
  Service service;
  g_autoptr (GIOStream) stream = NULL;

  service_begin (&service, service_echo, NULL);
  stream = tunnel_open (context, service.path);
  tunnel_say (stream, "last words");
  while (!g_pollable_input_stream_is_readable (
      G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream))))
    g_usleep (1000);
  kill_context (context);
  test_wait (mitogen_context_get_state (context) == MITOGEN_CONTEXT_STATE_DISCONNECTED);
  tunnel_assert_hears (stream, "last words");
  assert_broken (stream, context);
  g_clear_object (&stream);
  service_end (&service);
}

/* ---- what is left behind ---- */

static void
test_leaves_nothing (Fixture *fixture, gconstpointer data)
{
  Service service;
  gsize far = 0;
  guint near = 0;

  service_begin (&service, service_echo, NULL);
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (GIOStream) stream = tunnel_open (fixture->context, service.path);

      tunnel_say (stream, "x");
      if (i % 3 == 1)
        tunnel_half_close (stream);
      if (i % 2 == 0)
        tunnel_assert_hears (stream, "x");
      if (i == 0)
        {
          far = count_far_descriptors (fixture->context);
          near = test_count_descriptors ();
        }
    }
  test_wait (count_far_descriptors (fixture->context) <= far - FAR_DESCRIPTORS);
  test_wait (test_count_descriptors () < near);
  service_end (&service);
}

static void
add_for_pythons (void)
{
  const char *const *pythons = test_pythons ();

  for (guint i = 0; pythons[i] != NULL; i++)
    {
      g_autofree char *echo = g_strdup_printf ("/tunnel/echo%s", pythons[i]);
      g_autofree char *closes = g_strdup_printf ("/tunnel/half-closes%s", pythons[i]);

      test_add_local_python (echo, pythons[i], test_echo);
      test_add_local_python (closes, pythons[i], test_half_closes);
    }
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  add_for_pythons ();
  test_add_local ("/tunnel/large", test_large);
  test_add_local ("/tunnel/at-once", test_at_once);
  test_add_local ("/tunnel/depth", test_depth);
  test_add_router ("/tunnel/on-its-way", test_on_its_way);
  test_add_local ("/tunnel/not-read", test_not_read);
  test_add_local ("/tunnel/not-taken", test_not_taken);
  test_add_local ("/tunnel/close-after-write", test_close_after_write);
  test_add_local ("/tunnel/reading-ended", test_reading_ended);
  test_add_local ("/tunnel/splice", test_splice);
  test_add_local ("/tunnel/abstract", test_abstract);
  test_add_local ("/tunnel/errors", test_errors);
  test_add_router ("/tunnel/permission", test_permission);
  test_add_router ("/tunnel/wrong-context", test_wrong_context);
  test_add_router ("/tunnel/after-router", test_after_router);
  test_add_local ("/tunnel/busy", test_busy);
  test_add_local ("/tunnel/cancelled-while-busy", test_cancelled_while_busy);
  test_add_local ("/tunnel/cancels", test_cancels);
  test_add_router ("/tunnel/killed", test_killed);
  test_add_router ("/tunnel/killed-while-opening", test_killed_while_opening);
  test_add_router ("/tunnel/hop-killed", test_hop_killed);
  test_add_router ("/tunnel/nothing-lost", test_nothing_lost);
  test_add_local ("/tunnel/leaves-nothing", test_leaves_nothing);
  return g_test_run ();
}
