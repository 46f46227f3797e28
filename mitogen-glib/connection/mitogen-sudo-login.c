/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-sudo-login-private.h"

#include <string.h>

/* Beside letters and digits: what no shell minds behind a backslash, nor /bin/sh without one. */
#define HARMLESS "_-/.,:=+@ "

/* As a shell would have to read it. */
static char *
make_command (const char *const *argv)
{
  GString *command = g_string_new ("exec");

  for (; *argv != NULL; argv++)
    {
      g_autofree char *quoted = g_shell_quote (*argv);

      g_string_append_printf (command, " %s", quoted);
    }
  return g_string_free (command, FALSE);
}

char **
mitogen_sudo_login_encode (const char *const *argv)
{
  g_autofree char *command = make_command (argv);
  const char *words[] = { "/bin/sh", "-c", NULL, NULL };
  g_autoptr (GString) script = g_string_new ("eval \"`printf %b '");

  for (const char *p = command; *p != '\0'; p++)
    if (g_ascii_isalnum (*p) || strchr (HARMLESS, *p) != NULL)
      g_string_append_c (script, *p);
    else
      g_string_append_printf (script, "\\0%03o", (guchar) *p);
  g_string_append (script, "'`\"");
  words[2] = script->str;
  return g_strdupv ((char **) words);
}
