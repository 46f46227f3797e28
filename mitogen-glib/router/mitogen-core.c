/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-core-private.h"
#include "router/mitogen-exports-private.h"
#include "router/mitogen-log-private.h"
#include "router/mitogen-peers-private.h"
#include "router/mitogen-route-monitor-private.h"
#include "router/mitogen-routes-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/* Answers to what a peer sends without being asked are dropped while this much waits to be
 * read by it: otherwise it could make us hold any amount by not reading. */
#define MAX_UNREAD_REFUSALS (4 * 1024 * 1024)

struct _MitogenCore
{
  gatomicrefcount ref_count;
  MitogenIo *io;
  guint32 id;
  GArray *parent_ids; /* of guint32, nearest first; immutable */
  MitogenHandlers *handlers;
  MitogenExports *exports;
  MitogenRoutes *routes;

  GMutex lock;       /* protects the next */
  GHashTable *nodes; /* id -> MitogenContextNode */
  guint32 next_id;   /* the next one to give to a context */
  guint32 end_id;    /* the first that is not ours to give */
  MitogenCoreOptions options;
  MitogenWeak *owner;
  MitogenDispatcher *owner_dispatcher;

  /* I/O thread only */
  GHashTable *hellos; /* id -> Hello */
  GHashTable *warned; /* things already complained about, so that nobody floods the log */
  MitogenRouteMonitor *monitor;
  MitogenPeers *peers;
};

typedef struct
{
  MitogenHelloFunc func;
  gpointer data;
} Hello;

static gpointer
key (guint32 id)
{
  return GUINT_TO_POINTER (id);
}

/* ---- plain state ---- */

MitogenIo *
mitogen_core_get_io (MitogenCore *self)
{
  return self->io;
}

guint32
mitogen_core_get_id (MitogenCore *self)
{
  return self->id;
}

const guint32 *
mitogen_core_get_parent_ids (MitogenCore *self, guint *n)
{
  *n = self->parent_ids->len;
  return (const guint32 *) (gpointer) self->parent_ids->data; /* NULL if there are none */
}

MitogenHandlers *
mitogen_core_get_handlers (MitogenCore *self)
{
  return self->handlers;
}

MitogenExports *
mitogen_core_get_exports (MitogenCore *self)
{
  return self->exports;
}

MitogenCoreOptions
mitogen_core_get_options (MitogenCore *self)
{
  MitogenCoreOptions options;

  g_mutex_lock (&self->lock);
  options = self->options;
  g_mutex_unlock (&self->lock);
  return options;
}

void
mitogen_core_set_options (MitogenCore *self, const MitogenCoreOptions *options)
{
  g_mutex_lock (&self->lock);
  self->options = *options;
  g_mutex_unlock (&self->lock);
}

guint32
mitogen_core_get_parent_id (MitogenCore *self)
{
  return self->parent_ids->len > 0 ? g_array_index (self->parent_ids, guint32, 0) : MITOGEN_ID_NONE;
}

MitogenPeers *
mitogen_core_get_peers (MitogenCore *self)
{
  return self->peers;
}

MitogenRouteMonitor *
mitogen_core_get_route_monitor (MitogenCore *self)
{
  return self->monitor;
}

gboolean
mitogen_core_allocate_ids (MitogenCore *self, guint32 count, guint32 *first)
{
  gboolean enough;

  g_mutex_lock (&self->lock);
  enough = self->end_id - self->next_id >= count;
  *first = self->next_id;
  if (enough)
    self->next_id += count;
  g_mutex_unlock (&self->lock);
  return enough;
}

/* What may be left of an earlier block is given up. */
void
mitogen_core_add_ids (MitogenCore *self, guint32 first, guint32 end)
{
  g_mutex_lock (&self->lock);
  self->next_id = first;
  self->end_id = end;
  g_mutex_unlock (&self->lock);
}

void
mitogen_core_set_owner (MitogenCore *self, GObject *router, MitogenDispatcher *dispatcher)
{
  g_mutex_lock (&self->lock);
  self->owner = mitogen_weak_new (router);
  self->owner_dispatcher = mitogen_dispatcher_ref (dispatcher);
  g_mutex_unlock (&self->lock);
}

MitogenWeak *
mitogen_core_get_owner (MitogenCore *self, MitogenDispatcher **dispatcher)
{
  MitogenWeak *owner = NULL;

  *dispatcher = NULL;
  g_mutex_lock (&self->lock);
  if (self->owner != NULL)
    {
      owner = mitogen_weak_ref (self->owner);
      *dispatcher = mitogen_dispatcher_ref (self->owner_dispatcher);
    }
  g_mutex_unlock (&self->lock);
  return owner;
}

gpointer
mitogen_core_dup_router (MitogenCore *self)
{
  g_autoptr (MitogenDispatcher) dispatcher = NULL;
  g_autoptr (MitogenWeak) router = mitogen_core_get_owner (self, &dispatcher);

  g_assert (!mitogen_in_broker_thread ());
  return router != NULL ? mitogen_weak_get (router) : NULL;
}

MitogenContextNode *
mitogen_core_node_by_id (MitogenCore *self, guint32 id)
{
  MitogenContextNode *node;

  g_mutex_lock (&self->lock);
  node = g_hash_table_lookup (self->nodes, key (id));
  if (node != NULL)
    mitogen_context_node_ref (node);
  g_mutex_unlock (&self->lock);
  return node;
}

void
mitogen_core_add_node (MitogenCore *self, MitogenContextNode *node)
{
  g_mutex_lock (&self->lock);
  g_hash_table_replace (self->nodes, key (mitogen_context_node_get_id (node)),
                        mitogen_context_node_ref (node));
  g_mutex_unlock (&self->lock);
}

void
mitogen_core_remove_node (MitogenCore *self, MitogenContextNode *node)
{
  guint32 id = mitogen_context_node_get_id (node);

  g_mutex_lock (&self->lock);
  if (g_hash_table_lookup (self->nodes, key (id)) == node)
    g_hash_table_remove (self->nodes, key (id));
  g_mutex_unlock (&self->lock);
}

gboolean
mitogen_core_is_behind (MitogenCore *self, guint32 id, guint32 ancestor)
{
  gboolean behind = FALSE;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < MITOGEN_MAX_DEPTH && !behind; i++)
    {
      MitogenContextNode *node = g_hash_table_lookup (self->nodes, key (id));

      if (node == NULL)
        break;
      id = mitogen_context_node_get_via_id (node);
      behind = id == ancestor;
    }
  g_mutex_unlock (&self->lock);
  return behind;
}

/* ---- routes ---- */

MitogenStream *
mitogen_core_stream_by_id (MitogenCore *self, guint32 id)
{
  MitogenWay way;

  mitogen_routes_find (self->routes, id, &way);
  return way.stream;
}

MitogenStream *
mitogen_core_get_route (MitogenCore *self, guint32 id)
{
  return mitogen_routes_get_exact (self->routes, id);
}

void
mitogen_core_hold (MitogenCore *self, guint32 id)
{
  mitogen_routes_hold (self->routes, id);
}

GPtrArray *
mitogen_core_take_held (MitogenCore *self, guint32 id, gsize max_size)
{
  return mitogen_routes_take_held (self->routes, id, max_size);
}

static void refuse_oversize (MitogenCore *self, MitogenMessage *message, guint32 max);

void
mitogen_core_add_route (MitogenCore *self,
                        guint32 id,
                        MitogenStream *stream,
                        guint32 max_message_size)
{
  g_autoptr (GPtrArray) large = mitogen_routes_add (self->routes, id, stream, max_message_size);

  for (guint i = 0; large != NULL && i < large->len; i++)
    refuse_oversize (self, large->pdata[i], max_message_size);
}

static gboolean
is_parent (MitogenCore *self, guint32 id)
{
  for (guint i = 0; i < self->parent_ids->len; i++)
    if (g_array_index (self->parent_ids, guint32, i) == id)
      return TRUE;
  return FALSE;
}

static gboolean
is_privileged (MitogenCore *self, MitogenStream *stream)
{
  guint32 auth_id = mitogen_stream_get_auth_id (stream);

  return is_parent (self, mitogen_stream_get_remote_id (stream)) ||
         (auth_id != MITOGEN_ID_NONE && (auth_id == self->id || is_parent (self, auth_id)));
}

/* ---- complaints ---- */

/* Each kind once for each stream: a hostile peer must not fill the log. */
static gboolean
first_complaint (MitogenCore *self, MitogenStream *stream, const char *kind)
{
  g_autofree char *name = g_strdup_printf ("%s %u", kind, mitogen_stream_get_remote_id (stream));

  return g_hash_table_add (self->warned, g_steal_pointer (&name));
}

void
mitogen_core_complain (MitogenCore *self,
                       MitogenStream *stream,
                       const char *kind,
                       MitogenMessage *message)
{
  g_autofree char *text = NULL;
  g_autofree char *described = NULL;

  if (!first_complaint (self, stream, kind))
    return;

  described = mitogen_message_to_string (message);
  text = g_strdup_printf ("Dropped a message from context %u: %s: %s (said once)",
                          mitogen_stream_get_remote_id (stream), kind, described);
  mitogen_log_own (G_LOG_LEVEL_MESSAGE, text);
}

/* ---- dead messages ---- */

static void dispatch (MitogenCore *self, MitogenMessage *message, MitogenStream *from);

MitogenMessage *
mitogen_core_new_dead (MitogenCore *self, guint32 dst_id, guint32 handle, const char *reason)
{
  g_autoptr (MitogenMessage) plain = mitogen_message_new_dead (dst_id, handle, reason);
  MitogenFrameHeader header = *mitogen_message_get_header (plain);

  header.src_id = self->id;
  header.auth_id = self->id;
  return mitogen_message_with_header (plain, &header);
}

typedef struct
{
  MitogenCore *core;
  MitogenMessage *message;
} Local;

static void
local_run (gpointer data)
{
  Local *local = data;

  dispatch (local->core, local->message, NULL);
}

static void
local_free (gpointer data)
{
  Local *local = data;

  mitogen_core_unref (local->core);
  mitogen_message_unref (local->message);
  g_free (local);
}

static Local *
local_new (MitogenCore *self, MitogenMessage *message)
{
  Local *local = g_new (Local, 1);

  local->core = mitogen_core_ref (self);
  local->message = mitogen_message_ref (message);
  return local;
}

/* Handlers are called on the I/O thread only. */
static void
dispatch_local (MitogenCore *self, MitogenMessage *message)
{
  if (mitogen_io_is_current (self->io))
    {
      dispatch (self, message, NULL);
      return;
    }
  mitogen_io_post (self->io, local_run, local_new (self, message), local_free);
}

/* @from: where @message came from, NULL for this process. */
static void
refuse (MitogenCore *self, MitogenMessage *message, MitogenStream *from, const char *reason)
{
  const MitogenFrameHeader *header = mitogen_message_get_header (message);
  g_autoptr (MitogenMessage) dead = NULL;

  if (header->reply_to == 0 || header->reply_to == MITOGEN_IS_DEAD)
    return;
  if (from != NULL && mitogen_stream_get_pending_bytes (from) > MAX_UNREAD_REFUSALS)
    {
      mitogen_core_complain (self, from, "it does not read the refusals it gets", message);
      return;
    }

  dead = mitogen_core_new_dead (self, header->src_id, header->reply_to, reason);
  mitogen_core_route (self, dead);
}

void
mitogen_core_refuse (MitogenCore *self, MitogenMessage *message, const char *reason)
{
  refuse (self, message, NULL, reason);
}

/* The one case in which a message without reply_to is told about: its recipient must not
 * wait for what never comes. */
static void
refuse_oversize (MitogenCore *self, MitogenMessage *message, guint32 max)
{
  const MitogenFrameHeader *header = mitogen_message_get_header (message);
  g_autofree char *reason = g_strdup_printf (_ ("message too large (max %u bytes)"), max);
  g_autoptr (MitogenMessage) dead = NULL;

  if (header->reply_to != 0)
    {
      refuse (self, message, NULL, reason);
      return;
    }
  dead = mitogen_core_new_dead (self, header->dst_id, header->handle, reason);
  mitogen_core_route (self, dead);
}

static void
refuse_no_route (MitogenCore *self, MitogenMessage *message, MitogenStream *from)
{
  g_autofree char *reason = g_strdup_printf (_ ("no route to %u, my ID is %u"),
                                             mitogen_message_get_dst_id (message), self->id);

  refuse (self, message, from, reason);
}

/* ---- messages for this process ---- */

/* A dead message may also come from the hops on the way to the respondent. */
static gboolean
from_respondent (MitogenCore *self,
                 const MitogenHandlerSpec *spec,
                 MitogenMessage *message,
                 MitogenStream *from)
{
  g_autoptr (MitogenStream) route = NULL;

  if (spec->respondent == MITOGEN_ID_NONE || from == NULL ||
      mitogen_message_get_src_id (message) == spec->respondent)
    return TRUE;
  if (!mitogen_message_is_dead (message))
    return FALSE;
  if (is_parent (self, mitogen_message_get_src_id (message)))
    return TRUE;

  route = mitogen_core_stream_by_id (self, spec->respondent);
  return route == from &&
         (mitogen_message_get_src_id (message) == mitogen_stream_get_remote_id (from) ||
          mitogen_core_is_behind (self, spec->respondent, mitogen_message_get_src_id (message)));
}

gboolean
mitogen_core_is_accepted (MitogenCore *self,
                          MitogenAccept accept,
                          MitogenMessage *message,
                          MitogenStream *from)
{
  guint32 auth_id = mitogen_message_get_auth_id (message);

  switch (accept)
    {
    case MITOGEN_ACCEPT_ANY:
      return TRUE;
    case MITOGEN_ACCEPT_PARENTS:
      return auth_id == self->id || is_parent (self, auth_id);
    case MITOGEN_ACCEPT_IMMEDIATE_CHILD:
      return from != NULL &&
             mitogen_message_get_src_id (message) == mitogen_stream_get_remote_id (from);
    default:
      g_assert_not_reached ();
    }
}

void
mitogen_core_refuse_by_policy (MitogenCore *self, MitogenMessage *message, MitogenStream *from)
{
  if (from != NULL)
    mitogen_core_complain (self, from, "it is refused by a policy", message);
  refuse (self, message, from, "refused by policy");
}

static void
dispatch (MitogenCore *self, MitogenMessage *message, MitogenStream *from)
{
  g_autoptr (MitogenHandler) handler =
      mitogen_handlers_lookup (self->handlers, mitogen_message_get_handle (message));
  const MitogenHandlerSpec *spec;

  if (handler == NULL)
    {
      refuse (self, message, from, "invalid handle");
      return;
    }

  spec = mitogen_handler_get_spec (handler);
  if (!from_respondent (self, spec, message, from))
    {
      refuse (self, message, from, "reply from unexpected context");
      return;
    }
  if (!mitogen_core_is_accepted (self, spec->accept, message, from))
    {
      mitogen_core_refuse_by_policy (self, message, from);
      return;
    }
  /* Whoever takes it out of the table delivers: a timeout in another thread may have been first. */
  if (!spec->persist && !mitogen_handlers_remove_own (self->handlers, spec->handle, spec->data))
    return;
  spec->func (message, from, spec->data);
}

static void
deliver_dead (MitogenCore *self, GPtrArray *handlers, const char *reason)
{
  for (guint i = 0; i < handlers->len; i++)
    {
      const MitogenHandlerSpec *spec = mitogen_handler_get_spec (handlers->pdata[i]);
      g_autoptr (MitogenMessage) dead =
          mitogen_core_new_dead (self, self->id, spec->handle, reason);

      spec->func (dead, NULL, spec->data);
    }
}

/* ---- messages of this process ---- */

static void
held_run (gpointer data)
{
  Local *local = data;
  guint32 id = mitogen_message_get_dst_id (local->message);
  mitogen_peers_held (local->core->peers, id);
}

void
mitogen_core_route (MitogenCore *self, MitogenMessage *message)
{
  g_auto (MitogenWay) way = { 0 };
  guint32 max = mitogen_core_get_options (self).max_message_size;
  gboolean first;

  if (mitogen_message_get_size (message) > max)
    refuse_oversize (self, message, max);
  else if (mitogen_message_get_dst_id (message) == self->id)
    dispatch_local (self, message);
  else if (mitogen_routes_find_or_hold (self->routes, message, &way, &first))
    {
      if (first)
        mitogen_io_post (self->io, held_run, local_new (self, message), local_free);
    }
  /* The peer would cut the connection over a message that it does not accept. */
  else if (way.stream != NULL && mitogen_message_get_size (message) > way.max_message_size)
    refuse_oversize (self, message, way.max_message_size);
  else if (way.stream == NULL || !mitogen_stream_send (way.stream, message))
    refuse_no_route (self, message, NULL);
}

static MitogenMessage *
stamp_own (MitogenCore *self, MitogenMessage *message)
{
  MitogenFrameHeader header = *mitogen_message_get_header (message);

  header.src_id = self->id;
  header.auth_id = self->id;
  return mitogen_message_with_header (message, &header);
}

void
mitogen_core_send (MitogenCore *self, MitogenMessage *message)
{
  g_autoptr (MitogenMessage) stamped = stamp_own (self, message);

  mitogen_core_route (self, stamped);
}

static gboolean
fits (MitogenCore *self, MitogenMessage *message, const MitogenWay *way)
{
  gsize size = mitogen_message_get_size (message);

  return size <= mitogen_core_get_options (self).max_message_size && size <= way->max_message_size;
}

MitogenMessage *
mitogen_core_send_and_read (MitogenCore *self,
                            MitogenMessage *message,
                            gint timeout_ms,
                            gboolean *sent)
{
  guint32 dst_id = mitogen_message_get_dst_id (message);
  g_auto (MitogenWay) way = { 0 };
  g_autoptr (MitogenMessage) stamped = NULL;
  MitogenMessage *answer = NULL;

  *sent = FALSE;
  mitogen_routes_find (self->routes, dst_id, &way);
  if (way.stream == NULL || !fits (self, message, &way) || !mitogen_stream_borrow (way.stream))
    return NULL;

  stamped = stamp_own (self, message);
  *sent = mitogen_stream_send_as_borrower (way.stream, stamped);
  if (*sent)
    answer = mitogen_stream_read_answer (way.stream, self->id, dst_id,
                                         mitogen_message_get_reply_to (message), timeout_ms);
  mitogen_stream_give_back (way.stream, answer == NULL);
  return answer;
}

/* ---- messages of others ---- */

/* A peer may only speak for itself and for what is behind it. */
static gboolean
source_is_valid (MitogenCore *self, MitogenMessage *message, MitogenStream *from)
{
  guint32 auth_id = mitogen_message_get_auth_id (message);
  guint32 src_id = mitogen_message_get_src_id (message);
  gboolean auth_ok;
  gboolean src_ok;

  mitogen_routes_check_source (self->routes, auth_id, src_id, from, &auth_ok, &src_ok);
  if (!auth_ok)
    mitogen_core_complain (self, from, "it claims an authority that is not behind its stream",
                           message);
  else if (!src_ok)
    mitogen_core_complain (self, from, "it claims a source that is not behind its stream", message);
  return auth_ok && src_ok;
}

static MitogenMessage *
stamp (MitogenMessage *message, MitogenStream *from)
{
  MitogenFrameHeader header;

  if (mitogen_stream_get_auth_id (from) == MITOGEN_ID_NONE)
    return mitogen_message_ref (message);

  header = *mitogen_message_get_header (message);
  header.auth_id = mitogen_stream_get_auth_id (from);
  return mitogen_message_with_header (message, &header);
}

static gboolean
may_forward (MitogenCore *self, MitogenStream *from, MitogenStream *out)
{
  return !mitogen_core_get_options (self).unidirectional || is_privileged (self, from) ||
         is_privileged (self, out);
}

static void
forward (MitogenCore *self, MitogenMessage *message, MitogenStream *from)
{
  guint32 dst_id = mitogen_message_get_dst_id (message);
  g_auto (MitogenWay) way = { 0 };
  MitogenStream *out;

  mitogen_routes_find (self->routes, dst_id, &way);
  out = way.stream;
  /* What comes from the parent for a child it does not know is not bounced back. */
  if (out == NULL || out == from)
    {
      refuse_no_route (self, message, from);
      return;
    }
  if (!may_forward (self, from, out))
    {
      g_autofree char *reason = g_strdup_printf (
          _ ("routing mode prevents forward of message from context %u to context %u via "
             "context %u"),
          mitogen_stream_get_remote_id (from), mitogen_stream_get_remote_id (out), self->id);

      refuse (self, message, from, reason);
      return;
    }
  if (mitogen_message_get_size (message) > way.max_message_size)
    {
      refuse_oversize (self, message, way.max_message_size);
      return;
    }
  if (mitogen_stream_is_deaf (out))
    {
      mitogen_core_complain (self, out, "it does not read what others send it", message);
      refuse (self, message, from, "the context does not read what it is sent");
      return;
    }
  mitogen_routes_note_egress (self->routes, from, dst_id);
  if (!mitogen_stream_send (out, message))
    refuse_no_route (self, message, from);
  else if (!is_privileged (self, from))
    mitogen_stream_pause_for (from, out);
}

/* Contexts greet the root. One that this process connects without being that is for it to greet. */
static gboolean
is_expected_hello (MitogenCore *self, const MitogenFrameHeader *header)
{
  return header->handle == MITOGEN_HANDLE_HELLO &&
         g_hash_table_contains (self->hellos, key (header->src_id));
}

/* The usual case of what receive() and forward() do, decided once for many frames. Whatever must
 * be changed, answered or complained about is left to them. */
MitogenStream *
mitogen_core_next_hop (MitogenCore *self, const MitogenFrameHeader *header, MitogenStream *from)
{
  g_auto (MitogenWay) way = { 0 };
  gboolean auth_ok;
  gboolean src_ok;

  if (header->dst_id == self->id || mitogen_stream_get_auth_id (from) != MITOGEN_ID_NONE ||
      is_expected_hello (self, header))
    return NULL;
  mitogen_routes_check_source (self->routes, header->auth_id, header->src_id, from, &auth_ok,
                               &src_ok);
  mitogen_routes_find (self->routes, header->dst_id, &way);
  if (!auth_ok || !src_ok || way.stream == NULL || way.stream == from ||
      header->length > way.max_message_size || !may_forward (self, from, way.stream) ||
      mitogen_stream_is_deaf (way.stream))
    return NULL;

  mitogen_routes_note_egress (self->routes, from, header->dst_id);
  if (!is_privileged (self, from))
    mitogen_stream_pause_for (from, way.stream);
  return way.stream; /* the table has its own reference */
}

void
mitogen_core_receive (MitogenCore *self, MitogenMessage *message, MitogenStream *from)
{
  g_autoptr (MitogenMessage) stamped = NULL;

  if (!source_is_valid (self, message, from))
    return;

  stamped = stamp (message, from);
  if (mitogen_message_get_dst_id (stamped) == self->id ||
      is_expected_hello (self, mitogen_message_get_header (stamped)))
    dispatch (self, stamped, from);
  else
    forward (self, stamped, from);
}

/* ---- contexts that are gone ---- */

static void
node_forget (MitogenCore *self, guint32 id, const char *reason)
{
  g_autoptr (MitogenContextNode) node = mitogen_core_node_by_id (self, id);
  g_autoptr (GPtrArray) handlers = NULL;

  /* Whoever is told finds it so. */
  if (node != NULL)
    mitogen_context_node_set_lost (node);
  mitogen_routes_remove (self->routes, id);
  mitogen_routes_release (self->routes, id);
  g_mutex_lock (&self->lock);
  g_hash_table_remove (self->nodes, key (id));
  g_mutex_unlock (&self->lock);

  handlers = mitogen_handlers_steal_of_respondent (self->handlers, id);
  deliver_dead (self, handlers, reason);
}

static void
emit_disconnected (GObject *context, gpointer reason)
{
  g_signal_emit_by_name (context, "disconnected", reason);
}

void
mitogen_core_node_lost (MitogenCore *self, MitogenContextNode *node, const GError *reason)
{
  gboolean connecting = mitogen_context_node_get_state (node) == MITOGEN_CONTEXT_NODE_CONNECTING;

  if (!mitogen_context_node_set_reason (node, reason))
    return;

  node_forget (self, mitogen_context_node_get_id (node),
               connecting ? reason->message : _ ("the respondent Context has disconnected"));
  mitogen_context_node_post (node, 0, emit_disconnected, g_error_copy (reason),
                             (GDestroyNotify) g_error_free);
}

void
mitogen_core_id_lost (MitogenCore *self, guint32 id)
{
  g_autoptr (MitogenContextNode) node = mitogen_core_node_by_id (self, id);
  g_autoptr (GError) reason = NULL;

  node_forget (self, id, _ ("the respondent Context has disconnected"));
  /* Whoever looks after it will know why. */
  if (mitogen_peers_lost (self->peers, id) || node == NULL)
    return;
  reason =
      g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("the way to it was closed"));
  mitogen_core_node_lost (self, node, reason);
}

void
mitogen_core_rest_lost (MitogenCore *self, const GError *reason)
{
  g_autoptr (GPtrArray) nodes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mitogen_context_node_unref);
  GHashTableIter iter;
  gpointer node;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->nodes);
  while (g_hash_table_iter_next (&iter, NULL, &node))
    if (mitogen_context_node_is_passing (node))
      g_ptr_array_add (nodes, mitogen_context_node_ref (node));
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < nodes->len; i++)
    {
      guint32 id = mitogen_context_node_get_id (nodes->pdata[i]);
      g_autoptr (MitogenStream) way = mitogen_routes_get_exact (self->routes, id);

      if (way == NULL || mitogen_stream_get_remote_id (way) == mitogen_core_get_parent_id (self))
        mitogen_core_node_lost (self, nodes->pdata[i], reason);
    }
}

GPtrArray *
mitogen_core_take_egress (MitogenCore *self, guint32 id)
{
  return mitogen_routes_take_egress (self->routes, id);
}

void
mitogen_core_stream_lost (MitogenCore *self, MitogenStream *stream)
{
  g_autoptr (GArray) ids = mitogen_routes_get_ids (self->routes, stream);

  mitogen_routes_forget_egress (self->routes, stream);
  for (guint i = 0; i < ids->len; i++)
    mitogen_route_monitor_remove (self->monitor, g_array_index (ids, guint32, i), stream);
}

/* ---- hello ---- */

static void
on_hello (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  MitogenCore *self = data;
  guint32 id = mitogen_message_get_src_id (message);
  Hello *hello = g_hash_table_lookup (self->hellos, key (id));
  Hello found;

  if (hello == NULL)
    return;
  found = *hello;
  g_hash_table_remove (self->hellos, key (id));
  found.func (message, found.data);
}

void
mitogen_core_expect_hello (MitogenCore *self, guint32 id, MitogenHelloFunc func, gpointer data)
{
  Hello *hello = g_new (Hello, 1);

  hello->func = func;
  hello->data = data;
  g_hash_table_replace (self->hellos, key (id), hello);
}

void
mitogen_core_forget_hello (MitogenCore *self, guint32 id)
{
  g_hash_table_remove (self->hellos, key (id));
}

static void
on_forward_log (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  mitogen_log_receive (data, message);
}

/* ---- the end ---- */

void
mitogen_core_fail_waiters (MitogenCore *self, const char *reason)
{
  g_autoptr (GPtrArray) handlers = mitogen_handlers_close (self->handlers);

  deliver_dead (self, handlers, reason);
}

void
mitogen_core_send_shutdown (MitogenCore *self, guint32 id)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (MitogenMessage) message = mitogen_message_new (id, MITOGEN_HANDLE_SHUTDOWN, nothing);

  mitogen_core_send (self, message);
}

/* ---- life ---- */

static void
add_own_handler (MitogenCore *self, guint32 handle, MitogenHandlerFunc func)
{
  MitogenHandlerSpec spec = {
    .handle = handle,
    .persist = TRUE,
    .respondent = MITOGEN_ID_NONE,
    .accept = MITOGEN_ACCEPT_ANY,
    .func = func,
    .data = self, /* not referenced: the table is ours */
  };

  mitogen_handlers_add (self->handlers, &spec, NULL);
}

void
mitogen_core_set_identity (MitogenCore *self, guint32 id, const guint32 *parent_ids, guint n)
{
  self->id = id;
  g_array_set_size (self->parent_ids, 0);
  g_array_append_vals (self->parent_ids, parent_ids, n);
  self->next_id = 1;
  self->end_id = n > 0 ? 1 : MITOGEN_ID_NONE;
  mitogen_routes_set_parent (self->routes, mitogen_core_get_parent_id (self));
}

MitogenCore *
mitogen_core_new (MitogenIo *io, guint32 id, const guint32 *parent_ids, guint n)
{
  MitogenCore *self = g_new0 (MitogenCore, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->io = mitogen_io_ref (io);
  self->parent_ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->routes = mitogen_routes_new ();
  mitogen_core_set_identity (self, id, parent_ids, n);
  self->handlers = mitogen_handlers_new ();
  self->exports = mitogen_exports_new (self);
  self->nodes =
      g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) mitogen_context_node_unref);
  self->peers = mitogen_peers_new (self);
  self->hellos = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->warned = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->options.max_message_size = MITOGEN_DEFAULT_MAX_MESSAGE_SIZE;

  self->monitor = mitogen_route_monitor_new (self);
  add_own_handler (self, MITOGEN_HANDLE_HELLO, on_hello);
  add_own_handler (self, MITOGEN_HANDLE_FORWARD_LOG, on_forward_log);
  mitogen_peers_watch_broker (self->peers);
  return self;
}

MitogenCore *
mitogen_core_ref (MitogenCore *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_core_unref (MitogenCore *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  mitogen_handlers_free (self->handlers);
  mitogen_exports_free (self->exports);
  mitogen_route_monitor_free (self->monitor);
  mitogen_routes_free (self->routes);
  g_hash_table_unref (self->nodes);
  mitogen_peers_free (self->peers);
  g_hash_table_unref (self->hellos);
  g_hash_table_unref (self->warned);
  g_array_unref (self->parent_ids);
  g_clear_pointer (&self->owner, mitogen_weak_unref);
  g_clear_pointer (&self->owner_dispatcher, mitogen_dispatcher_unref);
  g_mutex_clear (&self->lock);
  mitogen_io_unref (self->io);
  g_free (self);
}
