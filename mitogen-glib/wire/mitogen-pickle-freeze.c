/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Puts a container in its final form. The serialised form of GVariant is documented
 * in its specification; in short: elements lie one after another, each at a multiple
 * of its alignment; where the size of an element does not follow from its type, a
 * table at the end of the container says where it ends, in numbers as wide as the
 * container's size needs. A variant is its value, a NUL and the type. */

#include "wire/mitogen-pickle-item-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "wire/mitogen-error.h"

/* From this average size of elements on, they are shared rather than copied. */
#define TREE_AVERAGE      4096
#define TREE_ELEMENT_COST 256

/* GVariant reads nothing below 128 levels; others may yet wrap what they get. */
#define MAX_HEIGHT 112

typedef enum
{
  DICT_TEXT_KEYS,
  DICT_INT_KEYS,
  DICT_ANY_KEYS,
} DictForm;

static const char *const dict_types[] = { "a{sv}", "a{xv}", "a(vv)" };

/* ---- Limits ---- */

static gboolean
check_size (gsize size, MitogenPickleArena *arena, GError **error)
{
  if (size <= MAX (arena->limits.max_size, g_bytes_get_size (arena->payload)))
    return TRUE;

  g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
                       _ ("The received value is too large"));

  return FALSE;
}

/* Adds the sizes of an item to those of its container. */
static void
count_item (MitogenNode *self, const MitogenItem *item, gsize *size)
{
  const MitogenNode *node = item->kind == MITOGEN_ITEM_NODE ? item->as.node : NULL;
  gboolean is_string = mitogen_item_peek_string (item) != NULL;
  guint16 own_height = item->kind == MITOGEN_ITEM_NONE || is_string ? 2 : 1;
  MitogenLayout layout;
  gsize elements;

  mitogen_item_get_layout (item, &layout);
  if (!g_size_checked_add (size, *size, layout.size) ||
      !g_size_checked_add (size, *size, layout.type_length))
    *size = G_MAXSIZE;

  elements = node != NULL ? node->elements : 1;
  if (!g_size_checked_add (&self->elements, self->elements, elements))
    self->elements = G_MAXSIZE;

  self->height = MAX (self->height, is_string || node == NULL ? own_height : node->height);
  self->depth = MAX (self->depth, is_string || node == NULL ? 0 : node->depth);
}

/* Before anything is made of the items: what follows can rely on numbers that are not
 * near to overflowing. */
static gboolean
check_limits (MitogenNode *self, MitogenPickleArena *arena, GError **error)
{
  static const guint8 own_height[] = {
    [MITOGEN_NODE_LIST] = 2,
    [MITOGEN_NODE_DICT] = 3,
    [MITOGEN_NODE_TUPLE] = 1,
  };
  gsize size = 0;

  for (gsize i = 0; i < self->n_items; i++)
    count_item (self, &self->items[i], &size);
  self->height += own_height[self->kind];
  self->depth++;

  if (self->depth > arena->limits.max_depth || self->height > MAX_HEIGHT)
    g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
                         _ ("The received value is nested too deeply"));
  else if (self->elements > arena->limits.max_elements)
    g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
                         _ ("The received value has too many elements"));
  else
    return check_size (size, arena, error);

  return FALSE;
}

static gboolean
check_texts (MitogenNode *self, GError **error)
{
  for (gsize i = 0; i < self->n_items; i++)
    if (!mitogen_item_check_text (&self->items[i], error))
      return FALSE;

  return TRUE;
}

/* ---- Serialising; with @start NULL the functions only measure ---- */

static inline gsize
align (guint8 *start, gsize offset, gsize alignment)
{
  gsize aligned = (offset + alignment - 1) & ~(alignment - 1);

  if (start != NULL)
    memset (start + offset, 0, aligned - offset);

  return aligned;
}

static gsize
put_variant (guint8 *start, gsize offset, const MitogenItem *item)
{
  MitogenLayout layout;

  mitogen_item_get_layout (item, &layout);
  offset = align (start, offset, 8);
  if (start != NULL)
    {
      mitogen_item_store (item, start + offset);
      start[offset + layout.size] = '\0';
      memcpy (start + offset + layout.size + 1, layout.type, layout.type_length);
    }

  return offset + layout.size + 1 + layout.type_length;
}

static gsize
get_offset_width (gsize body, gsize n_offsets)
{
  if (body + n_offsets <= G_MAXUINT8)
    return 1;
  if (body + 2 * n_offsets <= G_MAXUINT16)
    return 2;
  if (body + 4 * n_offsets <= G_MAXUINT32)
    return 4;

  return 8;
}

static void
put_offset (guint8 *to, gsize offset, gsize width)
{
  guint64 raw = GUINT64_TO_LE ((guint64) offset);

  memcpy (to, &raw, width);
}

static gsize
put_list (MitogenNode *self, guint8 *start, gsize body)
{
  gsize width = get_offset_width (body, self->n_items);
  gsize offset = 0;

  for (gsize i = 0; i < self->n_items; i++)
    {
      offset = put_variant (start, offset, &self->items[i]);
      if (start != NULL)
        put_offset (start + body + i * width, offset, width);
    }

  return offset;
}

static gsize
put_key (guint8 *start, gsize offset, const MitogenItem *key, DictForm form)
{
  const MitogenItem *string;

  switch (form)
    {
    case DICT_TEXT_KEYS:
      string = mitogen_item_peek_string (key);
      if (start != NULL)
        {
          mitogen_item_store (key, start + offset);
          start[offset + string->size] = '\0';
        }
      return offset + string->size + 1;
    case DICT_INT_KEYS:
      if (start != NULL)
        mitogen_item_store (key, start + offset);
      return offset + sizeof (gint64);
    default:
      return put_variant (start, offset, key);
    }
}

static gsize
put_entry (guint8 *start, gsize begin, const MitogenItem *pair, DictForm form)
{
  gsize key_end = put_key (start, begin, &pair[0], form);
  gsize end = put_variant (start, key_end, &pair[1]);
  gsize width;

  if (form == DICT_INT_KEYS)
    return end;

  width = get_offset_width (end - begin, 1);
  if (start != NULL)
    put_offset (start + end, key_end - begin, width);

  return end + width;
}

static gsize
put_dict (MitogenNode *self, guint8 *start, gsize body, DictForm form)
{
  gsize n_entries = self->n_items / 2;
  gsize width = get_offset_width (body, n_entries);
  gsize offset = 0;

  for (gsize i = 0; i < n_entries; i++)
    {
      offset = put_entry (start, align (start, offset, 8), &self->items[2 * i], form);
      if (start != NULL)
        put_offset (start + body + i * width, offset, width);
    }

  return offset;
}

/* @size: of the whole; the table of a tuple is in reverse order. */
static gsize
put_tuple (MitogenNode *self, guint8 *start, gsize size, gsize width)
{
  gsize offset = 0;
  gsize n_offsets = 0;

  for (gsize i = 0; i < self->n_items; i++)
    {
      MitogenLayout layout;

      mitogen_item_get_layout (&self->items[i], &layout);
      offset = align (start, offset, layout.alignment);
      if (start != NULL)
        mitogen_item_store (&self->items[i], start + offset);
      offset += layout.size;
      if (layout.fixed || i + 1 == self->n_items)
        continue;
      n_offsets++;
      if (start != NULL)
        put_offset (start + size - n_offsets * width, offset, width);
    }

  return offset;
}

/* ---- The three kinds, serialised ---- */

/* Takes memory for the value and its type; both are written later. */
static gboolean
allocate (MitogenNode *self, MitogenPickleArena *arena, GError **error)
{
  gsize size = self->layout.size + 1 + self->layout.type_length + 1;

  if (!mitogen_pickle_arena_charge (arena, size, error))
    return FALSE;

  self->data = g_try_malloc (size);
  if (self->data == NULL)
    {
      g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
                           _ ("Not enough memory for the received value"));
      return FALSE;
    }

  self->data[self->layout.size] = '\0';
  self->data[size - 1] = '\0';

  return TRUE;
}

/* Where the type string goes. */
static guint8 *
get_type_space (MitogenNode *self)
{
  return self->data + self->layout.size + 1;
}

static gboolean
wants_tree (MitogenNode *self)
{
  return self->n_items > 0 && self->layout.size / self->n_items >= TREE_AVERAGE;
}

static void
set_container_layout (MitogenNode *self, const char *type, gsize body, gsize n_offsets)
{
  self->layout.type = type;
  self->layout.type_length = (guint32) strlen (type);
  self->layout.alignment = 8;
  self->layout.fixed = FALSE;
  self->layout.size = body;
  if (n_offsets > 0)
    self->layout.size += n_offsets * get_offset_width (body, n_offsets);
}

/* ---- As GVariants that share their elements ---- */

static GVariant *
box_item (const MitogenItem *item, MitogenPickleArena *arena)
{
  g_autoptr (GVariant) value = mitogen_item_to_variant (item, arena);

  return g_variant_new_variant (value);
}

static GVariant *
make_key (const MitogenItem *key, DictForm form, MitogenPickleArena *arena)
{
  const MitogenItem *string = mitogen_item_peek_string (key);
  MitogenItem text;

  if (form != DICT_TEXT_KEYS || string->kind == MITOGEN_ITEM_TEXT)
    return mitogen_item_to_variant (key, arena);

  text = *string;
  text.kind = MITOGEN_ITEM_TEXT;

  return mitogen_item_to_variant (&text, arena);
}

static GVariant *
make_entry (const MitogenItem *pair, DictForm form, MitogenPickleArena *arena)
{
  GVariant *members[2] = { NULL, box_item (&pair[1], arena) };
  g_autoptr (GVariant) key = NULL;

  if (form == DICT_ANY_KEYS)
    {
      members[0] = box_item (&pair[0], arena);
      return g_variant_new_tuple (members, 2);
    }

  key = make_key (&pair[0], form, arena);

  return g_variant_new_dict_entry (key, members[1]);
}

/* Only a string with a node is shared, and as a key not even that if it was a str. */
static gsize
get_copied_size (MitogenNode *self, gsize index)
{
  const MitogenItem *item = &self->items[index];
  const MitogenItem *string = mitogen_item_peek_string (item);
  gboolean is_key = self->kind == MITOGEN_NODE_DICT && index % 2 == 0;

  if (string == NULL)
    return 0;

  return item == string || (is_key && string->kind == MITOGEN_ITEM_STR) ? string->size : 0;
}

static gboolean
charge_tree (MitogenNode *self, MitogenPickleArena *arena, GError **error)
{
  gsize cost = self->n_items * TREE_ELEMENT_COST + 2 * (gsize) self->layout.type_length;

  for (gsize i = 0; i < self->n_items; i++)
    cost += get_copied_size (self, i);

  return mitogen_pickle_arena_charge (arena, cost, error);
}

static void
adopt_tree (MitogenNode *self, GVariant *value)
{
  self->value = g_variant_ref_sink (value);
  self->layout.type = g_variant_get_type_string (self->value);
  /* The size is known, but g_variant_store() relies on having been asked for it. */
  self->layout.size = g_variant_get_size (self->value);
}

static void
make_list_tree (MitogenNode *self, MitogenPickleArena *arena)
{
  g_autofree GVariant **children = g_new (GVariant *, self->n_items);

  for (gsize i = 0; i < self->n_items; i++)
    children[i] = box_item (&self->items[i], arena);

  adopt_tree (self, g_variant_new_array (G_VARIANT_TYPE_VARIANT, children, self->n_items));
}

static void
make_dict_tree (MitogenNode *self, DictForm form, MitogenPickleArena *arena)
{
  gsize n_entries = self->n_items / 2;
  g_autofree GVariant **children = g_new (GVariant *, n_entries);

  for (gsize i = 0; i < n_entries; i++)
    children[i] = make_entry (&self->items[2 * i], form, arena);

  adopt_tree (self,
              g_variant_new_array (G_VARIANT_TYPE (dict_types[form] + 1), children, n_entries));
}

static void
make_tuple_tree (MitogenNode *self, MitogenPickleArena *arena)
{
  g_autofree GVariant **children = g_new (GVariant *, self->n_items);

  for (gsize i = 0; i < self->n_items; i++)
    children[i] = mitogen_item_to_variant (&self->items[i], arena);
  adopt_tree (self, g_variant_new_tuple (children, self->n_items));
  for (gsize i = 0; i < self->n_items; i++)
    g_variant_unref (children[i]);
}

/* ---- Freezing ---- */

/* With the layout known: @data is there to be filled, or NULL where GVariants are to be
 * made. Texts are looked at only after what it will cost has been accounted for. */
static gboolean
prepare (MitogenNode *self, MitogenPickleArena *arena, GError **error)
{
  if (!check_size (self->layout.size, arena, error))
    return FALSE;
  if (wants_tree (self))
    return charge_tree (self, arena, error) && check_texts (self, error);

  return allocate (self, arena, error) && check_texts (self, error);
}

static gboolean
freeze_list (MitogenNode *self, MitogenPickleArena *arena, GError **error)
{
  gsize body = put_list (self, NULL, 0);

  set_container_layout (self, "av", body, self->n_items);
  if (!prepare (self, arena, error))
    return FALSE;

  if (self->data == NULL)
    {
      make_list_tree (self, arena);
      return TRUE;
    }

  memcpy (get_type_space (self), self->layout.type, self->layout.type_length);
  put_list (self, self->data, body);

  return TRUE;
}

/* Python 2 programs write most keys as str: they are text if all of them can be. */
static DictForm
choose_form (MitogenNode *self)
{
  gboolean text = TRUE;
  gboolean integer = self->n_items > 0;

  for (gsize i = 0; i < self->n_items && (text || integer); i += 2)
    {
      const MitogenItem *key = &self->items[i];
      const MitogenItem *string = mitogen_item_peek_string (key);

      integer = integer && key->kind == MITOGEN_ITEM_INT;
      text = text && string != NULL &&
             (string->kind == MITOGEN_ITEM_TEXT ||
              (string->kind == MITOGEN_ITEM_STR && mitogen_item_is_plain_utf8 (key)));
    }
  if (text)
    return DICT_TEXT_KEYS;

  return integer ? DICT_INT_KEYS : DICT_ANY_KEYS;
}

static gboolean
freeze_dict (MitogenNode *self, MitogenPickleArena *arena, GError **error)
{
  DictForm form = choose_form (self);
  gsize body = put_dict (self, NULL, 0, form);

  set_container_layout (self, dict_types[form], body, self->n_items / 2);
  if (!prepare (self, arena, error))
    return FALSE;

  if (self->data == NULL)
    {
      make_dict_tree (self, form, arena);
      return TRUE;
    }

  memcpy (get_type_space (self), self->layout.type, self->layout.type_length);
  put_dict (self, self->data, body, form);

  return TRUE;
}

/* Returns: how many entries the table of the tuple has. */
static gsize
set_tuple_layout (MitogenNode *self)
{
  gsize n_offsets = 0;

  self->layout.type_length = 2;
  self->layout.alignment = 1;
  self->layout.fixed = TRUE;
  for (gsize i = 0; i < self->n_items; i++)
    {
      MitogenLayout layout;

      mitogen_item_get_layout (&self->items[i], &layout);
      self->layout.type_length += layout.type_length;
      self->layout.alignment = MAX (self->layout.alignment, layout.alignment);
      self->layout.fixed = self->layout.fixed && layout.fixed;
      if (!layout.fixed && i + 1 < self->n_items)
        n_offsets++;
    }

  self->layout.size = put_tuple (self, NULL, 0, 0);
  if (self->n_items == 0)
    self->layout.size = 1;
  else if (self->layout.fixed)
    self->layout.size = align (NULL, self->layout.size, self->layout.alignment);

  return n_offsets;
}

static void
write_tuple_type (MitogenNode *self, guint8 *type)
{
  self->layout.type = (const char *) type;
  *type++ = '(';
  for (gsize i = 0; i < self->n_items; i++)
    {
      MitogenLayout layout;

      mitogen_item_get_layout (&self->items[i], &layout);
      memcpy (type, layout.type, layout.type_length);
      type += layout.type_length;
    }
  *type = ')';
}

static gboolean
freeze_tuple (MitogenNode *self, MitogenPickleArena *arena, GError **error)
{
  gsize n_offsets = set_tuple_layout (self);
  gsize body = self->layout.size;
  gsize width = get_offset_width (body, n_offsets);
  gsize end;

  self->layout.size += n_offsets * width;
  if (!prepare (self, arena, error))
    return FALSE;

  if (self->data == NULL)
    {
      make_tuple_tree (self, arena);
      return TRUE;
    }

  write_tuple_type (self, get_type_space (self));
  end = put_tuple (self, self->data, self->layout.size, width);
  memset (self->data + end, 0, body - end);

  return TRUE;
}

gboolean
mitogen_node_freeze (MitogenNode *self, MitogenPickleArena *arena, GError **error)
{
  gboolean done;

  if (!check_limits (self, arena, error))
    return FALSE;

  if (self->kind == MITOGEN_NODE_LIST)
    done = freeze_list (self, arena, error);
  else if (self->kind == MITOGEN_NODE_DICT)
    done = freeze_dict (self, arena, error);
  else
    done = freeze_tuple (self, arena, error);
  self->frozen = done;

  return done;
}
