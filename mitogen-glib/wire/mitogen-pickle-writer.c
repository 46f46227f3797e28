/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "wire/mitogen-pickle-writer-private.h"

#include <string.h>

/* Below this, copying is cheaper than a segment of its own. */
#define SEGMENT_THRESHOLD 4096
#define INITIAL_SIZE      256

struct _MitogenPickleWriter
{
  guint8 *data;
  gsize size;
  gsize allocated;
  GPtrArray *segments; /* what lies before @data; NULL: nothing yet */
};

static void
start_pickle (MitogenPickleWriter *self)
{
  self->data = g_malloc (INITIAL_SIZE);
  self->allocated = INITIAL_SIZE;
  self->data[0] = MITOGEN_OP_PROTO;
  self->data[1] = 2;
  self->size = 2;
}

MitogenPickleWriter *
mitogen_pickle_writer_new (void)
{
  MitogenPickleWriter *self = g_new0 (MitogenPickleWriter, 1);

  start_pickle (self);

  return self;
}

void
mitogen_pickle_writer_free (MitogenPickleWriter *self)
{
  g_clear_pointer (&self->segments, g_ptr_array_unref);
  g_free (self->data);
  g_free (self);
}

/* Makes room for @size bytes and returns where they go; they count as written. */
static inline guint8 *
extend (MitogenPickleWriter *self, gsize size)
{
  guint8 *to;

  if (G_UNLIKELY (self->allocated - self->size < size))
    {
      self->allocated = MAX (MAX (self->allocated * 2, INITIAL_SIZE), self->size + size);
      self->data = g_realloc (self->data, self->allocated);
    }
  to = self->data + self->size;
  self->size += size;

  return to;
}

void
mitogen_pickle_writer_add_opcode (MitogenPickleWriter *self, guint8 opcode)
{
  *extend (self, 1) = opcode;
}

void
mitogen_pickle_writer_add_none (MitogenPickleWriter *self)
{
  mitogen_pickle_writer_add_opcode (self, MITOGEN_OP_NONE);
}

void
mitogen_pickle_writer_add_bool (MitogenPickleWriter *self, gboolean value)
{
  mitogen_pickle_writer_add_opcode (self, value ? MITOGEN_OP_NEWTRUE : MITOGEN_OP_NEWFALSE);
}

static void
add_u16 (MitogenPickleWriter *self, guint8 opcode, guint16 value)
{
  guint8 *to = extend (self, 3);

  to[0] = opcode;
  value = GUINT16_TO_LE (value);
  memcpy (to + 1, &value, sizeof value);
}

static void
add_u32 (MitogenPickleWriter *self, guint8 opcode, guint32 value)
{
  guint8 *to = extend (self, 5);

  to[0] = opcode;
  value = GUINT32_TO_LE (value);
  memcpy (to + 1, &value, sizeof value);
}

static void
add_u64 (MitogenPickleWriter *self, guint8 opcode, guint64 value)
{
  guint8 *to = extend (self, 9);

  to[0] = opcode;
  value = GUINT64_TO_LE (value);
  memcpy (to + 1, &value, sizeof value);
}

/* Two's complement, little endian, in as few bytes as keep the sign. */
static void
add_long (MitogenPickleWriter *self, gint64 value)
{
  guint64 raw = GUINT64_TO_LE ((guint64) value);
  guint8 size = 5;
  guint8 *to;

  while (size < 8 && (value < -(G_GINT64_CONSTANT (1) << (8 * size - 1)) ||
                      value >= G_GINT64_CONSTANT (1) << (8 * size - 1)))
    size++;

  to = extend (self, 2 + (gsize) size);
  to[0] = MITOGEN_OP_LONG1;
  to[1] = size;
  memcpy (to + 2, &raw, size);
}

void
mitogen_pickle_writer_add_int (MitogenPickleWriter *self, gint64 value)
{
  if (value >= 0 && value <= G_MAXUINT8)
    {
      guint8 *to = extend (self, 2);

      to[0] = MITOGEN_OP_BININT1;
      to[1] = (guint8) value;
    }
  else if (value >= 0 && value <= G_MAXUINT16)
    add_u16 (self, MITOGEN_OP_BININT2, (guint16) value);
  else if (value >= G_MININT32 && value <= G_MAXINT32)
    add_u32 (self, MITOGEN_OP_BININT, (guint32) value);
  else
    add_long (self, value);
}

void
mitogen_pickle_writer_add_uint (MitogenPickleWriter *self, guint64 value)
{
  guint8 *to;

  if (value <= G_MAXINT64)
    {
      mitogen_pickle_writer_add_int (self, (gint64) value);
      return;
    }

  /* The ninth byte keeps it from being read as negative. */
  value = GUINT64_TO_LE (value);
  to = extend (self, 11);
  to[0] = MITOGEN_OP_LONG1;
  to[1] = 9;
  memcpy (to + 2, &value, sizeof value);
  to[10] = 0;
}

void
mitogen_pickle_writer_add_double (MitogenPickleWriter *self, double value)
{
  guint8 *to = extend (self, 9);
  guint64 raw;

  memcpy (&raw, &value, sizeof raw);
  raw = GUINT64_TO_BE (raw);
  to[0] = MITOGEN_OP_BINFLOAT;
  memcpy (to + 1, &raw, sizeof raw);
}

/* The opcodes for 4 GiB and more are protocol 4: only Python 3 reads them, and a
 * 2.7 process could not hold such a value in a message anyway. */
void
mitogen_pickle_writer_add_text (MitogenPickleWriter *self, const char *utf8, gssize length)
{
  gsize size = length < 0 ? strlen (utf8) : (gsize) length;

  if (size <= G_MAXUINT32)
    add_u32 (self, MITOGEN_OP_BINUNICODE, (guint32) size);
  else
    add_u64 (self, MITOGEN_OP_BINUNICODE8, size);
  memcpy (extend (self, size), utf8, size);
}

static void
add_bytes_size (MitogenPickleWriter *self, gsize size)
{
  if (size <= G_MAXUINT8)
    {
      guint8 *to = extend (self, 2);

      to[0] = MITOGEN_OP_SHORT_BINSTRING;
      to[1] = (guint8) size;
    }
  else if (size <= G_MAXINT32)
    add_u32 (self, MITOGEN_OP_BINSTRING, (guint32) size);
  else
    add_u64 (self, MITOGEN_OP_BINBYTES8, size);
}

void
mitogen_pickle_writer_add_data (MitogenPickleWriter *self, gconstpointer data, gsize size)
{
  add_bytes_size (self, size);
  if (size > 0)
    memcpy (extend (self, size), data, size);
}

gboolean
mitogen_pickle_writer_wants_segment (gsize size)
{
  return size >= SEGMENT_THRESHOLD;
}

static void
flush (MitogenPickleWriter *self)
{
  if (self->segments == NULL)
    self->segments = g_ptr_array_new_full (4, (GDestroyNotify) g_bytes_unref);
  if (self->size == 0)
    return;

  g_ptr_array_add (self->segments, g_bytes_new_take (g_steal_pointer (&self->data), self->size));
  self->size = 0;
  self->allocated = 0;
}

void
mitogen_pickle_writer_add_bytes (MitogenPickleWriter *self, GBytes *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  if (!mitogen_pickle_writer_wants_segment (size))
    {
      mitogen_pickle_writer_add_data (self, data, size);
      return;
    }

  add_bytes_size (self, size);
  flush (self);
  g_ptr_array_add (self->segments, g_bytes_ref (bytes));
}

void
mitogen_pickle_writer_begin_tuple (MitogenPickleWriter *self)
{
  mitogen_pickle_writer_add_opcode (self, MITOGEN_OP_MARK);
}

void
mitogen_pickle_writer_end_tuple (MitogenPickleWriter *self)
{
  mitogen_pickle_writer_add_opcode (self, MITOGEN_OP_TUPLE);
}

void
mitogen_pickle_writer_add_empty_tuple (MitogenPickleWriter *self)
{
  mitogen_pickle_writer_add_opcode (self, MITOGEN_OP_EMPTY_TUPLE);
}

void
mitogen_pickle_writer_add_empty_dict (MitogenPickleWriter *self)
{
  mitogen_pickle_writer_add_opcode (self, MITOGEN_OP_EMPTY_DICT);
}

void
mitogen_pickle_writer_add_global (MitogenPickleWriter *self, const char *name)
{
  static const char module[] = "mitogen.core\n";
  gsize length = strlen (name);
  guint8 *to = extend (self, 1 + sizeof module - 1 + length + 1);

  *to++ = MITOGEN_OP_GLOBAL;
  memcpy (to, module, sizeof module - 1);
  to += sizeof module - 1;
  memcpy (to, name, length);
  to[length] = '\n';
}

void
mitogen_pickle_writer_end_call (MitogenPickleWriter *self, guint n_args)
{
  guint8 *to = extend (self, 2);

  to[0] = (guint8) (MITOGEN_OP_TUPLE1 + n_args - 1);
  to[1] = MITOGEN_OP_REDUCE;
}

void
mitogen_pickle_writer_add_call_error (MitogenPickleWriter *self, const char *text)
{
  mitogen_pickle_writer_add_global (self, "_unpickle_call_error");
  mitogen_pickle_writer_add_text (self, text, -1);
  mitogen_pickle_writer_end_call (self, 1);
}

/* The writer may then be used for the next pickle, which needs nothing of this one. */
GPtrArray *
mitogen_pickle_writer_end (MitogenPickleWriter *self)
{
  GPtrArray *segments;

  mitogen_pickle_writer_add_opcode (self, MITOGEN_OP_STOP);
  flush (self);
  segments = g_steal_pointer (&self->segments);
  start_pickle (self);

  return segments;
}
