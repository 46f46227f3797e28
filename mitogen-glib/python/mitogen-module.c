/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-module-private.h"

#include <string.h>

#define MAX_NAME_SIZE 1000

typedef struct
{
  MitogenModule parent;
  gatomicrefcount ref_count;
  char *name;
  char *path;
  char **children;
  MitogenLookup *lookup;
  MitogenStamp stamp; /* of the file, if there is one */
} Module;

MitogenModule *
mitogen_module_new (const char *name,
                    char *path,
                    GBytes *source,
                    char **children,
                    MitogenLookup *lookup,
                    const MitogenStamp *stamp)
{
  Module *self = g_new0 (Module, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->name = g_strdup (name);
  self->path = path;
  self->children = children;
  self->lookup = lookup;
  self->stamp = *stamp;
  self->parent = (MitogenModule){ self->name, self->path, source, children != NULL,
                                  (const char *const *) children };
  return &self->parent;
}

MitogenModule *
mitogen_module_ref (MitogenModule *module)
{
  g_atomic_ref_count_inc (&((Module *) module)->ref_count);
  return module;
}

void
mitogen_module_unref (MitogenModule *module)
{
  Module *self = (Module *) module;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->parent.source, g_bytes_unref);
  mitogen_lookup_free (self->lookup);
  g_strfreev (self->children);
  g_free (self->path);
  g_free (self->name);
  g_free (self);
}

const MitogenLookup *
mitogen_module_get_lookup (MitogenModule *self)
{
  return ((Module *) self)->lookup;
}

const MitogenStamp *
mitogen_module_get_stamp (MitogenModule *self)
{
  return &((Module *) self)->stamp;
}

/* ---- names ---- */

static gboolean
is_word_char (gunichar c)
{
  return c == '_' || g_unichar_isalnum (c) || g_unichar_ismark (c);
}

gboolean
mitogen_module_name_is_valid (const char *name)
{
  gboolean in_word = FALSE;
  gsize size = strnlen (name, MAX_NAME_SIZE + 1);

  if (size > MAX_NAME_SIZE || !g_utf8_validate (name, (gssize) size, NULL))
    return FALSE;
  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '.' && in_word)
        in_word = FALSE;
      else if (is_word_char (c) || (c == '-' && in_word))
        in_word = TRUE;
      else
        return FALSE;
    }
  return in_word;
}
