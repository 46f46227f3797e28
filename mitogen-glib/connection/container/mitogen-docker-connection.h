/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-engine-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_DOCKER_CONNECTION (mitogen_docker_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenDockerConnection,
                      mitogen_docker_connection,
                      MITOGEN,
                      DOCKER_CONNECTION,
                      MitogenEngineConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_docker_connection_new (void);

G_END_DECLS
