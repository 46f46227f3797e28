/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How the program ends a context. */

#include "router/mitogen-context-private.h"
#include "router/mitogen-receiver-private.h"

#include <glib/gi18n-lib.h>

typedef void (*EndFunc) (MitogenCore *core, guint32 id);

static gboolean
register_end (MitogenContext *self, MitogenMailbox *mailbox, guint32 *handle)
{
  /* The dead message for a respondent that is gone tells of the end. */
  *handle = mitogen_mailbox_register (mailbox, mitogen_context_get_core (self), 0, FALSE,
                                      mitogen_context_get_id (self), NULL);
  return *handle != 0 && mitogen_context_get_state (self) != MITOGEN_CONTEXT_STATE_DISCONNECTED;
}

static void
give_up_handle (MitogenContext *self, guint32 handle)
{
  mitogen_handlers_remove (mitogen_core_get_handlers (mitogen_context_get_core (self)), handle);
}

static gboolean
end (MitogenContext *self, EndFunc func, gboolean wait, GCancellable *cancellable, GError **error)
{
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  g_autoptr (MitogenMessage) over = NULL;
  guint32 handle;

  if (!register_end (self, mailbox, &handle) || !wait)
    {
      give_up_handle (self, handle);
      func (mitogen_context_get_core (self), mitogen_context_get_id (self));
      return TRUE;
    }

  func (mitogen_context_get_core (self), mitogen_context_get_id (self));
  over = mitogen_mailbox_pop (mailbox, -1, cancellable, error);
  if (over == NULL)
    give_up_handle (self, handle);
  return over != NULL;
}

/* @task: (transfer full) */
static void
end_task (MitogenContext *self, EndFunc func, gboolean wait, GTask *task)
{
  g_autoptr (GTask) owned = task;
  g_autoptr (MitogenMailbox) mailbox = mitogen_mailbox_new ();
  guint32 handle;

  if (!register_end (self, mailbox, &handle) || !wait)
    {
      give_up_handle (self, handle);
      func (mitogen_context_get_core (self), mitogen_context_get_id (self));
      g_task_return_pointer (owned, NULL, NULL);
      return;
    }

  func (mitogen_context_get_core (self), mitogen_context_get_id (self));
  mitogen_context_pop_for_task (self, mailbox, handle, -1, g_steal_pointer (&owned));
}

static gboolean
end_finish (GAsyncResult *result, GError **error)
{
  g_autoptr (MitogenMessage) over = NULL;
  g_autoptr (GError) failure = NULL;

  over = g_task_propagate_pointer (G_TASK (result), &failure);
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/**
 * mitogen_context_shutdown:
 * @self: a context
 * @wait: whether to wait until it is gone
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Ends the context, and all that were made through it.
 *
 * It is asked to leave, and made to if it has not after the broker's
 * [property@Mitogen.Broker:shutdown-timeout]. Processes that were started by code in
 * it and run on in its process group are told to end when it is gone, and made to a
 * second later. A context that is gone already is no error. May be called from any
 * thread; with @wait, from one that may block.
 *
 * Returns: whether the context has been asked, or, with @wait, is gone; only
 *   cancelling the wait makes this fail
 *
 * Since: 1.0
 */
gboolean
mitogen_context_shutdown (MitogenContext *self,
                          gboolean wait,
                          GCancellable *cancellable,
                          GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  return end (self, mitogen_core_end_context, wait, cancellable, error);
}

/**
 * mitogen_context_shutdown_async:
 * @self: a context
 * @wait: whether to wait until it is gone
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: passed to @callback
 *
 * Ends the context without blocking: see [method@Mitogen.Context.shutdown].
 *
 * Since: 1.0
 */
void
mitogen_context_shutdown_async (MitogenContext *self,
                                gboolean wait,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task;

  g_return_if_fail (MITOGEN_IS_CONTEXT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mitogen_context_shutdown_async);
  end_task (self, mitogen_core_end_context, wait, task);
}

/**
 * mitogen_context_shutdown_finish:
 * @self: a context
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Context.shutdown_async].
 *
 * Returns: as [method@Mitogen.Context.shutdown]
 *
 * Since: 1.0
 */
gboolean
mitogen_context_shutdown_finish (MitogenContext *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return end_finish (result, error);
}

/* Others can only be asked: where their process is, and what else it is for, is not known here. */
static gboolean
can_be_killed (MitogenContext *self, GError **error)
{
  if (mitogen_context_get_connection (self) != NULL)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               _ ("Context %s was not made by this process, which can ask it to leave, "
                  "but not kill it"),
               mitogen_context_get_name (self));
  return FALSE;
}

/**
 * mitogen_context_kill:
 * @self: a context
 * @wait: whether to wait until it is gone
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Ends the context at once, without asking it: its process, and those that were
 * started by code in it and are still in its process group, get `SIGKILL`.
 *
 * Contexts that were made through it leave when they notice. A context that is gone
 * already is no error.
 *
 * Fails with `G_IO_ERROR_NOT_SUPPORTED` for a context that this process did not make,
 * such as one that came in a message: see [method@Mitogen.Context.shutdown] for
 * those. May be called from any thread; with @wait, from one that may block.
 *
 * Returns: whether the context is being killed, or, with @wait, is gone
 *
 * Since: 1.0
 */
gboolean
mitogen_context_kill (MitogenContext *self,
                      gboolean wait,
                      GCancellable *cancellable,
                      GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  return can_be_killed (self, error) &&
         end (self, mitogen_core_kill_context, wait, cancellable, error);
}

/**
 * mitogen_context_kill_async:
 * @self: a context
 * @wait: whether to wait until it is gone
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: passed to @callback
 *
 * Kills the context without blocking: see [method@Mitogen.Context.kill].
 *
 * Since: 1.0
 */
void
mitogen_context_kill_async (MitogenContext *self,
                            gboolean wait,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GError) error = NULL;

  g_return_if_fail (MITOGEN_IS_CONTEXT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mitogen_context_kill_async);
  if (can_be_killed (self, &error))
    end_task (self, mitogen_core_kill_context, wait, g_steal_pointer (&task));
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/**
 * mitogen_context_kill_finish:
 * @self: a context
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Context.kill_async].
 *
 * Returns: as [method@Mitogen.Context.kill]
 *
 * Since: 1.0
 */
gboolean
mitogen_context_kill_finish (MitogenContext *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return end_finish (result, error);
}
