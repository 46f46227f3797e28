/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-peers-private.h"

typedef struct
{
  gpointer peer;
  const MitogenPeerFuncs *funcs;
} Peer;

struct _MitogenPeers
{
  MitogenCore *core;
  GHashTable *peers; /* id -> Peer */
  Peer uplink;       /* the parent; peer NULL: none */
  gboolean ended;    /* shut down: peers are leaving */
  gboolean finished; /* they have left */
};

static gpointer
key (guint32 id)
{
  return GUINT_TO_POINTER (id);
}

static MitogenIo *
get_io (MitogenPeers *self)
{
  return mitogen_core_get_io (self->core);
}

/* ---- the end of all ---- */

static void
core_exited (gpointer data)
{
  MitogenCore *core = data;
  MitogenPeers *self = mitogen_core_get_peers (core);

  if (self->finished)
    return;
  self->finished = TRUE;

  mitogen_core_fail_waiters (core, "Broker has exitted");
  mitogen_io_remove_client (get_io (self), core);
  mitogen_core_unref (core);
}

static void
finish_if_alone (MitogenPeers *self)
{
  if (!self->ended || g_hash_table_size (self->peers) > 0)
    return;
  if (self->uplink.peer != NULL)
    self->uplink.funcs->shutdown (self->uplink.peer);
  else
    core_exited (self->core);
}

static void
for_each_peer (MitogenPeers *self, gsize offset)
{
  g_autoptr (GList) ids = g_hash_table_get_keys (self->peers);

  for (GList *l = ids; l != NULL; l = l->next)
    {
      /* A peer may be gone by the time it is its turn. */
      Peer *entry = g_hash_table_lookup (self->peers, l->data);

      if (entry != NULL)
        G_STRUCT_MEMBER (MitogenIoFunc, entry->funcs, offset) (entry->peer);
    }
}

static void
core_shutdown (gpointer data)
{
  g_autoptr (MitogenCore) core = mitogen_core_ref (data);
  MitogenPeers *self = mitogen_core_get_peers (core);

  self->ended = TRUE;
  for_each_peer (self, G_STRUCT_OFFSET (MitogenPeerFuncs, shutdown));
  finish_if_alone (self);
}

static void
core_force (gpointer data)
{
  g_autoptr (MitogenCore) core = mitogen_core_ref (data);
  MitogenPeers *self = mitogen_core_get_peers (core);

  for_each_peer (self, G_STRUCT_OFFSET (MitogenPeerFuncs, force));
  if (self->uplink.peer != NULL)
    self->uplink.funcs->force (self->uplink.peer);
}

static const MitogenIoClientFuncs client_funcs = {
  .shutdown = core_shutdown,
  .force = core_force,
  .exited = core_exited,
};

void
mitogen_core_shut_down (MitogenCore *self)
{
  mitogen_io_post (mitogen_core_get_io (self), core_shutdown, mitogen_core_ref (self),
                   (GDestroyNotify) mitogen_core_unref);
}

static void
core_register (gpointer data)
{
  mitogen_io_add_client (mitogen_core_get_io (data), &client_funcs, mitogen_core_ref (data));
}

void
mitogen_peers_watch_broker (MitogenPeers *self)
{
  mitogen_io_post (get_io (self), core_register, mitogen_core_ref (self->core),
                   (GDestroyNotify) mitogen_core_unref);
}

/* ---- one peer ---- */

void
mitogen_core_add_peer (MitogenCore *core, guint32 id, gpointer peer, const MitogenPeerFuncs *funcs)
{
  MitogenPeers *self = mitogen_core_get_peers (core);
  Peer *entry = g_new (Peer, 1);

  g_assert (mitogen_io_is_current (get_io (self)));
  entry->peer = peer;
  entry->funcs = funcs;
  g_hash_table_insert (self->peers, key (id), entry);
  mitogen_io_hold (get_io (self));
  if (self->ended || mitogen_io_get_state (get_io (self)) != MITOGEN_IO_RUNNING)
    funcs->shutdown (peer);
}

/* One hold the less, which may be the last thing that kept everything. */
static void
released (MitogenPeers *self)
{
  G_GNUC_UNUSED g_autoptr (MitogenCore) core = mitogen_core_ref (self->core);

  finish_if_alone (self);
  mitogen_io_release (get_io (self));
}

void
mitogen_core_remove_peer (MitogenCore *core, guint32 id)
{
  MitogenPeers *self = mitogen_core_get_peers (core);

  g_assert (mitogen_io_is_current (get_io (self)));
  if (g_hash_table_remove (self->peers, key (id)))
    released (self);
}

void
mitogen_core_set_uplink (MitogenCore *core, gpointer uplink, const MitogenPeerFuncs *funcs)
{
  MitogenPeers *self = mitogen_core_get_peers (core);

  g_assert (mitogen_io_is_current (get_io (self)));
  self->uplink = (Peer){ uplink, funcs };
  mitogen_io_hold (get_io (self));
  finish_if_alone (self);
}

void
mitogen_core_remove_uplink (MitogenCore *core)
{
  MitogenPeers *self = mitogen_core_get_peers (core);

  g_assert (mitogen_io_is_current (get_io (self)));
  if (self->uplink.peer == NULL)
    return;
  self->uplink.peer = NULL;
  released (self);
}

void
mitogen_peers_held (MitogenPeers *self, guint32 id)
{
  Peer *entry = g_hash_table_lookup (self->peers, key (id));

  if (entry != NULL && entry->funcs->held != NULL)
    entry->funcs->held (entry->peer);
}

gboolean
mitogen_peers_lost (MitogenPeers *self, guint32 id)
{
  Peer *entry = g_hash_table_lookup (self->peers, key (id));

  if (entry != NULL && entry->funcs->lost != NULL)
    entry->funcs->lost (entry->peer);
  return entry != NULL;
}

gboolean
mitogen_peers_detach (MitogenPeers *self, guint32 id)
{
  Peer *entry = g_hash_table_lookup (self->peers, key (id));

  if (entry == NULL || entry->funcs->detach == NULL)
    return FALSE;
  entry->funcs->detach (entry->peer);
  return TRUE;
}

/* ---- ending one ---- */

typedef struct
{
  MitogenCore *core;
  guint32 id;
} End;

static void
end_run (gpointer data)
{
  End *end = data;
  MitogenPeers *self = mitogen_core_get_peers (end->core);
  Peer *entry = g_hash_table_lookup (self->peers, key (end->id));

  if (entry != NULL)
    entry->funcs->shutdown (entry->peer);
  else
    mitogen_core_send_shutdown (end->core, end->id);
}

/* No peer: it is gone already. */
static void
kill_run (gpointer data)
{
  End *end = data;
  MitogenPeers *self = mitogen_core_get_peers (end->core);
  Peer *entry = g_hash_table_lookup (self->peers, key (end->id));

  if (entry != NULL && entry->funcs->kill != NULL)
    entry->funcs->kill (entry->peer);
}

static void
end_free (gpointer data)
{
  End *end = data;

  mitogen_core_unref (end->core);
  g_free (end);
}

static void
post_end (MitogenCore *core, guint32 id, MitogenIoFunc func)
{
  End *end = g_new (End, 1);

  end->core = mitogen_core_ref (core);
  end->id = id;
  mitogen_io_post (mitogen_core_get_io (core), func, end, end_free);
}

void
mitogen_core_end_context (MitogenCore *self, guint32 id)
{
  post_end (self, id, end_run);
}

void
mitogen_core_kill_context (MitogenCore *self, guint32 id)
{
  post_end (self, id, kill_run);
}

/* ---- life ---- */

MitogenPeers *
mitogen_peers_new (MitogenCore *core)
{
  MitogenPeers *self = g_new0 (MitogenPeers, 1);

  self->core = core;
  self->peers = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

void
mitogen_peers_free (MitogenPeers *self)
{
  g_hash_table_unref (self->peers);
  g_free (self);
}
