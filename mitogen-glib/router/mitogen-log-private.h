/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* Log records, our own and those of children, are written by a thread of their own: a
 * program's GLogWriterFunc, or a full pipe behind stderr, must not hold up the broker. */

/* A record of the library itself. Any thread. */
void mitogen_log_own (GLogLevelFlags level, const char *text);

/* A FORWARD_LOG message, on the I/O thread: to GLib's structured log, and as a signal of
 * the context (a line of its output) or of the router (anything else). */
void mitogen_log_receive (MitogenCore *core, MitogenMessage *message);

/* A line of output that this process has read itself. On the I/O thread. */
void mitogen_log_receive_line (MitogenCore *core,
                               MitogenContextNode *node,
                               const char *stream,
                               const char *line,
                               gsize length);

G_END_DECLS
