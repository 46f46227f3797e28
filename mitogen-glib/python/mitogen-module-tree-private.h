/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/mitogen-error.h"

#include <sys/stat.h>

G_BEGIN_DECLS

/* A tree of files and directories: on disk, in a zip archive, in resources. Any thread. Paths
 * inside it are relative, their parts separated by "/"; "" is its top. */

typedef enum
{
  MITOGEN_ENTRY_NONE,
  MITOGEN_ENTRY_FILE,
  MITOGEN_ENTRY_DIRECTORY,
  MITOGEN_ENTRY_LINK,              /* in listings only */
  MITOGEN_ENTRY_OUTSIDE_FILE,      /* a link to what is not in the tree */
  MITOGEN_ENTRY_OUTSIDE_DIRECTORY, /* likewise */
} MitogenEntryKind;

/* Tells one state of a file from another. All 0: of nothing on disk. */
typedef struct
{
  guint64 device;
  guint64 inode;
  guint64 size;
  gint64 seconds;
  gint64 nanoseconds;
} MitogenStamp;

void mitogen_stamp_init (MitogenStamp *self, const struct stat *info);
gboolean mitogen_stamp_equal (const MitogenStamp *self, const MitogenStamp *other);
/* What has just changed may change again without a new time. @now: before the stamp was taken, in
 * nanoseconds of real time. */
gboolean mitogen_stamp_is_settled (const MitogenStamp *self, gint64 now);

/* What is in one directory. Immutable once another thread may see it. */
typedef struct
{
  gatomicrefcount ref_count;
  GHashTable *entries;  /* name: kind */
  GHashTable *compiled; /* what there is compiled code of, by its first word: "a" for "a.abi3.so" */
  char *path;           /* where it is: the tree's own affair */
  MitogenStamp stamp;
  gpointer data; /* of the tree */
  GDestroyNotify destroy;
} MitogenListing;

MitogenListing *mitogen_listing_new (const char *path);
MitogenListing *mitogen_listing_ref (MitogenListing *self);
void mitogen_listing_unref (MitogenListing *self);
void mitogen_listing_add (MitogenListing *self, const char *name, MitogenEntryKind kind);
/* Of a file that the interpreter would take for a module, beside those that end in ".pyc". */
void mitogen_listing_add_compiled (MitogenListing *self, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenListing, mitogen_listing_unref)

/* While somebody holds it, each directory is looked at once: a number for each such time, 0: nobody
 * does. Shared by the trees of a finder. Atomic. */
typedef struct
{
  gint epoch;
} MitogenHold;

typedef struct _MitogenModuleTree MitogenModuleTree;

typedef struct
{
  /* NULL: there is no such directory, or it leads out of the tree. */
  MitogenListing *(*list) (MitogenModuleTree *self, const char *directory);
  /* What a link leads to; NULL: a tree without links. */
  MitogenEntryKind (*follow) (MitogenModuleTree *self, MitogenListing *listing, const char *name);
  /* G_IO_ERROR_NOT_FOUND: it has gone since it was listed. */
  GBytes *(*read) (MitogenModuleTree *self,
                   MitogenListing *listing,
                   const char *name,
                   gsize max_size,
                   MitogenStamp *stamp,
                   GError **error);
  gboolean (*is_current) (MitogenModuleTree *self,
                          MitogenListing *listing,
                          const char *name,
                          const MitogenStamp *stamp);
  void (*free) (MitogenModuleTree *self);
} MitogenModuleTreeClass;

struct _MitogenModuleTree
{
  MitogenHold *hold; /* nullable; an atomic box */
  const MitogenModuleTreeClass *klass;
  gatomicrefcount ref_count;
  char *id;   /* no other tree of its kind has it */
  char *name; /* UTF-8, for messages and tracebacks; no "/" at its end unless it is a root */
};

/* @path: absolute; an archive is followed by a folder in it, perhaps. */
MitogenModuleTree *mitogen_module_tree_new_directory (const char *path);
MitogenModuleTree *mitogen_module_tree_new_archive (const char *path, GError **error);
MitogenModuleTree *mitogen_module_tree_new_resource (const char *path);

/* Before anybody else has it. */
void mitogen_module_tree_set_hold (MitogenModuleTree *self, MitogenHold *hold);
/* 0: nobody holds it. */
gint mitogen_module_tree_get_epoch (MitogenModuleTree *self);
MitogenModuleTree *mitogen_module_tree_ref (MitogenModuleTree *self);
void mitogen_module_tree_unref (MitogenModuleTree *self);
MitogenEntryKind
mitogen_module_tree_look_up (MitogenModuleTree *self, MitogenListing *listing, const char *name);
/* UTF-8: where @name of @directory is. */
char *
mitogen_module_tree_describe (MitogenModuleTree *self, const char *directory, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenModuleTree, mitogen_module_tree_unref)

G_END_DECLS
