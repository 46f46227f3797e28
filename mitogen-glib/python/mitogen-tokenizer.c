/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-tokenizer-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define TAB_SIZE 8

/* What a token can be by its first byte. */
typedef enum
{
  CLASS_BAD,
  CLASS_NAME,
  CLASS_DIGIT,
  CLASS_BLANK,
  CLASS_QUOTE,
  CLASS_OPERATOR,
  CLASS_DOT,
  CLASS_OPEN,
  CLASS_CLOSE,
  CLASS_LINE_END,
  CLASS_COMMENT,
  CLASS_CONTINUATION,
  CLASS_END,
} Class;

static const guint8 classes[256] = {
  ['a' ... 'z'] = CLASS_NAME,   ['A' ... 'Z'] = CLASS_NAME,  ['_'] = CLASS_NAME,
  [0x80 ... 0xff] = CLASS_NAME, ['0' ... '9'] = CLASS_DIGIT, [' '] = CLASS_BLANK,
  ['\t'] = CLASS_BLANK,         ['\f'] = CLASS_BLANK,        ['"'] = CLASS_QUOTE,
  ['\''] = CLASS_QUOTE,         ['!'] = CLASS_OPERATOR,      ['%'] = CLASS_OPERATOR,
  ['&'] = CLASS_OPERATOR,       ['*'] = CLASS_OPERATOR,      ['+'] = CLASS_OPERATOR,
  [','] = CLASS_OPERATOR,       ['-'] = CLASS_OPERATOR,      ['/'] = CLASS_OPERATOR,
  [':'] = CLASS_OPERATOR,       [';'] = CLASS_OPERATOR,      ['<'] = CLASS_OPERATOR,
  ['='] = CLASS_OPERATOR,       ['>'] = CLASS_OPERATOR,      ['@'] = CLASS_OPERATOR,
  ['^'] = CLASS_OPERATOR,       ['`'] = CLASS_OPERATOR,      ['|'] = CLASS_OPERATOR,
  ['~'] = CLASS_OPERATOR,       ['.'] = CLASS_DOT,           ['('] = CLASS_OPEN,
  ['['] = CLASS_OPEN,           ['{'] = CLASS_OPEN,          [')'] = CLASS_CLOSE,
  [']'] = CLASS_CLOSE,          ['}'] = CLASS_CLOSE,         ['\n'] = CLASS_LINE_END,
  ['\r'] = CLASS_LINE_END,      ['#'] = CLASS_COMMENT,       ['\\'] = CLASS_CONTINUATION,
};

/* The one place where the source is read, so that nothing reads beyond it. */
static inline Class
class_at (const MitogenTokenizer *self, gsize at)
{
  return at < self->size ? (Class) classes[(guint8) self->source[at]] : CLASS_END;
}

/* A NUL, which is in no source, stands for the end. */
static inline char
byte_at (const MitogenTokenizer *self, gsize at)
{
  return at < self->size ? self->source[at] : '\0';
}

static MitogenTokenKind
fail (MitogenTokenizer *self, const char *problem)
{
  self->problem = problem;
  self->problem_line = self->line;

  return MITOGEN_TOKEN_ERROR;
}

static void
skip_line_end (MitogenTokenizer *self)
{
  gboolean is_return = byte_at (self, self->at) == '\r';

  self->at++;
  if (is_return && byte_at (self, self->at) == '\n')
    self->at++;
  self->line++;
}

/* FALSE: a backslash that ends no line. */
static gboolean
skip_blanks (MitogenTokenizer *self)
{
  for (;;)
    {
      Class class = class_at (self, self->at);

      if (class == CLASS_BLANK)
        self->at++;
      else if (class != CLASS_CONTINUATION)
        return TRUE;
      else if (class_at (self, self->at + 1) == CLASS_LINE_END)
        {
          self->at++;
          skip_line_end (self);
        }
      else if (self->at + 1 == self->size)
        self->at++;
      else
        return FALSE;
    }
}

static guint
measure_blanks (MitogenTokenizer *self)
{
  guint column = 0;

  for (; class_at (self, self->at) == CLASS_BLANK; self->at++)
    if (self->source[self->at] == '\t')
      column = (column / TAB_SIZE + 1) * TAB_SIZE;
    else
      column = self->source[self->at] == '\f' ? 0 : column + 1;

  return column;
}

/* Of lines that a backslash joins the first one counts, if it has any; Python before 3.10 sees that
 * differently if it has none. */
static guint
measure_indent (MitogenTokenizer *self)
{
  guint column = measure_blanks (self);

  while (class_at (self, self->at) == CLASS_CONTINUATION &&
         class_at (self, self->at + 1) == CLASS_LINE_END)
    {
      self->at++;
      skip_line_end (self);
      if (measure_blanks (self) > 0 && column == 0)
        fail (self, N_ ("indentation that depends on the version of Python"));
    }

  return column;
}

static guint
get_indent (const MitogenTokenizer *self)
{
  return self->n_indents > 0 ? self->indents[self->n_indents - 1] : 0;
}

/* A token if the line begins or ends blocks, or else MITOGEN_TOKEN_END. */
static MitogenTokenKind
change_indent (MitogenTokenizer *self, guint column)
{
  if (column > get_indent (self))
    {
      if (self->n_indents == MITOGEN_TOKENIZER_MAX_INDENTS)
        return fail (self, N_ ("too many levels of indentation"));
      self->indents[self->n_indents++] = column;
      return MITOGEN_TOKEN_INDENT;
    }

  for (; column < get_indent (self); self->n_indents--)
    self->n_dedents++;
  if (column != get_indent (self))
    return fail (self, N_ ("the indentation matches that of no block around it"));

  return self->n_dedents > 0 ? MITOGEN_TOKEN_DEDENT : MITOGEN_TOKEN_END;
}

static MitogenTokenKind
start_line (MitogenTokenizer *self)
{
  guint column = measure_indent (self);
  Class class = class_at (self, self->at);

  if (self->problem != NULL)
    return MITOGEN_TOKEN_ERROR;
  self->is_line_start = FALSE;
  self->is_blank = class == CLASS_COMMENT || class == CLASS_LINE_END || class == CLASS_END;
  if (self->is_blank && class != CLASS_END)
    return MITOGEN_TOKEN_END;

  return change_indent (self, class == CLASS_END ? 0 : column);
}

static MitogenTokenKind
scan_line_end (MitogenTokenizer *self)
{
  skip_line_end (self);
  if (self->depth > 0)
    return MITOGEN_TOKEN_NL;

  self->is_line_start = TRUE;
  return self->is_blank ? MITOGEN_TOKEN_NL : MITOGEN_TOKEN_NEWLINE;
}

static MitogenTokenKind
scan_end (MitogenTokenizer *self)
{
  if (self->depth > 0)
    {
      fail (self, N_ ("a bracket is never closed"));
      self->problem_line = self->open_line;
      return MITOGEN_TOKEN_ERROR;
    }
  if (self->is_blank)
    return MITOGEN_TOKEN_END;

  self->is_line_start = TRUE;
  return MITOGEN_TOKEN_NEWLINE;
}

static MitogenTokenKind
scan_comment (MitogenTokenizer *self)
{
  gsize at = self->at;

  while (at < self->size && self->source[at] != '\n' && self->source[at] != '\r' &&
         self->source[at] != '\0')
    at++;
  self->at = at;

  return MITOGEN_TOKEN_COMMENT;
}

static MitogenTokenKind
scan_string (MitogenTokenizer *self, gsize start, gsize quote)
{
  const char *problem;
  gsize end =
      mitogen_tokenizer_scan_string (self->source, self->size, start, quote, &self->line, &problem);

  if (end == 0)
    return fail (self, problem);
  self->at = end;

  return MITOGEN_TOKEN_STRING;
}

static MitogenTokenKind
scan_name (MitogenTokenizer *self)
{
  gsize start = self->at;
  gsize at = start + 1;
  Class class = class_at (self, at);

  for (; class == CLASS_NAME || class == CLASS_DIGIT; class = class_at (self, at))
    at++;
  if (class == CLASS_QUOTE && mitogen_tokenizer_is_prefix (self->source + start, at - start))
    return scan_string (self, start, at);
  self->at = at;

  return MITOGEN_TOKEN_NAME;
}

static void
skip_digits (MitogenTokenizer *self)
{
  while (g_ascii_isdigit (byte_at (self, self->at)) || byte_at (self, self->at) == '_')
    self->at++;
}

static void
skip_exponent (MitogenTokenizer *self)
{
  char sign = byte_at (self, self->at + 1);
  gsize digits = self->at + (sign == '+' || sign == '-' ? 2 : 1);

  if (g_ascii_tolower (byte_at (self, self->at)) == 'e' && class_at (self, digits) == CLASS_DIGIT)
    {
      self->at = digits;
      skip_digits (self);
    }
}

/* A number may be followed by a word at once, as in 1if: no more than it needs is taken. */
static MitogenTokenKind
scan_number (MitogenTokenizer *self)
{
  char base = g_ascii_tolower (byte_at (self, self->at + 1));
  char suffix;

  if (byte_at (self, self->at) == '0' && (base == 'x' || base == 'o' || base == 'b'))
    {
      self->at += 2;
      while (byte_at (self, self->at) == '_' ||
             (base == 'x' ? g_ascii_isxdigit (byte_at (self, self->at))
                          : g_ascii_isdigit (byte_at (self, self->at))))
        self->at++;
    }
  else
    {
      skip_digits (self);
      if (byte_at (self, self->at) == '.')
        {
          self->at++;
          skip_digits (self);
        }
      skip_exponent (self);
    }

  suffix = g_ascii_tolower (byte_at (self, self->at));
  if (suffix == 'j' || suffix == 'l')
    self->at++;

  return MITOGEN_TOKEN_NUMBER;
}

static guint
measure_operator (char first, char second, char third)
{
  switch (first)
    {
    case '*':
    case '/':
    case '<':
    case '>':
      if (second == first)
        return third == '=' ? 3 : 2;
      return second == '=' || (first == '<' && second == '>') ? 2 : 1;
    case '-':
      return second == '>' || second == '=' ? 2 : 1;
    case '.':
      return second == '.' && third == '.' ? 3 : 1;
    case '!':
      return second == '=' ? 2 : 0;
    case ',':
    case ';':
    case '~':
    case '`':
      return 1;
    default:
      return second == '=' ? 2 : 1;
    }
}

static MitogenTokenKind
scan_operator (MitogenTokenizer *self)
{
  guint size = measure_operator (byte_at (self, self->at), byte_at (self, self->at + 1),
                                 byte_at (self, self->at + 2));

  if (size == 0)
    return fail (self, N_ ("“!” is no operator"));
  self->at += size;

  return MITOGEN_TOKEN_OPERATOR;
}

static MitogenTokenKind
scan_bracket (MitogenTokenizer *self, Class class)
{
  if (class == CLASS_CLOSE && self->depth == 0)
    return fail (self, N_ ("a bracket is closed that was never opened"));
  if (self->depth == 0)
    self->open_line = self->line;
  self->at++;
  self->depth += class == CLASS_OPEN ? 1 : -1;

  return MITOGEN_TOKEN_OPERATOR;
}

static MitogenTokenKind
scan (MitogenTokenizer *self)
{
  Class class = class_at (self, self->at);

  switch (class)
    {
    case CLASS_NAME:
      return scan_name (self);
    case CLASS_DIGIT:
      return scan_number (self);
    case CLASS_DOT:
      return class_at (self, self->at + 1) == CLASS_DIGIT ? scan_number (self)
                                                          : scan_operator (self);
    case CLASS_OPERATOR:
      return scan_operator (self);
    case CLASS_OPEN:
    case CLASS_CLOSE:
      return scan_bracket (self, class);
    case CLASS_QUOTE:
      return scan_string (self, self->at, self->at);
    case CLASS_LINE_END:
      return scan_line_end (self);
    case CLASS_COMMENT:
      return scan_comment (self);
    case CLASS_END:
      return scan_end (self);
    default:
      return fail (self, N_ ("a character that cannot be in source"));
    }
}

/* The tokens that come of indentation; MITOGEN_TOKEN_END if none does. */
static MitogenTokenKind
scan_indent (MitogenTokenizer *self)
{
  MitogenTokenKind kind = MITOGEN_TOKEN_END;

  if (self->is_line_start)
    kind = start_line (self);
  else if (self->n_dedents > 0)
    kind = MITOGEN_TOKEN_DEDENT;
  if (kind == MITOGEN_TOKEN_DEDENT)
    self->n_dedents--;

  return kind;
}

void
mitogen_tokenizer_init (MitogenTokenizer *self, const char *source, gsize size)
{
  static const char mark[] = { '\xef', '\xbb', '\xbf' };

  self->source = source;
  self->size = size;
  self->at = size >= sizeof mark && memcmp (source, mark, sizeof mark) == 0 ? sizeof mark : 0;
  self->line = 1;
  self->depth = 0;
  self->is_line_start = TRUE;
  self->is_blank = TRUE;
  self->problem = NULL;
  self->problem_line = 0;
  self->open_line = 0;
  self->n_dedents = 0;
  self->n_indents = 0;
}

void
mitogen_tokenizer_clear (MitogenTokenizer *self)
{
  self->source = NULL;
  self->size = 0;
  self->at = 0;
}

MitogenTokenKind
mitogen_tokenizer_next (MitogenTokenizer *self, MitogenToken *token)
{
  token->kind = MITOGEN_TOKEN_END;
  token->start = self->at;
  token->line = self->line;
  token->depth = self->depth;

  if (self->problem != NULL)
    token->kind = MITOGEN_TOKEN_ERROR;
  else if (self->is_line_start || self->n_dedents > 0)
    token->kind = scan_indent (self);

  if (token->kind == MITOGEN_TOKEN_END)
    {
      gboolean is_right = skip_blanks (self);

      token->start = self->at;
      token->line = self->line;
      token->kind = is_right ? scan (self) : fail (self, N_ ("a backslash that ends no line"));
    }
  else if (token->kind != MITOGEN_TOKEN_INDENT)
    {
      token->start = self->at;
      token->line = self->line;
    }

  if (token->kind == MITOGEN_TOKEN_ERROR)
    token->line = self->problem_line;
  token->end = self->at;
  token->depth = MIN (token->depth, self->depth);

  return token->kind;
}

gboolean
mitogen_token_is (const MitogenTokenizer *self, const MitogenToken *token, const char *text)
{
  gsize size = token->end - token->start;

  return strlen (text) == size && memcmp (self->source + token->start, text, size) == 0;
}
