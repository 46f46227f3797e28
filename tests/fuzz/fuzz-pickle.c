/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz.h"
#include "wire/mitogen-error.h"
#include "wire/mitogen-pickle-private.h"

static GBytes *
write_value (GVariant *value)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();
  g_autoptr (GPtrArray) segments = NULL;
  GByteArray *joined = g_byte_array_new ();
  GError *error = NULL;

  if (!mitogen_pickle_writer_add_variant (writer, value, &error))
    g_error ("cannot write what was read: %s", error->message);

  segments = mitogen_pickle_writer_end (writer);
  for (guint i = 0; i < segments->len; i++)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (segments->pdata[i], &size);

      g_byte_array_append (joined, data, (guint) size);
    }

  return g_byte_array_free_to_bytes (joined);
}

static void
check_form (GVariant *value)
{
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (value);
  g_autoptr (GVariant) copy =
      g_variant_ref_sink (g_variant_new_from_bytes (g_variant_get_type (value), bytes, FALSE));

  if (g_variant_is_floating (value))
    g_error ("the value is floating");
  if (!g_variant_is_normal_form (copy))
    g_error ("the value is not in normal form");
}

/* A dictionary with keys of several kinds becomes a list of pairs when written; from
 * then on nothing may change. */
static void
check_again (GVariant *value)
{
  g_autoptr (GBytes) once = write_value (value);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reread = mitogen_pickle_read (once, &error);
  g_autoptr (GBytes) twice = NULL;

  /* Pairs in a list are a level deeper. */
  if (g_error_matches (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE))
    return;
  if (reread == NULL)
    g_error ("cannot read what was written: %s", error->message);

  twice = write_value (reread);
  if (!g_bytes_equal (once, twice))
    g_error ("the value changes when it is written again");
}

static void
convert (GVariant *value)
{
  static const char *const types[] = { "s",    "as",    "ai",    "ay",    "ad",  "mv",
                                       "(ii)", "a{sv}", "a{ss}", "a{xv}", "aav", "v" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      const GVariantType *type = G_VARIANT_TYPE (types[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) converted = mitogen_variant_convert (value, type, &error);

      if ((converted == NULL) != (error != NULL))
        g_error ("neither or both of value and error");
      if (converted != NULL && !g_variant_is_of_type (converted, type))
        g_error ("converted to %s rather than %s", g_variant_get_type_string (converted), types[i]);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const MitogenPickleLimits limits = { .max_depth = 100,
                                              .max_elements = 20000,
                                              .max_size = 1 << 20 };
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (MitogenPickleReader) reader = mitogen_pickle_reader_new (bytes, &limits);

  while (!mitogen_pickle_reader_at_end (reader))
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value = mitogen_pickle_reader_next (reader, &error);

      if ((value == NULL) != (error != NULL))
        g_error ("neither or both of value and error");
      if (value == NULL)
        return 0;
      check_form (value);
      check_again (value);
      convert (value);
    }

  return 0;
}
