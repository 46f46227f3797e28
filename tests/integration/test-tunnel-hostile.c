/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts through which a socket is reached and that lie, remote/hostile_tunnel.py: the tunnel
 * ends, with an error that says so, and nobody else feels it. */

#include "tunnel-util.h"

#include <signal.h>
#include <string.h>

/* Beyond this a flood has made us hold what it sent. */
#define MAX_GROWTH_KB (32 * 1024)

typedef enum
{
  WORKS,
  NOT_OPENED,
  BREAKS, /* it is opened, but a read fails */
  ENDS,   /* or says that this was all, as it was at that moment */
} Outcome;

typedef struct
{
  const char *mode;
  guint n; /* variants, as its argument */
  Outcome outcome;
  gint code; /* of a MitogenError; -1: a GIOError */
} Case;

static MitogenContext *
liar (Fixture *fixture, const char *mode, guint variant)
{
  g_autofree char *script = test_remote_file ("hostile_tunnel.py");
  g_autofree char *argument = g_strdup_printf ("%u", variant);
  g_autoptr (MitogenConnection) connection =
      test_connection_argv (TEST_PYTHON, "-E", "-S", script, mode, argument, NULL);

  return test_connect (fixture->router, connection);
}

static gint64
count_tunnels (MitogenContext *context)
{
  g_autoptr (GVariant) n = test_call_typed (context, "x:go_count", NULL, "x");

  return g_variant_get_int64 (n);
}

static gboolean
is_alive (MitogenContext *context)
{
  return mitogen_context_get_state (context) == MITOGEN_CONTEXT_STATE_CONNECTED;
}

static void
liar_end (MitogenContext *context)
{
  gint pid = test_context_pid (context);

  if (is_alive (context))
    kill (pid, SIGKILL);
  test_wait (!is_alive (context));
  test_wait (!test_process_exists (pid));
}

/* ---- somebody honest ---- */

typedef struct
{
  Service service;
  GIOStream *stream;
} Honest;

static void
honest_begin (Honest *honest, Fixture *fixture)
{
  service_begin (&honest->service, service_echo, NULL);
  honest->stream = tunnel_open (fixture->context, honest->service.path);
}

static void
honest_check (Honest *honest, Fixture *fixture)
{
  tunnel_say (honest->stream, "still here");
  tunnel_assert_hears (honest->stream, "still here");
  test_assert_alive (fixture->context);
}

static void
honest_end (Honest *honest, Fixture *fixture)
{
  honest_check (honest, fixture);
  g_clear_object (&honest->stream);
  service_end (&honest->service);
}

/* ---- cases ---- */

static void
assert_is (const GError *error, const Case *kase)
{
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), <, 70000);
  if (kase->code >= 0)
    g_assert_error (error, MITOGEN_ERROR, kase->code);
  else
    g_assert_true (error->domain == G_IO_ERROR);
}

static void
try_stream (GIOStream *stream, const Case *kase)
{
  g_autoptr (GError) error = NULL;

  if (kase->outcome == WORKS)
    {
      tunnel_say (stream, "x");
      tunnel_assert_hears (stream, "x");
      return;
    }
  if (kase->outcome == ENDS)
    {
      char byte;

      g_assert_cmpint (g_input_stream_read (g_io_stream_get_input_stream (stream), &byte, 1, NULL,
                                            &error),
                       <=, 0);
      return;
    }
  g_assert_cmpint (kase->outcome, ==, BREAKS);
  error = tunnel_hears_error (stream);
  assert_is (error, kase);
}

static void
try_case (Fixture *fixture, const Case *kase, guint variant)
{
  g_autoptr (MitogenContext) context = liar (fixture, kase->mode, variant);
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) stream =
      mitogen_context_open_socket (context, "/some/socket", NULL, &error);

  g_test_message ("%s %u: %s", kase->mode, variant, error != NULL ? error->message : "opened");
  if (stream != NULL)
    {
      g_socket_set_timeout (tunnel_socket (stream), TEST_PATIENCE_MS / 1000);
      try_stream (stream, kase);
    }
  else
    {
      g_assert_cmpint (kase->outcome, !=, WORKS);
      assert_is (error, kase);
    }
  g_clear_object (&stream);
  /* It is told to end what it should not go on with. */
  if (kase->code == MITOGEN_ERROR_PROTOCOL)
    test_wait (!is_alive (context) || count_tunnels (context) == 0);
  liar_end (context);
}

static void
try_cases (Fixture *fixture, const Case *cases, guint n)
{
  Honest honest;

  honest_begin (&honest, fixture);
  for (guint i = 0; i < n; i++)
    for (guint variant = 0; variant < cases[i].n; variant++)
      {
        try_case (fixture, &cases[i], variant);
        honest_check (&honest, fixture);
      }
  honest_end (&honest, fixture);
}

#define PROTOCOL MITOGEN_ERROR_PROTOCOL
#define CHANNEL  MITOGEN_ERROR_CHANNEL
#define STREAM   MITOGEN_ERROR_STREAM

static void
test_order (Fixture *fixture, gconstpointer data)
{
  /* What follows at once upon `started` may come before the program has the stream, which it gets
   * all the same. */
  static const Case cases[] = {
    { "honest", 1, WORKS, 0 },
    { "data_first", 1, NOT_OPENED, PROTOCOL },
    { "eof_first", 1, NOT_OPENED, PROTOCOL },
    { "credit_first", 1, NOT_OPENED, PROTOCOL },
    { "exit_first", 1, NOT_OPENED, CHANNEL },
    { "started_twice", 1, BREAKS, PROTOCOL },
    { "failed_late", 1, BREAKS, PROTOCOL },
    { "eof_twice", 1, ENDS, PROTOCOL },
    { "data_after_eof", 1, ENDS, PROTOCOL },
    { "process_events", 4, BREAKS, PROTOCOL },
    { "two_ends", 1, BREAKS, CHANNEL },
    { "dead_at_once", 1, NOT_OPENED, STREAM },
    { "dead_later", 1, BREAKS, CHANNEL },
    { "dies", 1, BREAKS, CHANNEL },
    { "garbage", 1, BREAKS, CHANNEL },
  };

  try_cases (fixture, cases, G_N_ELEMENTS (cases));
}

static void
test_payloads (Fixture *fixture, gconstpointer data)
{
  static const Case cases[] = {
    { "credit_lies", 8, BREAKS, PROTOCOL },
    { "channels", 4, BREAKS, PROTOCOL },
    { "unknown_events", 1, WORKS, 0 },
    { "overdraw", 1, BREAKS, PROTOCOL },
  };

  try_cases (fixture, cases, G_N_ELEMENTS (cases));
}

/* Some say what it may be taken for. */
static void
try_any (Fixture *fixture, const char *mode, guint n)
{
  Honest honest;

  honest_begin (&honest, fixture);
  for (guint variant = 0; variant < n; variant++)
    {
      g_autoptr (MitogenContext) context = liar (fixture, mode, variant);
      g_autoptr (GError) error = NULL;
      g_autoptr (GIOStream) stream =
          mitogen_context_open_socket (context, "/some/socket", NULL, &error);

      if (stream != NULL)
        error = tunnel_hears_error (stream);
      g_assert_nonnull (error);
      g_test_message ("%s %u: %s", mode, variant, error->message);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_cmpuint (strlen (error->message), <, 70000);
      liar_end (context);
      honest_check (&honest, fixture);
    }
  honest_end (&honest, fixture);
}

static void
test_garbage (Fixture *fixture, gconstpointer data)
{
  try_any (fixture, "pickles", 18);
  try_any (fixture, "pickles_first", 18);
  try_any (fixture, "exits", 10);
  try_any (fixture, "failures", 8);
}

static void
test_floods (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) events = liar (fixture, "flood_events", 0);
  g_autoptr (MitogenContext) crumbs = liar (fixture, "crumbs", 0);
  g_autoptr (MitogenContext) bytes = liar (fixture, "flood", 0);
  g_autoptr (GIOStream) harmless = NULL;
  g_autoptr (GIOStream) unread = NULL;
  g_autoptr (GIOStream) flooded = NULL;
  g_autoptr (GError) error = NULL;
  gsize before = test_resident_size ();
  Honest honest;

  honest_begin (&honest, fixture);
  /* Whoever reads it as fast as it comes would give credit for all of it. */
  flooded = tunnel_open (bytes, "/some/socket");
  test_wait (count_tunnels (bytes) == 0);
  error = tunnel_hears_error (flooded);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL);
  harmless = tunnel_open (events, "/some/socket");
  unread = tunnel_open (crumbs, "/some/socket");
  honest_check (&honest, fixture);
  g_assert_cmpint (count_tunnels (events), ==, 1);
  g_assert_cmpint (count_tunnels (crumbs), ==, 1);
  test_assert_grown_less (before, MAX_GROWTH_KB);
  honest_end (&honest, fixture);
  liar_end (bytes);
  liar_end (events);
  liar_end (crumbs);
}

/* Those that never come to an end are left by whoever has waited long enough. */
static void
test_endless (Fixture *fixture, gconstpointer data)
{
  static const char *const modes[] = { "silent", "always_busy" };

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (MitogenContext) context = liar (fixture, modes[i], 0);
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      mitogen_context_open_socket_async (context, "/some/socket", cancellable, test_keep_result,
                                         &result);
      while (count_tunnels (context) == 0)
        ;
      g_assert_null (result);
      g_cancellable_cancel (cancellable);
      g_assert_null (
          mitogen_context_open_socket_finish (context, test_wait_result (&result), &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_clear_object (&result);

      /* And by the end of the context. */
      mitogen_context_open_socket_async (context, "/some/socket", NULL, test_keep_result, &result);
      kill (test_context_pid (context), SIGKILL);
      g_assert_null (
          mitogen_context_open_socket_finish (context, test_wait_result (&result), &error));
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
      liar_end (context);
    }
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  test_add_local ("/tunnel-hostile/order", test_order);
  test_add_local ("/tunnel-hostile/payloads", test_payloads);
  test_add_local ("/tunnel-hostile/garbage", test_garbage);
  test_add_local ("/tunnel-hostile/floods", test_floods);
  test_add_local ("/tunnel-hostile/endless", test_endless);
  return g_test_run ();
}
