/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-engine-emitter-private.h"
#include "broker/mitogen-dispatcher-private.h"

struct _MitogenEngineEmitter
{
  gatomicrefcount ref_count;
  MitogenEngineConnection *connection; /* in the operation's context only; NULL: closed */
  GMutex lock;
  MitogenDispatcher *dispatcher; /* protected by lock; NULL: closed */
};

/* It must not keep the context of a blocking call, which is never iterated again. */
typedef struct
{
  MitogenEngineEmitter *emitter;
  char *status;
  guint64 done;
  guint64 total;
} Report;

static void
report_run (gpointer data)
{
  Report *report = data;

  if (report->emitter->connection != NULL)
    g_signal_emit_by_name (report->emitter->connection, "progress", report->status, report->done,
                           report->total);
}

static void
report_free (gpointer data)
{
  Report *report = data;

  mitogen_engine_emitter_unref (report->emitter);
  g_free (report->status);
  g_free (report);
}

MitogenEngineEmitter *
mitogen_engine_emitter_new (MitogenEngineConnection *connection)
{
  MitogenEngineEmitter *self = g_new0 (MitogenEngineEmitter, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->connection = g_object_ref (connection);
  self->dispatcher = mitogen_dispatcher_get_thread_default ();
  return self;
}

MitogenEngineEmitter *
mitogen_engine_emitter_ref (MitogenEngineEmitter *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_engine_emitter_unref (MitogenEngineEmitter *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_object (&self->connection);
  g_clear_pointer (&self->dispatcher, mitogen_dispatcher_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
mitogen_engine_emitter_tell (MitogenEngineEmitter *self,
                             const char *status,
                             guint64 done,
                             guint64 total)
{
  g_autoptr (MitogenDispatcher) dispatcher = NULL;
  Report *report;

  g_mutex_lock (&self->lock);
  if (self->dispatcher != NULL)
    dispatcher = mitogen_dispatcher_ref (self->dispatcher);
  g_mutex_unlock (&self->lock);
  if (dispatcher == NULL)
    return;

  report = g_new (Report, 1);
  report->emitter = mitogen_engine_emitter_ref (self);
  report->status = g_strdup (status);
  report->done = done;
  report->total = total;
  mitogen_dispatcher_post_lossy (dispatcher, sizeof *report + strlen (status), report_run, report,
                                 report_free);
}

void
mitogen_engine_emitter_close (MitogenEngineEmitter *self)
{
  g_autoptr (MitogenDispatcher) dispatcher = NULL;

  g_mutex_lock (&self->lock);
  dispatcher = g_steal_pointer (&self->dispatcher);
  g_mutex_unlock (&self->lock);
  g_clear_object (&self->connection);
}
