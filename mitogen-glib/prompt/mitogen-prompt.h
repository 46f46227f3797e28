/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-prompt-kind.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_PROMPT (mitogen_prompt_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenPrompt, mitogen_prompt, MITOGEN, PROMPT, GObject)

MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_prompt_get_text (MitogenPrompt *self);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_prompt_get_again (MitogenPrompt *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenPromptKind mitogen_prompt_get_kind (MitogenPrompt *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_prompt_set_kind (MitogenPrompt *self, MitogenPromptKind kind);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_prompt_get_subject (MitogenPrompt *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_prompt_set_subject (MitogenPrompt *self, const char *subject);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_prompt_get_message (MitogenPrompt *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_prompt_set_message (MitogenPrompt *self, const char *message);
MITOGEN_AVAILABLE_IN_ALL
const char *const *mitogen_prompt_get_choices (MitogenPrompt *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_prompt_set_choices (MitogenPrompt *self, const char *const *choices);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_prompt_set_answer (MitogenPrompt *self, const char *answer);

G_END_DECLS
