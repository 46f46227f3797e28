/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-io-private.h"

G_BEGIN_DECLS

/* A time limit that can stand still. A member of what it limits; on the I/O thread. */
typedef struct
{
  GSource *source; /* NULL: it stands still */
  gint64 began;
  guint ms; /* how much time was left then */
} MitogenClock;

/* The same arguments each time. Nothing happens if it runs. */
void mitogen_clock_start (MitogenClock *self, MitogenIo *io, MitogenIoFunc func, gpointer data);
void mitogen_clock_stop (MitogenClock *self);

G_END_DECLS
