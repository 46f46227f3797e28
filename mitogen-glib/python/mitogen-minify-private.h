/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The source of a file without comments and docstrings, every statement in its line, and never
 * larger. Its encoding stays what it is, and is named where it matters. What the tokenizer does
 * not understand, or whose encoding is not plain, is returned as it is: another reference. */
GBytes *mitogen_minify_bytes (GBytes *source);

G_END_DECLS
