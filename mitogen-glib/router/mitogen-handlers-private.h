/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-stream-private.h"

G_BEGIN_DECLS

/* The handles of this process and who serves them. May be used from any thread:
 * calls of user threads take and give back handles all the time. */
typedef struct _MitogenHandlers MitogenHandlers;
typedef struct _MitogenHandler MitogenHandler;

/* Who may send to a handle. */
typedef enum
{
  MITOGEN_ACCEPT_ANY,
  MITOGEN_ACCEPT_PARENTS,         /* the message claims our own or a parent's authority */
  MITOGEN_ACCEPT_IMMEDIATE_CHILD, /* it comes from the context at the other end of its stream */
} MitogenAccept;

/* On the I/O thread, without a lock. @from is NULL for a message of this process. */
typedef void (*MitogenHandlerFunc) (MitogenMessage *message, MitogenStream *from, gpointer data);

typedef struct
{
  guint32 handle; /* 0: a new one */
  gboolean persist;
  gboolean replaceable; /* by a later one of the same handle that says so */
  guint32 respondent;   /* MITOGEN_ID_NONE: anybody */
  MitogenAccept accept;
  MitogenHandlerFunc func;
  gpointer data;
  GDestroyNotify destroy; /* in any thread: it must not free what belongs to a user */
} MitogenHandlerSpec;

MitogenHandlers *mitogen_handlers_new (void);
void mitogen_handlers_free (MitogenHandlers *self);

/* Returns the handle, or 0 with an error: taken already, or closed. Either way
 * spec->destroy is called for the data when it is no longer needed. */
guint32
mitogen_handlers_add (MitogenHandlers *self, const MitogenHandlerSpec *spec, GError **error);
/* The same, in place of one that is replaceable. @replaced: (transfer full) (nullable): it */
guint32 mitogen_handlers_replace (MitogenHandlers *self,
                                  const MitogenHandlerSpec *spec,
                                  MitogenHandler **replaced,
                                  GError **error);
gboolean mitogen_handlers_remove (MitogenHandlers *self, guint32 handle);
/* Only if it is still the one with this data. */
gboolean mitogen_handlers_remove_own (MitogenHandlers *self, guint32 handle, gconstpointer data);

/* Returns: (transfer full) (nullable) */
MitogenHandler *mitogen_handlers_lookup (MitogenHandlers *self, guint32 handle);
/* Takes them out of the table. Returns: (transfer full) (element-type MitogenHandler) */
GPtrArray *mitogen_handlers_steal_of_respondent (MitogenHandlers *self, guint32 id);
/* The same for all; nothing can be added afterwards. */
GPtrArray *mitogen_handlers_close (MitogenHandlers *self);

const MitogenHandlerSpec *mitogen_handler_get_spec (MitogenHandler *self);
void mitogen_handler_unref (MitogenHandler *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenHandler, mitogen_handler_unref)

G_END_DECLS
