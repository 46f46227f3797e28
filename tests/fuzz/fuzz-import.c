/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "fuzz.h"
#include "python/mitogen-import-scanner-private.h"
#include "python/mitogen-source-private.h"

static void
check_names (GPtrArray *names)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  if (names->len > MITOGEN_MAX_IMPORTS)
    g_error ("too many names");
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = names->pdata[i];
      const char *dot = strrchr (name, '.');
      g_autofree char *parent = dot != NULL ? g_strndup (name, (gsize) (dot - name)) : NULL;

      if (name[0] == '\0' || strlen (name) > MITOGEN_MAX_IMPORT_LENGTH ||
          !g_utf8_validate (name, -1, NULL) || strstr (name, "..") != NULL || name[0] == '.' ||
          g_str_has_suffix (name, "."))
        g_error ("no name: %s", name);
      if (g_str_equal (name, "p.m") || g_str_equal (name, "mitogen") ||
          g_str_has_prefix (name, "mitogen.") || g_str_equal (name, "__future__"))
        g_error ("not to be listed: %s", name);
      if (parent != NULL && !g_str_equal (parent, "p.m") && !g_hash_table_contains (seen, parent))
        g_error ("the parent of %s does not come first", name);
      if (!g_hash_table_add (seen, (char *) name))
        g_error ("listed twice: %s", name);
    }
}

/* What is before the guard is read as it was with what comes behind it. */
static void
check_before (GBytes *source, gsize offset, gboolean uses_main, GPtrArray *names)
{
  g_autoptr (GBytes) before = g_bytes_new_from_bytes (source, 0, offset);
  g_autoptr (GPtrArray) names_before = mitogen_scan_imports (before, "p.m", FALSE);
  gboolean uses_main_before;

  if (mitogen_find_main_guard (before, &uses_main_before) != -1)
    g_error ("there is a guard before the guard");
  if (uses_main_before != uses_main)
    g_error ("mitogen.main() depends on what comes behind the guard");
  if (names_before->len > names->len)
    g_error ("without the guard there are more names");
  for (guint i = 0; i < names_before->len; i++)
    if (!g_str_equal (names_before->pdata[i], names->pdata[i]))
      g_error ("without the guard there are other names");
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) source = g_bytes_new_static (data, size);
  g_autoptr (GPtrArray) names = mitogen_scan_imports (source, "p.m", FALSE);
  gboolean uses_main;
  gssize offset = mitogen_find_main_guard (source, &uses_main);

  check_names (names);
  if (offset == -1)
    return 0;

  if (offset < 0 || (gsize) offset + 2 > size || memcmp (data + offset, "if", 2) != 0)
    g_error ("the guard is not at %" G_GSSIZE_FORMAT, offset);
  /* In another encoding, what is behind it decides whether the source can be converted. */
  if (g_str_equal (mitogen_source_get_encoding ((const char *) data, size), "utf-8"))
    check_before (source, (gsize) offset, uses_main, names);

  return 0;
}
