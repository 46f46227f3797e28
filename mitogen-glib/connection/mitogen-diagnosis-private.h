/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The last lines that somebody said, for the explanation of a failure. What is kept is
 * bounded however much is said. */
typedef struct _MitogenDiagnosis MitogenDiagnosis;

MitogenDiagnosis *mitogen_diagnosis_new (void);
void mitogen_diagnosis_free (MitogenDiagnosis *self);

/* A line, without its newline, in any encoding. */
void mitogen_diagnosis_add_line (MitogenDiagnosis *self, const char *line, gsize length);
/* The lines, indented; UTF-8, without control characters. */
char *mitogen_diagnosis_to_string (MitogenDiagnosis *self);

/* The same, but each with a line end and without indentation: for programs. */
char *mitogen_diagnosis_to_lines (MitogenDiagnosis *self);
void mitogen_diagnosis_clear (MitogenDiagnosis *self);

/* Any text from outside as one line fit to be shown. */
char *mitogen_diagnosis_clean (const char *text, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenDiagnosis, mitogen_diagnosis_free)

/* Cuts a stream of bytes into lines. A line that does not end is cut at a limit. */
typedef struct
{
  GByteArray *partial; /* NULL: empty */
} MitogenLineBuffer;

/* Returns how many bytes of @data belong to the line that is complete now, 0 if none is:
 * then all of it was kept. The line is in partial until the next call of _clear. */
gsize mitogen_line_buffer_feed (MitogenLineBuffer *self, const guint8 *data, gsize size);
void mitogen_line_buffer_clear (MitogenLineBuffer *self);

G_END_DECLS
