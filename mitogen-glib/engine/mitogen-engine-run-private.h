/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spawn/mitogen-process-private.h"

G_BEGIN_DECLS

/* Where a daemon that speaks the Docker Engine API listens. */
typedef struct
{
  GSocketConnectable *connectable; /* a UNIX socket, or a host and a port */
  char *shown;                     /* for people: "unix:///var/run/docker.sock" */
  gboolean tls;
  char *tls_host;         /* (nullable): whom its certificate has to name */
  char *ca_file;          /* (nullable): who may have signed that */
  char *certificate_file; /* (nullable): ours */
  char *key_file;         /* (nullable) */
  gboolean tls_skip_verify;
} MitogenEngineAddress;

void mitogen_engine_address_clear (MitogenEngineAddress *self);

typedef enum
{
  MITOGEN_ENGINE_RUN_PULL_MISSING,
  MITOGEN_ENGINE_RUN_PULL_ALWAYS,
  MITOGEN_ENGINE_RUN_PULL_NEVER,
} MitogenEngineRunPull;

/* A command in a container. */
typedef struct
{
  MitogenEngineAddress address;
  char *engine;    /* what people call it: "docker", "podman" */
  char *container; /* a running one; or NULL, and a temporary one is made from: */
  char *image;
  MitogenEngineRunPull pull;
  char *network;      /* (nullable): of a temporary one */
  char *username;     /* (nullable) */
  char *directory;    /* (nullable) */
  char **environment; /* (nullable): NAME=value */
} MitogenEngineRunSpec;

void mitogen_engine_run_spec_clear (MitogenEngineRunSpec *spec);

typedef struct
{
  /* As with a child of this process. When it is called, all output has been passed on. */
  MitogenProcessExited exited;
  /* What comes takes as long as it takes (an image is fetched, and there is progress); or not. */
  void (*clock) (gboolean runs, gpointer data);
  /* Of fetching an image. @status: what the engine says, for people; @done and @total: bytes of
   * all layers so far, 0: unknown */
  void (*progress) (const char *status, guint64 done, guint64 total, gpointer data);
  gpointer data;
} MitogenEngineRunFuncs;

/* Runs a command in a container by the Engine API; it passes for a process of this host. All on the
 * I/O thread. */
typedef struct _MitogenEngineRun MitogenEngineRun;

/* @spec: its members are taken. @in_fd, @out_fd, @err_fd: what the command is to read and write;
 * pipes that do not block, taken. @process: (out): what passes for a process, not owned by the run:
 * whoever frees it ends the run. Returns: (transfer full): for what follows */
MitogenEngineRun *mitogen_engine_run_start (MitogenIo *io,
                                            MitogenEngineRunSpec *spec,
                                            const char *const *argv,
                                            int in_fd,
                                            int out_fd,
                                            int err_fd,
                                            const MitogenEngineRunFuncs *funcs,
                                            MitogenProcess **process);
/* Why it could not be run, or ended without a status of its own: a code of MITOGEN_ERROR or of
 * GIOErrorEnum, and the end of a sentence. NULL: nothing went wrong here. */
const GError *mitogen_engine_run_get_error (MitogenEngineRun *self);
MitogenEngineRun *mitogen_engine_run_ref (MitogenEngineRun *self);
void mitogen_engine_run_unref (MitogenEngineRun *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenEngineRun, mitogen_engine_run_unref)

G_END_DECLS
