/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-fork-connection.h"

G_BEGIN_DECLS

/* Returns: (nullable) */
MitogenChildFunc mitogen_fork_connection_get_child_func (MitogenForkConnection *self,
                                                         gpointer *data);

G_END_DECLS
