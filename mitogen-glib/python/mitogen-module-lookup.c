/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-module-lookup-private.h"
#include "python/mitogen-module-finder-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define INIT "__init__.py"

static void
portion_free (gpointer data)
{
  MitogenPortion *self = data;

  mitogen_module_tree_unref (self->tree);
  mitogen_listing_unref (self->listing);
  g_free (self->directory);
  g_free (self);
}

/* Takes the listing. */
static void
add_portion (GPtrArray *portions, MitogenModuleTree *tree, MitogenListing *listing, const char *dir)
{
  MitogenPortion *portion = g_new0 (MitogenPortion, 1);

  portion->tree = mitogen_module_tree_ref (tree);
  portion->listing = listing;
  portion->directory = g_strdup (dir);
  g_ptr_array_add (portions, portion);
}

MitogenLookup *
mitogen_lookup_new (MitogenLookupKind kind)
{
  MitogenLookup *self = g_new0 (MitogenLookup, 1);

  self->kind = kind;
  self->portions = g_ptr_array_new_with_free_func (portion_free);
  return self;
}

void
mitogen_lookup_free (MitogenLookup *self)
{
  g_ptr_array_unref (self->portions);
  g_free (self->file);
  g_free (self->reason);
  g_clear_pointer (&self->source, g_bytes_unref);
  g_free (self->path);
  g_strfreev (self->added_children);
  g_free (self);
}

/* ---- one directory ---- */

static gboolean
finish (MitogenLookup *self,
        MitogenLookupKind kind,
        MitogenModuleTree *tree,
        MitogenListing *listing,
        const char *directory,
        const char *file)
{
  self->kind = kind;
  self->file = g_strdup (file);
  g_ptr_array_set_size (self->portions, 0);
  add_portion (self->portions, tree, mitogen_listing_ref (listing), directory);
  return TRUE;
}

static gboolean
refuse (MitogenLookup *self,
        MitogenPortion *where,
        const char *directory,
        const char *file,
        const char *what)
{
  g_autofree char *path = mitogen_module_tree_describe (where->tree, directory, file);

  self->reason = g_strdup_printf ("%s: %s", path, what);
  return finish (self, MITOGEN_LOOKUP_REFUSED, where->tree, where->listing, where->directory, file);
}

static gboolean
refuse_outside (MitogenLookup *self, MitogenPortion *where, const char *dir, const char *file)
{
  return refuse (self, where, dir, file, _ ("it is a link that leads out of the search path"));
}

static gboolean
refuse_compiled (MitogenLookup *self, MitogenPortion *where, const char *dir, const char *file)
{
  return refuse (
      self, where, dir, file,
      _ ("it is compiled code without a source, which cannot be sent; install it where it "
         "is to run"));
}

/* A directory, which may be a package or a part of one. TRUE: the search ends here. */
static gboolean
try_directory (MitogenLookup *self, MitogenPortion *where, const char *word)
{
  g_autofree char *directory =
      *where->directory != '\0' ? g_strconcat (where->directory, "/", word, NULL) : g_strdup (word);
  g_autoptr (MitogenListing) listing = where->tree->klass->list (where->tree, directory);
  MitogenEntryKind init;

  if (listing == NULL)
    return FALSE;
  init = mitogen_module_tree_look_up (where->tree, listing, INIT);
  if (init == MITOGEN_ENTRY_FILE)
    return finish (self, MITOGEN_LOOKUP_PACKAGE, where->tree, listing, directory, INIT);
  if (init == MITOGEN_ENTRY_OUTSIDE_FILE)
    return refuse_outside (self, where, directory, INIT);
  if (g_hash_table_contains (listing->compiled, "__init__"))
    return refuse_compiled (self, where, directory, "__init__");
  self->kind = MITOGEN_LOOKUP_NAMESPACE;
  add_portion (self->portions, where->tree, g_steal_pointer (&listing), directory);
  return FALSE;
}

static gboolean
try_portion (MitogenLookup *self, MitogenPortion *where, const char *word, const char *file)
{
  MitogenEntryKind kind = mitogen_module_tree_look_up (where->tree, where->listing, word);
  MitogenEntryKind file_kind;
  guint n_portions = self->portions->len;

  if (kind == MITOGEN_ENTRY_DIRECTORY && try_directory (self, where, word))
    return TRUE;
  file_kind = mitogen_module_tree_look_up (where->tree, where->listing, file);
  if (file_kind == MITOGEN_ENTRY_FILE)
    return finish (self, MITOGEN_LOOKUP_MODULE, where->tree, where->listing, where->directory,
                   file);
  if (file_kind == MITOGEN_ENTRY_OUTSIDE_FILE)
    return refuse_outside (self, where, where->directory, file);
  if (g_hash_table_contains (where->listing->compiled, word))
    return refuse_compiled (self, where, where->directory, word);
  if (kind == MITOGEN_ENTRY_OUTSIDE_DIRECTORY && self->portions->len == n_portions)
    return refuse_outside (self, where, where->directory, word);
  return FALSE;
}

MitogenLookup *
mitogen_lookup_word (GPtrArray *portions, const char *word)
{
  MitogenLookup *self = mitogen_lookup_new (MITOGEN_LOOKUP_NONE);
  g_autofree char *file = g_strconcat (word, ".py", NULL);

  for (guint i = 0; i < portions->len; i++)
    if (try_portion (self, portions->pdata[i], word, file))
      break;
  return self;
}

MitogenLookup *
mitogen_lookup_top (GPtrArray *trees, const char *word)
{
  MitogenLookup *self = mitogen_lookup_new (MITOGEN_LOOKUP_NONE);
  g_autofree char *file = g_strconcat (word, ".py", NULL);
  gboolean ends = FALSE;

  /* What is behind the tree where it ends is not even looked at. */
  for (guint i = 0; i < trees->len && !ends; i++)
    {
      MitogenModuleTree *tree = trees->pdata[i];
      g_autoptr (MitogenListing) listing = tree->klass->list (tree, "");
      MitogenPortion portion = { tree, listing, (char *) "" };

      ends = listing != NULL && try_portion (self, &portion, word, file);
    }
  return self;
}

/* ---- submodules ---- */

static char *
get_child (MitogenModuleTree *tree, MitogenListing *listing, const char *name)
{
  g_autofree char *word = g_strdup (name);
  gboolean is_source = g_str_has_suffix (name, ".py");
  MitogenEntryKind wanted = is_source ? MITOGEN_ENTRY_FILE : MITOGEN_ENTRY_DIRECTORY;

  if (is_source)
    word[strlen (word) - strlen (".py")] = '\0';
  if (strchr (word, '.') != NULL || !mitogen_module_name_is_valid (word))
    return NULL;
  if (strcmp (word, is_source ? "__init__" : "__pycache__") == 0)
    return NULL;
  if (mitogen_module_tree_look_up (tree, listing, name) != wanted)
    return NULL;
  return g_steal_pointer (&word);
}

static void
add_children (GHashTable *words, MitogenPortion *portion)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, portion->listing->entries);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      char *word = get_child (portion->tree, portion->listing, name);

      if (word != NULL)
        g_hash_table_add (words, word);
    }
}

/* What lies in one place may not be found, as another place comes first and has what cannot be
 * sent. */
static void
remove_hidden (GHashTable *words, GPtrArray *portions)
{
  GHashTableIter iter;
  gpointer word;

  g_hash_table_iter_init (&iter, words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    {
      g_autoptr (MitogenLookup) found = mitogen_lookup_word (portions, word);

      if (found->kind == MITOGEN_LOOKUP_NONE || found->kind == MITOGEN_LOOKUP_REFUSED)
        g_hash_table_iter_remove (&iter);
    }
}

static int
compare_words (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char **
mitogen_lookup_get_children (const MitogenLookup *self)
{
  g_autoptr (GHashTable) words = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean in_trees =
      self->kind == MITOGEN_LOOKUP_PACKAGE || self->kind == MITOGEN_LOOKUP_NAMESPACE;
  char **sorted;
  guint n_words;

  if (!in_trees && !self->is_package)
    return NULL;
  for (guint i = 0; in_trees && i < self->portions->len; i++)
    add_children (words, self->portions->pdata[i]);
  if (in_trees && self->portions->len > 1)
    remove_hidden (words, self->portions);
  for (guint i = 0; self->added_children != NULL && self->added_children[i] != NULL; i++)
    g_hash_table_add (words, g_strdup (self->added_children[i]));
  sorted = (char **) g_hash_table_get_keys_as_array (words, &n_words);
  g_hash_table_steal_all (words);
  qsort (sorted, n_words, sizeof *sorted, compare_words);
  return sorted;
}

/* ---- comparing ---- */

static gboolean
portions_equal (GPtrArray *portions, GPtrArray *others)
{
  if (portions->len != others->len)
    return FALSE;
  for (guint i = 0; i < portions->len; i++)
    {
      MitogenPortion *a = portions->pdata[i];
      MitogenPortion *b = others->pdata[i];

      if (a->tree != b->tree || strcmp (a->directory, b->directory) != 0)
        return FALSE;
    }
  return TRUE;
}

gboolean
mitogen_lookup_equal (const MitogenLookup *self, const MitogenLookup *other)
{
  return self->kind == other->kind && self->source == other->source &&
         self->is_package == other->is_package && g_strcmp0 (self->file, other->file) == 0 &&
         g_strcmp0 (self->path, other->path) == 0 &&
         portions_equal (self->portions, other->portions);
}

gboolean
mitogen_lookup_same_listings (const MitogenLookup *self, const MitogenLookup *other)
{
  if (self->added_children != NULL || other->added_children != NULL)
    return FALSE;
  for (guint i = 0; i < self->portions->len; i++)
    {
      MitogenPortion *a = self->portions->pdata[i];
      MitogenPortion *b = other->portions->pdata[i];

      if (a->listing != b->listing)
        return FALSE;
    }
  return TRUE;
}
