/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What each opcode of a pickle does. */

#include "wire/mitogen-pickle-reader-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "wire/mitogen-error.h"
#include "wire/mitogen-pickle-globals-private.h"
#include "wire/mitogen-pickle-opcodes-private.h"
#include "wire/mitogen-pickle-text-private.h"

#define HIGHEST_PROTOCOL 5

static gboolean
push_node (MitogenPickleReader *self, MitogenNodeKind kind, GError **error)
{
  MitogenItem *item = mitogen_pickle_reader_push (self, error);
  MitogenNode *node = item != NULL ? mitogen_node_new (kind, &self->arena, error) : NULL;

  if (node == NULL)
    return FALSE;
  *item = mitogen_item_from_node (node);

  return TRUE;
}

/* ---- Atoms ---- */

static gboolean
read_none (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  MitogenItem *item = mitogen_pickle_reader_push (self, error);

  if (item == NULL)
    return FALSE;
  item->kind = MITOGEN_ITEM_NONE;

  return TRUE;
}

static gboolean
read_bool (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  MitogenItem *item = mitogen_pickle_reader_push (self, error);

  if (item == NULL)
    return FALSE;
  item->kind = MITOGEN_ITEM_BOOL;
  item->as.boolean = opcode == MITOGEN_OP_NEWTRUE;

  return TRUE;
}

static gboolean
read_binint (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize width = opcode == MITOGEN_OP_BININT ? 4 : opcode == MITOGEN_OP_BININT2 ? 2 : 1;
  guint64 number;
  MitogenItem *item;

  if (!mitogen_pickle_reader_take_number (self, width, &number))
    return FALSE;
  item = mitogen_pickle_reader_push (self, error);
  if (item == NULL)
    return FALSE;

  item->kind = MITOGEN_ITEM_INT;
  item->as.integer = width == 4 ? (gint64) (gint32) number : (gint64) number;

  return TRUE;
}

static gboolean
read_int_text (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize size;
  const guint8 *text = mitogen_pickle_reader_take_line (self, &size);
  MitogenItem *item = text != NULL ? mitogen_pickle_reader_push (self, error) : NULL;

  return item != NULL &&
         mitogen_pickle_parse_int (item, text, size, opcode == MITOGEN_OP_LONG, error);
}

static gboolean
read_long (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  guint64 size;
  const guint8 *data;
  MitogenItem *item;

  if (!mitogen_pickle_reader_take_number (self, opcode == MITOGEN_OP_LONG1 ? 1 : 4, &size) ||
      size > G_MAXINT32)
    return FALSE;
  data = mitogen_pickle_reader_take (self, (gsize) size);
  item = data != NULL ? mitogen_pickle_reader_push (self, error) : NULL;

  return item != NULL && mitogen_pickle_parse_long (item, data, (gsize) size, error);
}

static gboolean
read_float_text (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize size;
  const guint8 *text = mitogen_pickle_reader_take_line (self, &size);
  MitogenItem *item = text != NULL ? mitogen_pickle_reader_push (self, error) : NULL;

  return item != NULL && mitogen_pickle_parse_double (item, text, size);
}

static gboolean
read_float (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  const guint8 *bytes = mitogen_pickle_reader_take (self, 8);
  MitogenItem *item = bytes != NULL ? mitogen_pickle_reader_push (self, error) : NULL;
  guint64 raw;

  if (item == NULL)
    return FALSE;
  memcpy (&raw, bytes, sizeof raw);
  item->kind = MITOGEN_ITEM_DOUBLE;
  item->as.natural = GUINT64_FROM_BE (raw);

  return TRUE;
}

/* ---- Strings ---- */

/* Indexed by opcode: how wide the length is, and what follows it. */
static const struct
{
  guint8 width;
  guint8 kind;
} string_forms[256] = {
  [MITOGEN_OP_SHORT_BINSTRING] = { 1, MITOGEN_ITEM_STR },
  [MITOGEN_OP_BINSTRING] = { 4, MITOGEN_ITEM_STR },
  [MITOGEN_OP_SHORT_BINUNICODE] = { 1, MITOGEN_ITEM_TEXT },
  [MITOGEN_OP_BINUNICODE] = { 4, MITOGEN_ITEM_TEXT },
  [MITOGEN_OP_BINUNICODE8] = { 8, MITOGEN_ITEM_TEXT },
  [MITOGEN_OP_SHORT_BINBYTES] = { 1, MITOGEN_ITEM_BYTES },
  [MITOGEN_OP_BINBYTES] = { 4, MITOGEN_ITEM_BYTES },
  [MITOGEN_OP_BINBYTES8] = { 8, MITOGEN_ITEM_BYTES },
  [MITOGEN_OP_BYTEARRAY8] = { 8, MITOGEN_ITEM_BYTES },
};

static gboolean
read_string (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  MitogenItem *item;
  const guint8 *data;
  guint64 size;

  if (!mitogen_pickle_reader_take_number (self, string_forms[opcode].width, &size) ||
      size > self->size)
    return FALSE;
  data = mitogen_pickle_reader_take (self, (gsize) size);
  item = data != NULL ? mitogen_pickle_reader_push (self, error) : NULL;

  return item != NULL && mitogen_item_set_string (item, string_forms[opcode].kind, NULL, data,
                                                  (gsize) size, &self->arena, error);
}

static gboolean
read_escaped (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gboolean is_unicode = opcode == MITOGEN_OP_UNICODE;
  gsize size;
  const guint8 *text = mitogen_pickle_reader_take_line (self, &size);
  MitogenItem *item = text != NULL ? mitogen_pickle_reader_push (self, error) : NULL;
  gboolean malformed;
  GBytes *owner;

  if (item == NULL)
    return FALSE;
  if (is_unicode)
    owner = mitogen_pickle_unescape_unicode (&text, &size, &malformed);
  else
    owner = mitogen_pickle_unescape_str (&text, &size, &malformed);
  if (malformed)
    return FALSE;

  return mitogen_item_set_string (item, is_unicode ? MITOGEN_ITEM_TEXT : MITOGEN_ITEM_STR, owner,
                                  text, size, &self->arena, error);
}

/* ---- Containers ---- */

static gboolean
read_mark (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  return mitogen_pickle_reader_mark (self, error);
}

static gboolean
read_empty (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  switch (opcode)
    {
    case MITOGEN_OP_EMPTY_LIST:
      return push_node (self, MITOGEN_NODE_LIST, error);
    case MITOGEN_OP_EMPTY_DICT:
      return push_node (self, MITOGEN_NODE_DICT, error);
    default:
      return push_node (self, MITOGEN_NODE_TUPLE, error);
    }
}

/* Moves the @n_items topmost items into the container right below them. */
static gboolean
add_items (MitogenPickleReader *self, MitogenNodeKind kind, gsize n_items, GError **error)
{
  MitogenItem *items = mitogen_pickle_reader_peek (self, n_items + 1);
  MitogenNode *node = items != NULL ? mitogen_item_peek_node (items++, kind) : NULL;

  if (node == NULL)
    return FALSE;
  if (node->frozen)
    {
      g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE,
                           _ ("Cannot receive a list or dictionary that contains itself"));
      return FALSE;
    }

  for (gsize i = 0; i < n_items; i++)
    if (!mitogen_item_settle (&items[i], &self->arena, error))
      return FALSE;
  if (!mitogen_node_take_items (node, items, n_items, &self->arena, error))
    return FALSE;
  self->n_stack -= n_items;

  return TRUE;
}

/* Puts a new, empty container below the @n_items topmost items, then fills it. */
static gboolean
collect (MitogenPickleReader *self, MitogenNodeKind kind, gsize n_items, GError **error)
{
  MitogenItem container;
  MitogenItem *at;

  if (mitogen_pickle_reader_peek (self, n_items) == NULL || !push_node (self, kind, error))
    return FALSE;

  container = self->stack[self->n_stack - 1];
  at = mitogen_pickle_reader_peek (self, n_items + 1);
  memmove (at + 1, at, n_items * sizeof *at);
  *at = container;

  return add_items (self, kind, n_items, error);
}

static gboolean
read_tuple (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize n_items;

  if (opcode != MITOGEN_OP_TUPLE)
    n_items = (gsize) opcode - MITOGEN_OP_TUPLE1 + 1;
  else if (!mitogen_pickle_reader_unmark (self, &n_items))
    return FALSE;

  return collect (self, MITOGEN_NODE_TUPLE, n_items, error);
}

static gboolean
read_list (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize n_items;

  return mitogen_pickle_reader_unmark (self, &n_items) &&
         collect (self, MITOGEN_NODE_LIST, n_items, error);
}

static gboolean
read_dict (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize n_items;

  return mitogen_pickle_reader_unmark (self, &n_items) && n_items % 2 == 0 &&
         collect (self, MITOGEN_NODE_DICT, n_items, error);
}

static gboolean
read_append (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize n_items = 1;

  return (opcode == MITOGEN_OP_APPEND || mitogen_pickle_reader_unmark (self, &n_items)) &&
         add_items (self, MITOGEN_NODE_LIST, n_items, error);
}

static gboolean
read_set_item (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize n_items = 2;

  return (opcode == MITOGEN_OP_SETITEM || mitogen_pickle_reader_unmark (self, &n_items)) &&
         n_items % 2 == 0 && add_items (self, MITOGEN_NODE_DICT, n_items, error);
}

/* ---- Stack and memo ---- */

static gboolean
read_pop (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize n_items;

  if (mitogen_pickle_reader_peek (self, 1) != NULL)
    {
      mitogen_pickle_reader_drop (self);
      return TRUE;
    }

  return mitogen_pickle_reader_unmark (self, &n_items);
}

static gboolean
read_pop_mark (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize n_items;

  if (!mitogen_pickle_reader_unmark (self, &n_items))
    return FALSE;
  while (n_items-- > 0)
    mitogen_pickle_reader_drop (self);

  return TRUE;
}

/* Pushes what somebody else holds too. A list or dictionary that is still being filled
 * is complete now, unless it contains itself: then the next addition fails. */
static gboolean
push_shared (MitogenPickleReader *self, MitogenItem *shared, GError **error)
{
  MitogenItem copy;
  MitogenItem *item;

  if (shared == NULL)
    return FALSE;
  if (mitogen_item_peek_node (shared, MITOGEN_NODE_LIST) != NULL ||
      mitogen_item_peek_node (shared, MITOGEN_NODE_DICT) != NULL)
    if (!mitogen_item_settle (shared, &self->arena, error))
      return FALSE;

  copy = mitogen_item_copy (shared);
  item = mitogen_pickle_reader_push (self, error);
  if (item == NULL)
    {
      mitogen_item_clear (&copy);
      return FALSE;
    }
  *item = copy;

  return TRUE;
}

static gboolean
read_dup (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  return push_shared (self, mitogen_pickle_reader_peek (self, 1), error);
}

/* The number of a memo entry, in any of its forms. */
static gboolean
take_index (MitogenPickleReader *self, guint8 opcode, guint32 *index)
{
  guint64 number = 0;
  const guint8 *text;
  MitogenItem item;
  gsize size;

  if (opcode == MITOGEN_OP_PUT || opcode == MITOGEN_OP_GET)
    {
      text = mitogen_pickle_reader_take_line (self, &size);
      if (text == NULL || !mitogen_pickle_parse_int (&item, text, size, TRUE, NULL) ||
          item.kind != MITOGEN_ITEM_INT || item.as.integer < 0)
        return FALSE;
      number = item.as.natural;
    }
  else if (opcode == MITOGEN_OP_MEMOIZE)
    number = mitogen_pickle_memo_next_index (&self->memo);
  else if (!mitogen_pickle_reader_take_number (
               self, opcode == MITOGEN_OP_BINPUT || opcode == MITOGEN_OP_BINGET ? 1 : 4, &number))
    return FALSE;

  *index = (guint32) number;

  return number <= G_MAXUINT32;
}

static gboolean
read_put (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  MitogenItem *item = mitogen_pickle_reader_peek (self, 1);
  guint32 index;

  if (item == NULL || !take_index (self, opcode, &index))
    return FALSE;
  mitogen_pickle_memo_put (&self->memo, index, item);

  return TRUE;
}

static gboolean
read_get (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  guint32 index;

  return take_index (self, opcode, &index) &&
         push_shared (self, mitogen_pickle_memo_get (&self->memo, index), error);
}

/* ---- Globals ---- */

static gboolean
read_global (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize module_size, name_size;
  const guint8 *module = mitogen_pickle_reader_take_line (self, &module_size);
  const guint8 *name = module != NULL ? mitogen_pickle_reader_take_line (self, &name_size) : NULL;
  MitogenItem *item = name != NULL ? mitogen_pickle_reader_push (self, error) : NULL;

  return item != NULL &&
         mitogen_pickle_find_global (item, module, module_size, name, name_size, error);
}

static gboolean
read_stack_global (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  MitogenItem *items = mitogen_pickle_reader_peek (self, 2);
  const MitogenItem *module = items != NULL ? mitogen_item_peek_string (&items[0]) : NULL;
  const MitogenItem *name = items != NULL ? mitogen_item_peek_string (&items[1]) : NULL;
  MitogenItem found;

  if (module == NULL || name == NULL ||
      !mitogen_pickle_find_global (&found, module->as.data, module->size, name->as.data, name->size,
                                   error))
    return FALSE;

  mitogen_pickle_reader_drop (self);
  mitogen_item_clear (&items[0]);
  items[0] = found;

  return TRUE;
}

static gboolean
read_reduce (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  MitogenItem *items = mitogen_pickle_reader_peek (self, 2);

  if (items == NULL || !mitogen_pickle_apply_global (&items[0], &items[1], &self->arena, error))
    return FALSE;
  mitogen_pickle_reader_drop (self);

  return TRUE;
}

/* ---- The rest ---- */

static gboolean
read_protocol (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  guint64 version;

  return mitogen_pickle_reader_take_number (self, 1, &version) && version <= HIGHEST_PROTOCOL;
}

/* A hint for readers of streams; we have all of it. */
static gboolean
read_frame (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  guint64 size;

  return mitogen_pickle_reader_take_number (self, 8, &size) && size <= self->size - self->position;
}

static gboolean
refuse_set (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  mitogen_pickle_refuse_set (opcode == MITOGEN_OP_FROZENSET ? "frozenset" : "set", error);

  return FALSE;
}

static gboolean
refuse_instance (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize module_size, name_size;
  const guint8 *module = mitogen_pickle_reader_take_line (self, &module_size);
  const guint8 *name = module != NULL ? mitogen_pickle_reader_take_line (self, &name_size) : NULL;
  MitogenItem item;

  if (name != NULL)
    mitogen_pickle_find_global (&item, module, module_size, name, name_size, error);

  return FALSE;
}

static gboolean
refuse_buffer (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE,
                       _ ("Cannot receive an out-of-band buffer; send bytes() of it instead"));

  return FALSE;
}

const MitogenPickleOpcodeFunc mitogen_pickle_opcodes[256] = {
  [MITOGEN_OP_NONE] = read_none,
  [MITOGEN_OP_NEWTRUE] = read_bool,
  [MITOGEN_OP_NEWFALSE] = read_bool,
  [MITOGEN_OP_BININT] = read_binint,
  [MITOGEN_OP_BININT1] = read_binint,
  [MITOGEN_OP_BININT2] = read_binint,
  [MITOGEN_OP_INT] = read_int_text,
  [MITOGEN_OP_LONG] = read_int_text,
  [MITOGEN_OP_LONG1] = read_long,
  [MITOGEN_OP_LONG4] = read_long,
  [MITOGEN_OP_FLOAT] = read_float_text,
  [MITOGEN_OP_BINFLOAT] = read_float,
  [MITOGEN_OP_STRING] = read_escaped,
  [MITOGEN_OP_UNICODE] = read_escaped,
  [MITOGEN_OP_BINSTRING] = read_string,
  [MITOGEN_OP_SHORT_BINSTRING] = read_string,
  [MITOGEN_OP_BINUNICODE] = read_string,
  [MITOGEN_OP_SHORT_BINUNICODE] = read_string,
  [MITOGEN_OP_BINUNICODE8] = read_string,
  [MITOGEN_OP_BINBYTES] = read_string,
  [MITOGEN_OP_SHORT_BINBYTES] = read_string,
  [MITOGEN_OP_BINBYTES8] = read_string,
  [MITOGEN_OP_BYTEARRAY8] = read_string,
  [MITOGEN_OP_MARK] = read_mark,
  [MITOGEN_OP_EMPTY_TUPLE] = read_empty,
  [MITOGEN_OP_EMPTY_LIST] = read_empty,
  [MITOGEN_OP_EMPTY_DICT] = read_empty,
  [MITOGEN_OP_TUPLE] = read_tuple,
  [MITOGEN_OP_TUPLE1] = read_tuple,
  [MITOGEN_OP_TUPLE2] = read_tuple,
  [MITOGEN_OP_TUPLE3] = read_tuple,
  [MITOGEN_OP_LIST] = read_list,
  [MITOGEN_OP_DICT] = read_dict,
  [MITOGEN_OP_APPEND] = read_append,
  [MITOGEN_OP_APPENDS] = read_append,
  [MITOGEN_OP_SETITEM] = read_set_item,
  [MITOGEN_OP_SETITEMS] = read_set_item,
  [MITOGEN_OP_POP] = read_pop,
  [MITOGEN_OP_POP_MARK] = read_pop_mark,
  [MITOGEN_OP_DUP] = read_dup,
  [MITOGEN_OP_PUT] = read_put,
  [MITOGEN_OP_BINPUT] = read_put,
  [MITOGEN_OP_LONG_BINPUT] = read_put,
  [MITOGEN_OP_MEMOIZE] = read_put,
  [MITOGEN_OP_GET] = read_get,
  [MITOGEN_OP_BINGET] = read_get,
  [MITOGEN_OP_LONG_BINGET] = read_get,
  [MITOGEN_OP_GLOBAL] = read_global,
  [MITOGEN_OP_STACK_GLOBAL] = read_stack_global,
  [MITOGEN_OP_REDUCE] = read_reduce,
  [MITOGEN_OP_PROTO] = read_protocol,
  [MITOGEN_OP_FRAME] = read_frame,
  [MITOGEN_OP_EMPTY_SET] = refuse_set,
  [MITOGEN_OP_ADDITEMS] = refuse_set,
  [MITOGEN_OP_FROZENSET] = refuse_set,
  [MITOGEN_OP_INST] = refuse_instance,
  [MITOGEN_OP_NEXT_BUFFER] = refuse_buffer,
  [MITOGEN_OP_READONLY_BUFFER] = refuse_buffer,
};
