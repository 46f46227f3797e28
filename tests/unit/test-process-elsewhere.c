/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What passes for a process: whoever runs it is told what a child would be told, and no more. */

#include "spawn/mitogen-process-private.h"
#include "unit-util.h"

#include <signal.h>
#include <sys/wait.h>

typedef struct
{
  MitogenIo *io;
  MitogenProcess *process;
  GArray *signals; /* of int */
  guint n_detached;
  guint n_forgotten;
  guint n_exited;
  int wait_status;
  gboolean may_signal;
  gboolean frees_at_exit;
} Run;

static gboolean
send_signal (int signal_number, gpointer elsewhere)
{
  Run *run = elsewhere;

  g_assert_true (mitogen_io_is_current (run->io));
  g_array_append_val (run->signals, signal_number);
  return run->may_signal;
}

static void
detach (gpointer elsewhere)
{
  ((Run *) elsewhere)->n_detached++;
}

static void
forget (gpointer elsewhere)
{
  Run *run = elsewhere;

  run->process = NULL;
  run->n_forgotten++;
}

static const MitogenProcessFuncs funcs = { .send_signal = send_signal,
                                           .detach = detach,
                                           .forget = forget };

static void
on_exited (int wait_status, gpointer data)
{
  Run *run = data;

  run->n_exited++;
  run->wait_status = wait_status;
  if (run->frees_at_exit)
    mitogen_process_free (run->process);
}

static void
make (gpointer data)
{
  Run *run = data;

  run->process = mitogen_process_new_elsewhere (run->io, &funcs, run, on_exited, run);
  g_assert_cmpint (mitogen_process_get_pid (run->process), ==, 0);
}

static void
end (gpointer data)
{
  mitogen_process_end_elsewhere (((Run *) data)->process, W_EXITCODE (3, 0));
}

static void
terminate (gpointer data)
{
  Run *run = data;

  g_assert_cmpint (mitogen_process_send_signal (run->process, SIGTERM), ==, run->may_signal);
}

static void
signal_in_vain (gpointer data)
{
  g_assert_true (mitogen_process_send_signal (((Run *) data)->process, SIGKILL));
}

static void
let_go (gpointer data)
{
  mitogen_process_detach (((Run *) data)->process);
}

static void
drop (gpointer data)
{
  mitogen_process_free (((Run *) data)->process);
}

static void
run_init (Run *run)
{
  *run = (Run){ .may_signal = TRUE };
  run->io = unit_io_new ();
  run->signals = g_array_new (FALSE, FALSE, sizeof (int));
  unit_run (run->io, make, run);
}

static void
run_clear (Run *run)
{
  unit_io_end (run->io);
  g_assert_cmpuint (run->n_forgotten, ==, 1);
  g_array_unref (run->signals);
}

static void
test_ends (void)
{
  Run run;

  run_init (&run);
  unit_run (run.io, terminate, &run);
  unit_run (run.io, end, &run);
  g_assert_cmpuint (run.n_exited, ==, 1);
  g_assert_cmpint (WEXITSTATUS (run.wait_status), ==, 3);
  g_assert_cmpuint (run.n_forgotten, ==, 0);
  /* As with a child: too late, but nothing is wrong about it. */
  unit_run (run.io, signal_in_vain, &run);
  g_assert_cmpuint (run.signals->len, ==, 1);
  g_assert_cmpint (g_array_index (run.signals, int, 0), ==, SIGTERM);
  unit_run (run.io, drop, &run);
  run_clear (&run);
}

static void
test_freed_at_exit (void)
{
  Run run;

  run_init (&run);
  run.frees_at_exit = TRUE;
  unit_run (run.io, end, &run);
  g_assert_cmpuint (run.n_exited, ==, 1);
  run_clear (&run);
}

static void
test_forgotten (void)
{
  Run run;

  run_init (&run);
  unit_run (run.io, drop, &run);
  g_assert_cmpuint (run.n_exited, ==, 0);
  run_clear (&run);
}

static void
test_detached (void)
{
  Run run;

  run_init (&run);
  unit_run (run.io, let_go, &run);
  g_assert_cmpuint (run.n_detached, ==, 1);
  unit_run (run.io, signal_in_vain, &run);
  g_assert_cmpuint (run.signals->len, ==, 0);
  unit_run (run.io, drop, &run);
  run_clear (&run);
}

static void
test_not_permitted (void)
{
  Run run;

  run_init (&run);
  run.may_signal = FALSE;
  unit_run (run.io, terminate, &run);
  unit_run (run.io, drop, &run);
  run_clear (&run);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/process-elsewhere/ends", test_ends);
  g_test_add_func ("/process-elsewhere/freed-at-exit", test_freed_at_exit);
  g_test_add_func ("/process-elsewhere/forgotten", test_forgotten);
  g_test_add_func ("/process-elsewhere/detached", test_detached);
  g_test_add_func ("/process-elsewhere/not-permitted", test_not_permitted);
  return g_test_run ();
}
