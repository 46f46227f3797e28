/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A secret in memory that is kept out of swap where that is allowed, and wiped when the last
 * reference goes. It never changes. Any thread. */
typedef struct _MitogenPassword MitogenPassword;

MitogenPassword *mitogen_password_new (const char *text, gssize length);
MitogenPassword *mitogen_password_ref (MitogenPassword *self);
void mitogen_password_unref (MitogenPassword *self);
const char *mitogen_password_get_text (MitogenPassword *self);
gsize mitogen_password_get_length (MitogenPassword *self);
/* Returns: (transfer full): as it is typed, with a line end; wiped with the last reference. */
GBytes *mitogen_password_to_line (MitogenPassword *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenPassword, mitogen_password_unref)

G_END_DECLS
