/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-connection.h"
#include "prompt/mitogen-prompter-private.h"
#include "router/mitogen-core-private.h"
#include "spawn/mitogen-process-private.h"

G_BEGIN_DECLS

/* What there is to be read when a program may be waiting for an answer. */
typedef struct
{
  const char *line; /* what stands on the terminal without a line end; not empty */
  gsize length;
  gboolean quiet;      /* nothing has been added for a moment */
  const char *since;   /* the lines since the last answer, cleaned, a line end after each */
  const char *above;   /* those of them that stand on the terminal, too: see @line */
  guint n_answers;     /* how many were given so far */
  gboolean is_request; /* @line is the text of a question for certain: see MitogenAskpass */
} MitogenSaid;

typedef enum
{
  MITOGEN_READING_NOTHING,  /* no question */
  MITOGEN_READING_PERHAPS,  /* to be looked at again when it is quiet */
  MITOGEN_READING_QUESTION, /* @question was filled in */
} MitogenReading;

/* What is known of a connection that failed. */
typedef struct
{
  const char *said; /* all that was said, cleaned, a line end after each line */
  gboolean has_status;
  int wait_status;  /* as waitpid() gives it */
  gboolean started; /* the first stage has said something: it is not the method's fault */
  guint n_answers;
} MitogenFailure;

/* What is to be run elsewhere, not as a child of this process. */
typedef struct
{
  MitogenCore *core;
  MitogenContextNode *via; /* (nullable): the context whose host is meant; NULL: this one */
  const char *const *argv;
  /* Ends of pipes, which do not block: what it is to read, and to write. They are taken, whether or
   * not it is started. */
  int in_fd;
  int out_fd;
  int err_fd;
  /* Once, unless the process is freed before. */
  MitogenProcessExited exited;
  /* The time limit stands still, or runs again. */
  void (*clock) (gboolean runs, gpointer data);
  gpointer data;
} MitogenElsewhere;

/* The words of the program that a connection starts: made from the connection's properties in the
 * caller's thread, then used on the I/O thread. It never changes but by its own functions. */
typedef struct _MitogenMethod MitogenMethod;

typedef struct
{
  /* (nullable): it never asks */
  MitogenReading (*read) (MitogenMethod *self, const MitogenSaid *said, MitogenQuestion *question);
  /* (nullable). Returns: (transfer full) (nullable): what went wrong, the end of a sentence, and
   * @code of the error; @busy: it might work a moment later */
  char *(*explain) (MitogenMethod *self, const MitogenFailure *failure, gint *code, gboolean *busy);
  /* (nullable). A line that was said, or the start of one: it will come to nothing, but waits
   * nevertheless, as for an answer that nobody can give. It is killed, and explain() tells why. */
  gboolean (*is_lost) (MitogenMethod *self, const char *line);
  /* (nullable). A failure that a person may overrule, such as a host key that has changed:
   * TRUE: ask @question; if the answer is yes, overrule() is called and the program started anew.
   */
  gboolean (*appeal) (MitogenMethod *self,
                      const MitogenFailure *failure,
                      MitogenQuestion *question);
  void (*overrule) (MitogenMethod *self);
  /* (nullable). The key that a host has shown, as MitogenAskpass tells it, before it is judged.
   * Returns: (transfer full) (nullable): the line of known_hosts that lets it pass; NULL: what the
   * user's files say counts. @key: base64 */
  char *(*see_key) (MitogenMethod *self,
                    const char *host,
                    const char *key_type,
                    const char *key,
                    const char *fingerprint);
  /* (nullable): there is no program on this host; on the I/O thread. What goes wrong later is told
   * by explain() when it has ended. Returns: (transfer full): what passes for a process:
   * mitogen_process_new_elsewhere() */
  MitogenProcess *(*launch) (MitogenMethod *self, const MitogenElsewhere *where, GError **error);
  /* (nullable). In the main context of the operation, when it is over: lets go of what is the
   * program's. */
  void (*settled) (MitogenMethod *self);
  /* (nullable): frees what is its own, not @self */
  void (*clear) (MitogenMethod *self);
} MitogenMethodFuncs;

struct _MitogenMethod
{
  gatomicrefcount ref_count;
  const MitogenMethodFuncs *funcs;
  MitogenTerminal terminal;
  /* The core may be sent before the first stage has said anything: nothing else reads the stream.
   */
  gboolean eager;
  /* (nullable): "NAME=value", or "NAME" for one to be taken away */
  char **environment;
  /* (nullable): the program is OpenSSH's client and may have MitogenAskpass ask: the word of argv
   * behind which options for it can be added */
  char *askpass;
};

/* @size: of the struct that begins with a MitogenMethod; the rest is zero. */
gpointer mitogen_method_new (gsize size, const MitogenMethodFuncs *funcs);
MitogenMethod *mitogen_method_ref (MitogenMethod *self);
void mitogen_method_unref (MitogenMethod *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenMethod, mitogen_method_unref)

/* @self: (nullable). FALSE: a program is started where the connection begins. */
gboolean mitogen_method_is_elsewhere (MitogenMethod *self);
/* The reading for a program without a text of its own to be known by: whatever stands at the end of
 * the terminal, looks like a question, and stays for a moment. */
MitogenReading
mitogen_method_read_any (MitogenMethod *self, const MitogenSaid *said, MitogenQuestion *question);

/* What a class of this library adds to MitogenConnectionClass. */
typedef struct
{
  const char *name; /* "ssh": as in CONNECT_REQUEST, places and URIs */
  /* From the properties that get_argv() reads, too. @direct: the program runs on this host, as a
   * child of this process. Called in the caller's thread, or, with nobody to ask, on the I/O
   * thread. */
  MitogenMethod *(*make_method) (MitogenConnection *self, gboolean direct, GError **error);
  /* The user and host of the place; NULL stays for what is not known or the same as before. */
  void (*describe) (MitogenConnection *self, MitogenPlace *place);
} MitogenConnectionMethod;

void mitogen_connection_class_set_method (MitogenConnectionClass *klass,
                                          const MitogenConnectionMethod *method);
/* (nullable) */
const MitogenConnectionMethod *mitogen_connection_get_method (MitogenConnection *self);
/* TRUE: an interaction, a password or a class of the program's own answers; else the program is
 * to fail rather than ask. */
gboolean mitogen_connection_can_answer (MitogenConnection *self);
/* A context has asked for it, so that its command will run there, whatever get_argv() is told. */
void mitogen_connection_set_elsewhere (MitogenConnection *self);
/* Whether a command that is made for @via runs on this host. @via: (nullable) */
gboolean mitogen_connection_is_here (MitogenConnection *self, MitogenContext *via);
/* (nullable): for a class that overrides handle_prompt() */
MitogenPromptHandler mitogen_connection_get_prompt_handler (MitogenConnection *self);
/* Returns: (transfer full) (nullable) */
MitogenPassword *mitogen_connection_dup_password (MitogenConnection *self);

G_END_DECLS
