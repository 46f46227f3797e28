/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-minify.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "python/mitogen-minify-private.h"
#include "python/mitogen-source-private.h"
#include "python/mitogen-tokenizer-private.h"

/* A block cannot be empty: what a docstring that was alone in it becomes. */
#define NOTHING '0'

typedef struct
{
  MitogenTokenizer tokenizer;
  MitogenToken token;
  guint depth_before; /* brackets open before the token, if it is one, opens or closes another */
  guint level;        /* of blocks */
  gboolean expects_docstring;
  guint owed_line; /* where a docstring was in a block that is still empty, or 0 */

  GString *out;
  guint out_line;
  gboolean is_line_begun; /* something of the logical line is there, or will be */
  gsize run_start;        /* what is to be copied from the source in one go */
  gsize run_end;
  guint run_line; /* of its end */
} Minifier;

/* ---- Output ---- */

static void
flush (Minifier *self)
{
  if (self->run_end == self->run_start)
    return;
  g_string_append_len (self->out, self->tokenizer.source + self->run_start,
                       (gssize) (self->run_end - self->run_start));
  self->out_line = self->run_line;
  self->run_end = self->run_start;
}

static void
begin_line (Minifier *self, guint line)
{
  for (; self->out_line < line; self->out_line++)
    g_string_append_c (self->out, '\n');
  for (guint i = 0; i < self->level; i++)
    g_string_append_c (self->out, ' ');
  self->is_line_begun = TRUE;
  self->owed_line = 0;
}

static void
continue_line (Minifier *self, guint line)
{
  for (; self->out_line < line; self->out_line++)
    g_string_append (self->out, self->depth_before > 0 ? "\n" : "\\\n");
}

static void
emit (Minifier *self)
{
  const MitogenToken *token = &self->token;

  if (self->run_end == self->run_start || self->run_line != token->line)
    {
      flush (self);
      if (self->is_line_begun)
        continue_line (self, token->line);
      else
        begin_line (self, token->line);
      self->run_start = token->start;
    }
  self->run_end = token->end;
  self->run_line = self->tokenizer.line;
}

/* A block ends, and must not be empty; or one begins that no statement announced, which is wrong
 * and has to stay so. */
static void
pay (Minifier *self)
{
  if (self->owed_line == 0)
    return;
  begin_line (self, self->owed_line);
  g_string_append_c (self->out, NOTHING);
}

/* ---- Input ---- */

static void
next (Minifier *self)
{
  self->depth_before = self->tokenizer.depth;
  mitogen_tokenizer_next (&self->tokenizer, &self->token);
}

static void
next_but_comment (Minifier *self)
{
  do
    next (self);
  while (self->token.kind == MITOGEN_TOKEN_COMMENT || self->token.kind == MITOGEN_TOKEN_NL);
}

static gboolean
is_token (const Minifier *self, const char *text)
{
  return mitogen_token_is (&self->tokenizer, &self->token, text);
}

static gboolean
is_line_end (const Minifier *self)
{
  return self->token.kind == MITOGEN_TOKEN_NEWLINE || self->token.kind == MITOGEN_TOKEN_END ||
         self->token.kind == MITOGEN_TOKEN_ERROR;
}

/* Bytes and f-strings are none, though b'' is one in Python 2. */
static gboolean
is_docstring (const Minifier *self)
{
  const char *at = self->tokenizer.source + self->token.start;

  if (self->token.kind != MITOGEN_TOKEN_STRING)
    return FALSE;
  while (strchr ("rRuU", *at) != NULL)
    at++;

  return *at == '"' || *at == '\'';
}

/* Strings in a row, perhaps in brackets, that are a statement. */
static gboolean
skip_strings (Minifier *self)
{
  guint n_strings = 0;

  while (is_token (self, "("))
    next_but_comment (self);
  for (; is_docstring (self); n_strings++)
    next_but_comment (self);
  while (n_strings > 0 && is_token (self, ")"))
    next_but_comment (self);

  return n_strings > 0 && self->tokenizer.depth == 0 &&
         (is_token (self, ";") || is_line_end (self));
}

static gboolean
skip_docstring (Minifier *self)
{
  Minifier before;

  if (!is_docstring (self) && !is_token (self, "("))
    return FALSE;

  before = *self;
  if (!skip_strings (self) || self->token.kind == MITOGEN_TOKEN_ERROR)
    {
      *self = before;
      return FALSE;
    }
  if (is_token (self, ";"))
    next_but_comment (self);

  return TRUE;
}

/* Where several strings follow each other all are taken, lest the second becomes the docstring. */
static void
skip_docstrings (Minifier *self)
{
  guint line = self->token.line;

  while (!is_line_end (self) && skip_docstring (self))
    if (self->owed_line == 0)
      self->owed_line = line;
}

/* ---- Lines ---- */

static gboolean
is_definition (Minifier *self)
{
  MitogenTokenizer ahead = self->tokenizer;
  MitogenToken token;

  if (self->token.kind != MITOGEN_TOKEN_NAME)
    return FALSE;
  if (is_token (self, "def") || is_token (self, "class"))
    return TRUE;
  if (!is_token (self, "async"))
    return FALSE;
  mitogen_tokenizer_next (&ahead, &token);

  return mitogen_token_is (&ahead, &token, "def");
}

static void
copy_rest (Minifier *self)
{
  for (; !is_line_end (self); next_but_comment (self))
    emit (self);
}

/* Up to the colon before the body; a lambda that is not in brackets has one, too. */
static void
copy_header (Minifier *self)
{
  guint n_lambdas = 0;
  gboolean is_end = FALSE;

  for (; !is_line_end (self) && !is_end; next_but_comment (self))
    {
      emit (self);
      if (self->token.depth > 0)
        continue;
      if (is_token (self, "lambda"))
        n_lambdas++;
      else if (is_token (self, ":") && n_lambdas > 0)
        n_lambdas--;
      else
        is_end = is_token (self, ":");
    }
}

static void
copy_definition (Minifier *self)
{
  copy_header (self);
  if (is_line_end (self))
    return;

  /* The body is in the same line. */
  skip_docstrings (self);
  if (self->owed_line != 0)
    {
      flush (self);
      if (is_line_end (self))
        g_string_append_c (self->out, NOTHING);
      else if (self->token.line == self->out_line)
        g_string_append_c (self->out, ' ');
      self->owed_line = 0;
    }
  copy_rest (self);
}

static void
copy_line (Minifier *self)
{
  self->is_line_begun = FALSE;
  if (self->expects_docstring)
    skip_docstrings (self);

  if (!is_line_end (self))
    {
      self->expects_docstring = FALSE;
      if (is_definition (self))
        copy_definition (self);
      else
        copy_rest (self);
    }
  flush (self);
}

static void
copy_lines (Minifier *self)
{
  next (self);
  while (self->token.kind != MITOGEN_TOKEN_END && self->token.kind != MITOGEN_TOKEN_ERROR)
    switch (self->token.kind)
      {
      case MITOGEN_TOKEN_INDENT:
        /* What begins another block than a definition's is useless, too. */
        pay (self);
        self->expects_docstring = TRUE;
        self->level++;
        next (self);
        break;
      case MITOGEN_TOKEN_DEDENT:
        pay (self);
        self->level--;
        self->expects_docstring = FALSE;
        next (self);
        break;
      case MITOGEN_TOKEN_COMMENT:
      case MITOGEN_TOKEN_NL:
      case MITOGEN_TOKEN_NEWLINE:
        next (self);
        break;
      default:
        copy_line (self);
        break;
      }
}

/* ---- Sources ---- */

static GString *
minify_lines (const char *source, gsize size, GError **error)
{
  Minifier self = { .expects_docstring = TRUE, .out_line = 1 };

  mitogen_tokenizer_init (&self.tokenizer, source, size);
  self.out = g_string_sized_new (size);
  copy_lines (&self);
  if (self.token.kind == MITOGEN_TOKEN_ERROR)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   _ ("This is no Python source: line %u: %s"), self.token.line,
                   _ (self.tokenizer.problem));
      g_string_free (self.out, TRUE);
      return NULL;
    }
  if (self.out->len > 0 && source[size - 1] == '\n')
    g_string_append_c (self.out, '\n');
  mitogen_tokenizer_clear (&self.tokenizer);

  return self.out;
}

/* To Python they are the same, in strings, too. */
static char *
replace_returns (const char *source, gsize *size)
{
  char *copy = g_malloc (*size);
  gsize to = 0;

  for (gsize from = 0; from < *size; from++)
    if (source[from] != '\r')
      copy[to++] = source[from];
    else if (from + 1 == *size || source[from + 1] != '\n')
      copy[to++] = '\n';
  *size = to;

  return copy;
}

static gboolean
is_ascii (const GString *text)
{
  guint8 seen = 0;

  for (gsize i = 0; i < text->len; i++)
    seen |= (guint8) text->str[i];

  return seen < 0x80;
}

/* In its line, or the one above it, there is nothing else: that is what makes it a cookie. */
static void
name_encoding (GString *out, const char *source, gsize size)
{
  gsize end;

  if (is_ascii (out))
    return;
  if (mitogen_source_has_mark (source, size))
    g_string_prepend (out, "\xef\xbb\xbf");
  else if (mitogen_source_find_cookie (source, size, &end) >= 0)
    {
      g_string_prepend (out, mitogen_source_get_encoding (source, size));
      g_string_prepend (out, "#coding:");
    }
}

static GString *
minify (const char *source, gsize size, GError **error)
{
  g_autofree char *copy = NULL;
  GString *out;

  if (size > 0 && memchr (source, '\r', size) != NULL)
    source = copy = replace_returns (source, &size);
  out = minify_lines (source, size, error);
  if (out != NULL)
    name_encoding (out, source, size);

  return out;
}

GBytes *
mitogen_minify_bytes (GBytes *source)
{
  gsize size;
  const char *data = g_bytes_get_data (source, &size);
  GString *out = NULL;

  if (mitogen_source_is_plain (data, size))
    out = minify (data, size, NULL);
  if (out == NULL)
    return g_bytes_ref (source);
  if (out->len < size)
    return g_string_free_to_bytes (out);

  g_string_free (out, TRUE);
  return g_bytes_ref (source);
}

/**
 * mitogen_minimize_source:
 * @source: Python source, of any version from 2.7 on
 * @error: return location for an error
 *
 * Removes comments and docstrings from Python source.
 *
 * A docstring is any string, not only one of a definition, that is the first statement of a block.
 * What remains does the same, and every statement stays in its line, so that tracebacks name the
 * right ones. Blocks that only have a docstring stay valid. A comment that names the encoding
 * stays if there is anything but ASCII.
 *
 * The domain and code of @error are `G_IO_ERROR` and `G_IO_ERROR_INVALID_DATA` if this is no
 * source of any version of Python; the message says in which line and why. Not everything that is
 * wrong is noticed.
 *
 * This can be called from any thread.
 *
 * Returns: (transfer full): the smaller source, or %NULL with @error set
 *
 * Since: 1.0
 */
char *
mitogen_minimize_source (const char *source, GError **error)
{
  GString *out;
  gsize size;

  g_return_val_if_fail (source != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  size = strlen (source);
  if (!g_utf8_validate (source, (gssize) size, NULL))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                           _ ("The source is not UTF-8: convert it first"));
      return NULL;
    }
  out = minify (source, size, error);
  if (out == NULL)
    return NULL;
  if (out->len < size)
    return g_string_free (out, FALSE);

  g_string_free (out, TRUE);
  return g_strdup (source);
}
