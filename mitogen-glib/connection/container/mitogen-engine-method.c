/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-engine-method-private.h"
#include "connection/container/mitogen-engine-address-private.h"
#include "connection/container/mitogen-engine-discovery-private.h"
#include "connection/container/mitogen-engine-emitter-private.h"
#include "connection/container/mitogen-engine-errand-private.h"
#include "wire/mitogen-error.h"

#include <unistd.h>

typedef struct
{
  MitogenMethod method;
  MitogenEngineErrand *errand;
} EngineMethod;

/* ---- from the connection ---- */

static void
read_spec (const MitogenEngineKind *kind,
           MitogenEngineConnection *connection,
           MitogenEngineRunSpec *spec)
{
  MitogenContainerConnection *container = MITOGEN_CONTAINER_CONNECTION (connection);

  spec->engine = g_strdup (kind->method.name);
  spec->container = g_strdup (mitogen_container_connection_get_container (container));
  spec->username = g_strdup (mitogen_container_connection_get_username (container));
  spec->image = g_strdup (mitogen_engine_connection_get_image (connection));
  spec->network = g_strdup (mitogen_engine_connection_get_network (connection));
  spec->directory = g_strdup (mitogen_engine_connection_get_working_directory (connection));
  spec->environment = g_strdupv ((char **) mitogen_engine_connection_get_environment (connection));
  switch (mitogen_engine_connection_get_pull (connection))
    {
    case MITOGEN_ENGINE_PULL_ALWAYS:
      spec->pull = MITOGEN_ENGINE_RUN_PULL_ALWAYS;
      break;
    case MITOGEN_ENGINE_PULL_NEVER:
      spec->pull = MITOGEN_ENGINE_RUN_PULL_NEVER;
      break;
    case MITOGEN_ENGINE_PULL_MISSING:
    default:
      spec->pull = MITOGEN_ENGINE_RUN_PULL_MISSING;
    }
}

static gboolean
find_near (const MitogenEngineKind *kind,
           MitogenEngineConnection *connection,
           MitogenEngineAddress *address,
           GError **error)
{
  g_auto (GStrv) variables = g_get_environ ();
  const MitogenEngineSurroundings surroundings = {
    .variables = variables,
    .home = g_get_home_dir (),
    .uid = geteuid (),
    .docker_socket = MITOGEN_ENGINE_DOCKER_SOCKET,
    .podman_socket = MITOGEN_ENGINE_PODMAN_SOCKET,
    .run_user = MITOGEN_ENGINE_RUN_USER,
  };
  const MitogenEngineHints hints = {
    .address = mitogen_engine_connection_get_address (connection),
    .tls_directory = mitogen_engine_connection_get_tls_directory (connection),
    .tls_verify = mitogen_engine_connection_get_tls_verify (connection),
  };

  return kind->is_podman ? mitogen_engine_discover_podman (&surroundings, &hints, address, error)
                         : mitogen_engine_discover_docker (&surroundings, &hints, address, error);
}

/* @path: (out) (nullable): NULL: it depends on the account there */
static gboolean
find_far (const MitogenEngineKind *kind,
          MitogenEngineConnection *connection,
          char **path,
          GError **error)
{
  const char *address = mitogen_engine_connection_get_address (connection);

  if (address == NULL)
    {
      *path = kind->is_podman ? NULL : g_strdup (MITOGEN_ENGINE_DOCKER_SOCKET);
      return TRUE;
    }
  *path = mitogen_engine_address_parse_far (address, error);
  return *path != NULL;
}

/* ---- the method ---- */

static char *
engine_explain (MitogenMethod *method, const MitogenFailure *failure, gint *code, gboolean *busy)
{
  EngineMethod *self = (EngineMethod *) method;
  const GError *error = mitogen_engine_errand_get_error (self->errand);
  char *what = NULL;

  /* Some of it comes as the output of the command. */
  if (!failure->started)
    what = mitogen_engine_kind_explain_runtime (failure->said, code);
  if (what != NULL || error == NULL)
    return what;
  if (error->domain == MITOGEN_ERROR)
    *code = error->code;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    *code = MITOGEN_ERROR_PERMISSION;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    *code = MITOGEN_ERROR_TIMED_OUT;
  else
    *code = MITOGEN_ERROR_STREAM;
  return g_strdup (error->message);
}

static MitogenProcess *
engine_launch (MitogenMethod *method, const MitogenElsewhere *where, GError **error)
{
  return mitogen_engine_errand_start (((EngineMethod *) method)->errand, where);
}

static void
engine_settled (MitogenMethod *method)
{
  mitogen_engine_errand_settle (((EngineMethod *) method)->errand);
}

static void
engine_clear (MitogenMethod *method)
{
  mitogen_engine_errand_unref (((EngineMethod *) method)->errand);
}

static const MitogenMethodFuncs funcs = {
  .explain = engine_explain,
  .launch = engine_launch,
  .settled = engine_settled,
  .clear = engine_clear,
};

MitogenMethod *
mitogen_engine_method_new (const MitogenEngineKind *kind,
                           MitogenEngineConnection *connection,
                           gboolean is_far,
                           GError **error)
{
  MitogenEngineRunSpec spec = { 0 };
  g_autofree char *path = NULL;
  EngineMethod *self;

  if (!(is_far ? find_far (kind, connection, &path, error)
               : find_near (kind, connection, &spec.address, error)))
    return NULL;
  read_spec (kind, connection, &spec);
  self = mitogen_method_new (sizeof (EngineMethod), &funcs);
  self->method.eager = TRUE;
  self->errand = mitogen_engine_errand_new (&spec, path, mitogen_engine_emitter_new (connection));
  return &self->method;
}
