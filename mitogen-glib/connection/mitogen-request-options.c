/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-requests-private.h"
#include "connection/mitogen-fork-connection.h"
#include "connection/mitogen-method-private.h"
#include "connection/mitogen-request-methods-private.h"
#include "connection/mitogen-ssh-connection.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_REQUEST_SIZE (64 * 1024)
#define MAX_NAME_SIZE    99
#define MAX_TIMEOUT_S    600.0
#define MIN_MESSAGE_SIZE 1024

/* Every method has these options; fork one more. */
typedef gboolean (*OptionFunc) (MitogenRequest *request, GVariant *value, guint32 max_message_size);

/* ---- values ---- */

static gboolean
get_text (GVariant *value, const char **text)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return FALSE;
  *text = g_variant_get_string (value, NULL);
  return **text != '\0';
}

static gboolean
get_number (GVariant *value, double *number)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    *number = g_variant_get_int64 (value);
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    *number = g_variant_get_double (value);
  else
    return FALSE;
  return TRUE;
}

static gboolean
get_id (GVariant *value, guint32 *id)
{
  gint64 number;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    return FALSE;
  number = g_variant_get_int64 (value);
  *id = number;
  return number > 0 && number < G_MAXUINT32;
}

/* ---- options ---- */

static gboolean
take_name (MitogenRequest *request, GVariant *value, guint32 max_message_size)
{
  const char *text;

  if (!get_text (value, &text) || strlen (text) > MAX_NAME_SIZE || strchr (text, '{') != NULL)
    return FALSE;
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (!g_unichar_isprint (g_utf8_get_char (p)))
      return FALSE;
  request->extra.name = g_strdup (text);
  return TRUE;
}

static gboolean
take_remote_name (MitogenRequest *request, GVariant *value, guint32 max_message_size)
{
  const char *text;

  if (!get_text (value, &text))
    return FALSE;
  mitogen_connection_set_remote_name (request->connection, text);
  return TRUE;
}

/* On the host of the context that asks, as all of it. */
static gboolean
take_python_path (MitogenRequest *request, GVariant *value, guint32 max_message_size)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_auto (GStrv) argv = NULL;
  const char *text;

  if (get_text (value, &text))
    g_strv_builder_add (words, text);
  else if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("av")) ||
           g_variant_n_children (value) == 0)
    return FALSE;
  else
    for (gsize i = 0; i < g_variant_n_children (value); i++)
      {
        g_autoptr (GVariant) boxed = g_variant_get_child_value (value, i);
        g_autoptr (GVariant) word = g_variant_get_variant (boxed);

        if (!get_text (word, &text))
          return FALSE;
        g_strv_builder_add (words, text);
      }
  argv = g_strv_builder_end (words);
  mitogen_connection_set_python_path (request->connection, (const char *const *) argv);
  return TRUE;
}

static gboolean
take_debug (MitogenRequest *request, GVariant *value, guint32 max_message_size)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return FALSE;
  mitogen_connection_set_debug (request->connection, g_variant_get_boolean (value));
  return TRUE;
}

static gboolean
take_profiling (MitogenRequest *request, GVariant *value, guint32 max_message_size)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return FALSE;
  mitogen_connection_set_profiling (request->connection, g_variant_get_boolean (value));
  return TRUE;
}

static gboolean
take_unidirectional (MitogenRequest *request, GVariant *value, guint32 max_message_size)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return FALSE;
  request->extra.unidirectional = g_variant_get_boolean (value);
  return TRUE;
}

static gboolean
take_max_message_size (MitogenRequest *request, GVariant *value, guint32 max_message_size)
{
  double size;

  if (!get_number (value, &size) || !(size >= MIN_MESSAGE_SIZE))
    return FALSE;
  mitogen_connection_set_max_message_size (request->connection, MIN (size, max_message_size));
  return TRUE;
}

static gboolean
take_connect_timeout (MitogenRequest *request, GVariant *value, guint32 max_message_size)
{
  double seconds;

  if (!get_number (value, &seconds) || !(seconds >= 0.001))
    return FALSE;
  mitogen_connection_set_connect_timeout (request->connection, MIN (seconds, MAX_TIMEOUT_S) * 1000);
  return TRUE;
}

static gboolean
take_on_fork (MitogenRequest *request, GVariant *value, guint32 max_message_size)
{
  return MITOGEN_IS_FORK_CONNECTION (request->connection) &&
         get_id (value, &request->extra.on_fork);
}

static const struct
{
  const char *name;
  OptionFunc take;
} options[] = {
  { "connect_timeout", take_connect_timeout },
  { "debug", take_debug },
  { "max_message_size", take_max_message_size },
  { "name", take_name },
  { "on_fork", take_on_fork },
  { "profiling", take_profiling },
  { "python_path", take_python_path },
  { "remote_name", take_remote_name },
  { "unidirectional", take_unidirectional },
};

static MitogenRequestOption
take_option (MitogenRequest *request, const char *key, GVariant *value, guint32 max_message_size)
{
  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    if (g_str_equal (options[i].name, key))
      return options[i].take (request, value, max_message_size) ? MITOGEN_REQUEST_OPTION_TAKEN
                                                                : MITOGEN_REQUEST_OPTION_WRONG;
  return mitogen_request_take_option (request->connection, request->method, key, value);
}

/* @what: the beginning of a sentence that ends in the name of the option */
static gboolean
refuse_option (const MitogenRequest *request, const char *key, const char *what, GError **error)
{
  g_autofree char *shown = g_utf8_substring (key, 0, MIN (g_utf8_strlen (key, -1), 50));

  g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION, "%s: %s “%s”", request->method, what,
               shown);
  return FALSE;
}

static gboolean
take_options (MitogenRequest *request, guint32 max_message_size, GError **error)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, request->options);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) owned = value;
      MitogenRequestOption taken;

      if (g_str_equal (key, "via"))
        return refuse_option (request, key,
                              _ ("a context can only ask for contexts below itself, without"),
                              error);
      taken = take_option (request, key, owned, max_message_size);
      if (taken == MITOGEN_REQUEST_OPTION_UNKNOWN)
        return refuse_option (request, key, _ ("a context cannot give an option"), error);
      if (taken == MITOGEN_REQUEST_OPTION_WRONG)
        return refuse_option (request, key, _ ("this is no value for the option"), error);
    }
  return TRUE;
}

/* Who decides about a request need not see it, and it need not lie about for as long. */
static GVariant *
without_password (GVariant *sent)
{
  GVariantBuilder builder;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, sent);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      if (!g_str_equal (key, "password"))
        g_variant_builder_add (&builder, "{sv}", key, value);
      g_variant_unref (value);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
check_complete (const MitogenRequest *request, GError **error)
{
  MitogenSshConnection *ssh;

  if (!MITOGEN_IS_SSH_CONNECTION (request->connection))
    return TRUE;
  ssh = MITOGEN_SSH_CONNECTION (request->connection);
  if (mitogen_ssh_connection_get_hostname (ssh) != NULL)
    return TRUE;
  return refuse_option (request, "hostname", _ ("there has to be the option"), error);
}

gboolean
mitogen_request_read (MitogenMessage *message,
                      guint32 max_message_size,
                      MitogenRequest *request,
                      GError **error)
{
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) sent = NULL;

  *request = (MitogenRequest){ 0 };
  if (mitogen_message_get_size (message) <= MAX_REQUEST_SIZE)
    value = mitogen_message_unpickle (message, NULL);
  if (value == NULL || !g_variant_is_of_type (value, G_VARIANT_TYPE ("(sa{sv})")))
    {
      g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                           _ ("the request for a context cannot be read"));
      return FALSE;
    }
  g_variant_get (value, "(s@a{sv})", &request->method, &request->options);
  request->connection = mitogen_request_make_connection (request->method, error);
  if (request->connection == NULL || !take_options (request, max_message_size, error))
    return FALSE;
  mitogen_connection_set_elsewhere (request->connection);
  sent = g_steal_pointer (&request->options);
  request->options = without_password (sent);
  return check_complete (request, error);
}

void
mitogen_request_clear (MitogenRequest *request)
{
  g_clear_pointer (&request->method, g_free);
  g_clear_pointer (&request->options, g_variant_unref);
  g_clear_object (&request->connection);
  g_clear_pointer (&request->extra.name, g_free);
}
