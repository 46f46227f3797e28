/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is read of a container engine, and what is sent to it, without one. */

#include "engine/mitogen-engine-json-private.h"
#include "engine/mitogen-engine-pull-private.h"
#include "engine/mitogen-engine-text-private.h"
#include "engine/mitogen-engine-unpacker-private.h"
#include "wire/mitogen-error.h"

#include <string.h>

/* ---- frames ---- */

/* Unpacks @data in two parts, as "1:text 2:text". NULL: it is not packed so. */
static char *
unpack (const guint8 *data, gsize size, gsize split, gboolean *between)
{
  MitogenEngineUnpacker unpacker = { 0 };
  GString *text = g_string_new (NULL);
  const gsize sizes[] = { split, size - split };
  int last = -1;
  gboolean right = TRUE;

  for (guint i = 0; i < 2; i++)
    {
      g_autofree guint8 *part = g_memdup2 (data, sizes[i]);
      const guint8 *at = part;
      gsize left = sizes[i];
      MitogenEnginePiece piece = { .size = 1 };

      while (right && left > 0)
        {
          right = mitogen_engine_unpacker_next (&unpacker, &at, &left, &piece, NULL);
          if (!right || piece.size == 0)
            continue;
          if (piece.stream != last)
            g_string_append_printf (text, "%s%d:", text->len > 0 ? " " : "", piece.stream);
          last = piece.stream;
          g_string_append_len (text, (const char *) piece.data, (gssize) piece.size);
        }
      data += sizes[i];
    }
  *between = mitogen_engine_unpacker_is_between (&unpacker);
  if (right)
    return g_string_free (text, FALSE);
  g_string_free (text, TRUE);
  return NULL;
}

static void
test_frames (void)
{
  static const guint8 data[] = "\1\0\0\0\0\0\0\5hello\2\0\0\0\0\0\0\3err\0\0\0\0\0\0\0\1i"
                               "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\1!";
  const gsize size = sizeof data - 1;
  gboolean between;

  for (gsize split = 0; split <= size; split++)
    {
      g_autofree char *text = unpack (data, size, split, &between);

      g_assert_cmpstr (text, ==, "1:hello 2:err 0:i 1:!");
      g_assert_true (between);
    }
  for (gsize cut = 1; cut < 13; cut++)
    {
      g_autofree char *text = unpack (data, cut, 0, &between);

      g_assert_nonnull (text);
      g_assert_false (between);
    }
}

static void
test_no_frames (void)
{
  static const char *const all[] = {
    "HTTP/1.1 200 OK",   "\4\0\0\0\0\0\0\1x", "\1\1\0\0\0\0\0\1x",
    "\1\0\0\1\0\0\0\1x", "\1\0\0\0\1\0\0\1x", "\1\0\0\0\377\377\377\377",
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    for (gsize split = 0; split <= 8; split++)
      {
        gboolean between;
        g_autofree char *text = unpack ((const guint8 *) all[i], 8, split, &between);

        g_assert_null (text);
      }
}

/* ---- JSON ---- */

static void
test_objects (void)
{
  static const char data[] = " {\"a\":\"}{\\\"\"}\r\n{\"a\":\"x\",\"b\":[{},{}]}{\"a\":\"y\"}\n";
  const gsize size = sizeof data - 1;

  for (gsize split = 0; split <= size; split++)
    {
      MitogenEngineScanner scanner = { 0 };
      g_autoptr (GError) error = NULL;
      GString *found = g_string_new (NULL);
      const gsize sizes[] = { split, size - split };
      const guint8 *at = (const guint8 *) data;

      for (guint i = 0; i < 2; i++)
        for (gsize left = sizes[i]; left > 0;)
          {
            g_autoptr (JsonObject) object =
                mitogen_engine_scanner_next (&scanner, &at, &left, &error);

            g_assert_no_error (error);
            if (object != NULL)
              g_string_append (found, mitogen_engine_json_get_string (object, "a"));
          }
      g_assert_cmpstr (found->str, ==, "}{\"xy");
      g_assert_true (mitogen_engine_scanner_is_between (&scanner));
      g_string_free (found, TRUE);
      mitogen_engine_scanner_clear (&scanner);
    }
}

static char *
repeat (const char *before, const char *text, guint n, const char *after)
{
  GString *made = g_string_new (before);

  for (guint i = 0; i < n; i++)
    g_string_append (made, text);
  g_string_append (made, after);
  return g_string_free (made, FALSE);
}

static void
test_no_objects (void)
{
  g_autofree char *deep = repeat ("{\"a\":", "[", 100000, "");
  g_autofree char *closed = repeat ("{\"a\":", "[", 40, "");
  g_autofree char *endless = repeat ("{\"a\":\"", "0123456789", 200000, "");
  const char *const all[] = { "",       "1",     "[]",       "\"a\"", "nonsense", "{",
                              "{]",     "{} x",  "{}}",      "}",     "{\"a\"}",  "{a:b c}",
                              "{\"a\"", "{} {}", "{\"a\":}", deep,    closed,     endless };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      JsonObject *object = mitogen_engine_json_parse ((const guint8 *) all[i], strlen (all[i]));

      if (object != NULL)
        g_error ("an object: %.40s", all[i]);
    }
}

static void
test_types (void)
{
  static const char text[] =
      "{\"s\":\"x\",\"n\":3,\"d\":1.5,\"b\":true,\"o\":{\"s\":\"y\"},\"a\":[],"
      "\"z\":null}";
  static const char *const names[] = { "s", "n", "d", "b", "o", "a", "z", "none" };
  g_autoptr (JsonObject) object =
      mitogen_engine_json_parse ((const guint8 *) text, sizeof text - 1);

  g_assert_nonnull (object);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      gint64 number = 0;
      char kind = names[i][0];

      g_assert_cmpstr (mitogen_engine_json_get_string (object, names[i]), ==,
                       kind == 's' ? "x" : NULL);
      g_assert_cmpint (mitogen_engine_json_get_number (object, names[i], &number), ==, i == 1);
      g_assert_cmpint (number, ==, i == 1 ? 3 : 0);
      g_assert_cmpint (mitogen_engine_json_get_boolean (object, names[i]), ==, kind == 'b');
      g_assert_cmpint (mitogen_engine_json_get_object (object, names[i]) != NULL, ==, kind == 'o');
    }
}

/* ---- names ---- */

static void
test_containers (void)
{
  static const char *const good[] = { "web", "a.b", "...", "a b", "?#%", "ü", "0123abc" };
  static const char *const bad[] = { "", ".", "..", "a/b", "/web", "../web", "web/" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (mitogen_engine_is_container (good[i]));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (mitogen_engine_is_container (bad[i]));
}

static void
test_escape (void)
{
  static const struct
  {
    const char *text;
    const char *escaped;
  } all[] = {
    { "web-1_a.b~", "web-1_a.b~" },
    { "a/b", "a%2Fb" },
    { "a b?c#d%e&f=g+h", "a%20b%3Fc%23d%25e%26f%3Dg%2Bh" },
    { "\r\nHost: x", "%0D%0AHost%3A%20x" },
    { "\xc3\xbc\xff", "%C3%BC%FF" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      g_autofree char *escaped = mitogen_engine_escape (all[i].text);

      g_assert_cmpstr (escaped, ==, all[i].escaped);
    }
}

static void
test_images (void)
{
  static const struct
  {
    const char *text;
    const char *name;
    const char *tag;
    const char *registry;
  } all[] = {
    { "debian", "debian", "latest", "docker.io" },
    { "debian:12", "debian", "12", "docker.io" },
    { "library/debian", "library/debian", "latest", "docker.io" },
    { "quay.io/a/b:c", "quay.io/a/b", "c", "quay.io" },
    { "localhost/a", "localhost/a", "latest", "localhost" },
    { "localhost:5000/a", "localhost:5000/a", "latest", "localhost:5000" },
    { "127.0.0.1:5000/a/b:1.2", "127.0.0.1:5000/a/b", "1.2", "127.0.0.1:5000" },
    { "debian@sha256:0f", "debian", "sha256:0f", "docker.io" },
    { "h:1/debian:12@sha256:0f", "h:1/debian", "sha256:0f", "h:1" },
  };
  static const char *const bad[] = { "", ":12", "a/", "a/:b", "a:", "a@", "@sha256:0f", "\xff" };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      g_auto (MitogenEngineImage) image = { 0 };

      g_assert_true (mitogen_engine_image_parse (all[i].text, &image));
      g_assert_cmpstr (image.name, ==, all[i].name);
      g_assert_cmpstr (image.tag, ==, all[i].tag);
      g_assert_cmpstr (image.registry, ==, all[i].registry);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_auto (MitogenEngineImage) image = { 0 };

      if (mitogen_engine_image_parse (bad[i], &image))
        g_error ("an image: %s", bad[i]);
    }
}

static void
test_versions (void)
{
  static const struct
  {
    const char *theirs;
    const char *ours;
  } all[] = {
    { "1.41", "1.41" }, { "1.40", "1.40" }, { "1.35", "1.35" },
    { "1.44", "1.44" }, { "1.52", "1.47" }, { "1.9999", "1.47" },
    { "1.34", NULL },   { "1.9", NULL },    { "2.0", NULL },
    { "1.", NULL },     { "1.41x", NULL },  { "", NULL },
    { "1.-41", NULL },  { "1. 41", NULL },  { "1.99999999999999999999", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      g_autofree char *version = mitogen_engine_choose_version (all[i].theirs);

      g_assert_cmpstr (version, ==, all[i].ours);
    }
}

static void
test_clean (void)
{
  g_autofree char *line = mitogen_engine_clean (" a\n\tb\x1b[31m\xff ", 12);
  g_autofree char *nothing = mitogen_engine_clean (NULL, 0);
  g_autofree char *endless = repeat ("", "0123456789", 1000, "");
  g_autofree char *cut = mitogen_engine_clean (endless, strlen (endless));

  g_assert_cmpstr (line, ==, "a  b[31m\xef\xbf\xbd");
  g_assert_cmpstr (nothing, ==, "");
  g_assert_cmpuint (strlen (cut), <, 600);
  g_assert_true (g_str_has_suffix (cut, "…"));
}

/* ---- progress ---- */

static void
take (MitogenEngineProgress *progress, const char *text)
{
  g_autoptr (JsonObject) object = mitogen_engine_json_parse ((const guint8 *) text, strlen (text));

  g_assert_nonnull (object);
  mitogen_engine_progress_take (progress, object);
}

static void
check (MitogenEngineProgress *progress, const char *status, guint64 done, guint64 total)
{
  g_assert_cmpstr (progress->status, ==, status);
  g_assert_cmpuint (progress->done, ==, done);
  g_assert_cmpuint (progress->total, ==, total);
}

static void
test_progress (void)
{
  MitogenEngineProgress progress = { 0 };

  take (&progress, "{\"status\":\"Pulling from library/debian\",\"id\":\"12\"}");
  check (&progress, "Pulling from library/debian", 0, 0);
  take (&progress, "{\"status\":\"Pulling fs layer\",\"progressDetail\":{},\"id\":\"a\"}");
  take (&progress, "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":10,\"total\":100},"
                   "\"progress\":\"[>  ]\",\"id\":\"a\"}");
  check (&progress, "Downloading", 10, 100);
  take (
      &progress,
      "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":5,\"total\":50},\"id\":\"b\"}");
  check (&progress, "Downloading", 15, 150);
  take (&progress, "{\"status\":\"Downloading\",\"progressDetail\":"
                   "{\"current\":60,\"total\":100},\"id\":\"a\"}");
  check (&progress, "Downloading", 65, 150);
  take (&progress, "{\"status\":\"Download complete\",\"progressDetail\":{},\"id\":\"a\"}");
  check (&progress, "Download complete", 105, 150);
  take (
      &progress,
      "{\"status\":\"Extracting\",\"progressDetail\":{\"current\":1,\"total\":100},\"id\":\"a\"}");
  check (&progress, "Extracting", 105, 150);
  take (&progress, "{\"status\":\"Pull complete\",\"progressDetail\":{},\"id\":\"b\"}");
  check (&progress, "Pull complete", 150, 150);
  g_assert_null (progress.error);
  mitogen_engine_progress_clear (&progress);
}

static void
test_odd_progress (void)
{
  static const char *const odd[] = {
    "{}",
    "{\"status\":7}",
    "{\"status\":\"Downloading\"}",
    "{\"status\":\"Downloading\",\"progressDetail\":[],\"id\":\"a\"}",
    "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":\"x\"},\"id\":\"a\"}",
    "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":-1},\"id\":\"a\"}",
    "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":1},\"id\":7}",
    "{\"status\":\"Download complete\"}",
  };
  MitogenEngineProgress progress = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (odd); i++)
    take (&progress, odd[i]);
  g_assert_cmpuint (progress.done, ==, 0);
  g_assert_cmpuint (progress.total, ==, 0);
  for (guint i = 0; i < 3000; i++)
    {
      g_autofree char *text = g_strdup_printf (
          "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":9223372036854775807,"
          "\"total\":9223372036854775807},\"id\":\"%u\"}",
          i);

      take (&progress, text);
    }
  g_assert_cmpuint (g_hash_table_size (progress.layers), <=, 1000);
  g_assert_cmpuint (progress.done, <=, progress.total);
  mitogen_engine_progress_clear (&progress);

  take (&progress, "{\"errorDetail\":{\"message\":\"no\\nsuch\"}}");
  g_assert_cmpstr (progress.error, ==, "no such");
  take (&progress, "{\"errorDetail\":{\"message\":\"one\"},\"error\":\"two\"}");
  g_assert_cmpstr (progress.error, ==, "two");
  mitogen_engine_progress_clear (&progress);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-parts/frames", test_frames);
  g_test_add_func ("/engine-parts/no-frames", test_no_frames);
  g_test_add_func ("/engine-parts/objects", test_objects);
  g_test_add_func ("/engine-parts/no-objects", test_no_objects);
  g_test_add_func ("/engine-parts/types", test_types);
  g_test_add_func ("/engine-parts/containers", test_containers);
  g_test_add_func ("/engine-parts/escape", test_escape);
  g_test_add_func ("/engine-parts/images", test_images);
  g_test_add_func ("/engine-parts/versions", test_versions);
  g_test_add_func ("/engine-parts/clean", test_clean);
  g_test_add_func ("/engine-parts/progress", test_progress);
  g_test_add_func ("/engine-parts/odd-progress", test_odd_progress);
  return g_test_run ();
}
