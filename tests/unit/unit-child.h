/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spawn/mitogen-process-private.h"
#include "spawn/mitogen-terminal.h"

G_BEGIN_DECLS

/* A child process, and what it is connected with. */
typedef struct
{
  MitogenIo *io;
  MitogenProcessSpec spec; /* for unit_child_start(); its streams are filled in there */
  gboolean keep_errors;    /* its error output is that of this process */
  int master;
  int slave;
  int stream; /* our end of its standard input and output; with MITOGEN_TERMINAL_ALL the master */
  int errors; /* our end of its error output, or -1 */
  MitogenProcess *process;
  GError *error; /* it was not started */
  gint exited;   /* atomic */
  int status;    /* then */
} UnitChild;

/* Makes the thread, and the terminal unless there is to be none. */
UnitChild *unit_child_new (MitogenTerminal terminal);
/* Its streams are sockets, or the terminal. */
void unit_child_start (UnitChild *self, MitogenTerminal terminal, const char *const *argv);
/* The same for a script of sh, which has to start. */
void unit_child_run (UnitChild *self, MitogenTerminal terminal, const char *script);
/* Waits until it has ended: its wait status. */
int unit_child_wait (UnitChild *self);
void unit_child_free (UnitChild *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UnitChild, unit_child_free)

/* What comes from @fd up to the end of file, and an end of a terminal is one. */
char *unit_read_all (int fd);
/* What comes from @fd up to @end, which is in it. */
char *unit_read_until (int fd, const char *end);

G_END_DECLS
