/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* Bytes between a descriptor here and a UNIX socket on the host of a context. All on the I/O
 * thread. */
typedef struct _MitogenTunnel MitogenTunnel;

typedef struct
{
  /* Connected: bytes pass. */
  void (*opened) (gpointer data);
  /* Once, the last: both directions have ended (@error NULL), or it could not be opened, or the way
   * is gone. */
  void (*closed) (const GError *error, gpointer data);
} MitogenTunnelFuncs;

/* @via: a context in Python, which may still be on its way; @path: a socket on its host; @fd: a
 * socket that does not block, taken. It lives until closed() or mitogen_tunnel_close(). */
MitogenTunnel *mitogen_tunnel_open (MitogenCore *core,
                                    MitogenContextNode *via,
                                    const char *path,
                                    int fd,
                                    const MitogenTunnelFuncs *funcs,
                                    gpointer data);
/* closed() is not called any more. */
void mitogen_tunnel_close (MitogenTunnel *self);

/* A socket of this process only, each connection to which becomes a tunnel. */
typedef struct _MitogenTunnelListener MitogenTunnelListener;

MitogenTunnelListener *mitogen_tunnel_listener_new (MitogenCore *core,
                                                    MitogenContextNode *via,
                                                    const char *path,
                                                    GError **error);
/* Returns: (transfer full) */
GSocketAddress *mitogen_tunnel_listener_get_address (MitogenTunnelListener *self);
/* (nullable): why the last tunnel could not be opened */
const GError *mitogen_tunnel_listener_get_error (MitogenTunnelListener *self);
/* Ends the tunnels, too. */
void mitogen_tunnel_listener_free (MitogenTunnelListener *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenTunnelListener, mitogen_tunnel_listener_free)

G_END_DECLS
