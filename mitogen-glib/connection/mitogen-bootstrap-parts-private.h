/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-asking-private.h"
#include "connection/mitogen-askpass-private.h"
#include "connection/mitogen-bootstrap-private.h"
#include "connection/mitogen-clock-private.h"
#include "connection/mitogen-text-channel-private.h"
#include "spawn/mitogen-process-private.h"

G_BEGIN_DECLS

/* What the files of MitogenBootstrap share: mitogen-bootstrap.c has the process and the life
 * and end of the context, mitogen-bootstrap-dialogue.c all that is said until there are frames. */

typedef enum
{
  STATE_NEW,
  STATE_PAUSING,  /* its process has ended, and another one will be started */
  STATE_STARTING, /* the process runs, the first stage has not said anything */
  STATE_LOADING,  /* the core was sent */
  STATE_READY,    /* frames follow, the first is to be the greeting */
  STATE_LIVE,
  STATE_GONE, /* over: only the process is still to be reaped */
} State;

struct _MitogenBootstrap
{
  gatomicrefcount ref_count;
  MitogenCore *core;
  MitogenContextNode *node;
  MitogenBootstrapDone done; /* NULL: told already, or not to be told */
  gpointer data;
  GDestroyNotify destroy;
  MitogenBootstrapSpec spec;

  /* I/O thread only */
  State state;
  MitogenProcess *process; /* NULL: none */
  MitogenStream *stream;
  GSource *timer;          /* the one thing waited for in this state */
  MitogenClock clock;      /* before it is live: runs unless a person is asked */
  MitogenTextChannel *err; /* NULL: closed */
  MitogenAskpass *askpass; /* feeds err; NULL: that reads itself */
  MitogenTextChannel *tty; /* the terminal beside it, or NULL */
  gboolean tty_ended;
  int slave_fd; /* keeps a terminal from ending before the child has opened it */
  MitogenAsking *asking;
  MitogenDialogue dialogue;
  GPtrArray *riding; /* GBytes of frames that went out with the core; NULL: none */
  guint n_starts;
  char *last_line; /* what it said last while it was live */
  gboolean reaped;
  int wait_status;
  gboolean asked_to_leave;
  gboolean killed;
  gboolean detached;    /* it leaves the tree and lives on */
  GError *stream_error; /* why the stream was closed, if not by the other side */
};

static inline MitogenIo *
get_io (MitogenBootstrap *self)
{
  return mitogen_core_get_io (self->core);
}

static inline guint32
get_id (MitogenBootstrap *self)
{
  return mitogen_context_node_get_id (self->node);
}

/* ---- mitogen-bootstrap.c ---- */

void mitogen_bootstrap_clear_timer (MitogenBootstrap *self);
void mitogen_bootstrap_set_timer (MitogenBootstrap *self, guint ms, MitogenIoFunc func);
void mitogen_bootstrap_start_clock (MitogenBootstrap *self);
/* The time limit stands still, or runs again. @data: a MitogenBootstrap that is not live */
void mitogen_bootstrap_run_clock (gboolean runs, gpointer data);
/* Whoever waits for the outcome. */
void mitogen_bootstrap_tell (MitogenBootstrap *self, const GError *error);
void mitogen_bootstrap_stop_asking (MitogenBootstrap *self);
void mitogen_bootstrap_clear_texts (MitogenBootstrap *self);
void mitogen_bootstrap_clear_dialogue (MitogenBootstrap *self);
void mitogen_bootstrap_close_stream (MitogenBootstrap *self);
/* Starts the process, perhaps once more. */
void mitogen_bootstrap_launch (MitogenBootstrap *self);
/* The stream is closed, so the process has every reason to end. */
void mitogen_bootstrap_reap (MitogenBootstrap *self);

/* ---- mitogen-bootstrap-dialogue.c ---- */

extern const MitogenTextChannelFuncs mitogen_bootstrap_err_funcs;
extern const MitogenTextChannelFuncs mitogen_bootstrap_tty_funcs;
extern const MitogenAskingFuncs mitogen_bootstrap_asking_funcs;

/* Before it is live. */
void mitogen_bootstrap_fail (MitogenBootstrap *self, const GError *error);
void mitogen_bootstrap_fail_with (MitogenBootstrap *self, gint code, const char *what);
void mitogen_bootstrap_on_timed_out (gpointer data);
void mitogen_bootstrap_on_failure_explained (gpointer data);
void mitogen_bootstrap_explain_if_complete (MitogenBootstrap *self);
gboolean mitogen_bootstrap_is_decisive (const GError *error);
gboolean mitogen_bootstrap_is_eager (MitogenBootstrap *self);
void mitogen_bootstrap_send_eagerly (MitogenBootstrap *self);
void mitogen_bootstrap_peer_held (gpointer data);
gsize mitogen_bootstrap_stream_raw (MitogenStream *stream,
                                    const guint8 *data,
                                    gsize size,
                                    gpointer user_data);

/* ---- mitogen-bootstrap-askpass.c ---- */

/* @fd: taken; what is said there goes to err. */
void mitogen_bootstrap_take_askpass (MitogenBootstrap *self, int fd);
/* TRUE: it has not understood what only the askpass needs, and is to be started anew. */
gboolean mitogen_bootstrap_try_without_keys (MitogenBootstrap *self);

G_END_DECLS
