/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "prompt/mitogen-password-private.h"
#include "prompt/mitogen-prompt.h"
#include "prompt/mitogen-question-private.h"

G_BEGIN_DECLS

/* What a class of the program's own is shown of a question, and what it makes of it. */
MitogenPrompt *mitogen_prompt_new (const MitogenQuestion *question);
/* @answer: (out) (nullable) */
void mitogen_prompt_read (MitogenPrompt *self, MitogenQuestion *question, MitogenPassword **answer);

G_END_DECLS
