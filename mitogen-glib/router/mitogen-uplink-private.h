/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-broker.h"
#include "router/mitogen-router.h"

G_BEGIN_DECLS

/* How this process has become part of a tree of which it is not the root. */
typedef struct
{
  guint32 id;
  const guint32 *parent_ids; /* nearest first; at least one */
  guint n_parent_ids;
  const char *parent_name;
  int in_fd; /* taken, even on failure; may be the same one */
  int out_fd;
  guint32 max_message_size; /* 0: the default */
  gboolean unidirectional;
  gboolean legacy; /* the parent may be the original: see mitogen_stream_set_legacy() */
  gboolean silent; /* nothing is read before mitogen_broker_start_receive() for the stream */
  GBytes *first;   /* (nullable): written before all else */
} MitogenJoin;

/* A router that is joined to its parent by two descriptors. It ends when they do, or when the
 * parent says so. Not on the broker thread. Fails if the broker has exited. */
MitogenRouter *
mitogen_router_new_joined (MitogenBroker *broker, const MitogenJoin *join, GError **error);

G_END_DECLS
