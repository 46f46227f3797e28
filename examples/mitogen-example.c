/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Finds out what takes space in a folder, with several Python workers at once.
 *
 *   mitogen-example [FOLDER]
 *
 * Four workers are started together. Each is given the next folder to measure as soon as it
 * is done with one. Then each runs something that prints, so that its output is seen here; one
 * is made to fail, so that its traceback is; and at the end they all leave. Everything happens
 * in the main loop: nothing here blocks, and there are no threads to think about.
 */

#include <mitogen-glib/mitogen.h>
#include <stdlib.h>

#define N_WORKERS 4
#define N_SHOWN   8
#define BAR_WIDTH 32
#define MEBIBYTE  (1024.0 * 1024.0)

typedef struct _Program Program;

typedef struct
{
  Program *program;
  char *name;
  MitogenContext *context;
  char *folder; /* what it measures just now */
  gint64 began;
} Worker;

typedef struct
{
  char *folder;
  char *worker;
  guint64 size;
} Measurement;

struct _Program
{
  GMainLoop *loop;
  MitogenRouter *router;
  char *folder;
  Worker workers[N_WORKERS];
  GQueue waiting;   /* of folders, char * */
  GPtrArray *sizes; /* of Measurement */
  guint left;       /* of this step: what is not done yet */
  gint64 began;
  gint64 busy; /* time that workers have spent, together */
  int status;
};

static void show_sizes (Program *program);
static void end_workers (Program *program);

static void
measurement_free (gpointer data)
{
  Measurement *measurement = data;

  g_free (measurement->folder);
  g_free (measurement->worker);
  g_free (measurement);
}

static double
milliseconds_since (gint64 began)
{
  return (g_get_monotonic_time () - began) / 1000.0;
}

static void
begin_step (Program *program, guint n_parts)
{
  program->began = g_get_monotonic_time ();
  program->left = n_parts;
}

static gboolean
is_step_done (Program *program)
{
  return --program->left == 0;
}

static void
give_up (Program *program, const GError *error)
{
  g_printerr ("%s\n", error->message);
  program->status = EXIT_FAILURE;
  g_main_loop_quit (program->loop);
}

/* ---- The end ---- */

static void
on_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  Program *program = data;

  mitogen_context_shutdown_finish (MITOGEN_CONTEXT (source), result, NULL);
  if (!is_step_done (program))
    return;
  g_print ("\nAll workers have left, after %.0f ms.\n", milliseconds_since (program->began));
  g_main_loop_quit (program->loop);
}

static void
end_workers (Program *program)
{
  begin_step (program, N_WORKERS);
  for (guint i = 0; i < N_WORKERS; i++)
    mitogen_context_shutdown_async (program->workers[i].context, TRUE, NULL, on_ended, program);
}

/* ---- An error ---- */

static void
on_failed (GObject *source, GAsyncResult *result, gpointer data)
{
  Program *program = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = NULL;

  value = mitogen_context_call_finish (MITOGEN_CONTEXT (source), result, &error);
  if (g_error_matches (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL))
    g_print ("  %s\n%s\n", error->message, mitogen_error_get_remote_traceback (error));
  end_workers (program);
}

static void
let_one_fail (Program *program)
{
  g_print ("\nA function that raises an exception: json.loads (\"{'a': 1}\")\n");
  mitogen_context_call_async (program->workers[0].context, "json:loads",
                              g_variant_new ("(s)", "{'a': 1}"), NULL, NULL, -1, NULL, on_failed,
                              program);
}

/* ---- Output ---- */

static void
on_output (MitogenContext *context, const char *stream, const char *line, gpointer data)
{
  Worker *worker = data;

  g_print ("  %s | %s\n", worker->name, line);
}

static gboolean
on_waited_for_output (gpointer data)
{
  let_one_fail (data);
  return G_SOURCE_REMOVE;
}

static void
on_printed (GObject *source, GAsyncResult *result, gpointer data)
{
  Worker *worker = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = NULL;

  value = mitogen_context_call_finish (MITOGEN_CONTEXT (source), result, &error);
  if (value == NULL)
    g_printerr ("  %s: %s\n", worker->name, error->message);
  /* The last line may come a little later than the result. */
  if (is_step_done (worker->program))
    g_timeout_add (100, on_waited_for_output, worker->program);
}

static void
let_all_print (Program *program)
{
  const char *const arguments[] = {
    "-n", "100000", "-r", "3", "'-'.join(map(str, range(10)))", NULL
  };

  g_print ("\nWhat a worker prints is seen here: python -m timeit in each\n");
  begin_step (program, N_WORKERS);
  for (guint i = 0; i < N_WORKERS; i++)
    mitogen_context_call_async (program->workers[i].context, "timeit:main",
                                g_variant_new ("(^as)", arguments), NULL, NULL, -1, NULL,
                                on_printed, &program->workers[i]);
}

/* ---- Measuring ---- */

static int
compare_sizes (gconstpointer a, gconstpointer b)
{
  const Measurement *first = *(Measurement *const *) a;
  const Measurement *second = *(Measurement *const *) b;

  return (first->size < second->size) - (first->size > second->size);
}

static void
show_size (const Measurement *measurement, guint64 largest)
{
  g_autofree char *bar = g_strnfill (measurement->size * BAR_WIDTH / MAX (largest, 1), '#');

  g_print ("  %8.1f MiB  %-*s  %-20s %s\n", measurement->size / MEBIBYTE, BAR_WIDTH, bar,
           measurement->folder, measurement->worker);
}

static void
show_sizes (Program *program)
{
  GPtrArray *sizes = program->sizes;
  double elapsed = milliseconds_since (program->began);
  guint64 total = 0;

  g_ptr_array_sort (sizes, compare_sizes);
  for (guint i = 0; i < sizes->len; i++)
    total += ((Measurement *) sizes->pdata[i])->size;
  for (guint i = 0; i < MIN (sizes->len, N_SHOWN); i++)
    show_size (sizes->pdata[i], ((Measurement *) sizes->pdata[0])->size);

  g_print (
      "  %8.1f MiB  in %u entries, measured in %.0f ms; the workers were busy for %.0f ms in all\n",
      total / MEBIBYTE, sizes->len, elapsed, program->busy / 1000.0);
}

static void measure_next (Worker *worker);

static void
store_size (Worker *worker, GVariant *value)
{
  Measurement *measurement = g_new0 (Measurement, 1);
  const char *output;

  g_variant_get (value, "(i&s)", NULL, &output);
  measurement->folder = g_steal_pointer (&worker->folder);
  measurement->worker = g_strdup (worker->name);
  measurement->size = 1024 * g_ascii_strtoull (output, NULL, 10);
  g_ptr_array_add (worker->program->sizes, measurement);
  worker->program->busy += g_get_monotonic_time () - worker->began;
}

static void
on_measured (GObject *source, GAsyncResult *result, gpointer data)
{
  Worker *worker = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = NULL;

  value = mitogen_context_call_finish (MITOGEN_CONTEXT (source), result, &error);
  if (value != NULL)
    store_size (worker, value);
  else
    g_printerr ("  %s: %s: %s\n", worker->name, worker->folder, error->message);
  g_clear_pointer (&worker->folder, g_free);
  measure_next (worker);
}

static void
measure_next (Worker *worker)
{
  Program *program = worker->program;
  g_autofree char *path = NULL;
  g_autofree char *quoted = NULL;
  g_autofree char *command = NULL;

  worker->folder = g_queue_pop_head (&program->waiting);
  if (worker->folder == NULL)
    {
      if (is_step_done (program))
        {
          show_sizes (program);
          let_all_print (program);
        }
      return;
    }

  path = g_build_filename (program->folder, worker->folder, NULL);
  quoted = g_shell_quote (path);
  command = g_strdup_printf ("du -sk -- %s 2>/dev/null", quoted);
  worker->began = g_get_monotonic_time ();
  mitogen_context_call_async (worker->context, "subprocess:getstatusoutput",
                              g_variant_new ("(s)", command), NULL, G_VARIANT_TYPE ("(is)"), -1,
                              NULL, on_measured, worker);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer data)
{
  Program *program = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) names = NULL;
  GVariantIter iter;
  char *name;

  names = mitogen_context_call_finish (MITOGEN_CONTEXT (source), result, &error);
  if (names == NULL)
    {
      give_up (program, error);
      return;
    }

  g_variant_iter_init (&iter, names);
  while (g_variant_iter_next (&iter, "s", &name))
    g_queue_push_tail (&program->waiting, name);
  begin_step (program, N_WORKERS);
  for (guint i = 0; i < N_WORKERS; i++)
    measure_next (&program->workers[i]);
}

/* With the reply type, the list comes as an array of strings or not at all. */
static void
list_folder (Program *program)
{
  g_print ("\nWhat takes space in %s, measured by all of them at once:\n", program->folder);
  mitogen_context_call_async (program->workers[0].context, "os:listdir",
                              g_variant_new ("(s)", program->folder), NULL,
                              G_VARIANT_TYPE_STRING_ARRAY, -1, NULL, on_listed, program);
}

/* ---- The beginning ---- */

static void
show_worker (const Worker *worker)
{
  g_autoptr (GVariant) info = mitogen_context_dup_info (worker->context);
  const char *interpreter = "?";
  const char *version = "?";
  gint64 pid = 0;

  g_variant_lookup (info, "interpreter", "&s", &interpreter);
  g_variant_lookup (info, "version", "&s", &version);
  g_variant_lookup (info, "pid", "x", &pid);
  g_print ("  %s  process %" G_GINT64_FORMAT ", Python %s, %s\n", worker->name, pid, version,
           interpreter);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  Worker *worker = data;
  Program *program = worker->program;
  g_autoptr (GError) error = NULL;

  worker->context = mitogen_router_connect_finish (MITOGEN_ROUTER (source), result, &error);
  if (worker->context == NULL)
    {
      give_up (program, error);
      return;
    }

  g_signal_connect (worker->context, "output", G_CALLBACK (on_output), worker);
  if (!is_step_done (program))
    return;
  g_print ("%d Python workers, ready after %.0f ms:\n", N_WORKERS,
           milliseconds_since (program->began));
  for (guint i = 0; i < N_WORKERS; i++)
    show_worker (&program->workers[i]);
  list_folder (program);
}

static void
start_worker (Program *program, guint number)
{
  Worker *worker = &program->workers[number];
  g_autoptr (MitogenConnection) connection = mitogen_local_connection_new ();

  worker->program = program;
  worker->name = g_strdup_printf ("worker-%u", number + 1);
  mitogen_connection_set_remote_name (connection, worker->name);
  mitogen_router_connect_async (program->router, connection, NULL, NULL, on_connected, worker);
}

static void
program_clear (Program *program)
{
  for (guint i = 0; i < N_WORKERS; i++)
    {
      g_clear_object (&program->workers[i].context);
      g_free (program->workers[i].name);
      g_free (program->workers[i].folder);
    }
  g_queue_clear_full (&program->waiting, g_free);
  g_ptr_array_unref (program->sizes);
  g_object_unref (program->router);
  g_main_loop_unref (program->loop);
  g_free (program->folder);
}

int
main (int argc, char *argv[])
{
  Program program = {
    .loop = g_main_loop_new (NULL, FALSE),
    .router = mitogen_router_new (NULL),
    .folder = g_strdup (argc > 1 ? argv[1] : "/usr/share"),
    .waiting = G_QUEUE_INIT,
    .sizes = g_ptr_array_new_with_free_func (measurement_free),
    .status = EXIT_SUCCESS,
  };

  begin_step (&program, N_WORKERS);
  for (guint i = 0; i < N_WORKERS; i++)
    start_worker (&program, i);
  g_main_loop_run (program.loop);

  mitogen_router_shutdown (program.router);
  mitogen_router_join (program.router, -1);
  program_clear (&program);
  return program.status;
}
