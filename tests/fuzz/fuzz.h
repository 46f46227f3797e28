/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* What libFuzzer calls; without libFuzzer, driver.c does. Returns 0. */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);
