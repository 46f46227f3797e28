/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-io-private.h"

G_BEGIN_DECLS

/* A child process of this one, watched by the I/O thread; or what passes for one. All on that
 * thread. */
typedef struct _MitogenProcess MitogenProcess;

typedef void (*MitogenProcessExited) (int wait_status, gpointer data);

typedef struct
{
  /* The child's side of its standard streams: taken, and closed here, whether or not it
   * starts. -1: /dev/null for the first two, inherited for the third. */
  int in_fd;
  int out_fd;
  int err_fd;
  GSpawnChildSetupFunc preexec; /* before it becomes the leader of its session */
  gpointer preexec_data;
  int terminal_fd;    /* becomes its controlling terminal; not taken. -1: none */
  char **environment; /* NAME=value, or NAME to be taken away; or NULL */
} MitogenProcessSpec;

/* It leads a session and a process group of its own, with no terminal but the one in @spec. That
 * has to stay open here until the child has opened it, or it will read its end at once. What is
 * left of the group when it has ended is ended, too. @exited is called once unless the process is
 * freed before. */
MitogenProcess *mitogen_process_spawn (MitogenIo *io,
                                       const char *const *argv,
                                       const MitogenProcessSpec *spec,
                                       MitogenProcessExited exited,
                                       gpointer data,
                                       GError **error);
/* A child that leads its process group, or will in a moment. */
MitogenProcess *
mitogen_process_adopt (MitogenIo *io, GPid pid, MitogenProcessExited exited, gpointer data);
/* What somebody else runs for this process, and deals with as if it were a child. */
typedef struct
{
  /* Never told of one that has ended or detached. FALSE: it may not be signalled. */
  gboolean (*send_signal) (int signal_number, gpointer elsewhere);
  void (*detach) (gpointer elsewhere);
  /* Nobody wants to hear of it any more, and the MitogenProcess is gone after this. Called once,
   * whether or not it has ended. */
  void (*forget) (gpointer elsewhere);
} MitogenProcessFuncs;

MitogenProcess *mitogen_process_new_elsewhere (MitogenIo *io,
                                               const MitogenProcessFuncs *funcs,
                                               gpointer elsewhere,
                                               MitogenProcessExited exited,
                                               gpointer data);
/* It has ended, as waitpid() would tell. @self may be gone afterwards. */
void mitogen_process_end_elsewhere (MitogenProcess *self, int wait_status);
/* Forgets the process; it is reaped all the same. */
void mitogen_process_free (MitogenProcess *self);
/* 0: it has ended, or has no number here. */
GPid mitogen_process_get_pid (MitogenProcess *self);
/* To its whole group. FALSE: this user may not, as all of it belongs to another one. */
gboolean mitogen_process_send_signal (MitogenProcess *self, int signal_number);
/* It is to live on: from now on there are no signals, and its group is its own affair. */
void mitogen_process_detach (MitogenProcess *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenProcess, mitogen_process_free)

G_END_DECLS
