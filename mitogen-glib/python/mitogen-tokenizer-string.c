/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-tokenizer-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* An f-string takes two, one of its own and one for the field that another is in. */
#define MAX_FRAMES 300

/* What matters in some string or other. */
typedef enum
{
  CLASS_TEXT,
  CLASS_WORD,
  CLASS_QUOTE,
  CLASS_BACKSLASH,
  CLASS_LINE_END,
  CLASS_OPEN,
  CLASS_CLOSE,
  CLASS_COLON,
  CLASS_COMMENT,
  CLASS_END,
} Class;

static const guint8 classes[256] = {
  ['a' ... 'z'] = CLASS_WORD, ['A' ... 'Z'] = CLASS_WORD,   ['0' ... '9'] = CLASS_WORD,
  ['_'] = CLASS_WORD,         [0x80 ... 0xff] = CLASS_WORD, ['"'] = CLASS_QUOTE,
  ['\''] = CLASS_QUOTE,       ['\\'] = CLASS_BACKSLASH,     ['\n'] = CLASS_LINE_END,
  ['\r'] = CLASS_LINE_END,    ['('] = CLASS_OPEN,           ['['] = CLASS_OPEN,
  ['{'] = CLASS_OPEN,         [')'] = CLASS_CLOSE,          [']'] = CLASS_CLOSE,
  ['}'] = CLASS_CLOSE,        [':'] = CLASS_COLON,          ['#'] = CLASS_COMMENT,
  ['\0'] = CLASS_END,
};

typedef enum
{
  FRAME_LITERAL, /* between the fields of an f-string */
  FRAME_FIELD,   /* the expression in braces */
  FRAME_SPEC,    /* what follows the colon in a field */
} FrameKind;

typedef struct
{
  FrameKind kind;
  char quote;
  gboolean is_triple;
  gboolean is_raw;
  guint depth; /* brackets open in a field */
} Frame;

typedef struct
{
  const char *source;
  gsize size;
  gsize at;
  guint n_lines;
  guint n_frames;
  Frame frames[MAX_FRAMES];
} Scanner;

static inline Class
class_at (const Scanner *self, gsize at)
{
  return at < self->size ? (Class) classes[(guint8) self->source[at]] : CLASS_END;
}

static inline char
byte_at (const Scanner *self, gsize at)
{
  return at < self->size ? self->source[at] : '\0';
}

static void
skip_line_end (Scanner *self)
{
  gboolean is_return = byte_at (self, self->at) == '\r';

  self->at++;
  if (is_return && byte_at (self, self->at) == '\n')
    self->at++;
  self->n_lines++;
}

/* Also in a raw string a quote after a backslash does not end it. */
static void
skip_escape (Scanner *self)
{
  self->at++;
  if (class_at (self, self->at) == CLASS_LINE_END)
    skip_line_end (self);
  else if (class_at (self, self->at) != CLASS_END)
    self->at++;
}

static gboolean
is_triple_at (const Scanner *self, gsize at)
{
  char quote = byte_at (self, at);

  return byte_at (self, at + 1) == quote && byte_at (self, at + 2) == quote;
}

/* ---- Strings without fields ---- */

static gboolean
scan_plain (Scanner *self, char quote, gboolean is_triple)
{
  for (;;)
    {
      Class class = class_at (self, self->at);

      if (class == CLASS_BACKSLASH)
        skip_escape (self);
      else if (class == CLASS_END || (class == CLASS_LINE_END && !is_triple))
        return FALSE;
      else if (class == CLASS_LINE_END)
        skip_line_end (self);
      else if (class != CLASS_QUOTE || self->source[self->at] != quote)
        self->at++;
      else if (!is_triple || is_triple_at (self, self->at))
        break;
      else
        self->at++;
    }

  self->at += is_triple ? 3 : 1;
  return TRUE;
}

/* ---- Strings with fields, which have strings and such fields in them again ---- */

static gboolean
push (Scanner *self, FrameKind kind, const Frame *literal)
{
  Frame *frame = &self->frames[self->n_frames];

  if (self->n_frames == MAX_FRAMES)
    return FALSE;
  *frame = *literal;
  frame->kind = kind;
  frame->depth = 0;
  self->n_frames++;

  return TRUE;
}

static gboolean
start_string (Scanner *self, gsize start, gsize quote)
{
  Frame literal = { .quote = self->source[quote], .is_triple = is_triple_at (self, quote) };
  gboolean has_fields = FALSE;

  for (gsize at = start; at < quote; at++)
    {
      char letter = g_ascii_tolower (self->source[at]);

      has_fields = has_fields || letter == 'f' || letter == 't';
      literal.is_raw = literal.is_raw || letter == 'r';
    }

  self->at = quote + (literal.is_triple ? 3 : 1);
  if (has_fields)
    return push (self, FRAME_LITERAL, &literal);

  return scan_plain (self, literal.quote, literal.is_triple);
}

/* The name of a character, \N{…}, is no field. */
static void
skip_escape_in_literal (Scanner *self, gboolean is_raw)
{
  gsize at = self->at + 3;

  if (byte_at (self, self->at + 1) == '{' || byte_at (self, self->at + 1) == '}')
    {
      self->at++;
      return;
    }
  if (is_raw || byte_at (self, self->at + 1) != 'N' || byte_at (self, self->at + 2) != '{')
    {
      skip_escape (self);
      return;
    }

  while (class_at (self, at) == CLASS_WORD || byte_at (self, at) == ' ' ||
         byte_at (self, at) == '-')
    at++;
  self->at = byte_at (self, at) == '}' ? at + 1 : self->at + 2;
}

static gboolean
scan_quote_in_literal (Scanner *self, const Frame *frame)
{
  gboolean is_end = self->source[self->at] == frame->quote &&
                    (!frame->is_triple || is_triple_at (self, self->at));

  /* That of a field around it would leave the field open. */
  if (is_end && frame->kind == FRAME_SPEC)
    return FALSE;
  if (is_end)
    self->n_frames--;
  self->at += is_end && frame->is_triple ? 3 : 1;

  return TRUE;
}

/* A doubled brace stands for itself, but not behind the colon of a field. */
static gboolean
scan_brace_in_literal (Scanner *self, Frame *frame)
{
  char brace = self->source[self->at];

  self->at++;
  if (brace == '}')
    {
      if (frame->kind == FRAME_SPEC)
        self->n_frames--;
      return TRUE;
    }
  if (brace == '{' && frame->kind == FRAME_LITERAL && byte_at (self, self->at) == '{')
    self->at++;
  else if (brace == '{')
    return push (self, FRAME_FIELD, frame);

  return TRUE;
}

static gboolean
scan_line_end_in_literal (Scanner *self, Frame *frame)
{
  if (!frame->is_triple && frame->kind == FRAME_LITERAL)
    return FALSE;
  if (!frame->is_triple)
    frame->kind = FRAME_FIELD;
  skip_line_end (self);

  return TRUE;
}

static gboolean
scan_literal (Scanner *self, Frame *frame)
{
  switch (class_at (self, self->at))
    {
    case CLASS_END:
      return FALSE;
    case CLASS_BACKSLASH:
      skip_escape_in_literal (self, frame->is_raw);
      return TRUE;
    case CLASS_LINE_END:
      return scan_line_end_in_literal (self, frame);
    case CLASS_QUOTE:
      return scan_quote_in_literal (self, frame);
    case CLASS_OPEN:
    case CLASS_CLOSE:
      return scan_brace_in_literal (self, frame);
    default:
      self->at++;
      return TRUE;
    }
}

static gboolean
scan_word_in_field (Scanner *self)
{
  gsize start = self->at;

  while (class_at (self, self->at) == CLASS_WORD)
    self->at++;
  if (class_at (self, self->at) == CLASS_QUOTE &&
      mitogen_tokenizer_is_prefix (self->source + start, self->at - start))
    return start_string (self, start, self->at);

  return TRUE;
}

static void
skip_comment_in_field (Scanner *self)
{
  while (class_at (self, self->at) != CLASS_LINE_END && class_at (self, self->at) != CLASS_END)
    self->at++;
}

static gboolean
scan_close_in_field (Scanner *self, Frame *frame)
{
  if (frame->depth > 0)
    frame->depth--;
  else if (self->source[self->at] == '}')
    self->n_frames--;
  else
    return FALSE;
  self->at++;

  return TRUE;
}

static gboolean
scan_field (Scanner *self, Frame *frame)
{
  switch (class_at (self, self->at))
    {
    case CLASS_END:
      return FALSE;
    case CLASS_WORD:
      return scan_word_in_field (self);
    case CLASS_QUOTE:
      return start_string (self, self->at, self->at);
    case CLASS_COMMENT:
      skip_comment_in_field (self);
      return TRUE;
    case CLASS_LINE_END:
      skip_line_end (self);
      return TRUE;
    case CLASS_CLOSE:
      return scan_close_in_field (self, frame);
    case CLASS_OPEN:
      frame->depth++;
      break;
    case CLASS_COLON:
      if (frame->depth == 0)
        frame->kind = FRAME_SPEC;
      break;
    default:
      break;
    }
  self->at++;

  return TRUE;
}

static gboolean
scan_frames (Scanner *self)
{
  gboolean is_right = TRUE;

  while (is_right && self->n_frames > 0)
    {
      Frame *frame = &self->frames[self->n_frames - 1];

      is_right = frame->kind == FRAME_FIELD ? scan_field (self, frame) : scan_literal (self, frame);
    }

  return is_right;
}

/* ---- */

gsize
mitogen_tokenizer_scan_string (const char *source,
                               gsize size,
                               gsize start,
                               gsize quote,
                               guint *line,
                               const char **problem)
{
  Scanner self;

  self.source = source;
  self.size = size;
  self.n_lines = 0;
  self.n_frames = 0;
  if (!start_string (&self, start, quote) || !scan_frames (&self))
    {
      *problem = self.n_frames == MAX_FRAMES ? N_ ("f-strings too deep in each other")
                                             : N_ ("a string that does not end");
      return 0;
    }

  *line += self.n_lines;
  return self.at;
}

gboolean
mitogen_tokenizer_is_prefix (const char *name, gsize size)
{
  char first = g_ascii_tolower (name[0]);
  char second = size > 1 ? g_ascii_tolower (name[1]) : '\0';

  if (size == 1)
    return strchr ("rubft", first) != NULL;
  if (size != 2)
    return FALSE;

  return (first == 'r' && (second == 'b' || second == 'f' || second == 't')) ||
         (second == 'r' && (first == 'b' || first == 'u' || first == 'f' || first == 't'));
}
