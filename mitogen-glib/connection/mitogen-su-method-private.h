/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-method-private.h"

G_BEGIN_DECLS

/* @username: whose password it asks for; @password_prompt, @incorrect_prompts: (nullable);
 * @has_interaction: somebody can be asked again. */
MitogenMethod *mitogen_su_method_new (const char *username,
                                      const char *password_prompt,
                                      const char *const *incorrect_prompts,
                                      gboolean has_interaction);

G_END_DECLS
