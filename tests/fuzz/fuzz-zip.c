/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "python/mitogen-module-finder-private.h"
#include "python/mitogen-module-tree-private.h"

#define MAX_SIZE 4096

#define MAX_DEPTH 8

static void visit (MitogenModuleTree *tree, const char *directory, guint depth);

static void
read_file (MitogenModuleTree *tree, MitogenListing *listing, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  MitogenStamp stamp;

  bytes = tree->klass->read (tree, listing, name, MAX_SIZE, &stamp, &error);
  if ((bytes == NULL) != (error != NULL))
    g_error ("“%s” is neither read nor refused", name);
  if (bytes != NULL && g_bytes_get_size (bytes) > MAX_SIZE)
    g_error ("“%s” is larger than it may be", name);
  if (error != NULL && !g_utf8_validate (error->message, -1, NULL))
    g_error ("what is said of a file is not UTF-8");
}

static void
visit_entry (MitogenModuleTree *tree,
             MitogenListing *listing,
             const char *directory,
             const char *name,
             guint depth)
{
  g_autofree char *path =
      *directory != '\0' ? g_build_filename (directory, name, NULL) : g_strdup (name);

  if (*name == '\0' || strchr (name, '/') != NULL || strcmp (name, "..") == 0)
    g_error ("“%s” is no name in a directory", name);
  if (mitogen_module_tree_look_up (tree, listing, name) == MITOGEN_ENTRY_FILE)
    read_file (tree, listing, name);
  else if (depth < MAX_DEPTH)
    visit (tree, path, depth + 1);
}

static void
visit (MitogenModuleTree *tree, const char *directory, guint depth)
{
  g_autoptr (MitogenListing) listing = tree->klass->list (tree, directory);
  GHashTableIter iter;
  gpointer name;

  if (listing == NULL)
    g_error ("“%s” was listed, but is not there", directory);
  g_hash_table_iter_init (&iter, listing->entries);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    visit_entry (tree, listing, directory, name, depth);
}

/* All that can be found in an archive is refused, or as large as it may be. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static char *path;
  static int fd = -1;
  MitogenModuleTree *tree;

  if (fd < 0)
    {
      fd = memfd_create ("fuzz-zip", 0);
      path = g_strdup_printf ("/proc/self/fd/%d", fd);
    }
  /* Not just now: what has just changed is read again each time. */
  if (ftruncate (fd, 0) != 0 || pwrite (fd, data, size, 0) != (gssize) size ||
      futimens (fd, (struct timespec[]){ { 1000000000, 1 }, { 1000000000, 1 } }) != 0)
    g_error ("the archive cannot be written");
  tree = mitogen_module_tree_new_archive (path, NULL);
  if (tree != NULL)
    {
      visit (tree, "", 0);
      mitogen_module_tree_unref (tree);
    }
  return 0;
}
