/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/mitogen-error.h"

G_BEGIN_DECLS

/* From the text of a CallError: "module.Class: message", newline, traceback lines.
 * The GError's message is "type: message"; type, message and traceback stay apart. */
GError *mitogen_error_new_remote (const char *text, gssize length);

G_END_DECLS
