/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "wire/mitogen-message-private.h"

#include <glib/gi18n-lib.h>

#include "wire/mitogen-error.h"
#include "wire/mitogen-pickle-private.h"

/**
 * MitogenMessage:
 *
 * A message between two contexts: addresses, and a payload of bytes that
 * usually holds one pickled value.
 *
 * A message is immutable and may be used from any thread.
 *
 * Since: 1.0
 */
struct _MitogenMessage
{
  gatomicrefcount ref_count;
  MitogenFrameHeader header;
  gsize size;
  GPtrArray *segments; /* of GBytes, never changed; NULL: @bytes alone is the payload */
  GBytes *bytes;       /* atomic; with several segments NULL until somebody asks */
  GObject *origin;
};

G_DEFINE_BOXED_TYPE (MitogenMessage, mitogen_message, mitogen_message_ref, mitogen_message_unref)

static MitogenMessage *
message_new (const MitogenFrameHeader *header, gsize size)
{
  MitogenMessage *self = g_new0 (MitogenMessage, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->header = *header;
  self->size = size;
  self->header.length = (guint32) MIN (size, G_MAXUINT32);

  return self;
}

MitogenMessage *
mitogen_message_new_received (const MitogenFrameHeader *header, GBytes *payload)
{
  MitogenMessage *self;

  if (payload == NULL)
    payload = g_bytes_new_static (NULL, 0);
  self = message_new (header, g_bytes_get_size (payload));
  self->bytes = payload;

  return self;
}

MitogenMessage *
mitogen_message_new_segments (const MitogenFrameHeader *header, GPtrArray *segments)
{
  MitogenMessage *self;
  gsize size = 0;

  if (segments->len <= 1)
    {
      GBytes *only = segments->len == 1 ? g_bytes_ref (segments->pdata[0]) : NULL;

      g_ptr_array_unref (segments);
      return mitogen_message_new_received (header, only);
    }

  for (guint i = 0; i < segments->len; i++)
    size += g_bytes_get_size (segments->pdata[i]);
  self = message_new (header, size);
  self->segments = segments;

  return self;
}

MitogenMessage *
mitogen_message_with_header (MitogenMessage *self, const MitogenFrameHeader *header)
{
  MitogenMessage *other = message_new (header, self->size);
  GBytes *bytes = g_atomic_pointer_get (&self->bytes);

  other->segments = self->segments != NULL ? g_ptr_array_ref (self->segments) : NULL;
  other->bytes = bytes != NULL ? g_bytes_ref (bytes) : NULL;

  return other;
}

/**
 * mitogen_message_new:
 * @dst_id: the context it is for
 * @handle: the handle in that context
 * @bytes: the payload
 *
 * Makes a message with a payload as it is.
 *
 * @bytes is referenced, not copied. The sender's id is filled in when the
 * message is sent. May be called from any thread.
 *
 * Returns: (transfer full): a new message
 *
 * Since: 1.0
 */
MitogenMessage *
mitogen_message_new (guint32 dst_id, guint32 handle, GBytes *bytes)
{
  MitogenFrameHeader header = { 0 };

  g_return_val_if_fail (bytes != NULL, NULL);

  header.encoding = MITOGEN_ENCODING_LEGACY;
  header.dst_id = dst_id;
  header.handle = handle;

  return mitogen_message_new_received (&header, g_bytes_ref (bytes));
}

/**
 * mitogen_message_new_pickled:
 * @dst_id: the context it is for
 * @handle: the handle in that context
 * @value: the value to pickle; a floating reference is consumed
 * @error: return location for an error
 *
 * Makes a message whose payload is a Python value.
 *
 * Large byte strings inside @value are referenced, not copied. Fails with
 * [error@Mitogen.Error.TYPE] where @value holds what Python cannot be sent, and
 * [error@Mitogen.Error.TOO_LARGE] where it is nested too deeply. May be called
 * from any thread.
 *
 * Returns: (transfer full): a new message
 *
 * Since: 1.0
 */
MitogenMessage *
mitogen_message_new_pickled (guint32 dst_id, guint32 handle, GVariant *value, GError **error)
{
  g_autoptr (GVariant) owned = NULL;
  g_autoptr (MitogenPickleWriter) writer = NULL;
  MitogenFrameHeader header = { 0 };

  g_return_val_if_fail (value != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  owned = g_variant_ref_sink (value);
  writer = mitogen_pickle_writer_new ();
  if (!mitogen_pickle_writer_add_variant (writer, owned, error))
    return NULL;

  header.encoding = MITOGEN_ENCODING_LEGACY;
  header.dst_id = dst_id;
  header.handle = handle;

  return mitogen_message_new_segments (&header, mitogen_pickle_writer_end (writer));
}

/**
 * mitogen_message_new_dead:
 * @dst_id: the context it is for
 * @handle: the handle in that context
 * @reason: (nullable): why, for people
 *
 * Makes a message saying that no more will come, or that a message could not
 * be delivered.
 *
 * Whoever waits on @handle gets [error@Mitogen.Error.CHANNEL] with @reason. May
 * be called from any thread.
 *
 * Returns: (transfer full): a new message
 *
 * Since: 1.0
 */
MitogenMessage *
mitogen_message_new_dead (guint32 dst_id, guint32 handle, const char *reason)
{
  MitogenFrameHeader header = { 0 };

  header.encoding = MITOGEN_ENCODING_LEGACY;
  header.dst_id = dst_id;
  header.handle = handle;
  header.reply_to = MITOGEN_IS_DEAD;

  return mitogen_message_new_received (&header, reason != NULL
                                                    ? g_bytes_new (reason, strlen (reason))
                                                    : NULL);
}

/**
 * mitogen_message_ref:
 * @self: a message
 *
 * Adds a reference. May be called from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
MitogenMessage *
mitogen_message_ref (MitogenMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

/**
 * mitogen_message_unref:
 * @self: (transfer full): a message
 *
 * Drops a reference; the last one frees the message. May be called from any
 * thread.
 *
 * Since: 1.0
 */
void
mitogen_message_unref (MitogenMessage *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->segments, g_ptr_array_unref);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_object (&self->origin);
  g_free (self);
}

/**
 * mitogen_message_get_dst_id:
 * @self: a message
 *
 * Gets the id of the context that the message is for.
 *
 * May be called from any thread.
 *
 * Returns: the id
 *
 * Since: 1.0
 */
guint32
mitogen_message_get_dst_id (MitogenMessage *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->header.dst_id;
}

/**
 * mitogen_message_get_src_id:
 * @self: a message
 *
 * Gets the id of the context that sent the message; a reply goes there.
 *
 * May be called from any thread.
 *
 * Returns: the id
 *
 * Since: 1.0
 */
guint32
mitogen_message_get_src_id (MitogenMessage *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->header.src_id;
}

/**
 * mitogen_message_get_auth_id:
 * @self: a message
 *
 * Gets the id of the context with whose authority the message was sent.
 *
 * May be called from any thread.
 *
 * Returns: the id
 *
 * Since: 1.0
 */
guint32
mitogen_message_get_auth_id (MitogenMessage *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->header.auth_id;
}

/**
 * mitogen_message_get_handle:
 * @self: a message
 *
 * Gets the handle that the message is for.
 *
 * May be called from any thread.
 *
 * Returns: the handle
 *
 * Since: 1.0
 */
guint32
mitogen_message_get_handle (MitogenMessage *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->header.handle;
}

/**
 * mitogen_message_get_reply_to:
 * @self: a message
 *
 * Gets the handle, in the sender, that a reply goes to.
 *
 * May be called from any thread.
 *
 * Returns: the handle; 0 where no reply is expected
 *
 * Since: 1.0
 */
guint32
mitogen_message_get_reply_to (MitogenMessage *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->header.reply_to;
}

static GBytes *
join_segments (MitogenMessage *self)
{
  guint8 *joined = g_malloc (self->size);
  guint8 *end = joined;

  for (guint i = 0; i < self->segments->len; i++)
    {
      gsize size;
      gconstpointer data = g_bytes_get_data (self->segments->pdata[i], &size);

      if (size > 0)
        memcpy (end, data, size);
      end += size;
    }

  return g_bytes_new_take (joined, self->size);
}

/**
 * mitogen_message_get_bytes:
 * @self: a message
 *
 * Gets the payload as it is on the wire.
 *
 * May be called from any thread.
 *
 * Returns: (transfer none): the payload, which may be empty
 *
 * Since: 1.0
 */
GBytes *
mitogen_message_get_bytes (MitogenMessage *self)
{
  GBytes *bytes;

  g_return_val_if_fail (self != NULL, NULL);

  bytes = g_atomic_pointer_get (&self->bytes);
  if (bytes != NULL)
    return bytes;

  /* Two threads may both join: the second uses what the first has stored. */
  bytes = join_segments (self);
  if (!g_atomic_pointer_compare_and_exchange (&self->bytes, NULL, bytes))
    {
      g_bytes_unref (bytes);
      bytes = g_atomic_pointer_get (&self->bytes);
    }

  return bytes;
}

/**
 * mitogen_message_is_dead:
 * @self: a message
 *
 * Tells whether the message is the end of a channel or the answer to a message
 * that could not be delivered, rather than one with a value.
 *
 * May be called from any thread.
 *
 * Returns: %TRUE if it is
 *
 * Since: 1.0
 */
gboolean
mitogen_message_is_dead (MitogenMessage *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->header.reply_to == MITOGEN_IS_DEAD;
}

/**
 * mitogen_message_unpickle:
 * @self: a message
 * @error: return location for an error
 *
 * Gets the Python value that the message holds.
 *
 * Fails with [error@Mitogen.Error.CALL] where the value is an exception that a
 * called function raised, [error@Mitogen.Error.CHANNEL] where the message is
 * dead, [error@Mitogen.Error.TYPE] where no `GVariant` can hold the value,
 * [error@Mitogen.Error.TOO_LARGE] where it is too deep or too large, and
 * [error@Mitogen.Error.PROTOCOL] where the payload is malformed; the bytes stay
 * reachable by [method@Mitogen.Message.get_bytes]. May be called from any thread.
 *
 * Returns: (transfer full): the value
 *
 * Since: 1.0
 */
GVariant *
mitogen_message_unpickle (MitogenMessage *self, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (mitogen_message_is_dead (self))
    {
      g_propagate_error (error, mitogen_message_dead_error (self));
      return NULL;
    }

  return mitogen_pickle_read (mitogen_message_get_bytes (self), error);
}

static void
set_out (char **place, const char *text)
{
  if (place != NULL)
    *place = g_strdup (text);
}

/**
 * mitogen_message_get_call_error:
 * @self: a message
 * @type: (out) (optional) (nullable): the class of the exception
 * @text: (out) (optional) (nullable): its text
 * @traceback: (out) (optional) (nullable): where it was raised
 *
 * Gets the exception that the message holds, if it is the answer to a call that
 * raised one.
 *
 * For languages in which a [struct@GLib.Error] loses what
 * [func@Mitogen.Error.get_remote_type] and its like tell. May be called from any
 * thread.
 *
 * Returns: whether the message holds an exception
 *
 * Since: 1.0
 */
gboolean
mitogen_message_get_call_error (MitogenMessage *self, char **type, char **text, char **traceback)
{
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  g_return_val_if_fail (self != NULL, FALSE);

  value = mitogen_message_unpickle (self, &error);
  set_out (type, error != NULL ? mitogen_error_get_remote_type (error) : NULL);
  set_out (text, error != NULL ? mitogen_error_get_remote_message (error) : NULL);
  set_out (traceback, error != NULL ? mitogen_error_get_remote_traceback (error) : NULL);
  return g_error_matches (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
}

const MitogenFrameHeader *
mitogen_message_get_header (MitogenMessage *self)
{
  return &self->header;
}

gsize
mitogen_message_get_size (MitogenMessage *self)
{
  return self->size;
}

guint
mitogen_message_get_n_segments (MitogenMessage *self)
{
  if (self->segments != NULL)
    return self->segments->len;

  return self->size > 0 ? 1 : 0;
}

GBytes *
mitogen_message_get_segment (MitogenMessage *self, guint index)
{
  if (self->segments != NULL)
    return self->segments->pdata[index];

  return self->bytes;
}

void
mitogen_message_set_origin (MitogenMessage *self, GObject *origin)
{
  g_set_object (&self->origin, origin);
}

GObject *
mitogen_message_get_origin (MitogenMessage *self)
{
  return self->origin;
}

GError *
mitogen_message_dead_error (MitogenMessage *self)
{
  gsize size;
  const char *data = g_bytes_get_data (mitogen_message_get_bytes (self), &size);
  g_autofree char *reason = NULL;

  if (size == 0)
    return g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL,
                                _ ("Channel closed by remote end."));

  reason = g_utf8_make_valid (data, (gssize) size);

  return g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, reason);
}

char *
mitogen_message_to_string (MitogenMessage *self)
{
  const MitogenFrameHeader *header = &self->header;

  return g_strdup_printf (
      "message dst=%u src=%u auth=%u handle=%u reply_to=%u size=%" G_GSIZE_FORMAT "%s",
      header->dst_id, header->src_id, header->auth_id, header->handle, header->reply_to, self->size,
      mitogen_message_is_dead (self) ? " dead" : "");
}
