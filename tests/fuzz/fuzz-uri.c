/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The input is a URI, up to the first NUL. What is read is written in one way, and read as the same
 * again; what is refused is so with a text. */

#include <string.h>

#include "connection/mitogen-uri.h"
#include "fuzz.h"

static char *
format (GList *connections)
{
  g_autoptr (GError) error = NULL;
  char *uri = mitogen_uri_format (connections, &error);

  if (uri == NULL)
    g_error ("cannot be written: %s", error->message);
  if (strpbrk (uri, " \t\n\"'\\`$#;()<>|{}*!^") != NULL)
    g_error ("not harmless: %s", uri);
  return uri;
}

static void
check_again (GList *connections, const char *uri)
{
  g_autoptr (GError) error = NULL;
  g_autolist (MitogenConnection) again = mitogen_uri_parse (uri, &error);
  g_autofree char *written = NULL;

  if (again == NULL)
    g_error ("cannot be read again: %s: %s", uri, error->message);
  if (g_list_length (again) != g_list_length (connections))
    g_error ("not as many steps: %s", uri);
  written = format (again);
  if (!g_str_equal (written, uri))
    g_error ("%s becomes %s", uri, written);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup (size > 0 ? (const char *) data : "", size);
  g_autoptr (GError) error = NULL;
  g_autolist (MitogenConnection) connections = mitogen_uri_parse (text, &error);
  g_autofree char *uri = NULL;

  if ((connections == NULL) != (error != NULL))
    g_error ("neither or both");
  if (error != NULL)
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT) ||
          !g_str_has_prefix (error->message, "Character ") ||
          !g_utf8_validate (error->message, -1, NULL))
        g_error ("an odd error: %s", error->message);
      return 0;
    }
  uri = format (connections);
  check_again (connections, uri);
  return 0;
}
