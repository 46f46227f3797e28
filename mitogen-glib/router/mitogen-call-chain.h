/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-receiver.h"
#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_CALL_CHAIN (mitogen_call_chain_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenCallChain, mitogen_call_chain, MITOGEN, CALL_CHAIN, GObject)

MITOGEN_AVAILABLE_IN_ALL
MitogenCallChain *mitogen_call_chain_new (MitogenContext *context);
MITOGEN_AVAILABLE_IN_ALL
MitogenContext *mitogen_call_chain_get_context (MitogenCallChain *self);
MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_call_chain_call (MitogenCallChain *self,
                                   const char *function,
                                   GVariant *args,
                                   GVariant *kwargs,
                                   const GVariantType *reply_type,
                                   gint timeout,
                                   GCancellable *cancellable,
                                   GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_call_chain_call_async (MitogenCallChain *self,
                                    const char *function,
                                    GVariant *args,
                                    GVariant *kwargs,
                                    const GVariantType *reply_type,
                                    gint timeout,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
MITOGEN_AVAILABLE_IN_ALL
GVariant *
mitogen_call_chain_call_finish (MitogenCallChain *self, GAsyncResult *result, GError **error);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_call_chain_call_no_reply (MitogenCallChain *self,
                                           const char *function,
                                           GVariant *args,
                                           GVariant *kwargs,
                                           GError **error);
MITOGEN_AVAILABLE_IN_ALL
MitogenReceiver *mitogen_call_chain_start_call (MitogenCallChain *self,
                                                const char *function,
                                                GVariant *args,
                                                GVariant *kwargs,
                                                GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_call_chain_reset (MitogenCallChain *self);

G_END_DECLS
