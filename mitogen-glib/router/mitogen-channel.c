/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-channel.h"
#include "router/mitogen-context.h"
#include "router/mitogen-router.h"
#include "router/mitogen-sender.h"

/**
 * MitogenChannel:
 *
 * Both ends of a conversation with another context: a receiver here, and the handle
 * of one there.
 *
 * Each side learns its peer's handle from the other: make the channel, send the
 * handle of its receiver, and set [property@Mitogen.Channel:dst-handle] to the one
 * that comes back.
 *
 * Methods may be called from any thread.
 *
 * Since: 1.0
 */
struct _MitogenChannel
{
  GObject parent_instance;

  MitogenReceiver *receiver;
  MitogenContext *context;
  guint dst_handle; /* atomic */
};

G_DEFINE_FINAL_TYPE (MitogenChannel, mitogen_channel, G_TYPE_OBJECT)

typedef enum
{
  PROP_RECEIVER = 1,
  PROP_CONTEXT,
  PROP_DST_HANDLE,
} MitogenChannelProperty;

static GParamSpec *properties[PROP_DST_HANDLE + 1];

static void
mitogen_channel_dispose (GObject *object)
{
  MitogenChannel *self = MITOGEN_CHANNEL (object);

  g_clear_object (&self->receiver);
  g_clear_object (&self->context);
  G_OBJECT_CLASS (mitogen_channel_parent_class)->dispose (object);
}

static void
mitogen_channel_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenChannel *self = MITOGEN_CHANNEL (object);

  switch ((MitogenChannelProperty) id)
    {
    case PROP_RECEIVER:
      g_value_set_object (value, self->receiver);
      break;
    case PROP_CONTEXT:
      g_value_set_object (value, self->context);
      break;
    case PROP_DST_HANDLE:
      g_value_set_uint (value, mitogen_channel_get_dst_handle (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_channel_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  switch ((MitogenChannelProperty) id)
    {
    case PROP_DST_HANDLE:
      mitogen_channel_set_dst_handle (MITOGEN_CHANNEL (object), g_value_get_uint (value));
      break;
    case PROP_RECEIVER:
    case PROP_CONTEXT:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_channel_class_init (MitogenChannelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mitogen_channel_dispose;
  object_class->get_property = mitogen_channel_get_property;
  object_class->set_property = mitogen_channel_set_property;

  /**
   * MitogenChannel:receiver: (getter get_receiver)
   *
   * Where messages of the other side arrive.
   *
   * Since: 1.0
   */
  properties[PROP_RECEIVER] = g_param_spec_object ("receiver", NULL, NULL, MITOGEN_TYPE_RECEIVER,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * MitogenChannel:context: (getter get_context)
   *
   * The context at the other side.
   *
   * Since: 1.0
   */
  properties[PROP_CONTEXT] = g_param_spec_object ("context", NULL, NULL, MITOGEN_TYPE_CONTEXT,
                                                  G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * MitogenChannel:dst-handle: (getter get_dst_handle) (setter set_dst_handle)
   *
   * The handle at the other side; 0 while it is not known.
   *
   * Since: 1.0
   */
  properties[PROP_DST_HANDLE] =
      g_param_spec_uint ("dst-handle", NULL, NULL, 0, G_MAXUINT, 0,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_channel_init (MitogenChannel *self)
{
}

/**
 * mitogen_channel_new:
 * @router: the router of this process
 * @context: the context at the other side
 * @dst_handle: the handle there, or 0 if it is not known yet
 * @handle: the handle here, or 0 for one that is free
 * @error: return location for an error
 *
 * Creates a channel. Fails as [ctor@Mitogen.Receiver.new] does.
 *
 * Returns: (transfer full): a new channel
 *
 * Since: 1.0
 */
MitogenChannel *
mitogen_channel_new (MitogenRouter *router,
                     MitogenContext *context,
                     guint32 dst_handle,
                     guint32 handle,
                     GError **error)
{
  g_autoptr (MitogenChannel) self = NULL;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (router), NULL);
  g_return_val_if_fail (MITOGEN_IS_CONTEXT (context), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  self = g_object_new (MITOGEN_TYPE_CHANNEL, "dst-handle", dst_handle, NULL);
  self->context = g_object_ref (context);
  self->receiver = mitogen_receiver_new (router, handle, TRUE, context, error);
  return self->receiver != NULL ? g_steal_pointer (&self) : NULL;
}

/**
 * mitogen_channel_get_receiver: (get-property receiver)
 * @self: a channel
 *
 * Gets where messages of the other side arrive.
 *
 * Returns: (transfer none): the receiver
 *
 * Since: 1.0
 */
MitogenReceiver *
mitogen_channel_get_receiver (MitogenChannel *self)
{
  g_return_val_if_fail (MITOGEN_IS_CHANNEL (self), NULL);
  return self->receiver;
}

/**
 * mitogen_channel_get_context: (get-property context)
 * @self: a channel
 *
 * Gets the context at the other side.
 *
 * Returns: (transfer none): the context
 *
 * Since: 1.0
 */
MitogenContext *
mitogen_channel_get_context (MitogenChannel *self)
{
  g_return_val_if_fail (MITOGEN_IS_CHANNEL (self), NULL);
  return self->context;
}

/**
 * mitogen_channel_get_dst_handle: (get-property dst-handle)
 * @self: a channel
 *
 * Gets the handle at the other side.
 *
 * Returns: the handle, or 0
 *
 * Since: 1.0
 */
guint32
mitogen_channel_get_dst_handle (MitogenChannel *self)
{
  g_return_val_if_fail (MITOGEN_IS_CHANNEL (self), 0);
  return g_atomic_int_get (&self->dst_handle);
}

/**
 * mitogen_channel_set_dst_handle: (set-property dst-handle)
 * @self: a channel
 * @dst_handle: the handle
 *
 * Sets the handle at the other side.
 *
 * Since: 1.0
 */
void
mitogen_channel_set_dst_handle (MitogenChannel *self, guint32 dst_handle)
{
  g_return_if_fail (MITOGEN_IS_CHANNEL (self));
  if (mitogen_channel_get_dst_handle (self) == dst_handle)
    return;
  g_atomic_int_set (&self->dst_handle, dst_handle);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DST_HANDLE]);
}

static MitogenSender *
make_sender (MitogenChannel *self)
{
  return mitogen_sender_new (self->context, mitogen_channel_get_dst_handle (self));
}

/**
 * mitogen_channel_put:
 * @self: a channel
 * @value: the value; a floating reference is consumed
 * @error: return location for an error
 *
 * Sends a value to the other side: see [method@Mitogen.Sender.put].
 *
 * Returns: whether the value was sent
 *
 * Since: 1.0
 */
gboolean
mitogen_channel_put (MitogenChannel *self, GVariant *value, GError **error)
{
  g_autoptr (MitogenSender) sender = NULL;

  g_return_val_if_fail (MITOGEN_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (value != NULL, FALSE);

  sender = make_sender (self);
  return mitogen_sender_put (sender, value, error);
}

/**
 * mitogen_channel_close:
 * @self: a channel
 *
 * Ends the conversation: tells the other side, and closes the receiver.
 *
 * Since: 1.0
 */
void
mitogen_channel_close (MitogenChannel *self)
{
  g_autoptr (MitogenSender) sender = NULL;

  g_return_if_fail (MITOGEN_IS_CHANNEL (self));
  sender = make_sender (self);
  if (mitogen_channel_get_dst_handle (self) != 0)
    mitogen_sender_close (sender);
  mitogen_receiver_close (self->receiver);
}
