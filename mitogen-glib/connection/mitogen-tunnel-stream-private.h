/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Why a tunnel has ended: told by the I/O thread before the program can see the end. Any thread. */
typedef struct _MitogenTunnelOutcome MitogenTunnelOutcome;

MitogenTunnelOutcome *mitogen_tunnel_outcome_new (void);
MitogenTunnelOutcome *mitogen_tunnel_outcome_ref (MitogenTunnelOutcome *self);
void mitogen_tunnel_outcome_unref (MitogenTunnelOutcome *self);
void mitogen_tunnel_outcome_set (MitogenTunnelOutcome *self, const GError *error);

/* The program's end of a tunnel: a GUnixConnection, whose input stream tells of a way that has
 * broken as an error rather than as the end of what the other side had to say.
 * @fd: a connected socket, taken
 * Returns: (transfer full) (nullable) */
GIOStream *mitogen_tunnel_stream_new (int fd, MitogenTunnelOutcome *outcome, GError **error);

G_END_DECLS
