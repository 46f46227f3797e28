/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unix/mitogen-unix-socket-private.h"
#include "broker/mitogen-fd-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

/* What is appended to the path for a moment: a dot and random characters. */
#define SUFFIX_LENGTH 7

#define ATTEMPTS 8

/* Nobody holds the lock for longer than it takes to remove a file. */
#define LOCK_ATTEMPTS 50
#define LOCK_PAUSE_US (20 * 1000)

/* ---- names ---- */

static char *
beside (const char *path)
{
  const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
  char suffix[SUFFIX_LENGTH + 1] = ".";

  for (guint i = 1; i < SUFFIX_LENGTH; i++)
    suffix[i] = letters[g_random_int_range (0, sizeof letters - 1)];
  return g_strconcat (path, suffix, NULL);
}

gsize
mitogen_unix_socket_max_path (void)
{
  return sizeof ((struct sockaddr_un *) NULL)->sun_path - 1 - SUFFIX_LENGTH;
}

static void
make_address (struct sockaddr_un *address, const char *path)
{
  memset (address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  g_strlcpy (address->sun_path, path, sizeof address->sun_path);
}

static gboolean
check_path (const char *path, GError **error)
{
  if (*path != '\0' && strlen (path) <= mitogen_unix_socket_max_path ())
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
               _ ("“%s” cannot be the path of a socket: it is to have 1 to %u bytes"), path,
               (guint) mitogen_unix_socket_max_path ());
  return FALSE;
}

static gboolean
fail (GError **error, const char *path, const char *what)
{
  int error_number = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (error_number), "%s: %s: %s", path, what,
               g_strerror (error_number));
  return FALSE;
}

/* ---- connecting ---- */

gboolean
mitogen_unix_socket_connect (int fd, const char *path)
{
  struct sockaddr_un address;

  make_address (&address, path);
  return connect (fd, (struct sockaddr *) &address, sizeof address) == 0;
}

typedef enum
{
  SOCKET_LIVE,
  SOCKET_STALE,
  SOCKET_GONE,
  SOCKET_UNKNOWN,
} SocketState;

static SocketState
probe (const char *path)
{
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  SocketState state = SOCKET_UNKNOWN;

  if (fd < 0)
    return SOCKET_UNKNOWN;
  /* EAGAIN: so many are waiting that somebody must be there. */
  if (mitogen_unix_socket_connect (fd, path) || errno == EAGAIN)
    state = SOCKET_LIVE;
  else if (errno == ECONNREFUSED)
    state = SOCKET_STALE;
  else if (errno == ENOENT)
    state = SOCKET_GONE;
  mitogen_fd_close (&fd);
  return state;
}

/* ---- taking a name ---- */

static gboolean
in_use (const char *path, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
               _ ("%s: another process listens there already"), path);
  return FALSE;
}

/* Only who has locked the directory removes a socket that it has found stale. So none that has
 * replaced it since is removed. Returns: a descriptor, -1 with an error. */
static int
lock_directory (const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  for (guint i = 0; fd >= 0 && i < LOCK_ATTEMPTS; i++)
    {
      if (flock (fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
      g_usleep (LOCK_PAUSE_US);
    }
  fail (error, path, _ ("cannot replace the socket"));
  mitogen_fd_close (&fd);
  return -1;
}

static gboolean
remove_stale (const char *path, GError **error)
{
  switch (probe (path))
    {
    case SOCKET_GONE:
      return TRUE;
    case SOCKET_STALE:
      return unlink (path) == 0 || errno == ENOENT ||
             fail (error, path, _ ("cannot replace the socket"));
    case SOCKET_LIVE:
      return in_use (path, error);
    case SOCKET_UNKNOWN:
    default:
      return fail (error, path, _ ("a socket is there that cannot be connected to"));
    }
}

static gboolean
replace_stale (const char *path, GError **error)
{
  int lock = lock_directory (path, error);
  gboolean removed = lock >= 0 && remove_stale (path, error);

  mitogen_fd_close (&lock);
  return removed;
}

static gboolean
make_room (const char *path, GError **error)
{
  GStatBuf info;

  if (g_lstat (path, &info) < 0)
    return errno == ENOENT || fail (error, path, _ ("cannot make a socket"));
  if (S_ISSOCK (info.st_mode))
    return replace_stale (path, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _ ("%s: exists already and is not a socket"),
               path);
  return FALSE;
}

/* The socket listens before it gets its name, so whatever refuses under that is stale. */
static gboolean
take_name (const char *temporary, const char *path, GError **error)
{
  for (guint i = 0; i < ATTEMPTS; i++)
    {
      if (link (temporary, path) == 0)
        return TRUE;
      if (errno != EEXIST)
        return fail (error, path, _ ("cannot make a socket"));
      if (!make_room (path, error))
        return FALSE;
    }
  return in_use (path, error);
}

/* ---- listening ---- */

/* Nobody can connect before listen(), and by then the mode is known to be right. */
static gboolean
bind_and_listen (MitogenUnixSocket *self, const char *path, GError **error)
{
  struct sockaddr_un address;
  GStatBuf info;

  make_address (&address, path);
  /* The file gets the mode of the descriptor, on Linux. */
  if (fchmod (self->fd, S_IRUSR | S_IWUSR) < 0 ||
      bind (self->fd, (struct sockaddr *) &address, sizeof address) < 0)
    return fail (error, path, _ ("cannot make a socket"));
  if (g_lstat (path, &info) < 0)
    return fail (error, path, _ ("cannot make a socket"));
  if ((info.st_mode & 0777) != (S_IRUSR | S_IWUSR) &&
      (g_chmod (path, S_IRUSR | S_IWUSR) < 0 || g_lstat (path, &info) < 0))
    return fail (error, path, _ ("cannot keep others from the socket"));
  if (!S_ISSOCK (info.st_mode) || (info.st_mode & 0077) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                   _ ("%s: cannot keep others from the socket"), path);
      return FALSE;
    }
  self->device = info.st_dev;
  self->inode = info.st_ino;
  if (listen (self->fd, BACKLOG) < 0)
    return fail (error, path, _ ("cannot listen"));
  return TRUE;
}

static gboolean
open_at (MitogenUnixSocket *self, const char *path, GError **error)
{
  g_autofree char *temporary = beside (path);
  gboolean done;

  self->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (self->fd < 0)
    return fail (error, path, _ ("cannot make a socket"));
  done = bind_and_listen (self, temporary, error) && take_name (temporary, path, error);
  unlink (temporary);
  if (done)
    self->path = g_strdup (path);
  return done;
}

gboolean
mitogen_unix_socket_listen (MitogenUnixSocket *self, const char *path, GError **error)
{
  g_autofree char *made = NULL;

  *self = (MitogenUnixSocket){ .fd = -1 };
  if (path == NULL)
    {
      self->directory = g_dir_make_tmp ("mitogen-XXXXXX", error);
      if (self->directory == NULL)
        return FALSE;
      made = g_build_filename (self->directory, "socket", NULL);
    }
  else
    made = g_canonicalize_filename (path, NULL);
  if (check_path (made, error) && open_at (self, made, error))
    return TRUE;
  mitogen_unix_socket_clear (self);
  return FALSE;
}

void
mitogen_unix_socket_clear (MitogenUnixSocket *self)
{
  GStatBuf info;

  if (self->path != NULL && g_lstat (self->path, &info) == 0 && info.st_dev == self->device &&
      info.st_ino == self->inode)
    unlink (self->path);
  if (self->directory != NULL)
    rmdir (self->directory);
  mitogen_fd_close (&self->fd);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->directory, g_free);
}

/* ---- who is there ---- */

gboolean
mitogen_unix_get_peer (int fd, uid_t *uid, pid_t *pid)
{
#ifdef SO_PEERCRED
  struct ucred credentials;
  socklen_t size = sizeof credentials;

  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
    return FALSE;
  *uid = credentials.uid;
  *pid = credentials.pid;
  return TRUE;
#else
  gid_t gid;

  *pid = 0;
  return getpeereid (fd, uid, &gid) == 0;
#endif
}

gboolean
mitogen_unix_is_trusted (uid_t uid)
{
  return uid == geteuid () || uid == 0;
}
