/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A tree that is joined through a UNIX socket. The two ends are routers of this one process, which
 * have nothing in common but the socket. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct
{
  char *directory;
  char *path;
} Place;

static Place *
place_new (void)
{
  Place *place = g_new (Place, 1);
  g_autoptr (GError) error = NULL;

  place->directory = g_dir_make_tmp ("test-unix-XXXXXX", &error);
  g_assert_no_error (error);
  place->path = g_build_filename (place->directory, "socket", NULL);
  return place;
}

/* Nothing is left there. */
static void
place_free (Place *place)
{
  g_assert_cmpint (g_rmdir (place->directory), ==, 0);
  g_free (place->directory);
  g_free (place->path);
  g_free (place);
}

static MitogenUnixListener *
listen_at (Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;
  MitogenUnixListener *listener = mitogen_unix_listener_new (fixture->router, path, &error);

  g_assert_no_error (error);
  return listener;
}

static MitogenRouter *
join (const char *path)
{
  g_autoptr (GError) error = NULL;
  MitogenRouter *router = mitogen_unix_connect (path, NULL, &error);

  g_assert_no_error (error);
  return router;
}

static guint
count_contexts (MitogenRouter *router)
{
  return g_list_model_get_n_items (mitogen_router_get_contexts (router));
}

/* The context that stands for @joined in the tree of the fixture. */
static MitogenContext *
context_of (Fixture *fixture, MitogenRouter *joined)
{
  guint32 id = mitogen_router_get_id (joined);
  GListModel *list = mitogen_router_get_contexts (fixture->router);

  for (gint64 deadline = test_deadline ();; test_iterate (NULL, deadline))
    for (guint i = 0; i < g_list_model_get_n_items (list); i++)
      {
        g_autoptr (MitogenContext) context = g_list_model_get_item (list, i);

        if (mitogen_context_get_id (context) == id)
          return g_steal_pointer (&context);
      }
}

static void
wait_left (Fixture *fixture, guint n)
{
  test_wait (count_contexts (fixture->router) == n);
}

/* ---- functions ---- */

static void
answer (MitogenCall *call, gpointer data)
{
  g_autofree char *text =
      g_strdup_printf ("%s asked by %u", (const char *) data, mitogen_call_get_source_id (call));

  g_assert_true (mitogen_call_return_value (call, g_variant_new_string (text), NULL));
}

static void
export_answer (MitogenRouter *router, const char *who, MitogenPolicy policy)
{
  g_autoptr (GError) error = NULL;

  mitogen_router_export_function (router, "test:answer", policy, answer, (gpointer) who, NULL,
                                  &error);
  g_assert_no_error (error);
}

static void
on_called (GObject *source, GAsyncResult *result, gpointer data)
{
  char **text = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value =
      mitogen_context_call_finish (MITOGEN_CONTEXT (source), result, &error);

  *text = value != NULL ? g_variant_dup_string (value, NULL) : g_strdup (error->message);
}

/* What the function answers, or why not. The call is asynchronous: this thread may have to run it.
 */
static char *
call_answer (MitogenContext *context)
{
  char *text = NULL;

  mitogen_context_call_async (context, "test:answer", NULL, NULL, NULL, TEST_PATIENCE_MS, NULL,
                              on_called, &text);
  test_wait (text != NULL);
  return text;
}

/* ---- joining ---- */

static void
on_added (MitogenRouter *router, MitogenContext *context, gpointer data)
{
  guint *added = data;

  (*added)++;
}

static void
test_join (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, NULL);
  g_autoptr (MitogenContext) context = NULL;
  g_autofree char *name = g_strdup_printf ("unix_client.%d", (int) getpid ());
  g_autoptr (GVariant) info = NULL;
  MitogenRouter *joined;
  gint64 pid;
  guint added = 0;

  g_signal_connect (fixture->router, "context-added", G_CALLBACK (on_added), &added);
  joined = join (mitogen_unix_listener_get_path (listener));
  g_assert_cmpuint (mitogen_router_get_id (joined), ==, 1);
  g_assert_cmpint (mitogen_router_get_parent_id (joined), ==, 0);
  g_assert_false (mitogen_router_is_master (joined));

  context = context_of (fixture, joined);
  g_assert_cmpuint (added, ==, 1);
  g_assert_cmpstr (mitogen_context_get_name (context), ==, name);
  g_assert_cmpint (mitogen_context_get_state (context), ==, MITOGEN_CONTEXT_STATE_CONNECTED);
  info = mitogen_context_dup_info (context);
  g_assert_true (g_variant_lookup (info, "pid", "x", &pid));
  g_assert_cmpint (pid, ==, getpid ());

  test_router_end (joined);
  wait_left (fixture, 0);
  mitogen_unix_listener_close (listener);
}

/* Who has joined acts for the user of the tree: it may call everybody, who may not call back. */
static void
test_call_children (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, NULL);
  g_autoptr (MitogenContext) child = test_local (fixture->router);
  MitogenRouter *joined = join (mitogen_unix_listener_get_path (listener));
  g_autoptr (MitogenContext) same =
      mitogen_router_context_by_id (joined, mitogen_context_get_id (child), NULL);
  g_autoptr (GVariant) pid = test_call_typed (same, "os:getpid", NULL, "i");
  g_autoptr (GError) error = test_call_fails (same, "os:no_such_function", NULL);
  g_autofree char *large = g_strnfill (3 << 20, 'x');
  g_autoptr (GVariant) length =
      test_call_typed (same, "builtins:len", g_variant_new ("(s)", large), "i");

  g_assert_cmpint (g_variant_get_int32 (pid), ==, test_context_pid (child));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
  g_assert_cmpint (g_variant_get_int32 (length), ==, 3 << 20);
  test_router_end (joined);
  wait_left (fixture, 1);
}

static void
test_functions_both_ways (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, NULL);
  MitogenRouter *joined = join (mitogen_unix_listener_get_path (listener));
  g_autoptr (MitogenContext) below = context_of (fixture, joined);
  g_autoptr (MitogenContext) above = mitogen_router_context_by_id (joined, 0, NULL);
  g_autofree char *from_above = NULL;
  g_autofree char *from_below = NULL;

  export_answer (fixture->router, "root", MITOGEN_POLICY_PARENTS);
  export_answer (joined, "joined", MITOGEN_POLICY_PARENTS);
  from_below = call_answer (above);
  from_above = call_answer (below);
  g_assert_cmpstr (from_below, ==, "root asked by 1");
  g_assert_cmpstr (from_above, ==, "joined asked by 0");
  test_router_end (joined);
  wait_left (fixture, 0);
}

static void
test_siblings (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, NULL);
  MitogenRouter *a = join (mitogen_unix_listener_get_path (listener));
  MitogenRouter *b = join (mitogen_unix_listener_get_path (listener));
  g_autoptr (MitogenContext) b_for_a =
      mitogen_router_context_by_id (a, mitogen_router_get_id (b), NULL);
  g_autofree char *text = NULL;

  export_answer (b, "sibling", MITOGEN_POLICY_PARENTS);
  text = call_answer (b_for_a);
  g_assert_cmpstr (text, ==, "sibling asked by 1");
  test_router_end (a);
  test_router_end (b);
  wait_left (fixture, 0);
}

static void
check_pid (MitogenRouter *router, MitogenContext *context)
{
  g_autoptr (MitogenContext) seen =
      mitogen_router_context_by_id (router, mitogen_context_get_id (context), NULL);
  g_autoptr (GVariant) pid = test_call_typed (seen, "os:getpid", NULL, "i");

  g_assert_cmpint (g_variant_get_int32 (pid), ==, test_context_pid (context));
}

static void
assert_unknown (MitogenRouter *router, MitogenContext *context)
{
  g_autoptr (MitogenContext) seen =
      mitogen_router_context_by_id (router, mitogen_context_get_id (context), NULL);
  g_autoptr (GError) error = test_call_fails (seen, "os:getpid", NULL);

  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
}

/* What a guest connects is part of the tree, and ends with the guest. */
static void
test_children_of_guest (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, NULL);
  MitogenRouter *joined = join (mitogen_unix_listener_get_path (listener));
  MitogenRouter *other = join (mitogen_unix_listener_get_path (listener));
  g_autoptr (MitogenContext) child = test_local (joined);
  g_autoptr (MitogenContext) grandchild = NULL;
  g_autoptr (GError) error = NULL;

  grandchild = mitogen_router_local (joined, child, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (mitogen_context_get_id (child), >, mitogen_router_get_id (other));
  check_pid (fixture->router, child);
  check_pid (fixture->router, grandchild);
  check_pid (other, grandchild);

  g_assert_true (mitogen_context_shutdown (grandchild, TRUE, NULL, &error));
  assert_unknown (fixture->router, grandchild);
  test_router_end (joined);
  assert_unknown (fixture->router, child);
  assert_unknown (other, child);
  test_router_end (other);
}

/* Code in the contexts of a guest asks that, not the root, which knows nothing of them. */
static void
test_requests_to_guest (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, NULL);
  MitogenRouter *joined = join (mitogen_unix_listener_get_path (listener));
  g_autoptr (MitogenContext) child = test_local (joined);
  g_autoptr (MitogenContext) made = NULL;
  g_autoptr (GVariant) forked =
      test_call (child, "it_requests:fork_here", g_variant_new ("(b)", FALSE));

  g_assert_cmpuint (g_variant_n_children (forked), ==, 3);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GVariant) value =
          test_call (child, "it_requests:make", g_variant_new_parsed ("('local', @a{sv} {})"));
      gint64 id;
      gint64 pid;

      g_variant_get (value, "(x&sx)", &id, NULL, &pid);
      g_clear_object (&made);
      made = mitogen_router_context_by_id (fixture->router, id, NULL);
      {
        g_autoptr (GVariant) heard = test_call_typed (made, "os:getpid", NULL, "x");

        g_assert_cmpint (g_variant_get_int64 (heard), ==, pid);
      }
    }
  test_router_end (joined);
}

/* Guests of a guest, of whom only the root can have an id. */
static void
test_guests_of_guest (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, NULL);
  MitogenRouter *joined = join (mitogen_unix_listener_get_path (listener));
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenUnixListener) inner = mitogen_unix_listener_new (joined, NULL, &error);
  g_autoptr (MitogenContext) child = test_local (fixture->router);
  g_autoptr (MitogenContext) guest_seen_by_root = NULL;
  MitogenRouter *guests[3];
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (guests); i++)
    {
      guests[i] = join (mitogen_unix_listener_get_path (inner));
      g_assert_cmpuint (mitogen_router_get_id (guests[i]), >, mitogen_router_get_id (joined));
      g_assert_cmpint (mitogen_router_get_parent_id (guests[i]), ==,
                       mitogen_router_get_id (joined));
      check_pid (guests[i], child);
    }
  export_answer (guests[2], "guest", MITOGEN_POLICY_PARENTS);
  guest_seen_by_root =
      mitogen_router_context_by_id (joined, mitogen_router_get_id (guests[2]), NULL);
  text = call_answer (guest_seen_by_root);
  test_assert_contains (text, "guest asked by");
  for (guint i = 0; i < G_N_ELEMENTS (guests); i++)
    test_router_end (guests[i]);
  test_router_end (joined);
}

/* ---- parting ---- */

static void
on_router_disconnected (MitogenRouter *router, GError *error, gpointer data)
{
  GError **reason = data;

  g_assert_null (*reason);
  *reason = g_error_copy (error);
}

static void
test_client_leaves (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, NULL);
  MitogenRouter *joined = join (mitogen_unix_listener_get_path (listener));
  MitogenRouter *other = join (mitogen_unix_listener_get_path (listener));
  g_autoptr (MitogenContext) context = context_of (fixture, joined);
  g_autoptr (MitogenContext) seen_by_other =
      mitogen_router_context_by_id (other, mitogen_router_get_id (joined), NULL);
  g_auto (Ending) ending = { 0 };
  g_autoptr (MitogenReceiver) call = NULL;
  g_autoptr (MitogenReceiver) call_of_other = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) error_of_other = NULL;

  /* Nobody iterates for its functions: the calls stay unanswered. */
  export_answer (joined, "late", MITOGEN_POLICY_ANY);
  test_watch_ending (context, &ending);
  call = mitogen_context_start_call (context, "test:answer", NULL, NULL, NULL);
  call_of_other = mitogen_context_start_call (seen_by_other, "test:answer", NULL, NULL, NULL);
  mitogen_router_shutdown (joined);
  g_assert_true (mitogen_router_join (joined, TEST_PATIENCE_MS));

  g_assert_null (mitogen_receiver_get (call, TEST_PATIENCE_MS, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_null (mitogen_receiver_get (call_of_other, TEST_PATIENCE_MS, NULL, &error_of_other));
  g_assert_error (error_of_other, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  test_wait (ending.count == 1);
  g_assert_error (ending.reason, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  wait_left (fixture, 1);
  g_object_unref (joined);
  test_router_end (other);
  wait_left (fixture, 0);
}

static void
check_told_to_leave (Fixture *fixture, gboolean only_this_one)
{
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, NULL);
  g_autofree char *path = g_strdup (mitogen_unix_listener_get_path (listener));
  g_autoptr (MitogenRouter) joined = join (path);
  g_autoptr (MitogenContext) context = context_of (fixture, joined);
  g_autoptr (MitogenReceiver) any = mitogen_receiver_new (joined, 0, TRUE, NULL, NULL);
  g_autoptr (GError) reason = NULL;
  g_autoptr (GError) error = NULL;

  g_signal_connect (joined, "disconnected", G_CALLBACK (on_router_disconnected), &reason);
  if (only_this_one)
    g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, &error));
  else
    test_router_end (g_steal_pointer (&fixture->router));
  g_assert_no_error (error);

  g_assert_null (mitogen_receiver_get (any, TEST_PATIENCE_MS, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_true (mitogen_router_join (joined, TEST_PATIENCE_MS));
  test_wait (reason != NULL);
  g_assert_cmpstr (reason->message, ==, "the parent has asked this process to leave");
  g_assert_cmpint (g_access (path, F_OK), ==, only_this_one ? 0 : -1);
}

static void
test_told_to_leave (Fixture *fixture, gconstpointer data)
{
  check_told_to_leave (fixture, TRUE);
}

static void
test_router_shut_down (Fixture *fixture, gconstpointer data)
{
  check_told_to_leave (fixture, FALSE);
}

/* The end of the listener is not that of who has joined. */
static void
test_close (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, NULL);
  const char *path = mitogen_unix_listener_get_path (listener);
  g_autofree char *directory = g_path_get_dirname (path);
  MitogenRouter *joined = join (path);
  g_autoptr (MitogenContext) above = mitogen_router_context_by_id (joined, 0, NULL);
  g_autoptr (MitogenRouter) late = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  mitogen_unix_listener_close (listener);
  g_assert_false (g_file_test (directory, G_FILE_TEST_EXISTS));
  mitogen_unix_listener_close (listener);
  late = mitogen_unix_connect (path, NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  export_answer (fixture->router, "root", MITOGEN_POLICY_PARENTS);
  text = call_answer (above);
  g_assert_cmpstr (text, ==, "root asked by 1");
  test_router_end (joined);
}

/* ---- the socket ---- */

static void
test_place (Fixture *fixture, gconstpointer data)
{
  MitogenUnixListener *listener = listen_at (fixture, NULL);
  g_autofree char *path = g_strdup (mitogen_unix_listener_get_path (listener));
  g_autofree char *directory = g_path_get_dirname (path);
  GStatBuf info;

  g_assert_cmpint (g_lstat (path, &info), ==, 0);
  g_assert_true (S_ISSOCK (info.st_mode));
  g_assert_cmphex (info.st_mode & 0777, ==, 0600);
  g_assert_cmpint (g_lstat (directory, &info), ==, 0);
  g_assert_cmphex (info.st_mode & 0777, ==, 0700);
  g_assert_true (mitogen_unix_listener_get_router (listener) == fixture->router);

  g_object_unref (listener);
  test_wait (!g_file_test (directory, G_FILE_TEST_EXISTS));
}

/* Whatever the process lets others do with the files that it makes. */
static void
test_mode (Fixture *fixture, gconstpointer data)
{
  Place *place = place_new ();
  mode_t mask = umask (0);
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, place->path);
  GStatBuf info;

  umask (mask);
  g_assert_cmpint (g_lstat (place->path, &info), ==, 0);
  g_assert_cmphex (info.st_mode & 0777, ==, 0600);
  mitogen_unix_listener_close (listener);
  place_free (place);
}

static void
leave_stale_socket (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  close (fd);
}

static void
test_stale (Fixture *fixture, gconstpointer data)
{
  Place *place = place_new ();
  g_autoptr (MitogenUnixListener) listener = NULL;
  g_autoptr (MitogenRouter) nobody = NULL;
  g_autoptr (GError) error = NULL;

  leave_stale_socket (place->path);
  nobody = mitogen_unix_connect (place->path, NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  test_assert_contains (error->message, place->path);

  listener = listen_at (fixture, place->path);
  test_router_end (join (place->path));
  mitogen_unix_listener_close (listener);
  place_free (place);
}

static void
check_refused (Fixture *fixture, const char *path, GIOErrorEnum code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_unix_listener_new (fixture->router, path, &error));
  g_assert_error (error, G_IO_ERROR, (gint) code);
  test_assert_contains (error->message, path);
}

static void
test_taken (Fixture *fixture, gconstpointer data)
{
  Place *place = place_new ();
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, place->path);

  check_refused (fixture, place->path, G_IO_ERROR_ADDRESS_IN_USE);
  test_router_end (join (place->path));
  mitogen_unix_listener_close (listener);

  g_assert_true (g_file_set_contents (place->path, "precious", -1, NULL));
  check_refused (fixture, place->path, G_IO_ERROR_EXISTS);
  g_assert_cmpint (g_unlink (place->path), ==, 0);
  place_free (place);
}

static void
test_bad_paths (Fixture *fixture, gconstpointer data)
{
  g_autofree char *name = g_strnfill (120, 'x');
  g_autofree char *long_path = g_build_filename (g_get_tmp_dir (), name, NULL);
  g_autoptr (MitogenRouter) nobody = NULL;
  g_autoptr (GError) error = NULL;

  check_refused (fixture, "/nonexistent/socket", G_IO_ERROR_NOT_FOUND);
  check_refused (fixture, long_path, G_IO_ERROR_FILENAME_TOO_LONG);
  nobody = mitogen_unix_connect (long_path, NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG);
}

/* What has taken the place of the socket is not removed with it. */
static void
test_replaced (Fixture *fixture, gconstpointer data)
{
  Place *place = place_new ();
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, place->path);

  g_assert_cmpint (g_unlink (place->path), ==, 0);
  g_assert_true (g_file_set_contents (place->path, "precious", -1, NULL));
  mitogen_unix_listener_close (listener);
  g_assert_cmpint (g_unlink (place->path), ==, 0);
  place_free (place);
}

static void
test_late_listener (Fixture *fixture, gconstpointer data)
{
  Place *place = place_new ();
  g_autoptr (GError) error = NULL;

  mitogen_router_shutdown (fixture->router);
  g_assert_true (mitogen_router_join (fixture->router, TEST_PATIENCE_MS));
  g_assert_null (mitogen_unix_listener_new (fixture->router, place->path, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  place_free (place);
}

static gpointer
listen_in_thread (gpointer data)
{
  Place *place = data;
  MitogenRouter *router = test_router_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenUnixListener) listener =
      mitogen_unix_listener_new (router, place->path, &error);
  gboolean won = listener != NULL;

  if (won)
    test_router_end (join (place->path));
  else
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  test_router_end (router);
  return GINT_TO_POINTER (won);
}

/* Many who find the same stale socket: each has it, or hears that another has. */
static void
test_race (Fixture *fixture, gconstpointer data)
{
  Place *place = place_new ();
  GThread *threads[8];
  guint won = 0;

  leave_stale_socket (place->path);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("listener", listen_in_thread, place);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    won += GPOINTER_TO_INT (g_thread_join (threads[i]));
  g_assert_cmpuint (won, >=, 1);
  place_free (place);
}

/* ---- without blocking ---- */

static void
test_async (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenUnixListener) listener = listen_at (fixture, NULL);
  GAsyncResult *results[10] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    mitogen_unix_connect_async (mitogen_unix_listener_get_path (listener), NULL, test_keep_result,
                                &results[i]);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GAsyncResult) result = test_wait_result (&results[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (MitogenRouter) joined = mitogen_unix_connect_finish (result, &error);

      g_assert_no_error (error);
      test_router_end (g_steal_pointer (&joined));
    }
  wait_left (fixture, 0);
}

static void
test_async_fails (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_unix_connect_async ("/nonexistent/socket", NULL, test_keep_result, &result);
  test_wait_result (&result);
  g_assert_null (mitogen_unix_connect_finish (result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==,
                   "Cannot join at /nonexistent/socket: there is no such socket");
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);

  test_add_router ("/unix/join", test_join);
  test_add_router ("/unix/call-children", test_call_children);
  test_add_router ("/unix/functions-both-ways", test_functions_both_ways);
  test_add_router ("/unix/siblings", test_siblings);
  test_add_router ("/unix/children-of-guest", test_children_of_guest);
  test_add_router ("/unix/requests-to-guest", test_requests_to_guest);
  test_add_router ("/unix/guests-of-guest", test_guests_of_guest);
  test_add_router ("/unix/client-leaves", test_client_leaves);
  test_add_router ("/unix/told-to-leave", test_told_to_leave);
  test_add_router ("/unix/router-shut-down", test_router_shut_down);
  test_add_router ("/unix/close", test_close);
  test_add_router ("/unix/place", test_place);
  test_add_router ("/unix/mode", test_mode);
  test_add_router ("/unix/stale", test_stale);
  test_add_router ("/unix/taken", test_taken);
  test_add_router ("/unix/bad-paths", test_bad_paths);
  test_add_router ("/unix/replaced", test_replaced);
  test_add_router ("/unix/late-listener", test_late_listener);
  test_add_router ("/unix/race", test_race);
  test_add_router ("/unix/async", test_async);
  test_add_router ("/unix/async-fails", test_async_fails);

  return g_test_run ();
}
