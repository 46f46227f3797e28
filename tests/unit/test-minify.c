/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "python/mitogen-minify-private.h"
#include "python/mitogen-minify.h"

static void
assert_minified (const char *source, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = mitogen_minimize_source (source, &error);
  g_autofree char *again = NULL;

  g_test_message ("%s", source);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
  again = mitogen_minimize_source (text, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again, ==, text);
}

static void
test_comments (void)
{
  assert_minified ("", "");
  assert_minified ("\n\n", "");
  assert_minified ("# c\n", "");
  assert_minified ("x = 1 # c\n", "x = 1\n");
  assert_minified ("x = 1 # c", "x = 1");
  assert_minified ("#!/usr/bin/python\n# c\nx = '#'  \n\n# c\n", "\n\nx = '#'\n");
  assert_minified ("x = [ # c\n\n  1, # d\n  # e\n  2 ]  # f\n", "x = [\n\n1,\n\n2 ]\n");
  assert_minified ("f(a, # c\n  )\n", "f(a,\n)\n");
  assert_minified ("if x: # c\n  # d\n  y\n# e\nelse: # f\n\n  z\n",
                   "if x:\n\n y\n\nelse:\n\n z\n");
}

static void
test_blanks (void)
{
  assert_minified ("if  x :\n\tif y:\n\t    z  =  1\n\t \n\ta\nb\n",
                   "if  x :\n if y:\n  z  =  1\n\n a\nb\n");
  assert_minified ("x = 1 + \\\n    2\n", "x = 1 +\\\n2\n");
  assert_minified ("x = \\\n\\\n  1 # c\n", "x =\\\n\\\n1\n");
  assert_minified ("x = (1 + \\\n     2)\n", "x = (1 +\n2)\n");
  assert_minified ("x = '''a  \n  # b\n''' + \\\n  'c\\\n  d'; y  \n",
                   "x = '''a  \n  # b\n''' +\\\n'c\\\n  d'; y\n");
  assert_minified ("\f\nx = 1\n\fy\n", "\nx = 1\ny\n");
  assert_minified ("if x:\n  y;\n", "if x:\n y;\n");
}

static void
test_docstrings (void)
{
  assert_minified ("'''a\nb'''\nx\n", "\n\nx\n");
  assert_minified ("'a'\nfrom __future__ import division\n", "\nfrom __future__ import division\n");
  assert_minified ("# c\nr\"a\" u'b' \\\n  Ur'c' # d\nx\n", "\n\n\nx\n");
  assert_minified ("('a'\n 'b')\nx\n", "\n\nx\n");
  assert_minified ("class A(B):\n  'a'\n  x = 1\n", "class A(B):\n\n x = 1\n");
  assert_minified ("def f(a, b={1: 2}, c=lambda: 1):\n  'a'\n\n  return 'a'\n",
                   "def f(a, b={1: 2}, c=lambda: 1):\n\n\n return 'a'\n");
  assert_minified ("def f(a) -> lambda: x:\n  'a'\n  y\n", "def f(a) -> lambda: x:\n\n y\n");
  assert_minified ("async  def f[T: int](a: 'b') -> 'c':\n  'a'\n  y\n",
                   "async  def f[T: int](a: 'b') -> 'c':\n\n y\n");
  assert_minified ("@a\ndef f(\n): # c\n  # d\n  'a' # e\n  y\n", "@a\ndef f(\n):\n\n\n y\n");
  assert_minified ("'a'; x\n", "x\n");
  assert_minified ("'''a\nb'''; 'c'; x; 'd'\n", "\nx; 'd'\n");
  assert_minified ("'a'\n'b'; 'c'\n('d')\nx\n'e'\n", "\n\n\nx\n'e'\n");
}

static void
test_no_docstrings (void)
{
  static const char *const sources[] = {
    "b'a'\nx\n",
    "f'a'\nx\n",
    "'a' f'b'\nx\n",
    "'a',\nx\n",
    "'a' + x\n",
    "'a'.b\nx\n",
    "('a', 'b')\n",
    "('a'.b)\n",
    "('a').b\n",
    "(x)\n",
    "()\n",
    "('a'\n'b', x)\n",
    "if x: 'a'\n",
    "x = 'a'\n'b'\n",
    "'a' if x else y\n",
    "else_def = 'a'\n'b'",
    "async = 1\n'a'\n",
    "rb'a'\nx\n",
    "Rb'a'\nx\n",
    "('a')('b')\n",
    "('a') 'b'\n",
    "classes: 'a'\n",
    NULL,
  };

  for (guint i = 0; sources[i] != NULL; i++)
    {
      g_autofree char *text = mitogen_minimize_source (sources[i], NULL);

      g_test_message ("%s", sources[i]);
      g_assert_cmpstr (text, ==, sources[i]);
    }
}

static void
test_empty_blocks (void)
{
  assert_minified ("'a'\n", "");
  assert_minified ("def f():\n    'a'\n", "def f():\n 0\n");
  assert_minified ("def f():\n    # c\n\n    'a' # d\n    # e\n\nx\n", "def f():\n\n\n 0\n\n\nx\n");
  assert_minified ("class A:\n  '''a\n  b'''\nclass B:\n  'a';\n",
                   "class A:\n 0\n\nclass B:\n 0\n");
  assert_minified ("class A:\n  def f(self):\n    'a'\n  class B:\n     'b'\n     'c'\nx\n",
                   "class A:\n def f(self):\n  0\n class B:\n  0\n\nx\n");
  assert_minified ("class A:\n  'a'\n  def f(self):\n    'b'", "class A:\n\n def f(self):\n  0");
  assert_minified ("if x:\n  'a'\nelse:\n  'b'\n  y\n", "if x:\n 0\nelse:\n\n y\n");
  assert_minified ("def f(): 'a'\nx\n", "def f():0\nx\n");
  assert_minified ("def f(): 'a' # c\n", "def f():0\n");
  assert_minified ("def f(): 'a'", "def f():0");
  assert_minified ("def f(): 'a'; x\n", "def f(): x\n");
  assert_minified ("def f(): 'a'; 'b';\n", "def f():0\n");
  assert_minified ("def f(): '''a\n'''\nx\n", "def f():0\n\nx\n");
  assert_minified ("class A: '''a\n'''; x = 1\n", "class A:\\\nx = 1\n");
  assert_minified ("class A: x = 1; 'a'\n'b'\n", "class A: x = 1; 'a'\n'b'\n");
}

/* What is wrong, but not noticed, does not become right. */
static void
test_wrong_blocks (void)
{
  assert_minified ("'a'\n  x\n", "0\n x\n");
  assert_minified ("def f():\n  'a'\n    x\n", "def f():\n 0\n  x\n");
  assert_minified ("def f():\n'a'\n", "def f():\n'a'\n");
}

static void
test_line_ends (void)
{
  assert_minified ("# c\r\nx = 1  \r\n\r\ny = '''a\r\nb'''\r\n", "\nx = 1\n\ny = '''a\nb'''\n");
  assert_minified ("# c\rx = 1\r'a\\\rb'\r", "\nx = 1\n'a\\\nb'\n");
}

static void
test_cookies (void)
{
  assert_minified ("# coding: latin-1\nx = 1 # \xc3\xa9\n", "\nx = 1\n");
  assert_minified ("#!/bin/python\n# -*- coding: latin-1 -*-\nx = '\xc3\xa9'\n",
                   "#coding:iso-8859-1\n\nx = '\xc3\xa9'\n");
  assert_minified ("# vim: set fileencoding=utf8:\nx = '\xc3\xa9'\n",
                   "#coding:utf-8\nx = '\xc3\xa9'\n");
  assert_minified ("x = '\xc3\xa9' # coding: a\n", "x = '\xc3\xa9'\n");
  assert_minified ("\xef\xbb\xbfx = 1\n", "x = 1\n");
  assert_minified ("\xef\xbb\xbf# coding: utf-8\nx = '\xc3\xa9'\n",
                   "\xef\xbb\xbf\nx = '\xc3\xa9'\n");
}

static void
assert_fails (const char *source, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_test_message ("%s", source);
  g_assert_null (mitogen_minimize_source (source, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_errors (void)
{
  assert_fails ("x\ny = '''a\n\n", "This is no Python source: line 2: a string that does not end");
  assert_fails ("x\ny = (1,\n[\n", "This is no Python source: line 2: a bracket is never closed");
  assert_fails ("x\n\n)", "This is no Python source: line 3: "
                          "a bracket is closed that was never opened");
  assert_fails ("if x:\n  y\n z\n", "This is no Python source: line 3: "
                                    "the indentation matches that of no block around it");
  assert_fails ("x ?\n", "This is no Python source: line 1: a character that cannot be in source");
  assert_fails ("'a' \\ 'b'", "This is no Python source: line 1: a backslash that ends no line");
  assert_fails ("def f():\n  'a' ! 'b'", "This is no Python source: line 2: “!” is no operator");
  assert_fails ("# \xe9\n", "The source is not UTF-8: convert it first");
}

static void
assert_bytes (const char *source, const char *expected)
{
  g_autoptr (GBytes) bytes = g_bytes_new (source, strlen (source));
  g_autoptr (GBytes) minified = mitogen_minify_bytes (bytes);

  g_test_message ("%s", source);
  if (expected == NULL)
    g_assert_true (minified == bytes);
  else
    g_assert_cmpmem (g_bytes_get_data (minified, NULL), g_bytes_get_size (minified), expected,
                     strlen (expected));
}

static void
test_bytes (void)
{
  g_autoptr (GBytes) nul = g_bytes_new ("# a\0b", 5);
  g_autoptr (GBytes) nul_minified = mitogen_minify_bytes (nul);

  g_assert_true (nul_minified == nul);
  assert_bytes ("", NULL);
  assert_bytes ("x", NULL);
  assert_bytes ("x # c", "x");
  assert_bytes ("# coding: latin-1\nx = '\xe9' # \xe9\n", "#coding:iso-8859-1\nx = '\xe9'\n");
  assert_bytes ("# coding: shift-jis\nx # c\n", NULL);
  assert_bytes ("# coding: no-such\nx # c\n", NULL);
  assert_bytes ("# c\nx ?\n", NULL);
}

/* Blocks by columns that blanks of ours cannot show in as few bytes. */
static void
test_never_larger (void)
{
  assert_bytes ("if a:\n if a:\n  if a:\n   if a:\n\tb\n\tb\n\tb\n\tb\n\tb\n\tb\n", NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/minify/comments", test_comments);
  g_test_add_func ("/minify/blanks", test_blanks);
  g_test_add_func ("/minify/docstrings", test_docstrings);
  g_test_add_func ("/minify/no-docstrings", test_no_docstrings);
  g_test_add_func ("/minify/empty-blocks", test_empty_blocks);
  g_test_add_func ("/minify/wrong-blocks", test_wrong_blocks);
  g_test_add_func ("/minify/line-ends", test_line_ends);
  g_test_add_func ("/minify/cookies", test_cookies);
  g_test_add_func ("/minify/errors", test_errors);
  g_test_add_func ("/minify/bytes", test_bytes);
  g_test_add_func ("/minify/never-larger", test_never_larger);

  return g_test_run ();
}
