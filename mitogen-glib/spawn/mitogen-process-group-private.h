/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-io-private.h"

G_BEGIN_DECLS

/* The process group @pgid was told to end, and its leader has just been reaped: makes what is left
 * of it end after a moment. The broker does not exit before. On the I/O thread. */
void mitogen_process_group_end (MitogenIo *io, GPid pgid);

G_END_DECLS
