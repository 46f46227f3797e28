/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-io-private.h"

G_BEGIN_DECLS

/* File descriptors of one GMainContext. With epoll they are one GSource however
 * many there are; elsewhere each is a source of its own. I/O thread only. */
typedef struct _MitogenPoller MitogenPoller;

MitogenPoller *mitogen_poller_new (GMainContext *context);
void mitogen_poller_free (MitogenPoller *self);

MitogenWatch *mitogen_poller_add (MitogenPoller *self,
                                  int fd,
                                  GIOCondition condition,
                                  MitogenWatchFunc func,
                                  gpointer data);

/* In a copy of the process: what was watched belongs to the original. Its numbers now mean
 * @substitute, so that nothing that still has them reaches the original's peers. */
void mitogen_poller_abandon (MitogenPoller *self, int substitute);

G_END_DECLS
