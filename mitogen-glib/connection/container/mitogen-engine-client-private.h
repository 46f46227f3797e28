/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/container/mitogen-engine-kind-private.h"

G_BEGIN_DECLS

/* An engine by its client program. */

/* @connection: checked. Returns: (transfer full): the client's command line that runs
 * @python_argv */
char **mitogen_engine_client_make_argv (const MitogenEngineKind *kind,
                                        MitogenEngineConnection *connection,
                                        const char *const *python_argv);
MitogenMethod *mitogen_engine_client_new (const MitogenEngineKind *kind);

G_END_DECLS
