/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts in containers by programs that cannot run everywhere: stand-in-container does so for
 * them. Those that can are in tests/real. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <string.h>

#define N_AT_ONCE 10

/* How each is called, and what it makes of its user. */
typedef struct
{
  const char *program;
  const char *path_property;
  MitogenConnection *(*create) (void);
} Kind;

static const Kind incus = { "incus", "incus-path", mitogen_incus_connection_new };
static const Kind jail = { "jexec", "jexec-path", mitogen_jail_connection_new };
static const Kind kubectl = { "kubectl", "kubectl-path", mitogen_kubectl_connection_new };
static const Kind distrobox = { "distrobox", "distrobox-path", mitogen_distrobox_connection_new };
static const Kind flatpak = { "flatpak", "flatpak-path", mitogen_flatpak_connection_new };

static const Kind *const kinds[] = { &incus, &jail, &kubectl, &distrobox, &flatpak, NULL };

/* ---- the programs ---- */

static char *folder;

static void
make_folder (void)
{
  g_autoptr (GError) error = NULL;

  folder = g_dir_make_tmp ("mitogen-test-XXXXXX", &error);
  g_assert_no_error (error);
  for (guint i = 0; kinds[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (folder, kinds[i]->program, NULL);
      g_autoptr (GFile) file = g_file_new_for_path (path);

      g_file_make_symbolic_link (file, STAND_IN_CONTAINER, NULL, &error);
      g_assert_no_error (error);
    }
}

/* Returns how many files there were: the stand-ins, and what they have made. */
static guint
count_files (gboolean remove)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      n++;
      if (remove)
        g_assert_cmpint (g_unlink (path), ==, 0);
    }
  return n;
}

static void
remove_folder (void)
{
  count_files (TRUE);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_free (folder);
}

static MitogenConnection *
new_into (const Kind *kind, const char *container)
{
  MitogenConnection *connection = kind->create ();
  g_autofree char *path = g_build_filename (folder, kind->program, NULL);

  g_object_set (connection, "container", container, kind->path_property, path, NULL);
  return connection;
}

/* ---- what works ---- */

/* Takes the connection. */
static void
check_context (MitogenRouter *router,
               MitogenContext *via,
               MitogenConnection *connection,
               const char *expected)
{
  g_autoptr (MitogenConnection) taken = connection;
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context = mitogen_router_connect (router, taken, via, NULL, &error);
  g_autoptr (GVariant) value = NULL;

  g_assert_no_error (error);
  value = test_call (context, "os:getenv", g_variant_new ("(s)", "STAND_IN"));
  test_assert_value (value, expected);
  test_assert_alive (context);
}

static MitogenConnection *
with_user (const Kind *kind, const char *user)
{
  MitogenConnection *connection = new_into (kind, "web");

  g_object_set (connection, "username", user, NULL);
  return connection;
}

static MitogenConnection *
new_kubectl (void)
{
  MitogenConnection *connection = new_into (&kubectl, "deploy/web");
  const char *args[] = { "--context=work", NULL };

  g_object_set (connection, "kubectl-args", args, "pod-namespace", "prod", "pod-container", "main",
                NULL);
  return connection;
}

static void
check_all (MitogenRouter *router, MitogenContext *via)
{
  check_context (router, via, new_into (&incus, "web"), "'0:0'");
  check_context (router, via, with_user (&incus, "1000:100"), "'1000:100'");
  check_context (router, via, new_into (&jail, "web"), "''");
  check_context (router, via, with_user (&jail, "alice"), "'alice'");
  check_context (router, via, new_into (&kubectl, "web"), "'none:default'");
  check_context (router, via, new_kubectl (), "'work:prod'");
  check_context (router, via, new_into (&distrobox, "web"), "'0'");
  check_context (router, via, new_into (&distrobox, "stopped"), "'0'");
  check_context (router, via, new_into (&flatpak, "web"), "'app'");
}

static void
test_direct (Fixture *fixture, gconstpointer data)
{
  check_all (fixture->router, NULL);
}

static void
test_via (Fixture *fixture, gconstpointer data)
{
  check_all (fixture->router, fixture->context);
}

static void
test_many (Fixture *fixture, gconstpointer data)
{
  GAsyncResult *results[G_N_ELEMENTS (kinds)][N_AT_ONCE] = { { NULL } };

  for (guint i = 0; kinds[i] != NULL; i++)
    for (guint j = 0; j < N_AT_ONCE; j++)
      {
        g_autoptr (MitogenConnection) connection = new_into (kinds[i], "web");

        mitogen_router_connect_async (fixture->router, connection, NULL, NULL, test_keep_result,
                                      &results[i][j]);
      }
  for (guint i = 0; kinds[i] != NULL; i++)
    for (guint j = 0; j < N_AT_ONCE; j++)
      {
        g_autoptr (GAsyncResult) result = test_wait_result (&results[i][j]);
        g_autoptr (GError) error = NULL;
        g_autoptr (MitogenContext) context =
            mitogen_router_connect_finish (fixture->router, result, &error);

        g_assert_no_error (error);
        test_assert_alive (context);
      }
}

/* ---- what does not ---- */

/* Takes the connection. */
static void
check_failure (Fixture *fixture, MitogenConnection *connection, gint code, const char *part)
{
  g_autoptr (MitogenConnection) taken = connection;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MitogenContext) context =
          mitogen_router_connect (fixture->router, taken, i == 0 ? NULL : fixture->context, NULL,
                                  &error);

      g_assert_null (context);
      g_assert_error (error, MITOGEN_ERROR, code);
      test_assert_contains (error->message, part);
    }
}

static void
test_failures (Fixture *fixture, gconstpointer data)
{
  check_failure (fixture, new_into (&incus, "nosuch"), MITOGEN_ERROR_STREAM, "no such container");
  check_failure (fixture, new_into (&incus, "stopped"), MITOGEN_ERROR_STREAM, "does not run");
  check_failure (fixture, new_into (&incus, "bare"), MITOGEN_ERROR_NO_INTERPRETER, "does not have");
  check_failure (fixture, new_into (&jail, "$(id)"), MITOGEN_ERROR_STREAM, "no such jail");
  check_failure (fixture, new_into (&jail, "bare"), MITOGEN_ERROR_NO_INTERPRETER, "does not have");
  check_failure (fixture, with_user (&jail, "bob"), MITOGEN_ERROR_STREAM, "no such user");
  check_failure (fixture, new_into (&kubectl, "a b"), MITOGEN_ERROR_STREAM, "no such pod");
  check_failure (fixture, new_into (&kubectl, "stopped"), MITOGEN_ERROR_STREAM, "has ended");
  check_failure (fixture, new_into (&kubectl, "bare"), MITOGEN_ERROR_NO_INTERPRETER,
                 "does not have");
  check_failure (fixture, new_into (&flatpak, "a b"), MITOGEN_ERROR_STREAM, "no such app runs");
  check_failure (fixture, new_into (&flatpak, "bare"), MITOGEN_ERROR_NO_INTERPRETER, "/bin/sh");
}

/* Without an answer from us, be it the end of the stream: it would make the container. */
static void
test_question (Fixture *fixture, gconstpointer data)
{
  check_failure (fixture, new_into (&distrobox, "nosuch"), MITOGEN_ERROR_STREAM,
                 "there is no such container");
  g_assert_cmpuint (count_files (FALSE), ==, G_N_ELEMENTS (kinds) - 1);
}

static void
test_no_program (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; kinds[i] != NULL; i++)
    {
      MitogenConnection *connection = new_into (kinds[i], "web");

      g_object_set (connection, kinds[i]->path_property, "/nonexistent/program", NULL);
      check_failure (fixture, connection, MITOGEN_ERROR_STREAM, "/nonexistent/program");
    }
}

int
main (int argc, char **argv)
{
  int status;

  test_init (&argc, &argv);
  make_folder ();
  test_add_router ("/container-stand-ins/direct", test_direct);
  test_add_local ("/container-stand-ins/via", test_via);
  test_add_router ("/container-stand-ins/many", test_many);
  test_add_local ("/container-stand-ins/failures", test_failures);
  test_add_local ("/container-stand-ins/question", test_question);
  test_add_local ("/container-stand-ins/no-program", test_no_program);
  status = g_test_run ();
  remove_folder ();
  return status;
}
