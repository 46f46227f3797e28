/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-fd-private.h"
#include "broker/mitogen-stream-parts-private.h"

#include <poll.h>
#include <sys/socket.h>

/* Lending: a thread that waits for an answer reads it itself.
 *
 * A blocking call costs two hand-overs between threads if the broker thread reads the answer
 * and wakes the caller. So, where calls follow one another, the I/O thread lends the reading
 * to the caller: it does not watch the descriptor until a loan has not been used for LOAN_MS.
 * The borrower takes nothing but the one answer it waits for, and only if that is what comes
 * next, complete, within BORROWED_WAIT_MS; it sees that by peeking. Whatever else is there, or
 * anything else being sent, ends the loan, and everything goes on as if there had been none. So
 * what a stream knows between two frames is touched by the I/O thread alone. */

/* How long a loan lasts without being used, and how long a borrower waits for its answer. */
#define LOAN_MS          2
#define BORROWED_WAIT_MS 4

/* A borrower reads answers up to this size. */
#define MAX_BORROWED_ANSWER 4096

/* A borrower that has peeked must find the same bytes when it reads: so as long as there is
 * one, the loan goes on, and its end is made up for when the stream is given back. */
void
mitogen_stream_end_loan (gpointer data)
{
  MitogenStream *self = data;
  gboolean ended;

  g_mutex_lock (&self->lock);
  ended = !self->borrowed || self->closed;
  self->recall_deferred = !ended;
  if (ended)
    self->lent = self->recalled = FALSE;
  g_mutex_unlock (&self->lock);

  if (ended && self->loan_timer != NULL)
    {
      g_source_destroy (self->loan_timer);
      g_clear_pointer (&self->loan_timer, g_source_unref);
    }
  mitogen_stream_update_watches (self);
}

static void
check_loan (gpointer data)
{
  MitogenStream *self = data;
  gboolean used;

  g_mutex_lock (&self->lock);
  used = self->borrowed || self->loans != self->loans_seen;
  self->loans_seen = self->loans;
  g_mutex_unlock (&self->lock);

  if (!used)
    {
      mitogen_stream_end_loan (self);
      return;
    }
  g_source_unref (self->loan_timer);
  self->loan_timer = mitogen_io_add_timeout (self->io, LOAN_MS, check_loan, self);
}

/* On the I/O thread, between two reads. */
void
mitogen_stream_lend_if_wanted (MitogenStream *self)
{
  gboolean lent = FALSE;

  g_mutex_lock (&self->lock);
  if (self->loan_wanted && !self->lent && self->framed && self->reading && !self->paused &&
      self->partial == NULL && self->payload == NULL)
    self->lent = lent = TRUE;
  self->loan_wanted = FALSE;
  g_mutex_unlock (&self->lock);

  if (!lent)
    return;
  self->loan_timer = mitogen_io_add_timeout (self->io, LOAN_MS, check_loan, self);
  mitogen_stream_update_watches (self);
}

/* With the lock held. TRUE: post_recall() is to be called without it. */
gboolean
mitogen_stream_mark_recalled (MitogenStream *self)
{
  if (!self->lent || self->recalled)
    return FALSE;
  self->recalled = TRUE;
  return TRUE;
}

void
mitogen_stream_post_recall (MitogenStream *self)
{
  mitogen_io_post (self->io, mitogen_stream_end_loan, mitogen_stream_ref (self),
                   (GDestroyNotify) mitogen_stream_unref);
}

gboolean
mitogen_stream_borrow (MitogenStream *self)
{
  gboolean borrowed;

  g_mutex_lock (&self->lock);
  borrowed = self->lent && !self->borrowed && !self->recalled && self->out_fd >= 0;
  if (borrowed)
    {
      self->borrowed = TRUE;
      self->borrowed_fd = self->out_fd; /* the same as in_fd: only sockets are lent */
      self->loans++;
    }
  else if (!self->lent && self->is_socket && self->auth_id == MITOGEN_ID_NONE)
    self->loan_wanted = TRUE;
  g_mutex_unlock (&self->lock);
  return borrowed;
}

void
mitogen_stream_give_back (MitogenStream *self, gboolean recall)
{
  int orphan_fd;

  g_mutex_lock (&self->lock);
  self->borrowed = FALSE;
  orphan_fd = self->orphan_fd;
  self->orphan_fd = -1;
  recall = self->recall_deferred || (recall && mitogen_stream_mark_recalled (self));
  self->recall_deferred = FALSE;
  g_mutex_unlock (&self->lock);

  mitogen_fd_close (&orphan_fd);
  if (recall)
    mitogen_stream_post_recall (self);
}

static gboolean
is_answer (const MitogenFrameHeader *header, guint32 own_id, guint32 src_id, guint32 handle)
{
  return header->dst_id == own_id && header->src_id == src_id && header->auth_id == src_id &&
         header->handle == handle && header->reply_to == 0 && header->length <= MAX_BORROWED_ANSWER;
}

MitogenMessage *
mitogen_stream_read_answer (MitogenStream *self,
                            guint32 own_id,
                            guint32 src_id,
                            guint32 handle,
                            gint timeout_ms)
{
  guint8 buffer[MITOGEN_FRAME_HEADER_SIZE + MAX_BORROWED_ANSWER];
  struct pollfd ready = { .fd = self->borrowed_fd, .events = POLLIN };
  MitogenFrameHeader header;
  gssize size;
  gssize got;

  if (timeout_ms < 0 || timeout_ms > BORROWED_WAIT_MS)
    timeout_ms = BORROWED_WAIT_MS;
  if (poll (&ready, 1, timeout_ms) <= 0)
    return NULL;

  got = recv (ready.fd, buffer, sizeof buffer, MSG_PEEK | MSG_DONTWAIT);
  if (got < MITOGEN_FRAME_HEADER_SIZE || !mitogen_frame_header_unpack (&header, buffer) ||
      !is_answer (&header, own_id, src_id, handle))
    return NULL;
  size = MITOGEN_FRAME_HEADER_SIZE + header.length;
  if (got < size || recv (ready.fd, buffer, size, MSG_DONTWAIT) != size)
    return NULL;
  mitogen_stream_note_encoding (self, &header);
  return mitogen_message_new_received (
      &header,
      header.length > 0 ? g_bytes_new (buffer + MITOGEN_FRAME_HEADER_SIZE, header.length) : NULL);
}
