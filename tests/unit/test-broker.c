/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The broker thread: work for it, its timers and its end. */

#include "broker/mitogen-broker-private.h"
#include "unit-util.h"
#include "wire/mitogen-error.h"

#include <signal.h>

typedef struct
{
  gint ran;       /* atomic */
  gint destroyed; /* atomic */
} Count;

static void
count_run (gpointer data)
{
  Count *count = data;

  g_assert_true (mitogen_in_broker_thread ());
  g_atomic_int_inc (&count->ran);
}

static void
count_destroyed (gpointer data)
{
  Count *count = data;

  g_atomic_int_inc (&count->destroyed);
}

/* ---- order ---- */

typedef struct
{
  GArray *order;
  guint number;
} Numbered;

static void
append_number (gpointer data)
{
  Numbered *numbered = data;

  g_array_append_val (numbered->order, numbered->number);
}

static void
test_order (void)
{
  MitogenIo *io = unit_io_new ();
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (guint));

  for (guint i = 0; i < 1000; i++)
    {
      Numbered *numbered = g_new (Numbered, 1);

      *numbered = (Numbered){ order, i };
      g_assert_true (mitogen_io_post (io, append_number, numbered, g_free));
    }
  unit_io_end (io);
  g_assert_cmpuint (order->len, ==, 1000);
  for (guint i = 0; i < order->len; i++)
    g_assert_cmpuint (g_array_index (order, guint, i), ==, i);
}

/* ---- defer ---- */

static void
test_defer (void)
{
  g_autoptr (MitogenBroker) broker = mitogen_broker_new ();
  g_autoptr (GError) error = NULL;
  Count count = { 0 };

  g_assert_true (mitogen_broker_defer (broker, count_run, &count, count_destroyed));
  g_assert_true (mitogen_broker_defer_sync (broker, count_run, &count, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_atomic_int_get (&count.ran), ==, 2);
  g_assert_cmpint (g_atomic_int_get (&count.destroyed), ==, 1);

  mitogen_broker_shutdown (broker);
  g_assert_true (mitogen_broker_join (broker, UNIT_PATIENCE_MS));
  g_assert_false (mitogen_broker_defer (broker, count_run, &count, count_destroyed));
  g_assert_cmpint (g_atomic_int_get (&count.destroyed), ==, 2);
  g_assert_false (mitogen_broker_defer_sync (broker, count_run, &count, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpint (g_atomic_int_get (&count.ran), ==, 2);
}

typedef struct
{
  MitogenBroker *broker;
  gboolean ran_inside;
  Count count;
} Nested;

static void
defer_nested (gpointer data)
{
  Nested *nested = data;

  g_assert_true (mitogen_broker_defer (nested->broker, count_run, &nested->count, count_destroyed));
  /* At once, for one who is there already. */
  nested->ran_inside = g_atomic_int_get (&nested->count.ran) == 1;
}

static void
test_defer_on_broker_thread (void)
{
  g_autoptr (MitogenBroker) broker = mitogen_broker_new ();
  Nested nested = { broker, FALSE, { 0 } };

  g_assert_true (mitogen_broker_defer_sync (broker, defer_nested, &nested, NULL));
  g_assert_true (nested.ran_inside);
}

/* ---- many threads, also against the end: what is accepted runs, what is not is destroyed ---- */

#define N_THREADS 4

typedef struct
{
  MitogenIo *io;
  Count count;
  guint accepted;
  guint refused;
} Poster;

static gpointer
post_until_refused (gpointer data)
{
  Poster *poster = data;

  while (poster->refused < 10)
    if ((gint) poster->accepted - g_atomic_int_get (&poster->count.ran) > 1000)
      g_thread_yield ();
    else if (mitogen_io_post (poster->io, count_run, &poster->count, count_destroyed))
      poster->accepted++;
    else
      poster->refused++;
  return NULL;
}

static void
test_posting_against_the_end (void)
{
  for (guint round = 0; round < 50; round++)
    {
      MitogenIo *io = unit_io_new ();
      Poster posters[N_THREADS] = { 0 };
      GThread *threads[N_THREADS];

      for (guint i = 0; i < N_THREADS; i++)
        {
          posters[i].io = io;
          threads[i] = g_thread_new ("poster", post_until_refused, &posters[i]);
        }
      g_usleep (g_test_rand_int_range (0, 2000));
      mitogen_io_shutdown (io);
      for (guint i = 0; i < N_THREADS; i++)
        g_thread_join (threads[i]);
      g_assert_true (mitogen_io_join (io, UNIT_PATIENCE_MS));
      for (guint i = 0; i < N_THREADS; i++)
        {
          g_assert_cmpint (posters[i].count.ran, ==, (gint) posters[i].accepted);
          g_assert_cmpint (posters[i].count.destroyed, ==,
                           (gint) (posters[i].accepted + posters[i].refused));
        }
      mitogen_io_unref (io);
    }
}

/* ---- clients, holds and the grace period ---- */

typedef struct
{
  MitogenIo *io;
  gint shutdown;
  gint force;
  gint exited;
  gboolean hold;
  gboolean release_on_shutdown;
  Count late;
} Client;

static void
client_shutdown (gpointer data)
{
  Client *client = data;

  g_atomic_int_inc (&client->shutdown);
  if (client->release_on_shutdown)
    mitogen_io_release (client->io);
}

static void
client_force (gpointer data)
{
  Client *client = data;

  g_atomic_int_inc (&client->force);
}

static void
client_exited (gpointer data)
{
  Client *client = data;

  /* Work of the grace period was done before. */
  g_assert_cmpint (g_atomic_int_get (&client->exited), ==, 0);
  g_atomic_int_inc (&client->exited);
}

static const MitogenIoClientFuncs client_funcs = { client_shutdown, client_force, client_exited };

static void
client_add (gpointer data)
{
  Client *client = data;

  mitogen_io_add_client (client->io, &client_funcs, client);
  if (client->hold)
    mitogen_io_hold (client->io);
}

static void
client_release (gpointer data)
{
  Client *client = data;

  mitogen_io_release (client->io);
}

/* The last thing that the grace period waits for, and more work. */
typedef struct
{
  Client *client;
  Count *count;
} LastWork;

static void
release_and_post (gpointer data)
{
  LastWork *last = data;

  mitogen_io_release (last->client->io);
  g_assert_true (mitogen_io_post (last->client->io, count_run, last->count, count_destroyed));
}

static void
test_end_without_hold (void)
{
  MitogenIo *io = mitogen_io_new (60000);
  Client client = { .io = io };

  unit_run (io, client_add, &client);
  g_assert_false (mitogen_io_keep_alive (io));
  unit_io_end (io);
  g_assert_cmpint (client.shutdown, ==, 1);
  g_assert_cmpint (client.exited, ==, 1);
}

static void
test_end_with_hold (void)
{
  MitogenIo *io = mitogen_io_new (60000);
  Client client = { .io = io, .hold = TRUE };
  Count count = { 0 };
  LastWork last = { &client, &count };

  unit_run (io, client_add, &client);
  g_assert_true (mitogen_io_keep_alive (io));
  mitogen_io_shutdown (io);
  unit_wait (g_atomic_int_get (&client.shutdown) == 1);
  g_assert_false (mitogen_io_join (io, 50));
  g_assert_cmpint (g_atomic_int_get (&client.exited), ==, 0);

  /* During the grace period work is still done. */
  g_assert_cmpint (mitogen_io_get_state (io), ==, MITOGEN_IO_SHUTTING_DOWN);
  unit_run (io, count_run, &count);
  g_assert_cmpint (count.ran, ==, 1);

  g_assert_true (mitogen_io_post (io, release_and_post, &last, NULL));
  g_assert_true (mitogen_io_join (io, UNIT_PATIENCE_MS));
  g_assert_cmpint (count.ran, ==, 2);
  g_assert_cmpint (client.exited, ==, 1);
  g_assert_cmpint (mitogen_io_get_state (io), ==, MITOGEN_IO_EXITED);
  mitogen_io_unref (io);
}

static void
test_end_by_force (void)
{
  MitogenIo *io = mitogen_io_new (100);
  Client client = { .io = io, .hold = TRUE };

  unit_run (io, client_add, &client);
  mitogen_io_shutdown (io);
  g_assert_true (mitogen_io_join (io, UNIT_PATIENCE_MS));
  g_assert_cmpint (client.force, ==, 1);
  g_assert_cmpint (client.exited, ==, 1);
  mitogen_io_unref (io);
}

static void
test_release_in_shutdown (void)
{
  MitogenIo *io = mitogen_io_new (60000);
  Client client = { .io = io, .hold = TRUE, .release_on_shutdown = TRUE };

  unit_run (io, client_add, &client);
  mitogen_io_shutdown (io);
  mitogen_io_shutdown (io);
  g_assert_true (mitogen_io_join (io, UNIT_PATIENCE_MS));
  g_assert_cmpint (client.shutdown, ==, 1);
  g_assert_cmpint (client.exited, ==, 1);
  mitogen_io_unref (io);
}

/* Who comes during the grace period is told at once. */
static void
test_late_client (void)
{
  MitogenIo *io = mitogen_io_new (60000);
  Client first = { .io = io, .hold = TRUE };
  Client late = { .io = io };

  unit_run (io, client_add, &first);
  mitogen_io_shutdown (io);
  unit_wait (g_atomic_int_get (&first.shutdown) == 1);
  unit_run (io, client_add, &late);
  g_assert_cmpint (late.shutdown, ==, 1);
  unit_run (io, client_release, &first);
  g_assert_true (mitogen_io_join (io, UNIT_PATIENCE_MS));
  g_assert_cmpint (late.exited, ==, 1);
  mitogen_io_unref (io);
}

/* ---- join ---- */

static gpointer
join_thread (gpointer data)
{
  return GINT_TO_POINTER (mitogen_io_join (data, UNIT_PATIENCE_MS));
}

static void
test_join (void)
{
  MitogenIo *io = unit_io_new ();
  GThread *threads[4];

  g_assert_false (mitogen_io_join (io, 0));
  g_assert_false (mitogen_io_join (io, 20));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("join", join_thread, io);
  mitogen_io_shutdown (io);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_true (GPOINTER_TO_INT (g_thread_join (threads[i])));
  g_assert_true (mitogen_io_join (io, 0));
  g_assert_true (mitogen_io_join (io, -1));
  mitogen_io_unref (io);
}

/* ---- two brokers ---- */

static void
is_current (gpointer data)
{
  MitogenIo **ios = data;

  g_assert_true (mitogen_io_is_current (ios[0]));
  g_assert_false (mitogen_io_is_current (ios[1]));
}

static void
test_two (void)
{
  MitogenIo *ios[] = { unit_io_new (), unit_io_new () };
  MitogenIo *reverse[] = { ios[1], ios[0] };

  unit_run (ios[0], is_current, ios);
  unit_run (ios[1], is_current, reverse);
  g_assert_false (mitogen_io_is_current (ios[0]));
  g_assert_false (mitogen_in_broker_thread ());
  unit_io_end (ios[0]);
  unit_run (ios[1], is_current, reverse);
  unit_io_end (ios[1]);
}

/* ---- timers ---- */

typedef struct
{
  MitogenIo *io;
  GSource *source;
  guint ms;
  Count count;
} Timer;

static void
timer_start (gpointer data)
{
  Timer *timer = data;

  timer->source = mitogen_io_add_timeout (timer->io, timer->ms, count_run, &timer->count);
}

static void
timer_cancel (gpointer data)
{
  Timer *timer = data;

  g_source_destroy (timer->source);
}

static void
timer_drop (gpointer data)
{
  Timer *timer = data;

  g_source_unref (timer->source);
}

static void
test_timers (void)
{
  MitogenIo *io = unit_io_new ();
  Timer fires = { .io = io, .ms = 5 };
  Timer cancelled = { .io = io, .ms = 5 };

  unit_run (io, timer_start, &fires);
  unit_run (io, timer_start, &cancelled);
  unit_run (io, timer_cancel, &cancelled);
  unit_wait (g_atomic_int_get (&fires.count.ran) == 1);
  unit_run (io, timer_drop, &fires);
  unit_run (io, timer_drop, &cancelled);
  unit_io_end (io);
  g_assert_cmpint (fires.count.ran, ==, 1);
  g_assert_cmpint (cancelled.count.ran, <=, 1);
}

/* ---- the public object ---- */

static void
on_notify (GObject *object, GParamSpec *pspec, gpointer data)
{
  guint *count = data;

  ++*count;
}

static void
test_properties (void)
{
  g_autoptr (MitogenBroker) broker = mitogen_broker_new ();
  g_autoptr (MitogenBroker) unwatched =
      g_object_new (MITOGEN_TYPE_BROKER, "install-watcher", FALSE, "shutdown-timeout", 7, NULL);
  guint notified = 0;

  g_signal_connect (broker, "notify::shutdown-timeout", G_CALLBACK (on_notify), &notified);
  g_assert_cmpuint (mitogen_broker_get_shutdown_timeout (broker), ==, 5000);
  g_assert_true (mitogen_broker_get_install_watcher (broker));
  mitogen_broker_set_shutdown_timeout (broker, 5000);
  g_assert_cmpuint (notified, ==, 0);
  mitogen_broker_set_shutdown_timeout (broker, 50);
  g_assert_cmpuint (notified, ==, 1);
  g_assert_false (mitogen_broker_get_install_watcher (unwatched));
  g_assert_cmpuint (mitogen_broker_get_shutdown_timeout (unwatched), ==, 7);
  g_assert_nonnull (mitogen_broker_get_main_context (broker));
}

static void
do_nothing_with (gpointer data)
{
}

/* The last reference dropped anywhere, at any moment. */
static void
test_drop (void)
{
  for (guint i = 0; i < 100; i++)
    {
      MitogenBroker *broker = mitogen_broker_new ();

      if (i % 3 == 1)
        mitogen_broker_defer (broker, do_nothing_with, NULL, NULL);
      if (i % 3 == 2)
        mitogen_broker_shutdown (broker);
      g_object_unref (broker);
    }
}

/* Signals are for the program's threads. */
static void
get_mask (gpointer data)
{
  pthread_sigmask (SIG_SETMASK, NULL, data);
}

static void
test_signal_mask (void)
{
  MitogenIo *io = unit_io_new ();
  sigset_t mask;

  unit_run (io, get_mask, &mask);
  g_assert_true (sigismember (&mask, SIGTERM));
  g_assert_true (sigismember (&mask, SIGPIPE));
  g_assert_true (sigismember (&mask, SIGCHLD));
  g_assert_false (sigismember (&mask, SIGSEGV));
  unit_io_end (io);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/broker/order", test_order);
  g_test_add_func ("/broker/defer", test_defer);
  g_test_add_func ("/broker/defer-on-broker-thread", test_defer_on_broker_thread);
  g_test_add_func ("/broker/posting-against-the-end", test_posting_against_the_end);
  g_test_add_func ("/broker/end-without-hold", test_end_without_hold);
  g_test_add_func ("/broker/end-with-hold", test_end_with_hold);
  g_test_add_func ("/broker/end-by-force", test_end_by_force);
  g_test_add_func ("/broker/release-in-shutdown", test_release_in_shutdown);
  g_test_add_func ("/broker/late-client", test_late_client);
  g_test_add_func ("/broker/join", test_join);
  g_test_add_func ("/broker/two", test_two);
  g_test_add_func ("/broker/timers", test_timers);
  g_test_add_func ("/broker/properties", test_properties);
  g_test_add_func ("/broker/drop", test_drop);
  g_test_add_func ("/broker/signal-mask", test_signal_mask);
  return g_test_run ();
}
