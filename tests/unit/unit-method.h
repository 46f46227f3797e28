/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the tests of connections share that start programs which ask. */

#pragma once

#include "connection/mitogen-method-private.h"

G_BEGIN_DECLS

#define UNIT_PYTHON_ARGV ((const char *const[]){ "python3", "-c", "stage $x 'y'\n", "title", NULL })

/* The words of the connection's command, and a line end after each. */
char *unit_get_argv (MitogenConnection *connection);
/* The text of the error that get_argv() fails with. */
char *unit_get_argv_error (MitogenConnection *connection);
MitogenMethod *unit_make_method (MitogenConnection *connection);

/* What the method makes of a line. */
MitogenReading unit_read (MitogenMethod *method,
                          const char *line,
                          gboolean quiet,
                          guint n_answers,
                          MitogenQuestion *question);
/* Its explanation for a program that has ended with @status, or NULL. */
char *
unit_explain (MitogenMethod *method, const char *said, int status, guint n_answers, gint *code);

/* The shells that are here, of all that might be an account's, with their paths. */
char **unit_find_shells (void);

G_END_DECLS
