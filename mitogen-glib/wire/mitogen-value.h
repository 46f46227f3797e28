/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_blob_new (GBytes *bytes);
MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_secret_new (const char *text);

G_END_DECLS
