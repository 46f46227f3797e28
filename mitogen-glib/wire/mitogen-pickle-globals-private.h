/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/mitogen-pickle-item-private.h"

G_BEGIN_DECLS

gboolean mitogen_pickle_find_global (MitogenItem *item,
                                     const guint8 *module,
                                     gsize module_size,
                                     const guint8 *name,
                                     gsize name_size,
                                     GError **error);
/* Replaces *@callable by the result. FALSE without an error set: malformed. */
gboolean mitogen_pickle_apply_global (MitogenItem *callable,
                                      const MitogenItem *args,
                                      MitogenPickleArena *arena,
                                      GError **error);
/* @set_name: "set" or "frozenset" */
void mitogen_pickle_refuse_set (const char *set_name, GError **error);

G_END_DECLS
