/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-credentials-private.h"
#include "engine/mitogen-engine-json-private.h"

#include <string.h>

/* That of Docker itself has another name in the file. */
#define DEFAULT_REGISTRY "docker.io"
#define DEFAULT_SERVER   "https://index.docker.io/v1/"

#define MAX_FILE (1024 * 1024)

static JsonObject *
read_file (const char *folder)
{
  const char *variable = g_getenv ("DOCKER_CONFIG");
  g_autofree char *own = g_build_filename (g_get_home_dir (), ".docker", NULL);
  g_autofree char *path = g_build_filename (folder != NULL     ? folder
                                            : variable != NULL ? variable
                                                               : own,
                                            "config.json", NULL);
  g_autofree char *text = NULL;
  gsize size;

  if (!g_file_get_contents (path, &text, &size, NULL) || size > MAX_FILE)
    return NULL;
  return mitogen_engine_json_parse ((const guint8 *) text, size);
}

/* TRUE: @server is a name of @registry, with or without a scheme and a path. */
static gboolean
is_registry (const char *server, const char *registry)
{
  const char *host = strstr (server, "://");
  gsize length;

  if (strcmp (registry, DEFAULT_REGISTRY) == 0 && strcmp (server, DEFAULT_SERVER) == 0)
    return TRUE;
  host = host != NULL ? host + 3 : server;
  length = strcspn (host, "/");
  return strlen (registry) == length && strncmp (host, registry, length) == 0;
}

static const char *
find_server (JsonObject *servers, const char *registry)
{
  JsonObjectIter iter;
  const char *server;

  if (servers == NULL)
    return NULL;
  json_object_iter_init (&iter, servers);
  while (json_object_iter_next (&iter, &server, NULL))
    if (is_registry (server, registry))
      return server;
  return NULL;
}

static char *
find_helper (JsonObject *config, const char *registry)
{
  JsonObject *helpers = mitogen_engine_json_get_object (config, "credHelpers");
  const char *server = find_server (helpers, registry);
  const char *helper = server != NULL ? mitogen_engine_json_get_string (helpers, server) : NULL;

  if (helper == NULL)
    helper = mitogen_engine_json_get_string (config, "credsStore");
  return helper != NULL ? g_strconcat ("docker-credential-", helper, NULL) : NULL;
}

/* "user:password", as base64. FALSE: it is not. */
static gboolean
add_password (JsonBuilder *builder, const char *auth)
{
  gsize size;
  g_autofree guchar *decoded = g_base64_decode (auth, &size);
  g_autofree char *text = g_strndup ((const char *) decoded, size);
  char *colon = strchr (text, ':');

  if (colon == NULL || !g_utf8_validate (text, -1, NULL))
    return FALSE;
  *colon = '\0';
  mitogen_engine_json_add_string (builder, "username", text);
  mitogen_engine_json_add_string (builder, "password", colon + 1);
  return TRUE;
}

/* Of base64 the kind that may be part of a URL. */
static char *
encode (JsonBuilder *builder)
{
  g_autoptr (GBytes) bytes = mitogen_engine_json_to_bytes (builder);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  char *text = g_base64_encode (data, size);

  g_strdelimit (text, "+", '-');
  return g_strdelimit (text, "/", '_');
}

static char *
make (JsonObject *entry, const char *server)
{
  const char *auth = mitogen_engine_json_get_string (entry, "auth");
  const char *token = mitogen_engine_json_get_string (entry, "identitytoken");
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  gboolean has = token != NULL && *token != '\0';

  json_builder_begin_object (builder);
  if (has)
    mitogen_engine_json_add_string (builder, "identitytoken", token);
  else
    has = auth != NULL && add_password (builder, auth);
  mitogen_engine_json_add_string (builder, "serveraddress", server);
  json_builder_end_object (builder);
  return has ? encode (builder) : NULL;
}

char *
mitogen_engine_find_credentials (const char *registry, const char *folder, char **helper)
{
  g_autoptr (JsonObject) config = read_file (folder);
  JsonObject *auths = config != NULL ? mitogen_engine_json_get_object (config, "auths") : NULL;
  const char *server = find_server (auths, registry);
  JsonObject *entry = server != NULL ? mitogen_engine_json_get_object (auths, server) : NULL;
  char *made = entry != NULL ? make (entry, server) : NULL;

  *helper = config != NULL && made == NULL ? find_helper (config, registry) : NULL;
  return made;
}
