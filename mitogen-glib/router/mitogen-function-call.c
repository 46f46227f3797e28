/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-function-call-private.h"
#include "wire/mitogen-error.h"
#include "wire/mitogen-pickle-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static gboolean
is_dotted_name (const char *start, const char *end)
{
  gboolean at_start = TRUE;

  for (const char *p = start; p < end; p++)
    {
      if (*p == '.' && at_start)
        return FALSE;
      if (*p == ' ' || *p == ':' || *p == '/' || g_ascii_iscntrl (*p))
        return FALSE;
      at_start = *p == '.';
    }
  return !at_start;
}

typedef struct
{
  const char *module;
  gsize module_length;
  const char *class_name; /* NULL: none */
  gsize class_length;
  const char *function;
} Name;

static gboolean
parse_name (const char *text, Name *name, GError **error)
{
  const char *colon = strchr (text, ':');
  const char *end = text + strlen (text);
  const char *dot;

  if (colon == NULL || !is_dotted_name (text, colon) || !is_dotted_name (colon + 1, end) ||
      !g_utf8_validate (text, -1, NULL))
    {
      g_autofree char *shown = g_utf8_make_valid (text, -1);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("“%s” does not name a function: write “package.module:function” or "
                      "“package.module:Class.method”"),
                   shown);
      return FALSE;
    }

  dot = strrchr (colon, '.');
  name->module = text;
  name->module_length = colon - text;
  name->class_name = dot != NULL ? colon + 1 : NULL;
  name->class_length = dot != NULL ? (gsize) (dot - name->class_name) : 0;
  name->function = dot != NULL ? dot + 1 : colon + 1;
  return TRUE;
}

gboolean
mitogen_function_name_is_valid (const char *name, GError **error)
{
  Name parsed;

  return parse_name (name, &parsed, error);
}

static gboolean
add_args (MitogenPickleWriter *writer, GVariant *args, GError **error)
{
  if (args == NULL)
    {
      mitogen_pickle_writer_add_empty_tuple (writer);
      return TRUE;
    }
  if (g_variant_is_of_type (args, G_VARIANT_TYPE_TUPLE))
    return mitogen_pickle_writer_add_variant (writer, args, error);
  if (!g_variant_is_of_type (args, G_VARIANT_TYPE_ARRAY) ||
      g_variant_is_of_type (args, G_VARIANT_TYPE_BYTESTRING) ||
      g_variant_is_of_type (args, G_VARIANT_TYPE_DICTIONARY))
    {
      g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE,
                   _ ("Arguments are a tuple or an array, not a value of type “%s”: for a single "
                      "argument write “(%s)”"),
                   g_variant_get_type_string (args), g_variant_get_type_string (args));
      return FALSE;
    }

  mitogen_pickle_writer_begin_tuple (writer);
  for (gsize i = 0; i < g_variant_n_children (args); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (args, i);

      if (!mitogen_pickle_writer_add_variant (writer, child, error))
        return FALSE;
    }
  mitogen_pickle_writer_end_tuple (writer);
  return TRUE;
}

static gboolean
add_kwargs (MitogenPickleWriter *writer, GVariant *kwargs, GError **error)
{
  if (kwargs == NULL)
    {
      mitogen_pickle_writer_add_empty_dict (writer);
      return TRUE;
    }
  if (!g_variant_is_of_type (kwargs, G_VARIANT_TYPE ("a{s*}")))
    {
      g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE,
                   _ ("Keyword arguments are a dictionary with text keys (“a{sv}”), not a value of "
                      "type “%s”"),
                   g_variant_get_type_string (kwargs));
      return FALSE;
    }
  return mitogen_pickle_writer_add_variant (writer, kwargs, error);
}

static GPtrArray *
write_call (const char *chain_id,
            const char *function,
            GVariant *args,
            GVariant *kwargs,
            GError **error)
{
  g_autoptr (MitogenPickleWriter) writer = NULL;
  Name name;

  if (!parse_name (function, &name, error))
    return NULL;

  writer = mitogen_pickle_writer_new ();
  mitogen_pickle_writer_begin_tuple (writer);
  if (chain_id != NULL)
    mitogen_pickle_writer_add_text (writer, chain_id, -1);
  else
    mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_add_text (writer, name.module, name.module_length);
  if (name.class_name != NULL)
    mitogen_pickle_writer_add_text (writer, name.class_name, name.class_length);
  else
    mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_add_text (writer, name.function, -1);
  if (!add_args (writer, args, error) || !add_kwargs (writer, kwargs, error))
    return NULL;
  mitogen_pickle_writer_end_tuple (writer);
  return mitogen_pickle_writer_end (writer);
}

MitogenMessage *
mitogen_function_call_new (guint32 dst_id,
                           const char *chain_id,
                           const char *function,
                           GVariant *args,
                           GVariant *kwargs,
                           GError **error)
{
  g_autoptr (GVariant) owned_args = args != NULL ? g_variant_ref_sink (args) : NULL;
  g_autoptr (GVariant) owned_kwargs = kwargs != NULL ? g_variant_ref_sink (kwargs) : NULL;
  GPtrArray *segments = write_call (chain_id, function, owned_args, owned_kwargs, error);
  MitogenFrameHeader header = {
    .encoding = MITOGEN_ENCODING_LEGACY,
    .dst_id = dst_id,
    .handle = MITOGEN_HANDLE_CALL_FUNCTION,
  };

  return segments != NULL ? mitogen_message_new_segments (&header, segments) : NULL;
}

MitogenMessage *
mitogen_message_with_reply_to (MitogenMessage *message, guint32 reply_to)
{
  MitogenFrameHeader header = *mitogen_message_get_header (message);

  header.reply_to = reply_to;
  return mitogen_message_with_header (message, &header);
}
