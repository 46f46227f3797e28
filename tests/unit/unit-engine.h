/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "engine/mitogen-engine-run-private.h"
#include "stand-in-engine.h"
#include "unit-util.h"

G_BEGIN_DECLS

/* A run of "cat -" by an engine that is none. */

/* The wait status of what could not be run. */
#define NOT_RUN W_EXITCODE (125, 0)

#define CREATE_EXEC "POST /v1.41/containers/web/exec "
#define START_EXEC  "POST /v1.41/exec/e1/start "
#define LOOK        "GET /v1.41/exec/e1/json "
#define CREATE      "POST /v1.41/containers/create?name=mitogen-"
#define ATTACH      "POST /v1.41/containers/t1/attach?stream=1&stdin=1&stdout=1&stderr=1 "
#define WAIT        "POST /v1.41/containers/t1/wait?condition=next-exit "
#define START       "POST /v1.41/containers/t1/start "
#define KILL        "POST /v1.41/containers/t1/kill?signal="
#define REMOVE      "DELETE /v1.41/containers/t1?force=true&v=true "
#define FETCH       "POST /v1.41/images/create?fromImage=img&tag=latest "

typedef struct
{
  StandInEngine *engine;
  MitogenIo *io;
  const char *container;
  const char *image;
  MitogenEngineRunPull pull;
  const char *path; /* (nullable): of another socket */

  MitogenEngineRun *run;
  MitogenProcess *process; /* I/O thread */
  int in_fd;               /* of this side; -1: closed */
  int out_fd;
  int err_fd;
  gint n_exited; /* atomic, and the next one is written before */
  int wait_status;
  gint clock_stands; /* atomic */
  gint n_progress;   /* atomic */
  guint64 done;      /* written before that; of the last one */
  guint64 total;
} UnitEngineRun;

/* Nothing is other than when all is well. */
extern const StandInRule unit_no_rules[];

/* @rules: what is other than when all is well */
void unit_engine_start (UnitEngineRun *self, const StandInRule *rules);
void unit_engine_await_exit (UnitEngineRun *self);
/* On the I/O thread. */
void unit_engine_free_process (gpointer data);
/* Frees everything, and waits until the stand-in has nobody left. */
void unit_engine_end (UnitEngineRun *self);

G_END_DECLS
