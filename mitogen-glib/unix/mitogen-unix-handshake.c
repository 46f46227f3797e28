/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unix/mitogen-unix-handshake-private.h"
#include "broker/mitogen-fd-private.h"
#include "broker/mitogen-stream-private.h"
#include "unix/mitogen-unix-socket-private.h"
#include "wire/mitogen-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* While there is no room in the queue of those who connect. */
#define RETRY_MS 20

typedef struct
{
  int fd;
  const char *path;
  gint64 deadline;
  guint timeout_ms;
  GCancellable *cancellable;
  GPollFD cancel; /* fd -1: cannot be cancelled */
} Attempt;

static gboolean
timed_out (Attempt *self, GError **error)
{
  g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT,
               _ ("Cannot join at %s: there was no answer within %.3g seconds"), self->path,
               self->timeout_ms / 1000.0);
  return FALSE;
}

/* Waits until there is something to read, or for @limit_ms if that is shorter than what is left
 * (-1: it is not). */
static gboolean
wait_for_input (Attempt *self, int fd, gint limit_ms, GError **error)
{
  struct pollfd fds[2] = { { .fd = self->cancel.fd, .events = POLLIN },
                           { .fd = fd, .events = POLLIN } };
  gint64 left = (self->deadline - g_get_monotonic_time () + 999) / 1000;

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  if (left <= 0)
    return timed_out (self, error);
  poll (fds, 2, limit_ms >= 0 ? MIN (left, limit_ms) : left);
  return !g_cancellable_set_error_if_cancelled (self->cancellable, error);
}

/* ---- connecting ---- */

static gboolean
cannot_connect (Attempt *self, int error_number, GError **error)
{
  const char *what;

  if (error_number == ENOENT)
    what = _ ("there is no such socket");
  else if (error_number == ECONNREFUSED)
    what = _ ("nobody listens there any more");
  else if (error_number == EACCES || error_number == EPERM)
    what = _ ("the socket belongs to another user");
  else
    what = g_strerror (error_number);
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (error_number), _ ("Cannot join at %s: %s"),
               self->path, what);
  return FALSE;
}

static gboolean
connect_socket (Attempt *self, GError **error)
{
  if (strlen (self->path) > mitogen_unix_socket_max_path ())
    return cannot_connect (self, ENAMETOOLONG, error);
  while (!mitogen_unix_socket_connect (self->fd, self->path))
    {
      if (errno != EAGAIN && errno != EINTR)
        return cannot_connect (self, errno, error);
      if (!wait_for_input (self, -1, RETRY_MS, error))
        return FALSE;
    }
  return TRUE;
}

/* Whoever listens will have authority over this process. */
static gboolean
check_peer (Attempt *self, GError **error)
{
  uid_t uid;
  pid_t pid;

  if (!mitogen_unix_get_peer (self->fd, &uid, &pid))
    return cannot_connect (self, errno, error);
  if (mitogen_unix_is_trusted (uid))
    return TRUE;
  g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION,
               _ ("Cannot join at %s: it is user %u who listens there"), self->path, (guint) uid);
  return FALSE;
}

/* ---- talking ---- */

static gboolean
send_hello (Attempt *self, GError **error)
{
  guint32 pid = GUINT32_TO_BE ((guint32) getpid ());

  /* There is room for four bytes in a new socket. */
  if (send (self->fd, &pid, sizeof pid, MSG_NOSIGNAL) == sizeof pid)
    return TRUE;
  return cannot_connect (self, errno, error);
}

static gboolean
read_words (Attempt *self, guint32 words[3], GError **error)
{
  gsize have = 0;

  while (have < 3 * sizeof *words)
    {
      gssize got = recv (self->fd, (guint8 *) words + have, 3 * sizeof *words - have, 0);

      if (got > 0)
        have += got;
      else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        {
          g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL,
                       _ ("Cannot join at %s: the connection was closed instead of an answer; "
                          "only the user who listens there and root are let in"),
                       self->path);
          return FALSE;
        }
      else if (!wait_for_input (self, self->fd, -1, error))
        return FALSE;
    }
  for (guint i = 0; i < 3; i++)
    words[i] = GUINT32_FROM_BE (words[i]);
  return TRUE;
}

static gboolean
check_words (Attempt *self, const guint32 words[3], GError **error)
{
  if (words[0] != 0 && words[0] != words[1] && words[0] != MITOGEN_ID_NONE &&
      words[1] != MITOGEN_ID_NONE)
    return TRUE;
  g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
               _ ("Cannot join at %s: the answer is not that of a listener of this library"),
               self->path);
  return FALSE;
}

static gboolean
run (Attempt *self, guint32 words[3], GError **error)
{
  if (!connect_socket (self, error) || !check_peer (self, error))
    return FALSE;
  return send_hello (self, error) && read_words (self, words, error) &&
         check_words (self, words, error);
}

gboolean
mitogen_unix_handshake_run (MitogenUnixHandshake *self,
                            const char *path,
                            guint timeout_ms,
                            GCancellable *cancellable,
                            GError **error)
{
  Attempt attempt = {
    .path = path,
    .deadline = g_get_monotonic_time () + timeout_ms * (gint64) G_TIME_SPAN_MILLISECOND,
    .timeout_ms = timeout_ms,
    .cancellable = cancellable,
    .cancel = { .fd = -1 },
  };
  gboolean cancellable_fd;
  guint32 words[3];
  gboolean done;

  *self = (MitogenUnixHandshake){ .fd = -1 };
  attempt.fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (attempt.fd < 0)
    return cannot_connect (&attempt, errno, error);

  cancellable_fd = g_cancellable_make_pollfd (cancellable, &attempt.cancel);
  done = run (&attempt, words, error);
  if (cancellable_fd)
    g_cancellable_release_fd (cancellable);
  if (!done)
    {
      mitogen_fd_close (&attempt.fd);
      return FALSE;
    }
  *self = (MitogenUnixHandshake){ attempt.fd, words[0], words[1], words[2] };
  return TRUE;
}

void
mitogen_unix_handshake_clear (MitogenUnixHandshake *self)
{
  mitogen_fd_close (&self->fd);
}
