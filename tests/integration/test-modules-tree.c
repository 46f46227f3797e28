/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Modules of the program, and of the library itself, in contexts behind others: of all interpreters
 * that are there, in turn. */

#include "test-util.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH      4
#define N_CHILDREN 20
#define N_LINKS    12

static void
add (Fixture *fixture, const char *name, const char *source)
{
  MitogenModuleResponder *responder = mitogen_router_get_responder (fixture->router);
  g_autoptr (GError) error = NULL;

  mitogen_module_responder_add_module (responder, name, source, &error);
  g_assert_no_error (error);
}

static guint
statistic (Fixture *fixture, const char *name)
{
  MitogenModuleResponder *responder = mitogen_router_get_responder (fixture->router);
  g_autoptr (GVariant) all = mitogen_module_responder_get_statistics (responder);
  guint count;

  g_assert_true (g_variant_lookup (all, name, "u", &count));
  return count;
}

static const char *
python (guint i)
{
  return test_pythons ()[i % g_strv_length ((char **) test_pythons ())];
}

/* Contexts, each behind the one before. */
static GPtrArray *
chain_new (Fixture *fixture)
{
  GPtrArray *chain = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < DEPTH; i++)
    g_ptr_array_add (chain, test_connect_via (fixture->router, i > 0 ? chain->pdata[i - 1] : NULL,
                                              python (i)));
  return chain;
}

static void
assert_call (MitogenContext *context, const char *function, const char *expected)
{
  g_autoptr (GVariant) value = test_call_typed (context, function, NULL, "s");

  g_assert_cmpstr (g_variant_get_string (value, NULL), ==, expected);
}

/* ---- the library's own ---- */

static void
test_library (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) chain = chain_new (fixture);

  add (fixture, "checks",
       "import mitogen.master\n"
       "import mitogen.parent\n"
       "import mitogen.utils\n"
       "from mitogen.select import Select\n"
       "def check():\n"
       "    latch = mitogen.core.Latch()\n"
       "    latch.put(u'ready')\n"
       "    assert mitogen.master.Select is Select\n"
       "    assert mitogen.utils.cast([mitogen.core.Blob(b'x')]) == [b'x']\n"
       "    assert mitogen.parent.minimize_source('x = 1  # c\\n') == 'x = 1\\n'\n"
       "    return Select([latch]).get()\n");
  for (guint i = DEPTH; i > 0; i--)
    assert_call (chain->pdata[i - 1], "checks:check", "ready");
  g_assert_cmpuint (statistic (fixture, "missing"), ==, 0);
}

/* ---- the program's ---- */

static void
add_links (Fixture *fixture)
{
  for (guint i = 0; i < N_LINKS; i++)
    {
      g_autofree char *name = g_strdup_printf ("links.m%u", i);
      g_autofree char *source = i + 1 < N_LINKS ? g_strdup_printf ("from links import m%u\n"
                                                                   "def get():\n"
                                                                   "    return m%u.get()\n",
                                                                   i + 1, i + 1)
                                                : g_strdup ("def get():\n    return u'end'\n");

      add (fixture, name, source);
    }
}

/* What is needed is sent along with the first call, to the first hop, once. */
static void
test_many_children (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) children = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) receivers = g_ptr_array_new_with_free_func (g_object_unref);

  add_links (fixture);
  for (guint i = 0; i < N_CHILDREN; i++)
    g_ptr_array_add (children, test_start_via (fixture->router, fixture->context, python (i)));
  for (guint i = 0; i < N_CHILDREN; i++)
    {
      g_autoptr (GError) error = NULL;

      g_ptr_array_add (receivers, mitogen_context_start_call (children->pdata[i], "links.m0:get",
                                                              NULL, NULL, &error));
      g_assert_no_error (error);
    }
  for (guint i = 0; i < N_CHILDREN; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value =
          mitogen_receiver_get_data (receivers->pdata[i], TEST_PATIENCE_MS, NULL, &error);

      g_assert_no_error (error);
      test_assert_value (value, "'end'");
    }
  g_assert_cmpuint (statistic (fixture, "sent"), ==, N_LINKS + 1);
  g_assert_cmpuint (statistic (fixture, "compressed"), ==, N_LINKS);
  g_assert_cmpuint (statistic (fixture, "missing"), ==, 0);
}

static void
test_preload (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) chain = chain_new (fixture);
  const char *names[] = { "links.m0", NULL };
  g_autoptr (GError) error = NULL;

  add_links (fixture);
  add (fixture, "later",
       "def get():\n"
       "    import links.m0\n"
       "    return links.m0.get()\n");
  mitogen_context_preload (chain->pdata[DEPTH - 1], names, NULL, &error);
  g_assert_no_error (error);
  assert_call (chain->pdata[DEPTH - 1], "later:get", "end");
  g_assert_cmpuint (statistic (fixture, "requests"), ==, 0);
  assert_call (chain->pdata[1], "later:get", "end");
  g_assert_cmpuint (statistic (fixture, "requests"), ==, 0); /* what passed through is there */
}

/* What is added, or changes its place, while contexts are there reaches all of them. */
static void
test_changes (Fixture *fixture, gconstpointer data)
{
  MitogenModuleResponder *responder = mitogen_router_get_responder (fixture->router);
  g_autoptr (GPtrArray) chain = chain_new (fixture);
  g_autoptr (GError) error = NULL;

  for (guint i = DEPTH; i > 0; i--)
    {
      g_autoptr (GError) missing = test_call_fails (chain->pdata[i - 1], "added:get", NULL);

      g_assert_error (missing, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
      test_assert_contains (missing->message, "added");
    }
  add (fixture, "added", "def get():\n    return u'there'\n");
  for (guint i = DEPTH; i > 0; i--)
    assert_call (chain->pdata[i - 1], "added:get", "there");

  add (fixture, "wave", "def get():\n    return u'ours'\n");
  mitogen_module_responder_add_override (responder, "wave", &error);
  g_assert_no_error (error);
  for (guint i = DEPTH; i > 0; i--)
    assert_call (chain->pdata[i - 1], "wave:get", "ours");
}

static void
test_resources (Fixture *fixture, gconstpointer data)
{
  MitogenModuleResponder *responder = mitogen_router_get_responder (fixture->router);
  g_autoptr (GPtrArray) chain = chain_new (fixture);
  g_autoptr (GError) error = NULL;
  g_autofree char *root = g_dir_make_tmp ("mitogen-tree-XXXXXX", &error);
  g_autofree char *package = g_build_filename (root, "pack", NULL);
  g_autofree char *init = g_build_filename (package, "__init__.py", NULL);
  g_autofree char *file = g_build_filename (package, "words.txt", NULL);

  g_assert_no_error (error);
  g_assert_cmpint (g_mkdir (package, 0700), ==, 0);
  g_file_set_contents (init,
                       "import pkgutil\n"
                       "def get():\n"
                       "    return pkgutil.get_data('pack', 'words.txt').decode()\n",
                       -1, &error);
  g_assert_no_error (error);
  g_file_set_contents (file, "far away", -1, &error);
  g_assert_no_error (error);
  mitogen_module_responder_add_path (responder, root, &error);
  g_assert_no_error (error);
  for (guint i = DEPTH; i > 0; i--)
    assert_call (chain->pdata[i - 1], "pack:get", "far away");
  g_assert_cmpint (g_unlink (file), ==, 0);
  g_assert_cmpint (g_unlink (init), ==, 0);
  g_assert_cmpint (g_rmdir (package), ==, 0);
  g_assert_cmpint (g_rmdir (root), ==, 0);
}

/* A copy of a context that passes modules on does so, too. */
static void
test_fork (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) child =
      test_connect_via (fixture->router, fixture->context, python (1));
  g_autoptr (MitogenContext) copy = NULL;
  g_autoptr (MitogenContext) below = NULL;
  g_autoptr (GError) error = NULL;

  add_links (fixture);
  assert_call (child, "links.m0:get", "end");
  copy = mitogen_router_fork (fixture->router, fixture->context, NULL, &error);
  g_assert_no_error (error);
  below = test_connect_via (fixture->router, copy, python (2));
  assert_call (below, "links.m0:get", "end");
  assert_call (copy, "links.m0:get", "end");
  add (fixture, "single", "def get():\n    return u'new'\n");
  assert_call (below, "single:get", "new");
}

/* ---- a slow link ---- */

#define N_LARGE 6
#define LARGE   (1024 * 1024)

/* Whoever leads reads nothing until the last pipe is opened. */
static const char deaf[] =
    "import mitogen.core as core\n"
    "def swallow(data):\n"
    "    pass\n"
    "def ask(fifo):\n"
    "    fifo = core.native(fifo)\n"
    "    def deaf():\n"
    "        core.start_importer()\n"
    "        open(fifo + '0').close()\n"
    "        open(fifo + '1').close()\n"
    "        for name in (b'nosuch', b'other'):\n"
    "            core.post(core.home, 100, 0, name)\n"
    "        open(fifo + '2').close()\n"
    "    core.router.broker.defer_sync(deaf)\n"
    "    end = core.now() + 60\n"
    "    while core.now() < end and not ('nosuch' in core.importer.missing and\n"
    "                                    'other' in core.importer.cache):\n"
    "        core.pause(0.001)\n"
    "    return 'nosuch' in core.importer.missing, 'other' in core.importer.cache\n";

/* Waits until the other side opens it, too. */
static void
open_fifo (const char *fifo, char number)
{
  g_autofree char *path = g_strdup_printf ("%s%c", fifo, number);
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
make_fifo (const char *fifo, char number)
{
  g_autofree char *path = g_strdup_printf ("%s%c", fifo, number);

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
}

/* Who has much to read already gets what it asks for all the same. */
static void
test_slow_link (Fixture *fixture, gconstpointer data)
{
  g_autofree char *large = g_malloc0 (LARGE);
  g_autoptr (GVariant) argument = g_variant_ref_sink (
      g_variant_new ("(@ay)", g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, large, LARGE, 1)));
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("mitogen-tree-XXXXXX", &error);
  g_autofree char *fifo = g_build_filename (folder, "fifo", NULL);
  g_autoptr (MitogenReceiver) receiver = NULL;
  g_autoptr (GVariant) value = NULL;

  for (char number = '0'; number <= '2'; number++)
    make_fifo (fifo, number);
  add (fixture, "deaf", deaf);
  add (fixture, "other", "");
  receiver = mitogen_context_start_call (fixture->context, "deaf:ask", g_variant_new ("(s)", fifo),
                                         NULL, &error);
  g_assert_no_error (error);
  open_fifo (fifo, '0');
  for (guint i = 0; i < N_LARGE; i++)
    {
      mitogen_context_call_no_reply (fixture->context, "deaf:swallow", argument, NULL, &error);
      g_assert_no_error (error);
    }
  open_fifo (fifo, '1');
  test_wait (statistic (fixture, "requests") == 2);
  open_fifo (fifo, '2');
  value = mitogen_receiver_get_data (receiver, TEST_PATIENCE_MS, NULL, &error);
  g_assert_no_error (error);
  test_assert_value (value, "(true, true)");
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
add_for_each (const char *name, FixtureFunc func)
{
  for (const char *const *path = test_pythons (); *path != NULL; path++)
    {
      g_autofree char *version = g_path_get_dirname (*path);
      g_autofree char *full = g_strdup_printf ("/modules-tree/%s%s", name, version);

      test_add_local_python (full, *path, func);
    }
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  test_add_router ("/modules-tree/library", test_library);
  test_add_router ("/modules-tree/preload", test_preload);
  test_add_router ("/modules-tree/changes", test_changes);
  test_add_router ("/modules-tree/resources", test_resources);
  test_add_local ("/modules-tree/slow-link", test_slow_link);
  add_for_each ("many-children", test_many_children);
  add_for_each ("fork", test_fork);
  return g_test_run ();
}
