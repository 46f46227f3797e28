/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-connection.h"
#include "connection/mitogen-dialogue-private.h"
#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* What a connection is made from, read in the caller's thread. */
gboolean mitogen_connect_make_spec (MitogenCore *core,
                                    MitogenConnection *connection,
                                    MitogenContext *via,
                                    guint32 id,
                                    MitogenBootstrapSpec *spec,
                                    GError **error);

G_END_DECLS
