/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "spawn/mitogen-process-group-private.h"

#include <signal.h>

/* How often to look whether the group is empty, when it is made to end, and when to give up: what
 * is left then hangs in the kernel, or waits to be reaped by an init that does not do that.
 *
 * A number stays taken as long as a group has it, and afterwards until all others have been used:
 * at this pace no foreign group can have got it in between. */
#define LOOK_MS       50
#define KILL_LOOKS    20
#define GIVE_UP_LOOKS 30

typedef struct
{
  MitogenIo *io;
  GPid pgid;
  guint looks;
  GSource *timer;
} Group;

static void
group_free (Group *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  mitogen_io_remove_client (self->io, self);
  mitogen_io_release (self->io);
  mitogen_io_unref (self->io);
  g_free (self);
}

/* FALSE: there is nobody left who can be made to end. What belongs to another user has lost its
 * terminal, or its streams, and to wait for it would be in vain. */
static gboolean
signal_group (GPid pgid, int signal_number)
{
  return kill (-pgid, signal_number) == 0;
}

static void
look (gpointer data)
{
  Group *self = data;

  g_clear_pointer (&self->timer, g_source_unref);
  self->looks++;
  if (!signal_group (self->pgid, self->looks == KILL_LOOKS ? SIGKILL : 0) ||
      self->looks == GIVE_UP_LOOKS)
    group_free (self);
  else
    self->timer = mitogen_io_add_timeout (self->io, LOOK_MS, look, self);
}

/* The broker waits for the group by itself. */
static void
group_shutdown (gpointer data)
{
}

static void
group_force (gpointer data)
{
  Group *self = data;

  signal_group (self->pgid, SIGKILL);
  group_free (self);
}

static const MitogenIoClientFuncs client_funcs = { .shutdown = group_shutdown,
                                                   .force = group_force };

void
mitogen_process_group_end (MitogenIo *io, GPid pgid)
{
  Group *self;

  g_assert (mitogen_io_is_current (io));
  /* A stopped process does not see that it is to end before it goes on. */
  if (!signal_group (pgid, SIGCONT))
    return;

  self = g_new0 (Group, 1);
  self->io = mitogen_io_ref (io);
  self->pgid = pgid;
  mitogen_io_hold (io);
  mitogen_io_add_client (io, &client_funcs, self);
  self->timer = mitogen_io_add_timeout (io, LOOK_MS, look, self);
}
