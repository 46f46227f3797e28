/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-stream-private.h"

G_BEGIN_DECLS

/* Which stream leads to which context, and who has spoken to whom. Ways are looked up in any
 * thread; the table changes on the I/O thread, but for holds. */
typedef struct _MitogenRoutes MitogenRoutes;

MitogenRoutes *mitogen_routes_new (void);
void mitogen_routes_free (MitogenRoutes *self);
/* Where to go for everybody unknown; MITOGEN_ID_NONE at the root. Before anybody else knows it. */
void mitogen_routes_set_parent (MitogenRoutes *self, guint32 parent_id);

/* ---- any thread ---- */

typedef struct
{
  MitogenStream *stream;    /* NULL: no way */
  guint32 max_message_size; /* of what is accepted there */
} MitogenWay;

void mitogen_way_clear (MitogenWay *way);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MitogenWay, mitogen_way_clear)

/* @way: (out): its stream is the parent's if @id is unknown. Nothing for an id that is held. */
void mitogen_routes_find (MitogenRoutes *self, guint32 id, MitogenWay *way);
/* The same for a message of this process. TRUE: the id is held, and the message was taken;
 * @first then tells whether it is the first that waits. */
gboolean mitogen_routes_find_or_hold (MitogenRoutes *self,
                                      MitogenMessage *message,
                                      MitogenWay *way,
                                      gboolean *first);
/* Whether what claims these ids may come in over @from. */
void mitogen_routes_check_source (MitogenRoutes *self,
                                  guint32 auth_id,
                                  guint32 src_id,
                                  MitogenStream *from,
                                  gboolean *auth_ok,
                                  gboolean *src_ok);

/* What is sent to @id, a context that is being connected, waits until there is a way. */
void mitogen_routes_hold (MitogenRoutes *self, guint32 id);
void mitogen_routes_release (MitogenRoutes *self, guint32 id);
/* Returns: (transfer full) (nullable) (element-type MitogenMessage): the first that wait, not
 * more than @max_size bytes of them with their headers. */
GPtrArray *mitogen_routes_take_held (MitogenRoutes *self, guint32 id, gsize max_size);

/* ---- I/O thread ---- */

/* Sends what was held. @max_message_size: 0 for that of @stream. Returns: (transfer full)
 * (nullable) (element-type MitogenMessage): what was held and is too large. */
GPtrArray *mitogen_routes_add (MitogenRoutes *self,
                               guint32 id,
                               MitogenStream *stream,
                               guint32 max_message_size);
gboolean mitogen_routes_remove (MitogenRoutes *self, guint32 id);
/* Returns: (transfer full) (nullable): the stream that leads to @id, never the parent's for an
 * id that is unknown. */
MitogenStream *mitogen_routes_get_exact (MitogenRoutes *self, guint32 id);
/* Returns: (transfer full) (element-type guint32): highest first, so that those behind others
 * come before them. */
GArray *mitogen_routes_get_ids (MitogenRoutes *self, MitogenStream *stream);

/* Something behind @from has spoken to @id, and must hear when that is gone. */
void mitogen_routes_note_egress (MitogenRoutes *self, MitogenStream *from, guint32 id);
/* Returns: (transfer full) (nullable) (element-type MitogenStream): who has; now forgotten. */
GPtrArray *mitogen_routes_take_egress (MitogenRoutes *self, guint32 id);
/* @stream is closed: it will not hear of anybody. */
void mitogen_routes_forget_egress (MitogenRoutes *self, MitogenStream *stream);

G_END_DECLS
