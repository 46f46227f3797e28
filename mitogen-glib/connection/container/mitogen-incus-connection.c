/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-incus-connection.h"
#include "connection/container/mitogen-container-program-private.h"
#include "connection/container/mitogen-lxd-words-private.h"

/**
 * MitogenIncusConnection:
 *
 * A context in a running container of Incus, by its client `incus`.
 *
 * The container can be on another server that the client knows: `server:container`.
 *
 * The user is a number, or two, such as `1000:100`, for the user and the group. Without the
 * latter the group is that of root.
 *
 * Since: 1.0
 */
struct _MitogenIncusConnection
{
  MitogenContainerConnection parent_instance;
};

G_DEFINE_FINAL_TYPE (MitogenIncusConnection,
                     mitogen_incus_connection,
                     MITOGEN_TYPE_CONTAINER_CONNECTION)

static const MitogenContainerProgram program = {
  .method = { .name = "incus",
              .make_method = mitogen_container_program_make_method,
              .describe = mitogen_container_connection_describe },
  .program = "incus",
  .argv = mitogen_lxd_argv,
  .user = MITOGEN_CONTAINER_USER_NUMBER,
  .eager = TRUE,
  .words = mitogen_lxd_words,
};

static void
mitogen_incus_connection_class_init (MitogenIncusConnectionClass *klass)
{
  /**
   * MitogenIncusConnection:incus-path:
   *
   * The program, on the host where the connection begins; `incus` in `PATH` if unset.
   *
   * Since: 1.0
   */
  mitogen_container_program_install (MITOGEN_CONTAINER_CONNECTION_CLASS (klass), &program,
                                     "incus-path");
}

static void
mitogen_incus_connection_init (MitogenIncusConnection *self)
{
}

/**
 * mitogen_incus_connection_new:
 *
 * Creates a connection into a container of Incus.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_incus_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_INCUS_CONNECTION, NULL);
}
