/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For `sudo -i`, which puts a backslash before all but letters, digits, "_", "-" and "$", and hands
 * that to the account's shell, whichever it is: `$` is expanded there, line ends vanish, and bytes
 * of one character are torn apart. @argv: what is to run; Returns: (transfer full): the words that
 * come to that. */
char **mitogen_sudo_login_encode (const char *const *argv);

G_END_DECLS
