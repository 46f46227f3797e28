/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "tunnel-util.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_SIZE    (256 * 1024)
#define HESITATE_US    500
#define DRAIN_SIZE     4096
#define DRAIN_PAUSE_US 1000

/* ---- the service ---- */

typedef struct
{
  Service *service;
  GSocket *socket;
} Accepted;

static gpointer
serve (gpointer data)
{
  g_autofree Accepted *accepted = data;
  Service *service = accepted->service;

  service->func (accepted->socket, service->data);
  g_object_unref (accepted->socket);
  g_atomic_int_add (&service->n_open, -1);
  return NULL;
}

static gpointer
accept_all (gpointer data)
{
  Service *self = data;
  GSocket *socket;

  while ((socket = g_socket_accept (self->socket, self->ending, NULL)) != NULL)
    {
      Accepted *accepted = g_new (Accepted, 1);

      accepted->service = self;
      accepted->socket = socket;
      g_atomic_int_inc (&self->n_open);
      g_atomic_int_inc (&self->n_ever);
      g_ptr_array_add (self->connections, g_thread_new ("service", serve, accepted));
    }
  return NULL;
}

void
service_begin (Service *self, ServiceFunc func, gpointer data)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  *self = (Service){ .func = func, .data = data };
  self->folder = g_dir_make_tmp ("mitogen-test-XXXXXX", &error);
  g_assert_no_error (error);
  self->path = g_build_filename (self->folder, "socket", NULL);
  address = g_unix_socket_address_new (self->path);
  self->socket =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  g_socket_set_listen_backlog (self->socket, func != NULL ? 128 : 0);
  g_socket_bind (self->socket, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (self->socket, &error);
  g_assert_no_error (error);
  self->connections = g_ptr_array_new ();
  self->ending = g_cancellable_new ();
  if (func != NULL)
    self->thread = g_thread_new ("accept", accept_all, self);
}

void
service_end (Service *self)
{
  g_cancellable_cancel (self->ending);
  if (self->thread != NULL)
    g_thread_join (self->thread);
  test_wait (g_atomic_int_get (&self->n_open) == 0);
  for (guint i = 0; i < self->connections->len; i++)
    g_thread_join (self->connections->pdata[i]);
  g_ptr_array_unref (self->connections);
  g_clear_object (&self->socket);
  g_clear_object (&self->ending);
  g_unlink (self->path);
  g_rmdir (self->folder);
  g_free (self->path);
  g_free (self->folder);
}

/* ---- what is said ---- */

static guint8
nth_byte (guint64 n, guint64 seed)
{
  guint64 word = ((n >> 3) + seed) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  return (word ^ (word >> 32)) >> (8 * (n & 3));
}

static gsize
some_size (const Talk *talk, guint64 left)
{
  gsize size = talk->hesitates ? (gsize) g_random_int_range (1, 70000) : BUFFER_SIZE;

  if (talk->hesitates && g_random_int_range (0, 8) == 0)
    g_usleep (HESITATE_US);
  return MIN (size, left);
}

static void
send_all (GSocket *socket, const void *data, gsize size)
{
  const char *rest = data;
  g_autoptr (GError) error = NULL;

  while (size > 0)
    {
      gssize sent = g_socket_send (socket, rest, size, NULL, &error);

      g_assert_no_error (error);
      rest += sent;
      size -= sent;
    }
}

static void
send_pattern (const Talk *talk, GSocket *socket, guint64 size, guint64 seed)
{
  g_autofree guint8 *buffer = g_malloc (BUFFER_SIZE);

  for (guint64 at = 0; at < size;)
    {
      gsize n = some_size (talk, size - at);

      for (gsize i = 0; i < n; i++)
        buffer[i] = nth_byte (at + i, seed);
      send_all (socket, buffer, n);
      at += n;
    }
  /* GSocket would note it where the thread that reads looks. */
  g_assert_cmpint (shutdown (g_socket_get_fd (socket), SHUT_WR), ==, 0);
}

static void
expect_pattern (const Talk *talk, GSocket *socket, GInputStream *input, guint64 size, guint64 seed)
{
  g_autofree guint8 *buffer = g_malloc (BUFFER_SIZE);
  g_autoptr (GError) error = NULL;
  guint64 at = 0;
  gssize n;

  do
    {
      gsize max = some_size (talk, BUFFER_SIZE);

      n = input != NULL ? g_input_stream_read (input, buffer, max, NULL, &error)
                        : g_socket_receive (socket, (char *) buffer, max, NULL, &error);
      g_assert_no_error (error);
      for (gssize i = 0; i < n; i++)
        if (buffer[i] != nth_byte (at + i, seed))
          g_error ("byte %" G_GUINT64_FORMAT " is wrong", at + i);
      at += n;
    }
  while (n > 0);
  g_assert_cmpuint (at, ==, size);
}

typedef struct
{
  Talk talk;
  GSocket *socket;
  gboolean is_far;
} Saying;

static gpointer
say_all (gpointer data)
{
  Saying *saying = data;

  if (saying->is_far)
    send_pattern (&saying->talk, saying->socket, saying->talk.down, 2);
  else
    send_pattern (&saying->talk, saying->socket, saying->talk.up, 1);
  return NULL;
}

void
service_talk (GSocket *socket, gpointer data)
{
  Saying saying = { .socket = socket, .is_far = TRUE };
  char *head = (char *) &saying.talk;
  GThread *thread;

  for (gsize have = 0; have < sizeof saying.talk;)
    {
      gssize n = g_socket_receive (socket, head + have, sizeof saying.talk - have, NULL, NULL);

      if (n <= 0) /* cancelled before it began */
        return;
      have += n;
    }
  thread = g_thread_new ("far", say_all, &saying);
  expect_pattern (&saying.talk, socket, NULL, saying.talk.up, 1);
  g_thread_join (thread);
}

void
talk_run (const Talk *talk, GIOStream *stream)
{
  Saying saying = { .talk = *talk, .socket = tunnel_socket (stream) };
  GThread *thread;

  send_all (saying.socket, talk, sizeof *talk);
  thread = g_thread_new ("near", say_all, &saying);
  expect_pattern (talk, NULL, g_io_stream_get_input_stream (stream), talk->down, 2);
  g_thread_join (thread);
}

void
service_echo (GSocket *socket, gpointer data)
{
  char buffer[4096];
  gssize n;

  while ((n = g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL)) > 0)
    if (g_socket_send (socket, buffer, n, NULL, NULL) < 0)
      return;
}

void
service_flood (GSocket *socket, gpointer data)
{
  static const char zeros[16384];
  gint *done = data;

  while (g_socket_send (socket, zeros, sizeof zeros, NULL, NULL) > 0)
    ;
  if (done != NULL)
    g_atomic_int_inc (done);
}

void
service_drain (GSocket *socket, gpointer data)
{
  char buffer[DRAIN_SIZE];

  while (g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL) > 0)
    g_usleep (DRAIN_PAUSE_US);
}

/* ---- the near side ---- */

GSocket *
tunnel_socket (GIOStream *stream)
{
  return g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream));
}

GIOStream *
tunnel_open (MitogenContext *context, const char *path)
{
  g_autoptr (GError) error = NULL;
  GIOStream *stream = mitogen_context_open_socket (context, path, NULL, &error);

  g_assert_no_error (error);
  g_socket_set_timeout (tunnel_socket (stream), TEST_PATIENCE_MS / 1000);
  return stream;
}

GError *
tunnel_open_fails (MitogenContext *context, const char *path)
{
  GError *error = NULL;

  g_assert_null (mitogen_context_open_socket (context, path, NULL, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  return error;
}

void
tunnel_say (GIOStream *stream, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (g_io_stream_get_output_stream (stream), text, strlen (text), NULL,
                             NULL, &error);
  g_assert_no_error (error);
}

void
tunnel_assert_hears (GIOStream *stream, const char *text)
{
  g_autoptr (GError) error = NULL;
  char got[256] = "";
  gsize size = MAX (strlen (text), 1);
  gsize n;

  g_assert_cmpuint (size, <, sizeof got);
  g_input_stream_read_all (g_io_stream_get_input_stream (stream), got, size, &n, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (got, ==, text);
}

GError *
tunnel_hears_error (GIOStream *stream)
{
  g_autofree char *buffer = g_malloc (BUFFER_SIZE);
  GError *error = NULL;
  gssize n;

  do
    n = g_input_stream_read (g_io_stream_get_input_stream (stream), buffer, BUFFER_SIZE, NULL,
                             &error);
  while (n > 0);
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  return error;
}

void
tunnel_half_close (GIOStream *stream)
{
  g_autoptr (GError) error = NULL;

  g_socket_shutdown (tunnel_socket (stream), FALSE, TRUE, &error);
  g_assert_no_error (error);
}
