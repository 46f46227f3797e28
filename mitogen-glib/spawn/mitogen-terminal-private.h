/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-terminal.h"

G_BEGIN_DECLS

/* A pseudo terminal, raw and without echo. Both descriptors are close-on-exec; the slave does not
 * become the controlling terminal of this process. While @slave_fd is open, reading @master_fd
 * waits; afterwards it fails with EIO when no process has it open, which means its end. Closing
 * @master_fd hangs up. */
gboolean mitogen_terminal_open (int *master_fd, int *slave_fd, GError **error);
/* What a context says that could not open one, or start something with it: @code as its system
 * numbers errors. Returns: (transfer full): with a hint if the limit there may be the reason */
char *mitogen_terminal_explain_failure (gint64 code, const char *said);
/* Once more, by either of them: something may have made it fit for a person. FALSE, with errno
 * set: it could not be done. */
gboolean mitogen_terminal_make_raw (int fd);

G_END_DECLS
