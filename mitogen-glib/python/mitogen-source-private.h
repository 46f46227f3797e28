/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The encoding that Python source says it has: a comment in its first two lines (PEP 263), or a
 * byte order mark. In lower case, by its usual name if it is UTF-8 or Latin-1, "utf-8" by default;
 * never freed. Whether there is such an encoding is not known: conversion can fail. */
const char *mitogen_source_get_encoding (const char *source, gsize size);

/* Whether every byte below 0x80 is the character of ASCII, and no part of another one. Not so in
 * Shift JIS, GBK, Big5, UTF-7, UTF-16 …, nor in encodings not known here. */
gboolean mitogen_source_is_plain (const char *source, gsize size);

/* The comment that says so: its offset and, in @end, where it ends; -1 if there is none. */
gssize mitogen_source_find_cookie (const char *source, gsize size, gsize *end);

gboolean mitogen_source_has_mark (const char *source, gsize size);

G_END_DECLS
