/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-io-private.h"

G_BEGIN_DECLS

/* Carries bytes between the connection of a container and three pipes. All on the I/O thread. */
typedef struct _MitogenEnginePump MitogenEnginePump;

typedef struct
{
  int in_fd;  /* what the command is to read */
  int out_fd; /* what it writes */
  int err_fd;
} MitogenEnginePipes;

/* All that came has been passed on, and the pipes are closed. @error: (nullable): what came was not
 * as it should be. The pump may be freed. */
typedef void (*MitogenEnginePumpEnded) (const GError *error, gpointer data);

/* @body: pollable; what comes in frames. @connection: what goes out is written there. The
 * descriptors in @pipes do not block, and are taken. */
MitogenEnginePump *mitogen_engine_pump_new (MitogenIo *io,
                                            GInputStream *body,
                                            GIOStream *connection,
                                            const MitogenEnginePipes *pipes,
                                            MitogenEnginePumpEnded ended,
                                            gpointer data);
/* Ends the connection, and thereby the pump, a moment later. */
void mitogen_engine_pump_hang_up (MitogenEnginePump *self);
/* Closes everything. */
void mitogen_engine_pump_free (MitogenEnginePump *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenEnginePump, mitogen_engine_pump_free)

void mitogen_engine_pipes_close (MitogenEnginePipes *pipes);

G_END_DECLS
