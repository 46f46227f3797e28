/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-io-private.h"

G_BEGIN_DECLS

/* The error output of an ssh that has our helper program ask: text, and between it requests of
 * that program, which come in order with the text. All on the I/O thread. */
typedef struct _MitogenAskpass MitogenAskpass;

typedef enum
{
  MITOGEN_ASKPASS_QUESTION, /* @text: to be answered with a text */
  MITOGEN_ASKPASS_CONFIRM,  /* @text: yes is status 0, no is 1, without a text */
  MITOGEN_ASKPASS_NOTICE,   /* @text: nothing but to be shown, until it is withdrawn */
  MITOGEN_ASKPASS_KEY,      /* the key a host has shown; answered with lines of known_hosts */
} MitogenAskpassKind;

/* Any bytes without NUL. */
typedef struct
{
  MitogenAskpassKind kind;
  const char *text; /* ssh's own words, in one or several lines; NULL: it is a key */

  /* Of MITOGEN_ASKPASS_KEY; else NULL */
  const char *reason; /* "HOSTNAME", "ADDRESS" */
  const char *host;   /* as in known_hosts: "web1", "[web1]:2222" */
  const char *key_type;
  const char *key; /* base64 */
  const char *fingerprint;
} MitogenAskpassRequest;

typedef struct
{
  void (*text) (const guint8 *text, gsize size, gpointer data);
  /* Answered by mitogen_askpass_reply(), at once or later; the next comes after that. */
  void (*asked) (const MitogenAskpassRequest *request, gpointer data);
  /* There is no need for an answer any more: a key was touched, or ssh was killed. */
  void (*withdrawn) (gpointer data);
  void (*ended) (gpointer data); /* of the file */
} MitogenAskpassFuncs;

/* @fd: taken; the other end of a socket pair is the error output of ssh. */
MitogenAskpass *
mitogen_askpass_new (MitogenIo *io, int fd, const MitogenAskpassFuncs *funcs, gpointer data);
/* What waits for an answer is told that there is none. No function is called any more. */
void mitogen_askpass_free (MitogenAskpass *self);
/* What has come but was not read yet. */
void mitogen_askpass_drain (MitogenAskpass *self);
/* @status: 0, or 1 for no; @text: (nullable): as it is to be printed. Nothing happens if what was
 * asked has been withdrawn. */
void mitogen_askpass_reply (MitogenAskpass *self, int status, const char *text, gsize length);
/* Nobody answers. */
void mitogen_askpass_refuse (MitogenAskpass *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenAskpass, mitogen_askpass_free)

/* ---- any thread ---- */

/* Returns: (transfer full) (nullable): the program, if it is installed, or the environment's
 * MITOGEN_ASKPASS is one; it can be written in ssh's configuration without quotes. */
char *mitogen_askpass_find (void);
/* Returns: (transfer full): for ssh's environment, as in MitogenMethod. */
char **mitogen_askpass_get_environment (const char *program);
/* Returns: (transfer full): @argv with an option that has ssh report host keys behind the word
 * @client. As it is, if there is no such word or the user has a KnownHostsCommand. */
char **
mitogen_askpass_add_options (const char *const *argv, const char *client, const char *program);

/* Whether the configuration of the ssh that has these arguments names a KnownHostsCommand of the
 * user's own, which such an option would replace. Reads files. */
gboolean mitogen_askpass_is_configured (const char *const *argv);
/* The same for one file; @folder: of what it includes */
gboolean mitogen_askpass_file_has_command (const char *path, const char *folder);
/* Whether @said, from ssh, means that it is older than 8.5 and does not know the option. */
gboolean mitogen_askpass_is_unknown (const char *said);

G_END_DECLS
