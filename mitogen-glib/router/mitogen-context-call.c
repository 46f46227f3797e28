/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How functions are called in a context: the methods of MitogenContext that do it. */

#include "router/mitogen-context-private.h"
#include "router/mitogen-function-call-private.h"
#include "router/mitogen-receiver-private.h"
#include "wire/mitogen-pickle-private.h"

static MitogenCallWatch call_watch; /* atomic */

void
mitogen_context_set_call_watch (MitogenCallWatch watch)
{
  g_atomic_pointer_set (&call_watch, watch);
}

MitogenMessage *
mitogen_context_make_call (MitogenContext *self,
                           const char *chain_id,
                           const char *function,
                           GVariant *args,
                           GVariant *kwargs,
                           GError **error)
{
  MitogenCallWatch watch = g_atomic_pointer_get (&call_watch);
  MitogenMessage *message = mitogen_function_call_new (mitogen_context_get_id (self), chain_id,
                                                       function, args, kwargs, error);

  if (message != NULL && watch != NULL)
    watch (mitogen_context_get_core (self), mitogen_context_get_node (self), function);
  return message;
}

static GVariant *
result_of_call (MitogenMessage *answer, const GVariantType *reply_type, GError **error)
{
  g_autoptr (MitogenMessage) owned = answer;
  g_autoptr (GVariant) value = NULL;

  if (owned == NULL)
    return NULL;
  value = mitogen_message_unpickle (owned, error);
  return value != NULL ? mitogen_variant_convert (value, reply_type, error) : NULL;
}

GVariant *
mitogen_context_call_message (MitogenContext *self,
                              MitogenMessage *message,
                              const GVariantType *reply_type,
                              gint timeout,
                              GCancellable *cancellable,
                              GError **error)
{
  return result_of_call (mitogen_context_wait_for_answer (self, message, timeout, cancellable,
                                                          error),
                         reply_type, error);
}

void
mitogen_context_call_message_task (MitogenContext *self,
                                   MitogenMessage *message,
                                   const GVariantType *reply_type,
                                   gint timeout,
                                   GTask *task)
{
  if (reply_type != NULL)
    g_task_set_task_data (task, g_variant_type_copy (reply_type),
                          (GDestroyNotify) g_variant_type_free);
  mitogen_context_send_for_task (self, message, timeout, task);
}

GVariant *
mitogen_context_call_message_finish (GTask *task, GError **error)
{
  return result_of_call (g_task_propagate_pointer (task, error), g_task_get_task_data (task),
                         error);
}

gboolean
mitogen_context_call_message_no_reply (MitogenContext *self,
                                       MitogenMessage *message,
                                       GError **error)
{
  if (!mitogen_context_check_connected (self, error))
    return FALSE;
  mitogen_core_send (mitogen_context_get_core (self), message);
  return TRUE;
}

/**
 * mitogen_context_call:
 * @self: a context
 * @function: what to call, as `package.module:function`
 * @args: (nullable): the positional arguments, a tuple or an array; a floating
 *   reference is consumed
 * @kwargs: (nullable): the keyword arguments, such as `a{sv}`; a floating reference is
 *   consumed
 * @reply_type: (nullable): the type that the result must have, or nothing to take it
 *   as it comes
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Calls a function in the context and waits for its result.
 *
 * A context runs one call at a time, in the order in which they were made. If the
 * function raises an exception, the error is `MITOGEN_ERROR_CALL`; its message holds
 * the exception's type and text, and [func@Mitogen.Error.get_remote_traceback] where
 * it was raised. `MITOGEN_ERROR_TYPE` says that an argument cannot be sent, or that
 * the result does not fit @reply_type; `MITOGEN_ERROR_CHANNEL` that the context is
 * gone; `G_IO_ERROR_INVALID_ARGUMENT` that @function is not a name.
 *
 * After `MITOGEN_ERROR_TIMED_OUT` or `G_IO_ERROR_CANCELLED` nobody waits for the
 * result any more, but the function runs on.
 *
 * May be called from any thread that may block.
 *
 * Returns: (transfer full): the result
 *
 * Since: 1.0
 */
GVariant *
mitogen_context_call (MitogenContext *self,
                      const char *function,
                      GVariant *args,
                      GVariant *kwargs,
                      const GVariantType *reply_type,
                      gint timeout,
                      GCancellable *cancellable,
                      GError **error)
{
  g_autoptr (MitogenMessage) message = NULL;

  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  message = mitogen_context_make_call (self, NULL, function, args, kwargs, error);
  if (message == NULL)
    return NULL;
  return mitogen_context_call_message (self, message, reply_type, timeout, cancellable, error);
}

/**
 * mitogen_context_call_async:
 * @self: a context
 * @function: what to call, as `package.module:function`
 * @args: (nullable): the positional arguments, a tuple or an array; a floating
 *   reference is consumed
 * @kwargs: (nullable): the keyword arguments, such as `a{sv}`; a floating reference is
 *   consumed
 * @reply_type: (nullable): the type that the result must have, or nothing to take it
 *   as it comes
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called with the result
 * @user_data: passed to @callback
 *
 * Calls a function in the context without blocking: see
 * [method@Mitogen.Context.call].
 *
 * Any number of calls may be on their way. May be called from any thread; @callback
 * runs in the main context that is thread-default now.
 *
 * Since: 1.0
 */
void
mitogen_context_call_async (MitogenContext *self,
                            const char *function,
                            GVariant *args,
                            GVariant *kwargs,
                            const GVariantType *reply_type,
                            gint timeout,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (MitogenMessage) message = NULL;
  GError *error = NULL;
  GTask *task;

  g_return_if_fail (MITOGEN_IS_CONTEXT (self));
  g_return_if_fail (function != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mitogen_context_call_async);
  message = mitogen_context_make_call (self, NULL, function, args, kwargs, &error);
  if (message == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  mitogen_context_call_message_task (self, message, reply_type, timeout, task);
}

/**
 * mitogen_context_call_finish:
 * @self: a context
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Context.call_async].
 *
 * Returns: (transfer full): the result of the function
 *
 * Since: 1.0
 */
GVariant *
mitogen_context_call_finish (MitogenContext *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return mitogen_context_call_message_finish (G_TASK (result), error);
}

/**
 * mitogen_context_call_no_reply:
 * @self: a context
 * @function: what to call, as `package.module:function`
 * @args: (nullable): the positional arguments, a tuple or an array; a floating
 *   reference is consumed
 * @kwargs: (nullable): the keyword arguments, such as `a{sv}`; a floating reference is
 *   consumed
 * @error: return location for an error
 *
 * Has a function called in the context without learning of its result. If it raises
 * an exception, the context logs that.
 *
 * May be called from any thread.
 *
 * Returns: whether the call could be sent
 *
 * Since: 1.0
 */
gboolean
mitogen_context_call_no_reply (MitogenContext *self,
                               const char *function,
                               GVariant *args,
                               GVariant *kwargs,
                               GError **error)
{
  g_autoptr (MitogenMessage) message = NULL;

  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), FALSE);
  g_return_val_if_fail (function != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  message = mitogen_context_make_call (self, NULL, function, args, kwargs, error);
  return message != NULL && mitogen_context_call_message_no_reply (self, message, error);
}

/**
 * mitogen_context_start_call:
 * @self: a context
 * @function: what to call, as `package.module:function`
 * @args: (nullable): the positional arguments, a tuple or an array; a floating
 *   reference is consumed
 * @kwargs: (nullable): the keyword arguments, such as `a{sv}`; a floating reference is
 *   consumed
 * @error: return location for an error
 *
 * Begins a call and creates a receiver for its result, to be waited for together with
 * others in a [class@Mitogen.Select]. May be called from any thread.
 *
 * Returns: (transfer full): a receiver
 *
 * Since: 1.0
 */
MitogenReceiver *
mitogen_context_start_call (MitogenContext *self,
                            const char *function,
                            GVariant *args,
                            GVariant *kwargs,
                            GError **error)
{
  g_autoptr (MitogenMessage) message = NULL;

  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  message = mitogen_context_make_call (self, NULL, function, args, kwargs, error);
  if (message == NULL)
    return NULL;
  return mitogen_context_send_async (self, message, FALSE, error);
}
