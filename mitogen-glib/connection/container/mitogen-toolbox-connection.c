/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-toolbox-connection.h"
#include "connection/container/mitogen-container-program-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/**
 * MitogenToolboxConnection:
 *
 * A context in a container of toolbox (Toolbx), by `toolbox run`.
 *
 * A container that does not run is started by it. The context runs in the account in which the
 * connection begins, with a login shell's environment; there is no other to choose.
 *
 * Since: 1.0
 */
struct _MitogenToolboxConnection
{
  MitogenContainerConnection parent_instance;
};

G_DEFINE_FINAL_TYPE (MitogenToolboxConnection,
                     mitogen_toolbox_connection,
                     MITOGEN_TYPE_CONTAINER_CONNECTION)

static const char *const argv[] = { "run", "--container={container}", NULL };

static const MitogenWords words[] = {
  { "error: container * not found", MITOGEN_ERROR_STREAM, N_ ("there is no such container") },
  { "is too old and no longer supported", MITOGEN_ERROR_STREAM,
    N_ ("the container is not one of toolbox, or made by an old one") },
  { "error: command * not found in container", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("the container does not have the program that was to start Python") },
  { "error: failed to invoke command", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("what was to start Python in the container is not a program") },
  { "error: failed to start container", MITOGEN_ERROR_STREAM,
    N_ ("the container cannot be started") },
  { "error: failed to initialize container", MITOGEN_ERROR_STREAM,
    N_ ("the container cannot be started") },
  { "error: invalid entry point", MITOGEN_ERROR_STREAM, N_ ("the container cannot be started") },
  { "this is not a tool", MITOGEN_ERROR_STREAM,
    N_ ("toolbox does not work in a container that is not one of its own") },
  { "podman(1) not found", MITOGEN_ERROR_STREAM,
    N_ ("toolbox needs podman, which is not installed") },
  { "exec: \"podman\": executable file not found", MITOGEN_ERROR_STREAM,
    N_ ("toolbox needs podman, which is not installed") },
  { "don't have entries for user", MITOGEN_ERROR_PERMISSION,
    N_ ("the account has no user numbers for containers (/etc/subuid, /etc/subgid)") },
  { "d-bus session", MITOGEN_ERROR_STREAM, N_ ("toolbox wants a session bus, and there is none") },
  { NULL, 0, NULL },
};

static const MitogenContainerProgram program = {
  .method = { .name = "toolbox",
              .make_method = mitogen_container_program_make_method,
              .describe = mitogen_container_connection_describe },
  .program = "toolbox",
  .argv = argv,
  .user = MITOGEN_CONTAINER_USER_NONE,
  .is_strict = TRUE,
  .words = words,
};

static void
mitogen_toolbox_connection_class_init (MitogenToolboxConnectionClass *klass)
{
  /**
   * MitogenToolboxConnection:toolbox-path:
   *
   * The program, on the host where the connection begins; `toolbox` in `PATH` if unset.
   *
   * Since: 1.0
   */
  mitogen_container_program_install (MITOGEN_CONTAINER_CONNECTION_CLASS (klass), &program,
                                     "toolbox-path");
}

static void
mitogen_toolbox_connection_init (MitogenToolboxConnection *self)
{
}

/**
 * mitogen_toolbox_connection_new:
 *
 * Creates a connection into a container of toolbox.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_toolbox_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_TOOLBOX_CONNECTION, NULL);
}
