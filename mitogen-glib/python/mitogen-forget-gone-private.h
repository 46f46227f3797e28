/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* Takes those contexts out of a table by id that are gone, when it has doubled since the last time.
 * @sweep_at: when to do it next; 0: now */
void mitogen_forget_gone (GHashTable *by_id, MitogenCore *core, guint *sweep_at);

G_END_DECLS
