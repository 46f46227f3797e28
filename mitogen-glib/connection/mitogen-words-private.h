/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-method-private.h"

G_BEGIN_DECLS

/* What a text of a program means: for what cannot be told in any other way. Only the English texts
 * are known; in another language the program's own words have to do. */
typedef struct
{
  const char *text; /* part of a line, with "*" for whatever is between; any case */
  gint code;        /* of MITOGEN_ERROR */
  const char *what; /* the end of a sentence, to be translated */
} MitogenWords;

/* The first entry of @words, which has an end with NULL, whose text was said.
 * Returns: (transfer full) (nullable) */
char *mitogen_words_explain (const MitogenWords *words, const char *said, gint *code);

/* Of a program that has no private prompt. */
typedef struct
{
  char *text;       /* of the last prompt */
  guint n_answers;  /* given before it */
  gboolean refused; /* by the program that was started before this one */
} MitogenPromptMemory;

void mitogen_prompt_memory_clear (MitogenPromptMemory *self);

/* @is_first: or it is the first one again. */
MitogenPromptKind mitogen_words_guess_kind (const char *text, gboolean is_first);

/* mitogen_method_read_any(), and what can be said of the question without knowing its language:
 * the first one is for a password, one that comes again means that the answer was refused, and
 * another one is for something else. */
MitogenReading mitogen_words_read (MitogenMethod *method,
                                   MitogenPromptMemory *memory,
                                   const MitogenSaid *said,
                                   MitogenQuestion *question);

/* For a program that does not ask twice: it has refused the password and ended. TRUE: it is to be
 * started once more, as there is somebody to ask again. */
gboolean mitogen_words_try_again (MitogenPromptMemory *memory, gboolean has_interaction);

/* The program says so in a line that begins with its name, and ends with the status @status. */
gboolean mitogen_words_is_refusal (const char *program, const MitogenFailure *failure, int status);

/* Any case. */
gboolean mitogen_words_contain (const char *text, const char *part);

/* FALSE, with an error that begins with @program: it would be taken for an option, or for nothing.
 * @user: (nullable) */
gboolean mitogen_words_check_user (const char *program, const char *user, GError **error);

G_END_DECLS
