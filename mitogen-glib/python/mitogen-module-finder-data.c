/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Data files beside the modules of packages. */

#include "python/mitogen-module-search-private.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME_SIZE 4096

/* Nothing but going down. */
static gboolean
is_valid_part (const char *part)
{
  return *part != '\0' && strcmp (part, ".") != 0 && strcmp (part, "..") != 0;
}

static gboolean
is_valid_path (const char *path)
{
  g_auto (GStrv) parts = NULL;

  if (strnlen (path, MAX_NAME_SIZE + 1) > MAX_NAME_SIZE)
    return FALSE;
  parts = g_strsplit (path, "/", -1);
  for (guint i = 0; parts[i] != NULL; i++)
    if (!is_valid_part (parts[i]))
      return FALSE;
  return parts[0] != NULL;
}

/* (nullable) */
static MitogenListing *
list_directory (MitogenPortion *portion, const char *directory)
{
  g_autofree char *path = NULL;

  if (*directory == '\0')
    return mitogen_listing_ref (portion->listing);
  path = *portion->directory != '\0' ? g_strconcat (portion->directory, "/", directory, NULL)
                                     : g_strdup (directory);
  return portion->tree->klass->list (portion->tree, path);
}

static void
set_not_found (const char *package, const char *name, GError **error)
{
  g_autofree char *start = g_strndup (name, 200);
  g_autofree char *shown = g_utf8_make_valid (start, -1);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
               _ ("There is no data file “%s” in the package “%s”"), shown, package);
}

/* ---- reading ---- */

/* NULL without an error: it is not there. */
static GBytes *
read_in_portion (MitogenPortion *portion,
                 const char *directory,
                 const char *file,
                 gsize max_size,
                 GError **error)
{
  g_autoptr (MitogenListing) listing = list_directory (portion, directory);
  GError *local_error = NULL;
  MitogenStamp stamp;
  GBytes *bytes;

  if (listing == NULL ||
      mitogen_module_tree_look_up (portion->tree, listing, file) != MITOGEN_ENTRY_FILE)
    return NULL;
  bytes = portion->tree->klass->read (portion->tree, listing, file, max_size, &stamp, &local_error);
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    g_clear_error (&local_error);
  if (local_error != NULL)
    g_propagate_error (error, local_error);
  return bytes;
}

GBytes *
mitogen_module_finder_read_resource (MitogenModuleFinder *self,
                                     const char *package,
                                     const char *name,
                                     GError **error)
{
  g_autoptr (MitogenLookup) lookup = mitogen_module_finder_search_package (self, package, error);
  const char *slash = strrchr (name, '/');
  g_autofree char *directory = g_strndup (name, slash != NULL ? (gsize) (slash - name) : 0);
  GBytes *bytes = NULL;
  GError *local_error = NULL;

  if (lookup == NULL)
    return NULL;
  for (guint i = 0; i < lookup->portions->len && is_valid_path (name); i++)
    {
      bytes =
          read_in_portion (lookup->portions->pdata[i], directory, slash != NULL ? slash + 1 : name,
                           mitogen_module_finder_get_max_size (self), &local_error);
      if (bytes != NULL || local_error != NULL)
        break;
    }
  if (local_error != NULL)
    g_propagate_error (error, local_error);
  else if (bytes == NULL)
    set_not_found (package, name, error);
  return bytes;
}

/* ---- listing ---- */

/* (transfer full) (nullable) */
static char *
tell_entry (MitogenPortion *portion, MitogenListing *listing, const char *name)
{
  if (g_str_has_suffix (name, ".pyc") || !g_utf8_validate (name, -1, NULL))
    return NULL;
  switch (mitogen_module_tree_look_up (portion->tree, listing, name))
    {
    case MITOGEN_ENTRY_FILE:
      return g_strdup (name);
    case MITOGEN_ENTRY_DIRECTORY:
      return strcmp (name, "__pycache__") != 0 ? g_strconcat (name, "/", NULL) : NULL;
    default:
      return NULL;
    }
}

/* FALSE: there is no such directory. */
static gboolean
list_in_portion (MitogenPortion *portion, const char *directory, GHashTable *names)
{
  g_autoptr (MitogenListing) listing = list_directory (portion, directory);
  GHashTableIter iter;
  gpointer name;

  if (listing == NULL)
    return FALSE;
  g_hash_table_iter_init (&iter, listing->entries);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      char *told = tell_entry (portion, listing, name);

      if (told != NULL)
        g_hash_table_add (names, told);
    }
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char **
mitogen_module_finder_list_resources (MitogenModuleFinder *self,
                                      const char *package,
                                      const char *directory,
                                      GError **error)
{
  g_autoptr (MitogenLookup) lookup = mitogen_module_finder_search_package (self, package, error);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean found = FALSE;
  char **sorted;
  guint n_names;

  if (lookup == NULL)
    return NULL;
  if (*directory == '\0' || is_valid_path (directory))
    for (guint i = 0; i < lookup->portions->len; i++)
      found = list_in_portion (lookup->portions->pdata[i], directory, names) || found;
  if (!found)
    {
      set_not_found (package, directory, error);
      return NULL;
    }
  sorted = (char **) g_hash_table_get_keys_as_array (names, &n_names);
  g_hash_table_steal_all (names);
  qsort (sorted, n_names, sizeof *sorted, compare_names);
  return sorted;
}
