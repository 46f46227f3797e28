/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-context-node-private.h"
#include "broker/mitogen-io-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

struct _MitogenContextNode
{
  gatomicrefcount ref_count;
  guint32 id;
  guint32 via_id;
  gboolean is_python; /* set before anybody else knows it */
  gboolean passing;   /* the same */
  guint parts;        /* I/O thread only: bits */

  GMutex lock; /* protects what follows */
  char *name;
  char *first_name; /* what the name was before it was known: somebody may still read it */
  MitogenContextNodeState state;
  GError *reason;
  gboolean explained; /* the reason is final */
  GVariant *info;
  MitogenWeak *object;
  MitogenDispatcher *dispatcher;
};

MitogenContextNode *
mitogen_context_node_new (guint32 id, const char *name, guint32 via_id)
{
  MitogenContextNode *self = g_new0 (MitogenContextNode, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->id = id;
  self->via_id = via_id;
  self->name = g_strdup (name);
  return self;
}

MitogenContextNode *
mitogen_context_node_ref (MitogenContextNode *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_context_node_unref (MitogenContextNode *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->name);
  g_free (self->first_name);
  g_clear_error (&self->reason);
  g_clear_pointer (&self->info, g_variant_unref);
  g_clear_pointer (&self->object, mitogen_weak_unref);
  g_clear_pointer (&self->dispatcher, mitogen_dispatcher_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

guint32
mitogen_context_node_get_id (MitogenContextNode *self)
{
  return self->id;
}

guint32
mitogen_context_node_get_via_id (MitogenContextNode *self)
{
  return self->via_id;
}

const char *
mitogen_context_node_get_name (MitogenContextNode *self)
{
  const char *name;

  g_mutex_lock (&self->lock);
  name = self->name;
  g_mutex_unlock (&self->lock);
  return name;
}

void
mitogen_context_node_set_name (MitogenContextNode *self, const char *name)
{
  g_mutex_lock (&self->lock);
  if (self->first_name == NULL)
    {
      self->first_name = self->name;
      self->name = g_strdup (name);
    }
  g_mutex_unlock (&self->lock);
}

MitogenContextNodeState
mitogen_context_node_get_state (MitogenContextNode *self)
{
  MitogenContextNodeState state;

  g_mutex_lock (&self->lock);
  state = self->state;
  g_mutex_unlock (&self->lock);
  return state;
}

void
mitogen_context_node_set_connected (MitogenContextNode *self, GVariant *info)
{
  g_mutex_lock (&self->lock);
  if (self->state == MITOGEN_CONTEXT_NODE_CONNECTING)
    self->state = MITOGEN_CONTEXT_NODE_CONNECTED;
  g_clear_pointer (&self->info, g_variant_unref);
  self->info = info != NULL ? g_variant_ref_sink (info) : NULL;
  g_mutex_unlock (&self->lock);
}

gboolean
mitogen_context_node_add_part (MitogenContextNode *self, guint part)
{
  guint bit = 1u << part;
  gboolean first = (self->parts & bit) == 0;

  self->parts |= bit;
  return first;
}

void
mitogen_context_node_set_is_python (MitogenContextNode *self)
{
  self->is_python = TRUE;
}

gboolean
mitogen_context_node_is_python (MitogenContextNode *self)
{
  return self->is_python;
}

void
mitogen_context_node_set_passing (MitogenContextNode *self)
{
  self->passing = TRUE;
}

gboolean
mitogen_context_node_is_passing (MitogenContextNode *self)
{
  return self->passing;
}

void
mitogen_context_node_set_lost (MitogenContextNode *self)
{
  g_mutex_lock (&self->lock);
  self->state = MITOGEN_CONTEXT_NODE_DISCONNECTED;
  if (self->reason == NULL)
    self->reason =
        g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("its stream was closed"));
  g_mutex_unlock (&self->lock);
}

gboolean
mitogen_context_node_set_reason (MitogenContextNode *self, const GError *reason)
{
  gboolean first;

  g_mutex_lock (&self->lock);
  first = !self->explained;
  if (first)
    {
      self->explained = TRUE;
      self->state = MITOGEN_CONTEXT_NODE_DISCONNECTED;
      g_clear_error (&self->reason);
      self->reason = g_error_copy (reason);
    }
  g_mutex_unlock (&self->lock);
  return first;
}

GError *
mitogen_context_node_get_reason (MitogenContextNode *self)
{
  GError *reason;

  g_mutex_lock (&self->lock);
  reason = self->reason != NULL ? g_error_copy (self->reason) : NULL;
  g_mutex_unlock (&self->lock);
  return reason;
}

GVariant *
mitogen_context_node_get_info (MitogenContextNode *self)
{
  GVariant *info;

  g_mutex_lock (&self->lock);
  info = self->info != NULL ? g_variant_ref (self->info) : NULL;
  g_mutex_unlock (&self->lock);
  return info;
}

void
mitogen_context_node_set_object (MitogenContextNode *self,
                                 GObject *context,
                                 MitogenDispatcher *dispatcher)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->object, mitogen_weak_unref);
  g_clear_pointer (&self->dispatcher, mitogen_dispatcher_unref);
  self->object = mitogen_weak_new (context);
  self->dispatcher = mitogen_dispatcher_ref (dispatcher);
  g_mutex_unlock (&self->lock);
}

MitogenWeak *
mitogen_context_node_dup_weak (MitogenContextNode *self)
{
  MitogenWeak *object;

  g_mutex_lock (&self->lock);
  object = self->object != NULL ? mitogen_weak_ref (self->object) : NULL;
  g_mutex_unlock (&self->lock);
  return object;
}

typedef struct
{
  MitogenWeak *object;
  MitogenContextNodeEmit emit;
  gpointer data;
  GDestroyNotify destroy;
} Emission;

static void
emission_run (gpointer data)
{
  Emission *emission = data;
  g_autoptr (GObject) object = mitogen_weak_get (emission->object);

  g_assert (!mitogen_in_broker_thread ());
  if (object != NULL)
    emission->emit (object, emission->data);
}

static void
emission_free (gpointer data)
{
  Emission *emission = data;

  if (emission->destroy != NULL)
    emission->destroy (emission->data);
  mitogen_weak_unref (emission->object);
  g_free (emission);
}

void
mitogen_context_node_post (MitogenContextNode *self,
                           gsize size,
                           MitogenContextNodeEmit emit,
                           gpointer data,
                           GDestroyNotify destroy)
{
  g_autoptr (MitogenDispatcher) dispatcher = NULL;
  Emission *emission = g_new0 (Emission, 1);

  emission->emit = emit;
  emission->data = data;
  emission->destroy = destroy;

  g_mutex_lock (&self->lock);
  if (self->object != NULL)
    {
      emission->object = mitogen_weak_ref (self->object);
      dispatcher = mitogen_dispatcher_ref (self->dispatcher);
    }
  g_mutex_unlock (&self->lock);

  if (dispatcher == NULL)
    {
      if (destroy != NULL)
        destroy (data);
      g_free (emission);
    }
  else if (size > 0)
    mitogen_dispatcher_post_lossy (dispatcher, size, emission_run, emission, emission_free);
  else
    mitogen_dispatcher_post (dispatcher, emission_run, emission, emission_free);
}
