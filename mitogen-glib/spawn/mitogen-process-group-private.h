/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-io-private.h"

G_BEGIN_DECLS

/* The leader of the process group @pgid has just been reaped: tells what is left of the group
 * to end, and makes it after a moment. The broker does not exit before. On the I/O thread. */
void mitogen_process_group_end (MitogenIo *io, GPid pgid);

G_END_DECLS
