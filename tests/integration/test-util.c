/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-util.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- paths ---- */

char *
test_remote_file (const char *name)
{
  return g_build_filename (TEST_DIR, "remote", name, NULL);
}

static void
find_pyenv (GPtrArray *found)
{
  static const char *const versions[] = { "2.7",  "3.6",  "3.7",  "3.8", "3.9",
                                          "3.10", "3.11", "3.12", "3.13" };
  g_autofree char *folder = g_build_filename (g_get_home_dir (), ".pyenv", "versions", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      g_autofree char *prefix = g_strconcat (versions[i], ".", NULL);
      g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
      const char *name;
      g_autofree char *path = NULL;

      while (dir != NULL && path == NULL && (name = g_dir_read_name (dir)) != NULL)
        if (g_str_has_prefix (name, prefix))
          path = g_build_filename (folder, name, "bin", "python", NULL);
      if (path != NULL && g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
        g_ptr_array_add (found, g_steal_pointer (&path));
    }
}

const char *const *
test_pythons (void)
{
  static GPtrArray *found;

  if (found != NULL)
    return (const char *const *) found->pdata;

  found = g_ptr_array_new ();
  if (g_file_test (TEST_PYTHON, G_FILE_TEST_IS_EXECUTABLE))
    g_ptr_array_add (found, g_strdup (TEST_PYTHON));
  find_pyenv (found);
  g_ptr_array_add (found, NULL);
  return (const char *const *) found->pdata;
}

/* ---- waiting ---- */

gint64
test_deadline (void)
{
  return g_get_monotonic_time () + TEST_PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_REMOVE;
}

gboolean
test_iterate (GMainContext *context, gint64 deadline)
{
  g_autoptr (GSource) tick = g_timeout_source_new (10);

  g_source_set_callback (tick, on_tick, NULL, NULL);
  g_source_attach (tick, context);
  g_main_context_iteration (context, TRUE);
  g_source_destroy (tick);
  return g_get_monotonic_time () < deadline;
}

void
test_keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **kept = data;

  g_assert_null (*kept);
  *kept = g_object_ref (result);
}

GAsyncResult *
test_wait_result (GAsyncResult **result)
{
  test_wait (*result != NULL);
  return *result;
}

/* ---- what must not leak ---- */

static guint
count_entries (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

guint
test_count_descriptors (void)
{
  return count_entries ("/proc/self/fd") - 1;
}

/* Also those that ended and were not waited for. */
static guint
count_words (const char *path)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  words = g_strsplit (g_strchomp (text), " ", -1);
  return *text == '\0' ? 0 : g_strv_length (words);
}

typedef guint (*CountTask) (const char *folder);

static guint
count_tasks (CountTask count)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *folder = g_build_filename ("/proc/self/task", name, NULL);

      n += count (folder);
    }
  return n;
}

static guint
children_of_task (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "children", NULL);

  return count_words (path);
}

static guint
is_broker (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "comm", NULL);
  g_autofree char *name = NULL;

  return g_file_get_contents (path, &name, NULL, NULL) && g_str_has_prefix (name, "mitogen-broker");
}

guint
test_count_children (void)
{
  return count_tasks (children_of_task);
}

void
test_census_take (TestCensus *census)
{
  census->descriptors = test_count_descriptors ();
  census->children = test_count_children ();
  census->brokers = count_tasks (is_broker);
}

/* For whoever has to find out what leaked. */
static void
show_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      g_printerr ("descriptor %s: %s\n", name, target);
    }
}

static gboolean
is_no_more (const TestCensus *before)
{
  TestCensus now;

  test_census_take (&now);
  return now.descriptors <= before->descriptors && now.children <= before->children &&
         now.brokers <= before->brokers;
}

void
test_census_check (const TestCensus *before)
{
  gint64 deadline = test_deadline ();
  TestCensus now;

  while (!is_no_more (before) && test_iterate (NULL, deadline))
    ;
  test_census_take (&now);
  if (!is_no_more (before))
    show_descriptors ();
  g_assert_cmpuint (now.descriptors, <=, before->descriptors);
  g_assert_cmpuint (now.children, <=, before->children);
  g_assert_cmpuint (now.brokers, <=, before->brokers);
}

gsize
test_resident_size (void)
{
  g_autofree char *text = NULL;
  const char *line;

  g_assert_true (g_file_get_contents ("/proc/self/status", &text, NULL, NULL));
  line = strstr (text, "VmRSS:");
  g_assert_nonnull (line);
  return g_ascii_strtoull (line + strlen ("VmRSS:"), NULL, 10);
}

void
test_assert_grown_less (gsize before, gsize kilobytes)
{
  gssize grown = (gssize) test_resident_size () - (gssize) before;

  g_test_message ("grown by %" G_GSSIZE_FORMAT " KB", grown);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  if (g_getenv ("TEST_NO_MEMORY_LIMITS") == NULL)
    g_assert_cmpint (grown, <, (gssize) kilobytes);
#endif
}

gboolean
test_process_exists (gint pid)
{
  return kill (pid, 0) == 0;
}

gboolean
test_process_runs (gint pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);
  g_autofree char *text = NULL;
  const char *end;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  end = strrchr (text, ')');
  return end != NULL && end[1] == ' ' && end[2] != 'Z' && end[2] != 'X';
}

/* ---- routers and contexts ---- */

static void
do_nothing (gpointer data)
{
}

/* Its thread runs, and has its name. */
MitogenRouter *
test_router_new (void)
{
  MitogenRouter *router = mitogen_router_new (NULL);

  g_assert_nonnull (router);
  g_assert_true (
      mitogen_broker_defer_sync (mitogen_router_get_broker (router), do_nothing, NULL, NULL));
  return router;
}

void
test_router_end (MitogenRouter *router)
{
  mitogen_router_shutdown (router);
  g_assert_true (mitogen_router_join (router, TEST_PATIENCE_MS));
  g_object_unref (router);
}

MitogenConnection *
test_connection_new (const char *const *python_path)
{
  MitogenConnection *connection = mitogen_local_connection_new ();

  mitogen_connection_set_python_path (connection, python_path);
  mitogen_connection_set_connect_timeout (connection, TEST_PATIENCE_MS);
  return connection;
}

MitogenConnection *
test_connection_argv (const char *first, ...)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) argv = NULL;
  va_list args;

  va_start (args, first);
  for (const char *word = first; word != NULL; word = va_arg (args, const char *))
    g_strv_builder_add (builder, word);
  va_end (args);
  argv = g_strv_builder_end (builder);
  return test_connection_new ((const char *const *) argv);
}

MitogenContext *
test_connect (MitogenRouter *router, MitogenConnection *connection)
{
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_connect (router, connection, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (context);
  return context;
}

MitogenContext *
test_connect_via (MitogenRouter *router, MitogenContext *via, const char *python)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv (python, NULL);
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_connect (router, connection, via, NULL, &error);

  g_assert_no_error (error);
  return context;
}

MitogenContext *
test_start_via (MitogenRouter *router, MitogenContext *via, const char *python)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv (python, NULL);
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_start_connect (router, connection, via, &error);

  g_assert_no_error (error);
  return context;
}

GError *
test_connect_fails (MitogenRouter *router, MitogenConnection *connection)
{
  GError *error = NULL;
  g_autoptr (MitogenContext) context =
      mitogen_router_connect (router, connection, NULL, NULL, &error);

  g_assert_null (context);
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  return error;
}

MitogenContext *
test_local (MitogenRouter *router)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv (TEST_PYTHON, NULL);

  return test_connect (router, connection);
}

gint
test_context_pid (MitogenContext *context)
{
  g_autoptr (GVariant) info = mitogen_context_dup_info (context);
  gint64 pid = 0;

  g_assert_true (g_variant_lookup (info, "pid", "x", &pid));
  g_assert_cmpint (pid, >, 1);
  return pid;
}

GVariant *
test_call_typed (MitogenContext *context, const char *function, GVariant *args, const char *type)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = mitogen_context_call (context, function, args, NULL,
                                          type != NULL ? G_VARIANT_TYPE (type) : NULL,
                                          TEST_PATIENCE_MS, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (value);
  g_assert_false (g_variant_is_floating (value));
  return value;
}

GVariant *
test_call (MitogenContext *context, const char *function, GVariant *args)
{
  return test_call_typed (context, function, args, NULL);
}

GError *
test_call_fails (MitogenContext *context, const char *function, GVariant *args)
{
  GError *error = NULL;
  g_autoptr (GVariant) value =
      mitogen_context_call (context, function, args, NULL, NULL, TEST_PATIENCE_MS, NULL, &error);

  g_assert_null (value);
  g_assert_nonnull (error);
  return error;
}

GVariant *
test_bytes (const char *text)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, text, strlen (text), 1);
}

void
test_assert_alive (MitogenContext *context)
{
  g_autoptr (GVariant) value = test_call_typed (context, "os:getpid", NULL, "x");

  g_assert_cmpint (g_variant_get_int64 (value), ==, test_context_pid (context));
}

void
test_assert_contains (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("not in the text: “%s”; the text: %s", part, text);
}

void
test_assert_value (GVariant *value, const char *expected)
{
  g_autofree char *text = g_variant_print (value, TRUE);

  g_assert_cmpstr (text, ==, expected);
}

static void
on_disconnected (MitogenContext *context, GError *error, gpointer data)
{
  Ending *ending = data;

  ending->count++;
  ending->thread = g_thread_self ();
  g_clear_error (&ending->reason);
  ending->reason = g_error_copy (error);
}

void
test_watch_ending (MitogenContext *context, Ending *ending)
{
  g_signal_connect (context, "disconnected", G_CALLBACK (on_disconnected), ending);
}

void
test_ending_clear (Ending *ending)
{
  g_clear_error (&ending->reason);
}

/* ---- fixtures ---- */

static void
set_up_router (Fixture *fixture, gconstpointer data)
{
  test_census_take (&fixture->census);
  fixture->router = test_router_new ();
}

static void
set_up_local (Fixture *fixture, gconstpointer data)
{
  const char *python = data != NULL ? data : TEST_PYTHON;
  g_autoptr (MitogenConnection) connection = test_connection_argv (python, NULL);

  set_up_router (fixture, NULL);
  fixture->context = test_connect (fixture->router, connection);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->context);
  if (fixture->router != NULL)
    test_router_end (g_steal_pointer (&fixture->router));
  test_census_check (&fixture->census);
}

void
test_add_router (const char *path, FixtureFunc func)
{
  g_test_add (path, Fixture, NULL, set_up_router, func, tear_down);
}

void
test_add_local_python (const char *path, const char *python, FixtureFunc func)
{
  g_test_add (path, Fixture, python, set_up_local, func, tear_down);
}

void
test_add_local (const char *path, FixtureFunc func)
{
  test_add_local_python (path, NULL, func);
}

/* GLib's own descriptors and threads come with the first use, and stay. */
static void
warm_up (void)
{
  g_autoptr (GSubprocess) subprocess =
      g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, NULL, "true", NULL);

  g_assert_true (g_subprocess_wait (subprocess, NULL, NULL));
  g_main_context_iteration (NULL, FALSE);
}

void
test_init_for_fork (int *argc, char ***argv)
{
  g_autofree char *modules = g_build_filename (TEST_DIR, "remote", NULL);

  setlocale (LC_ALL, "C.UTF-8");
  g_setenv ("PYTHONPATH", modules, TRUE);
  g_setenv ("PYTHONDONTWRITEBYTECODE", "1", TRUE);
  g_unsetenv ("PYTHONUNBUFFERED");
  g_unsetenv ("PYTHONSTARTUP");
  g_test_init (argc, argv, NULL);
  g_object_unref (g_task_new (NULL, NULL, NULL, NULL));
  g_main_context_iteration (NULL, FALSE);
}

void
test_init (int *argc, char ***argv)
{
  test_init_for_fork (argc, argv);
  warm_up ();
}
