/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-uplink-private.h"
#include "broker/mitogen-broker-private.h"
#include "broker/mitogen-fd-private.h"
#include "router/mitogen-context-private.h"
#include "router/mitogen-router-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/* The connection to the parent. I/O thread only. It belongs to its stream. */
typedef struct
{
  MitogenCore *core;
  MitogenContextNode *parent;
  MitogenStream *stream;
  gboolean owns_io; /* the broker is there for this router alone */
  GError *reason;   /* why there is no tree any more: the program has been told. NULL: there is */
  GSource *force_timer;
} Uplink;

static void
uplink_free (gpointer data)
{
  Uplink *self = data;

  if (self->force_timer != NULL)
    g_source_destroy (self->force_timer);
  g_clear_pointer (&self->force_timer, g_source_unref);
  g_clear_error (&self->reason);
  mitogen_stream_unref (self->stream);
  mitogen_context_node_unref (self->parent);
  mitogen_core_unref (self->core);
  g_free (self);
}

/* ---- telling the program: in the router's main context ---- */

typedef struct
{
  MitogenWeak *router;
  GError *reason;
} Emission;

static void
emission_run (gpointer data)
{
  Emission *emission = data;
  g_autoptr (GObject) router = mitogen_weak_get (emission->router);

  g_assert (!mitogen_in_broker_thread ());
  if (router != NULL)
    g_signal_emit_by_name (router, "disconnected", emission->reason);
}

static void
emission_free (gpointer data)
{
  Emission *emission = data;

  mitogen_weak_unref (emission->router);
  g_error_free (emission->reason);
  g_free (emission);
}

static void
emit_disconnected (Uplink *self, const GError *reason)
{
  g_autoptr (MitogenDispatcher) dispatcher = NULL;
  g_autoptr (MitogenWeak) router = mitogen_core_get_owner (self->core, &dispatcher);
  Emission *emission = g_new (Emission, 1);

  emission->router = g_steal_pointer (&router);
  emission->reason = g_error_copy (reason);
  mitogen_dispatcher_post (dispatcher, emission_run, emission, emission_free);
}

/* ---- the end ---- */

/* Without a parent there is no tree: nothing that is waited for will come. The way up stays as
 * long as it can: what is below may have last words. */
static void
end (Uplink *self, const char *why)
{
  if (self->reason != NULL)
    return;
  self->reason = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, why);
  mitogen_core_fail_waiters (self->core, why);
  mitogen_core_rest_lost (self->core, self->reason);
  emit_disconnected (self, self->reason);
  mitogen_core_shut_down (self->core);
  if (self->owns_io)
    mitogen_io_shutdown (mitogen_core_get_io (self->core));
}

static void
on_shutdown (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  if (!mitogen_message_is_dead (message))
    end (data, _ ("the parent has asked this process to leave"));
}

static void
uplink_force (gpointer data)
{
  Uplink *self = data;

  mitogen_stream_close (self->stream, NULL);
}

/* All others have left: what they said last is on its way to the parent. */
static void
uplink_leave (gpointer data)
{
  Uplink *self = data;
  MitogenIo *io = mitogen_core_get_io (self->core);

  if (self->force_timer != NULL)
    return;
  self->force_timer =
      mitogen_io_add_timeout (io, mitogen_io_get_shutdown_timeout (io), uplink_force, self);
  end (self, _ ("the router was shut down"));
  mitogen_stream_close_when_written (self->stream);
}

static const MitogenPeerFuncs peer_funcs = { uplink_leave, uplink_force };

/* ---- the stream ---- */

static gsize
stream_raw (MitogenStream *stream, const guint8 *data, gsize size, gpointer user_data)
{
  g_return_val_if_reached (size);
}

static void
stream_frame (MitogenStream *stream, MitogenMessage *message, gpointer data)
{
  Uplink *self = data;

  mitogen_core_receive (self->core, message, stream);
}

static void
stream_closed (MitogenStream *stream, const GError *error, gpointer data)
{
  Uplink *self = data;
  g_autofree char *why = NULL;

  if (error != NULL)
    why = g_strdup_printf (_ ("the connection to the parent broke: %s"), error->message);
  end (self, why != NULL ? why : _ ("the connection to the parent has ended"));
  mitogen_core_node_lost (self->core, self->parent, self->reason);
  mitogen_core_stream_lost (self->core, stream);
  mitogen_core_remove_uplink (self->core);
}

static MitogenStream *
stream_next_hop (MitogenStream *stream, const MitogenFrameHeader *header, gpointer data)
{
  Uplink *self = data;

  return mitogen_core_next_hop (self->core, header, stream);
}

static const MitogenStreamFuncs stream_funcs = {
  .raw = stream_raw,
  .frame = stream_frame,
  .closed = stream_closed,
  .next_hop = stream_next_hop,
};

/* ---- the beginning ---- */

typedef struct
{
  MitogenCore *core;
  MitogenContextNode *parent;
  const MitogenJoin *join;
  gboolean owns_io;
} Start;

static void
listen_for_shutdown (Uplink *self)
{
  MitogenHandlerSpec spec = {
    .handle = MITOGEN_HANDLE_SHUTDOWN,
    .persist = TRUE,
    .respondent = MITOGEN_ID_NONE,
    .accept = MITOGEN_ACCEPT_PARENTS,
    .func = on_shutdown,
    .data = self, /* all handlers are gone before it is */
  };

  mitogen_handlers_add (mitogen_core_get_handlers (self->core), &spec, NULL);
}

static void
start (gpointer data)
{
  Start *start = data;
  const MitogenJoin *join = start->join;
  guint32 parent_id = mitogen_context_node_get_id (start->parent);
  Uplink *self = g_new0 (Uplink, 1);

  self->core = mitogen_core_ref (start->core);
  self->parent = mitogen_context_node_ref (start->parent);
  self->owns_io = start->owns_io;
  self->stream =
      mitogen_stream_new (mitogen_core_get_io (self->core), parent_id, join->in_fd, join->out_fd,
                          join->max_message_size, &stream_funcs, self, uplink_free);
  mitogen_stream_start_frames (self->stream);
  if (join->legacy)
    mitogen_stream_set_legacy (self->stream);
  if (join->silent)
    mitogen_stream_set_reading (self->stream, FALSE);
  if (join->first != NULL)
    mitogen_stream_send_raw (self->stream, join->first);
  listen_for_shutdown (self);
  mitogen_core_add_node (self->core, self->parent);
  mitogen_core_add_route (self->core, parent_id, self->stream, 0);
  mitogen_core_set_uplink (self->core, self, &peer_funcs);
}

static void
set_options (MitogenCore *core, const MitogenJoin *join)
{
  MitogenCoreOptions options = mitogen_core_get_options (core);

  options.max_message_size = join->max_message_size;
  options.unidirectional = join->unidirectional;
  mitogen_core_set_options (core, &options);
}

static void
close_descriptors (MitogenJoin *join)
{
  if (join->out_fd != join->in_fd)
    mitogen_fd_close (&join->out_fd);
  mitogen_fd_close (&join->in_fd);
}

MitogenRouter *
mitogen_router_new_joined (MitogenBroker *broker, const MitogenJoin *how, GError **error)
{
  g_autoptr (MitogenRouter) router = mitogen_router_new (broker);
  MitogenCore *core = mitogen_router_get_core (router);
  MitogenJoin join = *how;
  g_autoptr (GMainContext) owner = g_main_context_ref_thread_default ();
  g_autoptr (MitogenContextNode) node = NULL;
  g_autoptr (MitogenContext) parent = NULL;
  Start data = { .core = core, .join = &join, .owns_io = broker == NULL };

  g_assert (join.n_parent_ids > 0 && !mitogen_in_broker_thread ());
  if (join.max_message_size == 0)
    join.max_message_size = MITOGEN_DEFAULT_MAX_MESSAGE_SIZE;
  mitogen_core_set_identity (core, join.id, join.parent_ids, join.n_parent_ids);
  set_options (core, &join);

  node = mitogen_context_node_new (join.parent_ids[0], join.parent_name, 0);
  mitogen_context_node_set_connected (node, NULL);
  parent = mitogen_context_new (core, node, NULL, NULL, owner);
  mitogen_router_hold_context (router, parent);

  /* When it has run, messages find their way, and none was before the first bytes. */
  data.parent = node;
  if (!mitogen_broker_defer_sync (mitogen_router_get_broker (router), start, &data, error))
    {
      close_descriptors (&join);
      return NULL;
    }
  return g_steal_pointer (&router);
}
