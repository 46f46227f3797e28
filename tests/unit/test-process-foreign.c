/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Child processes that this user may not send a signal to, as those of sudo. */

#include "broker/mitogen-fd-private.h"
#include "unit-child.h"
#include "unit-foreign.h"
#include "unit-util.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

/* Longer than anything here waits: what ends, ends for another reason. */
#define LONG_MS (10 * UNIT_PATIENCE_MS)

/* ---- a process of root ---- */

static UnitChild *
start_as_root (MitogenTerminal terminal, const char *script)
{
  const char *const argv[] = {
    UNIT_FOREIGN_COMMAND (unit_foreign_program ()), "sh", "-c", script, NULL,
  };
  UnitChild *child = unit_child_new (terminal);
  g_autofree char *started = NULL;

  mitogen_io_set_shutdown_timeout (child->io, LONG_MS);
  unit_child_start (child, terminal, argv);
  g_assert_no_error (child->error);
  started = unit_read_until (child->stream, "started\n");
  return child;
}

static void
send_kill (gpointer data)
{
  g_assert_false (mitogen_process_send_signal (data, SIGKILL));
}

static void
assert_not_ours (UnitChild *child)
{
  g_assert_cmpint (kill (mitogen_process_get_pid (child->process), SIGKILL), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  unit_run (child->io, send_kill, child->process);
}

/* ---- tests ---- */

static void
test_hang_up (void)
{
  g_autoptr (UnitChild) child = NULL;
  g_autofree char *rest = NULL;

  if (unit_foreign_begin () == NULL)
    return;
  child = start_as_root (MITOGEN_TERMINAL_BESIDE, "sleep 1000 & echo started; wait");
  assert_not_ours (child);
  g_assert_false (g_atomic_int_get (&child->exited));
  mitogen_fd_close (&child->master);
  g_assert_true (WIFSIGNALED (unit_child_wait (child)));
  g_assert_cmpint (WTERMSIG (child->status), ==, SIGHUP);
  rest = unit_read_all (child->stream); /* nothing of it is left */
}

/* Where all is on the terminal, as with su. */
static void
test_hang_up_all (void)
{
  g_autoptr (UnitChild) child = NULL;

  if (unit_foreign_begin () == NULL)
    return;
  child = start_as_root (MITOGEN_TERMINAL_ALL, "echo started; read answer");
  assert_not_ours (child);
  mitogen_fd_close (&child->stream);
  mitogen_fd_close (&child->master);
  g_assert_true (WIFSIGNALED (unit_child_wait (child)));
  g_assert_cmpint (WTERMSIG (child->status), ==, SIGHUP);
}

/* What does not end, and cannot be made to, does not keep the broker; and is reaped when it does
 * end. */
static void
test_stubborn (void)
{
  UnitChild *child;
  GPid pid;
  int stream;

  if (unit_foreign_begin () == NULL)
    return;
  child = start_as_root (MITOGEN_TERMINAL_BESIDE,
                         "trap '' HUP TERM; echo started; while read line; do :; done");
  assert_not_ours (child);
  pid = mitogen_process_get_pid (child->process);
  stream = child->stream;
  child->stream = -1;
  mitogen_fd_close (&child->master);
  unit_child_free (child); /* waits for the end of the broker */

  g_assert_cmpint (kill (pid, 0), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  mitogen_fd_close (&stream);
  unit_wait (kill (pid, 0) < 0 && errno == ESRCH);
}

/* Its leader has ended, and somebody who may not be killed is left of its group. */
static void
test_left_behind (void)
{
  UnitChild *child;
  int stream;

  if (unit_foreign_begin () == NULL)
    return;
  child = start_as_root (MITOGEN_TERMINAL_BESIDE,
                         "trap '' HUP TERM; exec 3<&0; cat <&3 >&2 & echo started");
  g_assert_true (WIFEXITED (unit_child_wait (child)));
  stream = child->stream;
  child->stream = -1;
  unit_child_free (child);     /* waits for the end of the broker */
  unit_write (stream, "x", 1); /* that one is there */
  mitogen_fd_close (&stream);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/process/foreign/hang-up/beside", test_hang_up);
  g_test_add_func ("/process/foreign/hang-up/all", test_hang_up_all);
  g_test_add_func ("/process/foreign/stubborn", test_stubborn);
  g_test_add_func ("/process/foreign/left-behind", test_left_behind);
  return g_test_run ();
}
