/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-broker.h"
#include "mitogen-stream.h"
#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_ROUTER (mitogen_router_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenRouter, mitogen_router, MITOGEN, ROUTER, GObject)

/**
 * MitogenMessageFunc:
 * @router: the router
 * @message: what came
 * @data: (closure): what was given with the function
 *
 * Serves a handle: see [method@Mitogen.Router.add_handler].
 *
 * Since: 1.0
 */
typedef void (*MitogenMessageFunc) (MitogenRouter *router, MitogenMessage *message, gpointer data);

/**
 * MitogenPolicy:
 * @MITOGEN_POLICY_ANY: every context
 * @MITOGEN_POLICY_PARENTS: contexts that act with the authority of this process or of
 *   one above it
 * @MITOGEN_POLICY_IMMEDIATE_CHILD: the context at the other end of the stream that the
 *   message came in by
 *
 * Who may send to a handle.
 *
 * Since: 1.0
 */
typedef enum
{
  MITOGEN_POLICY_ANY,
  MITOGEN_POLICY_PARENTS,
  MITOGEN_POLICY_IMMEDIATE_CHILD,
} MitogenPolicy;

/**
 * MitogenPolicyFunc:
 * @router: the router
 * @message: what somebody sent
 * @data: (closure): what was given with the function
 *
 * Decides whether a message may reach whom it is for: by its source
 * ([method@Mitogen.Message.get_src_id]), by the authority that it carries
 * ([method@Mitogen.Message.get_auth_id]), or by what is in it.
 *
 * Returns: whether it may
 *
 * Since: 1.0
 */
typedef gboolean (*MitogenPolicyFunc) (MitogenRouter *router,
                                       MitogenMessage *message,
                                       gpointer data);

/**
 * MitogenHandlerFlags:
 * @MITOGEN_HANDLER_NONE: no flags: one message, on a handle that is free
 * @MITOGEN_HANDLER_PERSIST: go on after the first message
 * @MITOGEN_HANDLER_OVERWRITE: take the handle from whoever of this program serves it
 *
 * How a handle is served.
 *
 * Since: 1.0
 */
typedef enum
{
  MITOGEN_HANDLER_NONE = 0,
  MITOGEN_HANDLER_PERSIST = 1 << 0,
  MITOGEN_HANDLER_OVERWRITE = 1 << 1,
} MitogenHandlerFlags;

/**
 * MitogenConnectPolicy:
 * @MITOGEN_CONNECT_POLICY_ALLOW: contexts may have contexts made below themselves
 * @MITOGEN_CONNECT_POLICY_REFUSE: they may not
 * @MITOGEN_CONNECT_POLICY_ASK: each time
 *   [signal@Mitogen.Router::authorize-connect] decides
 *
 * What happens when code in a context asks for another context, by `router.local()` and
 * the like.
 *
 * Since: 1.0
 */
typedef enum
{
  MITOGEN_CONNECT_POLICY_ALLOW,
  MITOGEN_CONNECT_POLICY_REFUSE,
  MITOGEN_CONNECT_POLICY_ASK,
} MitogenConnectPolicy;

MITOGEN_AVAILABLE_IN_ALL
MitogenRouter *mitogen_router_new (MitogenBroker *broker);
MITOGEN_AVAILABLE_IN_ALL
MitogenBroker *mitogen_router_get_broker (MitogenRouter *self);
MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_router_get_id (MitogenRouter *self);
MITOGEN_AVAILABLE_IN_ALL
gint64 mitogen_router_get_parent_id (MitogenRouter *self);
MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_router_dup_parent_ids (MitogenRouter *self);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_router_is_master (MitogenRouter *self);
MITOGEN_AVAILABLE_IN_ALL
guint mitogen_router_get_max_message_size (MitogenRouter *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_set_max_message_size (MitogenRouter *self, guint size);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_router_get_profiling (MitogenRouter *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_set_profiling (MitogenRouter *self, gboolean profiling);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_router_get_unidirectional (MitogenRouter *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_set_unidirectional (MitogenRouter *self, gboolean unidirectional);
MITOGEN_AVAILABLE_IN_ALL
MitogenConnectPolicy mitogen_router_get_connect_policy (MitogenRouter *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_set_connect_policy (MitogenRouter *self, MitogenConnectPolicy policy);
MITOGEN_AVAILABLE_IN_ALL
GListModel *mitogen_router_get_contexts (MitogenRouter *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_enable_debug (MitogenRouter *self);
MITOGEN_AVAILABLE_IN_ALL
void
mitogen_router_set_preexec_func (MitogenRouter *self, GSpawnChildSetupFunc func, gpointer data);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_shutdown (MitogenRouter *self);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_router_join (MitogenRouter *self, gint timeout);

MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_myself (MitogenRouter *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_router_context_by_id (MitogenRouter *self, guint32 id, const char *name);
MITOGEN_AVAILABLE_IN_ALL
MitogenStream *mitogen_router_stream_by_id (MitogenRouter *self, guint32 id);
MITOGEN_AVAILABLE_IN_ALL
gboolean
mitogen_router_add_route (MitogenRouter *self, guint32 target_id, guint32 via_id, GError **error);
MITOGEN_AVAILABLE_IN_ALL
void
mitogen_router_add_route_stream (MitogenRouter *self, guint32 target_id, MitogenStream *stream);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_del_route (MitogenRouter *self, guint32 target_id);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_register (MitogenRouter *self, MitogenContext *context, MitogenStream *stream);
MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_router_allocate_id (MitogenRouter *self, GCancellable *cancellable, GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_allocate_id_async (MitogenRouter *self,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
guint32
mitogen_router_allocate_id_finish (MitogenRouter *self, GAsyncResult *result, GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_router_route (MitogenRouter *self, MitogenMessage *message);
MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_router_add_handler (MitogenRouter *self,
                                    guint32 handle,
                                    gboolean persist,
                                    MitogenContext *respondent,
                                    MitogenPolicy policy,
                                    MitogenMessageFunc func,
                                    gpointer data,
                                    GDestroyNotify destroy,
                                    GError **error);
MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_router_add_handler_full (MitogenRouter *self,
                                         guint32 handle,
                                         MitogenHandlerFlags flags,
                                         MitogenContext *respondent,
                                         MitogenPolicy policy,
                                         MitogenPolicyFunc policy_func,
                                         gpointer policy_data,
                                         GDestroyNotify policy_destroy,
                                         MitogenMessageFunc func,
                                         gpointer data,
                                         GDestroyNotify destroy,
                                         GError **error);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_router_remove_handler (MitogenRouter *self, guint32 handle);

G_END_DECLS
