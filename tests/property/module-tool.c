/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Says what is found in the paths of its arguments: each line of the input is the name of a module,
 * or of a package and a data file, or of a package and a directory that ends with "/". A line of
 * the answer has fields with tabs between them. */

#include "python/mitogen-module-finder-private.h"

#include <locale.h>
#include <string.h>

static void
tell_error (const GError *error)
{
  g_autofree char *text = g_strdelimit (g_strdup (error->message), "\n\t", ' ');

  g_print ("error\t%s\t%d\t%s\n", g_quark_to_string (error->domain), error->code, text);
}

static char *
hash (GBytes *bytes)
{
  return bytes != NULL ? g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes) : g_strdup ("-");
}

static void
tell_module (MitogenModuleFinder *finder, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenModule) module = mitogen_module_finder_find (finder, name, &error);
  g_autofree char *children = NULL;
  g_autofree char *sum = NULL;

  if (module == NULL)
    {
      tell_error (error);
      return;
    }
  if (!mitogen_module_finder_has (finder, name) ||
      !mitogen_module_finder_is_current (finder, module))
    g_error ("%s is found, but it is not there", name);
  sum = hash (module->source);
  if (module->is_package)
    children = g_strjoinv (",", (char **) module->children);
  g_print ("%s\t%s\t%s\t%s\n",
           module->source == NULL ? "namespace"
           : module->is_package   ? "package"
                                  : "module",
           module->path, sum, children != NULL ? children : "");
}

static void
tell_data (MitogenModuleFinder *finder, const char *package, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = mitogen_module_finder_read_resource (finder, package, name, &error);
  g_autofree char *sum = hash (bytes);

  if (bytes == NULL)
    tell_error (error);
  else
    g_print ("data\t%s\n", sum);
}

static void
tell_directory (MitogenModuleFinder *finder, const char *package, char *name)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = NULL;
  g_autofree char *joined = NULL;

  name[strlen (name) - 1] = '\0';
  names = mitogen_module_finder_list_resources (finder, package, name, &error);
  if (names == NULL)
    {
      tell_error (error);
      return;
    }
  joined = g_strjoinv ("\t", names);
  g_print ("directory\t%s\n", joined);
}

static void
answer (MitogenModuleFinder *finder, char *line)
{
  g_auto (GStrv) words = g_strsplit (line, "\t", 2);

  if (words[1] == NULL)
    tell_module (finder, words[0]);
  else if (g_str_has_suffix (words[1], "/"))
    tell_directory (finder, words[0], words[1]);
  else
    tell_data (finder, words[0], words[1]);
}

int
main (int argc, char *argv[])
{
  g_autoptr (MitogenModuleFinder) finder = mitogen_module_finder_new ();
  g_autoptr (GIOChannel) input = g_io_channel_unix_new (0);
  char *line;
  gsize end;

  setlocale (LC_ALL, "C.UTF-8");
  for (int i = 1; i < argc; i++)
    {
      g_autoptr (GError) error = NULL;

      if (!mitogen_module_finder_add_path (finder, argv[i], &error))
        tell_error (error);
    }
  while (g_io_channel_read_line (input, &line, NULL, &end, NULL) == G_IO_STATUS_NORMAL)
    {
      line[end] = '\0';
      answer (finder, line);
      g_free (line);
    }
  return 0;
}
