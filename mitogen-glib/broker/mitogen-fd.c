/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-fd-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_FREE_FD 3

/* A fuller buffer means fewer turns for large messages; the kernel caps it. */
#define SOCKET_BUFFER_SIZE (1024 * 1024)

gboolean
mitogen_fd_move_up (int *fd)
{
  int moved;

  if (*fd >= FIRST_FREE_FD)
    return TRUE;

  moved = fcntl (*fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
  if (moved < 0)
    return FALSE;
  close (*fd);
  *fd = moved;
  return TRUE;
}

static gboolean
fail (int fds[2], const char *what, GError **error)
{
  int saved_errno = errno;

  mitogen_fd_close (&fds[0]);
  mitogen_fd_close (&fds[1]);
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
               /* Translators: the first is a system call, the second its error */
               _ ("%s: %s"), what, g_strerror (saved_errno));
  return FALSE;
}

gboolean
mitogen_fd_socketpair (int fds[2], GError **error)
{
  const int size = SOCKET_BUFFER_SIZE;

  fds[0] = fds[1] = -1;
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 ||
      !mitogen_fd_move_up (&fds[0]) || !mitogen_fd_move_up (&fds[1]))
    return fail (fds, "socketpair", error);

  for (guint i = 0; i < 2; i++)
    setsockopt (fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  return TRUE;
}

gboolean
mitogen_fd_pipe (int fds[2], GError **error)
{
  fds[0] = fds[1] = -1;
  if (pipe2 (fds, O_CLOEXEC) < 0 || !mitogen_fd_move_up (&fds[0]) || !mitogen_fd_move_up (&fds[1]))
    return fail (fds, "pipe2", error);
  return TRUE;
}

gboolean
mitogen_fd_set_nonblocking (int fd, GError **error)
{
  return g_unix_set_fd_nonblocking (fd, TRUE, error);
}

gboolean
mitogen_fd_is_socket (int fd)
{
  struct stat info;

  return fstat (fd, &info) == 0 && S_ISSOCK (info.st_mode);
}

void
mitogen_fd_close (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

void
mitogen_fd_fill_standard (void)
{
  static gsize done = 0;

  if (!g_once_init_enter (&done))
    return;

  for (int fd = 0; fd < FIRST_FREE_FD; fd++)
    if (fcntl (fd, F_GETFD) < 0 && errno == EBADF)
      {
        int opened = open ("/dev/null", O_RDWR);

        if (opened >= FIRST_FREE_FD)
          close (opened);
      }
  g_once_init_leave (&done, 1);
}
