/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Child processes that this user may not send a signal to, as those of sudo. Needs root, to be
 * somebody else: the tests run as that one, in a process of their own each. */

#include "broker/mitogen-fd-private.h"
#include "unit-child.h"
#include "unit-util.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534
/* Longer than anything here waits: what ends, ends for another reason. */
#define LONG_MS (10 * UNIT_PATIENCE_MS)
#define PROGRAM "MITOGEN_TEST_SETUID"

/* ---- another user ---- */

static gboolean
become_nobody (void)
{
  return setgroups (0, NULL) == 0 && setresgid (NOBODY, NOBODY, NOBODY) == 0 &&
         setresuid (NOBODY, NOBODY, NOBODY) == 0;
}

/* Wholly another user: who was there before is not among its user IDs any more. */
static gboolean
works (const char *program)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    {
      if (become_nobody ())
        execl (program, program, "--reuid=0", "--regid=0", "--clear-groups", "true", NULL);
      _exit (1);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

/* NULL: and the test is skipped. */
static char *
make_setuid_program (char **folder)
{
  g_autofree char *original = g_find_program_in_path ("setpriv");
  g_autofree char *program = NULL;
  g_autofree char *contents = NULL;
  gsize size;

  *folder = NULL;
  if (geteuid () != 0 || original == NULL)
    {
      g_test_skip (original == NULL ? "there is no setpriv" : "only root can be somebody else");
      return NULL;
    }
  *folder = g_dir_make_tmp ("mitogen-foreign-XXXXXX", NULL);
  g_assert_nonnull (*folder);
  program = g_build_filename (*folder, "setpriv", NULL);
  g_assert_true (g_file_get_contents (original, &contents, &size, NULL));
  g_assert_true (g_file_set_contents (program, contents, size, NULL));
  g_assert_cmpint (chmod (*folder, 0755), ==, 0);
  g_assert_cmpint (chmod (program, 04755), ==, 0);
  if (works (program))
    return g_steal_pointer (&program);
  g_test_skip ("programs do not change the user here: nosuid, or no new privileges");
  return NULL;
}

static void
run_as_nobody (void)
{
  g_autofree char *folder = NULL;
  g_autofree char *program = make_setuid_program (&folder);
  g_autofree char *copy = folder != NULL ? g_build_filename (folder, "setpriv", NULL) : NULL;

  if (program != NULL)
    {
      g_setenv (PROGRAM, program, TRUE);
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
    }
  if (copy != NULL)
    g_unlink (copy);
  if (folder != NULL)
    g_rmdir (folder);
  if (program != NULL)
    g_test_trap_assert_passed ();
}

static gboolean
is_nobody (void)
{
  if (!g_test_subprocess ())
    {
      run_as_nobody ();
      return FALSE;
    }
  g_assert_true (become_nobody ());
  /* As if it had been started by that user. */
  g_assert_cmpint (prctl (PR_SET_DUMPABLE, 1, 0, 0, 0), ==, 0);
  return TRUE;
}

/* ---- a process of root ---- */

static UnitChild *
start_as_root (MitogenTerminal terminal, const char *script)
{
  const char *const argv[] = {
    g_getenv (PROGRAM), "--reuid=0", "--regid=0", "--clear-groups", "sh", "-c", script, NULL,
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
  mitogen_process_send_signal (data, SIGKILL);
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

  if (!is_nobody ())
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

  if (!is_nobody ())
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

  if (!is_nobody ())
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

  if (!is_nobody ())
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
