/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-io-private.h"
#include "connection/mitogen-diagnosis-private.h"

G_BEGIN_DECLS

/* A descriptor on which a program says something for people: its error output, or a terminal. All
 * on the I/O thread. */
typedef struct _MitogenTextChannel MitogenTextChannel;

/* Each may free the channel. */
typedef struct
{
  /* (nullable): so many bytes have come, and are about to be looked at */
  void (*read) (gsize size, gpointer data);
  void (*line) (MitogenLineBuffer *line, gpointer data);
  /* (nullable): what stands there without a line end has grown; it may be cleared */
  void (*partial) (MitogenLineBuffer *line, gpointer data);
  /* There will be no more. The descriptor stays open: closing that of a terminal hangs up. */
  void (*ended) (gpointer data);
} MitogenTextChannelFuncs;

/* Takes @fd, which does not block; -1: what there is to be read is fed. */
MitogenTextChannel *mitogen_text_channel_new (MitogenIo *io,
                                              int fd,
                                              const MitogenTextChannelFuncs *funcs,
                                              gpointer data);
void mitogen_text_channel_feed (MitogenTextChannel *self, const guint8 *data, gsize size);
void mitogen_text_channel_end (MitogenTextChannel *self);
void mitogen_text_channel_free (MitogenTextChannel *self);
/* To the terminal. What stands there becomes a line. */
void mitogen_text_channel_type (MitogenTextChannel *self, GBytes *text);
/* What has come but was not looked at yet. */
void mitogen_text_channel_drain (MitogenTextChannel *self);

G_END_DECLS
