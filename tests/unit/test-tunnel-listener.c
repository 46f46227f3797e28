/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A socket of this process whose connections lead to one where a context is. */

#include "connection/mitogen-tunnel-private.h"
#include "mitogen.h"
#include "router/mitogen-context-private.h"
#include "router/mitogen-router-private.h"
#include "unit-util.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  MitogenRouter *router;
  MitogenContext *context;
  char *folder;
  char *path;
  GSocket *server;
  MitogenTunnelListener *listener; /* I/O thread only */
  GSocketAddress *address;
  GError *error; /* of the listener; (nullable) */
} Fixture;

/* ---- the I/O thread ---- */

static MitogenCore *
get_core (Fixture *fixture)
{
  return mitogen_router_get_core (fixture->router);
}

static void
run (Fixture *fixture, MitogenIoFunc func)
{
  unit_run (mitogen_core_get_io (get_core (fixture)), func, fixture);
}

static void
open_run (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  fixture->listener =
      mitogen_tunnel_listener_new (get_core (fixture), mitogen_context_get_node (fixture->context),
                                   fixture->path, &error);
  g_assert_no_error (error);
  fixture->address = mitogen_tunnel_listener_get_address (fixture->listener);
}

static void
close_run (gpointer data)
{
  Fixture *fixture = data;

  g_clear_pointer (&fixture->listener, mitogen_tunnel_listener_free);
}

static void
error_run (gpointer data)
{
  Fixture *fixture = data;
  const GError *error = mitogen_tunnel_listener_get_error (fixture->listener);

  g_clear_error (&fixture->error);
  fixture->error = error != NULL ? g_error_copy (error) : NULL;
}

/* ---- the far side ---- */

static void
serve (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (fixture->path);

  fixture->server =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  g_socket_bind (fixture->server, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (fixture->server, &error);
  g_assert_no_error (error);
  g_socket_set_timeout (fixture->server, UNIT_PATIENCE_MS / 1000);
}

static GSocket *
accept_one (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_accept (fixture->server, NULL, &error);

  g_assert_no_error (error);
  g_socket_set_timeout (socket, UNIT_PATIENCE_MS / 1000);
  return socket;
}

/* ---- the near side ---- */

static GSocket *
connect_one (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  GSocket *socket =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);

  g_assert_no_error (error);
  g_socket_connect (socket, fixture->address, NULL, &error);
  g_assert_no_error (error);
  g_socket_set_timeout (socket, UNIT_PATIENCE_MS / 1000);
  return socket;
}

static void
say (GSocket *socket, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_socket_send (socket, text, strlen (text), NULL, &error), ==, strlen (text));
  g_assert_no_error (error);
}

/* "" for the end. */
static void
assert_hears (GSocket *socket, const char *text)
{
  g_autoptr (GError) error = NULL;
  gsize size = strlen (text);
  char got[64] = "";
  gsize have = 0;

  do
    {
      gssize n = g_socket_receive (socket, got + have, sizeof got - 1 - have, NULL, &error);

      g_assert_no_error (error);
      if (n == 0)
        break;
      have += n;
    }
  while (have < size);
  g_assert_cmpstr (got, ==, text);
}

static void
half_close (GSocket *socket)
{
  g_autoptr (GError) error = NULL;

  g_socket_shutdown (socket, FALSE, TRUE, &error);
  g_assert_no_error (error);
}

/* ---- the fixture ---- */

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("mitogen-test-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->folder, "socket", NULL);
  serve (fixture);
  fixture->router = mitogen_router_new (NULL);
  fixture->context = mitogen_router_local (fixture->router, NULL, NULL, &error);
  g_assert_no_error (error);
  run (fixture, open_run);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  run (fixture, close_run);
  g_clear_object (&fixture->context);
  mitogen_router_shutdown (fixture->router);
  g_assert_true (mitogen_router_join (fixture->router, UNIT_PATIENCE_MS));
  g_clear_object (&fixture->router);
  g_clear_object (&fixture->server);
  g_clear_object (&fixture->address);
  g_clear_error (&fixture->error);
  g_unlink (fixture->path);
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

/* ---- tests ---- */

static void
test_both_ways (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSocket) near = connect_one (fixture);
  g_autoptr (GSocket) far = NULL;
  g_autoptr (GSocket) near_2 = NULL;
  g_autoptr (GSocket) far_2 = NULL;

  say (near, "one"); /* goes along with the request */
  far = accept_one (fixture);
  assert_hears (far, "one");
  say (far, "two");
  assert_hears (near, "two");
  near_2 = connect_one (fixture);
  far_2 = accept_one (fixture);
  say (far_2, "three");
  assert_hears (near_2, "three");
  half_close (near);
  assert_hears (far, "");
  say (far, "four");
  assert_hears (near, "four");
  g_clear_object (&far);
  assert_hears (near, "");
  g_clear_object (&near_2);
  assert_hears (far_2, "");
  run (fixture, error_run);
  g_assert_no_error (fixture->error);
}

static void
test_not_found (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSocket) near = NULL;
  g_autoptr (GSocket) near_2 = NULL;
  g_autoptr (GSocket) far_2 = NULL;

  g_unlink (fixture->path);
  near = connect_one (fixture);
  assert_hears (near, "");
  run (fixture, error_run);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_test_message ("%s", fixture->error->message);
  g_assert_nonnull (strstr (fixture->error->message, fixture->path));
  g_assert_nonnull (strstr (fixture->error->message, mitogen_context_get_name (fixture->context)));
  g_assert_null (strstr (fixture->error->message, "Errno"));

  /* It is told as long as it is the last word. */
  g_clear_object (&fixture->server);
  serve (fixture);
  near_2 = connect_one (fixture);
  far_2 = accept_one (fixture);
  say (far_2, "x");
  assert_hears (near_2, "x");
  run (fixture, error_run);
  g_assert_no_error (fixture->error);
}

/* It can connect, for its name is no secret, and is told nothing. */
static void
test_stranger (Fixture *fixture, gconstpointer data)
{
  gsize size = g_socket_address_get_native_size (fixture->address);
  g_autofree void *native = g_malloc (size);
  g_autoptr (GSocket) near = NULL;
  g_autoptr (GSocket) far = NULL;
  pid_t pid;
  int status;

  g_assert_true (g_socket_address_to_native (fixture->address, native, size, NULL));
  pid = fork ();
  if (pid == 0)
    {
      int fd = socket (AF_UNIX, SOCK_STREAM, 0);
      char byte;

      if (connect (fd, native, size) != 0)
        _exit (1);
      send (fd, "x", 1, MSG_NOSIGNAL); /* perhaps too late */
      _exit (recv (fd, &byte, 1, 0) > 0 ? 2 : 0);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  near = connect_one (fixture);
  far = accept_one (fixture);
  say (near, "mine");
  assert_hears (far, "mine");
}

static void
test_owner_ends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSocket) near = connect_one (fixture);
  g_autoptr (GSocket) far = accept_one (fixture);
  g_autoptr (GSocket) late =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  say (far, "x");
  assert_hears (near, "x");
  run (fixture, close_run);
  assert_hears (near, "");
  assert_hears (far, "");
  g_assert_false (g_socket_connect (late, fixture->address, NULL, NULL));
}

static void
test_context_ends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSocket) near = connect_one (fixture);
  g_autoptr (GSocket) far = accept_one (fixture);
  g_autoptr (GSocket) late = NULL;
  g_autoptr (GError) error = NULL;

  say (far, "x");
  assert_hears (near, "x");
  mitogen_context_shutdown (fixture->context, TRUE, NULL, &error);
  g_assert_no_error (error);
  assert_hears (near, "");
  assert_hears (far, "");
  run (fixture, error_run);
  g_assert_error (fixture->error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_test_message ("%s", fixture->error->message);

  late = connect_one (fixture);
  assert_hears (late, "");
  run (fixture, error_run);
  g_assert_error (fixture->error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
  g_test_message ("%s", fixture->error->message);
}

/* Nobody frees it before the broker has gone. */
static void
test_broker_ends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSocket) near = connect_one (fixture);
  g_autoptr (GSocket) far = accept_one (fixture);
  g_autoptr (GSocket) late =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  say (far, "x");
  assert_hears (near, "x");
  mitogen_router_shutdown (fixture->router);
  g_assert_true (mitogen_router_join (fixture->router, UNIT_PATIENCE_MS));
  assert_hears (near, "");
  assert_hears (far, "");
  g_assert_false (g_socket_connect (late, fixture->address, NULL, NULL));
  g_clear_pointer (&fixture->listener, mitogen_tunnel_listener_free);
  g_clear_object (&fixture->context);
  g_clear_object (&fixture->router);
  fixture->router = mitogen_router_new (NULL); /* for the end of the fixture */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define add(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  add ("/tunnel-listener/both-ways", test_both_ways);
  add ("/tunnel-listener/not-found", test_not_found);
  add ("/tunnel-listener/stranger", test_stranger);
  add ("/tunnel-listener/owner-ends", test_owner_ends);
  add ("/tunnel-listener/context-ends", test_context_ends);
  add ("/tunnel-listener/broker-ends", test_broker_ends);
#undef add
  return g_test_run ();
}
