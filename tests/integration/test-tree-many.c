/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A thousand contexts in a tree: ten that are real, with a hundred behind each that are not, but
 * started through them as any other would be. */

#include "test-util.h"

#include <signal.h>
#include <sys/resource.h>

#define VIAS     10
#define FEW      12 /* behind each */
#define MANY     100
#define AT_ONCE  16
#define ATTEMPTS 3
#define MAX_KB   (64 * 1024)
#define HOPELESS 2001 /* a handle of a stand-in: see tests/stand-in/stand-in.c */

/* A quadratic part that mattered would make it eight. */
#define MAX_GROWTH 3.0

typedef struct
{
  MitogenRouter *router;
  GPtrArray *vias;
  GPtrArray *leaves; /* in the order in which they came to life */
  guint started;
  guint total;
} Tree;

static void
tree_clear (Tree *tree)
{
  g_clear_pointer (&tree->vias, g_ptr_array_unref);
  g_clear_pointer (&tree->leaves, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Tree, tree_clear)

/* ---- growing ---- */

static void start_one (Tree *tree);

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  Tree *tree = data;
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_connect_finish (MITOGEN_ROUTER (source), result, &error);

  g_assert_no_error (error);
  g_ptr_array_add (tree->leaves, context);
  if (tree->started < tree->total)
    start_one (tree);
}

static void
start_one (Tree *tree)
{
  const char *const python[] = { STAND_IN, NULL };
  g_autoptr (MitogenConnection) connection = test_connection_new (python);

  mitogen_router_connect_async (tree->router, connection, tree->vias->pdata[tree->started++ % VIAS],
                                NULL, on_connected, tree);
}

/* As slowly as the machine wants, but always going on. */
static void
wait_for_leaves (Tree *tree)
{
  while (tree->leaves->len < tree->total)
    {
      guint before = tree->leaves->len;

      test_wait (tree->leaves->len > before);
    }
}

static void
grow (Tree *tree, MitogenRouter *router, guint behind_each)
{
  *tree = (Tree){
    .router = router,
    .vias = g_ptr_array_new_with_free_func (g_object_unref),
    .leaves = g_ptr_array_new_with_free_func (g_object_unref),
    .total = VIAS * behind_each,
  };
  for (guint i = 0; i < VIAS; i++)
    g_ptr_array_add (tree->vias, test_local (router));
  for (guint i = 0; i < MIN (AT_ONCE, tree->total); i++)
    start_one (tree);
  wait_for_leaves (tree);
}

/* ---- alive ---- */

static void
assert_known (Tree *tree)
{
  g_autoptr (GHashTable) ids = g_hash_table_new (NULL, NULL);
  GListModel *list = mitogen_router_get_contexts (tree->router);

  test_wait (g_list_model_get_n_items (list) == VIAS + tree->total);
  for (guint i = 0; i < tree->leaves->len; i++)
    {
      MitogenContext *leaf = tree->leaves->pdata[i];
      guint32 id = mitogen_context_get_id (leaf);
      g_autoptr (MitogenContext) known = mitogen_router_context_by_id (tree->router, id, NULL);

      g_assert_true (known == leaf);
      g_assert_true (g_hash_table_add (ids, GUINT_TO_POINTER (id)));
      g_assert_true (g_ptr_array_find (tree->vias, mitogen_context_get_via (leaf), NULL));
    }
}

static void
assert_answers (MitogenContext *leaf)
{
  g_autoptr (GVariant) pid = test_call_typed (leaf, "os:getpid", NULL, "x");

  g_assert_cmpint (g_variant_get_int64 (pid), >, 1);
}

/* Asked to tell once four thousand million messages have come. */
static MitogenReceiver *
ask_in_vain (MitogenContext *leaf)
{
  static const guint8 count[] = { 0xff, 0xff, 0xff, 0xff };
  g_autoptr (GBytes) bytes = g_bytes_new_static (count, sizeof count);
  g_autoptr (MitogenMessage) message =
      mitogen_message_new (mitogen_context_get_id (leaf), HOPELESS, bytes);
  g_autoptr (GError) error = NULL;
  MitogenReceiver *receiver = mitogen_context_send_async (leaf, message, FALSE, &error);

  g_assert_no_error (error);
  return receiver;
}

static void
on_ended (MitogenContext *context, const GError *reason, gpointer data)
{
  (*(guint *) data)++;
}

/* Those behind @via fail at once and leave, and nobody else hears of it. */
static void
assert_ends_alone (Tree *tree, MitogenContext *via)
{
  g_autoptr (GArray) pids = g_array_new (FALSE, FALSE, sizeof (gint));
  g_autoptr (GPtrArray) waiting = g_ptr_array_new_with_free_func (g_object_unref);
  GListModel *list = mitogen_router_get_contexts (tree->router);
  guint ended = 0;
  guint left = VIAS - 1 + tree->total / VIAS * (VIAS - 1);

  for (guint i = 0; i < tree->leaves->len; i++)
    {
      gint pid = test_context_pid (tree->leaves->pdata[i]);

      if (mitogen_context_get_via (tree->leaves->pdata[i]) == via)
        g_array_append_val (pids, pid);
      g_ptr_array_add (waiting, ask_in_vain (tree->leaves->pdata[i]));
      g_signal_connect (tree->leaves->pdata[i], "disconnected", G_CALLBACK (on_ended), &ended);
    }
  kill (test_context_pid (via), SIGKILL);
  for (guint i = 0; i < tree->leaves->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MitogenMessage) message = NULL;

      if (mitogen_context_get_via (tree->leaves->pdata[i]) != via)
        continue;
      message = mitogen_receiver_get (waiting->pdata[i], TEST_PATIENCE_MS, NULL, &error);
      g_assert_null (message);
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
    }
  test_wait (ended == tree->total / VIAS);
  test_wait (g_list_model_get_n_items (list) == left);
  for (guint i = 0; i < pids->len; i++)
    test_wait (!test_process_runs (g_array_index (pids, gint, i)));
  for (guint i = 0; i < tree->leaves->len; i++)
    {
      g_signal_handlers_disconnect_by_data (tree->leaves->pdata[i], &ended);
      if (mitogen_context_get_via (tree->leaves->pdata[i]) != via)
        {
          g_assert_true (mitogen_receiver_is_empty (waiting->pdata[i]));
          assert_answers (tree->leaves->pdata[i]);
        }
    }
}

static void
test_thousand (Fixture *fixture, gconstpointer data)
{
  gsize before = test_resident_size ();
  g_auto (Tree) tree = { 0 };

  grow (&tree, fixture->router, MANY);
  test_assert_grown_less (before, MAX_KB);
  assert_known (&tree);
  assert_ends_alone (&tree, tree.vias->pdata[VIAS / 2]);
}

/* ---- what one more costs ---- */

/* The time of the processor, which others on the machine do not take away. */
static double
cpu_seconds (void)
{
  struct rusage usage;

  g_assert_cmpint (getrusage (RUSAGE_SELF, &usage), ==, 0);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / G_USEC_PER_SEC;
}

/* For one context: from its start until it has left. */
static double
measure (guint behind_each)
{
  MitogenRouter *router = test_router_new ();
  double start = cpu_seconds ();
  g_auto (Tree) tree = { 0 };

  grow (&tree, router, behind_each);
  test_router_end (router);
  return (cpu_seconds () - start) / tree.total;
}

static void
test_growth (Fixture *fixture, gconstpointer data)
{
  double growth = G_MAXDOUBLE;

  for (guint i = 0; i < ATTEMPTS && growth > MAX_GROWTH; i++)
    {
      double few = measure (FEW);
      double many = measure (MANY);

      growth = many / few;
      g_test_message ("%.0f us each of %d, %.0f us each of %d", few * 1e6, VIAS * FEW, many * 1e6,
                      VIAS * MANY);
    }
  g_assert_cmpfloat (growth, <=, MAX_GROWTH);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  test_add_router ("/tree-many/thousand", test_thousand);
  test_add_router ("/tree-many/growth", test_growth);
  return g_test_run ();
}
