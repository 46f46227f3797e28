/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* A listening socket and its name in the file system. */
typedef struct
{
  int fd; /* -1: none */
  char *path;
  char *directory; /* made for it; NULL: none */
  dev_t device;
  ino_t inode;
} MitogenUnixSocket;

/* @path: (nullable): a new directory's. Only the owner can ever connect; a socket that nobody
 * listens to any more is replaced, nothing else is. */
gboolean mitogen_unix_socket_listen (MitogenUnixSocket *self, const char *path, GError **error);
/* Closes it, and removes the name if it is still its own. */
void mitogen_unix_socket_clear (MitogenUnixSocket *self);

/* FALSE with errno: the connection could not be made. Does not block. */
gboolean mitogen_unix_socket_connect (int fd, const char *path);
/* Longest path that fits. */
gsize mitogen_unix_socket_max_path (void);

/* Who is at the other end, according to the kernel. */
gboolean mitogen_unix_get_peer (int fd, uid_t *uid, pid_t *pid);
/* That it is ourselves, or root. */
gboolean mitogen_unix_is_trusted (uid_t uid);

G_END_DECLS
