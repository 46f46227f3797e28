/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-connection.h"
#include "connection/mitogen-connect-spec-private.h"
#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* Serves what the contexts of a tree ask this process for: parts of the core, leave to detach, and
 * contexts below themselves. Any thread; more than once does no harm. */
void mitogen_requests_serve (MitogenCore *core);

/* ---- reading a request (mitogen-request-options.c) ---- */

typedef struct
{
  char *method;
  GVariant *options;             /* `a{sv}`, as sent, but without a password */
  MitogenConnection *connection; /* made from them */
  MitogenRequestExtra extra;
} MitogenRequest;

/* Everything in it is the word of a child: FALSE, and an error for it, unless it is in the list
 * of what may be asked for. @message: CONNECT_REQUEST */
gboolean mitogen_request_read (MitogenMessage *message,
                               guint32 max_message_size,
                               MitogenRequest *request,
                               GError **error);
void mitogen_request_clear (MitogenRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MitogenRequest, mitogen_request_clear)

G_END_DECLS
