/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/mitogen-message-private.h"

G_BEGIN_DECLS

/* LOAD_MODULE messages: doc/module-protocol.md says what is in them. */

/* @path is not empty. @children: (nullable): no package. @code: (nullable): zlib data; none for a
 * namespace package. @related, @absent: (element-type utf8) */
MitogenMessage *mitogen_load_module_new (const char *name,
                                         const char *path,
                                         const char *const *children,
                                         GBytes *code,
                                         GPtrArray *related,
                                         GPtrArray *absent);
/* @code: a part of the core */
MitogenMessage *mitogen_load_module_new_part (const char *name, GBytes *code);
/* There is no such module. @reason: (nullable) */
MitogenMessage *
mitogen_load_module_new_missing (const char *name, gsize length, const char *reason);
/* @overrides: (element-type utf8) */
MitogenMessage *mitogen_load_module_new_settings (GPtrArray *overrides);

/* The message for this context; the payload is shared. */
MitogenMessage *mitogen_load_module_for (MitogenMessage *message, guint32 dst_id);

G_END_DECLS
