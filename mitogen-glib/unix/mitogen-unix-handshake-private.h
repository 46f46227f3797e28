/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a listener has told who joins. */
typedef struct
{
  int fd;
  guint32 id;
  guint32 parent_id;
  guint32 parent_pid;
} MitogenUnixHandshake;

/* Waits up to @timeout_ms; not on the broker thread. */
gboolean mitogen_unix_handshake_run (MitogenUnixHandshake *self,
                                     const char *path,
                                     guint timeout_ms,
                                     GCancellable *cancellable,
                                     GError **error);
void mitogen_unix_handshake_clear (MitogenUnixHandshake *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MitogenUnixHandshake, mitogen_unix_handshake_clear)

G_END_DECLS
