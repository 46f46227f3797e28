/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-module-tree-private.h"

#include <string.h>

/* The clock of a file system has a grain; that of some is two seconds. */
#define NS_PER_S        G_GINT64_CONSTANT (1000000000)
#define GRAIN_NS        (20 * G_GINT64_CONSTANT (1000000))
#define COARSE_GRAIN_NS (2 * NS_PER_S)

void
mitogen_stamp_init (MitogenStamp *self, const struct stat *info)
{
  self->device = info->st_dev;
  self->inode = info->st_ino;
  self->size = (guint64) info->st_size;
  self->seconds = info->st_mtim.tv_sec;
  self->nanoseconds = info->st_mtim.tv_nsec;
}

gboolean
mitogen_stamp_equal (const MitogenStamp *self, const MitogenStamp *other)
{
  return self->device == other->device && self->inode == other->inode &&
         self->size == other->size && self->seconds == other->seconds &&
         self->nanoseconds == other->nanoseconds;
}

gboolean
mitogen_stamp_is_settled (const MitogenStamp *self, gint64 now)
{
  gint64 seconds = now / NS_PER_S;
  gint64 distance;

  /* A time of another clock, of whatever size, does not come again. */
  if (self->seconds < seconds - 10 || self->seconds > seconds + 10)
    return TRUE;
  distance = now - (self->seconds * NS_PER_S + self->nanoseconds);
  return ABS (distance) >= (self->nanoseconds != 0 ? GRAIN_NS : COARSE_GRAIN_NS);
}

/* ---- listings ---- */

MitogenListing *
mitogen_listing_new (const char *path)
{
  MitogenListing *self = g_new0 (MitogenListing, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->compiled = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->path = g_strdup (path);
  return self;
}

MitogenListing *
mitogen_listing_ref (MitogenListing *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_listing_unref (MitogenListing *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  if (self->destroy != NULL)
    self->destroy (self->data);
  g_hash_table_unref (self->entries);
  g_hash_table_unref (self->compiled);
  g_free (self->path);
  g_free (self);
}

void
mitogen_listing_add (MitogenListing *self, const char *name, MitogenEntryKind kind)
{
  g_hash_table_replace (self->entries, g_strdup (name), GINT_TO_POINTER (kind));
  if (g_strcmp0 (strchr (name, '.'), ".pyc") == 0)
    mitogen_listing_add_compiled (self, name);
}

void
mitogen_listing_add_compiled (MitogenListing *self, const char *name)
{
  g_hash_table_add (self->compiled, g_strndup (name, strcspn (name, ".")));
}

/* ---- trees ---- */

MitogenModuleTree *
mitogen_module_tree_ref (MitogenModuleTree *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_module_tree_unref (MitogenModuleTree *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->hold, g_atomic_rc_box_release);
  g_free (self->name);
  g_free (self->id);
  self->klass->free (self);
}

void
mitogen_module_tree_set_hold (MitogenModuleTree *self, MitogenHold *hold)
{
  self->hold = g_atomic_rc_box_acquire (hold);
}

gint
mitogen_module_tree_get_epoch (MitogenModuleTree *self)
{
  return self->hold != NULL ? g_atomic_int_get (&self->hold->epoch) : 0;
}

MitogenEntryKind
mitogen_module_tree_look_up (MitogenModuleTree *self, MitogenListing *listing, const char *name)
{
  MitogenEntryKind kind = GPOINTER_TO_INT (g_hash_table_lookup (listing->entries, name));

  return kind == MITOGEN_ENTRY_LINK ? self->klass->follow (self, listing, name) : kind;
}

char *
mitogen_module_tree_describe (MitogenModuleTree *self, const char *directory, const char *name)
{
  const char *base = g_str_has_suffix (self->name, "/") ? "" : "/";
  const char *middle = *directory != '\0' && *name != '\0' ? "/" : "";

  if (*directory == '\0' && *name == '\0')
    return g_strdup (self->name);
  return g_strconcat (self->name, base, directory, middle, name, NULL);
}
