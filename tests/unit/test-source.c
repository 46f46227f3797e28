/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "python/mitogen-source-private.h"

/* From a block of just this size, so that tools see what reads beyond it. */
static void
assert_encoding (const char *source, const char *encoding, gboolean is_plain)
{
  gsize size = strlen (source);
  g_autofree char *copy = g_memdup2 (source, size);

  g_test_message ("%s", source);
  g_assert_cmpstr (mitogen_source_get_encoding (copy, size), ==, encoding);
  g_assert_true (mitogen_source_get_encoding (copy, size) ==
                 mitogen_source_get_encoding (source, size));
  g_assert_cmpint (mitogen_source_is_plain (copy, size), ==, is_plain);
}

static void
test_default (void)
{
  assert_encoding ("", "utf-8", TRUE);
  assert_encoding ("#", "utf-8", TRUE);
  assert_encoding ("# coding", "utf-8", TRUE);
  assert_encoding ("# coding:", "utf-8", TRUE);
  assert_encoding ("# coding: ", "utf-8", TRUE);
  assert_encoding ("# coding : latin-1", "utf-8", TRUE);
  assert_encoding ("x = 1 # coding: latin-1", "utf-8", TRUE);
  assert_encoding ("\xef\xbb\xbfx = 1", "utf-8", TRUE);
  assert_encoding ("\xef\xbb", "utf-8", TRUE);
}

static void
test_cookie (void)
{
  assert_encoding ("# -*- coding: latin-1 -*-\n", "iso-8859-1", TRUE);
  assert_encoding ("# -*- coding: iso-8859-15 -*-\n", "iso-8859-15", TRUE);
  assert_encoding ("# vim: set fileencoding=CP1252 :\n", "cp1252", TRUE);
  assert_encoding ("\t\f #coding:koi8_r", "koi8-r", TRUE);
  assert_encoding ("# coding:UTF_8-unix", "utf-8", TRUE);
  assert_encoding ("# coding=utf8", "utf-8", TRUE);
  assert_encoding ("# coding:: coding=\teuc_jp", "euc-jp", TRUE);
  assert_encoding ("\xef\xbb\xbf# coding: utf-8", "utf-8", TRUE);
}

static void
test_second_line (void)
{
  assert_encoding ("#!/usr/bin/python\n# coding: latin-1\n", "iso-8859-1", TRUE);
  assert_encoding ("\r\n# coding: latin-1\r\n", "iso-8859-1", TRUE);
  assert_encoding (" \t\r# coding: latin-1\r", "iso-8859-1", TRUE);
  assert_encoding ("\n\n# coding: latin-1\n", "utf-8", TRUE);
  assert_encoding ("\r\r# coding: latin-1\n", "utf-8", TRUE);
  assert_encoding ("import os\n# coding: latin-1\n", "utf-8", TRUE);
  assert_encoding ("\"\"\"\n# coding: latin-1\n\"\"\"\n", "utf-8", TRUE);
}

static void
test_not_plain (void)
{
  assert_encoding ("# coding: shift_jis\n", "shift-jis", FALSE);
  assert_encoding ("# coding: gbk\n", "gbk", FALSE);
  assert_encoding ("# coding: Big5\n", "big5", FALSE);
  assert_encoding ("# coding: utf-7\n", "utf-7", FALSE);
  assert_encoding ("# coding: utf-16\n", "utf-16", FALSE);
  assert_encoding ("# coding: no.such\n", "no.such", FALSE);
  assert_encoding ("# coding: a2345678901234567890123456789012345678901\n", "unknown", FALSE);
}

static void
test_find_cookie (void)
{
  const char *source = "#!/bin/python\r\n  # coding: utf-8 \r\nx = 1";
  gsize end = 0;

  g_assert_cmpint (mitogen_source_find_cookie (source, strlen (source), &end), ==, 17);
  g_assert_cmpuint (end, ==, 33);
  g_assert_cmpint (mitogen_source_find_cookie (source, 16, &end), ==, -1);
  g_assert_cmpint (mitogen_source_find_cookie (NULL, 0, &end), ==, -1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/source/default", test_default);
  g_test_add_func ("/source/cookie", test_cookie);
  g_test_add_func ("/source/second-line", test_second_line);
  g_test_add_func ("/source/not-plain", test_not_plain);
  g_test_add_func ("/source/find-cookie", test_find_cookie);

  return g_test_run ();
}
