/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <string.h>

#include "wire/mitogen-pickle-memo-private.h"

G_BEGIN_DECLS

#define MITOGEN_PICKLE_INLINE_STACK 16

struct _MitogenPickleReader
{
  GBytes *bytes;
  const guint8 *data;
  gsize size;
  gsize position;

  MitogenItem *stack;
  gsize n_stack;
  gsize n_stack_allocated;
  gsize bottom;  /* what lies below the topmost mark is out of reach */
  GArray *marks; /* of gsize: the bottoms below; NULL until needed */

  MitogenPickleMemo memo;
  MitogenPickleArena arena;
  MitogenItem inline_stack[MITOGEN_PICKLE_INLINE_STACK];
};

/* FALSE without an error set: malformed here. */
typedef gboolean (*MitogenPickleOpcodeFunc) (MitogenPickleReader *self,
                                             guint8 opcode,
                                             GError **error);

/* Indexed by opcode; NULL: refused. In mitogen-pickle-opcodes.c. */
extern const MitogenPickleOpcodeFunc mitogen_pickle_opcodes[256];

/* ---- The payload; NULL or FALSE: there is not so much ---- */

static inline const guint8 *
mitogen_pickle_reader_take (MitogenPickleReader *self, gsize size)
{
  const guint8 *taken = self->data + self->position;

  if (size > self->size - self->position)
    return NULL;
  self->position += size;

  return taken;
}

/* A little-endian number of @width bytes. */
static inline gboolean
mitogen_pickle_reader_take_number (MitogenPickleReader *self, gsize width, guint64 *number)
{
  const guint8 *bytes = mitogen_pickle_reader_take (self, width);
  guint64 raw = 0;

  if (bytes == NULL)
    return FALSE;
  memcpy (&raw, bytes, width);
  *number = GUINT64_FROM_LE (raw);

  return TRUE;
}

/* NULL: there are not so many above the mark. */
static inline MitogenItem *
mitogen_pickle_reader_peek (MitogenPickleReader *self, gsize n_items)
{
  if (self->n_stack - self->bottom < n_items)
    return NULL;

  return &self->stack[self->n_stack - n_items];
}

/* What precedes the next newline. */
const guint8 *mitogen_pickle_reader_take_line (MitogenPickleReader *self, gsize *size);

/* ---- The stack ---- */

/* Returns: where the new item goes; it must be filled at once. NULL: too many. */
MitogenItem *mitogen_pickle_reader_push (MitogenPickleReader *self, GError **error);
void mitogen_pickle_reader_drop (MitogenPickleReader *self);
gboolean mitogen_pickle_reader_mark (MitogenPickleReader *self, GError **error);
/* Takes the topmost mark away. Returns: whether there was one. */
gboolean mitogen_pickle_reader_unmark (MitogenPickleReader *self, gsize *n_items);

G_END_DECLS
