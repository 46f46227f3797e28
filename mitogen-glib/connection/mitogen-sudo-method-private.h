/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-method-private.h"

G_BEGIN_DECLS

/* The prompt that sudo is told to use: @nonce is in it, and the account whose password it wants. */
char *mitogen_sudo_method_make_prompt (const char *nonce);

/* @login: a login shell runs first, which may read the stream; @asks: it was not told to fail
 * rather than ask. */
MitogenMethod *mitogen_sudo_method_new (const char *nonce, gboolean login, gboolean asks);

G_END_DECLS
