/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "wire/mitogen-error.h"
#include "wire/mitogen-pickle-private.h"

static GVariant *
parse (const char *text)
{
  GError *error = NULL;
  GVariant *value = g_variant_parse (NULL, text, NULL, NULL, &error);

  g_assert_no_error (error);

  return value;
}

static void
assert_converts (const char *from, const char *type, const char *to)
{
  g_autoptr (GVariant) value = parse (from);
  g_autoptr (GVariant) expected = parse (to);
  g_autoptr (GVariant) converted = NULL;
  GError *error = NULL;

  g_test_message ("%s to %s", from, type);
  converted = mitogen_variant_convert (value, G_VARIANT_TYPE (type), &error);
  g_assert_no_error (error);
  g_assert_false (g_variant_is_floating (converted));
  g_assert_true (g_variant_is_of_type (converted, G_VARIANT_TYPE (type)));
  g_assert_cmpstr (g_variant_get_type_string (converted), ==, g_variant_get_type_string (expected));
  g_assert_cmpvariant (converted, expected);
}

static void
assert_fails (const char *from, const char *type, const char *message)
{
  g_autoptr (GVariant) value = parse (from);
  g_autoptr (GVariant) converted = NULL;
  g_autoptr (GError) error = NULL;

  g_test_message ("%s to %s", from, type);
  converted = mitogen_variant_convert (value, G_VARIANT_TYPE (type), &error);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE);
  g_assert_null (converted);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_same (void)
{
  g_autoptr (GVariant) value = parse ("[<1>]");
  g_autoptr (GVariant) untyped = mitogen_variant_convert (value, NULL, NULL);
  g_autoptr (GVariant) same = mitogen_variant_convert (value, G_VARIANT_TYPE ("av"), NULL);
  g_autoptr (GVariant) array = mitogen_variant_convert (value, G_VARIANT_TYPE ("a*"), NULL);

  g_assert_true (untyped == value);
  g_assert_true (same == value);
  g_assert_true (array == value);
}

static void
test_integers (void)
{
  assert_converts ("@x 255", "y", "byte 255");
  assert_converts ("@x -32768", "n", "@n -32768");
  assert_converts ("@x 65535", "q", "@q 65535");
  assert_converts ("@x -2147483648", "i", "@i -2147483648");
  assert_converts ("@x 4294967295", "u", "@u 4294967295");
  assert_converts ("@x 5", "t", "@t 5");
  assert_converts ("@t 18446744073709551615", "t", "@t 18446744073709551615");
  assert_converts ("@t 9223372036854775807", "x", "@x 9223372036854775807");
  assert_converts ("byte 7", "x", "@x 7");

  assert_fails ("@x 256", "y", "Cannot convert a value of type “x” to “y”: it is out of range");
  assert_fails ("@x -1", "y", "Cannot convert a value of type “x” to “y”: it is out of range");
  assert_fails ("@x -1", "q", "Cannot convert a value of type “x” to “q”: it is out of range");
  assert_fails ("@x -1", "u", "Cannot convert a value of type “x” to “u”: it is out of range");
  assert_fails ("@x -1", "t", "Cannot convert a value of type “x” to “t”: it is out of range");
  assert_fails ("@x 32768", "n", "Cannot convert a value of type “x” to “n”: it is out of range");
  assert_fails ("@x -32769", "n", "Cannot convert a value of type “x” to “n”: it is out of range");
  assert_fails ("@x 2147483648", "i",
                "Cannot convert a value of type “x” to “i”: it is out of range");
  assert_fails ("@t 9223372036854775808", "x",
                "Cannot convert a value of type “t” to “x”: it is out of range");
  assert_fails ("true", "i", "Cannot convert a value of type “b” to “i”");
  assert_fails ("1.0", "x", "Cannot convert a value of type “d” to “x”");
  assert_fails ("'1'", "x", "Cannot convert a value of type “s” to “x”");
  assert_fails ("@x 1", "b", "Cannot convert a value of type “x” to “b”");
  assert_fails ("@x 1", "h", "Cannot convert a value of type “x” to “h”");
}

static void
test_doubles (void)
{
  assert_converts ("@x 5", "d", "5.0");
  assert_converts ("@x -9007199254740992", "d", "-9007199254740992.0");
  assert_converts ("@x 9007199254740994", "d", "9007199254740994.0");
  assert_converts ("@x -9223372036854775808", "d", "-9223372036854775808.0");
  assert_converts ("@t 18446744073709549568", "d", "18446744073709549568.0");
  assert_fails ("@x 9007199254740993", "d",
                "Cannot convert a value of type “x” to “d”: it is not exact as a floating point "
                "number");
  assert_fails ("@t 18446744073709551615", "d",
                "Cannot convert a value of type “t” to “d”: it is not exact as a floating point "
                "number");
}

static void
test_text (void)
{
  assert_converts ("[byte 0x68, 0xc3, 0xa9]", "s", "'h\303\251'");
  assert_converts ("@ay []", "s", "''");
  assert_converts ("'/a'", "o", "objectpath '/a'");
  assert_converts ("'a{sv}'", "g", "signature 'a{sv}'");
  assert_converts ("objectpath '/a'", "s", "'/a'");
  assert_converts ("[byte 0x2f, 0x61]", "o", "objectpath '/a'");

  assert_fails ("[byte 0xff]", "s",
                "Cannot convert a value of type “ay” to “s”: the bytes are not UTF-8 text");
  assert_fails ("[byte 0x00]", "s",
                "Cannot convert a value of type “ay” to “s”: the bytes are not UTF-8 text");
  assert_fails ("'a'", "o",
                "Cannot convert a value of type “s” to “o”: the text is not valid as "
                "one");
  assert_fails ("'!'", "g",
                "Cannot convert a value of type “s” to “g”: the text is not valid as "
                "one");
  assert_fails ("'a'", "ay", "Cannot convert a value of type “s” to “ay”");
  assert_fails ("@av []", "s", "Cannot convert a value of type “av” to “s”");
  assert_fails ("@x 1", "s", "Cannot convert a value of type “x” to “s”");
}

static void
test_arrays (void)
{
  assert_converts ("[<'a'>, <'b'>]", "as", "['a', 'b']");
  assert_converts ("[<[byte 0x61]>, <'b'>]", "as", "['a', 'b']");
  assert_converts ("@av []", "as", "@as []");
  assert_converts ("@av []", "ai", "@ai []");
  assert_converts ("[<@x 1>, <@x 2>]", "ad", "[1.0, 2.0]");
  assert_converts ("[<@x 1>, <@x 2>]", "ay", "[byte 1, 2]");
  assert_converts ("[<[<@x 1>]>, <@av []>]", "aai", "[[1], []]");
  assert_converts ("('a', 'b')", "as", "['a', 'b']");
  assert_converts ("(@x 1, 'b')", "av", "[<@x 1>, <'b'>]");
  assert_converts ("@as ['a']", "av", "[<'a'>]");
  assert_converts ("[<(@x 1, 'a')>]", "a(is)", "[(1, 'a')]");
  assert_converts ("[<@mv nothing>, <'a'>]", "ams", "@ams [nothing, 'a']");

  assert_fails ("[<@x 1>, <'a'>]", "ai", "Cannot convert a value of type “s” to “i” at [1]");
  assert_fails ("@a{sv} {}", "as", "Cannot convert a value of type “a{sv}” to “as”");
  assert_fails ("'a'", "as", "Cannot convert a value of type “s” to “as”");
  assert_fails ("[<@x 1>]", "a?", "Cannot convert a value of type “av” to “a?”");
}

static void
test_tuples (void)
{
  assert_converts ("(@x 1, [byte 0x61], @mv nothing)", "(usms)", "(uint32 1, 'a', @ms nothing)");
  assert_converts ("[<@x 1>, <'a'>]", "(is)", "(1, 'a')");
  assert_converts ("@av []", "()", "()");
  assert_converts ("((@x 1,), @x 2)", "((y)y)", "((byte 1,), byte 2)");

  assert_fails ("(@x 1, @x 2)", "(x)",
                "Cannot convert a value of type “(xx)” to “(x)”: its length is 2, not 1");
  assert_fails ("[<@x 1>]", "(xx)",
                "Cannot convert a value of type “av” to “(xx)”: its length is 1, not 2");
  assert_fails ("@x 1", "(x)", "Cannot convert a value of type “x” to “(x)”");
  assert_fails ("{'a': <@x 1>}", "(x)", "Cannot convert a value of type “a{sv}” to “(x)”");
  assert_fails ("(@x 1, (@x 2, 'a'))", "(x(xx))",
                "Cannot convert a value of type “s” to “x” at [1][1]");
}

static void
test_dictionaries (void)
{
  assert_converts ("{'a': <@x 1>}", "a{si}", "{'a': 1}");
  assert_converts ("{'a': <[byte 0x61]>}", "a{ss}", "{'a': 'a'}");
  assert_converts ("@a{sv} {}", "a{ii}", "@a{ii} {}");
  assert_converts ("{'/a': <true>}", "a{ob}", "{objectpath '/a': true}");
  assert_converts ("{@x 1: <'a'>}", "a{us}", "{uint32 1: 'a'}");
  assert_converts ("[(<@x 1>, <'a'>), (<byte 2>, <'b'>)]", "a{ys}", "{byte 1: 'a', 2: 'b'}");
  assert_converts ("[(<[byte 0x61]>, <@x 1>)]", "a{sx}", "{'a': @x 1}");
  assert_converts ("{'a': <{'b': <@x 1>}>}", "a{sa{si}}", "{'a': {'b': 1}}");
  assert_converts ("{'a': <@x 1>}", "a{s*}", "{'a': <@x 1>}");
  assert_converts ("{'a': @x 1}", "a{sv}", "{'a': <@x 1>}");

  assert_fails ("{'a': <@x 1>}", "a{ii}", "Cannot convert a value of type “s” to “i” at ['a']");
  assert_fails ("{@x 1: <'a'>}", "a{ss}", "Cannot convert a value of type “x” to “s” at [1]");
  assert_fails ("@av []", "a{sv}", "Cannot convert a value of type “av” to “a{sv}”");
  assert_fails ("[<@x 0>, <@x 1>, <@x 2>, <{'name': <'x'>}>]", "aa{si}",
                "Cannot convert a value of type “x” to “a{si}” at [0]");
  assert_fails ("[<@a{sv} {}>, <{'name': <'x'>}>]", "aa{si}",
                "Cannot convert a value of type “s” to “i” at [1]['name']");
}

static void
test_maybes_and_variants (void)
{
  assert_converts ("@mv nothing", "ms", "@ms nothing");
  assert_converts ("@mv nothing", "ma{sv}", "@ma{sv} nothing");
  assert_converts ("'a'", "ms", "@ms 'a'");
  assert_converts ("@x 1", "mi", "@mi 1");
  assert_converts ("@x 1", "mv", "@mv <@x 1>");
  assert_converts ("@mi 1", "x", "@x 1");
  assert_converts ("@x 1", "v", "<@x 1>");
  assert_converts ("<@x 1>", "v", "<@x 1>");
  assert_converts ("<<@x 1>>", "i", "1");
  assert_converts ("@mv nothing", "v", "<@mv nothing>");

  assert_fails ("@mv nothing", "s", "Cannot convert a value of type “mv” to “s”: it is None");
  assert_fails ("@x 1", "ms", "Cannot convert a value of type “x” to “s”");
}

/* What comes from the other side does not make messages without bounds. */
static void
test_long (void)
{
  g_autofree char *name = g_strnfill (100000, 'k');
  g_autoptr (GVariantBuilder) builder = g_variant_builder_new (G_VARIANT_TYPE_TUPLE);
  g_autoptr (GVariant) dictionary = NULL;
  g_autoptr (GVariant) tuple = NULL;
  g_autoptr (GError) error = NULL;

  dictionary = g_variant_ref_sink (g_variant_new_parsed ("{%s: <true>}", name));
  g_assert_null (mitogen_variant_convert (dictionary, G_VARIANT_TYPE ("a{ss}"), &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE);
  g_assert_cmpuint (strlen (error->message), <, 300);
  g_clear_error (&error);

  for (guint i = 0; i < 1000; i++)
    g_variant_builder_add (builder, "b", TRUE);
  tuple = g_variant_ref_sink (g_variant_builder_end (builder));
  g_assert_null (mitogen_variant_convert (tuple, G_VARIANT_TYPE ("s"), &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE);
  g_assert_cmpuint (strlen (error->message), <, 300);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/convert/same", test_same);
  g_test_add_func ("/convert/integers", test_integers);
  g_test_add_func ("/convert/doubles", test_doubles);
  g_test_add_func ("/convert/text", test_text);
  g_test_add_func ("/convert/arrays", test_arrays);
  g_test_add_func ("/convert/tuples", test_tuples);
  g_test_add_func ("/convert/dictionaries", test_dictionaries);
  g_test_add_func ("/convert/maybes-and-variants", test_maybes_and_variants);
  g_test_add_func ("/convert/long", test_long);

  return g_test_run ();
}
