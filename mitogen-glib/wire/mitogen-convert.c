/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "wire/mitogen-pickle-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "wire/mitogen-error.h"

/* Where in the value we are: on the stack, from the innermost outwards. */
typedef struct _Path Path;
struct _Path
{
  const Path *parent;
  gsize index;
  GVariant *key; /* NULL: @index counts */
};

static GVariant *
convert (GVariant *value, const GVariantType *type, const Path *path, GError **error);

/* ---- Errors ---- */

/* Long texts, from the other side, are cut short. */
static void
append_short (GString *text, const char *part)
{
  static const glong longest = 60;
  const char *end;

  if (g_utf8_strlen (part, -1) <= longest)
    {
      g_string_append (text, part);
      return;
    }
  end = g_utf8_offset_to_pointer (part, longest);
  g_string_append_len (text, part, end - part);
  g_string_append (text, "…");
}

static void
append_path (GString *text, const Path *path)
{
  if (path == NULL)
    return;

  append_path (text, path->parent);
  if (path->key == NULL)
    g_string_append_printf (text, "[%" G_GSIZE_FORMAT "]", path->index);
  else
    {
      g_autofree char *key = g_variant_print (path->key, FALSE);

      g_string_append_c (text, '[');
      append_short (text, key);
      g_string_append_c (text, ']');
    }
}

/* @reason: (nullable): why, though the types would do. Returns NULL, for convenience. */
static GVariant *
fail (GVariant *value,
      const GVariantType *type,
      const Path *path,
      const char *reason,
      GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GString) found = g_string_new (NULL);
  g_autofree char *wanted = g_variant_type_dup_string (type);

  append_short (found, g_variant_get_type_string (value));
  g_string_append_printf (text, _ ("Cannot convert a value of type “%s” to “%s”"), found->str,
                          wanted);
  if (path != NULL)
    {
      g_string_append (text, _ (" at "));
      append_path (text, path);
    }
  if (reason != NULL)
    g_string_append_printf (text, ": %s", reason);
  g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE, text->str);

  return NULL;
}

/* ---- Numbers ---- */

/* A whole number of up to 64 bits, of either sign. */
typedef struct
{
  gboolean negative;
  guint64 bits; /* two's complement where negative */
} Integer;

static Integer
make_signed (gint64 value)
{
  Integer integer = { value < 0, (guint64) value };

  return integer;
}

static gboolean
get_integer (GVariant *value, Integer *integer)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BYTE:
      *integer = make_signed (g_variant_get_byte (value));
      return TRUE;
    case G_VARIANT_CLASS_INT16:
      *integer = make_signed (g_variant_get_int16 (value));
      return TRUE;
    case G_VARIANT_CLASS_UINT16:
      *integer = make_signed (g_variant_get_uint16 (value));
      return TRUE;
    case G_VARIANT_CLASS_INT32:
      *integer = make_signed (g_variant_get_int32 (value));
      return TRUE;
    case G_VARIANT_CLASS_UINT32:
      *integer = make_signed (g_variant_get_uint32 (value));
      return TRUE;
    case G_VARIANT_CLASS_INT64:
      *integer = make_signed (g_variant_get_int64 (value));
      return TRUE;
    case G_VARIANT_CLASS_UINT64:
      integer->negative = FALSE;
      integer->bits = g_variant_get_uint64 (value);
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
is_within (Integer integer, gint64 lowest, guint64 highest)
{
  if (integer.negative)
    return (gint64) integer.bits >= lowest;

  return integer.bits <= highest;
}

/* A double that is that very number; NULL: there is none. */
static GVariant *
make_double (Integer integer)
{
  guint64 magnitude = integer.negative ? 0 - integer.bits : integer.bits;
  guint64 exact = G_GUINT64_CONSTANT (1) << 53;

  while (magnitude > exact && (magnitude & 1) == 0)
    magnitude >>= 1;
  if (magnitude > exact)
    return NULL;

  return g_variant_new_double (integer.negative ? (double) (gint64) integer.bits
                                                : (double) integer.bits);
}

static GVariant *
make_integer (Integer integer, char type)
{
  gint64 value = (gint64) integer.bits;

  switch (type)
    {
    case 'y':
      return is_within (integer, 0, G_MAXUINT8) ? g_variant_new_byte ((guint8) value) : NULL;
    case 'n':
      return is_within (integer, G_MININT16, G_MAXINT16) ? g_variant_new_int16 ((gint16) value)
                                                         : NULL;
    case 'q':
      return is_within (integer, 0, G_MAXUINT16) ? g_variant_new_uint16 ((guint16) value) : NULL;
    case 'i':
      return is_within (integer, G_MININT32, G_MAXINT32) ? g_variant_new_int32 ((gint32) value)
                                                         : NULL;
    case 'u':
      return is_within (integer, 0, G_MAXUINT32) ? g_variant_new_uint32 ((guint32) value) : NULL;
    case 'x':
      return is_within (integer, G_MININT64, G_MAXINT64) ? g_variant_new_int64 (value) : NULL;
    case 't':
      return is_within (integer, 0, G_MAXUINT64) ? g_variant_new_uint64 (integer.bits) : NULL;
    default:
      return make_double (integer);
    }
}

static GVariant *
convert_number (GVariant *value, const GVariantType *type, const Path *path, GError **error)
{
  g_autofree char *text = NULL;
  Integer integer;
  GVariant *made;

  if (!get_integer (value, &integer))
    return fail (value, type, path, NULL, error);

  made = make_integer (integer, g_variant_type_peek_string (type)[0]);
  if (made != NULL)
    return g_variant_ref_sink (made);

  text = g_variant_print (value, FALSE);
  if (g_variant_type_equal (type, G_VARIANT_TYPE_DOUBLE))
    return fail (value, type, path, _ ("it is not exact as a floating point number"), error);

  return fail (value, type, path, _ ("it is out of range"), error);
}

/* ---- Text ---- */

/* What the value says as text, with room in @copy if needed; NULL: it is none. */
static const char *
get_text (GVariant *value, char **copy)
{
  gsize size;
  const char *data;

  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      return g_variant_get_string (value, NULL);
    case G_VARIANT_CLASS_ARRAY:
      break;
    default:
      return NULL;
    }

  /* A str of Python 2. */
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING))
    return NULL;
  size = g_variant_get_size (value);
  data = size > 0 ? g_variant_get_data (value) : "";
  if (!g_utf8_validate_len (data, size, NULL))
    return NULL;
  *copy = g_strndup (data, size);

  return *copy;
}

static GVariant *
convert_text (GVariant *value, const GVariantType *type, const Path *path, GError **error)
{
  g_autofree char *copy = NULL;
  const char *text = get_text (value, &copy);

  if (text == NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING))
    return fail (value, type, path, _ ("the bytes are not UTF-8 text"), error);
  if (text == NULL)
    return fail (value, type, path, NULL, error);

  if (g_variant_type_equal (type, G_VARIANT_TYPE_STRING))
    return g_variant_ref_sink (g_variant_new_string (text));
  if (g_variant_type_equal (type, G_VARIANT_TYPE_OBJECT_PATH) && g_variant_is_object_path (text))
    return g_variant_ref_sink (g_variant_new_object_path (text));
  if (g_variant_type_equal (type, G_VARIANT_TYPE_SIGNATURE) && g_variant_is_signature (text))
    return g_variant_ref_sink (g_variant_new_signature (text));

  return fail (value, type, path, _ ("the text is not valid as one"), error);
}

/* ---- Containers ---- */

static gboolean
is_dictionary (GVariant *value)
{
  return g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY) ||
         g_variant_is_of_type (value, G_VARIANT_TYPE ("a(**)"));
}

static gboolean
is_sequence (GVariant *value)
{
  return g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY) ||
         g_variant_is_of_type (value, G_VARIANT_TYPE_TUPLE);
}

static void
free_children (GPtrArray *children)
{
  g_ptr_array_free (children, TRUE);
}

typedef GPtrArray Children;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Children, free_children)

/* (transfer full) for @child, which may be NULL after a failure. */
static gboolean
add_child (Children *children, GVariant *child)
{
  if (child == NULL)
    return FALSE;
  g_ptr_array_add (children, child);

  return TRUE;
}

static Children *
new_children (gsize n_children)
{
  return g_ptr_array_new_full ((guint) MIN (n_children, G_MAXUINT),
                               (GDestroyNotify) g_variant_unref);
}

static gboolean
convert_entry (Children *children,
               GVariant *entry,
               const GVariantType *type,
               const Path *path,
               GError **error)
{
  g_autoptr (GVariant) old_key = g_variant_get_child_value (entry, 0);
  g_autoptr (GVariant) old_value = g_variant_get_child_value (entry, 1);
  Path inner = { path, 0, old_key };
  g_autoptr (GVariant) key = convert (old_key, g_variant_type_key (type), &inner, error);
  g_autoptr (GVariant) value = NULL;

  if (key == NULL)
    return FALSE;
  value = convert (old_value, g_variant_type_value (type), &inner, error);
  if (value == NULL)
    return FALSE;

  return add_child (children, g_variant_ref_sink (g_variant_new_dict_entry (key, value)));
}

static GVariant *
convert_dictionary (GVariant *value, const GVariantType *type, const Path *path, GError **error)
{
  const GVariantType *entry_type = g_variant_type_element (type);
  gsize n_children;
  g_autoptr (Children) children = NULL;

  if (!is_dictionary (value))
    return fail (value, type, path, NULL, error);

  n_children = g_variant_n_children (value);
  children = new_children (n_children);
  for (gsize i = 0; i < n_children; i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (value, i);

      if (!convert_entry (children, entry, entry_type, path, error))
        return NULL;
    }

  return g_variant_ref_sink (
      g_variant_new_array (entry_type, (GVariant **) children->pdata, children->len));
}

static GVariant *
convert_array (GVariant *value, const GVariantType *type, const Path *path, GError **error)
{
  const GVariantType *element = g_variant_type_element (type);
  gsize n_children;
  g_autoptr (Children) children = NULL;

  if (g_variant_type_is_dict_entry (element))
    return convert_dictionary (value, type, path, error);
  if (!is_sequence (value) || g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY))
    return fail (value, type, path, NULL, error);

  n_children = g_variant_n_children (value);
  children = new_children (n_children);
  for (gsize i = 0; i < n_children; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);
      Path inner = { path, i, NULL };

      if (!add_child (children, convert (child, element, &inner, error)))
        return NULL;
    }

  return g_variant_ref_sink (
      g_variant_new_array (element, (GVariant **) children->pdata, children->len));
}

static GVariant *
convert_members (GVariant *value, const GVariantType *type, const Path *path, GError **error)
{
  const GVariantType *member = g_variant_type_first (type);
  gsize n_children = g_variant_n_children (value);
  g_autoptr (Children) children = new_children (n_children);

  for (gsize i = 0; i < n_children; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);
      Path inner = { path, i, NULL };

      if (!add_child (children, convert (child, member, &inner, error)))
        return NULL;
      member = g_variant_type_next (member);
    }

  return g_variant_ref_sink (g_variant_new_tuple ((GVariant **) children->pdata, children->len));
}

static GVariant *
convert_tuple (GVariant *value, const GVariantType *type, const Path *path, GError **error)
{
  g_autofree char *reason = NULL;
  gsize wanted, found;

  if (!is_sequence (value) || g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY))
    return fail (value, type, path, NULL, error);

  wanted = g_variant_type_n_items (type);
  found = g_variant_n_children (value);
  if (found == wanted)
    return convert_members (value, type, path, error);

  reason = g_strdup_printf (_ ("its length is %zu, not %zu"), found, wanted);

  return fail (value, type, path, reason, error);
}

static GVariant *
convert_maybe (GVariant *value, const GVariantType *type, const Path *path, GError **error)
{
  const GVariantType *element = g_variant_type_element (type);
  g_autoptr (GVariant) content = NULL;
  g_autoptr (GVariant) made = NULL;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_MAYBE))
    content = g_variant_ref (value);
  else
    content = g_variant_get_maybe (value);
  if (content == NULL)
    return g_variant_ref_sink (g_variant_new_maybe (element, NULL));

  made = convert (content, element, path, error);
  if (made == NULL)
    return NULL;

  return g_variant_ref_sink (g_variant_new_maybe (NULL, made));
}

/* ---- Everything ---- */

static GVariant *
convert_by_class (GVariant *value, const GVariantType *type, const Path *path, GError **error)
{
  switch ((GVariantClass) g_variant_type_peek_string (type)[0])
    {
    case G_VARIANT_CLASS_BYTE:
    case G_VARIANT_CLASS_INT16:
    case G_VARIANT_CLASS_UINT16:
    case G_VARIANT_CLASS_INT32:
    case G_VARIANT_CLASS_UINT32:
    case G_VARIANT_CLASS_INT64:
    case G_VARIANT_CLASS_UINT64:
    case G_VARIANT_CLASS_DOUBLE:
      return convert_number (value, type, path, error);
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      return convert_text (value, type, path, error);
    case G_VARIANT_CLASS_ARRAY:
      return convert_array (value, type, path, error);
    case G_VARIANT_CLASS_TUPLE:
      return convert_tuple (value, type, path, error);
    default:
      return fail (value, type, path, NULL, error);
    }
}

/* A type with a wildcard fits some values; made of others, an array needs to know what
 * it is an array of. */
static GVariant *
convert (GVariant *value, const GVariantType *type, const Path *path, GError **error)
{
  g_autoptr (GVariant) content = NULL;

  if (g_variant_is_of_type (value, type))
    return g_variant_ref (value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      content = g_variant_get_variant (value);
      return convert (content, type, path, error);
    }

  if (!g_variant_type_is_definite (type))
    return fail (value, type, path, NULL, error);
  if (g_variant_type_is_variant (type))
    return g_variant_ref_sink (g_variant_new_variant (value));
  if (g_variant_type_is_maybe (type))
    return convert_maybe (value, type, path, error);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_MAYBE))
    {
      content = g_variant_get_maybe (value);
      if (content == NULL)
        return fail (value, type, path, _ ("it is None"), error);
      return convert (content, type, path, error);
    }

  return convert_by_class (value, type, path, error);
}

GVariant *
mitogen_variant_convert (GVariant *value, const GVariantType *type, GError **error)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);

  if (type == NULL)
    return g_steal_pointer (&owned);

  return convert (owned, type, NULL, error);
}
