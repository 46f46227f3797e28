/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "spawn/mitogen-process-private.h"
#include "broker/mitogen-fd-private.h"

#include <glib/gi18n-lib.h>

struct _MitogenProcess
{
  GSubprocess *subprocess;
  GCancellable *forgotten;
  MitogenProcessExited exited;
  gpointer data;
  GPid pid;
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

  self->pid = 0;
  self->exited (g_subprocess_get_status (subprocess), self->data);
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
  if (spec->preexec != NULL)
    g_subprocess_launcher_set_child_setup (launcher, spec->preexec, spec->preexec_data, NULL);
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
  g_subprocess_send_signal (self->subprocess, signal_number);
}
