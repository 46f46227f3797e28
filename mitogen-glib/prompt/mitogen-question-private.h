/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-prompt-kind.h"

G_BEGIN_DECLS

/* What a program wants to know. */
typedef struct
{
  MitogenPromptKind kind;
  char *text;     /* its own words, cleaned: one line, or for a host key several; never NULL */
  char *subject;  /* (nullable): the account, or the key file */
  char *message;  /* (nullable): in place of the library's sentence for people */
  gboolean again; /* the last answer was refused */

  /* Of MITOGEN_PROMPT_HOST_KEY, as far as known. */
  char *key_type;
  char *fingerprint;
  gboolean changed; /* another key is known for the host */

  /* Answers to choose from; NULL: any text. The index of the one chosen becomes its text. */
  char **choices;
  gint first_choice; /* what is typed for the first one */
} MitogenQuestion;

void mitogen_question_clear (MitogenQuestion *self);
void mitogen_question_copy (MitogenQuestion *to, const MitogenQuestion *from);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MitogenQuestion, mitogen_question_clear)

G_END_DECLS
