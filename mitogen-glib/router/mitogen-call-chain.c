/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-call-chain.h"
#include "router/mitogen-context-private.h"
#include "router/mitogen-function-call-private.h"

/**
 * MitogenCallChain:
 *
 * Calls that are sent without waiting for each other, of which the later ones do not
 * run if an earlier one failed.
 *
 * After a function of the chain has raised an exception, every later call of the chain
 * fails with the same error without running, until
 * [method@Mitogen.CallChain.reset]. So a series of steps can be sent at once, and the
 * result of the last one tells of all of them.
 *
 * Methods may be called from any thread.
 *
 * Since: 1.0
 */
struct _MitogenCallChain
{
  GObject parent_instance;

  MitogenContext *context;
  char *id;
};

G_DEFINE_FINAL_TYPE (MitogenCallChain, mitogen_call_chain, G_TYPE_OBJECT)

typedef enum
{
  PROP_CONTEXT = 1,
} MitogenCallChainProperty;

static GParamSpec *properties[PROP_CONTEXT + 1];

static void
mitogen_call_chain_dispose (GObject *object)
{
  MitogenCallChain *self = MITOGEN_CALL_CHAIN (object);

  /* The context must not remember the failures of chains that are gone. */
  if (self->context != NULL)
    mitogen_call_chain_reset (self);
  g_clear_object (&self->context);
  G_OBJECT_CLASS (mitogen_call_chain_parent_class)->dispose (object);
}

static void
mitogen_call_chain_finalize (GObject *object)
{
  g_free (MITOGEN_CALL_CHAIN (object)->id);
  G_OBJECT_CLASS (mitogen_call_chain_parent_class)->finalize (object);
}

static void
mitogen_call_chain_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch ((MitogenCallChainProperty) id)
    {
    case PROP_CONTEXT:
      g_value_set_object (value, MITOGEN_CALL_CHAIN (object)->context);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_call_chain_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  switch ((MitogenCallChainProperty) id)
    {
    case PROP_CONTEXT:
      MITOGEN_CALL_CHAIN (object)->context = g_value_dup_object (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_call_chain_class_init (MitogenCallChainClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mitogen_call_chain_dispose;
  object_class->finalize = mitogen_call_chain_finalize;
  object_class->get_property = mitogen_call_chain_get_property;
  object_class->set_property = mitogen_call_chain_set_property;

  /**
   * MitogenCallChain:context: (getter get_context)
   *
   * The context that the calls go to.
   *
   * Since: 1.0
   */
  properties[PROP_CONTEXT] =
      g_param_spec_object ("context", NULL, NULL, MITOGEN_TYPE_CONTEXT,
                           G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_call_chain_init (MitogenCallChain *self)
{
  self->id = g_uuid_string_random ();
}

static MitogenMessage *
make_message (MitogenCallChain *self,
              const char *function,
              GVariant *args,
              GVariant *kwargs,
              GError **error)
{
  return mitogen_context_make_call (self->context, self->id, function, args, kwargs, error);
}

/**
 * mitogen_call_chain_new:
 * @context: the context to call functions in
 *
 * Creates a chain of calls.
 *
 * Returns: (transfer full): a new chain
 *
 * Since: 1.0
 */
MitogenCallChain *
mitogen_call_chain_new (MitogenContext *context)
{
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (context), NULL);
  return g_object_new (MITOGEN_TYPE_CALL_CHAIN, "context", context, NULL);
}

/**
 * mitogen_call_chain_get_context: (get-property context)
 * @self: a chain
 *
 * Gets the context that the calls go to.
 *
 * Returns: (transfer none): the context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_call_chain_get_context (MitogenCallChain *self)
{
  g_return_val_if_fail (MITOGEN_IS_CALL_CHAIN (self), NULL);
  return self->context;
}

/**
 * mitogen_call_chain_call:
 * @self: a chain
 * @function: what to call, as `package.module:function`
 * @args: (nullable): the positional arguments; a floating reference is consumed
 * @kwargs: (nullable): the keyword arguments; a floating reference is consumed
 * @reply_type: (nullable): the type that the result must have
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Calls a function as part of the chain and waits for its result: see
 * [method@Mitogen.Context.call].
 *
 * Returns: (transfer full): the result
 *
 * Since: 1.0
 */
GVariant *
mitogen_call_chain_call (MitogenCallChain *self,
                         const char *function,
                         GVariant *args,
                         GVariant *kwargs,
                         const GVariantType *reply_type,
                         gint timeout,
                         GCancellable *cancellable,
                         GError **error)
{
  g_autoptr (MitogenMessage) message = NULL;

  g_return_val_if_fail (MITOGEN_IS_CALL_CHAIN (self), NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  message = make_message (self, function, args, kwargs, error);
  if (message == NULL)
    return NULL;
  return mitogen_context_call_message (self->context, message, reply_type, timeout, cancellable,
                                       error);
}

/**
 * mitogen_call_chain_call_async:
 * @self: a chain
 * @function: what to call, as `package.module:function`
 * @args: (nullable): the positional arguments; a floating reference is consumed
 * @kwargs: (nullable): the keyword arguments; a floating reference is consumed
 * @reply_type: (nullable): the type that the result must have
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called with the result
 * @user_data: passed to @callback
 *
 * Calls a function as part of the chain without blocking: see
 * [method@Mitogen.Context.call_async].
 *
 * Since: 1.0
 */
void
mitogen_call_chain_call_async (MitogenCallChain *self,
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

  g_return_if_fail (MITOGEN_IS_CALL_CHAIN (self));
  g_return_if_fail (function != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mitogen_call_chain_call_async);
  message = make_message (self, function, args, kwargs, &error);
  if (message == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  mitogen_context_call_message_task (self->context, message, reply_type, timeout, task);
}

/**
 * mitogen_call_chain_call_finish:
 * @self: a chain
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.CallChain.call_async].
 *
 * Returns: (transfer full): the result of the function
 *
 * Since: 1.0
 */
GVariant *
mitogen_call_chain_call_finish (MitogenCallChain *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return mitogen_context_call_message_finish (G_TASK (result), error);
}

/**
 * mitogen_call_chain_call_no_reply:
 * @self: a chain
 * @function: what to call, as `package.module:function`
 * @args: (nullable): the positional arguments; a floating reference is consumed
 * @kwargs: (nullable): the keyword arguments; a floating reference is consumed
 * @error: return location for an error
 *
 * Has a function called as part of the chain. If it raises an exception, the next call
 * that asks for a result gets that.
 *
 * Returns: whether the call could be sent
 *
 * Since: 1.0
 */
gboolean
mitogen_call_chain_call_no_reply (MitogenCallChain *self,
                                  const char *function,
                                  GVariant *args,
                                  GVariant *kwargs,
                                  GError **error)
{
  g_autoptr (MitogenMessage) message = NULL;

  g_return_val_if_fail (MITOGEN_IS_CALL_CHAIN (self), FALSE);
  g_return_val_if_fail (function != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  message = make_message (self, function, args, kwargs, error);
  return message != NULL && mitogen_context_call_message_no_reply (self->context, message, error);
}

/**
 * mitogen_call_chain_start_call:
 * @self: a chain
 * @function: what to call, as `package.module:function`
 * @args: (nullable): the positional arguments; a floating reference is consumed
 * @kwargs: (nullable): the keyword arguments; a floating reference is consumed
 * @error: return location for an error
 *
 * Begins a call as part of the chain: see [method@Mitogen.Context.start_call].
 *
 * Returns: (transfer full): a receiver
 *
 * Since: 1.0
 */
MitogenReceiver *
mitogen_call_chain_start_call (MitogenCallChain *self,
                               const char *function,
                               GVariant *args,
                               GVariant *kwargs,
                               GError **error)
{
  g_autoptr (MitogenMessage) message = NULL;

  g_return_val_if_fail (MITOGEN_IS_CALL_CHAIN (self), NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  message = make_message (self, function, args, kwargs, error);
  if (message == NULL)
    return NULL;
  return mitogen_context_send_async (self->context, message, FALSE, error);
}

/**
 * mitogen_call_chain_reset:
 * @self: a chain
 *
 * Has the context forget that a call of the chain failed: later calls run again.
 *
 * Since: 1.0
 */
void
mitogen_call_chain_reset (MitogenCallChain *self)
{
  g_autoptr (MitogenMessage) message = NULL;

  g_return_if_fail (MITOGEN_IS_CALL_CHAIN (self));
  message = mitogen_function_call_new (mitogen_context_get_id (self->context), NULL,
                                       "mitogen.core:Dispatcher.forget_chain",
                                       g_variant_new ("(s)", self->id), NULL, NULL);
  mitogen_context_call_message_no_reply (self->context, message, NULL);
}
