/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-diagnosis-private.h"
#include "connection/mitogen-method-private.h"
#include "connection/mitogen-preamble-private.h"
#include "router/mitogen-context-node-private.h"
#include "wire/mitogen-message-private.h"

G_BEGIN_DECLS

/* What a connection is made from: the same whether this process starts it or another context. */
typedef struct
{
  char **argv;
  char *askpass;       /* NULL: not to be used, or the program: see MitogenAskpass */
  char **askpass_argv; /* (nullable): in place of argv with it */
  char *name;          /* "{pid}" in it is replaced */
  MitogenPreamble *preamble;
  MitogenMethod *method;
  MitogenContextNode *via;   /* NULL: none, or: started from here, for the host of this context */
  MitogenPrompter *prompter; /* NULL: nobody to ask */
  guint timeout_ms;
  guint32 max_message_size;
  gboolean profiling; /* the child needs time to write its profile */
  gboolean debug;
  gboolean is_fork;        /* a copy of the via's process: argv only describes it */
  char *on_fork;           /* NULL: nothing to be called in the copy, or this: */
  guint32 on_fork_request; /* what the via's own code wants called; 0: nothing */

  /* A copy of this process that has been made already: see mitogen_fork_self(). */
  gboolean is_copy;
  GPid copy_pid; /* 0: nobody has to take it over (any more) */
  int copy_fd;   /* its stream */
  int copy_err_fd;
} MitogenBootstrapSpec;

void mitogen_bootstrap_spec_clear (MitogenBootstrapSpec *spec);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MitogenBootstrapSpec, mitogen_bootstrap_spec_clear)

/* How far a connection has come. */
typedef enum
{
  MITOGEN_STEP_NONE,        /* what went wrong says it all */
  MITOGEN_STEP_COMMAND,     /* the command is about to be started */
  MITOGEN_STEP_INTERPRETER, /* it runs, the first stage has not said anything */
  MITOGEN_STEP_CORE,        /* the core was sent */
  MITOGEN_STEP_GREETING,    /* frames follow, the first is to be the greeting */
} MitogenStep;

/* What is said before there are frames, and the explanation if there never are. */
typedef struct
{
  MitogenDiagnosis *diagnosis;
  MitogenLineBuffer out_line;
  MitogenLineBuffer err_line;
  gsize size;
} MitogenDialogue;

void mitogen_dialogue_init (MitogenDialogue *self);
void mitogen_dialogue_clear (MitogenDialogue *self);
/* FALSE: with @size more bytes it has said too much. */
gboolean mitogen_dialogue_count (MitogenDialogue *self, gsize size);
/* How many milliseconds to wait before the program is started once more: ever longer, and not the
 * same for all who were turned away at the same moment. */
guint mitogen_dialogue_get_pause (guint n_pauses);
/* @marker: (nullable): none, which no line contains */
gboolean mitogen_dialogue_line_contains (MitogenLineBuffer *line, const char *marker);
/* Said by the first stage or the core. */
gboolean mitogen_dialogue_is_marker (const MitogenBootstrapSpec *spec, MitogenLineBuffer *line);
/* A program that has said this, in a line or the start of one, is not worth waiting for. */
gboolean mitogen_dialogue_is_lost (const MitogenBootstrapSpec *spec, MitogenLineBuffer *line);
/* The line that is complete now belongs to the diagnosis. */
void mitogen_dialogue_keep_line (MitogenDialogue *self, MitogenLineBuffer *line);
/* What the method makes of what was said: see MitogenMethodFuncs. @failure: all but its text.
 * Returns: (transfer full) (nullable): what went wrong */
char *mitogen_dialogue_ask_method (MitogenDialogue *self,
                                   const MitogenBootstrapSpec *spec,
                                   MitogenFailure *failure,
                                   gint *code,
                                   gboolean *busy);
/* Returns: (transfer full): the error of a connection that failed. */
GError *mitogen_dialogue_explain (MitogenDialogue *self,
                                  const MitogenBootstrapSpec *spec,
                                  const char *name,
                                  MitogenStep step,
                                  gint code,
                                  const char *what);

/* Of a program whose context is live: to the log. @last: (inout) (nullable): the last one */
void mitogen_dialogue_log_line (MitogenContextNode *node, MitogenLineBuffer *line, char **last);
/* The last words of ssh and its like tell why the way to a context is gone. @method: (nullable);
 * @last_line: (nullable). Returns: (transfer full): the end of a sentence */
char *mitogen_dialogue_explain_end (MitogenMethod *method, int wait_status, const char *last_line);

/* Returns: (transfer full) (nullable): what the context says of itself; @what: why it cannot be
 * read. */
GVariant *mitogen_dialogue_read_hello (MitogenMessage *message, char **what);

/* Returns: (transfer full): the name, which is a template, of a process. @pid: 0 if unknown */
char *mitogen_dialogue_make_name (const char *name, gint64 pid);

G_END_DECLS
