/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-docker-connection.h"
#include "connection/container/mitogen-engine-kind-private.h"

/**
 * MitogenDockerConnection:
 *
 * A context in a container of Docker.
 *
 * It speaks to the Docker daemon itself, by the socket or address where the `docker` program
 * would look for it: `DOCKER_HOST`, `DOCKER_CONTEXT` and the context that the user's
 * configuration has chosen count, with their certificates. Set `docker-path`, or
 * [method@Mitogen.ContainerConnection.set_program_path], to have the client program do it.
 *
 * Everything else is in [class@Mitogen.EngineConnection].
 *
 * Since: 1.0
 */
struct _MitogenDockerConnection
{
  MitogenEngineConnection parent_instance;
};

G_DEFINE_FINAL_TYPE (MitogenDockerConnection,
                     mitogen_docker_connection,
                     MITOGEN_TYPE_ENGINE_CONNECTION)

static void
mitogen_docker_connection_class_init (MitogenDockerConnectionClass *klass)
{
  /**
   * MitogenDockerConnection:docker-path:
   *
   * The client program, on the host where the connection begins, that leads into the container
   * in place of the engine's API: a name that is looked for in `PATH`, or a path. If unset,
   * no program is used.
   *
   * Since: 1.0
   */
  mitogen_engine_connection_class_set_kind (MITOGEN_ENGINE_CONNECTION_CLASS (klass),
                                            &mitogen_engine_kind_docker, "docker-path");
}

static void
mitogen_docker_connection_init (MitogenDockerConnection *self)
{
}

/**
 * mitogen_docker_connection_new:
 *
 * Creates a connection into a container of Docker.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_docker_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_DOCKER_CONNECTION, NULL);
}
