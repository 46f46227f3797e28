/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Servers that are not there, say nothing, or have enough; other servers on the way; and what
 * OpenSSH's client does on its own, as ~/.ssh/config has it. */

#include "real-util.h"

#include <gio/gio.h>
#include <string.h>

static MitogenConnection *
ssh_to (const char *host, guint port)
{
  g_autofree char *key = real_home_file (".ssh/key");

  return real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname", host, "username", "mg-other",
                          "port", port, "identity-file", key, NULL);
}

/* ---- not there ---- */

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_to ("127.0.0.1", 9);

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_STREAM,
                     "127.0.0.1|Connection refused");
}

static void
test_unknown_name (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_to ("no-such-host.invalid", 22);

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_STREAM,
                     "Could not resolve hostname no-such-host.invalid");
}

static void
test_no_route (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) host = ssh_to ("10.9.9.9", 22);
  g_autoptr (MitogenConnection) network = ssh_to ("192.0.2.1", 22);

  real_assert_fails (fixture->router, host, MITOGEN_ERROR_STREAM, "10.9.9.9|No route to host");
  real_assert_fails (fixture->router, network, MITOGEN_ERROR_STREAM, "Network is unreachable");
}

static GSocketListener *
listener_new (guint16 *port)
{
  GSocketListener *listener = g_socket_listener_new ();
  g_autoptr (GError) error = NULL;

  *port = g_socket_listener_add_any_inet_port (listener, NULL, &error);
  g_assert_no_error (error);
  return listener;
}

/* The kernel accepts; no program does. */
static void
test_no_banner (Fixture *fixture, gconstpointer data)
{
  guint16 port;
  g_autoptr (GSocketListener) listener = listener_new (&port);
  g_autoptr (MitogenConnection) connection = ssh_to ("127.0.0.1", port);

  mitogen_connection_set_connect_timeout (connection, 500);
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_TIMED_OUT, "127.0.0.1");
  g_socket_listener_close (listener);
}

static void
on_peer (GObject *source, GAsyncResult *result, gpointer data)
{
  static const char garbage[] = "HTTP/1.1 400 Bad Request\r\n\r\nPassword: \r\n\x01\x80\xff\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) peer =
      g_socket_listener_accept_finish (G_SOCKET_LISTENER (source), result, NULL, &error);

  if (peer == NULL)
    return; /* the test is over */
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (peer)), garbage,
                             sizeof garbage - 1, NULL, NULL, &error);
  g_assert_no_error (error);
  *(guint *) data += 1;
  g_io_stream_close (G_IO_STREAM (peer), NULL, NULL);
  g_socket_listener_accept_async (G_SOCKET_LISTENER (source), NULL, on_peer, data);
}

static void
test_garbage (Fixture *fixture, gconstpointer data)
{
  guint16 port;
  guint n_peers = 0;
  g_autoptr (GSocketListener) listener = listener_new (&port);
  g_autoptr (MitogenConnection) connection = ssh_to ("127.0.0.1", port);
  g_autoptr (RealPerson) person = real_person_new (NULL, NULL);
  g_autoptr (GError) error = NULL;

  /* A server that has too many logins under way closes as early: so it is tried again. */
  mitogen_connection_set_connect_timeout (connection, 6000);
  g_socket_listener_accept_async (listener, NULL, on_peer, &n_peers);
  real_set_person (connection, person);
  error = real_connect_fails (fixture->router, connection, NULL);
  real_assert_error (error, MITOGEN_ERROR_STREAM, "127.0.0.1");
  real_person_check (person);
  g_assert_cmpuint (n_peers, >, 0);
  g_socket_listener_close (listener);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_ipv6 (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) plain = ssh_to ("::1", 22);
  g_autoptr (MitogenConnection) other = ssh_to ("::1", real_port ("key"));

  real_assert_works (fixture->router, plain, "mg-other");
  real_assert_works (fixture->router, other, "mg-other");
}

/* ---- enough ---- */

/* The one place is taken by somebody who does not answer, until the server has enough of it. Who
 * comes meanwhile is sent away, and comes again. */
static void
test_full_server (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) slow = real_ssh ("mg-other", "port", real_port ("full"), NULL);
  g_autoptr (MitogenConnection) patient = ssh_to ("127.0.0.1", real_port ("full"));
  g_autoptr (RealPerson) person = real_person_new ("mg-other", REAL_SILENT, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *log = NULL;

  real_set_person (slow, person);
  mitogen_router_connect_async (fixture->router, slow, NULL, NULL, test_keep_result, &result);
  test_wait (real_person_count_asked (person) == 1);
  real_assert_works (fixture->router, patient, "mg-other");
  log = real_control ("log");
  test_assert_contains (log, "past MaxStartups");

  real_person_answer (person, "pw-other");
  test_wait_result (&result);
  g_assert_null (mitogen_router_connect_finish (fixture->router, result, &error));
  g_test_message ("%s", error->message);
  real_assert_error (error, MITOGEN_ERROR_STREAM, "closed");
}

static void
test_tries (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      real_ssh ("mg-other", "port", real_port ("tries"), NULL);
  g_autoptr (RealPerson) person = real_person_new ("mg-other", "wrong", "mg-other", "worse", NULL);

  real_set_person (connection, person);
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD,
                     "refused|Too many authentication failures");
}

/* ---- many ---- */

#define CROWD 100

typedef struct
{
  MitogenRouter *router;
  guint n_done;
  guint n_works;
  guint n_reported;
} Crowd;

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  Crowd *crowd = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context =
      mitogen_router_connect_finish (crowd->router, result, &error);

  crowd->n_done++;
  if (context != NULL)
    {
      real_assert_user (context, "mg-other");
      crowd->n_works++;
      return;
    }
  g_test_message ("%s", error->message);
  g_assert_cmpint (error->domain, ==, MITOGEN_ERROR);
  crowd->n_reported++;
}

static void
test_crowd (Fixture *fixture, gconstpointer data)
{
  Crowd crowd = { fixture->router };
  g_autofree char *log = NULL;

  for (guint i = 0; i < CROWD; i++)
    {
      g_autoptr (MitogenConnection) connection = ssh_to ("127.0.0.1", real_port ("crowd"));

      mitogen_router_connect_async (fixture->router, connection, NULL, NULL, on_connected, &crowd);
    }
  /* Not all of them in the time of one: the machine may be busy. */
  for (guint n = 1; n <= CROWD; n++)
    test_wait (crowd.n_done >= n);
  log = real_control ("log");
  g_test_message ("%u of %u work, %u were told why not", crowd.n_works, CROWD, crowd.n_reported);
  g_assert_cmpuint (crowd.n_works + crowd.n_reported, ==, CROWD);
  g_assert_cmpuint (crowd.n_works, >=, CROWD * 9 / 10);
  /* The server has pushed back. */
  test_assert_contains (log, "beginning MaxStartups throttling");
}

/* ---- ~/.ssh/config ---- */

static void
test_jump (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_to ("jumped", 22);
  g_autoptr (MitogenConnection) asked =
      real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname", "jumped-asked", "username",
                       "mg-other", NULL);
  g_autoptr (RealPerson) person =
      real_person_new ("mg-free", "pw-free", "mg-other", "pw-other", NULL);

  real_assert_works (fixture->router, connection, "mg-other");
  real_set_person (asked, person);
  real_assert_works (fixture->router, asked, "mg-other");
  real_person_check (person);
}

/* The master stays when its first context has ended, and with it standard error. */
static void
test_kept_connection (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (MitogenConnection) connection = ssh_to ("kept", 22);
      g_autoptr (MitogenContext) context = real_connect (fixture->router, connection, NULL);
      g_auto (Ending) ending = { 0 };
      g_autoptr (GError) error = NULL;

      real_assert_user (context, "mg-other");
      test_watch_ending (context, &ending);
      g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, &error));
      g_assert_no_error (error);
      test_wait (ending.count == 1);
    }
  g_assert_true (g_spawn_command_line_sync ("ssh -q -O exit kept", NULL, NULL, NULL, NULL));
}

/* The second session does not fit into the connection of the first one. */
static void
test_shared_connection (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) first = ssh_to ("shared", real_port ("sessions"));
  g_autoptr (MitogenConnection) second = ssh_to ("shared", real_port ("sessions"));
  g_autoptr (MitogenContext) context = real_connect (fixture->router, first, NULL);

  real_assert_works (fixture->router, second, "mg-other");
  real_assert_user (context, "mg-other");
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  real_add (NULL, "/limits/refused", test_refused);
  real_add (NULL, "/limits/unknown-name", test_unknown_name);
  real_add (NULL, "/limits/no-route", test_no_route);
  real_add (NULL, "/limits/no-banner", test_no_banner);
  real_add (NULL, "/limits/garbage", test_garbage);
  real_add (NULL, "/limits/ipv6", test_ipv6);
  real_add (NULL, "/limits/full-server", test_full_server);
  real_add (NULL, "/limits/tries", test_tries);
  real_add (NULL, "/limits/crowd", test_crowd);
  real_add (NULL, "/config/jump", test_jump);
  real_add (NULL, "/config/kept-connection", test_kept_connection);
  real_add (NULL, "/config/shared-connection", test_shared_connection);
  return g_test_run ();
}
