/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The broker thread: one GMainContext, one epoll descriptor, a queue of work.
 * The public MitogenBroker is a handle to it. "I/O thread" below is that thread. */
typedef struct _MitogenIo MitogenIo;

typedef void (*MitogenIoFunc) (gpointer data);

typedef enum
{
  MITOGEN_IO_RUNNING,
  MITOGEN_IO_SHUTTING_DOWN, /* grace period: work still runs */
  MITOGEN_IO_EXITED,
} MitogenIoState;

/* What wants to know of the broker's end. All run on the I/O thread. */
typedef struct
{
  void (*shutdown) (gpointer data); /* ask the peers to leave */
  void (*force) (gpointer data);    /* the grace period is over: close everything */
  void (*exited) (gpointer data);   /* nothing runs after this */
} MitogenIoClientFuncs;

MitogenIo *mitogen_io_new (guint shutdown_timeout_ms);
MitogenIo *mitogen_io_ref (MitogenIo *self);
void mitogen_io_unref (MitogenIo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenIo, mitogen_io_unref)

GMainContext *mitogen_io_get_context (MitogenIo *self);
MitogenIoState mitogen_io_get_state (MitogenIo *self);

/* Any thread. */
gboolean mitogen_io_is_current (MitogenIo *self);
gboolean mitogen_in_broker_thread (void);
guint mitogen_io_get_shutdown_timeout (MitogenIo *self);
void mitogen_io_set_shutdown_timeout (MitogenIo *self, guint ms);
void mitogen_io_shutdown (MitogenIo *self);
/* FALSE: it did not exit within @timeout_ms (-1: no limit). */
gboolean mitogen_io_join (MitogenIo *self, gint timeout_ms);
/* Queues @func for the I/O thread, in order. FALSE when that has exited: @destroy
 * has then run, @func will not. */
gboolean
mitogen_io_post (MitogenIo *self, MitogenIoFunc func, gpointer data, GDestroyNotify destroy);
/* TRUE while somebody holds the broker back from exiting. */
gboolean mitogen_io_keep_alive (MitogenIo *self);

/* I/O thread only from here on. */
void mitogen_io_add_client (MitogenIo *self, const MitogenIoClientFuncs *funcs, gpointer data);
void mitogen_io_remove_client (MitogenIo *self, gpointer data);
/* A hold delays the exit during the grace period. */
void mitogen_io_hold (MitogenIo *self);
void mitogen_io_release (MitogenIo *self);

typedef struct _MitogenWatch MitogenWatch;
/* @condition: G_IO_IN, G_IO_OUT, G_IO_HUP, G_IO_ERR. */
typedef void (*MitogenWatchFunc) (GIOCondition condition, gpointer data);

/* The caller keeps the descriptor open until mitogen_watch_remove(). */
MitogenWatch *mitogen_io_watch_fd (MitogenIo *self,
                                   int fd,
                                   GIOCondition condition,
                                   MitogenWatchFunc func,
                                   gpointer data);
void mitogen_watch_set_condition (MitogenWatch *self, GIOCondition condition);
void mitogen_watch_remove (MitogenWatch *self);

/* Returns: (transfer full): destroy and unref it to cancel. Fires once. */
GSource *mitogen_io_add_timeout (MitogenIo *self, guint ms, MitogenIoFunc func, gpointer data);

/* Read buffer shared by all streams of the thread: what is in it after a callback is lost. */
guint8 *mitogen_io_get_scratch (MitogenIo *self);
#define MITOGEN_IO_SCRATCH_SIZE  (256 * 1024)
#define MITOGEN_IO_SCRATCH_SLACK (128 * 1024) /* behind it, for what completes it */
/* For whoever has to keep what is in it: the next turn gets another one. Returns: (transfer full)
 */
GBytes *mitogen_io_take_scratch (MitogenIo *self);

/* ---- for a fork: see mitogen-fork-private.h ---- */

/* Has all I/O threads of the process wait, with no lock held and nothing half done, until they
 * are unparked. FALSE: not by @deadline. Not on one of them. */
gboolean mitogen_io_park_all (gint64 deadline);
void mitogen_io_unpark_all (void);
gboolean mitogen_io_is_parked_thread (gint tid);
/* In the copy of a process whose I/O threads were parked: they are not there. */
void mitogen_io_abandon_all (void);

/* The signal mask of whoever made the broker: spawned processes get it, since
 * the I/O thread itself blocks all signals. */
void mitogen_io_unblock_signals (MitogenIo *self);
void mitogen_io_block_signals (MitogenIo *self);

G_END_DECLS
