/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-route-monitor-private.h"
#include "router/mitogen-router-private.h"
#include "wire/mitogen-pickle-private.h"

#include <string.h>

/* A context that makes contexts by itself gets ids in blocks. With hops in between, which have
 * to be told of each, there are fewer in one. */
#define BLOCK_SIZE       1000
#define SMALL_BLOCK_SIZE 16
#define MAX_BLOCKS       64 /* for one context: more than it can use */

/* And behind one neighbour, as long as it lives: it could have any number of contexts ask that do
 * not exist. */
#define MAX_BLOCKS_BEHIND   4096
#define MAX_CONTEXTS_BEHIND 16384

#define MAX_NAME 99 /* bytes: the original refuses longer ones */

struct _MitogenRouteMonitor
{
  MitogenCore *core;
  GHashTable *expected; /* id -> Expected */
  GHashTable *blocks;   /* owner's id -> GArray of Block */
  GTree *by_first;      /* first id of a block -> owner's id */
  GHashTable *used;     /* a neighbour's id -> Used */
};

typedef struct
{
  guint32 via_id;
  guint32 max_message_size;
} Expected;

typedef struct
{
  guint32 first;
  guint32 end;
} Block;

/* What is behind one neighbour. */
typedef struct
{
  guint blocks;   /* given out, ever */
  guint contexts; /* announced, and still there */
} Used;

static gpointer
key (guint32 id)
{
  return GUINT_TO_POINTER (id);
}

static gboolean
is_parents (MitogenRouteMonitor *self, MitogenStream *stream)
{
  return mitogen_stream_get_remote_id (stream) == mitogen_core_get_parent_id (self->core);
}

static Used *
get_used (MitogenRouteMonitor *self, MitogenStream *stream)
{
  guint32 id = mitogen_stream_get_remote_id (stream);
  Used *used = g_hash_table_lookup (self->used, key (id));

  if (used == NULL)
    {
      used = g_new0 (Used, 1);
      g_hash_table_insert (self->used, key (id), used);
    }
  return used;
}

/* ---- telling ---- */

static void
send_text (MitogenRouteMonitor *self, guint32 dst_id, guint32 handle, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (MitogenMessage) message = mitogen_message_new (dst_id, handle, bytes);

  mitogen_core_send (self->core, message);
}

static void
send_del_route (MitogenRouteMonitor *self, guint32 dst_id, guint32 id)
{
  g_autofree char *text = g_strdup_printf ("%u", id);

  send_text (self, dst_id, MITOGEN_HANDLE_DEL_ROUTE, text);
}

static void
send_add_route (MitogenRouteMonitor *self, guint32 id, const char *name)
{
  g_autofree char *shortened = g_utf8_make_valid (name, MIN (strlen (name), MAX_NAME - 3));
  g_autofree char *text = g_strdup_printf ("%u:%s", id, shortened);

  send_text (self, mitogen_core_get_parent_id (self->core), MITOGEN_HANDLE_ADD_ROUTE, text);
}

void
mitogen_route_monitor_add (MitogenRouteMonitor *self,
                           guint32 id,
                           MitogenStream *stream,
                           guint32 max_message_size,
                           const char *name)
{
  if (mitogen_core_get_parent_id (self->core) != MITOGEN_ID_NONE && !is_parents (self, stream))
    send_add_route (self, id, name);
  mitogen_core_add_route (self->core, id, stream, max_message_size);
}

static void
tell_egress (MitogenRouteMonitor *self, guint32 id, MitogenStream *from)
{
  g_autoptr (GPtrArray) streams = mitogen_core_take_egress (self->core, id);

  for (guint i = 0; streams != NULL && i < streams->len; i++)
    if (streams->pdata[i] != from && !is_parents (self, streams->pdata[i]))
      send_del_route (self, mitogen_stream_get_remote_id (streams->pdata[i]), id);
}

static void
forget_blocks (MitogenRouteMonitor *self, guint32 owner)
{
  GArray *blocks = g_hash_table_lookup (self->blocks, key (owner));

  for (guint i = 0; blocks != NULL && i < blocks->len; i++)
    g_tree_remove (self->by_first, key (g_array_index (blocks, Block, i).first));
  g_hash_table_remove (self->blocks, key (owner));
}

static void
forget_context_behind (MitogenRouteMonitor *self, guint32 id)
{
  g_autoptr (MitogenStream) way = mitogen_core_get_route (self->core, id);
  Used *used = way != NULL
                   ? g_hash_table_lookup (self->used, key (mitogen_stream_get_remote_id (way)))
                   : NULL;

  if (used != NULL && used->contexts > 0)
    used->contexts--;
}

void
mitogen_route_monitor_remove (MitogenRouteMonitor *self, guint32 id, MitogenStream *from)
{
  guint32 parent_id = mitogen_core_get_parent_id (self->core);

  forget_blocks (self, id);
  if (id == mitogen_stream_get_remote_id (from))
    g_hash_table_remove (self->used, key (id));
  else
    forget_context_behind (self, id);
  mitogen_core_id_lost (self->core, id);
  if (parent_id != MITOGEN_ID_NONE && !is_parents (self, from))
    send_del_route (self, parent_id, id);
  tell_egress (self, id, from);
}

/* ---- expecting ---- */

static void
send_expect (MitogenRouteMonitor *self, guint32 hop_id, guint32 id, guint32 via_id)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();
  MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_PICKLE,
                                .dst_id = hop_id,
                                .handle = MITOGEN_HANDLE_EXPECT_ROUTE };
  g_autoptr (MitogenMessage) message = NULL;

  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_int (writer, id);
  if (via_id != MITOGEN_ID_NONE)
    mitogen_pickle_writer_add_int (writer, via_id);
  else
    mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_end_tuple (writer);
  message = mitogen_message_new_segments (&header, mitogen_pickle_writer_end (writer));
  mitogen_core_send (self->core, message);
}

/* The hops between us and @via_id, without either. */
static void
tell_hops (MitogenRouteMonitor *self, guint32 id, guint32 via_id, gboolean expect)
{
  guint32 hop_id = via_id;

  for (guint i = 0; i < MITOGEN_MAX_DEPTH; i++)
    {
      g_autoptr (MitogenContextNode) node = mitogen_core_node_by_id (self->core, hop_id);

      if (node == NULL)
        return;
      hop_id = mitogen_context_node_get_via_id (node);
      if (hop_id == mitogen_core_get_id (self->core))
        return;
      send_expect (self, hop_id, id, expect ? via_id : MITOGEN_ID_NONE);
    }
}

void
mitogen_route_monitor_expect (MitogenRouteMonitor *self,
                              guint32 id,
                              guint32 via_id,
                              guint32 max_message_size)
{
  Expected *expected = g_new (Expected, 1);

  expected->via_id = via_id;
  expected->max_message_size = max_message_size;
  g_hash_table_replace (self->expected, key (id), expected);
  tell_hops (self, id, via_id, TRUE);
}

void
mitogen_route_monitor_withdraw (MitogenRouteMonitor *self, guint32 id)
{
  Expected *expected = g_hash_table_lookup (self->expected, key (id));

  if (expected == NULL)
    return;
  tell_hops (self, id, expected->via_id, FALSE);
  g_hash_table_remove (self->expected, key (id));
}

/* ---- blocks of ids ---- */

typedef struct
{
  guint32 id;
  guint32 owner;
  gboolean found;
} Search;

static gint
compare_ids (gconstpointer a, gconstpointer b, gpointer data)
{
  guint first = GPOINTER_TO_UINT (a);
  guint second = GPOINTER_TO_UINT (b);

  return first < second ? -1 : first > second ? 1 : 0;
}

/* Whose block @id is in; MITOGEN_ID_NONE: nobody's who is still there. */
static guint32
find_owner (MitogenRouteMonitor *self, guint32 id)
{
  GTreeNode *after = g_tree_upper_bound (self->by_first, key (id));
  GTreeNode *node =
      after != NULL ? g_tree_node_previous (after) : g_tree_node_last (self->by_first);
  guint32 owner;
  GArray *blocks;

  if (node == NULL)
    return MITOGEN_ID_NONE;
  owner = GPOINTER_TO_UINT (g_tree_node_value (node));
  blocks = g_hash_table_lookup (self->blocks, key (owner));
  for (guint i = 0; blocks != NULL && i < blocks->len; i++)
    {
      Block *block = &g_array_index (blocks, Block, i);

      if (id >= block->first && id < block->end)
        return owner;
    }
  return MITOGEN_ID_NONE;
}

static void
remember_block (MitogenRouteMonitor *self, guint32 owner, guint32 first, guint32 end)
{
  GArray *blocks = g_hash_table_lookup (self->blocks, key (owner));
  Block block = { first, end };

  if (blocks == NULL)
    {
      blocks = g_array_new (FALSE, FALSE, sizeof (Block));
      g_hash_table_insert (self->blocks, key (owner), blocks);
    }
  g_array_append_val (blocks, block);
  g_tree_insert (self->by_first, key (first), key (owner));
}

static gboolean
may_have_more (MitogenRouteMonitor *self, guint32 owner, MitogenStream *from)
{
  GArray *blocks = g_hash_table_lookup (self->blocks, key (owner));

  if (from != NULL && get_used (self, from)->blocks++ >= MAX_BLOCKS_BEHIND)
    return FALSE;
  return blocks == NULL || blocks->len < MAX_BLOCKS;
}

static gboolean
is_neighbour (MitogenRouteMonitor *self, guint32 id, MitogenStream *from)
{
  return id == mitogen_stream_get_remote_id (from);
}

static void
send_block (MitogenRouteMonitor *self, MitogenMessage *request, guint32 first, guint32 end)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();
  MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_LEGACY,
                                .dst_id = mitogen_message_get_src_id (request),
                                .handle = mitogen_message_get_reply_to (request) };
  g_autoptr (MitogenMessage) answer = NULL;

  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_int (writer, first);
  mitogen_pickle_writer_add_int (writer, end);
  mitogen_pickle_writer_end_tuple (writer);
  answer = mitogen_message_new_segments (&header, mitogen_pickle_writer_end (writer));
  mitogen_core_send (self->core, answer);
}

static void
on_allocate_id (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  MitogenRouteMonitor *self = data;
  guint32 owner = mitogen_message_get_src_id (message);
  guint32 size;
  guint32 first;

  if (mitogen_message_is_dead (message) || mitogen_message_get_reply_to (message) == 0)
    return;
  if (mitogen_core_get_parent_id (self->core) != MITOGEN_ID_NONE)
    {
      mitogen_core_refuse (self->core, message, "only the root of the tree has ids to give");
      return;
    }
  size = from == NULL || is_neighbour (self, owner, from) ? BLOCK_SIZE : SMALL_BLOCK_SIZE;
  if (!may_have_more (self, owner, from) || !mitogen_core_allocate_ids (self->core, size, &first))
    {
      mitogen_core_refuse (self->core, message, "no more ids for this context");
      if (from != NULL)
        mitogen_core_complain (self->core, from, "it asks for more ids than it can use", message);
      return;
    }

  remember_block (self, owner, first, first + size);
  for (guint32 id = first; size == SMALL_BLOCK_SIZE && id < first + size; id++)
    tell_hops (self, id, owner, TRUE);
  send_block (self, message, first, first + size);
}

/* ---- believing ---- */

/* Names are shown to people. */
static void
clean_name (char *name)
{
  for (char *c = name; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = '?';
}

/* "ID" or "ID:NAME". Returns: (transfer full) (nullable): the name, empty if there is none. */
static char *
parse_route (MitogenMessage *message, guint32 *id)
{
  GBytes *bytes = mitogen_message_get_bytes (message);
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  g_autofree char *text = NULL;
  const char *colon;
  g_autofree char *digits = NULL;
  guint64 number;

  if (mitogen_message_is_dead (message) || size == 0 || size > 4096)
    return NULL;
  text = g_utf8_make_valid (data, size);
  clean_name (text);
  colon = strchr (text, ':');
  digits = colon != NULL ? g_strndup (text, colon - text) : g_strdup (text);
  if (!g_ascii_string_to_unsigned (digits, 10, 0, MITOGEN_ID_NONE - 1, &number, NULL))
    return NULL;
  *id = number;
  return g_strdup (colon != NULL ? colon + 1 : "");
}

/* Who may have announced @id on @from: MITOGEN_ID_NONE for nobody. */
static guint32
find_announcer (MitogenRouteMonitor *self, guint32 id, MitogenStream *from, guint32 *max_size)
{
  Expected *expected = g_hash_table_lookup (self->expected, key (id));
  guint32 announcer = expected != NULL ? expected->via_id : find_owner (self, id);
  g_autoptr (MitogenStream) way = NULL;

  *max_size = expected != NULL ? expected->max_message_size : 0;
  if (announcer == MITOGEN_ID_NONE || get_used (self, from)->contexts >= MAX_CONTEXTS_BEHIND)
    return MITOGEN_ID_NONE;
  way = mitogen_core_get_route (self->core, announcer);
  return way == from ? announcer : MITOGEN_ID_NONE;
}

/* A context that this process did not ask for. */
static void
welcome (MitogenRouteMonitor *self, guint32 id, guint32 via_id, const char *name)
{
  g_autoptr (MitogenContextNode) known = mitogen_core_node_by_id (self->core, id);
  g_autoptr (MitogenContextNode) node = NULL;
  g_autofree char *made_up = NULL;

  if (known != NULL)
    return;
  made_up = *name == '\0' ? g_strdup_printf ("context.%u", id) : NULL;
  node = mitogen_context_node_new (id, made_up != NULL ? made_up : name, via_id);
  mitogen_context_node_set_connected (node, NULL);
  mitogen_core_add_node (self->core, node);
  mitogen_router_welcome_node (self->core, node);
}

static void
on_add_route (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  MitogenRouteMonitor *self = data;
  g_autoptr (MitogenStream) way = NULL;
  g_autofree char *name = NULL;
  guint32 id;
  guint32 announcer;
  guint32 max_size;

  if (from == NULL || is_parents (self, from))
    return;
  name = parse_route (message, &id);
  if (name == NULL)
    {
      mitogen_core_complain (self->core, from, "an ADD_ROUTE that cannot be read", message);
      return;
    }
  way = mitogen_core_get_route (self->core, id);
  if (way == from)
    return;
  announcer = way == NULL ? find_announcer (self, id, from, &max_size) : MITOGEN_ID_NONE;
  if (announcer == MITOGEN_ID_NONE)
    {
      mitogen_core_complain (self->core, from, "it announces a context that is not expected there",
                             message);
      send_del_route (self, mitogen_stream_get_remote_id (from), id);
      return;
    }

  if (!g_hash_table_remove (self->expected, key (id)))
    welcome (self, id, announcer, name);
  get_used (self, from)->contexts++;
  mitogen_route_monitor_add (self, id, from, max_size, name);
}

/* The parent does not want a context that is behind us, or one elsewhere is gone. */
static void
on_parents_del_route (MitogenRouteMonitor *self, guint32 id, MitogenStream *from)
{
  g_autoptr (MitogenStream) way = mitogen_core_get_route (self->core, id);

  if (way == from || way == NULL)
    {
      mitogen_core_id_lost (self->core, id);
      tell_egress (self, id, from);
    }
  else if (mitogen_stream_get_remote_id (way) == id)
    mitogen_core_end_context (self->core, id);
  else
    {
      mitogen_route_monitor_remove (self, id, from);
      send_del_route (self, mitogen_stream_get_remote_id (way), id);
    }
}

static void
on_del_route (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  MitogenRouteMonitor *self = data;
  g_autoptr (MitogenStream) way = NULL;
  g_autofree char *name = NULL;
  guint32 id;

  name = from != NULL ? parse_route (message, &id) : NULL;
  if (name == NULL)
    return;
  if (is_parents (self, from))
    {
      on_parents_del_route (self, id, from);
      return;
    }
  way = mitogen_core_get_route (self->core, id);
  if (way == from && id != mitogen_stream_get_remote_id (from))
    mitogen_route_monitor_remove (self, id, from);
  else if (way != NULL)
    mitogen_core_complain (self->core, from, "it withdraws a route that is not its own", message);
}

static void
on_expect_route (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  MitogenRouteMonitor *self = data;
  g_autoptr (GVariant) value = NULL;
  gint64 id;
  gint64 via_id;
  Expected *expected;

  if (mitogen_message_is_dead (message))
    return;
  value = mitogen_message_unpickle (message, NULL);
  if (value == NULL)
    return;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE ("(xmv)")))
    {
      g_variant_get_child (value, 0, "x", &id);
      g_hash_table_remove (self->expected, key (id));
      return;
    }
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("(xx)")))
    return;
  g_variant_get (value, "(xx)", &id, &via_id);
  expected = g_new0 (Expected, 1);
  expected->via_id = via_id;
  g_hash_table_replace (self->expected, key (id), expected);
}

/* ---- life ---- */

static void
serve (MitogenRouteMonitor *self, guint32 handle, MitogenAccept accept, MitogenHandlerFunc func)
{
  MitogenHandlerSpec spec = {
    .handle = handle,
    .persist = TRUE,
    .respondent = MITOGEN_ID_NONE,
    .accept = accept,
    .func = func,
    .data = self, /* lives as long as the table */
  };

  mitogen_handlers_add (mitogen_core_get_handlers (self->core), &spec, NULL);
}

MitogenRouteMonitor *
mitogen_route_monitor_new (MitogenCore *core)
{
  MitogenRouteMonitor *self = g_new0 (MitogenRouteMonitor, 1);

  self->core = core;
  self->expected = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->blocks = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_array_unref);
  self->by_first = g_tree_new_full (compare_ids, NULL, NULL, NULL);
  self->used = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  serve (self, MITOGEN_HANDLE_ADD_ROUTE, MITOGEN_ACCEPT_IMMEDIATE_CHILD, on_add_route);
  serve (self, MITOGEN_HANDLE_DEL_ROUTE, MITOGEN_ACCEPT_IMMEDIATE_CHILD, on_del_route);
  serve (self, MITOGEN_HANDLE_ALLOCATE_ID, MITOGEN_ACCEPT_ANY, on_allocate_id);
  serve (self, MITOGEN_HANDLE_EXPECT_ROUTE, MITOGEN_ACCEPT_PARENTS, on_expect_route);
  return self;
}

void
mitogen_route_monitor_free (MitogenRouteMonitor *self)
{
  g_hash_table_unref (self->expected);
  g_hash_table_unref (self->blocks);
  g_tree_unref (self->by_first);
  g_hash_table_unref (self->used);
  g_free (self);
}
