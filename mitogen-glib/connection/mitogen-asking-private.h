/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-diagnosis-private.h"
#include "connection/mitogen-method-private.h"

G_BEGIN_DECLS

/* What a program asks before the context starts, and what it is answered: between the text on the
 * terminal, the method that can read it, and the prompter. All on the I/O thread. */
typedef struct _MitogenAsking MitogenAsking;

typedef struct
{
  /* To be typed where the text was. What has been read of the line is dealt with. */
  void (*type) (GBytes *line, gpointer data);
  /* Whether the time that connecting may take passes: not while a person thinks. */
  void (*clock) (gboolean runs, gpointer data);
  void (*failed) (const GError *error, gpointer data);
} MitogenAskingFuncs;

/* @data is not used after mitogen_asking_free(). */
MitogenAsking *mitogen_asking_new (MitogenIo *io,
                                   MitogenMethod *method,
                                   MitogenPrompter *prompter,
                                   const MitogenAskingFuncs *funcs,
                                   gpointer data);
/* Nothing is asked any more; what is being asked is withdrawn. */
void mitogen_asking_free (MitogenAsking *self);

/* A whole line. @above: on the terminal, where the questions are. */
void mitogen_asking_add_line (MitogenAsking *self, MitogenLineBuffer *line, gboolean above);
/* What stands there without a line end; it has just grown. May call the functions above. */
void mitogen_asking_look (MitogenAsking *self, MitogenLineBuffer *line);

guint mitogen_asking_get_n_answers (MitogenAsking *self);

/* A question that does not come from the terminal. @reply: called once, @answer NULL if there is
 * none (then failed() is called, too); not after mitogen_asking_free(). */
typedef void (*MitogenAskingReply) (MitogenPassword *answer, gpointer data);
void mitogen_asking_ask (MitogenAsking *self,
                         const MitogenQuestion *question,
                         MitogenAskingReply reply,
                         gpointer data);

/* The same for a text that is a question for certain, of which the method makes one. */
void mitogen_asking_request (MitogenAsking *self,
                             const char *text,
                             MitogenAskingReply reply,
                             gpointer data);
/* The same for what needs no answer: if nobody sees it, nothing fails. */
void mitogen_asking_show (MitogenAsking *self,
                          const MitogenQuestion *question,
                          MitogenAskingReply reply,
                          gpointer data);
/* The answer is not waited for any more; @reply is not called. */
void mitogen_asking_withdraw (MitogenAsking *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenAsking, mitogen_asking_free)

G_END_DECLS
