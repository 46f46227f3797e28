/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-module-tree-private.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>

MitogenModuleTree *
mitogen_module_tree_new_archive (const char *path, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               _ ("“%s” is neither a directory nor a zip archive"), path);
  return NULL;
}
