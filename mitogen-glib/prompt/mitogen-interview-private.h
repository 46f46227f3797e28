/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-dispatcher-private.h"
#include "prompt/mitogen-password-private.h"

G_BEGIN_DECLS

/* One question to one GMountOperation. An operation may serve several connections, but cannot say
 * which question it answers: it is given one at a time, the others queue up. All functions in the
 * dispatcher's context. */
typedef struct _MitogenInterview MitogenInterview;

typedef struct
{
  char *message;
  char *account;  /* (nullable) */
  char **choices; /* NULL: a password, or any text */
  gboolean can_save;
} MitogenInterviewSpec;

typedef struct
{
  GMountOperationResult result;
  MitogenPassword *password; /* (nullable) */
  int choice;
  GPasswordSave save;
} MitogenReply;

typedef struct
{
  /* The operation is being asked now. In the context. */
  void (*asked) (gpointer data);
  /* In the thread that replies, usually in the context. Once, unless it is stopped first. */
  void (*replied) (const MitogenReply *reply, gpointer data);
} MitogenInterviewFuncs;

/* @spec: its members are taken. @destroy runs in the context. */
MitogenInterview *mitogen_interview_start (MitogenDispatcher *dispatcher,
                                           GMountOperation *operation,
                                           MitogenInterviewSpec *spec,
                                           const MitogenInterviewFuncs *funcs,
                                           gpointer data,
                                           GDestroyNotify destroy);
/* Not wanted any more; if it is being asked, the operation is told. Drops the reference. */
void mitogen_interview_stop (MitogenInterview *self);
/* Any thread. */
void mitogen_interview_unref (MitogenInterview *self);

/* Runs @func in @dispatcher's context from a source of its own, so that it may run a loop: the
 * dispatcher would wait for the end of that. Any thread. */
void mitogen_interview_run_user_code (MitogenDispatcher *dispatcher,
                                      MitogenDispatchFunc func,
                                      gpointer data,
                                      GDestroyNotify destroy);

G_END_DECLS
