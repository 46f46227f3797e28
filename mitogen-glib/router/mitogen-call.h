/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-router.h"
#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_CALL (mitogen_call_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenCall, mitogen_call, MITOGEN, CALL, GObject)

/**
 * MitogenExportedFunc:
 * @call: the call, to be answered now or later
 * @data: (closure): what was given with the function
 *
 * A function of this program that other contexts may call: see
 * [method@Mitogen.Router.export_function].
 *
 * Since: 1.0
 */
typedef void (*MitogenExportedFunc) (MitogenCall *call, gpointer data);

MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_call_get_function (MitogenCall *self);
MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_call_get_args (MitogenCall *self);
MITOGEN_AVAILABLE_IN_ALL
GVariant *mitogen_call_get_kwargs (MitogenCall *self);
MITOGEN_AVAILABLE_IN_ALL
MitogenRouter *mitogen_call_dup_router (MitogenCall *self);
MITOGEN_AVAILABLE_IN_ALL
guint32 mitogen_call_get_source_id (MitogenCall *self);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_call_return_value (MitogenCall *self, GVariant *value, GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_call_return_error (MitogenCall *self, const GError *error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_call_return_exception (MitogenCall *self,
                                    const char *type,
                                    const char *message,
                                    const char *traceback);

MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_router_export_function (MitogenRouter *self,
                                         const char *name,
                                         MitogenPolicy policy,
                                         MitogenExportedFunc func,
                                         gpointer data,
                                         GDestroyNotify destroy,
                                         GError **error);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_router_export_function_full (MitogenRouter *self,
                                              const char *name,
                                              MitogenPolicy policy,
                                              MitogenPolicyFunc policy_func,
                                              gpointer policy_data,
                                              GDestroyNotify policy_destroy,
                                              MitogenExportedFunc func,
                                              gpointer data,
                                              GDestroyNotify destroy,
                                              GError **error);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_router_unexport_function (MitogenRouter *self, const char *name);

G_END_DECLS
