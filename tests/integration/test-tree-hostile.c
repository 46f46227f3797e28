/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts through which others are reached and that lie, remote/hostile_via.py: what they may not
 * do is refused, and nobody else feels it. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#define OWNED "/tmp/mitogen-owned"

/* Beyond this a flood has made us hold what it sent. */
#define MAX_GROWTH_KB (100 * 1024)

/* For what must fail, but need not be noticed before the time limit. */
#define SHORT_LIMIT_MS 500

static gint complaints; /* atomic: those that are made once, perhaps a little later */

static GLogWriterOutput
log_writer (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (fields[i].key, "MESSAGE") && strstr (fields[i].value, "(said once)") != NULL)
      g_atomic_int_inc (&complaints);
  return level <= G_LOG_LEVEL_WARNING ? g_log_writer_default (level, fields, n, NULL)
                                      : G_LOG_WRITER_HANDLED;
}

/* A child and a grandchild that must go on working. */
typedef struct
{
  Fixture *fixture;
  MitogenContext *child;
  MitogenContext *grandchild;
} Scene;

static MitogenContext *
connect_via (Scene *scene, MitogenContext *via)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);
  g_autoptr (GError) error = NULL;
  MitogenContext *context =
      mitogen_router_connect (scene->fixture->router, connection, via, NULL, &error);

  g_assert_no_error (error);
  return context;
}

static void
scene_begin (Scene *scene, Fixture *fixture)
{
  scene->fixture = fixture;
  scene->child = test_local (fixture->router);
  scene->grandchild = connect_via (scene, scene->child);
  g_atomic_int_set (&complaints, 0);
}

static void
scene_check (Scene *scene)
{
  test_assert_alive (scene->child);
  test_assert_alive (scene->grandchild);
}

static void
scene_end (Scene *scene)
{
  scene_check (scene);
  g_assert_false (g_file_test (OWNED, G_FILE_TEST_EXISTS));
  g_clear_object (&scene->grandchild);
  g_clear_object (&scene->child);
}

static MitogenContext *
liar (Scene *scene, const char *mode, const char *argument)
{
  g_autofree char *script = test_remote_file ("hostile_via.py");
  g_autoptr (MitogenConnection) connection =
      test_connection_argv (TEST_PYTHON, "-E", "-S", script, mode, argument, NULL);

  return test_connect (scene->fixture->router, connection);
}

/* It is killed where it does not leave, and whoever seemed to be behind it is gone. */
static void
liar_end (Scene *scene, MitogenContext *context)
{
  gint pid = test_context_pid (context);

  if (mitogen_context_get_state (context) == MITOGEN_CONTEXT_STATE_CONNECTED)
    kill (pid, SIGKILL);
  test_wait (mitogen_context_get_state (context) == MITOGEN_CONTEXT_STATE_DISCONNECTED);
  test_wait (!test_process_exists (pid));
  scene_check (scene);
}

static void
assert_disconnected (MitogenContext *context)
{
  test_wait (mitogen_context_get_state (context) == MITOGEN_CONTEXT_STATE_DISCONNECTED);
}

/* ---- a connection through a liar ---- */

typedef enum
{
  WORKS,
  FAILS,
  EITHER, /* odd, but of no harm to anybody else */
} Outcome;

typedef struct
{
  const char *mode;
  guint n; /* variants, as its argument */
  Outcome outcome;
} Case;

typedef struct
{
  const Case *kase;
  char *what;
  MitogenContext *via;
  GAsyncResult *result;
} Attempt;

static void
attempt_free (gpointer data)
{
  Attempt *attempt = data;

  g_free (attempt->what);
  g_clear_object (&attempt->via);
  g_clear_object (&attempt->result);
  g_free (attempt);
}

static Attempt *
attempt_new (Scene *scene, const Case *kase, guint variant)
{
  g_autofree char *argument = g_strdup_printf ("%u", variant);
  Attempt *attempt = g_new0 (Attempt, 1);

  attempt->kase = kase;
  attempt->what = g_strdup_printf ("%s %u", kase->mode, variant);
  attempt->via = liar (scene, kase->mode, argument);
  return attempt;
}

static void
attempt_begin (Attempt *attempt, Scene *scene)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);

  if (attempt->kase->outcome != WORKS)
    mitogen_connection_set_connect_timeout (connection, SHORT_LIMIT_MS);
  mitogen_router_connect_async (scene->fixture->router, connection, attempt->via, NULL,
                                test_keep_result, &attempt->result);
}

static void
attempt_end (Attempt *attempt, Scene *scene)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context =
      mitogen_router_connect_finish (scene->fixture->router, test_wait_result (&attempt->result),
                                     &error);

  g_test_message ("%s: %s", attempt->what, error != NULL ? error->message : "connected");
  if (error != NULL)
    {
      g_assert_true (error->domain == MITOGEN_ERROR);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_cmpuint (strlen (error->message), <, 60000);
      g_assert_cmpint (attempt->kase->outcome, !=, WORKS);
    }
  else
    g_assert_cmpint (attempt->kase->outcome, !=, FAILS);
  if (attempt->kase->outcome == WORKS)
    {
      G_GNUC_UNUSED g_autoptr (GVariant) value = test_call (context, "os:getpid", NULL);
    }
  liar_end (scene, attempt->via);
  if (context != NULL)
    assert_disconnected (context);
}

static void
try_cases (Scene *scene, const Case *cases, guint n)
{
  g_autoptr (GPtrArray) attempts = g_ptr_array_new_with_free_func (attempt_free);

  for (guint i = 0; i < n; i++)
    for (guint variant = 0; variant < MAX (cases[i].n, 1); variant++)
      g_ptr_array_add (attempts, attempt_new (scene, &cases[i], variant));
  for (guint i = 0; i < attempts->len; i++)
    attempt_begin (attempts->pdata[i], scene);
  for (guint i = 0; i < attempts->len; i++)
    attempt_end (attempts->pdata[i], scene);
}

#define add_cases(scene, cases) try_cases ((scene), (cases), G_N_ELEMENTS (cases))

static void
test_order (Fixture *fixture, gconstpointer data)
{
  static const Case cases[] = {
    { "behave", 1, WORKS },        { "silent", 1, FAILS },
    { "started_only", 1, FAILS },  { "no_route", 1, FAILS },
    { "no_adopted", 1, EITHER },   { "no_hello", 1, FAILS },
    { "hello_first", 1, FAILS },   { "backwards", 1, EITHER },
    { "twice", 1, EITHER },        { "rules", 1, FAILS },
    { "two_ends", 1, FAILS },      { "end_then_on", 1, FAILS },
    { "dead_at_once", 1, FAILS },  { "exit_after_adoption", 1, EITHER },
    { "other_name", 1, FAILS },    { "lost_while_connecting", 1, FAILS },
    { "route_flaps", 1, EITHER },  { "dies", 1, FAILS },
    { "garbage", 1, FAILS },       { "hello_of_via", 1, FAILS },
    { "hello_of_next", 1, FAILS },
  };
  Scene scene;

  scene_begin (&scene, fixture);
  add_cases (&scene, cases);
  scene_end (&scene);
}

static void
test_payloads (Fixture *fixture, gconstpointer data)
{
  static const Case cases[] = {
    { "pickles", 18, FAILS },        { "exits", 10, FAILS },       { "failures", 8, FAILS },
    { "huge_hello", 1, FAILS },      { "channels", 4, FAILS },     { "nothing_said", 1, EITHER },
    { "unknown_events", 1, EITHER }, { "markers_only", 1, WORKS },
  };
  Scene scene;

  scene_begin (&scene, fixture);
  add_cases (&scene, cases);
  scene_end (&scene);
}

static void
test_floods (Fixture *fixture, gconstpointer data)
{
  static const Case cases[] = {
    { "overdraw", 1, FAILS },
    { "flood_data", 1, FAILS },
    { "flood_events", 1, FAILS },
    { "flood_stderr", 1, EITHER },
  };
  Scene scene;
  gsize before;

  scene_begin (&scene, fixture);
  before = test_resident_size ();
  add_cases (&scene, cases);
  test_assert_grown_less (before, MAX_GROWTH_KB);
  scene_end (&scene);
}

/* ---- beside connections that are honest ---- */

/* A connection that goes on when its via is called. */
typedef struct
{
  MitogenContext *via;
  GAsyncResult *result;
} Pending;

static void
pending_begin (Pending *pending, Scene *scene)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);
  gint64 relays = 0;

  *pending = (Pending){ .via = liar (scene, "later", NULL) };
  mitogen_router_connect_async (scene->fixture->router, connection, pending->via, NULL,
                                test_keep_result, &pending->result);
  while (relays == 0)
    {
      g_autoptr (GVariant) value = test_call_typed (pending->via, "x:go_count", NULL, "x");

      relays = g_variant_get_int64 (value);
    }
}

static void
pending_end (Pending *pending, Scene *scene)
{
  G_GNUC_UNUSED g_autoptr (GVariant) done = test_call (pending->via, "x:go_finish", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context =
      mitogen_router_connect_finish (scene->fixture->router, test_wait_result (&pending->result),
                                     &error);
  g_autoptr (GVariant) pid = NULL;

  g_assert_no_error (error);
  pid = test_call_typed (context, "os:getpid", NULL, "x");
  g_assert_cmpint (g_variant_get_int64 (pid), ==, test_context_pid (pending->via));
  liar_end (scene, pending->via);
  assert_disconnected (context);
  g_clear_object (&pending->via);
  g_clear_object (&pending->result);
}

/* What it does when it is called, while another connects through somebody else. Returns: (transfer
 * full): what it says of it. */
static GVariant *
misbehave (Scene *scene, const char *function, GVariant *args, const char *type)
{
  g_autoptr (MitogenContext) liar_context = NULL;
  g_autoptr (MitogenContext) behind = NULL;
  g_autoptr (MitogenReceiver) nap = NULL;
  g_autoptr (GVariant) slept = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) done = NULL;
  Pending pending;

  pending_begin (&pending, scene);
  liar_context = liar (scene, "behave", NULL);
  behind = connect_via (scene, liar_context);
  nap = mitogen_context_start_call (scene->grandchild, "it_functions:nap",
                                    g_variant_new ("(d)", 0.3), NULL, &error);
  g_assert_no_error (error);
  g_atomic_int_set (&complaints, 0);
  done = mitogen_context_call (liar_context, function, args, NULL,
                               type != NULL ? G_VARIANT_TYPE (type) : NULL, 5 * TEST_PATIENCE_MS,
                               NULL, &error);
  g_assert_no_error (error);
  slept = mitogen_receiver_get_data (nap, TEST_PATIENCE_MS, NULL, &error);
  g_assert_no_error (error);
  test_assert_value (slept, "0.29999999999999999");
  scene_check (scene);
  pending_end (&pending, scene);
  liar_end (scene, liar_context);
  assert_disconnected (behind);
  g_test_message ("%s: %d complaints", function, g_atomic_int_get (&complaints));
  g_assert_cmpint (g_atomic_int_get (&complaints), <, 10);
  return g_steal_pointer (&done);
}

static void
assert_harmless (Fixture *fixture, const char *function)
{
  Scene scene;
  G_GNUC_UNUSED g_autoptr (GVariant) value = NULL;
  gsize before;

  scene_begin (&scene, fixture);
  before = test_resident_size ();
  value = misbehave (&scene, function,
                     g_variant_new ("(uu)", mitogen_context_get_id (scene.child),
                                    mitogen_context_get_id (scene.grandchild)),
                     NULL);
  test_assert_grown_less (before, MAX_GROWTH_KB);
  scene_end (&scene);
}

static void
test_steal (Fixture *fixture, gconstpointer data)
{
  assert_harmless (fixture, "x:go_steal");
}

static void
test_spray (Fixture *fixture, gconstpointer data)
{
  assert_harmless (fixture, "x:go_spray");
}

static void
test_command (Fixture *fixture, gconstpointer data)
{
  assert_harmless (fixture, "x:go_command");
}

static void
test_lose (Fixture *fixture, gconstpointer data)
{
  assert_harmless (fixture, "x:go_lose");
}

static void
test_unknown (Fixture *fixture, gconstpointer data)
{
  assert_harmless (fixture, "x:go_unknown");
}

static void
test_request (Fixture *fixture, gconstpointer data)
{
  assert_harmless (fixture, "x:go_request");
}

/* All ids there are. */
static void
test_allocate (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (GVariant) value = NULL;
  gint64 blocks;

  scene_begin (&scene, fixture);
  value = misbehave (&scene, "x:go_allocate", NULL, "x");
  blocks = g_variant_get_int64 (value);
  g_test_message ("%" G_GINT64_FORMAT " blocks", blocks);
  g_assert_cmpint (blocks, >, 0);
  g_assert_cmpint (blocks, <, 200);
  scene_end (&scene);
}

/* Contexts without end. */
static void
test_multiply (Fixture *fixture, gconstpointer data)
{
#ifdef __SANITIZE_THREAD__
  g_test_skip ("takes long, and is not about threads");
#else
  Scene scene;
  g_autoptr (GVariant) value = NULL;
  gint64 contexts;
  gint64 blocks;
  gsize before;

  scene_begin (&scene, fixture);
  before = test_resident_size ();
  value = misbehave (&scene, "x:go_multiply", NULL, "(xx)");
  g_variant_get (value, "(xx)", &contexts, &blocks);
  g_test_message ("%" G_GINT64_FORMAT " contexts, %" G_GINT64_FORMAT " blocks", contexts, blocks);
  g_assert_cmpint (contexts, <, 17000);
  g_assert_cmpint (blocks, <, 5000);
  test_assert_grown_less (before, MAX_GROWTH_KB);
  scene_end (&scene);
#endif
}

/* Stopped in the middle of a dialogue: whoever connects through it waits for the time limit. */
static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  Scene scene;
  g_autoptr (MitogenContext) via = NULL;
  g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);
  g_autoptr (GError) error = NULL;

  scene_begin (&scene, fixture);
  via = liar (&scene, "later", NULL);
  kill (test_context_pid (via), SIGSTOP);
  mitogen_connection_set_connect_timeout (connection, SHORT_LIMIT_MS);
  g_assert_null (mitogen_router_connect (fixture->router, connection, via, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  liar_end (&scene, via);
  scene_end (&scene);
}

int
main (int argc, char **argv)
{
  g_log_set_writer_func (log_writer, NULL, NULL);
  test_init (&argc, &argv);
  g_unlink (OWNED);
  test_add_router ("/tree-hostile/order", test_order);
  test_add_router ("/tree-hostile/payloads", test_payloads);
  test_add_router ("/tree-hostile/floods", test_floods);
  test_add_router ("/tree-hostile/steal", test_steal);
  test_add_router ("/tree-hostile/spray", test_spray);
  test_add_router ("/tree-hostile/command", test_command);
  test_add_router ("/tree-hostile/lose", test_lose);
  test_add_router ("/tree-hostile/unknown", test_unknown);
  test_add_router ("/tree-hostile/request", test_request);
  test_add_router ("/tree-hostile/allocate", test_allocate);
  test_add_router ("/tree-hostile/multiply", test_multiply);
  test_add_router ("/tree-hostile/stopped", test_stopped);
  return g_test_run ();
}
