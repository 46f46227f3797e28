/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Modules in the resources of the program. They lie in memory: nothing is kept here. */

#include "python/mitogen-file-private.h"
#include "python/mitogen-module-tree-private.h"

#include <gio/gio.h>
#include <string.h>

static void
tree_free (MitogenModuleTree *self)
{
  g_free (self);
}

static void
add_child (MitogenListing *listing, char *name)
{
  gsize size = strlen (name);

  if (size == 0)
    return;
  if (name[size - 1] != '/')
    {
      mitogen_listing_add (listing, name, MITOGEN_ENTRY_FILE);
      return;
    }
  name[size - 1] = '\0';
  mitogen_listing_add (listing, name, MITOGEN_ENTRY_DIRECTORY);
}

static MitogenListing *
tree_list (MitogenModuleTree *tree, const char *directory)
{
  g_autofree char *path = g_strconcat (tree->id, directory, *directory != '\0' ? "/" : "", NULL);
  g_auto (GStrv) children =
      g_resources_enumerate_children (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  MitogenListing *listing;

  if (children == NULL)
    return NULL;
  listing = mitogen_listing_new (path);
  for (guint i = 0; children[i] != NULL; i++)
    add_child (listing, children[i]);
  return listing;
}

/* Its size is all that can be told of it without inflating it. */
static gboolean
get_stamp (MitogenListing *listing, const char *name, MitogenStamp *stamp)
{
  g_autofree char *path = g_strconcat (listing->path, name, NULL);
  gsize size;

  if (!g_resources_get_info (path, G_RESOURCE_LOOKUP_FLAGS_NONE, &size, NULL, NULL))
    return FALSE;
  *stamp = (MitogenStamp){ .size = size };
  return TRUE;
}

static GBytes *
tree_read (MitogenModuleTree *tree,
           MitogenListing *listing,
           const char *name,
           gsize max_size,
           MitogenStamp *stamp,
           GError **error)
{
  g_autofree char *path = g_strconcat (listing->path, name, NULL);
  GBytes *bytes;

  if (get_stamp (listing, name, stamp) && stamp->size > max_size)
    {
      g_propagate_error (error, mitogen_file_error_too_large (path, max_size));
      return NULL;
    }
  bytes = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  if (bytes == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: %s", path, g_strerror (ENOENT));
  return bytes;
}

static gboolean
tree_is_current (MitogenModuleTree *tree,
                 MitogenListing *listing,
                 const char *name,
                 const MitogenStamp *stamp)
{
  MitogenStamp now;

  return get_stamp (listing, name, &now) && mitogen_stamp_equal (&now, stamp);
}

static const MitogenModuleTreeClass klass = { tree_list, NULL, tree_read, tree_is_current,
                                              tree_free };

MitogenModuleTree *
mitogen_module_tree_new_resource (const char *path)
{
  MitogenModuleTree *self = g_new0 (MitogenModuleTree, 1);
  gsize size = strlen (path);

  while (size > 0 && path[size - 1] == '/')
    size--;
  self->klass = &klass;
  g_atomic_ref_count_init (&self->ref_count);
  self->id = g_strdup_printf ("%.*s/", (int) size, path);
  self->name = g_strdup_printf ("resource://%.*s", (int) size, path);
  return self;
}
