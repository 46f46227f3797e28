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

/* What a context has asked for beside what its connection holds. */
typedef struct
{
  gboolean unidirectional;
  char *name;      /* NULL: that of the connection */
  guint32 on_fork; /* 0: nothing, or no fork */
} MitogenRequestExtra;

/* The same for code of @via, a context in Python, which asks for one below it; @connection is a
 * local one or a fork that nobody else has. I/O thread. */
gboolean mitogen_connect_make_request_spec (MitogenCore *core,
                                            MitogenConnection *connection,
                                            MitogenContextNode *via,
                                            guint32 id,
                                            const MitogenRequestExtra *extra,
                                            MitogenBootstrapSpec *spec,
                                            GError **error);

G_END_DECLS
