/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Modules in a zip archive. Its directory is read once, and again when the file has changed. */

#include "python/mitogen-file-private.h"
#include "python/mitogen-module-tree-private.h"
#include "python/mitogen-zip-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define MAX_NAME_SIZE 4096
#define MAX_DEPTH     100

typedef struct
{
  MitogenModuleTree parent;
  char *path;
  char *folder; /* inside the archive; "" is its top */
  GMutex lock;
  /* Protected by lock: */
  MitogenStamp stamp;   /* of the file when it was read */
  GHashTable *listings; /* directory: MitogenListing; NULL: not read yet */
  gboolean settled;     /* else they are good for their epoch only */
  gint epoch;           /* in which they were compared with the file */
} Tree;

static void
tree_free (MitogenModuleTree *tree)
{
  Tree *self = (Tree *) tree;

  g_clear_pointer (&self->listings, g_hash_table_unref);
  g_mutex_clear (&self->lock);
  g_free (self->folder);
  g_free (self->path);
  g_free (self);
}

/* ---- the archive's directory as one of directories ---- */

typedef struct
{
  GHashTable *listings; /* directory: MitogenListing */
  GHashTable *entries;  /* name: MitogenZipEntry */
  MitogenStamp stamp;
} Contents;

static MitogenListing *
ensure_listing (Contents *contents, const char *directory)
{
  MitogenListing *listing = g_hash_table_lookup (contents->listings, directory);

  if (listing != NULL)
    return listing;
  listing = mitogen_listing_new (directory);
  listing->stamp = contents->stamp;
  listing->data = g_hash_table_ref (contents->entries);
  listing->destroy = (GDestroyNotify) g_hash_table_unref;
  g_hash_table_insert (contents->listings, g_strdup (directory), listing);
  return listing;
}

/* Nobody can ask for a name that goes up, but it should not be told to anybody either. And each
 * part is a directory, so that a few long names could fill the memory. */
static gboolean
is_plain (const char *name)
{
  g_auto (GStrv) parts = NULL;

  if (strlen (name) > MAX_NAME_SIZE)
    return FALSE;
  parts = g_strsplit (name, "/", MAX_DEPTH + 1);
  for (guint i = 0; parts[i] != NULL; i++)
    {
      gboolean last = parts[i + 1] == NULL && i > 0;

      if ((*parts[i] == '\0' && !last) || strcmp (parts[i], ".") == 0 ||
          strcmp (parts[i], "..") == 0)
        return FALSE;
    }
  return parts[0] != NULL && g_strv_length (parts) <= MAX_DEPTH;
}

/* What is both is a directory: so are packages found. */
static void
add_name (MitogenListing *listing, const char *name, MitogenEntryKind kind)
{
  gpointer known = g_hash_table_lookup (listing->entries, name);

  if (known == NULL ||
      (GPOINTER_TO_INT (known) == MITOGEN_ENTRY_FILE && kind != MITOGEN_ENTRY_FILE))
    mitogen_listing_add (listing, name, kind);
}

/* Also the directories that lead to it, for which there need not be entries. */
static void
add_to_listings (Contents *contents, const char *name)
{
  g_autofree char *path = g_strdup (name);
  MitogenEntryKind kind = MITOGEN_ENTRY_FILE;
  char *slash;

  if (g_str_has_suffix (path, "/"))
    {
      path[strlen (path) - 1] = '\0';
      kind = MITOGEN_ENTRY_DIRECTORY;
      ensure_listing (contents, path);
    }
  while ((slash = strrchr (path, '/')) != NULL)
    {
      gboolean known;

      *slash = '\0';
      known = g_hash_table_contains (contents->listings, path);
      add_name (ensure_listing (contents, path), slash + 1, kind);
      if (known)
        return;
      kind = MITOGEN_ENTRY_DIRECTORY;
    }
  add_name (ensure_listing (contents, ""), path, kind);
}

/* (transfer full) */
static GHashTable *
make_listings (GHashTable *entries, const MitogenStamp *stamp)
{
  Contents contents = { .entries = entries, .stamp = *stamp };
  GHashTableIter iter;
  gpointer name;

  contents.listings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                             (GDestroyNotify) mitogen_listing_unref);
  ensure_listing (&contents, "");
  g_hash_table_iter_init (&iter, entries);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (is_plain (name))
      add_to_listings (&contents, name);
  return contents.listings;
}

/* ---- reading it ---- */

static int
open_archive (Tree *self, MitogenStamp *stamp, GError **error)
{
  /* The archive itself may be a link, as a directory may be. */
  int fd = open (self->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat info;

  if (fd >= 0 && fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    {
      mitogen_stamp_init (stamp, &info);
      return fd;
    }
  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (fd < 0 ? errno : EINVAL),
                       g_strerror (fd < 0 ? errno : EINVAL));
  if (fd >= 0)
    close (fd);
  return -1;
}

static GHashTable *
read_listings (Tree *self, MitogenStamp *stamp, GError **error)
{
  int fd = open_archive (self, stamp, error);
  g_autoptr (GHashTable) entries = NULL;

  if (fd < 0)
    return NULL;
  entries = mitogen_zip_read_directory (fd, stamp->size, error);
  close (fd);
  return entries != NULL ? make_listings (entries, stamp) : NULL;
}

/* @stamp: of the file now; NULL: only what was compared in this epoch. */
static GHashTable *
get_kept (Tree *self, const MitogenStamp *stamp, gint epoch)
{
  GHashTable *listings = NULL;

  g_mutex_lock (&self->lock);
  if (self->listings != NULL && epoch != 0 && self->epoch == epoch)
    listings = g_hash_table_ref (self->listings);
  else if (self->listings != NULL && self->settled && stamp != NULL &&
           mitogen_stamp_equal (&self->stamp, stamp))
    {
      listings = g_hash_table_ref (self->listings);
      self->epoch = epoch;
    }
  g_mutex_unlock (&self->lock);
  return listings;
}

static void
keep (Tree *self, const MitogenStamp *stamp, GHashTable *listings, gboolean settled, gint epoch)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->listings, g_hash_table_unref);
  self->listings = g_hash_table_ref (listings);
  self->stamp = *stamp;
  self->settled = settled;
  self->epoch = epoch;
  g_mutex_unlock (&self->lock);
}

static gboolean
get_stamp (Tree *self, MitogenStamp *stamp)
{
  struct stat info;

  if (stat (self->path, &info) != 0 || !S_ISREG (info.st_mode))
    return FALSE;
  mitogen_stamp_init (stamp, &info);
  return TRUE;
}

/* (transfer full) (nullable): not modified by anybody. */
static GHashTable *
get_listings (Tree *self)
{
  gint epoch = mitogen_module_tree_get_epoch (&self->parent);
  GHashTable *listings = epoch != 0 ? get_kept (self, NULL, epoch) : NULL;
  gint64 now = g_get_real_time () * 1000;
  MitogenStamp stamp;

  if (listings != NULL)
    return listings;
  if (!get_stamp (self, &stamp))
    return NULL;
  listings = get_kept (self, &stamp, epoch);
  if (listings != NULL)
    return listings;
  listings = read_listings (self, &stamp, NULL);
  /* What cannot be read is not tried again and again. */
  if (listings == NULL)
    listings = g_hash_table_new (g_str_hash, g_str_equal);
  keep (self, &stamp, listings, mitogen_stamp_is_settled (&stamp, now), epoch);
  return listings;
}

static MitogenListing *
tree_list (MitogenModuleTree *tree, const char *directory)
{
  Tree *self = (Tree *) tree;
  g_autoptr (GHashTable) listings = get_listings (self);
  g_autofree char *path =
      g_strconcat (self->folder, *self->folder != '\0' && *directory != '\0' ? "/" : "", directory,
                   NULL);
  MitogenListing *listing = listings != NULL ? g_hash_table_lookup (listings, path) : NULL;

  return listing != NULL ? mitogen_listing_ref (listing) : NULL;
}

/* ---- files ---- */

static const MitogenZipEntry *
find_entry (MitogenListing *listing, const char *name)
{
  g_autofree char *path =
      g_strconcat (listing->path, *listing->path != '\0' ? "/" : "", name, NULL);

  return g_hash_table_lookup (listing->data, path);
}

static GBytes *
read_entry (Tree *self,
            MitogenListing *listing,
            const MitogenZipEntry *entry,
            MitogenStamp *stamp,
            GError **error)
{
  int fd = open_archive (self, stamp, error);
  GBytes *bytes = NULL;

  if (fd < 0)
    return NULL;
  if (mitogen_stamp_equal (stamp, &listing->stamp))
    bytes = mitogen_zip_read_entry (fd, entry, error);
  else
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _ ("the archive was replaced"));
  close (fd);
  return bytes;
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
  const MitogenZipEntry *entry = find_entry (listing, name);
  g_autofree char *path = g_build_filename (self->path, listing->path, name, NULL);
  g_autofree char *shown = g_filename_display_name (path);
  GBytes *bytes = NULL;

  if (entry == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s", g_strerror (ENOENT));
  else if (entry->size > max_size)
    {
      g_propagate_error (error, mitogen_file_error_too_large (path, max_size));
      return NULL;
    }
  else
    bytes = read_entry (self, listing, entry, stamp, error);
  if (bytes == NULL)
    g_prefix_error (error, _ ("“%s” cannot be read: "), shown);
  return bytes;
}

static gboolean
tree_is_current (MitogenModuleTree *tree,
                 MitogenListing *listing,
                 const char *name,
                 const MitogenStamp *stamp)
{
  MitogenStamp now;

  return get_stamp ((Tree *) tree, &now) && mitogen_stamp_equal (&now, stamp);
}

static const MitogenModuleTreeClass klass = { tree_list, NULL, tree_read, tree_is_current,
                                              tree_free };

/* ---- which part of a path is the archive ---- */

/* Cuts @path behind the part that exists; returns what follows, or NULL: it is no file. */
static char *
split_path (char *path)
{
  gsize size = strlen (path);
  struct stat info;

  while (stat (path, &info) != 0)
    {
      char *slash = strrchr (path, '/');

      if ((errno != ENOENT && errno != ENOTDIR) || slash == NULL || slash == path)
        return NULL;
      *slash = '\0';
    }
  if (!S_ISREG (info.st_mode))
    return NULL;
  return strlen (path) < size ? path + strlen (path) + 1 : path + size;
}

/* The slashes that were cut are all that was changed. */
static char *
clean_folder (const char *folder, gsize size)
{
  g_autoptr (GString) clean = g_string_sized_new (size);

  for (gsize i = 0; i < size; i++)
    {
      char c = folder[i] != '\0' ? folder[i] : '/';

      if (c != '/' || (clean->len > 0 && clean->str[clean->len - 1] != '/'))
        g_string_append_c (clean, c);
    }
  return g_string_free (g_steal_pointer (&clean), FALSE);
}

static void
tree_init (Tree *self, const char *path)
{
  self->parent.klass = &klass;
  g_atomic_ref_count_init (&self->parent.ref_count);
  self->parent.id = g_build_filename (path, self->folder, NULL);
  self->parent.name = g_filename_display_name (self->parent.id);
  self->path = g_strdup (path);
  g_mutex_init (&self->lock);
}

MitogenModuleTree *
mitogen_module_tree_new_archive (const char *path, GError **error)
{
  g_autofree char *archive = g_strdup (path);
  const char *folder = split_path (archive);
  g_autofree char *shown = g_filename_display_name (path);
  gint64 now = g_get_real_time () * 1000;
  GError *local_error = NULL;
  Tree *self;

  if (folder == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   _ ("“%s” is neither a directory nor a zip archive"), shown);
      return NULL;
    }
  self = g_new0 (Tree, 1);
  self->folder = clean_folder (folder, strlen (path) - (gsize) (folder - archive));
  tree_init (self, archive);
  self->listings = read_listings (self, &self->stamp, &local_error);
  if (self->listings != NULL)
    {
      self->settled = mitogen_stamp_is_settled (&self->stamp, now);
      return &self->parent;
    }
  g_set_error (error, local_error->domain, local_error->code,
               _ ("“%s” is neither a directory nor a zip archive: %s"), shown,
               local_error->message);
  g_error_free (local_error);
  mitogen_module_tree_unref (&self->parent);
  return NULL;
}
