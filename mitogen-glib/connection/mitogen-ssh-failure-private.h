/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-method-private.h"

G_BEGIN_DECLS

/* What the last words of OpenSSH's client mean: see MitogenMethodFuncs. */
char *mitogen_ssh_failure_explain (const MitogenFailure *failure, gint *code, gboolean *busy);
/* TRUE: the key of the host has changed, and nothing else is wrong with it. */
gboolean mitogen_ssh_failure_is_changed_key (const MitogenFailure *failure);
/* Returns: (transfer full): the client's own words for that, in one or two lines. */
char *mitogen_ssh_failure_quote_changed_key (const MitogenFailure *failure);

G_END_DECLS
