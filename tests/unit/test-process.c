/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Real child processes: their terminal, descriptors and environment. Each test runs with both
 * ways to start one: without a copy of this process, and with one, for a hook's sake. */

#include "broker/mitogen-fd-private.h"
#include "unit-child.h"
#include "unit-util.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void
do_nothing (gpointer data)
{
}

static UnitChild *
child_new (MitogenTerminal terminal, gconstpointer data)
{
  UnitChild *self = unit_child_new (terminal);

  self->spec.preexec = GPOINTER_TO_INT (data) ? do_nothing : NULL;
  return self;
}

static char *
terminal_name (UnitChild *child)
{
  char name[64];

  g_assert_cmpint (ptsname_r (child->master, name, sizeof name), ==, 0);
  return g_strdup (name);
}

/* ---- which terminal ---- */

static void
test_none (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_NONE, data);
  g_autofree char *text = NULL;

  unit_child_run (child, MITOGEN_TERMINAL_NONE,
                  "if true < /dev/tty; then echo one; else echo none; fi");
  text = unit_read_until (child->stream, "\n");
  g_assert_cmpstr (text, ==, "none\n");
}

static void
test_beside (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_BESIDE, data);
  g_autofree char *asked = NULL;
  g_autofree char *answered = NULL;

  unit_child_run (child, MITOGEN_TERMINAL_BESIDE,
                  "printf 'Password: ' > /dev/tty; read word < /dev/tty; tty; echo \"$word\"");
  asked = unit_read_until (child->master, ": ");
  g_assert_cmpstr (asked, ==, "Password: ");
  unit_write (child->master, "geheim\n", 7);
  answered = unit_read_until (child->stream, "geheim\n");
  g_assert_cmpstr (answered, ==, "not a tty\ngeheim\n");
  g_assert_cmpint (unit_child_wait (child), ==, 0);
  g_assert_false (unit_has_input (child->master, 0)); /* nothing of it was echoed */
}

static void
test_all (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_ALL, data);
  g_autofree char *name = terminal_name (child);
  g_autofree char *text = NULL;

  unit_child_run (child, MITOGEN_TERMINAL_ALL, "tty; tty < /dev/tty; printf end");
  text = unit_read_until (child->stream, "end");
  g_assert_true (g_str_has_prefix (text, name));
  g_assert_cmpstr (text + strlen (name), ==, "\n/dev/tty\nend");
}

/* ---- what goes through it ---- */

#define PAYLOAD_SIZE (1024 * 1024)

/* As much as goes without waiting. */
static gsize
write_some (int fd, const guint8 *data, gsize size)
{
  gssize written = size == 0 ? 0 : write (fd, data, size);

  g_assert_true (written >= 0 || errno == EAGAIN);
  return MAX (written, 0);
}

static gsize
read_some (int fd, guint8 *data, gsize size)
{
  gssize got = read (fd, data, size);

  g_assert_true (got > 0 || (got < 0 && errno == EAGAIN));
  return MAX (got, 0);
}

static void
wait_for_progress (int fd, gboolean writing)
{
  struct pollfd item = { fd, writing ? POLLIN | POLLOUT : POLLIN, 0 };

  g_assert_cmpint (poll (&item, 1, UNIT_PATIENCE_MS), ==, 1);
}

/* Every byte and every pair of bytes comes back as it went. */
static void
assert_echo (int fd)
{
  g_autofree guint8 *sent = g_malloc (PAYLOAD_SIZE);
  g_autofree guint8 *received = g_malloc (PAYLOAD_SIZE);
  gsize n_sent = 0;
  gsize n_received = 0;

  for (guint i = 0; i < PAYLOAD_SIZE; i++)
    sent[i] = i % 2 == 0 ? i / 2 : i / 512;
  g_assert_true (mitogen_fd_set_nonblocking (fd, NULL));
  while (n_received < PAYLOAD_SIZE)
    {
      wait_for_progress (fd, n_sent < PAYLOAD_SIZE);
      n_sent += write_some (fd, sent + n_sent, PAYLOAD_SIZE - n_sent);
      n_received += read_some (fd, received + n_received, PAYLOAD_SIZE - n_received);
    }
  g_assert_cmpmem (sent, PAYLOAD_SIZE, received, PAYLOAD_SIZE);
}

static void
test_eight_bit_beside (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_BESIDE, data);

  unit_child_run (child, MITOGEN_TERMINAL_BESIDE, "cat < /dev/tty > /dev/tty");
  assert_echo (child->master);
}

static void
test_eight_bit_all (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_ALL, data);
  const char *const argv[] = { "cat", NULL };

  unit_child_start (child, MITOGEN_TERMINAL_ALL, argv);
  g_assert_no_error (child->error);
  assert_echo (child->stream);
}

static void
test_settings (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_BESIDE, data);
  const char *const off[] = { "-icanon", "-isig", "-iexten", "-echo", "-opost", "-icrnl", "-ixon" };
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;

  unit_child_run (child, MITOGEN_TERMINAL_BESIDE, "stty -a < /dev/tty");
  text = g_strdelimit (unit_read_all (child->stream), ";\n", ' ');
  words = g_strsplit (text, " ", -1);
  g_assert_true (g_strv_contains ((const char *const *) words, "cs8"));
  for (guint i = 0; i < G_N_ELEMENTS (off); i++)
    g_assert_true (g_strv_contains ((const char *const *) words, off[i]));
}

/* ---- its end ---- */

static void
assert_ended (int master)
{
  char byte;

  g_assert_cmpint (read (master, &byte, 1), ==, -1);
  g_assert_cmpint (errno, ==, EIO);
}

/* As long as the slave is held, there is no end, whoever else has closed it. */
static void
test_held (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_BESIDE, data);
  struct pollfd item = { child->master, POLLIN, 0 };
  g_autofree char *text = NULL;

  unit_child_run (child, MITOGEN_TERMINAL_BESIDE, "echo last > /dev/tty");
  g_assert_cmpint (unit_child_wait (child), ==, 0);
  text = unit_read_until (child->master, "\n");
  g_assert_cmpstr (text, ==, "last\n");
  g_assert_cmpint (poll (&item, 1, 0), ==, 0);

  mitogen_fd_close (&child->slave);
  g_assert_cmpint (poll (&item, 1, 0), ==, 1);
  g_assert_cmpint (item.revents & POLLHUP, ==, POLLHUP);
  assert_ended (child->master);
}

static void
test_end (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_ALL, data);
  g_autofree char *text = NULL;

  unit_child_run (child, MITOGEN_TERMINAL_ALL, "echo last");
  mitogen_fd_close (&child->slave);
  g_assert_cmpint (unit_child_wait (child), ==, 0);
  text = unit_read_all (child->stream); /* nothing is lost */
  g_assert_cmpstr (text, ==, "last\n");
  assert_ended (child->stream);
}

static void
detach (gpointer data)
{
  mitogen_process_detach (data);
}

/* That is enough: nobody has to send a signal, and perhaps nobody may. */
static void
test_hang_up (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_BESIDE, data);
  g_autofree char *started = NULL;
  g_autofree char *rest = NULL;
  int status;

  unit_child_run (child, MITOGEN_TERMINAL_BESIDE, "sleep 1000 & echo started; wait");
  unit_run (child->io, detach, child->process);
  started = unit_read_until (child->stream, "\n");
  mitogen_fd_close (&child->master);
  status = unit_child_wait (child);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGHUP);
  rest = unit_read_all (child->stream); /* no process has the other end */
  g_assert_cmpstr (rest, ==, "");
}

/* Also when this process is killed. The child has its error output, whose end is waited for. */
static void
test_killed (gconstpointer data)
{
  if (g_test_subprocess ())
    {
      UnitChild *child = child_new (MITOGEN_TERMINAL_BESIDE, data);
      g_autofree char *started = NULL;

      child->keep_errors = TRUE;
      unit_child_run (child, MITOGEN_TERMINAL_BESIDE, "echo started; sleep 5; echo survived >&2");
      started = unit_read_until (child->stream, "\n");
      kill (getpid (), SIGKILL);
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT); /* to the end of that output */
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr_unmatched ("*survived*");
}

/* ---- starting ---- */

static void
test_standard_closed (gconstpointer data)
{
  if (g_test_subprocess ())
    {
      for (int fd = 0; fd < 3; fd++)
        close (fd);
      test_beside (data);
      test_all (data);
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

/* GLib's fork(), too. */
static gint n_forks; /* atomic */

pid_t
fork (void)
{
  static pid_t (*real) (void);

  g_atomic_int_inc (&n_forks);
  if (real == NULL)
    real = dlsym (RTLD_NEXT, "fork");
  return real ();
}

#define BALLAST_SIZE (64 * 1024 * 1024)

/* A page that a copy of this process has been given, too, has to be asked for once more before it
 * can be written to, however soon the copy was gone. */
static glong
count_faults (guint8 *memory)
{
  struct rusage before;
  struct rusage after;

  getrusage (RUSAGE_SELF, &before);
  for (gsize i = 0; i < BALLAST_SIZE; i += 4096)
    memory[i]++;
  getrusage (RUSAGE_SELF, &after);
  return after.ru_minflt - before.ru_minflt;
}

/* However large this process is, none of it is copied: unless there is a hook, which has to run
 * between. */
static void
test_copies (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_BESIDE, data);
  g_autofree char *text = NULL;
  gint before = g_atomic_int_get (&n_forks);
  gint expected = GPOINTER_TO_INT (data) ? 1 : 0;
  guint8 *memory =
      mmap (NULL, BALLAST_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  g_assert_true (memory != MAP_FAILED);
  madvise (memory, BALLAST_SIZE, MADV_NOHUGEPAGE);
  if (dlsym (RTLD_DEFAULT, "posix_spawn_file_actions_addclosefrom_np") == NULL)
    {
      g_test_skip ("this C library cannot start a program without a copy of this one");
      return;
    }
  count_faults (memory);
  unit_child_run (child, MITOGEN_TERMINAL_BESIDE, "echo here > /dev/tty");
  text = unit_read_until (child->master, "\n");
  g_assert_cmpint (g_atomic_int_get (&n_forks) - before, ==, expected);
  g_assert_cmpint (count_faults (memory) > BALLAST_SIZE / 4096 / 2, ==, expected);
  munmap (memory, BALLAST_SIZE);
}

static void
test_descriptors (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_BESIDE, data);
  const char *const argv[] = { "ls", "/proc/self/fd", NULL };
  g_autofree char *text = NULL;
  int kept = dup (child->master); /* not closed by exec */

  unit_child_start (child, MITOGEN_TERMINAL_BESIDE, argv);
  g_assert_no_error (child->error);
  text = unit_read_all (child->stream);
  g_assert_cmpstr (text, ==, "0\n1\n2\n3\n"); /* the last is the folder itself */
  close (kept);
}

static void
test_no_such_program (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_BESIDE, data);
  const char *const argv[] = { "no-such-program-anywhere", NULL };
  g_autofree char *text = NULL;

  unit_child_start (child, MITOGEN_TERMINAL_BESIDE, argv);
  g_assert_error (child->error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  g_assert_null (child->process);
  g_clear_error (&child->error);

  /* The terminal can still be used. */
  mitogen_fd_close (&child->stream);
  mitogen_fd_close (&child->errors);
  unit_child_run (child, MITOGEN_TERMINAL_BESIDE, "echo here > /dev/tty");
  text = unit_read_until (child->master, "\n");
  g_assert_cmpstr (text, ==, "here\n");
}

/* The thread that starts programs writes to some that have ended: the signal of that waits there.
 */
static void
write_to_nobody (gpointer data)
{
  int pipes[2];

  g_assert_true (mitogen_fd_pipe (pipes, NULL));
  mitogen_fd_close (&pipes[0]);
  g_assert_cmpint (write (pipes[1], "x", 1), ==, -1);
  g_assert_cmpint (errno, ==, EPIPE);
  mitogen_fd_close (&pipes[1]);
}

static void
test_after_broken_pipe (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_NONE, data);
  g_autofree char *text = NULL;

  unit_run (child->io, write_to_nobody, NULL);
  unit_child_run (child, MITOGEN_TERMINAL_NONE, "echo here");
  text = unit_read_until (child->stream, "\n");
  g_assert_cmpstr (text, ==, "here\n");
}

static void
test_environment (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_BESIDE, data);
  g_auto (GStrv) environment =
      g_strsplit ("MITOGEN_SET=a=b c|MITOGEN_EMPTY=|MITOGEN_GONE|MITOGEN_NOT_THERE", "|", -1);
  g_autofree char *text = NULL;

  child->spec.environment = environment;
  unit_child_run (child, MITOGEN_TERMINAL_BESIDE,
                  "echo \"$MITOGEN_SET,${MITOGEN_EMPTY-unset},${MITOGEN_GONE-unset},"
                  "${MITOGEN_NOT_THERE-unset},$MITOGEN_KEPT\"");
  text = unit_read_until (child->stream, "\n");
  g_assert_cmpstr (text, ==, "a=b c,,unset,unset,1\n");
  g_assert_cmpstr (g_getenv ("MITOGEN_GONE"), ==, "1");
}

static void
add_test (const char *name, GTestDataFunc func)
{
  g_autofree char *plain = g_strdup_printf ("/process/%s/plain", name);
  g_autofree char *hook = g_strdup_printf ("/process/%s/hook", name);

  g_test_add_data_func (plain, GINT_TO_POINTER (FALSE), func);
  g_test_add_data_func (hook, GINT_TO_POINTER (TRUE), func);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("MITOGEN_GONE", "1", TRUE);
  g_setenv ("MITOGEN_KEPT", "1", TRUE);
  add_test ("terminal/none", test_none);
  add_test ("terminal/beside", test_beside);
  add_test ("terminal/all", test_all);
  add_test ("terminal/eight-bit/beside", test_eight_bit_beside);
  add_test ("terminal/eight-bit/all", test_eight_bit_all);
  add_test ("terminal/settings", test_settings);
  add_test ("terminal/held", test_held);
  add_test ("terminal/end", test_end);
  add_test ("terminal/hang-up", test_hang_up);
  add_test ("terminal/killed", test_killed);
  add_test ("standard-closed", test_standard_closed);
  add_test ("copies", test_copies);
  add_test ("descriptors", test_descriptors);
  add_test ("no-such-program", test_no_such_program);
  add_test ("after-broken-pipe", test_after_broken_pipe);
  add_test ("environment", test_environment);
  return g_test_run ();
}
