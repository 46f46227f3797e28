/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-dispatcher-private.h"
#include "broker/mitogen-io-private.h"
#include "prompt/mitogen-password-private.h"
#include "prompt/mitogen-question-private.h"

G_BEGIN_DECLS

/* Where a context is to be, in words for people and as a key for stored passwords. Both hold the
 * whole way: the same host behind another one is another place. */
typedef struct
{
  char *method;   /* "ssh" */
  char *user;     /* (nullable) */
  char *host;     /* (nullable): this computer */
  char **through; /* the names of what lies between, nearest to the target first; may be empty */
  char *key;      /* "sudo:root ssh:admin@web1:22": all that tells this place from another */
} MitogenPlace;

void mitogen_place_clear (MitogenPlace *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MitogenPlace, mitogen_place_clear)

/* Gets answers: from a person, by the program's GMountOperation, or from what is stored. One for
 * each connection that is being made. */
typedef struct _MitogenPrompter MitogenPrompter;

/* What a class of the program's own makes of a text, in the operation's context. FALSE: it is no
 * question. @question: to be changed; @answer: (out) (nullable): known already */
typedef gboolean (*MitogenPromptHandler) (GObject *connection,
                                          MitogenQuestion *question,
                                          MitogenPassword **answer);

/* All on the I/O thread. */
typedef struct
{
  /* A person is being asked: that may take minutes. */
  void (*asking) (gpointer data);
  /* @answer: to be typed, or with @error NULL: it was no question. Once for each question,
   * unless it is withdrawn. */
  void (*answered) (MitogenPassword *answer, const GError *error, gpointer data);
} MitogenPrompterFuncs;

/* Any thread. @interaction: (nullable), @password: (nullable), @handler: (nullable) with
 * @connection: for it. @place: its members are taken. They are dropped in @dispatcher's context. */
MitogenPrompter *mitogen_prompter_new (MitogenDispatcher *dispatcher,
                                       GMountOperation *interaction,
                                       MitogenPassword *password,
                                       MitogenPlace *place,
                                       MitogenPromptHandler handler,
                                       GObject *connection);
MitogenPrompter *mitogen_prompter_ref (MitogenPrompter *self);
void mitogen_prompter_unref (MitogenPrompter *self);

/* FALSE: there is nobody and nothing to get an answer from. Any thread. */
gboolean mitogen_prompter_can_answer (MitogenPrompter *self);
/* TRUE: a class of the program's own is to see every text that might be a question. */
gboolean mitogen_prompter_has_handler (MitogenPrompter *self);
/* There is a person to ask: what would be refused without, can be asked. */
gboolean mitogen_prompter_has_interaction (MitogenPrompter *self);

/* I/O thread. One question at a time. */
void mitogen_prompter_ask (MitogenPrompter *self,
                           MitogenIo *io,
                           const MitogenQuestion *question,
                           const MitogenPrompterFuncs *funcs,
                           gpointer data,
                           GDestroyNotify destroy);
/* The answer is not waited for any more; a dialogue on the screen goes away. */
void mitogen_prompter_withdraw (MitogenPrompter *self);
/* The program is started anew: what was answered before was refused only if the next question says
 * so. */
void mitogen_prompter_restarted (MitogenPrompter *self);
/* The context is there, so the answers were right: what is to be saved, is. */
void mitogen_prompter_succeeded (MitogenPrompter *self);

/* In the dispatcher's context, when the connection is made or has failed: drops what is the
 * program's, takes a question that is open off the screen, and never uses the dispatcher again,
 * whose context may be gone soon. Without it that happens with the last reference. */
void mitogen_prompter_close (MitogenPrompter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenPrompter, mitogen_prompter_unref)

G_END_DECLS
