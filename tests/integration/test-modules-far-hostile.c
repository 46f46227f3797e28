/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts further away that ask for what they should not: what is between them and the program
 * stands it, too. */

#include "modules-util.h"

#include <signal.h>
#include <string.h>

/* In kilobytes. */
static gsize
size_of_process (gint pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", pid);
  g_autofree char *text = NULL;
  const char *line;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  line = strstr (text, "VmRSS:");
  g_assert_nonnull (line);
  return g_ascii_strtoull (line + strlen ("VmRSS:"), NULL, 10);
}

/* @data is the interpreter of both. */
static MitogenContext *
connect_far (Fixture *fixture, gconstpointer data)
{
  return test_connect_via (fixture->router, fixture->context, data != NULL ? data : TEST_PYTHON);
}

static void
test_names (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  g_autoptr (MitogenContext) far = connect_far (fixture, data);

  test_tree_init (&tree);
  test_add_tree (fixture, &tree);
  test_ask_for_bad_names (far);
  test_assert_call (far, "fine:get", "int64 1");
  for (guint i = 0; test_bad_names[i] != NULL; i++)
    if (!g_str_has_suffix (test_bad_names[i], "."))
      test_assert_no_import (far, test_bad_names[i]);
  test_assert_call (far, "inside:get", "int64 2");
  test_assert_call (fixture->context, "fine:get", "int64 1");
}

static void
test_sources (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  g_autoptr (MitogenContext) far = connect_far (fixture, data);

  test_tree_init (&tree);
  test_tree_write (&tree, "broken.py", "import fine\n\ndef get(:\n    return 1\n");
  test_tree_write (&tree, "one.py", "import two\nX = 1\n\ndef get():\n    return two.get()\n");
  test_tree_write (&tree, "two.py", "import one\n\ndef get():\n    return one.X\n");
  test_tree_write (&tree, "sjis.py",
                   "# coding: shift_jis\nX = u'\x83\x5c'\n\ndef get():\n    return X\n");
  test_tree_write (&tree, "wants.py", "import nowhere\n");
  test_add_tree (fixture, &tree);
  test_assert_fails (far, "broken:get", "broken.py");
  test_assert_call (far, "one:get", "int64 1");
  test_assert_call (far, "sjis:get", "'ソ'");
  test_assert_fails (far, "wants:get", "nowhere");
  test_assert_fails (far, "nowhere:get", "nowhere");
  test_assert_fails (far, "escape:get", "escape");
  test_assert_call (far, "fine:get", "int64 1");
}

/* Nobody but the parent has a say in what a context, or what is below it, imports. */
static void
test_poison (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  g_autoptr (MitogenContext) far = connect_far (fixture, data);
  g_autoptr (MitogenContext) victim = connect_far (fixture, data);
  guint32 ids[] = { mitogen_context_get_id (fixture->context), mitogen_context_get_id (victim) };

  test_tree_init (&tree);
  test_add_tree (fixture, &tree);
  /* So that whatever takes what comes is there. */
  test_assert_no_import (victim, "nowhere");
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autoptr (GVariant) sent =
          test_call (far, "it_asker:poison", g_variant_new ("(us)", ids[i], "poison"));

      g_assert_nonnull (sent);
    }
  test_assert_alive (far);
  test_assert_alive (victim);
  test_assert_no_import (victim, "poison");
  test_assert_no_import (fixture->context, "poison");
  test_assert_call (victim, "fine:get", "int64 1");
}

/* Neither the program nor what is between grows, and others below it are answered. */
static void
test_flood (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  g_autoptr (MitogenContext) far = connect_far (fixture, data);
  g_autoptr (MitogenContext) bystander = connect_far (fixture, data);
  gint middle = test_context_pid (fixture->context);
  gsize before, middle_before;

  test_tree_init (&tree);
  test_add_tree (fixture, &tree);
  test_assert_no_import (bystander, "nowhere");
  test_assert_no_import (far, "nowhere");
  before = test_resident_size ();
  middle_before = size_of_process (middle);
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (GVariant) value =
          test_call_beside (far, bystander, "it_asker:flood",
                            g_variant_new ("(su)", i == 3 ? "fine" : "nowhere", TEST_MANY (20000)));

      g_assert_nonnull (value);
    }
  test_assert_call (far, "fine:get", "int64 1");
  test_assert_call (bystander, "fine:get", "int64 1");
  test_assert_grown_less (before, 32 * 1024);
  g_test_message ("%zu KB, then %zu KB", middle_before, size_of_process (middle));
  g_assert_cmpuint (size_of_process (middle), <, middle_before + 32 * 1024);
}

/* Each name is another one. */
static void
test_many_names (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };
  g_autoptr (MitogenContext) far = connect_far (fixture, data);
  g_autoptr (MitogenContext) bystander = connect_far (fixture, data);
  gint middle = test_context_pid (fixture->context);
  gsize before, middle_before;

  test_tree_init (&tree);
  test_add_tree (fixture, &tree);
  test_assert_no_import (far, "nowhere");
  before = test_resident_size ();
  middle_before = size_of_process (middle);
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (GVariant) value =
          test_call_beside (far, bystander, "it_asker:flood_names",
                            g_variant_new ("(uu)", 20000 * i, TEST_MANY (20000)));

      g_assert_nonnull (value);
    }
  test_assert_call (bystander, "fine:get", "int64 1");
  test_assert_grown_less (before, 32 * 1024);
  g_test_message ("%zu KB, then %zu KB", middle_before, size_of_process (middle));
  g_assert_cmpuint (size_of_process (middle), <, middle_before + 64 * 1024);
}

/* What is between ends while those below wait for what they need. */
static void
test_killed (Fixture *fixture, gconstpointer data)
{
  g_auto (TestTree) tree = { 0 };

  test_tree_init (&tree);
  test_add_tree (fixture, &tree);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (MitogenContext) middle = test_local (fixture->router);
      g_autoptr (MitogenContext) far = test_connect_via (fixture->router, middle, TEST_PYTHON);
      g_autoptr (GAsyncResult) owned = NULL;
      g_autoptr (GVariant) value = NULL;
      g_autoptr (GError) error = NULL;
      GAsyncResult *result = NULL;
      gint pid = test_context_pid (middle);

      mitogen_context_call_async (far, "it_asker:flood", g_variant_new ("(su)", "nowhere", 1000000),
                                  NULL, NULL, TEST_PATIENCE_MS, NULL, test_keep_result, &result);
      for (guint turn = 0; turn < 10 * i; turn++)
        test_iterate (NULL, test_deadline ());
      kill (pid, SIGKILL);
      owned = test_wait_result (&result);
      value = mitogen_context_call_finish (far, owned, &error);
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
    }
  test_assert_call (fixture->context, "fine:get", "int64 1");
}

int
main (int argc, char *argv[])
{
  static const char *const versions[] = { "/2.7.", "/3.6.", "/3.13." };
  const char *const *pythons;

  test_init (&argc, &argv);

  for (pythons = test_pythons (); *pythons != NULL; pythons++)
    for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
      if (strstr (*pythons, versions[i]) != NULL)
        {
          g_autofree char *names = g_strdup_printf ("/modules-far-hostile/names/%u", i);
          g_autofree char *sources = g_strdup_printf ("/modules-far-hostile/sources/%u", i);

          test_add_local_python (names, *pythons, test_names);
          test_add_local_python (sources, *pythons, test_sources);
        }
  test_add_local ("/modules-far-hostile/poison", test_poison);
  test_add_local ("/modules-far-hostile/flood", test_flood);
  test_add_local ("/modules-far-hostile/many-names", test_many_names);
  test_add_local ("/modules-far-hostile/killed", test_killed);

  return g_test_run ();
}
