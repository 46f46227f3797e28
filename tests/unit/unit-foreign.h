/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Programs that run as root for a user who may not send them a signal, as sudo does. It takes root
 * to be somebody else: the present test is run as that one, in a process of its own. */

/* NULL: that has been done, or skipped. Else this is that process: a program that runs another
 * one as root. */
const char *unit_foreign_begin (void);
/* In that process: the same. */
const char *unit_foreign_program (void);
/* The beginning of the arguments. */
#define UNIT_FOREIGN_COMMAND(program) (program), "--reuid=0", "--regid=0", "--clear-groups"

G_END_DECLS
