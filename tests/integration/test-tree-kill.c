/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Each process of a tree is killed in turn, in every phase: all who wait for what is behind it are
 * told, what is not behind it goes on, and no process is left. */

#include "test-util.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ROUNDS 200
#else
#define ROUNDS 36
#endif

#define DEPTH      3
#define LARGE_SIZE (8 << 20)

typedef enum
{
  IDLE,
  CONNECTING, /* one more, somewhere in its dialogue */
  GREETING,   /* the same, later */
  CALLING,
  TRANSFERRING,
  LEAVING,
  N_PHASES
} Phase;

static const char *const phase_names[N_PHASES] = { "idle",    "connecting",   "greeting",
                                                   "calling", "transferring", "leaving" };

typedef struct
{
  MitogenContext *levels[DEPTH];
  gint pids[DEPTH];
  char *mark; /* in the environment of all its processes */
  gint64 connect_time;
} Tree;

/* ---- processes ---- */

static gboolean
has_mark (const char *pid, const char *mark)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "environ", NULL);
  g_autofree char *text = NULL;
  gsize length;

  return g_ascii_isdigit (*pid) && g_file_get_contents (path, &text, &length, NULL) &&
         memmem (text, length, mark, strlen (mark)) != NULL;
}

/* Those that have ended and wait for their parent have no environment. */
static guint
count_marked (const char *mark)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    n += has_mark (name, mark);
  return n;
}

/* ---- trees ---- */

/* Trees differ in their mixture. */
static const char *
choose_python (guint number)
{
  static guint n;
  const char *const *pythons = test_pythons ();

  if (n == 0)
    n = g_strv_length ((char **) pythons);
  return pythons[number % n];
}

static MitogenConnection *
connection_new (Tree *tree, guint number)
{
  MitogenConnection *connection =
      test_connection_argv ("/usr/bin/env", tree->mark, choose_python (number), NULL);

  mitogen_connection_set_connect_timeout (connection, 3 * TEST_PATIENCE_MS);
  return connection;
}

static void
tree_init (Tree *tree, MitogenRouter *router, guint number)
{
  gint64 begin = g_get_monotonic_time ();

  *tree = (Tree){ 0 };
  tree->mark = g_strdup_printf ("MITOGEN_TEST_TREE=%d.%u", (int) getpid (), number);
  for (guint i = 0; i < DEPTH; i++)
    {
      g_autoptr (MitogenConnection) connection = connection_new (tree, number * DEPTH + i);
      MitogenContext *via = i > 0 ? tree->levels[i - 1] : NULL;
      g_autoptr (GError) error = NULL;

      tree->levels[i] = mitogen_router_connect (router, connection, via, NULL, &error);
      g_assert_no_error (error);
      tree->pids[i] = test_context_pid (tree->levels[i]);
    }
  tree->connect_time = (g_get_monotonic_time () - begin) / DEPTH;
}

static void
tree_clear (Tree *tree)
{
  test_wait (count_marked (tree->mark) == 0);
  for (guint i = 0; i < DEPTH; i++)
    g_clear_object (&tree->levels[i]);
  g_free (tree->mark);
}

/* ---- who waits ---- */

typedef enum
{
  CONNECT,
  CALL,
  SHUTDOWN,
} Operation;

typedef struct
{
  Operation operation;
  GAsyncResult *result;
} Waiter;

typedef struct
{
  MitogenRouter *router;
  GPtrArray *all; /* of Waiter */
} Waiters;

static void
waiter_free (gpointer data)
{
  Waiter *waiter = data;

  g_clear_object (&waiter->result);
  g_free (waiter);
}

static GAsyncResult **
waiters_add (Waiters *waiters, Operation operation)
{
  Waiter *waiter = g_new0 (Waiter, 1);

  waiter->operation = operation;
  g_ptr_array_add (waiters->all, waiter);
  return &waiter->result;
}

static void
waiters_init (Waiters *waiters, MitogenRouter *router)
{
  waiters->router = router;
  waiters->all = g_ptr_array_new_with_free_func (waiter_free);
}

static void
call (Waiters *waiters, MitogenContext *context, const char *function, GVariant *args)
{
  mitogen_context_call_async (context, function, args, NULL, NULL, -1, NULL, test_keep_result,
                              waiters_add (waiters, CALL));
}

static GVariant *
large (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (LARGE_SIZE), LARGE_SIZE);

  return g_variant_new ("(@ay)", g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));
}

/* Some of the way, by chance. */
static void
pass (gint64 from, gint64 to)
{
  g_usleep (g_random_int_range (from, to + 1));
}

static void
enter_phase (Waiters *waiters, Tree *tree, Phase phase, guint victim, guint number)
{
  MitogenContext *last = tree->levels[DEPTH - 1];
  g_autoptr (MitogenConnection) connection = NULL;

  switch (phase)
    {
    case IDLE:
      break;
    case CONNECTING:
    case GREETING:
      connection = connection_new (tree, number);
      mitogen_router_connect_async (waiters->router, connection, last, NULL, test_keep_result,
                                    waiters_add (waiters, CONNECT));
      if (phase == CONNECTING)
        pass (0, tree->connect_time / 2);
      else
        pass (tree->connect_time / 3, tree->connect_time * 2);
      break;
    case CALLING:
      for (guint i = victim; i < DEPTH; i++)
        call (waiters, tree->levels[i], "time:sleep", g_variant_new ("(d)", 1000.0));
      pass (0, 10000);
      break;
    case TRANSFERRING:
      call (waiters, last, "it_functions:echo", large ());
      call (waiters, last, "it_functions:zeros", g_variant_new ("(i)", LARGE_SIZE));
      call (waiters, last, "time:sleep", g_variant_new ("(d)", 1000.0));
      pass (0, 50000);
      break;
    case LEAVING:
      mitogen_context_shutdown_async (tree->levels[0], TRUE, NULL, test_keep_result,
                                      waiters_add (waiters, SHUTDOWN));
      pass (0, 20000);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* What was quicker than the death of the victim has not failed. */
static void
waiter_check (Waiter *waiter)
{
  g_autoptr (GObject) source = NULL;
  g_autoptr (MitogenContext) made = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  test_wait (waiter->result != NULL);
  source = g_async_result_get_source_object (waiter->result);
  if (waiter->operation == CONNECT)
    made = mitogen_router_connect_finish (MITOGEN_ROUTER (source), waiter->result, &error);
  else if (waiter->operation == CALL)
    value = mitogen_context_call_finish (MITOGEN_CONTEXT (source), waiter->result, &error);
  else
    mitogen_context_shutdown_finish (MITOGEN_CONTEXT (source), waiter->result, &error);
  if (error != NULL)
    g_assert_true (error->domain == MITOGEN_ERROR);
  if (made != NULL)
    test_wait (mitogen_context_get_state (made) == MITOGEN_CONTEXT_STATE_DISCONNECTED);
}

static void
waiters_end (Waiters *waiters)
{
  for (guint i = 0; i < waiters->all->len; i++)
    waiter_check (waiters->all->pdata[i]);
  g_ptr_array_unref (waiters->all);
}

static void
play (MitogenRouter *router, guint number, Phase phase, guint victim)
{
  Waiters waiters;
  Tree tree;

  g_test_message ("round %u: level %u dies while %s", number, victim, phase_names[phase]);
  tree_init (&tree, router, number);
  waiters_init (&waiters, router);
  enter_phase (&waiters, &tree, phase, victim, number);
  kill (tree.pids[victim], SIGKILL);
  waiters_end (&waiters);
  for (guint i = victim; i < DEPTH; i++)
    test_wait (mitogen_context_get_state (tree.levels[i]) == MITOGEN_CONTEXT_STATE_DISCONNECTED);
  for (guint i = 0; i < victim && phase != LEAVING; i++)
    test_assert_alive (tree.levels[i]);
  if (victim > 0)
    g_assert_true (mitogen_context_shutdown (tree.levels[0], TRUE, NULL, NULL));
  tree_clear (&tree);
}

static void
test_victims (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < ROUNDS; i++)
    play (fixture->router, i, i % N_PHASES, i / N_PHASES % DEPTH);
}

/* ---- the master ---- */

/* Prints a line when it is there, and goes on until it is killed. */
static int
be_master (guint number, Phase phase)
{
  MitogenRouter *router = test_router_new ();
  Waiters waiters;
  Tree tree;

  tree_init (&tree, router, number);
  waiters_init (&waiters, router);
  if (write (STDOUT_FILENO, "\n", 1) != 1)
    return 1;
  enter_phase (&waiters, &tree, phase, 0, number);
  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_master (void)
{
  for (guint i = 0; i < ROUNDS / 6; i++)
    {
      g_autofree char *number = g_strdup_printf ("%u", i);
      g_autoptr (GError) error = NULL;
      g_autoptr (GSubprocess) master =
          g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "/proc/self/exe", "--master",
                            number, NULL);
      g_autofree char *mark = NULL;
      char line;

      g_assert_no_error (error);
      mark = g_strdup_printf ("MITOGEN_TEST_TREE=%s.%u", g_subprocess_get_identifier (master), i);
      g_assert_cmpint (g_input_stream_read (g_subprocess_get_stdout_pipe (master), &line, 1, NULL,
                                            &error),
                       ==, 1);
      pass (0, 100000);
      g_subprocess_force_exit (master);
      g_assert_true (g_subprocess_wait (master, NULL, NULL));
      test_wait (count_marked (mark) == 0);
    }
}

int
main (int argc, char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--master"))
    {
      guint number = g_ascii_strtoull (argv[2], NULL, 10);

      return be_master (number, number % N_PHASES);
    }
  test_init (&argc, &argv);
  test_add_router ("/tree-kill/victims", test_victims);
  g_test_add_func ("/tree-kill/master", test_master);
  return g_test_run ();
}
