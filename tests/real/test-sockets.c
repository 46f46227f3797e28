/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Services of another host, reached by their sockets there: first as a socket, then as containers
 * of its engines, where no client program is. */

#include "real-util.h"

#include <gio/gunixsocketaddress.h>
#include <signal.h>
#include <string.h>

#define FAR      "10.77.0.2"
#define DELAY_MS 75
#define ROUND_US (2 * DELAY_MS * 1000)

/* A busy machine makes a try worse, never better: more of them are made while it seems too slow. */
#define MIN_TRIES 2
#define MAX_TRIES 12

#define MANY 20

static MitogenContext *
ssh_far (MitogenRouter *router, const char *user)
{
  g_autofree char *key = real_home_file (".ssh/key");
  g_autoptr (MitogenConnection) connection =
      real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname", FAR, "username", user,
                       "identity-file", key, NULL);

  return real_connect (router, connection, NULL);
}

static MitogenContext *
sudo_there (MitogenRouter *router, MitogenContext *via)
{
  g_autoptr (MitogenConnection) connection =
      real_connection (MITOGEN_TYPE_SUDO_CONNECTION, "username", "root", NULL);

  return real_connect (router, connection, via);
}

static MitogenConnection *
docker (const char *property, const char *value, const char *address)
{
  return real_connection (MITOGEN_TYPE_DOCKER_CONNECTION, "address", address, property, value,
                          NULL);
}

static void
assert_inside (MitogenContext *context)
{
  g_autoptr (GVariant) there =
      test_call (context, "os.path:isdir", g_variant_new ("(s)", "/home/mitogen"));
  g_autoptr (GVariant) here =
      test_call (context, "os.path:exists", g_variant_new ("(s)", "/etc/debian_version"));

  test_assert_value (there, "true");
  test_assert_value (here, "false");
}

/* ---- a socket ---- */

static void
assert_speaks_http (MitogenContext *context, const char *address)
{
  const char *request = "GET /version HTTP/1.0\r\nHost: engine\r\n\r\n";
  const char *path = address + strlen ("unix://");
  char got[32] = "";
  gsize n;
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) stream = mitogen_context_open_socket (context, path, NULL, &error);

  g_assert_no_error (error);
  g_output_stream_write_all (g_io_stream_get_output_stream (stream), request, strlen (request),
                             NULL, NULL, &error);
  g_assert_no_error (error);
  g_input_stream_read_all (g_io_stream_get_input_stream (stream), got, strlen ("HTTP/1.0 200"), &n,
                           NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (got, ==, "HTTP/1.0 200");
}

static void
test_socket (Fixture *fixture, gconstpointer data)
{
  g_autofree char *address = real_engine ("docker");
  g_autoptr (MitogenContext) ssh = NULL;
  g_autoptr (MitogenContext) root = NULL;
  g_autoptr (GError) error = NULL;

  if (address == NULL)
    return;
  ssh = ssh_far (fixture->router, "mg-free");
  g_assert_null (mitogen_context_open_socket (ssh, address + strlen ("unix://"), NULL, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  root = sudo_there (fixture->router, ssh);
  assert_speaks_http (root, address);
}

/* ---- engines ---- */

static void
test_docker (Fixture *fixture, gconstpointer data)
{
  g_autofree char *address = real_engine ("docker");
  g_autoptr (MitogenContext) ssh = NULL;
  g_autoptr (MitogenContext) root = NULL;
  g_autoptr (MitogenContext) inside = NULL;
  g_autoptr (MitogenConnection) connection = NULL;

  if (address == NULL)
    return;
  real_container ("docker", "python", "here");
  ssh = ssh_far (fixture->router, "mg-free");
  root = sudo_there (fixture->router, ssh);
  connection = docker ("container", "here", address);
  inside = real_connect (fixture->router, connection, root);
  assert_inside (inside);
  g_assert_true (mitogen_context_get_via (inside) == root);
  real_container_do ("docker", "remove", "here");
  test_wait (mitogen_context_get_state (inside) == MITOGEN_CONTEXT_STATE_DISCONNECTED);
  test_assert_alive (root);
}

static void
test_rootless (Fixture *fixture, gconstpointer data)
{
  g_autofree char *address = real_engine ("rootless");
  g_autoptr (MitogenContext) ssh = NULL;
  g_autoptr (MitogenContext) inside = NULL;
  g_autoptr (MitogenConnection) connection = NULL;

  if (address == NULL)
    return;
  real_container ("rootless", "python", "here");
  ssh = ssh_far (fixture->router, "mg-free");
  connection = real_connection (MITOGEN_TYPE_PODMAN_CONNECTION, "address", address, "container",
                                "here", NULL);
  inside = real_connect (fixture->router, connection, ssh);
  assert_inside (inside);
  real_container_do ("rootless", "remove", "here");
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *address = real_engine ("docker");
  g_autoptr (MitogenContext) ssh = NULL;
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenConnection) nowhere = NULL;
  g_autoptr (GError) error = NULL;

  if (address == NULL)
    return;
  ssh = ssh_far (fixture->router, "mg-free");
  connection = docker ("container", "here", address);
  error = real_connect_fails (fixture->router, connection, ssh);
  g_test_message ("%s", error->message);
  test_assert_contains (error->message, "ermission denied");
  g_clear_error (&error);
  nowhere = docker ("container", "here", "unix:///nowhere.sock");
  error = real_connect_fails (fixture->router, nowhere, ssh);
  g_test_message ("%s", error->message);
  test_assert_contains (error->message, "/nowhere.sock");
}

/* What was made for it is gone with the way to it, however that ends. */
static void
test_via_ends (Fixture *fixture, gconstpointer data)
{
  g_autofree char *address = real_engine ("docker");
  g_autofree char *image = NULL;

  if (address == NULL)
    return;
  real_check_containers ("docker", "");
  image = real_image ("docker", "python");
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (MitogenContext) ssh = ssh_far (fixture->router, "mg-free");
      g_autoptr (MitogenContext) root = sudo_there (fixture->router, ssh);
      g_autoptr (MitogenConnection) connection = docker ("image", image, address);
      g_autoptr (MitogenContext) inside = real_connect (fixture->router, connection, root);
      g_autoptr (GError) error = NULL;

      assert_inside (inside);
      if (i == 0)
        mitogen_context_shutdown (ssh, FALSE, NULL, &error);
      else
        mitogen_context_kill (ssh, FALSE, NULL, &error);
      g_assert_no_error (error);
      test_wait (mitogen_context_get_state (inside) == MITOGEN_CONTEXT_STATE_DISCONNECTED);
      real_check_containers ("docker", "");
    }
}

static void
test_many (Fixture *fixture, gconstpointer data)
{
  g_autofree char *address = real_engine ("docker");
  g_autoptr (MitogenContext) ssh = NULL;
  g_autoptr (MitogenContext) root = NULL;
  g_autoptr (GPtrArray) contexts = g_ptr_array_new_with_free_func (g_object_unref);

  if (address == NULL)
    return;
  real_container ("docker", "python", "here");
  ssh = ssh_far (fixture->router, "mg-free");
  root = sudo_there (fixture->router, ssh);
  for (guint i = 0; i < MANY; i++)
    {
      g_autoptr (MitogenConnection) connection = docker ("container", "here", address);
      g_autoptr (GError) error = NULL;

      g_ptr_array_add (contexts,
                       mitogen_router_start_connect (fixture->router, connection, root, &error));
      g_assert_no_error (error);
    }
  for (guint i = 0; i < MANY; i++)
    {
      test_wait (mitogen_context_get_state (contexts->pdata[i]) !=
                 MITOGEN_CONTEXT_STATE_CONNECTING);
      assert_inside (contexts->pdata[i]);
    }
  real_container_do ("docker", "remove", "here");
}

/* ---- a long way ---- */

static void
set_link (const char *command)
{
  G_GNUC_UNUSED g_autofree char *answer = real_control ("link %s", command);
}

static gint64
time_of_socket (MitogenContext *context, const char *address)
{
  gint64 began = g_get_monotonic_time ();

  assert_speaks_http (context, address);
  return g_get_monotonic_time () - began;
}

static gint64
time_of_docker (MitogenRouter *router, MitogenContext *via, const char *address)
{
  g_autoptr (MitogenConnection) connection = docker ("container", "here", address);
  gint64 began = g_get_monotonic_time ();
  g_autoptr (MitogenContext) inside = real_connect (router, connection, via);
  G_GNUC_UNUSED g_autoptr (GVariant) pid = test_call (inside, "os:getpid", NULL);
  gint64 took = g_get_monotonic_time () - began;

  g_assert_true (mitogen_context_shutdown (inside, TRUE, NULL, NULL));
  return took;
}

typedef struct
{
  gint64 socket;
  gint64 docker;
} Times;

static void
note_times (Times *least, MitogenRouter *router, MitogenContext *via, const char *address)
{
  least->socket = MIN (least->socket, time_of_socket (via, address));
  least->docker = MIN (least->docker, time_of_docker (router, via, address));
}

/* In whole round trips, between which there is room for a busy machine. To open a socket, and to
 * ask and be answered, takes one each; a container and a call about three. */
static void
test_round_trips (Fixture *fixture, gconstpointer data)
{
  g_autofree char *address = real_engine ("docker");
  g_autoptr (MitogenContext) ssh = NULL;
  g_autoptr (MitogenContext) root = NULL;
  Times near = { G_MAXINT64, G_MAXINT64 };
  Times far = { G_MAXINT64, G_MAXINT64 };
  double for_socket = G_MAXDOUBLE;
  double for_docker = G_MAXDOUBLE;

  if (address == NULL)
    return;
  real_container ("docker", "python", "here");
  ssh = ssh_far (fixture->router, "mg-free");
  root = sudo_there (fixture->router, ssh);
  for (guint i = 0; i < MAX_TRIES && (i < MIN_TRIES || for_socket >= 3 || for_docker >= 6); i++)
    {
      note_times (&near, fixture->router, root, address);
      set_link ("delay " G_STRINGIFY (DELAY_MS));
      note_times (&far, fixture->router, root, address);
      set_link ("delay 0");
      for_socket = (double) (far.socket - near.socket) / ROUND_US;
      for_docker = (double) (far.docker - near.docker) / ROUND_US;
    }
  g_test_message ("a socket and an answer: %.2f round trips; a container and a call: %.2f",
                  for_socket, for_docker);
  g_assert_cmpfloat (for_socket, <, 3);
  g_assert_cmpfloat (for_docker, <, 6);
  real_container_do ("docker", "remove", "here");
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  real_add (NULL, "/sockets/socket", test_socket);
  real_add (NULL, "/sockets/docker", test_docker);
  real_add (NULL, "/sockets/rootless", test_rootless);
  real_add (NULL, "/sockets/refused", test_refused);
  real_add (NULL, "/sockets/via-ends", test_via_ends);
  real_add (NULL, "/sockets/many", test_many);
  real_add (NULL, "/sockets/round-trips", test_round_trips);
  return g_test_run ();
}
