/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-output-queue-private.h"
#include "broker/mitogen-passing-private.h"

G_BEGIN_DECLS

/* The inside of a stream, for the files that implement it and nobody else. */
struct _MitogenStream
{
  gatomicrefcount ref_count;
  MitogenIo *io;
  guint32 remote_id;
  gboolean is_socket; /* sendmsg() can keep SIGPIPE away in any thread; writev() cannot */
  guint32 max_message_size;

  GMutex lock;
  int out_fd;                /* protected by lock for other threads: -1 once closed */
  MitogenOutputQueue output; /* protected by lock */
  gboolean waiting;          /* the I/O thread watches for room, or is told to; protected by lock */
  gboolean held_back;        /* writing was stopped by the program; protected by lock */
  gboolean ending;           /* closed as soon as the queue is empty; protected by lock */
  gboolean legacy;           /* the peer may know only the oldest magic; protected by lock */

  /* See mitogen-stream-lending.c. Protected by lock. */
  gboolean lent; /* written by the I/O thread only, so it may read it without the lock */
  gboolean loan_wanted;
  gboolean borrowed;
  gboolean recalled; /* the I/O thread is about to end the loan */
  gboolean recall_deferred;
  guint loans;
  int borrowed_fd; /* the borrower's, as long as it is borrowed */
  int orphan_fd;   /* closed while it was borrowed: the borrower closes it */

  /* I/O thread only */
  const MitogenStreamFuncs *funcs;
  gpointer data;
  GDestroyNotify destroy;
  int in_fd;
  MitogenWatch *in_watch;
  MitogenWatch *out_watch; /* the same as in_watch if the descriptors are */
  gboolean reading;
  gboolean paused;      /* until what it sends has left by another stream */
  GPtrArray *pausing;   /* the streams that are paused because of this one; NULL: none */
  GSource *clog_timer;  /* while there are; NULL: none */
  guint64 clog_written; /* how much had been written when it was started */
  gboolean deaf;        /* it took nothing for so long that nobody waits for it any more */
  gboolean writing;
  gboolean framed;
  gboolean closed;
  GByteArray *partial; /* the start of a frame; NULL: none */
  MitogenFrameHeader header;
  guint8 *payload; /* a large payload on its way; NULL: none */
  gsize payload_have;
  MitogenPassing passing;
  gboolean has_in_place; /* parts of the read buffer of another stream */
  GHashTable *egress_ids;
  guint32 auth_id; /* borrowers look at it with the lock held */
  GSource *loan_timer;
  guint loans_seen;
};

void mitogen_stream_update_watches (MitogenStream *self);
/* What it sends, it understands. */
void mitogen_stream_note_encoding (MitogenStream *self, const MitogenFrameHeader *header);

/* ---- lending; I/O thread but for the last two ---- */

/* @data: the stream */
void mitogen_stream_end_loan (gpointer data);
/* Between two reads. */
void mitogen_stream_lend_if_wanted (MitogenStream *self);
/* With the lock held. TRUE: post_recall() is to be called without it. */
gboolean mitogen_stream_mark_recalled (MitogenStream *self);
void mitogen_stream_post_recall (MitogenStream *self);

G_END_DECLS
