/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* JSON of a daemon that is not trusted: neither too deep nor too long, and of any type. */

/* Finds the ends of objects that follow one another in a stream. */
typedef struct
{
  GByteArray *object; /* (nullable): what has come of one so far */
  guint depth;
  gboolean in_string;
  gboolean escaped;
} MitogenEngineScanner;

void mitogen_engine_scanner_clear (MitogenEngineScanner *self);
/* Takes of *@data what belongs to the next object. Returns: (transfer full) (nullable): it; NULL
 * without @error: all has been taken, and more is needed */
JsonObject *mitogen_engine_scanner_next (MitogenEngineScanner *self,
                                         const guint8 **data,
                                         gsize *size,
                                         GError **error);
/* FALSE: it has ended in the middle of an object. */
gboolean mitogen_engine_scanner_is_between (MitogenEngineScanner *self);

/* Returns: (transfer full) (nullable): NULL: @text is not just an object */
JsonObject *mitogen_engine_json_parse (const guint8 *text, gsize size);

/* Returns: (nullable): NULL: there is none, or it is something else */
const char *mitogen_engine_json_get_string (JsonObject *object, const char *name);
/* FALSE: there is none, or it is something else. */
gboolean mitogen_engine_json_get_number (JsonObject *object, const char *name, gint64 *number);
gboolean mitogen_engine_json_get_boolean (JsonObject *object, const char *name);
/* Returns: (transfer none) (nullable) */
JsonObject *mitogen_engine_json_get_object (JsonObject *object, const char *name);

/* Returns: (transfer full) */
GBytes *mitogen_engine_json_to_bytes (JsonBuilder *builder);
void mitogen_engine_json_add_string (JsonBuilder *builder, const char *name, const char *value);
void mitogen_engine_json_add_true (JsonBuilder *builder, const char *const *names);
void
mitogen_engine_json_add_strings (JsonBuilder *builder, const char *name, const char *const *values);

G_END_DECLS
