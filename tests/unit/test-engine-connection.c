/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Connections to Docker and podman: what they are told, and the client programs' command lines and
 * last words, which are those of docker 20.10 and 28 and of podman 4.3. */

#include "connection/container/mitogen-docker-connection.h"
#include "connection/container/mitogen-podman-connection.h"
#include "mitogen-enums.h"
#include "unit-method.h"
#include "wire/mitogen-error.h"

#include <string.h>

static MitogenConnection *
new_docker (const char *docker_path)
{
  return g_object_new (MITOGEN_TYPE_DOCKER_CONNECTION, "docker-path", docker_path, NULL);
}

static MitogenConnection *
new_podman (const char *podman_path)
{
  return g_object_new (MITOGEN_TYPE_PODMAN_CONNECTION, "podman-path", podman_path, NULL);
}

static void
assert_argv (MitogenConnection *connection, const char *expected)
{
  g_autofree char *argv = unit_get_argv (connection);

  g_assert_cmpstr (argv, ==, expected);
}

/* ---- command lines ---- */

#define STAGE "-c\nstage $x 'y'\n\ntitle"

static void
test_exec (void)
{
  g_autoptr (MitogenConnection) docker = new_docker ("/x/docker");
  g_autoptr (MitogenConnection) podman = new_podman ("podman");
  const char *const environment[] = { "A=b c", "EMPTY=", NULL };

  g_object_set (docker, "container", "web", NULL);
  assert_argv (docker, "/x/docker\nexec\n--interactive\nweb\npython3\n" STAGE);
  g_object_set (docker, "username", "1000:100", "working-directory", "/srv/a b", "environment",
                environment, "address", "unix:///d.sock", NULL);
  assert_argv (docker, "/x/docker\n--host=unix:///d.sock\nexec\n--interactive\n--user=1000:100\n"
                       "--workdir=/srv/a b\n--env=A=b c\n--env=EMPTY=\nweb\npython3\n" STAGE);

  g_object_set (podman, "container", "web", "address", "unix:///p.sock", NULL);
  assert_argv (podman, "podman\n--url=unix:///p.sock\nexec\n--interactive\nweb\npython3\n" STAGE);
}

static void
test_run (void)
{
  g_autoptr (MitogenConnection) docker = new_docker ("docker");

  g_object_set (docker, "image", "localhost:5000/a/b:1.2@sha256:00", NULL);
  assert_argv (docker, "docker\nrun\n--rm\n--interactive\n--entrypoint=python3\n"
                       "localhost:5000/a/b:1.2@sha256:00\n" STAGE);
  g_object_set (docker, "username", "u", "network", "none", "pull", MITOGEN_ENGINE_PULL_ALWAYS,
                NULL);
  assert_argv (docker, "docker\nrun\n--rm\n--interactive\n--user=u\n--pull=always\n--network=none\n"
                       "--entrypoint=python3\nlocalhost:5000/a/b:1.2@sha256:00\n" STAGE);
  g_object_set (docker, "pull", MITOGEN_ENGINE_PULL_NEVER, "username", NULL, "network", NULL, NULL);
  assert_argv (docker, "docker\nrun\n--rm\n--interactive\n--pull=never\n--entrypoint=python3\n"
                       "localhost:5000/a/b:1.2@sha256:00\n" STAGE);
}

static void
test_tls (void)
{
  g_autoptr (MitogenConnection) docker = new_docker ("docker");

  g_object_set (docker, "container", "c", "address", "tcp://h:2376", "tls-directory", "/c", NULL);
  assert_argv (docker, "docker\n--host=tcp://h:2376\n--tlsverify\n--tlscacert=/c/ca.pem\n"
                       "--tlscert=/c/cert.pem\n--tlskey=/c/key.pem\nexec\n--interactive\nc\n"
                       "python3\n" STAGE);
  g_object_set (docker, "tls-verify", FALSE, NULL);
  assert_argv (docker, "docker\n--host=tcp://h:2376\n--tls\n--tlscacert=/c/ca.pem\n"
                       "--tlscert=/c/cert.pem\n--tlskey=/c/key.pem\nexec\n--interactive\nc\n"
                       "python3\n" STAGE);
}

/* ---- what cannot be ---- */

static void
assert_refused (const char *property, const char *value, const char *part)
{
  g_autoptr (MitogenConnection) docker = new_docker ("docker");
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  if (!g_str_equal (property, "image"))
    g_object_set (docker, "container", "web", NULL);
  g_object_set (docker, property, value, NULL);
  text = unit_get_argv_error (docker);
  g_assert_nonnull (strstr (text, part));
  g_assert_null (mitogen_connection_get_method (docker)->make_method (docker, TRUE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_names (void)
{
  const char *const containers[] = { "",    "-it",  "a b", "a/b", "../x",
                                     "a;b", "$(x)", "a\n", "ä",   NULL };
  const char *const images[] = { "", "-it", "a b", "a;b", "$(x)", "a\n", "a'b", "ä", NULL };
  const char *const users[] = { "", "-it", "a\n", "\xff", NULL };

  for (guint i = 0; containers[i] != NULL; i++)
    assert_refused ("container", containers[i], "container");
  for (guint i = 0; images[i] != NULL; i++)
    assert_refused ("image", images[i], "image");
  for (guint i = 0; users[i] != NULL; i++)
    assert_refused ("username", users[i], "user");
  assert_refused ("network", "--privileged", "network");
  assert_refused ("working-directory", "srv", "working-directory");
  assert_refused ("working-directory", "/\xff", "working-directory");
}

static void
test_environment (void)
{
  const char *const wrong[] = { "A", "=b", "", "A=\xff", NULL };

  for (guint i = 0; wrong[i] != NULL; i++)
    {
      const char *const environment[] = { "GOOD=1", wrong[i], NULL };
      g_autoptr (MitogenConnection) docker = new_docker ("docker");
      g_autofree char *text = NULL;

      g_object_set (docker, "container", "web", "environment", environment, NULL);
      text = unit_get_argv_error (docker);
      g_assert_nonnull (strstr (text, "environment"));
    }
}

static void
test_which (void)
{
  g_autoptr (MitogenConnection) none = new_docker ("docker");
  g_autoptr (MitogenConnection) both = new_docker (NULL);
  g_autofree char *none_text = unit_get_argv_error (none);
  g_autofree char *both_text = NULL;

  g_assert_nonnull (strstr (none_text, "neither a container nor an image"));
  g_object_set (both, "container", "web", "image", "debian:12", NULL);
  both_text = unit_get_argv_error (both);
  g_assert_nonnull (strstr (both_text, "both a container and an image"));
}

/* ---- names and properties ---- */

static void
assert_names (MitogenConnection *connection, const char *name, const char *host, const char *user)
{
  g_autofree char *own = mitogen_connection_get_name (connection);
  g_auto (MitogenPlace) place = { 0 };

  g_assert_cmpstr (own, ==, name);
  mitogen_connection_get_method (connection)->describe (connection, &place);
  g_assert_cmpstr (place.host, ==, host);
  g_assert_cmpstr (place.user, ==, user);
}

static void
test_names_of_contexts (void)
{
  g_autoptr (MitogenConnection) docker = mitogen_docker_connection_new ();
  g_autoptr (MitogenConnection) podman = mitogen_podman_connection_new ();

  assert_names (docker, "docker.", NULL, NULL);
  g_object_set (docker, "container", "web", "username", "u", NULL);
  assert_names (docker, "docker.web", "web", "u");
  g_object_set (podman, "image", "localhost/a:1", NULL);
  assert_names (podman, "podman.localhost/a:1", "localhost/a:1", NULL);
  g_assert_cmpstr (mitogen_connection_get_method (docker)->name, ==, "docker");
  g_assert_cmpstr (mitogen_connection_get_method (podman)->name, ==, "podman");
}

static void
count (GObject *object, GParamSpec *pspec, gpointer data)
{
  ++*(guint *) data;
}

static void
test_properties (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_docker_connection_new ();
  MitogenEngineConnection *engine = MITOGEN_ENGINE_CONNECTION (connection);
  const char *const environment[] = { "A=1", NULL };
  g_autofree char *image = NULL;
  g_auto (GStrv) copy = NULL;
  gboolean verify = FALSE;
  MitogenEnginePull pull = MITOGEN_ENGINE_PULL_NEVER;
  guint changes = 0;

  g_object_get (engine, "tls-verify", &verify, "pull", &pull, NULL);
  g_assert_true (verify);
  g_assert_cmpint (pull, ==, MITOGEN_ENGINE_PULL_MISSING);

  g_signal_connect (engine, "notify", G_CALLBACK (count), &changes);
  for (guint i = 0; i < 2; i++)
    {
      mitogen_engine_connection_set_image (engine, "i");
      mitogen_engine_connection_set_working_directory (engine, "/d");
      mitogen_engine_connection_set_address (engine, "unix:///s");
      mitogen_engine_connection_set_tls_directory (engine, "/t");
      mitogen_engine_connection_set_tls_verify (engine, FALSE);
      mitogen_engine_connection_set_network (engine, "n");
      mitogen_engine_connection_set_pull (engine, MITOGEN_ENGINE_PULL_NEVER);
      g_assert_cmpuint (changes, ==, 7);
    }
  mitogen_engine_connection_set_environment (engine, environment);
  mitogen_engine_connection_set_environment (engine,
                                             mitogen_engine_connection_get_environment (engine));
  g_assert_cmpuint (changes, ==, 8);
  g_object_get (engine, "image", &image, "environment", &copy, NULL);
  g_assert_cmpstr (image, ==, "i");
  g_assert_cmpstr (copy[0], ==, "A=1");
  g_assert_cmpstr (mitogen_engine_connection_get_working_directory (engine), ==, "/d");
  g_assert_cmpstr (mitogen_engine_connection_get_address (engine), ==, "unix:///s");
  g_assert_cmpstr (mitogen_engine_connection_get_tls_directory (engine), ==, "/t");
  g_assert_false (mitogen_engine_connection_get_tls_verify (engine));
  g_assert_cmpstr (mitogen_engine_connection_get_network (engine), ==, "n");
  g_assert_cmpint (mitogen_engine_connection_get_pull (engine), ==, MITOGEN_ENGINE_PULL_NEVER);
}

/* ---- the clients' last words ---- */

typedef struct
{
  const char *said;
  int status;
  gint code;
  const char *what; /* part of it */
} Words;

static const Words docker_words[] = {
  { "Error response from daemon: No such container: nowhere", 1, MITOGEN_ERROR_STREAM,
    "no such container" },
  { "Error: No such container: nowhere", 1, MITOGEN_ERROR_STREAM, "no such container" },
  { "Error response from daemon: Container ca611f0f5b70e19a0d is not running", 1,
    MITOGEN_ERROR_STREAM, "not running" },
  { "Error response from daemon: Container empty is paused, unpause the container before exec", 1,
    MITOGEN_ERROR_STREAM, "paused" },
  { "OCI runtime exec failed: exec failed: unable to start container process: exec: \"sh\": "
    "executable file not found in $PATH: unknown",
    126, MITOGEN_ERROR_NO_INTERPRETER, "start Python" },
  { "docker: Error response from daemon: failed to create shim task: OCI runtime create failed: "
    "runc create failed: unable to start container process: exec: \"nothing\": executable file not "
    "found in $PATH: unknown.",
    127, MITOGEN_ERROR_NO_INTERPRETER, "start Python" },
  { "OCI runtime exec failed: exec failed: unable to start container process: exec: "
    "\"/bin/nothing\": stat /bin/nothing: no such file or directory: unknown",
    126, MITOGEN_ERROR_NO_INTERPRETER, "start Python" },
  { "unable to find user nobody7: no matching entries in passwd file", 126, MITOGEN_ERROR_STREAM,
    "no such user" },
  { "OCI runtime exec failed: exec failed: unable to start container process: chdir to cwd "
    "(\"/nowhere\") set in config.json failed: no such file or directory: unknown",
    126, MITOGEN_ERROR_STREAM, "working directory" },
  { "Unable to find image 'nothere:latest' locally\n"
    "docker: Error response from daemon: Get \"https://registry-1.docker.io/v2/\": dial tcp: "
    "lookup registry-1.docker.io: network is unreachable.\nSee 'docker run --help'.",
    125, MITOGEN_ERROR_STREAM, "could not be fetched" },
  { "Unable to find image 'nothere:latest' locally\n"
    "docker: Error response from daemon: pull access denied for nothere, repository does not exist "
    "or may require 'docker login': denied: requested access to the resource is denied.",
    125, MITOGEN_ERROR_STREAM, "may not fetch it" },
  { "docker: Error response from daemon: No such image: nothere:latest\n\nRun 'docker run --help' "
    "for more information",
    125, MITOGEN_ERROR_STREAM, "no such image" },
  { "docker: Error response from daemon: network nonet not found", 125, MITOGEN_ERROR_STREAM,
    "no such network" },
  { "docker: invalid reference format: repository name (library/UPPER) must be lowercase", 125,
    MITOGEN_ERROR_STREAM, "name of an image" },
  { "Cannot connect to the Docker daemon at unix:///run/nothing.sock. Is the docker daemon "
    "running?",
    1, MITOGEN_ERROR_STREAM, "does not run" },
  { "error during connect: Get \"http://foo:2375/v1.24/containers/web/json\": dial tcp", 1,
    MITOGEN_ERROR_STREAM, "cannot be reached" },
  { "Failed to initialize: unable to resolve docker endpoint: context \"nix\": context not found: "
    "open /root/.docker/contexts/meta/a074/meta.json: no such file or directory",
    1, MITOGEN_ERROR_STREAM, "chosen does not exist" },
  { "Got permission denied while trying to connect to the Docker daemon socket at "
    "unix:///var/run/docker.sock: Get \"http://x\": connect: permission denied",
    1, MITOGEN_ERROR_PERMISSION, "may not use" },
  { "permission denied while trying to connect to the Docker daemon socket at unix:///d.sock: Get "
    "\"http://x\": dial unix /d.sock: connect: permission denied",
    1, MITOGEN_ERROR_PERMISSION, "may not use" },
};

static const Words podman_words[] = {
  { "Error: no container with name or ID \"nowhere\" found: no such container", 125,
    MITOGEN_ERROR_STREAM, "no such container" },
  { "Error: can only create exec sessions on running containers: container state improper", 255,
    MITOGEN_ERROR_STREAM, "not running" },
  { "Error: runc: exec failed: unable to start container process: exec: \"sh\": executable file "
    "not found in $PATH: OCI runtime attempted to invoke a command that was not found",
    127, MITOGEN_ERROR_NO_INTERPRETER, "start Python" },
  { "Error: unable to find user nobody7: no matching entries in passwd file", 126,
    MITOGEN_ERROR_STREAM, "no such user" },
  { "Error: runc: exec failed: unable to start container process: chdir to cwd (\"/nowhere\") set "
    "in config.json failed: no such file or directory: OCI runtime attempted to invoke a command "
    "that was not found",
    127, MITOGEN_ERROR_STREAM, "working directory" },
  { "Error: short-name \"nothere\" did not resolve to an alias and no unqualified-search "
    "registries are defined in \"/etc/containers/registries.conf\"",
    125, MITOGEN_ERROR_STREAM, "from where to fetch it" },
  { "Error: initializing source docker://quay.io/x:latest: pinging container registry quay.io: Get "
    "\"https://quay.io/v2/\": dial tcp: lookup quay.io: no such host",
    125, MITOGEN_ERROR_STREAM, "could not be fetched" },
  { "Error: nothere: image not known", 125, MITOGEN_ERROR_STREAM, "no such image" },
  { "Error: unable to find network with name or ID nonet: network not found", 125,
    MITOGEN_ERROR_STREAM, "no such network" },
  { "Error: repository name must be lowercase", 125, MITOGEN_ERROR_STREAM, "name of an image" },
  { "Cannot connect to Podman. Please verify your connection\n"
    "Error: unable to connect to Podman socket: Get \"http://d/v4.3.1/libpod/_ping\": dial unix "
    "/run/nothing.sock: connect: no such file or directory",
    125, MITOGEN_ERROR_STREAM, "does not run" },
  { "Error: unable to connect to Podman socket: Get \"http://d/v4.3.1/libpod/_ping\": dial unix "
    "/run/p.sock: connect: permission denied",
    125, MITOGEN_ERROR_PERMISSION, "may not use" },
};

static void
assert_words (MitogenConnection *connection, const Words *words, guint n)
{
  g_autoptr (MitogenMethod) method = NULL;
  gint code;

  g_object_set (connection, "container", "web", NULL);
  method = unit_make_method (connection);
  g_assert_false (mitogen_method_is_elsewhere (method));
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *what = unit_explain (method, words[i].said, words[i].status, 0, &code);

      g_test_message ("%s", words[i].said);
      g_assert_nonnull (what);
      g_assert_nonnull (strstr (what, words[i].what));
      g_assert_cmpint (code, ==, words[i].code);
    }
  /* Not of the client: what runs in the container says so. */
  g_assert_null (unit_explain (method, "sh: 1: exec: python3: not found", 127, 0, &code));
  g_assert_null (unit_explain (method, "Unable to find image 'a:1' locally", 7, 0, &code));
}

static void
test_docker_words (void)
{
  g_autoptr (MitogenConnection) connection = new_docker ("docker");

  assert_words (connection, docker_words, G_N_ELEMENTS (docker_words));
}

static void
test_podman_words (void)
{
  g_autoptr (MitogenConnection) connection = new_podman ("podman");

  assert_words (connection, podman_words, G_N_ELEMENTS (podman_words));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-connection/exec", test_exec);
  g_test_add_func ("/engine-connection/run", test_run);
  g_test_add_func ("/engine-connection/tls", test_tls);
  g_test_add_func ("/engine-connection/names", test_names);
  g_test_add_func ("/engine-connection/environment", test_environment);
  g_test_add_func ("/engine-connection/which", test_which);
  g_test_add_func ("/engine-connection/names-of-contexts", test_names_of_contexts);
  g_test_add_func ("/engine-connection/properties", test_properties);
  g_test_add_func ("/engine-connection/docker-words", test_docker_words);
  g_test_add_func ("/engine-connection/podman-words", test_podman_words);
  return g_test_run ();
}
