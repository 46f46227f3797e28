/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-lxd-words-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

const char *const mitogen_lxd_argv[] = {
  "exec", "--mode=non-interactive", "--user={uid}", "--group={gid}", "{container}", "--", NULL
};

const MitogenWords mitogen_lxd_words[] = {
  { "instance not found", MITOGEN_ERROR_STREAM, N_ ("there is no such container") },
  { "container not found", MITOGEN_ERROR_STREAM, N_ ("there is no such container") },
  { "error: not found", MITOGEN_ERROR_STREAM, N_ ("there is no such container") },
  { "invalid instance name", MITOGEN_ERROR_STREAM, N_ ("there is no such container") },
  { "project not found", MITOGEN_ERROR_STREAM, N_ ("there is no such project") },
  { "is not running", MITOGEN_ERROR_STREAM, N_ ("the container does not run") },
  { "is frozen", MITOGEN_ERROR_STREAM, N_ ("the container is frozen") },
  { "error: command not found", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("the container does not have the program that was to start Python") },
  { "error: command not executable", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("what was to start Python in the container is not a program") },
  { "dial unix *: permission denied", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not use the daemon") },
  { "unix socket *: permission denied", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not use the daemon") },
  { "don't have the needed permissions to talk to", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not use the daemon") },
  { "error: not authorized", MITOGEN_ERROR_PERMISSION,
    N_ ("the daemon does not let the account do this") },
  { "error: forbidden", MITOGEN_ERROR_PERMISSION,
    N_ ("the daemon does not let the account do this") },
  { "dial unix *: connect: ", MITOGEN_ERROR_STREAM, N_ ("the daemon does not run") },
  { "unix socket * not found", MITOGEN_ERROR_STREAM, N_ ("the daemon does not run") },
  { "unix socket * not accessible", MITOGEN_ERROR_STREAM, N_ ("the daemon does not run") },
  { "daemon doesn't appear to be started", MITOGEN_ERROR_STREAM, N_ ("the daemon does not run") },
  { "the remote \"*\" doesn't exist", MITOGEN_ERROR_STREAM, N_ ("there is no such remote") },
  { "i/o timeout", MITOGEN_ERROR_TIMED_OUT, N_ ("the server does not answer") },
  { "dial tcp*: ", MITOGEN_ERROR_STREAM, N_ ("the server cannot be reached") },
  { "x509: ", MITOGEN_ERROR_STREAM, N_ ("the server is not the one that is known") },
  { NULL, 0, NULL },
};
