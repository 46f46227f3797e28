/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unit-child.h"

#include "broker/mitogen-fd-private.h"
#include "spawn/mitogen-terminal-private.h"
#include "unit-util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

UnitChild *
unit_child_new (MitogenTerminal terminal)
{
  UnitChild *self = g_new0 (UnitChild, 1);
  g_autoptr (GError) error = NULL;

  self->io = unit_io_new ();
  self->master = self->slave = self->stream = self->errors = -1;
  self->spec.in_fd = self->spec.out_fd = self->spec.err_fd = self->spec.terminal_fd = -1;
  if (terminal == MITOGEN_TERMINAL_NONE)
    return self;

  mitogen_terminal_open (&self->master, &self->slave, &error);
  g_assert_no_error (error);
  self->spec.terminal_fd = self->slave;
  return self;
}

static int
copy (int fd)
{
  int copied = fcntl (fd, F_DUPFD_CLOEXEC, 3);

  g_assert_cmpint (copied, >, 2);
  return copied;
}

static void
connect_stream (UnitChild *self, MitogenTerminal terminal)
{
  int sockets[2];

  if (terminal == MITOGEN_TERMINAL_ALL)
    {
      self->stream = copy (self->master);
      self->spec.in_fd = copy (self->slave);
      self->spec.out_fd = copy (self->slave);
      return;
    }
  g_assert_true (mitogen_fd_socketpair (sockets, NULL));
  self->stream = sockets[0];
  self->spec.in_fd = sockets[1];
  self->spec.out_fd = copy (sockets[1]);
}

static void
connect_errors (UnitChild *self)
{
  int pipes[2];

  g_assert_true (mitogen_fd_pipe (pipes, NULL));
  self->errors = pipes[0];
  self->spec.err_fd = pipes[1];
}

typedef struct
{
  UnitChild *child;
  const char *const *argv;
} Start;

static void
on_exited (int wait_status, gpointer data)
{
  UnitChild *self = data;

  self->status = wait_status;
  g_atomic_int_set (&self->exited, TRUE);
}

static void
start (gpointer data)
{
  Start *run = data;
  UnitChild *self = run->child;

  self->process =
      mitogen_process_spawn (self->io, run->argv, &self->spec, on_exited, self, &self->error);
}

void
unit_child_start (UnitChild *self, MitogenTerminal terminal, const char *const *argv)
{
  Start run = { self, argv };

  connect_stream (self, terminal);
  if (!self->keep_errors)
    connect_errors (self);
  unit_run (self->io, start, &run);
}

void
unit_child_run (UnitChild *self, MitogenTerminal terminal, const char *script)
{
  const char *const argv[] = { "sh", "-c", script, NULL };

  unit_child_start (self, terminal, argv);
  g_assert_no_error (self->error);
}

int
unit_child_wait (UnitChild *self)
{
  unit_wait (g_atomic_int_get (&self->exited));
  return self->status;
}

static void
forget (gpointer data)
{
  UnitChild *self = data;

  mitogen_process_send_signal (self->process, SIGKILL);
  mitogen_process_free (self->process);
}

void
unit_child_free (UnitChild *self)
{
  if (self->process != NULL)
    unit_run (self->io, forget, self);
  unit_io_end (self->io);
  mitogen_fd_close (&self->master);
  mitogen_fd_close (&self->slave);
  mitogen_fd_close (&self->stream);
  mitogen_fd_close (&self->errors);
  g_clear_error (&self->error);
  g_free (self);
}

/* ---- reading ---- */

static gboolean
read_more (int fd, GString *text)
{
  char buffer[4096];
  gssize got;

  if (!unit_has_input (fd, UNIT_PATIENCE_MS))
    g_error ("nothing comes after \"%s\"", text->str);
  got = read (fd, buffer, sizeof buffer);
  if (got < 0 && errno != EIO)
    g_error ("read: %s", g_strerror (errno));
  g_string_append_len (text, buffer, MAX (got, 0));
  return got > 0;
}

char *
unit_read_all (int fd)
{
  GString *text = g_string_new (NULL);

  while (read_more (fd, text))
    ;
  return g_string_free (text, FALSE);
}

char *
unit_read_until (int fd, const char *end)
{
  GString *text = g_string_new (NULL);

  while (strstr (text->str, end) == NULL)
    if (!read_more (fd, text))
      g_error ("it ends before \"%s\": \"%s\"", end, text->str);
  return g_string_free (text, FALSE);
}
