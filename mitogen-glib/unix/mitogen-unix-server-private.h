/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-core-private.h"
#include "unix/mitogen-unix-socket-private.h"

G_BEGIN_DECLS

#define MITOGEN_UNIX_HANDSHAKE_MS 10000

/* The part of a listener that the broker thread works with. */
typedef struct _MitogenUnixServer MitogenUnixServer;

/* Any thread. @socket: its members are taken. */
MitogenUnixServer *mitogen_unix_server_new (MitogenCore *core, MitogenUnixSocket *socket);
MitogenUnixServer *mitogen_unix_server_ref (MitogenUnixServer *self);
void mitogen_unix_server_unref (MitogenUnixServer *self);
guint mitogen_unix_server_get_time_limit (MitogenUnixServer *self);
void mitogen_unix_server_set_time_limit (MitogenUnixServer *self, guint ms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenUnixServer, mitogen_unix_server_unref)

/* I/O thread. FALSE: the router has been shut down. */
gboolean mitogen_unix_server_start (MitogenUnixServer *self);
void mitogen_unix_server_close (gpointer self);

G_END_DECLS
