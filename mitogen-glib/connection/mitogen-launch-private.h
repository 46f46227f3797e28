/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-dialogue-private.h"
#include "router/mitogen-core-private.h"
#include "spawn/mitogen-process-private.h"

G_BEGIN_DECLS

/* A process that has been started for a connection, and this side of its descriptors; -1: there is
 * none. */
typedef struct
{
  MitogenProcess *process;
  int in_fd;  /* the stream; the same as out_fd, unless it is made of pipes */
  int out_fd; /* not to be closed if it is the same */
  int err_fd;
  gboolean has_askpass; /* err_fd is for a MitogenAskpass */
  int terminal_fd;      /* the terminal beside; closing it hangs up */
  int slave_fd;         /* its other side: while it is open, there is no end of what is read */
} MitogenLaunch;

/* Who is told of what becomes of it. */
typedef struct
{
  MitogenProcessExited exited;
  /* The time limit stands still, or runs again. */
  void (*clock) (gboolean runs, gpointer data);
  gpointer data;
} MitogenLauncher;

/* On the I/O thread. On failure nothing is left open. */
gboolean mitogen_launch (MitogenCore *core,
                         MitogenBootstrapSpec *spec,
                         const MitogenLauncher *launcher,
                         MitogenLaunch *launch,
                         GError **error);

G_END_DECLS
