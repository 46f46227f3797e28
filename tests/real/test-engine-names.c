/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Names that are none, or that would be something else in a request or on a command line: each
 * fails with a clear error, and nothing happens to what is there. */

#include "engine-util.h"

#include <string.h>

#define VICTIM "victim"

static const char *const odd_names[] = {
  "",
  " ",
  ".",
  "..",
  "/",
  "//",
  "../" VICTIM,
  "../containers/" VICTIM,
  "x/../" VICTIM,
  VICTIM "/../" VICTIM,
  VICTIM "/exec",
  VICTIM "/../../images/json?x=",
  VICTIM "?force=1",
  VICTIM "#x",
  VICTIM "%2fexec",
  "x%2f..%2f" VICTIM,
  "%2e%2e",
  "%",
  "%s%n%d",
  VICTIM " ",
  " " VICTIM,
  VICTIM "\n",
  VICTIM "\r\nX-Header: 1\r\n\r\nDELETE /containers/" VICTIM "?force=1 HTTP/1.1\r\n\r\n",
  VICTIM ";touch /tmp/touched",
  "$(touch /tmp/touched)",
  "`touch /tmp/touched`",
  VICTIM "|cat",
  "'" VICTIM "'",
  "\"" VICTIM "\"",
  "\\" VICTIM,
  "--help",
  "-it",
  "-",
  "--name=" VICTIM,
  "*",
  VICTIM "*",
  "{" VICTIM "}",
  "[::1]",
  "é",
  "\t",
  "\001\002",
  "\xff\xfe",
  "\xc3",
};

/* A context that must not notice anything. */
typedef struct
{
  MitogenConnection *connection;
  MitogenContext *context;
  char *id;
} Victim;

static void
victim_init (Victim *self, Fixture *fixture)
{
  self->connection = engine_enter ("python", VICTIM);
  self->context = real_connect (fixture->router, self->connection, NULL);
  self->id = real_control ("id %s " VICTIM, engine_name ());
}

static void
victim_check (Victim *self)
{
  g_autofree char *id = real_control ("id %s " VICTIM, engine_name ());

  engine_check_containers (VICTIM);
  g_assert_cmpstr (id, ==, self->id);
  engine_assert_alive (self->context);
  engine_assert_value (self->context, "os.path:exists", g_variant_new ("(s)", "/tmp/touched"),
                       "false");
  g_assert_false (g_file_test ("/tmp/touched", G_FILE_TEST_EXISTS));
}

static void
victim_clear (Victim *self)
{
  g_object_unref (self->connection);
  g_object_unref (self->context);
  g_free (self->id);
}

static void
try_name (Fixture *fixture, MitogenConnection *connection, const char *property, const char *name)
{
  g_autofree char *escaped = g_strescape (name, NULL);
  g_autoptr (GError) error = NULL;

  g_test_message ("%s “%.200s”", property, escaped);
  g_object_set (connection, property, name, NULL);
  error = real_connect_fails (fixture->router, connection, NULL);
  g_assert_false (g_error_matches (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT));
  g_assert_cmpuint (strlen (error->message), <, 20000);
  g_object_unref (connection);
}

typedef MitogenConnection *(*MakeFunc) (void);

static MitogenConnection *
make_container (void)
{
  return engine_connection ("pull", MITOGEN_ENGINE_PULL_NEVER, NULL);
}

static MitogenConnection *
make_image (void)
{
  return engine_connection ("network", "none", "pull", MITOGEN_ENGINE_PULL_NEVER, NULL);
}

/* An image that would have to be fetched: the name is in other requests. */
static MitogenConnection *
make_absent (void)
{
  return engine_connection ("network", "none", "pull", MITOGEN_ENGINE_PULL_ALWAYS, NULL);
}

static MitogenConnection *
make_inside (void)
{
  return engine_enter ("python", VICTIM);
}

static MitogenConnection *
make_temporary (void)
{
  return engine_temporary ("python");
}

static void
check_property (Fixture *fixture, const char *property, MakeFunc make)
{
  Victim victim;
  g_autofree char *longest = g_strnfill (10000, 'a');

  if (!engine_start ())
    return;
  victim_init (&victim, fixture);
  for (guint i = 0; i < G_N_ELEMENTS (odd_names); i++)
    try_name (fixture, make (), property, odd_names[i]);
  try_name (fixture, make (), property, longest);
  victim_check (&victim);
  victim_clear (&victim);
}

static void
test_container (Fixture *fixture, gconstpointer data)
{
  check_property (fixture, "container", make_container);
}

static void
test_image (Fixture *fixture, gconstpointer data)
{
  check_property (fixture, "image", make_image);
}

static void
test_absent_image (Fixture *fixture, gconstpointer data)
{
  check_property (fixture, "image", make_absent);
}

static void
test_username (Fixture *fixture, gconstpointer data)
{
  check_property (fixture, "username", make_inside);
}

static void
test_username_of_image (Fixture *fixture, gconstpointer data)
{
  check_property (fixture, "username", make_temporary);
}

static void
test_network (Fixture *fixture, gconstpointer data)
{
  check_property (fixture, "network", make_temporary);
}

/* Absolute ones, of which there is none. */
static void
test_working_directory (Fixture *fixture, gconstpointer data)
{
  Victim victim;

  if (!engine_start ())
    return;
  victim_init (&victim, fixture);
  for (guint i = 0; i < G_N_ELEMENTS (odd_names); i += 4)
    {
      g_autofree char *path = g_strconcat ("/etc/passwd/", odd_names[i], NULL);

      try_name (fixture, make_inside (), "working-directory", path);
      if (odd_names[i][0] != '/')
        try_name (fixture, make_inside (), "working-directory", odd_names[i]);
    }
  victim_check (&victim);
  victim_clear (&victim);
}

static void
test_address (Fixture *fixture, gconstpointer data)
{
  static const char *const odd[] = {
    "unix://relative",
    "unix:",
    "unix://",
    "http:///x",
    "tcp://",
    "tcp://:0",
    "tcp://127.0.0.1:99999",
    "tcp://127.0.0.1:x",
    "https://127.0.0.1:9",
    "npipe:////./pipe/x",
    "ssh://localhost",
    "fd://",
    "unix:///run/\n",
    "unix:///dev/null",
    "unix:///run/x%00y",
  };

  if (!engine_start ())
    return;
  real_container (engine_name (), "python", VICTIM);
  for (guint i = 0; i < G_N_ELEMENTS (odd_names); i++)
    try_name (fixture, make_inside (), "address", odd_names[i]);
  for (guint i = 0; i < G_N_ELEMENTS (odd); i++)
    try_name (fixture, make_inside (), "address", odd[i]);
}

static void
test_environment (Fixture *fixture, gconstpointer data)
{
  static const char *const odd[] = { "", "NOTHING", "=value", "A\xff=b", "A=\xff" };
  Victim victim;

  if (!engine_start ())
    return;
  victim_init (&victim, fixture);
  for (guint i = 0; i < G_N_ELEMENTS (odd); i++)
    {
      const char *const environment[] = { "FINE=1", odd[i], NULL };
      MitogenConnection *connection = make_inside ();

      g_object_set (connection, "environment", environment, NULL);
      engine_assert_fails (fixture->router, connection, "environment");
    }
  victim_check (&victim);
  victim_clear (&victim);
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  engine_add_root ("/names/container", test_container);
  engine_add_root ("/names/image", test_image);
  engine_add_root ("/names/absent-image", test_absent_image);
  engine_add_root ("/names/username", test_username);
  engine_add_root ("/names/username-of-image", test_username_of_image);
  engine_add_root ("/names/network", test_network);
  engine_add_root ("/names/working-directory", test_working_directory);
  engine_add_root ("/names/address", test_address);
  engine_add_root ("/names/environment", test_environment);
  return g_test_run ();
}
