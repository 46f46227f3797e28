/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/container/mitogen-engine-emitter-private.h"
#include "connection/mitogen-method-private.h"
#include "engine/mitogen-engine-run-private.h"

G_BEGIN_DECLS

/* A command that an engine runs, on this host or behind a tunnel; it passes for a process of this
 * host. One for each connection that is made. */
typedef struct _MitogenEngineErrand MitogenEngineErrand;

/* @spec: its members are taken; the address is empty if the engine is that of another host. @path:
 * (nullable): of its socket there, or what an account has podman's at. @emitter: (transfer full) */
MitogenEngineErrand *mitogen_engine_errand_new (MitogenEngineRunSpec *spec,
                                                const char *path,
                                                MitogenEngineEmitter *emitter);
void mitogen_engine_errand_unref (MitogenEngineErrand *self);
/* As mitogen_engine_emitter_close(). */
void mitogen_engine_errand_settle (MitogenEngineErrand *self);

/* ---- I/O thread ---- */

/* Once. Returns: (transfer full) */
MitogenProcess *mitogen_engine_errand_start (MitogenEngineErrand *self,
                                             const MitogenElsewhere *where);
/* (nullable): what went wrong, the end of a sentence; known once it has ended */
const GError *mitogen_engine_errand_get_error (MitogenEngineErrand *self);

G_END_DECLS
