/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "python/mitogen-import-scanner-private.h"

/* What is found, with spaces between. */
static char *
scan_bytes (const char *source, gsize size, const char *module, gboolean is_package)
{
  g_autoptr (GBytes) bytes = g_bytes_new (source, size);
  g_autoptr (GPtrArray) names = mitogen_scan_imports (bytes, module, is_package);

  g_ptr_array_add (names, NULL);

  return g_strjoinv (" ", (char **) names->pdata);
}

static void
say (const char *source)
{
  g_autofree char *escaped = g_strescape (source, NULL);

  g_test_message ("%s", escaped);
}

static void
assert_imports_in (const char *source,
                   const char *module,
                   gboolean is_package,
                   const char *expected)
{
  g_autofree char *found = scan_bytes (source, strlen (source), module, is_package);

  say (source);
  g_assert_cmpstr (found, ==, expected);
}

static void
assert_imports (const char *source, const char *expected)
{
  assert_imports_in (source, "m", FALSE, expected);
}

static void
test_import (void)
{
  assert_imports ("import a\n", "a");
  assert_imports ("import a", "a");
  assert_imports ("import a.b.c\n", "a a.b a.b.c");
  assert_imports ("import a.b.c as d, e\n", "a a.b a.b.c e");
  assert_imports ("import a, b as c, d\n", "a b d");
  assert_imports ("import a . b\n", "a a.b");
  assert_imports ("import\\\n a\\\n.b, \\\n  c\n", "a a.b c");
  assert_imports ("import\ta\f.b # c, d\n", "a a.b");
  assert_imports ("import a;import b ; import c;\n", "a b c");
  assert_imports ("import a\rimport b\r\nimport c\nimport d", "a b c d");
  assert_imports ("\xef\xbb\xbfimport a\n", "a");
  assert_imports ("\fimport a\n\f\nimport b\n", "a b");
  assert_imports ("import a\nimport a\nimport a.b\nimport a, a.b\n", "a a.b");
  assert_imports ("import_a\nx.import_a\nimporter = 1\n", "");
  assert_imports ("", "");
  assert_imports ("\n\n# import a\n", "");
}

static void
test_from (void)
{
  assert_imports ("from a import b\n", "a a.b");
  assert_imports ("from a.b import c, d as e, f\n", "a a.b a.b.c a.b.d a.b.f");
  assert_imports ("from a.b import (x, y as z,)\n", "a a.b a.b.x a.b.y");
  assert_imports ("from a import (\n  b,  # one, c\n\n  d as\n e\n)\nimport f\n", "a a.b a.d f");
  assert_imports ("from a import(b);from c import(d)\n", "a a.b c c.d");
  assert_imports ("from a import *\n", "a");
  assert_imports ("from a.b import*;import c\n", "a a.b c");
  assert_imports ("from \\\n a \\\n import \\\n b, \\\n c\n", "a a.b a.c");
  assert_imports ("from a import match, case, type, _, print, async, await, exec\n",
                  "a a.match a.case a.type a._ a.print a.async a.await a.exec");
  assert_imports ("raise X from a\nx = yield\n", "");
  assert_imports ("def f():\n  yield from a\nfrom b import c\n", "b b.c");
}

static void
test_relative (void)
{
  assert_imports_in ("from . import x\n", "p", TRUE, "p.x");
  assert_imports_in ("from . import x\n", "p.m", FALSE, "p p.x");
  assert_imports_in ("from .a import *\n", "p", TRUE, "p.a");
  assert_imports_in ("from .a.b import (c, d)\n", "p", TRUE, "p.a p.a.b p.a.b.c p.a.b.d");
  assert_imports_in ("from ..a import b\n", "p.q.m", FALSE, "p p.a p.a.b");
  assert_imports_in ("from ..a import b\n", "p.q", TRUE, "p p.a p.a.b");
  assert_imports_in ("from .. import a\n", "p.q", TRUE, "p p.a");
  assert_imports_in ("from ... import a\n", "p.q.r", TRUE, "p p.a");
  assert_imports_in ("from ...a import b\n", "p.q.r.m", FALSE, "p p.a p.a.b");
  assert_imports_in ("from .... import a\n", "p.q.r.s", TRUE, "p p.a");
  assert_imports_in ("from . . .a import b\n", "p.q.r", TRUE, "p p.a p.a.b");
  assert_imports_in ("from .import x\nfrom.y import z\nfrom.import w\n", "p", TRUE,
                     "p.x p.y p.y.z p.w");
  assert_imports_in ("from .\\\n import x\n", "p", TRUE, "p.x");
  assert_imports_in ("from . import m, n\n", "p.m", FALSE, "p p.n");

  /* Beyond the top. */
  assert_imports_in ("from . import x\nfrom .a import b\nfrom __future__ import d\nimport c\n", "m",
                     FALSE, "c");
  assert_imports_in ("from .. import x\nfrom . import y\n", "p", TRUE, "p.y");
  assert_imports_in ("from .......... import x\nfrom ..a import y\n", "p.m", FALSE, "");
}

/* Python 2 looks in the package first. */
static void
test_implicit (void)
{
  assert_imports_in ("import x\n", "p.m", FALSE, "x p p.x");
  assert_imports_in ("import x, y.z\n", "p", TRUE, "x p.x y y.z p.y p.y.z");
  assert_imports_in ("from x import y\n", "p.q.m", FALSE, "x p p.q p.q.x x.y p.q.x.y");
  assert_imports_in ("from __future__ import absolute_import\nimport x\n", "p.m", FALSE, "x");
  assert_imports_in ("from __future__ import (division,\n  absolute_import as a)\nimport x\n",
                     "p.m", FALSE, "x");
  assert_imports_in ("from __future__ import print_function, division\nprint('a', end='')\n"
                     "import x\n",
                     "p.m", FALSE, "x p p.x");
  assert_imports_in ("from .__future__ import absolute_import\nimport x\n", "p", TRUE,
                     "p.__future__ p.__future__.absolute_import x p.x");
  assert_imports_in ("import __future__\n", "p", TRUE, "");
}

static void
test_left_out (void)
{
  assert_imports ("import mitogen\nimport mitogen.utils\nfrom mitogen import core\n"
                  "import mitogen_x, mitogenic.x\n",
                  "mitogen_x mitogenic mitogenic.x");
  assert_imports ("import m, m.a\n", "m.a");
  assert_imports_in ("from __future__ import absolute_import\nimport p.m, p.m.a, p\n", "p.m", FALSE,
                     "p p.m.a");
}

static void
test_blocks (void)
{
  assert_imports ("try:\n  import a\nexcept ImportError:\n  import b\nelse:\n  import c\n"
                  "finally:\n  import d\n",
                  "a b c d");
  assert_imports ("try: import a\nexcept (A, B): import b; import c\nfinally: import d\n",
                  "a b c d");
  assert_imports ("if x:\n\timport a\nelif y:\n\timport b\nelse:\n\timport c\n", "a b c");
  assert_imports ("if x: import a\nelif {1: 2}[y:z]: import b\nelse: import c\n", "a b c");
  assert_imports ("with a as b:\n import c\nfor a in b:\n import d\nelse:\n import e\n"
                  "while a:\n import f\nelse:\n import g\n",
                  "c d e f g");
  assert_imports ("class A(B, metaclass=C):\n  import a\n  def f(self):\n    import no\n"
                  "  import b\n  class D: import c\n",
                  "a b c");
  assert_imports ("match a:\n  case [1, {2: x}] if x[1:2]:\n    import b\n  case _: import c\n",
                  "b c");
  assert_imports ("match = 1\nmatch[1:2]\nmatch: int = 3\ncase(x)\ntype X = int\nimport a\n", "a");
  assert_imports ("if TYPE_CHECKING:\n  from a import b\n", "a a.b");
  assert_imports ("try:\n  import a\nexcept* A:\n  import b\n", "a b");
  assert_imports ("if lambda: x: import a\nx: int = 3; import b\nf = lambda x, y=1: x; import c\n",
                  "a b c");
  assert_imports ("async with x: import a\nasync for x in y:\n  import b\nasync = 1; import c\n",
                  "a b c");
  assert_imports ("if x:\n  if y:\n    if z:\n      import a\n    import b\n  import c\nimport d\n",
                  "a b c d");
  assert_imports (
      "print 'a',; import b\nprint >>f, x; exec 'import c' in d\nx = `y`; import e\n"
      "raise A, 'b', c; import f\ntry: pass\nexcept A, e: import g\nx <> 0777L; import h\n",
      "b e f g h");
}

static void
test_functions (void)
{
  assert_imports ("def f():\n  import no\nimport a\n", "a");
  assert_imports ("def f(): import no; import no2\nimport a\n", "a");
  assert_imports ("def f(): pass; from no import no\nfrom a import b\n", "a a.b");
  assert_imports ("async def f():\n  import no\nimport a\nasync \\\ndef g(): import no\n", "a");
  assert_imports ("@d(x, y=lambda: 1)\n@e\ndef f(\n  a: int = 1,\n  b=2) -> {1: 2}[1:2]:\n"
                  "  if x:\n    import no\n  import no\nimport a\n",
                  "a");
  assert_imports ("def f() -> lambda: 1:\n  import no\nimport a\n", "a");
  assert_imports ("def f[T: int, *U](x: T) -> U:\n  import no\nimport a\n", "a");
  assert_imports ("def f():\n  class A:\n    import no\n  def g():\n    import no\n  import no\n"
                  "import a\n",
                  "a");
  assert_imports ("class A:\n  def f(self):\n    import no\n\n\n# x\n  # y\n  import a\n"
                  "  async def g(self): import no\nimport b\n",
                  "a b");
  assert_imports ("if x:\n  def f():\n    import no\nelse:\n  import a\n", "a");
  assert_imports ("if x:\n  if y:\n    def f():\n      import no\nimport a\n", "a");
  assert_imports ("f = lambda: __import__('no')\nimport a\n", "a");
  assert_imports ("def f():\n  '''\nimport no\n'''\n  x = (\nimport_no)\nimport a\n", "a");
  assert_imports ("def f():\n  return \\\n0\nimport a\n", "a");
  assert_imports ("def f(): return (\n1)\nimport a\n", "a");
  assert_imports ("def f():\n  import no", "");
  assert_imports ("def f(): # comment\n\n  # comment\n  import no\n# comment\nimport a\n", "a");
}

static void
test_strings (void)
{
  assert_imports ("'import a'; \"import b\"\n'''\nimport c\n'''\nimport d\n", "d");
  assert_imports ("r'\\'; import a'\nb'''\nimport b\n'''; x = 'a\\\nimport c'\nimport d\n", "d");
  assert_imports ("f'{x!r:{y}}'; f\"\"\"\nimport a\n{'''\nimport b\n'''}\"\"\"\nimport c\n", "c");
  assert_imports ("f'{\"import a\"}'\nf'''{\nx}\nimport b\n'''\nimport c\n", "c");
  assert_imports ("x = [\n'import a', # import b\nimport_c]\nimport d\n", "d");
  assert_imports ("# import a\\\nimport b\n", "b");
}

static void
test_errors (void)
{
  assert_imports ("import a\nx = (\nimport b\n", "a");
  assert_imports ("import a\nx = '\nimport b\n", "a");
  assert_imports ("import a\nx = '''\nimport b\n", "a");
  assert_imports ("if x:\n    import a\n  import b\n", "a");
  assert_imports ("import a\nimport\n", "a");
  assert_imports ("import a, \nfrom b\n", "a");
  assert_imports ("import a\nfrom\n", "a");
  assert_imports ("import a\nfrom b.\n", "a");
  assert_imports ("import a\nfrom b import\n", "a b");
  assert_imports ("import a\nfrom . import (\n", "a");
  assert_imports ("import a as\n", "a");
  assert_imports ("import a b\nimport c..d\n", "a");
  /* Not all that is wrong is an end. */
  assert_imports ("import a\n  import b\n1 = 2\nimport c\n", "a b c");
  assert_imports ("def\ndef f(\n", "");
  assert_imports ("async\nasync def\n", "");
  assert_imports (")]}\nimport a\n", "");
}

static void
test_text (void)
{
  assert_imports ("import \xc3\xa4.\xe6\xa8\xa1, b\n", "\xc3\xa4 \xc3\xa4.\xe6\xa8\xa1 b");
  /* A ligature, and an a with a separate diaeresis: as Python reads them. */
  assert_imports ("import \xef\xac\x81.a\xcc\x88\n", "fi fi.\xc3\xa4");
  /* An ellipsis, a surrogate, what ends too early: no names. */
  assert_imports ("import a\xe2\x80\xa6z, b\nimport \xed\xac\x81\nimport a\xe2\nimport c\n", "b c");
  assert_imports ("# coding: latin-1\nimport \xe4.b, c\n", "\xc3\xa4 \xc3\xa4.b c");
  assert_imports ("# coding: latin-1\nx = '\xe4'\nimport c\n", "c");
  assert_imports ("# coding: iso-8859-15\nx = '\xa4'\nimport c\n", "c");
  /* The second byte of the character is a backslash, that of the next is a quote of no string. */
  assert_imports ("# coding: shift_jis\nx = '\x95\x5c'; import c\nx = '''\x83\x5c'''\nimport d\n",
                  "c d");
  assert_imports ("# coding: gbk\nx = '\x81\x5c'\nimport c\n", "c");
  /* Not what it says, and not to be converted. */
  assert_imports ("import a\nx = '\xff'\nimport \xff\nimport b\n", "a b");
  assert_imports ("# coding: no-such-thing\nx = '\xff'\nimport b\n", "b");
}

static void
test_nul (void)
{
  static const char source[] = "import a\nimport b\0c\nimport d\n";
  g_autofree char *found = scan_bytes (source, sizeof source - 1, "m", FALSE);
  g_autofree char *nothing = scan_bytes ("", 0, "m", TRUE);
  g_autofree char *only = scan_bytes ("\0", 1, "m", TRUE);

  g_assert_true (g_str_has_prefix (found, "a"));
  g_assert_null (strstr (found, "c"));
  g_assert_cmpstr (nothing, ==, "");
  g_assert_cmpstr (only, ==, "");
}

static void
test_limits (void)
{
  g_autoptr (GString) source = g_string_new (NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GPtrArray) names = NULL;
  g_autofree char *longest = g_strnfill (MITOGEN_MAX_IMPORT_LENGTH, 'x');
  g_autofree char *found = NULL;
  g_autofree char *expected = g_strconcat (longest, " a b", NULL);

  for (guint i = 0; i < MITOGEN_MAX_IMPORTS + 10; i++)
    g_string_append_printf (source, "import a%u\n", i);
  bytes = g_string_free_to_bytes (g_steal_pointer (&source));
  names = mitogen_scan_imports (bytes, "m", FALSE);
  g_assert_cmpuint (names->len, ==, MITOGEN_MAX_IMPORTS);

  source = g_string_new (NULL);
  g_string_append_printf (source,
                          "import %s, %sx, a\nfrom a import %s\nfrom %sx import c\nimport b\n",
                          longest, longest, longest, longest);
  found = scan_bytes (source->str, source->len, "m", FALSE);
  g_assert_cmpstr (found, ==, expected);
}

/* ---- The main guard ---- */

/* The guard is where the source says “@@”, which is taken out first. */
static void
assert_guard (const char *marked, gboolean uses_main)
{
  const char *mark = strstr (marked, "@@");
  gsize offset = mark != NULL ? (gsize) (mark - marked) : strlen (marked);
  g_autoptr (GString) source = g_string_new_len (marked, (gssize) offset);
  g_autoptr (GBytes) bytes = NULL;
  gboolean found_main = !uses_main;

  say (marked);
  if (mark != NULL)
    g_string_append (source, mark + 2);
  bytes = g_bytes_new (source->str, source->len);

  g_assert_cmpint (mitogen_find_main_guard (bytes, &found_main), ==,
                   mark != NULL ? (gssize) offset : -1);
  g_assert_cmpint (found_main, ==, uses_main);
  g_assert_cmpint (mitogen_find_main_guard (bytes, NULL), ==, mark != NULL ? (gssize) offset : -1);
}

static void
test_guard (void)
{
  assert_guard ("import a\n\n@@if __name__ == '__main__':\n    main()\n", FALSE);
  assert_guard ("@@if __name__ == \"__main__\":\n    main()\n", FALSE);
  assert_guard ("@@if __name__=='__main__':main()", FALSE);
  assert_guard ("@@if '__main__' == __name__: main()\n", FALSE);
  assert_guard ("@@if (__name__ == '__main__'):\n  main()\n", FALSE);
  assert_guard ("@@if(__name__\n  ==  # really\n  ('__main__')\n):\n  main()\n", FALSE);
  assert_guard ("@@if __name__ \\\n  == '__main__':\n  main()\n", FALSE);
  assert_guard ("@@if __name__ == u'__main__': pass\n", FALSE);
  assert_guard ("@@if __name__ == '''__main__''': pass\n", FALSE);
  assert_guard ("@@if __name__ == r\"\"\"__main__\"\"\": pass\n", FALSE);
  assert_guard ("@@if __name__ == '__main__' and len(sys.argv) > 1:\n  main()\n", FALSE);
  assert_guard ("@@if (__name__ == '__main__') and (x or y): main()\n", FALSE);
  assert_guard ("@@if __name__ == '__main__' : # go\n  main()\nelse:\n  no()\n", FALSE);
  /* The first one counts. */
  assert_guard ("@@if __name__ == '__main__':\n  a()\n\nif __name__ == '__main__':\n  b()\n",
                FALSE);
}

static void
test_guard_source (void)
{
  assert_guard ("def main():\r\n  pass\r\n\r\n@@if __name__ == '__main__':\r\n  main()\r\n", FALSE);
  assert_guard ("def main():\r  pass\r\r@@if __name__ == '__main__':\r  main()\r", FALSE);
  assert_guard ("#!/usr/bin/python2\nprint 'a',\nx = 0777L <> `y`\nexec 'a' in b\n"
                "@@if __name__ == '__main__':\n  print >>f, x\n",
                FALSE);
  assert_guard ("\xef\xbb\xbf@@if __name__ == '__main__':\n  main()\n", FALSE);
  assert_guard ("x = 1\n\f@@if __name__ == '__main__':\n  main()\n", FALSE);
  assert_guard ("# coding: latin-1\nx = '\xe4\xf6'\n@@if __name__ == '__main__':\n  main()\n",
                FALSE);
  assert_guard (
      "# coding: shift_jis\r\nx = '\x95\x5c'\r\n\f@@if __name__ == '__main__':\r\n  x()\r\n",
      FALSE);
  assert_guard ("# coding: gbk\nx = '\x81\x5c'\ny = '\xb0\xa1\xb0\xa1'\n"
                "@@if __name__ == '__main__':\n  main()\n",
                FALSE);
  assert_guard ("x = '\xff'\n@@if __name__ == '__main__':\n  main()\n", FALSE);
  assert_guard ("def f(): pass\n@@if __name__ == '__main__': f()\n", FALSE);
  assert_guard ("class A:\n  def f(self):\n    pass\n@@if __name__ == '__main__':\n  f()\n", FALSE);
  /* What comes after it does not matter. */
  assert_guard ("@@if __name__ == '__main__':\n  main(\n", FALSE);
}

static void
test_no_guard (void)
{
  assert_guard ("", FALSE);
  assert_guard ("import a\nmain()\n", FALSE);
  assert_guard ("'''\nif __name__ == '__main__':\n  main()\n'''\n", FALSE);
  assert_guard ("# if __name__ == '__main__':\nx = \"if __name__ == '__main__':\"\n", FALSE);
  assert_guard ("x = '\\\nif __name__ == \"__main__\": \\\n'\n", FALSE);
  assert_guard ("def f():\n  if __name__ == '__main__':\n    main()\n", FALSE);
  assert_guard ("class A:\n  if __name__ == '__main__':\n    main()\n", FALSE);
  assert_guard ("try:\n  if __name__ == '__main__':\n    main()\nfinally: pass\n", FALSE);
  assert_guard ("x = (1\nif __name__ == '__main__'\nelse 2)\n", FALSE);
  assert_guard ("x = {1 if __name__ == '__main__' else 2: 3}\n", FALSE);
  assert_guard ("[x for x in y\nif __name__ == '__main__']\n", FALSE);
  assert_guard ("if __name__ != '__main__':\n  pass\n", FALSE);
  assert_guard ("if not __name__ == '__main__':\n  pass\n", FALSE);
  assert_guard ("if __name__ == '__main__' or x:\n  pass\n", FALSE);
  assert_guard ("if __name__ == '__main__' 'x':\n  pass\n", FALSE);
  assert_guard ("if __name__ == '__main__' == x:\n  pass\n", FALSE);
  assert_guard ("if __name__ == ('__main__',):\n  pass\n", FALSE);
  assert_guard ("if __name__ == '__main':\n  pass\nif __name__ == '_main__x':\n  pass\n", FALSE);
  assert_guard ("if __name__ == b'__main__':\n  pass\nif __name__ == f'__main__':\n  pass\n",
                FALSE);
  assert_guard ("if __name__ == '':\n  pass\nif __name__ == '''''':\n  pass\n", FALSE);
  assert_guard ("if x.__name__ == '__main__':\n  pass\nif __name__ == __name__:\n  pass\n", FALSE);
  assert_guard ("if '__main__' == '__main__':\n  pass\nif __name__:\n  pass\n", FALSE);
  assert_guard ("if x: pass\nelif __name__ == '__main__': pass\n", FALSE);
  assert_guard ("while __name__ == '__main__': pass\nassert __name__ == '__main__'\n", FALSE);
  assert_guard ("if\nif (\n", FALSE);
  /* It cannot be told whether it is at the top. */
  assert_guard ("x = (\nif __name__ == '__main__':\n  main()\n", FALSE);
}

static void
test_mitogen_main (void)
{
  assert_guard ("import mitogen\n\n@mitogen.main()\ndef main(router):\n  pass\n", TRUE);
  assert_guard ("@Mitogen.main()\ndef main(router):\n  pass\n", TRUE);
  assert_guard ("@mitogen.main(log_level='DEBUG')\ndef main(router):\n  pass\n", TRUE);
  assert_guard ("@ mitogen . main \\\n(\n)\nasync def main(router):\n  pass\n", TRUE);
  assert_guard ("mitogen.main(x=1)(f)\n", TRUE);
  assert_guard ("def f():\n  pass\n\nx = (1, Mitogen.main()(f))\n", TRUE);
  assert_guard ("if x:\n  mitogen.main()(f)\n", TRUE);
  assert_guard ("@mitogen.main()\ndef main(router):\n  pass\n@@if __name__ == '__main__':\n  x()\n",
                TRUE);

  assert_guard ("@@if __name__ == '__main__':\n  mitogen.main()(f)\n", FALSE);
  assert_guard ("def f():\n  mitogen.main()(g)\n", FALSE);
  assert_guard ("def f(): mitogen.main()(g)\n", FALSE);
  assert_guard ("class A:\n  def f(self):\n    mitogen.main()(g)\n", FALSE);
  assert_guard ("# @mitogen.main()\n'@mitogen.main()'\n'''\n@mitogen.main()\n'''\n", FALSE);
  assert_guard (
      "mitogen.main\nmitogen.mainly()\nmymitogen.main()\nx.mitogen.main()\nmitogen(main())\n"
      "mitogen.x.main()\nmain()\nmitogen.main[0]()\n",
      FALSE);
  assert_guard ("mitogen", FALSE);
  assert_guard ("mitogen.", FALSE);
  assert_guard ("mitogen.main", FALSE);
  /* Each word may be the first of what is looked for. */
  assert_guard ("mitogen.mitogen.main()\n", FALSE);
  assert_guard ("mitogen\nmitogen.main()\n", TRUE);
}

/* ---- Much ---- */

/* Less where every step takes long. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MANY(count) ((count) / 10)
#else
#define MANY(count) (count)
#endif

static void
append_repeated (GString *source, const char *text, gsize count)
{
  gsize length = strlen (text);

  for (gsize i = 0; i < count; i++)
    g_string_append_len (source, text, (gssize) length);
}

/* Nothing hangs, and nothing takes time or memory out of proportion: each of these takes a fraction
 * of a second, where a quadratic reader would need hours. */
static void
assert_survives (GString *source)
{
  g_autoptr (GBytes) bytes = g_string_free_to_bytes (source);
  g_autoptr (GPtrArray) names = mitogen_scan_imports (bytes, "p.m", FALSE);
  gboolean uses_main;

  g_assert_cmpuint (names->len, <=, MITOGEN_MAX_IMPORTS);
  mitogen_find_main_guard (bytes, &uses_main);
}

static void
test_much (void)
{
  static const struct
  {
    const char *before, *text, *after;
    gsize count;
  } sources[] = {
    { "", "x;", "", 100000 },
    { "x = '", "import a; ", "'; import b\n", 1000000 },
    { "import a", ",a", "\n", 200000 },
    { "import a", ".a", "\n", 200000 },
    { "", "import a;", "", 100000 },
    { "", "import a.b.c.d.e.f.g\n", "", 30000 },
    { "from a import (", "b,", ")", 100000 },
    { "from a import (b", " ", ")", 1000000 },
    { "from ", ".", " import a\n", 200000 },
    { "from ", ". ", " import a\n", 200000 },
    { "import ", "a", "\n", 50000000 },
    { "from a import ", "a", "\n", 200000 },
    { "", "(", "", 100000 },
    { "", "[{(", "", 100000 },
    { "", ")", "", 100000 },
    { "'''", "import a\n", "", 100000 },
    { "f'", "{", "", 100000 },
    { "", "f'{", "", 100000 },
    { "", "lambda:", "0", 100000 },
    { "", "if x: ", "", 100000 },
    { "", "def f(): ", "", 100000 },
    { "", "async ", "", 100000 },
    { "", "\\\n", "import a", 100000 },
    { "", "\n", "import a", 200000 },
    { "", "\f", "import a", 100000 },
    { "", "@mitogen.main", "", 100000 },
    { "", "if __name__ == (", "", 100000 },
    { "if ", "(", "__name__ == '__main__':\n", 100000 },
    { "", "if __name__ == '__main__' or x: pass\n", "", 100000 },
    { "# coding: latin-1\n", "import \xe4\n", "", 30000 },
    { "# coding: shift_jis\n", "\x83\x5c\n", "", 100000 },
    { "import \xcc\x88", "\xcc\x88", "", 100000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    {
      GString *source = g_string_new (sources[i].before);
      gint64 started = g_get_monotonic_time ();

      append_repeated (source, sources[i].text, MANY (sources[i].count));
      g_string_append (source, sources[i].after);
      assert_survives (source);
      say (sources[i].text);
      g_test_message ("%.2f s", (double) (g_get_monotonic_time () - started) / G_USEC_PER_SEC);
    }
}

static void
test_many_names (void)
{
  GString *plain = g_string_new (NULL);
  GString *dotted = g_string_new (NULL);
  g_autofree char *prefix = g_strnfill (900, 'x');

  for (guint i = 0; i < 450; i++)
    prefix[2 * i + 1] = '.';
  prefix[899] = 'x';

  for (guint i = 0; i < MANY (1000000); i++)
    g_string_append_printf (plain, "import m%u\n", i);
  assert_survives (plain);

  /* Each of the same 450 packages. */
  for (guint i = 0; i < MANY (20000); i++)
    g_string_append_printf (dotted, "import %s%u\n", prefix, i);
  assert_survives (dotted);
}

static void
test_deep (void)
{
  GString *blocks = g_string_new (NULL);
  GString *functions = g_string_new (NULL);

  for (gsize i = 0; i < 5000; i++)
    {
      append_repeated (blocks, " ", i);
      g_string_append (blocks, "if x:\n");
      append_repeated (functions, " ", i);
      g_string_append (functions, "def f():\n");
    }
  append_repeated (blocks, " ", 5000);
  g_string_append (blocks, "import a\n");
  assert_survives (blocks);
  assert_survives (functions);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/import-scanner/import", test_import);
  g_test_add_func ("/import-scanner/from", test_from);
  g_test_add_func ("/import-scanner/relative", test_relative);
  g_test_add_func ("/import-scanner/implicit", test_implicit);
  g_test_add_func ("/import-scanner/left-out", test_left_out);
  g_test_add_func ("/import-scanner/blocks", test_blocks);
  g_test_add_func ("/import-scanner/functions", test_functions);
  g_test_add_func ("/import-scanner/strings", test_strings);
  g_test_add_func ("/import-scanner/errors", test_errors);
  g_test_add_func ("/import-scanner/text", test_text);
  g_test_add_func ("/import-scanner/nul", test_nul);
  g_test_add_func ("/import-scanner/limits", test_limits);
  g_test_add_func ("/main-guard/forms", test_guard);
  g_test_add_func ("/main-guard/sources", test_guard_source);
  g_test_add_func ("/main-guard/none", test_no_guard);
  g_test_add_func ("/main-guard/mitogen-main", test_mitogen_main);
  g_test_add_func ("/import-scanner/much", test_much);
  g_test_add_func ("/import-scanner/many-names", test_many_names);
  g_test_add_func ("/import-scanner/deep", test_deep);

  return g_test_run ();
}
