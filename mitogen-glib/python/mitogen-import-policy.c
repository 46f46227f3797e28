/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-import-policy-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

struct _MitogenImportPolicy
{
  GHashTable *allowed;
  GHashTable *denied;
  GHashTable *overrides;
};

static GHashTable *
prefixes_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

MitogenImportPolicy *
mitogen_import_policy_new (void)
{
  MitogenImportPolicy *self = g_new0 (MitogenImportPolicy, 1);

  self->allowed = prefixes_new ();
  self->denied = prefixes_new ();
  self->overrides = prefixes_new ();
  return self;
}

void
mitogen_import_policy_free (MitogenImportPolicy *self)
{
  g_hash_table_unref (self->allowed);
  g_hash_table_unref (self->denied);
  g_hash_table_unref (self->overrides);
  g_free (self);
}

void
mitogen_import_policy_add_allowed (MitogenImportPolicy *self, const char *prefix)
{
  g_hash_table_add (self->allowed, g_strdup (prefix));
}

void
mitogen_import_policy_add_denied (MitogenImportPolicy *self, const char *prefix)
{
  g_hash_table_add (self->denied, g_strdup (prefix));
}

void
mitogen_import_policy_add_override (MitogenImportPolicy *self, const char *prefix)
{
  g_hash_table_add (self->overrides, g_strdup (prefix));
}

static gboolean
covers (GHashTable *prefixes, const char *name)
{
  g_autofree char *lineage = NULL;

  if (g_hash_table_size (prefixes) == 0)
    return FALSE;
  lineage = g_strdup (name);
  for (char *end = lineage + strlen (lineage); end != NULL; end = strrchr (lineage, '.'))
    {
      *end = '\0';
      if (g_hash_table_contains (prefixes, lineage))
        return TRUE;
    }
  return FALSE;
}

const char *
mitogen_import_policy_check (MitogenImportPolicy *self, const char *name)
{
  if (covers (self->denied, name))
    return _ ("the program's blacklist forbids it");
  if (g_hash_table_size (self->allowed) > 0 && !covers (self->allowed, name))
    return _ ("it is not in the program's whitelist");
  return NULL;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GPtrArray *
mitogen_import_policy_get_overrides (MitogenImportPolicy *self)
{
  GPtrArray *prefixes = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer prefix;

  g_hash_table_iter_init (&iter, self->overrides);
  while (g_hash_table_iter_next (&iter, &prefix, NULL))
    g_ptr_array_add (prefixes, prefix);
  g_ptr_array_sort (prefixes, compare);
  return prefixes;
}
