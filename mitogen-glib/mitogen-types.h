/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined(MITOGEN_INSIDE) && !defined(MITOGEN_COMPILATION)
#error "Only <mitogen-glib/mitogen.h> can be included directly."
#endif

#include <gio/gio.h>

#include "mitogen-version-macros.h"

G_BEGIN_DECLS

/* Declared here so that headers can name each other's types without
 * including each other. */
typedef struct _MitogenBroker MitogenBroker;
typedef struct _MitogenRouter MitogenRouter;
typedef struct _MitogenContext MitogenContext;
typedef struct _MitogenStream MitogenStream;
typedef struct _MitogenMessage MitogenMessage;
typedef struct _MitogenReceiver MitogenReceiver;
typedef struct _MitogenConnection MitogenConnection;

G_END_DECLS
