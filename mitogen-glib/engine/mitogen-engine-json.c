/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-json-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* json-glib calls itself for each level, and has no limit. */
#define MAX_DEPTH       32
#define MAX_OBJECT_SIZE (1024 * 1024)

/* ---- reading ---- */

void
mitogen_engine_scanner_clear (MitogenEngineScanner *self)
{
  g_clear_pointer (&self->object, g_byte_array_unref);
  *self = (MitogenEngineScanner){ 0 };
}

gboolean
mitogen_engine_scanner_is_between (MitogenEngineScanner *self)
{
  return self->object == NULL;
}

static JsonObject *
parse (const guint8 *text, gsize size)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root;

  if (!json_parser_load_from_data (parser, (const char *) text, (gssize) size, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  return root != NULL && JSON_NODE_HOLDS_OBJECT (root)
             ? json_object_ref (json_node_get_object (root))
             : NULL;
}

/* Whatever the brackets are, they are all that can make it deep. FALSE: too deep */
static gboolean
scan_byte (MitogenEngineScanner *self, guint8 byte)
{
  if (self->escaped)
    self->escaped = FALSE;
  else if (self->in_string)
    {
      self->escaped = byte == '\\';
      self->in_string = byte != '"';
    }
  else if (byte == '"')
    self->in_string = TRUE;
  else if (byte == '{' || byte == '[')
    return ++self->depth <= MAX_DEPTH;
  else if (byte == '}' || byte == ']')
    return self->depth-- > 0;
  return TRUE;
}

/* Returns how many bytes end the object, or all; 0: they are no part of an object. */
static gsize
scan (MitogenEngineScanner *self, const guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    {
      if (!scan_byte (self, data[i]))
        return 0;
      if (self->depth == 0)
        return i + 1;
    }
  return size;
}

static void
skip_space (const guint8 **data, gsize *size)
{
  while (*size > 0 && g_ascii_isspace (**data))
    {
      (*data)++;
      (*size)--;
    }
}

static JsonObject *
take_object (MitogenEngineScanner *self)
{
  JsonObject *object = parse (self->object->data, self->object->len);

  mitogen_engine_scanner_clear (self);
  return object;
}

JsonObject *
mitogen_engine_scanner_next (MitogenEngineScanner *self,
                             const guint8 **data,
                             gsize *size,
                             GError **error)
{
  JsonObject *object = NULL;
  gsize n;

  if (self->object == NULL)
    skip_space (data, size);
  if (*size == 0)
    return NULL;
  if (self->object == NULL && **data == '{')
    self->object = g_byte_array_new ();
  n = self->object != NULL ? scan (self, *data, *size) : 0;
  if (n > 0 && self->object->len + n <= MAX_OBJECT_SIZE)
    {
      g_byte_array_append (self->object, *data, (guint) n);
      *data += n;
      *size -= n;
      if (self->depth > 0)
        return NULL;
      object = take_object (self);
    }
  if (object == NULL)
    g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                         _ ("what it says is no JSON as it should be"));
  return object;
}

JsonObject *
mitogen_engine_json_parse (const guint8 *text, gsize size)
{
  MitogenEngineScanner scanner = { 0 };
  JsonObject *object = mitogen_engine_scanner_next (&scanner, &text, &size, NULL);

  skip_space (&text, &size);
  if (size > 0)
    g_clear_pointer (&object, json_object_unref);
  mitogen_engine_scanner_clear (&scanner);
  return object;
}

/* ---- members ---- */

static JsonNode *
get_value (JsonObject *object, const char *name, GType type)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == type
             ? node
             : NULL;
}

const char *
mitogen_engine_json_get_string (JsonObject *object, const char *name)
{
  JsonNode *node = get_value (object, name, G_TYPE_STRING);

  return node != NULL ? json_node_get_string (node) : NULL;
}

gboolean
mitogen_engine_json_get_number (JsonObject *object, const char *name, gint64 *number)
{
  JsonNode *node = get_value (object, name, G_TYPE_INT64);

  if (node != NULL)
    *number = json_node_get_int (node);
  return node != NULL;
}

gboolean
mitogen_engine_json_get_boolean (JsonObject *object, const char *name)
{
  JsonNode *node = get_value (object, name, G_TYPE_BOOLEAN);

  return node != NULL && json_node_get_boolean (node);
}

JsonObject *
mitogen_engine_json_get_object (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* ---- writing ---- */

GBytes *
mitogen_engine_json_to_bytes (JsonBuilder *builder)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  gsize size;
  char *text;

  json_generator_set_root (generator, root);
  text = json_generator_to_data (generator, &size);
  return g_bytes_new_take (text, size);
}

void
mitogen_engine_json_add_string (JsonBuilder *builder, const char *name, const char *value)
{
  if (value == NULL)
    return;
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

void
mitogen_engine_json_add_true (JsonBuilder *builder, const char *const *names)
{
  for (guint i = 0; names[i] != NULL; i++)
    {
      json_builder_set_member_name (builder, names[i]);
      json_builder_add_boolean_value (builder, TRUE);
    }
}

void
mitogen_engine_json_add_strings (JsonBuilder *builder, const char *name, const char *const *values)
{
  if (values == NULL)
    return;
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (guint i = 0; values[i] != NULL; i++)
    json_builder_add_string_value (builder, values[i]);
  json_builder_end_array (builder);
}
