/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "engine/mitogen-engine-run-private.h"

G_BEGIN_DECLS

/* Where the files of an engine are usually. */
#define MITOGEN_ENGINE_DOCKER_SOCKET "/var/run/docker.sock"
#define MITOGEN_ENGINE_PODMAN_SOCKET "/run/podman/podman.sock"
#define MITOGEN_ENGINE_RUN_USER      "/run/user"

/* What it depends on where an engine is looked for. */
typedef struct
{
  char **variables; /* NAME=value */
  const char *home;
  guint uid;
  const char *docker_socket; /* of root */
  const char *podman_socket;
  const char *run_user; /* with a folder for each account */
} MitogenEngineSurroundings;

/* What the connection says. */
typedef struct
{
  const char *address;       /* (nullable) */
  const char *tls_directory; /* (nullable) */
  gboolean tls_verify;
} MitogenEngineHints;

/* Reads small files: not on the I/O thread. @address: (out caller-allocates) */
gboolean mitogen_engine_discover_docker (const MitogenEngineSurroundings *surroundings,
                                         const MitogenEngineHints *hints,
                                         MitogenEngineAddress *address,
                                         GError **error);
gboolean mitogen_engine_discover_podman (const MitogenEngineSurroundings *surroundings,
                                         const MitogenEngineHints *hints,
                                         MitogenEngineAddress *address,
                                         GError **error);

G_END_DECLS
