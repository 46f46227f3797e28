/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which modules of the program contexts may have, and which they take even where they have one of
 * their own. Prefixes cover whole names: "a.b" covers a.b and a.b.c, not a.bc. Not thread-safe. */
typedef struct _MitogenImportPolicy MitogenImportPolicy;

MitogenImportPolicy *mitogen_import_policy_new (void);
void mitogen_import_policy_free (MitogenImportPolicy *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenImportPolicy, mitogen_import_policy_free)

/* Once there is an entry, nothing else is allowed. */
void mitogen_import_policy_add_allowed (MitogenImportPolicy *self, const char *prefix);
void mitogen_import_policy_add_denied (MitogenImportPolicy *self, const char *prefix);
void mitogen_import_policy_add_override (MitogenImportPolicy *self, const char *prefix);

/* Returns: (nullable): why @name may not be had; NULL: it may */
const char *mitogen_import_policy_check (MitogenImportPolicy *self, const char *name);
/* Returns: (transfer container): sorted, valid until the next change */
GPtrArray *mitogen_import_policy_get_overrides (MitogenImportPolicy *self);

G_END_DECLS
