/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Where no interpreter is named: one process start that finds and becomes one. The first
 * stage and the title are its last two words. @title: (nullable): other words are added by the
 * caller */
char **mitogen_interpreter_search_argv (const char *stage, const char *title);

/* The same search in this process. Returns: (transfer full) (nullable): a path */
char *mitogen_interpreter_find (GError **error);

G_END_DECLS
