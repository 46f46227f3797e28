/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "python/mitogen-tokenizer-private.h"

static const char *const kinds[] = {
  "END", "NAME", "NUMBER", "STRING", "OP", "COMMENT", "NEWLINE", "NL", "INDENT", "DEDENT", "ERROR",
};

static void
append_text (GString *out, const char *source, const MitogenToken *token)
{
  switch (token->kind)
    {
    case MITOGEN_TOKEN_NAME:
    case MITOGEN_TOKEN_NUMBER:
    case MITOGEN_TOKEN_STRING:
    case MITOGEN_TOKEN_OPERATOR:
    case MITOGEN_TOKEN_COMMENT:
      g_string_append_len (out, source + token->start, (gssize) (token->end - token->start));
      break;
    default:
      g_string_append (out, kinds[token->kind]);
      break;
    }
}

/* Tokens as their text, or their kind if they have none; a line number where the line changes. */
static char *
tokenize (const char *source)
{
  gsize size = strlen (source);
  /* A block of just this size, so that tools see what reads beyond it. */
  g_autofree char *copy = g_memdup2 (source, size);
  GString *out = g_string_new (NULL);
  MitogenTokenizer tokenizer;
  MitogenToken token;
  MitogenToken again;
  gsize last_end = 0;
  guint line = 1;

  mitogen_tokenizer_init (&tokenizer, copy, size);
  do
    {
      mitogen_tokenizer_next (&tokenizer, &token);
      g_assert_cmpuint (token.start, >=, last_end);
      g_assert_cmpuint (token.end, >=, token.start);
      g_assert_cmpuint (token.end, <=, size);
      last_end = token.end;
      if (out->len > 0)
        g_string_append_c (out, ' ');
      if (token.line != line)
        g_string_append_printf (out, "%u: ", token.line);
      line = token.line;
      append_text (out, copy, &token);
    }
  while (token.kind != MITOGEN_TOKEN_END && token.kind != MITOGEN_TOKEN_ERROR);

  g_assert_cmpint (mitogen_tokenizer_next (&tokenizer, &again), ==, token.kind);
  g_assert_cmpint (again.kind, ==, token.kind);
  g_assert_cmpuint (again.line, ==, token.line);
  g_assert_cmpint (tokenizer.problem != NULL, ==, token.kind == MITOGEN_TOKEN_ERROR);
  mitogen_tokenizer_clear (&tokenizer);

  return g_string_free (out, FALSE);
}

static void
assert_tokens (const char *source, const char *expected)
{
  g_autofree char *found = tokenize (source);

  g_test_message ("%s", source);
  g_assert_cmpstr (found, ==, expected);
}

/* The source is one token of this kind, and the end of its line. */
static void
assert_one (const char *source, MitogenTokenKind kind)
{
  MitogenTokenizer tokenizer;
  MitogenToken token;

  g_test_message ("%s", source);
  mitogen_tokenizer_init (&tokenizer, source, strlen (source));
  g_assert_cmpint (mitogen_tokenizer_next (&tokenizer, &token), ==, kind);
  g_assert_cmpuint (token.start, ==, 0);
  g_assert_cmpuint (token.end, ==, strlen (source));
  g_assert_true (mitogen_token_is (&tokenizer, &token, source));
  g_assert_false (mitogen_token_is (&tokenizer, &token, "?"));
  g_assert_cmpint (mitogen_tokenizer_next (&tokenizer, &token), ==, MITOGEN_TOKEN_NEWLINE);
  g_assert_cmpint (mitogen_tokenizer_next (&tokenizer, &token), ==, MITOGEN_TOKEN_END);
  mitogen_tokenizer_clear (&tokenizer);
}

static void
assert_all (const char *const *sources, MitogenTokenKind kind)
{
  for (; *sources != NULL; sources++)
    assert_one (*sources, kind);
}

static void
test_lines (void)
{
  assert_tokens ("", "END");
  assert_tokens ("x", "x NEWLINE END");
  assert_tokens ("x\n", "x NEWLINE 2: END");
  assert_tokens ("x # c", "x # c NEWLINE END");
  assert_tokens ("# c", "# c END");
  assert_tokens ("x\r\n\r\ny\r\rz\n", "x NEWLINE 2: NL 3: y NEWLINE 4: NL 5: z NEWLINE 6: END");
  assert_tokens ("\n  # c\n\t\nx", "NL 2: # c NL 3: NL 4: x NEWLINE END");
  assert_tokens ("x = \\\n  1\n", "x = 2: 1 NEWLINE 3: END");
  assert_tokens ("x \\\r\n= \\\r1", "x 2: = 3: 1 NEWLINE END");
  assert_tokens ("x \\\n\ny", "x 2: NEWLINE 3: y NEWLINE END");
  assert_tokens ("x \\", "x NEWLINE END");
  assert_tokens ("x \\\n", "x 2: NEWLINE END");
  assert_tokens ("\xef\xbb\xbfx", "x NEWLINE END");
  assert_tokens ("(\n # c\n\n1)", "( NL 2: # c NL 3: NL 4: 1 ) NEWLINE END");
  assert_tokens ("(1, \\\n 2)", "( 1 , 2: 2 ) NEWLINE END");
}

static void
test_indentation (void)
{
  assert_tokens ("if x:\n  y\nz\n",
                 "if x : NEWLINE 2: INDENT y NEWLINE 3: DEDENT z NEWLINE 4: END");
  assert_tokens ("a:\n b:\n  c", "a : NEWLINE 2: INDENT b : NEWLINE 3: INDENT c NEWLINE "
                                 "DEDENT DEDENT END");
  assert_tokens ("a:\n        b\n\tc\n",
                 "a : NEWLINE 2: INDENT b NEWLINE 3: c NEWLINE 4: DEDENT END");
  assert_tokens ("a:\n  b\n  \f  c\n",
                 "a : NEWLINE 2: INDENT b NEWLINE 3: c NEWLINE 4: DEDENT END");
  assert_tokens ("a:\n  b\n# c\n\n  d\n", "a : NEWLINE 2: INDENT b NEWLINE 3: # c NL 4: NL "
                                          "5: d NEWLINE 6: DEDENT END");
  assert_tokens ("a:\n  b\n # c\nd", "a : NEWLINE 2: INDENT b NEWLINE 3: # c NL "
                                     "4: DEDENT d NEWLINE END");
  assert_tokens ("a:\n  b\n  ", "a : NEWLINE 2: INDENT b NEWLINE 3: DEDENT END");
  assert_tokens ("a:\n  (b,\nc)\n", "a : NEWLINE 2: INDENT ( b , NL 3: c ) NEWLINE 4: DEDENT END");
  assert_tokens ("  a\nb", "INDENT a NEWLINE 2: DEDENT b NEWLINE END");
  assert_tokens ("a:\n \\\n    b\n c\n", "a : NEWLINE 2: INDENT 3: b NEWLINE 4: c NEWLINE "
                                         "5: DEDENT END");
  assert_tokens ("a:\n \\\n\n  b\n \\\n # c\n  d", "a : NEWLINE 3: NL 4: INDENT b NEWLINE "
                                                   "6: # c NL 7: d NEWLINE DEDENT END");
  assert_tokens ("\\\na\n\\\n\\\n", "2: a NEWLINE 5: END");
  assert_tokens ("\\\n \\\n a", "3: ERROR");
  assert_tokens ("a:\n  b\n c\n", "a : NEWLINE 2: INDENT b NEWLINE 3: ERROR");
}

static void
test_depth (void)
{
  const char *source = "f (a [1], {})";
  const guint expected[] = { 0, 0, 1, 1, 2, 1, 1, 1, 1, 0, 0, 0 };
  MitogenTokenizer tokenizer;
  MitogenToken token;

  mitogen_tokenizer_init (&tokenizer, source, strlen (source));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      mitogen_tokenizer_next (&tokenizer, &token);
      g_assert_cmpuint (token.depth, ==, expected[i]);
    }
  g_assert_cmpint (token.kind, ==, MITOGEN_TOKEN_END);
  mitogen_tokenizer_clear (&tokenizer);
}

static void
test_names (void)
{
  static const char *const names[] = { "a", "_", "A1_b", "\xc3\xa9t\xc3\xa9", "\xe9", "rb1", NULL };

  assert_all (names, MITOGEN_TOKEN_NAME);
  assert_tokens ("print\"a\"", "print \"a\" NEWLINE END");
  assert_tokens ("x if\"a\"else'b'", "x if \"a\" else 'b' NEWLINE END");
  assert_tokens ("a.b.c", "a . b . c NEWLINE END");
}

static void
test_numbers (void)
{
  static const char *const numbers[] = {
    "0",  "0777", "0o7", "0O17", "0x1fL", "0XFF_FF", "0b1_0", "1_000",        "10L", "10l",
    "1.", ".5",   "1.5", "1e5",  "1E+5",  "1e-5j",   "1.e5",  "1_0.5_0e1_0J", NULL,
  };

  assert_all (numbers, MITOGEN_TOKEN_NUMBER);
  assert_tokens ("1if x else 2or 3", "1 if x else 2 or 3 NEWLINE END");
  assert_tokens ("0xfor x", "0xf or x NEWLINE END");
  assert_tokens ("1..real", "1. . real NEWLINE END");
  assert_tokens ("1 .real", "1 . real NEWLINE END");
  assert_tokens ("1else", "1 else NEWLINE END");
  assert_tokens ("x[1:-1]", "x [ 1 : - 1 ] NEWLINE END");
}

static void
test_operators (void)
{
  static const char *const operators[] = {
    "+",  "-",  "*",  "**", "/",   "//", "%",  "@",  "<<", ">>",  "&",   "|",   "^",   "~",  ":=",
    "<",  ">",  "<=", ">=", "==",  "!=", "<>", ",",  ":",  ".",   ";",   "`",   "=",   "->", "+=",
    "-=", "*=", "/=", "%=", "//=", "@=", "&=", "|=", "^=", ">>=", "<<=", "**=", "...", NULL,
  };

  assert_all (operators, MITOGEN_TOKEN_OPERATOR);
  assert_tokens ("a<-b", "a < - b NEWLINE END");
  assert_tokens ("from .. import x", "from . . import x NEWLINE END");
  assert_tokens ("from ....a import x", "from ... . a import x NEWLINE END");
  assert_tokens ("print >>f, `x`", "print >> f , ` x ` NEWLINE END");
  assert_tokens ("f(**a)", "f ( ** a ) NEWLINE END");
  assert_tokens ("x!", "x ERROR");
  assert_tokens ("x $ y", "x ERROR");
  assert_tokens ("x ? y", "x ERROR");
}

static void
test_strings (void)
{
  static const char *const strings[] = {
    "''",         "\"\"",         "'a'",
    "'\\''",      "'\\\\'",       "'\"'",
    "''''''",     "'''a'''",      "\"\"\"a\"b\"\"c\"\"\"",
    "'''\\''''",  "'''a\n\nb'''", "'a\\\nb'",
    "'a\\\r\nb'", "r'\\''",       "R'\\\\'",
    "'#'",        "'{'",          "'\xc3\xa9\xff'",
    NULL,
  };
  static const char *const prefixes[] = { "r",  "u",  "b",  "f",  "t",  "br", "rb",
                                          "ur", "fr", "rf", "tr", "rt", NULL };

  assert_all (strings, MITOGEN_TOKEN_STRING);
  for (guint i = 0; prefixes[i] != NULL; i++)
    for (guint change = 0; change < 4; change++)
      {
        g_autofree char *source = g_strconcat (prefixes[i], "'\\'x'", NULL);

        for (guint at = 0; at < strlen (prefixes[i]); at++)
          if ((change >> at) & 1)
            source[at] = g_ascii_toupper (source[at]);
        assert_one (source, MITOGEN_TOKEN_STRING);
      }

  assert_tokens ("'a' \"b\"'c'", "'a' \"b\" 'c' NEWLINE END");
  assert_tokens ("'''\n'''; x", "'''\n''' 2: ; x NEWLINE END");
  assert_tokens ("'a\\\nb' x", "'a\\\nb' 2: x NEWLINE END");
  assert_tokens ("ub'x'", "ub 'x' NEWLINE END");
  assert_tokens ("'a\n'", "ERROR");
  assert_tokens ("x = '''a\n\n", "x = ERROR");
  assert_tokens ("x = '''a\\", "x = ERROR");
  assert_tokens ("'", "ERROR");
  assert_tokens ("''''", "ERROR");
}

static void
test_fields (void)
{
  static const char *const strings[] = {
    "f'{x}'",
    "f'{{'",
    "f'{{}}'",
    "f'{{{x}}}'",
    "f'{x!r}'",
    "f'{x!r:>{w}.{p}}'",
    "f'{x:%H:%M}'",
    "f'{x[\"a\"]}'",
    "f'''{x['a']}'''",
    "f'{x:{\"{\"}>10}'",
    "f'{f\"{y}\"}'",
    "f'{3!=4}'",
    "f'\\N{LATIN SMALL LETTER A}'",
    "f'\\N{EM-DASH}{x}'",
    "rf'\\N{x}'",
    "f'\\{x}'",
    "f'\\\\{x}'",
    "f'{x}\\''",
    "rf'\\'{x}'",
    "f'''{\nx\n}'''",
    "f'''a\n{x:\n}'''",
    "f'{x = }'",
    "f'{ {1: 2}[1] }'",
    "f'{(lambda x: 1)(2)}'",
    "f'a}b'",
    "f'{x:{{}}}'",
    "f'{a[\":\"]:{b}}'",
    "f'{x:}'",
    /* From 3.12. */
    "f'{x['a']}'",
    "f'{'{'}'",
    "f'{f'{f'{1}'}'}'",
    "f'{x # '\n}'",
    "f'{\n x\n:\n}'",
    "f'{'\\n'.join(x)}'",
    "f'{x:{f'{y}'}}'",
    "f'{rb'\\''}'",
    "f'''{'''a'''}'''",
    "F\"{f'''{\n'a'}'''}\"",
    NULL,
  };

  assert_all (strings, MITOGEN_TOKEN_STRING);
  assert_tokens ("f'{x}' 'y'", "f'{x}' 'y' NEWLINE END");
  assert_tokens ("'{' f'{\nx}' y", "'{' f'{\nx}' 2: y NEWLINE END");
  assert_tokens ("f'{x'", "ERROR");
  assert_tokens ("f'{x:a'", "ERROR");
  assert_tokens ("f'{x)}'", "ERROR");
  assert_tokens ("f'{(x}'", "ERROR");
  assert_tokens ("f'{\"}'", "ERROR");
  assert_tokens ("f'a\n{x}'", "ERROR");
}

/* Nothing that is repeated takes memory or a stack without bound. */
static void
assert_ends (const char *before, const char *repeated, guint n_times, const char *kind)
{
  g_autoptr (GString) source = g_string_new (before);
  g_autofree char *found = NULL;

  for (guint i = 0; i < n_times; i++)
    g_string_append (source, repeated);
  found = tokenize (source->str);
  g_test_message ("%s %s %u times", before, repeated, n_times);
  g_assert_true (g_str_has_suffix (found, kind));
}

static void
test_limits (void)
{
  g_autoptr (GString) deep = g_string_new (NULL);
  g_autofree char *found = NULL;

  for (guint i = 0; i <= MITOGEN_TOKENIZER_MAX_INDENTS + 1; i++)
    g_string_append_printf (deep, "%*sa:\n", (int) i, "");
  found = tokenize (deep->str);
  g_assert_true (g_str_has_suffix (found, "NEWLINE 102: ERROR"));

  assert_ends ("", "(", 100000, "ERROR");
  assert_ends ("", "f'{", 149, "ERROR");
  assert_ends ("", "f'{", 100000, "ERROR");
  assert_ends ("f'{x", ":{x", 100000, "ERROR");
  assert_ends ("f'{", "(", 100000, "ERROR");
  assert_ends ("", "f'{' ", 20000, "ERROR");
  assert_ends ("", "\\\n", 100000, "END");
  assert_ends ("", "\t\f ", 100000, "END");
}

static void
test_nul (void)
{
  static const char *const sources[] = { "x\0y", "# \0y", "'\0'", "f'\0'", "f'{\0}'", "\0\0\0" };

  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    {
      MitogenTokenizer tokenizer;
      MitogenToken token;
      guint n_tokens = 0;

      mitogen_tokenizer_init (&tokenizer, sources[i], 3);
      while (mitogen_tokenizer_next (&tokenizer, &token) != MITOGEN_TOKEN_ERROR)
        g_assert_cmpuint (n_tokens++, <, 10);
      mitogen_tokenizer_clear (&tokenizer);
    }
}

/* A copy goes on for itself. */
static void
test_copy (void)
{
  const char *source = "a b c";
  MitogenTokenizer tokenizer;
  MitogenTokenizer copy;
  MitogenToken token;

  mitogen_tokenizer_init (&tokenizer, source, strlen (source));
  mitogen_tokenizer_next (&tokenizer, &token);
  copy = tokenizer;
  mitogen_tokenizer_next (&copy, &token);
  mitogen_tokenizer_next (&copy, &token);
  g_assert_true (mitogen_token_is (&copy, &token, "c"));
  mitogen_tokenizer_next (&tokenizer, &token);
  g_assert_true (mitogen_token_is (&tokenizer, &token, "b"));
  mitogen_tokenizer_clear (&copy);
  mitogen_tokenizer_clear (&tokenizer);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tokenizer/lines", test_lines);
  g_test_add_func ("/tokenizer/indentation", test_indentation);
  g_test_add_func ("/tokenizer/depth", test_depth);
  g_test_add_func ("/tokenizer/names", test_names);
  g_test_add_func ("/tokenizer/numbers", test_numbers);
  g_test_add_func ("/tokenizer/operators", test_operators);
  g_test_add_func ("/tokenizer/strings", test_strings);
  g_test_add_func ("/tokenizer/fields", test_fields);
  g_test_add_func ("/tokenizer/limits", test_limits);
  g_test_add_func ("/tokenizer/nul", test_nul);
  g_test_add_func ("/tokenizer/copy", test_copy);

  return g_test_run ();
}
