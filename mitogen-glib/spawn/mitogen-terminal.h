/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

/**
 * MitogenTerminal:
 * @MITOGEN_TERMINAL_NONE: none: the program cannot ask for anything
 * @MITOGEN_TERMINAL_BESIDE: a terminal of its own, beside its standard input and output
 * @MITOGEN_TERMINAL_ALL: its standard input and output are the terminal, too
 *
 * Which terminal the program that a connection starts is given.
 *
 * Since: 1.0
 */
typedef enum
{
  MITOGEN_TERMINAL_NONE,
  MITOGEN_TERMINAL_BESIDE,
  MITOGEN_TERMINAL_ALL,
} MitogenTerminal;

G_END_DECLS
