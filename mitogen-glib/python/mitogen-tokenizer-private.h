/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Cuts Python source, of 2.7 to 3.14 alike, into tokens. It works on bytes of any encoding that is
 * plain (mitogen-source-private.h), needs no memory but its own, and takes time in proportion to
 * the source. What is wrong for every Python is a MITOGEN_TOKEN_ERROR; not all that is wrong is
 * found. */
typedef enum
{
  MITOGEN_TOKEN_END,
  MITOGEN_TOKEN_NAME,
  MITOGEN_TOKEN_NUMBER,
  MITOGEN_TOKEN_STRING, /* with prefix and quotes; an f-string as a whole */
  MITOGEN_TOKEN_OPERATOR,
  MITOGEN_TOKEN_COMMENT,
  MITOGEN_TOKEN_NEWLINE, /* the end of a logical line; empty if the source ends without one */
  MITOGEN_TOKEN_NL,      /* the end of a line that is blank, or goes on as a bracket is open */
  MITOGEN_TOKEN_INDENT,  /* the blanks before the first token of a block */
  MITOGEN_TOKEN_DEDENT,  /* empty */
  MITOGEN_TOKEN_ERROR,
} MitogenTokenKind;

typedef struct
{
  MitogenTokenKind kind;
  gsize start; /* bytes from the beginning of the source */
  gsize end;
  guint line;  /* of the start, from 1; of an error: where to look for it */
  guint depth; /* open brackets around the token; a bracket is around neither itself nor its pair */
} MitogenToken;

#define MITOGEN_TOKENIZER_MAX_INDENTS 100 /* as in CPython */

/* Everything here is private but what says otherwise. A copy goes on from where the original is. */
typedef struct
{
  const char *source;
  gsize size;
  gsize at;
  guint line; /* may be read: the line of what follows the last token */
  guint depth;
  gboolean is_line_start;
  gboolean is_blank;
  const char *problem; /* may be read: what is wrong, to be translated; or NULL */
  guint problem_line;
  guint open_line; /* of the outermost bracket */
  guint n_dedents;
  guint n_indents;
  guint indents[MITOGEN_TOKENIZER_MAX_INDENTS];
} MitogenTokenizer;

/* The source is borrowed until mitogen_tokenizer_clear(). A byte order mark is skipped. */
void mitogen_tokenizer_init (MitogenTokenizer *self, const char *source, gsize size);
void mitogen_tokenizer_clear (MitogenTokenizer *self);

/* After MITOGEN_TOKEN_END or MITOGEN_TOKEN_ERROR: the same again. */
MitogenTokenKind mitogen_tokenizer_next (MitogenTokenizer *self, MitogenToken *token);

gboolean
mitogen_token_is (const MitogenTokenizer *self, const MitogenToken *token, const char *text);

/* Where the string ends whose prefix starts at @start and whose quote is at @quote; the lines in
 * it are added to @line. 0, and @problem set: it does not end. */
gsize mitogen_tokenizer_scan_string (const char *source,
                                     gsize size,
                                     gsize start,
                                     gsize quote,
                                     guint *line,
                                     const char **problem);

/* Whether these bytes are a prefix of a string, as in rb'' or F"". */
gboolean mitogen_tokenizer_is_prefix (const char *name, gsize size);

G_END_DECLS
