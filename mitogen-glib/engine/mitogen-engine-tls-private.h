/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "engine/mitogen-engine-run-private.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Who this program and the daemon are to one another. I/O thread. */
typedef struct _MitogenEngineTls MitogenEngineTls;

/* Reads the files that @address names. @address: has to outlive it */
MitogenEngineTls *
mitogen_engine_tls_new (const MitogenEngineAddress *address, SoupSession *session, GError **error);
void mitogen_engine_tls_prepare (MitogenEngineTls *self, SoupMessage *message);
void mitogen_engine_tls_free (MitogenEngineTls *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenEngineTls, mitogen_engine_tls_free)

G_END_DECLS
