/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-stream.h"
#include "mitogen-types.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_BROKER (mitogen_broker_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenBroker, mitogen_broker, MITOGEN, BROKER, GObject)

/**
 * MitogenBrokerFunc:
 * @data: (closure): what was given with the function
 *
 * Work for the broker thread. It must not wait for anything.
 *
 * Since: 1.0
 */
typedef void (*MitogenBrokerFunc) (gpointer data);

MITOGEN_AVAILABLE_IN_ALL
MitogenBroker *mitogen_broker_new (void);
MITOGEN_AVAILABLE_IN_ALL
GMainContext *mitogen_broker_get_main_context (MitogenBroker *self);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_broker_defer (MitogenBroker *self,
                               MitogenBrokerFunc func,
                               gpointer data,
                               GDestroyNotify destroy);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_broker_defer_sync (MitogenBroker *self,
                                    MitogenBrokerFunc func,
                                    gpointer data,
                                    GError **error);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_broker_start_receive (MitogenBroker *self, MitogenStream *stream);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_broker_stop_receive (MitogenBroker *self, MitogenStream *stream);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_broker_start_transmit (MitogenBroker *self, MitogenStream *stream);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_broker_stop_transmit (MitogenBroker *self, MitogenStream *stream);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_broker_keep_alive (MitogenBroker *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_broker_shutdown (MitogenBroker *self);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_broker_join (MitogenBroker *self, gint timeout);
MITOGEN_AVAILABLE_IN_ALL
guint mitogen_broker_get_shutdown_timeout (MitogenBroker *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_broker_set_shutdown_timeout (MitogenBroker *self, guint timeout);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_broker_get_install_watcher (MitogenBroker *self);

G_END_DECLS
