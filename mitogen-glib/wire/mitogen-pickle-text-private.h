/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/mitogen-pickle-item-private.h"

G_BEGIN_DECLS

/* The forms that Python writes as text. @text is what lies between opcode and newline.
 * FALSE without an error set means malformed; the caller knows where. */

gboolean mitogen_pickle_parse_int (MitogenItem *item,
                                   const guint8 *text,
                                   gsize size,
                                   gboolean is_long,
                                   GError **error);
gboolean mitogen_pickle_parse_double (MitogenItem *item, const guint8 *text, gsize size);
/* Two's complement, little endian. */
gboolean
mitogen_pickle_parse_long (MitogenItem *item, const guint8 *data, gsize size, GError **error);
/* NULL where there is nothing to decode (then *@text and *@size are what it says),
 * or with *@malformed set. Returns: (transfer full) (nullable) */
GBytes *mitogen_pickle_unescape_str (const guint8 **text, gsize *size, gboolean *malformed);
GBytes *mitogen_pickle_unescape_unicode (const guint8 **text, gsize *size, gboolean *malformed);
GBytes *mitogen_pickle_encode_latin1 (const guint8 **text, gsize *size, gboolean *malformed);

G_END_DECLS
