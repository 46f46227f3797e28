/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "wire/mitogen-pickle-item-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "wire/mitogen-error.h"

/* A string from this size on is a node, so that all who hold it share one GVariant. */
#define SHARED_STRING_SIZE 4096

/* What an honest pickler can make of one byte, roughly, and a floor for small payloads
 * that repeat a shared object often. */
#define MEMORY_PER_BYTE 128
#define MEMORY_FLOOR    (64 * 1024 * 1024)

void
mitogen_pickle_arena_init (MitogenPickleArena *self,
                           GBytes *payload,
                           const MitogenPickleLimits *limits)
{
  gsize size = g_bytes_get_size (payload);
  gsize ceiling = MAX (limits->max_size, size);

  self->payload = payload;
  self->limits = *limits;
  self->elements_left = limits->max_elements;
  self->memory_left = G_MAXSIZE;
  if (size < (G_MAXSIZE - MEMORY_FLOOR) / MEMORY_PER_BYTE)
    self->memory_left = MEMORY_FLOOR + MEMORY_PER_BYTE * size;
  if (ceiling < G_MAXSIZE / 2)
    self->memory_left = MIN (self->memory_left, 2 * ceiling);
}

gboolean
mitogen_pickle_arena_charge (MitogenPickleArena *self, gsize bytes, GError **error)
{
  if (bytes > self->memory_left)
    {
      g_set_error_literal (
          error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
          _ ("The received value takes too much memory for the size of its message"));
      return FALSE;
    }
  self->memory_left -= bytes;

  return TRUE;
}

MitogenNode *
mitogen_node_new (MitogenNodeKind kind, MitogenPickleArena *arena, GError **error)
{
  MitogenNode *self;

  if (!mitogen_pickle_arena_charge (arena, sizeof *self, error))
    return NULL;

  self = g_new0 (MitogenNode, 1);
  self->ref_count = 1;
  self->kind = kind;
  self->elements = 1;

  return self;
}

static gboolean
holds_string (const MitogenNode *self)
{
  return self->kind == MITOGEN_NODE_STRING || self->kind == MITOGEN_NODE_CALL_ERROR;
}

static void
drop_items (MitogenNode *self)
{
  for (gsize i = 0; i < self->n_items; i++)
    mitogen_item_clear (&self->items[i]);
  g_clear_pointer (&self->items, g_free);
  self->n_items = 0;
}

void
mitogen_node_unref (MitogenNode *self)
{
  if (--self->ref_count > 0)
    return;

  if (holds_string (self))
    g_clear_pointer (&self->owner, g_bytes_unref);
  else
    drop_items (self);
  if (self->value == NULL)
    g_free (self->data);
  g_clear_pointer (&self->value, g_variant_unref);
  g_free (self);
}

gboolean
mitogen_node_take_items (MitogenNode *self,
                         const MitogenItem *items,
                         gsize n_items,
                         MitogenPickleArena *arena,
                         GError **error)
{
  if (!mitogen_pickle_arena_charge (arena, n_items * sizeof *items, error))
    return FALSE;

  if (self->n_allocated - self->n_items < n_items)
    {
      gsize wanted = self->n_items + n_items;

      /* The first batch usually is all. */
      self->n_allocated = self->n_items == 0 ? wanted : MAX (wanted, self->n_allocated * 2);
      self->items = g_renew (MitogenItem, self->items, self->n_allocated);
    }
  if (n_items > 0)
    memcpy (self->items + self->n_items, items, n_items * sizeof *items);
  self->n_items += n_items;

  return TRUE;
}

MitogenItem
mitogen_item_from_node (MitogenNode *node)
{
  MitogenItem item = { .kind = MITOGEN_ITEM_NODE, .as.node = node };

  return item;
}

gboolean
mitogen_item_set_string (MitogenItem *self,
                         MitogenItemKind kind,
                         GBytes *owner,
                         const guint8 *data,
                         gsize size,
                         MitogenPickleArena *arena,
                         GError **error)
{
  g_autoptr (GBytes) owned = owner;
  MitogenItem string = { .kind = kind, .as.data = data, .size = size };
  MitogenNode *node;

  if (owner == NULL && size < SHARED_STRING_SIZE)
    {
      *self = string;
      return TRUE;
    }

  /* Text is copied once more for the NUL at its end. */
  if (kind == MITOGEN_ITEM_TEXT && !mitogen_pickle_arena_charge (arena, size, error))
    return FALSE;
  node = mitogen_node_new (MITOGEN_NODE_STRING, arena, error);
  if (node == NULL)
    return FALSE;

  node->string = string;
  node->owner = g_steal_pointer (&owned);
  node->frozen = TRUE;
  *self = mitogen_item_from_node (node);

  return TRUE;
}

MitogenItem
mitogen_item_copy (const MitogenItem *self)
{
  if (self->kind == MITOGEN_ITEM_NODE)
    self->as.node->ref_count++;

  return *self;
}

void
mitogen_item_clear (MitogenItem *self)
{
  if (self->kind == MITOGEN_ITEM_NODE)
    mitogen_node_unref (self->as.node);
  self->kind = MITOGEN_ITEM_NOTHING;
}

const MitogenItem *
mitogen_item_peek_string (const MitogenItem *self)
{
  switch (self->kind)
    {
    case MITOGEN_ITEM_TEXT:
    case MITOGEN_ITEM_BYTES:
    case MITOGEN_ITEM_STR:
      return self;
    case MITOGEN_ITEM_NODE:
      return self->as.node->kind == MITOGEN_NODE_STRING ? &self->as.node->string : NULL;
    default:
      return NULL;
    }
}

MitogenNode *
mitogen_item_peek_node (const MitogenItem *self, MitogenNodeKind kind)
{
  if (self->kind != MITOGEN_ITEM_NODE || self->as.node->kind != kind)
    return NULL;

  return self->as.node;
}

gboolean
mitogen_item_settle (MitogenItem *self, MitogenPickleArena *arena, GError **error)
{
  if (self->kind == MITOGEN_ITEM_GLOBAL)
    {
      g_set_error_literal (
          error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE,
          _ ("Cannot receive a Python function or class; send plain values instead"));
      return FALSE;
    }
  if (self->kind != MITOGEN_ITEM_NODE || self->as.node->frozen)
    return TRUE;
  if (self->as.node->kind == MITOGEN_NODE_CALL_ERROR)
    {
      g_set_error_literal (
          error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE,
          _ ("Cannot receive an exception inside another value; send its text instead"));
      return FALSE;
    }
  if (!mitogen_node_freeze (self->as.node, arena, error))
    return FALSE;
  drop_items (self->as.node);

  return TRUE;
}

/* Whether @data is UTF-8 but for surrogates, which Python lets pass. */
static gboolean
has_surrogate (const guint8 *data, gsize size)
{
  const char *end;

  g_utf8_validate_len ((const char *) data, size, &end);

  return (const guint8 *) end + 1 < data + size && (guint8) end[0] == 0xed &&
         ((guint8) end[1] & 0xe0) == 0xa0;
}

static gboolean
is_plain_utf8 (const MitogenItem *string)
{
  return g_utf8_validate_len ((const char *) string->as.data, string->size, NULL);
}

gboolean
mitogen_item_is_plain_utf8 (const MitogenItem *self)
{
  const MitogenItem *string = mitogen_item_peek_string (self);
  MitogenNode *node;

  if (string == NULL || string == self)
    return string != NULL && is_plain_utf8 (string);

  /* Once for all who hold it, or a short payload could make this take long. */
  node = self->as.node;
  if (node->utf8 == MITOGEN_UTF8_UNKNOWN)
    node->utf8 = is_plain_utf8 (string) ? MITOGEN_UTF8_PLAIN : MITOGEN_UTF8_NOT;

  return node->utf8 == MITOGEN_UTF8_PLAIN;
}

gboolean
mitogen_item_check_text (const MitogenItem *self, GError **error)
{
  const MitogenItem *string = mitogen_item_peek_string (self);

  if (string == NULL || string->kind != MITOGEN_ITEM_TEXT || mitogen_item_is_plain_utf8 (self))
    return TRUE;

  if (memchr (string->as.data, '\0', string->size) != NULL)
    g_set_error_literal (
        error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE,
        _ ("Cannot receive a text that holds a NUL character; send bytes instead"));
  else if (has_surrogate (string->as.data, string->size))
    g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE,
                         _ ("Cannot receive a text that holds a lone surrogate, as file names may; "
                            "send os.fsencode() of it instead"));
  else
    g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                         _ ("Malformed pickle: a text is not UTF-8"));

  return FALSE;
}

/* Indexed by kind; what depends on the value is filled in by get_layout(). */
static const MitogenLayout plain_layouts[] = {
  [MITOGEN_ITEM_NONE] = { "mv", 0, 2, 8, FALSE },  [MITOGEN_ITEM_BOOL] = { "b", 1, 1, 1, TRUE },
  [MITOGEN_ITEM_INT] = { "x", 8, 1, 8, TRUE },     [MITOGEN_ITEM_UINT] = { "t", 8, 1, 8, TRUE },
  [MITOGEN_ITEM_DOUBLE] = { "d", 8, 1, 8, TRUE },  [MITOGEN_ITEM_TEXT] = { "s", 1, 1, 1, FALSE },
  [MITOGEN_ITEM_BYTES] = { "ay", 0, 2, 1, FALSE }, [MITOGEN_ITEM_STR] = { "ay", 0, 2, 1, FALSE },
};

void
mitogen_item_get_layout (const MitogenItem *self, MitogenLayout *layout)
{
  const MitogenItem *string = mitogen_item_peek_string (self);

  if (string != NULL)
    {
      *layout = plain_layouts[string->kind];
      layout->size += string->size;
    }
  else if (self->kind == MITOGEN_ITEM_NODE)
    *layout = self->as.node->layout;
  else
    *layout = plain_layouts[self->kind];
}

static void
store_node (const MitogenNode *node, guint8 *to)
{
  if (node->data != NULL)
    memcpy (to, node->data, node->layout.size);
  else
    g_variant_store (node->value, to);
}

void
mitogen_item_store (const MitogenItem *self, guint8 *to)
{
  const MitogenItem *string = mitogen_item_peek_string (self);

  if (string != NULL)
    {
      if (string->size > 0)
        memcpy (to, string->as.data, string->size);
      if (string->kind == MITOGEN_ITEM_TEXT)
        to[string->size] = '\0';
    }
  else if (self->kind == MITOGEN_ITEM_NODE)
    store_node (self->as.node, to);
  else if (self->kind == MITOGEN_ITEM_BOOL)
    *to = self->as.boolean ? 1 : 0;
  else if (self->kind != MITOGEN_ITEM_NONE)
    memcpy (to, &self->as.natural, sizeof self->as.natural);
}

static GVariant *
text_to_variant (const MitogenItem *string)
{
  char *text = g_malloc (string->size + 1);
  g_autoptr (GBytes) bytes = NULL;

  mitogen_item_store (string, (guint8 *) text);
  bytes = g_bytes_new_take (text, string->size + 1);

  return g_variant_new_from_bytes (G_VARIANT_TYPE_STRING, bytes, TRUE);
}

static GVariant *
bytes_to_variant (const MitogenItem *string, GBytes *owner)
{
  const guint8 *start = g_bytes_get_data (owner, NULL);
  /* What is empty need not lie in @owner. */
  gsize offset = string->size > 0 ? (gsize) (string->as.data - start) : 0;
  g_autoptr (GBytes) slice = g_bytes_new_from_bytes (owner, offset, string->size);

  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, slice, TRUE);
}

static GVariant *
string_to_variant (const MitogenItem *string, GBytes *owner)
{
  GVariant *value;

  if (string->kind == MITOGEN_ITEM_TEXT)
    value = text_to_variant (string);
  else
    value = bytes_to_variant (string, owner);

  return g_variant_ref_sink (value);
}

/* From then on the GVariant owns the node's data. */
static GVariant *
container_to_variant (MitogenNode *node)
{
  g_autoptr (GBytes) bytes =
      g_bytes_new_with_free_func (node->data, node->layout.size, g_free, node->data);

  return g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (node->layout.type), bytes, TRUE));
}

static GVariant *
node_to_variant (MitogenNode *node, MitogenPickleArena *arena)
{
  if (node->value == NULL && node->kind == MITOGEN_NODE_STRING)
    node->value =
        string_to_variant (&node->string, node->owner != NULL ? node->owner : arena->payload);
  else if (node->value == NULL)
    node->value = container_to_variant (node);

  return g_variant_ref (node->value);
}

GVariant *
mitogen_item_to_variant (const MitogenItem *self, MitogenPickleArena *arena)
{
  switch (self->kind)
    {
    case MITOGEN_ITEM_NONE:
      return g_variant_ref_sink (g_variant_new_maybe (G_VARIANT_TYPE_VARIANT, NULL));
    case MITOGEN_ITEM_BOOL:
      return g_variant_ref_sink (g_variant_new_boolean (self->as.boolean));
    case MITOGEN_ITEM_INT:
      return g_variant_ref_sink (g_variant_new_int64 (self->as.integer));
    case MITOGEN_ITEM_UINT:
      return g_variant_ref_sink (g_variant_new_uint64 (self->as.natural));
    case MITOGEN_ITEM_DOUBLE:
      return g_variant_ref_sink (g_variant_new_double (self->as.real));
    case MITOGEN_ITEM_NODE:
      return node_to_variant (self->as.node, arena);
    default:
      return string_to_variant (self, arena->payload);
    }
}
