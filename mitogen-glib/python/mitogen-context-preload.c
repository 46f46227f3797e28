/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-module-responder.h"
#include "python/mitogen-modules-private.h"
#include "router/mitogen-context-private.h"

#include <glib/gi18n-lib.h>

/* Returns: (transfer full) (nullable) */
static MitogenMailbox *
begin (MitogenContext *self, const char *const *modules, GError **error)
{
  MitogenCore *core = mitogen_context_get_core (self);
  g_autoptr (MitogenModules) responder = NULL;

  for (const char *const *name = modules; *name != NULL; name++)
    if (!mitogen_module_name_is_valid (*name))
      {
        g_autofree char *shown = g_utf8_make_valid (*name, -1);

        g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                     _ ("“%s” is not the name of a module: write “package.module”"), shown);
        return NULL;
      }
  if (!mitogen_context_check_connected (self, error))
    return NULL;
  responder = mitogen_modules_get (core);
  return mitogen_modules_preload (responder, core, mitogen_context_get_node (self), modules);
}

/* @outcome: (transfer full) (nullable) */
static gboolean
end (MitogenOutcome *outcome, GError **error)
{
  gboolean done = outcome != NULL && outcome->error == NULL;

  if (outcome == NULL)
    return FALSE;
  if (outcome->error != NULL && error != NULL)
    *error = g_error_copy (outcome->error);
  mitogen_outcome_unref (outcome);
  return done;
}

/**
 * mitogen_context_preload:
 * @self: a context
 * @modules: (array zero-terminated=1): the full names of modules
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Sends modules of the program to the context before it asks for them, with all that they import,
 * and waits until they are on their way.
 *
 * There is rarely a need: a context is sent what a called function needs with the call. This is for
 * modules that only become known while a function runs, so that it does not have to wait for each.
 * A context far away gets them through those on the way, which keep a copy for others.
 *
 * `MITOGEN_ERROR_MODULE_NOT_FOUND` says which one is in none of the places of the
 * [class@Mitogen.ModuleResponder], `MITOGEN_ERROR_PERMISSION` which one it may not be sent,
 * `MITOGEN_ERROR_CHANNEL` that the context is gone or was not made by this program. Those before it
 * in the list are sent.
 *
 * May be called from any thread that may block, also before the context is connected.
 *
 * Returns: whether all are on their way
 *
 * Since: 1.0
 */
gboolean
mitogen_context_preload (MitogenContext *self,
                         const char *const *modules,
                         GCancellable *cancellable,
                         GError **error)
{
  g_autoptr (MitogenMailbox) mailbox = NULL;

  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), FALSE);
  g_return_val_if_fail (modules != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  mailbox = begin (self, modules, error);
  return mailbox != NULL && end (mitogen_mailbox_pop (mailbox, -1, cancellable, error), error);
}

/**
 * mitogen_context_preload_async:
 * @self: a context
 * @modules: (array zero-terminated=1): the full names of modules
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when they are on their way
 * @user_data: passed to @callback
 *
 * Sends modules to the context without blocking: see [method@Mitogen.Context.preload].
 *
 * May be called from any thread; @callback runs in the main context that is thread-default now.
 *
 * Since: 1.0
 */
void
mitogen_context_preload_async (MitogenContext *self,
                               const char *const *modules,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (MitogenMailbox) mailbox = NULL;
  GError *error = NULL;
  GTask *task;

  g_return_if_fail (MITOGEN_IS_CONTEXT (self));
  g_return_if_fail (modules != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mitogen_context_preload_async);
  mailbox = begin (self, modules, &error);
  if (mailbox != NULL)
    {
      mitogen_mailbox_pop_task (mailbox, -1, task, NULL, NULL, NULL);
      return;
    }
  g_task_return_error (task, error);
  g_object_unref (task);
}

/**
 * mitogen_context_preload_finish:
 * @self: a context
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Context.preload_async].
 *
 * Returns: as [method@Mitogen.Context.preload]
 *
 * Since: 1.0
 */
gboolean
mitogen_context_preload_finish (MitogenContext *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return end (g_task_propagate_pointer (G_TASK (result), error), error);
}
