/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Messages of the program: the methods of MitogenRouter that send them and serve handles. */

#include "router/mitogen-context.h"
#include "router/mitogen-router-private.h"

/**
 * mitogen_router_route:
 * @self: a router
 * @message: a message
 *
 * Sends a message to the context that it names as its destination, this process
 * included.
 *
 * If it cannot be delivered and asks for a reply, that reply is a dead message.
 *
 * Since: 1.0
 */
void
mitogen_router_route (MitogenRouter *self, MitogenMessage *message)
{
  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  g_return_if_fail (message != NULL);
  mitogen_core_send (mitogen_router_get_core (self), message);
}

/* A handler of the program: its messages, and at last the notice that it is no longer
 * needed, go through one dispatcher, so they stay in order. */
typedef struct
{
  MitogenDispatcher *dispatcher;
  MitogenWeak *router;
  MitogenPolicyFunc policy; /* NULL: none */
  gpointer policy_data;
  GDestroyNotify policy_destroy;
  MitogenMessageFunc func;
  gpointer data;
  GDestroyNotify destroy;
  gint removed; /* atomic */

  /* With a policy, it is decided here and not in the table of handlers whether a message is the
   * one that a handler waits for: in the handler's context only. */
  gboolean once;
  gboolean over;
} Closure;

typedef struct
{
  Closure *closure;
  MitogenMessage *message;
  gboolean own; /* the news of an end, from this side: no policy is asked */
} Delivery;

/* FALSE: the message is not for the handler, and whoever sent it has been told. */
static gboolean
pass_policy (Delivery *delivery, MitogenRouter *router)
{
  Closure *closure = delivery->closure;
  MitogenCore *core = mitogen_router_get_core (router);

  if (closure->policy == NULL || delivery->own)
    return TRUE;
  if (closure->over)
    {
      mitogen_core_refuse (core, delivery->message, "invalid handle");
      return FALSE;
    }
  if (!closure->policy (router, delivery->message, closure->policy_data))
    {
      mitogen_core_refuse_later (core, delivery->message);
      return FALSE;
    }
  if (closure->once)
    {
      closure->over = TRUE;
      /* FALSE: somebody has taken it away meanwhile, with a dead message on its way here. */
      return mitogen_handlers_remove_own (mitogen_core_get_handlers (core),
                                          mitogen_message_get_handle (delivery->message), closure);
    }
  return TRUE;
}

static void
delivery_run (gpointer data)
{
  Delivery *delivery = data;
  Closure *closure = delivery->closure;
  g_autoptr (MitogenRouter) router = mitogen_weak_get (closure->router);

  g_assert (!mitogen_in_broker_thread ());
  if (router == NULL || g_atomic_int_get (&closure->removed))
    return;
  mitogen_message_set_origin (delivery->message, G_OBJECT (router));
  if (pass_policy (delivery, router))
    closure->func (router, delivery->message, closure->data);
}

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;

  mitogen_message_unref (delivery->message);
  g_free (delivery);
}

static void
closure_handle (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  Closure *closure = data;
  Delivery *delivery = g_new (Delivery, 1);

  delivery->closure = closure;
  delivery->message = mitogen_message_ref (message);
  delivery->own = from == NULL && mitogen_message_is_dead (message);
  mitogen_dispatcher_post (closure->dispatcher, delivery_run, delivery, delivery_free);
}

static void
closure_destroy (gpointer data)
{
  Closure *closure = data;

  if (closure->destroy != NULL)
    closure->destroy (closure->data);
  if (closure->policy_destroy != NULL)
    closure->policy_destroy (closure->policy_data);
  mitogen_weak_unref (closure->router);
  mitogen_dispatcher_unref (closure->dispatcher);
  g_free (closure);
}

static void
closure_release (gpointer data)
{
  Closure *closure = data;

  mitogen_dispatcher_destroy_data (closure->dispatcher, closure, closure_destroy);
}

/**
 * mitogen_router_add_handler:
 * @self: a router
 * @handle: the handle to serve, or 0 for one that is free
 * @persist: whether to go on after the first message
 * @respondent: (nullable): the only context that messages may come from
 * @policy: who else may send
 * @func: (scope notified) (closure data) (destroy destroy): called for each message
 * @data: passed to @func
 * @destroy: frees @data
 * @error: return location for an error
 *
 * Has a function called for each message to a handle of this process, in the main
 * context that is thread-default now.
 *
 * A [class@Mitogen.Receiver] is often handier. When the respondent is gone, or the
 * router ends, @func gets a dead message, and the handle is free again. Fails with
 * `MITOGEN_ERROR_CHANNEL` if the handle is taken or the router has been shut down.
 *
 * Returns: the handle, or 0 with an error
 *
 * Since: 1.0
 */
guint32
mitogen_router_add_handler (MitogenRouter *self,
                            guint32 handle,
                            gboolean persist,
                            MitogenContext *respondent,
                            MitogenPolicy policy,
                            MitogenMessageFunc func,
                            gpointer data,
                            GDestroyNotify destroy,
                            GError **error)
{
  return mitogen_router_add_handler_full (self, handle,
                                          persist ? MITOGEN_HANDLER_PERSIST : MITOGEN_HANDLER_NONE,
                                          respondent, policy, NULL, NULL, NULL, func, data, destroy,
                                          error);
}

static guint32
add_closure (MitogenCore *core,
             Closure *closure,
             guint32 handle,
             MitogenHandlerFlags flags,
             MitogenContext *respondent,
             MitogenPolicy policy,
             GError **error)
{
  MitogenHandlerSpec spec = {
    .handle = handle,
    /* It is not over with a message that the program refuses. */
    .persist = (flags & MITOGEN_HANDLER_PERSIST) || closure->policy != NULL,
    .replaceable = TRUE,
    .respondent = respondent != NULL ? mitogen_context_get_id (respondent) : MITOGEN_ID_NONE,
    .accept = (MitogenAccept) policy,
    .func = closure_handle,
    .data = closure,
    .destroy = closure_release,
  };

  if (flags & MITOGEN_HANDLER_OVERWRITE)
    return mitogen_core_take_handle (core, &spec, error);
  return mitogen_handlers_add (mitogen_core_get_handlers (core), &spec, error);
}

/**
 * mitogen_router_add_handler_full:
 * @self: a router
 * @handle: the handle to serve, or 0 for one that is free
 * @flags: how to serve it
 * @respondent: (nullable): the only context that messages may come from
 * @policy: who else may send
 * @policy_func: (nullable) (scope notified) (closure policy_data) (destroy policy_destroy):
 *   decides about each message that @policy lets through
 * @policy_data: passed to @policy_func
 * @policy_destroy: frees @policy_data
 * @func: (scope notified) (closure data) (destroy destroy): called for each message
 * @data: passed to @func
 * @destroy: frees @data
 * @error: return location for an error
 *
 * Serves a handle like [method@Mitogen.Router.add_handler], by a policy of the
 * program's own.
 *
 * @policy_func is called before @func, in the same main context. If it refuses a
 * message, whoever sent it gets a dead message, “refused by policy”, if they asked
 * for an answer; it is logged once for each neighbour that such messages come from,
 * and the handler goes on waiting for a message that is not refused. The policy is
 * asked about dead messages of others as well, but not about the one that tells of
 * the end of the respondent or of the router.
 *
 * With `MITOGEN_HANDLER_OVERWRITE`, a handler or receiver of this program that has the
 * handle gets a dead message and is served no more. Handles that the library serves
 * itself cannot be taken.
 *
 * Returns: the handle, or 0 with an error
 *
 * Since: 1.0
 */
guint32
mitogen_router_add_handler_full (MitogenRouter *self,
                                 guint32 handle,
                                 MitogenHandlerFlags flags,
                                 MitogenContext *respondent,
                                 MitogenPolicy policy,
                                 MitogenPolicyFunc policy_func,
                                 gpointer policy_data,
                                 GDestroyNotify policy_destroy,
                                 MitogenMessageFunc func,
                                 gpointer data,
                                 GDestroyNotify destroy,
                                 GError **error)
{
  Closure *closure;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), 0);
  g_return_val_if_fail (respondent == NULL || MITOGEN_IS_CONTEXT (respondent), 0);
  g_return_val_if_fail (func != NULL, 0);
  g_return_val_if_fail (error == NULL || *error == NULL, 0);

  closure = g_new0 (Closure, 1);
  closure->dispatcher = mitogen_dispatcher_get_thread_default ();
  closure->router = mitogen_weak_new (self);
  closure->policy = policy_func;
  closure->policy_data = policy_data;
  closure->policy_destroy = policy_destroy;
  closure->func = func;
  closure->data = data;
  closure->destroy = destroy;
  closure->once = !(flags & MITOGEN_HANDLER_PERSIST);
  return add_closure (mitogen_router_get_core (self), closure, handle, flags, respondent, policy,
                      error);
}

/**
 * mitogen_router_remove_handler:
 * @self: a router
 * @handle: a handle
 *
 * Stops serving a handle that [method@Mitogen.Router.add_handler] set up.
 *
 * Messages that wait to be handed to the function are dropped if this is called in
 * its main context.
 *
 * Returns: whether the handle was served
 *
 * Since: 1.0
 */
gboolean
mitogen_router_remove_handler (MitogenRouter *self, guint32 handle)
{
  MitogenHandlers *handlers;
  g_autoptr (MitogenHandler) handler = NULL;
  const MitogenHandlerSpec *spec;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), FALSE);

  handlers = mitogen_core_get_handlers (mitogen_router_get_core (self));
  handler = mitogen_handlers_lookup (handlers, handle);
  if (handler == NULL)
    return FALSE;
  spec = mitogen_handler_get_spec (handler);
  if (spec->func != closure_handle)
    return FALSE;
  g_atomic_int_set (&((Closure *) spec->data)->removed, TRUE);
  return mitogen_handlers_remove (handlers, handle);
}
