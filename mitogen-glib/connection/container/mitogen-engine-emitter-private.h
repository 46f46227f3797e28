/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/container/mitogen-engine-connection.h"

G_BEGIN_DECLS

/* Carries what is known of an image that is fetched from the I/O thread to where the connection
 * operation began. */
typedef struct _MitogenEngineEmitter MitogenEngineEmitter;

/* In the thread whose thread-default main context it is to be. */
MitogenEngineEmitter *mitogen_engine_emitter_new (MitogenEngineConnection *connection);
MitogenEngineEmitter *mitogen_engine_emitter_ref (MitogenEngineEmitter *self);
void mitogen_engine_emitter_unref (MitogenEngineEmitter *self);
/* Any thread. */
void mitogen_engine_emitter_tell (MitogenEngineEmitter *self,
                                  const char *status,
                                  guint64 done,
                                  guint64 total);
/* In the operation's context: the signal is not emitted any more, and what belongs to the program
 * is dropped. */
void mitogen_engine_emitter_close (MitogenEngineEmitter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenEngineEmitter, mitogen_engine_emitter_unref)

G_END_DECLS
