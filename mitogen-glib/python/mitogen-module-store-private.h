/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "python/mitogen-module-responder.h"
#include "python/mitogen-module-finder-private.h"
#include "wire/mitogen-message-private.h"

G_BEGIN_DECLS

/* The modules that one router serves: found, scanned, minified and compressed once, and kept as the
 * message that carries them. What is set may be set in any thread; one thread gets. */
typedef struct _MitogenModuleStore MitogenModuleStore;

typedef struct
{
  guint requests; /* of contexts */
  guint sent;
  guint missing;
  guint denied;
  guint64 bytes_sent;
  guint read;
  guint scanned;
  guint minified;
  guint compressed;
  gint64 usec; /* of work */
} MitogenModuleCounts;

typedef enum
{
  MITOGEN_COUNT_REQUESTS,
  MITOGEN_COUNT_SENT,
  MITOGEN_COUNT_MISSING,
  MITOGEN_COUNT_DENIED,
} MitogenModuleCount;

/* One that may be sent. Valid until the next lookup of the same name. */
typedef struct
{
  char *name;
  MitogenMessage *message; /* for nobody yet */
  GPtrArray *related;      /* (element-type utf8): what it imports of the program's */
  gsize size;              /* of the payload */
  guint generation;        /* of what there is, when it was made */
} MitogenStoredModule;

MitogenModuleStore *mitogen_module_store_new (void);
MitogenModuleStore *mitogen_module_store_ref (MitogenModuleStore *self);
void mitogen_module_store_unref (MitogenModuleStore *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenModuleStore, mitogen_module_store_unref)

/* ---- any thread ---- */

MitogenModuleFinder *mitogen_module_store_get_finder (MitogenModuleStore *self);
/* There is something else to be found, or to be kept from contexts. */
void mitogen_module_store_changed (MitogenModuleStore *self);
/* Counts the changes. */
guint mitogen_module_store_get_generation (MitogenModuleStore *self);
/* FALSE: what was found out since @generation may be wrong. Else nobody is told of a change before
 * the end. */
gboolean mitogen_module_store_begin_telling (MitogenModuleStore *self, guint generation);
void mitogen_module_store_end_telling (MitogenModuleStore *self);
/* Whether the program has ever given it anything to serve. */
gboolean mitogen_module_store_is_used (MitogenModuleStore *self);
void mitogen_module_store_set_minify (MitogenModuleStore *self, MitogenMinify minify);
MitogenMinify mitogen_module_store_get_minify (MitogenModuleStore *self);
void mitogen_module_store_allow (MitogenModuleStore *self, const char *prefix);
void mitogen_module_store_deny (MitogenModuleStore *self, const char *prefix);
void mitogen_module_store_override (MitogenModuleStore *self, const char *prefix);
/* Returns: (transfer full) (element-type utf8): owned texts */
GPtrArray *mitogen_module_store_dup_overrides (MitogenModuleStore *self);
/* What the program's own function has found. FALSE: that is no module. */
gboolean mitogen_module_store_add_found (MitogenModuleStore *self,
                                         const char *name,
                                         const char *source,
                                         gboolean is_package);
/* Whether there may be modules that nobody knows of until they are asked for. */
void mitogen_module_store_set_open (MitogenModuleStore *self, gboolean open);
void mitogen_module_store_count (MitogenModuleStore *self, MitogenModuleCount what, gsize bytes);
void mitogen_module_store_add_time (MitogenModuleStore *self, gint64 usec);
MitogenModuleCounts mitogen_module_store_get_counts (MitogenModuleStore *self);

/* ---- the thread that gets ---- */

/* NULL: MITOGEN_ERROR_PERMISSION, or that of the finder. */
MitogenStoredModule *
mitogen_module_store_get (MitogenModuleStore *self, const char *name, GError **error);
/* Whether its resources may be had. */
gboolean mitogen_module_store_check (MitogenModuleStore *self, const char *name, GError **error);

G_END_DECLS
