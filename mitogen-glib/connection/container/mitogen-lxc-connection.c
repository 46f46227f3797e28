/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-lxc-connection.h"
#include "connection/container/mitogen-container-program-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/**
 * MitogenLxcConnection:
 *
 * A context in a running container of LXC, by `lxc-attach`.
 *
 * The container is one of those that `lxc-ls` shows to the account in which the connection
 * begins; where they are kept elsewhere, `lxc.lxcpath` in `lxc.conf` has to say so. The
 * context has next to no environment (`--clear-env`).
 *
 * The user is a number, or two, such as `1000:100`, for the user and the group. Without the
 * latter the group is that of root.
 *
 * Since: 1.0
 */
struct _MitogenLxcConnection
{
  MitogenContainerConnection parent_instance;
};

G_DEFINE_FINAL_TYPE (MitogenLxcConnection,
                     mitogen_lxc_connection,
                     MITOGEN_TYPE_CONTAINER_CONNECTION)

static const char *const argv[] = { "--clear-env", "--name={container}",
                                    "--uid={uid}", "--gid={gid}",
                                    "--",          NULL };

static const MitogenWords words[] = {
  { "failed to get init pid", MITOGEN_ERROR_STREAM,
    N_ ("there is no such container, or it does not run") },
  { "failed to get the init pid", MITOGEN_ERROR_STREAM,
    N_ ("there is no such container, or it does not run") },
  { "lxc-attach: *you lack access to", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not use the container") },
  { "lxc-attach: *privileges to control", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not use the container") },
  { "insufficent privileges to control", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not use the container") },
  { "lxclock: *permission denied", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not use the container") },
  { "permission denied - failed to exec", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("what was to start Python in the container is not a program") },
  { "failed to exec", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("the container does not have the program that was to start Python") },
  { "failed to load config for", MITOGEN_ERROR_STREAM,
    N_ ("the configuration of the container cannot be read") },
  { "lxc-attach: *operation not permitted", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not enter the container") },
  { NULL, 0, NULL },
};

static const MitogenContainerProgram program = {
  .method = { .name = "lxc",
              .make_method = mitogen_container_program_make_method,
              .describe = mitogen_container_connection_describe },
  .program = "lxc-attach",
  .argv = argv,
  .user = MITOGEN_CONTAINER_USER_NUMBER,
  .eager = TRUE,
  .words = words,
};

static void
mitogen_lxc_connection_class_init (MitogenLxcConnectionClass *klass)
{
  /**
   * MitogenLxcConnection:lxc-attach-path:
   *
   * The program, on the host where the connection begins; `lxc-attach` in `PATH` if unset.
   *
   * Since: 1.0
   */
  mitogen_container_program_install (MITOGEN_CONTAINER_CONNECTION_CLASS (klass), &program,
                                     "lxc-attach-path");
}

static void
mitogen_lxc_connection_init (MitogenLxcConnection *self)
{
}

/**
 * mitogen_lxc_connection_new:
 *
 * Creates a connection into a container of LXC.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_lxc_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_LXC_CONNECTION, NULL);
}
