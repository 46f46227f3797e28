/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-enter-command-private.h"
#include "connection/mitogen-interpreter-private.h"
#include "connection/mitogen-words-private.h"
#include "remote/mitogen-remote-core.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <stdlib.h>

#define PROGRAM_VARIABLE "MITOGEN_ENTER"

/* Returns: (transfer full) (nullable) */
static char *
find_program (void)
{
  const char *path = secure_getenv (PROGRAM_VARIABLE);

  if (path == NULL)
    path = MITOGEN_HELPERDIR "/mitogen-enter";
  return g_path_is_absolute (path) && g_file_test (path, G_FILE_TEST_IS_REGULAR) &&
                 g_file_test (path, G_FILE_TEST_IS_EXECUTABLE)
             ? g_strdup (path)
             : NULL;
}

void
mitogen_enter_command_add (GStrvBuilder *argv, gboolean is_here)
{
  g_autofree char *program = is_here ? find_program () : NULL;
  g_auto (GStrv) search = NULL;

  if (program != NULL)
    {
      g_strv_builder_add (argv, program);
      return;
    }
  search = mitogen_interpreter_search_argv (MITOGEN_REMOTE_ENTER, NULL);
  g_strv_builder_addv (argv, (const char **) search);
}

/* ---- its last words ---- */

#define OURS "mitogen-enter: "

static const MitogenWords words[] = {
  { OURS "cannot ask * no such file", MITOGEN_ERROR_STREAM,
    N_ ("the program that knows the container is not installed") },
  { OURS "cannot ask ", MITOGEN_ERROR_STREAM,
    N_ ("the program that knows the container cannot be started") },
  { OURS "* tells no process of * permission denied", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not ask for the container") },
  { OURS "* tells no process of * no such ", MITOGEN_ERROR_STREAM,
    N_ ("there is no such container") },
  { OURS "* tells no process of * no machine ", MITOGEN_ERROR_STREAM,
    N_ ("there is no such container") },
  { OURS "* tells no process of * not found", MITOGEN_ERROR_STREAM,
    N_ ("there is no such container") },
  { OURS "* tells no process of * doesn't exist", MITOGEN_ERROR_STREAM,
    N_ ("there is no such container") },
  { OURS "* tells no process of ", MITOGEN_ERROR_STREAM,
    N_ ("the process of the container is not to be found out") },
  { OURS "the container * does not run", MITOGEN_ERROR_STREAM, N_ ("the container does not run") },
  { OURS "there is no process ", MITOGEN_ERROR_STREAM, N_ ("there is no such process") },
  { OURS "process * has ended", MITOGEN_ERROR_STREAM, N_ ("the container has just ended") },
  { OURS "the container has ended", MITOGEN_ERROR_STREAM, N_ ("the container has just ended") },
  { OURS "there is no user ", MITOGEN_ERROR_STREAM, N_ ("there is no such user in there") },
  { OURS "there is no group ", MITOGEN_ERROR_STREAM, N_ ("there is no such group in there") },
  { OURS "cannot read /etc/passwd ", MITOGEN_ERROR_STREAM,
    N_ ("there is no list of users in there that could be read") },
  { OURS "cannot run * its own program", MITOGEN_ERROR_STREAM, N_ ("its helper cannot start") },
  { OURS "cannot run ", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("neither the interpreter nor /bin/sh, to look for one, runs in there") },
  { OURS "cannot open the folder * no such file", MITOGEN_ERROR_STREAM,
    N_ ("there is no such folder") },
  { OURS "cannot open the folder * not a directory", MITOGEN_ERROR_STREAM,
    N_ ("there is no such folder") },
  { OURS "cannot * operation not permitted", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not go there") },
  { OURS "cannot * permission denied", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not go there") },
  { OURS "cannot * no such process", MITOGEN_ERROR_STREAM, N_ ("the container has just ended") },
  /* Of coreutils. */
  { "chroot: cannot change root directory * operation not permitted", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not go there") },
  { "chroot: cannot change root directory ", MITOGEN_ERROR_STREAM, N_ ("there is no such folder") },
  { "chroot: failed to run command ", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("neither the interpreter nor /bin/sh, to look for one, runs in there") },
  { "chroot: invalid user", MITOGEN_ERROR_STREAM, N_ ("there is no such user in there") },
  { NULL, 0, NULL },
};

static char *
explain (MitogenMethod *method, const MitogenFailure *failure, gint *code, gboolean *busy)
{
  return failure->started ? NULL : mitogen_words_explain (words, failure->said, code);
}

static const MitogenMethodFuncs funcs = {
  .explain = explain,
};

MitogenMethod *
mitogen_enter_command_new_method (void)
{
  MitogenMethod *method = mitogen_method_new (sizeof (MitogenMethod), &funcs);

  /* Neither it nor what it asks reads its input. */
  method->eager = TRUE;
  return method;
}
