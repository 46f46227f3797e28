/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-mailbox-private.h"
#include "unit-util.h"
#include "wire/mitogen-error.h"

#include <stdlib.h>

static void
deliver (MitogenMailbox *mailbox, guint number)
{
  g_autofree char *text = g_strdup_printf ("%u", number);
  g_autoptr (MitogenMessage) message = unit_message (0, 1000, text);

  mitogen_mailbox_deliver (mailbox, message);
}

/* Takes the reference. */
static guint
number_of (MitogenMessage *message)
{
  g_autoptr (MitogenMessage) owned = message;
  g_autofree char *text = NULL;

  g_assert_nonnull (owned);
  text = unit_payload (owned);
  return strtoul (text, NULL, 10);
}

/* ---- a queue ---- */

static void
test_fifo (void)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_mailbox_try_pop (mailbox));
  for (guint i = 0; i < 100; i++)
    deliver (mailbox, i);
  g_assert_cmpuint (mitogen_mailbox_get_length (mailbox), ==, 100);
  for (guint i = 0; i < 50; i++)
    g_assert_cmpuint (number_of (mitogen_mailbox_try_pop (mailbox)), ==, i);
  for (guint i = 50; i < 100; i++)
    g_assert_cmpuint (number_of (mitogen_mailbox_pop (mailbox, -1, NULL, &error)), ==, i);
  g_assert_cmpuint (mitogen_mailbox_get_length (mailbox), ==, 0);
}

static void
test_close (void)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  g_autoptr (GError) error = NULL;

  deliver (mailbox, 1);
  mitogen_mailbox_close (mailbox, "the reason");
  mitogen_mailbox_close (mailbox, "another");
  deliver (mailbox, 2);
  g_assert_true (mitogen_mailbox_is_closed (mailbox));
  /* What was there before can still be had. */
  g_assert_cmpuint (number_of (mitogen_mailbox_pop (mailbox, -1, NULL, &error)), ==, 1);
  g_assert_null (mitogen_mailbox_try_pop (mailbox));
  g_assert_null (mitogen_mailbox_pop (mailbox, -1, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpstr (error->message, ==, "the reason");
}

static void
test_timeout (void)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  g_assert_null (mitogen_mailbox_pop (mailbox, 30, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 30 * 1000);
  g_clear_error (&error);
  g_assert_null (mitogen_mailbox_pop (mailbox, 0, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  g_clear_error (&error);
  deliver (mailbox, 3);
  g_assert_cmpuint (number_of (mitogen_mailbox_pop (mailbox, 0, NULL, &error)), ==, 3);
}

/* ---- threads that sleep ---- */

typedef struct
{
  MitogenMailbox *mailbox;
  GCancellable *cancellable;
  guint taken;
  guint sum;
  GError *error;
} Taker;

static gpointer
take_all (gpointer data)
{
  Taker *taker = data;

  while (TRUE)
    {
      MitogenMessage *message =
          mitogen_mailbox_pop (taker->mailbox, UNIT_PATIENCE_MS, taker->cancellable, &taker->error);

      if (message == NULL)
        return NULL;
      taker->taken++;
      taker->sum += number_of (message);
    }
}

#define N_TAKERS   4
#define N_MESSAGES 10000

static void
test_many_takers (void)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  Taker takers[N_TAKERS] = { 0 };
  GThread *threads[N_TAKERS];
  guint taken = 0;
  guint sum = 0;

  for (guint i = 0; i < N_TAKERS; i++)
    {
      takers[i].mailbox = mailbox;
      threads[i] = g_thread_new ("taker", take_all, &takers[i]);
    }
  for (guint i = 0; i < N_MESSAGES; i++)
    deliver (mailbox, i);
  unit_wait (mitogen_mailbox_get_length (mailbox) == 0);
  mitogen_mailbox_close (mailbox, "over");
  for (guint i = 0; i < N_TAKERS; i++)
    {
      g_thread_join (threads[i]);
      g_assert_error (takers[i].error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
      g_clear_error (&takers[i].error);
      taken += takers[i].taken;
      sum += takers[i].sum;
    }
  g_assert_cmpuint (taken, ==, N_MESSAGES);
  g_assert_cmpuint (sum, ==, N_MESSAGES * (N_MESSAGES - 1) / 2);
}

/* One who is cancelled must not take with him what another was to be woken for. */
static void
test_cancel_sleepers (void)
{
  for (guint round = 0; round < 200; round++)
    {
      g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      Taker cancelled = { mailbox, cancellable, 0, 0, NULL };
      Taker stays = { mailbox, NULL, 0, 0, NULL };
      GThread *first = g_thread_new ("cancelled", take_all, &cancelled);
      GThread *second = g_thread_new ("stays", take_all, &stays);

      if (round % 2 == 0)
        g_usleep (g_test_rand_int_range (0, 200));
      deliver (mailbox, 1);
      g_cancellable_cancel (cancellable);
      deliver (mailbox, 2);
      g_thread_join (first);
      g_assert_error (cancelled.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      unit_wait (mitogen_mailbox_get_length (mailbox) == 0);
      mitogen_mailbox_close (mailbox, "over");
      g_thread_join (second);
      g_assert_cmpuint (cancelled.sum + stays.sum, ==, 3);
      g_clear_error (&cancelled.error);
      g_clear_error (&stays.error);
    }
}

static void
test_cancelled_before (void)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (mitogen_mailbox_pop (mailbox, -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* ---- tasks ---- */

typedef struct
{
  GAsyncResult *result;
  guint abandoned;
  guint destroyed;
} Wait;

static void
on_abandoned (gpointer data)
{
  Wait *wait = data;

  wait->abandoned++;
}

static void
on_destroyed (gpointer data)
{
  Wait *wait = data;

  wait->destroyed++;
}

static void
wait_begin (Wait *wait, MitogenMailbox *mailbox, gint timeout, GCancellable *cancellable)
{
  GTask *task = g_task_new (NULL, cancellable, unit_keep_result, &wait->result);

  mitogen_mailbox_pop_task (mailbox, timeout, task, on_abandoned, wait, on_destroyed);
}

static MitogenMessage *
wait_end (Wait *wait, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  unit_wait (wait->result != NULL && wait->destroyed == 1);
  result = g_steal_pointer (&wait->result);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
test_task_ready (void)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  g_autoptr (GError) error = NULL;
  Wait wait = { 0 };

  deliver (mailbox, 7);
  wait_begin (&wait, mailbox, -1, NULL);
  g_assert_null (wait.result);
  g_assert_cmpuint (number_of (wait_end (&wait, &error)), ==, 7);
  g_assert_cmpuint (wait.abandoned, ==, 0);
}

static void
test_task_fifo (void)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  Wait waits[20] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    wait_begin (&waits[i], mailbox, UNIT_PATIENCE_MS, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    deliver (mailbox, i);
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    g_assert_cmpuint (number_of (wait_end (&waits[i], NULL)), ==, i);
}

static void
test_task_timeout (void)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  g_autoptr (GError) error = NULL;
  Wait wait = { 0 };

  wait_begin (&wait, mailbox, 20, NULL);
  g_assert_null (wait_end (&wait, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  g_assert_cmpuint (wait.abandoned, ==, 1);
  /* What comes now is for the next. */
  deliver (mailbox, 1);
  g_assert_cmpuint (number_of (mitogen_mailbox_try_pop (mailbox)), ==, 1);
}

static void
test_task_close (void)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  g_autoptr (GError) error = NULL;
  Wait before = { 0 };
  Wait after = { 0 };

  wait_begin (&before, mailbox, -1, NULL);
  mitogen_mailbox_close (mailbox, "closed");
  wait_begin (&after, mailbox, -1, NULL);
  g_assert_null (wait_end (&before, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_clear_error (&error);
  g_assert_null (wait_end (&after, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpuint (before.abandoned, ==, 1);
}

static void
test_task_cancel (void)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Wait wait = { 0 };

  wait_begin (&wait, mailbox, -1, cancellable);
  g_cancellable_cancel (cancellable);
  g_assert_null (wait.result);
  g_assert_null (wait_end (&wait, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (wait.abandoned, ==, 1);
  deliver (mailbox, 1);
  g_assert_cmpuint (mitogen_mailbox_get_length (mailbox), ==, 1);
}

/* Delivered and cancelled before the result was fetched: the message is the waiter's, or is
 * still there for the next. It never disappears. */
static void
test_task_cancel_after_delivery (void)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();

  for (guint round = 0; round < 2; round++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      Wait wait = { 0 };
      MitogenMessage *message;

      if (round == 0)
        deliver (mailbox, 5);
      wait_begin (&wait, mailbox, -1, cancellable);
      if (round == 1)
        deliver (mailbox, 5);
      g_cancellable_cancel (cancellable);
      message = wait_end (&wait, &error);
      if (message == NULL)
        message = mitogen_mailbox_try_pop (mailbox);
      g_assert_cmpuint (number_of (message), ==, 5);
    }
}

static gpointer
deliver_later (gpointer data)
{
  g_usleep (g_random_int_range (0, 300));
  deliver (data, 9);
  return NULL;
}

/* Delivery in another thread, a time limit and the cancellable at about the same time. */
static void
test_task_races (void)
{
  guint delivered = 0;

  for (guint round = 0; round < 500; round++)
    {
      g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      g_autoptr (MitogenMessage) message = NULL;
      Wait wait = { 0 };
      GThread *thread;

      wait_begin (&wait, mailbox, round % 2 == 0 ? 0 : -1, cancellable);
      thread = g_thread_new ("deliver", deliver_later, mailbox);
      if (round % 2 == 1)
        {
          g_usleep (g_random_int_range (0, 300));
          g_cancellable_cancel (cancellable);
        }
      message = wait_end (&wait, &error);
      g_thread_join (thread);
      if (message == NULL)
        message = mitogen_mailbox_try_pop (mailbox);
      else
        delivered++;
      g_assert_nonnull (message);
    }
  g_test_message ("%u of 500 got it", delivered);
}

/* ---- listeners ---- */

static void
on_notify (MitogenMailbox *mailbox, gpointer data)
{
  guint *count = data;

  /* Without a lock: it may look. */
  mitogen_mailbox_get_length (mailbox);
  ++*count;
}

static void
on_listener_destroyed (gpointer data)
{
  guint *count = data;

  *count += 1000;
}

static void
test_listeners (void)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  guint owner = 0;
  guint select = 0;
  guint second = 0;

  g_assert_true (mitogen_mailbox_listen (mailbox, MITOGEN_MAILBOX_OWNER, on_notify, &owner,
                                         on_listener_destroyed));
  g_assert_true (mitogen_mailbox_listen (mailbox, MITOGEN_MAILBOX_SELECT, on_notify, &select,
                                         on_listener_destroyed));
  g_assert_false (mitogen_mailbox_listen (mailbox, MITOGEN_MAILBOX_SELECT, on_notify, &second,
                                          on_listener_destroyed));
  g_assert_cmpuint (second, ==, 1000);
  deliver (mailbox, 1);
  g_assert_cmpuint (owner, ==, 1);
  g_assert_cmpuint (select, ==, 1);
  mitogen_mailbox_unlisten (mailbox, MITOGEN_MAILBOX_SELECT);
  g_assert_cmpuint (select, ==, 1001);
  mitogen_mailbox_unlisten (mailbox, MITOGEN_MAILBOX_SELECT);
  mitogen_mailbox_close (mailbox, "over");
  mitogen_mailbox_close (mailbox, "over again");
  g_assert_cmpuint (owner, ==, 2);
  g_assert_cmpuint (select, ==, 1001);
  g_clear_pointer (&mailbox, mitogen_mailbox_unref);
  g_assert_cmpuint (owner, ==, 1002);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mailbox/fifo", test_fifo);
  g_test_add_func ("/mailbox/close", test_close);
  g_test_add_func ("/mailbox/timeout", test_timeout);
  g_test_add_func ("/mailbox/many-takers", test_many_takers);
  g_test_add_func ("/mailbox/cancel-sleepers", test_cancel_sleepers);
  g_test_add_func ("/mailbox/cancelled-before", test_cancelled_before);
  g_test_add_func ("/mailbox/task/ready", test_task_ready);
  g_test_add_func ("/mailbox/task/fifo", test_task_fifo);
  g_test_add_func ("/mailbox/task/timeout", test_task_timeout);
  g_test_add_func ("/mailbox/task/close", test_task_close);
  g_test_add_func ("/mailbox/task/cancel", test_task_cancel);
  g_test_add_func ("/mailbox/task/cancel-after-delivery", test_task_cancel_after_delivery);
  g_test_add_func ("/mailbox/task/races", test_task_races);
  g_test_add_func ("/mailbox/listeners", test_listeners);
  return g_test_run ();
}
