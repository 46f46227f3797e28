/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Modules in directories, in resources, and added one by one. */

#include "python/mitogen-file-private.h"
#include "unit-modules.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LONG_AGO 1000000000

#define RESOURCES "/org/mitogen/test/modules"

typedef struct
{
  char *tree;
  MitogenModuleFinder *finder;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->tree = unit_tree_new ();
  fixture->finder = mitogen_module_finder_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  mitogen_module_finder_unref (fixture->finder);
  unit_tree_end (fixture->tree);
}

static void
add_tree (Fixture *fixture, const char *name)
{
  g_autofree char *path = unit_tree_path (fixture->tree, name);

  unit_add_path (fixture->finder, path);
}

static void
assert_found (Fixture *fixture,
              const char *name,
              const char *path,
              const char *source,
              const char *children)
{
  g_autofree char *full = unit_tree_path (fixture->tree, path);

  unit_assert_found (fixture->finder, name, full, source, children);
}

static void
add_module (Fixture *fixture, const char *name, const char *text, gboolean is_package)
{
  g_autoptr (GBytes) source = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;

  mitogen_module_finder_add_module (fixture->finder, name, source, is_package, NULL, &error);
  g_assert_no_error (error);
}

/* ---- names ---- */

static void
test_names (void)
{
  static const char *const valid[] = {
    "a", "_", "a.b.c", "A1", "0001_initial", "my-mod", "\303\251", "__main__", "a.__init__"
  };
  static const char *const invalid[] = {
    "",      ".",    "..",  ".a",  "a.",    "a..b", "a/b",           "../a", "/a",
    "a.b/c", "a\\b", "a b", "a\n", "-a",    "a.-b", "a\177",         "\1",   "\377",
    "a:b",   "a\"",  "a'",  "~",   "$HOME", "\303", "\342\200\256a", "%s",   "*"
  };
  g_autofree char *thousand = g_strnfill (1000, 'a');
  g_autofree char *longer = g_strnfill (1001, 'a');
  g_autofree char *long_one = g_strnfill (10000, 'a');

  for (guint i = 0; i < G_N_ELEMENTS (valid); i++)
    if (!mitogen_module_name_is_valid (valid[i]))
      g_error ("“%s” is refused", valid[i]);
  for (guint i = 0; i < G_N_ELEMENTS (invalid); i++)
    if (mitogen_module_name_is_valid (invalid[i]))
      g_error ("“%s” is taken", invalid[i]);
  g_assert_true (mitogen_module_name_is_valid (thousand));
  g_assert_false (mitogen_module_name_is_valid (longer));
  g_assert_false (mitogen_module_name_is_valid (long_one));
}

static void
test_bad_names (Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_one = g_strnfill (10000, 'a');
  g_autofree char *deep = NULL;
  g_autoptr (GString) many = g_string_new ("a");

  unit_tree_write (fixture->tree, "secret.py", "outside");
  unit_tree_write (fixture->tree, "top/a.py", "a");
  unit_tree_write (fixture->tree, "top/a b.py", "never");
  add_tree (fixture, "top");
  for (guint i = 0; i < 499; i++)
    g_string_append (many, ".a");
  unit_assert_not_found (fixture->finder, "../secret", "cannot be the name");
  unit_assert_not_found (fixture->finder, "..secret", "cannot be the name");
  unit_assert_not_found (fixture->finder, "/etc/passwd", "cannot be the name");
  unit_assert_not_found (fixture->finder, "a b", "cannot be the name");
  unit_assert_not_found (fixture->finder, "", "cannot be the name");
  unit_assert_not_found (fixture->finder, "\377\376", "cannot be the name");
  unit_assert_not_found (fixture->finder, long_one, "aaa…");
  unit_assert_not_found (fixture->finder, many->str, "No source");
  deep = g_strnfill (1000, 'a');
  unit_assert_not_found (fixture->finder, deep, "No source");
}

/* ---- directories ---- */

static void
test_packages (Fixture *fixture, gconstpointer data)
{
  unit_tree_write (fixture->tree, "alone.py", "alone");
  unit_tree_write (fixture->tree, "empty.py", "");
  unit_tree_write (fixture->tree, "pkg/__init__.py", "the package");
  unit_tree_write (fixture->tree, "pkg/b.py", "b");
  unit_tree_write (fixture->tree, "pkg/a.py", "a\r\n");
  unit_tree_write (fixture->tree, "pkg/sub/__init__.py", "the sub");
  unit_tree_write (fixture->tree, "pkg/sub/deep.py", "deep");
  unit_tree_write (fixture->tree, "pkg/spread/x.py", "x");
  unit_tree_write (fixture->tree, "pkg/__pycache__/a.pyc", "no");
  unit_tree_write (fixture->tree, "pkg/read me.txt", "no");
  unit_tree_write (fixture->tree, "pkg/fast.abi3.so", "no");
  unit_tree_write (fixture->tree, "pkg/with.dot.py", "no");
  unit_tree_write (fixture->tree, "\303\251t\303\251.py", "summer");
  add_tree (fixture, "");
  assert_found (fixture, "alone", "alone.py", "alone", NULL);
  assert_found (fixture, "empty", "empty.py", "", NULL);
  assert_found (fixture, "pkg", "pkg/__init__.py", "the package", "a,b,spread,sub");
  assert_found (fixture, "pkg.a", "pkg/a.py", "a\r\n", NULL);
  assert_found (fixture, "pkg.sub", "pkg/sub/__init__.py", "the sub", "deep");
  assert_found (fixture, "pkg.sub.deep", "pkg/sub/deep.py", "deep", NULL);
  assert_found (fixture, "pkg.spread", "pkg/spread", NULL, "x");
  assert_found (fixture, "pkg.spread.x", "pkg/spread/x.py", "x", NULL);
  assert_found (fixture, "\303\251t\303\251", "\303\251t\303\251.py", "summer", NULL);
  unit_assert_not_found (fixture->finder, "alone.more", NULL);
  unit_assert_not_found (fixture->finder, "pkg.none", fixture->tree);
  unit_assert_not_found (fixture->finder, "pkg.fast", "compiled");
  unit_assert_not_found (fixture->finder, "b", NULL);
}

/* A package before a module before the parts of a namespace, and the first place before others. */
static void
test_order (Fixture *fixture, gconstpointer data)
{
  unit_tree_write (fixture->tree, "1/both.py", "module");
  unit_tree_write (fixture->tree, "1/both/__init__.py", "package");
  unit_tree_write (fixture->tree, "1/late/x.py", "x");
  unit_tree_write (fixture->tree, "1/spread/a.py", "a1");
  unit_tree_write (fixture->tree, "1/beside.py", "beside");
  unit_tree_write (fixture->tree, "1/beside/x.py", "x");
  unit_tree_write (fixture->tree, "2/late.py", "late");
  unit_tree_write (fixture->tree, "2/both.py", "second");
  unit_tree_write (fixture->tree, "2/spread/a.py", "a2");
  unit_tree_write (fixture->tree, "2/spread/b.py", "b2");
  /* What the first place has cannot be sent, and hides the other. */
  unit_tree_write (fixture->tree, "1/spread/c.so", "");
  unit_tree_write (fixture->tree, "2/spread/c.py", "c2");
  add_tree (fixture, "1");
  add_tree (fixture, "2");
  assert_found (fixture, "both", "1/both/__init__.py", "package", "");
  assert_found (fixture, "late", "2/late.py", "late", NULL);
  assert_found (fixture, "beside", "1/beside.py", "beside", NULL);
  assert_found (fixture, "spread", "1/spread", NULL, "a,b");
  assert_found (fixture, "spread.a", "1/spread/a.py", "a1", NULL);
  assert_found (fixture, "spread.b", "2/spread/b.py", "b2", NULL);
  unit_assert_not_found (fixture->finder, "late.x", NULL);
}

static void
test_compiled (Fixture *fixture, gconstpointer data)
{
  unit_tree_write (fixture->tree, "1/plain.so", "");
  unit_tree_write (fixture->tree, "1/tagged.cpython-313-x86_64-linux-gnu.so", "");
  unit_tree_write (fixture->tree, "1/old.pyc", "");
  unit_tree_write (fixture->tree, "1/pkg/__init__.abi3.so", "");
  unit_tree_write (fixture->tree, "1/two.so", "");
  unit_tree_write (fixture->tree, "1/two.py", "also as source");
  unit_tree_write (fixture->tree, "1/lib.so.1", "");
  unit_tree_write (fixture->tree, "2/plain.py", "hidden by the other");
  unit_tree_write (fixture->tree, "2/lib.py", "lib");
  add_tree (fixture, "1");
  add_tree (fixture, "2");
  unit_assert_not_found (fixture->finder, "plain", "compiled");
  unit_assert_not_found (fixture->finder, "tagged", "compiled");
  unit_assert_not_found (fixture->finder, "old", "compiled");
  unit_assert_not_found (fixture->finder, "pkg", "compiled");
  assert_found (fixture, "two", "1/two.py", "also as source", NULL);
  assert_found (fixture, "lib", "2/lib.py", "lib", NULL);
}

/* ---- links ---- */

static void
test_links_inside (Fixture *fixture, gconstpointer data)
{
  g_autofree char *absolute = unit_tree_path (fixture->tree, "real/pkg/a.py");

  unit_tree_write (fixture->tree, "real/pkg/__init__.py", "package");
  unit_tree_write (fixture->tree, "real/pkg/a.py", "a");
  unit_tree_link (fixture->tree, "real/pkg/relative.py", "a.py");
  unit_tree_link (fixture->tree, "real/pkg/absolute.py", absolute);
  unit_tree_link (fixture->tree, "real/other", "pkg");
  unit_tree_link (fixture->tree, "real/pkg/loop", "../pkg");
  unit_tree_link (fixture->tree, "link", "real");
  add_tree (fixture, "link");
  assert_found (fixture, "pkg", "link/pkg/__init__.py", "package", "a,absolute,loop,relative");
  assert_found (fixture, "pkg.relative", "link/pkg/relative.py", "a", NULL);
  assert_found (fixture, "pkg.absolute", "link/pkg/absolute.py", "a", NULL);
  assert_found (fixture, "other.a", "link/other/a.py", "a", NULL);
  assert_found (fixture, "pkg.loop.loop.loop.a", "link/pkg/loop/loop/loop/a.py", "a", NULL);
}

static void
test_links_outside (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  unit_tree_write (fixture->tree, "secret.py", "secret");
  unit_tree_write (fixture->tree, "top-secret/x.py", "secret");
  unit_tree_write (fixture->tree, "top-secret/__init__.py", "secret");
  unit_tree_write (fixture->tree, "top/pkg/__init__.py", "package");
  unit_tree_write (fixture->tree, "top/half/x.py", "x");
  unit_tree_link (fixture->tree, "top/half/__init__.py", "../../secret.py");
  unit_tree_link (fixture->tree, "top/file.py", "../secret.py");
  unit_tree_link (fixture->tree, "top/password.py", "/etc/passwd");
  unit_tree_link (fixture->tree, "top/zero.py", "/dev/zero");
  unit_tree_link (fixture->tree, "top/dir", "../top-secret");
  unit_tree_link (fixture->tree, "top/up", "..");
  unit_tree_link (fixture->tree, "top/dangling.py", "nothing");
  unit_tree_link (fixture->tree, "top/round.py", "round.py");
  unit_tree_link (fixture->tree, "top/pkg/data.txt", "../../secret.py");
  unit_tree_link (fixture->tree, "top/pkg/data", "../../top-secret");
  add_tree (fixture, "top");
  unit_assert_not_found (fixture->finder, "file", "leads out");
  unit_assert_not_found (fixture->finder, "password", "leads out");
  unit_assert_not_found (fixture->finder, "zero", NULL);
  unit_assert_not_found (fixture->finder, "dir", "leads out");
  unit_assert_not_found (fixture->finder, "dir.x", "leads out");
  unit_assert_not_found (fixture->finder, "up.secret", "leads out");
  unit_assert_not_found (fixture->finder, "half", "leads out");
  unit_assert_not_found (fixture->finder, "half.x", "leads out");
  unit_assert_not_found (fixture->finder, "dangling", "No source");
  unit_assert_not_found (fixture->finder, "round", "No source");
  assert_found (fixture, "pkg", "top/pkg/__init__.py", "package", "");
  g_assert_null (mitogen_module_finder_read_resource (fixture->finder, "pkg", "data.txt", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (mitogen_module_finder_read_resource (fixture->finder, "pkg", "data/x.py", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* What has become a link since the directory was read is not followed. */
static void
test_swapped (Fixture *fixture, gconstpointer data)
{
  g_autofree char *fifo = unit_tree_path (fixture->tree, "top/fifo.py");
  g_autoptr (GError) error = NULL;

  unit_tree_write (fixture->tree, "secret.py", "secret");
  unit_tree_write (fixture->tree, "outside/a.py", "secret");
  unit_tree_write (fixture->tree, "outside/__init__.py", "secret");
  unit_tree_write (fixture->tree, "top/a.py", "a");
  unit_tree_write (fixture->tree, "top/fifo.py", "a");
  unit_tree_write (fixture->tree, "top/pkg/__init__.py", "package");
  unit_tree_write (fixture->tree, "top/pkg/a.py", "a");
  unit_tree_age (fixture->tree, "top", LONG_AGO);
  add_tree (fixture, "top");
  assert_found (fixture, "a", "top/a.py", "a", NULL);
  assert_found (fixture, "pkg.a", "top/pkg/a.py", "a", NULL);

  unit_tree_remove (fixture->tree, "top/a.py");
  unit_tree_link (fixture->tree, "top/a.py", "../secret.py");
  unit_tree_remove (fixture->tree, "top/fifo.py");
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  unit_tree_remove (fixture->tree, "top/pkg");
  unit_tree_link (fixture->tree, "top/pkg", "../outside");
  unit_tree_age (fixture->tree, "top", LONG_AGO);
  g_assert_true (mitogen_module_finder_has (fixture->finder, "a"));
  g_assert_null (mitogen_module_finder_find (fixture->finder, "a", &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_MODULE_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (mitogen_module_finder_find (fixture->finder, "fifo", &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_MODULE_NOT_FOUND);
  unit_assert_not_found (fixture->finder, "pkg", NULL);
  unit_assert_not_found (fixture->finder, "pkg.a", NULL);
}

/* ---- files that are none, and others that cannot be had ---- */

static void
test_special_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *fifo = unit_tree_path (fixture->tree, "fifo.py");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM, 0);
  MitogenStamp stamp;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_snprintf (address.sun_path, sizeof address.sun_path, "%s/socket.py", fixture->tree);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  unit_tree_write (fixture->tree, "directory.py/x", "");
  unit_tree_link (fixture->tree, "link.py", "fifo.py");
  add_tree (fixture, "");
  unit_assert_not_found (fixture->finder, "fifo", "No source");
  unit_assert_not_found (fixture->finder, "socket", "No source");
  unit_assert_not_found (fixture->finder, "directory", "No source");
  unit_assert_not_found (fixture->finder, "link", "No source");
  close (fd);
  /* Also when it has become one just now. */
  g_assert_null (mitogen_file_read (fifo, 100, &stamp, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (mitogen_file_read (fixture->tree, 100, &stamp, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (mitogen_file_read ("/dev/null", 100, &stamp, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
check_unreadable (Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;

  if (faccessat (AT_FDCWD, path, R_OK, AT_EACCESS) == 0 ||
      faccessat (AT_FDCWD, fixture->tree, R_OK, AT_EACCESS) != 0)
    {
      g_test_skip ("this user may read everything, or nothing");
      return;
    }
  add_tree (fixture, "");
  g_assert_true (mitogen_module_finder_has (fixture->finder, "a"));
  g_assert_null (mitogen_module_finder_find (fixture->finder, "a", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  g_assert_nonnull (strstr (error->message, path));
  unit_assert_not_found (fixture->finder, "closed", NULL);
}

static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = unit_tree_path (fixture->tree, "a.py");
  g_autofree char *directory = unit_tree_path (fixture->tree, "closed");
  uid_t user = geteuid ();

  unit_tree_write (fixture->tree, "a.py", "a");
  unit_tree_write (fixture->tree, "closed/__init__.py", "closed");
  g_assert_cmpint (g_chmod (fixture->tree, 0755), ==, 0);
  g_assert_cmpint (g_chmod (path, 0), ==, 0);
  g_assert_cmpint (g_chmod (directory, 0), ==, 0);
  /* Nothing is closed to root. */
  if (user == 0)
    g_assert_cmpint (seteuid (65534), ==, 0);
  check_unreadable (fixture, path);
  if (user == 0)
    g_assert_cmpint (seteuid (user), ==, 0);
  g_assert_cmpint (g_chmod (directory, 0700), ==, 0);
}

static void
test_large (Fixture *fixture, gconstpointer data)
{
  const off_t size = 50 * 1024 * 1024;
  g_autofree char *path = unit_tree_path (fixture->tree, "pkg/large.py");
  g_autoptr (MitogenModule) module = NULL;
  g_autoptr (GError) error = NULL;

  unit_tree_write (fixture->tree, "pkg/__init__.py", "");
  unit_tree_write (fixture->tree, "pkg/large.py", "");
  g_assert_cmpint (truncate (path, size), ==, 0);
  add_tree (fixture, "");
  g_assert_true (mitogen_module_finder_has (fixture->finder, "pkg.large"));
  g_assert_null (mitogen_module_finder_find (fixture->finder, "pkg.large", &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, path));
  g_clear_error (&error);
  g_assert_null (mitogen_module_finder_read_resource (fixture->finder, "pkg", "large.py", &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE);
  g_clear_error (&error);
  mitogen_module_finder_set_max_size (fixture->finder, (gsize) size - 1);
  g_assert_null (mitogen_module_finder_find (fixture->finder, "pkg.large", &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE);
  g_clear_error (&error);
  mitogen_module_finder_set_max_size (fixture->finder, (gsize) size);
  module = mitogen_module_finder_find (fixture->finder, "pkg.large", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (module->source), ==, (gsize) size);
}

/* ---- what changes ---- */

/* Nothing that tells a time is waited for: a directory that was changed a moment ago is not relied
 * on. */
static void
test_new_files (Fixture *fixture, gconstpointer data)
{
  add_tree (fixture, "");
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *name = g_strdup_printf ("m%u", i);
      g_autofree char *file = g_strconcat (name, ".py", NULL);

      unit_assert_not_found (fixture->finder, name, NULL);
      unit_tree_write (fixture->tree, file, name);
      assert_found (fixture, name, file, name, NULL);
      unit_tree_remove (fixture->tree, file);
      unit_assert_not_found (fixture->finder, name, NULL);
    }
}

/* A directory that has not changed is not read again. */
static void
test_listing_is_kept (Fixture *fixture, gconstpointer data)
{
  unit_tree_write (fixture->tree, "a.py", "a");
  unit_tree_age (fixture->tree, "", LONG_AGO);
  add_tree (fixture, "");
  g_assert_false (mitogen_module_finder_has (fixture->finder, "b"));
  unit_tree_write (fixture->tree, "b.py", "b");
  unit_tree_age (fixture->tree, "", LONG_AGO);
  g_assert_false (mitogen_module_finder_has (fixture->finder, "b"));
  unit_tree_age (fixture->tree, "", LONG_AGO + 1);
  g_assert_true (mitogen_module_finder_has (fixture->finder, "b"));
}

static void
test_hold (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenModule) module = NULL;

  unit_tree_write (fixture->tree, "a.py", "a");
  unit_tree_write (fixture->tree, "pkg/__init__.py", "package");
  add_tree (fixture, "");
  mitogen_module_finder_hold (fixture->finder);
  g_assert_false (mitogen_module_finder_has (fixture->finder, "b"));
  g_assert_false (mitogen_module_finder_has (fixture->finder, "pkg.b"));
  unit_tree_write (fixture->tree, "b.py", "b");
  unit_tree_write (fixture->tree, "pkg/b.py", "b");
  g_assert_false (mitogen_module_finder_has (fixture->finder, "b"));
  g_assert_false (mitogen_module_finder_has (fixture->finder, "pkg.b"));
  /* Somebody else begins later. */
  mitogen_module_finder_hold (fixture->finder);
  g_assert_true (mitogen_module_finder_has (fixture->finder, "b"));
  mitogen_module_finder_release (fixture->finder);
  module = mitogen_module_finder_find (fixture->finder, "b", NULL);
  g_assert_nonnull (module);
  unit_tree_write (fixture->tree, "b.py", "changed");
  g_assert_false (mitogen_module_finder_is_current (fixture->finder, module));
  unit_tree_remove (fixture->tree, "b.py");
  unit_tree_write (fixture->tree, "b/__init__.py", "a package now");
  assert_found (fixture, "b", "b/__init__.py", "a package now", "");
  mitogen_module_finder_release (fixture->finder);
  unit_tree_write (fixture->tree, "c.py", "c");
  assert_found (fixture, "c", "c.py", "c", NULL);
}

static void
test_vanishes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  unit_tree_write (fixture->tree, "a.py", "a");
  unit_tree_age (fixture->tree, "", LONG_AGO);
  add_tree (fixture, "");
  g_assert_true (mitogen_module_finder_has (fixture->finder, "a"));
  unit_tree_remove (fixture->tree, "a.py");
  unit_tree_age (fixture->tree, "", LONG_AGO);
  g_assert_null (mitogen_module_finder_find (fixture->finder, "a", &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_MODULE_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "vanished"));
}

static MitogenModule *
find (Fixture *fixture, const char *name)
{
  g_autoptr (GError) error = NULL;
  MitogenModule *module = mitogen_module_finder_find (fixture->finder, name, &error);

  g_assert_no_error (error);
  return module;
}

static void
test_current (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenModule) file = NULL;
  g_autoptr (MitogenModule) package = NULL;
  g_autoptr (MitogenModule) spread = NULL;
  g_autoptr (MitogenModule) late = NULL;

  unit_tree_write (fixture->tree, "1/pkg/__init__.py", "package");
  unit_tree_write (fixture->tree, "1/pkg/a.py", "one");
  unit_tree_write (fixture->tree, "2/spread/a.py", "a");
  unit_tree_write (fixture->tree, "2/late.py", "late");
  add_tree (fixture, "1");
  add_tree (fixture, "2");
  file = find (fixture, "pkg.a");
  package = find (fixture, "pkg");
  spread = find (fixture, "spread");
  late = find (fixture, "late");
  g_assert_true (mitogen_module_finder_is_current (fixture->finder, file));

  unit_tree_write (fixture->tree, "1/pkg/a.py", "two");
  g_assert_false (mitogen_module_finder_is_current (fixture->finder, file));
  g_assert_true (mitogen_module_finder_is_current (fixture->finder, package));
  unit_tree_write (fixture->tree, "1/pkg/b.txt", "no module");
  g_assert_true (mitogen_module_finder_is_current (fixture->finder, package));
  unit_tree_write (fixture->tree, "1/pkg/b.py", "new");
  g_assert_false (mitogen_module_finder_is_current (fixture->finder, package));
  g_assert_true (mitogen_module_finder_is_current (fixture->finder, spread));
  unit_tree_write (fixture->tree, "1/spread/a.py", "another part");
  g_assert_false (mitogen_module_finder_is_current (fixture->finder, spread));
  g_assert_true (mitogen_module_finder_is_current (fixture->finder, late));
  unit_tree_write (fixture->tree, "1/late.py", "before the other");
  g_assert_false (mitogen_module_finder_is_current (fixture->finder, late));
}

static void
test_place_vanishes (Fixture *fixture, gconstpointer data)
{
  unit_tree_write (fixture->tree, "1/a.py", "1");
  unit_tree_write (fixture->tree, "2/a.py", "2");
  unit_tree_link (fixture->tree, "link", "1");
  add_tree (fixture, "link");
  assert_found (fixture, "a", "link/a.py", "1", NULL);
  unit_tree_remove (fixture->tree, "link");
  unit_assert_not_found (fixture->finder, "a", "link");
  unit_tree_link (fixture->tree, "link", "2");
  assert_found (fixture, "a", "link/a.py", "2", NULL);
}

/* ---- places that are refused ---- */

static void
assert_refused (Fixture *fixture, const char *path, GQuark domain, int code, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (mitogen_module_finder_add_path (fixture->finder, path, &error));
  g_assert_error (error, domain, code);
  if (strstr (error->message, part) == NULL)
    g_error ("“%s” does not say “%s”", error->message, part);
}

static void
test_refused_places (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = unit_tree_path (fixture->tree, "a.py");
  g_autofree char *missing = unit_tree_path (fixture->tree, "missing/x");
  g_autofree char *fifo = unit_tree_path (fixture->tree, "fifo");
  g_autofree char *library = unit_tree_path (fixture->tree, "python3.99");
  g_auto (GStrv) paths = NULL;

  unit_tree_write (fixture->tree, "a.py", "a");
  unit_tree_write (fixture->tree, "python3.99/os.py", "");
  unit_tree_write (fixture->tree, "python3.99/abc.py", "");
  unit_tree_write (fixture->tree, "python3.99/codecs.py", "");
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  assert_refused (fixture, file, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "neither a directory nor");
  assert_refused (fixture, missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "neither a directory nor");
  assert_refused (fixture, fifo, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "neither a directory nor");
  assert_refused (fixture, "/dev/null", G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "/dev/null");
  assert_refused (fixture, library, MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION, "standard library");
  paths = mitogen_module_finder_get_paths (fixture->finder);
  g_assert_cmpuint (g_strv_length (paths), ==, 0);
  unit_assert_not_found (fixture->finder, "a", "no search path was set");
}

static void
test_paths (Fixture *fixture, gconstpointer data)
{
  g_autofree char *current = g_get_current_dir ();
  g_autofree char *slashes = g_strconcat (fixture->tree, "///", NULL);
  g_autofree char *dotted = g_strconcat (fixture->tree, "/sub/../sub", NULL);
  g_auto (GStrv) paths = NULL;

  unit_tree_write (fixture->tree, "sub/a.py", "a");
  unit_add_path (fixture->finder, fixture->tree);
  unit_add_path (fixture->finder, slashes);
  unit_add_path (fixture->finder, dotted);
  g_assert_cmpint (g_chdir (fixture->tree), ==, 0);
  unit_add_path (fixture->finder, "");
  unit_add_path (fixture->finder, "sub");
  g_assert_cmpint (g_chdir (current), ==, 0);
  paths = mitogen_module_finder_get_paths (fixture->finder);
  g_assert_cmpuint (g_strv_length (paths), ==, 3);
  g_assert_cmpstr (paths[0], ==, fixture->tree);
  g_assert_cmpstr (paths[1], ==, dotted);
  g_assert_true (g_str_has_suffix (paths[2], "/sub"));
  assert_found (fixture, "a", "sub/../sub/a.py", "a", NULL);
}

/* ---- added modules ---- */

static void
test_added (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenModule) module = NULL;
  g_autoptr (MitogenModule) extended = NULL;
  g_autoptr (GBytes) source = g_bytes_new_static ("x", 1);
  g_autoptr (GError) error = NULL;

  unit_tree_write (fixture->tree, "a.py", "on disk");
  unit_tree_write (fixture->tree, "pkg/__init__.py", "package");
  unit_tree_write (fixture->tree, "spread/one.py", "one");
  add_tree (fixture, "");
  extended = find (fixture, "pkg");
  add_module (fixture, "a", "added", FALSE);
  unit_assert_found (fixture->finder, "a", "<added>/a.py", "added", NULL);
  module = find (fixture, "a");
  add_module (fixture, "a.b", "b", FALSE);
  g_assert_false (mitogen_module_finder_is_current (fixture->finder, module));
  unit_assert_found (fixture->finder, "a", "<added>/a.py", "added", "b");
  unit_assert_found (fixture->finder, "a.b", "<added>/a/b.py", "b", NULL);
  unit_assert_not_found (fixture->finder, "a.c", NULL);
  add_module (fixture, "new.deep.x", "x", FALSE);
  unit_assert_found (fixture->finder, "new", "<added>/new", NULL, "deep");
  unit_assert_found (fixture->finder, "new.deep", "<added>/new/deep", NULL, "x");
  add_module (fixture, "p", "p", TRUE);
  unit_assert_found (fixture->finder, "p", "<added>/p/__init__.py", "p", "");

  add_module (fixture, "pkg.extra", "extra", FALSE);
  g_assert_false (mitogen_module_finder_is_current (fixture->finder, extended));
  assert_found (fixture, "pkg", "pkg/__init__.py", "package", "extra");
  add_module (fixture, "spread.two", "two", FALSE);
  assert_found (fixture, "spread", "spread", NULL, "one,two");
  assert_found (fixture, "spread.one", "spread/one.py", "one", NULL);
  unit_assert_found (fixture->finder, "spread.two", "<added>/spread/two.py", "two", NULL);

  g_assert_false (
      mitogen_module_finder_add_module (fixture->finder, "../a", source, FALSE, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_MODULE_NOT_FOUND);
}

/* Of the library's resources, which a static library brings along only for who names it. */
GResource *mitogen_remote_get_resource (void);

/* The library's own package is its own. */
static void
test_own (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenModule) module = NULL;
  g_autoptr (GBytes) source = g_bytes_new_static ("x", 1);
  g_autoptr (GError) error = NULL;

  unit_tree_write (fixture->tree, "mitogen/__init__.py", "another");
  unit_tree_write (fixture->tree, "mitogen/of_others.py", "another");
  unit_tree_write (fixture->tree, "mitogenic.py", "like it");
  add_tree (fixture, "");
  g_assert_nonnull (mitogen_remote_get_resource ());
  module = find (fixture, "mitogen.utils");
  g_assert_cmpstr (module->path, ==, "resource:///org/mitogen/remote/modules/mitogen/utils.py");
  g_assert_cmpuint (g_bytes_get_size (module->source), >, 0);
  unit_assert_not_found (fixture->finder, "mitogen.of_others", "this library");
  assert_found (fixture, "mitogenic", "mitogenic.py", "like it", NULL);
  g_assert_false (
      mitogen_module_finder_add_module (fixture->finder, "mitogen.x", source, FALSE, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION);
}

/* ---- resources of the program ---- */

static void
test_resources (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_auto (GStrv) names = NULL;

  mitogen_module_finder_add_resource (fixture->finder, "resource://" RESOURCES "/", &error);
  g_assert_no_error (error);
  mitogen_module_finder_add_resource (fixture->finder, RESOURCES, &error);
  g_assert_no_error (error);
  names = mitogen_module_finder_get_paths (fixture->finder);
  g_assert_cmpuint (g_strv_length (names), ==, 1);
  g_assert_cmpstr (names[0], ==, "resource://" RESOURCES);
  g_clear_pointer (&names, g_strfreev);
  unit_assert_found (fixture->finder, "alone", "resource://" RESOURCES "/alone.py", "answer = 42\n",
                     NULL);
  unit_assert_found (fixture->finder, "pkg", "resource://" RESOURCES "/pkg/__init__.py",
                     "from . import part\n", "data,part");
  unit_assert_found (fixture->finder, "pkg.part", "resource://" RESOURCES "/pkg/part.py",
                     "name = 'part'\n", NULL);
  unit_assert_not_found (fixture->finder, "missing", "resource://" RESOURCES);

  bytes = mitogen_module_finder_read_resource (fixture->finder, "pkg", "data/words.txt", &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "one two\n", 8);
  names = mitogen_module_finder_list_resources (fixture->finder, "pkg", "", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (names[0], ==, "__init__.py");
  g_assert_cmpstr (names[1], ==, "data/");
  g_assert_cmpstr (names[2], ==, "part.py");
  g_assert_null (names[3]);

  mitogen_module_finder_set_max_size (fixture->finder, 5);
  g_assert_null (mitogen_module_finder_find (fixture->finder, "pkg", &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_assert_false (
      mitogen_module_finder_add_resource (fixture->finder, "/org/mitogen/none", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (mitogen_module_finder_add_resource (fixture->finder, "file:///etc", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

/* ---- data files ---- */

static void
assert_data (Fixture *fixture, const char *package, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
      mitogen_module_finder_read_resource (fixture->finder, package, name, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, strlen (text));
}

static void
assert_no_data (Fixture *fixture, const char *package, const char *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_module_finder_read_resource (fixture->finder, package, name, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  if (*name == '\0')
    return;
  g_assert_null (mitogen_module_finder_list_resources (fixture->finder, package, name, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
assert_list (Fixture *fixture, const char *package, const char *directory, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names =
      mitogen_module_finder_list_resources (fixture->finder, package, directory, &error);
  g_autofree char *joined = NULL;

  g_assert_no_error (error);
  joined = g_strjoinv (" ", names);
  g_assert_cmpstr (joined, ==, expected);
}

static void
test_data (Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_one = g_strnfill (10000, 'a');

  unit_tree_write (fixture->tree, "secret", "secret");
  unit_tree_write (fixture->tree, "top/pkg/__init__.py", "package");
  unit_tree_write (fixture->tree, "top/pkg/read me.txt", "text");
  unit_tree_write (fixture->tree, "top/pkg/data/x.txt", "x");
  unit_tree_write (fixture->tree, "top/pkg/data/more/y.txt", "");
  unit_tree_write (fixture->tree, "top/pkg/data/__pycache__/y.pyc", "");
  unit_tree_write (fixture->tree, "top/pkg/old.pyc", "");
  unit_tree_write (fixture->tree, "top/spread/one.txt", "one");
  unit_tree_write (fixture->tree, "other/spread/two.txt", "two");
  unit_tree_write (fixture->tree, "other/spread/one.txt", "never");
  unit_tree_write (fixture->tree, "top/alone.py", "");
  unit_tree_link (fixture->tree, "top/pkg/link.txt", "data/x.txt");
  unit_tree_link (fixture->tree, "top/pkg/secret.txt", "../../secret");
  add_tree (fixture, "top");
  add_tree (fixture, "other");
  add_module (fixture, "added", "", TRUE);
  assert_data (fixture, "pkg", "read me.txt", "text");
  assert_data (fixture, "pkg", "data/x.txt", "x");
  assert_data (fixture, "pkg", "data/more/y.txt", "");
  assert_data (fixture, "pkg", "link.txt", "x");
  assert_data (fixture, "pkg.data", "x.txt", "x");
  assert_data (fixture, "spread", "one.txt", "one");
  assert_data (fixture, "spread", "two.txt", "two");
  assert_list (fixture, "pkg", "", "__init__.py data/ link.txt read me.txt");
  assert_list (fixture, "pkg", "data", "more/ x.txt");
  assert_list (fixture, "pkg", "data/more", "y.txt");
  assert_list (fixture, "spread", "", "one.txt two.txt");
  assert_no_data (fixture, "pkg", "secret.txt");
  assert_no_data (fixture, "pkg", "../../secret");
  assert_no_data (fixture, "pkg", "data/../../../secret");
  assert_no_data (fixture, "pkg", "/etc/passwd");
  assert_no_data (fixture, "pkg", "data//x.txt");
  assert_no_data (fixture, "pkg", "./data");
  assert_no_data (fixture, "pkg", "");
  assert_no_data (fixture, "pkg", long_one);
  assert_no_data (fixture, "pkg", "read me.txt/x");
  assert_no_data (fixture, "pkg", "\377");
  assert_no_data (fixture, "alone", "x.txt");
  assert_no_data (fixture, "none", "x.txt");
  assert_no_data (fixture, "..", "secret");
  assert_no_data (fixture, "added", "x.txt");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  g_test_add_func ("/module-finder/names", test_names);
  ADD ("/module-finder/bad-names", test_bad_names);
  ADD ("/module-finder/packages", test_packages);
  ADD ("/module-finder/order", test_order);
  ADD ("/module-finder/compiled", test_compiled);
  ADD ("/module-finder/links/inside", test_links_inside);
  ADD ("/module-finder/links/outside", test_links_outside);
  ADD ("/module-finder/links/swapped", test_swapped);
  ADD ("/module-finder/special-files", test_special_files);
  ADD ("/module-finder/unreadable", test_unreadable);
  ADD ("/module-finder/large", test_large);
  ADD ("/module-finder/new-files", test_new_files);
  ADD ("/module-finder/listing-is-kept", test_listing_is_kept);
  ADD ("/module-finder/hold", test_hold);
  ADD ("/module-finder/vanishes", test_vanishes);
  ADD ("/module-finder/current", test_current);
  ADD ("/module-finder/place-vanishes", test_place_vanishes);
  ADD ("/module-finder/refused-places", test_refused_places);
  ADD ("/module-finder/paths", test_paths);
  ADD ("/module-finder/added", test_added);
  ADD ("/module-finder/own", test_own);
  ADD ("/module-finder/resources", test_resources);
  ADD ("/module-finder/data", test_data);
#undef ADD
  return g_test_run ();
}
