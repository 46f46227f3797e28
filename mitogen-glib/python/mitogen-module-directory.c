/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Modules in a directory. As Python does, it keeps listings of directories until their times
 * change, so that asking for a module that is not there is one system call.
 *
 * What is opened is always a path without any symbolic link, inside the directory. */

#include "python/mitogen-module-tree-private.h"
#include "python/mitogen-file-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Links make paths without end: then it starts again. */
#define MAX_LISTINGS 4096

typedef struct
{
  MitogenListing *listing;
  gboolean settled; /* else it is good for its epoch only */
  gint epoch;       /* in which it was compared with the directory */
} Kept;

typedef struct
{
  MitogenModuleTree parent;
  char *path; /* may be a link */
  GMutex lock;
  GHashTable *listings; /* directory: Kept; protected by lock */
} Tree;

static void
kept_free (gpointer data)
{
  Kept *self = data;

  mitogen_listing_unref (self->listing);
  g_free (self);
}

static void
tree_free (MitogenModuleTree *tree)
{
  Tree *self = (Tree *) tree;

  g_hash_table_unref (self->listings);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self);
}

/* ---- staying inside ---- */

static gboolean
is_inside (const char *real_root, const char *real)
{
  gsize size = strlen (real_root);

  if (strcmp (real_root, "/") == 0)
    return TRUE;
  return strncmp (real, real_root, size) == 0 && (real[size] == '/' || real[size] == '\0');
}

/* Where @path leads, in *real; FALSE: it leads out of the tree, or nowhere. */
static gboolean
resolve (Tree *self, const char *path, char **real)
{
  char *real_root = realpath (self->path, NULL);
  gboolean inside;

  *real = realpath (path, NULL);
  inside = real_root != NULL && *real != NULL && is_inside (real_root, *real);
  free (real_root);
  return inside;
}

static char *
join (const char *directory, const char *name)
{
  return g_str_has_suffix (directory, "/") ? g_strconcat (directory, name, NULL)
                                           : g_strconcat (directory, "/", name, NULL);
}

/* ---- listing ---- */

static MitogenEntryKind
kind_of_mode (mode_t mode)
{
  if (S_ISREG (mode))
    return MITOGEN_ENTRY_FILE;
  if (S_ISDIR (mode))
    return MITOGEN_ENTRY_DIRECTORY;
  return S_ISLNK (mode) ? MITOGEN_ENTRY_LINK : MITOGEN_ENTRY_NONE;
}

static MitogenEntryKind
kind_of_entry (int fd, const struct dirent *entry)
{
  struct stat info;

#ifdef _DIRENT_HAVE_D_TYPE
  if (entry->d_type == DT_REG)
    return MITOGEN_ENTRY_FILE;
  if (entry->d_type == DT_DIR)
    return MITOGEN_ENTRY_DIRECTORY;
  if (entry->d_type == DT_LNK)
    return MITOGEN_ENTRY_LINK;
  if (entry->d_type != DT_UNKNOWN)
    return MITOGEN_ENTRY_NONE;
#endif
  if (fstatat (fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return MITOGEN_ENTRY_NONE;
  return kind_of_mode (info.st_mode);
}

/* "a.so", "a.abi3.so", "a.cpython-313-x86_64-linux-gnu.so" */
static gboolean
is_extension_module (const char *name)
{
  const char *suffix = strchr (name, '.');
  const char *last = strrchr (name, '.');

  if (suffix == NULL || suffix == name || strcmp (last, ".so") != 0)
    return FALSE;
  return suffix == last || memchr (suffix + 1, '.', (gsize) (last - suffix - 1)) == NULL;
}

static void
add_entry (MitogenListing *listing, int fd, const struct dirent *entry)
{
  MitogenEntryKind kind;

  if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
    return;
  kind = kind_of_entry (fd, entry);
  if (kind == MITOGEN_ENTRY_NONE)
    return;
  mitogen_listing_add (listing, entry->d_name, kind);
  if (kind != MITOGEN_ENTRY_DIRECTORY && is_extension_module (entry->d_name))
    mitogen_listing_add_compiled (listing, entry->d_name);
}

static MitogenListing *
read_directory (const char *real)
{
  g_autoptr (MitogenListing) listing = mitogen_listing_new (real);
  int fd = mitogen_file_open_real (real, O_DIRECTORY);
  const struct dirent *entry;
  struct stat info;
  DIR *dir;

  if (fd < 0)
    return NULL;
  dir = fdopendir (fd);
  if (dir == NULL || fstat (fd, &info) != 0)
    {
      if (dir != NULL)
        closedir (dir);
      else
        close (fd);
      return NULL;
    }
  mitogen_stamp_init (&listing->stamp, &info);
  while ((entry = readdir (dir)) != NULL)
    add_entry (listing, fd, entry);
  closedir (dir);
  return g_steal_pointer (&listing);
}

/* @stamp: of the directory now; NULL: only what was compared in this epoch. */
static MitogenListing *
get_kept (Tree *self, const char *directory, const MitogenStamp *stamp, gint epoch)
{
  MitogenListing *listing = NULL;
  Kept *kept;

  g_mutex_lock (&self->lock);
  kept = g_hash_table_lookup (self->listings, directory);
  if (kept != NULL && epoch != 0 && kept->epoch == epoch)
    listing = mitogen_listing_ref (kept->listing);
  else if (kept != NULL && kept->settled && stamp != NULL &&
           mitogen_stamp_equal (&kept->listing->stamp, stamp))
    {
      listing = mitogen_listing_ref (kept->listing);
      kept->epoch = epoch;
    }
  g_mutex_unlock (&self->lock);
  return listing;
}

static void
keep (Tree *self, const char *directory, MitogenListing *listing, gboolean settled, gint epoch)
{
  Kept *kept = g_new (Kept, 1);

  *kept = (Kept){ mitogen_listing_ref (listing), settled, epoch };
  g_mutex_lock (&self->lock);
  if (g_hash_table_size (self->listings) >= MAX_LISTINGS)
    g_hash_table_remove_all (self->listings);
  g_hash_table_replace (self->listings, g_strdup (directory), kept);
  g_mutex_unlock (&self->lock);
}

static MitogenListing *
list_again (Tree *self, const char *directory, const char *path, gint epoch)
{
  gint64 now = g_get_real_time () * 1000;
  MitogenListing *listing = NULL;
  gboolean settled;
  char *real;

  if (resolve (self, path, &real))
    listing = read_directory (real);
  free (real);
  if (listing == NULL)
    return NULL;
  settled = mitogen_stamp_is_settled (&listing->stamp, now);
  if (settled || epoch != 0)
    keep (self, directory, listing, settled, epoch);
  return listing;
}

static MitogenListing *
tree_list (MitogenModuleTree *tree, const char *directory)
{
  Tree *self = (Tree *) tree;
  gint epoch = mitogen_module_tree_get_epoch (tree);
  MitogenListing *listing = epoch != 0 ? get_kept (self, directory, NULL, epoch) : NULL;
  g_autofree char *path = NULL;
  struct stat info;
  MitogenStamp stamp;

  if (listing != NULL)
    return listing;
  path = *directory != '\0' ? join (self->path, directory) : g_strdup (self->path);
  if (stat (path, &info) != 0 || !S_ISDIR (info.st_mode))
    return NULL;
  mitogen_stamp_init (&stamp, &info);
  listing = get_kept (self, directory, &stamp, epoch);
  return listing != NULL ? listing : list_again (self, directory, path, epoch);
}

/* ---- files ---- */

static MitogenEntryKind
tree_follow (MitogenModuleTree *tree, MitogenListing *listing, const char *name)
{
  g_autofree char *path = join (listing->path, name);
  gboolean inside;
  struct stat info;
  char *real;

  inside = resolve ((Tree *) tree, path, &real);
  if (real == NULL || lstat (real, &info) != 0)
    {
      free (real);
      return MITOGEN_ENTRY_NONE;
    }
  free (real);
  if (S_ISREG (info.st_mode))
    return inside ? MITOGEN_ENTRY_FILE : MITOGEN_ENTRY_OUTSIDE_FILE;
  if (S_ISDIR (info.st_mode))
    return inside ? MITOGEN_ENTRY_DIRECTORY : MITOGEN_ENTRY_OUTSIDE_DIRECTORY;
  return MITOGEN_ENTRY_NONE;
}

/* (transfer full); NULL: it leads out of the tree, or nowhere. */
static char *
find_file (Tree *self, MitogenListing *listing, const char *name)
{
  g_autofree char *path = join (listing->path, name);
  char *real = NULL;
  char *copy = NULL;

  if (GPOINTER_TO_INT (g_hash_table_lookup (listing->entries, name)) != MITOGEN_ENTRY_LINK)
    return g_steal_pointer (&path);
  if (resolve (self, path, &real))
    copy = g_strdup (real);
  free (real);
  return copy;
}

static GBytes *
tree_read (MitogenModuleTree *tree,
           MitogenListing *listing,
           const char *name,
           gsize max_size,
           MitogenStamp *stamp,
           GError **error)
{
  Tree *self = (Tree *) tree;
  g_autofree char *path = find_file (self, listing, name);

  if (path == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: %s", name, g_strerror (ENOENT));
      return NULL;
    }
  return mitogen_file_read (path, max_size, stamp, error);
}

static gboolean
tree_is_current (MitogenModuleTree *tree,
                 MitogenListing *listing,
                 const char *name,
                 const MitogenStamp *stamp)
{
  g_autofree char *path = join (listing->path, name);
  struct stat info;
  MitogenStamp now;

  if (stat (path, &info) != 0)
    return FALSE;
  mitogen_stamp_init (&now, &info);
  return mitogen_stamp_equal (&now, stamp);
}

static const MitogenModuleTreeClass klass = { tree_list, tree_follow, tree_read, tree_is_current,
                                              tree_free };

MitogenModuleTree *
mitogen_module_tree_new_directory (const char *path)
{
  Tree *self = g_new0 (Tree, 1);

  self->parent.klass = &klass;
  g_atomic_ref_count_init (&self->parent.ref_count);
  self->parent.name = g_filename_display_name (path);
  self->parent.id = g_strdup (path);
  self->path = g_strdup (path);
  g_mutex_init (&self->lock);
  self->listings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, kept_free);
  return &self->parent;
}
