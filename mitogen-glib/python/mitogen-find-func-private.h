/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "broker/mitogen-dispatcher-private.h"

G_BEGIN_DECLS

/* A function of the program that knows modules which are in none of the places. Any thread. */
typedef struct _MitogenFindFunc MitogenFindFunc;

/* Returns: (transfer full) (nullable): the source */
typedef char *(*MitogenFind) (const char *name, gboolean *is_package, gpointer data);

/* It is called, and @data destroyed, in @dispatcher's context. */
MitogenFindFunc *mitogen_find_func_new (MitogenDispatcher *dispatcher,
                                        MitogenFind find,
                                        gpointer data,
                                        GDestroyNotify destroy);
MitogenFindFunc *mitogen_find_func_ref (MitogenFindFunc *self);
void mitogen_find_func_unref (MitogenFindFunc *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenFindFunc, mitogen_find_func_unref)

/* @source: (transfer none) (nullable): it does not know. */
typedef void (*MitogenFindDone) (const char *source, gboolean is_package, gpointer data);

/* @done is called once, in whichever thread: perhaps this one, before the function returns; when
 * the program blocks the dispatcher's context, only after that. */
void mitogen_find_func_ask (MitogenFindFunc *self,
                            const char *name,
                            MitogenFindDone done,
                            gpointer data);

G_END_DECLS
