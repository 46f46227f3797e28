/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What this user has for a registry, in the words of the Engine API. @registry: "docker.io",
 * "localhost:5000". @folder: (nullable): that of config.json; NULL: Docker's own. @helper: (out)
 * (transfer full) (nullable): a program that might know more, which is not asked. Returns:
 * (transfer full) (nullable) */
char *mitogen_engine_find_credentials (const char *registry, const char *folder, char **helper);

G_END_DECLS
