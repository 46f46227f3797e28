/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The C side of the property tests; see pickle-interpreter.py. All input and output is
 * records: a little-endian length of four bytes, then as many bytes.
 *   read                 pickles in; for each its canonical text, and it written again
 *   generate SEED COUNT  random GVariants: the canonical text of each, and it written */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/mitogen-error.h"
#include "wire/mitogen-pickle-private.h"

/* ---- Canonical text ---- */

static void
append_hex (GString *text, char letter, const guint8 *data, gsize size)
{
  static const char digits[] = "0123456789abcdef";

  g_string_append_c (text, letter);
  for (gsize i = 0; i < size; i++)
    {
      g_string_append_c (text, digits[data[i] >> 4]);
      g_string_append_c (text, digits[data[i] & 15]);
    }
}

static void
append_double (GString *text, double value)
{
  guint64 raw;

  memcpy (&raw, &value, sizeof raw);
  raw = GUINT64_TO_BE (raw);
  if (value != value)
    g_string_append (text, "dnan");
  else
    append_hex (text, 'd', (const guint8 *) &raw, sizeof raw);
}

static void
append_signed (GString *text, gint64 value)
{
  g_string_append_printf (text, "i%" G_GINT64_FORMAT, value);
}

static void
append_unsigned (GString *text, guint64 value)
{
  g_string_append_printf (text, "%c%" G_GUINT64_FORMAT, value <= G_MAXINT64 ? 'i' : 'u', value);
}

static void
append_text (GString *text, GVariant *value)
{
  gsize length;
  const char *string = g_variant_get_string (value, &length);

  append_hex (text, 's', (const guint8 *) string, length);
}

/* As Python sees it, whatever the GVariant's type is. */
static void append_python (GString *text, GVariant *value);

static void
append_children (GString *text,
                 GVariant *value,
                 const char *open,
                 const char *after,
                 const char *close)
{
  g_string_append (text, open);
  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      if (i > 0 && after[0] == '\0')
        g_string_append_c (text, ',');
      append_python (text, child);
      g_string_append (text, after);
    }
  g_string_append (text, close);
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
append_entries (GString *text, GVariant *value, const char *open)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (value, i);
      g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
      g_autoptr (GVariant) content = g_variant_get_child_value (entry, 1);
      GString *line = g_string_new (NULL);

      append_python (line, key);
      g_string_append_c (line, ':');
      append_python (line, content);
      g_ptr_array_add (entries, g_string_free (line, FALSE));
    }
  g_ptr_array_sort (entries, compare_texts);

  g_string_append (text, open);
  for (guint i = 0; i < entries->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "," : "", (const char *) entries->pdata[i]);
  g_string_append_c (text, '}');
}

/* Which of its three forms Python's dictionary would have here. */
static const char *
classify_keys (GVariant *value)
{
  char key_type = g_variant_get_type_string (value)[2];
  gboolean all_fit = TRUE;

  if (g_variant_n_children (value) == 0 || strchr ("sog", key_type) != NULL)
    return "S{";
  for (gsize i = 0; i < g_variant_n_children (value) && key_type == 't'; i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (value, i);
      guint64 key;

      g_variant_get_child (entry, 0, "t", &key);
      all_fit = all_fit && key <= G_MAXINT64;
    }

  return strchr ("ynqiuxt", key_type) != NULL && all_fit ? "X{" : "V{";
}

static void
append_array (GString *text, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING))
    append_hex (text, 'y', g_variant_get_data (value), g_variant_get_size (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY))
    append_entries (text, value, classify_keys (value));
  else
    append_children (text, value, "L[", "", "]");
}

static void
append_maybe (GString *text, GVariant *value)
{
  g_autoptr (GVariant) content = g_variant_get_maybe (value);

  if (content == NULL)
    g_string_append_c (text, 'N');
  else
    append_python (text, content);
}

static void
append_python (GString *text, GVariant *value)
{
  g_autoptr (GVariant) content = NULL;

  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      g_string_append_c (text, g_variant_get_boolean (value) ? 'T' : 'F');
      break;
    case G_VARIANT_CLASS_BYTE:
      append_signed (text, g_variant_get_byte (value));
      break;
    case G_VARIANT_CLASS_INT16:
      append_signed (text, g_variant_get_int16 (value));
      break;
    case G_VARIANT_CLASS_UINT16:
      append_signed (text, g_variant_get_uint16 (value));
      break;
    case G_VARIANT_CLASS_INT32:
      append_signed (text, g_variant_get_int32 (value));
      break;
    case G_VARIANT_CLASS_UINT32:
      append_signed (text, g_variant_get_uint32 (value));
      break;
    case G_VARIANT_CLASS_INT64:
      append_signed (text, g_variant_get_int64 (value));
      break;
    case G_VARIANT_CLASS_UINT64:
      append_unsigned (text, g_variant_get_uint64 (value));
      break;
    case G_VARIANT_CLASS_DOUBLE:
      append_double (text, g_variant_get_double (value));
      break;
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      append_text (text, value);
      break;
    case G_VARIANT_CLASS_VARIANT:
      content = g_variant_get_variant (value);
      append_python (text, content);
      break;
    case G_VARIANT_CLASS_MAYBE:
      append_maybe (text, value);
      break;
    case G_VARIANT_CLASS_ARRAY:
      append_array (text, value);
      break;
    default:
      append_children (text, value, "(", ",", ")");
      break;
    }
}

/* ---- What was read: only the types of doc/values.md, each for one of Python's ---- */

static void append_read (GString *text, GVariant *value);

static void
append_boxed (GString *text, GVariant *value, gsize index)
{
  g_autoptr (GVariant) boxed = g_variant_get_child_value (value, index);
  g_autoptr (GVariant) content = g_variant_get_variant (boxed);

  append_read (text, content);
}

static void
append_read_entries (GString *text, GVariant *value, const char *open)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (value, i);
      g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
      GString *line = g_string_new (NULL);

      if (open[0] == 'V')
        append_boxed (line, entry, 0);
      else
        append_read (line, key);
      g_string_append_c (line, ':');
      append_boxed (line, entry, 1);
      g_ptr_array_add (entries, g_string_free (line, FALSE));
    }
  g_ptr_array_sort (entries, compare_texts);

  g_string_append (text, open);
  for (guint i = 0; i < entries->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "," : "", (const char *) entries->pdata[i]);
  g_string_append_c (text, '}');
}

static void
append_read_list (GString *text, GVariant *value)
{
  g_string_append (text, "L[");
  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      if (i > 0)
        g_string_append_c (text, ',');
      append_boxed (text, value, i);
    }
  g_string_append_c (text, ']');
}

static void
append_read_tuple (GString *text, GVariant *value)
{
  g_string_append_c (text, '(');
  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      append_read (text, child);
      g_string_append_c (text, ',');
    }
  g_string_append_c (text, ')');
}

static void
append_read (GString *text, GVariant *value)
{
  const char *type = g_variant_get_type_string (value);

  if (g_str_equal (type, "mv"))
    g_string_append_c (text, g_variant_n_children (value) == 0 ? 'N' : '?');
  else if (g_str_equal (type, "x") || g_str_equal (type, "b") || g_str_equal (type, "d") ||
           g_str_equal (type, "s") || g_str_equal (type, "ay"))
    append_python (text, value);
  else if (g_str_equal (type, "t") && g_variant_get_uint64 (value) > G_MAXINT64)
    append_python (text, value);
  else if (g_str_equal (type, "av"))
    append_read_list (text, value);
  else if (g_str_equal (type, "a{sv}"))
    append_read_entries (text, value, "S{");
  else if (g_str_equal (type, "a{xv}"))
    append_read_entries (text, value, "X{");
  else if (g_str_equal (type, "a(vv)"))
    append_read_entries (text, value, "V{");
  else if (type[0] == '(')
    append_read_tuple (text, value);
  else
    g_string_append_printf (text, "?%s", type);
}

/* Whether the library serialised the value as GVariant itself does. */
static gboolean
is_well_made (GVariant *value)
{
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (value);
  g_autoptr (GVariant) copy =
      g_variant_ref_sink (g_variant_new_from_bytes (g_variant_get_type (value), bytes, FALSE));
  g_autoptr (GVariant) normal = g_variant_get_normal_form (copy);

  return g_variant_is_normal_form (copy) && g_variant_equal (normal, value);
}

/* ---- Records ---- */

static void
put_record (gconstpointer data, gsize size)
{
  guint32 raw = GUINT32_TO_LE ((guint32) size);

  fwrite (&raw, sizeof raw, 1, stdout);
  fwrite (data, 1, size, stdout);
}

static void
put_pickle (GVariant *value)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();
  g_autoptr (GPtrArray) segments = NULL;
  g_autoptr (GByteArray) joined = g_byte_array_new ();
  GError *error = NULL;

  if (!mitogen_pickle_writer_add_variant (writer, value, &error))
    g_error ("cannot write %s: %s", g_variant_get_type_string (value), error->message);
  segments = mitogen_pickle_writer_end (writer);
  for (guint i = 0; i < segments->len; i++)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (segments->pdata[i], &size);

      g_byte_array_append (joined, data, (guint) size);
    }
  put_record (joined->data, joined->len);
}

static void
answer (GBytes *pickle)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GVariant) value = mitogen_pickle_read (pickle, &error);

  if (value == NULL)
    {
      g_string_append (text, g_error_matches (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE)
                                 ? "!TYPE"
                                 : error->message);
      put_record (text->str, text->len);
      put_record ("", 0);
      return;
    }

  append_read (text, value);
  if (!is_well_made (value))
    g_string_append (text, " but not serialised in normal form");
  put_record (text->str, text->len);
  put_pickle (value);
}

static int
run_read (void)
{
  guint32 raw;

  while (fread (&raw, sizeof raw, 1, stdin) == 1)
    {
      gsize size = GUINT32_FROM_LE (raw);
      g_autofree guint8 *data = g_malloc (size + 1);
      g_autoptr (GBytes) pickle = NULL;

      if (fread (data, 1, size, stdin) != size)
        return EXIT_FAILURE;
      pickle = g_bytes_new_take (g_steal_pointer (&data), size);
      answer (pickle);
    }

  return EXIT_SUCCESS;
}

/* ---- Random GVariants ---- */

static const char basic_types[] = "bynqiuxtdsog";

static void
append_random_type (GString *type, GRand *rand, guint depth)
{
  guint32 pick = g_rand_int_range (rand, 0, depth < 4 ? 20 : 13);

  if (pick < 12)
    g_string_append_c (type, basic_types[pick]);
  else if (pick == 12)
    g_string_append (type, "ay");
  else if (pick == 13)
    g_string_append_c (type, 'v');
  else if (pick == 14)
    {
      g_string_append_c (type, 'm');
      append_random_type (type, rand, depth + 1);
    }
  else if (pick < 17)
    {
      g_string_append_c (type, 'a');
      append_random_type (type, rand, depth + 1);
    }
  else if (pick == 17)
    {
      g_string_append_printf (type, "a{%c",
                              basic_types[g_rand_int_range (rand, 0, sizeof basic_types - 1)]);
      append_random_type (type, rand, depth + 1);
      g_string_append_c (type, '}');
    }
  else
    {
      guint n_members = (guint) g_rand_int_range (rand, 0, 6);

      g_string_append_c (type, '(');
      for (guint i = 0; i < n_members; i++)
        append_random_type (type, rand, depth + 1);
      g_string_append_c (type, ')');
    }
}

static guint64
make_random_bits (GRand *rand)
{
  guint64 bits = (guint64) g_rand_int (rand) << 32 | g_rand_int (rand);
  guint shift = (guint) g_rand_int_range (rand, 0, 64);

  if (g_rand_int_range (rand, 0, 4) == 0)
    return (G_GUINT64_CONSTANT (1) << shift) - (guint64) g_rand_int_range (rand, 0, 3) + 1;

  return g_rand_boolean (rand) ? bits >> shift : 0 - (bits >> shift);
}

static double
make_random_double (GRand *rand)
{
  static const double special[] = { 0.0, -0.0, 1.5, 1e300, 5e-324, G_MAXDOUBLE };
  guint64 bits = make_random_bits (rand);
  double value;

  if (g_rand_boolean (rand))
    return special[g_rand_int_range (rand, 0, G_N_ELEMENTS (special))];
  memcpy (&value, &bits, sizeof value);

  return value;
}

static char *
make_random_text (GRand *rand)
{
  static const gunichar limits[] = { 0x7f, 0xff, 0x7ff, 0xd7ff, 0x10ffff };
  GString *text = g_string_new (NULL);
  gunichar limit = limits[g_rand_int_range (rand, 0, G_N_ELEMENTS (limits))];
  int length = g_rand_int_range (rand, 0, g_rand_int_range (rand, 0, 200) == 0 ? 6000 : 12);

  for (int i = 0; i < length; i++)
    {
      gunichar character = (gunichar) g_rand_int_range (rand, 1, (int) limit + 1);

      if (character < 0xd800 || character > 0xdfff)
        g_string_append_unichar (text, character);
    }

  return g_string_free (text, FALSE);
}

static GVariant *
make_random_bytes (GRand *rand)
{
  gsize size = (gsize) g_rand_int_range (rand, 0, g_rand_int_range (rand, 0, 50) == 0 ? 9000 : 300);
  g_autofree guint8 *data = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) g_rand_int (rand);

  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, size, 1);
}

static GVariant *
make_random_basic (char type, GRand *rand)
{
  guint64 bits = make_random_bits (rand);
  g_autofree char *text = NULL;
  g_autofree char *path = NULL;

  switch (type)
    {
    case 'b':
      return g_variant_new_boolean (bits & 1);
    case 'y':
      return g_variant_new_byte ((guint8) bits);
    case 'n':
      return g_variant_new_int16 ((gint16) bits);
    case 'q':
      return g_variant_new_uint16 ((guint16) bits);
    case 'i':
      return g_variant_new_int32 ((gint32) bits);
    case 'u':
      return g_variant_new_uint32 ((guint32) bits);
    case 'x':
      return g_variant_new_int64 ((gint64) bits);
    case 't':
      return g_variant_new_uint64 (bits);
    case 'd':
      return g_variant_new_double (make_random_double (rand));
    case 'o':
      path = g_strdup_printf ("/o/n%u", (guint) bits);
      return g_variant_new_object_path (path);
    case 'g':
      return g_variant_new_signature (bits & 1 ? "a{sv}" : "");
    default:
      text = make_random_text (rand);
      return g_variant_new_string (text);
    }
}

static GVariant *make_random (const GVariantType *type, GRand *rand, guint depth);

static GVariant *
make_random_of_any_type (GRand *rand, guint depth)
{
  g_autoptr (GString) type = g_string_new (NULL);

  append_random_type (type, rand, depth);

  return make_random (G_VARIANT_TYPE (type->str), rand, depth);
}

/* No key twice: Python would keep one of them, and of NaN any number. */
static GVariant *
make_random_dictionary (const GVariantType *type, GRand *rand, guint depth)
{
  const GVariantType *entry = g_variant_type_element (type);
  char key_type = g_variant_type_peek_string (entry)[1];
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GVariantBuilder builder;
  int n_entries = g_rand_int_range (rand, 0, 5);

  g_variant_builder_init (&builder, type);
  for (int i = 0; i < n_entries; i++)
    {
      g_autoptr (GVariant) key = g_variant_ref_sink (make_random_basic (key_type, rand));
      GString *text = g_string_new (NULL);

      append_python (text, key);
      if (key_type == 'd' && g_variant_get_double (key) == 0)
        g_string_assign (text, "zero");
      if (!g_str_equal (text->str, "dnan") && !g_hash_table_contains (seen, text->str))
        g_variant_builder_add_value (
            &builder, g_variant_new_dict_entry (key, make_random (g_variant_type_value (entry),
                                                                  rand, depth + 1)));
      g_hash_table_add (seen, g_string_free (text, FALSE));
    }

  return g_variant_builder_end (&builder);
}

static GVariant *
make_random_container (const GVariantType *type, GRand *rand, guint depth)
{
  const GVariantType *element;
  GVariantBuilder builder;

  if (g_variant_type_is_subtype_of (type, G_VARIANT_TYPE_DICTIONARY))
    return make_random_dictionary (type, rand, depth);

  g_variant_builder_init (&builder, type);
  if (g_variant_type_is_tuple (type))
    for (element = g_variant_type_first (type); element != NULL;
         element = g_variant_type_next (element))
      g_variant_builder_add_value (&builder, make_random (element, rand, depth + 1));
  else
    for (int i = g_rand_int_range (rand, 0, g_variant_type_is_maybe (type) ? 2 : 6); i > 0; i--)
      g_variant_builder_add_value (&builder,
                                   make_random (g_variant_type_element (type), rand, depth + 1));

  return g_variant_builder_end (&builder);
}

static GVariant *
make_random (const GVariantType *type, GRand *rand, guint depth)
{
  if (g_variant_type_is_variant (type))
    return g_variant_new_variant (make_random_of_any_type (rand, depth + 1));
  if (g_variant_type_is_basic (type))
    return make_random_basic (g_variant_type_peek_string (type)[0], rand);
  if (g_variant_type_equal (type, G_VARIANT_TYPE_BYTESTRING))
    return make_random_bytes (rand);

  return make_random_container (type, rand, depth);
}

static int
run_generate (guint32 seed, guint count)
{
  GRand *rand = g_rand_new_with_seed (seed);

  for (guint i = 0; i < count; i++)
    {
      g_autoptr (GVariant) value = g_variant_ref_sink (make_random_of_any_type (rand, 0));
      g_autoptr (GString) text = g_string_new (NULL);

      append_python (text, value);
      put_record (text->str, text->len);
      /* Half of them as they were built, half as they come from elsewhere. */
      if (g_rand_boolean (rand))
        g_variant_get_data (value);
      put_pickle (value);
    }
  g_rand_free (rand);

  return EXIT_SUCCESS;
}

int
main (int argc, char *argv[])
{
  if (argc == 2 && g_str_equal (argv[1], "read"))
    return run_read ();
  if (argc == 4 && g_str_equal (argv[1], "generate"))
    return run_generate ((guint32) g_ascii_strtoull (argv[2], NULL, 10),
                         (guint) g_ascii_strtoull (argv[3], NULL, 10));

  fprintf (stderr, "Usage: %s read | generate SEED COUNT\n", argv[0]);

  return EXIT_FAILURE;
}
