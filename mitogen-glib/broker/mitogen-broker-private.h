/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-broker.h"
#include "broker/mitogen-io-private.h"

G_BEGIN_DECLS

MitogenIo *mitogen_broker_get_io (MitogenBroker *self);

/* In a copy of the process: there is nothing to shut down when that exits. */
void mitogen_broker_abandon_all (void);

G_END_DECLS
