/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-engine-address-private.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/un.h>

#define PORT       2375
#define TLS_PORT   2376
#define HTTP_PORT  80
#define HTTPS_PORT 443

#define UNIX_SCHEME "unix://"

static void
set_wrong (GError **error, const char *text)
{
  g_autofree char *shown = g_utf8_make_valid (text, MIN (strlen (text), 200));

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _ ("“%s” is no address of an engine: write unix:///path, tcp://host:port or "
                  "https://host:port"),
               shown);
}

/* Returns: (nullable): NULL: it is another kind of address */
static const char *
get_path (const char *text)
{
  if (g_ascii_strncasecmp (text, UNIX_SCHEME, strlen (UNIX_SCHEME)) == 0)
    return text + strlen (UNIX_SCHEME);
  return *text == '/' ? text : NULL;
}

/* GLib would cut a longer one. */
static gboolean
check_path (const char *text, const char *path, GError **error)
{
  if (*path != '/')
    {
      set_wrong (error, text);
      return FALSE;
    }
  if (strlen (path) < sizeof ((struct sockaddr_un *) NULL)->sun_path)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
               _ ("“%s” is too long for the path of a socket"), path);
  return FALSE;
}

static gboolean
take_path (const char *text, const char *path, MitogenEngineAddress *address, GError **error)
{
  if (!check_path (text, path, error))
    return FALSE;
  address->connectable = G_SOCKET_CONNECTABLE (g_unix_socket_address_new (path));
  address->shown = g_strconcat (UNIX_SCHEME, path, NULL);
  return TRUE;
}

/* 0: there is no such scheme */
static guint
get_default_port (const char *scheme, gboolean tls)
{
  if (g_str_equal (scheme, "tcp"))
    return tls ? TLS_PORT : PORT;
  if (g_str_equal (scheme, "http"))
    return HTTP_PORT;
  return g_str_equal (scheme, "https") ? HTTPS_PORT : 0;
}

static void
set_unsupported (GError **error, const char *text, const char *scheme)
{
  if (g_str_equal (scheme, "ssh"))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                 _ ("“%s” is an engine on another host: connect to that by ssh, and begin the "
                    "connection to the container in the context there"),
                 text);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                 _ ("“%s”: engines are not reached by “%s” here"), text, scheme);
}

static gboolean
take_uri (const char *text, gboolean tls, MitogenEngineAddress *address, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : NULL;
  const char *host;
  const char *path;
  guint port;

  if (uri == NULL)
    {
      set_wrong (error, text);
      return FALSE;
    }
  port = get_default_port (scheme, tls);
  if (port == 0)
    {
      set_unsupported (error, text, scheme);
      return FALSE;
    }
  host = g_uri_get_host (uri);
  path = g_uri_get_path (uri);
  if (host == NULL || *host == '\0' || g_uri_get_userinfo (uri) != NULL ||
      !(*path == '\0' || g_str_equal (path, "/")) || g_uri_get_query (uri) != NULL)
    {
      set_wrong (error, text);
      return FALSE;
    }
  address->tls = tls || g_str_equal (scheme, "https");
  if (g_uri_get_port (uri) > 0)
    port = g_uri_get_port (uri);
  address->connectable = g_network_address_new (host, port);
  address->tls_host = g_strdup (host);
  address->shown = g_strdup (text);
  return TRUE;
}

gboolean
mitogen_engine_address_parse (const char *text,
                              gboolean tls,
                              MitogenEngineAddress *address,
                              GError **error)
{
  const char *path = get_path (text);
  g_autofree char *uri = NULL;

  if (path != NULL)
    return take_path (text, path, address, error);
  uri = strstr (text, "://") != NULL ? g_strdup (text) : g_strconcat ("tcp://", text, NULL);
  return take_uri (uri, tls, address, error);
}

char *
mitogen_engine_address_parse_far (const char *text, GError **error)
{
  const char *path = get_path (text);

  if (path != NULL)
    return check_path (text, path, error) ? g_strdup (path) : NULL;
  g_set_error (
      error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      _ ("“%s” cannot be reached through another context: only the path of a socket on its "
         "host can, as unix:///path"),
      text);
  return NULL;
}
