/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-module-store-private.h"
#include "python/mitogen-common-modules-private.h"
#include "python/mitogen-import-policy-private.h"
#include "python/mitogen-import-scanner-private.h"
#include "python/mitogen-load-module-private.h"
#include "python/mitogen-minify-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <zlib.h>

/* A module with this in a comment has said itself that nothing reads its docstrings. */
#define SAFE_MARK "!mitogen: minify_safe"

struct _MitogenModuleStore
{
  gatomicrefcount ref_count;
  MitogenModuleFinder *finder;

  GMutex telling; /* held while contexts are told what there is, or that it has changed */

  GMutex lock; /* protects the next */
  MitogenImportPolicy *policy;
  MitogenMinify minify;
  MitogenModuleCounts counts;
  guint generation; /* of what is there and who may have it */
  gboolean open;
  GHashTable *found; /* names of packages of which nobody knows what is in them */

  GHashTable *entries; /* name -> Entry; of the thread that gets */
};

typedef struct
{
  MitogenStoredModule stored;
  MitogenModule *module;
  MitogenMinify minify;
  GPtrArray *imports; /* what the source says */
  GBytes *code;       /* NULL: a namespace package */
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_clear_pointer (&entry->stored.message, mitogen_message_unref);
  g_clear_pointer (&entry->stored.related, g_ptr_array_unref);
  g_clear_pointer (&entry->imports, g_ptr_array_unref);
  g_clear_pointer (&entry->code, g_bytes_unref);
  mitogen_module_unref (entry->module);
  g_free (entry->stored.name);
  g_free (entry);
}

MitogenModuleStore *
mitogen_module_store_new (void)
{
  MitogenModuleStore *self = g_new0 (MitogenModuleStore, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->telling);
  g_mutex_init (&self->lock);
  self->finder = mitogen_module_finder_new ();
  self->policy = mitogen_import_policy_new ();
  self->found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  return self;
}

MitogenModuleStore *
mitogen_module_store_ref (MitogenModuleStore *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_module_store_unref (MitogenModuleStore *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_hash_table_unref (self->entries);
  g_hash_table_unref (self->found);
  mitogen_import_policy_free (self->policy);
  mitogen_module_finder_unref (self->finder);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->telling);
  g_free (self);
}

/* ---- settings ---- */

MitogenModuleFinder *
mitogen_module_store_get_finder (MitogenModuleStore *self)
{
  return self->finder;
}

void
mitogen_module_store_changed (MitogenModuleStore *self)
{
  g_mutex_lock (&self->lock);
  self->generation++;
  g_mutex_unlock (&self->lock);
}

guint
mitogen_module_store_get_generation (MitogenModuleStore *self)
{
  guint generation;

  g_mutex_lock (&self->lock);
  generation = self->generation;
  g_mutex_unlock (&self->lock);
  return generation;
}

gboolean
mitogen_module_store_begin_telling (MitogenModuleStore *self, guint generation)
{
  g_mutex_lock (&self->telling);
  if (mitogen_module_store_get_generation (self) == generation)
    return TRUE;
  g_mutex_unlock (&self->telling);
  return FALSE;
}

void
mitogen_module_store_end_telling (MitogenModuleStore *self)
{
  g_mutex_unlock (&self->telling);
}

gboolean
mitogen_module_store_is_used (MitogenModuleStore *self)
{
  return mitogen_module_store_get_generation (self) > 0;
}

void
mitogen_module_store_set_minify (MitogenModuleStore *self, MitogenMinify minify)
{
  g_mutex_lock (&self->lock);
  self->minify = minify;
  g_mutex_unlock (&self->lock);
}

MitogenMinify
mitogen_module_store_get_minify (MitogenModuleStore *self)
{
  MitogenMinify minify;

  g_mutex_lock (&self->lock);
  minify = self->minify;
  g_mutex_unlock (&self->lock);
  return minify;
}

static void
change_policy (MitogenModuleStore *self,
               void (*change) (MitogenImportPolicy *policy, const char *prefix),
               const char *prefix)
{
  g_mutex_lock (&self->lock);
  change (self->policy, prefix);
  self->generation++;
  g_mutex_unlock (&self->lock);
}

void
mitogen_module_store_allow (MitogenModuleStore *self, const char *prefix)
{
  change_policy (self, mitogen_import_policy_add_allowed, prefix);
}

void
mitogen_module_store_deny (MitogenModuleStore *self, const char *prefix)
{
  change_policy (self, mitogen_import_policy_add_denied, prefix);
}

void
mitogen_module_store_override (MitogenModuleStore *self, const char *prefix)
{
  change_policy (self, mitogen_import_policy_add_override, prefix);
}

GPtrArray *
mitogen_module_store_dup_overrides (MitogenModuleStore *self)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) overrides = NULL;

  g_mutex_lock (&self->lock);
  overrides = mitogen_import_policy_get_overrides (self->policy);
  for (guint i = 0; i < overrides->len; i++)
    g_ptr_array_add (copy, g_strdup (overrides->pdata[i]));
  g_mutex_unlock (&self->lock);
  return copy;
}

gboolean
mitogen_module_store_add_found (MitogenModuleStore *self,
                                const char *name,
                                const char *source,
                                gboolean is_package)
{
  g_autoptr (GBytes) bytes = g_bytes_new (source, strlen (source));
  g_autofree char *slashes = g_strdelimit (g_strdup (name), ".", '/');
  g_autofree char *path =
      g_strconcat ("<found>/", slashes, is_package ? "/__init__.py" : ".py", NULL);
  g_autoptr (GError) error = NULL;

  if (!mitogen_module_finder_add_module (self->finder, name, bytes, is_package, path, &error))
    {
      g_warning ("What was found for the module “%s” cannot be used: %s", name, error->message);
      return FALSE;
    }
  g_mutex_lock (&self->lock);
  if (is_package)
    g_hash_table_add (self->found, g_strdup (name));
  self->generation++;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

void
mitogen_module_store_set_open (MitogenModuleStore *self, gboolean open)
{
  g_mutex_lock (&self->lock);
  self->open = open;
  self->generation++;
  g_mutex_unlock (&self->lock);
}

void
mitogen_module_store_count (MitogenModuleStore *self, MitogenModuleCount what, gsize bytes)
{
  MitogenModuleCounts *counts = &self->counts;
  guint *count = what == MITOGEN_COUNT_REQUESTS  ? &counts->requests
                 : what == MITOGEN_COUNT_SENT    ? &counts->sent
                 : what == MITOGEN_COUNT_MISSING ? &counts->missing
                                                 : &counts->denied;

  g_mutex_lock (&self->lock);
  ++*count;
  counts->bytes_sent += bytes;
  g_mutex_unlock (&self->lock);
}

void
mitogen_module_store_add_time (MitogenModuleStore *self, gint64 usec)
{
  g_mutex_lock (&self->lock);
  self->counts.usec += usec;
  g_mutex_unlock (&self->lock);
}

MitogenModuleCounts
mitogen_module_store_get_counts (MitogenModuleStore *self)
{
  MitogenModuleCounts counts;

  g_mutex_lock (&self->lock);
  counts = self->counts;
  g_mutex_unlock (&self->lock);
  return counts;
}

gboolean
mitogen_module_store_check (MitogenModuleStore *self, const char *name, GError **error)
{
  const char *reason = NULL;

  /* The library's own modules are not the program's to forbid. */
  if (strcmp (name, "mitogen") == 0 || g_str_has_prefix (name, "mitogen."))
    return TRUE;
  g_mutex_lock (&self->lock);
  reason = mitogen_import_policy_check (self->policy, name);
  g_mutex_unlock (&self->lock);
  if (reason != NULL)
    g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION, "%s", reason);
  return reason == NULL;
}

/* ---- making what is sent ---- */

static GBytes *
deflate_bytes (GBytes *source)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (source, &size);
  uLongf length = compressBound (size);
  g_autofree guint8 *out = g_malloc (length);

  if (compress2 (out, &length, data, size, Z_DEFAULT_COMPRESSION) != Z_OK)
    g_assert_not_reached ();
  return g_bytes_new_take (g_realloc (g_steal_pointer (&out), length), length);
}

static gboolean
says_it_is_safe (GBytes *source)
{
  gsize size;
  const char *data = g_bytes_get_data (source, &size);

  return size > 0 && memmem (data, size, SAFE_MARK, strlen (SAFE_MARK)) != NULL;
}

/* Counts under the lock, since anybody may look. */
static void
count_work (MitogenModuleStore *self, guint *counter)
{
  g_mutex_lock (&self->lock);
  ++*counter;
  g_mutex_unlock (&self->lock);
}

static Entry *
entry_new (MitogenModuleStore *self, MitogenModule *module, MitogenMinify minify)
{
  Entry *entry = g_new0 (Entry, 1);
  GBytes *source = module->source;
  g_autoptr (GBytes) minified = NULL;

  entry->module = mitogen_module_ref (module);
  entry->minify = minify;
  entry->stored.name = g_strdup (module->name);
  count_work (self, &self->counts.read);
  if (source == NULL)
    {
      entry->imports = g_ptr_array_new ();
      return entry;
    }
  entry->imports = mitogen_scan_imports (source, module->name, module->is_package);
  count_work (self, &self->counts.scanned);
  if (minify == MITOGEN_MINIFY_ALWAYS ||
      (minify == MITOGEN_MINIFY_MARKED && says_it_is_safe (source)))
    {
      minified = mitogen_minify_bytes (source);
      count_work (self, &self->counts.minified);
      source = minified;
    }
  entry->code = deflate_bytes (source);
  count_work (self, &self->counts.compressed);
  return entry;
}

static gboolean
may_have (MitogenModuleStore *self, const char *name)
{
  return mitogen_module_store_check (self, name, NULL) &&
         mitogen_module_finder_has (self->finder, name);
}

/* An import of a.b runs a first. */
static void
add_related (MitogenModuleStore *self, Entry *entry, GPtrArray *absent)
{
  for (guint i = 0; i < entry->imports->len; i++)
    {
      const char *name = entry->imports->pdata[i];

      if (may_have (self, name))
        g_ptr_array_add (entry->stored.related, (gpointer) name);
      else if (strchr (name, '.') == NULL && !mitogen_module_is_common (name))
        g_ptr_array_add (absent, (gpointer) name);
    }
}

/* "*": there may be others. */
static char **
make_children (MitogenModuleStore *self, Entry *entry, gboolean *open)
{
  g_autoptr (GStrvBuilder) builder = NULL;
  gboolean found;

  g_mutex_lock (&self->lock);
  found = self->open && g_hash_table_contains (self->found, entry->stored.name);
  *open = self->open;
  g_mutex_unlock (&self->lock);
  if (!entry->module->is_package)
    return NULL;
  builder = g_strv_builder_new ();
  g_strv_builder_addv (builder, (const char **) entry->module->children);
  if (found)
    g_strv_builder_add (builder, "*");
  return g_strv_builder_end (builder);
}

static void
make_message (MitogenModuleStore *self, Entry *entry, guint generation)
{
  g_autoptr (GPtrArray) absent = g_ptr_array_new ();
  g_auto (GStrv) children = NULL;
  gboolean open;

  g_clear_pointer (&entry->stored.message, mitogen_message_unref);
  g_clear_pointer (&entry->stored.related, g_ptr_array_unref);
  entry->stored.related = g_ptr_array_new ();
  add_related (self, entry, absent);
  children = make_children (self, entry, &open);
  entry->stored.message = mitogen_load_module_new (entry->stored.name, entry->module->path,
                                                   (const char *const *) children, entry->code,
                                                   entry->stored.related, open ? NULL : absent);
  entry->stored.size = mitogen_message_get_size (entry->stored.message);
  entry->stored.generation = generation;
}

static Entry *
get_entry (MitogenModuleStore *self, const char *name, MitogenMinify minify, GError **error)
{
  Entry *entry = g_hash_table_lookup (self->entries, name);
  g_autoptr (MitogenModule) module = NULL;

  if (entry != NULL && entry->minify == minify &&
      mitogen_module_finder_is_current (self->finder, entry->module))
    return entry;
  if (entry != NULL)
    g_hash_table_remove (self->entries, name);
  module = mitogen_module_finder_find (self->finder, name, error);
  if (module == NULL)
    return NULL;
  entry = entry_new (self, module, minify);
  g_hash_table_insert (self->entries, entry->stored.name, entry);
  return entry;
}

MitogenStoredModule *
mitogen_module_store_get (MitogenModuleStore *self, const char *name, GError **error)
{
  MitogenMinify minify;
  guint generation;
  Entry *entry;

  g_mutex_lock (&self->lock);
  generation = self->generation;
  minify = self->minify;
  g_mutex_unlock (&self->lock);
  if (!mitogen_module_store_check (self, name, error))
    return NULL;
  entry = get_entry (self, name, minify, error);
  if (entry == NULL)
    return NULL;
  if (entry->stored.message == NULL || entry->stored.generation != generation)
    make_message (self, entry, generation);
  return &entry->stored;
}
