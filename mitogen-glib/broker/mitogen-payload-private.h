/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Pages that nobody has written to cost nothing: so a header that announces more than ever
 * comes does no harm, and nothing need be moved while a payload grows. */
guint8 *mitogen_payload_reserve (guint32 length);
void mitogen_payload_free (guint8 *payload, guint32 length);
/* Takes the memory. */
GBytes *mitogen_payload_to_bytes (guint8 *payload, guint32 length);

G_END_DECLS
