/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined(MITOGEN_INSIDE) && !defined(MITOGEN_COMPILATION)
#error "Only <mitogen-glib/mitogen.h> can be included directly."
#endif

#include "mitogen-context.h"
#include "mitogen-router.h"

G_BEGIN_DECLS

/**
 * MitogenMinify:
 * @MITOGEN_MINIFY_MARKED: those with a comment that says `!mitogen: minify_safe`
 * @MITOGEN_MINIFY_ALWAYS: all
 * @MITOGEN_MINIFY_NEVER: none
 *
 * Which modules lose their comments and docstrings before they are sent. Some programs read
 * docstrings, and so do people who debug them.
 *
 * Since: 1.0
 */
typedef enum
{
  MITOGEN_MINIFY_MARKED,
  MITOGEN_MINIFY_ALWAYS,
  MITOGEN_MINIFY_NEVER,
} MitogenMinify;

#define MITOGEN_TYPE_MODULE_RESPONDER (mitogen_module_responder_get_type ())
MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenModuleResponder,
                      mitogen_module_responder,
                      MITOGEN,
                      MODULE_RESPONDER,
                      GObject)

/**
 * MitogenModuleFindFunc:
 * @responder: whom a context has asked
 * @name: the full name of the module, such as `package.module`; any text that is the name of a
 * module
 * @is_package: (out): whether it is a package, so that there may be modules below it
 * @user_data: what was passed beside the function
 *
 * Finds a module that is in none of the places added to a responder.
 *
 * Returns: (transfer full) (nullable): its source, in UTF-8, or nothing if there is no such module
 *
 * Since: 1.0
 */
typedef char *(*MitogenModuleFindFunc) (MitogenModuleResponder *responder,
                                        const char *name,
                                        gboolean *is_package,
                                        gpointer user_data);

MITOGEN_AVAILABLE_IN_ALL
MitogenModuleResponder *mitogen_router_get_responder (MitogenRouter *self);

MITOGEN_AVAILABLE_IN_ALL
gboolean
mitogen_module_responder_add_path (MitogenModuleResponder *self, const char *path, GError **error);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_module_responder_add_resource (MitogenModuleResponder *self,
                                                const char *uri,
                                                GError **error);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_module_responder_add_module (MitogenModuleResponder *self,
                                              const char *name,
                                              const char *source,
                                              GError **error);
MITOGEN_AVAILABLE_IN_ALL
gboolean
mitogen_module_responder_set_main (MitogenModuleResponder *self, const char *path, GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_module_responder_set_find_func (MitogenModuleResponder *self,
                                             MitogenModuleFindFunc func,
                                             gpointer user_data,
                                             GDestroyNotify destroy);

MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_module_responder_whitelist (MitogenModuleResponder *self,
                                             const char *prefix,
                                             GError **error);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_module_responder_blacklist (MitogenModuleResponder *self,
                                             const char *prefix,
                                             GError **error);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_module_responder_add_override (MitogenModuleResponder *self,
                                                const char *prefix,
                                                GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenMinify mitogen_module_responder_get_minify (MitogenModuleResponder *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_module_responder_set_minify (MitogenModuleResponder *self, MitogenMinify minify);
MITOGEN_AVAILABLE_IN_ALL
guint64 mitogen_module_responder_get_max_source_size (MitogenModuleResponder *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_module_responder_set_max_source_size (MitogenModuleResponder *self, guint64 size);

MITOGEN_AVAILABLE_IN_ALL
char **mitogen_module_responder_get_paths (MitogenModuleResponder *self);
MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_module_responder_get_statistics (MitogenModuleResponder *self);

MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_context_preload (MitogenContext *self,
                                  const char *const *modules,
                                  GCancellable *cancellable,
                                  GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_context_preload_async (MitogenContext *self,
                                    const char *const *modules,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
gboolean
mitogen_context_preload_finish (MitogenContext *self, GAsyncResult *result, GError **error);

G_END_DECLS
