/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-io-private.h"
#include "broker/mitogen-stream.h"
#include "wire/mitogen-message-private.h"

G_BEGIN_DECLS

#define MITOGEN_ID_NONE G_MAXUINT32

/* A pair of descriptors that carries first a dialogue of raw bytes, then frames.
 * It starts in raw mode. All callbacks run on the I/O thread. */
typedef struct
{
  /* Returns how many bytes it consumed: fewer than @size only after it has called
   * mitogen_stream_start_frames(). */
  gsize (*raw) (MitogenStream *stream, const guint8 *data, gsize size, gpointer data_);
  /* @message: (transfer none) */
  void (*frame) (MitogenStream *stream, MitogenMessage *message, gpointer data_);
  /* Once, whoever closed it. @error NULL: end of file or closed by us. */
  void (*closed) (MitogenStream *stream, const GError *error, gpointer data_);
  /* Optional. Where a frame goes that need not become a message, because it is only passed on;
   * NULL: it is for frame(). Asked at least once for each destination in what is read at once.
   * Returns: (transfer none) */
  MitogenStream *(*next_hop) (MitogenStream *stream,
                              const MitogenFrameHeader *header,
                              gpointer data_);
} MitogenStreamFuncs;

/* Takes the descriptors, which may be the same one, and makes them non-blocking. I/O thread. */
MitogenStream *mitogen_stream_new (MitogenIo *io,
                                   guint32 remote_id,
                                   int in_fd,
                                   int out_fd,
                                   guint32 max_message_size,
                                   const MitogenStreamFuncs *funcs,
                                   gpointer data,
                                   GDestroyNotify destroy);
/* I/O thread. */
void mitogen_stream_start_frames (MitogenStream *self);
/* Every frame is sent with the oldest magic, until one with another has come: the original
 * up to version 0.3.3 takes those for garbage. A peer of our own needs none of this. */
void mitogen_stream_set_legacy (MitogenStream *self);
void mitogen_stream_set_reading (MitogenStream *self, gboolean reading);
void mitogen_stream_set_writing (MitogenStream *self, gboolean writing);
/* Does not read from @self until @out has written most of what waits there, if it is much. */
void mitogen_stream_pause_for (MitogenStream *self, MitogenStream *out);
/* Much waits there, and nobody waits for it: what is to be passed on there must be refused. */
gboolean mitogen_stream_is_deaf (MitogenStream *self);
/* For tests: how long that takes. */
void mitogen_stream_set_clogged_ms (guint ms);
void mitogen_stream_close (MitogenStream *self, const GError *error);
/* The same once everything is written; nothing more is taken. */
void mitogen_stream_close_when_written (MitogenStream *self);

/* Any thread; in order. FALSE: the stream is closed. */
gboolean mitogen_stream_send (MitogenStream *self, MitogenMessage *message);
gboolean mitogen_stream_send_raw (MitogenStream *self, GBytes *bytes);

/* Any thread: for a blocking call that may read its answer itself. FALSE: not now, but perhaps
 * next time; wait for the I/O thread as usual. A borrower sends its request, reads the answer
 * (NULL: it is for the I/O thread to read), and gives back; @recall: it got no answer. */
gboolean mitogen_stream_borrow (MitogenStream *self);
gboolean mitogen_stream_send_as_borrower (MitogenStream *self, MitogenMessage *message);
MitogenMessage *mitogen_stream_read_answer (MitogenStream *self,
                                            guint32 own_id,
                                            guint32 src_id,
                                            guint32 handle,
                                            gint timeout_ms);
void mitogen_stream_give_back (MitogenStream *self, gboolean recall);

guint32 mitogen_stream_get_max_message_size (MitogenStream *self);

/* The ids whose messages came in here: they must hear when one they talked to is gone.
 * The authority stamped on what comes in: MITOGEN_ID_NONE for none. I/O thread. */
GHashTable *mitogen_stream_get_egress_ids (MitogenStream *self);
guint32 mitogen_stream_get_auth_id (MitogenStream *self);
void mitogen_stream_set_auth_id (MitogenStream *self, guint32 auth_id);

G_END_DECLS
