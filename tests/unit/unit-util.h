/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-io-private.h"
#include "wire/mitogen-message-private.h"

G_BEGIN_DECLS

/* No test waits longer than this for anything: what is later than that never comes. */
#define UNIT_PATIENCE_MS 60000

/* ---- the I/O thread ---- */

MitogenIo *unit_io_new (void);
/* Shuts it down, waits and drops it. */
void unit_io_end (MitogenIo *io);
/* Runs @func there and waits. */
void unit_run (MitogenIo *io, MitogenIoFunc func, gpointer data);

/* ---- waiting ---- */

gint64 unit_deadline (void);
/* Runs a turn of the default main context; never longer than 10 ms. FALSE: too late. */
gboolean unit_iterate (GMainContext *context, gint64 deadline);

#define unit_wait_in(context, condition)                                                           \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 deadline_ = unit_deadline ();                                                           \
    while (!(condition))                                                                           \
      if (!unit_iterate ((context), deadline_))                                                    \
        g_error ("%s:%d: waited in vain for: %s", __FILE__, __LINE__, #condition);                 \
  }                                                                                                \
  G_STMT_END
#define unit_wait(condition) unit_wait_in (NULL, condition)

void unit_keep_result (GObject *source, GAsyncResult *result, gpointer data);

/* ---- the other end of a stream ---- */

MitogenMessage *unit_message (guint32 dst_id, guint32 handle, const char *text);
MitogenMessage *unit_message_full (guint32 dst_id,
                                   guint32 src_id,
                                   guint32 auth_id,
                                   guint32 handle,
                                   guint32 reply_to,
                                   const void *data,
                                   gsize size);
/* All of @data, though @fd may be slow. */
void unit_write (int fd, const void *data, gsize size);
void unit_write_frame (int fd, MitogenMessage *message);
/* FALSE: end of file first. */
gboolean unit_read (int fd, void *data, gsize size);
/* NULL: end of file. */
MitogenMessage *unit_read_frame (int fd);
gboolean unit_has_input (int fd, int ms);
char *unit_payload (MitogenMessage *message);

G_END_DECLS
