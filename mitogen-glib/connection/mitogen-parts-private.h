/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* Parts of the core that not every context needs. */
typedef enum
{
  MITOGEN_PART_PARENT, /* to have contexts behind it */
  MITOGEN_PART_RELAY,  /* to start them for others */
} MitogenPart;

/* Sends a part, and before it those it builds on, unless the context has them. I/O thread. */
void mitogen_parts_push (MitogenCore *core, MitogenContextNode *node, MitogenPart part);

G_END_DECLS
