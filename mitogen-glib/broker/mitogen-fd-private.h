/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* All descriptors made here are close-on-exec and above 2, so that wiring a child's
 * standard streams never meets one of them, even in a program that runs with its own
 * closed. Descriptors in `fds` are -1 on failure. */
gboolean mitogen_fd_socketpair (int fds[2], GError **error);
gboolean mitogen_fd_pipe (int fds[2], GError **error);
/* FALSE, with errno set, if no other can be had; it is as it was then. */
gboolean mitogen_fd_move_up (int *fd);
gboolean mitogen_fd_set_nonblocking (int fd, GError **error);
gboolean mitogen_fd_is_socket (int fd);
void mitogen_fd_close (int *fd);

/* Opens /dev/null on those of 0, 1 and 2 that are closed, once in a process: what
 * GLib opens while it spawns would land there, and be overwritten in the child. */
void mitogen_fd_fill_standard (void);

G_END_DECLS
