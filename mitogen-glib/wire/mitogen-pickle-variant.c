/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "wire/mitogen-pickle-writer-private.h"

#include <glib/gi18n-lib.h>

#include "wire/mitogen-error.h"
#include "wire/mitogen-value-private.h"

/* As deep as a serialised GVariant can be. */
#define MAX_DEPTH 128

static gboolean add_value (MitogenPickleWriter *self, GVariant *value, guint depth, GError **error);

static gboolean
refuse_handle (GError **error)
{
  g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE,
                       _ ("A file descriptor handle (type “h”) cannot be sent to Python; "
                          "send the file’s name or its content instead"));

  return FALSE;
}

static gboolean
add_child (MitogenPickleWriter *self, GVariant *value, gsize index, guint depth, GError **error)
{
  g_autoptr (GVariant) child = g_variant_get_child_value (value, index);

  return add_value (self, child, depth + 1, error);
}

static gboolean
add_children (MitogenPickleWriter *self, GVariant *value, guint depth, GError **error)
{
  gsize n_children = g_variant_n_children (value);

  for (gsize i = 0; i < n_children; i++)
    if (!add_child (self, value, i, depth, error))
      return FALSE;

  return TRUE;
}

static void
add_byte_array (MitogenPickleWriter *self, GVariant *value)
{
  g_autoptr (GBytes) bytes = NULL;
  gsize size = g_variant_get_size (value);

  if (!mitogen_pickle_writer_wants_segment (size))
    {
      mitogen_pickle_writer_add_data (self, g_variant_get_data (value), size);
      return;
    }

  bytes = g_variant_get_data_as_bytes (value);
  mitogen_pickle_writer_add_bytes (self, bytes);
}

/* Numbers straight from the array: no GVariant for each of them. */
#define ADD_FIXED(Type, add)                                                                       \
  {                                                                                                \
    const Type *items = g_variant_get_fixed_array (value, &n_items, sizeof (Type));                \
                                                                                                   \
    for (gsize i = 0; i < n_items; i++)                                                            \
      add (self, items[i]);                                                                        \
    return TRUE;                                                                                   \
  }

static gboolean
add_fixed_items (MitogenPickleWriter *self, GVariant *value, char element)
{
  gsize n_items;

  switch (element)
    {
    case 'n':
      ADD_FIXED (gint16, mitogen_pickle_writer_add_int)
    case 'q':
      ADD_FIXED (guint16, mitogen_pickle_writer_add_int)
    case 'i':
      ADD_FIXED (gint32, mitogen_pickle_writer_add_int)
    case 'u':
      ADD_FIXED (guint32, mitogen_pickle_writer_add_int)
    case 'x':
      ADD_FIXED (gint64, mitogen_pickle_writer_add_int)
    case 't':
      ADD_FIXED (guint64, mitogen_pickle_writer_add_uint)
    case 'd':
      ADD_FIXED (double, mitogen_pickle_writer_add_double)
    default:
      return FALSE;
    }
}

static gboolean
add_list (MitogenPickleWriter *self, GVariant *value, guint depth, GError **error)
{
  mitogen_pickle_writer_add_opcode (self, MITOGEN_OP_EMPTY_LIST);
  if (g_variant_n_children (value) == 0)
    return TRUE;

  mitogen_pickle_writer_add_opcode (self, MITOGEN_OP_MARK);
  if (!add_fixed_items (self, value, g_variant_get_type_string (value)[1]) &&
      !add_children (self, value, depth, error))
    return FALSE;
  mitogen_pickle_writer_add_opcode (self, MITOGEN_OP_APPENDS);

  return TRUE;
}

static gboolean
add_dict (MitogenPickleWriter *self, GVariant *value, guint depth, GError **error)
{
  gsize n_children = g_variant_n_children (value);

  mitogen_pickle_writer_add_opcode (self, MITOGEN_OP_EMPTY_DICT);
  if (n_children == 0)
    return TRUE;

  mitogen_pickle_writer_add_opcode (self, MITOGEN_OP_MARK);
  for (gsize i = 0; i < n_children; i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (value, i);

      if (!add_children (self, entry, depth + 1, error))
        return FALSE;
    }
  mitogen_pickle_writer_add_opcode (self, MITOGEN_OP_SETITEMS);

  return TRUE;
}

static gboolean
add_array (MitogenPickleWriter *self, GVariant *value, guint depth, GError **error)
{
  switch (g_variant_get_type_string (value)[1])
    {
    case 'y':
      add_byte_array (self, value);
      return TRUE;
    case '{':
      return add_dict (self, value, depth, error);
    case 'h':
      return refuse_handle (error);
    default:
      return add_list (self, value, depth, error);
    }
}

/* A value of mitogen-value-private.h; FALSE: it is none. */
static gboolean
add_special (MitogenPickleWriter *self, GVariant *value)
{
  guint32 id, handle;
  const char *text;

  if (g_variant_get_type_string (value)[1] != 'o')
    return FALSE;

  if (mitogen_value_context_get (value, &id, &text))
    {
      mitogen_pickle_writer_add_global (self, "_unpickle_context");
      mitogen_pickle_writer_add_int (self, id);
      mitogen_pickle_writer_add_text (self, text, -1);
      mitogen_pickle_writer_end_call (self, 2);
    }
  else if (mitogen_value_sender_get (value, &id, &handle))
    {
      mitogen_pickle_writer_add_global (self, "_unpickle_sender");
      mitogen_pickle_writer_add_int (self, id);
      mitogen_pickle_writer_add_int (self, handle);
      mitogen_pickle_writer_end_call (self, 2);
    }
  else if (mitogen_value_secret_get (value, &text))
    {
      mitogen_pickle_writer_add_global (self, "Secret");
      mitogen_pickle_writer_add_text (self, text, -1);
      mitogen_pickle_writer_end_call (self, 1);
    }
  else
    return FALSE;

  return TRUE;
}

static gboolean
add_tuple (MitogenPickleWriter *self, GVariant *value, guint depth, GError **error)
{
  gsize n_children = g_variant_n_children (value);

  if (n_children == 0)
    {
      mitogen_pickle_writer_add_empty_tuple (self);
      return TRUE;
    }
  if (add_special (self, value))
    return TRUE;

  if (n_children > 3)
    mitogen_pickle_writer_begin_tuple (self);
  if (!add_children (self, value, depth, error))
    return FALSE;
  if (n_children > 3)
    mitogen_pickle_writer_end_tuple (self);
  else
    mitogen_pickle_writer_add_opcode (self, (guint8) (MITOGEN_OP_TUPLE1 + n_children - 1));

  return TRUE;
}

static gboolean
add_maybe (MitogenPickleWriter *self, GVariant *value, guint depth, GError **error)
{
  if (g_variant_n_children (value) > 0)
    return add_child (self, value, 0, depth, error);

  mitogen_pickle_writer_add_none (self);

  return TRUE;
}

static void
add_string (MitogenPickleWriter *self, GVariant *value)
{
  gsize length;
  const char *text = g_variant_get_string (value, &length);

  mitogen_pickle_writer_add_text (self, text, (gssize) length);
}

static gboolean
add_container (MitogenPickleWriter *self, GVariant *value, guint depth, GError **error)
{
  if (depth >= MAX_DEPTH)
    {
      g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
                   _ ("The value is nested too deeply (more than %d levels)"), MAX_DEPTH);
      return FALSE;
    }

  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_VARIANT:
      return add_child (self, value, 0, depth, error);
    case G_VARIANT_CLASS_MAYBE:
      return add_maybe (self, value, depth, error);
    case G_VARIANT_CLASS_ARRAY:
      return add_array (self, value, depth, error);
    default:
      return add_tuple (self, value, depth, error);
    }
}

static gboolean
add_value (MitogenPickleWriter *self, GVariant *value, guint depth, GError **error)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      mitogen_pickle_writer_add_bool (self, g_variant_get_boolean (value));
      return TRUE;
    case G_VARIANT_CLASS_BYTE:
      mitogen_pickle_writer_add_int (self, g_variant_get_byte (value));
      return TRUE;
    case G_VARIANT_CLASS_INT16:
      mitogen_pickle_writer_add_int (self, g_variant_get_int16 (value));
      return TRUE;
    case G_VARIANT_CLASS_UINT16:
      mitogen_pickle_writer_add_int (self, g_variant_get_uint16 (value));
      return TRUE;
    case G_VARIANT_CLASS_INT32:
      mitogen_pickle_writer_add_int (self, g_variant_get_int32 (value));
      return TRUE;
    case G_VARIANT_CLASS_UINT32:
      mitogen_pickle_writer_add_int (self, g_variant_get_uint32 (value));
      return TRUE;
    case G_VARIANT_CLASS_INT64:
      mitogen_pickle_writer_add_int (self, g_variant_get_int64 (value));
      return TRUE;
    case G_VARIANT_CLASS_UINT64:
      mitogen_pickle_writer_add_uint (self, g_variant_get_uint64 (value));
      return TRUE;
    case G_VARIANT_CLASS_DOUBLE:
      mitogen_pickle_writer_add_double (self, g_variant_get_double (value));
      return TRUE;
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      add_string (self, value);
      return TRUE;
    case G_VARIANT_CLASS_HANDLE:
      return refuse_handle (error);
    default:
      return add_container (self, value, depth, error);
    }
}

/* After a failure the writer holds half a value and can only be freed. */
gboolean
mitogen_pickle_writer_add_variant (MitogenPickleWriter *self, GVariant *value, GError **error)
{
  return add_value (self, value, 0, error);
}
