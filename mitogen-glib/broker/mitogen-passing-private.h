/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-stream-private.h"

G_BEGIN_DECLS

/* Frames that are not for this process and lie whole in the read buffer need no messages: a run
 * of them is written from where it lies, and only what the kernel does not take then is kept.
 * One of these belongs to each stream that is read. I/O thread only. */
typedef struct
{
  MitogenStream *out;        /* where the run goes; NULL: there is none */
  MitogenFrameHeader header; /* of the last frame that the router has looked at */
  const guint8 *data;
  gsize size;
  GPtrArray *outs; /* streams with parts of the read buffer in their queues; NULL: none yet */
} MitogenPassing;

/* Whether a frame is sure to go where the one before it went. */
gboolean mitogen_passing_goes_on (MitogenPassing *self, const MitogenFrameHeader *header);
/* FALSE: the frame need not go where the one before it went. */
gboolean
mitogen_passing_continue (MitogenPassing *self, const MitogenFrameHeader *header, gsize size);
void mitogen_passing_add (MitogenPassing *self,
                          MitogenStream *out,
                          const MitogenFrameHeader *header,
                          const guint8 *data,
                          gsize size);
/* Before what may use the read buffer, or write to the same streams, gets its turn. @last: the
 * read buffer is not needed any more. */
void mitogen_passing_end (MitogenPassing *self, gboolean last);
void mitogen_passing_clear (MitogenPassing *self);

/* ---- what the streams do for it ---- */

/* TRUE: it is the first since write_in_place(). @data stays valid until then. */
gboolean mitogen_stream_push_in_place (MitogenStream *self, const guint8 *data, gsize size);
/* Writes what it can, and keeps the rest: within @buffer if there is much of it. @buffer is the
 * read buffer once somebody keeps it; NULL: it must be left as it is. */
void mitogen_stream_write_in_place (MitogenStream *self, GBytes **buffer);

G_END_DECLS
