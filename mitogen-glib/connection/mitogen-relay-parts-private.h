/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-asking-private.h"
#include "connection/mitogen-clock-private.h"
#include "connection/mitogen-relay-private.h"

G_BEGIN_DECLS

/* What the two files of MitogenRelay share: mitogen-relay.c has the requests, the events, and the
 * life and end of the context, mitogen-relay-dialogue.c what its process says and is answered. */

/* What the via may send before it gets more credit. */
#define MITOGEN_RELAY_WINDOW (64 * 1024)

/* Our clock decides; the via's is for a master that is silent. */
#define MITOGEN_RELAY_MARGIN_MS 5000

typedef enum
{
  STATE_NEW,
  STATE_PAUSING,  /* its process has ended, and another one will be asked for */
  STATE_OPENING,  /* the via has been asked */
  STATE_STARTING, /* the process runs, the first stage has not said anything */
  STATE_LOADING,  /* the via sends the core */
  STATE_READY,    /* frames follow, the first is to be the greeting */
  STATE_LIVE,
  STATE_GONE, /* over: only the via is still to say so */
} State;

struct _MitogenRelay
{
  gatomicrefcount ref_count;
  MitogenCore *core;
  MitogenContextNode *node;
  MitogenContextNode *via;
  void (*done) (const GError *error, gpointer data); /* NULL: told, or not to be told */
  gpointer data;
  GDestroyNotify destroy;
  MitogenBootstrapSpec spec;

  /* I/O thread only */
  State state;
  guint32 handle;     /* where the via's events come; 0: none, or no more */
  GSource *timer;     /* the one thing waited for in this state, but for the clock */
  MitogenClock clock; /* before it is live: runs unless a person is asked */
  MitogenAsking *asking;
  MitogenMethod *method; /* what the last words of its program mean; (nullable) */
  MitogenLineBuffer tty_line;
  char *last_line; /* what it said last while it was live */
  MitogenDialogue dialogue;
  gsize credit;      /* bytes that the via may still send */
  gsize owed;        /* bytes dealt with, for which it has no new credit yet */
  GPtrArray *riding; /* GBytes of frames that went out with the request; NULL: none */
  guint rules;       /* how many markers it has seen */
  guint n_pauses;
  gboolean adopted;
  gboolean has_terminal; /* beside its stream */
  gboolean timed_out;
  gboolean asked_to_leave;
  gboolean killed;
  gboolean detached; /* it leaves the tree and lives on */
};

static inline MitogenIo *
get_io (MitogenRelay *self)
{
  return mitogen_core_get_io (self->core);
}

static inline guint32
get_id (MitogenRelay *self)
{
  return mitogen_context_node_get_id (self->node);
}

static inline guint32
get_via_id (MitogenRelay *self)
{
  return mitogen_context_node_get_id (self->via);
}

/* ---- mitogen-relay.c ---- */

/* @message: taken */
void mitogen_relay_send (MitogenRelay *self, MitogenMessage *message);
void mitogen_relay_start_clock (MitogenRelay *self);
/* Before it is live. If the process may have been started, the record stays until the via says
 * that it has ended: what comes meanwhile is no surprise. */
void mitogen_relay_fail (MitogenRelay *self, const GError *error);
void mitogen_relay_fail_at (MitogenRelay *self, MitogenStep step, gint code, const char *what);
/* Its program waits for what will never come. TRUE: it has failed */
gboolean mitogen_relay_give_up (MitogenRelay *self);
/* The via does what it must not: it is the one to be distrusted, but it also is the only one who
 * can end the process. */
void mitogen_relay_break_off (MitogenRelay *self, const char *what);

/* ---- mitogen-relay-dialogue.c ---- */

/* From now on it may ask. */
void mitogen_relay_begin_asking (MitogenRelay *self);
void mitogen_relay_on_data (MitogenRelay *self, guint8 channel, const guint8 *data, gsize size);

G_END_DECLS
