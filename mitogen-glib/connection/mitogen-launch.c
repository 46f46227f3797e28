/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-launch-private.h"
#include "broker/mitogen-fd-private.h"
#include "connection/mitogen-askpass-private.h"
#include "spawn/mitogen-stream-pair-private.h"
#include "spawn/mitogen-terminal-private.h"

#include <errno.h>
#include <fcntl.h>

/* The child's side of a descriptor that it has more than once. */
static int
duplicate (int fd, GError **error)
{
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, 3);

  if (copy < 0)
    g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errno), g_strerror (errno));
  return copy;
}

/* @method: (nullable): none changes nothing about the process but its program */
static gboolean
open_stream (const MitogenMethod *method,
             MitogenProcessSpec *child,
             MitogenLaunch *launch,
             GError **error)
{
  MitogenStreamPair pair;

  if (!mitogen_stream_pair_open (&pair, method != NULL, error))
    return FALSE;
  launch->in_fd = pair.own_in;
  launch->out_fd = pair.own_out;
  child->in_fd = pair.child_in;
  child->out_fd = pair.child_out;
  return TRUE;
}

/* The helper program answers over a socket. Without one it asks on the terminal. */
static gboolean
open_err (const MitogenBootstrapSpec *spec,
          MitogenProcessSpec *child,
          MitogenLaunch *launch,
          GError **error)
{
  gboolean for_askpass = spec->askpass != NULL;
  int pipes[2];

  if (for_askpass ? !mitogen_fd_socketpair (pipes, error) : !mitogen_fd_pipe (pipes, error))
    return FALSE;
  launch->has_askpass = for_askpass;
  launch->err_fd = pipes[0];
  child->err_fd = pipes[1];
  return mitogen_fd_set_nonblocking (launch->err_fd, error);
}

/* All that the child reads and writes is its terminal. */
static gboolean
open_terminal_only (MitogenProcessSpec *child, MitogenLaunch *launch, GError **error)
{
  if (!mitogen_terminal_open (&launch->in_fd, &launch->slave_fd, error))
    return FALSE;
  launch->out_fd = launch->in_fd;
  child->terminal_fd = launch->slave_fd;
  child->in_fd = duplicate (launch->slave_fd, error);
  child->out_fd = child->in_fd >= 0 ? duplicate (launch->slave_fd, error) : -1;
  child->err_fd = child->out_fd >= 0 ? duplicate (launch->slave_fd, error) : -1;
  return child->err_fd >= 0;
}

static gboolean
open_terminal_beside (MitogenProcessSpec *child, MitogenLaunch *launch, GError **error)
{
  if (!mitogen_terminal_open (&launch->terminal_fd, &launch->slave_fd, error))
    return FALSE;
  child->terminal_fd = launch->slave_fd;
  return mitogen_fd_set_nonblocking (launch->terminal_fd, error);
}

static gboolean
open_all (const MitogenBootstrapSpec *spec,
          MitogenProcessSpec *child,
          MitogenLaunch *launch,
          GError **error)
{
  MitogenTerminal terminal = spec->method != NULL ? spec->method->terminal : MITOGEN_TERMINAL_NONE;

  if (terminal == MITOGEN_TERMINAL_ALL)
    return open_terminal_only (child, launch, error);
  return open_stream (spec->method, child, launch, error) &&
         open_err (spec, child, launch, error) &&
         (terminal == MITOGEN_TERMINAL_NONE || open_terminal_beside (child, launch, error));
}

static void
close_all (MitogenLaunch *launch)
{
  if (launch->out_fd != launch->in_fd)
    mitogen_fd_close (&launch->out_fd);
  mitogen_fd_close (&launch->in_fd);
  mitogen_fd_close (&launch->err_fd);
  mitogen_fd_close (&launch->terminal_fd);
  mitogen_fd_close (&launch->slave_fd);
}

static void
close_child (MitogenProcessSpec *child)
{
  mitogen_fd_close (&child->in_fd);
  mitogen_fd_close (&child->out_fd);
  mitogen_fd_close (&child->err_fd);
}

/* This process has been copied already. */
static void
adopt (MitogenCore *core,
       MitogenBootstrapSpec *spec,
       const MitogenLauncher *launcher,
       MitogenLaunch *launch)
{
  launch->in_fd = launch->out_fd = spec->copy_fd;
  launch->err_fd = spec->copy_err_fd;
  mitogen_fd_set_nonblocking (launch->err_fd, NULL);
  launch->process = mitogen_process_adopt (mitogen_core_get_io (core), spec->copy_pid,
                                           launcher->exited, launcher->data);
  spec->copy_pid = 0;
}

static char **
make_environment (const MitogenBootstrapSpec *spec)
{
  g_autoptr (GStrvBuilder) environment = g_strv_builder_new ();
  g_auto (GStrv) askpass =
      spec->askpass != NULL ? mitogen_askpass_get_environment (spec->askpass) : NULL;

  if (spec->method != NULL && spec->method->environment != NULL)
    g_strv_builder_addv (environment, (const char **) spec->method->environment);
  if (askpass != NULL)
    g_strv_builder_addv (environment, (const char **) askpass);
  if (spec->preamble->environment != NULL)
    g_strv_builder_add (environment, spec->preamble->environment);
  return g_strv_builder_end (environment);
}

static MitogenProcess *
launch_elsewhere (MitogenCore *core,
                  MitogenBootstrapSpec *spec,
                  const MitogenProcessSpec *child,
                  const MitogenLauncher *launcher,
                  GError **error)
{
  const MitogenElsewhere where = {
    .core = core,
    .via = spec->via,
    .argv = (const char *const *) spec->argv,
    .in_fd = child->in_fd,
    .out_fd = child->out_fd,
    .err_fd = child->err_fd,
    .exited = launcher->exited,
    .clock = launcher->clock,
    .data = launcher->data,
  };
  int fds[] = { where.in_fd, where.out_fd, where.err_fd };

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    if (!mitogen_fd_set_nonblocking (fds[i], error))
      return NULL;
  return spec->method->funcs->launch (spec->method, &where, error);
}

static MitogenProcess *
launch_here (MitogenCore *core,
             MitogenBootstrapSpec *spec,
             const MitogenProcessSpec *child,
             const MitogenLauncher *launcher,
             GError **error)
{
  char **argv = spec->askpass_argv != NULL ? spec->askpass_argv : spec->argv;

  return mitogen_process_spawn (mitogen_core_get_io (core), (const char *const *) argv, child,
                                launcher->exited, launcher->data, error);
}

gboolean
mitogen_launch (MitogenCore *core,
                MitogenBootstrapSpec *spec,
                const MitogenLauncher *launcher,
                MitogenLaunch *launch,
                GError **error)
{
  MitogenCoreOptions options = mitogen_core_get_options (core);
  g_auto (GStrv) environment = make_environment (spec);
  MitogenProcessSpec child = {
    -1, -1, -1, options.preexec, options.preexec_data, -1, environment,
  };

  *launch = (MitogenLaunch){ NULL, -1, -1, -1, FALSE, -1, -1 };
  if (spec->copy_pid != 0)
    {
      adopt (core, spec, launcher, launch);
      return TRUE;
    }
  if (!open_all (spec, &child, launch, error))
    {
      close_child (&child);
      close_all (launch);
      return FALSE;
    }
  launch->process = mitogen_method_is_elsewhere (spec->method)
                        ? launch_elsewhere (core, spec, &child, launcher, error)
                        : launch_here (core, spec, &child, launcher, error);
  if (launch->process == NULL)
    close_all (launch);
  return launch->process != NULL;
}
