/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-dialogue-private.h"

G_BEGIN_DECLS

/* RELAY_OPEN and RELAY_CONTROL, and the events that answer them: doc/relay-protocol.md. */

enum
{
  MITOGEN_RELAY_STREAM = 0,
  MITOGEN_RELAY_TERMINAL = 1,
  MITOGEN_RELAY_STDERR = 2,
};

/* @first: (nullable): frames for the new context. */
MitogenMessage *mitogen_relay_message_open (guint32 via_id,
                                            guint32 id,
                                            const MitogenBootstrapSpec *spec,
                                            GBytes *first,
                                            guint window,
                                            guint limit_ms);
MitogenMessage *mitogen_relay_message_kill (guint32 via_id);
MitogenMessage *mitogen_relay_message_credit (guint32 via_id, gsize size);
MitogenMessage *mitogen_relay_message_queue (guint32 via_id, GBytes *frames);

/* A connection to a UNIX socket there. @target: its address, as the kernel has it. */
MitogenMessage *
mitogen_relay_message_open_socket (guint32 via_id, GBytes *target, guint window, guint limit_ms);
MitogenMessage *mitogen_relay_message_eof (guint32 via_id);

/* @ms: 0 for none. */
MitogenMessage *mitogen_relay_message_limit (guint32 via_id, guint ms);
/* What is typed. */
MitogenMessage *mitogen_relay_message_input (guint32 via_id, guint8 channel, GBytes *text);

/* The same with the channel as its first byte. */
MitogenMessage *mitogen_relay_message_raw (guint32 via_id, GBytes *payload);

/* Messages as they go over a stream, in one piece. */
GBytes *mitogen_relay_pack_frames (GPtrArray *messages);

typedef enum
{
  MITOGEN_RELAY_EVENT_OTHER,
  MITOGEN_RELAY_EVENT_STARTED, /* number: the process id */
  MITOGEN_RELAY_EVENT_RULE,    /* number: its index */
  MITOGEN_RELAY_EVENT_ADOPTED,
  MITOGEN_RELAY_EVENT_LIMIT,
  MITOGEN_RELAY_EVENT_DETACHED,
  MITOGEN_RELAY_EVENT_CREDIT, /* number: how many bytes were passed on */
  MITOGEN_RELAY_EVENT_EOF,
  MITOGEN_RELAY_EVENT_EXIT,   /* number: the wait status, if it is known */
  MITOGEN_RELAY_EVENT_FAILED, /* text: why; number: the error number there, if known */
} MitogenRelayEventKind;

typedef struct
{
  MitogenRelayEventKind kind;
  gboolean has_number;
  gint64 number;
  char *text;
} MitogenRelayEvent;

/* FALSE: it cannot be read. */
gboolean mitogen_relay_event_read (MitogenMessage *message, MitogenRelayEvent *event);
void mitogen_relay_event_clear (MitogenRelayEvent *event);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MitogenRelayEvent, mitogen_relay_event_clear)

G_END_DECLS
