/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* A process that has joined through a listener becomes a context. @fd: taken. @pid: what the
 * kernel says, 0 if it does not. I/O thread. */
void mitogen_unix_client_join (MitogenCore *core, int fd, guint32 id, pid_t pid);

G_END_DECLS
