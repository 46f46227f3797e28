/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether it is a module that every Python has, from 2.7 on: a context that imports it does not
 * ask for it, and need not be told that the program has none of that name. */
gboolean mitogen_module_is_common (const char *name);

G_END_DECLS
