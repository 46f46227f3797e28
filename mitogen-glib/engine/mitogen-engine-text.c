/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-text-private.h"

#include <string.h>

#define MAX_LINE 500

/* Below 1.35 an exec has no working directory. Above what is known here nothing is promised. */
#define OLDEST_MINOR 35
#define NEWEST_MINOR 47

#define DEFAULT_REGISTRY "docker.io"

gboolean
mitogen_engine_is_container (const char *name)
{
  return *name != '\0' && strchr (name, '/') == NULL && strcmp (name, ".") != 0 &&
         strcmp (name, "..") != 0;
}

char *
mitogen_engine_escape (const char *text)
{
  return g_uri_escape_string (text, NULL, FALSE);
}

/* ---- images ---- */

/* The first part is a host if it looks like one. */
static char *
find_registry (const char *name)
{
  const char *slash = strchr (name, '/');
  g_autofree char *first = slash != NULL ? g_strndup (name, (gsize) (slash - name)) : NULL;

  if (first != NULL && (strpbrk (first, ".:") != NULL || strcmp (first, "localhost") == 0))
    return g_steal_pointer (&first);
  return g_strdup (DEFAULT_REGISTRY);
}

gboolean
mitogen_engine_image_parse (const char *text, MitogenEngineImage *image)
{
  const char *digest = strchr (text, '@');
  g_autofree char *rest = digest != NULL ? g_strndup (text, (gsize) (digest - text)) : NULL;
  const char *name = rest != NULL ? rest : text;
  const char *slash = strrchr (name, '/');
  const char *colon = strchr (slash != NULL ? slash : name, ':');
  gsize length = colon != NULL ? (gsize) (colon - name) : strlen (name);

  *image = (MitogenEngineImage){ 0 };
  if (length == 0 || name[length - 1] == '/' || (digest != NULL && digest[1] == '\0') ||
      (colon != NULL && colon[1] == '\0') || !g_utf8_validate (text, -1, NULL))
    return FALSE;
  image->name = g_strndup (name, length);
  image->registry = find_registry (name);
  /* Both: the digest says which it is. */
  image->tag = g_strdup (digest != NULL ? digest + 1 : colon != NULL ? colon + 1 : "latest");
  return TRUE;
}

void
mitogen_engine_image_clear (MitogenEngineImage *image)
{
  g_clear_pointer (&image->name, g_free);
  g_clear_pointer (&image->tag, g_free);
  g_clear_pointer (&image->registry, g_free);
}

/* ---- versions ---- */

/* The first number has always been 1. */
static gboolean
parse_version (const char *text, guint64 *minor)
{
  return g_str_has_prefix (text, "1.") &&
         g_ascii_string_to_unsigned (text + 2, 10, 0, G_MAXUINT16, minor, NULL);
}

char *
mitogen_engine_choose_version (const char *newest)
{
  guint64 minor;

  if (!parse_version (newest, &minor) || minor < OLDEST_MINOR)
    return NULL;
  return g_strdup_printf ("1.%u", (guint) MIN (minor, NEWEST_MINOR));
}

/* ---- texts ---- */

char *
mitogen_engine_clean (const char *text, gsize length)
{
  g_autofree char *valid =
      g_utf8_make_valid (text != NULL ? text : "", (gssize) MIN (length, MAX_LINE));
  GString *clean = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (g_unichar_isspace (c))
        g_string_append_c (clean, ' ');
      else if (!g_unichar_iscntrl (c))
        g_string_append_unichar (clean, c);
    }
  if (length > MAX_LINE)
    g_string_append (clean, "…");
  return g_strstrip (g_string_free (clean, FALSE));
}
