/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts by URIs. */

#include "test-util.h"

#include <glib/gstdio.h>

#define LOCAL "local?python-path=" TEST_PYTHON
/* Says nothing, and never ends by itself. */
#define SILENT "local?python-path=/bin/sh&python-path=-c&python-path=exec%20sleep%201000"
#define BROKEN "sudo:root?sudo-path=/nonexistent/sudo"

static guint
count_contexts (MitogenRouter *router)
{
  return g_list_model_get_n_items (mitogen_router_get_contexts (router));
}

static MitogenContext *
connect_uri (MitogenRouter *router, const char *uri, MitogenContext *via)
{
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_connect_uri (router, uri, NULL, via, NULL, &error);

  g_assert_no_error (error);
  return context;
}

static void
assert_uri (MitogenContext *context, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = mitogen_context_to_uri (context, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (uri, ==, expected);
}

static void
test_chain (Fixture *fixture, gconstpointer data)
{
  const char *uri = LOCAL "," LOCAL "," LOCAL;
  g_autoptr (MitogenContext) context = connect_uri (fixture->router, uri, NULL);
  MitogenContext *second = mitogen_context_get_via (context);
  MitogenContext *first = mitogen_context_get_via (second);
  g_auto (Ending) ending = { 0 };

  g_assert_null (mitogen_context_get_via (first));
  test_wait (count_contexts (fixture->router) == 3);
  test_assert_alive (context);
  g_assert_cmpint (test_context_pid (context), !=, test_context_pid (second));
  assert_uri (context, uri);
  assert_uri (first, LOCAL);

  /* With the first, all end. */
  test_watch_ending (context, &ending);
  g_assert_true (mitogen_context_shutdown (first, TRUE, NULL, NULL));
  test_wait (ending.count == 1);
  test_wait (count_contexts (fixture->router) == 0);
}

static void
test_via (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) first = connect_uri (fixture->router, LOCAL, NULL);
  g_autoptr (MitogenContext) context = connect_uri (fixture->router, LOCAL, first);

  g_assert_true (mitogen_context_get_via (context) == first);
  assert_uri (context, LOCAL "," LOCAL);
}

static MitogenContext *
finish (MitogenRouter *router, GAsyncResult **result, GError **error)
{
  g_autoptr (GAsyncResult) got = test_wait_result (result);

  return mitogen_router_connect_uri_finish (router, got, error);
}

static void
test_async (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context = NULL;
  GAsyncResult *result = NULL;

  mitogen_router_connect_uri_async (fixture->router, LOCAL "," LOCAL, NULL, NULL, NULL,
                                    test_keep_result, &result);
  context = finish (fixture->router, &result, &error);
  g_assert_no_error (error);
  test_assert_alive (context);
}

/* ---- failures ---- */

static void
test_wrong (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  g_assert_null (
      mitogen_router_connect_uri (fixture->router, "local,web1", NULL, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  mitogen_router_connect_uri_async (fixture->router, "local,web1", NULL, NULL, NULL,
                                    test_keep_result, &result);
  g_assert_null (finish (fixture->router, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (count_contexts (fixture->router), ==, 0);
}

/* Of whichever step it is; and nothing stays. */
static void
assert_fails (MitogenRouter *router, const char *uri)
{
  g_autoptr (GError) error = NULL;
  guint n_children = test_count_children ();

  g_assert_null (mitogen_router_connect_uri (router, uri, NULL, NULL, NULL, &error));
  g_assert_nonnull (error);
  test_assert_contains (error->message, "/nonexistent/sudo");
  test_wait (test_count_children () == n_children);
  test_wait (count_contexts (router) == 0);
}

static void
test_failing (Fixture *fixture, gconstpointer data)
{
  assert_fails (fixture->router, BROKEN);
  assert_fails (fixture->router, BROKEN "," LOCAL "," LOCAL);
  assert_fails (fixture->router, LOCAL "," BROKEN);
  assert_fails (fixture->router, LOCAL "," BROKEN "," LOCAL "," LOCAL);
}

/* Settings that are wrong at once, behind steps that are on their way. */
static void
test_settings (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint n_children = test_count_children ();

  g_assert_null (mitogen_router_connect_uri (fixture->router, LOCAL "," LOCAL ",ssh://-x," LOCAL,
                                             NULL, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  test_wait (test_count_children () == n_children);
  test_wait (count_contexts (fixture->router) == 0);
}

static void
on_context (GListModel *list, guint position, guint removed, guint added, gpointer data)
{
  if (g_list_model_get_n_items (list) == 1)
    g_cancellable_cancel (data);
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;
  GListModel *contexts = mitogen_router_get_contexts (fixture->router);
  gulong handler =
      g_signal_connect (contexts, "items-changed", G_CALLBACK (on_context), cancellable);

  /* The first is there, and the others on their way. */
  mitogen_router_connect_uri_async (fixture->router, LOCAL "," SILENT "," LOCAL, NULL, NULL,
                                    cancellable, test_keep_result, &result);
  g_assert_null (finish (fixture->router, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_signal_handler_disconnect (contexts, handler);
  test_wait (count_contexts (fixture->router) == 0);

  /* Before it began. */
  g_assert_null (
      mitogen_router_connect_uri (fixture->router, LOCAL, NULL, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_foreign (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) foreign =
      mitogen_router_context_by_id (fixture->router, 4711, "somebody's");
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_context_to_uri (foreign, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  test_assert_contains (error->message, "somebody's was not made by this process");
}

/* ---- a process that has to ask for ids ---- */

static void
test_joined (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("test-connect-uri-XXXXXX", &error);
  g_autofree char *path = g_build_filename (directory, "socket", NULL);
  g_autoptr (MitogenUnixListener) listener =
      mitogen_unix_listener_new (fixture->router, path, &error);
  MitogenRouter *joined = mitogen_unix_connect (path, NULL, &error);
  GAsyncResult *result = NULL;
  MitogenContext *context;

  g_assert_no_error (error);
  mitogen_router_connect_uri_async (joined, LOCAL "," LOCAL, NULL, NULL, NULL, test_keep_result,
                                    &result);
  context = finish (joined, &result, &error);
  g_assert_no_error (error);
  test_assert_alive (context);
  g_object_unref (context);
  test_router_end (joined);
  mitogen_unix_listener_close (listener);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

/* ---- whom to ask ---- */

static const char program[] =
    "#!/bin/sh\n"
    "printf 'doas (me@here) password: ' >/dev/tty; IFS= read -r answer </dev/tty\n"
    "[ \"$answer\" = right ] || exit 1\n"
    "while [ \"$1\" != -- ]; do shift; done\n"
    "shift; exec \"$@\"\n";

static void
on_ask_password (GMountOperation *operation,
                 const char *message,
                 const char *user,
                 const char *domain,
                 GAskPasswordFlags flags,
                 gpointer data)
{
  guint *n_asked = data;

  (*n_asked)++;
  g_mount_operation_set_password (operation, "right");
  g_mount_operation_reply (operation, G_MOUNT_OPERATION_HANDLED);
}

/* Also by a step that others wait for, in a call that blocks. */
static void
test_asking (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GMountOperation) operation = g_mount_operation_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_autofree char *directory = g_dir_make_tmp ("test-connect-uri-XXXXXX", &error);
  g_autofree char *path = g_build_filename (directory, "doas", NULL);
  g_autofree char *uri =
      g_strdup_printf ("doas?doas-path=%s&python-path=" TEST_PYTHON "," LOCAL, path);
  guint n_asked = 0;

  g_assert_true (g_file_set_contents (path, program, -1, &error));
  g_assert_cmpint (g_chmod (path, 0700), ==, 0);
  g_signal_connect (operation, "ask-password", G_CALLBACK (on_ask_password), &n_asked);
  context = mitogen_router_connect_uri (fixture->router, uri, operation, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_asked, ==, 1);
  test_assert_alive (context);
  g_unlink (path);
  g_rmdir (directory);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  test_add_router ("/connect-uri/chain", test_chain);
  test_add_router ("/connect-uri/via", test_via);
  test_add_router ("/connect-uri/async", test_async);
  test_add_router ("/connect-uri/wrong", test_wrong);
  test_add_router ("/connect-uri/failing", test_failing);
  test_add_router ("/connect-uri/settings", test_settings);
  test_add_router ("/connect-uri/cancelled", test_cancelled);
  test_add_router ("/connect-uri/foreign", test_foreign);
  test_add_router ("/connect-uri/joined", test_joined);
  test_add_router ("/connect-uri/asking", test_asking);
  return g_test_run ();
}
