/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A thread for one kind of work that the broker has no time for, which is done in order. A variable
 * of the process, not a GThreadPool: it can be stopped for a fork. Any thread. */
typedef struct
{
  const char *name; /* of the thread */
  void (*func) (gpointer data);

  GMutex lock; /* protects the rest */
  GCond cond;
  GQueue queue;
  GThread *thread; /* NULL: not started */
  gboolean busy;   /* it runs func */
  gboolean stopping;
} MitogenWorker;

#define MITOGEN_WORKER_INIT(worker_name, worker_func)                                              \
  {                                                                                                \
    .name = (worker_name), .func = (worker_func), .queue = G_QUEUE_INIT                            \
  }

void mitogen_worker_push (MitogenWorker *self, gpointer data);

/* Ends the threads of all workers when they have done what there is to do. FALSE: one does not
 * come to its end by @deadline (monotonic); nothing has changed then. They start again with the
 * next push. */
gboolean mitogen_workers_stop (gint64 deadline);

G_END_DECLS
