/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "spawn/mitogen-stream-pair-private.h"
#include "broker/mitogen-fd-private.h"

#include <errno.h>
#include <fcntl.h>

static gboolean
open_pipes (MitogenStreamPair *self, GError **error)
{
  int to_child[2];
  int from_child[2];
  gboolean opened = mitogen_fd_pipe (to_child, error);

  opened = mitogen_fd_pipe (from_child, opened ? error : NULL) && opened;
  self->own_in = from_child[0];
  self->own_out = to_child[1];
  self->child_in = to_child[0];
  self->child_out = from_child[1];
  return opened;
}

static gboolean
open_sockets (MitogenStreamPair *self, GError **error)
{
  int sockets[2];
  int code;

  if (!mitogen_fd_socketpair (sockets, error))
    return FALSE;
  self->own_in = self->own_out = sockets[0];
  self->child_in = sockets[1];
  self->child_out = fcntl (sockets[1], F_DUPFD_CLOEXEC, 3);
  if (self->child_out >= 0)
    return TRUE;
  code = errno;
  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (code), g_strerror (code));
  return FALSE;
}

gboolean
mitogen_stream_pair_open (MitogenStreamPair *self, gboolean pipes, GError **error)
{
  self->own_in = self->own_out = self->child_in = self->child_out = -1;
  if (pipes ? open_pipes (self, error) : open_sockets (self, error))
    return TRUE;

  mitogen_stream_pair_close (self);
  return FALSE;
}

void
mitogen_stream_pair_close (MitogenStreamPair *self)
{
  if (self->own_out == self->own_in)
    self->own_out = -1;
  mitogen_fd_close (&self->own_in);
  mitogen_fd_close (&self->own_out);
  mitogen_fd_close (&self->child_in);
  mitogen_fd_close (&self->child_out);
}
