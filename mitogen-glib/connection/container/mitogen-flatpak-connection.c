/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-flatpak-connection.h"
#include "connection/container/mitogen-container-program-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/**
 * MitogenFlatpakConnection:
 *
 * A context in the sandbox of a Flatpak app that runs: `flatpak enter`.
 *
 * [property@Mitogen.ContainerConnection:container] is the number of the instance or its process,
 * as `flatpak ps` shows them, or the id of the app. The context runs in the account of the app, so
 * there is no [property@Mitogen.ContainerConnection:username] to be set. For the way out of a
 * sandbox see [class@Mitogen.FlatpakHostConnection].
 *
 * Since: 1.0
 */
struct _MitogenFlatpakConnection
{
  MitogenContainerConnection parent_instance;
};

G_DEFINE_FINAL_TYPE (MitogenFlatpakConnection,
                     mitogen_flatpak_connection,
                     MITOGEN_TYPE_CONTAINER_CONNECTION)

static const char *const argv[] = { "enter", "{container}", NULL };

static const MitogenWords words[] = {
  { "is neither a pid nor an application or instance id", MITOGEN_ERROR_STREAM,
    N_ ("no such app runs") },
  { "no such pid", MITOGEN_ERROR_STREAM, N_ ("no such app runs") },
  { "failed to execute child process", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("neither the interpreter nor /bin/sh, to look for one, runs in there") },
  { "not supported", MITOGEN_ERROR_PERMISSION, N_ ("the account may not enter the sandbox") },
  { "need to be root", MITOGEN_ERROR_PERMISSION, N_ ("the account may not enter the sandbox") },
  { "operation not permitted", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not enter the sandbox") },
  { "permission denied", MITOGEN_ERROR_PERMISSION, N_ ("the account may not enter the sandbox") },
  { NULL, 0, NULL },
};

static const MitogenContainerProgram program = {
  .method = { .name = "flatpak",
              .make_method = mitogen_container_program_make_method,
              .describe = mitogen_container_connection_describe },
  .program = "flatpak",
  .argv = argv,
  .user = MITOGEN_CONTAINER_USER_NONE,
  .eager = TRUE,
  .words = words,
};

static void
mitogen_flatpak_connection_class_init (MitogenFlatpakConnectionClass *klass)
{
  /**
   * MitogenFlatpakConnection:flatpak-path:
   *
   * The program, on the host where the connection begins; `flatpak` in `PATH` if unset.
   *
   * Since: 1.0
   */
  mitogen_container_program_install (MITOGEN_CONTAINER_CONNECTION_CLASS (klass), &program,
                                     "flatpak-path");
}

static void
mitogen_flatpak_connection_init (MitogenFlatpakConnection *self)
{
}

/**
 * mitogen_flatpak_connection_new:
 *
 * Creates a connection into the sandbox of a Flatpak app.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_flatpak_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_FLATPAK_CONNECTION, NULL);
}
