/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_UNIX_LISTENER (mitogen_unix_listener_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenUnixListener, mitogen_unix_listener, MITOGEN, UNIX_LISTENER, GObject)

MITOGEN_AVAILABLE_IN_ALL
MitogenUnixListener *
mitogen_unix_listener_new (MitogenRouter *router, const char *path, GError **error);
MITOGEN_AVAILABLE_IN_ALL
MitogenRouter *mitogen_unix_listener_get_router (MitogenUnixListener *self);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_unix_listener_get_path (MitogenUnixListener *self);
MITOGEN_AVAILABLE_IN_ALL
guint mitogen_unix_listener_get_time_limit (MitogenUnixListener *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_unix_listener_set_time_limit (MitogenUnixListener *self, guint milliseconds);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_unix_listener_close (MitogenUnixListener *self);

G_END_DECLS
