/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "python/mitogen-module-finder-private.h"
#include "python/mitogen-module-lookup-private.h"

G_BEGIN_DECLS

/* For the finder's other file. */

/* G_IO_ERROR_NOT_FOUND: there is no such package, or it was added without a place of its own. */
MitogenLookup *
mitogen_module_finder_search_package (MitogenModuleFinder *self, const char *name, GError **error);
gsize mitogen_module_finder_get_max_size (MitogenModuleFinder *self);

G_END_DECLS
