/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A tree shared with programs that use the Python library Mitogen: original.py is the other end. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the other end ---- */

typedef struct
{
  GSubprocess *process;
  GDataInputStream *output;
  GOutputStream *input;
  gboolean ended;
  gboolean failed;
} Original;

static void
on_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  Original *original = data;

  original->failed = !g_subprocess_wait_check_finish (G_SUBPROCESS (source), result, NULL);
  original->ended = TRUE;
}

/* original.py in a role. */
static Original *
original_new (const char *role, ...)
{
  Original *original = g_new0 (Original, 1);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) error = NULL;
  va_list arguments;
  const char *argument;

  g_ptr_array_add (argv, (gpointer) TEST_PYTHON);
  g_ptr_array_add (argv, (gpointer) ORIGINAL);
  g_ptr_array_add (argv, (gpointer) role);
  va_start (arguments, role);
  while ((argument = va_arg (arguments, const char *)) != NULL)
    g_ptr_array_add (argv, (gpointer) argument);
  va_end (arguments);
  g_ptr_array_add (argv, NULL);

  /* It would be handed on to its children, which read their program from a pipe. */
  g_subprocess_launcher_unsetenv (launcher, "PYTHONUNBUFFERED");
  original->process =
      g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  original->output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (original->process));
  original->input = g_subprocess_get_stdin_pipe (original->process);
  g_subprocess_wait_check_async (original->process, NULL, on_ended, original);
  return original;
}

static char *
original_hear (Original *original)
{
  g_autoptr (GAsyncResult) result = NULL;
  char *line;

  g_data_input_stream_read_line_async (original->output, G_PRIORITY_DEFAULT, NULL, test_keep_result,
                                       &result);
  test_wait_result (&result);
  line = g_data_input_stream_read_line_finish (original->output, result, NULL, NULL);
  g_assert_nonnull (line);
  return line;
}

static G_GNUC_PRINTF (2, 3) void original_say (Original *original, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_output_stream_write_all (original->input, text, strlen (text), NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
original_free (Original *original)
{
  g_object_unref (original->output);
  g_object_unref (original->process);
  g_free (original);
}

/* Nothing went wrong there. */
static void
original_end (Original *original)
{
  test_wait (original->ended);
  g_assert_false (original->failed);
  original_free (original);
}

static gboolean
is_there (void)
{
  const char *argv[] = { TEST_PYTHON, "-c", "import mitogen.unix", NULL };
  gint status;

  if (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                    &status, NULL) &&
      g_spawn_check_wait_status (status, NULL))
    return TRUE;
  g_test_skip ("the Python library Mitogen is not there");
  return FALSE;
}

/* ---- they join us ---- */

typedef struct
{
  MitogenRouter *router;
  MitogenSender *sender;
  gint64 received;
} Root;

static void
answer (MitogenCall *call, gpointer data)
{
  g_autofree char *args = g_variant_print (mitogen_call_get_args (call), FALSE);

  g_assert_true (mitogen_call_return_value (call, g_variant_new_string (args), NULL));
}

static void
fail (MitogenCall *call, gpointer data)
{
  g_autoptr (GError) error =
      g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no such thing");

  mitogen_call_return_error (call, error);
}

static void
export_functions (MitogenRouter *router)
{
  g_autoptr (GError) error = NULL;

  mitogen_router_export_function (router, "test:answer", MITOGEN_POLICY_PARENTS, answer, NULL, NULL,
                                  &error);
  g_assert_no_error (error);
  mitogen_router_export_function (router, "test:fail", MITOGEN_POLICY_PARENTS, fail, NULL, NULL,
                                  &error);
  g_assert_no_error (error);
}

static MitogenUnixListener *
listen_at (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  MitogenUnixListener *listener = mitogen_unix_listener_new (fixture->router, NULL, &error);

  g_assert_no_error (error);
  return listener;
}

static void
wait_contexts (Fixture *fixture, guint n)
{
  GListModel *contexts = mitogen_router_get_contexts (fixture->router);

  test_wait (g_list_model_get_n_items (contexts) == n);
}

static void
test_joined (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenUnixListener) listener = NULL;
  g_autofree char *id = NULL;
  g_autofree char *pid = NULL;

  if (!is_there ())
    return;
  listener = listen_at (fixture);
  export_functions (fixture->router);
  id = g_strdup_printf ("%u", mitogen_context_get_id (fixture->context));
  pid = g_strdup_printf ("%d", test_context_pid (fixture->context));
  original_end (original_new ("join", mitogen_unix_listener_get_path (listener), id, pid, NULL));
  wait_contexts (fixture, 1);
  test_assert_alive (fixture->context);
}

static void
take_sender (MitogenCall *call, gpointer data)
{
  Root *root = data;
  g_autoptr (GVariant) value = g_variant_get_child_value (mitogen_call_get_args (call), 0);
  g_autoptr (GError) error = NULL;

  root->sender = mitogen_sender_from_variant (root->router, value, &error);
  g_assert_no_error (error);
  g_assert_true (mitogen_call_return_value (call, g_variant_new_boolean (TRUE), NULL));
}

static void
note_received (MitogenCall *call, gpointer data)
{
  Root *root = data;

  g_variant_get_child (mitogen_call_get_args (call), 0, "x", &root->received);
  g_assert_true (mitogen_call_return_value (call, g_variant_new_boolean (TRUE), NULL));
}

static void
put (MitogenSender *sender, GVariant *value)
{
  g_autoptr (GError) error = NULL;

  mitogen_sender_put (sender, value, &error);
  g_assert_no_error (error);
}

static void
put_all (MitogenSender *sender)
{
  GByteArray *bytes = g_byte_array_new ();

  for (guint i = 0; i < 100000; i++)
    g_byte_array_append (bytes, (const guint8 *) "bytes", 5);
  put (sender, g_variant_new_string ("text"));
  put (sender, g_variant_new_int32 (5));
  put (sender, g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes->data, bytes->len, 1));
  put (sender, g_variant_new_parsed ("{'a': <[@ms nothing]>}"));
  mitogen_sender_close (sender);
  g_byte_array_unref (bytes);
}

/* Messages go the other way as well. */
static void
test_receiving (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenUnixListener) listener = NULL;
  g_autoptr (GError) error = NULL;
  Root root = { .router = fixture->router };
  Original *original;

  if (!is_there ())
    return;
  listener = listen_at (fixture);
  mitogen_router_export_function (fixture->router, "test:take_sender", MITOGEN_POLICY_PARENTS,
                                  take_sender, &root, NULL, &error);
  g_assert_no_error (error);
  mitogen_router_export_function (fixture->router, "test:received", MITOGEN_POLICY_PARENTS,
                                  note_received, &root, NULL, &error);
  g_assert_no_error (error);
  original = original_new ("receive", mitogen_unix_listener_get_path (listener), NULL);
  test_wait (root.sender != NULL || original->ended);
  g_assert_nonnull (root.sender);
  put_all (root.sender);
  original_end (original);
  g_assert_cmpint (root.received, ==, 4);
  g_object_unref (root.sender);
  wait_contexts (fixture, 0);
}

/* ---- they make children of their own ---- */

typedef struct
{
  guint child_id;
  gint child_pid;
  guint grandchild_id;
  gint grandchild_pid;
} Family;

static void
hear_family (Original *original, Family *family)
{
  g_autofree char *line = original_hear (original);

  g_assert_cmpint (sscanf (line, "%u %d %u %d", &family->child_id, &family->child_pid,
                           &family->grandchild_id, &family->grandchild_pid),
                   ==, 4);
}

static void
check_pid (MitogenContext *context, gint pid)
{
  g_autoptr (GVariant) value = test_call_typed (context, "os:getpid", NULL, "i");

  g_assert_cmpint (g_variant_get_int32 (value), ==, pid);
}

static void
assert_gone (MitogenContext *context)
{
  g_autoptr (GError) error = test_call_fails (context, "os:getpid", NULL);

  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
}

static void
test_their_children (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenUnixListener) listener = NULL;
  g_autoptr (MitogenContext) child = NULL;
  g_autoptr (MitogenContext) grandchild = NULL;
  g_autoptr (MitogenReceiver) waiting = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) raised = NULL;
  g_autofree char *ended = NULL;
  Original *original;
  Family family;

  if (!is_there ())
    return;
  listener = listen_at (fixture);
  original = original_new ("parent", mitogen_unix_listener_get_path (listener), NULL);
  hear_family (original, &family);
  child = mitogen_router_context_by_id (fixture->router, family.child_id, NULL);
  grandchild = mitogen_router_context_by_id (fixture->router, family.grandchild_id, NULL);
  check_pid (child, family.child_pid);
  check_pid (grandchild, family.grandchild_pid);
  raised = test_call_fails (grandchild, "os:listdir", g_variant_new ("(s)", "/nonexistent"));
  test_assert_contains (raised->message, "FileNotFoundError");

  /* Who waits for one that is gone is told so. */
  waiting = mitogen_context_start_call (grandchild, "time:sleep", g_variant_new ("(i)", 1000), NULL,
                                        NULL);
  original_say (original, "end-child\n");
  ended = original_hear (original);
  g_assert_null (mitogen_receiver_get (waiting, TEST_PATIENCE_MS, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  assert_gone (child);
  assert_gone (grandchild);
  original_say (original, "enough\n");
  original_end (original);
  wait_contexts (fixture, 0);
}

/* ---- we join them ---- */

typedef struct
{
  char *directory;
  char *path;
  Original *original;
  guint child_id;
  gint child_pid;
  MitogenRouter *router;
  GError *reason;
} Guest;

static void
on_disconnected (MitogenRouter *router, GError *error, gpointer data)
{
  Guest *guest = data;

  guest->reason = g_error_copy (error);
}

static Guest *
guest_new (void)
{
  Guest *guest = g_new0 (Guest, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;

  guest->directory = g_dir_make_tmp ("test-interop-XXXXXX", &error);
  g_assert_no_error (error);
  guest->path = g_build_filename (guest->directory, "socket", NULL);
  guest->original = original_new ("listen", guest->path, NULL);
  line = original_hear (guest->original);
  g_assert_cmpint (sscanf (line, "%u %d", &guest->child_id, &guest->child_pid), ==, 2);
  guest->router = mitogen_unix_connect (guest->path, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (guest->router, "disconnected", G_CALLBACK (on_disconnected), guest);
  return guest;
}

static void
guest_free (Guest *guest)
{
  mitogen_router_shutdown (guest->router);
  g_assert_true (mitogen_router_join (guest->router, TEST_PATIENCE_MS));
  test_wait (guest->reason != NULL);
  g_object_unref (guest->router);
  g_error_free (guest->reason);
  g_unlink (guest->path);
  g_assert_cmpint (g_rmdir (guest->directory), ==, 0);
  g_free (guest->directory);
  g_free (guest->path);
  g_free (guest);
}

/* The library waits for its guests in vain: it does not tell them to leave. */
static void
guest_end (Guest *guest)
{
  Original *original = guest->original;

  guest_free (guest);
  original_say (original, "shutdown\n");
  original_end (original);
}

static void
expect (Guest *guest, const char *answer_expected)
{
  g_autofree char *line = original_hear (guest->original);

  g_assert_cmpstr (line, ==, answer_expected);
}

static void
check_large (MitogenContext *context)
{
  g_autofree char *text = g_strnfill (4 << 20, 'x');
  g_autoptr (GVariant) length =
      test_call_typed (context, "builtins:len", g_variant_new ("(s)", text), "i");
  g_autoptr (GVariant) bytes =
      test_call_typed (context, "builtins:bytes", g_variant_new ("(i)", 3 << 20), "ay");

  g_assert_cmpint (g_variant_get_int32 (length), ==, 4 << 20);
  g_assert_cmpuint (g_variant_get_size (bytes), ==, 3 << 20);
}

static void
test_joining (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) child = NULL;
  g_autoptr (GError) error = NULL;
  Guest *guest;

  if (!is_there ())
    return;
  guest = guest_new ();
  g_assert_cmpint (mitogen_router_get_parent_id (guest->router), ==, 0);
  child = mitogen_router_context_by_id (guest->router, guest->child_id, NULL);
  check_pid (child, guest->child_pid);
  error = test_call_fails (child, "os:listdir", g_variant_new ("(s)", "/nonexistent"));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
  test_assert_contains (error->message, "FileNotFoundError");
  check_large (child);

  /* They call us. */
  export_functions (guest->router);
  original_say (guest->original, "answer %u\n", mitogen_router_get_id (guest->router));
  expect (guest, "(7,)");
  guest_end (guest);
}

/* The children of a guest are part of the tree. */
static void
test_our_children (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) child = NULL;
  g_autoptr (MitogenContext) grandchild = NULL;
  g_autoptr (GError) error = NULL;
  guint32 ids[2];
  Guest *guest;

  if (!is_there ())
    return;
  guest = guest_new ();
  child = test_local (guest->router);
  grandchild = mitogen_router_local (guest->router, child, NULL, &error);
  g_assert_no_error (error);
  ids[0] = mitogen_context_get_id (child);
  ids[1] = mitogen_context_get_id (grandchild);
  g_assert_cmpuint (ids[0], >, mitogen_router_get_id (guest->router));

  original_say (guest->original, "check %u %d\n", ids[0], test_context_pid (child));
  expect (guest, "checked");
  original_say (guest->original, "check %u %d\n", ids[1], test_context_pid (grandchild));
  expect (guest, "checked");
  g_assert_true (mitogen_context_shutdown (child, TRUE, NULL, &error));
  original_say (guest->original, "gone %u\n", ids[0]);
  expect (guest, "gone");
  original_say (guest->original, "gone %u\n", ids[1]);
  expect (guest, "gone");
  guest_end (guest);
}

static void
check_end (gboolean killed)
{
  g_autoptr (MitogenContext) child = NULL;
  g_autoptr (MitogenContext) own = NULL;
  g_autoptr (MitogenReceiver) waiting = NULL;
  g_autoptr (GError) error = NULL;
  Guest *guest = guest_new ();

  own = test_local (guest->router);
  child = mitogen_router_context_by_id (guest->router, guest->child_id, NULL);
  waiting =
      mitogen_context_start_call (child, "time:sleep", g_variant_new ("(i)", 1000), NULL, NULL);
  if (killed)
    g_subprocess_force_exit (guest->original->process);
  else
    original_say (guest->original, "end %u\n", mitogen_router_get_id (guest->router));

  g_assert_null (mitogen_receiver_get (waiting, TEST_PATIENCE_MS, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  test_wait (guest->reason != NULL);
  g_assert_true (mitogen_router_join (guest->router, TEST_PATIENCE_MS));
  test_wait (!test_process_runs (test_context_pid (own)));
  if (!killed)
    {
      guest_end (guest);
      return;
    }
  test_wait (guest->original->ended);
  test_wait (!test_process_runs (guest->child_pid));
  original_free (guest->original);
  guest_free (guest);
}

static void
test_their_end (Fixture *fixture, gconstpointer data)
{
  if (is_there ())
    check_end (FALSE);
}

static void
test_their_death (Fixture *fixture, gconstpointer data)
{
  if (is_there ())
    check_end (TRUE);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);

  test_add_local ("/interop/joined", test_joined);
  test_add_router ("/interop/receiving", test_receiving);
  test_add_router ("/interop/their-children", test_their_children);
  test_add_router ("/interop/joining", test_joining);
  test_add_router ("/interop/our-children", test_our_children);
  test_add_router ("/interop/their-end", test_their_end);
  test_add_router ("/interop/their-death", test_their_death);

  return g_test_run ();
}
