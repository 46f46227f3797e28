/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-dispatcher-private.h"
#include "unit-util.h"

/* What ran, and where. */
typedef struct
{
  GArray *ran; /* of guint */
  GThread *thread;
  gint destroyed; /* atomic */
} Record;

typedef struct
{
  Record *record;
  guint number;
} Item;

static void
record_init (Record *record)
{
  record->ran = g_array_new (FALSE, FALSE, sizeof (guint));
  record->thread = g_thread_self ();
  record->destroyed = 0;
}

static void
item_run (gpointer data)
{
  Item *item = data;

  g_assert_false (mitogen_in_broker_thread ());
  g_assert_true (item->record->thread == g_thread_self ());
  g_array_append_val (item->record->ran, item->number);
}

static void
item_free (gpointer data)
{
  Item *item = data;

  g_atomic_int_inc (&item->record->destroyed);
  g_free (item);
}

static Item *
item_new (Record *record, guint number)
{
  Item *item = g_new (Item, 1);

  item->record = record;
  item->number = number;
  return item;
}

static void
post (MitogenDispatcher *dispatcher, Record *record, guint number)
{
  mitogen_dispatcher_post (dispatcher, item_run, item_new (record, number), item_free);
}

static void
assert_in_order (Record *record, guint n)
{
  g_assert_cmpuint (record->ran->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (g_array_index (record->ran, guint, i), ==, i);
  g_assert_cmpint (g_atomic_int_get (&record->destroyed), ==, (gint) n);
}

static void
test_order (void)
{
  g_autoptr (MitogenDispatcher) dispatcher = mitogen_dispatcher_get_thread_default ();
  Record record;

  record_init (&record);
  for (guint i = 0; i < 1000; i++)
    post (dispatcher, &record, i);
  g_assert_cmpuint (record.ran->len, ==, 0);
  unit_wait (record.ran->len == 1000);
  unit_wait (g_atomic_int_get (&record.destroyed) == 1000);
  assert_in_order (&record, 1000);
  g_array_unref (record.ran);
}

static void
test_same_context_same_dispatcher (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (MitogenDispatcher) first = mitogen_dispatcher_get (context);
  g_autoptr (MitogenDispatcher) second = mitogen_dispatcher_get (context);
  g_autoptr (MitogenDispatcher) of_default = mitogen_dispatcher_get (NULL);
  g_autoptr (MitogenDispatcher) of_thread = mitogen_dispatcher_get_thread_default ();

  g_assert_true (first == second);
  g_assert_true (of_default == of_thread);
  g_assert_true (first != of_default);
  g_assert_true (mitogen_dispatcher_get_context (first) == context);
}

/* An iteration does a part of what waits, so that other sources have their turn. */
static gboolean
count_turn (gpointer data)
{
  guint *turns = data;

  ++*turns;
  return G_SOURCE_CONTINUE;
}

static void
test_batches (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (MitogenDispatcher) dispatcher = mitogen_dispatcher_get (context);
  g_autoptr (GSource) other = g_timeout_source_new (0);
  Record record;
  guint turns = 0;

  record_init (&record);
  g_source_set_callback (other, count_turn, &turns, NULL);
  g_source_attach (other, context);
  for (guint i = 0; i < 5000; i++)
    post (dispatcher, &record, i);
  unit_wait_in (context, record.ran->len == 5000);
  assert_in_order (&record, 5000);
  g_assert_cmpuint (turns, >, 5);
  g_source_destroy (other);
  g_array_unref (record.ran);
}

/* ---- several contexts, threads that post to all of them ---- */

#define N_CONTEXTS 3
#define N_POSTERS  4
#define N_ITEMS    2000

typedef struct
{
  GMainContext *context;
  MitogenDispatcher *dispatcher;
  Record record;
  GThread *thread;
  gint ready;
} Loop;

static gpointer
loop_thread (gpointer data)
{
  Loop *loop = data;

  record_init (&loop->record);
  g_atomic_int_set (&loop->ready, TRUE);
  unit_wait_in (loop->context, g_atomic_int_get (&loop->record.destroyed) == N_POSTERS * N_ITEMS);
  return NULL;
}

typedef struct
{
  Loop *loops;
  guint number;
} Poster;

static gpointer
poster_thread (gpointer data)
{
  Poster *poster = data;

  for (guint i = 0; i < N_ITEMS; i++)
    for (guint j = 0; j < N_CONTEXTS; j++)
      {
        Loop *loop = &poster->loops[j];
        g_autoptr (MitogenDispatcher) dispatcher = mitogen_dispatcher_get (loop->context);

        g_assert_true (dispatcher == loop->dispatcher);
        post (dispatcher, &loop->record, poster->number * N_ITEMS + i);
      }
  return NULL;
}

/* What one thread posted to one context ran in the order in which it posted. */
static void
assert_each_in_order (Record *record)
{
  guint next[N_POSTERS] = { 0 };

  g_assert_cmpuint (record->ran->len, ==, N_POSTERS * N_ITEMS);
  for (guint i = 0; i < record->ran->len; i++)
    {
      guint number = g_array_index (record->ran, guint, i);

      g_assert_cmpuint (number % N_ITEMS, ==, next[number / N_ITEMS]);
      next[number / N_ITEMS]++;
    }
}

static void
test_many_contexts_and_threads (void)
{
  Loop loops[N_CONTEXTS] = { 0 };
  Poster posters[N_POSTERS];
  GThread *threads[N_POSTERS];

  for (guint i = 0; i < N_CONTEXTS; i++)
    {
      loops[i].context = g_main_context_new ();
      loops[i].dispatcher = mitogen_dispatcher_get (loops[i].context);
      loops[i].thread = g_thread_new ("loop", loop_thread, &loops[i]);
      unit_wait (g_atomic_int_get (&loops[i].ready));
    }
  for (guint i = 0; i < N_POSTERS; i++)
    {
      posters[i] = (Poster){ loops, i };
      threads[i] = g_thread_new ("poster", poster_thread, &posters[i]);
    }
  for (guint i = 0; i < N_POSTERS; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < N_CONTEXTS; i++)
    {
      g_thread_join (loops[i].thread);
      assert_each_in_order (&loops[i].record);
      g_array_unref (loops[i].record.ran);
      mitogen_dispatcher_unref (loops[i].dispatcher);
      g_main_context_unref (loops[i].context);
    }
}

/* ---- posting, dropping and iterating from within ---- */

typedef struct
{
  MitogenDispatcher *dispatcher;
  Record *record;
  guint left;
} Chain;

static void
chain_run (gpointer data)
{
  Chain *chain = data;

  if (chain->left-- == 0)
    return;
  post (chain->dispatcher, chain->record, chain->record->ran->len);
  mitogen_dispatcher_post (chain->dispatcher, chain_run, chain, NULL);
  /* A nested loop, as a dialog makes one: nothing is lost and nothing runs twice. */
  g_main_context_iteration (NULL, FALSE);
}

static void
test_from_within (void)
{
  g_autoptr (MitogenDispatcher) dispatcher = mitogen_dispatcher_get_thread_default ();
  Record record;
  Chain chain = { dispatcher, &record, 100 };

  record_init (&record);
  mitogen_dispatcher_post (dispatcher, chain_run, &chain, NULL);
  unit_wait (chain.left == G_MAXUINT && g_atomic_int_get (&record.destroyed) == 100);
  g_assert_cmpuint (record.ran->len, ==, 100);
  g_array_unref (record.ran);
}

/* A context that nobody iterates any more: what waits there is freed, with the context. */
static void
test_context_gone (void)
{
  GMainContext *context = g_main_context_new ();
  MitogenDispatcher *dispatcher = mitogen_dispatcher_get (context);
  Record record;

  record_init (&record);
  for (guint i = 0; i < 10; i++)
    post (dispatcher, &record, i);
  mitogen_dispatcher_unref (dispatcher);
  g_main_context_unref (context);
  g_assert_cmpuint (record.ran->len, ==, 0);
  g_assert_cmpint (g_atomic_int_get (&record.destroyed), ==, 10);
  g_array_unref (record.ran);
}

/* ---- what may be dropped ---- */

static void
test_lossy (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (MitogenDispatcher) dispatcher = mitogen_dispatcher_get (context);
  Record record;
  guint accepted = 0;

  record_init (&record);
  for (guint i = 0; i < 100; i++)
    if (mitogen_dispatcher_post_lossy (dispatcher, 1024 * 1024, item_run, item_new (&record, i),
                                       item_free))
      accepted++;
  g_assert_cmpuint (accepted, <=, 10);
  g_assert_cmpuint (accepted, >, 0);
  g_assert_cmpint (g_atomic_int_get (&record.destroyed), ==, 100 - (gint) accepted);

  /* What must not be dropped is not. */
  post (dispatcher, &record, accepted);
  unit_wait_in (context, g_atomic_int_get (&record.destroyed) == 101);
  g_assert_cmpuint (record.ran->len, ==, accepted + 1);

  /* There is room again. */
  g_assert_true (mitogen_dispatcher_post_lossy (dispatcher, 1024 * 1024, item_run,
                                                item_new (&record, 0), item_free));
  unit_wait_in (context, g_atomic_int_get (&record.destroyed) == 102);
  g_array_unref (record.ran);
}

/* ---- weak references ---- */

static void
test_weak (void)
{
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (MitogenWeak) weak = mitogen_weak_new (object);
  g_autoptr (MitogenWeak) shared = mitogen_weak_ref (weak);
  GObject *strong = mitogen_weak_get (shared);

  g_assert_true (strong == object);
  g_object_unref (strong);
  g_object_unref (object);
  g_assert_null (mitogen_weak_get (weak));
  g_assert_null (mitogen_weak_get (shared));
}

/* From the broker thread into a user's: never there. */
typedef struct
{
  MitogenDispatcher *dispatcher;
  Record *record;
} Crossing;

static void
post_many (gpointer data)
{
  Crossing *crossing = data;

  g_assert_true (mitogen_in_broker_thread ());
  for (guint i = 0; i < 100; i++)
    post (crossing->dispatcher, crossing->record, i);
}

static void
test_from_broker (void)
{
  MitogenIo *io = unit_io_new ();
  g_autoptr (MitogenDispatcher) dispatcher = mitogen_dispatcher_get_thread_default ();
  Record record;
  Crossing crossing = { dispatcher, &record };

  record_init (&record);
  unit_run (io, post_many, &crossing);
  g_assert_cmpuint (record.ran->len, ==, 0);
  unit_wait (g_atomic_int_get (&record.destroyed) == 100);
  assert_in_order (&record, 100);
  unit_io_end (io);
  g_array_unref (record.ran);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dispatcher/order", test_order);
  g_test_add_func ("/dispatcher/same", test_same_context_same_dispatcher);
  g_test_add_func ("/dispatcher/batches", test_batches);
  g_test_add_func ("/dispatcher/many", test_many_contexts_and_threads);
  g_test_add_func ("/dispatcher/from-within", test_from_within);
  g_test_add_func ("/dispatcher/context-gone", test_context_gone);
  g_test_add_func ("/dispatcher/lossy", test_lossy);
  g_test_add_func ("/dispatcher/weak", test_weak);
  g_test_add_func ("/dispatcher/from-broker", test_from_broker);
  return g_test_run ();
}
