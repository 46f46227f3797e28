/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What children print and log: signals in the right thread, and GLib's structured log. */

#include "test-util.h"

#include <string.h>

/* ---- what GLib's log writer was given; it is called in a thread of the library ---- */

typedef struct
{
  GLogLevelFlags level;
  char *message;
  char *context;
  char *context_id;
  char *logger;
  char *python_level;
  char *priority;
} Written;

static GMutex written_lock;
static GPtrArray *written; /* of Written, protected by written_lock */
static gint flooding;      /* atomic: nothing is kept */

static void
written_free (gpointer data)
{
  Written *entry = data;

  g_free (entry->message);
  g_free (entry->context);
  g_free (entry->context_id);
  g_free (entry->logger);
  g_free (entry->python_level);
  g_free (entry->priority);
  g_free (entry);
}

static char *
find_field (const GLogField *fields, gsize n, const char *key)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (fields[i].key, key))
      return fields[i].length < 0 ? g_strdup (fields[i].value)
                                  : g_strndup (fields[i].value, fields[i].length);
  return NULL;
}

static GLogWriterOutput
log_writer (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  g_autofree char *logger = find_field (fields, n, "MITOGEN_LOGGER");
  Written *entry;

  if (logger == NULL)
    return g_log_writer_default (level, fields, n, data);
  if (g_atomic_int_get (&flooding))
    return G_LOG_WRITER_HANDLED;

  entry = g_new0 (Written, 1);
  entry->level = level;
  entry->message = find_field (fields, n, "MESSAGE");
  entry->context = find_field (fields, n, "MITOGEN_CONTEXT");
  entry->context_id = find_field (fields, n, "MITOGEN_CONTEXT_ID");
  entry->logger = g_steal_pointer (&logger);
  entry->python_level = find_field (fields, n, "MITOGEN_LEVEL");
  entry->priority = find_field (fields, n, "PRIORITY");
  g_mutex_lock (&written_lock);
  g_ptr_array_add (written, entry);
  g_mutex_unlock (&written_lock);
  return G_LOG_WRITER_HANDLED;
}

/* The record that ends in @text; NULL: not there yet. It stays. */
static Written *
find_written (const char *text)
{
  Written *found = NULL;

  g_mutex_lock (&written_lock);
  for (guint i = 0; i < written->len && found == NULL; i++)
    if (g_str_has_suffix (((Written *) written->pdata[i])->message, text))
      found = written->pdata[i];
  g_mutex_unlock (&written_lock);
  return found;
}

/* ---- signals ---- */

typedef struct
{
  GThread *thread; /* where all of it must arrive */
  GPtrArray *lines;
  guint wrong_thread;
} Heard;

static void
heard_init (Heard *heard)
{
  heard->thread = g_thread_self ();
  heard->lines = g_ptr_array_new_with_free_func (g_free);
  heard->wrong_thread = 0;
}

static void
heard_clear (Heard *heard)
{
  g_clear_pointer (&heard->lines, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Heard, heard_clear)

static void
heard_add (Heard *heard, char *line)
{
  if (g_thread_self () != heard->thread)
    heard->wrong_thread++;
  g_ptr_array_add (heard->lines, line);
}

static gboolean
has_heard (Heard *heard, const char *line)
{
  return g_ptr_array_find_with_equal_func (heard->lines, line, g_str_equal, NULL);
}

static void
on_output (MitogenContext *context, const char *stream, const char *line, gpointer data)
{
  g_assert_true (g_utf8_validate (line, -1, NULL));
  heard_add (data, g_strdup_printf ("%s: %s", stream, line));
}

static void
on_log (MitogenRouter *router,
        MitogenContext *context,
        gint level,
        const char *logger,
        const char *text,
        gpointer data)
{
  heard_add (data, g_strdup_printf ("%u %d %s: %s",
                                    context != NULL ? mitogen_context_get_id (context) : 0, level,
                                    logger, text));
}

static void
test_output (Fixture *fixture, gconstpointer data)
{
  g_auto (Heard) heard = { 0 };
  g_autoptr (GVariant) value = NULL;
  Written *entry;

  heard_init (&heard);
  g_signal_connect (fixture->context, "output", G_CALLBACK (on_output), &heard);
  value = test_call (fixture->context, "it_functions:say",
                     g_variant_new ("(ss)", "to out, é", "to err"));
  test_wait (heard.lines->len >= 2);
  g_assert_true (has_heard (&heard, "stdout: to out, é"));
  g_assert_true (has_heard (&heard, "stderr: to err"));
  g_assert_cmpuint (heard.wrong_thread, ==, 0);

  test_wait (find_written ("to out, é") != NULL);
  entry = find_written ("to out, é");
  g_assert_cmpint (entry->level, ==, G_LOG_LEVEL_INFO);
  g_assert_cmpstr (entry->logger, ==, "stdout");
  g_assert_cmpstr (entry->python_level, ==, "20");
  g_assert_cmpstr (entry->context, ==, mitogen_context_get_name (fixture->context));
  g_assert_cmpuint (g_ascii_strtoull (entry->context_id, NULL, 10), ==,
                    mitogen_context_get_id (fixture->context));
}

/* Bytes that are no text, empty lines, very long ones, and a last one without its end. */
static void
test_odd_output (Fixture *fixture, gconstpointer data)
{
  g_auto (Heard) heard = { 0 };
  g_autofree char *large = g_strnfill (3 * 1000 * 1000, 'z');
  g_autoptr (GVariant) one = NULL;
  g_autoptr (GVariant) two = NULL;
  gsize total = 0;

  heard_init (&heard);
  g_signal_connect (fixture->context, "output", G_CALLBACK (on_output), &heard);
  one = test_call (fixture->context, "it_functions:write_raw",
                   g_variant_new ("(i@ay)", 1, test_bytes ("\xff\xfe bytes\n\nline\nno end")));
  two = test_call (fixture->context, "it_functions:write_raw",
                   g_variant_new ("(i@ay)", 2, test_bytes (large)));
  g_assert_true (mitogen_context_shutdown (fixture->context, TRUE, NULL, NULL));
  test_wait (has_heard (&heard, "stdout: no end"));
  g_assert_true (has_heard (&heard, "stdout: line"));
  g_assert_true (has_heard (&heard, "stdout: \xef\xbf\xbd\xef\xbf\xbd bytes"));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  for (guint i = 0; i < heard.lines->len; i++)
    if (g_str_has_prefix (heard.lines->pdata[i], "stderr: z"))
      total += strlen (heard.lines->pdata[i]) - strlen ("stderr: ");
  g_test_message ("%" G_GSIZE_FORMAT " of %zu bytes of the long line", total, strlen (large));
  g_assert_cmpuint (total, >, 0);
  g_assert_cmpuint (total, <=, strlen (large));
}

static void
test_log (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    gint level;
    GLogLevelFlags flags;
    const char *priority;
  } levels[] = {
    { 20, G_LOG_LEVEL_INFO, "6" },
    { 30, G_LOG_LEVEL_MESSAGE, "4" },
    { 40, G_LOG_LEVEL_MESSAGE, "3" },
    { 50, G_LOG_LEVEL_MESSAGE, "2" },
  };
  g_auto (Heard) heard = { 0 };

  heard_init (&heard);
  g_signal_connect (fixture->router, "log", G_CALLBACK (on_log), &heard);
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    {
      g_autofree char *text =
          g_strdup_printf ("at level %d of %u", levels[i].level, g_test_rand_int ());
      g_autofree char *line =
          g_strdup_printf ("%u %d it.functions: %s", mitogen_context_get_id (fixture->context),
                           levels[i].level, text);
      G_GNUC_UNUSED g_autoptr (GVariant) value =
          test_call (fixture->context, "it_functions:log",
                     g_variant_new ("(is)", levels[i].level, text));
      Written *entry;

      test_wait (has_heard (&heard, line));
      test_wait (find_written (text) != NULL);
      entry = find_written (text);
      g_assert_cmpstr (entry->logger, ==, "it.functions");
      g_assert_cmpint (entry->level, ==, levels[i].flags);
      g_assert_cmpstr (entry->priority, ==, levels[i].priority);
    }
  g_assert_cmpuint (heard.wrong_thread, ==, 0);
}

static void
test_log_odd (Fixture *fixture, gconstpointer data)
{
  g_auto (Heard) heard = { 0 };
  g_autofree char *line = NULL;
  g_autoptr (GVariant) value = NULL;

  heard_init (&heard);
  g_signal_connect (fixture->router, "log", G_CALLBACK (on_log), &heard);
  value = test_call (fixture->context, "it_functions:log",
                     g_variant_new ("(iss)", 30, "two\nlines %s %d", "odd %n name"));
  line = g_strdup_printf ("%u 30 odd %%n name: two\nlines %%s %%d",
                          mitogen_context_get_id (fixture->context));
  test_wait (has_heard (&heard, line));
}

/* ---- an owner whose main context is another thread's ---- */

typedef struct
{
  GMainContext *context;
  GThread *thread;
  MitogenRouter *router;
  MitogenContext *child;
  Heard output;
  Heard log;
  Ending ending;
  gint ready;
  gint leave;
} Owner;

static gpointer
owner_thread (gpointer data)
{
  Owner *owner = data;

  g_main_context_push_thread_default (owner->context);
  heard_init (&owner->output);
  heard_init (&owner->log);
  owner->router = test_router_new ();
  owner->child = test_local (owner->router);
  g_signal_connect (owner->child, "output", G_CALLBACK (on_output), &owner->output);
  g_signal_connect (owner->router, "log", G_CALLBACK (on_log), &owner->log);
  test_watch_ending (owner->child, &owner->ending);
  g_atomic_int_set (&owner->ready, TRUE);
  test_wait_in (owner->context, g_atomic_int_get (&owner->leave) && owner->ending.count > 0 &&
                                    owner->log.lines->len > 0);
  g_main_context_pop_thread_default (owner->context);
  return NULL;
}

static void
test_other_main_context (void)
{
  Owner owner = { 0 };
  TestCensus census;
  g_autoptr (GVariant) say = NULL;
  g_autoptr (GVariant) log = NULL;

  test_census_take (&census);
  owner.context = g_main_context_new ();
  owner.thread = g_thread_new ("owner", owner_thread, &owner);
  test_wait (g_atomic_int_get (&owner.ready));

  /* Calls from here, signals there. */
  say = test_call (owner.child, "it_functions:say", g_variant_new ("(ss)", "out", "err"));
  log = test_call (owner.child, "it_functions:log", g_variant_new ("(is)", 30, "logged"));
  g_assert_true (mitogen_context_shutdown (owner.child, TRUE, NULL, NULL));
  g_atomic_int_set (&owner.leave, TRUE);
  g_thread_join (owner.thread);

  g_assert_true (has_heard (&owner.output, "stdout: out"));
  g_assert_true (has_heard (&owner.output, "stderr: err"));
  g_assert_cmpuint (owner.log.lines->len, ==, 1);
  g_assert_cmpuint (owner.output.wrong_thread + owner.log.wrong_thread, ==, 0);
  g_assert_cmpuint (owner.ending.count, ==, 1);
  g_assert_true (owner.ending.thread == owner.thread);

  test_ending_clear (&owner.ending);
  heard_clear (&owner.output);
  heard_clear (&owner.log);
  g_object_unref (owner.child);
  test_router_end (owner.router);
  g_main_context_unref (owner.context);
  test_census_check (&census);
}

/* The callback of an asynchronous call belongs to the caller, not to the context's owner. */
typedef struct
{
  MitogenContext *child;
  GThread *called_in;
} AsyncCaller;

static void
on_called (GObject *source, GAsyncResult *result, gpointer data)
{
  AsyncCaller *caller = data;
  g_autoptr (GVariant) value = mitogen_context_call_finish (MITOGEN_CONTEXT (source), result, NULL);

  g_assert_nonnull (value);
  caller->called_in = g_thread_self ();
}

static gpointer
async_caller_thread (gpointer data)
{
  AsyncCaller *caller = data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  mitogen_context_call_async (caller->child, "os:getpid", NULL, NULL, NULL, TEST_PATIENCE_MS, NULL,
                              on_called, caller);
  test_wait_in (context, caller->called_in != NULL);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_async_callbacks_context (Fixture *fixture, gconstpointer data)
{
  AsyncCaller callers[4] = { 0 };
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      callers[i].child = fixture->context;
      threads[i] = g_thread_new ("async", async_caller_thread, &callers[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_thread_join (threads[i]);
      g_assert_true (callers[i].called_in == threads[i]);
    }
}

/* ---- floods, and a program that iterates nothing ---- */

#define N_FLOOD 30000

static void
test_flood_heard (Fixture *fixture, gconstpointer data)
{
  g_auto (Heard) heard = { 0 };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) value = NULL;

  heard_init (&heard);
  g_signal_connect (fixture->context, "output", G_CALLBACK (on_output), &heard);
  mitogen_context_call_async (fixture->context, "it_functions:flood",
                              g_variant_new ("(ii)", N_FLOOD, 20), NULL, NULL, TEST_PATIENCE_MS,
                              NULL, test_keep_result, &result);
  value = mitogen_context_call_finish (fixture->context, test_wait_result (&result), NULL);
  g_assert_nonnull (value);
  /* The main context was iterated all the time, but may have been slower than the child. */
  g_test_message ("%u of %d lines", heard.lines->len, N_FLOOD);
  g_assert_cmpuint (heard.lines->len, >, 1000);
  test_assert_alive (fixture->context);
}

/* What nobody takes is dropped at some point: 200 MB are sent, and must not be kept. */
static void
test_never_iterated (Fixture *fixture, gconstpointer data)
{
  gsize before = test_resident_size ();

  g_atomic_int_set (&flooding, TRUE);
  for (guint i = 0; i < 5; i++)
    {
      G_GNUC_UNUSED g_autoptr (GVariant) lines =
          test_call (fixture->context, "it_functions:flood", g_variant_new ("(ii)", 20000, 1000));
      G_GNUC_UNUSED g_autoptr (GVariant) records =
          test_call (fixture->context, "it_functions:flood_log",
                     g_variant_new ("(ii)", 1000, 20000));
    }
  test_assert_grown_less (before, 100 * 1024);
  test_assert_alive (fixture->context);
}

/* Nor do contexts, calls or receivers of a program that iterates nothing stay for ever. */
static void
test_sync_only (Fixture *fixture, gconstpointer data)
{
  gsize before = 0;

  for (guint i = 0; i < 60; i++)
    {
      g_autoptr (MitogenContext) context = test_local (fixture->router);
      G_GNUC_UNUSED g_autoptr (GVariant) value = test_call (context, "os:getpid", NULL);
      G_GNUC_UNUSED g_autoptr (MitogenReceiver) receiver =
          mitogen_receiver_new (fixture->router, 0, TRUE, NULL, NULL);

      g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
      if (i == 20)
        before = test_resident_size ();
    }
  test_assert_grown_less (before, 8 * 1024);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  written = g_ptr_array_new_with_free_func (written_free);
  g_log_set_writer_func (log_writer, NULL, NULL);
  test_add_local ("/output/output", test_output);
  test_add_local ("/output/odd-output", test_odd_output);
  test_add_local ("/output/log", test_log);
  test_add_local ("/output/log-odd", test_log_odd);
  g_test_add_func ("/output/other-main-context", test_other_main_context);
  test_add_local ("/output/async-callbacks-context", test_async_callbacks_context);
  test_add_local ("/output/flood-heard", test_flood_heard);
  test_add_local ("/output/never-iterated", test_never_iterated);
  test_add_router ("/output/sync-only", test_sync_only);
  return g_test_run ();
}
