/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-child.h"
#include "connection/mitogen-dialogue-private.h"
#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* Makes the copy of this process that @spec, whose preamble is for such a child, then describes.
 * What @core exports can be called in it; @func: (nullable): runs there before. In the original
 * this returns; in the copy it does not. */
gboolean mitogen_fork_self (MitogenCore *core,
                            MitogenBootstrapSpec *spec,
                            MitogenChildFunc func,
                            gpointer data,
                            GError **error);

G_END_DECLS
