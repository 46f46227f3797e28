/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-child.h"
#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* What this process is told when it is another one of the same program. */
typedef struct
{
  guint32 id;
  const guint32 *parent_ids; /* nearest first */
  guint n_parent_ids;
  guint32 max_message_size;
  gboolean unidirectional;
  const char *remote_name;
  gboolean is_copy; /* of a process by a fork: what that does at exit is its own affair */
} MitogenChildConfig;

/* Whether the program, if it is started again, will be a child: it has to have shown that it
 * calls mitogen_init_child(), or there would be no end to its beginnings. */
gboolean mitogen_child_is_possible (GError **error);

/* In a copy of the process: becomes a child with @fd as its stream, as the new process does that
 * has @environment. Functions run in the main context that is thread-default now. */
G_NORETURN void
mitogen_child_continue (int fd, const char *environment, MitogenChildFunc func, gpointer data);

/* Serves a context over @fd, which is taken, until the parent is gone, and ends the process.
 * @first: (nullable): said before the first frame */
G_NORETURN void mitogen_child_serve (const MitogenChildConfig *config,
                                     int fd,
                                     GBytes *first,
                                     MitogenChildFunc func,
                                     gpointer data);

/* What is written to the standard output becomes lines of the context, from now on. */
void mitogen_child_capture_output (MitogenRouter *router);

G_END_DECLS
