/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Containers of Docker and podman that end, or stand still, while something runs in them, and
 * engines that do. */

#include "engine-util.h"

#include <string.h>

/* A context in the middle of a call. */
typedef struct
{
  Fixture *fixture;
  MitogenConnection *connection;
  MitogenContext *context;
  Ending ending;
  GAsyncResult *result;
} Busy;

static void
busy_start (Busy *self, const char *container)
{
  self->connection = engine_enter ("python", container);
  self->context = real_connect (self->fixture->router, self->connection, NULL);
  engine_assert_alive (self->context);
  test_watch_ending (self->context, &self->ending);
  mitogen_context_call_async (self->context, "time:sleep", g_variant_new ("(i)", 1000), NULL, NULL,
                              -1, NULL, test_keep_result, &self->result);
}

/* That both the caller and the owner are told. */
static void
busy_check_told (Busy *self)
{
  g_autoptr (GError) error = NULL;

  test_wait_result (&self->result);
  g_assert_null (mitogen_context_call_finish (self->context, self->result, &error));
  g_test_message ("the call: %s", error->message);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  test_wait (self->ending.count == 1);
  g_test_message ("disconnected: %s", self->ending.reason->message);
  g_assert_cmpint (mitogen_context_get_state (self->context), ==,
                   MITOGEN_CONTEXT_STATE_DISCONNECTED);
}

static void
busy_clear (Busy *self)
{
  test_ending_clear (&self->ending);
  g_clear_object (&self->connection);
  g_clear_object (&self->context);
  g_clear_object (&self->result);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Busy, busy_clear)

static void
check_ended (Fixture *fixture, const char *verb, const char *words)
{
  g_auto (Busy) busy = { fixture };

  if (!engine_start ())
    return;
  busy_start (&busy, "ending");
  real_container_do (engine_name (), verb, "ending");
  busy_check_told (&busy);
  engine_assert_fails (fixture->router, engine_connection ("container", "ending", NULL), words);
  if (!g_str_equal (verb, "remove"))
    real_container_do (engine_name (), "remove", "ending");
  engine_check_containers ("");
}

static void
test_stop (Fixture *fixture, gconstpointer data)
{
  check_ended (fixture, "stop", "not running");
}

static void
test_kill (Fixture *fixture, gconstpointer data)
{
  check_ended (fixture, "kill", "not running");
}

static void
test_remove (Fixture *fixture, gconstpointer data)
{
  check_ended (fixture, "remove", "no container ending");
}

static void
test_restart (Fixture *fixture, gconstpointer data)
{
  g_auto (Busy) busy = { fixture };
  g_autoptr (MitogenContext) context = NULL;

  if (!engine_start ())
    return;
  busy_start (&busy, "ending");
  real_container_do (engine_name (), "restart", "ending");
  busy_check_told (&busy);
  context = real_connect (fixture->router, busy.connection, NULL);
  engine_assert_alive (context);
  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  real_container_do (engine_name (), "remove", "ending");
}

/* ---- standing still ---- */

static void
test_pause (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  if (!engine_start ())
    return;
  connection = engine_enter ("python", "still");
  context = real_connect (fixture->router, connection, NULL);
  engine_assert_alive (context);
  real_container_do (engine_name (), "pause", "still");
  /* A call with a time limit, and one that waits. */
  value = mitogen_context_call (context, "math:sqrt", g_variant_new ("(i)", 4), NULL, NULL, 300,
                                NULL, &error);
  g_assert_null (value);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  g_clear_error (&error);
  mitogen_context_call_async (context, "math:sqrt", g_variant_new ("(i)", 4), NULL, NULL, -1, NULL,
                              test_keep_result, &result);
  engine_assert_fails (fixture->router, engine_connection ("container", "still", NULL), "paused");
  g_assert_null (result);
  real_container_do (engine_name (), "unpause", "still");
  test_wait_result (&result);
  value = mitogen_context_call_finish (context, result, &error);
  g_assert_no_error (error);
  test_assert_value (value, "2.0");
  engine_assert_alive (context);
  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  real_container_do (engine_name (), "remove", "still");
}

/* It is paused as soon as Python, or what stands for it, runs: the time limit holds. */
static void
test_pause_while_connecting (Fixture *fixture, gconstpointer data)
{
  static const char *const path[] = { "/bin/sh", "-c", ": >/tmp/runs; sleep 1000", NULL };
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *runs = NULL;

  if (!engine_start ())
    return;
  connection = engine_enter ("python", "still");
  mitogen_connection_set_python_path (connection, path);
  mitogen_connection_set_connect_timeout (connection, 2000);
  runs = g_strdup_printf ("/proc/%d/root/tmp/runs", real_container_pid (engine_name (), "still"));
  mitogen_router_connect_async (fixture->router, connection, NULL, NULL, test_keep_result, &result);
  test_wait (result != NULL || g_file_test (runs, G_FILE_TEST_EXISTS));
  real_container_do (engine_name (), "pause", "still");
  test_wait_result (&result);
  g_assert_null (mitogen_router_connect_finish (fixture->router, result, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  real_container_do (engine_name (), "unpause", "still");
  real_container_do (engine_name (), "remove", "still");
}

/* ---- engines ---- */

static void
test_engine_dies (Fixture *fixture, gconstpointer data)
{
  g_auto (Busy) busy = { fixture };
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  if (!engine_start ())
    return;
  busy_start (&busy, "ending");
  real_container_do (engine_name (), "die", "-");
  busy_check_told (&busy);
  error = engine_fails (fixture->router, engine_connection ("container", "ending", NULL), "");
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
  real_container_do (engine_name (), "revive", "-");
  /* Whatever it has done to its containers. */
  connection = engine_enter ("python", "ending");
  context = real_connect (fixture->router, connection, NULL);
  engine_assert_alive (context);
  g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  real_container_do (engine_name (), "remove", "ending");
}

static void
test_no_engine (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "a-file", "", "no/such/socket" };
  g_autofree char *file = NULL;

  if (!engine_start ())
    return;
  file = real_shared_file ("a-file", "no socket", 0644);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (real_get ("BASE"), "shared", names[i], NULL);
      g_autofree char *address = g_strconcat ("unix://", path, NULL);
      g_autoptr (GError) error =
          engine_fails (fixture->router,
                        engine_connection ("address", address, "container", "here", NULL), path);

      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
    }
  engine_assert_fails (fixture->router,
                       engine_connection ("address", "tcp://127.0.0.1:9", "container", "here",
                                          NULL),
                       "127.0.0.1:9");
}

/* Another user has it. */
static void
test_permission (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!engine_start ())
    return;
  error = engine_fails (fixture->router, engine_connection ("container", "here", NULL), "");
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION);
  test_assert_contains (error->message, engine_address () + strlen ("unix://"));
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  engine_add ("/ending/stop", test_stop);
  engine_add ("/ending/kill", test_kill);
  engine_add ("/ending/remove", test_remove);
  engine_add ("/ending/restart", test_restart);
  engine_add_root ("/ending/pause", test_pause);
  engine_add_root ("/ending/pause-while-connecting", test_pause_while_connecting);
  engine_add_root ("/ending/engine-dies", test_engine_dies);
  engine_add_root ("/ending/no-engine", test_no_engine);
  real_add ("mg-asked", "/docker/ending/permission", test_permission);
  real_add ("mg-asked", "/podman/ending/permission", test_permission);
  real_add ("mg-asked", "/rootless/ending/permission", test_permission);
  return g_test_run ();
}
