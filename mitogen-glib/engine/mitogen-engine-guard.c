/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-guard-private.h"

#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM_VARIABLE "MITOGEN_GUARD"

struct _MitogenEngineGuard
{
  MitogenProcess *process;
  int fd; /* at whose end it starts to work */
};

static const char *
find_program (void)
{
  const char *path = secure_getenv (PROGRAM_VARIABLE);

  if (path == NULL)
    path = MITOGEN_HELPERDIR "/mitogen-guard";
  return g_path_is_absolute (path) && g_file_test (path, G_FILE_TEST_IS_EXECUTABLE) ? path : NULL;
}

/* Returns: (nullable): not one that another process could connect to, too */
static const char *
find_socket (const MitogenEngineAddress *address)
{
  GUnixSocketAddress *local;

  if (address->tls || !G_IS_UNIX_SOCKET_ADDRESS (address->connectable))
    return NULL;
  local = G_UNIX_SOCKET_ADDRESS (address->connectable);
  return g_unix_socket_address_get_address_type (local) == G_UNIX_SOCKET_ADDRESS_PATH
             ? g_unix_socket_address_get_path (local)
             : NULL;
}

static void
ignore_exit (int wait_status, gpointer data)
{
}

MitogenEngineGuard *
mitogen_engine_guard_new (MitogenIo *io, const MitogenEngineAddress *address, const char *name)
{
  const char *const argv[] = { find_program (), find_socket (address), name, NULL };
  MitogenProcessSpec spec = { .in_fd = -1, .out_fd = -1, .err_fd = -1, .terminal_fd = -1 };
  MitogenEngineGuard *self;
  MitogenProcess *process;
  int fds[2];

  if (argv[0] == NULL || argv[1] == NULL ||
      socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    return NULL;
  spec.in_fd = fds[0];
  /* It may outlive this process, and is not to hold open what that has inherited. */
  spec.err_fd = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  process = mitogen_process_spawn (io, argv, &spec, ignore_exit, NULL, NULL);
  if (process == NULL)
    {
      close (fds[1]);
      return NULL;
    }
  self = g_new0 (MitogenEngineGuard, 1);
  self->process = process;
  self->fd = fds[1];
  return self;
}

void
mitogen_engine_guard_dismiss (MitogenEngineGuard *self)
{
  send (self->fd, "", 1, MSG_NOSIGNAL);
}

void
mitogen_engine_guard_free (MitogenEngineGuard *self)
{
  close (self->fd);
  mitogen_process_free (self->process);
  g_free (self);
}
