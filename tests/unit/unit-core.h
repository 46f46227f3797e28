/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A core with stand-ins at the other ends of its streams. */

#pragma once

#include "router/mitogen-core-private.h"
#include "unit-util.h"

#define OWN_ID    10
#define PARENT_ID 3

/* A neighbour: we are at its end of the socket. */
typedef struct
{
  MitogenCore *core;
  guint32 id;
  int fd;
  int theirs;
  guint32 max_message_size;
  MitogenStream *stream;
  gint closed;
} Peer;

typedef struct
{
  MitogenIo *io;
  MitogenCore *core;
  Peer parent;           /* of a core that is not the root */
  Peer a;                /* 21, with 22 behind it */
  Peer b;                /* 31 */
  GAsyncQueue *received; /* what handlers got, as MitogenMessage */
} Fixture;

void peer_open (Peer *peer, MitogenCore *core, guint32 id);
void peer_open_limited (Peer *peer, MitogenCore *core, guint32 id, guint32 max_message_size);
void on_message (MitogenMessage *message, MitogenStream *from, gpointer data);
void peer_close (Peer *peer);
void say_full (Peer *peer,
               guint32 dst_id,
               guint32 src_id,
               guint32 auth_id,
               guint32 handle,
               guint32 reply_to,
               const char *text);
void say (Peer *peer, guint32 dst_id, guint32 handle, guint32 reply_to, const char *text);
void assert_hears (Peer *peer, guint32 dst_id, guint32 src_id, guint32 handle, const char *text);
void assert_refused (Fixture *fixture, Peer *peer, guint32 handle, const char *reason);
void assert_nothing_else (Fixture *fixture, Peer *peer);
guint32 serve (Fixture *fixture,
               guint32 handle,
               gboolean persist,
               guint32 respondent,
               MitogenAccept accept);
void assert_received (Fixture *fixture, const char *text, gboolean dead);
void assert_received_nothing (Fixture *fixture);
void set_up_root (Fixture *fixture, gconstpointer data);
void set_up_middle (Fixture *fixture, gconstpointer data);
void tear_down (Fixture *fixture, gconstpointer data);
