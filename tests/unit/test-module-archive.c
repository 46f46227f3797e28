/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Modules in zip archives, also in hostile ones; and many threads at once. */

#include "unit-modules.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  char *tree;
  char *path; /* of the archive */
  MitogenModuleFinder *finder;
} Fixture;

static const UnitZipFile usual_files[] = {
  { "alone.py", "alone", FALSE },
  { "pkg/", NULL, FALSE },
  { "pkg/__init__.py", "a package, a package, a package, a package", TRUE },
  { "pkg/b.py", "b", TRUE },
  { "pkg/data/x.txt", "text", FALSE },
  { "pkg/sub/deep.py", "deep", FALSE },
  { "lib/inner.py", "inner", TRUE },
  { "empty.py", NULL, TRUE },
  { "old.pyc", "compiled", FALSE },
  { "fast.so", "compiled", FALSE },
  { NULL },
};

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->tree = unit_tree_new ();
  fixture->path = unit_tree_path (fixture->tree, "app.zip");
  fixture->finder = mitogen_module_finder_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  mitogen_module_finder_unref (fixture->finder);
  g_free (fixture->path);
  unit_tree_end (fixture->tree);
}

static void
write_zip (Fixture *fixture, const UnitZipFile *files, const UnitZipOptions *options)
{
  g_autoptr (GByteArray) zip = unit_zip_new (files, options);

  unit_tree_write_bytes (fixture->tree, "app.zip", zip->data, zip->len);
}

static void
assert_found (Fixture *fixture,
              const char *name,
              const char *path,
              const char *source,
              const char *children)
{
  g_autofree char *full = g_build_filename (fixture->path, path, NULL);

  unit_assert_found (fixture->finder, name, full, source, children);
}

static void
assert_usual (Fixture *fixture)
{
  unit_add_path (fixture->finder, fixture->path);
  assert_found (fixture, "alone", "alone.py", "alone", NULL);
  assert_found (fixture, "empty", "empty.py", "", NULL);
  assert_found (fixture, "pkg", "pkg/__init__.py", usual_files[2].data, "b,data,sub");
  assert_found (fixture, "pkg.b", "pkg/b.py", "b", NULL);
  assert_found (fixture, "pkg.sub", "pkg/sub", NULL, "deep");
  assert_found (fixture, "pkg.sub.deep", "pkg/sub/deep.py", "deep", NULL);
  unit_assert_not_found (fixture->finder, "old", "compiled");
  /* Python does not look for those in archives. */
  unit_assert_not_found (fixture->finder, "fast", "app.zip");
}

/* ---- archives as they should be ---- */

static void
test_plain (Fixture *fixture, gconstpointer data)
{
  write_zip (fixture, usual_files, NULL);
  assert_usual (fixture);
}

static void
test_prefix_and_comment (Fixture *fixture, gconstpointer data)
{
  g_autofree char *comment = g_strnfill (65535, 'c');
  UnitZipOptions options = { "#!/usr/bin/env python3\nPK\3\4 and more\n", comment };

  write_zip (fixture, usual_files, &options);
  assert_usual (fixture);
}

static void
test_64 (Fixture *fixture, gconstpointer data)
{
  UnitZipOptions options = { "#!/usr/bin/env python3\n", "a comment", TRUE };

  write_zip (fixture, usual_files, &options);
  assert_usual (fixture);
}

static void
test_folder (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_strconcat (fixture->path, "//lib/", NULL);
  g_autofree char *none = g_strconcat (fixture->path, "/none", NULL);
  g_autofree char *up = g_strconcat (fixture->path, "/lib/../lib", NULL);
  g_autoptr (GError) error = NULL;

  write_zip (fixture, usual_files, NULL);
  unit_add_path (fixture->finder, folder);
  assert_found (fixture, "inner", "lib/inner.py", "inner", NULL);
  unit_assert_not_found (fixture->finder, "alone", "app.zip/lib");
  g_assert_false (mitogen_module_finder_add_path (fixture->finder, none, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (mitogen_module_finder_add_path (fixture->finder, up, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_names (Fixture *fixture, gconstpointer data)
{
  static const UnitZipFile files[] = {
    { "twice.py", "first", FALSE },
    { "twice.py", "second", FALSE },
    { "../up.py", "up", FALSE },
    { "/absolute.py", "absolute", FALSE },
    { "pkg/../../up.py", "up", FALSE },
    { "pkg//x.py", "x", FALSE },
    { "pkg/./y.py", "y", FALSE },
    { "\202.py", "e with an accent", FALSE },
    { "both", "a file", FALSE },
    { "both/__init__.py", "a package", FALSE },
    { "", "nothing", FALSE },
    { "/", NULL, FALSE },
    { NULL },
  };

  write_zip (fixture, files, NULL);
  unit_add_path (fixture->finder, fixture->path);
  assert_found (fixture, "twice", "twice.py", "second", NULL);
  assert_found (fixture, "\303\251", "\303\251.py", "e with an accent", NULL);
  assert_found (fixture, "both", "both/__init__.py", "a package", "");
  unit_assert_not_found (fixture->finder, "pkg", NULL);
  unit_assert_not_found (fixture->finder, "up", NULL);
  unit_assert_not_found (fixture->finder, "absolute", NULL);
}

static void
test_utf_8 (Fixture *fixture, gconstpointer data)
{
  static const UnitZipFile files[] = { { "\303\251t\303\251.py", "summer", TRUE },
                                       { "\377.py", "not UTF-8", TRUE },
                                       { NULL } };
  UnitZipOptions options = { .flags = 0x800 };

  write_zip (fixture, files, &options);
  unit_add_path (fixture->finder, fixture->path);
  assert_found (fixture, "\303\251t\303\251", "\303\251t\303\251.py", "summer", NULL);
}

static void
test_data (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_auto (GStrv) names = NULL;

  write_zip (fixture, usual_files, NULL);
  unit_add_path (fixture->finder, fixture->path);
  bytes = mitogen_module_finder_read_resource (fixture->finder, "pkg", "data/x.txt", &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "text", 4);
  names = mitogen_module_finder_list_resources (fixture->finder, "pkg", "data", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (names[0], ==, "x.txt");
  g_assert_null (names[1]);
  g_assert_null (
      mitogen_module_finder_read_resource (fixture->finder, "pkg", "../alone.py", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* ---- archives that change ---- */

static void
test_replaced (Fixture *fixture, gconstpointer data)
{
  static const UnitZipFile others[] = { { "alone.py", "new", FALSE },
                                        { "more.py", "more", FALSE },
                                        { NULL } };
  g_autoptr (MitogenModule) module = NULL;

  write_zip (fixture, usual_files, NULL);
  unit_add_path (fixture->finder, fixture->path);
  module = mitogen_module_finder_find (fixture->finder, "alone", NULL);
  g_assert_true (mitogen_module_finder_is_current (fixture->finder, module));
  write_zip (fixture, others, NULL);
  g_assert_false (mitogen_module_finder_is_current (fixture->finder, module));
  assert_found (fixture, "alone", "alone.py", "new", NULL);
  assert_found (fixture, "more", "more.py", "more", NULL);
  unit_assert_not_found (fixture->finder, "pkg", NULL);
  unit_tree_write (fixture->tree, "app.zip", "no archive any more");
  unit_assert_not_found (fixture->finder, "alone", NULL);
  unit_tree_remove (fixture->tree, "app.zip");
  unit_assert_not_found (fixture->finder, "alone", "app.zip");
  write_zip (fixture, usual_files, NULL);
  assert_found (fixture, "alone", "alone.py", "alone", NULL);
}

/* ---- hostile ones ---- */

static void
assert_refused (Fixture *fixture, GByteArray *zip, const char *part)
{
  g_autoptr (GError) error = NULL;

  unit_tree_write_bytes (fixture->tree, "app.zip", zip->data, zip->len);
  g_assert_false (mitogen_module_finder_add_path (fixture->finder, fixture->path, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  if (strstr (error->message, part) == NULL)
    g_error ("“%s” does not say “%s”", error->message, part);
}

static void
test_broken_directory (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    gsize position; /* behind the end record's beginning, or the first entry's */
    gboolean in_entry;
    guint32 value;
    const char *part;
  } cases[] = {
    { 12, FALSE, 0x7fffffff, "larger than the file" },
    { 12, FALSE, 0xffffffff, "larger than the file" },
    { 12, FALSE, 3, "missing" },
    { 16, FALSE, 0x7fffffff, "not where it should be" },
    { 16, FALSE, 0xffffffff, "not where it should be" },
    { 8, FALSE, 0x00030003, "missing" },
    { 0, TRUE, 0, "missing" },
    { 28, TRUE, 0x0000ffff, "makes no sense" },
    { 28, TRUE, 0xffff0008, "makes no sense" },
    { 30, TRUE, 0xffff0000, "makes no sense" },
    { 42, TRUE, 0x7fffffff, "makes no sense" },
    { 42, TRUE, 0xffffffff, "makes no sense" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) zip = unit_zip_new (usual_files, NULL);
      gsize base = cases[i].in_entry ? unit_zip_entry (zip, 0) : unit_zip_end (zip);

      unit_zip_set_32 (zip, base + cases[i].position, cases[i].value);
      assert_refused (fixture, zip, cases[i].part);
    }
}

/* Every beginning of an archive, and every archive that lacks its beginning. */
static void
test_truncated (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) zip = unit_zip_new (usual_files, NULL);

  for (guint size = 0; size < zip->len; size += size < zip->len - 40 ? 13 : 1)
    {
      g_autoptr (GByteArray) part = g_byte_array_new ();

      g_byte_array_append (part, zip->data, size);
      assert_refused (fixture, part, "neither a directory nor a zip archive");
      g_byte_array_set_size (part, 0);
      g_byte_array_append (part, zip->data + size + 1, zip->len - size - 1);
      assert_refused (fixture, part, "neither a directory nor a zip archive");
    }
}

static void
assert_unreadable (Fixture *fixture, GByteArray *zip, GQuark domain, int code, const char *part)
{
  g_autoptr (GError) error = NULL;

  unit_tree_write_bytes (fixture->tree, "app.zip", zip->data, zip->len);
  unit_add_path (fixture->finder, fixture->path);
  g_assert_true (mitogen_module_finder_has (fixture->finder, "a"));
  g_assert_null (mitogen_module_finder_find (fixture->finder, "a", &error));
  g_assert_error (error, domain, code);
  if (strstr (error->message, part) == NULL || strstr (error->message, "app.zip/a.py") == NULL)
    g_error ("“%s” does not say “%s” of the file", error->message, part);
  /* The others are none the worse. */
  assert_found (fixture, "b", "b.py", "b", NULL);
}

static void
test_broken_files (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    gsize position;
    guint32 value;
    gboolean deflated;
    gboolean in_local;
    const char *part;
  } cases[] = {
    { 20, 0, TRUE, FALSE, "too early" },            /* the packed size */
    { 20, 5, TRUE, FALSE, "too early" },            /* likewise */
    { 20, 0x7fffffff, FALSE, FALSE, "two sizes" },  /* likewise */
    { 24, 0x00ffffff, FALSE, FALSE, "two sizes" },  /* the size */
    { 24, 0x00ffffff, TRUE, FALSE, "be inflated" }, /* likewise */
    { 24, 10, TRUE, FALSE, "be inflated" },         /* likewise */
    { 24, 0, TRUE, FALSE, "be inflated" },          /* likewise */
    { 16, 0x12345678, TRUE, FALSE, "checksum" },    /* the checksum */
    { 16, 0x12345678, FALSE, FALSE, "checksum" },   /* likewise */
    { 42, 7, FALSE, FALSE, "not where it should" }, /* the position */
    { 0, 0, FALSE, TRUE, "not where it should" },   /* the signature */
    { 26, 0xffffffff, FALSE, TRUE, "too early" },   /* the sizes of the name and more */
    { 26, 0xffffffff, TRUE, TRUE, "too early" },    /* likewise */
    { 26, 0x00000005, TRUE, TRUE, "be inflated" },  /* likewise */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      UnitZipFile files[] = { { "a.py", "a text that is not very short, not very short",
                                cases[i].deflated },
                              { "b.py", "b", FALSE },
                              { NULL } };
      g_autoptr (GByteArray) zip = unit_zip_new (files, NULL);
      gsize base = cases[i].in_local ? 0 : unit_zip_entry (zip, 0);

      unit_zip_set_32 (zip, base + cases[i].position, cases[i].value);
      assert_unreadable (fixture, zip, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, cases[i].part);
    }
}

static void
test_other_methods (Fixture *fixture, gconstpointer data)
{
  static const UnitZipFile files[] = { { "a.py", "text", FALSE },
                                       { "b.py", "b", FALSE },
                                       { NULL } };
  g_autoptr (GByteArray) lzma = unit_zip_new (files, NULL);
  g_autoptr (GByteArray) encrypted = unit_zip_new (files, NULL);

  unit_zip_set_16 (lzma, unit_zip_entry (lzma, 0) + 10, 14);
  assert_unreadable (fixture, lzma, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "method");
  unit_zip_set_16 (encrypted, unit_zip_entry (encrypted, 0) + 8, 1);
  assert_unreadable (fixture, encrypted, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "encrypted");
}

/* What says that it is large is not inflated, and what does not say so is not inflated further. */
static void
test_bomb (Fixture *fixture, gconstpointer data)
{
  g_autofree char *zeros = g_strnfill (20 * 1024 * 1024, '0');
  UnitZipFile files[] = { { "a.py", zeros, TRUE }, { "b.py", "b", FALSE }, { NULL } };
  g_autoptr (GByteArray) zip = unit_zip_new (files, NULL);

  g_assert_cmpuint (zip->len, <, 100000);
  assert_unreadable (fixture, zip, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE, "limit");
  unit_zip_set_32 (zip, unit_zip_entry (zip, 0) + 24, 1000);
  assert_unreadable (fixture, zip, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "be inflated");
}

/* Names that would make millions of directories. */
static void
test_deep (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) deep = g_string_new (NULL);
  g_autofree char *long_one = g_strnfill (60000, 'a');
  UnitZipFile files[] = {
    { NULL, "deep", FALSE }, { long_one, "long", FALSE }, { "a/b.py", "b", FALSE }, { NULL }
  };

  for (guint i = 0; i < 30000; i++)
    g_string_append (deep, "d/");
  files[0].name = deep->str;
  write_zip (fixture, files, NULL);
  unit_add_path (fixture->finder, fixture->path);
  unit_assert_not_found (fixture->finder, "d", NULL);
  assert_found (fixture, "a.b", "a/b.py", "b", NULL);
}

/* ---- threads ---- */

#define N_ROUNDS 200

typedef struct
{
  Fixture *fixture;
  gint stop; /* atomic */
} Shared;

static void
assert_one_of (MitogenModule *module, const char *first, const char *second)
{
  gsize size;
  const char *data = g_bytes_get_data (module->source, &size);

  g_assert_true ((size == strlen (first) && memcmp (data, first, size) == 0) ||
                 (size == strlen (second) && memcmp (data, second, size) == 0));
}

static gpointer
find_always (gpointer data)
{
  Shared *shared = data;
  MitogenModuleFinder *finder = shared->fixture->finder;
  guint n_found = 0;

  while (!g_atomic_int_get (&shared->stop))
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MitogenModule) file = mitogen_module_finder_find (finder, "file", &error);
      g_autoptr (MitogenModule) zipped = NULL;
      g_autoptr (MitogenModule) added = NULL;

      g_assert_no_error (error);
      assert_one_of (file, "one", "another");
      mitogen_module_finder_is_current (finder, file);
      zipped = mitogen_module_finder_find (finder, "zipped", NULL);
      if (zipped != NULL)
        assert_one_of (zipped, "one", "another");
      added = mitogen_module_finder_find (finder, "added.m0", NULL);
      if (added != NULL)
        assert_one_of (added, "0", "0");
      mitogen_module_finder_hold (finder);
      mitogen_module_finder_has (finder, "missing");
      mitogen_module_finder_has (finder, "zipped");
      mitogen_module_finder_release (finder);
      n_found++;
    }
  return GUINT_TO_POINTER (n_found);
}

static gpointer
add_always (gpointer data)
{
  Shared *shared = data;

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      g_autofree char *name = g_strdup_printf ("added.m%u", i);
      g_autofree char *place = g_strdup_printf ("place%u", i % 20);
      g_autofree char *file = g_strconcat (place, "/x.py", NULL);
      g_autofree char *path = unit_tree_path (shared->fixture->tree, place);
      g_autoptr (GBytes) source = g_bytes_new_static ("0", 1);

      g_assert_true (mitogen_module_finder_add_module (shared->fixture->finder, name, source, FALSE,
                                                       NULL, NULL));
      unit_tree_write (shared->fixture->tree, file, "x");
      unit_add_path (shared->fixture->finder, path);
    }
  return NULL;
}

static gpointer
change_always (gpointer data)
{
  Shared *shared = data;

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      const char *text = i % 2 == 0 ? "one" : "another";
      UnitZipFile files[] = { { "zipped.py", text, i % 3 == 0 }, { NULL } };

      /* Another file under the same name: nobody sees half of it. */
      unit_tree_write (shared->fixture->tree, "top/file.py", text);
      write_zip (shared->fixture, files, NULL);
    }
  return NULL;
}

static void
test_threads (Fixture *fixture, gconstpointer data)
{
  static const UnitZipFile files[] = { { "zipped.py", "one", FALSE }, { NULL } };
  g_autofree char *top = unit_tree_path (fixture->tree, "top");
  Shared shared = { .fixture = fixture };
  GThread *finders[3];
  GThread *others[2];

  unit_tree_write (fixture->tree, "top/file.py", "one");
  write_zip (fixture, files, NULL);
  unit_add_path (fixture->finder, top);
  unit_add_path (fixture->finder, fixture->path);
  for (guint i = 0; i < G_N_ELEMENTS (finders); i++)
    finders[i] = g_thread_new ("find", find_always, &shared);
  others[0] = g_thread_new ("add", add_always, &shared);
  others[1] = g_thread_new ("change", change_always, &shared);
  g_thread_join (others[0]);
  g_thread_join (others[1]);
  g_atomic_int_set (&shared.stop, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (finders); i++)
    g_test_message ("found %u times", GPOINTER_TO_UINT (g_thread_join (finders[i])));
  assert_found (fixture, "zipped", "zipped.py", "another", NULL);
  unit_assert_found (fixture->finder, "added.m199", "<added>/added/m199.py", "0", NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/module-archive/plain", test_plain);
  ADD ("/module-archive/prefix-and-comment", test_prefix_and_comment);
  ADD ("/module-archive/64", test_64);
  ADD ("/module-archive/folder", test_folder);
  ADD ("/module-archive/names", test_names);
  ADD ("/module-archive/utf-8", test_utf_8);
  ADD ("/module-archive/data", test_data);
  ADD ("/module-archive/replaced", test_replaced);
  ADD ("/module-archive/broken-directory", test_broken_directory);
  ADD ("/module-archive/truncated", test_truncated);
  ADD ("/module-archive/broken-files", test_broken_files);
  ADD ("/module-archive/other-methods", test_other_methods);
  ADD ("/module-archive/bomb", test_bomb);
  ADD ("/module-archive/deep", test_deep);
  ADD ("/module-archive/threads", test_threads);
#undef ADD
  return g_test_run ();
}
