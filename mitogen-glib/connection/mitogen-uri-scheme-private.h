/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-connection.h"

G_BEGIN_DECLS

/* How a class is written in a URI. */
typedef struct
{
  const char *name;
  GType (*get_type) (void);
  /* (nullable): the property behind the colon */
  const char *main;
  gboolean has_slashes; /* "docker://web", not "sudo:root": when it is written */
  gboolean is_complete_without_main;
} MitogenUriScheme;

/* @name: in any case, not terminated. Returns: (nullable) */
const MitogenUriScheme *mitogen_uri_scheme_by_name (const char *name, gsize length);
/* Of just this class. Returns: (nullable) */
const MitogenUriScheme *mitogen_uri_scheme_by_type (GType type);
/* Returns: (transfer full): all names, with commas between */
char *mitogen_uri_scheme_list (void);

/* @klass: of the scheme's type. It may be an account there: "alice@web" */
gboolean mitogen_uri_scheme_has_user (const MitogenUriScheme *self, GObjectClass *klass);
/* Behind the name: "web:22" */
gboolean mitogen_uri_scheme_has_port (const MitogenUriScheme *self, GObjectClass *klass);

/* Returns: (transfer full) (element-type GParamSpec): what can be written, by name */
GPtrArray *mitogen_uri_scheme_list_options (GObjectClass *klass);

G_END_DECLS
