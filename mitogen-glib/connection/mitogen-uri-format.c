/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-uri-format-private.h"
#include "connection/mitogen-fork-connection-private.h"
#include "connection/mitogen-uri-scheme-private.h"
#include "connection/mitogen-uri-value-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Beside letters and digits. */
#define HARMLESS_IN_USER "+="
#define HARMLESS_IN_HOST "+="
#define HARMLESS_IN_NAME "/:+="
#define OF_ADDRESS       "0123456789abcdefABCDEF:."

/* One step while it is written. What is written is set in @made, too: what that has then, need not
 * be written, however one property depends on another. */
typedef struct
{
  GObject *connection;
  GObject *made;
  const MitogenUriScheme *scheme;
} Writer;

static void
writer_clear (Writer *self)
{
  g_clear_object (&self->made);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Writer, writer_clear)

/* ---- properties ---- */

/* @value: zero-filled; set if the result is TRUE */
static gboolean
differs (Writer *self, GParamSpec *pspec, GValue *value)
{
  g_auto (GValue) made = G_VALUE_INIT;

  g_object_get_property (self->made, pspec->name, &made);
  g_object_get_property (self->connection, pspec->name, value);
  if (!mitogen_uri_value_equal (pspec, value, &made))
    return TRUE;
  g_value_unset (value);
  return FALSE;
}

/* Returns: (transfer full) (nullable): a text that still is to be written, and is not empty */
static char *
take_text (Writer *self, const char *name)
{
  GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (self->made), name);
  g_auto (GValue) value = G_VALUE_INIT;
  const char *text;

  if (!differs (self, pspec, &value))
    return NULL;
  text = g_value_get_string (&value);
  if (text == NULL || *text == '\0')
    return NULL;
  g_object_set_property (self->made, name, &value);
  return g_strdup (text);
}

static guint
take_port (Writer *self)
{
  g_auto (GValue) value = G_VALUE_INIT;

  if (!differs (self, g_object_class_find_property (G_OBJECT_GET_CLASS (self->made), "port"),
                &value))
    return 0;
  g_object_set_property (self->made, "port", &value);
  return g_value_get_uint (&value);
}

/* ---- what is before the options ---- */

static void
append_host (GString *uri, const char *host)
{
  gsize length = strspn (host, OF_ADDRESS);

  if (memchr (host, ':', length) == NULL || (host[length] != '\0' && host[length] != '%'))
    {
      mitogen_uri_append_escaped (uri, host, HARMLESS_IN_HOST);
      return;
    }
  g_string_append_c (uri, '[');
  mitogen_uri_append_escaped (uri, host, ":");
  g_string_append_c (uri, ']');
}

static void
append_main (Writer *self, GString *uri, const char *main)
{
  GObjectClass *klass = G_OBJECT_GET_CLASS (self->made);

  if (mitogen_uri_scheme_has_port (self->scheme, klass))
    append_host (uri, main);
  else if (g_str_equal (self->scheme->main, "username"))
    mitogen_uri_append_escaped (uri, main, HARMLESS_IN_USER "@");
  /* It would be taken for the slashes of the URI. */
  else if (!self->scheme->has_slashes && uri->len == 0 && g_str_has_prefix (main, "//"))
    {
      g_string_append (uri, "%2F");
      mitogen_uri_append_escaped (uri, main + 1, HARMLESS_IN_NAME);
    }
  else
    mitogen_uri_append_escaped (uri, main, HARMLESS_IN_NAME);
}

/* Returns: (transfer full): what stands behind the colon, or nothing */
static char *
make_main (Writer *self)
{
  GString *uri = g_string_new (NULL);
  GObjectClass *klass = G_OBJECT_GET_CLASS (self->made);
  g_autofree char *main = NULL;
  g_autofree char *user = NULL;
  guint port = 0;

  if (self->scheme->main != NULL)
    main = take_text (self, self->scheme->main);
  if (mitogen_uri_scheme_has_user (self->scheme, klass))
    user = take_text (self, "username");
  if (mitogen_uri_scheme_has_port (self->scheme, klass))
    port = take_port (self);
  if (user != NULL)
    {
      mitogen_uri_append_escaped (uri, user, HARMLESS_IN_USER);
      g_string_append_c (uri, '@');
    }
  if (main != NULL)
    append_main (self, uri, main);
  if (port > 0)
    g_string_append_printf (uri, ":%u", port);
  return g_string_free (uri, FALSE);
}

/* ---- options ---- */

static void
append_options (Writer *self, GString *uri)
{
  g_autoptr (GPtrArray) options = mitogen_uri_scheme_list_options (G_OBJECT_GET_CLASS (self->made));
  const char *separator = "?";

  for (guint i = 0; i < options->len; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      if (!differs (self, options->pdata[i], &value))
        continue;
      mitogen_uri_value_append (uri, separator, options->pdata[i], &value);
      g_object_set_property (self->made, ((GParamSpec *) options->pdata[i])->name, &value);
      separator = "&";
    }
}

/* ---- what cannot be written ---- */

static gboolean
refuse (Writer *self, const char *property, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               _ ("The “%s” of a connection by %s cannot be written in a URI"), property,
               self->scheme->name);
  return FALSE;
}

/* Whom to ask is for the program to say that reads the URI. */
static gboolean
is_left_out (GParamSpec *pspec)
{
  return (pspec->flags & G_PARAM_READABLE) == 0 || (pspec->flags & G_PARAM_WRITABLE) == 0 ||
         g_str_equal (pspec->name, "interaction");
}

static gboolean
check_objects (Writer *self, GError **error)
{
  guint n;
  g_autofree GParamSpec **all =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (self->made), &n);

  for (guint i = 0; i < n; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      if (is_left_out (all[i]) || mitogen_uri_value_is_writable (all[i]))
        continue;
      g_object_get_property (self->connection, all[i]->name, &value);
      if (!g_param_value_defaults (all[i], &value))
        return refuse (self, all[i]->name, error);
    }
  return TRUE;
}

static gboolean
check_functions (Writer *self, GError **error)
{
  gpointer data;

  return !MITOGEN_IS_FORK_CONNECTION (self->connection) ||
         mitogen_fork_connection_get_child_func (MITOGEN_FORK_CONNECTION (self->connection),
                                                 &data) == NULL ||
         refuse (self, "child-func", error);
}

static gboolean
check_complete (Writer *self, GError **error)
{
  g_autofree char *main = NULL;

  if (self->scheme->is_complete_without_main)
    return TRUE;
  g_object_get (self->connection, self->scheme->main, &main, NULL);
  if (main != NULL)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _ ("A connection by %s needs a “%s” to have a URI"), self->scheme->name,
               self->scheme->main);
  return FALSE;
}

/* Once written, it is the same. */
static gboolean
check_same (Writer *self, GError **error)
{
  g_autoptr (GPtrArray) options = mitogen_uri_scheme_list_options (G_OBJECT_GET_CLASS (self->made));

  for (guint i = 0; i < options->len; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      if (differs (self, options->pdata[i], &value))
        return refuse (self, ((GParamSpec *) options->pdata[i])->name, error);
    }
  return TRUE;
}

static gboolean
writer_init (Writer *self, MitogenConnection *connection, GError **error)
{
  GType type = G_OBJECT_TYPE (connection);

  *self =
      (Writer){ .connection = G_OBJECT (connection), .scheme = mitogen_uri_scheme_by_type (type) };
  if (self->scheme != NULL)
    {
      self->made = g_object_new (type, NULL);
      return TRUE;
    }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               _ ("A %s has no URI: it is a class of the program's own"), g_type_name (type));
  return FALSE;
}

gboolean
mitogen_uri_append (GString *uri, MitogenConnection *connection, GError **error)
{
  g_auto (Writer) writer = { 0 };
  g_autofree char *main = NULL;

  if (!writer_init (&writer, connection, error) || !check_functions (&writer, error) ||
      !check_objects (&writer, error) || !check_complete (&writer, error))
    return FALSE;
  g_string_append (uri, writer.scheme->name);
  main = make_main (&writer);
  if (*main != '\0')
    g_string_append_printf (uri, "%s%s", writer.scheme->has_slashes ? "://" : ":", main);
  append_options (&writer, uri);
  return check_same (&writer, error);
}
