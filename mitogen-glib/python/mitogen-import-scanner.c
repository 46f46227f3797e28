/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-import-scanner-private.h"

#include <string.h>

#include "python/mitogen-module-finder-private.h"
#include "python/mitogen-source-private.h"
#include "python/mitogen-tokenizer-private.h"

/* ---- Statements outside of functions ---- */

/* Where the token at hand may begin a statement. */
typedef enum
{
  START_NONE,
  START_INLINE, /* behind a colon or a semicolon */
  START_LINE,
} Start;

typedef struct
{
  MitogenTokenizer tokenizer;
  const char *source;
  MitogenToken token; /* the one at hand: no comment, no line that says nothing */
  Start start;
  gboolean is_attribute; /* it follows a dot */
  guint level;           /* of indentation */
} Reader;

/* Most tokens are asked for several words: this is made of constants. */
static inline gboolean
is (const Reader *self, const char *text)
{
  const MitogenToken *token = &self->token;
  gsize length = strlen (text);

  return token->end - token->start == length &&
         (token->kind == MITOGEN_TOKEN_NAME || token->kind == MITOGEN_TOKEN_OPERATOR) &&
         memcmp (self->source + token->start, text, length) == 0;
}

static gboolean
at_end (const Reader *self)
{
  return self->token.kind == MITOGEN_TOKEN_END || self->token.kind == MITOGEN_TOKEN_ERROR;
}

/* What follows a token may begin a statement. A colon outside of brackets that is none of a
 * block's, but of an annotation or a lambda, is never followed by one of the words that are
 * looked for here. */
static Start
start_behind (const Reader *self)
{
  switch (self->token.kind)
    {
    case MITOGEN_TOKEN_NEWLINE:
    case MITOGEN_TOKEN_INDENT:
    case MITOGEN_TOKEN_DEDENT:
      return START_LINE;
    case MITOGEN_TOKEN_OPERATOR:
      return self->token.depth == 0 && (is (self, ":") || is (self, ";")) ? START_INLINE
                                                                          : START_NONE;
    case MITOGEN_TOKEN_NAME:
      /* “async def” is a function as “def” is. */
      return is (self, "async") ? self->start : START_NONE;
    default:
      return START_NONE;
    }
}

static void
advance (Reader *self)
{
  self->start = start_behind (self);
  self->is_attribute = is (self, ".");
  do
    mitogen_tokenizer_next (&self->tokenizer, &self->token);
  while (self->token.kind == MITOGEN_TOKEN_COMMENT || self->token.kind == MITOGEN_TOKEN_NL);

  if (self->token.kind == MITOGEN_TOKEN_INDENT)
    self->level++;
  else if (self->token.kind == MITOGEN_TOKEN_DEDENT)
    self->level--;
}

static void
reader_init (Reader *self, const char *source, gsize size)
{
  mitogen_tokenizer_init (&self->tokenizer, source, size);
  self->source = source;
  self->level = 0;
  self->token.start = self->token.end = 0;
  self->token.kind = MITOGEN_TOKEN_NEWLINE;
  advance (self);
}

static void
reader_clear (Reader *self)
{
  mitogen_tokenizer_clear (&self->tokenizer);
}

static void
skip_function (Reader *self)
{
  guint level;

  while (!at_end (self) && self->token.kind != MITOGEN_TOKEN_NEWLINE)
    advance (self);
  advance (self);
  if (self->token.kind != MITOGEN_TOKEN_INDENT)
    return;

  level = self->level;
  while (!at_end (self) && self->level >= level)
    advance (self);
}

/* Goes on until the token at hand begins a statement: itself, if it does. */
static gboolean
find_statement (Reader *self)
{
  while (!at_end (self))
    {
      if (self->start != START_NONE && is (self, "def"))
        skip_function (self);
      else if (self->start != START_NONE && (self->token.kind == MITOGEN_TOKEN_NAME ||
                                             self->token.kind == MITOGEN_TOKEN_OPERATOR))
        return TRUE;
      else
        advance (self);
    }

  return FALSE;
}

/* ---- Names ---- */

typedef struct
{
  Reader reader;
  const char *module;
  char *package;     /* what relative names start from; NULL: the module is in none */
  gboolean absolute; /* said by the module itself */
  GPtrArray *names;
  GHashTable *seen; /* of the same texts */
} Scan;

static void
add (Scan *self, const char *name)
{
  char *copy;

  if (g_str_equal (name, self->module) || self->names->len >= MITOGEN_MAX_IMPORTS)
    return;
  copy = g_strdup (name);
  g_hash_table_add (self->seen, copy);
  g_ptr_array_add (self->names, copy);
}

static gboolean
is_in (const char *name, const char *package)
{
  gsize length = strlen (package);

  return strncmp (name, package, length) == 0 && (name[length] == '\0' || name[length] == '.');
}

/* As Python does: names that look the same are the same. NULL: no name, but say three dots that
 * looked like one character. */
static char *
normalize (const char *name)
{
  g_autofree char *normal = NULL;

  if (g_str_is_ascii (name))
    return g_strdup (name);
  if (!g_utf8_validate (name, -1, NULL))
    return NULL;
  normal = g_utf8_normalize (name, -1, G_NORMALIZE_NFKC);

  return mitogen_module_name_is_valid (normal) ? g_steal_pointer (&normal) : NULL;
}

/* @name ends at @length, too, on return. Goes back to the longest part of it that is known, and
 * so are the parts of that one, then forth again: many long names take no more time than it takes
 * to read them. */
static void
add_parts (Scan *self, char *name, gsize length)
{
  gsize known = length;

  while (known > 0 && !g_hash_table_contains (self->seen, name))
    {
      char *dot = strrchr (name, '.');

      if (dot != NULL)
        *dot = '\0';
      known = dot != NULL ? (gsize) (dot - name) : 0;
    }

  while (known < length)
    {
      if (known > 0)
        name[known] = '.';
      known = strlen (name);
      add (self, name);
    }
}

static void
add_with_parents (Scan *self, const char *prefix, const char *name)
{
  g_autofree char *normal = normalize (name);
  g_autofree char *full = NULL;
  gsize length;

  if (normal == NULL)
    return;
  full = prefix != NULL ? g_strconcat (prefix, ".", normal, NULL) : g_steal_pointer (&normal);
  length = strlen (full);
  if (length <= MITOGEN_MAX_IMPORT_LENGTH && !is_in (full, "__future__") &&
      !is_in (full, "mitogen"))
    add_parts (self, full, length);
}

/* Python 2 looks beside the module first, Python 3 does not; the source does not tell. What is
 * not there is not found, so it does no harm. */
static void
add_absolute (Scan *self, const char *name)
{
  add_with_parents (self, NULL, name);
  if (self->package != NULL && !self->absolute && !g_str_equal (name, "__future__"))
    add_with_parents (self, self->package, name);
}

/* The package that so many dots mean, or NULL. */
static char *
resolve (const Scan *self, gsize n_dots)
{
  const char *end;

  if (self->package == NULL)
    return NULL;
  end = self->package + strlen (self->package);
  for (; n_dots > 1; n_dots--)
    {
      end = g_strrstr_len (self->package, end - self->package, ".");
      if (end == NULL)
        return NULL;
    }

  return g_strndup (self->package, (gsize) (end - self->package));
}

/* ---- import, from ---- */

/* Text that is too long grows no further, and is refused later. */
static void
append (GString *text, const char *part, gsize length)
{
  if (text->len <= MITOGEN_MAX_IMPORT_LENGTH)
    g_string_append_len (text, part, (gssize) MIN (length, MITOGEN_MAX_IMPORT_LENGTH + 1));
}

static void
append_token (Scan *self, GString *text)
{
  const MitogenToken *token = &self->reader.token;

  append (text, self->reader.source + token->start, token->end - token->start);
}

static gboolean
skip (Scan *self, const char *text)
{
  if (!is (&self->reader, text))
    return FALSE;
  advance (&self->reader);
  return TRUE;
}

static void
skip_alias (Scan *self)
{
  if (skip (self, "as") && self->reader.token.kind == MITOGEN_TOKEN_NAME)
    advance (&self->reader);
}

/* FALSE: there is none, or it ends with a dot. */
static gboolean
read_dotted_name (Scan *self, GString *name)
{
  while (self->reader.token.kind == MITOGEN_TOKEN_NAME)
    {
      append_token (self, name);
      advance (&self->reader);
      if (!skip (self, "."))
        return TRUE;
      append (name, ".", 1);
    }

  return FALSE;
}

static void
read_import (Scan *self)
{
  do
    {
      g_autoptr (GString) name = g_string_new (NULL);

      if (!read_dotted_name (self, name))
        return;
      add_absolute (self, name->str);
      skip_alias (self);
    }
  while (skip (self, ","));
}

static gsize
read_dots (Scan *self)
{
  gsize n_dots = 0;

  for (;;)
    {
      if (skip (self, "..."))
        n_dots += 3;
      else if (skip (self, "."))
        n_dots++;
      else
        return n_dots;
    }
}

static void
read_names (Scan *self, const char *package, gboolean is_relative)
{
  gboolean is_future = !is_relative && g_str_equal (package, "__future__");

  skip (self, "(");
  while (self->reader.token.kind == MITOGEN_TOKEN_NAME)
    {
      g_autoptr (GString) name = g_string_new (package);

      append (name, ".", 1);
      append_token (self, name);
      if (is_future)
        self->absolute |= is (&self->reader, "absolute_import");
      else if (is_relative)
        add_with_parents (self, NULL, name->str);
      else
        add_absolute (self, name->str);
      advance (&self->reader);
      skip_alias (self);
      if (!skip (self, ","))
        return;
    }
}

static void
read_from (Scan *self)
{
  gsize n_dots = read_dots (self);
  g_autoptr (GString) package = g_string_new (NULL);

  if (n_dots > 0)
    {
      g_autofree char *base = resolve (self, n_dots);

      if (base == NULL)
        return;
      g_string_append (package, base);
    }
  if (n_dots > 0 && !is (&self->reader, "import"))
    append (package, ".", 1);
  if ((n_dots == 0 || !is (&self->reader, "import")) && !read_dotted_name (self, package))
    return;
  if (!skip (self, "import"))
    return;

  if (n_dots > 0)
    add_with_parents (self, NULL, package->str);
  else
    add_absolute (self, package->str);
  read_names (self, package->str, n_dots > 0);
}

/* ---- What the responder asks ---- */

static const char *
get_text (GBytes *source, gsize *size)
{
  const char *text = g_bytes_get_data (source, size);

  return text != NULL ? text : "";
}

/* In UTF-8, if that is possible and makes a difference; or as it is. */
static GBytes *
convert (GBytes *source)
{
  gsize size;
  const char *text = get_text (source, &size);
  const char *encoding = mitogen_source_get_encoding (text, size);
  char *converted;
  gsize converted_size;

  if (g_str_equal (encoding, "utf-8"))
    return g_bytes_ref (source);
  converted = g_convert (text, (gssize) size, "UTF-8", encoding, NULL, &converted_size, NULL);
  if (converted == NULL)
    return g_bytes_ref (source);

  return g_bytes_new_take (converted, converted_size);
}

static char *
get_package (const char *module, gboolean is_package)
{
  const char *dot = strrchr (module, '.');

  if (is_package)
    return g_strdup (module);

  return dot != NULL ? g_strndup (module, (gsize) (dot - module)) : NULL;
}

GPtrArray *
mitogen_scan_imports (GBytes *source, const char *module, gboolean is_package)
{
  g_autoptr (GBytes) converted = convert (source);
  gsize size;
  const char *text = get_text (converted, &size);
  Scan self = { .module = module, .package = get_package (module, is_package) };

  self.names = g_ptr_array_new_with_free_func (g_free);
  self.seen = g_hash_table_new (g_str_hash, g_str_equal);
  reader_init (&self.reader, text, size);

  while (self.names->len < MITOGEN_MAX_IMPORTS && find_statement (&self.reader))
    {
      if (skip (&self, "import"))
        read_import (&self);
      else if (skip (&self, "from"))
        read_from (&self);
      else
        advance (&self.reader);
    }

  reader_clear (&self.reader);
  g_hash_table_unref (self.seen);
  g_free (self.package);

  return self.names;
}

/* ---- The main guard ---- */

/* The names and operators of a condition, as far as they matter; parentheses do not. */
typedef enum
{
  WORD_NAME = 'n', /* __name__ */
  WORD_MAIN = 'm', /* '__main__' */
  WORD_EQUAL = '=',
  WORD_AND = '&',
  WORD_COLON = ':',
  WORD_OTHER = '?',
} Word;

/* '__main__', with any quotes, as text of any kind. */
static gboolean
is_main_string (const char *text, gsize length)
{
  static const char main_name[] = "__main__";
  gsize n_quotes;

  if (length > 0 && strchr ("uUrR", text[0]) != NULL)
    {
      text++;
      length--;
    }
  if (length < strlen (main_name) + 2)
    return FALSE;
  n_quotes = (length - strlen (main_name)) / 2;

  return length == strlen (main_name) + 2 * n_quotes && (n_quotes == 1 || n_quotes == 3) &&
         strncmp (text + n_quotes, main_name, strlen (main_name)) == 0;
}

static Word
read_word (Reader *self)
{
  const MitogenToken *token = &self->token;
  Word word = WORD_OTHER;

  while (is (self, "(") || is (self, ")"))
    advance (self);

  if (token->kind == MITOGEN_TOKEN_STRING)
    word = is_main_string (self->source + token->start, token->end - token->start) ? WORD_MAIN
                                                                                   : WORD_OTHER;
  else if (is (self, "__name__"))
    word = WORD_NAME;
  else if (is (self, "=="))
    word = WORD_EQUAL;
  else if (is (self, "and"))
    word = WORD_AND;
  else if (is (self, ":"))
    word = WORD_COLON;
  if (word != WORD_OTHER)
    advance (self);

  return word;
}

/* The token at hand follows “if”. */
static gboolean
read_guard (Reader *self)
{
  Word left = read_word (self);
  Word equal = read_word (self);
  Word right = read_word (self);
  Word last = read_word (self);

  return ((left == WORD_NAME && right == WORD_MAIN) || (left == WORD_MAIN && right == WORD_NAME)) &&
         equal == WORD_EQUAL && (last == WORD_COLON || last == WORD_AND);
}

/* Where the “if” at @offset of the @converted text is in the @original. Nothing but white space is
 * before it on its line, and the ends of lines are as in ASCII in nearly every encoding. */
static gssize
find_offset (GBytes *converted, gsize offset, GBytes *original)
{
  const char *text = g_bytes_get_data (converted, NULL);
  gsize size, n_lines = 0, line_start = 0, i;
  const char *other = g_bytes_get_data (original, &size);

  if (converted == original)
    return (gssize) offset;
  for (i = 0; i < offset; i++)
    if (text[i] == '\n' || text[i] == '\r')
      {
        n_lines++;
        line_start = i + 1;
      }
  for (i = 0; n_lines > 0 && i < size; i++)
    if (other[i] == '\n' || other[i] == '\r')
      n_lines--;
  i += offset - line_start;

  return i + 2 <= size && memcmp (other + i, "if", 2) == 0 ? (gssize) i : -1;
}

/* At “mitogen” or “Mitogen”, in no longer name: is it followed by “.main”, and is that called? */
static gboolean
read_mitogen_main (Reader *self)
{
  advance (self);
  if (!is (self, "."))
    return FALSE;
  advance (self);
  if (!is (self, "main"))
    return FALSE;
  advance (self);

  return is (self, "(");
}

gssize
mitogen_find_main_guard (GBytes *source, gboolean *uses_mitogen_main)
{
  g_autoptr (GBytes) converted = convert (source);
  gsize size;
  const char *text = get_text (converted, &size);
  gboolean uses_main = FALSE;
  gssize offset = -1;
  Reader self;

  reader_init (&self, text, size);
  while (offset == -1 && !at_end (&self))
    {
      gsize start = self.token.start;

      if (self.start != START_NONE && is (&self, "def"))
        skip_function (&self);
      else if (self.start == START_LINE && self.level == 0 && is (&self, "if"))
        {
          advance (&self);
          if (read_guard (&self))
            offset = find_offset (converted, start, source);
        }
      else if (!self.is_attribute && (is (&self, "mitogen") || is (&self, "Mitogen")))
        uses_main |= read_mitogen_main (&self);
      else
        advance (&self);
    }
  reader_clear (&self);

  if (uses_mitogen_main != NULL)
    *uses_mitogen_main = uses_main;

  return offset;
}
