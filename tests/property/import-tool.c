/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The scanner of imports for other programs. Reads lines: the path of a source, a tab, the name of
 * the module, a tab, and 1 for a package. Prints a line for each: what it imports. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "python/mitogen-import-scanner-private.h"

static void
print_imports (const char *path, const char *module, gboolean is_package)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) source = NULL;
  g_autoptr (GPtrArray) names = NULL;
  char *contents;
  gsize size;

  if (!g_file_get_contents (path, &contents, &size, &error))
    g_error ("%s", error->message);
  source = g_bytes_new_take (contents, size);

  names = mitogen_scan_imports (source, module, is_package);
  for (guint i = 0; i < names->len; i++)
    printf ("%s%s", i > 0 ? " " : "", (const char *) names->pdata[i]);
  printf ("\n");
}

int
main (void)
{
  char line[8192];

  while (fgets (line, sizeof line, stdin) != NULL)
    {
      g_auto (GStrv) fields = g_strsplit (g_strchomp (line), "\t", 3);

      if (g_strv_length (fields) != 3)
        g_error ("not three fields: %s", line);
      print_imports (fields[0], fields[1], fields[2][0] == '1');
    }

  return EXIT_SUCCESS;
}
