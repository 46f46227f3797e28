/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-uri.h"
#include "connection/mitogen-uri-format-private.h"
#include "connection/mitogen-uri-parse-private.h"

#include <glib/gi18n-lib.h>

/**
 * mitogen_uri_parse:
 * @uri: a way to a context, such as `ssh://admin@web1:22,sudo:root`
 * @error: return location for an error
 *
 * Reads a way to a context, without connecting: to check it, to show it, or to change it.
 *
 * Each step of the way becomes a connection, the first one being what begins on this host. What
 * can be written is told in [Ways as URIs](uris.html).
 *
 * Whether there is such a host, and whether a connection's settings make sense, shows when they
 * are used. A URI can have any command run: use none of whoever may not do that.
 *
 * Fails with `G_IO_ERROR_INVALID_ARGUMENT` and says where the mistake is, and what is allowed
 * there. The error never quotes what may be a password.
 *
 * May be called from any thread.
 *
 * Returns: (transfer full) (element-type MitogenConnection): the connections, at least one
 *
 * Since: 1.0
 */
GList *
mitogen_uri_parse (const char *uri, GError **error)
{
  g_autoptr (GPtrArray) connections = NULL;
  GList *list = NULL;

  g_return_val_if_fail (uri != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  connections = mitogen_uri_read (uri, error);
  for (guint i = connections != NULL ? connections->len : 0; i > 0; i--)
    list = g_list_prepend (list, g_object_ref (connections->pdata[i - 1]));
  return list;
}

/**
 * mitogen_uri_format:
 * @connections: (nullable) (element-type MitogenConnection): the steps of the way
 * @error: return location for an error
 *
 * Writes a way to a context: what [func@Mitogen.uri_parse] reads.
 *
 * All of each connection's settings are in it that differ from what a new one has, but
 * [property@Mitogen.Connection:interaction] and [property@Mitogen.Connection:password]. There is
 * just one way to write the same.
 *
 * Fails with `G_IO_ERROR_NOT_SUPPORTED` if a connection is of a class of the program's own, or has
 * a setting that cannot be written as text; with `G_IO_ERROR_INVALID_ARGUMENT` if it is not
 * complete.
 *
 * Returns: (transfer full): the URI
 *
 * Since: 1.0
 */
char *
mitogen_uri_format (GList *connections, GError **error)
{
  g_autoptr (GString) uri = g_string_new (NULL);

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (connections == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _ ("A URI has at least one step"));
      return NULL;
    }
  for (GList *l = connections; l != NULL; l = l->next)
    {
      if (l != connections)
        g_string_append_c (uri, MITOGEN_URI_SEPARATOR);
      if (!mitogen_uri_append (uri, l->data, error))
        return NULL;
    }
  return g_string_free (g_steal_pointer (&uri), FALSE);
}

/**
 * mitogen_connection_from_uri:
 * @uri: a single step, such as `ssh://admin@web1:22`
 * @error: return location for an error
 *
 * Creates the connection that a URI stands for: see [func@Mitogen.uri_parse].
 *
 * Fails with `G_IO_ERROR_INVALID_ARGUMENT` if the URI is wrong, or has more than one step.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_connection_from_uri (const char *uri, GError **error)
{
  g_autoptr (GPtrArray) connections = NULL;

  g_return_val_if_fail (uri != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  connections = mitogen_uri_read (uri, error);
  if (connections == NULL)
    return NULL;
  if (connections->len == 1)
    return g_object_ref (connections->pdata[0]);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _ ("The URI has %u steps, and a connection is one"), connections->len);
  return NULL;
}

/**
 * mitogen_connection_to_uri:
 * @self: a connection
 * @error: return location for an error
 *
 * Writes the connection as a URI, which [func@Mitogen.Connection.from_uri] reads: see
 * [func@Mitogen.uri_format], also for what is left out and for errors.
 *
 * Returns: (transfer full): the URI
 *
 * Since: 1.0
 */
char *
mitogen_connection_to_uri (MitogenConnection *self, GError **error)
{
  g_autoptr (GString) uri = g_string_new (NULL);

  g_return_val_if_fail (MITOGEN_IS_CONNECTION (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!mitogen_uri_append (uri, self, error))
    return NULL;
  return g_string_free (g_steal_pointer (&uri), FALSE);
}

/**
 * mitogen_context_to_uri:
 * @self: a context
 * @error: return location for an error
 *
 * Writes the whole way to the context as a URI: its own connection behind those of the contexts
 * that it was made through. [method@Mitogen.Router.connect_uri] makes another one like it.
 *
 * It tells of the connections' settings as they are now. Fails as [func@Mitogen.uri_format] does,
 * and with `G_IO_ERROR_NOT_SUPPORTED` if a context on the way was not made by this process.
 *
 * Returns: (transfer full): the URI
 *
 * Since: 1.0
 */
char *
mitogen_context_to_uri (MitogenContext *self, GError **error)
{
  g_autoptr (GList) connections = NULL;

  g_return_val_if_fail (MITOGEN_IS_CONTEXT (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  for (MitogenContext *context = self; context != NULL; context = mitogen_context_get_via (context))
    {
      MitogenConnection *connection = mitogen_context_get_connection (context);

      if (connection == NULL)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       _ ("The way to %s has no URI: %s was not made by this process"),
                       mitogen_context_get_name (self), mitogen_context_get_name (context));
          return NULL;
        }
      connections = g_list_prepend (connections, connection);
    }
  return mitogen_uri_format (connections, error);
}
