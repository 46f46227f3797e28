/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-relay-messages-private.h"
#include "connection/mitogen-relay-parts-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/* ---- what the process says ---- */

static guint8
get_asking_channel (MitogenRelay *self)
{
  return self->spec.method->terminal == MITOGEN_TERMINAL_ALL ? MITOGEN_RELAY_STREAM
                                                             : MITOGEN_RELAY_TERMINAL;
}

static MitogenLineBuffer *
get_line_buffer (MitogenRelay *self, guint8 channel)
{
  if (channel == MITOGEN_RELAY_STREAM)
    return &self->dialogue.out_line;
  return channel == MITOGEN_RELAY_TERMINAL ? &self->tty_line : &self->dialogue.err_line;
}

static void
keep_line (MitogenRelay *self, MitogenLineBuffer *line)
{
  mitogen_dialogue_keep_line (&self->dialogue, line);
  if (self->asking != NULL)
    mitogen_asking_add_line (self->asking, line,
                             line == get_line_buffer (self, get_asking_channel (self)));
}

/* TRUE: the relay is over. */
static gboolean
give_up_if_lost (MitogenRelay *self, MitogenLineBuffer *line)
{
  if (self->state > STATE_STARTING || !mitogen_dialogue_is_lost (&self->spec, line))
    return FALSE;
  keep_line (self, line);
  mitogen_line_buffer_clear (line);
  return mitogen_relay_give_up (self);
}

static void
take_line (MitogenRelay *self, MitogenLineBuffer *line)
{
  if (give_up_if_lost (self, line))
    return;
  if (self->state == STATE_LIVE)
    mitogen_dialogue_log_line (self->node, line, &self->last_line);
  else if (line->partial != NULL && !mitogen_dialogue_is_marker (&self->spec, line))
    keep_line (self, line);
  mitogen_line_buffer_clear (line);
}

static void
take_lines (MitogenRelay *self, MitogenLineBuffer *line, const guint8 *data, gsize size)
{
  while (size > 0 && self->state != STATE_GONE)
    {
      gsize n = mitogen_line_buffer_feed (line, data, size);

      if (n == 0)
        {
          give_up_if_lost (self, line);
          return;
        }
      data += n;
      size -= n;
      take_line (self, line);
    }
}

static void
return_credit (MitogenRelay *self, gsize size)
{
  self->owed += size;
  if (self->owed < MITOGEN_RELAY_WINDOW / 2)
    return;
  mitogen_relay_send (self, mitogen_relay_message_credit (get_via_id (self), self->owed));
  self->credit += self->owed;
  self->owed = 0;
}

/* ---- answers ---- */

static void
asking_type (GBytes *text, gpointer data)
{
  MitogenRelay *self = data;
  guint8 channel = get_asking_channel (self);
  MitogenLineBuffer *line = get_line_buffer (self, channel);

  mitogen_relay_send (self, mitogen_relay_message_input (get_via_id (self), channel, text));
  if (line->partial != NULL)
    keep_line (self, line);
  mitogen_line_buffer_clear (line);
}

static void
asking_clock (gboolean runs, gpointer data)
{
  MitogenRelay *self = data;

  if (runs)
    mitogen_relay_start_clock (self);
  else
    mitogen_clock_stop (&self->clock);
  mitogen_relay_send (self,
                      mitogen_relay_message_limit (get_via_id (self),
                                                   runs ? self->clock.ms + MITOGEN_RELAY_MARGIN_MS
                                                        : 0));
}

static void
asking_failed (const GError *error, gpointer data)
{
  MitogenRelay *self = data;

  if (error->domain == MITOGEN_ERROR)
    mitogen_relay_fail_at (self, MITOGEN_STEP_NONE, error->code, error->message);
  else
    mitogen_relay_fail (self, error);
}

static const MitogenAskingFuncs asking_funcs = { .type = asking_type,
                                                 .clock = asking_clock,
                                                 .failed = asking_failed };

void
mitogen_relay_begin_asking (MitogenRelay *self)
{
  if (self->spec.prompter != NULL)
    self->asking = mitogen_asking_new (get_io (self), self->spec.method, self->spec.prompter,
                                       &asking_funcs, self);
}

/* Only before the first stage speaks, and only there. */
static void
look_for_question (MitogenRelay *self, guint8 channel)
{
  if (self->asking != NULL && channel == get_asking_channel (self))
    mitogen_asking_look (self->asking, get_line_buffer (self, channel));
}

void
mitogen_relay_on_data (MitogenRelay *self, guint8 channel, const guint8 *data, gsize size)
{
  gboolean said = channel == MITOGEN_RELAY_STREAM || channel == MITOGEN_RELAY_STDERR ||
                  (channel == MITOGEN_RELAY_TERMINAL && self->has_terminal);

  if (size > self->credit)
    {
      mitogen_relay_break_off (self, _ ("the context it goes through sent more than it may"));
      return;
    }
  self->credit -= size;
  if (!said || (channel == MITOGEN_RELAY_STREAM && self->adopted))
    {
      mitogen_relay_break_off (self,
                               _ ("the context it goes through sent what nobody can have said"));
      return;
    }
  if (self->state < STATE_LIVE && !mitogen_dialogue_count (&self->dialogue, size))
    {
      mitogen_relay_break_off (self, _ ("it said too much"));
      return;
    }

  if (self->state != STATE_GONE)
    take_lines (self, get_line_buffer (self, channel), data, size);
  return_credit (self, size);
  look_for_question (self, channel);
}
