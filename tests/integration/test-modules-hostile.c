/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Modules that are not as they should be, and contexts that ask for what they should not: clear
 * errors, nothing that is not in the search path, and everybody else goes on. */

#include "modules-util.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LARGE (50 * 1024 * 1024)

/* ---- names ---- */

static void
test_names_raw (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };

  test_tree_init (&tree);
  test_add_tree (fixture, &tree);
  test_ask_for_bad_names (fixture->context);
  test_assert_call (fixture->context, "fine:get", "int64 1");
  test_assert_call (fixture->context, "inside:get", "int64 2");
}

static void
test_names_imported (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  g_autofree char *long_name = g_strnfill (10000, 'x');
  g_autofree char *said = NULL;

  test_tree_init (&tree);
  test_add_tree (fixture, &tree);
  /* 2.7 itself takes a dot at the end for nothing. */
  for (guint i = 0; test_bad_names[i] != NULL; i++)
    if (!g_str_has_suffix (test_bad_names[i], "."))
      test_assert_no_import (fixture->context, test_bad_names[i]);
  test_assert_no_import (fixture->context, long_name);
  said = test_try_import (fixture->context, "inside");
  test_assert_contains (said, "imported from ");
  test_assert_call (fixture->context, "pkg.within:get", "int64 2");
}

/* The same by a call, so that it is the program that looks, ahead. */
static void
test_names_called (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  static const char *const names[] = { "escape", "escape2", "outer.secret", "outer2.secret", "zero",
                                       "fifo",   "folder",  "pkg.cycle",    "pkg.up.beside" };

  test_tree_init (&tree);
  test_add_tree (fixture, &tree);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *function = g_strconcat (names[i], ":get", NULL);

      test_assert_fails (fixture->context, function, "Error");
    }
  test_assert_call (fixture->context, "fine:get", "int64 1");
}

/* ---- data of packages ---- */

static void
assert_no_resource (MitogenContext *context, const char *package, const char *name)
{
  g_autoptr (GVariant) value =
      test_call (context, "it_asker:try_resource", g_variant_new ("(ss)", package, name));
  g_autofree char *text = g_variant_print (value, FALSE);

  g_test_message ("%s of %s: %.200s", name, package, text);
  g_assert_null (strstr (text, SECRET));
  g_assert_true (g_str_equal (text, "nothing") || strstr (text, "refused: ") != NULL);
}

static void
test_resources (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = {
    "../beside.py",
    "../../beside.py",
    "/etc/passwd",
    "up/beside.py",
    "./../../outside/secret.py",
    "secret.txt",
    "//etc/passwd",
    "..",
    "../",
    "../../",
    "up/",
    "/etc/",
    "data.txt/",
    "data.txt/../secret.txt",
    "none",
    "none/",
    "within.py/x",
    ".",
    "./",
  };
  static const char *const packages[] = { "..", "", "../outside", "outer", "nowhere", "pkg/up" };
  g_auto (TestTree) tree = { 0 };
  g_autofree char *long_name = g_strnfill (10000, 'x');
  g_autoptr (GVariant) found = NULL;

  test_tree_init (&tree);
  test_add_tree (fixture, &tree);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    assert_no_resource (fixture->context, "pkg", names[i]);
  assert_no_resource (fixture->context, "pkg", long_name);
  for (guint i = 0; i < G_N_ELEMENTS (packages); i++)
    assert_no_resource (fixture->context, packages[i], "secret.py");
  found = test_call (fixture->context, "it_asker:try_resource",
                     g_variant_new ("(ss)", "pkg", "data.txt"));
  test_assert_value (found, "[byte 0x64, 0x61, 0x74, 0x61]");
}

/* Who may not have a package may not have its files. */
static void
test_resource_policy (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  MitogenModuleResponder *responder = test_responder (fixture);
  g_autoptr (GVariant) found = NULL;

  test_tree_init (&tree);
  test_tree_write (&tree, "pkg/inner/__init__.py", "");
  test_tree_write (&tree, "pkg/inner/data.txt", SECRET);
  test_tree_write (&tree, "pkg/inner/deep/data.txt", SECRET);
  test_tree_write (&tree, "pkg/hidden.py", SECRET);
  test_tree_write (&tree, "pkg/__pycache__/hidden.cpython-311.pyc", SECRET);
  test_tree_write (&tree, "other/__init__.py", "");
  test_tree_write (&tree, "other/data.txt", SECRET);
  test_add_tree (fixture, &tree);
  g_assert_true (mitogen_module_responder_whitelist (responder, "pkg", NULL));
  g_assert_true (mitogen_module_responder_blacklist (responder, "pkg.inner", NULL));
  g_assert_true (mitogen_module_responder_blacklist (responder, "pkg.hidden", NULL));
  assert_no_resource (fixture->context, "other", "data.txt");
  assert_no_resource (fixture->context, "other", "");
  assert_no_resource (fixture->context, "pkg.inner", "data.txt");
  assert_no_resource (fixture->context, "pkg.inner", "");
  assert_no_resource (fixture->context, "pkg", "inner/data.txt");
  assert_no_resource (fixture->context, "pkg", "inner/deep/data.txt");
  assert_no_resource (fixture->context, "pkg", "inner/");
  assert_no_resource (fixture->context, "pkg", "inner/__init__.py");
  assert_no_resource (fixture->context, "pkg", "hidden.py");
  assert_no_resource (fixture->context, "pkg", "__pycache__/hidden.cpython-311.pyc");
  found = test_call (fixture->context, "it_asker:try_resource",
                     g_variant_new ("(ss)", "pkg", "data.txt"));
  test_assert_value (found, "[byte 0x64, 0x61, 0x74, 0x61]");
}

/* ---- payloads that are none ---- */

static GVariant *
make_payloads (void)
{
  static const char *const payloads[] = {
    "",
    "x",
    "\x80\x02N.",
    "\x80\x02].",
    "\x80\x02).",
    "\x80\x02X\x01\0\0\0a.",
    "\x80\x02K\x01K\x02\x86.",
    "\x80\x02NN\x86.",
    "\x80\x02X\xff\xff\xff\xff",
    "cos\nsystem\n.",
  };
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aay"));
  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
    g_variant_builder_add_value (&builder, test_bytes (payloads[i]));
  return g_variant_builder_end (&builder);
}

static void
send_raw (Fixture *fixture, guint handle, gboolean with_reply)
{
  g_autoptr (GVariant) said =
      test_call_typed (fixture->context, "it_asker:send_raw",
                       g_variant_new ("(u@aayb)", handle, make_payloads (), with_reply), "as");

  for (gsize i = 0; i < g_variant_n_children (said); i++)
    {
      const char *text;

      g_variant_get_child (said, i, "&s", &text);
      g_test_message ("%u: %s", handle, text);
      g_assert_null (strstr (text, "TimeoutError"));
    }
}

static void
test_payloads (Fixture *fixture, gconstpointer data)
{
  static const guint handles[] = { 100, 107, 108, 112, 113 };

  for (guint i = 0; i < G_N_ELEMENTS (handles); i++)
    {
      send_raw (fixture, handles[i], FALSE);
      send_raw (fixture, handles[i], TRUE);
    }
  test_assert_alive (fixture->context);
}

/* One context has nothing to say about what another one imports. */
static void
test_poison (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) victim = test_local (fixture->router);
  g_autoptr (GVariant) sent = NULL;

  sent = test_call (fixture->context, "it_asker:poison",
                    g_variant_new ("(us)", mitogen_context_get_id (victim), "poison"));
  /* Whatever was to come of it has come by then. */
  test_assert_alive (fixture->context);
  test_assert_alive (victim);
  test_assert_no_import (victim, "poison");
  test_assert_alive (victim);
}

/* ---- sources ---- */

static void
test_encodings (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };

  test_tree_init (&tree);
  test_tree_write (&tree, "latin.py",
                   "# -*- coding: latin-1 -*-\nX = u'\xe4'\n\ndef get():\n    return X\n");
  test_tree_write (
      &tree, "sjis.py",
      "#!/usr/bin/python\n# coding: shift_jis\nX = u'\x83\x5c'\n\ndef get():\n    return X\n");
  test_tree_write (&tree, "bom.py", "\xef\xbb\xbfX = u'\xc3\xa4'\n\ndef get():\n    return X\n");
  test_tree_write (&tree, "crlf.py",
                   "# coding: utf-8\r\nX = u'\xc3\xa4'\r\n\r\ndef get():\r\n    return X\r\n\r\n"
                   "def fail():\r\n    raise ValueError('crlf')\r\n");
  test_add_tree (fixture, &tree);
  for (guint minify = 0; minify < 2; minify++)
    {
      g_autoptr (MitogenContext) context = NULL;
      g_autoptr (GError) error = NULL;

      mitogen_module_responder_set_minify (test_responder (fixture), minify == 0
                                                                         ? MITOGEN_MINIFY_NEVER
                                                                         : MITOGEN_MINIFY_ALWAYS);
      context = test_connect_via (fixture->router, NULL, data);
      test_assert_call (context, "latin:get", "'ä'");
      test_assert_call (context, "sjis:get", "'ソ'");
      test_assert_call (context, "bom:get", "'ä'");
      test_assert_call (context, "crlf:get", "'ä'");
      error = test_call_fails (context, "crlf:fail", NULL);
      test_assert_contains (mitogen_error_get_remote_traceback (error), "crlf.py\", line 8");
    }
}

static void
test_broken (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };

  test_tree_init (&tree);
  test_tree_write (&tree, "broken.py", "import fine\n\ndef get(:\n    return 1\n");
  test_tree_write (&tree, "uses_broken.py", "import broken\n\ndef get():\n    return 1\n");
  test_tree_write (&tree, "binary.py", "X = '\xff\xfe'\n\ndef get():\n    return 1\n");
  test_tree_write (&tree, "unknown.py", "# coding: no-such-thing\nX = 1\n");
  test_tree_write (&tree, "unfinished.py", "X = '''\nimport fine\n");
  test_tree_write (&tree, "raises.py", "import fine\n1 / 0\n");
  test_tree_write (&tree, "leaves.py", "raise SystemExit(3)\n");
  test_tree_write (&tree, "empty.py", "");
  test_write_bytes (tree.path, "nul.py", "X = 1\n\0\n", 8);
  test_add_tree (fixture, &tree);

  test_assert_fails (fixture->context, "broken:get", "SyntaxError");
  test_assert_fails (fixture->context, "broken:get", "broken.py");
  test_assert_fails (fixture->context, "uses_broken:get", "broken.py");
  /* 2.7 takes any bytes in what it compiles. */
  if (strstr (data, "/2.7.") == NULL)
    test_assert_fails (fixture->context, "binary:get", "SyntaxError");
  test_assert_fails (fixture->context, "unknown:get", "no-such-thing");
  test_assert_fails (fixture->context, "unfinished:get", "SyntaxError");
  test_assert_fails (fixture->context, "nul:get", "null byte");
  test_assert_fails (fixture->context, "raises:get", "ZeroDivisionError");
  test_assert_fails (fixture->context, "leaves:get", "SystemExit");
  test_assert_fails (fixture->context, "empty:get", "get");
  /* As often as one tries. */
  test_assert_fails (fixture->context, "broken:get", "SyntaxError");
  test_assert_call (fixture->context, "fine:get", "int64 1");

  mitogen_module_responder_set_minify (test_responder (fixture), MITOGEN_MINIFY_ALWAYS);
  {
    g_autoptr (MitogenContext) other = test_connect_via (fixture->router, NULL, data);

    test_assert_fails (other, "broken:get", "SyntaxError");
    test_assert_fails (other, "unfinished:get", "SyntaxError");
    test_assert_fails (other, "nul:get", "null byte");
    test_assert_call (other, "fine:get", "int64 1");
  }
}

static void
test_cycles (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };

  test_tree_init (&tree);
  test_tree_write (&tree, "one.py", "import two\nX = 1\n\ndef get():\n    return two.get()\n");
  test_tree_write (&tree, "two.py", "import three\n\ndef get():\n    return three.get()\n");
  test_tree_write (&tree, "three.py", "import one\n\ndef get():\n    return one.X\n");
  test_tree_write (&tree, "itself.py",
                   "import itself\n\ndef get():\n    return itself.get is not None\n");
  test_tree_write (&tree, "ring/__init__.py",
                   "from . import left\nfrom ring import right\nX = 3\n");
  test_tree_write (&tree, "ring/left.py", "import ring.right\n\ndef get():\n    return ring.X\n");
  test_tree_write (&tree, "ring/right.py", "import ring.left\nimport ring\n");
  test_tree_write (&tree, "from_one.py", "from from_two import X\nY = 1\n");
  test_tree_write (&tree, "from_two.py", "from from_one import Y\nX = 1\n");
  test_add_tree (fixture, &tree);

  test_assert_call (fixture->context, "one:get", "int64 1");
  test_assert_call (fixture->context, "itself:get", "true");
  test_assert_call (fixture->context, "ring.left:get", "int64 3");
  /* No Python can do that. */
  test_assert_fails (fixture->context, "from_one:get", "ImportError");
  test_assert_call (fixture->context, "fine:get", "int64 1");
}

/* Each imports the next one: deeper than anything that is nested should be. */
static void
test_chain (Fixture *fixture, gconstpointer data)
{
  static const guint length = 3000;
  g_auto (TestTree) tree = { 0 };

  test_tree_init (&tree);
  for (guint i = 0; i < length; i++)
    {
      g_autofree char *name = g_strdup_printf ("link%u.py", i);
      g_autofree char *source =
          g_strdup_printf ("import link%u\n\ndef get():\n    return 1\n", i + 1);

      test_tree_write (&tree, name, source);
    }
  test_tree_write (&tree, "link3000.py", "def get():\n    return 2\n");
  test_add_tree (fixture, &tree);
  /* Python itself gives up at about 1000 imports inside of each other. */
  test_assert_fails (fixture->context, "link0:get", "Error");
  test_assert_call (fixture->context, "link2950:get", "int64 1");
  test_assert_call (fixture->context, "fine:get", "int64 1");
}

static void
test_large (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  g_autoptr (GString) source = g_string_sized_new (LARGE + 100);
  g_autoptr (MitogenContext) later = NULL;

  test_tree_init (&tree);
  g_string_append (source, "def get():\n    return 7\n\n'''");
  while (source->len < LARGE)
    g_string_append (source, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n");
  g_string_append (source, "'''\n");
  test_tree_write (&tree, "large.py", source->str);
  test_tree_write (&tree, "uses_large.py",
                   "try:\n    import large\nexcept ImportError:\n    large = None\n\n"
                   "def get():\n    return large and large.get()\n");
  test_add_tree (fixture, &tree);
  /* Refused, with the limit and its name. */
  test_assert_fails (fixture->context, "large:get", "max-source-size");
  test_assert_call (fixture->context, "uses_large:get", "@mv nothing");
  test_assert_call (fixture->context, "fine:get", "int64 1");

  mitogen_module_responder_set_max_source_size (test_responder (fixture), 64 * 1024 * 1024);
  later = test_connect_via (fixture->router, NULL, data);
  test_assert_call (later, "uses_large:get", "int64 7");
}

/* ---- files that come and go ---- */

#define N_SHAKEN 200

typedef struct
{
  const TestTree *tree;
  gint number; /* atomic; of the module that comes and goes, or -1 */
} Shaker;

static void
shake (Shaker *shaker, const char *name)
{
  g_autofree char *here = g_build_filename (shaker->tree->path, name, NULL);
  g_autofree char *away = g_build_filename (shaker->tree->root, "away.py", NULL);

  g_assert_cmpint (g_rename (here, away), ==, 0);
  g_assert_cmpint (truncate (away, 0), ==, 0);
  g_file_set_contents (away, "def get():\n    return 1\n", -1, NULL);
  g_assert_cmpint (g_rename (away, here), ==, 0);
}

static gpointer
run_shaker (gpointer data)
{
  Shaker *shaker = data;
  gint number;

  while ((number = g_atomic_int_get (&shaker->number)) >= 0)
    {
      g_autofree char *name = g_strdup_printf ("shaken%d.py", number);

      shake (shaker, name);
    }
  return NULL;
}

/* There or not, but nothing in between, each time. */
static void
test_vanishing (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  Shaker shaker = { &tree, 0 };
  g_autoptr (GThread) thread = NULL;
  guint found = 0;

  test_tree_init (&tree);
  for (guint i = 0; i < N_SHAKEN; i++)
    {
      g_autofree char *name = g_strdup_printf ("shaken%u.py", i);
      g_autofree char *user = g_strdup_printf ("user%u.py", i);
      g_autofree char *source =
          g_strdup_printf ("import shaken%u\n\ndef get():\n    return shaken%u.get()\n", i, i);

      test_tree_write (&tree, name, "def get():\n    return 1\n");
      test_tree_write (&tree, user, source);
    }
  test_add_tree (fixture, &tree);
  thread = g_thread_new ("shaker", run_shaker, &shaker);
  for (guint i = 0; i < N_SHAKEN; i++)
    {
      g_autofree char *function = g_strdup_printf ("user%u:get", i);
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value = NULL;

      g_atomic_int_set (&shaker.number, (gint) i);
      value = mitogen_context_call (fixture->context, function, NULL, NULL, NULL, TEST_PATIENCE_MS,
                                    NULL, &error);
      if (value != NULL)
        found++;
      else
        {
          g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
          test_assert_contains (error->message, "shaken");
        }
    }
  g_atomic_int_set (&shaker.number, -1);
  g_thread_join (g_steal_pointer (&thread));
  g_test_message ("found %u times", found);
  test_assert_call (fixture->context, "fine:get", "int64 1");
}

/* ---- what the program finds ---- */

static char *
find_badly (MitogenModuleResponder *responder,
            const char *name,
            gboolean *is_package,
            gpointer data)
{
  gint *calls = data;

  g_atomic_int_inc (calls);
  g_assert_true (g_utf8_validate (name, -1, NULL));
  g_assert_null (strpbrk (name, "/\\ \n$%~"));
  g_assert_null (strstr (name, ".."));
  g_assert_false (g_str_equal (name, "fine"));
  if (g_str_equal (name, "huge"))
    return g_strnfill (20 * 1024 * 1024, '#');
  if (g_str_equal (name, "binary"))
    return g_strdup ("X = '\xff'\n");
  if (g_str_equal (name, "broken"))
    return g_strdup ("def get(:\n");
  if (g_str_equal (name, "empty"))
    return g_strdup ("");
  if (g_str_equal (name, "escape"))
    *is_package = TRUE; /* and nothing */
  return NULL;
}

/* It is asked for names only, and what it says need not be right. */
static void
test_find_func (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  g_autoptr (MitogenContext) bystander = test_local (fixture->router);
  g_autoptr (GVariant) value = NULL;
  gint calls = 0;
  gsize before;

  test_tree_init (&tree);
  test_add_tree (fixture, &tree);
  mitogen_module_responder_set_find_func (test_responder (fixture), find_badly, &calls, NULL);
  test_ask_for_bad_names (fixture->context);
  g_assert_cmpint (g_atomic_int_get (&calls), >, 0);
  test_assert_fails (fixture->context, "huge:get", "no attribute");
  test_assert_fails (fixture->context, "binary:get", "Error");
  test_assert_fails (fixture->context, "broken:get", "SyntaxError");
  test_assert_fails (fixture->context, "empty:get", "get");
  test_assert_fails (fixture->context, "escape.below:get", "escape");
  test_assert_call (fixture->context, "fine:get", "int64 1");

  before = test_resident_size ();
  value = test_call_beside (fixture->context, bystander, "it_asker:flood_names",
                            g_variant_new ("(uu)", 0, TEST_MANY (50000)));
  test_assert_grown_less (before, 32 * 1024);
  test_assert_call (fixture->context, "inside:get", "int64 2");
  mitogen_module_responder_set_find_func (test_responder (fixture), NULL, NULL, NULL);
}

/* ---- floods ---- */

/* Each is answered, though the one before was the same. */
static void
test_often (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "nowhere", "..", "fine", "escape" };
  static const guint count = TEST_MANY (20000);
  g_auto (TestTree) tree = { 0 };
  g_autoptr (MitogenContext) bystander = test_local (fixture->router);

  test_tree_init (&tree);
  test_add_tree (fixture, &tree);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GVariant) value =
          test_call_beside (fixture->context, bystander, "it_asker:ask_often",
                            g_variant_new ("(suu)", names[i], count, TEST_MANY (5000)));

      g_assert_cmpint (g_variant_get_int64 (value), ==, count);
    }
  test_assert_call (fixture->context, "fine:get", "int64 1");
}

/* What has been asked and not been answered is limited, and so is what waits to be read. */
static void
test_flood (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  g_autoptr (MitogenContext) bystander = test_local (fixture->router);
  g_autoptr (GVariant) value = NULL;
  gsize before;

  test_tree_init (&tree);
  test_add_tree (fixture, &tree);
  /* What is held for a context at all is held by then. */
  value = test_call_beside (fixture->context, bystander, "it_asker:ask_often",
                            g_variant_new ("(suu)", "nowhere", 1000, 500));
  before = test_resident_size ();
  for (guint i = 0; i < 10; i++)
    {
      g_clear_pointer (&value, g_variant_unref);
      value = test_call_beside (fixture->context, bystander, "it_asker:flood",
                                g_variant_new ("(su)", "nowhere", TEST_MANY (100000)));
    }
  test_assert_grown_less (before, 32 * 1024);
  test_assert_call (fixture->context, "fine:get", "int64 1");
  test_assert_no_import (fixture->context, "nowhere");
}

/* ---- ends ---- */

static GAsyncResult *
end_amid (MitogenContext *context, const char *function, GVariant *args, guint n_turns)
{
  GAsyncResult *result = NULL;
  gint pid = test_context_pid (context);

  mitogen_context_call_async (context, function, args, NULL, NULL, TEST_PATIENCE_MS, NULL,
                              test_keep_result, &result);
  for (guint i = 0; i < n_turns; i++)
    test_iterate (NULL, test_deadline ());
  kill (pid, SIGKILL);
  return test_wait_result (&result);
}

static void
assert_ends_amid (Fixture *fixture, const char *function, GVariant *args, guint n_turns)
{
  g_autoptr (MitogenContext) context = test_local (fixture->router);
  g_autoptr (GAsyncResult) result = end_amid (context, function, args, n_turns);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = mitogen_context_call_finish (context, result, &error);

  g_assert_null (value);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
}

/* A string that does not become small by compression, and takes a while to be read. */
static void
write_heavy (const TestTree *tree)
{
  g_autoptr (GString) source = g_string_new ("'''");

  while (source->len < 8 * 1024 * 1024)
    g_string_append_c (source, (char) g_random_int_range ('A', 'Z' + 1));
  g_string_append (source, "'''\n");
  test_tree_write (tree, "heavy.py", source->str);
}

/* Whenever a context ends while it is sent what it needs, its caller is told, and nobody else feels
 * it. */
static void
test_killed (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };

  test_tree_init (&tree);
  write_heavy (&tree);
  test_tree_write (&tree, "wants.py",
                   "import fine, heavy, threading\n\ndef get():\n    threading.Event().wait(50)\n");
  test_add_tree (fixture, &tree);
  for (guint i = 0; i < 6; i++)
    assert_ends_amid (fixture, "wants:get", NULL, 5 * i);
  for (guint i = 0; i < 4; i++)
    assert_ends_amid (fixture, "it_asker:flood", g_variant_new ("(su)", "nowhere", 1000000),
                      20 * i);
  test_assert_call (fixture->context, "fine:get", "int64 1");
}

/* The router goes while everybody asks. */
static void
test_shutdown (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  GAsyncResult *results[3] = { NULL };
  MitogenContext *contexts[3];

  test_tree_init (&tree);
  test_add_tree (fixture, &tree);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      contexts[i] = test_local (fixture->router);
      mitogen_context_call_async (contexts[i], "it_asker:flood",
                                  g_variant_new ("(su)", i == 1 ? "fine" : "nowhere", 1000000),
                                  NULL, NULL, TEST_PATIENCE_MS, NULL, test_keep_result,
                                  &results[i]);
    }
  test_assert_call (fixture->context, "fine:get", "int64 1");
  mitogen_router_shutdown (fixture->router);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_object_unref (test_wait_result (&results[i]));
      g_object_unref (contexts[i]);
    }
}

/* ---- scripts ---- */

static void
test_scripts (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  MitogenModuleResponder *responder = test_responder (fixture);
  static const char *const bad[] = { "none.py", "looks.py", "inner.py", "nothing.py", "folder.py" };
  g_autofree char *both = NULL;

  test_tree_init (&tree);
  test_tree_write (&tree, "none.py", "def get():\n    return 1\n\n\nget()\n");
  test_tree_write (&tree, "looks.py",
                   "'''\nif __name__ == '__main__':\n'''\n# @mitogen.main()\nX = 1\n");
  test_tree_write (&tree, "inner.py",
                   "def f():\n    if __name__ == '__main__':\n        mitogen.main()\n");
  test_tree_write (&tree, "both.py",
                   "import mitogen\n\n@mitogen.main()\ndef main(router):\n    1 / 0\n\n\n"
                   "def get():\n    return 3\n\n\nif __name__ == '__main__':\n    1 / 0\n");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *path = g_build_filename (tree.path, bad[i], NULL);
      g_autoptr (GError) error = NULL;

      g_assert_false (mitogen_module_responder_set_main (responder, path, &error));
      g_test_message ("%s: %s", bad[i], error->message);
      test_assert_contains (error->message, bad[i]);
    }
  /* Cut at the guard, whatever else it has. */
  both = g_build_filename (tree.path, "both.py", NULL);
  g_assert_true (mitogen_module_responder_set_main (responder, both, NULL));
  test_assert_call (fixture->context, "__main__:get", "int64 3");
}

/* ---- which ---- */

static void
add_for_pythons (const char *name, FixtureFunc func)
{
  static const char *const versions[] = { "/2.7.", "/3.6.", "/3.13.", "/usr/bin/" };
  const char *const *pythons = test_pythons ();

  for (; *pythons != NULL; pythons++)
    for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
      if (strstr (*pythons, versions[i]) != NULL)
        {
          g_autofree char *path = g_strdup_printf ("/modules-hostile/%s/%u", name, i);

          test_add_local_python (path, *pythons, func);
        }
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);

  add_for_pythons ("names-raw", test_names_raw);
  add_for_pythons ("names-imported", test_names_imported);
  test_add_local ("/modules-hostile/names-called", test_names_called);
  test_add_local ("/modules-hostile/resources", test_resources);
  test_add_local ("/modules-hostile/resource-policy", test_resource_policy);
  test_add_local ("/modules-hostile/payloads", test_payloads);
  test_add_local ("/modules-hostile/poison", test_poison);
  add_for_pythons ("encodings", test_encodings);
  add_for_pythons ("broken", test_broken);
  add_for_pythons ("cycles", test_cycles);
  test_add_local ("/modules-hostile/chain", test_chain);
  test_add_local_python ("/modules-hostile/large", TEST_PYTHON, test_large);
  test_add_local ("/modules-hostile/vanishing", test_vanishing);
  test_add_local ("/modules-hostile/find-func", test_find_func);
  test_add_local ("/modules-hostile/often", test_often);
  test_add_local ("/modules-hostile/flood", test_flood);
  test_add_local ("/modules-hostile/killed", test_killed);
  test_add_local ("/modules-hostile/shutdown", test_shutdown);
  test_add_local ("/modules-hostile/scripts", test_scripts);

  return g_test_run ();
}
