/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-method-private.h"

G_BEGIN_DECLS

/* Adds the program that enters containers, to be followed by its options, "--", and a command: on
 * this host the helper program, if it is installed; elsewhere the same in Python. */
void mitogen_enter_command_add (GStrvBuilder *argv, gboolean is_here);
/* That knows its last words. */
MitogenMethod *mitogen_enter_command_new_method (void);

G_END_DECLS
