/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-tunnel-private.h"
#include "broker/mitogen-fd-private.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

/* How long nobody is accepted when there are no descriptors left. */
#define PAUSE_MS 200

struct _MitogenTunnelListener
{
  /* I/O thread only */
  MitogenCore *core;
  MitogenContextNode *via;
  char *path;
  struct sockaddr_un address;
  socklen_t address_size;
  int fd; /* -1: closed */
  MitogenWatch *watch;
  GSource *pause;
  GHashTable *tunnels; /* of Passage */
  GError *error;       /* why the last of them could not be opened, or has broken; (nullable) */
};

/* One of its tunnels. */
typedef struct
{
  MitogenTunnelListener *listener;
  MitogenTunnel *tunnel;
} Passage;

static MitogenIo *
get_io (MitogenTunnelListener *self)
{
  return mitogen_core_get_io (self->core);
}

/* ---- tunnels ---- */

static void
on_opened (gpointer data)
{
  Passage *passage = data;

  g_clear_error (&passage->listener->error);
}

static void
on_closed (const GError *error, gpointer data)
{
  Passage *passage = data;
  MitogenTunnelListener *self = passage->listener;

  if (error != NULL)
    {
      g_clear_error (&self->error);
      self->error = g_error_copy (error);
    }
  g_hash_table_remove (self->tunnels, passage);
}

static const MitogenTunnelFuncs tunnel_funcs = { .opened = on_opened, .closed = on_closed };

static void
open_tunnel (MitogenTunnelListener *self, int fd)
{
  Passage *passage = g_new (Passage, 1);

  passage->listener = self;
  passage->tunnel =
      mitogen_tunnel_open (self->core, self->via, self->path, fd, &tunnel_funcs, passage);
  g_hash_table_add (self->tunnels, passage);
}

/* ---- who connects ---- */

/* The name is there for every process of the name space. */
static gboolean
is_myself (int fd)
{
  struct ucred peer;
  socklen_t size = sizeof peer;

  return getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && size == sizeof peer &&
         peer.pid == getpid () && peer.uid == geteuid ();
}

static void
on_pause_over (gpointer data)
{
  MitogenTunnelListener *self = data;

  g_clear_pointer (&self->pause, g_source_unref);
  mitogen_watch_set_condition (self->watch, G_IO_IN);
}

static void
pause_accepting (MitogenTunnelListener *self)
{
  mitogen_watch_set_condition (self->watch, 0);
  self->pause = mitogen_io_add_timeout (get_io (self), PAUSE_MS, on_pause_over, self);
}

static void
on_connection (GIOCondition condition, gpointer data)
{
  MitogenTunnelListener *self = data;
  int fd = accept4 (self->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

  if (fd < 0)
    {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        pause_accepting (self);
      return;
    }
  if (is_myself (fd) && mitogen_fd_move_up (&fd))
    open_tunnel (self, fd);
  else
    close (fd);
}

/* ---- life ---- */

static void
shut (gpointer data)
{
  MitogenTunnelListener *self = data;
  g_autoptr (GList) passages = g_hash_table_get_keys (self->tunnels);

  if (self->fd < 0)
    return;
  mitogen_io_remove_client (get_io (self), self);
  if (self->pause != NULL)
    g_source_destroy (self->pause);
  g_clear_pointer (&self->pause, g_source_unref);
  g_clear_pointer (&self->watch, mitogen_watch_remove);
  mitogen_fd_close (&self->fd);
  for (GList *l = passages; l != NULL; l = l->next)
    mitogen_tunnel_close (((Passage *) l->data)->tunnel);
  g_hash_table_remove_all (self->tunnels);
}

static void
ignore (gpointer data)
{
}

/* While contexts are asked to leave, those behind a tunnel still use it. */
static const MitogenIoClientFuncs client_funcs = { .shutdown = ignore, .exited = shut };

/* Bound without a name, it gets one of its own from the kernel, beside the file system. */
static int
listen_anywhere (struct sockaddr_un *address, socklen_t *size)
{
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int error_number;

  memset (address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  *size = sizeof *address;
  if (fd >= 0 && mitogen_fd_move_up (&fd) &&
      bind (fd, (struct sockaddr *) address, sizeof address->sun_family) == 0 &&
      listen (fd, BACKLOG) == 0 && getsockname (fd, (struct sockaddr *) address, size) == 0)
    return fd;
  error_number = errno;
  mitogen_fd_close (&fd);
  errno = error_number;
  return -1;
}

MitogenTunnelListener *
mitogen_tunnel_listener_new (MitogenCore *core,
                             MitogenContextNode *via,
                             const char *path,
                             GError **error)
{
  struct sockaddr_un address;
  socklen_t address_size;
  int fd = listen_anywhere (&address, &address_size);
  MitogenTunnelListener *self;

  g_assert (mitogen_io_is_current (mitogen_core_get_io (core)));
  if (fd < 0)
    {
      int error_number = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (error_number),
                   _ ("No socket can be made for the connection to “%s”: %s"), path,
                   g_strerror (error_number));
      return NULL;
    }
  self = g_new0 (MitogenTunnelListener, 1);
  self->core = mitogen_core_ref (core);
  self->via = mitogen_context_node_ref (via);
  self->path = g_strdup (path);
  self->address = address;
  self->address_size = address_size;
  self->fd = fd;
  self->tunnels = g_hash_table_new_full (NULL, NULL, g_free, NULL);
  self->watch = mitogen_io_watch_fd (get_io (self), fd, G_IO_IN, on_connection, self);
  mitogen_io_add_client (get_io (self), &client_funcs, self);
  return self;
}

/* A new one each time: whoever has it may have it own the listener. */
GSocketAddress *
mitogen_tunnel_listener_get_address (MitogenTunnelListener *self)
{
  return g_socket_address_new_from_native (&self->address, self->address_size);
}

const GError *
mitogen_tunnel_listener_get_error (MitogenTunnelListener *self)
{
  return self->error;
}

void
mitogen_tunnel_listener_free (MitogenTunnelListener *self)
{
  shut (self);
  g_hash_table_unref (self->tunnels);
  g_clear_error (&self->error);
  g_free (self->path);
  mitogen_context_node_unref (self->via);
  mitogen_core_unref (self->core);
  g_free (self);
}
