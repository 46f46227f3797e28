/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-engine-kind-private.h"
#include "connection/container/mitogen-container-program-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/* ---- Docker ---- */

/* Of versions 20.10 to 29. */
static const MitogenWords docker_words[] = {
  { "permission denied while trying to connect to the docker", MITOGEN_ERROR_PERMISSION,
    N_ ("this account may not use the Docker daemon") },
  { "cannot connect to the docker daemon", MITOGEN_ERROR_STREAM,
    N_ ("the Docker daemon does not run, or is somewhere else") },
  { "failed to connect to the docker api", MITOGEN_ERROR_STREAM,
    N_ ("the Docker daemon does not run, or is somewhere else") },
  { "error during connect:", MITOGEN_ERROR_STREAM, N_ ("the Docker daemon cannot be reached") },
  { "context \"*\": context not found", MITOGEN_ERROR_STREAM,
    N_ ("the context of Docker that is chosen does not exist") },
  { "no such container", MITOGEN_ERROR_STREAM, N_ ("there is no such container") },
  { "container * is not running", MITOGEN_ERROR_STREAM, N_ ("the container is not running") },
  { "container * is paused", MITOGEN_ERROR_STREAM, N_ ("the container is paused") },
  { "container * is restarting", MITOGEN_ERROR_STREAM,
    N_ ("the container is just being restarted") },
  { "no such image", MITOGEN_ERROR_STREAM, N_ ("there is no such image") },
  { "pull access denied for", MITOGEN_ERROR_STREAM,
    N_ ("the image does not exist, or this account may not fetch it") },
  { "manifest for * not found", MITOGEN_ERROR_STREAM, N_ ("there is no such image") },
  { "invalid reference format", MITOGEN_ERROR_STREAM, N_ ("this cannot be the name of an image") },
  { "network * not found", MITOGEN_ERROR_STREAM, N_ ("there is no such network") },
  { NULL, 0, NULL },
};

const MitogenEngineKind mitogen_engine_kind_docker = {
  .method = { .name = "docker",
              .make_method = mitogen_engine_connection_make_method,
              .describe = mitogen_engine_connection_describe },
  .client = "docker",
  .host_option = "--host=",
  .has_tls_options = TRUE,
  .words = docker_words,
};

/* ---- podman ---- */

/* Of version 4, with and without its service. */
static const MitogenWords podman_words[] = {
  { "unable to connect to podman * permission denied", MITOGEN_ERROR_PERMISSION,
    N_ ("this account may not use podman's service") },
  { "unable to connect to podman", MITOGEN_ERROR_STREAM,
    N_ ("podman's service does not run, or is somewhere else") },
  { "no container with name or id", MITOGEN_ERROR_STREAM, N_ ("there is no such container") },
  { "no such container", MITOGEN_ERROR_STREAM, N_ ("there is no such container") },
  { "can only create exec sessions on running containers", MITOGEN_ERROR_STREAM,
    N_ ("the container is not running, or paused") },
  { "container state improper", MITOGEN_ERROR_STREAM,
    N_ ("the container is not running, or paused") },
  { "image not known", MITOGEN_ERROR_STREAM, N_ ("there is no such image") },
  { "did not resolve to an alias and no unqualified-search registries", MITOGEN_ERROR_STREAM,
    N_ ("the image is not here, and its name does not say from where to fetch it") },
  { "initializing source docker://", MITOGEN_ERROR_STREAM,
    N_ ("the image is not here, and could not be fetched") },
  { "repository name must be lowercase", MITOGEN_ERROR_STREAM,
    N_ ("this cannot be the name of an image") },
  { "invalid reference format", MITOGEN_ERROR_STREAM, N_ ("this cannot be the name of an image") },
  { "unable to find network", MITOGEN_ERROR_STREAM, N_ ("there is no such network") },
  { NULL, 0, NULL },
};

const MitogenEngineKind mitogen_engine_kind_podman = {
  .method = { .name = "podman",
              .make_method = mitogen_engine_connection_make_method,
              .describe = mitogen_engine_connection_describe },
  .client = "podman",
  .host_option = "--url=",
  .words = podman_words,
  .is_podman = TRUE,
};

/* ---- both ---- */

/* Before what is said of a command that was not found, as podman adds that. */
static const MitogenWords runtime_words[] = {
  { "chdir to cwd * failed", MITOGEN_ERROR_STREAM,
    N_ ("there is no such working directory in the container") },
  { "chdir to * no such file or directory", MITOGEN_ERROR_STREAM,
    N_ ("there is no such working directory in the container") },
  { NULL, 0, NULL },
};

char *
mitogen_engine_kind_explain_runtime (const char *said, gint *code)
{
  char *what = mitogen_words_explain (runtime_words, said, code);

  return what != NULL ? what : mitogen_container_explain_runtime (said, code);
}
