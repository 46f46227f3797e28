/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "modules-util.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

const char *const test_bad_names[] = {
  "..",
  ".",
  "...",
  "../beside",
  "../outside/secret",
  "/etc/passwd",
  "pkg/within",
  "pkg..within",
  ".pkg",
  "pkg.",
  "pkg.up.up",
  "pkg.up.beside",
  "outer",
  "outer.secret",
  "outer2",
  "outer2.secret",
  "escape",
  "escape2",
  "zero",
  "fifo",
  "folder",
  "pkg.cycle",
  "pkg.up",
  "fine ",
  " fine",
  "fine\n",
  "fine.py",
  "fine\\",
  "~root",
  "$HOME",
  "%s%n",
  "pkg.__init__.__init__",
  "resource:///org",
  "\xe2\x80\xae",
  "mitogen.nothing",
  NULL,
};

/* ---- a tree of files ---- */

void
test_write_bytes (const char *folder, const char *name, const char *data, gssize size)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_file_set_contents (path, data, size, &error);
  g_assert_no_error (error);
}

void
test_tree_write (const TestTree *tree, const char *name, const char *text)
{
  test_write_bytes (tree->path, name, text, -1);
}

static void
tree_link (const TestTree *tree, const char *name, const char *target)
{
  g_autofree char *path = g_build_filename (tree->path, name, NULL);

  g_assert_cmpint (symlink (target, path), ==, 0);
}

void
test_tree_init (TestTree *tree)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *outside = NULL;
  g_autofree char *file = NULL;
  g_autofree char *fifo = NULL;
  g_autofree char *folder = NULL;

  tree->root = g_dir_make_tmp ("mitogen-hostile-XXXXXX", &error);
  g_assert_no_error (error);
  tree->path = g_build_filename (tree->root, "path", NULL);
  outside = g_build_filename (tree->root, "outside", NULL);
  file = g_build_filename (outside, "secret.py", NULL);
  test_write_bytes (outside, "secret.py", "SECRET = '" SECRET "'\n", -1);
  test_write_bytes (outside, "__init__.py", "SECRET = '" SECRET "'\n", -1);
  test_write_bytes (tree->root, "beside.py", "SECRET = '" SECRET "'\n", -1);
  test_tree_write (tree, "fine.py", "def get():\n    return 1\n");
  test_tree_write (tree, "pkg/__init__.py", "");
  test_tree_write (tree, "pkg/data.txt", "data");
  test_tree_write (tree, "pkg/within.py", "def get():\n    return 2\n");

  tree_link (tree, "escape.py", file);
  tree_link (tree, "escape2.py", "../outside/secret.py");
  tree_link (tree, "outer", outside);
  tree_link (tree, "outer2", "../outside");
  tree_link (tree, "pkg/up", "../..");
  tree_link (tree, "pkg/secret.txt", file);
  tree_link (tree, "pkg/cycle.py", "cycle.py");
  tree_link (tree, "inside.py", "pkg/within.py");
  tree_link (tree, "zero.py", "/dev/zero");
  fifo = g_build_filename (tree->path, "fifo.py", NULL);
  folder = g_build_filename (tree->path, "folder.py", NULL);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
}

void
test_tree_clear (TestTree *tree)
{
  const char *const argv[] = { "rm", "-rf", tree->root, NULL };
  g_autoptr (GError) error = NULL;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                &error);
  g_assert_no_error (error);
  g_free (tree->path);
  g_free (tree->root);
}

MitogenModuleResponder *
test_responder (Fixture *fixture)
{
  return mitogen_router_get_responder (fixture->router);
}

void
test_add_tree (Fixture *fixture, const TestTree *tree)
{
  g_autoptr (GError) error = NULL;

  mitogen_module_responder_add_path (test_responder (fixture), tree->path, &error);
  g_assert_no_error (error);
}

/* ---- what calls give ---- */

void
test_assert_call (MitogenContext *context, const char *function, const char *expected)
{
  g_autoptr (GVariant) value = test_call (context, function, NULL);

  test_assert_value (value, expected);
}

/* With the reason, for whoever called. */
void
test_assert_fails (MitogenContext *context, const char *function, const char *text)
{
  g_autoptr (GError) error = test_call_fails (context, function, NULL);

  g_test_message ("%s: %s", function, error->message);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
  test_assert_contains (error->message, text);
  g_assert_null (strstr (error->message, SECRET));
  g_assert_cmpuint (strlen (error->message), <, 4000);
}

/* What the import raises, said by the context itself. */
char *
test_try_import (MitogenContext *context, const char *name)
{
  g_autoptr (GVariant) value =
      test_call_typed (context, "it_asker:try_import", g_variant_new ("(s)", name), "s");
  const char *said = g_variant_get_string (value, NULL);

  g_test_message ("import %.40s: %.200s", name, said);
  return g_strdup (said);
}

void
test_assert_no_import (MitogenContext *context, const char *name)
{
  g_autofree char *said = test_try_import (context, name);

  if (!g_str_has_prefix (said, "ImportError: ") && !g_str_has_prefix (said, "ModuleNotFound") &&
      !g_str_has_prefix (said, "ValueError: ") && !g_str_has_prefix (said, "TypeError: "))
    g_error ("import %.40s: %s", name, said);
}

/* The call of a context that asks, while another one is called. Returns its value. */
GVariant *
test_call_beside (MitogenContext *context,
                  MitogenContext *bystander,
                  const char *function,
                  GVariant *args)
{
  GAsyncResult *result = NULL;
  g_autoptr (GAsyncResult) owned = NULL;
  g_autoptr (GError) error = NULL;
  GVariant *value;
  guint calls = 0;

  mitogen_context_call_async (context, function, args, NULL, NULL, TEST_PATIENCE_MS, NULL,
                              test_keep_result, &result);
  while (result == NULL)
    {
      test_assert_alive (bystander);
      test_iterate (NULL, test_deadline ());
      calls++;
    }
  owned = test_wait_result (&result);
  value = mitogen_context_call_finish (context, owned, &error);
  g_assert_no_error (error);
  g_test_message ("%u calls of another context meanwhile", calls);
  g_assert_cmpuint (calls, >, 0);
  return value;
}

/* ---- asking ---- */

static GVariant *
make_names (void)
{
  g_autofree char *long_name = g_strnfill (10000, 'x');
  GVariantBuilder names;

  g_variant_builder_init (&names, G_VARIANT_TYPE ("aay"));
  for (guint i = 0; test_bad_names[i] != NULL; i++)
    g_variant_builder_add_value (&names, test_bytes (test_bad_names[i]));
  g_variant_builder_add_value (&names, test_bytes (long_name));
  /* These are no text, or nothing at all: there need not be an answer. */
  g_variant_builder_add_value (&names,
                               g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, "fine\0x", 6, 1));
  g_variant_builder_add_value (&names, test_bytes ("\xff\xfe"));
  g_variant_builder_add_value (&names, test_bytes (""));
  return g_variant_builder_end (&names);
}

void
test_ask_for_bad_names (MitogenContext *context)
{
  g_autoptr (GHashTable) answered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GVariant) answers =
      test_call_typed (context, "it_asker:ask",
                       g_variant_new ("(@aays)", make_names (), "pkg.missing"), "a(smv)");

  for (gsize i = 0; i < g_variant_n_children (answers); i++)
    {
      g_autoptr (GVariant) reason = NULL;
      char *name;

      g_variant_get_child (answers, i, "(s@mv)", &name, &reason);
      g_test_message ("%.40s", name);
      if (g_variant_n_children (reason) == 0)
        g_error ("“%s” was answered with a module", name);
      g_hash_table_add (answered, name);
    }
  for (guint i = 0; test_bad_names[i] != NULL; i++)
    g_assert_true (g_hash_table_contains (answered, test_bad_names[i]));
  g_assert_true (g_hash_table_contains (answered, "pkg.missing"));
}
