/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* For tests that run with each engine: the first part of a test's path says with which. */

#pragma once

#include "real-util.h"

G_BEGIN_DECLS

/* With the engines of root's, and the one of mg-free's. */
void engine_add (const char *path, FixtureFunc func);
/* The same without that of mg-free, which can do less. */
void engine_add_root (const char *path, FixtureFunc func);

/* Of the test that runs. */
const char *engine_name (void);
gboolean engine_is_docker (void);
/* FALSE: the test is skipped. */
gboolean engine_start (void);
const char *engine_address (void);

/* A connection to the engine. */
MitogenConnection *engine_connection (const char *first_property, ...) G_GNUC_NULL_TERMINATED;
/* Into a container that runs and is of @kind. */
MitogenConnection *engine_enter (const char *kind, const char *container);
/* Into a temporary one. */
MitogenConnection *engine_temporary (const char *kind);
/* Waits until there are no others than these. */
void engine_check_containers (const char *names);

/* The context may well be process 1. */
void engine_assert_alive (MitogenContext *context);
void engine_assert_value (MitogenContext *context,
                          const char *function,
                          GVariant *args,
                          const char *expected);
/* That connecting fails. Takes @connection. Returns: (transfer full) */
GError *engine_fails (MitogenRouter *router, MitogenConnection *connection, const char *parts);
void engine_assert_fails (MitogenRouter *router, MitogenConnection *connection, const char *parts);

G_END_DECLS
