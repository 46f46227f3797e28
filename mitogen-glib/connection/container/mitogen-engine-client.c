/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-engine-client-private.h"
#include "connection/container/mitogen-container-connection-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <sys/wait.h>

/* ---- the command ---- */

/* In one word, so that no value can be taken for an option. */
static void
add_option (GStrvBuilder *argv, const char *option, const char *value)
{
  g_autofree char *word = NULL;

  if (value == NULL)
    return;
  word = g_strconcat (option, value, NULL);
  g_strv_builder_add (argv, word);
}

static void
add_tls (GStrvBuilder *argv, MitogenEngineConnection *connection)
{
  const char *directory = mitogen_engine_connection_get_tls_directory (connection);
  const struct
  {
    const char *option;
    const char *file;
  } files[] = { { "--tlscacert=", "ca.pem" },
                { "--tlscert=", "cert.pem" },
                { "--tlskey=", "key.pem" } };

  if (directory == NULL)
    return;
  g_strv_builder_add (argv, mitogen_engine_connection_get_tls_verify (connection) ? "--tlsverify"
                                                                                  : "--tls");
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (directory, files[i].file, NULL);

      add_option (argv, files[i].option, path);
    }
}

/* Those that "run" and "exec" have in common. */
static void
add_common (GStrvBuilder *argv, MitogenEngineConnection *connection)
{
  const char *const *environment = mitogen_engine_connection_get_environment (connection);

  g_strv_builder_add (argv, "--interactive");
  add_option (argv, "--user=",
              mitogen_container_connection_get_username (
                  MITOGEN_CONTAINER_CONNECTION (connection)));
  add_option (argv, "--workdir=", mitogen_engine_connection_get_working_directory (connection));
  for (guint i = 0; environment != NULL && environment[i] != NULL; i++)
    add_option (argv, "--env=", environment[i]);
}

static const char *
get_pull_policy (MitogenEngineConnection *connection)
{
  switch (mitogen_engine_connection_get_pull (connection))
    {
    case MITOGEN_ENGINE_PULL_ALWAYS:
      return "always";
    case MITOGEN_ENGINE_PULL_NEVER:
      return "never";
    case MITOGEN_ENGINE_PULL_MISSING:
    default:
      return NULL; /* as the program does by itself: old ones do not know the option */
    }
}

/* The image's own ENTRYPOINT is not run: it may do anything with the command. */
static void
add_run (GStrvBuilder *argv, MitogenEngineConnection *connection, const char *const *python_argv)
{
  g_strv_builder_add_many (argv, "run", "--rm", NULL);
  add_common (argv, connection);
  add_option (argv, "--pull=", get_pull_policy (connection));
  add_option (argv, "--network=", mitogen_engine_connection_get_network (connection));
  add_option (argv, "--entrypoint=", python_argv[0]);
  g_strv_builder_add (argv, mitogen_engine_connection_get_image (connection));
  if (python_argv[0] != NULL)
    g_strv_builder_addv (argv, (const char **) python_argv + 1);
}

static void
add_exec (GStrvBuilder *argv, MitogenEngineConnection *connection, const char *const *python_argv)
{
  g_strv_builder_add (argv, "exec");
  add_common (argv, connection);
  g_strv_builder_add (argv, mitogen_container_connection_get_container (
                                MITOGEN_CONTAINER_CONNECTION (connection)));
  g_strv_builder_addv (argv, (const char **) python_argv);
}

char **
mitogen_engine_client_make_argv (const MitogenEngineKind *kind,
                                 MitogenEngineConnection *connection,
                                 const char *const *python_argv)
{
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();

  g_strv_builder_add (argv, mitogen_container_connection_get_program (
                                MITOGEN_CONTAINER_CONNECTION (connection)));
  add_option (argv, kind->host_option, mitogen_engine_connection_get_address (connection));
  if (kind->has_tls_options)
    add_tls (argv, connection);
  if (mitogen_engine_connection_get_image (connection) != NULL)
    add_run (argv, connection, python_argv);
  else
    add_exec (argv, connection, python_argv);
  return g_strv_builder_end (argv);
}

/* ---- its last words ---- */

typedef struct
{
  MitogenMethod method;
  const MitogenEngineKind *kind;
} ClientMethod;

/* "docker run" itself has failed, after it has said that it needs the image. */
static gboolean
could_not_fetch (const MitogenFailure *failure)
{
  return failure->has_status && WIFEXITED (failure->wait_status) &&
         WEXITSTATUS (failure->wait_status) == 125 &&
         mitogen_words_contain (failure->said, "unable to find image");
}

static char *
client_explain (MitogenMethod *method, const MitogenFailure *failure, gint *code, gboolean *busy)
{
  ClientMethod *self = (ClientMethod *) method;
  char *what;

  if (failure->started)
    return NULL;
  what = mitogen_words_explain (self->kind->words, failure->said, code);
  if (what == NULL)
    what = mitogen_engine_kind_explain_runtime (failure->said, code);
  if (what != NULL || !could_not_fetch (failure))
    return what;
  *code = MITOGEN_ERROR_STREAM;
  return g_strdup (_ ("the image is not here, and could not be fetched"));
}

static const MitogenMethodFuncs funcs = { .explain = client_explain };

MitogenMethod *
mitogen_engine_client_new (const MitogenEngineKind *kind)
{
  ClientMethod *self = mitogen_method_new (sizeof (ClientMethod), &funcs);

  self->kind = kind;
  /* What it is given goes to the command and nowhere else. */
  self->method.eager = TRUE;
  return &self->method;
}
