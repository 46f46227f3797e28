/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "spawn/mitogen-terminal-private.h"
#include "broker/mitogen-fd-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define OPEN_FLAGS (O_RDWR | O_NOCTTY | O_CLOEXEC)

/* Where the kernel hands out terminals, if the C library does not find the place. A container
 * may have only the second. */
static const char *const multiplexers[] = { "/dev/ptmx", "/dev/pts/ptmx" };

/* ---- what went wrong ---- */

static char *
read_limit (const char *name)
{
  g_autofree char *path = g_build_filename ("/proc/sys/kernel/pty", name, NULL);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? g_strstrip (text) : g_strdup ("?");
}

static char *
describe_limits (void)
{
  g_autofree char *used = read_limit ("nr");
  g_autofree char *max = read_limit ("max");
  g_autofree char *reserve = read_limit ("reserve");

  /* Translators: names of system limits, and numbers */
  return g_strdup_printf (_ ("none is left: %s are in use; the limits are kernel.pty.max = %s, "
                             "kernel.pty.reserve = %s and max= of the mounted devpts"),
                          used, max, reserve);
}

/* Older kernels say EIO when there are too many, and the standard wants EAGAIN. */
static gboolean
is_limit (gint64 code)
{
  return code == ENOSPC || code == EIO || code == EAGAIN;
}

/* EAGAIN may also come of a process that cannot be made. */
char *
mitogen_terminal_explain_failure (gint64 code, const char *said)
{
  if (!is_limit (code) || code == EAGAIN)
    return g_strdup (said);
  /* Translators: %s is an error; the rest are names of system limits */
  return g_strdup_printf (_ ("%s (no terminal may be left there: the limits are kernel.pty.max, "
                             "kernel.pty.reserve and max= of the mounted devpts)"),
                          said);
}

static gboolean
is_missing (int code)
{
  return code == ENOENT || code == ENODEV || code == ENXIO;
}

static gboolean
fail (const char *what, const char *hint, GError **error)
{
  int code = errno;

  if (hint == NULL)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                 /* Translators: what failed, and why */
                 _ ("Cannot open a terminal: %s: %s"), what, g_strerror (code));
  else
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                 /* Translators: what failed, why, and a hint */
                 _ ("Cannot open a terminal: %s: %s (%s)"), what, g_strerror (code), hint);
  return FALSE;
}

static gboolean
fail_master (GError **error)
{
  int code = errno;
  g_autofree char *limits = is_limit (code) ? describe_limits () : NULL;

  errno = code;
  return fail ("posix_openpt", is_missing (code) ? _ ("is devpts mounted on /dev/pts?") : limits,
               error);
}

/* ---- the master ---- */

static int
open_master (void)
{
  int fd = posix_openpt (OPEN_FLAGS);
  int code = errno;

  for (guint i = 0; i < G_N_ELEMENTS (multiplexers) && fd < 0 && is_missing (errno); i++)
    fd = open (multiplexers[i], OPEN_FLAGS);
  if (fd < 0)
    errno = code;
  return fd;
}

/* The C library may refuse what the kernel does not mind: where devpts is mounted without its
 * group, old ones try to change that of the slave, and may not. */
static gboolean
unlock_master (int fd)
{
  const int unlocked = 0;

  return (grantpt (fd) == 0 && unlockpt (fd) == 0) || ioctl (fd, TIOCSPTLCK, &unlocked) == 0;
}

/* ---- the slave ---- */

/* Without its name, which depends on what is mounted where, and may be that of another one. */
static int
open_peer (int master_fd)
{
#ifdef TIOCGPTPEER
  return ioctl (master_fd, TIOCGPTPEER, OPEN_FLAGS);
#else
  errno = ENOTTY;
  return -1;
#endif
}

/* What one end is told of the size of the window, the other one knows. */
static gboolean
is_pair (int master_fd, int slave_fd)
{
  const struct winsize none = { 0 };
  struct winsize told = { .ws_row = g_random_int (), .ws_col = g_random_int () };
  struct winsize known = { 0 };
  gboolean same = ioctl (master_fd, TIOCSWINSZ, &told) == 0 &&
                  ioctl (slave_fd, TIOCGWINSZ, &known) == 0 && told.ws_row == known.ws_row &&
                  told.ws_col == known.ws_col;

  ioctl (master_fd, TIOCSWINSZ, &none);
  return same;
}

static int
open_by_name (int master_fd)
{
  char name[64];
  unsigned int number;
  int fd;

  if (ptsname_r (master_fd, name, sizeof name) != 0)
    {
      if (ioctl (master_fd, TIOCGPTN, &number) < 0)
        return -1;
      g_snprintf (name, sizeof name, "/dev/pts/%u", number);
    }
  fd = open (name, OPEN_FLAGS);
  if (fd >= 0 && !is_pair (master_fd, fd))
    {
      mitogen_fd_close (&fd);
      errno = ENODEV;
    }
  return fd;
}

static int
open_slave (int master_fd)
{
  int fd = open_peer (master_fd);

  return fd >= 0 ? fd : open_by_name (master_fd);
}

/* An echo would come before the answer; and nothing that the program writes or reads may be
 * changed on its way. */
gboolean
mitogen_terminal_make_raw (int fd)
{
  struct termios settings;

  if (tcgetattr (fd, &settings) < 0)
    return FALSE;
  cfmakeraw (&settings);
  return tcsetattr (fd, TCSANOW, &settings) == 0;
}

static gboolean
open_both (int *master_fd, int *slave_fd, GError **error)
{
  *master_fd = open_master ();
  if (*master_fd < 0)
    return fail_master (error);
  if (!mitogen_fd_move_up (master_fd) || !unlock_master (*master_fd))
    return fail ("unlockpt", NULL, error);
  *slave_fd = open_slave (*master_fd);
  if (*slave_fd < 0 || !mitogen_fd_move_up (slave_fd))
    return fail ("ptsname", NULL, error);
  return mitogen_terminal_make_raw (*slave_fd) || fail ("tcsetattr", NULL, error);
}

gboolean
mitogen_terminal_open (int *master_fd, int *slave_fd, GError **error)
{
  *master_fd = *slave_fd = -1;
  if (open_both (master_fd, slave_fd, error))
    return TRUE;

  mitogen_fd_close (slave_fd);
  mitogen_fd_close (master_fd);
  return FALSE;
}
