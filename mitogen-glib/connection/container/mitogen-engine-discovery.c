/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-engine-discovery-private.h"
#include "connection/container/mitogen-engine-address-private.h"

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <string.h>

/* Of a configuration file: there are accounts of registries in it, too. */
#define MAX_FILE_SIZE (1024 * 1024)

static const char *
get_variable (const MitogenEngineSurroundings *surroundings, const char *name)
{
  const char *value = g_environ_getenv (surroundings->variables, name);

  return value != NULL && *value != '\0' ? value : NULL;
}

/* ---- certificates ---- */

/* Returns: (transfer full) (nullable): its path, if it is there */
static char *
find_file (const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS) ? g_steal_pointer (&path) : NULL;
}

static void
take_certificates (MitogenEngineAddress *address, const char *directory)
{
  address->ca_file = find_file (directory, "ca.pem");
  address->certificate_file = find_file (directory, "cert.pem");
  address->key_file = find_file (directory, "key.pem");
}

static gboolean
has_certificates (const MitogenEngineAddress *address)
{
  return address->ca_file != NULL || address->certificate_file != NULL || address->key_file != NULL;
}

/* What the connection says itself, in place of what was found. */
static gboolean
apply_hints (const MitogenEngineHints *hints, MitogenEngineAddress *address, GError **error)
{
  if (!hints->tls_verify)
    address->tls_skip_verify = TRUE;
  if (hints->tls_directory == NULL || !address->tls)
    return TRUE;

  g_clear_pointer (&address->ca_file, g_free);
  g_clear_pointer (&address->certificate_file, g_free);
  g_clear_pointer (&address->key_file, g_free);
  address->tls_skip_verify = !hints->tls_verify;
  take_certificates (address, hints->tls_directory);
  if (has_certificates (address))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
               _ ("There is neither ca.pem nor cert.pem nor key.pem in “%s”"),
               hints->tls_directory);
  return FALSE;
}

/* ---- Docker ---- */

static char *
get_docker_directory (const MitogenEngineSurroundings *surroundings)
{
  const char *directory = get_variable (surroundings, "DOCKER_CONFIG");

  return directory != NULL ? g_strdup (directory)
                           : g_build_filename (surroundings->home, ".docker", NULL);
}

static void
set_unreadable (GError **error, const char *path, const char *what)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               _ ("The configuration of Docker in “%s” cannot be used: %s"), path, what);
}

/* Returns: (transfer full) (nullable) */
static JsonObject *
parse_object (const char *path, const char *text, gsize size, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) wrong = NULL;
  JsonNode *root;

  if (size > MAX_FILE_SIZE)
    {
      set_unreadable (error, path, _ ("it is too large"));
      return NULL;
    }
  if (!json_parser_load_from_data (parser, text, size, &wrong))
    {
      set_unreadable (error, path, wrong->message);
      return NULL;
    }
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      set_unreadable (error, path, _ ("it is not an object in JSON"));
      return NULL;
    }
  return json_object_ref (json_node_get_object (root));
}

/* Returns: (transfer full) (nullable): NULL without an error: there is no such file */
static JsonObject *
read_object (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) wrong = NULL;
  gsize size;

  if (g_file_get_contents (path, &text, &size, &wrong))
    return parse_object (path, text, size, error);
  if (!g_error_matches (wrong, G_FILE_ERROR, G_FILE_ERROR_NOENT) &&
      !g_error_matches (wrong, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
    set_unreadable (error, path, wrong->message);
  return NULL;
}

/* Returns: (nullable): NULL: there is no such member, or it is not of this type */
static JsonNode *
get_member (JsonObject *object, const char *name, GType type)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == type
             ? node
             : NULL;
}

static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = get_member (object, name, G_TYPE_STRING);

  return node != NULL ? json_node_get_string (node) : NULL;
}

static gboolean
get_flag (JsonObject *object, const char *name)
{
  JsonNode *node = get_member (object, name, G_TYPE_BOOLEAN);

  return node != NULL && json_node_get_boolean (node);
}

static JsonObject *
get_object (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* The context that the user has chosen. @name: (out) (transfer full) (nullable): NULL: none */
static gboolean
read_current_context (const char *directory, char **name, GError **error)
{
  g_autofree char *path = g_build_filename (directory, "config.json", NULL);
  g_autoptr (GError) wrong = NULL;
  g_autoptr (JsonObject) config = read_object (path, &wrong);

  if (wrong != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&wrong));
      return FALSE;
    }
  *name = g_strdup (get_text (config, "currentContext"));
  return TRUE;
}

/* TLS, too, which a context has if there is anything to be said about it. */
static gboolean
use_context (const char *directory,
             const char *name,
             gboolean force_tls,
             MitogenEngineAddress *address,
             GError **error)
{
  g_autofree char *id = g_compute_checksum_for_string (G_CHECKSUM_SHA256, name, -1);
  g_autofree char *path = g_build_filename (directory, "contexts", "meta", id, "meta.json", NULL);
  g_autofree char *tls = g_build_filename (directory, "contexts", "tls", id, "docker", NULL);
  g_autoptr (GError) wrong = NULL;
  g_autoptr (JsonObject) meta = read_object (path, &wrong);
  JsonObject *endpoint = get_object (get_object (meta, "Endpoints"), "docker");
  const char *host = get_text (endpoint, "Host");
  gboolean skip_verify = get_flag (endpoint, "SkipTLSVerify");

  if (wrong != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&wrong));
      return FALSE;
    }
  if (host == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   _ ("Docker's context “%s” does not exist or does not say where the engine is: "
                      "%s"),
                   name, path);
      return FALSE;
    }
  take_certificates (address, tls);
  address->tls_skip_verify = skip_verify;
  return mitogen_engine_address_parse (host, force_tls || skip_verify || has_certificates (address),
                                       address, error);
}

static gboolean
use_variables (const MitogenEngineSurroundings *surroundings,
               const char *directory,
               const char *host,
               gboolean force_tls,
               MitogenEngineAddress *address,
               GError **error)
{
  const char *certificates = get_variable (surroundings, "DOCKER_CERT_PATH");
  gboolean verify = get_variable (surroundings, "DOCKER_TLS_VERIFY") != NULL;
  gboolean tls = verify || get_variable (surroundings, "DOCKER_TLS") != NULL;

  if (tls)
    {
      address->tls_skip_verify = !verify;
      take_certificates (address, certificates != NULL ? certificates : directory);
    }
  return mitogen_engine_address_parse (host, tls || force_tls, address, error);
}

static gboolean
use_default (const MitogenEngineSurroundings *surroundings,
             MitogenEngineAddress *address,
             GError **error)
{
  const char *runtime = get_variable (surroundings, "XDG_RUNTIME_DIR");
  g_autofree char *own = runtime != NULL ? g_build_filename (runtime, "docker.sock", NULL) : NULL;
  gboolean is_own = own != NULL && !g_file_test (surroundings->docker_socket, G_FILE_TEST_EXISTS) &&
                    g_file_test (own, G_FILE_TEST_EXISTS);

  return mitogen_engine_address_parse (is_own ? own : surroundings->docker_socket, FALSE, address,
                                       error);
}

/* As the client does: DOCKER_HOST counts more than a context, and a context that the environment
 * names more than what is configured. */
static gboolean
find_docker (const MitogenEngineSurroundings *surroundings,
             gboolean force_tls,
             MitogenEngineAddress *address,
             GError **error)
{
  g_autofree char *directory = get_docker_directory (surroundings);
  const char *host = get_variable (surroundings, "DOCKER_HOST");
  g_autofree char *context = g_strdup (get_variable (surroundings, "DOCKER_CONTEXT"));

  if (host != NULL)
    return use_variables (surroundings, directory, host, force_tls, address, error);
  if (context == NULL && !read_current_context (directory, &context, error))
    return FALSE;
  if (context == NULL || *context == '\0' || g_str_equal (context, "default"))
    return use_default (surroundings, address, error);
  return use_context (directory, context, force_tls, address, error);
}

gboolean
mitogen_engine_discover_docker (const MitogenEngineSurroundings *surroundings,
                                const MitogenEngineHints *hints,
                                MitogenEngineAddress *address,
                                GError **error)
{
  gboolean tls = hints->tls_directory != NULL;

  *address = (MitogenEngineAddress){ 0 };
  if ((hints->address != NULL ? mitogen_engine_address_parse (hints->address, tls, address, error)
                              : find_docker (surroundings, tls, address, error)) &&
      apply_hints (hints, address, error))
    return TRUE;
  mitogen_engine_address_clear (address);
  return FALSE;
}

/* ---- podman ---- */

/* containers.conf may name services, too; the variables are what is simple. */
static char *
find_podman (const MitogenEngineSurroundings *surroundings)
{
  const char *host = get_variable (surroundings, "CONTAINER_HOST");
  const char *runtime = get_variable (surroundings, "XDG_RUNTIME_DIR");

  if (host != NULL)
    return g_strdup (host);
  if (surroundings->uid == 0)
    return g_strdup (surroundings->podman_socket);
  if (runtime != NULL)
    return g_build_filename (runtime, "podman/podman.sock", NULL);
  return g_strdup_printf ("%s/%u/podman/podman.sock", surroundings->run_user, surroundings->uid);
}

gboolean
mitogen_engine_discover_podman (const MitogenEngineSurroundings *surroundings,
                                const MitogenEngineHints *hints,
                                MitogenEngineAddress *address,
                                GError **error)
{
  g_autofree char *found =
      hints->address != NULL ? g_strdup (hints->address) : find_podman (surroundings);

  *address = (MitogenEngineAddress){ 0 };
  if (mitogen_engine_address_parse (found, hints->tls_directory != NULL, address, error) &&
      apply_hints (hints, address, error))
    return TRUE;
  mitogen_engine_address_clear (address);
  return FALSE;
}
