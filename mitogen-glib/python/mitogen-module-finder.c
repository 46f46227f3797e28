/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-module-finder-private.h"
#include "python/mitogen-module-private.h"
#include "python/mitogen-module-search-private.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <string.h>

/* Modules that code in contexts may import from the library's own package. */
#define OWN_MODULES "/org/mitogen/remote/modules"

/* What is replaced just now is looked for again, this often. */
#define MAX_TRIES 3

#define MAX_MAX_SIZE (1024 * 1024 * 1024)

/* More of them are not told in a message. */
#define MAX_TOLD 8

typedef struct
{
  GBytes *source;
  gboolean is_package;
  char *path;
} Added;

struct _MitogenModuleFinder
{
  gatomicrefcount ref_count;
  GPtrArray *own_trees; /* immutable */
  MitogenHold *hold;    /* an atomic box; written under lock */
  GMutex lock;
  /* Protected by lock: */
  guint n_holds;
  gint last_epoch;
  gsize max_size;
  GPtrArray *trees;    /* replaced when it changes */
  GHashTable *added;   /* name: Added */
  GHashTable *parents; /* name of a package: GPtrArray of the words of what was added below it */
};

static void
added_free (gpointer data)
{
  Added *self = data;

  g_bytes_unref (self->source);
  g_free (self->path);
  g_free (self);
}

static GPtrArray *
new_trees (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) mitogen_module_tree_unref);
}

MitogenModuleFinder *
mitogen_module_finder_new (void)
{
  MitogenModuleFinder *self = g_new0 (MitogenModuleFinder, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->max_size = 16 * 1024 * 1024;
  self->hold = g_atomic_rc_box_new0 (MitogenHold);
  self->trees = new_trees ();
  self->own_trees = new_trees ();
  g_ptr_array_add (self->own_trees, mitogen_module_tree_new_resource (OWN_MODULES));
  self->added = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, added_free);
  self->parents =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  return self;
}

MitogenModuleFinder *
mitogen_module_finder_ref (MitogenModuleFinder *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_module_finder_unref (MitogenModuleFinder *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_ptr_array_unref (self->trees);
  g_ptr_array_unref (self->own_trees);
  g_atomic_rc_box_release (self->hold);
  g_hash_table_unref (self->added);
  g_hash_table_unref (self->parents);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
mitogen_module_finder_set_max_size (MitogenModuleFinder *self, gsize max_size)
{
  g_mutex_lock (&self->lock);
  self->max_size = MIN (max_size, MAX_MAX_SIZE);
  g_mutex_unlock (&self->lock);
}

static gsize
get_max_size (MitogenModuleFinder *self)
{
  gsize max_size;

  g_mutex_lock (&self->lock);
  max_size = self->max_size;
  g_mutex_unlock (&self->lock);
  return max_size;
}

/* ---- looking once ---- */

/* Under the lock. */
static void
begin_epoch (MitogenModuleFinder *self)
{
  self->last_epoch = self->last_epoch < G_MAXINT ? self->last_epoch + 1 : 1;
  g_atomic_int_set (&self->hold->epoch, self->last_epoch);
}

void
mitogen_module_finder_hold (MitogenModuleFinder *self)
{
  g_mutex_lock (&self->lock);
  self->n_holds++;
  begin_epoch (self);
  g_mutex_unlock (&self->lock);
}

void
mitogen_module_finder_release (MitogenModuleFinder *self)
{
  g_mutex_lock (&self->lock);
  if (--self->n_holds == 0)
    g_atomic_int_set (&self->hold->epoch, 0);
  g_mutex_unlock (&self->lock);
}

/* What was seen is there no more. */
static void
look_again (MitogenModuleFinder *self)
{
  g_mutex_lock (&self->lock);
  if (self->n_holds > 0)
    begin_epoch (self);
  g_mutex_unlock (&self->lock);
}

/* ---- adding places ---- */

/* Takes the tree. Whoever searches meanwhile has the old array. */
static void
add_tree (MitogenModuleFinder *self, MitogenModuleTree *tree)
{
  GPtrArray *trees = new_trees ();
  gboolean known = FALSE;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->trees->len; i++)
    {
      MitogenModuleTree *other = self->trees->pdata[i];

      known = known || (other->klass == tree->klass && strcmp (other->id, tree->id) == 0);
      g_ptr_array_add (trees, mitogen_module_tree_ref (other));
    }
  if (!known)
    g_ptr_array_add (trees, mitogen_module_tree_ref (tree));
  g_ptr_array_unref (self->trees);
  self->trees = trees;
  g_mutex_unlock (&self->lock);
  mitogen_module_tree_unref (tree);
}

static gboolean
has_file (MitogenModuleTree *tree, MitogenListing *top, const char *name)
{
  MitogenEntryKind kind = mitogen_module_tree_look_up (tree, top, name);

  return kind == MITOGEN_ENTRY_FILE || kind == MITOGEN_ENTRY_OUTSIDE_FILE;
}

static gboolean
check_top (MitogenModuleTree *tree, GError **error)
{
  g_autoptr (MitogenListing) top = tree->klass->list (tree, "");

  if (top == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   _ ("“%s” cannot be searched for modules: there is no such directory, or it may "
                      "not be read"),
                   tree->name);
      return FALSE;
    }
  if (has_file (tree, top, "os.py") && has_file (tree, top, "abc.py") &&
      has_file (tree, top, "codecs.py"))
    {
      g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION,
                   _ ("“%s” is Python's standard library, which every context has of its own: add "
                      "only what else is to be sent"),
                   tree->name);
      return FALSE;
    }
  return TRUE;
}

static gboolean
add_checked (MitogenModuleFinder *self, MitogenModuleTree *tree, GError **error)
{
  if (!check_top (tree, error))
    {
      mitogen_module_tree_unref (tree);
      return FALSE;
    }
  mitogen_module_tree_set_hold (tree, self->hold);
  add_tree (self, tree);
  return TRUE;
}

/* Without changing where it leads: "..", after a link, is not what it looks like. */
static char *
make_absolute (const char *path)
{
  g_autofree char *current = g_get_current_dir ();
  char *absolute = g_path_is_absolute (path) ? g_strdup (path)
                   : *path == '\0'           ? g_steal_pointer (&current)
                                             : g_build_filename (current, path, NULL);

  for (gsize size = strlen (absolute); size > 1 && absolute[size - 1] == '/'; size--)
    absolute[size - 1] = '\0';
  return absolute;
}

gboolean
mitogen_module_finder_add_path (MitogenModuleFinder *self, const char *path, GError **error)
{
  g_autofree char *absolute = make_absolute (path);
  MitogenModuleTree *tree;

  if (g_file_test (absolute, G_FILE_TEST_IS_DIR))
    tree = mitogen_module_tree_new_directory (absolute);
  else
    tree = mitogen_module_tree_new_archive (absolute, error);
  return tree != NULL && add_checked (self, tree, error);
}

gboolean
mitogen_module_finder_add_resource (MitogenModuleFinder *self, const char *path, GError **error)
{
  const char *inside =
      g_str_has_prefix (path, "resource://") ? path + strlen ("resource://") : path;

  if (*inside != '/' || !g_utf8_validate (path, -1, NULL))
    {
      g_autofree char *shown = g_utf8_make_valid (path, -1);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("“%s” is no resource: it should look like "
                      "“resource:///org/example/App/remote/”"),
                   shown);
      return FALSE;
    }
  return add_checked (self, mitogen_module_tree_new_resource (inside), error);
}

char **
mitogen_module_finder_get_paths (MitogenModuleFinder *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->trees->len; i++)
    g_strv_builder_add (builder, ((MitogenModuleTree *) self->trees->pdata[i])->name);
  g_mutex_unlock (&self->lock);
  return g_strv_builder_end (builder);
}

/* ---- adding modules ---- */

static char *
shorten (const char *name)
{
  g_autofree char *start = g_strndup (name, 100);
  g_autofree char *valid = g_utf8_make_valid (start, -1);

  return g_strconcat (valid, strlen (name) > 100 ? "…" : "", NULL);
}

static gboolean
check_name (const char *name, GError **error)
{
  g_autofree char *shown = NULL;

  if (mitogen_module_name_is_valid (name))
    return TRUE;
  shown = shorten (name);
  g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_MODULE_NOT_FOUND,
               _ ("“%s” cannot be the name of a module"), shown);
  return FALSE;
}

static gboolean
is_own (const char *name)
{
  return g_str_has_prefix (name, "mitogen") && (name[7] == '.' || name[7] == '\0');
}

static void
add_to_parents (MitogenModuleFinder *self, const char *name)
{
  g_autofree char *parent = g_strdup (name);
  char *dot;

  while ((dot = strrchr (parent, '.')) != NULL)
    {
      GPtrArray *words;

      *dot = '\0';
      words = g_hash_table_lookup (self->parents, parent);
      if (words == NULL)
        {
          words = g_ptr_array_new_with_free_func (g_free);
          g_hash_table_insert (self->parents, g_strdup (parent), words);
        }
      if (g_ptr_array_find_with_equal_func (words, dot + 1, g_str_equal, NULL))
        return;
      g_ptr_array_add (words, g_strdup (dot + 1));
    }
}

static char *
make_added_path (const char *name, const char *suffix)
{
  g_autofree char *path = g_strdelimit (g_strdup (name), ".", '/');

  return g_strconcat ("<added>/", path, suffix, NULL);
}

gboolean
mitogen_module_finder_add_module (MitogenModuleFinder *self,
                                  const char *name,
                                  GBytes *source,
                                  gboolean is_package,
                                  const char *path,
                                  GError **error)
{
  Added *added;

  if (!check_name (name, error))
    return FALSE;
  if (is_own (name))
    {
      g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION,
                   _ ("“%s” belongs to this library: give the module another name"), name);
      return FALSE;
    }
  added = g_new0 (Added, 1);
  added->source = g_bytes_ref (source);
  added->is_package = is_package;
  added->path =
      path != NULL ? g_strdup (path) : make_added_path (name, is_package ? "/__init__.py" : ".py");
  g_mutex_lock (&self->lock);
  g_hash_table_replace (self->added, g_strdup (name), added);
  add_to_parents (self, name);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* ---- searching ---- */

static char **
copy_words (GPtrArray *words)
{
  char **copy;

  if (words == NULL)
    return NULL;
  copy = g_new0 (char *, words->len + 1);
  for (guint i = 0; i < words->len; i++)
    copy[i] = g_strdup (words->pdata[i]);
  return copy;
}

/* Under the lock. */
static gboolean
is_below_added (MitogenModuleFinder *self, const char *name)
{
  g_autofree char *parent = g_strdup (name);
  char *dot;

  if (g_hash_table_size (self->added) == 0)
    return FALSE;
  while ((dot = strrchr (parent, '.')) != NULL)
    {
      *dot = '\0';
      if (g_hash_table_contains (self->added, parent))
        return TRUE;
    }
  return FALSE;
}

static MitogenLookup *
look_up_added (Added *added)
{
  MitogenLookup *lookup = mitogen_lookup_new (MITOGEN_LOOKUP_ADDED);

  lookup->source = g_bytes_ref (added->source);
  lookup->path = g_strdup (added->path);
  lookup->is_package = added->is_package;
  return lookup;
}

static MitogenLookup *
search_trees (GPtrArray *trees, const char *name)
{
  g_auto (GStrv) words = g_strsplit (name, ".", -1);
  MitogenLookup *lookup = mitogen_lookup_top (trees, words[0]);

  for (guint i = 1; words[i] != NULL; i++)
    {
      MitogenLookup *parent = lookup;

      if (parent->kind != MITOGEN_LOOKUP_PACKAGE && parent->kind != MITOGEN_LOOKUP_NAMESPACE)
        {
          if (parent->kind == MITOGEN_LOOKUP_MODULE)
            parent->kind = MITOGEN_LOOKUP_NONE;
          return parent;
        }
      lookup = mitogen_lookup_word (parent->portions, words[i]);
      mitogen_lookup_free (parent);
    }
  return lookup;
}

/* Where a valid name leads. */
static MitogenLookup *
search (MitogenModuleFinder *self, const char *name)
{
  gboolean own = is_own (name);
  g_autoptr (GPtrArray) trees = NULL;
  g_auto (GStrv) children = NULL;
  MitogenLookup *lookup = NULL;
  Added *added;

  g_mutex_lock (&self->lock);
  trees = g_ptr_array_ref (own ? self->own_trees : self->trees);
  children = copy_words (g_hash_table_lookup (self->parents, name));
  added = g_hash_table_lookup (self->added, name);
  if (added != NULL)
    lookup = look_up_added (added);
  else if (is_below_added (self, name))
    lookup = mitogen_lookup_new (MITOGEN_LOOKUP_NONE);
  g_mutex_unlock (&self->lock);

  if (lookup == NULL)
    lookup = search_trees (trees, name);
  if (children != NULL)
    {
      if (lookup->kind == MITOGEN_LOOKUP_NONE)
        lookup->kind = MITOGEN_LOOKUP_NAMESPACE;
      lookup->is_package = TRUE;
      lookup->added_children = g_steal_pointer (&children);
    }
  return lookup;
}

gboolean
mitogen_module_finder_has (MitogenModuleFinder *self, const char *name)
{
  g_autoptr (MitogenLookup) lookup = NULL;

  if (!mitogen_module_name_is_valid (name))
    return FALSE;
  lookup = search (self, name);
  return lookup->kind != MITOGEN_LOOKUP_NONE && lookup->kind != MITOGEN_LOOKUP_REFUSED;
}

MitogenLookup *
mitogen_module_finder_search_package (MitogenModuleFinder *self, const char *name, GError **error)
{
  g_autoptr (MitogenLookup) lookup = NULL;

  if (mitogen_module_name_is_valid (name))
    lookup = search (self, name);
  if (lookup == NULL ||
      (lookup->kind != MITOGEN_LOOKUP_PACKAGE && lookup->kind != MITOGEN_LOOKUP_NAMESPACE))
    {
      g_autofree char *shown = shorten (name);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   _ ("There is no package “%s” with data files"), shown);
      return NULL;
    }
  return g_steal_pointer (&lookup);
}

gsize
mitogen_module_finder_get_max_size (MitogenModuleFinder *self)
{
  return get_max_size (self);
}

/* ---- finding ---- */

static char *
tell_paths (MitogenModuleFinder *self)
{
  g_auto (GStrv) paths = mitogen_module_finder_get_paths (self);
  guint n_paths = g_strv_length (paths);
  g_autofree char *joined = NULL;

  if (n_paths == 0)
    return g_strdup (_ ("no search path was set"));
  if (n_paths > MAX_TOLD)
    {
      g_free (paths[MAX_TOLD]);
      paths[MAX_TOLD] = g_strdup ("…");
      for (guint i = MAX_TOLD + 1; i < n_paths; i++)
        g_clear_pointer (&paths[i], g_free);
    }
  joined = g_strjoinv (", ", paths);
  return g_strdup_printf (_ ("searched: %s"), joined);
}

static void
set_not_found (MitogenModuleFinder *self,
               const char *name,
               const MitogenLookup *lookup,
               GError **error)
{
  g_autofree char *shown = shorten (name);
  g_autofree char *searched = NULL;

  if (lookup->reason == NULL)
    searched =
        is_own (name) ? g_strdup (_ ("this library has none of that name")) : tell_paths (self);
  g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_MODULE_NOT_FOUND,
               _ ("No source for the module “%s” was found: %s"), shown,
               lookup->reason != NULL ? lookup->reason : searched);
}

static char *
tell_location (MitogenModuleFinder *self, const char *name, const MitogenLookup *lookup)
{
  MitogenPortion *portion;

  if (lookup->path != NULL)
    return g_strdup (lookup->path);
  if (lookup->portions->len == 0)
    return make_added_path (name, "");
  portion = lookup->portions->pdata[0];
  return mitogen_module_tree_describe (portion->tree, portion->directory,
                                       lookup->file != NULL ? lookup->file : "");
}

static GBytes *
read_source (MitogenModuleFinder *self,
             const MitogenLookup *lookup,
             MitogenStamp *stamp,
             GError **error)
{
  MitogenPortion *portion = lookup->portions->pdata[0];

  return portion->tree->klass->read (portion->tree, portion->listing, lookup->file,
                                     get_max_size (self), stamp, error);
}

/* Takes the lookup. */
static MitogenModule *
make_module (MitogenModuleFinder *self, const char *name, MitogenLookup *lookup, GError **error)
{
  g_autoptr (MitogenLookup) owned = lookup;
  GBytes *source = NULL;
  MitogenStamp stamp = { 0 };

  if (lookup->kind == MITOGEN_LOOKUP_NONE || lookup->kind == MITOGEN_LOOKUP_REFUSED)
    {
      set_not_found (self, name, lookup, error);
      return NULL;
    }
  if (lookup->kind == MITOGEN_LOOKUP_ADDED)
    source = g_bytes_ref (lookup->source);
  else if (lookup->kind != MITOGEN_LOOKUP_NAMESPACE)
    {
      source = read_source (self, lookup, &stamp, error);
      if (source == NULL)
        return NULL;
    }
  return mitogen_module_new (name, tell_location (self, name, lookup), source,
                             mitogen_lookup_get_children (lookup), g_steal_pointer (&owned),
                             &stamp);
}

MitogenModule *
mitogen_module_finder_find (MitogenModuleFinder *self, const char *name, GError **error)
{
  if (!check_name (name, error))
    return NULL;
  for (guint tries = 1;; tries++)
    {
      GError *local_error = NULL;
      MitogenModule *module = make_module (self, name, search (self, name), &local_error);

      if (module != NULL)
        return module;
      if (!g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, local_error);
          return NULL;
        }
      if (tries == MAX_TRIES)
        {
          g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_MODULE_NOT_FOUND,
                       _ ("The module “%s” vanished while it was read: %s"), name,
                       local_error->message);
          g_error_free (local_error);
          return NULL;
        }
      g_error_free (local_error);
      look_again (self);
    }
}

/* Between equal lookups. */
static gboolean
has_same_children (MitogenModule *module, const MitogenLookup *lookup)
{
  g_auto (GStrv) children = NULL;

  if (mitogen_lookup_same_listings (lookup, mitogen_module_get_lookup (module)))
    return TRUE;
  children = mitogen_lookup_get_children (lookup);
  if (children == NULL || module->children == NULL)
    return children == NULL && module->children == NULL;
  return g_strv_equal ((const char *const *) children, module->children);
}

gboolean
mitogen_module_finder_is_current (MitogenModuleFinder *self, MitogenModule *module)
{
  g_autoptr (MitogenLookup) lookup = search (self, module->name);
  MitogenPortion *portion;

  if (!mitogen_lookup_equal (lookup, mitogen_module_get_lookup (module)) ||
      !has_same_children (module, lookup))
    return FALSE;
  if (lookup->file == NULL)
    return TRUE;
  portion = lookup->portions->pdata[0];
  return portion->tree->klass->is_current (portion->tree, portion->listing, lookup->file,
                                           mitogen_module_get_stamp (module));
}
