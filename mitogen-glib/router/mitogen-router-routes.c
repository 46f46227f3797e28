/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The methods of MitogenRouter about ways to contexts, and their ids. */

#include "router/mitogen-context-private.h"
#include "router/mitogen-route-monitor-private.h"
#include "router/mitogen-router-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/* How long the root may take to answer. */
#define ALLOCATE_TIMEOUT_MS 30000

/**
 * mitogen_router_stream_by_id:
 * @self: a router
 * @id: the id of a context
 *
 * Gets the stream that messages for a context leave by. May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the stream; nothing if there is no way there
 *
 * Since: 1.0
 */
MitogenStream *
mitogen_router_stream_by_id (MitogenRouter *self, guint32 id)
{
  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), NULL);
  return mitogen_core_stream_by_id (mitogen_router_get_core (self), id);
}

/* ---- changing routes: on the I/O thread ---- */

typedef struct
{
  MitogenCore *core;
  guint32 id;
  MitogenStream *stream;    /* NULL: the route is to be withdrawn */
  MitogenContextNode *node; /* NULL: none to be made known */
} Change;

static void
change_free (gpointer data)
{
  Change *change = data;

  g_clear_pointer (&change->stream, mitogen_stream_unref);
  g_clear_pointer (&change->node, mitogen_context_node_unref);
  mitogen_core_unref (change->core);
  g_free (change);
}

static void
withdraw (Change *change)
{
  g_autoptr (MitogenStream) way = mitogen_core_get_route (change->core, change->id);

  if (way != NULL && mitogen_stream_get_remote_id (way) != change->id)
    mitogen_route_monitor_remove (mitogen_core_get_route_monitor (change->core), change->id, way);
}

static void
change_run (gpointer data)
{
  Change *change = data;
  g_autofree char *made_up = g_strdup_printf ("context.%u", change->id);

  if (change->stream == NULL)
    {
      withdraw (change);
      return;
    }
  if (change->node != NULL)
    mitogen_core_add_node (change->core, change->node);
  mitogen_route_monitor_add (mitogen_core_get_route_monitor (change->core), change->id,
                             change->stream, 0,
                             change->node != NULL ? mitogen_context_node_get_name (change->node)
                                                  : made_up);
}

/* @stream: (transfer full) (nullable) */
static void
post_change (MitogenRouter *self, guint32 id, MitogenStream *stream, MitogenContextNode *node)
{
  Change *change = g_new0 (Change, 1);

  change->core = mitogen_core_ref (mitogen_router_get_core (self));
  change->id = id;
  change->stream = stream;
  change->node = node != NULL ? mitogen_context_node_ref (node) : NULL;
  mitogen_io_post (mitogen_core_get_io (change->core), change_run, change, change_free);
}

/**
 * mitogen_router_add_route:
 * @self: a router
 * @target_id: the id of a context
 * @via_id: the id of a context that the target is behind of
 * @error: return location for an error
 *
 * Sends what is for one context by the way to another from now on.
 *
 * Routes to contexts that this program makes, and to those that others announce, are
 * known without this. Fails with `MITOGEN_ERROR_CHANNEL` if there is no way to @via_id.
 * May be called from any thread.
 *
 * Returns: whether there is such a way
 *
 * Since: 1.0
 */
gboolean
mitogen_router_add_route (MitogenRouter *self, guint32 target_id, guint32 via_id, GError **error)
{
  MitogenStream *stream;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  stream = mitogen_router_stream_by_id (self, via_id);
  if (stream == NULL)
    {
      g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL,
                   _ ("There is no way to context %u, so there is none through it"), via_id);
      return FALSE;
    }
  post_change (self, target_id, stream, NULL);
  return TRUE;
}

/**
 * mitogen_router_add_route_stream:
 * @self: a router
 * @target_id: the id of a context
 * @stream: a stream of this router
 *
 * Sends what is for a context over a stream from now on: see
 * [method@Mitogen.Router.add_route]. May be called from any thread.
 *
 * Since: 1.0
 */
void
mitogen_router_add_route_stream (MitogenRouter *self, guint32 target_id, MitogenStream *stream)
{
  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  g_return_if_fail (stream != NULL);
  post_change (self, target_id, mitogen_stream_ref (stream), NULL);
}

/**
 * mitogen_router_del_route:
 * @self: a router
 * @target_id: the id of a context
 *
 * Forgets the way to a context that is behind another: who waits for it is told that it
 * is gone. The way to a neighbour ends with its connection only. May be called from any
 * thread; it is no error if there is no such way.
 *
 * Since: 1.0
 */
void
mitogen_router_del_route (MitogenRouter *self, guint32 target_id)
{
  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  post_change (self, target_id, NULL, NULL);
}

/**
 * mitogen_router_register:
 * @self: a router
 * @context: a context, such as one from [method@Mitogen.Router.context_by_id]
 * @stream: the stream that leads to it
 *
 * Makes a context known together with the way to it: its disconnection will be told. May
 * be called from any thread.
 *
 * Since: 1.0
 */
void
mitogen_router_register (MitogenRouter *self, MitogenContext *context, MitogenStream *stream)
{
  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  g_return_if_fail (MITOGEN_IS_CONTEXT (context));
  g_return_if_fail (stream != NULL);
  post_change (self, mitogen_context_get_id (context), mitogen_stream_ref (stream),
               mitogen_context_get_node (context));
}

/* ---- ids ---- */

static MitogenMessage *
make_request (void)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);

  return mitogen_message_new (0, MITOGEN_HANDLE_ALLOCATE_ID, nothing);
}

guint32
mitogen_core_take_ids (MitogenCore *self, MitogenMessage *answer, GError **error)
{
  g_autoptr (GVariant) block = NULL;
  gint64 first;
  gint64 end;

  if (answer == NULL)
    return 0;
  if (mitogen_message_is_dead (answer))
    {
      g_propagate_error (error, mitogen_message_dead_error (answer));
      return 0;
    }
  block = mitogen_message_unpickle (answer, error);
  if (block == NULL)
    return 0;
  if (g_variant_is_of_type (block, G_VARIANT_TYPE ("(xx)")))
    {
      g_variant_get (block, "(xx)", &first, &end);
      if (first > 0 && first < end && end < MITOGEN_ID_NONE)
        {
          mitogen_core_add_ids (self, first + 1, end);
          return first;
        }
    }
  g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                       _ ("The root of the tree did not answer with a range of ids"));
  return 0;
}

/**
 * mitogen_router_allocate_id:
 * @self: a router
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Gets the id for a new context: one that no other context of the tree has, or has had.
 *
 * In a process that is not the root of its tree this asks the root now and then, and
 * fails with `MITOGEN_ERROR_CHANNEL` or `MITOGEN_ERROR_TIMED_OUT` if that does not
 * answer. May be called from any thread that may block.
 *
 * Returns: the id, or 0 with an error
 *
 * Since: 1.0
 */
guint32
mitogen_router_allocate_id (MitogenRouter *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (MitogenContext) root = NULL;
  g_autoptr (MitogenMessage) request = NULL;
  g_autoptr (MitogenMessage) answer = NULL;
  guint32 id;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), 0);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), 0);
  g_return_val_if_fail (error == NULL || *error == NULL, 0);

  if (mitogen_core_allocate_ids (mitogen_router_get_core (self), 1, &id))
    return id;
  root = mitogen_router_context_by_id (self, 0, "master");
  request = make_request ();
  answer = mitogen_context_wait_for_answer (root, request, ALLOCATE_TIMEOUT_MS, cancellable, error);
  return mitogen_core_take_ids (mitogen_router_get_core (self), answer, error);
}

static void
on_block (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  g_autoptr (MitogenMessage) answer = NULL;
  GError *error = NULL;
  guint32 id;

  answer = mitogen_context_send_await_finish (MITOGEN_CONTEXT (source), result, &error);
  id = mitogen_core_take_ids (mitogen_router_get_core (g_task_get_source_object (task)), answer,
                              &error);
  if (id != 0)
    g_task_return_int (task, id);
  else
    g_task_return_error (task, error);
}

/**
 * mitogen_router_allocate_id_async:
 * @self: a router
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called with the id
 * @user_data: passed to @callback
 *
 * Gets the id for a new context without blocking: see
 * [method@Mitogen.Router.allocate_id].
 *
 * Since: 1.0
 */
void
mitogen_router_allocate_id_async (MitogenRouter *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (MitogenContext) root = NULL;
  g_autoptr (MitogenMessage) request = NULL;
  guint32 id;

  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mitogen_router_allocate_id_async);
  if (mitogen_core_allocate_ids (mitogen_router_get_core (self), 1, &id))
    {
      g_task_return_int (task, id);
      return;
    }
  root = mitogen_router_context_by_id (self, 0, "master");
  request = make_request ();
  mitogen_context_send_await_async (root, request, ALLOCATE_TIMEOUT_MS, cancellable, on_block,
                                    g_steal_pointer (&task));
}

/**
 * mitogen_router_allocate_id_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.allocate_id_async].
 *
 * Returns: as [method@Mitogen.Router.allocate_id]
 *
 * Since: 1.0
 */
guint32
mitogen_router_allocate_id_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  gssize id;

  g_return_val_if_fail (g_task_is_valid (result, self), 0);
  id = g_task_propagate_int (G_TASK (result), error);
  return id > 0 ? id : 0;
}
