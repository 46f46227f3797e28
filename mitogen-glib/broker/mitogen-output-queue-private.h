/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/mitogen-message-private.h"

#include <sys/uio.h>

G_BEGIN_DECLS

/* What a stream has still to write, in order: frames, and before there are frames raw
 * bytes. Payloads are written from where they lie. The owner does the locking. */
typedef struct
{
  GQueue entries;
  gsize offset;    /* bytes of the first entry already written */
  gsize size;      /* bytes not yet written */
  guint64 written; /* bytes, ever */
  GList *in_place; /* the first entry that may lie in the read buffer; NULL: none does */
} MitogenOutputQueue;

void mitogen_output_queue_init (MitogenOutputQueue *self);
void mitogen_output_queue_clear (MitogenOutputQueue *self);
gboolean mitogen_output_queue_is_empty (MitogenOutputQueue *self);
/* @legacy: whoever reads it knows only the oldest magic. */
void mitogen_output_queue_push_message (MitogenOutputQueue *self,
                                        MitogenMessage *message,
                                        gboolean legacy);
void mitogen_output_queue_push_bytes (MitogenOutputQueue *self, GBytes *bytes);
/* @data stays valid until mitogen_output_queue_keep_in_place(). */
void mitogen_output_queue_push_in_place (MitogenOutputQueue *self, const guint8 *data, gsize size);
/* How much of that has still to be written. */
gsize mitogen_output_queue_get_in_place (MitogenOutputQueue *self);
/* References @buffer, where all of it lies, or copies it. */
void mitogen_output_queue_keep_in_place (MitogenOutputQueue *self, GBytes *buffer);
/* Fills @vectors with the next unwritten bytes; returns how many it used. */
guint mitogen_output_queue_peek (MitogenOutputQueue *self, struct iovec *vectors, guint n_vectors);
void mitogen_output_queue_advance (MitogenOutputQueue *self, gsize written);

G_END_DECLS
