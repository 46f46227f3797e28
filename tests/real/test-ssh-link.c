/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A host at the other end of a link that is slow, loses packets, and breaks: see link.py. */

#include "real-util.h"

#include <string.h>

#define FAR      "10.77.0.2"
#define DELAY_MS 75
#define ROUND_US (2 * DELAY_MS * 1000)

/* A busy machine makes a try worse, never better: more of them are made while it seems too slow. */
#define MIN_TRIES 2
#define MAX_TRIES 12

static MitogenConnection *
ssh_far (void)
{
  g_autofree char *key = real_home_file (".ssh/key");

  return real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname", FAR, "username", "mg-other",
                          "identity-file", key, "keepalive-interval", 1, "keepalive-count", 2,
                          NULL);
}

static void
set_link (const char *command)
{
  G_GNUC_UNUSED g_autofree char *answer = real_control ("link %s", command);
}

/* ---- round trips ---- */

static gint64
time_of_true (void)
{
  g_autofree char *key = real_home_file (".ssh/key");
  g_autofree char *command =
      g_strdup_printf ("ssh -T -o BatchMode=yes -o IdentitiesOnly=yes -l mg-other -i %s " FAR
                       " true",
                       key);
  gint64 began = g_get_monotonic_time ();
  gint status;

  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
  return g_get_monotonic_time () - began;
}

static gint64
time_of_first_call (MitogenRouter *router)
{
  g_autoptr (MitogenConnection) connection = ssh_far ();
  gint64 began = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context =
      mitogen_router_start_connect (router, connection, NULL, &error);
  g_autoptr (GVariant) value = NULL;
  gint64 took;

  g_assert_no_error (error);
  value = test_call_typed (context, "os:getpid", NULL, "x");
  took = g_get_monotonic_time () - began;
  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  return took;
}

/* In whole round trips, between which there is room for a busy machine. */
static void
test_round_trips (Fixture *fixture, gconstpointer data)
{
  gint64 least_true = G_MAXINT64;
  gint64 least_ours = G_MAXINT64;
  double more = G_MAXDOUBLE;

  set_link ("delay " G_STRINGIFY (DELAY_MS));
  for (guint i = 0; i < MAX_TRIES && (i < MIN_TRIES || more >= 2); i++)
    {
      least_true = MIN (least_true, time_of_true ());
      least_ours = MIN (least_ours, time_of_first_call (fixture->router));
      more = (double) (least_ours - least_true) / ROUND_US;
    }
  set_link ("delay 0");
  g_test_message ("ssh true: %.2f round trips; connect and a call: %.2f more",
                  (double) least_true / ROUND_US, more);
  g_assert_cmpfloat (more, <, 2);
}

/* ---- losses ---- */

static void
test_loss (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_far ();
  g_autoptr (MitogenContext) context = NULL;
  g_autofree char *text = g_strnfill (1000000, 'x');
  g_autoptr (GVariant) echoed = NULL;

  set_link ("delay 5");
  set_link ("loss 3");
  g_object_set (connection, "keepalive-interval", 15, NULL);
  context = real_connect (fixture->router, connection, NULL);
  real_assert_user (context, "mg-other");
  echoed = test_call_typed (context, "builtins:str", g_variant_new ("(s)", text), "s");
  g_assert_cmpstr (g_variant_get_string (echoed, NULL), ==, text);
  set_link ("loss 0");
  set_link ("delay 0");
}

/* ---- a link that is down ---- */

static void
on_called (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_context_call_finish (MITOGEN_CONTEXT (source), result, &error));
  g_test_message ("the call: %s", error->message);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  *(gboolean *) data = TRUE;
}

static void
test_keepalive (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_far ();
  g_autoptr (MitogenContext) context = real_connect (fixture->router, connection, NULL);
  g_auto (Ending) ending = { 0 };
  gboolean was_called = FALSE;

  real_assert_user (context, "mg-other");
  test_watch_ending (context, &ending);
  set_link ("down");
  mitogen_context_call_async (context, "time:sleep", g_variant_new ("(i)", 1000), NULL, NULL,
                              TEST_PATIENCE_MS, NULL, on_called, &was_called);
  test_wait (ending.count == 1 && was_called);
  g_test_message ("disconnected: %s", ending.reason->message);
  test_assert_contains (ending.reason->message, "not responding");
  g_assert_cmpint (mitogen_context_get_state (context), ==, MITOGEN_CONTEXT_STATE_DISCONNECTED);
  set_link ("up");
}

static void
test_time_limit (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_far ();

  set_link ("down");
  mitogen_connection_set_connect_timeout (connection, 1000);
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_TIMED_OUT, FAR);
  set_link ("up");
}

/* It goes down while a person is being asked, and is noticed when they have answered. */
static void
test_down_while_asked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname", FAR, "username", "mg-other", NULL);
  g_autoptr (RealPerson) person = real_person_new ("mg-other", REAL_SILENT, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_connect_timeout (connection, 8000);
  real_set_person (connection, person);
  mitogen_router_connect_async (fixture->router, connection, NULL, NULL, test_keep_result, &result);
  test_wait (real_person_count_asked (person) == 1);
  set_link ("down");
  real_person_answer (person, "pw-other");
  test_wait_result (&result);
  g_assert_null (mitogen_router_connect_finish (fixture->router, result, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  set_link ("up");
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  real_add (NULL, "/link/round-trips", test_round_trips);
  real_add (NULL, "/link/loss", test_loss);
  real_add (NULL, "/link/keepalive", test_keepalive);
  real_add (NULL, "/link/time-limit", test_time_limit);
  real_add (NULL, "/link/down-while-asked", test_down_while_asked);
  return g_test_run ();
}
