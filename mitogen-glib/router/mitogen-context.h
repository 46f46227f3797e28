/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_CONTEXT (mitogen_context_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenContext, mitogen_context, MITOGEN, CONTEXT, GObject)

/**
 * MitogenContextState:
 * @MITOGEN_CONTEXT_STATE_CONNECTING: not ready yet
 * @MITOGEN_CONTEXT_STATE_CONNECTED: functions can be called in it
 * @MITOGEN_CONTEXT_STATE_DISCONNECTED: it is gone, and will not come back
 *
 * What has become of a context.
 *
 * Since: 1.0
 */
typedef enum
{
  MITOGEN_CONTEXT_STATE_CONNECTING,
  MITOGEN_CONTEXT_STATE_CONNECTED,
  MITOGEN_CONTEXT_STATE_DISCONNECTED,
} MitogenContextState;

MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_context_get_id (MitogenContext *self);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_context_get_name (MitogenContext *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenRouter *mitogen_context_dup_router (MitogenContext *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_context_get_via (MitogenContext *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_context_get_connection (MitogenContext *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenContextState mitogen_context_get_state (MitogenContext *self);
MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_context_dup_info (MitogenContext *self);

MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_context_call (MitogenContext *self,
                                const char *function,
                                GVariant *args,
                                GVariant *kwargs,
                                const GVariantType *reply_type,
                                gint timeout,
                                GCancellable *cancellable,
                                GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_context_call_async (MitogenContext *self,
                                 const char *function,
                                 GVariant *args,
                                 GVariant *kwargs,
                                 const GVariantType *reply_type,
                                 gint timeout,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_context_call_finish (MitogenContext *self, GAsyncResult *result, GError **error);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_context_call_no_reply (MitogenContext *self,
                                        const char *function,
                                        GVariant *args,
                                        GVariant *kwargs,
                                        GError **error);
MITOGEN_AVAILABLE_IN_ALL
MitogenReceiver *mitogen_context_start_call (MitogenContext *self,
                                             const char *function,
                                             GVariant *args,
                                             GVariant *kwargs,
                                             GError **error);

MITOGEN_AVAILABLE_IN_ALL
void mitogen_context_send (MitogenContext *self, MitogenMessage *message);
MITOGEN_AVAILABLE_IN_ALL
MitogenReceiver *mitogen_context_send_async (MitogenContext *self,
                                             MitogenMessage *message,
                                             gboolean persist,
                                             GError **error);
MITOGEN_AVAILABLE_IN_ALL
MitogenMessage *mitogen_context_send_await (MitogenContext *self,
                                            MitogenMessage *message,
                                            gint timeout,
                                            GCancellable *cancellable,
                                            GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_context_send_await_async (MitogenContext *self,
                                       MitogenMessage *message,
                                       gint timeout,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenMessage *
mitogen_context_send_await_finish (MitogenContext *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_context_shutdown (MitogenContext *self,
                                   gboolean wait,
                                   GCancellable *cancellable,
                                   GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_context_shutdown_async (MitogenContext *self,
                                     gboolean wait,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
gboolean
mitogen_context_shutdown_finish (MitogenContext *self, GAsyncResult *result, GError **error);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_context_kill (MitogenContext *self,
                               gboolean wait,
                               GCancellable *cancellable,
                               GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_context_kill_async (MitogenContext *self,
                                 gboolean wait,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_context_kill_finish (MitogenContext *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_context_to_variant (MitogenContext *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *
mitogen_context_from_variant (MitogenRouter *router, GVariant *value, GError **error);

G_END_DECLS
