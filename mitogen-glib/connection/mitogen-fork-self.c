/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-fork-self-private.h"
#include "broker/mitogen-fd-private.h"
#include "broker/mitogen-fork-private.h"
#include "connection/mitogen-child-private.h"
#include "python/mitogen-modules-private.h"
#include "router/mitogen-exports-private.h"
#include "router/mitogen-router-private.h"

#include <unistd.h>

typedef struct
{
  MitogenCore *original;
  MitogenChildFunc func;
  gpointer data;
} Copy;

static void
set_up (MitogenRouter *router, gpointer data)
{
  Copy *copy = data;

  mitogen_modules_share (mitogen_router_get_core (router), copy->original);
  if (copy->func != NULL)
    copy->func (router, copy->data);
  mitogen_exports_copy (mitogen_core_get_exports (mitogen_router_get_core (router)),
                        mitogen_core_get_exports (copy->original));
}

/* What the main contexts of the original have to do is not for the copy to do: it has its own. */
static G_NORETURN void
become_copy (Copy *copy, int fd, int err_fd, const char *environment)
{
  setsid ();
  dup2 (err_fd, STDERR_FILENO);
  close (err_fd);
  g_main_context_push_thread_default (g_main_context_new ());
  mitogen_child_continue (fd, environment, set_up, copy);
}

static gboolean
open_descriptors (int sockets[2], int pipes[2], GError **error)
{
  if (!mitogen_fd_socketpair (sockets, error))
    return FALSE;
  if (mitogen_fd_pipe (pipes, error))
    return TRUE;
  mitogen_fd_close (&sockets[0]);
  mitogen_fd_close (&sockets[1]);
  return FALSE;
}

gboolean
mitogen_fork_self (MitogenCore *core,
                   MitogenBootstrapSpec *spec,
                   MitogenChildFunc func,
                   gpointer data,
                   GError **error)
{
  Copy copy = { core, func, data };
  int sockets[2];
  int pipes[2];
  pid_t pid;

  mitogen_fd_fill_standard ();
  if (!open_descriptors (sockets, pipes, error))
    return FALSE;
  pid = mitogen_fork (error);
  if (pid == 0)
    {
      mitogen_fd_close (&sockets[0]);
      mitogen_fd_close (&pipes[0]);
      become_copy (&copy, sockets[1], pipes[1], spec->preamble->environment);
    }

  mitogen_fd_close (&sockets[1]);
  mitogen_fd_close (&pipes[1]);
  if (pid < 0)
    {
      mitogen_fd_close (&sockets[0]);
      mitogen_fd_close (&pipes[0]);
      return FALSE;
    }
  spec->copy_pid = pid;
  spec->copy_fd = sockets[0];
  spec->copy_err_fd = pipes[0];
  return TRUE;
}
