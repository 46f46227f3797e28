/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: (transfer full): a command line that any login shell makes these very words of: sh,
 * bash, dash, zsh, ksh, csh, tcsh, fish. The bytes of the words may be any. */
char *mitogen_shell_quote_for_login (const char *const *argv);

G_END_DECLS
