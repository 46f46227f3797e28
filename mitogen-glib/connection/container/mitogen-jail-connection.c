/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-jail-connection.h"
#include "connection/container/mitogen-container-program-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/**
 * MitogenJailConnection:
 *
 * A context in a jail of FreeBSD, by `jexec`.
 *
 * The jail is known by its name or number. The user is one of the jail (`-U`); without one the
 * context stays in the account of the host, which has to be root.
 *
 * Since: 1.0
 */
struct _MitogenJailConnection
{
  MitogenContainerConnection parent_instance;
};

G_DEFINE_FINAL_TYPE (MitogenJailConnection,
                     mitogen_jail_connection,
                     MITOGEN_TYPE_CONTAINER_CONNECTION)

static const char *const argv[] = { "-U{username}", "{container}", NULL };

static const MitogenWords words[] = {
  { "jail \"*\" not found", MITOGEN_ERROR_STREAM, N_ ("there is no such jail") },
  { "jexec: *: no such user", MITOGEN_ERROR_STREAM, N_ ("there is no such user in the jail") },
  { "jexec: getpwnam: ", MITOGEN_ERROR_STREAM, N_ ("there is no such user in the jail") },
  { "jail_attach(*): operation not permitted", MITOGEN_ERROR_PERMISSION,
    N_ ("only root may enter a jail") },
  { "jail_attach(", MITOGEN_ERROR_STREAM, N_ ("the jail cannot be entered") },
  { "jexec: execvp*: no such file", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("the jail does not have the program that was to start Python") },
  { "jexec: execvp*: permission denied", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("what was to start Python in the jail is not a program") },
  { NULL, 0, NULL },
};

static const MitogenContainerProgram program = {
  .method = { .name = "jail",
              .make_method = mitogen_container_program_make_method,
              .describe = mitogen_container_connection_describe },
  .program = "/usr/sbin/jexec",
  .argv = argv,
  .user = MITOGEN_CONTAINER_USER_NAME,
  .eager = TRUE,
  .words = words,
};

static void
mitogen_jail_connection_class_init (MitogenJailConnectionClass *klass)
{
  /**
   * MitogenJailConnection:jexec-path:
   *
   * The program, on the host where the connection begins; `/usr/sbin/jexec` if unset.
   *
   * Since: 1.0
   */
  mitogen_container_program_install (MITOGEN_CONTAINER_CONNECTION_CLASS (klass), &program,
                                     "jexec-path");
}

static void
mitogen_jail_connection_init (MitogenJailConnection *self)
{
}

/**
 * mitogen_jail_connection_new:
 *
 * Creates a connection into a jail.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_jail_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_JAIL_CONNECTION, NULL);
}
