/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-method-private.h"

G_BEGIN_DECLS

/* The words of OpenSSH's client. @connection: a MitogenSshConnection */
MitogenMethod *
mitogen_ssh_method_new (MitogenConnection *connection, gboolean direct, GError **error);

G_END_DECLS
