/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Where engines are found: the addresses, and what says them. */

#include "connection/container/mitogen-engine-address-private.h"
#include "connection/container/mitogen-engine-discovery-private.h"
#include "unit-util.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

/* ---- addresses ---- */

/* "unix /path", "host:port", "tls host:port" */
static char *
describe (const MitogenEngineAddress *address)
{
  GNetworkAddress *network;

  if (G_IS_UNIX_SOCKET_ADDRESS (address->connectable))
    {
      g_assert_false (address->tls);
      g_assert_null (address->tls_host);
      return g_strconcat ("unix ",
                          g_unix_socket_address_get_path (
                              G_UNIX_SOCKET_ADDRESS (address->connectable)),
                          NULL);
    }
  network = G_NETWORK_ADDRESS (address->connectable);
  g_assert_cmpstr (g_network_address_get_hostname (network), ==, address->tls_host);
  return g_strdup_printf ("%s%s:%u", address->tls ? "tls " : "",
                          g_network_address_get_hostname (network),
                          g_network_address_get_port (network));
}

static const struct
{
  const char *text;
  const char *expected;
} good[] = {
  { "unix:///var/run/docker.sock", "unix /var/run/docker.sock" },
  { "unix:///a b/%20?x#y", "unix /a b/%20?x#y" },
  { "UNIX:///a", "unix /a" },
  { "/a", "unix /a" },
  { "tcp://h", "h:2375" },
  { "tcp://h:1", "h:1" },
  { "tcp://h:1/", "h:1" },
  { "tcp://127.0.0.1:2375", "127.0.0.1:2375" },
  { "tcp://[::1]:7", "::1:7" },
  { "h", "h:2375" },
  { "h:9", "h:9" },
  { "http://h", "h:80" },
  { "http://h:2375", "h:2375" },
  { "https://h", "tls h:443" },
  { "https://h:2376", "tls h:2376" },
};

static void
test_good (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      MitogenEngineAddress address = { 0 };
      g_autoptr (GError) error = NULL;
      g_autofree char *made = NULL;

      g_test_message ("%s", good[i].text);
      g_assert_true (mitogen_engine_address_parse (good[i].text, FALSE, &address, &error));
      g_assert_no_error (error);
      made = describe (&address);
      g_assert_cmpstr (made, ==, good[i].expected);
      g_assert_nonnull (address.shown);
      mitogen_engine_address_clear (&address);
    }
}

static const struct
{
  const char *text;
  gint code;
  const char *part;
} bad[] = {
  { "", G_IO_ERROR_INVALID_ARGUMENT, "no address" },
  { "unix://", G_IO_ERROR_INVALID_ARGUMENT, "no address" },
  { "unix://run/docker.sock", G_IO_ERROR_INVALID_ARGUMENT, "no address" },
  { "tcp://", G_IO_ERROR_INVALID_ARGUMENT, "no address" },
  { "tcp://h:port", G_IO_ERROR_INVALID_ARGUMENT, "no address" },
  { "tcp://h:99999", G_IO_ERROR_INVALID_ARGUMENT, "no address" },
  { "tcp://h/path", G_IO_ERROR_INVALID_ARGUMENT, "no address" },
  { "tcp://user@h", G_IO_ERROR_INVALID_ARGUMENT, "no address" },
  { "tcp://h?q", G_IO_ERROR_INVALID_ARGUMENT, "no address" },
  { "tcp://\xff", G_IO_ERROR_INVALID_ARGUMENT, "no address" },
  { "ssh://user@h", G_IO_ERROR_NOT_SUPPORTED, "connect to that by ssh" },
  { "npipe:////./pipe/docker_engine", G_IO_ERROR_NOT_SUPPORTED, "npipe" },
  { "fd://", G_IO_ERROR_NOT_SUPPORTED, "fd" },
};

static void
test_bad (void)
{
  g_autofree char *long_name = g_strnfill (200, 'a');
  g_autofree char *long_path = g_strconcat ("unix:///", long_name, NULL);
  MitogenEngineAddress address = { 0 };
  g_autoptr (GError) too_long = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *shown = g_strescape (bad[i].text, NULL);
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", shown);
      g_assert_false (mitogen_engine_address_parse (bad[i].text, FALSE, &address, &error));
      g_assert_error (error, G_IO_ERROR, bad[i].code);
      g_assert_nonnull (strstr (error->message, bad[i].part));
      g_assert_null (address.connectable);
      g_assert_null (address.shown);
    }
  g_assert_false (mitogen_engine_address_parse (long_path, FALSE, &address, &too_long));
  g_assert_error (too_long, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG);
}

static void
test_far (void)
{
  const char *const other[] = { "tcp://h:1", "https://h", "ssh://h", "h", NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *path = mitogen_engine_address_parse_far ("unix:///a", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (path, ==, "/a");
  for (guint i = 0; other[i] != NULL; i++)
    {
      g_clear_error (&error);
      g_assert_null (mitogen_engine_address_parse_far (other[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
      g_assert_nonnull (strstr (error->message, "through another context"));
    }
  g_clear_error (&error);
  g_assert_null (mitogen_engine_address_parse_far ("unix://a", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

/* ---- a host of its own ---- */

typedef struct
{
  char *dir;
  MitogenEngineSurroundings surroundings;
  MitogenEngineHints hints;
  MitogenEngineAddress address;
} Host;

static char *
host_path (Host *host, const char *name)
{
  return g_build_filename (host->dir, name, NULL);
}

static void
host_write (Host *host, const char *name, const char *text)
{
  g_autofree char *path = host_path (host, name);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
host_set (Host *host, const char *name, const char *value)
{
  host->surroundings.variables = g_environ_setenv (host->surroundings.variables, name, value, TRUE);
}

static void
host_init (Host *host, gconstpointer data)
{
  memset (host, 0, sizeof *host);
  host->dir = g_dir_make_tmp ("mitogen-test-XXXXXX", NULL);
  host->surroundings.home = host_path (host, "home");
  host->surroundings.uid = 1000;
  host->surroundings.docker_socket = host_path (host, "docker.sock");
  host->surroundings.podman_socket = "/podman-of-root";
  host->surroundings.run_user = "/run/user";
  host->hints.tls_verify = TRUE;
}

static void
remove_all (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *below = g_build_filename (path, name, NULL);

      remove_all (below);
    }
  if (dir != NULL)
    g_dir_close (dir);
  g_remove (path);
}

static void
host_clear (Host *host, gconstpointer data)
{
  remove_all (host->dir);
  g_free (host->dir);
  g_free ((char *) host->surroundings.home);
  g_free ((char *) host->surroundings.docker_socket);
  g_strfreev (host->surroundings.variables);
  mitogen_engine_address_clear (&host->address);
}

static void
assert_docker (Host *host, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *made = NULL;

  mitogen_engine_address_clear (&host->address);
  mitogen_engine_discover_docker (&host->surroundings, &host->hints, &host->address, &error);
  g_assert_no_error (error);
  made = describe (&host->address);
  g_assert_cmpstr (made, ==, expected);
}

static void
assert_podman (Host *host, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *made = NULL;

  mitogen_engine_address_clear (&host->address);
  mitogen_engine_discover_podman (&host->surroundings, &host->hints, &host->address, &error);
  g_assert_no_error (error);
  made = describe (&host->address);
  g_assert_cmpstr (made, ==, expected);
}

static void
assert_docker_error (Host *host, gint code, const char *part)
{
  g_autoptr (GError) error = NULL;

  mitogen_engine_address_clear (&host->address);
  g_assert_false (
      mitogen_engine_discover_docker (&host->surroundings, &host->hints, &host->address, &error));
  g_assert_error (error, G_IO_ERROR, code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, part));
  g_assert_null (host->address.connectable);
}

/* ---- Docker ---- */

static void
test_default (Host *host, gconstpointer data)
{
  g_autofree char *root = g_strconcat ("unix ", host->dir, "/docker.sock", NULL);
  g_autofree char *own = g_strconcat ("unix ", host->dir, "/run/docker.sock", NULL);
  g_autofree char *runtime = host_path (host, "run");

  assert_docker (host, root);
  host_set (host, "XDG_RUNTIME_DIR", runtime);
  assert_docker (host, root);
  host_write (host, "run/docker.sock", "");
  assert_docker (host, own);
  host_write (host, "docker.sock", "");
  assert_docker (host, root);
  host_set (host, "DOCKER_HOST", "");
  host_set (host, "DOCKER_CONTEXT", "");
  assert_docker (host, root);
}

/* "mine" has no certificates, "far" has. */
static void
write_contexts (Host *host)
{
  g_autofree char *mine = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "mine", -1);
  g_autofree char *far = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "far", -1);
  g_autofree char *mine_path = g_strdup_printf ("home/.docker/contexts/meta/%s/meta.json", mine);
  g_autofree char *far_path = g_strdup_printf ("home/.docker/contexts/meta/%s/meta.json", far);
  g_autofree char *ca = g_strdup_printf ("home/.docker/contexts/tls/%s/docker/ca.pem", far);

  host_write (host, mine_path,
              "{\"Name\":\"mine\",\"Metadata\":{},\"Endpoints\":{\"docker\":{\"Host\":\"unix:///"
              "mine.sock\",\"SkipTLSVerify\":false}}}");
  host_write (host, far_path,
              "{\"Name\":\"far\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://far:2376\"}}}");
  host_write (host, ca, "");
}

static void
test_order (Host *host, gconstpointer data)
{
  write_contexts (host);
  host_write (host, "home/.docker/config.json", "{\"auths\":{},\"currentContext\":\"mine\"}");
  assert_docker (host, "unix /mine.sock");
  host_set (host, "DOCKER_CONTEXT", "far");
  assert_docker (host, "tls far:2376");
  g_assert_true (g_str_has_suffix (host->address.ca_file, "/docker/ca.pem"));
  g_assert_null (host->address.certificate_file);
  g_assert_false (host->address.tls_skip_verify);
  host_set (host, "DOCKER_HOST", "unix:///host.sock");
  assert_docker (host, "unix /host.sock");
  host->hints.address = "tcp://said:5";
  assert_docker (host, "said:5");
}

static void
test_default_context (Host *host, gconstpointer data)
{
  g_autofree char *root = g_strconcat ("unix ", host->dir, "/docker.sock", NULL);

  host_write (host, "home/.docker/config.json", "{\"currentContext\":\"mine\"}");
  host_set (host, "DOCKER_CONTEXT", "default");
  assert_docker (host, root);
}

static void
test_config_directory (Host *host, gconstpointer data)
{
  g_autofree char *directory = host_path (host, "elsewhere");

  write_contexts (host);
  host_set (host, "DOCKER_CONFIG", directory);
  host_write (host, "home/.docker/config.json", "{\"currentContext\":\"mine\"}");
  host_set (host, "DOCKER_CONTEXT", "mine");
  assert_docker_error (host, G_IO_ERROR_NOT_FOUND, "“mine”");
}

static void
test_skip_verify (Host *host, gconstpointer data)
{
  g_autofree char *id = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "lax", -1);
  g_autofree char *path = g_strdup_printf ("home/.docker/contexts/meta/%s/meta.json", id);

  host_write (host, path,
              "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://lax\",\"SkipTLSVerify\":true}}}");
  host_set (host, "DOCKER_CONTEXT", "lax");
  assert_docker (host, "tls lax:2376");
  g_assert_true (host->address.tls_skip_verify);
}

static void
test_certificates (Host *host, gconstpointer data)
{
  g_autofree char *certificates = host_path (host, "certificates");

  host_set (host, "DOCKER_HOST", "tcp://h:1");
  assert_docker (host, "h:1");
  host_set (host, "DOCKER_TLS", "1");
  assert_docker (host, "tls h:1");
  g_assert_true (host->address.tls_skip_verify);
  host_set (host, "DOCKER_TLS_VERIFY", "1");
  assert_docker (host, "tls h:1");
  g_assert_false (host->address.tls_skip_verify);
  g_assert_null (host->address.ca_file);

  host_write (host, "home/.docker/cert.pem", "");
  assert_docker (host, "tls h:1");
  g_assert_true (g_str_has_suffix (host->address.certificate_file, "/.docker/cert.pem"));
  host_set (host, "DOCKER_CERT_PATH", certificates);
  host_write (host, "certificates/ca.pem", "");
  host_write (host, "certificates/key.pem", "");
  assert_docker (host, "tls h:1");
  g_assert_true (g_str_has_suffix (host->address.ca_file, "/certificates/ca.pem"));
  g_assert_true (g_str_has_suffix (host->address.key_file, "/certificates/key.pem"));
  g_assert_null (host->address.certificate_file);
  host_set (host, "DOCKER_HOST", "h");
  assert_docker (host, "tls h:2376");

  host->hints.tls_verify = FALSE;
  assert_docker (host, "tls h:2376");
  g_assert_true (host->address.tls_skip_verify);
  host_set (host, "DOCKER_HOST", "unix:///a");
  assert_docker (host, "unix /a");
}

static void
test_own_certificates (Host *host, gconstpointer data)
{
  g_autofree char *certificates = host_path (host, "own");

  host->hints.address = "tcp://h";
  host->hints.tls_directory = certificates;
  assert_docker_error (host, G_IO_ERROR_NOT_FOUND, "ca.pem");
  host_write (host, "own/ca.pem", "");
  assert_docker (host, "tls h:2376");
  g_assert_true (g_str_has_suffix (host->address.ca_file, "/own/ca.pem"));
  g_assert_false (host->address.tls_skip_verify);
  host->hints.tls_verify = FALSE;
  assert_docker (host, "tls h:2376");
  g_assert_true (host->address.tls_skip_verify);
  host->hints.address = "unix:///a";
  assert_docker (host, "unix /a");
}

static void
test_wrong_files (Host *host, gconstpointer data)
{
  g_autofree char *id = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "odd", -1);
  g_autofree char *path = g_strdup_printf ("home/.docker/contexts/meta/%s/meta.json", id);
  const char *const configs[] = {
    "", "[]", "\"x\"", "{", "{\"currentContext\":", "\xff\xfe", NULL
  };
  const char *const metas[] = { "{}",
                                "{\"Endpoints\":[]}",
                                "{\"Endpoints\":{\"docker\":1}}",
                                "{\"Endpoints\":{\"docker\":{\"Host\":5}}}",
                                "{\"Endpoints\":{\"docker\":{\"Host\":null}}}",
                                "{\"Endpoints\":{\"kubernetes\":{\"Host\":\"unix:///a\"}}}",
                                NULL };
  g_autofree char *large = g_strnfill (2 * 1024 * 1024, ' ');

  for (guint i = 0; configs[i] != NULL; i++)
    {
      host_write (host, "home/.docker/config.json", configs[i]);
      assert_docker_error (host, G_IO_ERROR_INVALID_DATA, "config.json");
    }
  host_write (host, "home/.docker/config.json", large);
  assert_docker_error (host, G_IO_ERROR_INVALID_DATA, "too large");

  host_write (host, "home/.docker/config.json", "{\"currentContext\":\"odd\"}");
  assert_docker_error (host, G_IO_ERROR_NOT_FOUND, "“odd”");
  for (guint i = 0; metas[i] != NULL; i++)
    {
      host_write (host, path, metas[i]);
      assert_docker_error (host, G_IO_ERROR_NOT_FOUND, "“odd”");
    }
  host_write (host, path, "nothing");
  assert_docker_error (host, G_IO_ERROR_INVALID_DATA, "meta.json");
  host_write (host, path, "{\"Endpoints\":{\"docker\":{\"Host\":\"ssh://u@h\"}}}");
  assert_docker_error (host, G_IO_ERROR_NOT_SUPPORTED, "ssh");
}

/* Nothing but a name for a context. */
static void
test_odd_configs (Host *host, gconstpointer data)
{
  g_autofree char *root = g_strconcat ("unix ", host->dir, "/docker.sock", NULL);
  const char *const configs[] = { "{}",
                                  "{\"currentContext\":5}",
                                  "{\"currentContext\":null}",
                                  "{\"currentContext\":\"\"}",
                                  "{\"currentContext\":\"default\"}",
                                  NULL };

  for (guint i = 0; configs[i] != NULL; i++)
    {
      host_write (host, "home/.docker/config.json", configs[i]);
      assert_docker (host, root);
    }
}

/* ---- podman ---- */

static void
test_podman (Host *host, gconstpointer data)
{
  assert_podman (host, "unix /run/user/1000/podman/podman.sock");
  host_set (host, "XDG_RUNTIME_DIR", "/mine");
  assert_podman (host, "unix /mine/podman/podman.sock");
  host->surroundings.uid = 0;
  assert_podman (host, "unix /podman-of-root");
  host_set (host, "DOCKER_HOST", "unix:///docker");
  assert_podman (host, "unix /podman-of-root");
  host_set (host, "CONTAINER_HOST", "unix:///said");
  assert_podman (host, "unix /said");
  host->hints.address = "tcp://h:3";
  assert_podman (host, "h:3");
}

static void
add (const char *name, void (*func) (Host *, gconstpointer))
{
  g_autofree char *path = g_strconcat ("/engine-discovery/", name, NULL);

  g_test_add (path, Host, NULL, host_init, func, host_clear);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-discovery/good-addresses", test_good);
  g_test_add_func ("/engine-discovery/bad-addresses", test_bad);
  g_test_add_func ("/engine-discovery/far-addresses", test_far);
  add ("default", test_default);
  add ("order", test_order);
  add ("default-context", test_default_context);
  add ("config-directory", test_config_directory);
  add ("skip-verify", test_skip_verify);
  add ("certificates", test_certificates);
  add ("own-certificates", test_own_certificates);
  add ("wrong-files", test_wrong_files);
  add ("odd-configs", test_odd_configs);
  add ("podman", test_podman);
  return g_test_run ();
}
