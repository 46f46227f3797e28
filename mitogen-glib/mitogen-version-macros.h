/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#ifndef _MITOGEN_EXTERN
#define _MITOGEN_EXTERN extern
#endif

#define MITOGEN_VERSION_1_0 (G_ENCODE_VERSION (1, 0))

/* The version that a program declares it needs, and the one it declares it
 * stays within: as GLIB_VERSION_MIN_REQUIRED and _MAX_ALLOWED. */
#ifndef MITOGEN_VERSION_MIN_REQUIRED
#define MITOGEN_VERSION_MIN_REQUIRED MITOGEN_VERSION_1_0
#endif

#ifndef MITOGEN_VERSION_MAX_ALLOWED
#define MITOGEN_VERSION_MAX_ALLOWED MITOGEN_VERSION_1_0
#endif

#define MITOGEN_AVAILABLE_IN_ALL _MITOGEN_EXTERN

#if MITOGEN_VERSION_MAX_ALLOWED < MITOGEN_VERSION_1_0
#define MITOGEN_AVAILABLE_IN_1_0 G_UNAVAILABLE (1, 0) _MITOGEN_EXTERN
#else
#define MITOGEN_AVAILABLE_IN_1_0 _MITOGEN_EXTERN
#endif
