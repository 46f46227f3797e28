/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "engine/mitogen-engine-run-private.h"

G_BEGIN_DECLS

/* A process that removes a temporary container if this one ends without doing so: mitogen-guard. */
typedef struct _MitogenEngineGuard MitogenEngineGuard;

/* Returns: (nullable): the engine is behind a network or another context, or the program is not
 * installed; then nobody guards */
MitogenEngineGuard *
mitogen_engine_guard_new (MitogenIo *io, const MitogenEngineAddress *address, const char *name);
/* There is nothing to be removed any more, or it is to stay. */
void mitogen_engine_guard_dismiss (MitogenEngineGuard *self);
/* Unless it was dismissed, the container is removed now. */
void mitogen_engine_guard_free (MitogenEngineGuard *self);

G_END_DECLS
