/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-container-connection.h"

G_BEGIN_DECLS

/**
 * MitogenSetnsKind:
 * @MITOGEN_SETNS_KIND_PROCESS: the process is named by its id
 * @MITOGEN_SETNS_KIND_DOCKER: the first process of a Docker container
 * @MITOGEN_SETNS_KIND_PODMAN: the first process of a Podman container
 * @MITOGEN_SETNS_KIND_LXC: the first process of an LXC container
 * @MITOGEN_SETNS_KIND_LXD: the first process of an LXD container
 * @MITOGEN_SETNS_KIND_INCUS: the first process of an Incus container
 * @MITOGEN_SETNS_KIND_MACHINECTL: the first process of a machine of systemd
 *
 * Whose namespaces are entered: who knows the process.
 *
 * Since: 1.0
 */
typedef enum
{
  MITOGEN_SETNS_KIND_PROCESS,
  MITOGEN_SETNS_KIND_DOCKER,
  MITOGEN_SETNS_KIND_PODMAN,
  MITOGEN_SETNS_KIND_LXC,
  MITOGEN_SETNS_KIND_LXD,
  MITOGEN_SETNS_KIND_INCUS,
  MITOGEN_SETNS_KIND_MACHINECTL,
} MitogenSetnsKind;

#define MITOGEN_TYPE_SETNS_CONNECTION (mitogen_setns_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenSetnsConnection,
                      mitogen_setns_connection,
                      MITOGEN,
                      SETNS_CONNECTION,
                      MitogenContainerConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_setns_connection_new (void);

MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_setns_connection_get_docker_path (MitogenSetnsConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_setns_connection_set_docker_path (MitogenSetnsConnection *self,
                                               const char *docker_path);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_setns_connection_get_podman_path (MitogenSetnsConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_setns_connection_set_podman_path (MitogenSetnsConnection *self,
                                               const char *podman_path);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_setns_connection_get_lxc_info_path (MitogenSetnsConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_setns_connection_set_lxc_info_path (MitogenSetnsConnection *self,
                                                 const char *lxc_info_path);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_setns_connection_get_lxc_path (MitogenSetnsConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_setns_connection_set_lxc_path (MitogenSetnsConnection *self, const char *lxc_path);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_setns_connection_get_incus_path (MitogenSetnsConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_setns_connection_set_incus_path (MitogenSetnsConnection *self, const char *incus_path);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_setns_connection_get_machinectl_path (MitogenSetnsConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_setns_connection_set_machinectl_path (MitogenSetnsConnection *self,
                                                   const char *machinectl_path);
MITOGEN_AVAILABLE_IN_ALL
MitogenSetnsKind mitogen_setns_connection_get_kind (MitogenSetnsConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_setns_connection_set_kind (MitogenSetnsConnection *self, MitogenSetnsKind kind);
MITOGEN_AVAILABLE_IN_ALL
guint mitogen_setns_connection_get_pid (MitogenSetnsConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_setns_connection_set_pid (MitogenSetnsConnection *self, guint pid);

G_END_DECLS
