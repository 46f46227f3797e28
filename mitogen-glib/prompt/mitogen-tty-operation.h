/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_TTY_OPERATION (mitogen_tty_operation_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenTtyOperation,
                      mitogen_tty_operation,
                      MITOGEN,
                      TTY_OPERATION,
                      GMountOperation)

MITOGEN_AVAILABLE_IN_ALL
GMountOperation *mitogen_tty_operation_new (void);
MITOGEN_AVAILABLE_IN_ALL
GMountOperation *mitogen_tty_operation_new_for_fd (int fd);

G_END_DECLS
