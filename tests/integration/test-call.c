/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Calls of functions in local children. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* ---- values and errors, in every interpreter ---- */

static void
assert_echo (MitogenContext *context, const char *args, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) parsed = g_variant_parse (NULL, args, NULL, NULL, &error);
  g_autoptr (GVariant) value = NULL;

  g_assert_no_error (error);
  value = test_call (context, "it_functions:echo", parsed);
  test_assert_value (value, expected);
}

static void
test_values (Fixture *fixture, gconstpointer data)
{
  MitogenContext *context = fixture->context;

  assert_echo (context, "(1,)", "int64 1");
  assert_echo (context, "(uint64 9223372036854775807,)", "int64 9223372036854775807");
  assert_echo (context, "(int64 -9223372036854775808,)", "int64 -9223372036854775808");
  assert_echo (context, "(true,)", "true");
  assert_echo (context, "(0.5,)", "0.5");
  assert_echo (context, "('é\U0001F600',)", "'é😀'");
  assert_echo (context, "(b'bytes',)", "b'bytes'");
  assert_echo (context, "(@mi nothing,)", "@mv nothing");
  assert_echo (context, "([1, 2, 3],)", "[<int64 1>, <int64 2>, <int64 3>]");
  assert_echo (context, "({'a': 1},)", "{'a': <int64 1>}");
  assert_echo (context, "(<(1, 'a')>,)", "(int64 1, 'a')");
  assert_echo (context, "(1, 2)", "(int64 1, int64 2)");
  assert_echo (context, "@() ()", "()");
}

static void
test_names (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) pid = test_call_typed (fixture->context, "os:getpid", NULL, "x");
  g_autoptr (GVariant) method =
      test_call (fixture->context, "it_functions:Class.method", g_variant_new ("(s)", "x"));
  g_autoptr (GVariant) joined =
      test_call_typed (fixture->context, "os.path:join", g_variant_new ("(ss)", "a", "b"), "s");

  g_assert_cmpint (g_variant_get_int64 (pid), ==, test_context_pid (fixture->context));
  test_assert_value (method, "[<'Class'>, <'x'>]");
  g_assert_cmpstr (g_variant_get_string (joined, NULL), ==, "a/b");
}

static void
test_keywords (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GVariantDict kwargs;
  g_autoptr (GVariant) value = NULL;

  g_variant_dict_init (&kwargs, NULL);
  g_variant_dict_insert (&kwargs, "key", "s", "value");
  value = mitogen_context_call (fixture->context, "it_functions:echo", NULL,
                                g_variant_dict_end (&kwargs), NULL, TEST_PATIENCE_MS, NULL, &error);
  g_assert_no_error (error);
  test_assert_value (value, "{'key': <'value'>}");
}

static void
assert_call_error (MitogenContext *context, const char *kind, const char *type, const char *message)
{
  g_autoptr (GError) error =
      test_call_fails (context, "it_functions:fail", g_variant_new ("(s)", kind));

  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
  test_assert_contains (mitogen_error_get_remote_type (error), type);
  if (message != NULL)
    g_assert_cmpstr (mitogen_error_get_remote_message (error), ==, message);
  g_assert_nonnull (mitogen_error_get_remote_traceback (error));
  g_assert_cmpuint (strlen (error->message), <, 20000);
  test_assert_alive (context);
}

static void
test_errors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  assert_call_error (fixture->context, "value", "ValueError", "no way");
  assert_call_error (fixture->context, "own", "it_functions.Own", "no way");
  assert_call_error (fixture->context, "exit", "SystemExit", NULL);
  assert_call_error (fixture->context, "interrupt", "KeyboardInterrupt", NULL);
  assert_call_error (fixture->context, "huge", "ValueError", NULL);
  assert_call_error (fixture->context, "deep", "R", NULL);
  assert_call_error (fixture->context, "lines", "ValueError", NULL);
  assert_call_error (fixture->context, "unpicklable", "", NULL);

  error = test_call_fails (fixture->context, "it_functions:fail", g_variant_new ("(s)", "value"));
  test_assert_contains (mitogen_error_get_remote_traceback (error), "it_functions.py");
  test_assert_contains (error->message, "ValueError: no way");
}

static void
assert_unfound (MitogenContext *context, const char *function, const char *part)
{
  g_autoptr (GError) error = test_call_fails (context, function, NULL);

  g_test_message ("%s: %s", function, error->message);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
  test_assert_contains (error->message, part);
  test_assert_alive (context);
}

static void
test_unfound (Fixture *fixture, gconstpointer data)
{
  assert_unfound (fixture->context, "no_such_module_:function", "no_such_module_");
  assert_unfound (fixture->context, "os:no_such_function", "no_such_function");
  assert_unfound (fixture->context, "it_functions:NoClass.method", "NoClass");
  assert_unfound (fixture->context, "it_functions:counter", "");
}

/* ---- arguments that are refused here ---- */

static void
test_bad_arguments (Fixture *fixture, gconstpointer data)
{
  static const char *const bad[] = { "", "os", "os:", ":getpid", "os:getpid:x", "os:a.b.c.d e" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = test_call_fails (fixture->context, bad[i], NULL);

      g_test_message ("“%s”: %s", bad[i], error->message);
    }
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value = mitogen_context_call (fixture->context, "it_functions:echo",
                                                         i == 0 ? g_variant_new_string ("x") : NULL,
                                                         i == 1 ? g_variant_new_int32 (1) : NULL,
                                                         NULL, TEST_PATIENCE_MS, NULL, &error);

      g_assert_null (value);
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE);
    }
  test_assert_alive (fixture->context);
}

/* ---- reply types ---- */

static void
test_reply_types (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *args;
    const char *type;
    const char *expected; /* NULL: refused */
  } cases[] = {
    { "(5,)", "y", "byte 0x05" },
    { "(300,)", "y", NULL },
    { "(5,)", "u", "uint32 5" },
    { "(-5,)", "u", NULL },
    { "(5,)", "d", "5.0" },
    { "('5',)", "x", NULL },
    { "([1, 2],)", "ai", "[1, 2]" },
    { "([1, 2],)", "as", NULL },
    { "(['a', 'b'],)", "as", "['a', 'b']" },
    { "({'a': 1},)", "a{si}", "{'a': 1}" },
    { "({'a': 1},)", "a{sv}", "{'a': <int64 1>}" },
    { "(1, 'a')", "(is)", "(1, 'a')" },
    { "(1, 'a')", "(isi)", NULL },
    { "(b'ab',)", "ay", "b'ab'" },
    { "(@ms nothing,)", "ms", "@ms nothing" },
    { "(1,)", "v", "<int64 1>" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) args = g_variant_parse (NULL, cases[i].args, NULL, NULL, NULL);
      g_autoptr (GVariant) value =
          mitogen_context_call (fixture->context, "it_functions:echo", args, NULL,
                                G_VARIANT_TYPE (cases[i].type), TEST_PATIENCE_MS, NULL, &error);

      g_test_message ("%s as %s", cases[i].args, cases[i].type);
      if (cases[i].expected != NULL)
        test_assert_value (value, cases[i].expected);
      else
        g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE);
    }
}

/* ---- ways to call ---- */

static void
test_async (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = NULL;

  mitogen_context_call_async (fixture->context, "it_functions:echo", g_variant_new ("(i)", 5), NULL,
                              G_VARIANT_TYPE_INT32, TEST_PATIENCE_MS, NULL, test_keep_result,
                              &result);
  g_assert_null (result);
  value = mitogen_context_call_finish (fixture->context, test_wait_result (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int32 (value), ==, 5);
}

static void
test_async_error (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_context_call_async (fixture->context, "it_functions:fail", g_variant_new ("(s)", "value"),
                              NULL, NULL, -1, NULL, test_keep_result, &result);
  g_assert_null (
      mitogen_context_call_finish (fixture->context, test_wait_result (&result), &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
}

static void
test_no_reply (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = NULL;

  for (guint i = 0; i < 10; i++)
    {
      g_assert_true (mitogen_context_call_no_reply (fixture->context, "it_functions:count", NULL,
                                                    NULL, &error));
      g_assert_no_error (error);
    }
  /* Calls are done in their order. */
  value = test_call_typed (fixture->context, "it_functions:count", NULL, "i");
  g_assert_cmpint (g_variant_get_int32 (value), ==, 11);

  g_assert_true (mitogen_context_call_no_reply (fixture->context, "it_functions:fail",
                                                g_variant_new ("(s)", "value"), NULL, &error));
  test_assert_alive (fixture->context);
}

static void
test_start_call (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenReceiver) first = NULL;
  g_autoptr (MitogenReceiver) second = NULL;
  g_autoptr (GVariant) value = NULL;

  first = mitogen_context_start_call (fixture->context, "it_functions:echo",
                                      g_variant_new ("(i)", 1), NULL, &error);
  g_assert_no_error (error);
  second = mitogen_context_start_call (fixture->context, "it_functions:fail",
                                       g_variant_new ("(s)", "value"), NULL, &error);
  g_assert_no_error (error);
  g_assert_true (mitogen_receiver_get_context (first) == fixture->context);

  g_assert_null (mitogen_receiver_get_data (second, TEST_PATIENCE_MS, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
  g_clear_error (&error);
  value = mitogen_receiver_get_data (first, TEST_PATIENCE_MS, NULL, &error);
  g_assert_no_error (error);
  test_assert_value (value, "int64 1");
  g_assert_true (mitogen_receiver_is_empty (first));
}

/* ---- limits of time, and cancelling ---- */

/* While it is stopped there is no answer, however long this process or the machine stalls. */
static void
stop (MitogenContext *context)
{
  g_assert_cmpint (kill (test_context_pid (context), SIGSTOP), ==, 0);
}

static void
go_on (MitogenContext *context)
{
  g_assert_cmpint (kill (test_context_pid (context), SIGCONT), ==, 0);
}

static void
test_timeout (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  stop (fixture->context);
  g_assert_null (mitogen_context_call (fixture->context, "it_functions:nap",
                                       g_variant_new ("(d)", 0.1), NULL, NULL, 50, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  g_clear_error (&error);

  mitogen_context_call_async (fixture->context, "os:getpid", NULL, NULL, NULL, 20, NULL,
                              test_keep_result, &result);
  g_assert_null (
      mitogen_context_call_finish (fixture->context, test_wait_result (&result), &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  /* The answers that come too late are dropped, not given to another call. */
  go_on (fixture->context);
  test_assert_alive (fixture->context);
  test_assert_alive (fixture->context);
}

static void
test_timeout_zero (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  stop (fixture->context);
  g_assert_null (mitogen_context_call (fixture->context, "it_functions:nap",
                                       g_variant_new ("(d)", 0.05), NULL, NULL, 0, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  go_on (fixture->context);
  test_assert_alive (fixture->context);
}

static gpointer
cancel_later (gpointer data)
{
  g_usleep (50 * 1000);
  g_cancellable_cancel (data);
  return NULL;
}

static void
test_cancel_sync (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread;

  stop (fixture->context);
  thread = g_thread_new ("cancel", cancel_later, cancellable);
  g_assert_null (mitogen_context_call (fixture->context, "it_functions:nap",
                                       g_variant_new ("(d)", 0.1), NULL, NULL, TEST_PATIENCE_MS,
                                       cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  go_on (fixture->context);
  g_clear_error (&error);

  /* Cancelled before: it is not even sent. */
  g_assert_null (mitogen_context_call (fixture->context, "it_functions:count", NULL, NULL, NULL, -1,
                                       cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  {
    g_autoptr (GVariant) value =
        test_call_typed (fixture->context, "it_functions:count", NULL, "i");

    g_assert_cmpint (g_variant_get_int32 (value), ==, 1);
  }
}

static void
assert_async_cancelled (MitogenContext *context, GCancellable *cancellable, gboolean before)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (before)
    g_cancellable_cancel (cancellable);
  stop (context);
  mitogen_context_call_async (context, "it_functions:nap", g_variant_new ("(d)", 0.05), NULL, NULL,
                              TEST_PATIENCE_MS, cancellable, test_keep_result, &result);
  g_cancellable_cancel (cancellable);
  g_assert_null (result);
  g_assert_null (mitogen_context_call_finish (context, test_wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  go_on (context);
}

static void
test_cancel_async (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) first = g_cancellable_new ();
  g_autoptr (GCancellable) second = g_cancellable_new ();

  assert_async_cancelled (fixture->context, first, FALSE);
  assert_async_cancelled (fixture->context, second, TRUE);
  test_assert_alive (fixture->context);
}

/* At any moment, also together with the answer: one outcome, and only one. */
static void
test_cancel_races (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value = NULL;
      gint64 moment = g_get_monotonic_time () + g_test_rand_int_range (0, 400);

      mitogen_context_call_async (fixture->context, "os:getpid", NULL, NULL, NULL, -1, cancellable,
                                  test_keep_result, &result);
      while (result == NULL && g_get_monotonic_time () < moment)
        g_main_context_iteration (NULL, FALSE);
      g_cancellable_cancel (cancellable);
      value = mitogen_context_call_finish (fixture->context, test_wait_result (&result), &error);
      if (value == NULL)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  test_assert_alive (fixture->context);
}

/* ---- many, and large ---- */

#define N_THREADS        8
#define CALLS_PER_THREAD 100

typedef struct
{
  MitogenContext *context;
  gint number;
} Caller;

static gpointer
call_often (gpointer data)
{
  Caller *caller = data;

  for (gint i = 0; i < CALLS_PER_THREAD; i++)
    {
      gint sent = caller->number * CALLS_PER_THREAD + i;
      g_autoptr (GVariant) value =
          test_call_typed (caller->context, "it_functions:echo", g_variant_new ("(i)", sent), "i");

      g_assert_cmpint (g_variant_get_int32 (value), ==, sent);
    }
  return NULL;
}

static void
test_threads (Fixture *fixture, gconstpointer data)
{
  GThread *threads[N_THREADS];
  Caller callers[N_THREADS];

  for (gint i = 0; i < N_THREADS; i++)
    {
      callers[i] = (Caller){ fixture->context, i };
      threads[i] = g_thread_new ("caller", call_often, &callers[i]);
    }
  for (gint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
}

#define N_CALLS 2000

typedef struct
{
  gint expected;
  guint done;
} Sequence;

static void
on_called (GObject *source, GAsyncResult *result, gpointer data)
{
  Sequence *sequence = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value =
      mitogen_context_call_finish (MITOGEN_CONTEXT (source), result, &error);

  g_assert_no_error (error);
  /* The child does them one by one, so they end in their order. */
  g_assert_cmpint (g_variant_get_int32 (value), ==, sequence->expected);
  sequence->expected++;
  sequence->done++;
}

static void
test_many_at_once (Fixture *fixture, gconstpointer data)
{
  Sequence sequence = { 0, 0 };

  for (gint i = 0; i < N_CALLS; i++)
    mitogen_context_call_async (fixture->context, "it_functions:echo", g_variant_new ("(i)", i),
                                NULL, G_VARIANT_TYPE_INT32, TEST_PATIENCE_MS, NULL, on_called,
                                &sequence);
  test_wait (sequence.done == N_CALLS);
}

static GVariant *
large_bytes (gsize size)
{
  guint8 *data = g_malloc (size);

  memset (data, 0x55, size);
  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, data, size, TRUE, g_free, data);
}

static void
test_large (Fixture *fixture, gconstpointer data)
{
  gsize size = 16 * 1024 * 1024;
  g_autoptr (GVariant) checked =
      test_call_typed (fixture->context, "it_functions:check_large",
                       g_variant_new ("(@ay)", large_bytes (size)), "(xbx)");
  g_autoptr (GVariant) zeros = test_call_typed (fixture->context, "it_functions:zeros",
                                                g_variant_new ("(i)", (gint) size), "ay");
  gint64 length;
  gint64 count;
  gboolean same;

  g_variant_get (checked, "(xbx)", &length, &same, &count);
  g_assert_cmpint (length, ==, size);
  g_assert_cmpint (count, ==, size);
  g_assert_true (same);
  g_assert_cmpuint (g_variant_get_size (zeros), ==, size);
}

/* Both directions are full at once: whoever only writes would wait for ever. */
static void
test_large_both_ways (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) answers = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < 4; i++)
    g_ptr_array_add (answers,
                     mitogen_context_start_call (fixture->context, "it_functions:echo",
                                                 g_variant_new ("(@ay)", large_bytes (8 << 20)),
                                                 NULL, NULL));
  for (guint i = 0; i < answers->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value =
          mitogen_receiver_get_data (answers->pdata[i], TEST_PATIENCE_MS, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (g_variant_get_size (value), ==, 8 << 20);
    }
}

/* The child answers what its machinery answers while user code runs. */
static void
test_message_during_long_call (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
  g_autoptr (MitogenMessage) unknown = mitogen_message_new (0, 4242, nothing);
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp (NULL, &path, &error);
  g_autoptr (MitogenReceiver) wait = NULL;
  g_autoptr (GVariant) value = NULL;

  g_assert_no_error (error);
  close (fd);
  wait = mitogen_context_start_call (fixture->context, "it_functions:wait_until_gone",
                                     g_variant_new ("(s)", path), NULL, &error);
  g_assert_no_error (error);
  g_assert_null (
      mitogen_context_send_await (fixture->context, unknown, TEST_PATIENCE_MS, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpstr (error->message, ==, "invalid handle");
  g_assert_null (mitogen_receiver_try_get (wait));
  g_clear_error (&error);
  g_assert_cmpint (g_unlink (path), ==, 0);
  value = mitogen_receiver_get_data (wait, TEST_PATIENCE_MS, NULL, &error);
  g_assert_no_error (error);
}

/* Another call waits its turn, as it does in the original. */
static void
test_call_during_long_call (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenReceiver) nap =
      mitogen_context_start_call (fixture->context, "it_functions:nap", g_variant_new ("(d)", 0.2),
                                  NULL, &error);

  g_assert_no_error (error);
  test_assert_alive (fixture->context);
  g_assert_false (mitogen_receiver_is_empty (nap));
}

/* ---- messages by hand ---- */

static void
test_send_await (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
  g_autoptr (MitogenMessage) unknown = mitogen_message_new (0, 4242, nothing);

  mitogen_context_send_await_async (fixture->context, unknown, TEST_PATIENCE_MS, NULL,
                                    test_keep_result, &result);
  g_assert_null (
      mitogen_context_send_await_finish (fixture->context, test_wait_result (&result), &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpstr (error->message, ==, "invalid handle");
}

static void
test_receiver_from_child (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenReceiver) receiver =
      mitogen_receiver_new (fixture->router, 0, TRUE, fixture->context, &error);
  g_autoptr (MitogenSender) sender = NULL;

  g_assert_no_error (error);
  sender = mitogen_receiver_to_sender (receiver);
  g_assert_true (mitogen_context_call_no_reply (
      fixture->context, "it_functions:send_many",
      g_variant_new ("(@*i)", mitogen_sender_to_variant (sender), 1000), NULL, &error));
  for (gint64 i = 0; i < 1000; i++)
    {
      g_autoptr (GVariant) value =
          mitogen_receiver_get_data (receiver, TEST_PATIENCE_MS, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpint (g_variant_get_int64 (value), ==, i);
    }
}

/* ---- interpreters ---- */

static void
add_for_python (const char *python)
{
  static const struct
  {
    const char *name;
    FixtureFunc func;
  } tests[] = {
    { "values", test_values },
    { "names", test_names },
    { "keywords", test_keywords },
    { "errors", test_errors },
    { "unfound", test_unfound },
    { "large", test_large },
    { "receiver", test_receiver_from_child },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strdup_printf ("/call/in%s/%s", python, tests[i].name);

      test_add_local_python (path, python, tests[i].func);
    }
}

static void
test_interpreters_present (void)
{
  guint n = g_strv_length ((char **) test_pythons ());

  if (n < 9)
    {
      g_autofree char *text = g_strdup_printf ("only %u interpreters are here", n);

      g_test_skip (text);
    }
}

int
main (int argc, char **argv)
{
  const char *const *pythons = test_pythons ();

  test_init (&argc, &argv);
  g_test_add_func ("/call/interpreters-present", test_interpreters_present);
  for (guint i = 0; pythons[i] != NULL; i++)
    add_for_python (pythons[i]);
  test_add_local ("/call/bad-arguments", test_bad_arguments);
  test_add_local ("/call/reply-types", test_reply_types);
  test_add_local ("/call/async", test_async);
  test_add_local ("/call/async-error", test_async_error);
  test_add_local ("/call/no-reply", test_no_reply);
  test_add_local ("/call/start-call", test_start_call);
  test_add_local ("/call/timeout", test_timeout);
  test_add_local ("/call/timeout-zero", test_timeout_zero);
  test_add_local ("/call/cancel-sync", test_cancel_sync);
  test_add_local ("/call/cancel-async", test_cancel_async);
  test_add_local ("/call/cancel-races", test_cancel_races);
  test_add_local ("/call/threads", test_threads);
  test_add_local ("/call/many-at-once", test_many_at_once);
  test_add_local ("/call/large-both-ways", test_large_both_ways);
  test_add_local ("/call/message-during-long-call", test_message_during_long_call);
  test_add_local ("/call/call-during-long-call", test_call_during_long_call);
  test_add_local ("/call/send-await", test_send_await);
  return g_test_run ();
}
