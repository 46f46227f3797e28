/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* "exited with status 1", "was killed by signal 9 (SIGKILL)": for sentences that begin with
 * what ended. */
char *mitogen_describe_wait_status (int wait_status);

G_END_DECLS
