/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Opening pseudo terminals, also where the C library or the kernel refuses a part of it, and where
 * there are none left. What has to be mounted is mounted for this program alone. */

#include "spawn/mitogen-terminal-private.h"
#include "broker/mitogen-fd-private.h"
#include "unit-child.h"
#include "unit-util.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* ---- a C library that refuses: error numbers, 0: it does not ---- */

static int refuse_openpt;
static int refuse_grant;
static int refuse_peer;
static int refuse_name;

static int
refuse (int code)
{
  errno = code;
  return -1;
}

int
posix_openpt (int flags)
{
  int (*real) (int) = dlsym (RTLD_NEXT, "posix_openpt");

  return refuse_openpt != 0 ? refuse (refuse_openpt) : real (flags);
}

int
grantpt (int fd)
{
  int (*real) (int) = dlsym (RTLD_NEXT, "grantpt");

  return refuse_grant != 0 ? refuse (refuse_grant) : real (fd);
}

int
ptsname_r (int fd, char *name, size_t size)
{
  int (*real) (int, char *, size_t) = dlsym (RTLD_NEXT, "ptsname_r");

  return refuse_name != 0 ? refuse_name : real (fd, name, size);
}

int
ioctl (int fd, unsigned long request, ...)
{
  int (*real) (int, unsigned long, ...) = dlsym (RTLD_NEXT, "ioctl");
  va_list arguments;
  void *argument;

  va_start (arguments, request);
  argument = va_arg (arguments, void *);
  va_end (arguments);
  return request == TIOCGPTPEER && refuse_peer != 0 ? refuse (refuse_peer)
                                                    : real (fd, request, argument);
}

/* ---- a pair ---- */

typedef struct
{
  int master;
  int slave;
} Pair;

static void
pair_close (Pair *pair)
{
  mitogen_fd_close (&pair->master);
  mitogen_fd_close (&pair->slave);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_close)

static void
assert_descriptor (int fd)
{
  g_assert_cmpint (fd, >, 2);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
}

static void
assert_raw (int fd)
{
  struct termios settings;

  g_assert_cmpint (tcgetattr (fd, &settings), ==, 0);
  g_assert_cmpuint (settings.c_lflag & (ECHO | ECHONL | ICANON | ISIG | IEXTEN), ==, 0);
  g_assert_cmpuint (settings.c_iflag & (ISTRIP | INLCR | IGNCR | ICRNL | IXON), ==, 0);
  g_assert_cmpuint (settings.c_oflag & OPOST, ==, 0);
  g_assert_cmpuint (settings.c_cflag & CSIZE, ==, CS8);
}

/* They belong together, and nothing is changed on the way. */
static void
assert_connected (Pair *pair)
{
  char text[8] = "";

  unit_write (pair->slave, "\003\004\r\n", 4);
  g_assert_true (unit_read (pair->master, text, 4));
  g_assert_cmpmem (text, 4, "\003\004\r\n", 4);
  unit_write (pair->master, "\003\004\r\n", 4);
  g_assert_true (unit_read (pair->slave, text, 4));
  g_assert_cmpmem (text, 4, "\003\004\r\n", 4);
  g_assert_false (unit_has_input (pair->master, 0));
}

static void
assert_opens (void)
{
  g_auto (Pair) pair = { -1, -1 };
  g_autoptr (GError) error = NULL;

  mitogen_terminal_open (&pair.master, &pair.slave, &error);
  g_assert_no_error (error);
  assert_descriptor (pair.master);
  assert_descriptor (pair.slave);
  assert_raw (pair.master);
  assert_raw (pair.slave);
  assert_connected (&pair);
}

/* The text of the error. Nothing stays open. */
static char *
assert_refused (int code)
{
  g_auto (Pair) pair = { -1, -1 };
  g_autoptr (GError) error = NULL;
  int free_before = dup (0);
  int free_after;

  close (free_before);
  g_assert_false (mitogen_terminal_open (&pair.master, &pair.slave, &error));
  g_assert_error (error, G_IO_ERROR, (int) g_io_error_from_errno (code));
  g_assert_nonnull (strstr (error->message, g_strerror (code)));
  g_assert_cmpint (pair.master, ==, -1);
  g_assert_cmpint (pair.slave, ==, -1);
  free_after = dup (0);
  close (free_after);
  g_assert_cmpint (free_after, ==, free_before);
  return g_strdup (error->message);
}

/* ---- opening ---- */

static void
test_open (void)
{
  assert_opens ();
}

static void
in_subprocess (void)
{
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

/* The leader of a session would get it as its controlling terminal. */
static void
test_not_controlling (void)
{
  g_auto (Pair) pair = { -1, -1 };

  if (!g_test_subprocess ())
    {
      in_subprocess ();
      return;
    }
  g_assert_true (setsid () > 0 || getsid (0) == getpid ());
  for (guint i = 0; i < 2; i++)
    {
      refuse_peer = i == 0 ? 0 : ENOTTY;
      g_assert_true (mitogen_terminal_open (&pair.master, &pair.slave, NULL));
      g_assert_cmpint (open ("/dev/tty", O_RDWR), ==, -1);
      g_assert_cmpint (errno, ==, ENXIO);
      pair_close (&pair);
    }
}

static void
test_standard_closed (void)
{
  if (!g_test_subprocess ())
    {
      in_subprocess ();
      return;
    }
  for (int fd = 0; fd < 3; fd++)
    close (fd);
  assert_opens ();
}

/* ---- refused ---- */

static void
test_grant_refused (void)
{
  const int codes[] = { EPERM, EACCES };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      refuse_grant = codes[i];
      assert_opens ();
    }
  refuse_grant = 0;
}

static void
test_old_kernel (void)
{
  refuse_peer = ENOTTY;
  assert_opens ();
  refuse_name = ENOTTY;
  assert_opens ();
  refuse_name = refuse_peer = 0;
}

static void
test_other_place (void)
{
  refuse_openpt = ENOENT;
  assert_opens ();
  refuse_openpt = 0;
}

static void
test_not_allowed (void)
{
  g_autofree char *text = NULL;

  refuse_openpt = EACCES;
  text = assert_refused (EACCES);
  refuse_openpt = 0;
  g_assert_null (strstr (text, "kernel.pty.max"));
}

/* ---- none left ---- */

static void
assert_names_limits (const char *text)
{
  const char *const names[] = { "max", "reserve" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename ("/proc/sys/kernel/pty", names[i], NULL);
      g_autofree char *number = NULL;
      g_autofree char *expected = NULL;

      g_assert_true (g_file_get_contents (path, &number, NULL, NULL));
      expected = g_strdup_printf ("kernel.pty.%s = %s", names[i], g_strstrip (number));
      g_assert_nonnull (strstr (text, expected));
    }
  g_assert_nonnull (strstr (text, "max= of the mounted devpts"));
  g_assert_nonnull (strstr (text, " are in use"));
  g_assert_null (strstr (text, "? are in use"));
}

static void
test_none_left (void)
{
  const int codes[] = { ENOSPC, EIO, EAGAIN };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autofree char *text = NULL;

      refuse_openpt = codes[i];
      text = assert_refused (codes[i]);
      assert_names_limits (text);
    }
  refuse_openpt = 0;
}

static void
test_no_descriptors (void)
{
  struct rlimit limit;
  struct rlimit less;
  int next = dup (0);

  close (next);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  less = limit;
  for (int n = 0; n < 2; n++)
    {
      g_auto (Pair) pair = { -1, -1 };
      g_autoptr (GError) error = NULL;

      less.rlim_cur = next + n;
      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &less), ==, 0);
      g_assert_false (mitogen_terminal_open (&pair.master, &pair.slave, &error));
      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
      g_assert_cmpint (dup (0), ==, next); /* nothing stayed open */
      close (next);
    }
}

/* ---- mounts of our own ---- */

static gboolean
enter_own_mounts (void)
{
  return unshare (CLONE_NEWNS) == 0 && mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static gboolean
can_mount (void)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    _exit (enter_own_mounts () && mount ("none", "/dev/pts", "devpts", 0, NULL) == 0 ? 0 : 1);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

/* TRUE: this process has mounts of its own; the test goes on here. */
static gboolean
begin_own_mounts (void)
{
  if (g_test_subprocess ())
    {
      g_assert_true (enter_own_mounts ());
      return TRUE;
    }
  if (can_mount ())
    in_subprocess ();
  else
    g_test_skip ("this user may not mount anything, not even for one process");
  return FALSE;
}

static void
mount_over (const char *what, const char *where, const char *type, gulong flags, const char *data)
{
  if (mount (what, where, type, flags, data) < 0)
    g_error ("mount %s on %s: %s", what, where, g_strerror (errno));
}

static void
mount_devpts (const char *options)
{
  mount_over ("none", "/dev/pts", "devpts", 0, options);
}

/* A child has the terminal, and it is ours. */
static void
assert_child_gets_it (void)
{
  g_autoptr (UnitChild) child = unit_child_new (MITOGEN_TERMINAL_BESIDE);
  g_autofree char *text = NULL;

  unit_child_run (child, MITOGEN_TERMINAL_BESIDE, "echo here > /dev/tty");
  text = unit_read_until (child->master, "\n");
  g_assert_cmpstr (text, ==, "here\n");
  g_assert_cmpint (unit_child_wait (child), ==, 0);
}

static void
test_limit_of_mount (void)
{
  g_auto (Pair) only = { -1, -1 };
  g_autofree char *text = NULL;

  if (!begin_own_mounts ())
    return;
  mount_devpts ("max=1,ptmxmode=0666");
  g_assert_true (mitogen_terminal_open (&only.master, &only.slave, NULL));
  text = assert_refused (ENOSPC);
  assert_names_limits (text);
  pair_close (&only);
  assert_opens ();
  assert_child_gets_it ();
}

/* A new /dev, and one more devpts on /mnt that /dev/ptmx leads to. */
static void
mount_dev (void)
{
  mount_over ("none", "/mnt", "devpts", 0, "ptmxmode=0666");
  mount_over ("none", "/dev", "tmpfs", 0, NULL);
  g_assert_cmpint (mkdir ("/dev/pts", 0755), ==, 0);
  g_assert_cmpint (symlink ("/mnt/ptmx", "/dev/ptmx"), ==, 0);
  g_assert_cmpint (mknod ("/dev/tty", S_IFCHR | 0666, makedev (5, 0)), ==, 0);
  g_assert_cmpint (mknod ("/dev/null", S_IFCHR | 0666, makedev (1, 3)), ==, 0);
}

static void
test_names_hidden (void)
{
  if (!begin_own_mounts ())
    return;
  mount_dev ();
  assert_opens ();
  assert_child_gets_it ();
}

/* Its name is that of another terminal, which is not to be taken for it. */
static void
test_other_instance (void)
{
  g_auto (Pair) other = { -1, -1 };
  g_autofree char *text = NULL;

  if (!begin_own_mounts ())
    return;
  mount_dev ();
  mount_devpts ("ptmxmode=0666");
  other.master = open ("/dev/pts/ptmx", O_RDWR | O_NOCTTY);
  g_assert_cmpint (unlockpt (other.master), ==, 0);
  g_assert_true (g_file_test ("/dev/pts/0", G_FILE_TEST_EXISTS));
  assert_opens ();
  assert_child_gets_it ();

  refuse_peer = ENOTTY;
  text = assert_refused (ENODEV);
  g_assert_null (strstr (text, "kernel.pty.max"));
}

/* A container may have no /dev/ptmx. */
static void
test_multiplexer_hidden (void)
{
  if (!begin_own_mounts ())
    return;
  mount_devpts ("ptmxmode=0666");
  mount_over ("/dev/pts", "/mnt", NULL, MS_BIND, NULL);
  mount_over ("none", "/dev", "tmpfs", 0, NULL);
  g_assert_cmpint (mkdir ("/dev/pts", 0755), ==, 0);
  mount_over ("/mnt", "/dev/pts", NULL, MS_BIND, NULL);
  g_assert_false (g_file_test ("/dev/ptmx", G_FILE_TEST_EXISTS));
  assert_opens ();
}

static void
test_nothing_mounted (void)
{
  g_autofree char *text = NULL;

  if (!begin_own_mounts ())
    return;
  mount_over ("none", "/dev/pts", "tmpfs", 0, NULL);
  text = assert_refused (ENODEV);
  g_assert_nonnull (strstr (text, "is devpts mounted on /dev/pts?"));
}

/* The child cannot open its terminal by a name then. */
static void
test_no_proc (void)
{
  if (!begin_own_mounts ())
    return;
  mount_over ("none", "/proc", "tmpfs", 0, NULL);
  assert_child_gets_it ();
  g_assert_cmpint (umount ("/proc"), ==, 0); /* a sanitizer looks for threads there */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/terminal/open", test_open);
  g_test_add_func ("/terminal/not-controlling", test_not_controlling);
  g_test_add_func ("/terminal/standard-closed", test_standard_closed);
  g_test_add_func ("/terminal/refused/grant", test_grant_refused);
  g_test_add_func ("/terminal/refused/old-kernel", test_old_kernel);
  g_test_add_func ("/terminal/refused/other-place", test_other_place);
  g_test_add_func ("/terminal/refused/not-allowed", test_not_allowed);
  g_test_add_func ("/terminal/none-left", test_none_left);
  g_test_add_func ("/terminal/no-descriptors", test_no_descriptors);
  g_test_add_func ("/terminal/mounts/limit", test_limit_of_mount);
  g_test_add_func ("/terminal/mounts/other-instance", test_other_instance);
  g_test_add_func ("/terminal/mounts/names-hidden", test_names_hidden);
  g_test_add_func ("/terminal/mounts/multiplexer-hidden", test_multiplexer_hidden);
  g_test_add_func ("/terminal/mounts/nothing", test_nothing_mounted);
  g_test_add_func ("/terminal/mounts/no-proc", test_no_proc);
  return g_test_run ();
}
