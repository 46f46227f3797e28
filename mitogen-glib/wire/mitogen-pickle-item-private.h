/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/mitogen-pickle-private.h"

G_BEGIN_DECLS

/* What lies on the reader's stack. Plain values are held in place, text and bytes as
 * slices of the payload; only containers, large strings and what had to be decoded
 * have a node. A container is put in GVariant's serialised form as soon as it becomes
 * an element or the result, so a list of a million numbers is never a million
 * GVariants; one whose elements are large is made of GVariants that share them. */

typedef enum
{
  MITOGEN_ITEM_NOTHING, /* an unused place in the memo */
  MITOGEN_ITEM_NONE,
  MITOGEN_ITEM_BOOL,
  MITOGEN_ITEM_INT,
  MITOGEN_ITEM_UINT, /* only above G_MAXINT64 */
  MITOGEN_ITEM_DOUBLE,
  MITOGEN_ITEM_TEXT,  /* may hold what a GVariant's text cannot */
  MITOGEN_ITEM_BYTES, /* bytes for certain */
  MITOGEN_ITEM_STR,   /* a str of Python 2: bytes, or text meant */
  MITOGEN_ITEM_NODE,
  MITOGEN_ITEM_GLOBAL,
} MitogenItemKind;

typedef enum
{
  MITOGEN_NODE_LIST,
  MITOGEN_NODE_DICT,
  MITOGEN_NODE_TUPLE,
  MITOGEN_NODE_STRING,
  MITOGEN_NODE_OBJECT, /* a ready GVariant: Context, Sender */
  MITOGEN_NODE_CALL_ERROR,
} MitogenNodeKind;

/* Whether a string is what a GVariant's text can be. */
typedef enum
{
  MITOGEN_UTF8_UNKNOWN,
  MITOGEN_UTF8_PLAIN,
  MITOGEN_UTF8_NOT,
} MitogenUtf8;

typedef struct _MitogenNode MitogenNode;

typedef struct
{
  MitogenItemKind kind;
  union
  {
    gboolean boolean;
    gint64 integer;
    guint64 natural;
    double real;
    const guint8 *data; /* of TEXT, BYTES, STR */
    MitogenNode *node;
    guint global;
  } as;
  gsize size; /* of data */
} MitogenItem;

/* How a value lies in a container. */
typedef struct
{
  const char *type;
  gsize size;
  guint32 type_length;
  guint8 alignment;
  guint8 fixed;
} MitogenLayout;

/* There may be millions of them: fields are as small as they can be. */
struct _MitogenNode
{
  guint ref_count;
  guint8 kind;   /* MitogenNodeKind */
  guint8 frozen; /* nothing can be added any more */
  guint8 utf8;   /* MitogenUtf8, of a string */

  union
  {
    /* A container until it is frozen: its elements; keys and values take turns. */
    struct
    {
      MitogenItem *items;
      gsize n_items;
      gsize n_allocated;
    };
    /* A string, or the text of a CallError, and what keeps its data alive. */
    struct
    {
      MitogenItem string;
      GBytes *owner;
    };
  };

  /* When frozen: @data (value, NUL, type string, NUL) or @value, or both; @value then
   * owns @data. */
  guint8 *data;
  GVariant *value;
  MitogenLayout layout;
  gsize elements; /* it and all in it, with every repetition */
  guint16 height; /* levels of GVariants, as GVariant's own limit counts them */
  guint16 depth;  /* levels of Python containers */
};

/* What all values of one payload share. */
typedef struct
{
  GBytes *payload; /* borrowed */
  MitogenPickleLimits limits;
  gsize memory_left;
  gsize elements_left;
} MitogenPickleArena;

void mitogen_pickle_arena_init (MitogenPickleArena *self,
                                GBytes *payload,
                                const MitogenPickleLimits *limits);
/* Counts memory about to be taken: a small payload cannot make us take much. */
gboolean mitogen_pickle_arena_charge (MitogenPickleArena *self, gsize bytes, GError **error);

/* ---- mitogen-pickle-item.c ---- */

MitogenNode *mitogen_node_new (MitogenNodeKind kind, MitogenPickleArena *arena, GError **error);
void mitogen_node_unref (MitogenNode *self);
/* @items: (transfer full), but not their array. */
gboolean mitogen_node_take_items (MitogenNode *self,
                                  const MitogenItem *items,
                                  gsize n_items,
                                  MitogenPickleArena *arena,
                                  GError **error);

/* @node: (transfer full) */
MitogenItem mitogen_item_from_node (MitogenNode *node);
/* A string of @size bytes at @data, which @owner (transfer full) keeps alive. */
gboolean mitogen_item_set_string (MitogenItem *self,
                                  MitogenItemKind kind,
                                  GBytes *owner,
                                  const guint8 *data,
                                  gsize size,
                                  MitogenPickleArena *arena,
                                  GError **error);
MitogenItem mitogen_item_copy (const MitogenItem *self);
void mitogen_item_clear (MitogenItem *self);

/* The item of kind TEXT, BYTES or STR that this is; NULL: it is none. */
const MitogenItem *mitogen_item_peek_string (const MitogenItem *self);
/* The node, where it is one of @kind; else NULL. */
MitogenNode *mitogen_item_peek_node (const MitogenItem *self, MitogenNodeKind kind);

/* Whether it can be an element of a container; freezes it if it is one. */
gboolean mitogen_item_settle (MitogenItem *self, MitogenPickleArena *arena, GError **error);
/* Whether the text, if it is one, is what a GVariant can hold. */
gboolean mitogen_item_check_text (const MitogenItem *self, GError **error);
gboolean mitogen_item_is_plain_utf8 (const MitogenItem *self);

/* The following want settled items with checked texts. */
void mitogen_item_get_layout (const MitogenItem *self, MitogenLayout *layout);
void mitogen_item_store (const MitogenItem *self, guint8 *to);
/* Returns: (transfer full): not floating. */
GVariant *mitogen_item_to_variant (const MitogenItem *self, MitogenPickleArena *arena);

/* ---- mitogen-pickle-freeze.c ---- */

gboolean mitogen_node_freeze (MitogenNode *self, MitogenPickleArena *arena, GError **error);

G_END_DECLS
