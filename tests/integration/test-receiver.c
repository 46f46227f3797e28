/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Receivers, senders, channels, call chains and handlers of the program, within this process and
 * with a child. */

#include "test-util.h"

#include <string.h>

static MitogenReceiver *
receiver_new (MitogenRouter *router, guint32 handle, gboolean persist)
{
  g_autoptr (GError) error = NULL;
  MitogenReceiver *receiver = mitogen_receiver_new (router, handle, persist, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (receiver);
  return receiver;
}

static void
put (MitogenSender *sender, gint number)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mitogen_sender_put (sender, g_variant_new_int32 (number), &error));
  g_assert_no_error (error);
}

static gint64
number_of (MitogenMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = mitogen_message_unpickle (message, &error);

  g_assert_no_error (error);
  return g_variant_get_int64 (value);
}

/* ---- taking ---- */

static void
test_get (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenReceiver) receiver = receiver_new (fixture->router, 0, TRUE);
  g_autoptr (MitogenSender) sender = mitogen_receiver_to_sender (receiver);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) second = NULL;
  g_autoptr (MitogenMessage) first = NULL;

  g_assert_cmpuint (mitogen_receiver_get_handle (receiver), >=, 1000);
  g_assert_cmpuint (mitogen_sender_get_dst_handle (sender), ==,
                    mitogen_receiver_get_handle (receiver));
  g_assert_null (mitogen_receiver_try_get (receiver));
  g_assert_null (mitogen_receiver_get (receiver, 10, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  g_clear_error (&error);

  put (sender, 1);
  put (sender, 2);
  first = mitogen_receiver_get (receiver, TEST_PATIENCE_MS, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (number_of (first), ==, 1);
  g_assert_true (mitogen_message_get_receiver (first) == receiver);
  second = mitogen_receiver_get_data (receiver, TEST_PATIENCE_MS, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int64 (second), ==, 2);
  g_assert_true (mitogen_receiver_is_empty (receiver));

  mitogen_sender_close (sender);
  g_assert_null (mitogen_receiver_get (receiver, TEST_PATIENCE_MS, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpstr (error->message, ==, "Sender was explicitly closed");
}

static void
test_get_async (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenReceiver) receiver = receiver_new (fixture->router, 0, TRUE);
  g_autoptr (MitogenSender) sender = mitogen_receiver_to_sender (receiver);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GAsyncResult *results[3] = { NULL };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    mitogen_receiver_get_data_async (receiver, TEST_PATIENCE_MS, i == 1 ? cancellable : NULL,
                                     test_keep_result, &results[i]);
  g_cancellable_cancel (cancellable);
  test_wait (results[1] != NULL);
  g_assert_null (mitogen_receiver_get_data_finish (receiver, results[1], &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  put (sender, 0);
  put (sender, 2);
  for (guint i = 0; i < G_N_ELEMENTS (results); i += 2)
    {
      g_autoptr (GVariant) value = NULL;

      test_wait (results[i] != NULL);
      value = mitogen_receiver_get_data_finish (receiver, results[i], &error);
      g_assert_no_error (error);
      g_assert_cmpint (g_variant_get_int64 (value), ==, i);
    }
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    g_object_unref (results[i]);
}

static void
test_close (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenReceiver) receiver = receiver_new (fixture->router, 0, TRUE);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  G_GNUC_UNUSED g_autoptr (MitogenMessage) message = NULL;

  mitogen_receiver_get_async (receiver, -1, NULL, test_keep_result, &result);
  mitogen_receiver_close (receiver);
  mitogen_receiver_close (receiver);
  g_assert_null (mitogen_receiver_get_finish (receiver, test_wait_result (&result), &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_clear_error (&error);
  g_assert_null (mitogen_receiver_get (receiver, -1, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
}

/* ---- signals ---- */

typedef struct
{
  guint ready;
  guint closed;
  GArray *numbers; /* of gint64 */
  GThread *thread;
} Heard;

static void
on_ready (MitogenReceiver *receiver, gpointer data)
{
  Heard *heard = data;

  heard->ready++;
  heard->thread = g_thread_self ();
  while (TRUE)
    {
      g_autoptr (MitogenMessage) message = mitogen_receiver_try_get (receiver);
      gint64 number;

      if (message == NULL)
        return;
      number = number_of (message);
      g_array_append_val (heard->numbers, number);
    }
}

static void
on_message (MitogenReceiver *receiver, MitogenMessage *message, gpointer data)
{
  Heard *heard = data;
  gint64 number = mitogen_message_is_dead (message) ? -1 : number_of (message);

  heard->thread = g_thread_self ();
  g_array_append_val (heard->numbers, number);
}

static void
on_closed (MitogenReceiver *receiver, gpointer data)
{
  Heard *heard = data;

  heard->closed++;
}

static void
assert_numbers (Heard *heard, guint n)
{
  g_assert_cmpuint (heard->numbers->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (g_array_index (heard->numbers, gint64, i), ==, i);
  g_assert_true (heard->thread == g_thread_self ());
}

static void
test_ready (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenReceiver) receiver = receiver_new (fixture->router, 0, TRUE);
  g_autoptr (MitogenSender) sender = mitogen_receiver_to_sender (receiver);
  Heard heard = { .numbers = g_array_new (FALSE, FALSE, sizeof (gint64)) };

  g_signal_connect (receiver, "ready", G_CALLBACK (on_ready), &heard);
  g_signal_connect (receiver, "closed", G_CALLBACK (on_closed), &heard);
  for (gint i = 0; i < 500; i++)
    put (sender, i);
  test_wait (heard.numbers->len == 500);
  assert_numbers (&heard, 500);
  g_assert_cmpuint (heard.ready, >, 0);
  mitogen_receiver_close (receiver);
  test_wait (heard.closed == 1);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (heard.closed, ==, 1);
  g_array_unref (heard.numbers);
}

static void
test_flowing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenReceiver) receiver = receiver_new (fixture->router, 0, TRUE);
  g_autoptr (MitogenSender) sender = mitogen_receiver_to_sender (receiver);
  Heard heard = { .numbers = g_array_new (FALSE, FALSE, sizeof (gint64)) };

  g_signal_connect (receiver, "message", G_CALLBACK (on_message), &heard);
  for (gint i = 0; i < 100; i++)
    put (sender, i);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (heard.numbers->len, ==, 0);
  mitogen_receiver_set_flowing (receiver, TRUE);
  for (gint i = 100; i < 200; i++)
    put (sender, i);
  test_wait (heard.numbers->len == 200);
  assert_numbers (&heard, 200);
  mitogen_sender_close (sender);
  test_wait (heard.numbers->len == 201);
  g_assert_cmpint (g_array_index (heard.numbers, gint64, 200), ==, -1);
  g_array_unref (heard.numbers);
}

/* ---- handles ---- */

static void
test_handle (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenReceiver) receiver = receiver_new (fixture->router, 555, TRUE);
  g_autoptr (MitogenReceiver) again = NULL;

  g_assert_cmpuint (mitogen_receiver_get_handle (receiver), ==, 555);
  g_assert_null (mitogen_receiver_new (fixture->router, 555, TRUE, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_clear_object (&receiver);
  again = receiver_new (fixture->router, 555, TRUE);
}

/* One that takes a single message is a handle for a single message. */
static void
test_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenReceiver) receiver = receiver_new (fixture->router, 0, FALSE);
  g_autoptr (MitogenSender) sender = mitogen_receiver_to_sender (receiver);
  g_autoptr (MitogenMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  put (sender, 1);
  put (sender, 2);
  message = mitogen_receiver_get (receiver, TEST_PATIENCE_MS, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (number_of (message), ==, 1);
  g_assert_null (mitogen_receiver_get (receiver, 20, NULL, &error));
  g_assert_nonnull (error);
}

typedef struct
{
  guint messages;
  guint destroyed;
  GThread *thread;
} Served;

static void
on_request (MitogenRouter *router, MitogenMessage *message, gpointer data)
{
  Served *served = data;
  g_autoptr (GError) error = NULL;

  served->messages++;
  served->thread = g_thread_self ();
  if (!mitogen_message_is_dead (message))
    g_assert_true (mitogen_message_reply (message, g_variant_new_string ("served"), &error));
}

static void
on_served_destroyed (gpointer data)
{
  Served *served = data;

  served->destroyed++;
  g_assert_true (served->thread == NULL || served->thread == g_thread_self ());
}

static MitogenMessage *
request_new (guint32 handle)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);

  return mitogen_message_new (0, handle, bytes);
}

static void
test_add_handler (Fixture *fixture, gconstpointer data)
{
  MitogenContext *myself = mitogen_router_myself (fixture->router);
  g_autoptr (MitogenMessage) request = NULL;
  g_autoptr (MitogenMessage) answer = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  G_GNUC_UNUSED g_autofree char *text = NULL;
  Served served = { 0 };
  guint32 handle =
      mitogen_router_add_handler (fixture->router, 0, TRUE, NULL, MITOGEN_POLICY_PARENTS,
                                  on_request, &served, on_served_destroyed, &error);

  g_assert_no_error (error);
  request = request_new (handle);
  mitogen_context_send_await_async (myself, request, TEST_PATIENCE_MS, NULL, test_keep_result,
                                    &result);
  answer = mitogen_context_send_await_finish (myself, test_wait_result (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (served.messages, ==, 1);
  g_assert_true (served.thread == g_thread_self ());

  g_assert_true (mitogen_router_remove_handler (fixture->router, handle));
  g_assert_false (mitogen_router_remove_handler (fixture->router, handle));
  g_assert_cmpuint (served.destroyed, ==, 0);
  test_wait (served.destroyed == 1);
  g_assert_null (mitogen_context_send_await (myself, request, TEST_PATIENCE_MS, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpstr (error->message, ==, "invalid handle");
}

/* At the end of the router a handler hears of it, and its data are freed. */
static void
test_handler_at_the_end (Fixture *fixture, gconstpointer data)
{
  Served served = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (mitogen_router_add_handler (fixture->router, 600, TRUE, NULL,
                                                MITOGEN_POLICY_ANY, on_request, &served,
                                                on_served_destroyed, &error),
                    ==, 600);
  mitogen_router_shutdown (fixture->router);
  g_assert_true (mitogen_router_join (fixture->router, TEST_PATIENCE_MS));
  test_wait (served.destroyed == 1);
  g_assert_cmpuint (served.messages, <=, 1);
}

/* ---- with a child ---- */

static void
test_waiting_for_the_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenReceiver) receiver =
      mitogen_receiver_new (fixture->router, 0, TRUE, fixture->context, &error);

  g_assert_no_error (error);
  g_assert_true (mitogen_context_shutdown (fixture->context, TRUE, NULL, NULL));
  g_assert_null (mitogen_receiver_get (receiver, TEST_PATIENCE_MS, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpstr (error->message, ==, "the respondent Context has disconnected");
}

static void
test_chain (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenCallChain) chain = mitogen_call_chain_new (fixture->context);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) before = NULL;
  g_autoptr (GVariant) after = NULL;

  before = mitogen_call_chain_call (chain, "it_functions:count", NULL, NULL, NULL, TEST_PATIENCE_MS,
                                    NULL, &error);
  g_assert_no_error (error);
  g_assert_true (mitogen_call_chain_call_no_reply (chain, "it_functions:fail",
                                                   g_variant_new ("(s)", "value"), NULL, &error));
  /* What comes after a failure is not done, and says why. */
  g_assert_null (mitogen_call_chain_call (chain, "it_functions:count", NULL, NULL, NULL,
                                          TEST_PATIENCE_MS, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
  test_assert_contains (error->message, "no way");
  g_clear_error (&error);
  mitogen_call_chain_reset (chain);
  after = mitogen_call_chain_call (chain, "it_functions:count", NULL, NULL, NULL, TEST_PATIENCE_MS,
                                   NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int64 (after), ==, 2);
}

static void
test_channel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) myself = g_object_ref (mitogen_router_myself (fixture->router));
  g_autoptr (MitogenChannel) channel = mitogen_channel_new (fixture->router, myself, 0, 0, &error);
  MitogenReceiver *receiver;
  g_autoptr (GVariant) value = NULL;

  g_assert_no_error (error);
  receiver = mitogen_channel_get_receiver (channel);
  /* To ourselves: what is put comes out. */
  mitogen_channel_set_dst_handle (channel, mitogen_receiver_get_handle (receiver));
  g_assert_true (mitogen_channel_put (channel, g_variant_new_int32 (5), &error));
  value = mitogen_receiver_get_data (receiver, TEST_PATIENCE_MS, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int64 (value), ==, 5);
  mitogen_channel_close (channel);
  g_assert_null (mitogen_receiver_get_data (receiver, TEST_PATIENCE_MS, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
}

/* A million small messages would be too many to keep; here only that each arrives, in order,
 * while the receiver's owner is slow. */
static void
test_many_from_child (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenReceiver) receiver = receiver_new (fixture->router, 0, TRUE);
  g_autoptr (MitogenSender) sender = mitogen_receiver_to_sender (receiver);
  Heard heard = { .numbers = g_array_new (FALSE, FALSE, sizeof (gint64)) };

  g_signal_connect (receiver, "message", G_CALLBACK (on_message), &heard);
  mitogen_receiver_set_flowing (receiver, TRUE);
  g_assert_true (mitogen_context_call_no_reply (
      fixture->context, "it_functions:send_many",
      g_variant_new ("(@*i)", mitogen_sender_to_variant (sender), 5000), NULL, NULL));
  test_wait (heard.numbers->len == 5000);
  assert_numbers (&heard, 5000);
  g_array_unref (heard.numbers);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  test_add_router ("/receiver/get", test_get);
  test_add_router ("/receiver/get-async", test_get_async);
  test_add_router ("/receiver/close", test_close);
  test_add_router ("/receiver/ready", test_ready);
  test_add_router ("/receiver/flowing", test_flowing);
  test_add_router ("/receiver/handle", test_handle);
  test_add_router ("/receiver/once", test_once);
  test_add_router ("/receiver/add-handler", test_add_handler);
  test_add_router ("/receiver/handler-at-the-end", test_handler_at_the_end);
  test_add_local ("/receiver/waiting-for-the-gone", test_waiting_for_the_gone);
  test_add_local ("/receiver/chain", test_chain);
  test_add_router ("/receiver/channel", test_channel);
  test_add_local ("/receiver/many-from-child", test_many_from_child);
  return g_test_run ();
}
