/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-router.h"

G_BEGIN_DECLS

/**
 * MitogenChildFunc:
 * @router: the router of the new process
 * @data: (closure): what was given with the function
 *
 * Sets up a context in another process of this program: it exports what can be called
 * there. See [func@Mitogen.init_child].
 *
 * Since: 1.0
 */
typedef void (*MitogenChildFunc) (MitogenRouter *router, gpointer data);

MITOGEN_AVAILABLE_IN_ALL
void mitogen_init_child (MitogenChildFunc func, gpointer data);

G_END_DECLS
