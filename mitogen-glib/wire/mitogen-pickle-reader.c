/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "wire/mitogen-pickle-reader-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "wire/mitogen-error-private.h"
#include "wire/mitogen-pickle-opcodes-private.h"

const MitogenPickleLimits mitogen_pickle_default_limits = {
  .max_depth = 100,
  .max_elements = 1u << 24,
  .max_size = 1u << 30,
};

/* ---- The reader ---- */

static void
reader_init (MitogenPickleReader *self, GBytes *bytes, const MitogenPickleLimits *limits)
{
  self->bytes = bytes;
  self->data = g_bytes_get_data (bytes, &self->size);
  self->position = 0;
  self->stack = self->inline_stack;
  self->n_stack = 0;
  self->n_stack_allocated = MITOGEN_PICKLE_INLINE_STACK;
  self->bottom = 0;
  self->marks = NULL;
  memset (&self->memo, 0, sizeof self->memo);
  mitogen_pickle_arena_init (&self->arena, bytes,
                             limits != NULL ? limits : &mitogen_pickle_default_limits);
}

static void
clear_stack (MitogenPickleReader *self)
{
  while (self->n_stack > 0)
    mitogen_item_clear (&self->stack[--self->n_stack]);
  self->bottom = 0;
  if (self->marks != NULL)
    g_array_set_size (self->marks, 0);
}

static void
reader_finish (MitogenPickleReader *self)
{
  clear_stack (self);
  mitogen_pickle_memo_clear (&self->memo);
  if (self->stack != self->inline_stack)
    g_free (self->stack);
  g_clear_pointer (&self->marks, g_array_unref);
}

MitogenPickleReader *
mitogen_pickle_reader_new (GBytes *bytes, const MitogenPickleLimits *limits)
{
  MitogenPickleReader *self = g_new (MitogenPickleReader, 1);

  reader_init (self, g_bytes_ref (bytes), limits);

  return self;
}

void
mitogen_pickle_reader_free (MitogenPickleReader *self)
{
  reader_finish (self);
  g_bytes_unref (self->bytes);
  g_free (self);
}

gboolean
mitogen_pickle_reader_at_end (MitogenPickleReader *self)
{
  return self->position == self->size;
}

/* ---- The payload ---- */

/* What precedes the next newline. */
const guint8 *
mitogen_pickle_reader_take_line (MitogenPickleReader *self, gsize *size)
{
  const guint8 *line = self->data + self->position;
  const guint8 *end = memchr (line, '\n', self->size - self->position);

  if (end == NULL)
    return NULL;
  *size = (gsize) (end - line);
  self->position += *size + 1;

  return line;
}

/* ---- The stack ---- */

/* Returns: where the new item goes; it must be filled at once. NULL: too many. */
MitogenItem *
mitogen_pickle_reader_push (MitogenPickleReader *self, GError **error)
{
  if (G_UNLIKELY (self->arena.elements_left == 0))
    {
      g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
                           _ ("The received value has too many elements"));
      return NULL;
    }
  self->arena.elements_left--;

  if (G_UNLIKELY (self->n_stack == self->n_stack_allocated))
    {
      gboolean is_inline = self->stack == self->inline_stack;

      self->n_stack_allocated *= 2;
      self->stack = g_renew (MitogenItem, is_inline ? NULL : self->stack, self->n_stack_allocated);
      if (is_inline)
        memcpy (self->stack, self->inline_stack, sizeof self->inline_stack);
    }

  self->stack[self->n_stack].kind = MITOGEN_ITEM_NOTHING;

  return &self->stack[self->n_stack++];
}

void
mitogen_pickle_reader_drop (MitogenPickleReader *self)
{
  mitogen_item_clear (&self->stack[--self->n_stack]);
}

static gboolean
has_mark (MitogenPickleReader *self)
{
  return self->marks != NULL && self->marks->len > 0;
}

/* Takes the topmost mark away. Returns: how many items lay above it. */
gboolean
mitogen_pickle_reader_unmark (MitogenPickleReader *self, gsize *n_items)
{
  if (!has_mark (self))
    return FALSE;

  *n_items = self->n_stack - self->bottom;
  self->bottom = g_array_index (self->marks, gsize, self->marks->len - 1);
  g_array_set_size (self->marks, self->marks->len - 1);

  return TRUE;
}

gboolean
mitogen_pickle_reader_mark (MitogenPickleReader *self, GError **error)
{
  if (self->marks == NULL)
    self->marks = g_array_new (FALSE, FALSE, sizeof (gsize));
  /* A container has one open mark, and so have the arguments of a call in it. */
  if (self->marks->len > 2 * self->arena.limits.max_depth + 2)
    {
      g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
                           _ ("The received value is nested too deeply"));
      return FALSE;
    }
  g_array_append_val (self->marks, self->bottom);
  self->bottom = self->n_stack;

  return TRUE;
}

/* ---- Reading ---- */

static void
set_malformed (MitogenPickleReader *self, gsize position, GError **error)
{
  if (position < self->size)
    g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                 _ ("Malformed pickle: opcode 0x%02x at byte %zu of %zu"), self->data[position],
                 position, self->size);
  else
    g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                 _ ("Malformed pickle: it ends after %zu bytes"), self->size);
}

static gboolean
read_opcodes (MitogenPickleReader *self, GError **error)
{
  while (self->position < self->size && self->data[self->position] != MITOGEN_OP_STOP)
    {
      gsize position = self->position++;
      guint8 opcode = self->data[position];
      MitogenPickleOpcodeFunc read = mitogen_pickle_opcodes[opcode];
      GError *reason = NULL;

      if (G_LIKELY (read != NULL && read (self, opcode, &reason)))
        continue;

      if (reason != NULL)
        g_propagate_error (error, reason);
      else
        set_malformed (self, position, error);
      return FALSE;
    }

  if (self->position < self->size && self->n_stack == 1 && !has_mark (self))
    {
      self->position++;
      return TRUE;
    }
  set_malformed (self, self->position, error);

  return FALSE;
}

static GVariant *
finish_value (MitogenPickleReader *self, GError **error)
{
  MitogenItem *item = &self->stack[0];
  MitogenNode *call_error = mitogen_item_peek_node (item, MITOGEN_NODE_CALL_ERROR);

  if (call_error != NULL)
    {
      g_propagate_error (error, mitogen_error_new_remote ((const char *) call_error->string.as.data,
                                                          (gssize) call_error->string.size));
      return NULL;
    }
  if (!mitogen_item_settle (item, &self->arena, error) || !mitogen_item_check_text (item, error))
    return NULL;

  return mitogen_item_to_variant (item, &self->arena);
}

/* After an error the reader can only be freed. */
GVariant *
mitogen_pickle_reader_next (MitogenPickleReader *self, GError **error)
{
  GVariant *value = NULL;

  if (read_opcodes (self, error))
    value = finish_value (self, error);
  clear_stack (self);

  return value;
}

GVariant *
mitogen_pickle_read (GBytes *bytes, GError **error)
{
  MitogenPickleReader reader;
  g_autoptr (GVariant) value = NULL;

  reader_init (&reader, bytes, NULL);
  value = mitogen_pickle_reader_next (&reader, error);
  if (value != NULL && !mitogen_pickle_reader_at_end (&reader))
    {
      set_malformed (&reader, reader.position, error);
      g_clear_pointer (&value, g_variant_unref);
    }
  reader_finish (&reader);

  return g_steal_pointer (&value);
}
