/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/container/mitogen-engine-connection.h"
#include "connection/mitogen-words-private.h"

G_BEGIN_DECLS

/* In which way engines that speak the same API differ. */
typedef struct
{
  MitogenConnectionMethod method; /* mitogen_engine_connection_make_method(), and so on */
  const char *client;             /* its client program */
  const char *host_option;        /* by which that is told an address: "--host=" */
  gboolean has_tls_options;
  const MitogenWords *words; /* the client's last words */
  /* Where it listens if nothing is set: see mitogen-engine-discovery-private.h. */
  gboolean is_podman;
} MitogenEngineKind;

extern const MitogenEngineKind mitogen_engine_kind_docker;
extern const MitogenEngineKind mitogen_engine_kind_podman;

/* What goes wrong in the container before the command runs: as mitogen_words_explain(). */
char *mitogen_engine_kind_explain_runtime (const char *said, gint *code);

/* In the class_init of a subclass. @path_property: (nullable): "docker-path" */
void mitogen_engine_connection_class_set_kind (MitogenEngineConnectionClass *klass,
                                               const MitogenEngineKind *kind,
                                               const char *path_property);
/* For the kind. */
MitogenMethod *mitogen_engine_connection_make_method (MitogenConnection *connection,
                                                      gboolean direct,
                                                      GError **error);
void mitogen_engine_connection_describe (MitogenConnection *connection, MitogenPlace *place);

G_END_DECLS
