/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A chain of contexts by its URI: no step waits for the one before. */

#include "connection/mitogen-connect-uri.h"
#include "broker/mitogen-broker-private.h"
#include "connection/mitogen-connect-private.h"
#include "connection/mitogen-uri-parse-private.h"
#include "router/mitogen-router-private.h"

/* The data of its task; in the thread of the task's main context. */
typedef struct
{
  GPtrArray *connections;
  GPtrArray *contexts; /* of the steps that were begun */
  MitogenContext *via; /* (nullable): of the first step */
  GMainContext *owner;
  guint n_running;
  gboolean wants_id;
  GError *error; /* of the first step that has failed, by its place */
  guint failed;
} Chain;

typedef struct
{
  GTask *task;
  guint index;
} Step;

static void
chain_free (gpointer data)
{
  Chain *self = data;

  g_ptr_array_unref (self->connections);
  g_ptr_array_unref (self->contexts);
  g_clear_object (&self->via);
  g_main_context_unref (self->owner);
  g_clear_error (&self->error);
  g_free (self);
}

/* ---- the outcome ---- */

/* @error: (transfer full). That a step has failed because one before it has, says less. */
static void
keep_error (Chain *self, guint index, GError *error)
{
  if (self->error != NULL && self->failed <= index)
    {
      g_error_free (error);
      return;
    }
  g_clear_error (&self->error);
  self->error = error;
  self->failed = index;
}

static void
complete_if_done (GTask *task)
{
  Chain *self = g_task_get_task_data (task);
  gboolean is_over = self->error != NULL || self->contexts->len == self->connections->len;

  if (!is_over || self->n_running > 0 || self->wants_id)
    return;
  if (self->error == NULL)
    {
      g_task_return_pointer (task,
                             g_object_ref (
                                 g_ptr_array_index (self->contexts, self->contexts->len - 1)),
                             g_object_unref);
      return;
    }
  /* All others have been made through it. */
  if (self->contexts->len > 0)
    mitogen_context_shutdown (g_ptr_array_index (self->contexts, 0), FALSE, NULL, NULL);
  g_task_return_error (task, g_steal_pointer (&self->error));
}

static void
on_step (GObject *source, GAsyncResult *result, gpointer data)
{
  Step *step = data;
  Chain *self = g_task_get_task_data (step->task);
  GError *error = NULL;
  g_autoptr (MitogenContext) context =
      mitogen_router_connect_finish (MITOGEN_ROUTER (source), result, &error);

  self->n_running--;
  if (context == NULL)
    keep_error (self, step->index, error);
  complete_if_done (step->task);
  g_object_unref (step->task);
  g_free (step);
}

/* ---- the steps ---- */

/* FALSE: it has failed, and on_step() will be told. */
static gboolean
begin_step (GTask *task, guint32 id)
{
  Chain *self = g_task_get_task_data (task);
  guint index = self->contexts->len;
  MitogenContext *via = index > 0 ? g_ptr_array_index (self->contexts, index - 1) : self->via;
  Step *step = g_new (Step, 1);
  MitogenContext *context;

  step->task = g_object_ref (task);
  step->index = index;
  self->n_running++;
  context =
      mitogen_connect_begin (g_task_get_source_object (task), self->connections->pdata[index], via,
                             id, self->owner, g_task_get_cancellable (task), on_step, step);
  if (context != NULL)
    g_ptr_array_add (self->contexts, context);
  return context != NULL;
}

static void begin_steps (GTask *task);

static void
on_id_allocated (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Chain *self = g_task_get_task_data (task);
  GError *error = NULL;
  guint32 id = mitogen_router_allocate_id_finish (MITOGEN_ROUTER (source), result, &error);

  self->wants_id = FALSE;
  if (id == 0)
    keep_error (self, self->contexts->len, error);
  else if (self->error == NULL && begin_step (task, id))
    begin_steps (task);
  complete_if_done (task);
}

/* In a process that is not the root of its tree, ids have to be asked for. */
static void
begin_steps (GTask *task)
{
  Chain *self = g_task_get_task_data (task);
  MitogenRouter *router = g_task_get_source_object (task);
  guint32 id;

  while (self->error == NULL && self->contexts->len < self->connections->len)
    if (!mitogen_core_allocate_ids (mitogen_router_get_core (router), 1, &id))
      {
        self->wants_id = TRUE;
        mitogen_router_allocate_id_async (router, g_task_get_cancellable (task), on_id_allocated,
                                          g_object_ref (task));
        return;
      }
    else if (!begin_step (task, id))
      return;
}

/* @connections: (transfer full) */
static void
begin (MitogenRouter *router,
       GPtrArray *connections,
       GMountOperation *interaction,
       MitogenContext *via,
       GMainContext *owner,
       GTask *task)
{
  Chain *self = g_new0 (Chain, 1);

  for (guint i = 0; i < connections->len; i++)
    mitogen_connection_set_interaction (connections->pdata[i], interaction);
  self->connections = connections;
  self->contexts = g_ptr_array_new_with_free_func (g_object_unref);
  g_set_object (&self->via, via);
  self->owner = g_main_context_ref (owner);
  g_task_set_task_data (task, self, chain_free);
  begin_steps (task);
}

static GTask *
make_task (MitogenRouter *router,
           GCancellable *cancellable,
           GAsyncReadyCallback callback,
           gpointer user_data)
{
  GTask *task = g_task_new (router, cancellable, callback, user_data);

  g_task_set_source_tag (task, mitogen_router_connect_uri_async);
  /* The steps look at it. */
  g_task_set_check_cancellable (task, FALSE);
  return task;
}

/**
 * mitogen_router_connect_uri_async:
 * @self: a router
 * @uri: the way to the context, such as `ssh://admin@web1,sudo:root`
 * @interaction: (nullable): whom to ask for passwords; nothing for nobody
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the context is there
 * @user_data: passed to @callback
 *
 * Makes a context, and those on the way to it, without blocking: see
 * [method@Mitogen.Router.connect_uri].
 *
 * Since: 1.0
 */
void
mitogen_router_connect_uri_async (MitogenRouter *self,
                                  const char *uri,
                                  GMountOperation *interaction,
                                  MitogenContext *via,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GMainContext) owner = NULL;
  g_autoptr (GTask) task = NULL;
  GPtrArray *connections;
  GError *error = NULL;

  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  g_return_if_fail (uri != NULL);
  g_return_if_fail (interaction == NULL || G_IS_MOUNT_OPERATION (interaction));
  g_return_if_fail (via == NULL || MITOGEN_IS_CONTEXT (via));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = make_task (self, cancellable, callback, user_data);
  owner = g_main_context_ref_thread_default ();
  connections = mitogen_uri_read (uri, &error);
  if (connections != NULL)
    begin (self, connections, interaction, via, owner, task);
  else
    g_task_return_error (task, error);
}

/**
 * mitogen_router_connect_uri_finish:
 * @self: a router
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Router.connect_uri_async].
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_connect_uri_finish (MitogenRouter *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **kept = data;

  *kept = g_object_ref (result);
}

/**
 * mitogen_router_connect_uri:
 * @self: a router
 * @uri: the way to the context, such as `ssh://admin@web1,sudo:root`
 * @interaction: (nullable): whom to ask for passwords; nothing for nobody
 * @via: (nullable): the context on whose host to begin; nothing for this process
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes a context by a text that a person or a configuration file gives, and waits until functions
 * can be called in it. [Ways as URIs](uris.html) tells what can be written.
 *
 * A step behind a comma is made through the one before; all of them are begun at once, so that a
 * slow link costs one way to the far end and back. The context is the last one;
 * [property@Mitogen.Context:via] leads to the others, which stay until they are shut down, or the
 * first one is.
 *
 * Fails with `G_IO_ERROR_INVALID_ARGUMENT` if the URI is wrong: see [func@Mitogen.uri_parse]. Else,
 * as [method@Mitogen.Router.connect] does, with the error of the first step that failed; what was
 * made on the way is shut down then. A URI can have any command run: use none of whoever may not
 * do that.
 *
 * May be called from any thread that may block.
 *
 * Returns: (transfer full): the new context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_router_connect_uri (MitogenRouter *self,
                            const char *uri,
                            GMountOperation *interaction,
                            MitogenContext *via,
                            GCancellable *cancellable,
                            GError **error)
{
  g_autoptr (GMainContext) owner = NULL;
  g_autoptr (GMainContext) context = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GPtrArray) connections = NULL;
  g_autoptr (GTask) task = NULL;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), NULL);
  g_return_val_if_fail (uri != NULL, NULL);
  g_return_val_if_fail (interaction == NULL || G_IS_MOUNT_OPERATION (interaction), NULL);
  g_return_val_if_fail (via == NULL || MITOGEN_IS_CONTEXT (via), NULL);
  g_return_val_if_fail (!mitogen_in_broker_thread (), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  connections = mitogen_uri_read (uri, error);
  if (connections == NULL)
    return NULL;
  mitogen_connection_set_interaction (connections->pdata[0], interaction);
  if (!mitogen_connect_check_may_block (connections->pdata[0], error))
    return NULL;
  owner = g_main_context_ref_thread_default ();
  context = g_main_context_new ();
  g_main_context_push_thread_default (context);
  task = make_task (self, cancellable, keep_result, &result);
  begin (self, g_steal_pointer (&connections), interaction, via, owner, task);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  /* Whatever was on its way to this context must not be kept with it. */
  while (g_main_context_iteration (context, FALSE))
    ;
  return mitogen_router_connect_uri_finish (self, result, error);
}
