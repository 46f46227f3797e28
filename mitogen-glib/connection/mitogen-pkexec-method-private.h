/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-method-private.h"

G_BEGIN_DECLS

/* @has_interaction: somebody can be asked again. */
MitogenMethod *mitogen_pkexec_method_new (gboolean has_interaction);

G_END_DECLS
