/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

MITOGEN_AVAILABLE_IN_ALL
char *mitogen_minimize_source (const char *source, GError **error);

G_END_DECLS
