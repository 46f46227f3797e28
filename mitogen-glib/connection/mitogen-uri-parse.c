/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-uri-parse-private.h"
#include "connection/mitogen-uri-scheme-private.h"
#include "connection/mitogen-uri-value-private.h"
#include "router/mitogen-core-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Printable, but not of a URI. */
#define FORBIDDEN "\"#<>\\^`{|}"
#define MAX_SHOWN 30

typedef struct
{
  GParamSpec *pspec;
  GValue value;
} Option;

/* One step of the way while it is read. */
typedef struct
{
  const char *uri; /* the whole: for positions */
  const MitogenUriScheme *scheme;
  GObjectClass *klass;
  GArray *options; /* of Option */
} Step;

static void
option_clear (gpointer data)
{
  Option *option = data;

  g_value_unset (&option->value);
}

static void
step_clear (Step *self)
{
  g_clear_pointer (&self->klass, g_type_class_unref);
  g_clear_pointer (&self->options, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Step, step_clear)

/* ---- errors ---- */

/* FALSE, for whoever returns it. */
G_GNUC_PRINTF (4, 5)
static gboolean
fail (const char *uri, const char *at, GError **error, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _ ("Character %ld of the URI: %s"),
               g_utf8_pointer_to_offset (uri, at) + 1, what);
  return FALSE;
}

static gboolean
refuse_password (const char *uri, const char *at, GError **error)
{
  return fail (
      uri, at, error,
      _ ("a password has no place in a URI, where others can read it: set the connection's "
         "“password”, or an interaction that asks for it. A colon that belongs to a name "
         "is written as %%3A"));
}

/* Of the URI, to be shown. */
static char *
cut (const char *start, const char *end)
{
  gsize length = (gsize) g_utf8_pointer_to_offset (start, end);
  g_autofree char *part = g_utf8_substring (start, 0, (glong) MIN (length, MAX_SHOWN));

  return g_strconcat (part, length > MAX_SHOWN ? "…" : NULL, NULL);
}

/* ---- characters ---- */

static gboolean
is_escape (const char *at)
{
  return g_ascii_isxdigit (at[1]) && g_ascii_isxdigit (at[2]) && (at[1] != '0' || at[2] != '0');
}

static gboolean
refuse_character (const char *uri, const char *at, GError **error)
{
  g_autofree char *escaped =
      g_uri_escape_bytes ((const guint8 *) at, (gsize) (g_utf8_next_char (at) - at), NULL);

  return fail (uri, at, error, _ ("this character has to be written as %s"), escaped);
}

/* What comes behind here needs to look at nothing of this any more. */
static gboolean
check_characters (const char *uri, GError **error)
{
  const char *end;

  if (!g_utf8_validate (uri, -1, &end))
    {
      g_autofree char *valid = g_strndup (uri, (gsize) (end - uri));

      return fail (valid, valid + strlen (valid), error,
                   _ ("here is a byte that is no UTF-8: it has to be written as %%%02X"),
                   (guint8) *end);
    }
  for (const char *at = uri; *at != '\0'; at = g_utf8_next_char (at))
    if (!g_unichar_isgraph (g_utf8_get_char (at)) || strchr (FORBIDDEN, *at) != NULL)
      return refuse_character (uri, at, error);
    else if (*at == '%' && !is_escape (at))
      return fail (uri, at, error,
                   _ ("behind a percent sign two hexadecimal digits have to be, and not 00"));
  return TRUE;
}

static const char *
find (const char *start, const char *end, char c)
{
  const char *found = memchr (start, c, (gsize) (end - start));

  return found != NULL ? found : end;
}

static gboolean
has (const char *start, const char *end, char c)
{
  return find (start, end, c) < end;
}

static char *
decode (const char *start, const char *end)
{
  GString *text = g_string_new (NULL);

  for (const char *at = start; at < end; at++)
    if (*at == '%')
      {
        g_string_append_c (text, (char) (g_ascii_xdigit_value (at[1]) * 16 +
                                         g_ascii_xdigit_value (at[2])));
        at += 2;
      }
    else
      g_string_append_c (text, *at);
  return g_string_free (text, FALSE);
}

/* ---- options ---- */

static Option *
find_option (Step *self, GParamSpec *pspec)
{
  for (guint i = 0; i < self->options->len; i++)
    if (g_array_index (self->options, Option, i).pspec == pspec)
      return &g_array_index (self->options, Option, i);
  return NULL;
}

/* @at: where it is; @text: decoded, or NULL */
static gboolean
set_option (Step *self, GParamSpec *pspec, const char *at, const char *text, GError **error)
{
  Option *option = find_option (self, pspec);
  g_autofree char *allowed = NULL;

  if (option != NULL && !mitogen_uri_value_is_list (pspec))
    return fail (self->uri, at, error, _ ("“%s” is given twice"), pspec->name);
  if (option == NULL)
    {
      g_array_set_size (self->options, self->options->len + 1);
      option = &g_array_index (self->options, Option, self->options->len - 1);
      option->pspec = pspec;
    }
  if (mitogen_uri_value_add (pspec, text, &option->value))
    return TRUE;
  allowed = mitogen_uri_value_describe (pspec);
  return fail (self->uri, at, error, _ ("“%s” is %s"), pspec->name, allowed);
}

static gboolean
refuse_option (Step *self, const char *start, const char *end, GError **error)
{
  g_autoptr (GPtrArray) options = mitogen_uri_scheme_list_options (self->klass);
  g_autoptr (GString) names = g_string_new (NULL);
  g_autofree char *shown = cut (start, end);

  for (guint i = 0; i < options->len; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
                            ((GParamSpec *) options->pdata[i])->name);
  return fail (self->uri, start, error, _ ("%s has no option “%s” in a URI; it has: %s"),
               self->scheme->name, shown, names->str);
}

static gboolean
read_option (Step *self, const char *start, const char *end, GError **error)
{
  const char *equals = find (start, end, '=');
  g_autofree char *name = decode (start, equals);
  g_autofree char *text = equals < end ? decode (equals + 1, end) : NULL;
  GParamSpec *pspec = g_object_class_find_property (self->klass, name);

  if (pspec != NULL && g_str_equal (pspec->name, "password"))
    return refuse_password (self->uri, start, error);
  if (pspec == NULL || !mitogen_uri_value_is_writable (pspec))
    return refuse_option (self, start, equals, error);
  return set_option (self, pspec, equals < end ? equals + 1 : start, text, error);
}

static gboolean
read_options (Step *self, const char *start, const char *end, GError **error)
{
  while (TRUE)
    {
      const char *next = find (start, end, '&');

      if (!read_option (self, start, next, error))
        return FALSE;
      if (next == end)
        return TRUE;
      start = next + 1;
    }
}

/* ---- what is before the options ---- */

static gboolean
set_part (Step *self, const char *name, const char *start, const char *end, GError **error)
{
  g_autofree char *text = decode (start, end);

  return set_option (self, g_object_class_find_property (self->klass, name), start, text, error);
}

static gboolean
read_user (Step *self, const char *start, const char *end, GError **error)
{
  if (start == end)
    return fail (self->uri, start, error, _ ("here a name of a user has to be"));
  if (has (start, end, ':'))
    return refuse_password (self->uri, find (start, end, ':'), error);
  return set_part (self, "username", start, end, error);
}

/* Behind the "[". */
static gboolean
read_address (Step *self, const char *start, const char *close, GError **error)
{
  if (start == close)
    return fail (self->uri, start, error, _ ("here an address has to be"));
  return set_part (self, self->scheme->main, start, close, error);
}

/* With a port, perhaps. */
static gboolean
read_host (Step *self, const char *start, const char *end, GError **error)
{
  const char *close = *start == '[' && start < end ? find (start, end, ']') : NULL;
  const char *colon;

  if (close == end)
    return fail (self->uri, start, error, _ ("there is no “]” for this"));
  colon = close != NULL ? close + 1 : find (start, end, ':');
  if (colon < end && (*colon != ':' || has (colon + 1, end, ':')))
    return fail (self->uri, colon, error,
                 _ ("an address of IPv6 has to be in brackets, and only a port can be behind "
                    "them"));
  if (colon < end && !set_part (self, "port", colon + 1, end, error))
    return FALSE;
  if (close != NULL)
    return read_address (self, start + 1, close, error);
  return start == colon || set_part (self, self->scheme->main, start, colon, error);
}

static gboolean
read_main (Step *self, const char *start, const char *end, GError **error)
{
  const char *at = NULL;

  if (self->scheme->main == NULL)
    return start == end || fail (self->uri, start, error, _ ("behind “%s:” only options can be"),
                                 self->scheme->name);
  if (mitogen_uri_scheme_has_user (self->scheme, self->klass))
    at = g_strrstr_len (start, end - start, "@");
  if (at != NULL && !read_user (self, start, at, error))
    return FALSE;
  if (at != NULL)
    start = at + 1;
  if (mitogen_uri_scheme_has_port (self->scheme, self->klass))
    return read_host (self, start, end, error);
  if (start == end)
    return TRUE;
  return g_str_equal (self->scheme->main, "username")
             ? read_user (self, start, end, error)
             : set_part (self, self->scheme->main, start, end, error);
}

/* ---- steps ---- */

static gboolean
step_init (Step *self, const char *uri, const char *start, const char *end, GError **error)
{
  g_autofree char *shown = NULL;
  g_autofree char *allowed = NULL;

  *self = (Step){ .uri = uri, .scheme = mitogen_uri_scheme_by_name (start, (gsize) (end - start)) };
  if (self->scheme != NULL)
    {
      self->klass = g_type_class_ref (self->scheme->get_type ());
      self->options = g_array_new (FALSE, TRUE, sizeof (Option));
      g_array_set_clear_func (self->options, option_clear);
      return TRUE;
    }
  shown = cut (start, end);
  allowed = mitogen_uri_scheme_list ();
  return fail (uri, start, error,
               _ ("“%s” is no way to reach something: a step begins with one of %s, and a colon"),
               shown, allowed);
}

static MitogenConnection *
make_connection (Step *self)
{
  guint n = self->options->len;
  g_autofree const char **names = g_new (const char *, n);
  g_autofree GValue *values = g_new (GValue, n);

  for (guint i = 0; i < n; i++)
    {
      Option *option = &g_array_index (self->options, Option, i);

      names[i] = option->pspec->name;
      values[i] = option->value;
    }
  return MITOGEN_CONNECTION (
      g_object_new_with_properties (self->scheme->get_type (), n, names, values));
}

static gboolean
check_complete (Step *self, MitogenConnection *connection, const char *at, GError **error)
{
  g_autofree char *main = NULL;

  if (self->scheme->is_complete_without_main)
    return TRUE;
  /* Perhaps under another name. */
  g_object_get (connection, self->scheme->main, &main, NULL);
  return main != NULL ||
         fail (self->uri, at, error, _ ("%s needs a “%s”, such as %s%sname"), self->scheme->name,
               self->scheme->main, self->scheme->name, self->scheme->has_slashes ? "://" : ":");
}

static MitogenConnection *
read_step (const char *uri, const char *start, const char *end, GError **error)
{
  const char *query = find (start, end, '?');
  const char *colon = find (start, query, ':');
  const char *main = MIN (colon + 1, query);
  g_auto (Step) step = { 0 };
  g_autoptr (MitogenConnection) connection = NULL;

  if (!step_init (&step, uri, start, colon, error))
    return NULL;
  if (query - main >= 2 && g_str_has_prefix (main, "//"))
    main += 2;
  if (!read_main (&step, main, query, error) ||
      (query < end && !read_options (&step, query + 1, end, error)))
    return NULL;
  connection = make_connection (&step);
  return check_complete (&step, connection, start, error) ? g_steal_pointer (&connection) : NULL;
}

GPtrArray *
mitogen_uri_read (const char *uri, GError **error)
{
  g_autoptr (GPtrArray) steps = g_ptr_array_new_with_free_func (g_object_unref);
  const char *end = uri + strlen (uri);
  const char *start = uri;

  if (!check_characters (uri, error))
    return NULL;
  while (TRUE)
    {
      const char *next = find (start, end, MITOGEN_URI_SEPARATOR);
      MitogenConnection *connection = NULL;

      if (steps->len >= MITOGEN_MAX_DEPTH)
        fail (uri, start, error, _ ("there are more than %d steps"), MITOGEN_MAX_DEPTH);
      else
        connection = read_step (uri, start, next, error);
      if (connection == NULL)
        return NULL;
      g_ptr_array_add (steps, connection);
      if (next == end)
        return g_steal_pointer (&steps);
      start = next + 1;
    }
}
