/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "engine/mitogen-engine-guard-private.h"
#include "engine/mitogen-engine-pull-private.h"
#include "engine/mitogen-engine-pump-private.h"
#include "engine/mitogen-engine-run-private.h"
#include "engine/mitogen-engine-session-private.h"

G_BEGIN_DECLS

/* What the parts of a run share. */

typedef enum
{
  MITOGEN_ENGINE_STATE_STARTING,
  MITOGEN_ENGINE_STATE_LIVE,    /* bytes are carried */
  MITOGEN_ENGINE_STATE_ENDING,  /* the status is asked for */
  MITOGEN_ENGINE_STATE_ENDED,   /* exited() has been called, or will be in a moment */
  MITOGEN_ENGINE_STATE_LEAVING, /* nobody is interested; a container may have to be removed */
  MITOGEN_ENGINE_STATE_GONE,
} MitogenEngineState;

struct _MitogenEngineRun
{
  gatomicrefcount ref_count;
  GError *error; /* not changed when it has ended */

  /* I/O thread only */
  MitogenIo *io;
  MitogenEngineRunSpec spec;
  char **argv;
  MitogenEngineRunFuncs funcs;
  MitogenProcess *process; /* NULL: forgotten */
  MitogenEngineState state;
  MitogenEngineSession *session;
  MitogenEnginePipes pipes; /* until there is a pump */
  MitogenEnginePump *pump;
  MitogenEnginePull *pull;
  gboolean pulled;
  char *id;   /* of the exec, or of the temporary container; NULL: there is none yet */
  char *name; /* of the temporary container; NULL: it is not to be made yet */
  MitogenEngineGuard *guard; /* (nullable) */
  gboolean removed;          /* the temporary container goes by itself, or has gone */
  gboolean detached;

  MitogenEngineRequest *request; /* the one that leads to the next step */
  MitogenEngineRequest *waiting; /* for the end of the temporary container */
  MitogenEngineRequest *signalling;
  gboolean creating;   /* what @request will do */
  gboolean has_status; /* of the temporary container: */
  gint64 exit_code;
  int wait_status; /* when it has ended */
  guint n_looks;
  GSource *next_look;
  GSource *timer;
};

static inline gboolean
mitogen_engine_run_is_temporary (MitogenEngineRun *self)
{
  return self->spec.container == NULL;
}

/* ---- mitogen-engine-run.c ---- */

void mitogen_engine_run_set_timer (MitogenEngineRun *self, guint ms, MitogenIoFunc func);
/* The next step. @path: freed */
void mitogen_engine_run_ask (MitogenEngineRun *self,
                             const char *method,
                             char *path,
                             JsonBuilder *body,
                             const MitogenEngineRequestFuncs *funcs);
/* It ends now. */
void mitogen_engine_run_end (MitogenEngineRun *self, int wait_status);
/* @error: what is told of it */
void mitogen_engine_run_fail (MitogenEngineRun *self, const GError *error);
/* If there is something to be removed, and it is over then. */
void mitogen_engine_run_remove (MitogenEngineRun *self);
/* The pump starts. */
void mitogen_engine_run_go_live (MitogenEngineRun *self, GInputStream *body, GIOStream *connection);

/* ---- mitogen-engine-run-start.c ---- */

void mitogen_engine_run_begin (MitogenEngineRun *self);

/* ---- mitogen-engine-run-end.c ---- */

/* What there was to be read has ended. */
void mitogen_engine_run_ask_status (MitogenEngineRun *self);
/* If all that there is to be known is known. */
void mitogen_engine_run_end_temporary (MitogenEngineRun *self);
/* Before it is started, so that its end is not missed. */
void mitogen_engine_run_wait (MitogenEngineRun *self);

/* ---- mitogen-engine-run-error.c ---- */

GError *mitogen_engine_run_error_create (MitogenEngineRun *self, const MitogenEngineAnswer *answer);
GError *mitogen_engine_run_error_start (MitogenEngineRun *self, const MitogenEngineAnswer *answer);

G_END_DECLS
