/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Forks this process where that can work: it has no threads but the caller's and ours, and ours
 * are at rest while it happens.
 *
 * Returns the id of the copy in the original, 0 in the copy, and -1 with an error. In the copy,
 * which has the calling thread only, nothing of the library is left that could reach the peers of
 * the original: its brokers are over, and their descriptors lead nowhere. */
pid_t mitogen_fork (GError **error);

G_END_DECLS
