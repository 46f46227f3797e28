/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "prompt/mitogen-password-private.h"

G_BEGIN_DECLS

/* Passwords that are kept: for as long as the broker lives, or in the Secret Service of the
 * desktop. @place is the key of a MitogenPlace, @what tells its questions apart. */

/* ---- on the I/O thread, whose end wipes it ---- */

void mitogen_session_store_add (const char *place, const char *what, MitogenPassword *password);
/* Returns: (transfer none) (nullable) */
MitogenPassword *mitogen_session_store_lookup (const char *place, const char *what);
/* It was refused: it is forgotten, and the keyring is not asked for it any more. */
void mitogen_session_store_refuse (const char *place, const char *what);
gboolean mitogen_session_store_is_refused (const char *place, const char *what);

/* ---- in threads that may block for some seconds, or while a person unlocks the keyring ---- */

/* Returns: (transfer full) (nullable): what is saved. @unlocking: (nullable): called before a
 * person is asked to unlock the keyring. An error if the service does not do what it should; not if
 * there is none. */
MitogenPassword *mitogen_keyring_lookup (const char *place,
                                         const char *what,
                                         void (*unlocking) (gpointer data),
                                         gpointer data,
                                         GCancellable *cancellable,
                                         GError **error);
/* @label: what the desktop shows of it */
gboolean mitogen_keyring_save (const char *place,
                               const char *what,
                               const char *label,
                               MitogenPassword *password,
                               GError **error);

G_END_DECLS
