/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/mitogen-pickle-private.h"
#include "wire/mitogen-pickle-opcodes-private.h"

G_BEGIN_DECLS

/* Parts that only mitogen-pickle-variant.c needs beside those of
 * mitogen-pickle-private.h. */
void mitogen_pickle_writer_add_opcode (MitogenPickleWriter *self, guint8 opcode);
void mitogen_pickle_writer_add_uint (MitogenPickleWriter *self, guint64 value);
void mitogen_pickle_writer_add_double (MitogenPickleWriter *self, double value);
/* Copies, however large. */
void mitogen_pickle_writer_add_data (MitogenPickleWriter *self, gconstpointer data, gsize size);
/* Whether add_bytes() would reference a byte string of this size. */
gboolean mitogen_pickle_writer_wants_segment (gsize size);
/* A function of mitogen.core; its 1 to 3 arguments follow, then end_call(). */
void mitogen_pickle_writer_add_global (MitogenPickleWriter *self, const char *name);
void mitogen_pickle_writer_end_call (MitogenPickleWriter *self, guint n_args);

G_END_DECLS
