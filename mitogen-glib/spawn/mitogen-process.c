/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "spawn/mitogen-process-private.h"
#include "broker/mitogen-fd-private.h"
#include "spawn/mitogen-process-group-private.h"

#include <signal.h>
#include <unistd.h>

struct _MitogenProcess
{
  MitogenIo *io;
  GSubprocess *subprocess;
  GCancellable *forgotten;
  MitogenProcessExited exited;
  gpointer data;
  GPid pid; /* also that of its group; 0: it has been reaped */
  gboolean detached;
};

static void
on_waited (GObject *source, GAsyncResult *result, gpointer data)
{
  GSubprocess *subprocess = G_SUBPROCESS (source);
  MitogenProcess *self = data;
  g_autoptr (GError) error = NULL;

  /* Freed meanwhile: self is no more. */
  if (!g_subprocess_wait_finish (subprocess, result, &error))
    return;

  if (self->pid != 0 && !self->detached)
    mitogen_process_group_end (self->io, self->pid);
  self->pid = 0;
  self->exited (g_subprocess_get_status (subprocess), self->data);
}

/* Between fork and exec: async-signal-safe functions only. Without a terminal nothing in the
 * child can wait for a person who does not know of it, and the terminal's signals are meant for
 * the program. If the program's hook has done this already, both calls fail. */
static void
set_up_child (gpointer data)
{
  const MitogenProcessSpec *spec = data;

  if (spec->preexec != NULL)
    spec->preexec (spec->preexec_data);
  if (setsid () < 0)
    setpgid (0, 0);
}

static GSubprocess *
launch (const char *const *argv, const MitogenProcessSpec *spec, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);

  if (spec->in_fd >= 0)
    g_subprocess_launcher_take_stdin_fd (launcher, spec->in_fd);
  if (spec->out_fd >= 0)
    g_subprocess_launcher_take_stdout_fd (launcher, spec->out_fd);
  if (spec->err_fd >= 0)
    g_subprocess_launcher_take_stderr_fd (launcher, spec->err_fd);
  if (spec->environment != NULL)
    {
      g_auto (GStrv) parts = g_strsplit (spec->environment, "=", 2);

      g_subprocess_launcher_setenv (launcher, parts[0], parts[1], TRUE);
    }
  g_subprocess_launcher_set_child_setup (launcher, set_up_child, (gpointer) spec, NULL);
  return g_subprocess_launcher_spawnv (launcher, argv, error);
}

MitogenProcess *
mitogen_process_spawn (MitogenIo *io,
                       const char *const *argv,
                       const MitogenProcessSpec *spec,
                       MitogenProcessExited exited,
                       gpointer data,
                       GError **error)
{
  g_autoptr (GSubprocess) subprocess = NULL;
  MitogenProcess *self;
  const char *pid;

  g_assert (mitogen_io_is_current (io));
  mitogen_fd_fill_standard ();

  mitogen_io_unblock_signals (io);
  subprocess = launch (argv, spec, error);
  mitogen_io_block_signals (io);
  if (subprocess == NULL)
    return NULL;

  self = g_new0 (MitogenProcess, 1);
  self->io = mitogen_io_ref (io);
  self->subprocess = g_steal_pointer (&subprocess);
  self->forgotten = g_cancellable_new ();
  self->exited = exited;
  self->data = data;
  pid = g_subprocess_get_identifier (self->subprocess); /* NULL: it has ended already */
  self->pid = pid != NULL ? (GPid) g_ascii_strtoll (pid, NULL, 10) : 0;
  g_subprocess_wait_async (self->subprocess, self->forgotten, on_waited, self);
  return self;
}

void
mitogen_process_free (MitogenProcess *self)
{
  g_cancellable_cancel (self->forgotten);
  g_object_unref (self->forgotten);
  g_object_unref (self->subprocess);
  mitogen_io_unref (self->io);
  g_free (self);
}

GPid
mitogen_process_get_pid (MitogenProcess *self)
{
  return self->pid;
}

void
mitogen_process_send_signal (MitogenProcess *self, int signal_number)
{
  if (self->pid != 0 && !self->detached)
    kill (-self->pid, signal_number);
}

void
mitogen_process_detach (MitogenProcess *self)
{
  self->detached = TRUE;
}
