/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-import-scanner-private.h"

GPtrArray *
mitogen_scan_imports (G_GNUC_UNUSED GBytes *source,
                      G_GNUC_UNUSED const char *module,
                      G_GNUC_UNUSED gboolean is_package)
{
  return g_ptr_array_new_with_free_func (g_free);
}

gssize
mitogen_find_main_guard (G_GNUC_UNUSED GBytes *source, gboolean *uses_mitogen_main)
{
  if (uses_mitogen_main != NULL)
    *uses_mitogen_main = FALSE;
  return -1;
}
