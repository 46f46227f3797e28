/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* Parts of the core that not every context needs. */
typedef enum
{
  MITOGEN_PART_PARENT,    /* to have contexts behind it */
  MITOGEN_PART_RELAY,     /* to start them for others */
  MITOGEN_PART_FORK,      /* to start copies of itself */
  MITOGEN_PART_DEBUG,     /* for a copy that writes debug logs or profiles */
  MITOGEN_PART_REQUESTS,  /* for code that wants contexts */
  MITOGEN_PART_DETACH,    /* to leave the tree, and to let others leave */
  MITOGEN_PART_STREAMS,   /* for code that brings streams of its own */
  MITOGEN_PART_IMPORTER,  /* for modules that the program has */
  MITOGEN_PART_RESOURCES, /* for data files of these */
  MITOGEN_PART_FORWARD,   /* for contexts behind it that want these modules */
} MitogenPart;

/* Sends a part, and before it those it builds on, unless the context has them. I/O thread. */
void mitogen_parts_push (MitogenCore *core, MitogenContextNode *node, MitogenPart part);

/* A context has asked for a part (GET_MODULE with reply_to). I/O thread. */
void mitogen_parts_answer (MitogenCore *core, MitogenMessage *request);

G_END_DECLS
