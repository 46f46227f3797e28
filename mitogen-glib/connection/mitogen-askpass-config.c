/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Whether ssh's configuration names a command of the user's own that our option would replace:
 * what is given as an option wins. Conditions are not looked at. */

#include "connection/mitogen-askpass-private.h"

#include <glob.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_FOLDER "/etc/ssh"

/* More are not looked at: a file may include itself. */
#define MAX_FILES 100

#define KEYWORD "knownhostscommand"
#define INCLUDE "include"

static gboolean has_command (const char *path, const char *folder, guint *n_files);

/* What follows @keyword, in any case; NULL: the line has another one. */
static const char *
get_value (const char *line, const char *keyword)
{
  gsize length = strlen (keyword);

  line += strspn (line, " \t\"");
  if (g_ascii_strncasecmp (line, keyword, length) != 0 || strchr (" \t=\"", line[length]) == NULL)
    return NULL;
  return line + length + strspn (line + length, " \t=");
}

/* @folder: of what is not an absolute path */
static gboolean
any_has_command (const char *pattern, const char *folder, guint *n_files)
{
  g_autofree char *path = g_path_is_absolute (pattern) || *pattern == '~'
                              ? g_strdup (pattern)
                              : g_build_filename (folder, pattern, NULL);
  glob_t found = { 0 };
  gboolean has = FALSE;

  if (glob (path, GLOB_TILDE, NULL, &found) == 0)
    for (gsize i = 0; i < found.gl_pathc && !has; i++)
      has = has_command (found.gl_pathv[i], folder, n_files);
  globfree (&found);
  return has;
}

static gboolean
included_has_command (const char *value, const char *folder, guint *n_files)
{
  g_auto (GStrv) patterns = NULL;

  if (!g_shell_parse_argv (value, NULL, &patterns, NULL))
    return FALSE;
  for (guint i = 0; patterns[i] != NULL; i++)
    if (any_has_command (patterns[i], folder, n_files))
      return TRUE;
  return FALSE;
}

static gboolean
has_command (const char *path, const char *folder, guint *n_files)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (++*n_files > MAX_FILES || !g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  lines = g_strsplit_set (text, "\r\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *included = get_value (lines[i], INCLUDE);

      if (get_value (lines[i], KEYWORD) != NULL ||
          (included != NULL && included_has_command (included, folder, n_files)))
        return TRUE;
    }
  return FALSE;
}

gboolean
mitogen_askpass_file_has_command (const char *path, const char *folder)
{
  guint n_files = 0;

  return has_command (path, folder, &n_files);
}

/* The file after "-F". Returns: (transfer none) (nullable) */
static const char *
get_own_file (const char *const *argv)
{
  for (guint i = 0; argv[i] != NULL && !g_str_equal (argv[i], "--"); i++)
    if (g_str_has_prefix (argv[i], "-F"))
      return argv[i][2] != '\0' ? argv[i] + 2 : argv[i + 1];
  return NULL;
}

static gboolean
user_has_command (const char *own_file)
{
  char buffer[4096];
  struct passwd entry;
  struct passwd *found = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;

  /* Not where HOME says: ssh does not look there. */
  if (getpwuid_r (getuid (), &entry, buffer, sizeof buffer, &found) != 0 || found == NULL)
    return FALSE;
  folder = g_build_filename (found->pw_dir, ".ssh", NULL);
  path = own_file != NULL ? g_strdup (own_file) : g_build_filename (folder, "config", NULL);
  return mitogen_askpass_file_has_command (path, folder);
}

gboolean
mitogen_askpass_is_configured (const char *const *argv)
{
  const char *own_file = get_own_file (argv);

  /* With a file of its own, that of the system is not read. */
  return user_has_command (own_file) ||
         (own_file == NULL &&
          mitogen_askpass_file_has_command (SYSTEM_FOLDER "/ssh_config", SYSTEM_FOLDER));
}
