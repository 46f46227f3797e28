/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-broker.h"
#include "broker/mitogen-dispatcher-private.h"
#include "broker/mitogen-io-private.h"
#include "broker/mitogen-stream-private.h"
#include "router/mitogen-handlers-private.h"
#include "router/mitogen-context-node-private.h"
#include "router/mitogen-router.h"

G_BEGIN_DECLS

/* The part of a router that the broker thread works with. It outlives the public
 * object while messages are on their way; it never holds one. */
typedef struct _MitogenCore MitogenCore;
struct _MitogenExports;
struct _MitogenPeers;
struct _MitogenRouteMonitor;

/* No tree is deeper. */
#define MITOGEN_MAX_DEPTH 1000

/* Something connected to, or being connected to, this process. The I/O thread asks it
 * to end at shutdown. */
typedef struct
{
  void (*shutdown) (gpointer peer); /* politely */
  void (*force) (gpointer peer);    /* now: the grace time is over */
  /* These may be NULL. */
  void (*held) (gpointer peer); /* the first message waits for its route */
  void (*lost) (gpointer peer); /* its route has been withdrawn */
  void (*kill) (gpointer peer); /* now, and without having been asked before */
  /* It leaves the tree: the end of its stream will not be that of its process. */
  void (*detach) (gpointer peer);
} MitogenPeerFuncs;

typedef struct
{
  gboolean debug;
  gboolean profiling;
  gboolean unidirectional;
  MitogenConnectPolicy connect_policy;
  guint32 max_message_size;
  GSpawnChildSetupFunc preexec;
  gpointer preexec_data;
} MitogenCoreOptions;

MitogenCore *mitogen_core_new (MitogenIo *io, guint32 id, const guint32 *parent_ids, guint n);
MitogenCore *mitogen_core_ref (MitogenCore *self);
void mitogen_core_unref (MitogenCore *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenCore, mitogen_core_unref)

/* Makes it one that is not the root: once, before anybody else knows it. */
void mitogen_core_set_identity (MitogenCore *self, guint32 id, const guint32 *parent_ids, guint n);

/* ---- any thread ---- */

MitogenIo *mitogen_core_get_io (MitogenCore *self);
guint32 mitogen_core_get_id (MitogenCore *self);
const guint32 *mitogen_core_get_parent_ids (MitogenCore *self, guint *n);
MitogenCoreOptions mitogen_core_get_options (MitogenCore *self);
void mitogen_core_set_options (MitogenCore *self, const MitogenCoreOptions *options);
/* MITOGEN_ID_NONE at the root. */
guint32 mitogen_core_get_parent_id (MitogenCore *self);
/* FALSE: there are not as many left; who is not the root has to ask for more. */
gboolean mitogen_core_allocate_ids (MitogenCore *self, guint32 count, guint32 *first);
void mitogen_core_add_ids (MitogenCore *self, guint32 first, guint32 end);
/* Adds those that the root has answered with, but for the first, which it returns; 0 with an error.
 * @answer: (nullable): no answer, which is told already. */
guint32 mitogen_core_take_ids (MitogenCore *self, MitogenMessage *answer, GError **error);

/* Who is told of log records: see mitogen-log-private.h. */
void mitogen_core_set_owner (MitogenCore *self, GObject *router, MitogenDispatcher *dispatcher);
/* Returns: (transfer full) (nullable): both or none. */
MitogenWeak *mitogen_core_get_owner (MitogenCore *self, MitogenDispatcher **dispatcher);

/* Returns: (transfer full) (nullable): the MitogenRouter. Not on the broker thread. */
gpointer mitogen_core_dup_router (MitogenCore *self);

struct _MitogenExports *mitogen_core_get_exports (MitogenCore *self);
MitogenHandlers *mitogen_core_get_handlers (MitogenCore *self);
/* Sends a message of this process: its src and auth become ours. What cannot be
 * delivered is answered by a dead message to its reply_to. */
void mitogen_core_send (MitogenCore *self, MitogenMessage *message);
/* The same with the header as it is. */
void mitogen_core_route (MitogenCore *self, MitogenMessage *message);
/* Answers what somebody sent with a dead message, if it wants an answer. */
void mitogen_core_refuse (MitogenCore *self, MitogenMessage *message, const char *reason);
/* The program refuses a message that came to one of its handles. */
void mitogen_core_refuse_later (MitogenCore *self, MitogenMessage *message);
/* A dead message of this process. */
MitogenMessage *
mitogen_core_new_dead (MitogenCore *self, guint32 dst_id, guint32 handle, const char *reason);
/* Like mitogen_handlers_add(), but from whoever of the program has it: that gets a dead message. */
guint32
mitogen_core_take_handle (MitogenCore *self, const MitogenHandlerSpec *spec, GError **error);
/* For a blocking call: sends @message, unless @sent says that it could not, and returns the
 * answer if it comes at once. Otherwise that goes to the handler as usual. */
MitogenMessage *mitogen_core_send_and_read (MitogenCore *self,
                                            MitogenMessage *message,
                                            gint timeout_ms,
                                            gboolean *sent);

/* Returns: (transfer full) (nullable): the next hop towards @id, the parent if it is unknown. */
MitogenStream *mitogen_core_stream_by_id (MitogenCore *self, guint32 id);
/* Returns: (transfer full) (nullable) */
MitogenContextNode *mitogen_core_node_by_id (MitogenCore *self, guint32 id);
void mitogen_core_add_node (MitogenCore *self, MitogenContextNode *node);
void mitogen_core_remove_node (MitogenCore *self, MitogenContextNode *node);
/* Whether @ancestor is on the way to @id, by what is known of who was made through whom. */
gboolean mitogen_core_is_behind (MitogenCore *self, guint32 id, guint32 ancestor);

/* What is sent to @id, a context about to be connected, waits for its route, or for its peer to
 * take it: see mitogen-routes-private.h. */
void mitogen_core_hold (MitogenCore *self, guint32 id);

/* The message that asks a context to leave, and no more. */
void mitogen_core_send_shutdown (MitogenCore *self, guint32 id);
/* Asks a context to leave; a neighbour is made to after the grace time. */
void mitogen_core_end_context (MitogenCore *self, guint32 id);
/* Ends a context that was connected by this process, without asking it. */
void mitogen_core_kill_context (MitogenCore *self, guint32 id);

/* Cuts the connections of this router, not of others with the same broker. */
void mitogen_core_shut_down (MitogenCore *self);

/* ---- I/O thread ---- */

void
mitogen_core_add_peer (MitogenCore *self, guint32 id, gpointer peer, const MitogenPeerFuncs *funcs);
void mitogen_core_remove_peer (MitogenCore *self, guint32 id);
/* The connection to the parent. It is asked to end when all others have. */
void mitogen_core_set_uplink (MitogenCore *self, gpointer uplink, const MitogenPeerFuncs *funcs);
void mitogen_core_remove_uplink (MitogenCore *self);
/* Fails everybody who waits for a message, now and from now on. */
void mitogen_core_fail_waiters (MitogenCore *self, const char *reason);

gboolean mitogen_core_is_accepted (MitogenCore *self,
                                   MitogenAccept accept,
                                   MitogenMessage *message,
                                   MitogenStream *from);
/* @from: (nullable): where it came from */
void
mitogen_core_refuse_by_policy (MitogenCore *self, MitogenMessage *message, MitogenStream *from);
/* A frame came in over @from. */
void mitogen_core_receive (MitogenCore *self, MitogenMessage *message, MitogenStream *from);
/* Where a frame goes that came in over @from and is only passed on; NULL: it is to be received.
 * Returns: (transfer none) (nullable) */
MitogenStream *
mitogen_core_next_hop (MitogenCore *self, const MitogenFrameHeader *header, MitogenStream *from);
struct _MitogenPeers *mitogen_core_get_peers (MitogenCore *self);
struct _MitogenRouteMonitor *mitogen_core_get_route_monitor (MitogenCore *self);
/* @max_message_size: 0 for that of @stream. Nobody else is told: see
 * mitogen_route_monitor_add(). */
void mitogen_core_add_route (MitogenCore *self,
                             guint32 id,
                             MitogenStream *stream,
                             guint32 max_message_size);
/* Returns: (transfer full) (nullable): by what is known, never the parent's by default. */
MitogenStream *mitogen_core_get_route (MitogenCore *self, guint32 id);
GPtrArray *mitogen_core_take_held (MitogenCore *self, guint32 id, gsize max_size);
/* Withdraws every route over @stream, which is closed; the contexts there are gone. */
void mitogen_core_stream_lost (MitogenCore *self, MitogenStream *stream);
/* A context is gone: its waiters here fail. Why is told by whoever looks after it. */
void mitogen_core_id_lost (MitogenCore *self, guint32 id);
/* The same, and this is why. */
void mitogen_core_node_lost (MitogenCore *self, MitogenContextNode *node, const GError *reason);
/* The parent is gone: and with it all that are not behind us. */
void mitogen_core_rest_lost (MitogenCore *self, const GError *reason);
/* See mitogen_routes_take_egress(). */
GPtrArray *mitogen_core_take_egress (MitogenCore *self, guint32 id);
/* Logs that something of @stream was dropped: each kind once for each stream. */
void mitogen_core_complain (MitogenCore *self,
                            MitogenStream *stream,
                            const char *kind,
                            MitogenMessage *message);

/* For what a child says of itself once it is ready (HELLO). */
typedef void (*MitogenHelloFunc) (MitogenMessage *message, gpointer data);
void
mitogen_core_expect_hello (MitogenCore *self, guint32 id, MitogenHelloFunc func, gpointer data);
void mitogen_core_forget_hello (MitogenCore *self, guint32 id);

G_END_DECLS
