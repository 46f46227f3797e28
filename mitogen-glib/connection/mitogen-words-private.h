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
  const char *text; /* part of a line; any case */
  gint code;        /* of MITOGEN_ERROR */
  const char *what; /* the end of a sentence, to be translated */
} MitogenWords;

/* The first entry of @words, which has an end with NULL, whose text was said.
 * Returns: (transfer full) (nullable) */
char *mitogen_words_explain (const MitogenWords *words, const char *said, gint *code);

/* The last prompt of a program that has no private one. */
typedef struct
{
  char *text;
  guint n_answers; /* given before it */
} MitogenLastPrompt;

void mitogen_last_prompt_clear (MitogenLastPrompt *self);

/* mitogen_method_read_any(), and what can be said of the question without knowing its language:
 * the first one is for a password, one that comes again means that the answer was refused, and
 * another one is for something else. */
MitogenReading mitogen_words_read (MitogenMethod *method,
                                   MitogenLastPrompt *last,
                                   const MitogenSaid *said,
                                   MitogenQuestion *question);

/* FALSE, with an error that begins with @program: it would be taken for an option, or for nothing.
 * @user: (nullable) */
gboolean mitogen_words_check_user (const char *program, const char *user, GError **error);

G_END_DECLS
