/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-text-property-private.h"

void
mitogen_text_property_set (gpointer object, char **text, const char *value, GParamSpec *pspec)
{
  if (g_strcmp0 (*text, value) == 0)
    return;
  g_free (*text);
  *text = g_strdup (value);
  if (pspec != NULL)
    g_object_notify_by_pspec (G_OBJECT (object), pspec);
}
