/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-podman-connection.h"
#include "connection/container/mitogen-engine-kind-private.h"

/**
 * MitogenPodmanConnection:
 *
 * A context in a container of podman.
 *
 * It speaks to podman's service (`podman system service`, which `podman.socket` of systemd
 * starts when it is needed) at `CONTAINER_HOST`, or else root's at `/run/podman/podman.sock`,
 * anybody else's at `$XDG_RUNTIME_DIR/podman/podman.sock`: the containers are those of the
 * account. Set `podman-path`, or [method@Mitogen.ContainerConnection.set_program_path], to have
 * the client program do it, which needs no service.
 *
 * Everything else is in [class@Mitogen.EngineConnection].
 *
 * Since: 1.0
 */
struct _MitogenPodmanConnection
{
  MitogenEngineConnection parent_instance;
};

G_DEFINE_FINAL_TYPE (MitogenPodmanConnection,
                     mitogen_podman_connection,
                     MITOGEN_TYPE_ENGINE_CONNECTION)

static void
mitogen_podman_connection_class_init (MitogenPodmanConnectionClass *klass)
{
  /**
   * MitogenPodmanConnection:podman-path:
   *
   * The client program, on the host where the connection begins, that leads into the container
   * in place of the engine's API: a name that is looked for in `PATH`, or a path. If unset,
   * no program is used.
   *
   * Since: 1.0
   */
  mitogen_engine_connection_class_set_kind (MITOGEN_ENGINE_CONNECTION_CLASS (klass),
                                            &mitogen_engine_kind_podman, "podman-path");
}

static void
mitogen_podman_connection_init (MitogenPodmanConnection *self)
{
}

/**
 * mitogen_podman_connection_new:
 *
 * Creates a connection into a container of podman.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_podman_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_PODMAN_CONNECTION, NULL);
}
