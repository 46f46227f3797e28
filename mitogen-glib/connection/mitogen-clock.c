/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-clock-private.h"

void
mitogen_clock_start (MitogenClock *self, MitogenIo *io, MitogenIoFunc func, gpointer data)
{
  if (self->source != NULL)
    return;
  self->began = g_get_monotonic_time ();
  self->source = mitogen_io_add_timeout (io, self->ms, func, data);
}

void
mitogen_clock_stop (MitogenClock *self)
{
  gint64 used = (g_get_monotonic_time () - self->began) / 1000;

  if (self->source == NULL)
    return;
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  self->ms -= MIN (used, self->ms);
}
