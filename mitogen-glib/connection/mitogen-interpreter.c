/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-interpreter-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/* In the order of preference. */
#define CANDIDATES                                                                                 \
  "python3 python3.13 python3.12 python3.11 python3.10 python3.9 python3.8 python3.7 python3.6 "   \
  "python python2.7 python2 /usr/libexec/platform-python /usr/bin/python3"

/* $0 is the stage, and what follows are its arguments: the title. Free of single quotes, so that it
 * survives being quoted by any shell on the way. */
static const char search_script[] =
    "c=\"" CANDIDATES
    "\"; for p in $c; do command -v $p >/dev/null 2>&1 && exec $p -c \"$0\" \"$@\"; "
    "done; echo \"mitogen: no Python interpreter found (tried $c; PATH is $PATH)\" >&2; exit 127";

char **
mitogen_interpreter_search_argv (const char *stage, const char *title)
{
  const char *const argv[] = { "/bin/sh", "-c", search_script, stage, title, NULL };

  return g_strdupv ((char **) argv);
}

char *
mitogen_interpreter_find (GError **error)
{
  g_auto (GStrv) names = g_strsplit (CANDIDATES, " ", -1);

  for (guint i = 0; names[i] != NULL; i++)
    {
      char *path = g_find_program_in_path (names[i]);

      if (path != NULL)
        return path;
    }
  g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_NO_INTERPRETER,
               _ ("No Python interpreter was found (looked for %s): install one, or name it with "
                  "the connection's python-path"),
               CANDIDATES);
  return NULL;
}
