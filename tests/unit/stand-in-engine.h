/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Stands in for a container engine on a UNIX socket: it answers as it is told, byte for byte, and
 * is none. */
typedef struct _StandInEngine StandInEngine;

typedef enum
{
  STAND_IN_CLOSE, /* the connection, when the answer has been sent */
  STAND_IN_HOLD,  /* nothing more is said */
  STAND_IN_ECHO,  /* sends what it reads in frames, and "bye" as error output at its end */
  STAND_IN_FLOOD, /* sends the answer again and again */
} StandInThen;

typedef struct
{
  const char *request; /* how the first line begins */
  const char *answer;  /* (nullable) */
  gsize size;          /* 0: up to the NUL */
  StandInThen then;
  guint uses; /* 0: any number of times; then the next one that fits counts */
} StandInRule;

#define STAND_IN_JSON(status, body)                                                                \
  "HTTP/1.1 " status "\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\n"                 \
  "Connection: close\r\n\r\n" body
#define STAND_IN_RAW                                                                               \
  "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"

/* @rules: NULL-terminated lists, of which the first that fits counts; they are copied. What none
 * fits is answered with 404. */
StandInEngine *stand_in_engine_new (const StandInRule *const *rules);
/* Waits until all connections have ended. */
void stand_in_engine_free (StandInEngine *self);
const char *stand_in_engine_get_path (StandInEngine *self);
/* How many requests have begun so. */
guint stand_in_engine_count (StandInEngine *self, const char *request);
/* Waits for them. */
void stand_in_engine_await (StandInEngine *self, const char *request, guint n);
/* Returns: (transfer full): the head and body of the last request that begins so */
char *stand_in_engine_dup_request (StandInEngine *self, const char *request);
/* No new connections are taken, and its socket is gone. */
void stand_in_engine_die (StandInEngine *self);

G_END_DECLS
