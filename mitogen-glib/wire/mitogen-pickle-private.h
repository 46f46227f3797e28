/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* ---- Writing: protocol 2, read alike by Python 2.7 and 3 ---- */

typedef struct _MitogenPickleWriter MitogenPickleWriter;

MitogenPickleWriter *mitogen_pickle_writer_new (void);
void mitogen_pickle_writer_free (MitogenPickleWriter *self);

/* The parts from which a caller composes a payload without making a GVariant of
 * it (the tuple of CALL_FUNCTION). */
void mitogen_pickle_writer_add_none (MitogenPickleWriter *self);
void mitogen_pickle_writer_add_bool (MitogenPickleWriter *self, gboolean value);
void mitogen_pickle_writer_add_int (MitogenPickleWriter *self, gint64 value);
void mitogen_pickle_writer_add_text (MitogenPickleWriter *self, const char *utf8, gssize length);
void mitogen_pickle_writer_add_bytes (MitogenPickleWriter *self, GBytes *bytes);
void mitogen_pickle_writer_begin_tuple (MitogenPickleWriter *self);
void mitogen_pickle_writer_end_tuple (MitogenPickleWriter *self);
void mitogen_pickle_writer_add_empty_tuple (MitogenPickleWriter *self);
void mitogen_pickle_writer_add_empty_dict (MitogenPickleWriter *self);
/* A global of mitogen.core applied to one text: CallError, Secret. */
void mitogen_pickle_writer_add_call_error (MitogenPickleWriter *self, const char *text);
gboolean
mitogen_pickle_writer_add_variant (MitogenPickleWriter *self, GVariant *value, GError **error);

/* Ends the pickle; returns: (transfer full) (element-type GBytes) its segments. */
GPtrArray *mitogen_pickle_writer_end (MitogenPickleWriter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenPickleWriter, mitogen_pickle_writer_free)

/* ---- Reading: what CPython 2.7 and 3 write at protocols 0 to 5 for plain values ---- */

typedef struct
{
  guint max_depth;    /* nesting of containers */
  gsize max_elements; /* values and container elements of one payload */
  gsize max_size;     /* bytes of the resulting value, counted with every repetition */
} MitogenPickleLimits;

extern const MitogenPickleLimits mitogen_pickle_default_limits;

typedef struct _MitogenPickleReader MitogenPickleReader;

/* Several pickles may follow one another in a payload and share one memo. */
MitogenPickleReader *mitogen_pickle_reader_new (GBytes *bytes, const MitogenPickleLimits *limits);
void mitogen_pickle_reader_free (MitogenPickleReader *self);
gboolean mitogen_pickle_reader_at_end (MitogenPickleReader *self);
/* Returns: (transfer full): not floating. A pickled CallError gives the error
 * MITOGEN_ERROR_CALL with its remote part; everything malformed MITOGEN_ERROR_PROTOCOL;
 * what no GVariant can hold MITOGEN_ERROR_TYPE; a limit MITOGEN_ERROR_TOO_LARGE. */
GVariant *mitogen_pickle_reader_next (MitogenPickleReader *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenPickleReader, mitogen_pickle_reader_free)

/* One pickle, nothing after it. */
GVariant *mitogen_pickle_read (GBytes *bytes, GError **error);

/* ---- Conversion to the type that a caller asked for (wire/mitogen-convert.c) ---- */

/* @value: (transfer none). Returns: (transfer full): not floating. MITOGEN_ERROR_TYPE
 * names both types and the place where it does not fit. @type NULL: @value itself. */
GVariant *mitogen_variant_convert (GVariant *value, const GVariantType *type, GError **error);

G_END_DECLS
