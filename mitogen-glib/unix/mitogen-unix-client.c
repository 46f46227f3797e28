/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unix/mitogen-unix-client-private.h"
#include "router/mitogen-route-monitor-private.h"
#include "router/mitogen-router-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

/* I/O thread only. It belongs to its stream. */
typedef struct
{
  MitogenCore *core;
  MitogenContextNode *node;
  MitogenStream *stream;
  gboolean asked_to_leave;
  GSource *timer;
} Client;

static void
client_free (gpointer data)
{
  Client *self = data;

  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  mitogen_stream_unref (self->stream);
  mitogen_context_node_unref (self->node);
  mitogen_core_unref (self->core);
  g_free (self);
}

/* ---- the end ---- */

static void
client_force (gpointer data)
{
  Client *self = data;

  self->asked_to_leave = TRUE;
  mitogen_stream_close (self->stream, NULL);
}

static void
client_shutdown (gpointer data)
{
  Client *self = data;
  MitogenIo *io = mitogen_core_get_io (self->core);

  if (self->asked_to_leave)
    return;
  self->asked_to_leave = TRUE;
  mitogen_core_send_shutdown (self->core, mitogen_context_node_get_id (self->node));
  self->timer =
      mitogen_io_add_timeout (io, mitogen_io_get_shutdown_timeout (io), client_force, self);
}

static const MitogenPeerFuncs peer_funcs = { client_shutdown, client_force };

static GError *
explain_loss (Client *self, const GError *error)
{
  if (error != NULL)
    return g_error_copy (error);
  return g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL,
                              self->asked_to_leave ? _ ("it was shut down")
                                                   : _ ("it has closed its connection"));
}

/* ---- the stream ---- */

static gsize
stream_raw (MitogenStream *stream, const guint8 *data, gsize size, gpointer user_data)
{
  g_return_val_if_reached (size);
}

static void
stream_frame (MitogenStream *stream, MitogenMessage *message, gpointer data)
{
  Client *self = data;

  mitogen_core_receive (self->core, message, stream);
}

static void
stream_closed (MitogenStream *stream, const GError *error, gpointer data)
{
  Client *self = data;
  g_autoptr (GError) reason = explain_loss (self, error);

  mitogen_core_stream_lost (self->core, stream);
  mitogen_core_node_lost (self->core, self->node, reason);
  mitogen_core_remove_peer (self->core, mitogen_context_node_get_id (self->node));
}

static const MitogenStreamFuncs stream_funcs = { stream_raw, stream_frame, stream_closed };

/* ---- the beginning ---- */

static MitogenContextNode *
make_node (MitogenCore *core, guint32 id, pid_t pid)
{
  g_autofree char *name = pid > 0 ? g_strdup_printf ("unix_client.%d", (int) pid)
                                  : g_strdup_printf ("unix_client.%u", id);
  MitogenContextNode *node = mitogen_context_node_new (id, name, mitogen_core_get_id (core));
  GVariantDict info;

  g_variant_dict_init (&info, NULL);
  if (pid > 0)
    g_variant_dict_insert (&info, "pid", "x", (gint64) pid);
  mitogen_context_node_set_connected (node, g_variant_dict_end (&info));
  return node;
}

/* The answer of the handshake: its id, ours, and the id of this process. */
static void
send_welcome (Client *self)
{
  guint32 words[3] = {
    GUINT32_TO_BE (mitogen_context_node_get_id (self->node)),
    GUINT32_TO_BE (mitogen_core_get_id (self->core)),
    GUINT32_TO_BE ((guint32) getpid ()),
  };
  g_autoptr (GBytes) bytes = g_bytes_new (words, sizeof words);

  mitogen_stream_send_raw (self->stream, bytes);
}

void
mitogen_unix_client_join (MitogenCore *core, int fd, guint32 id, pid_t pid)
{
  Client *self = g_new0 (Client, 1);

  self->core = mitogen_core_ref (core);
  self->node = make_node (core, id, pid);
  self->stream = mitogen_stream_new (mitogen_core_get_io (core), id, fd, fd,
                                     mitogen_core_get_options (core).max_message_size,
                                     &stream_funcs, self, client_free);
  mitogen_stream_set_legacy (self->stream);
  /* It acts for the user that this process acts for. */
  mitogen_stream_set_auth_id (self->stream, mitogen_core_get_id (core));
  mitogen_stream_start_frames (self->stream);
  send_welcome (self);
  mitogen_core_add_node (core, self->node);
  mitogen_route_monitor_add (mitogen_core_get_route_monitor (core), id, self->stream, 0,
                             mitogen_context_node_get_name (self->node));
  mitogen_router_welcome_node (core, self->node);
  mitogen_core_add_peer (core, id, self, &peer_funcs);
}
