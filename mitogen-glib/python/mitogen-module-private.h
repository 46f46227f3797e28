/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "python/mitogen-module-finder-private.h"
#include "python/mitogen-module-lookup-private.h"

G_BEGIN_DECLS

/* All (transfer full) but @name. */
MitogenModule *mitogen_module_new (const char *name,
                                   char *path,
                                   GBytes *source,
                                   char **children,
                                   MitogenLookup *lookup,
                                   const MitogenStamp *stamp);
const MitogenLookup *mitogen_module_get_lookup (MitogenModule *self);
const MitogenStamp *mitogen_module_get_stamp (MitogenModule *self);

G_END_DECLS
