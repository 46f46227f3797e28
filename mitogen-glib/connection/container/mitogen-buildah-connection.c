/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-buildah-connection.h"
#include "connection/container/mitogen-container-program-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/**
 * MitogenBuildahConnection:
 *
 * A context in a working container of buildah, by `buildah run`.
 *
 * How it is kept apart from the host is what `BUILDAH_ISOLATION` in the environment says
 * there. What the context changes in its file system stays, to be committed.
 *
 * The user is a name or a number, and after a colon a group if wanted.
 *
 * Since: 1.0
 */
struct _MitogenBuildahConnection
{
  MitogenContainerConnection parent_instance;
};

G_DEFINE_FINAL_TYPE (MitogenBuildahConnection,
                     mitogen_buildah_connection,
                     MITOGEN_TYPE_CONTAINER_CONNECTION)

static const char *const argv[] = { "run", "--user={username}", "--", "{container}", NULL };

static const MitogenWords words[] = {
  { "container not known", MITOGEN_ERROR_STREAM, N_ ("there is no such container") },
  { "finding build container", MITOGEN_ERROR_STREAM, N_ ("there is no such container") },
  { "process failed to start with error: *permission denied", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("what was to start Python in the container is not a program") },
  { "process failed to start with error: *no such file", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("the container does not have the program that was to start Python") },
  { "insufficient uids or gids", MITOGEN_ERROR_PERMISSION,
    N_ ("the account has no user numbers for containers (/etc/subuid, /etc/subgid)") },
  { "cannot clone: ", MITOGEN_ERROR_PERMISSION, N_ ("the account may not make user name spaces") },
  { "cannot re-exec process", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not make user name spaces") },
  { "error*: operation not permitted", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not do this") },
  { "mkdir *: permission denied", MITOGEN_ERROR_PERMISSION, N_ ("the account may not do this") },
  { "open *: permission denied", MITOGEN_ERROR_PERMISSION, N_ ("the account may not do this") },
  { NULL, 0, NULL },
};

static const MitogenContainerProgram program = {
  .method = { .name = "buildah",
              .make_method = mitogen_container_program_make_method,
              .describe = mitogen_container_connection_describe },
  .program = "buildah",
  .argv = argv,
  .user = MITOGEN_CONTAINER_USER_NAME,
  .eager = TRUE,
  .words = words,
};

static void
mitogen_buildah_connection_class_init (MitogenBuildahConnectionClass *klass)
{
  /**
   * MitogenBuildahConnection:buildah-path:
   *
   * The program, on the host where the connection begins; `buildah` in `PATH` if unset.
   *
   * Since: 1.0
   */
  mitogen_container_program_install (MITOGEN_CONTAINER_CONNECTION_CLASS (klass), &program,
                                     "buildah-path");
}

static void
mitogen_buildah_connection_init (MitogenBuildahConnection *self)
{
}

/**
 * mitogen_buildah_connection_new:
 *
 * Creates a connection into a working container of buildah.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_buildah_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_BUILDAH_CONNECTION, NULL);
}
