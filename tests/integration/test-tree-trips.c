/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How often something has to go to a far context and back: with a gate on the way, which lets
 * everything down once, and then everything up, and nothing more down. */

#include "test-util.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#define N_LINKS 20 /* of modules that import each other */
#define N_SENT  (1 + 2 * N_LINKS)
#define TURNS   20 /* of the broker: what is posted while it works on what was posted before */

typedef struct
{
  char *folder;
  char *path;
  GSocketConnection *control;
  MitogenContext *via; /* behind it */
} Gate;

static void
gate_clear (Gate *gate)
{
  g_unlink (gate->path);
  g_rmdir (gate->folder);
  g_free (gate->path);
  g_free (gate->folder);
  g_clear_object (&gate->control);
  g_clear_object (&gate->via);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Gate, gate_clear)

static void
order (Gate *gate, char letter)
{
  GIOStream *stream = G_IO_STREAM (gate->control);
  char answer = 0;

  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (stream), &letter, 1,
                                            NULL, NULL, NULL));
  g_assert_true (g_input_stream_read_all (g_io_stream_get_input_stream (stream), &answer, 1, NULL,
                                          NULL, NULL));
  g_assert_cmpint (answer, ==, letter);
}

static void
do_nothing (gpointer data)
{
}

/* All that the broker has to send is in the socket. */
static void
settle (MitogenRouter *router)
{
  for (guint i = 0; i < TURNS; i++)
    g_assert_true (
        mitogen_broker_defer_sync (mitogen_router_get_broker (router), do_nothing, NULL, NULL));
}

/* A context behind a gate, which has all that it needs to be a via. */
static void
gate_open (Gate *gate, MitogenRouter *router)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (GError) error = NULL;

  gate->folder = g_dir_make_tmp ("gate-XXXXXX", &error);
  g_assert_no_error (error);
  gate->path = g_build_filename (gate->folder, "control", NULL);
  address = g_unix_socket_address_new (gate->path);
  g_socket_listener_add_address (listener, address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                                 NULL, NULL, &error);
  g_assert_no_error (error);
  connection = test_connection_argv (GATE, gate->path, TEST_PYTHON, NULL);
  gate->via = test_connect (router, connection);
  gate->control = g_socket_listener_accept (listener, NULL, NULL, &error);
  g_assert_no_error (error);
  g_socket_set_timeout (g_socket_connection_get_socket (gate->control), TEST_PATIENCE_MS / 1000);
}

static MitogenReceiver *
start_call_of (MitogenContext *context, const char *function, const char *text)
{
  g_autoptr (GError) error = NULL;
  MitogenReceiver *receiver =
      mitogen_context_start_call (context, function, g_variant_new ("(s)", text), NULL, &error);

  g_assert_no_error (error);
  return receiver;
}

static MitogenReceiver *
start_call (MitogenContext *context, const char *text)
{
  return start_call_of (context, "it_functions:echo", text);
}

static void
assert_answered (MitogenReceiver *receiver, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = mitogen_receiver_get_data (receiver, TEST_PATIENCE_MS, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (g_variant_get_string (value, NULL), ==, text);
}

/* Also with nothing there yet of what a via needs. */
static void
test_grandchild (Fixture *fixture, gconstpointer data)
{
  g_auto (Gate) gate = { 0 };
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (MitogenReceiver) receiver = NULL;

  gate_open (&gate, fixture->router);
  for (guint i = 0; i < 3; i++)
    {
      order (&gate, 'h');
      g_clear_object (&context);
      context = test_start_via (fixture->router, gate.via, TEST_PYTHON);
      g_clear_object (&receiver);
      receiver = start_call (context, "there");
      settle (fixture->router);
      order (&gate, 'r');
      assert_answered (receiver, "there");
      test_wait (mitogen_context_get_state (context) == MITOGEN_CONTEXT_STATE_CONNECTED);
      order (&gate, 'o');
    }
}

/* However many levels, and all their first calls. */
static void
test_chain (Fixture *fixture, gconstpointer data)
{
  enum
  {
    DEPTH = 4
  };
  g_auto (Gate) gate = { 0 };
  g_autoptr (GPtrArray) chain = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) receivers = g_ptr_array_new_with_free_func (g_object_unref);

  gate_open (&gate, fixture->router);
  order (&gate, 'h');
  for (guint i = 0; i < DEPTH; i++)
    {
      MitogenContext *via = i == 0 ? gate.via : chain->pdata[i - 1];

      g_ptr_array_add (chain, test_start_via (fixture->router, via, TEST_PYTHON));
      g_ptr_array_add (receivers, start_call (chain->pdata[i], "there"));
    }
  settle (fixture->router);
  order (&gate, 'r');
  for (guint i = 0; i < DEPTH; i++)
    assert_answered (receivers->pdata[i], "there");
  order (&gate, 'o');
}

/* By their URI. */
static void
test_uri (Fixture *fixture, gconstpointer data)
{
  g_auto (Gate) gate = { 0 };
  g_autoptr (GAsyncResult) got = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  gate_open (&gate, fixture->router);
  order (&gate, 'h');
  mitogen_router_connect_uri_async (fixture->router,
                                    "local?python-path=" TEST_PYTHON
                                    ",local?python-path=" TEST_PYTHON
                                    ",local?python-path=" TEST_PYTHON,
                                    NULL, gate.via, NULL, test_keep_result, &result);
  settle (fixture->router);
  order (&gate, 'r');
  got = test_wait_result (&result);
  context = mitogen_router_connect_uri_finish (fixture->router, got, &error);
  g_assert_no_error (error);
  order (&gate, 'o');
}

/* A package with many modules, each of which imports the next one. */
static void
add_modules (MitogenRouter *router, const char *package)
{
  MitogenModuleResponder *responder = mitogen_router_get_responder (router);

  for (guint i = 0; i < N_LINKS; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s.sub%u.module", package, i);
      g_autofree char *source = i + 1 < N_LINKS
                                    ? g_strdup_printf ("from ..sub%u import module\n"
                                                       "def f(text):\n  return module.f(text)\n",
                                                       i + 1)
                                    : g_strdup ("def f(text):\n  return text\n");
      g_autoptr (GError) error = NULL;

      mitogen_module_responder_add_module (responder, name, source, &error);
      g_assert_no_error (error);
    }
}

static guint
count_sent (MitogenRouter *router)
{
  g_autoptr (GVariant) statistics =
      mitogen_module_responder_get_statistics (mitogen_router_get_responder (router));
  guint sent = 0;

  g_assert_true (g_variant_lookup (statistics, "sent", "u", &sent));
  return sent;
}

/* All that a module needs goes with the call: to a context that has nothing of it, and to one
 * behind that, which is not even there yet. */
static void
test_modules (Fixture *fixture, gconstpointer data)
{
  g_auto (Gate) gate = { 0 };
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (MitogenReceiver) first = NULL;
  g_autoptr (MitogenReceiver) second = NULL;

  add_modules (fixture->router, "trip_a");
  add_modules (fixture->router, "trip_b");
  gate_open (&gate, fixture->router);
  order (&gate, 'h');
  first = start_call_of (gate.via, "trip_a.sub0.module:f", "there");
  context = test_start_via (fixture->router, gate.via, TEST_PYTHON);
  second = start_call_of (context, "trip_b.sub0.module:f", "behind");
  test_wait (count_sent (fixture->router) >= 2 * N_SENT);
  settle (fixture->router);
  order (&gate, 'r');
  assert_answered (first, "there");
  assert_answered (second, "behind");
  order (&gate, 'o');
}

/* What the gate is good for: two calls one after the other do not pass it. */
static void
test_two_trips (Fixture *fixture, gconstpointer data)
{
  g_auto (Gate) gate = { 0 };
  g_autoptr (MitogenReceiver) first = NULL;
  g_autoptr (MitogenReceiver) second = NULL;

  gate_open (&gate, fixture->router);
  order (&gate, 'h');
  first = start_call (gate.via, "first");
  settle (fixture->router);
  order (&gate, 'r');
  assert_answered (first, "first");
  second = start_call (gate.via, "second");
  settle (fixture->router);
  order (&gate, 'h');
  g_assert_true (mitogen_receiver_is_empty (second));
  order (&gate, 'o');
  assert_answered (second, "second");
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  test_add_router ("/tree-trips/grandchild", test_grandchild);
  test_add_router ("/tree-trips/chain", test_chain);
  test_add_router ("/tree-trips/uri", test_uri);
  test_add_router ("/tree-trips/modules", test_modules);
  test_add_router ("/tree-trips/two", test_two_trips);
  return g_test_run ();
}
