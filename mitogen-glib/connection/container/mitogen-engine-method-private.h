/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/container/mitogen-engine-kind-private.h"

G_BEGIN_DECLS

/* An engine by its API. @connection: checked. @is_far: it is that of another host. In the thread
 * in which the connection operation begins. */
MitogenMethod *mitogen_engine_method_new (const MitogenEngineKind *kind,
                                          MitogenEngineConnection *connection,
                                          gboolean is_far,
                                          GError **error);

G_END_DECLS
