/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "spawn/mitogen-signal-name-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/wait.h>

char *
mitogen_describe_wait_status (int wait_status)
{
  if (WIFEXITED (wait_status))
    return g_strdup_printf (_ ("exited with status %d"), WEXITSTATUS (wait_status));
  if (WIFSIGNALED (wait_status))
    {
      const char *name = sigabbrev_np (WTERMSIG (wait_status));

      return g_strdup_printf (_ ("was killed by signal %d (SIG%s)"), WTERMSIG (wait_status),
                              name != NULL ? name : "?");
    }
  return g_strdup_printf (_ ("ended with wait status %d"), wait_status);
}
