/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts of another user, whose processes cannot be sent a signal, as behind sudo. */

#include "test-util.h"

#include "../unit/unit-foreign.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <unistd.h>

/* ---- a connection to root ---- */

typedef struct
{
  MitogenConnection parent_instance;
  const char *script;
} Foreigner;

typedef struct
{
  MitogenConnectionClass parent_class;
} ForeignerClass;

static GType foreigner_get_type (void);
G_DEFINE_TYPE (Foreigner, foreigner, MITOGEN_TYPE_CONNECTION)

static char **
foreigner_get_argv (MitogenConnection *connection,
                    MitogenContext *via,
                    const char *const *python_argv,
                    GError **error)
{
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();

  g_strv_builder_add_many (argv, UNIT_FOREIGN_COMMAND (unit_foreign_program ()), "/bin/sh", "-c",
                           ((Foreigner *) connection)->script, "sh", NULL);
  for (guint i = 0; python_argv[i] != NULL; i++)
    g_strv_builder_add (argv, python_argv[i]);
  return g_strv_builder_end (argv);
}

static void
foreigner_class_init (ForeignerClass *klass)
{
  MITOGEN_CONNECTION_CLASS (klass)->get_argv = foreigner_get_argv;
}

static void
foreigner_init (Foreigner *self)
{
}

static MitogenConnection *
foreigner_new (const char *script)
{
  Foreigner *self = g_object_new (foreigner_get_type (), "terminal", MITOGEN_TERMINAL_BESIDE, NULL);

  self->script = script;
  mitogen_connection_set_connect_timeout (MITOGEN_CONNECTION (self), TEST_PATIENCE_MS);
  return MITOGEN_CONNECTION (self);
}

static void
assert_gone (gint pid)
{
  g_assert_true (kill (pid, 0) < 0 && errno == ESRCH);
}

/* ---- tests ---- */

typedef struct
{
  MitogenRouter *router;
  MitogenContext *context;
  gint pid;
} Root;

static Root
connect_to_root (void)
{
  g_autoptr (MitogenConnection) connection = foreigner_new ("exec \"$@\"");
  Root root = { test_router_new (), NULL, 0 };
  g_autoptr (GVariant) user = NULL;

  root.context = test_connect (root.router, connection);
  user = test_call_typed (root.context, "os:getuid", NULL, "x");
  g_assert_cmpint (g_variant_get_int64 (user), ==, 0);
  root.pid = test_context_pid (root.context);
  g_assert_true (kill (root.pid, 0) < 0 && errno == EPERM);
  return root;
}

static void
test_shut_down (void)
{
  Root root;

  if (unit_foreign_begin () == NULL)
    return;
  root = connect_to_root ();
  g_object_unref (root.context);
  test_router_end (root.router);
  assert_gone (root.pid);
}

static void
test_killed (void)
{
  g_autoptr (GError) error = NULL;
  Root root;

  if (unit_foreign_begin () == NULL)
    return;
  root = connect_to_root ();
  g_assert_true (mitogen_context_kill (root.context, TRUE, NULL, &error));
  g_assert_no_error (error);
  g_object_unref (root.context);
  test_router_end (root.router);
  assert_gone (root.pid);
}

/* Its terminal is taken from it, and that is its end. */
static void
assert_fails (const char *script, guint timeout, gint code)
{
  g_autoptr (MitogenConnection) connection = foreigner_new (script);
  g_autoptr (GError) error = NULL;
  MitogenRouter *router;
  TestCensus census;

  test_census_take (&census);
  router = test_router_new ();
  mitogen_connection_set_connect_timeout (connection, timeout);
  error = test_connect_fails (router, connection);
  g_assert_error (error, MITOGEN_ERROR, code);
  test_router_end (router);
  test_census_check (&census);
}

static void
test_silent (void)
{
  if (unit_foreign_begin () != NULL)
    assert_fails ("sleep 1000", 500, MITOGEN_ERROR_TIMED_OUT);
}

/* It waits for a person, and there is none. */
static void
test_asking (void)
{
  if (unit_foreign_begin () != NULL)
    assert_fails ("printf 'Password: ' >/dev/tty; read x </dev/tty", TEST_PATIENCE_MS,
                  MITOGEN_ERROR_PASSWORD);
}

/* Nothing can be done about it: the router ends all the same, long before it has to. */
static void
test_stubborn (void)
{
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *deaf = NULL;
  g_autofree char *script = NULL;
  MitogenRouter *router;
  TestCensus census;

  if (unit_foreign_begin () == NULL)
    return;
  test_census_take (&census);
  folder = g_dir_make_tmp (NULL, &error);
  g_assert_no_error (error);
  deaf = g_build_filename (folder, "deaf", NULL);
  script = g_strdup_printf ("trap '' HUP TERM; echo >'%s'; while [ -e '%s' ]; do sleep 0.1; done",
                            deaf, deaf);
  connection = foreigner_new (script);
  router = test_router_new ();
  mitogen_broker_set_shutdown_timeout (mitogen_router_get_broker (router), 2 * TEST_PATIENCE_MS);
  mitogen_router_connect_async (router, connection, NULL, cancellable, test_keep_result, &result);
  test_wait (g_file_test (deaf, G_FILE_TEST_EXISTS));
  g_cancellable_cancel (cancellable);
  g_assert_null (mitogen_router_connect_finish (router, test_wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_object (&result); /* it keeps the router */
  test_router_end (router);
  g_assert_cmpuint (test_count_children (), >, census.children);

  g_assert_cmpint (g_unlink (deaf), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  test_census_check (&census);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/foreign/shut-down", test_shut_down);
  g_test_add_func ("/foreign/killed", test_killed);
  g_test_add_func ("/foreign/silent", test_silent);
  g_test_add_func ("/foreign/asking", test_asking);
  g_test_add_func ("/foreign/stubborn", test_stubborn);
  return g_test_run ();
}
