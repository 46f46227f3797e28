/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "engine/mitogen-engine-run-private.h"

G_BEGIN_DECLS

/* "unix:///path" or the path alone, "tcp://host:port", "http://host", "https://host", or the host
 * alone, as Docker's client reads them. @tls: for all but the first kind. @address: (out
 * caller-allocates): zero before; tls_host is set for all but the first kind */
gboolean mitogen_engine_address_parse (const char *text,
                                       gboolean tls,
                                       MitogenEngineAddress *address,
                                       GError **error);

/* The path of an address of the first kind, for one on another host, where no other will do.
 * Returns: (transfer full) */
char *mitogen_engine_address_parse_far (const char *text, GError **error);

G_END_DECLS
