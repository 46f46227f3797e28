/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-method-private.h"

G_BEGIN_DECLS

/* @password_prompt, @incorrect_prompts: (nullable); @has_interaction: somebody can be asked again.
 */
MitogenMethod *mitogen_doas_method_new (const char *password_prompt,
                                        const char *const *incorrect_prompts,
                                        gboolean has_interaction);

G_END_DECLS
