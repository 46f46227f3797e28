/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What standard input and output of a child are connected by: a socket pair, or two pipes. */
typedef struct
{
  int own_in;
  int own_out; /* the same as @own_in if it is a socket */
  int child_in;
  int child_out;
} MitogenStreamPair;

/* @pipes: for a program that is not the context's own interpreter. One that changes privilege loses
 * inherited sockets where SELinux enforces, but not pipes. And one with parts, each of which has
 * one end, must not find that another part has made its end non-blocking: both ends of a socket
 * are one. All are -1 on failure. */
gboolean mitogen_stream_pair_open (MitogenStreamPair *self, gboolean pipes, GError **error);
void mitogen_stream_pair_close (MitogenStreamPair *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MitogenStreamPair, mitogen_stream_pair_close)

G_END_DECLS
