/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Payloads that no pickler writes: each must fail, soon and without much memory. */

#include <string.h>

#include "wire/mitogen-error.h"
#include "wire/mitogen-pickle-private.h"

#define BYTES(literal) (g_bytes_new_static (literal, sizeof literal - 1))
#define APPEND(array, literal)                                                                     \
  (g_byte_array_append (array, (const guint8 *) literal, sizeof literal - 1))

static void
assert_refused_with (GBytes *bytes, const MitogenPickleLimits *limits, int code)
{
  g_autoptr (MitogenPickleReader) reader = mitogen_pickle_reader_new (bytes, limits);
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  value = mitogen_pickle_reader_next (reader, &error);
  g_assert_error (error, MITOGEN_ERROR, code);
  g_assert_null (value);
}

static void
assert_refused (GByteArray *pickle, int code)
{
  g_autoptr (GBytes) bytes = g_byte_array_free_to_bytes (pickle);

  assert_refused_with (bytes, NULL, code);
}

static void
repeat (GByteArray *pickle, const char *part, gsize size, guint times)
{
  for (guint i = 0; i < times; i++)
    g_byte_array_append (pickle, (const guint8 *) part, (guint) size);
}

#define REPEAT(array, literal, times) (repeat (array, literal, sizeof literal - 1, times))

static void
assert_malformed (GBytes *bytes)
{
  g_autoptr (GBytes) owned = bytes;

  assert_refused_with (owned, NULL, MITOGEN_ERROR_PROTOCOL);
}

#define ASSERT_MALFORMED(literal) assert_malformed (BYTES (literal))

static void
test_malformed (void)
{
  static const char no_operand[] = "aesu0tR\x85\x86\x87\x93q\x94ph2.gjld1";

  for (guint i = 0; i < sizeof no_operand - 1; i++)
    assert_malformed (g_bytes_new (no_operand + i, 1));

  ASSERT_MALFORMED ("");
  ASSERT_MALFORMED (".");
  ASSERT_MALFORMED ("NN.");
  ASSERT_MALFORMED ("(N.");
  ASSERT_MALFORMED ("(");
  ASSERT_MALFORMED ("\x80\x06N.");
  ASSERT_MALFORMED ("\xff.");
  ASSERT_MALFORMED ("N(\x85."); /* what lies below the mark is out of reach */
  ASSERT_MALFORMED ("](K\x01"
                    "a.");        /* a mark where the list should be */
  ASSERT_MALFORMED ("](K\x01u."); /* a list is no dictionary */
  ASSERT_MALFORMED ("}(K\x01u."); /* a key without a value */
  ASSERT_MALFORMED ("K\x01K\x02"
                    "a.");
  ASSERT_MALFORMED (")K\x01"
                    "a.");
  ASSERT_MALFORMED ("(K\x01"
                    "d.");
  ASSERT_MALFORMED ("h\x00.");
  ASSERT_MALFORMED ("Nq\x00h\x01\x86.");
  ASSERT_MALFORMED ("Np-1\n.");
  ASSERT_MALFORMED ("Np4294967296\n.");
  ASSERT_MALFORMED ("Npx\n.");
  ASSERT_MALFORMED ("I\n.");
  ASSERT_MALFORMED ("I-\n.");
  ASSERT_MALFORMED ("I1 \n.");
  ASSERT_MALFORMED ("I0x1\n.");
  ASSERT_MALFORMED ("I1");
  ASSERT_MALFORMED ("F\n.");
  ASSERT_MALFORMED ("F 1\n.");
  ASSERT_MALFORMED ("F1.5z\n.");
  ASSERT_MALFORMED ("S\n.");
  ASSERT_MALFORMED ("S'\n.");
  ASSERT_MALFORMED ("S'a\"\n.");
  ASSERT_MALFORMED ("S'\\'\n.");
  ASSERT_MALFORMED ("S'\\xg0'\n.");
  ASSERT_MALFORMED ("S'\\x0'\n.");
  ASSERT_MALFORMED ("Sab\n.");
  ASSERT_MALFORMED ("V\\u12\n.");
  ASSERT_MALFORMED ("V\\U00110000\n.");
  ASSERT_MALFORMED ("X\x05\x00\x00\x00"
                    "abcd.");
  ASSERT_MALFORMED ("X\xff\xff\xff\xff.");
  ASSERT_MALFORMED ("\x8e\xff\xff\xff\xff\xff\xff\xff\xff.");
  ASSERT_MALFORMED ("\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.");
  ASSERT_MALFORMED ("\x8b\xff\xff\xff\xff.");
  ASSERT_MALFORMED ("\x95\xff\xff\xff\xff\xff\xff\xff\xff.");
  ASSERT_MALFORMED ("G\x00.");
  ASSERT_MALFORMED ("c_codecs\n");
  ASSERT_MALFORMED ("K\x01\x8c\x01x\x93.");
}

static void
test_wrong_arguments (void)
{
  ASSERT_MALFORMED ("c_codecs\nencode\n)R.");
  ASSERT_MALFORMED ("c_codecs\nencode\nK\x01\x85R.");
  ASSERT_MALFORMED ("c_codecs\nencode\nX\x02\x00\x00\x00\xc4\x80\x85R."); /* not Latin-1 */
  ASSERT_MALFORMED ("c_codecs\nencode\nX\x01\x00\x00\x00\xc3\x85R.");     /* not UTF-8 */
  ASSERT_MALFORMED ("c_codecs\nencode\nU\x01z\x85R.");
  ASSERT_MALFORMED ("c_codecs\nencode\nX\x01\x00\x00\x00z]R.");
  ASSERT_MALFORMED ("c__builtin__\nbytes\nX\x01\x00\x00\x00z\x85R.");
  ASSERT_MALFORMED ("c__builtin__\nbytes\nNN\x86R.");
  ASSERT_MALFORMED ("c__builtin__\nbytearray\nK\x05\x85R."); /* five zero bytes, in Python */
  ASSERT_MALFORMED ("cmitogen.core\nBlob\n)R.");
  ASSERT_MALFORMED ("cmitogen.core\nBlob\nX\x01\x00\x00\x00z\x85R.");
  ASSERT_MALFORMED ("cmitogen.core\nSecret\nN\x85R.");
  ASSERT_MALFORMED ("cmitogen.core\nKwargs\n]\x85R.");
  ASSERT_MALFORMED ("cmitogen.core\nCallError\nN\x85R.");
  ASSERT_MALFORMED ("cmitogen.core\nCallError\nC\x01z\x85R.");
  ASSERT_MALFORMED ("cmitogen.core\n_unpickle_sender\nK\x00K\x00\x86R.");
  ASSERT_MALFORMED ("cmitogen.core\n_unpickle_sender\nJ\xff\xff\xff\xffK\x01\x86R.");
  ASSERT_MALFORMED ("cmitogen.core\n_unpickle_sender\nK\x01\x85R.");
  ASSERT_MALFORMED ("cmitogen.core\n_unpickle_context\nK\x01K\x01\x86R.");
  ASSERT_MALFORMED ("cmitogen.core\n_unpickle_context\n\x88N\x86R.");
  ASSERT_MALFORMED ("cmitogen.core\n_unpickle_context\n\x8a\x05\x00\x00\x00\x00\x01N\x86R.");
  ASSERT_MALFORMED ("ccopy_reg\n_reconstructor\n)R.");
  ASSERT_MALFORMED ("N)R.");
  ASSERT_MALFORMED ("c__builtin__\nbytes\nNR.");
}

/* Every part of a pickle that uses all kinds of opcodes is malformed but for the whole. */
static void
test_truncated (void)
{
  static const char whole[] =
      "\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00(K\x01M\x01\x02J\x01\x02\x03\x04\x8a\x02\x01"
      "\x02\x8b\x02\x00\x00\x00\x01\x02I12\nL12L\nF1.5\nG\x00\x00\x00\x00\x00\x00\x00\x00S'a'\n"
      "U\x01zT\x01\x00\x00\x00zV\\u20ac\nX\x01\x00\x00\x00z\x8c\x01z]q\x00(N\x88"
      "e}r\x01\x00\x00\x00K\x01K\x02s)\x85p7\ng7\nh\x00j\x01\x00\x00\x00"
      "c_codecs\nencode\nX\x01\x00\x00\x00z\x85RB\x01\x00\x00\x00z\x96\x01\x00\x00\x00\x00\x00"
      "\x00\x00zt.";
  g_autoptr (GBytes) bytes = BYTES (whole);
  g_autoptr (GVariant) value = NULL;
  GError *error = NULL;

  value = mitogen_pickle_read (bytes, &error);
  g_assert_no_error (error);
  for (gsize size = 0; size < sizeof whole - 1; size++)
    /* From the heap, so that a tool that watches it sees what is read beyond the end. */
    assert_malformed (g_bytes_new (whole, size));
}

static void
test_trailing (void)
{
  g_autoptr (GBytes) bytes = BYTES ("N.N.");
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_pickle_read (bytes, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL);
}

/* Containers in containers, as many levels as a payload has bytes. */
static void
test_deep (void)
{
  static const struct
  {
    const char *open;
    const char *close;
  } shapes[] = {
    { "]", "a" }, { ")", "\x85" }, { "(", "t" }, { "}N", "s" }, { "](", "e" }, { "(", "l" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      GByteArray *pickle = g_byte_array_new ();

      repeat (pickle, shapes[i].open, strlen (shapes[i].open), 100000);
      APPEND (pickle, "N");
      repeat (pickle, shapes[i].close, strlen (shapes[i].close), 100000);
      APPEND (pickle, ".");
      assert_refused (pickle, MITOGEN_ERROR_TOO_LARGE);
    }
}

/* The deepest nesting that is let through can be read, printed, checked and compared
 * without GLib complaining, even inside a few more levels. */
static void
use_deepest (const char *start, const char *wrap)
{
  guint depth = 0;
  g_autoptr (GVariant) deepest = NULL;

  while (TRUE)
    {
      GByteArray *pickle = g_byte_array_new ();
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GVariant) value = NULL;
      g_autoptr (GError) error = NULL;

      g_byte_array_append (pickle, (const guint8 *) start, (guint) strlen (start));
      repeat (pickle, wrap, strlen (wrap), depth);
      APPEND (pickle, ".");
      bytes = g_byte_array_free_to_bytes (pickle);
      value = mitogen_pickle_read (bytes, &error);
      if (value == NULL)
        {
          g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE);
          break;
        }
      g_clear_pointer (&deepest, g_variant_unref);
      deepest = g_steal_pointer (&value);
      depth++;
    }

  g_assert_cmpuint (depth, >, 30);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (GVariant) wrapped = g_variant_ref_sink (g_variant_new ("(v)", deepest));
      g_autoptr (GVariant) copy = g_variant_ref_sink (
          g_variant_new_from_data (g_variant_get_type (wrapped), g_variant_get_data (wrapped),
                                   g_variant_get_size (wrapped), FALSE, NULL, NULL));
      g_autofree char *text = g_variant_print (copy, TRUE);
      g_autofree char *original = g_variant_print (wrapped, TRUE);

      g_assert_true (g_variant_is_normal_form (copy));
      g_assert_cmpstr (text, ==, original);
      g_clear_pointer (&deepest, g_variant_unref);
      deepest = g_steal_pointer (&wrapped);
    }
}

static void
test_deepest (void)
{
  use_deepest ("N", "\x85");
  use_deepest ("]", "q\x01"
                    "0]h\x01"
                    "a");
  use_deepest ("]", "q\x01"
                    "0]h\x01"
                    "a\x85");
  use_deepest ("}", "q\x01"
                    "0}Nh\x01s");
  use_deepest ("}", "q\x01"
                    "0}K\x05h\x01s");
  use_deepest ("}", "q\x01"
                    "0}U\x01kh\x01s");
}

/* Ten times ten times ten ...: two dozen bytes a level. */
static void
laugh (char close)
{
  GByteArray *pickle = g_byte_array_new ();

  APPEND (pickle, "X\x05\x00\x00\x00laughq\x01"
                  "0");
  for (guint8 level = 1; level < 40; level++)
    {
      const guint8 get[2] = { 'h', level };
      const guint8 end[3] = { (guint8) close, 'q', level + 1 };

      APPEND (pickle, "(");
      for (guint i = 0; i < 10; i++)
        g_byte_array_append (pickle, get, sizeof get);
      g_byte_array_append (pickle, end, sizeof end);
      APPEND (pickle, "0");
    }
  APPEND (pickle, "h\x20.");
  assert_refused (pickle, MITOGEN_ERROR_TOO_LARGE);
}

static void
test_laughs (void)
{
  laugh ('l');
  laugh ('t');
}

/* One large string, over and over. */
static void
test_repeated_string (void)
{
  GByteArray *pickle = g_byte_array_new ();

  APPEND (pickle, "(X\x00\x00\x08\x00");
  REPEAT (pickle, "x", 1 << 19);
  APPEND (pickle, "q\x00");
  REPEAT (pickle, "h\x00", 100000);
  APPEND (pickle, "l.");
  assert_refused (pickle, MITOGEN_ERROR_TOO_LARGE);
}

/* One string just too small to be shared. */
static void
test_repeated_small_string (void)
{
  GByteArray *pickle = g_byte_array_new ();

  APPEND (pickle, "(X\xfe\x0f\x00\x00");
  REPEAT (pickle, "x", 4094);
  APPEND (pickle, "q\x00");
  REPEAT (pickle, "h\x00", 200000);
  APPEND (pickle, "l.");
  assert_refused (pickle, MITOGEN_ERROR_TOO_LARGE);
}

/* A tuple's type names the types of all its elements: repeating them costs as well. */
static void
test_repeated_types (void)
{
  GByteArray *pickle = g_byte_array_new ();

  APPEND (pickle, "(");
  REPEAT (pickle, ")", 20000);
  APPEND (pickle, "tq\x00(");
  REPEAT (pickle, "h\x00\x85", 100000);
  APPEND (pickle, "l.");
  assert_refused (pickle, MITOGEN_ERROR_TOO_LARGE);
}

static void
test_many_values (void)
{
  static const MitogenPickleLimits limits = { 10, 100000, 1 << 20 };
  static const char *const patterns[] = { "N", "N0", "]", "]0", "K\x01", "2" };

  g_assert_cmpuint (mitogen_pickle_default_limits.max_elements, <, G_MAXUINT32);
  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      GByteArray *pickle = g_byte_array_new ();
      g_autoptr (GBytes) bytes = NULL;

      APPEND (pickle, "(N");
      repeat (pickle, patterns[i], strlen (patterns[i]), 100000);
      APPEND (pickle, "l.");
      bytes = g_byte_array_free_to_bytes (pickle);
      assert_refused_with (bytes, &limits, MITOGEN_ERROR_TOO_LARGE);
    }
}

static void
test_limits (void)
{
  g_autoptr (GBytes) list = BYTES ("](K\x01K\x01"
                                   "e.");
  g_autoptr (GBytes) nested = BYTES ("]]a.");
  g_autoptr (GBytes) text = BYTES ("]X\x14\x00\x00\x00xxxxxxxxxxxxxxxxxxxxq\x00"
                                   "ah\x00h\x00h\x00\x87\x86.");
  g_autoptr (GVariant) value = NULL;
  g_autoptr (MitogenPickleReader) reader = NULL;
  MitogenPickleLimits limits = { .max_depth = 2, .max_elements = 3, .max_size = 1000 };
  GError *error = NULL;

  reader = mitogen_pickle_reader_new (list, &limits);
  value = mitogen_pickle_reader_next (reader, &error);
  g_assert_no_error (error);

  limits.max_elements = 2;
  assert_refused_with (list, &limits, MITOGEN_ERROR_TOO_LARGE);

  limits.max_elements = 100;
  limits.max_depth = 1;
  assert_refused_with (nested, &limits, MITOGEN_ERROR_TOO_LARGE);

  limits.max_depth = 2;
  limits.max_size = 60;
  assert_refused_with (text, &limits, MITOGEN_ERROR_TOO_LARGE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pickle/hostile/malformed", test_malformed);
  g_test_add_func ("/pickle/hostile/wrong-arguments", test_wrong_arguments);
  g_test_add_func ("/pickle/hostile/truncated", test_truncated);
  g_test_add_func ("/pickle/hostile/trailing", test_trailing);
  g_test_add_func ("/pickle/hostile/deep", test_deep);
  g_test_add_func ("/pickle/hostile/deepest", test_deepest);
  g_test_add_func ("/pickle/hostile/laughs", test_laughs);
  g_test_add_func ("/pickle/hostile/repeated-string", test_repeated_string);
  g_test_add_func ("/pickle/hostile/repeated-small-string", test_repeated_small_string);
  g_test_add_func ("/pickle/hostile/repeated-types", test_repeated_types);
  g_test_add_func ("/pickle/hostile/many-values", test_many_values);
  g_test_add_func ("/pickle/hostile/limits", test_limits);

  return g_test_run ();
}
