/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "engine/mitogen-engine-session-private.h"
#include "engine/mitogen-engine-text-private.h"

G_BEGIN_DECLS

/* What the daemon tells of the parts of an image that it fetches, added up. */
typedef struct
{
  GHashTable *layers; /* (nullable): char *: Layer */
  guint64 done;
  guint64 total;
  char *status;
  char *error; /* why it has failed; NULL: it has not */
} MitogenEngineProgress;

void mitogen_engine_progress_take (MitogenEngineProgress *self, JsonObject *object);
void mitogen_engine_progress_clear (MitogenEngineProgress *self);

/* Has the daemon fetch an image. I/O thread. */
typedef struct _MitogenEnginePull MitogenEnginePull;

typedef struct
{
  void (*progress) (const MitogenEngineProgress *progress, gpointer data);
  /* Once; it may be freed. */
  void (*done) (const GError *error, gpointer data);
} MitogenEnginePullFuncs;

MitogenEnginePull *mitogen_engine_pull_new (MitogenIo *io,
                                            MitogenEngineSession *session,
                                            const MitogenEngineImage *image,
                                            const MitogenEnginePullFuncs *funcs,
                                            gpointer data);
/* It is broken off. */
void mitogen_engine_pull_free (MitogenEnginePull *self);

G_END_DECLS
