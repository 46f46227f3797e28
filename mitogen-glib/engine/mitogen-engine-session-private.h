/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "engine/mitogen-engine-json-private.h"
#include "engine/mitogen-engine-run-private.h"

G_BEGIN_DECLS

/* Requests to one daemon. All on the I/O thread. */
typedef struct _MitogenEngineSession MitogenEngineSession;

typedef struct
{
  guint status;
  JsonObject *object;  /* (nullable): if that is what it is */
  const char *message; /* of a refusal, for people: one line; not empty */
} MitogenEngineAnswer;

typedef struct
{
  /* Once, unless it was cancelled, or stream() was called. @answer: NULL, and @error: there is none
   */
  void (*answered) (const MitogenEngineAnswer *answer, const GError *error, gpointer data);
  /* (nullable): the answer is 200, and its body is not for this. @body: pollable; what comes.
   * @connection: what goes to the daemon is written there */
  void (*stream) (GInputStream *body, GIOStream *connection, gpointer data);
} MitogenEngineRequestFuncs;

typedef struct
{
  const char *method;
  const char *path;          /* behind the version: "/exec/…" */
  GBytes *body;              /* (nullable): JSON */
  const char *registry_auth; /* (nullable): credentials */
} MitogenEngineRequestSpec;

/* @address: has to outlive it, as has @engine */
MitogenEngineSession *mitogen_engine_session_new (const MitogenEngineAddress *address,
                                                  const char *engine,
                                                  GError **error);
MitogenEngineSession *mitogen_engine_session_ref (MitogenEngineSession *self);
void mitogen_engine_session_unref (MitogenEngineSession *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenEngineSession, mitogen_engine_session_unref)

typedef struct _MitogenEngineRequest MitogenEngineRequest;

/* It frees itself when it has called one of @funcs. */
MitogenEngineRequest *mitogen_engine_session_send (MitogenEngineSession *self,
                                                   const MitogenEngineRequestSpec *spec,
                                                   const MitogenEngineRequestFuncs *funcs,
                                                   gpointer data);
/* Nothing is called any more; the daemon may have got it or not. */
void mitogen_engine_request_cancel (MitogenEngineRequest *self);

/* The I/O thread ends now, and no answer will be read; it is waited for a moment, so that the
 * daemon has the time to begin. Only by a socket in the file system. */
void
mitogen_engine_session_send_last (MitogenEngineSession *self, const char *method, const char *path);

/* Why nothing can be said to the daemon. */
GError *mitogen_engine_error_unreachable (const MitogenEngineAddress *address,
                                          const char *engine,
                                          const GError *cause);

G_END_DECLS
