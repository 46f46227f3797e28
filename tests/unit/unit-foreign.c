/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unit-foreign.h"

#include <glib/gstdio.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY  65534
#define PROGRAM "MITOGEN_TEST_SETUID"

static gboolean
become_nobody (void)
{
  return setgroups (0, NULL) == 0 && setresgid (NOBODY, NOBODY, NOBODY) == 0 &&
         setresuid (NOBODY, NOBODY, NOBODY) == 0;
}

/* Wholly another user: who was there before is not among its user IDs any more. */
static gboolean
works (const char *program)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    {
      if (become_nobody ())
        execl (program, UNIT_FOREIGN_COMMAND (program), "true", NULL);
      _exit (1);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

/* NULL: and the test is skipped. */
static char *
make_setuid_program (char **folder)
{
  g_autofree char *original = g_find_program_in_path ("setpriv");
  g_autofree char *program = NULL;
  g_autofree char *contents = NULL;
  gsize size;

  *folder = NULL;
  if (geteuid () != 0 || original == NULL)
    {
      g_test_skip (original == NULL ? "there is no setpriv" : "only root can be somebody else");
      return NULL;
    }
  *folder = g_dir_make_tmp ("mitogen-foreign-XXXXXX", NULL);
  g_assert_nonnull (*folder);
  program = g_build_filename (*folder, "setpriv", NULL);
  g_assert_true (g_file_get_contents (original, &contents, &size, NULL));
  g_assert_true (g_file_set_contents (program, contents, size, NULL));
  g_assert_cmpint (chmod (*folder, 0755), ==, 0);
  g_assert_cmpint (chmod (program, 04755), ==, 0);
  if (works (program))
    return g_steal_pointer (&program);
  g_test_skip ("programs do not change the user here: nosuid, or no new privileges");
  return NULL;
}

static void
run_as_nobody (void)
{
  g_autofree char *folder = NULL;
  g_autofree char *program = make_setuid_program (&folder);
  g_autofree char *copy = folder != NULL ? g_build_filename (folder, "setpriv", NULL) : NULL;

  if (program != NULL)
    {
      g_setenv (PROGRAM, program, TRUE);
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
    }
  if (copy != NULL)
    g_unlink (copy);
  if (folder != NULL)
    g_rmdir (folder);
  if (program != NULL)
    g_test_trap_assert_passed ();
}

const char *
unit_foreign_program (void)
{
  return g_getenv (PROGRAM);
}

const char *
unit_foreign_begin (void)
{
  if (!g_test_subprocess ())
    {
      run_as_nobody ();
      return NULL;
    }
  g_assert_true (become_nobody ());
  /* As if it had been started by that user. */
  g_assert_cmpint (prctl (PR_SET_DUMPABLE, 1, 0, 0, 0), ==, 0);
  return unit_foreign_program ();
}
