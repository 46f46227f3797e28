/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Carries work from the broker thread (or any other) to the GMainContext of a
 * user: there is one for each context, and it keeps the order of what was posted.
 * All functions may be called from any thread. */
typedef struct _MitogenDispatcher MitogenDispatcher;

typedef void (*MitogenDispatchFunc) (gpointer data);

MitogenDispatcher *mitogen_dispatcher_get (GMainContext *context);
MitogenDispatcher *mitogen_dispatcher_get_thread_default (void);
MitogenDispatcher *mitogen_dispatcher_ref (MitogenDispatcher *self);
void mitogen_dispatcher_unref (MitogenDispatcher *self);

GMainContext *mitogen_dispatcher_get_context (MitogenDispatcher *self);

/* @func and then @destroy run in the dispatcher's context. If the last reference to the
 * dispatcher is dropped first, only @destroy runs, in that thread: nobody is left who could
 * be told. So @data keeps a reference only if it has to be delivered. */
void mitogen_dispatcher_post (MitogenDispatcher *self,
                              MitogenDispatchFunc func,
                              gpointer data,
                              GDestroyNotify destroy);

/* The same for what may be dropped when nobody iterates the context: FALSE, and @data
 * destroyed, if more than MITOGEN_DISPATCHER_MAX_WAITING bytes of such things wait there.
 * @size: about how much memory @data takes. */
#define MITOGEN_DISPATCHER_MAX_WAITING (8 * 1024 * 1024)
gboolean mitogen_dispatcher_post_lossy (MitogenDispatcher *self,
                                        gsize size,
                                        MitogenDispatchFunc func,
                                        gpointer data,
                                        GDestroyNotify destroy);

/* Only @destroy, in the dispatcher's context, after what was posted before. @data owns a
 * reference to the dispatcher, so that it happens. */
void
mitogen_dispatcher_destroy_data (MitogenDispatcher *self, gpointer data, GDestroyNotify destroy);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenDispatcher, mitogen_dispatcher_unref)

/* A GWeakRef that posted work can share: the broker thread holds this, never the
 * object; the strong reference is taken in the user's thread only. */
typedef struct _MitogenWeak MitogenWeak;

MitogenWeak *mitogen_weak_new (gpointer object);
MitogenWeak *mitogen_weak_ref (MitogenWeak *self);
void mitogen_weak_unref (MitogenWeak *self);
gpointer mitogen_weak_get (MitogenWeak *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenWeak, mitogen_weak_unref)

G_END_DECLS
