/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-words-private.h"

G_BEGIN_DECLS

/* Incus has come from LXD: what both have in common, for MitogenContainerProgram. */
extern const char *const mitogen_lxd_argv[];
extern const MitogenWords mitogen_lxd_words[];

G_END_DECLS
