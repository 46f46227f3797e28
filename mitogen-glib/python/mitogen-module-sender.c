/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-module-sender-private.h"
#include "python/mitogen-forget-gone-private.h"
#include "python/mitogen-load-module-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Whoever asks again for what it has been sent gets it again, unless this much waits for it. */
#define MAX_UNREAD (4 * 1024 * 1024)
/* No program imports more at once. */
#define MAX_CLOSURE 20000
/* What is further down is asked for when it is missed. */
#define MAX_NESTING 1000

struct _MitogenModuleSender
{
  MitogenModuleStore *store;
  GHashTable *neighbours; /* id -> GHashTable: name -> State */
  guint sweep_at;
};

/* A request that crossed with what was sent unasked is no second request. */
typedef enum
{
  STATE_AHEAD = 1,
  STATE_ASKED,
} State;

MitogenModuleSender *
mitogen_module_sender_new (MitogenModuleStore *store)
{
  MitogenModuleSender *self = g_new0 (MitogenModuleSender, 1);

  self->store = mitogen_module_store_ref (store);
  self->neighbours = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);
  return self;
}

void
mitogen_module_sender_free (MitogenModuleSender *self)
{
  g_hash_table_unref (self->neighbours);
  mitogen_module_store_unref (self->store);
  g_free (self);
}

/* ---- neighbours ---- */

static GHashTable *
get_neighbour (MitogenModuleSender *self, MitogenCore *core, guint32 id)
{
  GHashTable *sent = g_hash_table_lookup (self->neighbours, GUINT_TO_POINTER (id));

  if (sent != NULL)
    return sent;
  mitogen_forget_gone (self->neighbours, core, &self->sweep_at);
  sent = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_insert (self->neighbours, GUINT_TO_POINTER (id), sent);
  return sent;
}

static gsize
get_max_size (MitogenCore *core, guint32 id)
{
  g_autoptr (MitogenStream) stream = mitogen_core_stream_by_id (core, id);
  guint32 max = mitogen_core_get_options (core).max_message_size;

  return stream != NULL ? MIN (max, mitogen_stream_get_max_message_size (stream)) : max;
}

/* ---- one module and what it needs ---- */

typedef struct
{
  MitogenModuleSender *sender;
  MitogenCore *core;
  guint32 hop_id;
  GHashTable *sent;    /* of the neighbour */
  GHashTable *visited; /* owned names */
  gsize max_size;
  guint depth;
} Delivery;

static gboolean
is_small_enough (const Delivery *delivery, const MitogenStoredModule *stored, GError **error)
{
  if (stored->size <= delivery->max_size)
    return TRUE;
  g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
               _ ("it takes a message of %zu bytes, and the limit of max-message-size is %zu"),
               stored->size, delivery->max_size);
  return FALSE;
}

/* FALSE with an error: it cannot be had, or not any more. */
static gboolean
post (const Delivery *delivery, const char *name, GError **error)
{
  MitogenModuleStore *store = delivery->sender->store;
  g_autoptr (MitogenMessage) message = NULL;
  MitogenStoredModule *stored;

  do
    {
      stored = mitogen_module_store_get (store, name, error);
      if (stored == NULL || !is_small_enough (delivery, stored, error))
        return FALSE;
    }
  while (!mitogen_module_store_begin_telling (store, stored->generation));
  message = mitogen_load_module_for (stored->message, delivery->hop_id);
  /* Before anybody can know of it, and then ask how many there were. */
  mitogen_module_store_count (store, MITOGEN_COUNT_SENT, stored->size);
  mitogen_core_send (delivery->core, message);
  mitogen_module_store_end_telling (store);
  return TRUE;
}

static gboolean deliver (Delivery *delivery, const char *name, GError **error);

/* "a" before "a.b", since it is run before. */
static void
deliver_parents (Delivery *delivery, const char *name)
{
  for (const char *dot = strchr (name, '.'); dot != NULL; dot = strchr (dot + 1, '.'))
    {
      g_autofree char *parent = g_strndup (name, dot - name);

      deliver (delivery, parent, NULL);
    }
}

static GPtrArray *
copy_names (GPtrArray *names)
{
  GPtrArray *copy = g_ptr_array_new_full (names->len, g_free);

  for (guint i = 0; i < names->len; i++)
    g_ptr_array_add (copy, g_strdup (names->pdata[i]));
  return copy;
}

static void
deliver_needed (Delivery *delivery, const char *name, GPtrArray *related)
{
  if (delivery->depth >= MAX_NESTING)
    return;
  delivery->depth++;
  deliver_parents (delivery, name);
  for (guint i = 0; i < related->len; i++)
    deliver (delivery, related->pdata[i], NULL);
  delivery->depth--;
}

/* Cycles end at what is visited already. */
static gboolean
deliver (Delivery *delivery, const char *name, GError **error)
{
  MitogenStoredModule *stored;
  g_autoptr (GPtrArray) related = NULL;

  if (g_hash_table_contains (delivery->sent, name) ||
      g_hash_table_size (delivery->visited) >= MAX_CLOSURE ||
      !g_hash_table_add (delivery->visited, g_strdup (name)))
    return TRUE;
  stored = mitogen_module_store_get (delivery->sender->store, name, error);
  if (stored == NULL || !is_small_enough (delivery, stored, error))
    return FALSE;

  related = copy_names (stored->related);
  deliver_needed (delivery, name, related);
  if (!post (delivery, name, error))
    return FALSE;
  g_hash_table_insert (delivery->sent, g_strdup (name), GINT_TO_POINTER (STATE_AHEAD));
  return TRUE;
}

static gboolean
deliver_all (MitogenModuleSender *self,
             MitogenCore *core,
             guint32 hop_id,
             const char *name,
             GError **error)
{
  g_autoptr (GHashTable) visited = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Delivery delivery = {
    .sender = self,
    .core = core,
    .hop_id = hop_id,
    .sent = get_neighbour (self, core, hop_id),
    .visited = visited,
    .max_size = get_max_size (core, hop_id),
  };
  MitogenModuleFinder *finder = mitogen_module_store_get_finder (self->store);
  gint64 start = g_get_monotonic_time ();
  gboolean delivered;

  /* One module asks for many others, at the same time for all that matters. */
  mitogen_module_finder_hold (finder);
  delivered = deliver (&delivery, name, error);
  mitogen_module_finder_release (finder);
  mitogen_module_store_add_time (self->store, g_get_monotonic_time () - start);
  return delivered;
}

/* ---- on request ---- */

static gboolean
reads (MitogenCore *core, guint32 hop_id)
{
  g_autoptr (MitogenStream) stream = mitogen_core_stream_by_id (core, hop_id);

  return stream == NULL || mitogen_stream_get_pending_bytes (stream) <= MAX_UNREAD;
}

/* It should not have to, but may have its reasons. */
static gboolean
send_again (MitogenModuleSender *self,
            MitogenCore *core,
            guint32 hop_id,
            const char *name,
            GError **error)
{
  Delivery delivery = {
    .sender = self,
    .core = core,
    .hop_id = hop_id,
    .max_size = get_max_size (core, hop_id),
  };

  return !reads (core, hop_id) || post (&delivery, name, error);
}

gboolean
mitogen_module_sender_answer (MitogenModuleSender *self,
                              MitogenCore *core,
                              guint32 hop_id,
                              const char *name,
                              GError **error)
{
  GHashTable *sent = get_neighbour (self, core, hop_id);
  State state = GPOINTER_TO_INT (g_hash_table_lookup (sent, name));

  if (state == STATE_ASKED)
    return send_again (self, core, hop_id, name, error);
  if (state != STATE_AHEAD && !deliver_all (self, core, hop_id, name, error))
    return FALSE;
  g_hash_table_insert (sent, g_strdup (name), GINT_TO_POINTER (STATE_ASKED));
  return TRUE;
}

/* ---- unasked ---- */

/* Returns: (transfer full) (nullable): the neighbour on the way to @node */
static MitogenContextNode *
find_neighbour (MitogenCore *core, MitogenContextNode *node)
{
  g_autoptr (MitogenContextNode) hop = mitogen_context_node_ref (node);

  for (guint depth = 0; depth < MITOGEN_MAX_DEPTH && mitogen_context_node_is_python (hop); depth++)
    {
      guint32 via_id = mitogen_context_node_get_via_id (hop);
      MitogenContextNode *via;

      if (via_id == mitogen_core_get_id (core))
        return g_steal_pointer (&hop);
      via = mitogen_core_node_by_id (core, via_id);
      mitogen_context_node_unref (hop);
      hop = via;
      if (hop == NULL)
        return NULL;
    }
  return NULL;
}

static void
forward (MitogenCore *core, guint32 hop_id, guint32 id, const char *name)
{
  g_autofree char *text = g_strdup_printf ("%u %s", id, name);
  gsize size = strlen (text);
  MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_LEGACY,
                                .dst_id = hop_id,
                                .handle = MITOGEN_HANDLE_FORWARD_MODULE };
  GPtrArray *segments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (MitogenMessage) message = NULL;

  *strchr (text, ' ') = '\0';
  g_ptr_array_add (segments, g_bytes_new_take (g_steal_pointer (&text), size));
  message = mitogen_message_new_segments (&header, segments);
  mitogen_core_send (core, message);
}

gboolean
mitogen_module_sender_send_ahead (MitogenModuleSender *self,
                                  MitogenCore *core,
                                  MitogenContextNode *node,
                                  const char *name,
                                  GError **error)
{
  g_autoptr (MitogenContextNode) hop = find_neighbour (core, node);
  guint32 id = mitogen_context_node_get_id (node);
  guint32 hop_id;

  if (hop == NULL)
    {
      g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL,
                   _ ("“%s” was not connected by this program through Python contexts only"),
                   mitogen_context_node_get_name (node));
      return FALSE;
    }
  hop_id = mitogen_context_node_get_id (hop);
  if (!deliver_all (self, core, hop_id, name, error))
    return FALSE;
  if (hop_id != id)
    forward (core, hop_id, id, name);
  return TRUE;
}
