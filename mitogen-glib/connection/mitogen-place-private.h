/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-method-private.h"

G_BEGIN_DECLS

/* Where @connection leads, begun in @via, NULL for this process. In the thread that uses both. */
void mitogen_place_init (MitogenPlace *self, MitogenConnection *connection, MitogenContext *via);

G_END_DECLS
