/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The input: a byte that says where the rest is split, and what a container engine sends: frames,
 * or JSON. */

#include <string.h>

#include "engine/mitogen-engine-json-private.h"
#include "engine/mitogen-engine-pull-private.h"
#include "engine/mitogen-engine-text-private.h"
#include "engine/mitogen-engine-unpacker-private.h"
#include "fuzz.h"

/* What becomes of it, whatever the splits are: they must not matter. */
static GString *
unpack (const guint8 *data, gsize size, gsize step)
{
  MitogenEngineUnpacker unpacker = { 0 };
  GString *text = g_string_new (NULL);
  gboolean right = TRUE;

  for (gsize start = 0; right && start < size; start += step)
    {
      const guint8 *at = data + start;
      gsize left = MIN (step, size - start);

      while (right && left > 0)
        {
          MitogenEnginePiece piece = { 0 };
          const guint8 *before = at;

          right = mitogen_engine_unpacker_next (&unpacker, &at, &left, &piece, NULL);
          if (!right)
            break;
          if (at <= before || piece.size > (gsize) (at - before) ||
              (piece.size > 0 && piece.stream > MITOGEN_ENGINE_DAEMON))
            g_error ("a piece that is none");
          for (gsize i = 0; i < piece.size; i++)
            g_string_append_printf (text, "%c%c", '0' + piece.stream, piece.data[i]);
        }
    }
  g_string_append (text, !right ? "!" : mitogen_engine_unpacker_is_between (&unpacker) ? "." : "-");
  return text;
}

static void
check_progress (const MitogenEngineProgress *progress)
{
  const char *const texts[] = { progress->status, progress->error };

  if (progress->done > progress->total)
    g_error ("more than all");
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    for (const char *p = texts[i]; p != NULL && *p != '\0'; p++)
      if (g_ascii_iscntrl (*p))
        g_error ("a control character");
}

static guint
scan (const guint8 *data, gsize size, gsize step)
{
  MitogenEngineScanner scanner = { 0 };
  MitogenEngineProgress progress = { 0 };
  gboolean right = TRUE;
  guint n = 0;

  for (gsize start = 0; right && start < size; start += step)
    {
      const guint8 *at = data + start;
      gsize left = MIN (step, size - start);

      while (right && left > 0)
        {
          g_autoptr (GError) error = NULL;
          g_autoptr (JsonObject) object =
              mitogen_engine_scanner_next (&scanner, &at, &left, &error);

          right = error == NULL;
          n += object != NULL;
          if (object != NULL)
            mitogen_engine_progress_take (&progress, object);
          check_progress (&progress);
        }
    }
  mitogen_engine_scanner_clear (&scanner);
  mitogen_engine_progress_clear (&progress);
  return right ? n : G_MAXUINT;
}

static void
read_names (const guint8 *data, gsize size)
{
  g_autofree char *name = g_strndup ((const char *) data, size);
  g_autofree char *escaped = mitogen_engine_escape (name);
  g_autofree char *version = mitogen_engine_choose_version (name);
  g_auto (MitogenEngineImage) image = { 0 };

  if (strpbrk (escaped, "/?#& \r\n") != NULL)
    g_error ("not escaped: %s", escaped);
  if (version != NULL && !g_str_has_prefix (version, "1."))
    g_error ("no version: %s", version);
  if (mitogen_engine_image_parse (name, &image) &&
      (*image.name == '\0' || *image.tag == '\0' || *image.registry == '\0'))
    g_error ("no image: %s", name);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  gsize step = size > 0 ? data[0] % 32 + 1 : 1;
  g_autofree guint8 *rest = size > 0 ? g_memdup2 (data + 1, size - 1) : NULL;
  GString *whole;
  GString *split;

  if (size < 2)
    return 0;
  size--;
  whole = unpack (rest, size, size);
  split = unpack (rest, size, step);
  if (!g_string_equal (whole, split))
    g_error ("splits matter");
  g_string_free (whole, TRUE);
  g_string_free (split, TRUE);
  if (scan (rest, size, size) != scan (rest, size, step))
    g_error ("splits of JSON matter");
  read_names (rest, size);
  return 0;
}
