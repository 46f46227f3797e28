/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A service on a UNIX socket, and those who talk to it. */

#pragma once

#include "test-util.h"

G_BEGIN_DECLS

/* In a thread of its own for each connection, which is closed afterwards. */
typedef void (*ServiceFunc) (GSocket *socket, gpointer data);

typedef struct
{
  char *folder;
  char *path;
  GSocket *socket;
  GCancellable *ending;
  ServiceFunc func;
  gpointer data;
  GThread *thread;
  GPtrArray *connections;
  gint n_open; /* atomic */
  gint n_ever; /* atomic */
} Service;

/* @func: (nullable): NULL to have nobody accept. */
void service_begin (Service *self, ServiceFunc func, gpointer data);
/* Waits until all connections have ended. */
void service_end (Service *self);

/* What both sides of a talk do at once: send so much, end their direction, and expect so much. The
 * other side is told by the first bytes. */
typedef struct
{
  guint64 up;
  guint64 down;
  guint64 hesitates; /* pauses now and then */
} Talk;

/* A ServiceFunc: the far side of a talk. Whatever is wrong ends the test. */
void service_talk (GSocket *socket, gpointer data);
/* The near side. */
void talk_run (const Talk *talk, GIOStream *stream);
/* A ServiceFunc: sends back what comes. */
void service_echo (GSocket *socket, gpointer data);
/* A ServiceFunc: sends without end, and says in the gint @data when it cannot any more. */
void service_flood (GSocket *socket, gpointer data);
/* A ServiceFunc: reads without end, slowly. */
void service_drain (GSocket *socket, gpointer data);

GSocket *tunnel_socket (GIOStream *stream);
GIOStream *tunnel_open (MitogenContext *context, const char *path);
GError *tunnel_open_fails (MitogenContext *context, const char *path);
void tunnel_say (GIOStream *stream, const char *text);
/* "" for the end. */
void tunnel_assert_hears (GIOStream *stream, const char *text);
/* Reads what there is, up to the error. Returns: (transfer full) */
GError *tunnel_hears_error (GIOStream *stream);
void tunnel_half_close (GIOStream *stream);

G_END_DECLS
