/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Modules of the program in contexts, from the side of the program. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <string.h>

static MitogenModuleResponder *
responder_of (Fixture *fixture)
{
  return mitogen_router_get_responder (fixture->router);
}

static void
add (Fixture *fixture, const char *name, const char *source)
{
  g_autoptr (GError) error = NULL;
  gboolean added =
      mitogen_module_responder_add_module (responder_of (fixture), name, source, &error);

  g_assert_no_error (error);
  g_assert_true (added);
}

static guint
statistic (Fixture *fixture, const char *name)
{
  g_autoptr (GVariant) all = mitogen_module_responder_get_statistics (responder_of (fixture));
  guint count;

  g_assert_true (g_variant_lookup (all, name, "u", &count));
  return count;
}

static void
assert_call (MitogenContext *context, const char *function, const char *expected)
{
  g_autoptr (GVariant) value = test_call (context, function, NULL);

  test_assert_value (value, expected);
}

static void
assert_fails (MitogenContext *context, const char *function, const char *type, const char *text)
{
  g_autoptr (GError) error = test_call_fails (context, function, NULL);

  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
  test_assert_contains (error->message, type);
  test_assert_contains (error->message, text);
}

/* ---- places ---- */

typedef struct
{
  char *path;
} Tree;

static void
tree_write (const Tree *tree, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (tree->path, name, NULL);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
tree_init (Tree *tree)
{
  g_autoptr (GError) error = NULL;

  tree->path = g_dir_make_tmp ("mitogen-modules-XXXXXX", &error);
  g_assert_no_error (error);
  tree_write (tree, "app/__init__.py", "from . import util\nNAME = 'app'\n");
  tree_write (tree, "app/util.py", "X = 5\n");
  tree_write (tree, "app/sub/__init__.py", "");
  tree_write (tree, "app/sub/deep.py",
              "from ..util import X\nfrom app import NAME\n\n"
              "def get():\n    return X\n\n\ndef fail():\n    raise ValueError(NAME)\n");
  tree_write (tree, "app/data/file.txt", "text\n");
  tree_write (tree, "space/portion.py", "def get():\n    return __name__\n");
}

static void
tree_remove (const char *path)
{
  GDir *directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        tree_remove (child);
      else
        g_assert_cmpint (g_unlink (child), ==, 0);
    }
  g_clear_pointer (&directory, g_dir_close);
  g_assert_cmpint (g_rmdir (path), ==, 0);
}

static void
tree_clear (Tree *tree)
{
  tree_remove (tree->path);
  g_free (tree->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Tree, tree_clear)

static void
add_tree (Fixture *fixture, const Tree *tree)
{
  g_autoptr (GError) error = NULL;

  mitogen_module_responder_add_path (responder_of (fixture), tree->path, &error);
  g_assert_no_error (error);
}

/* Sent ahead, so that the context never has to ask. */
static void
test_directory (Fixture *fixture, gconstpointer data)
{
  g_auto (Tree) tree = { 0 };
  g_autoptr (GError) error = NULL;

  tree_init (&tree);
  add_tree (fixture, &tree);
  assert_call (fixture->context, "app.sub.deep:get", "int64 5");
  assert_call (fixture->context, "space.portion:get", "'space.portion'");
  error = test_call_fails (fixture->context, "app.sub.deep:fail", NULL);
  test_assert_contains (error->message, "ValueError: app");
  test_assert_contains (mitogen_error_get_remote_traceback (error), "app/sub/deep.py\", line 9");
  test_assert_contains (mitogen_error_get_remote_traceback (error), "raise ValueError(NAME)");
  g_assert_cmpuint (statistic (fixture, "read"), ==, 6);
}

static void
test_one_round_trip (Fixture *fixture, gconstpointer data)
{
  g_auto (Tree) tree = { 0 };
  g_autoptr (MitogenContext) context = NULL;

  tree_init (&tree);
  add_tree (fixture, &tree);
  context = test_local (fixture->router);
  assert_call (context, "app.sub.deep:get", "int64 5");
  /* At most the request that crossed with what was sent. */
  g_assert_cmpuint (statistic (fixture, "requests"), <=, 1);
  g_assert_cmpuint (statistic (fixture, "sent"), ==, 4);
}

static void
test_once_for_all (Fixture *fixture, gconstpointer data)
{
  g_auto (Tree) tree = { 0 };

  tree_init (&tree);
  add_tree (fixture, &tree);
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (MitogenContext) context = test_local (fixture->router);

      assert_call (context, "app.sub.deep:get", "int64 5");
    }
  g_assert_cmpuint (statistic (fixture, "sent"), ==, 20);
  g_assert_cmpuint (statistic (fixture, "read"), ==, 4);
  g_assert_cmpuint (statistic (fixture, "scanned"), ==, 4);
  g_assert_cmpuint (statistic (fixture, "compressed"), ==, 4);
}

/* What has changed is read again, for those that come. */
static void
test_changed (Fixture *fixture, gconstpointer data)
{
  g_auto (Tree) tree = { 0 };
  g_autoptr (MitogenContext) later = NULL;

  tree_init (&tree);
  add_tree (fixture, &tree);
  assert_call (fixture->context, "app.sub.deep:get", "int64 5");
  tree_write (&tree, "app/util.py", "X = 12345\n");
  later = test_local (fixture->router);
  assert_call (later, "app.sub.deep:get", "int64 12345");
  assert_call (fixture->context, "app.sub.deep:get", "int64 5");
}

static void
test_single (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  add (fixture, "one", "def get():\n    import two.three\n    return two.three.get()\n");
  add (fixture, "two.three", "def get():\n    return __name__\n");
  assert_call (fixture->context, "one:get", "'two.three'");
  g_assert_false (mitogen_module_responder_add_module (responder_of (fixture), "../x", "", &error));
  g_assert_nonnull (error);
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  add (fixture, "there", "def get():\n    import gone\n\n\ndef number():\n    return 1\n");
  assert_fails (fixture->context, "there:get", "Error", "gone");
  assert_fails (fixture->context, "nowhere:get", "Error", "nowhere");
  g_assert_cmpuint (statistic (fixture, "missing"), ==, 2);
  assert_call (fixture->context, "there:number", "int64 1");
  /* Once it is there, it is found. */
  add (fixture, "gone", "");
  assert_call (fixture->context, "there:get", "@mv nothing");
}

/* ---- policies ---- */

static void
test_whitelist (Fixture *fixture, gconstpointer data)
{
  MitogenModuleResponder *responder = responder_of (fixture);
  g_autoptr (GError) error = NULL;

  add (fixture, "a.b", "def get():\n    return 1\n");
  add (fixture, "a.bc", "def get():\n    return 2\n");
  add (fixture, "a", "");
  g_assert_true (mitogen_module_responder_whitelist (responder, "a", NULL));
  g_assert_true (mitogen_module_responder_blacklist (responder, "a.b", NULL));
  assert_fails (fixture->context, "a.b:get", "Error", "blacklist");
  assert_call (fixture->context, "a.bc:get", "int64 2");
  add (fixture, "other", "");
  assert_fails (fixture->context, "other:get", "Error", "whitelist");
  g_assert_cmpuint (statistic (fixture, "denied"), ==, 2);
  g_assert_false (mitogen_module_responder_whitelist (responder, "a/b", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

/* "this" is in every Python. */
static void
test_override (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) before = test_local (fixture->router);
  g_autoptr (MitogenContext) after = NULL;

  add (fixture, "this", "def get():\n    return 'ours'\n");
  g_assert_true (mitogen_module_responder_add_override (responder_of (fixture), "this", NULL));
  after = test_local (fixture->router);
  assert_call (after, "this:get", "'ours'");
  assert_call (before, "this:get", "'ours'");
}

static void
test_local_first (Fixture *fixture, gconstpointer data)
{
  add (fixture, "colorsys", "def get():\n    return 'ours'\n");
  assert_fails (fixture->context, "colorsys:get", "AttributeError", "get");
}

/* ---- what the program finds ---- */

typedef struct
{
  GThread *thread;
  guint count;
  gboolean destroyed;
} Finding;

static char *
find (MitogenModuleResponder *responder, const char *name, gboolean *is_package, gpointer data)
{
  Finding *finding = data;

  finding->count++;
  finding->thread = g_thread_self ();
  if (g_str_equal (name, "found"))
    {
      *is_package = TRUE;
      return g_strdup ("VALUE = 'package'\n");
    }
  if (g_str_equal (name, "found.module"))
    return g_strdup ("from . import VALUE\n\n\ndef get():\n    return VALUE\n");
  return NULL;
}

static void
finding_destroy (gpointer data)
{
  Finding *finding = data;

  finding->destroyed = TRUE;
}

static void
test_find_func (Fixture *fixture, gconstpointer data)
{
  MitogenModuleResponder *responder = responder_of (fixture);
  Finding finding = { 0 };
  GAsyncResult *result = NULL;
  g_autoptr (GAsyncResult) owned = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_module_responder_set_find_func (responder, find, &finding, finding_destroy);
  mitogen_context_call_async (fixture->context, "found.module:get", NULL, NULL, NULL,
                              TEST_PATIENCE_MS, NULL, test_keep_result, &result);
  owned = test_wait_result (&result);
  value = mitogen_context_call_finish (fixture->context, owned, &error);
  g_assert_no_error (error);
  test_assert_value (value, "'package'");
  g_assert_cmpuint (finding.count, ==, 2);
  assert_fails (fixture->context, "unknown:get", "Error", "unknown");
  g_assert_cmpuint (finding.count, ==, 3);
  mitogen_module_responder_set_find_func (responder, NULL, NULL, NULL);
  test_wait (finding.destroyed);
}

static gpointer
find_while_iterating (gpointer data)
{
  Fixture *fixture = data;

  assert_call (fixture->context, "found.module:get", "'package'");
  return NULL;
}

/* While somebody iterates the main context, it runs there, whoever waits. */
static void
test_find_in_context (Fixture *fixture, gconstpointer data)
{
  Finding finding = { 0 };
  g_autoptr (GThread) caller = NULL;

  g_assert_true (g_main_context_acquire (NULL));
  mitogen_module_responder_set_find_func (responder_of (fixture), find, &finding, NULL);
  caller = g_thread_new ("caller", find_while_iterating, fixture);
  test_wait (finding.count == 2);
  g_assert_true (finding.thread == g_thread_self ());
  g_main_context_release (NULL);
  g_thread_join (g_steal_pointer (&caller));
}

/* ---- __main__ ---- */

static void
test_main_module (Fixture *fixture, gconstpointer data)
{
  g_auto (Tree) tree = { 0 };
  g_autofree char *good = NULL;
  g_autofree char *bad = NULL;
  g_autoptr (GError) error = NULL;

  tree_init (&tree);
  tree_write (&tree, "good.py",
              "def get():\n    return __name__\n\n\nif __name__ == '__main__':\n    1 / 0\n");
  tree_write (&tree, "bad.py", "def get():\n    return 1\n\n\n1 / 0\n");
  good = g_build_filename (tree.path, "good.py", NULL);
  bad = g_build_filename (tree.path, "bad.py", NULL);
  g_assert_false (mitogen_module_responder_set_main (responder_of (fixture), bad, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_MODULE_NOT_FOUND);
  test_assert_contains (error->message, "__name__");
  g_assert_true (mitogen_module_responder_set_main (responder_of (fixture), good, NULL));
  assert_call (fixture->context, "__main__:get", "'__main__'");
}

/* ---- preloading ---- */

static void
test_preload (Fixture *fixture, gconstpointer data)
{
  static const char *const wanted[] = { "late", NULL };
  static const char *const missing[] = { "nowhere", NULL };
  static const char *const wrong[] = { "a..b", NULL };
  GAsyncResult *result = NULL;
  g_autoptr (GAsyncResult) owned = NULL;
  g_autoptr (GError) error = NULL;

  add (fixture, "late", "def get():\n    return 1\n");
  add (fixture, "user",
       "def get():\n    import importlib\n"
       "    return importlib.import_module('late').get()\n");
  g_assert_true (mitogen_context_preload (fixture->context, wanted, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (statistic (fixture, "sent"), ==, 1);
  assert_call (fixture->context, "user:get", "int64 1");
  g_assert_false (mitogen_context_preload (fixture->context, missing, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_MODULE_NOT_FOUND);
  test_assert_contains (error->message, "nowhere");
  g_clear_error (&error);
  g_assert_false (mitogen_context_preload (fixture->context, wrong, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  mitogen_context_preload_async (fixture->context, wanted, NULL, test_keep_result, &result);
  owned = test_wait_result (&result);
  g_assert_true (mitogen_context_preload_finish (fixture->context, owned, NULL));
}

/* ---- far away ---- */

static void
test_far (Fixture *fixture, gconstpointer data)
{
  g_auto (Tree) tree = { 0 };
  g_autoptr (MitogenContext) middle = NULL;
  g_autoptr (MitogenContext) first = NULL;
  g_autoptr (MitogenContext) second = NULL;

  tree_init (&tree);
  add_tree (fixture, &tree);
  middle = test_connect_via (fixture->router, fixture->context, TEST_PYTHON);
  first = test_connect_via (fixture->router, middle, TEST_PYTHON);
  second = test_connect_via (fixture->router, middle, TEST_PYTHON);
  assert_call (first, "app.sub.deep:get", "int64 5");
  assert_call (second, "app.sub.deep:get", "int64 5");
  assert_call (middle, "app.sub.deep:get", "int64 5");
  assert_call (fixture->context, "app.sub.deep:get", "int64 5");
  /* Only the first hop was ever sent anything. */
  g_assert_cmpuint (statistic (fixture, "sent"), ==, 4);
}

/* ---- many at once ---- */

#define N_THREADS 4
#define N_ROUNDS  12

typedef struct
{
  Fixture *fixture;
  MitogenContext *context;
  guint number;
} Adding;

/* What a thread adds is there for its own next call, whatever others add meanwhile. */
static gpointer
add_and_call (gpointer data)
{
  Adding *self = data;

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      g_autofree char *name = g_strdup_printf ("thread%u.module%u", self->number, i);
      g_autofree char *function = g_strconcat (name, ":get", NULL);
      g_autofree char *expected = g_strdup_printf ("'%s'", name);

      assert_fails (self->context, function, "Error", "thread");
      add (self->fixture, name, "def get():\n    return __name__\n");
      assert_call (self->context, function, expected);
    }
  return NULL;
}

static void
test_threads (Fixture *fixture, gconstpointer data)
{
  Adding adding[N_THREADS];
  GThread *threads[N_THREADS];

  for (guint i = 0; i < N_THREADS; i++)
    {
      adding[i] = (Adding){ fixture, test_local (fixture->router), i };
      threads[i] = g_thread_new ("adding", add_and_call, &adding[i]);
    }
  for (guint i = 0; i < N_THREADS; i++)
    {
      g_thread_join (threads[i]);
      g_object_unref (adding[i].context);
    }
}

/* Contexts that end while they are being sent what they need. */
static void
test_ending (Fixture *fixture, gconstpointer data)
{
  g_auto (Tree) tree = { 0 };

  tree_init (&tree);
  add_tree (fixture, &tree);
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      g_autoptr (MitogenContext) context = test_local (fixture->router);
      g_autoptr (MitogenReceiver) receiver =
          mitogen_context_start_call (context, i % 2 ? "app.sub.deep:get" : "not.there:get", NULL,
                                      NULL, NULL);

      g_assert_nonnull (receiver);
      if (i % 3 == 0)
        g_assert_true (mitogen_context_kill (context, FALSE, NULL, NULL));
      else if (i % 3 == 1)
        g_assert_true (mitogen_context_shutdown (context, FALSE, NULL, NULL));
      g_clear_object (&context);
    }
}

static void
test_properties (Fixture *fixture, gconstpointer data)
{
  MitogenModuleResponder *responder = responder_of (fixture);

  g_assert_true (responder == responder_of (fixture));
  g_assert_cmpint (mitogen_module_responder_get_minify (responder), ==, MITOGEN_MINIFY_MARKED);
  g_object_set (responder, "minify", MITOGEN_MINIFY_ALWAYS, "max-source-size", (guint64) 100, NULL);
  g_assert_cmpint (mitogen_module_responder_get_minify (responder), ==, MITOGEN_MINIFY_ALWAYS);
  g_assert_cmpuint (mitogen_module_responder_get_max_source_size (responder), ==, 100);
  add (fixture, "small", "# comment\ndef get():\n    'doc'\n    return get.__doc__\n");
  assert_call (fixture->context, "small:get", "@mv nothing");
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  test_add_local ("/modules/directory", test_directory);
  test_add_router ("/modules/one-round-trip", test_one_round_trip);
  test_add_router ("/modules/once-for-all", test_once_for_all);
  test_add_local ("/modules/changed", test_changed);
  test_add_local ("/modules/single", test_single);
  test_add_local ("/modules/missing", test_missing);
  test_add_local ("/modules/whitelist", test_whitelist);
  test_add_router ("/modules/override", test_override);
  test_add_local ("/modules/local-first", test_local_first);
  test_add_local ("/modules/find-func", test_find_func);
  test_add_local ("/modules/find-in-context", test_find_in_context);
  test_add_local ("/modules/main", test_main_module);
  test_add_local ("/modules/preload", test_preload);
  test_add_local ("/modules/far", test_far);
  test_add_router ("/modules/threads", test_threads);
  test_add_router ("/modules/ending", test_ending);
  test_add_local ("/modules/properties", test_properties);
  return g_test_run ();
}
