/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Handlers, receivers and functions behind policies of the program, and handles that are taken
 * over. */

#include "test-util.h"

#include <string.h>

/* What may wait for a child that does not read what it is told, and a little more. */
#define MAX_UNREAD (5 * 1024 * 1024)
#define FLOOD      150000

/* ---- what is logged ---- */

static gint complaints; /* atomic */

static GLogWriterOutput
count_complaints (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  for (gsize i = 0; i < n; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0 &&
        strstr (fields[i].value, "it is refused by a policy") != NULL)
      g_atomic_int_inc (&complaints);
  return g_log_writer_default (level, fields, n, data);
}

/* ---- a handler with a policy: it echoes; numbers below 100 are refused ---- */

typedef struct
{
  guint judged;
  guint refused;
  guint dead;
  guint served;
  guint destroyed; /* of the handler's and the policy's data */
  GThread *thread;
} Served;

static gboolean
judge (MitogenRouter *router, MitogenMessage *message, gpointer data)
{
  Served *served = data;
  g_autoptr (GVariant) value = NULL;

  g_assert_true (MITOGEN_IS_ROUTER (router));
  g_assert_true (served->thread == g_thread_self ());
  served->judged++;
  value = mitogen_message_unpickle (message, NULL);
  if (value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_INT64) &&
      g_variant_get_int64 (value) >= 100)
    return TRUE;
  served->refused++;
  return FALSE;
}

static void
serve (MitogenRouter *router, MitogenMessage *message, gpointer data)
{
  Served *served = data;
  g_autoptr (GVariant) value = NULL;

  if (mitogen_message_is_dead (message))
    {
      served->dead++;
      return;
    }
  served->served++;
  value = mitogen_message_unpickle (message, NULL);
  if (mitogen_message_get_reply_to (message) != 0)
    g_assert_true (mitogen_message_reply (message, value, NULL));
}

static void
on_destroyed (gpointer data)
{
  Served *served = data;

  served->destroyed++;
}

static guint32
add (Fixture *fixture,
     guint32 handle,
     MitogenHandlerFlags flags,
     MitogenContext *respondent,
     Served *served)
{
  g_autoptr (GError) error = NULL;

  served->thread = g_thread_self ();
  handle = mitogen_router_add_handler_full (fixture->router, handle, flags, respondent,
                                            MITOGEN_POLICY_ANY, judge, served, on_destroyed, serve,
                                            served, on_destroyed, &error);
  g_assert_no_error (error);
  return handle;
}

/* A call in the child, while the main context is iterated. */
static GVariant *
call (MitogenContext *context, const char *function, GVariant *args)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GVariant *value;

  mitogen_context_call_async (context, function, args, NULL, NULL, TEST_PATIENCE_MS, NULL,
                              test_keep_result, &result);
  value = mitogen_context_call_finish (context, test_wait_result (&result), &error);
  g_assert_no_error (error);
  return value;
}

static void
assert_answer (MitogenContext *context, guint32 handle, gint number, const char *expected)
{
  g_autoptr (GVariant) value =
      call (context, "it_policy:ask", g_variant_new ("(ui)", handle, number));

  test_assert_value (value, expected);
}

#define REFUSED "'error: refused by policy'"

static void
test_handler (Fixture *fixture, gconstpointer data)
{
  Served served = { 0 };
  guint32 handle = add (fixture, 0, MITOGEN_HANDLER_PERSIST, NULL, &served);

  for (gint i = 0; i < 3; i++)
    {
      assert_answer (fixture->context, handle, 7, REFUSED);
      assert_answer (fixture->context, handle, 100 + i,
                     i == 0   ? "int64 100"
                     : i == 1 ? "int64 101"
                              : "int64 102");
    }
  g_assert_cmpuint (served.judged, ==, 6);
  g_assert_cmpuint (served.served, ==, 3);

  g_assert_true (mitogen_router_remove_handler (fixture->router, handle));
  test_wait (served.destroyed == 2);
  assert_answer (fixture->context, handle, 100, "'error: invalid handle'");
  g_assert_cmpuint (served.judged, ==, 6);
}

/* What is refused does not use it up. */
static void
test_once (Fixture *fixture, gconstpointer data)
{
  for (guint round = 0; round < 5; round++)
    {
      Served served = { 0 };
      guint32 handle = add (fixture, 0, MITOGEN_HANDLER_NONE, NULL, &served);
      g_autoptr (GVariant) value = NULL;

      assert_answer (fixture->context, handle, 7, REFUSED);
      /* All of them are here before the first is judged, or so; only one is served. */
      value = call (fixture->context, "it_policy:tell",
                    g_variant_new_parsed ("(%u, [1, 2, 200, 3, 201, 202])", handle));
      assert_answer (fixture->context, handle, 203, "'error: invalid handle'");
      g_assert_cmpuint (served.served, ==, 1);
      g_assert_cmpuint (served.refused, ==, 3);
      g_assert_cmpuint (served.dead, ==, 0);
      test_wait (served.destroyed == 2);
    }
}

/* The news of an end are not for the policy to refuse. */
static void
test_ends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) other = test_local (fixture->router);
  Served once = { 0 };
  Served respondent = { 0 };
  Served persistent = { 0 };
  guint32 handle;

  add (fixture, 0, MITOGEN_HANDLER_NONE, NULL, &once);
  add (fixture, 0, MITOGEN_HANDLER_PERSIST, NULL, &persistent);
  handle = add (fixture, 0, MITOGEN_HANDLER_NONE, fixture->context, &respondent);
  assert_answer (other, handle, 200, "'error: reply from unexpected context'");
  assert_answer (fixture->context, handle, 7, REFUSED);
  g_assert_true (mitogen_context_kill (fixture->context, TRUE, NULL, NULL));
  test_wait (respondent.destroyed == 2);
  g_assert_cmpuint (respondent.dead, ==, 1);
  g_assert_cmpuint (respondent.judged, ==, 1);

  mitogen_router_shutdown (fixture->router);
  g_assert_true (mitogen_router_join (fixture->router, TEST_PATIENCE_MS));
  test_wait (once.destroyed == 2 && persistent.destroyed == 2);
  g_assert_cmpuint (once.dead, ==, 1);
  g_assert_cmpuint (persistent.dead, ==, 1);
  g_assert_cmpuint (once.judged + persistent.judged, ==, 0);
}

/* ---- taking over ---- */

static void
test_overwrite (Fixture *fixture, gconstpointer data)
{
  Served first = { 0 };
  Served second = { 0 };
  guint32 handle = add (fixture, 0, MITOGEN_HANDLER_PERSIST, NULL, &first);
  g_autoptr (MitogenReceiver) receiver = NULL;
  g_autoptr (MitogenReceiver) last = NULL;
  g_autoptr (MitogenMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  assert_answer (fixture->context, handle, 100, "int64 100");
  g_assert_null (mitogen_receiver_new (fixture->router, handle, TRUE, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_clear_error (&error);

  g_assert_cmpuint (add (fixture, handle, MITOGEN_HANDLER_PERSIST | MITOGEN_HANDLER_OVERWRITE, NULL,
                         &second),
                    ==, handle);
  test_wait (first.destroyed == 2);
  g_assert_cmpuint (first.dead, ==, 1);
  assert_answer (fixture->context, handle, 101, "int64 101");
  g_assert_cmpuint (first.served, ==, 1);
  g_assert_cmpuint (second.served, ==, 1);

  receiver = mitogen_receiver_new_full (fixture->router, handle,
                                        MITOGEN_HANDLER_PERSIST | MITOGEN_HANDLER_OVERWRITE, NULL,
                                        MITOGEN_POLICY_ANY, &error);
  g_assert_no_error (error);
  test_wait (second.destroyed == 2);
  last = mitogen_receiver_new_full (fixture->router, handle, MITOGEN_HANDLER_OVERWRITE, NULL,
                                    MITOGEN_POLICY_IMMEDIATE_CHILD, &error);
  g_assert_no_error (error);
  message = mitogen_receiver_get (receiver, TEST_PATIENCE_MS, NULL, &error);
  g_assert_null (message);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_clear_error (&error);
  /* Its end is not that of its successor. */
  g_clear_object (&receiver);
  g_assert_true (mitogen_context_call_no_reply (fixture->context, "it_policy:tell",
                                                g_variant_new_parsed ("(%u, [5])", handle), NULL,
                                                NULL));
  message = mitogen_receiver_get (last, TEST_PATIENCE_MS, NULL, &error);
  g_assert_no_error (error);
}

static void
test_overwrite_own (Fixture *fixture, gconstpointer data)
{
  /* FORWARD_LOG */
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_receiver_new_full (fixture->router, 102, MITOGEN_HANDLER_OVERWRITE, NULL,
                                            MITOGEN_POLICY_ANY, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_test_message ("%s", error->message);
}

static void
test_receiver (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenReceiver) receiver =
      mitogen_receiver_new_full (fixture->router, 0, MITOGEN_HANDLER_NONE, NULL,
                                 MITOGEN_POLICY_PARENTS, &error);

  g_assert_no_error (error);
  assert_answer (fixture->context, mitogen_receiver_get_handle (receiver), 200, REFUSED);
  g_assert_true (mitogen_receiver_is_empty (receiver));
}

/* ---- functions ---- */

static gboolean
judge_caller (MitogenRouter *router, MitogenMessage *message, gpointer data)
{
  MitogenContext *friend = data;

  return mitogen_message_get_src_id (message) == mitogen_context_get_id (friend);
}

static void
add_one (MitogenCall *called, gpointer data)
{
  gint64 number;

  g_variant_get (mitogen_call_get_args (called), "(x)", &number);
  g_assert_true (mitogen_call_return_value (called, g_variant_new_int64 (number + 1), NULL));
}

static void
test_function (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) other = test_local (fixture->router);
  g_autoptr (GVariant) text = NULL;
  g_autoptr (GVariant) sum = NULL;
  g_autoptr (GError) error = NULL;
  guint destroyed = 0;

  g_assert_true (
      mitogen_router_export_function_full (fixture->router, "app:add_one", MITOGEN_POLICY_ANY,
                                           judge_caller, g_object_ref (fixture->context),
                                           g_object_unref, add_one, &destroyed, NULL, &error));
  g_assert_no_error (error);
  sum = call (fixture->context, "it_exports:call",
              g_variant_new_parsed ("('app:add_one', (41,), @a{sv} {})"));
  test_assert_value (sum, "int64 42");
  text = call (other, "it_exports:call_fails", g_variant_new ("(s)", "app:add_one"));
  test_assert_contains (g_variant_get_string (text, NULL), "may not call “app:add_one”");
  g_assert_true (mitogen_router_unexport_function (fixture->router, "app:add_one"));
}

/* ---- a flood ---- */

static void
test_flood (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) bystander = test_local (fixture->router);
  g_autofree char *script = test_remote_file ("hostile_child.py");
  g_autofree char *argument = NULL;
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (MitogenStream) stream = NULL;
  Served served = { 0 };
  guint32 handle = add (fixture, 0, MITOGEN_HANDLER_PERSIST, NULL, &served);
  gint before = g_atomic_int_get (&complaints);

  argument = g_strdup_printf ("%u,%u", handle, FLOOD);
  connection = test_connection_argv (TEST_PYTHON, script, "flood_handle", argument, NULL);
  context = test_connect (fixture->router, connection);
  stream = mitogen_router_stream_by_id (fixture->router, mitogen_context_get_id (context));
  while (served.refused < FLOOD)
    {
      guint last = served.refused;

      test_wait (served.refused > last);
      g_assert_cmpuint (mitogen_stream_get_pending_bytes (stream), <, MAX_UNREAD);
    }
  test_assert_alive (bystander);
  g_assert_cmpuint (served.served, ==, 0);
  test_wait (g_atomic_int_get (&complaints) > before);
  assert_answer (bystander, handle, 100, "int64 100");
  g_assert_cmpint (g_atomic_int_get (&complaints) - before, ==, 1);
  g_assert_true (mitogen_context_kill (context, TRUE, NULL, NULL));
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_log_set_writer_func (count_complaints, NULL, NULL);
  test_add_local ("/policy/handler", test_handler);
  test_add_local ("/policy/once", test_once);
  test_add_local ("/policy/ends", test_ends);
  test_add_local ("/policy/overwrite", test_overwrite);
  test_add_router ("/policy/overwrite-own", test_overwrite_own);
  test_add_local ("/policy/receiver", test_receiver);
  test_add_local ("/policy/function", test_function);
  test_add_router ("/policy/flood", test_flood);
  return g_test_run ();
}
