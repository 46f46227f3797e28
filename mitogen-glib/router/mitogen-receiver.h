/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-router.h"
#include "mitogen-sender.h"
#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_RECEIVER (mitogen_receiver_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenReceiver, mitogen_receiver, MITOGEN, RECEIVER, GObject)

MITOGEN_AVAILABLE_IN_ALL
MitogenReceiver *mitogen_receiver_new (MitogenRouter *router,
                                       guint32 handle,
                                       gboolean persist,
                                       MitogenContext *respondent,
                                       GError **error);
MITOGEN_AVAILABLE_IN_ALL
MitogenReceiver *mitogen_receiver_new_full (MitogenRouter *router,
                                            guint32 handle,
                                            MitogenHandlerFlags flags,
                                            MitogenContext *respondent,
                                            MitogenPolicy policy,
                                            GError **error);
MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_receiver_get_handle (MitogenReceiver *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenRouter *mitogen_receiver_dup_router (MitogenReceiver *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_receiver_get_context (MitogenReceiver *self);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_receiver_get_flowing (MitogenReceiver *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_receiver_set_flowing (MitogenReceiver *self, gboolean flowing);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_receiver_is_empty (MitogenReceiver *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_receiver_close (MitogenReceiver *self);

MITOGEN_AVAILABLE_IN_ALL
MitogenMessage *mitogen_receiver_try_get (MitogenReceiver *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenMessage *mitogen_receiver_get (MitogenReceiver *self,
                                      gint timeout,
                                      GCancellable *cancellable,
                                      GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_receiver_get_async (MitogenReceiver *self,
                                 gint timeout,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
MitogenMessage *
mitogen_receiver_get_finish (MitogenReceiver *self, GAsyncResult *result, GError **error);
MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_receiver_get_data (MitogenReceiver *self,
                                     gint timeout,
                                     GCancellable *cancellable,
                                     GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_receiver_get_data_async (MitogenReceiver *self,
                                      gint timeout,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
GVariant *
mitogen_receiver_get_data_finish (MitogenReceiver *self, GAsyncResult *result, GError **error);

MITOGEN_AVAILABLE_IN_ALL
MitogenSender *mitogen_receiver_to_sender (MitogenReceiver *self);

MITOGEN_AVAILABLE_IN_ALL
MitogenReceiver *mitogen_message_get_receiver (MitogenMessage *message);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_message_reply (MitogenMessage *message, GVariant *value, GError **error);

G_END_DECLS
