/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "wire/mitogen-error-private.h"
#include "wire/mitogen-message-private.h"
#include "wire/mitogen-value-private.h"

/* ---- Frames ---- */

static void
test_frame_pack (void)
{
  static const guint8 expected[] = {
    0x4d, 0x49, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x65, 0, 0, 3, 0xe8, 0, 0, 0, 0x51,
  };
  const MitogenFrameHeader header = {
    .encoding = MITOGEN_ENCODING_LEGACY,
    .dst_id = 1,
    .handle = MITOGEN_HANDLE_CALL_FUNCTION,
    .reply_to = 1000,
    .length = 0x51,
  };
  guint8 bytes[MITOGEN_FRAME_HEADER_SIZE];

  g_assert_cmpuint (sizeof expected, ==, sizeof bytes);
  mitogen_frame_header_pack (&header, bytes);
  g_assert_cmpmem (bytes, sizeof bytes, expected, sizeof expected);
}

static void
test_frame_round_trip (void)
{
  static const MitogenEncoding encodings[] = { MITOGEN_ENCODING_LEGACY, MITOGEN_ENCODING_PICKLE,
                                               MITOGEN_ENCODING_RAW };

  for (guint i = 0; i < G_N_ELEMENTS (encodings); i++)
    {
      const MitogenFrameHeader header = { encodings[i], 0x01020304, 0xfffefdfc, 0x80000000,
                                          0x7fffffff,   999,        0xffffffff };
      MitogenFrameHeader found = { 0 };
      guint8 bytes[MITOGEN_FRAME_HEADER_SIZE];

      mitogen_frame_header_pack (&header, bytes);
      g_assert_true (mitogen_frame_header_unpack (&found, bytes));
      g_assert_cmpmem (&found, sizeof found, &header, sizeof header);
    }
}

static void
test_frame_corrupt (void)
{
  MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_LEGACY };
  guint8 bytes[MITOGEN_FRAME_HEADER_SIZE];
  guint n_accepted = 0;

  mitogen_frame_header_pack (&header, bytes);
  for (guint magic = 0; magic <= G_MAXUINT16; magic++)
    {
      bytes[0] = (guint8) (magic >> 8);
      bytes[1] = (guint8) magic;
      if (mitogen_frame_header_unpack (&header, bytes))
        n_accepted++;
    }
  g_assert_cmpuint (n_accepted, ==, 3);
}

/* ---- Errors ---- */

static void
assert_remote (const char *text,
               const char *message,
               const char *type,
               const char *remote_message,
               const char *traceback)
{
  g_autofree char *expected = traceback != NULL ? g_strchomp (g_strdup (traceback)) : NULL;

  g_autoptr (GError) error = mitogen_error_new_remote (text, -1);
  g_autoptr (GError) copy = g_error_copy (error);

  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL);
  g_clear_error (&error);
  g_assert_cmpstr (copy->message, ==, message);
  g_assert_cmpstr (mitogen_error_get_remote_type (copy), ==, type);
  g_assert_cmpstr (mitogen_error_get_remote_message (copy), ==, remote_message);
  /* Without the newline that ends it, as messages are. */
  g_assert_cmpstr (mitogen_error_get_remote_traceback (copy), ==, expected);
}

static void
test_error_remote (void)
{
  static const char traceback[] = "  File \"a\", line 1, in f\n    g ()\n    ^^^^\n"
                                  "  File \"b\", line 2, in g\n";
  g_autofree char *usual = g_strconcat ("builtins.ValueError: no way\n", traceback, NULL);
  g_autofree char *lines = g_strconcat ("m.Error: one\n  two\nthree: 3\n", traceback, NULL);
  g_autofree char *indented = g_strconcat ("m.Error: one\n  two\n", traceback, NULL);
  g_autofree char *silent = g_strconcat ("m.Error: \n", traceback, NULL);
  g_autofree char *bare = g_strconcat ("m.Error\n", traceback, NULL);

  assert_remote (usual, "builtins.ValueError: no way", "builtins.ValueError", "no way", traceback);
  assert_remote (lines, "m.Error: one\n  two\nthree: 3", "m.Error", "one\n  two\nthree: 3",
                 traceback);
  assert_remote (indented, "m.Error: one\n  two", "m.Error", "one\n  two", traceback);
  assert_remote (silent, "m.Error", "m.Error", "", traceback);
  assert_remote (bare, "m.Error", "m.Error", "", traceback);
  assert_remote (traceback, "", NULL, "", traceback);
  assert_remote ("m.Error: x", "m.Error: x", "m.Error", "x", NULL);
  assert_remote ("m.Error: x\n", "m.Error: x", "m.Error", "x", NULL);
  assert_remote ("m.Error: a: b", "m.Error: a: b", "m.Error", "a: b", NULL);
  assert_remote ("m.Error: ", "m.Error", "m.Error", "", NULL);
  assert_remote ("it is: so", "it is: so", NULL, "it is: so", NULL);
  assert_remote ("no colon", "no colon", NULL, "no colon", NULL);
  assert_remote ("", "", NULL, "", NULL);
  assert_remote ("\n\n", "", NULL, "", NULL);
  assert_remote (": x", ": x", NULL, ": x", NULL);
  assert_remote ("m.E: x\n  File in a sentence\nno", "m.E: x\n  File in a sentence\nno", "m.E",
                 "x\n  File in a sentence\nno", NULL);
}

static void
test_error_invalid_text (void)
{
  g_autoptr (GError) error = mitogen_error_new_remote ("m.E: a\0b\xff", 9);

  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpstr (error->message, ==, "m.E: a\357\277\275b\357\277\275");
}

static void
test_error_others (void)
{
  g_autoptr (GError) other = g_error_new_literal (G_IO_ERROR, 0, "x");
  g_autoptr (GError) ours = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, "x");
  g_autoptr (GError) local = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CALL, "x");
  GError *const errors[] = { other, ours, local };

  for (guint i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_assert_null (mitogen_error_get_remote_type (errors[i]));
      g_assert_null (mitogen_error_get_remote_message (errors[i]));
      g_assert_null (mitogen_error_get_remote_traceback (errors[i]));
    }
}

/* ---- Messages ---- */

static void
test_message_new (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("abc", 3);
  g_autoptr (MitogenMessage) message = mitogen_message_new (7, 105, bytes);
  g_autofree char *text = mitogen_message_to_string (message);

  g_assert_cmpuint (mitogen_message_get_dst_id (message), ==, 7);
  g_assert_cmpuint (mitogen_message_get_src_id (message), ==, 0);
  g_assert_cmpuint (mitogen_message_get_auth_id (message), ==, 0);
  g_assert_cmpuint (mitogen_message_get_handle (message), ==, 105);
  g_assert_cmpuint (mitogen_message_get_reply_to (message), ==, 0);
  g_assert_false (mitogen_message_is_dead (message));
  g_assert_true (mitogen_message_get_bytes (message) == bytes);
  g_assert_cmpuint (mitogen_message_get_size (message), ==, 3);
  g_assert_cmpuint (mitogen_message_get_n_segments (message), ==, 1);
  g_assert_true (mitogen_message_get_segment (message, 0) == bytes);
  g_assert_cmpint (mitogen_message_get_header (message)->encoding, ==, MITOGEN_ENCODING_LEGACY);
  g_assert_cmpuint (mitogen_message_get_header (message)->length, ==, 3);
  g_assert_nonnull (strstr (text, "dst=7"));
  g_assert_null (strstr (text, "abc"));
}

static void
test_message_boxed (void)
{
  MitogenMessage *message = mitogen_message_new_dead (1, 2, NULL);
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, MITOGEN_TYPE_MESSAGE);
  g_value_take_boxed (&value, message);
  g_assert_true (g_value_get_boxed (&value) == message);
}

static void
test_message_pickled (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenMessage) message =
      mitogen_message_new_pickled (1, 101, g_variant_new ("(ib)", 5, TRUE), &error);
  g_autoptr (GVariant) value = NULL;
  gint64 number;

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (mitogen_message_get_bytes (message), NULL),
                   mitogen_message_get_size (message), "\x80\x02K\x05\x88\x86.", 7);
  value = mitogen_message_unpickle (message, &error);
  g_assert_no_error (error);
  g_variant_get (value, "(xb)", &number, NULL);
  g_assert_cmpint (number, ==, 5);

  g_assert_null (mitogen_message_new_pickled (1, 101, g_variant_new_handle (1), &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE);
}

static void
test_message_segments (void)
{
  static guint8 large[10000];
  g_autoptr (GBytes) bytes = g_bytes_new_static (large, sizeof large);
  g_autoptr (MitogenMessage) message =
      mitogen_message_new_pickled (1, 101, g_variant_new ("(@ays)", mitogen_blob_new (bytes), "x"),
                                   NULL);
  g_autoptr (MitogenMessage) other = NULL;
  g_autoptr (GVariant) value = NULL;
  MitogenFrameHeader header = *mitogen_message_get_header (message);

  g_assert_cmpuint (mitogen_message_get_n_segments (message), ==, 3);
  g_assert_true (g_bytes_get_data (mitogen_message_get_segment (message, 1), NULL) == large);
  g_assert_cmpuint (mitogen_message_get_size (message), ==, 2 + 5 + sizeof large + 6 + 2);
  g_assert_cmpuint (header.length, ==, mitogen_message_get_size (message));

  header.src_id = 9;
  header.length = 0;
  other = mitogen_message_with_header (message, &header);
  g_assert_cmpuint (mitogen_message_get_src_id (other), ==, 9);
  g_assert_cmpuint (mitogen_message_get_header (other)->length, ==,
                    mitogen_message_get_size (message));
  g_assert_true (mitogen_message_get_segment (other, 1) ==
                 mitogen_message_get_segment (message, 1));

  g_assert_cmpuint (g_bytes_get_size (mitogen_message_get_bytes (other)), ==,
                    mitogen_message_get_size (other));
  g_assert_true (mitogen_message_get_bytes (other) == mitogen_message_get_bytes (other));
  g_assert_cmpuint (mitogen_message_get_n_segments (other), ==, 3);
  value = mitogen_message_unpickle (other, NULL);
  g_assert_cmpstr (g_variant_get_type_string (value), ==, "(ays)");
}

static void
test_message_new_segments (void)
{
  const MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_RAW, .dst_id = 3, .length = 99 };
  g_autoptr (MitogenMessage) none = mitogen_message_new_segments (&header, g_ptr_array_new ());
  GPtrArray *segments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (MitogenMessage) one = NULL;

  g_assert_cmpuint (mitogen_message_get_n_segments (none), ==, 0);
  g_assert_cmpuint (mitogen_message_get_header (none)->length, ==, 0);
  g_assert_cmpuint (g_bytes_get_size (mitogen_message_get_bytes (none)), ==, 0);

  g_ptr_array_add (segments, g_bytes_new ("x", 1));
  one = mitogen_message_new_segments (&header, segments);
  g_assert_cmpuint (mitogen_message_get_n_segments (one), ==, 1);
  g_assert_cmpuint (mitogen_message_get_header (one)->length, ==, 1);
  g_assert_cmpuint (mitogen_message_get_dst_id (one), ==, 3);
}

static void
test_message_dead (void)
{
  g_autoptr (MitogenMessage) message = mitogen_message_new_dead (1, 1000, "invalid handle");
  g_autoptr (MitogenMessage) silent = mitogen_message_new_dead (1, 1000, NULL);
  g_autoptr (MitogenMessage) broken = mitogen_message_new_dead (1, 1000, "a\xff");
  g_autoptr (GError) error = NULL;
  g_autofree char *text = mitogen_message_to_string (message);

  g_assert_true (mitogen_message_is_dead (message));
  g_assert_cmpuint (mitogen_message_get_reply_to (message), ==, 999);
  g_assert_cmpmem (g_bytes_get_data (mitogen_message_get_bytes (message), NULL),
                   mitogen_message_get_size (message), "invalid handle", 14);
  g_assert_nonnull (strstr (text, "dead"));

  g_assert_null (mitogen_message_unpickle (message, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpstr (error->message, ==, "invalid handle");
  g_clear_error (&error);

  g_assert_cmpuint (mitogen_message_get_n_segments (silent), ==, 0);
  error = mitogen_message_dead_error (silent);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpstr (error->message, ==, "Channel closed by remote end.");
  g_clear_error (&error);

  error = mitogen_message_dead_error (broken);
  g_assert_cmpstr (error->message, ==, "a\357\277\275");
}

static void
test_message_origin (void)
{
  GObject *origin = g_object_new (G_TYPE_OBJECT, NULL);
  MitogenMessage *message = mitogen_message_new_dead (1, 2, NULL);

  g_assert_null (mitogen_message_get_origin (message));
  mitogen_message_set_origin (message, origin);
  g_assert_true (mitogen_message_get_origin (message) == origin);
  g_object_add_weak_pointer (origin, (gpointer *) &origin);
  g_object_unref (origin);
  g_assert_nonnull (origin);
  mitogen_message_unref (message);
  g_assert_null (origin);
}

static gpointer
join_in_thread (gpointer data)
{
  return mitogen_message_get_bytes (data);
}

/* Threads that ask at once for the joined payload get the same one. */
static void
test_message_threads (void)
{
  static guint8 large[100000];
  g_autoptr (GBytes) bytes = g_bytes_new_static (large, sizeof large);

  for (guint round = 0; round < 50; round++)
    {
      g_autoptr (MitogenMessage) message =
          mitogen_message_new_pickled (1, 101,
                                       g_variant_new ("(@ays)", mitogen_blob_new (bytes), "x"),
                                       NULL);
      GThread *threads[4];

      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("join", join_in_thread, message);
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        g_assert_true (g_thread_join (threads[i]) == mitogen_message_get_bytes (message));
    }
}

/* ---- Values ---- */

static void
test_values (void)
{
  g_autoptr (GVariant) context = g_variant_ref_sink (mitogen_value_context_new (5, "web"));
  g_autoptr (GVariant) sender = g_variant_ref_sink (mitogen_value_sender_new (5, 1001));
  g_autoptr (GVariant) secret = g_variant_ref_sink (mitogen_secret_new ("pw"));
  g_autoptr (GVariant) plain = g_variant_ref_sink (g_variant_new_parsed ("('/org', 5, 'x')"));
  g_autoptr (GVariant) other =
      g_variant_ref_sink (g_variant_new_parsed ("(objectpath '/org', uint32 5, 'x')"));
  guint32 id = 0, handle = 0;
  const char *text = NULL;

  g_assert_true (mitogen_value_context_get (context, &id, &text));
  g_assert_cmpuint (id, ==, 5);
  g_assert_cmpstr (text, ==, "web");
  g_assert_true (mitogen_value_sender_get (sender, &id, &handle));
  g_assert_cmpuint (handle, ==, 1001);
  g_assert_true (mitogen_value_secret_get (secret, &text));
  g_assert_cmpstr (text, ==, "pw");

  g_assert_false (mitogen_value_context_get (sender, &id, &text));
  g_assert_false (mitogen_value_context_get (plain, &id, &text));
  g_assert_false (mitogen_value_context_get (other, &id, &text));
  g_assert_false (mitogen_value_sender_get (context, &id, &handle));
  g_assert_false (mitogen_value_secret_get (context, &text));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/frame/pack", test_frame_pack);
  g_test_add_func ("/frame/round-trip", test_frame_round_trip);
  g_test_add_func ("/frame/corrupt", test_frame_corrupt);
  g_test_add_func ("/error/remote", test_error_remote);
  g_test_add_func ("/error/invalid-text", test_error_invalid_text);
  g_test_add_func ("/error/others", test_error_others);
  g_test_add_func ("/message/new", test_message_new);
  g_test_add_func ("/message/boxed", test_message_boxed);
  g_test_add_func ("/message/pickled", test_message_pickled);
  g_test_add_func ("/message/segments", test_message_segments);
  g_test_add_func ("/message/new-segments", test_message_new_segments);
  g_test_add_func ("/message/dead", test_message_dead);
  g_test_add_func ("/message/origin", test_message_origin);
  g_test_add_func ("/message/threads", test_message_threads);
  g_test_add_func ("/values", test_values);

  return g_test_run ();
}
