/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "wire/mitogen-pickle-reader-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "wire/mitogen-error-private.h"
#include "wire/mitogen-pickle-memo-private.h"
#include "wire/mitogen-pickle-opcodes-private.h"

#define INLINE_STACK     16
#define HIGHEST_PROTOCOL 5

const MitogenPickleLimits mitogen_pickle_default_limits = {
  .max_depth = 100,
  .max_elements = 1u << 24,
  .max_size = 1u << 30,
};

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
  MitogenItem inline_stack[INLINE_STACK];
};

/* FALSE without an error set: malformed here. */
typedef gboolean (*OpcodeFunc) (MitogenPickleReader *self, guint8 opcode, GError **error);

/* ---- The reader ---- */

static void
reader_init (MitogenPickleReader *self, GBytes *bytes, const MitogenPickleLimits *limits)
{
  self->bytes = bytes;
  self->data = g_bytes_get_data (bytes, &self->size);
  self->position = 0;
  self->stack = self->inline_stack;
  self->n_stack = 0;
  self->n_stack_allocated = INLINE_STACK;
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

static const guint8 *
take (MitogenPickleReader *self, gsize size)
{
  const guint8 *taken = self->data + self->position;

  if (size > self->size - self->position)
    return NULL;
  self->position += size;

  return taken;
}

/* A little-endian number of @width bytes. */
static gboolean
take_number (MitogenPickleReader *self, gsize width, guint64 *number)
{
  const guint8 *bytes = take (self, width);
  guint64 raw = 0;

  if (bytes == NULL)
    return FALSE;
  memcpy (&raw, bytes, width);
  *number = GUINT64_FROM_LE (raw);

  return TRUE;
}

/* What precedes the next newline. */
static const guint8 *
take_line (MitogenPickleReader *self, gsize *size)
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
static MitogenItem *
push (MitogenPickleReader *self, GError **error)
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

/* NULL: there are not so many above the mark. */
static MitogenItem *
peek (MitogenPickleReader *self, gsize n_items)
{
  if (self->n_stack - self->bottom < n_items)
    return NULL;

  return &self->stack[self->n_stack - n_items];
}

static void
drop (MitogenPickleReader *self)
{
  mitogen_item_clear (&self->stack[--self->n_stack]);
}

static gboolean
has_mark (MitogenPickleReader *self)
{
  return self->marks != NULL && self->marks->len > 0;
}

/* Takes the topmost mark away. Returns: how many items lay above it. */
static gboolean
unmark (MitogenPickleReader *self, gsize *n_items)
{
  if (!has_mark (self))
    return FALSE;

  *n_items = self->n_stack - self->bottom;
  self->bottom = g_array_index (self->marks, gsize, self->marks->len - 1);
  g_array_set_size (self->marks, self->marks->len - 1);

  return TRUE;
}

static gboolean
push_node (MitogenPickleReader *self, MitogenNodeKind kind, GError **error)
{
  MitogenItem *item = push (self, error);
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
  MitogenItem *item = push (self, error);

  if (item == NULL)
    return FALSE;
  item->kind = MITOGEN_ITEM_NONE;

  return TRUE;
}

static gboolean
read_bool (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  MitogenItem *item = push (self, error);

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

  if (!take_number (self, width, &number))
    return FALSE;
  item = push (self, error);
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
  const guint8 *text = take_line (self, &size);
  MitogenItem *item = text != NULL ? push (self, error) : NULL;

  return item != NULL &&
         mitogen_pickle_parse_int (item, text, size, opcode == MITOGEN_OP_LONG, error);
}

static gboolean
read_long (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  guint64 size;
  const guint8 *data;
  MitogenItem *item;

  if (!take_number (self, opcode == MITOGEN_OP_LONG1 ? 1 : 4, &size) || size > G_MAXINT32)
    return FALSE;
  data = take (self, (gsize) size);
  item = data != NULL ? push (self, error) : NULL;

  return item != NULL && mitogen_pickle_parse_long (item, data, (gsize) size, error);
}

static gboolean
read_float_text (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize size;
  const guint8 *text = take_line (self, &size);
  MitogenItem *item = text != NULL ? push (self, error) : NULL;

  return item != NULL && mitogen_pickle_parse_double (item, text, size);
}

static gboolean
read_float (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  const guint8 *bytes = take (self, 8);
  MitogenItem *item = bytes != NULL ? push (self, error) : NULL;
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

  if (!take_number (self, string_forms[opcode].width, &size) || size > self->size)
    return FALSE;
  data = take (self, (gsize) size);
  item = data != NULL ? push (self, error) : NULL;

  return item != NULL && mitogen_item_set_string (item, string_forms[opcode].kind, NULL, data,
                                                  (gsize) size, &self->arena, error);
}

static gboolean
read_escaped (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gboolean is_unicode = opcode == MITOGEN_OP_UNICODE;
  gsize size;
  const guint8 *text = take_line (self, &size);
  MitogenItem *item = text != NULL ? push (self, error) : NULL;
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
  MitogenItem *items = peek (self, n_items + 1);
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

  if (peek (self, n_items) == NULL || !push_node (self, kind, error))
    return FALSE;

  container = self->stack[self->n_stack - 1];
  at = peek (self, n_items + 1);
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
  else if (!unmark (self, &n_items))
    return FALSE;

  return collect (self, MITOGEN_NODE_TUPLE, n_items, error);
}

static gboolean
read_list (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize n_items;

  return unmark (self, &n_items) && collect (self, MITOGEN_NODE_LIST, n_items, error);
}

static gboolean
read_dict (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize n_items;

  return unmark (self, &n_items) && n_items % 2 == 0 &&
         collect (self, MITOGEN_NODE_DICT, n_items, error);
}

static gboolean
read_append (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize n_items = 1;

  return (opcode == MITOGEN_OP_APPEND || unmark (self, &n_items)) &&
         add_items (self, MITOGEN_NODE_LIST, n_items, error);
}

static gboolean
read_set_item (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize n_items = 2;

  return (opcode == MITOGEN_OP_SETITEM || unmark (self, &n_items)) && n_items % 2 == 0 &&
         add_items (self, MITOGEN_NODE_DICT, n_items, error);
}

/* ---- Stack and memo ---- */

static gboolean
read_pop (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize n_items;

  if (peek (self, 1) != NULL)
    {
      drop (self);
      return TRUE;
    }

  return unmark (self, &n_items);
}

static gboolean
read_pop_mark (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  gsize n_items;

  if (!unmark (self, &n_items))
    return FALSE;
  while (n_items-- > 0)
    drop (self);

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
  item = push (self, error);
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
  return push_shared (self, peek (self, 1), error);
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
      text = take_line (self, &size);
      if (text == NULL || !mitogen_pickle_parse_int (&item, text, size, TRUE, NULL) ||
          item.kind != MITOGEN_ITEM_INT || item.as.integer < 0)
        return FALSE;
      number = item.as.natural;
    }
  else if (opcode == MITOGEN_OP_MEMOIZE)
    number = mitogen_pickle_memo_next_index (&self->memo);
  else if (!take_number (self, opcode == MITOGEN_OP_BINPUT || opcode == MITOGEN_OP_BINGET ? 1 : 4,
                         &number))
    return FALSE;

  *index = (guint32) number;

  return number <= G_MAXUINT32;
}

static gboolean
read_put (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  MitogenItem *item = peek (self, 1);
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
  const guint8 *module = take_line (self, &module_size);
  const guint8 *name = module != NULL ? take_line (self, &name_size) : NULL;
  MitogenItem *item = name != NULL ? push (self, error) : NULL;

  return item != NULL &&
         mitogen_pickle_find_global (item, module, module_size, name, name_size, error);
}

static gboolean
read_stack_global (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  MitogenItem *items = peek (self, 2);
  const MitogenItem *module = items != NULL ? mitogen_item_peek_string (&items[0]) : NULL;
  const MitogenItem *name = items != NULL ? mitogen_item_peek_string (&items[1]) : NULL;
  MitogenItem found;

  if (module == NULL || name == NULL ||
      !mitogen_pickle_find_global (&found, module->as.data, module->size, name->as.data, name->size,
                                   error))
    return FALSE;

  drop (self);
  mitogen_item_clear (&items[0]);
  items[0] = found;

  return TRUE;
}

static gboolean
read_reduce (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  MitogenItem *items = peek (self, 2);

  if (items == NULL || !mitogen_pickle_apply_global (&items[0], &items[1], &self->arena, error))
    return FALSE;
  drop (self);

  return TRUE;
}

/* ---- The rest ---- */

static gboolean
read_protocol (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  guint64 version;

  return take_number (self, 1, &version) && version <= HIGHEST_PROTOCOL;
}

/* A hint for readers of streams; we have all of it. */
static gboolean
read_frame (MitogenPickleReader *self, guint8 opcode, GError **error)
{
  guint64 size;

  return take_number (self, 8, &size) && size <= self->size - self->position;
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
  const guint8 *module = take_line (self, &module_size);
  const guint8 *name = module != NULL ? take_line (self, &name_size) : NULL;
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

static const OpcodeFunc opcodes[256] = {
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

/* ---- Reading ---- */

static void
set_malformed (MitogenPickleReader *self, gsize position, GError **error)
{
  if (position < self->size)
    g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                 _ ("Malformed pickle: opcode 0x%02x at byte %" G_GSIZE_FORMAT
                    " of %" G_GSIZE_FORMAT),
                 self->data[position], position, self->size);
  else
    g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                 _ ("Malformed pickle: it ends after %" G_GSIZE_FORMAT " bytes"), self->size);
}

static gboolean
read_opcodes (MitogenPickleReader *self, GError **error)
{
  while (self->position < self->size && self->data[self->position] != MITOGEN_OP_STOP)
    {
      gsize position = self->position++;
      guint8 opcode = self->data[position];
      GError *reason = NULL;

      if (G_LIKELY (opcodes[opcode] != NULL && opcodes[opcode](self, opcode, &reason)))
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
