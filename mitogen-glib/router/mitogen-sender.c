/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-sender.h"
#include "router/mitogen-context-private.h"
#include "router/mitogen-router-private.h"
#include "wire/mitogen-error.h"
#include "wire/mitogen-value-private.h"

#include <glib/gi18n-lib.h>

/**
 * MitogenSender:
 *
 * The sending end of a receiver in another context.
 *
 * A sender can itself be sent: [method@Mitogen.Receiver.to_sender] makes one for a
 * receiver of this process, and its value as an argument of a call lets the function
 * send to it.
 *
 * Methods may be called from any thread.
 *
 * Since: 1.0
 */
struct _MitogenSender
{
  GObject parent_instance;

  MitogenContext *context;
  guint32 dst_handle;
};

G_DEFINE_FINAL_TYPE (MitogenSender, mitogen_sender, G_TYPE_OBJECT)

typedef enum
{
  PROP_CONTEXT = 1,
  PROP_DST_HANDLE,
} MitogenSenderProperty;

static GParamSpec *properties[PROP_DST_HANDLE + 1];

static void
mitogen_sender_dispose (GObject *object)
{
  g_clear_object (&MITOGEN_SENDER (object)->context);
  G_OBJECT_CLASS (mitogen_sender_parent_class)->dispose (object);
}

static void
mitogen_sender_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenSender *self = MITOGEN_SENDER (object);

  switch ((MitogenSenderProperty) id)
    {
    case PROP_CONTEXT:
      g_value_set_object (value, self->context);
      break;
    case PROP_DST_HANDLE:
      g_value_set_uint (value, self->dst_handle);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_sender_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  MitogenSender *self = MITOGEN_SENDER (object);

  switch ((MitogenSenderProperty) id)
    {
    case PROP_CONTEXT:
      self->context = g_value_dup_object (value);
      break;
    case PROP_DST_HANDLE:
      self->dst_handle = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_sender_class_init (MitogenSenderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->dispose = mitogen_sender_dispose;
  object_class->get_property = mitogen_sender_get_property;
  object_class->set_property = mitogen_sender_set_property;

  /**
   * MitogenSender:context: (getter get_context)
   *
   * The context that messages are sent to.
   *
   * Since: 1.0
   */
  properties[PROP_CONTEXT] =
      g_param_spec_object ("context", NULL, NULL, MITOGEN_TYPE_CONTEXT, flags);
  /**
   * MitogenSender:dst-handle: (getter get_dst_handle)
   *
   * The handle that messages are sent to.
   *
   * Since: 1.0
   */
  properties[PROP_DST_HANDLE] =
      g_param_spec_uint ("dst-handle", NULL, NULL, 0, G_MAXUINT, 0, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_sender_init (MitogenSender *self)
{
}

/**
 * mitogen_sender_new:
 * @context: the context to send to
 * @dst_handle: the handle to send to
 *
 * Creates a sender.
 *
 * Returns: (transfer full): a new sender
 *
 * Since: 1.0
 */
MitogenSender *
mitogen_sender_new (MitogenContext *context, guint32 dst_handle)
{
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (context), NULL);
  return g_object_new (MITOGEN_TYPE_SENDER, "context", context, "dst-handle", dst_handle, NULL);
}

/**
 * mitogen_sender_get_context: (get-property context)
 * @self: a sender
 *
 * Gets the context that messages are sent to.
 *
 * Returns: (transfer none): the context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_sender_get_context (MitogenSender *self)
{
  g_return_val_if_fail (MITOGEN_IS_SENDER (self), NULL);
  return self->context;
}

/**
 * mitogen_sender_get_dst_handle: (get-property dst-handle)
 * @self: a sender
 *
 * Gets the handle that messages are sent to.
 *
 * Returns: the handle
 *
 * Since: 1.0
 */
guint32
mitogen_sender_get_dst_handle (MitogenSender *self)
{
  g_return_val_if_fail (MITOGEN_IS_SENDER (self), 0);
  return self->dst_handle;
}

/**
 * mitogen_sender_put:
 * @self: a sender
 * @value: the value; a floating reference is consumed
 * @error: return location for an error
 *
 * Sends a value.
 *
 * Fails with `MITOGEN_ERROR_TYPE` if it cannot be sent. That the other end is gone is
 * not noticed.
 *
 * Returns: whether the value was sent
 *
 * Since: 1.0
 */
gboolean
mitogen_sender_put (MitogenSender *self, GVariant *value, GError **error)
{
  g_autoptr (GVariant) owned = NULL;
  g_autoptr (MitogenMessage) message = NULL;

  g_return_val_if_fail (MITOGEN_IS_SENDER (self), FALSE);
  g_return_val_if_fail (value != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  owned = g_variant_ref_sink (value);
  message = mitogen_message_new_pickled (mitogen_context_get_id (self->context), self->dst_handle,
                                         owned, error);
  if (message == NULL)
    return FALSE;
  mitogen_context_send (self->context, message);
  return TRUE;
}

/**
 * mitogen_sender_close:
 * @self: a sender
 *
 * Tells the other end that nothing more will come: who waits there is told that the
 * channel is closed.
 *
 * Since: 1.0
 */
void
mitogen_sender_close (MitogenSender *self)
{
  g_autoptr (MitogenMessage) message = NULL;

  g_return_if_fail (MITOGEN_IS_SENDER (self));
  message = mitogen_message_new_dead (mitogen_context_get_id (self->context), self->dst_handle,
                                      "Sender was explicitly closed");
  mitogen_context_send (self->context, message);
}

/**
 * mitogen_sender_to_variant:
 * @self: a sender
 *
 * Makes a value that stands for the sender in an argument or result: on the other
 * side it is a `Sender`.
 *
 * Returns: (transfer floating): the value
 *
 * Since: 1.0
 */
GVariant *
mitogen_sender_to_variant (MitogenSender *self)
{
  g_return_val_if_fail (MITOGEN_IS_SENDER (self), NULL);
  return mitogen_value_sender_new (mitogen_context_get_id (self->context), self->dst_handle);
}

/**
 * mitogen_sender_from_variant:
 * @router: the router of this process
 * @value: a value that was received
 * @error: return location for an error
 *
 * Gets the sender that a received value stands for.
 *
 * Fails with `MITOGEN_ERROR_TYPE` if it does not stand for one.
 *
 * Returns: (transfer full): the sender
 *
 * Since: 1.0
 */
MitogenSender *
mitogen_sender_from_variant (MitogenRouter *router, GVariant *value, GError **error)
{
  g_autoptr (MitogenContext) context = NULL;
  guint32 context_id;
  guint32 handle;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (router), NULL);
  g_return_val_if_fail (value != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!mitogen_value_sender_get (value, &context_id, &handle))
    {
      g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE,
                   _ ("A value of type “%s” does not stand for a sender"),
                   g_variant_get_type_string (value));
      return NULL;
    }
  context = mitogen_router_context_by_id (router, context_id, NULL);
  return mitogen_sender_new (context, handle);
}
