/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "python/mitogen-module-tree-private.h"

G_BEGIN_DECLS

/* Where a name leads among trees, by Python's rules. Not thread-safe. */

typedef enum
{
  MITOGEN_LOOKUP_NONE,
  MITOGEN_LOOKUP_MODULE,
  MITOGEN_LOOKUP_PACKAGE,
  MITOGEN_LOOKUP_NAMESPACE,
  MITOGEN_LOOKUP_REFUSED, /* Python would find it there, but it cannot be sent */
  MITOGEN_LOOKUP_ADDED,   /* the finder's: a module that was added by itself */
} MitogenLookupKind;

/* A directory to search. */
typedef struct
{
  MitogenModuleTree *tree;
  MitogenListing *listing;
  char *directory;
} MitogenPortion;

typedef struct
{
  MitogenLookupKind kind;
  /* (element-type MitogenPortion): of a module and of a refused one, where it lies; of a package
   * and a namespace, where its submodules do */
  GPtrArray *portions;
  char *file;     /* its name in the first portion */
  char *reason;   /* why it is refused, or why there cannot be such a module */
  GBytes *source; /* of one that was added, as these: */
  char *path;
  gboolean is_package;
  char **added_children; /* nullable */
} MitogenLookup;

MitogenLookup *mitogen_lookup_new (MitogenLookupKind kind);
void mitogen_lookup_free (MitogenLookup *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenLookup, mitogen_lookup_free)

/* The first word of a name. @trees: (element-type MitogenModuleTree). */
MitogenLookup *mitogen_lookup_top (GPtrArray *trees, const char *word);
/* One of the others, searched in portions of its parent. */
MitogenLookup *mitogen_lookup_word (GPtrArray *portions, const char *word);
/* Suffixes of the direct submodules, sorted, with those that were added; NULL: no package. */
char **mitogen_lookup_get_children (const MitogenLookup *self);
/* Whether both lead to the same file or directories. */
gboolean mitogen_lookup_equal (const MitogenLookup *self, const MitogenLookup *other);
/* Whether the children of equal ones must be the same, since nothing was listed or added between.
 */
gboolean mitogen_lookup_same_listings (const MitogenLookup *self, const MitogenLookup *other);

G_END_DECLS
