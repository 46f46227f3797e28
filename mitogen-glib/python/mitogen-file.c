/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif
#if defined(SYS_openat2) && __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#define HAVE_OPENAT2 1
#endif

#define FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

#define BLOCK 65536

int
mitogen_file_open_real (const char *path, int flags)
{
#ifdef HAVE_OPENAT2
  struct open_how how = { .flags = (guint64) (FLAGS | flags), .resolve = RESOLVE_NO_SYMLINKS };
  int fd = (int) syscall (SYS_openat2, AT_FDCWD, path, &how, sizeof how);

  /* An older kernel, or a sandbox that does not know it. */
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
    return fd;
#endif
  return open (path, FLAGS | flags);
}

/* What is no file is not there. */
static GError *
error_of_errno (const char *path, int error_number)
{
  g_autofree char *name = g_filename_display_name (path);
  GIOErrorEnum code = g_io_error_from_errno (error_number);

  if (error_number == ENOENT || error_number == ENOTDIR || error_number == ELOOP ||
      error_number == ENXIO || error_number == EISDIR)
    code = G_IO_ERROR_NOT_FOUND;
  return g_error_new (G_IO_ERROR, code, _ ("“%s” cannot be read: %s"), name,
                      g_strerror (error_number));
}

GError *
mitogen_file_error_too_large (const char *path, gsize max_size)
{
  g_autofree char *name = g_filename_display_name (path);
  g_autofree char *limit = g_strdup_printf ("%" G_GSIZE_FORMAT, max_size);

  return g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
                      _ ("“%s” has more than %s bytes, the limit of max-source-size"), name, limit);
}

/* The file may grow or shrink meanwhile: to its end, wherever that is then. */
static GBytes *
read_all (int fd, const char *path, gsize expected, gsize max_size, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  /* One more, so that the end is seen at once. */
  g_byte_array_set_size (bytes, (guint) MIN (expected, max_size) + 1);
  for (gsize used = 0;;)
    {
      gssize n = read (fd, bytes->data + used, bytes->len - used);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          g_propagate_error (error, error_of_errno (path, errno));
          return NULL;
        }
      used += (gsize) n;
      if (used > max_size)
        {
          g_propagate_error (error, mitogen_file_error_too_large (path, max_size));
          return NULL;
        }
      if (n == 0)
        {
          g_byte_array_set_size (bytes, (guint) used);
          return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
        }
      if (used == bytes->len)
        g_byte_array_set_size (bytes, bytes->len + BLOCK);
    }
}

static GBytes *
read_open_file (int fd, const char *path, gsize max_size, MitogenStamp *stamp, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) != 0)
    g_propagate_error (error, error_of_errno (path, errno));
  else if (!S_ISREG (info.st_mode))
    g_propagate_error (error, error_of_errno (path, ENOENT));
  else if (info.st_size < 0 || (guint64) info.st_size > max_size)
    g_propagate_error (error, mitogen_file_error_too_large (path, max_size));
  else
    {
      mitogen_stamp_init (stamp, &info);
      return read_all (fd, path, (gsize) info.st_size, max_size, error);
    }
  return NULL;
}

GBytes *
mitogen_file_read (const char *path, gsize max_size, MitogenStamp *stamp, GError **error)
{
  int fd = mitogen_file_open_real (path, 0);
  GBytes *bytes;

  if (fd < 0)
    {
      g_propagate_error (error, error_of_errno (path, errno));
      return NULL;
    }
  bytes = read_open_file (fd, path, max_size, stamp, error);
  close (fd);
  return bytes;
}

gboolean
mitogen_file_read_at (int fd, void *data, gsize size, guint64 offset, GError **error)
{
  guint8 *to = data;

  while (size > 0)
    {
      gssize n = offset <= G_MAXINT64 ? pread (fd, to, size, (off_t) offset) : 0;

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          g_set_error_literal (error, G_IO_ERROR,
                               n == 0 ? G_IO_ERROR_INVALID_DATA : g_io_error_from_errno (errno),
                               n == 0 ? _ ("it ends too early") : g_strerror (errno));
          return FALSE;
        }
      to += n;
      size -= (gsize) n;
      offset += (guint64) n;
    }
  return TRUE;
}
