/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-folder-private.h"

#include <glib/gi18n-lib.h>

gboolean
mitogen_folder_check (const char *path, GError **error)
{
  if (path != NULL && *path != '\0')
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       _ ("The connection does not say which folder is meant"));
  return FALSE;
}
