/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts in containers of Docker and podman that are there already. */

#include "engine-util.h"

#include <string.h>

static void
assert_inside (MitogenContext *context)
{
  engine_assert_value (context, "os.path:isdir", g_variant_new ("(s)", "/home/mitogen"), "true");
  engine_assert_value (context, "os.path:exists", g_variant_new ("(s)", "/etc/debian_version"),
                       "false");
  engine_assert_alive (context);
}

static void
check_works (Fixture *fixture, MitogenConnection *connection)
{
  g_autoptr (MitogenContext) context = real_connect (fixture->router, connection, NULL);

  assert_inside (context);
}

static void
test_container (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = NULL;

  if (!engine_start ())
    return;
  connection = engine_enter ("python", "here");
  check_works (fixture, connection);
  /* Once more by the same one. */
  check_works (fixture, connection);
  engine_check_containers ("here");
}

/* Found where it is usually. */
static void
test_default_address (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = NULL;

  if (!engine_start ())
    return;
  connection = engine_enter ("python", "here");
  g_object_set (connection, "address", NULL, NULL);
  check_works (fixture, connection);
}

static void
test_id (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *beginning = NULL;
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenConnection) shorter = NULL;

  if (!engine_start ())
    return;
  real_container (engine_name (), "python", "here");
  id = real_control ("id %s here", engine_name ());
  beginning = g_strndup (id, 12);
  connection = engine_connection ("container", id, NULL);
  check_works (fixture, connection);
  shorter = engine_connection ("container", beginning, NULL);
  check_works (fixture, shorter);
}

static void
test_username (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *username;
    const char *ids;
    const char *home;
  } cases[] = {
    { "mitogen", "[1000, 1000]", "'/home/mitogen'" },
    { "nobody", "[65534, 65534]", "'/'" },
    { "1000:1001", "[1000, 1001]", "'/home/mitogen'" },
  };

  if (!engine_start ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (MitogenConnection) connection = engine_enter ("python", "here");
      g_autoptr (MitogenContext) context = NULL;
      g_autoptr (GVariant) uid = NULL;
      g_autoptr (GVariant) gid = NULL;
      g_autofree char *ids = NULL;

      g_object_set (connection, "username", cases[i].username, NULL);
      context = real_connect (fixture->router, connection, NULL);
      uid = test_call_typed (context, "os:getuid", NULL, "x");
      gid = test_call_typed (context, "os:getgid", NULL, "x");
      ids = g_strdup_printf ("[%d, %d]", (int) g_variant_get_int64 (uid),
                             (int) g_variant_get_int64 (gid));
      g_assert_cmpstr (ids, ==, cases[i].ids);
      engine_assert_value (context, "os:getenv", g_variant_new ("(s)", "HOME"), cases[i].home);
    }
}

static void
test_environment (Fixture *fixture, gconstpointer data)
{
  static const char *const environment[] = { "ONE=1", "EMPTY=", "ODD=a 'b' \"c\" $d \\ é\n=e",
                                             "PATH=/odd:/usr/bin", NULL };
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenContext) context = NULL;

  if (!engine_start ())
    return;
  connection = engine_enter ("user", "set");
  g_object_set (connection, "environment", environment, NULL);
  context = real_connect (fixture->router, connection, NULL);
  for (guint i = 0; environment[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (environment[i], "=", 2);
      g_autoptr (GVariant) value =
          test_call_typed (context, "os:getenv", g_variant_new ("(s)", pair[0]), "s");

      g_assert_cmpstr (g_variant_get_string (value, NULL), ==, pair[1]);
    }
  engine_assert_value (context, "os:getenv", g_variant_new ("(s)", "FROM_IMAGE"), "'yes'");
  real_container_do (engine_name (), "remove", "set");
}

static void
test_working_directory (Fixture *fixture, gconstpointer data)
{
  static const char *const folders[] = { "/home/mitogen", "/", "/usr/bin" };
  MitogenConnection *connection;

  if (!engine_start ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autoptr (MitogenContext) context = NULL;
      g_autoptr (GVariant) folder = NULL;

      connection = engine_enter ("python", "here");
      g_object_set (connection, "working-directory", folders[i], NULL);
      context = real_connect (fixture->router, connection, NULL);
      folder = test_call_typed (context, "os:getcwd", NULL, "s");
      g_assert_cmpstr (g_variant_get_string (folder, NULL), ==, folders[i]);
      g_object_unref (connection);
    }
  connection = engine_enter ("python", "here");
  g_object_set (connection, "working-directory", "/etc/passwd", NULL);
  engine_assert_fails (fixture->router, connection, "here");
}

/* USER, WORKDIR and ENV of an image, and no ENTRYPOINT. */
static void
test_image_says (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenContext) context = NULL;

  if (!engine_start ())
    return;
  connection = engine_enter ("user", "set");
  context = real_connect (fixture->router, connection, NULL);
  engine_assert_value (context, "os:getuid", NULL, "int64 1000");
  engine_assert_value (context, "os:getcwd", NULL, "'/tmp'");
  engine_assert_value (context, "os:getenv", g_variant_new ("(s)", "FROM_IMAGE"), "'yes'");
  real_container_do (engine_name (), "remove", "set");
}

static void
test_no_shell (Fixture *fixture, gconstpointer data)
{
  static const char *const python[] = { "/usr/bin/python3", NULL };
  g_autoptr (MitogenConnection) connection = NULL;

  if (!engine_start ())
    return;
  engine_assert_fails (fixture->router, engine_enter ("nosh", "nosh"), "/bin/sh");
  connection = engine_enter ("nosh", "nosh");
  mitogen_connection_set_python_path (connection, python);
  check_works (fixture, connection);
  real_container_do (engine_name (), "remove", "nosh");
}

static void
test_no_python (Fixture *fixture, gconstpointer data)
{
  static const char *const kinds[] = { "nopython", "bare" };
  static const char *const missing[] = { "/no/such/python", NULL };
  MitogenConnection *connection;
  g_autoptr (GError) error = NULL;

  if (!engine_start ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_clear_error (&error);
      error = engine_fails (fixture->router, engine_enter (kinds[i], kinds[i]), kinds[i]);
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_NO_INTERPRETER);
      real_container_do (engine_name (), "remove", kinds[i]);
    }
  connection = engine_enter ("python", "here");
  mitogen_connection_set_python_path (connection, missing);
  g_clear_error (&error);
  error = engine_fails (fixture->router, connection, missing[0]);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_NO_INTERPRETER);
}

/* What is no Python ends with a status and words. */
static void
test_status (Fixture *fixture, gconstpointer data)
{
  static const char *const path[] = { "/bin/sh", "-c", "echo some words >&2; exit 7", NULL };
  static const char *const killed[] = { "/bin/sh", "-c", "echo some words >&2; kill -9 $$", NULL };
  MitogenConnection *connection;

  if (!engine_start ())
    return;
  connection = engine_enter ("python", "here");
  mitogen_connection_set_python_path (connection, path);
  engine_assert_fails (fixture->router, connection, "some words|7");
  connection = engine_enter ("python", "here");
  mitogen_connection_set_python_path (connection, killed);
  engine_assert_fails (fixture->router, connection, "some words");
}

static void
on_output (MitogenContext *context, const char *stream, const char *line, gpointer data)
{
  g_string_append_printf (data, "%s: %s\n", stream, line);
}

static void
test_output (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenContext) context = NULL;
  GString *heard = g_string_new (NULL);

  if (engine_start ())
    {
      connection = engine_enter ("python", "here");
      context = real_connect (fixture->router, connection, NULL);
      g_signal_connect (context, "output", G_CALLBACK (on_output), heard);
      engine_assert_value (context, "os:system",
                           g_variant_new ("(s)", "echo said; echo complained >&2"), "int64 0");
      test_wait (strstr (heard->str, "stdout: said\n") != NULL);
      test_wait (strstr (heard->str, "stderr: complained\n") != NULL);
      g_signal_handlers_disconnect_by_data (context, heard);
    }
  g_string_free (heard, TRUE);
}

static void
test_big (Fixture *fixture, gconstpointer data)
{
  const gsize size = 64 << 20;
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GVariant) sent = NULL;
  g_autoptr (GVariant) echoed = NULL;
  guint8 *bytes;

  if (!engine_start ())
    return;
  bytes = g_malloc (size);
  for (gsize i = 0; i < size; i++)
    bytes[i] = i ^ i >> 8 ^ i >> 16;
  sent = g_variant_ref_sink (
      g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, bytes, size, TRUE, g_free, bytes));
  connection = engine_enter ("python", "here");
  context = real_connect (fixture->router, connection, NULL);
  echoed = test_call_typed (context, "builtins:bytes", g_variant_new ("(@ay)", sent), "ay");
  g_assert_true (g_variant_equal (sent, echoed));
}

#define MANY 20

static void
test_many (Fixture *fixture, gconstpointer data)
{
  MitogenContext *contexts[MANY];
  g_autofree char *text = NULL;

  if (!engine_start ())
    return;
  text = g_strnfill (1000000, 'x');
  for (guint i = 0; i < MANY; i++)
    {
      g_autoptr (MitogenConnection) connection = engine_enter ("python", "here");
      g_autoptr (GError) error = NULL;

      contexts[i] = mitogen_router_start_connect (fixture->router, connection, NULL, &error);
      g_assert_no_error (error);
    }
  for (guint i = 0; i < MANY; i++)
    {
      g_autoptr (GVariant) echoed =
          test_call_typed (contexts[i], "builtins:str", g_variant_new ("(s)", text), "s");

      g_assert_cmpstr (g_variant_get_string (echoed, NULL), ==, text);
    }
  for (guint i = 0; i < MANY; i++)
    g_object_unref (contexts[i]);
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  engine_add ("/container", test_container);
  engine_add_root ("/default-address", test_default_address);
  engine_add_root ("/id", test_id);
  engine_add ("/username", test_username);
  engine_add_root ("/environment", test_environment);
  engine_add_root ("/working-directory", test_working_directory);
  engine_add ("/image-says", test_image_says);
  engine_add_root ("/no-shell", test_no_shell);
  engine_add_root ("/no-python", test_no_python);
  engine_add_root ("/status", test_status);
  engine_add_root ("/output", test_output);
  engine_add_root ("/big", test_big);
  engine_add_root ("/many", test_many);
  return g_test_run ();
}
