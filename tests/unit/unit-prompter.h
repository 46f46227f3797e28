/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "prompt/mitogen-prompter-private.h"
#include "unit-util.h"

G_BEGIN_DECLS

/* A prompter, and what it answers. */
typedef struct
{
  MitogenIo *io;
  MitogenPrompter *prompter;

  /* I/O thread, read when answered is set */
  char *answer;
  GError *error;
  gint n_asking;    /* atomic */
  gint n_answered;  /* atomic */
  gint n_destroyed; /* atomic */
} Asker;

/* An operation that replies as it is told. */
typedef enum
{
  WHEN_AT_ONCE,
  WHEN_LATER,
  WHEN_TWICE,
  WHEN_IN_A_THREAD,
  WHEN_IN_A_LOOP, /* as a modal dialog does */
  WHEN_NEVER,
} When;

typedef struct
{
  GMountOperation *operation;
  When when;
  GMountOperationResult result;
  const char *password;
  int choice;
  GPasswordSave save;
  GThread *thread;

  char *message;
  char *user;
  char **choices;
  GAskPasswordFlags flags;
  guint n_asked;
  guint n_aborted;
  gboolean pending; /* a question stands unanswered */
  GThread *replier;
} Person;

void asker_init_full (Asker *asker,
                      GMainContext *context,
                      GMountOperation *operation,
                      const char *password,
                      MitogenPromptHandler handler,
                      GObject *connection);
void asker_init (Asker *asker, GMountOperation *operation, const char *password);
void asker_ask_question (Asker *asker, const MitogenQuestion *question);
void asker_ask (Asker *asker, MitogenPromptKind kind, const char *text, gboolean again);
void asker_wait (Asker *asker);
void withdraw_run (gpointer data);
void restarted_run (gpointer data);
void asker_clear (Asker *asker);
void assert_says (const char *text, const char *part);
void person_init (Person *person, When when, GMountOperationResult result, const char *password);
void person_reply (Person *person);
gboolean reply_idle (gpointer data);
gboolean reply_when_asked (gpointer data);
void person_clear (Person *person);
void place_fill (MitogenPlace *place);

G_END_DECLS
