/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "wire/mitogen-error.h"
#include "wire/mitogen-pickle-private.h"
#include "wire/mitogen-value-private.h"

#define BYTES(literal) (g_bytes_new_static (literal, sizeof literal - 1))

static GBytes *
join (GPtrArray *segments)
{
  GByteArray *joined = g_byte_array_new ();

  for (guint i = 0; i < segments->len; i++)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (segments->pdata[i], &size);

      g_byte_array_append (joined, data, (guint) size);
    }

  return g_byte_array_free_to_bytes (joined);
}

static GBytes *
write_value (GVariant *value)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();
  g_autoptr (GPtrArray) segments = NULL;
  GError *error = NULL;
  gboolean written = mitogen_pickle_writer_add_variant (writer, owned, &error);

  g_assert_no_error (error);
  g_assert_true (written);
  segments = mitogen_pickle_writer_end (writer);

  return join (segments);
}

static void
assert_bytes (GBytes *found, const char *expected, gsize size)
{
  g_assert_cmpmem (g_bytes_get_data (found, NULL), g_bytes_get_size (found), expected, size);
}

static void
assert_written (const char *text, const char *expected, gsize size)
{
  g_autoptr (GVariant) value = g_variant_parse (NULL, text, NULL, NULL, NULL);
  g_autoptr (GBytes) bytes = write_value (value);

  g_test_message ("%s", text);
  assert_bytes (bytes, expected, size);
}

#define ASSERT_WRITTEN(text, literal)                                                              \
  assert_written (text, "\x80\x02" literal ".", sizeof literal - 1 + 3)

static void
assert_read (GBytes *bytes, const char *expected)
{
  g_autoptr (GBytes) owned = bytes;
  g_autoptr (GVariant) wanted = NULL;
  g_autoptr (GVariant) value = NULL;
  GError *error = NULL;

  g_test_message ("%s", expected);
  value = mitogen_pickle_read (owned, &error);
  g_assert_no_error (error);
  wanted = g_variant_parse (NULL, expected, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_variant_get_type_string (value), ==, g_variant_get_type_string (wanted));
  g_assert_cmpvariant (value, wanted);
  g_assert_false (g_variant_is_floating (value));
}

#define ASSERT_READ(literal, expected) assert_read (BYTES (literal), expected)

static void
assert_refused (GBytes *bytes, int code, const char *part)
{
  g_autoptr (GBytes) owned = bytes;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  value = mitogen_pickle_read (owned, &error);
  g_assert_error (error, MITOGEN_ERROR, code);
  g_assert_null (value);
  g_test_message ("%s", error->message);
  if (strstr (error->message, part) == NULL)
    g_error ("“%s” is not in “%s”", part, error->message);
}

#define ASSERT_REFUSED(literal, code, part)                                                        \
  assert_refused (BYTES (literal), MITOGEN_ERROR_##code, part)

/* ---- Writing ---- */

static void
test_write_atoms (void)
{
  ASSERT_WRITTEN ("@mv nothing", "N");
  ASSERT_WRITTEN ("@ms nothing", "N");
  ASSERT_WRITTEN ("@mi 5", "K\x05");
  ASSERT_WRITTEN ("@mmi just nothing", "N");
  ASSERT_WRITTEN ("true", "\x88");
  ASSERT_WRITTEN ("false", "\x89");
  ASSERT_WRITTEN ("1.5", "G\x3f\xf8\x00\x00\x00\x00\x00\x00");
  ASSERT_WRITTEN ("'h\303\251'", "X\x03\x00\x00\x00h\303\251");
  ASSERT_WRITTEN ("''", "X\x00\x00\x00\x00");
  ASSERT_WRITTEN ("objectpath '/a'", "X\x02\x00\x00\x00/a");
  ASSERT_WRITTEN ("signature 'as'", "X\x02\x00\x00\x00"
                                    "as");
  ASSERT_WRITTEN ("<<'a'>>", "X\x01\x00\x00\x00"
                             "a");
}

static void
test_write_integers (void)
{
  ASSERT_WRITTEN ("byte 0xff", "K\xff");
  ASSERT_WRITTEN ("int16 -1", "J\xff\xff\xff\xff");
  ASSERT_WRITTEN ("uint16 256", "M\x00\x01");
  ASSERT_WRITTEN ("int32 65535", "M\xff\xff");
  ASSERT_WRITTEN ("int32 65536", "J\x00\x00\x01\x00");
  ASSERT_WRITTEN ("int32 -2147483648", "J\x00\x00\x00\x80");
  ASSERT_WRITTEN ("int64 2147483647", "J\xff\xff\xff\x7f");
  ASSERT_WRITTEN ("uint32 2147483648", "\x8a\x05\x00\x00\x00\x80\x00");
  ASSERT_WRITTEN ("int64 -2147483649", "\x8a\x05\xff\xff\xff\x7f\xff");
  ASSERT_WRITTEN ("int64 549755813887", "\x8a\x05\xff\xff\xff\xff\x7f");
  ASSERT_WRITTEN ("int64 549755813888", "\x8a\x06\x00\x00\x00\x00\x80\x00");
  ASSERT_WRITTEN ("int64 -549755813888", "\x8a\x05\x00\x00\x00\x00\x80");
  ASSERT_WRITTEN ("int64 9223372036854775807", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f");
  ASSERT_WRITTEN ("int64 -9223372036854775808", "\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80");
  ASSERT_WRITTEN ("uint64 9223372036854775808", "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00");
  ASSERT_WRITTEN ("uint64 18446744073709551615", "\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x00");
}

static void
test_write_containers (void)
{
  ASSERT_WRITTEN ("()", ")");
  ASSERT_WRITTEN ("(byte 1,)", "K\x01\x85");
  ASSERT_WRITTEN ("(1, 2)", "K\x01K\x02\x86");
  ASSERT_WRITTEN ("(1, 2, 3)", "K\x01K\x02K\x03\x87");
  ASSERT_WRITTEN ("(1, 2, 3, 4)", "(K\x01K\x02K\x03K\x04t");
  ASSERT_WRITTEN ("@as []", "]");
  ASSERT_WRITTEN ("[1, 2]", "](K\x01K\x02"
                            "e");
  ASSERT_WRITTEN ("[<true>, <'a'>]", "](\x88X\x01\x00\x00\x00"
                                     "ae");
  ASSERT_WRITTEN ("@ad [1.0]", "](G\x3f\xf0\x00\x00\x00\x00\x00\x00"
                               "e");
  ASSERT_WRITTEN ("@at [18446744073709551615]", "](\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x00"
                                                "e");
  ASSERT_WRITTEN ("@a{sv} {}", "}");
  ASSERT_WRITTEN ("{'a': byte 1}", "}(X\x01\x00\x00\x00"
                                   "aK\x01u");
  ASSERT_WRITTEN ("{int16 5: <byte 1>}", "}(K\x05K\x01u");
  ASSERT_WRITTEN ("{1, 2}", "K\x01K\x02\x86");
}

static void
test_write_bytes (void)
{
  g_autoptr (GBytes) content = BYTES ("\x00\xff");
  g_autoptr (GBytes) short_bytes = write_value (mitogen_blob_new (content));
  g_autoptr (GBytes) none = write_value (g_variant_new_bytestring (""));
  g_autofree char *text = g_strnfill (299, 'a');
  g_autoptr (GBytes) longer = write_value (g_variant_new_bytestring (text));

  assert_bytes (short_bytes, "\x80\x02U\x02\x00\xff.", 7);
  assert_bytes (none, "\x80\x02U\x01\x00.", 6);
  g_assert_cmpuint (g_bytes_get_size (longer), ==, 2 + 5 + 300 + 1);
  g_assert_cmpmem (g_bytes_get_data (longer, NULL), 8,
                   "\x80\x02T\x2c\x01\x00\x00"
                   "a",
                   8);
}

static void
test_write_segments (void)
{
  static guint8 large[8192];
  g_autoptr (GBytes) bytes = g_bytes_new_static (large, sizeof large);
  g_autoptr (GVariant) value = g_variant_ref_sink (
      g_variant_new ("(@ay@ayu)", mitogen_blob_new (bytes), mitogen_blob_new (bytes), 7));
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();
  g_autoptr (GPtrArray) segments = NULL;
  g_autoptr (GPtrArray) next = NULL;

  g_assert_true (mitogen_pickle_writer_add_variant (writer, value, NULL));
  segments = mitogen_pickle_writer_end (writer);
  g_assert_cmpuint (segments->len, ==, 5);
  assert_bytes (segments->pdata[0], "\x80\x02T\x00\x20\x00\x00", 7);
  g_assert_true (g_bytes_get_data (segments->pdata[1], NULL) == large);
  assert_bytes (segments->pdata[2], "T\x00\x20\x00\x00", 5);
  g_assert_true (g_bytes_get_data (segments->pdata[3], NULL) == large);
  assert_bytes (segments->pdata[4], "K\x07\x87.", 4);

  mitogen_pickle_writer_add_none (writer);
  next = mitogen_pickle_writer_end (writer);
  g_assert_cmpuint (next->len, ==, 1);
  assert_bytes (next->pdata[0], "\x80\x02N.", 4);
}

static void
test_write_parts (void)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();
  g_autoptr (GBytes) small = BYTES ("ab");
  g_autoptr (GPtrArray) segments = NULL;
  static const char expected[] = "\x80\x02(NX\x05\x00\x00\x00mymod"
                                 "\x88"
                                 "J\xff\xff\xff\xff)}U\x02"
                                 "abX\x01\x00\x00\x00xt.";

  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_add_text (writer, "mymod", -1);
  mitogen_pickle_writer_add_bool (writer, TRUE);
  mitogen_pickle_writer_add_int (writer, -1);
  mitogen_pickle_writer_add_empty_tuple (writer);
  mitogen_pickle_writer_add_empty_dict (writer);
  mitogen_pickle_writer_add_bytes (writer, small);
  mitogen_pickle_writer_add_text (writer, "xyz", 1);
  mitogen_pickle_writer_end_tuple (writer);
  segments = mitogen_pickle_writer_end (writer);
  g_assert_cmpuint (segments->len, ==, 1);
  assert_bytes (segments->pdata[0], expected, sizeof expected - 1);
}

/* Growing the buffer across its first size, byte by byte. */
static void
test_write_growth (void)
{
  for (guint length = 200; length < 300; length++)
    {
      g_autofree char *text = g_strnfill (length, 'x');
      g_autoptr (GBytes) bytes = write_value (g_variant_new ("(ssb)", text, text, TRUE));
      g_autoptr (GVariant) value = mitogen_pickle_read (bytes, NULL);
      g_autoptr (GVariant) expected =
          g_variant_ref_sink (g_variant_new ("(ssb)", text, text, TRUE));

      g_assert_cmpvariant (value, expected);
    }
}

static void
test_write_special (void)
{
  g_autoptr (GBytes) context = write_value (mitogen_value_context_new (1, "local.15489"));
  g_autoptr (GBytes) sender = write_value (mitogen_value_sender_new (0, 1008));
  g_autoptr (GBytes) secret = write_value (mitogen_secret_new ("pw"));
  static const char context_bytes[] = "\x80\x02"
                                      "cmitogen.core\n_unpickle_context\nK\x01X\x0b\x00\x00\x00"
                                      "local.15489\x86R.";
  static const char sender_bytes[] = "\x80\x02"
                                     "cmitogen.core\n_unpickle_sender\nK\x00M\xf0\x03\x86R.";
  static const char secret_bytes[] = "\x80\x02"
                                     "cmitogen.core\nSecret\nX\x02\x00\x00\x00pw\x85R.";

  assert_bytes (context, context_bytes, sizeof context_bytes - 1);
  assert_bytes (sender, sender_bytes, sizeof sender_bytes - 1);
  assert_bytes (secret, secret_bytes, sizeof secret_bytes - 1);
}

/* The same types without the path are ordinary tuples. */
static void
test_write_not_special (void)
{
  ASSERT_WRITTEN ("(objectpath '/a', uint32 1, 's')",
                  "X\x02\x00\x00\x00/aK\x01X\x01\x00\x00\x00s\x87");
  ASSERT_WRITTEN ("(objectpath '/a', uint32 1, uint32 2)", "X\x02\x00\x00\x00/aK\x01K\x02\x87");
  ASSERT_WRITTEN ("('/org/mitogen/Secret', 's')",
                  "X\x13\x00\x00\x00/org/mitogen/SecretX\x01\x00\x00\x00s\x86");
}

static void
test_write_call_error (void)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();
  g_autoptr (GPtrArray) segments = NULL;
  static const char expected[] = "\x80\x02"
                                 "cmitogen.core\n_unpickle_call_error\nX\x04\x00\x00\x00"
                                 "a: b\x85R.";

  mitogen_pickle_writer_add_call_error (writer, "a: b");
  segments = mitogen_pickle_writer_end (writer);
  assert_bytes (segments->pdata[0], expected, sizeof expected - 1);
}

static void
assert_unwritable (GVariant *value, int code, const char *part)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (mitogen_pickle_writer_add_variant (writer, owned, &error));
  g_assert_error (error, MITOGEN_ERROR, code);
  g_assert_nonnull (strstr (error->message, part));
}

static void
test_write_refused (void)
{
  GVariant *deep = g_variant_new_byte (1);

  assert_unwritable (g_variant_new_handle (1), MITOGEN_ERROR_TYPE, "“h”");
  assert_unwritable (g_variant_new_parsed ("[handle 1]"), MITOGEN_ERROR_TYPE, "send the file");
  assert_unwritable (g_variant_new_parsed ("{'a': <handle 1>}"), MITOGEN_ERROR_TYPE, "“h”");

  for (guint i = 0; i < 200; i++)
    deep = g_variant_new_variant (deep);
  assert_unwritable (deep, MITOGEN_ERROR_TOO_LARGE, "nested");
}

/* ---- Reading ---- */

static void
test_read_atoms (void)
{
  ASSERT_READ ("\x80\x02N.", "@mv nothing");
  ASSERT_READ ("\x80\x02\x88.", "true");
  ASSERT_READ ("\x80\x02\x89.", "false");
  ASSERT_READ ("I01\n.", "true");
  ASSERT_READ ("I00\n.", "false");
  ASSERT_READ ("\x80\x02K\x06.", "@x 6");
  ASSERT_READ ("M\xff\xff.", "@x 65535");
  ASSERT_READ ("J\xff\xff\xff\xff.", "@x -1");
  ASSERT_READ ("I1099511627776\n.", "@x 1099511627776");
  ASSERT_READ ("I-5\n.", "@x -5");
  ASSERT_READ ("L-9223372036854775808L\n.", "@x -9223372036854775808");
  ASSERT_READ ("L18446744073709551615L\n.", "@t 18446744073709551615");
  ASSERT_READ ("L00L\n.", "@x 0");
  ASSERT_READ ("\x8a\x00.", "@x 0");
  ASSERT_READ ("\x8a\x01\xff.", "@x -1");
  ASSERT_READ ("\x8a\x02\x80\x00.", "@x 128");
  ASSERT_READ ("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80.", "@x -9223372036854775808");
  ASSERT_READ ("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00.", "@t 9223372036854775808");
  ASSERT_READ ("\x8a\x0a\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00.", "@x 5");
  ASSERT_READ ("\x8b\x02\x00\x00\x00\x00\x01.", "@x 256");
  ASSERT_READ ("G\xbf\xf8\x00\x00\x00\x00\x00\x00.", "-1.5");
  ASSERT_READ ("F-1e+300\n.", "-1e300");
  ASSERT_READ ("Finf\n.", "inf");
}

static void
test_read_strings (void)
{
  ASSERT_READ ("X\x03\x00\x00\x00h\303\251.", "'h\303\251'");
  ASSERT_READ ("X\x00\x00\x00\x00.", "''");
  ASSERT_READ ("\x8c\x01z.", "'z'");
  ASSERT_READ ("\x8d\x01\x00\x00\x00\x00\x00\x00\x00z.", "'z'");
  ASSERT_READ ("Vh\351 \\u20ac \\U0001f600 \\u005c \\n\n.",
               "'h\303\251 \342\202\254 \360\237\230\200 \\\\ \\\\n'");
  ASSERT_READ ("V\\ud83d\\ude00\n.", "'\360\237\230\200'");
  ASSERT_READ ("V\n.", "''");
  ASSERT_READ ("U\x02\x00\xff.", "[byte 0x00, 0xff]");
  ASSERT_READ ("U\x00.", "@ay []");
  ASSERT_READ ("T\x02\x00\x00\x00\x00\xff.", "[byte 0x00, 0xff]");
  ASSERT_READ ("S'a\\x00\\n\\t\\r\\\\\\'\"'\n.", "[byte 0x61, 0, 10, 9, 13, 0x5c, 0x27, 0x22]");
  ASSERT_READ ("S\"it's\"\n.", "[byte 0x69, 0x74, 0x27, 0x73]");
  ASSERT_READ ("S''\n.", "@ay []");
  ASSERT_READ ("B\x01\x00\x00\x00z.", "[byte 0x7a]");
  ASSERT_READ ("C\x01z.", "[byte 0x7a]");
  ASSERT_READ ("\x8e\x01\x00\x00\x00\x00\x00\x00\x00z.", "[byte 0x7a]");
  ASSERT_READ ("\x96\x01\x00\x00\x00\x00\x00\x00\x00z.", "[byte 0x7a]");
}

static void
test_read_containers (void)
{
  ASSERT_READ (").", "()");
  ASSERT_READ ("(t.", "()");
  ASSERT_READ ("NK\x01\x86.", "(@mv nothing, @x 1)");
  ASSERT_READ ("(\x88X\x01\x00\x00\x00"
               "a\x89U\x01zK\x05]K\x06t.",
               "(true, 'a', false, [byte 0x7a], @x 5, @av [], @x 6)");
  ASSERT_READ ("].", "@av []");
  ASSERT_READ ("]K\x01"
               "a\x88"
               "a.",
               "[<@x 1>, <true>]");
  ASSERT_READ ("](K\x01K\x02"
               "e(K\x03"
               "e.",
               "[<@x 1>, <@x 2>, <@x 3>]");
  ASSERT_READ ("(lp0\nI1\na.", "[<@x 1>]");
  ASSERT_READ ("(I1\nI2\nl.", "[<@x 1>, <@x 2>]");
  ASSERT_READ ("(dp0\nVa\nI1\ns.", "{'a': <@x 1>}");
  ASSERT_READ ("(Va\nI1\nd.", "{'a': <@x 1>}");
  ASSERT_READ ("}.", "@a{sv} {}");
  ASSERT_READ ("}K\x01Ns.", "{@x 1: <@mv nothing>}");
  ASSERT_READ ("}(K\x01NX\x01\x00\x00\x00"
               "aNu.",
               "[(<@x 1>, <@mv nothing>), (<'a'>, <@mv nothing>)]");
  ASSERT_READ ("}\x88Ns.", "[(<true>, <@mv nothing>)]");
  ASSERT_READ ("}\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00Ns.",
               "[(<@t 9223372036854775808>, <@mv nothing>)]");
  ASSERT_READ ("})Ns.", "[(<()>, <@mv nothing>)]");
}

/* A str of Python 2 is a text key if all keys can be; the bytes of Python 3 never are. */
static void
test_read_keys (void)
{
  ASSERT_READ ("}(U\x01"
               "aK\x01U\x02\303\251K\x02u.",
               "{'a': <@x 1>, '\303\251': <@x 2>}");
  ASSERT_READ ("}(U\x01"
               "aK\x01X\x01\x00\x00\x00"
               "bK\x02u.",
               "{'a': <@x 1>, 'b': <@x 2>}");
  ASSERT_READ ("}(U\x01"
               "aK\x01U\x01\xffK\x02u.",
               "[(<[byte 0x61]>, <@x 1>), (<[byte 0xff]>, <@x 2>)]");
  ASSERT_READ ("}U\x01\x00Ns.", "[(<[byte 0x00]>, <@mv nothing>)]");
  ASSERT_READ ("}C\x01"
               "aNs.",
               "[(<[byte 0x61]>, <@mv nothing>)]");
}

static void
test_read_memo (void)
{
  ASSERT_READ ("]q\x00(K\x01q\x01h\x01j\x01\x00\x00\x00g1\ne.", "[<@x 1>, <@x 1>, <@x 1>, <@x 1>]");
  ASSERT_READ ("]q\x00(K\x05"
               "eh\x00h\x00\x87.",
               "([<@x 5>], [<@x 5>], [<@x 5>])");
  ASSERT_READ ("]\x94(]\x94K\x01"
               "ah\x01h\x01"
               "e.",
               "[<[<@x 1>]>, <[<@x 1>]>, <[<@x 1>]>]");
  ASSERT_READ ("K\x07r\xff\xff\xff\xff"
               "0j\xff\xff\xff\xff.",
               "@x 7");
  ASSERT_READ ("K\x07p1000\nK\x08q\x00\x86g1000\n\x86.", "((@x 7, @x 8), @x 7)");
  ASSERT_READ ("]q\x01]q\x01\x86h\x01\x86.", "((@av [], @av []), @av [])");
  /* A number is put anew: the last one counts, wherever it is kept. */
  ASSERT_READ ("K\x01r\xe8\x03\x00\x00K\x02r\xe8\x03\x00\x00\x86j\xe8\x03\x00\x00\x86.",
               "((@x 1, @x 2), @x 2)");
}

static void
test_read_stack (void)
{
  ASSERT_READ ("K\x01K\x02"
               "0.",
               "@x 1");
  ASSERT_READ ("K\x01(K\x02K\x03"
               "1.",
               "@x 1");
  ASSERT_READ ("K\x01(0.", "@x 1");
  ASSERT_READ ("K\x01"
               "2\x86.",
               "(@x 1, @x 1)");
  ASSERT_READ ("\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00K\x01.", "@x 1");
}

static void
test_read_globals (void)
{
  ASSERT_READ ("c_codecs\nencode\nX\x03\x00\x00\x00\x00\303\277X\x06\x00\x00\x00latin1\x86R.",
               "[byte 0x00, 0xff]");
  ASSERT_READ ("c_codecs\nencode\nX\x01\x00\x00\x00zX\x06\x00\x00\x00latin1\x86R.", "[byte 0x7a]");
  ASSERT_READ ("c_codecs\nencode\nV\nVlatin1\n\x86R.", "@ay []");
  ASSERT_READ ("c__builtin__\nbytes\n)R.", "@ay []");
  ASSERT_READ ("c__builtin__\nbytearray\nX\x03\x00\x00\x00\x00\303\277U\x07latin-1\x86R.",
               "[byte 0x00, 0xff]");
  ASSERT_READ ("cbuiltins\nbytearray\nC\x01z\x85R.", "[byte 0x7a]");
  ASSERT_READ ("cbuiltins\nbytearray\n)R.", "@ay []");
  ASSERT_READ ("\x8c\x08"
               "builtins\x8c\x09"
               "bytearray\x93)R.",
               "@ay []");
  ASSERT_READ ("cmitogen.core\nBlob\nU\x01z\x85R.", "[byte 0x7a]");
  ASSERT_READ ("cmitogen.core\nSecret\nX\x01\x00\x00\x00z\x85R.", "'z'");
  ASSERT_READ ("cmitogen.core\nKwargs\n}U\x01zK\x01s\x85R.", "{'z': <@x 1>}");
  ASSERT_READ ("cmitogen.core\n_unpickle_context\nq\x00K\x01X\x0b\x00\x00\x00local.15489q\x01\x86"
               "q\x02R.",
               "(objectpath '/org/mitogen/Context', uint32 1, 'local.15489')");
  ASSERT_READ ("cmitogen.core\n_unpickle_context\nK\x00N\x86R.",
               "(objectpath '/org/mitogen/Context', uint32 0, '')");
  ASSERT_READ ("cmitogen.core\n_unpickle_sender\nq\x00K\x00M\xf0\x03\x86q\x01R.",
               "(objectpath '/org/mitogen/Sender', uint32 0, uint32 1008)");
}

/* The captures of protocol.md, section 15. */
static void
test_read_captures (void)
{
  ASSERT_READ ("\x80\x02(NX\x05\x00\x00\x00mymodq\x00NX\x03\x00\x00\x00"
               "addq\x01K\x01K\x02\x86q\x02"
               "cmitogen.core\nKwargs\nq\x03}q\x04X\x01\x00\x00\x00"
               "cq\x05K\x03s\x85q\x06Rq\x07tq\x08.",
               "(@mv nothing, 'mymod', @mv nothing, 'add', (@x 1, @x 2), {'c': <@x 3>})");
  ASSERT_READ ("\x80\x02K\x06.", "@x 6");
  ASSERT_READ ("\x80\x02K\x02M\xea\x03\x86q\x00.", "(@x 2, @x 1002)");
  ASSERT_READ ("\x80\x02(X\x05\x00\x00\x00pkg.bq\x00NX\x18\x00\x00\x00/x/wirecap/mods/pkg/b.pyq\x01"
               "cmitogen.core\nBlob\nq\x02"
               "c_codecs\nencode\nq\x03X\x12\x00\x00\x00"
               "x\xc3\x9a\xc2\x8b\xc2\xb4"
               "5\xc3\xa2\x02\x00\x02\xc2\x8d\x00\xc3\x93q\x04X\x06\x00\x00\x00latin1q\x05\x86q\x06"
               "Rq\x07\x85q\x08Rq\x09]q\x0a(X\x03\x00\x00\x00pkgq\x0bX\x05\x00\x00\x00pkg.aq\x0c"
               "etq\x0f.",
               "('pkg.b', @mv nothing, '/x/wirecap/mods/pkg/b.py', [byte 0x78, 0xda, 0x8b, 0xb4, "
               "0x35, 0xe2, 0x02, 0x00, 0x02, 0x8d, 0x00, 0xd3], [<'pkg'>, <'pkg.a'>])");
  ASSERT_READ ("\x80\x02(X\x0c\x00\x00\x00nosuchmoduleq\x00NNN)tq\x01.",
               "('nosuchmodule', @mv nothing, @mv nothing, @mv nothing, ())");
  ASSERT_READ ("\x80\x02T\x02\x00\x00\x00\x00\xff.", "[byte 0x00, 0xff]");
  ASSERT_READ ("\x80\x02U\x05\x00\xffrawq\x01.", "[byte 0x00, 0xff, 0x72, 0x61, 0x77]");
  ASSERT_READ ("\x80\x02X\x1b\x00\x00\x00mitogen.service.FileServiceq\x00X\x08\x00\x00\x00"
               "registerq\x01"
               "cmitogen.core\nKwargs\nq\x02}q\x03X\x04\x00\x00\x00pathq\x04X\x0d\x00\x00\x00"
               "/etc/hostnameq\x05s\x85q\x06Rq\x07\x87q\x08.",
               "('mitogen.service.FileService', 'register', {'path': <'/etc/hostname'>})");
  ASSERT_READ ("\x80\x02}q\x01(U\x01sU\x03strq\x02U\x01l]q\x05(K\x01I1099511627776\nJ\xfb\xff\xff"
               "\xffI2147483648\neu.",
               "{'s': <[byte 0x73, 0x74, 0x72]>, 'l': <[<@x 1>, <@x 1099511627776>, <@x -5>, "
               "<@x 2147483648>]>}");
}

/* LOAD_RESOURCE: the second pickle of a payload knows the memo of the first. */
static void
test_read_several (void)
{
  g_autoptr (GBytes) bytes = BYTES ("\x80\x02X\x03\x00\x00\x00pkgq\x00X\x08\x00\x00\x00"
                                    "data.binq\x01\x86q\x02.\x80\x02T\x06\x00\x00\x00\x00"
                                    "data\x0a.\x80\x02h\x00.");
  g_autoptr (MitogenPickleReader) reader = mitogen_pickle_reader_new (bytes, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  for (guint i = 0; i < 3; i++)
    {
      static const char *const types[] = { "(ss)", "ay", "s" };
      g_autoptr (GVariant) value = NULL;

      g_assert_false (mitogen_pickle_reader_at_end (reader));
      value = mitogen_pickle_reader_next (reader, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (g_variant_get_type_string (value), ==, types[i]);
      if (i == 2)
        g_variant_get (value, "s", &text);
    }
  g_assert_cmpstr (text, ==, "pkg");
  g_assert_true (mitogen_pickle_reader_at_end (reader));
  g_assert_null (mitogen_pickle_reader_next (reader, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL);
}

static void
test_read_call_error (void)
{
  g_autoptr (GBytes) bytes = BYTES ("\x80\x02"
                                    "cmitogen.core\n_unpickle_call_error\nq\x00X\x35\x00\x00\x00"
                                    "builtins.ValueError: no way\n  File \"<stdin>\", line 3\n"
                                    "q\x01\x85q\x02Rq\x03.");
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_pickle_read (bytes, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
  g_assert_cmpstr (error->message, ==, "builtins.ValueError: no way");
  g_assert_cmpstr (mitogen_error_get_remote_type (error), ==, "builtins.ValueError");
  g_assert_cmpstr (mitogen_error_get_remote_message (error), ==, "no way");
  g_assert_cmpstr (mitogen_error_get_remote_traceback (error), ==, "  File \"<stdin>\", line 3");

  ASSERT_REFUSED ("cmitogen.core\nCallError\nU\x04"
                  "a: b\x85R.",
                  CALL, "a: b");
  /* What no GVariant's text can hold is still an error that can be shown. */
  ASSERT_REFUSED ("cmitogen.core\nCallError\nX\x04\x00\x00\x00"
                  "a\x00\xff"
                  "b\x85R.",
                  CALL, "\357\277\275");
  ASSERT_REFUSED ("]cmitogen.core\nCallError\nU\x04"
                  "a: b\x85Ra.",
                  TYPE, "exception");
}

static void
test_read_refused_types (void)
{
  ASSERT_REFUSED ("\x80\x02"
                  "c__builtin__\nset\nq\x00]\x85R.",
                  TYPE, "__builtin__.set; send a list");
  ASSERT_REFUSED ("\x80\x04\x8f\x94.", TYPE, "builtins.set; send a list");
  ASSERT_REFUSED ("\x80\x04(K\x01\x91\x94.", TYPE, "builtins.frozenset; send a list");
  ASSERT_REFUSED ("c__builtin__\ncomplex\nG", TYPE, "__builtin__.complex; send a tuple");
  ASSERT_REFUSED ("cdatetime\ndatetime\nU", TYPE, "isoformat()");
  ASSERT_REFUSED ("cdatetime\ntimedelta\nU", TYPE, "total_seconds()");
  ASSERT_REFUSED ("cdecimal\nDecimal\nU", TYPE, "str()");
  ASSERT_REFUSED ("cexceptions\nValueError\n)R.", TYPE, "exceptions.ValueError; send str()");
  ASSERT_REFUSED ("ccopy_reg\n_reconstructor\n(c__main__\nThing\nc__builtin__\nobject\n", TYPE,
                  "__main__.Thing");
  ASSERT_REFUSED ("(i__main__\nThing\n.", TYPE, "__main__.Thing");
  ASSERT_REFUSED ("cos\nsystem\nU\x02ls\x85R.", TYPE, "os.system");
  ASSERT_REFUSED ("\x8c\x02os\x8c\x06system\x93.", TYPE, "os.system");
  ASSERT_REFUSED ("c__builtin__\nbytesx\n.", TYPE, "__builtin__.bytesx");
  ASSERT_REFUSED ("c__builtin__\nbyte\n.", TYPE, "__builtin__.byte;");
  ASSERT_REFUSED ("c__builtin__x\nbytes\n.", TYPE, "__builtin__x.bytes");
  ASSERT_REFUSED ("c__builtin__\nbytes\n.", TYPE, "function or class");
  ASSERT_REFUSED ("\x97.", TYPE, "buffer");
}

static void
test_read_refused_values (void)
{
  ASSERT_REFUSED ("I9223372036854775808000\n.", TYPE, "64 bits");
  ASSERT_REFUSED ("L-9223372036854775809L\n.", TYPE, "64 bits");
  ASSERT_REFUSED ("L18446744073709551616L\n.", TYPE, "64 bits");
  ASSERT_REFUSED ("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.", TYPE, "64 bits");
  ASSERT_REFUSED ("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\xff.", TYPE, "64 bits");
  ASSERT_REFUSED ("X\x03\x00\x00\x00"
                  "a\x00"
                  "b.",
                  TYPE, "NUL");
  ASSERT_REFUSED ("X\x03\x00\x00\x00\xed\xb2\x80.", TYPE, "lone surrogate");
  ASSERT_REFUSED ("]X\x03\x00\x00\x00\xed\xa0\x80"
                  "a.",
                  TYPE, "lone surrogate");
  ASSERT_REFUSED ("X\x01\x00\x00\x00\x00\x85.", TYPE, "NUL");
  ASSERT_REFUSED ("}X\x01\x00\x00\x00\x00Ns.", TYPE, "NUL");
  ASSERT_REFUSED ("V\\u0000\n.", TYPE, "NUL");
  ASSERT_REFUSED ("X\x01\x00\x00\x00\xff.", PROTOCOL, "not UTF-8");
}

static void
test_read_self_containing (void)
{
  ASSERT_REFUSED ("]q\x00h\x00"
                  "a.",
                  TYPE, "contains itself");
  ASSERT_REFUSED ("}q\x00K\x01h\x00s.", TYPE, "contains itself");
  ASSERT_REFUSED ("]q\x00h\x00\x85q\x01"
                  "a0h\x01.",
                  TYPE, "contains itself");
  ASSERT_REFUSED ("(lp0\n}p1\nVa\ng0\nsa.", TYPE, "contains itself");
}

/* ---- Sharing ---- */

static gboolean
lies_in (gconstpointer data, GBytes *bytes)
{
  gsize size;
  const guint8 *start = g_bytes_get_data (bytes, &size);

  return (const guint8 *) data >= start && (const guint8 *) data < start + size;
}

static void
test_read_slices (void)
{
  static guint8 large[1 << 20];
  g_autoptr (GBytes) content = g_bytes_new_static (large, sizeof large);
  g_autoptr (GBytes) top = write_value (mitogen_blob_new (content));
  g_autoptr (GBytes) inner = write_value (
      g_variant_new ("(@a{sv}u)",
                     g_variant_new_parsed ("{'a': <%@ay>}", mitogen_blob_new (content)), 1));
  g_autoptr (GVariant) value = mitogen_pickle_read (top, NULL);
  g_autoptr (GVariant) tuple = mitogen_pickle_read (inner, NULL);
  g_autoptr (GVariant) dictionary = g_variant_get_child_value (tuple, 0);
  g_autoptr (GVariant) member = g_variant_lookup_value (dictionary, "a", G_VARIANT_TYPE_BYTESTRING);

  g_assert_true (lies_in (g_variant_get_data (value), top));
  g_assert_cmpuint (g_variant_get_size (value), ==, sizeof large);
  g_assert_true (lies_in (g_variant_get_data (member), inner));
  g_assert_cmpuint (g_variant_get_size (member), ==, sizeof large);
}

/* A large text that occurs often is one GVariant, in lists and dictionaries alike. */
static void
test_read_shared (void)
{
  g_autoptr (GByteArray) pickle = g_byte_array_new ();
  g_autofree char *text = g_strnfill (5000, 'x');
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) first = NULL;
  g_autoptr (GVariant) second = NULL;
  g_autoptr (GVariant) a = NULL;
  g_autoptr (GVariant) b = NULL;

  g_byte_array_append (pickle, (const guint8 *) "](X\x88\x13\x00\x00", 7);
  g_byte_array_append (pickle, (const guint8 *) text, 5000);
  g_byte_array_append (pickle,
                       (const guint8 *) "q\x00h\x00"
                                        "e.",
                       6);
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&pickle));
  value = mitogen_pickle_read (bytes, NULL);
  g_assert_cmpstr (g_variant_get_type_string (value), ==, "av");
  first = g_variant_get_child_value (value, 0);
  second = g_variant_get_child_value (value, 1);
  a = g_variant_get_variant (first);
  b = g_variant_get_variant (second);
  g_assert_true (a == b);
  g_assert_cmpstr (g_variant_get_string (a, NULL), ==, text);
}

/* Around every width of the tables at the end of a container, in both forms that a
 * container may have, the result is what GVariant makes itself. */
static void
test_read_widths (void)
{
  static const gsize sizes[] = { 0,    1,    200,  220,   230,   231,   232,   233,  240,
                                 250,  254,  255,  256,   257,   4000,  4095,  4096, 4100,
                                 8000, 8200, 9000, 65000, 65510, 65520, 65535, 70000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint n_copies = 1; n_copies < 4; n_copies++)
      {
        g_autofree char *text = g_strnfill (sizes[i], 'x');
        g_autoptr (GVariantBuilder) list = g_variant_builder_new (G_VARIANT_TYPE ("av"));
        g_autoptr (GVariant) expected = NULL;
        g_autoptr (GVariant) value = NULL;
        g_autoptr (GVariant) copy = NULL;
        g_autoptr (GBytes) bytes = NULL;

        for (guint j = 0; j < n_copies; j++)
          g_variant_builder_add (list, "v",
                                 g_variant_new_parsed ("(%s, {'k': <%s>}, %s, {@x 1: <%s>}, %x)",
                                                       text, text, text, text, (gint64) j));
        expected = g_variant_ref_sink (g_variant_new ("(avsb)", list, text, TRUE));
        bytes = write_value (expected);
        value = mitogen_pickle_read (bytes, NULL);
        g_assert_cmpvariant (value, expected);
        g_assert_cmpmem (g_variant_get_data (value), g_variant_get_size (value),
                         g_variant_get_data (expected), g_variant_get_size (expected));
        copy = g_variant_ref_sink (
            g_variant_new_from_data (g_variant_get_type (value), g_variant_get_data (value),
                                     g_variant_get_size (value), FALSE, NULL, NULL));
        g_assert_true (g_variant_is_normal_form (copy));
      }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pickle/write/atoms", test_write_atoms);
  g_test_add_func ("/pickle/write/integers", test_write_integers);
  g_test_add_func ("/pickle/write/containers", test_write_containers);
  g_test_add_func ("/pickle/write/bytes", test_write_bytes);
  g_test_add_func ("/pickle/write/segments", test_write_segments);
  g_test_add_func ("/pickle/write/parts", test_write_parts);
  g_test_add_func ("/pickle/write/growth", test_write_growth);
  g_test_add_func ("/pickle/write/special", test_write_special);
  g_test_add_func ("/pickle/write/not-special", test_write_not_special);
  g_test_add_func ("/pickle/write/call-error", test_write_call_error);
  g_test_add_func ("/pickle/write/refused", test_write_refused);
  g_test_add_func ("/pickle/read/atoms", test_read_atoms);
  g_test_add_func ("/pickle/read/strings", test_read_strings);
  g_test_add_func ("/pickle/read/containers", test_read_containers);
  g_test_add_func ("/pickle/read/keys", test_read_keys);
  g_test_add_func ("/pickle/read/memo", test_read_memo);
  g_test_add_func ("/pickle/read/stack", test_read_stack);
  g_test_add_func ("/pickle/read/globals", test_read_globals);
  g_test_add_func ("/pickle/read/captures", test_read_captures);
  g_test_add_func ("/pickle/read/several", test_read_several);
  g_test_add_func ("/pickle/read/call-error", test_read_call_error);
  g_test_add_func ("/pickle/read/refused-types", test_read_refused_types);
  g_test_add_func ("/pickle/read/refused-values", test_read_refused_values);
  g_test_add_func ("/pickle/read/self-containing", test_read_self_containing);
  g_test_add_func ("/pickle/read/slices", test_read_slices);
  g_test_add_func ("/pickle/read/shared", test_read_shared);
  g_test_add_func ("/pickle/read/widths", test_read_widths);

  return g_test_run ();
}
