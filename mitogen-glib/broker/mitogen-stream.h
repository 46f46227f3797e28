/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_STREAM (mitogen_stream_get_type ())

MITOGEN_AVAILABLE_IN_ALL
GType mitogen_stream_get_type (void);

MITOGEN_AVAILABLE_IN_ALL
MitogenStream *mitogen_stream_ref (MitogenStream *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_stream_unref (MitogenStream *self);
MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_stream_get_remote_id (MitogenStream *self);
MITOGEN_AVAILABLE_IN_ALL
gsize mitogen_stream_get_pending_bytes (MitogenStream *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenStream, mitogen_stream_unref)

G_END_DECLS
