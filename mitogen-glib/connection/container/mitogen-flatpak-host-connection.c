/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-flatpak-host-connection.h"
#include "connection/container/mitogen-folder-private.h"
#include "connection/mitogen-words-private.h"
#include "connection/mitogen-text-property-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define DEFAULT_PATH "flatpak-spawn"

/**
 * MitogenFlatpakHostConnection:
 *
 * A context on the host of a Flatpak sandbox: how an app leaves it, by `flatpak-spawn --host`.
 *
 * The app needs the permission to talk to `org.freedesktop.Flatpak` on the session bus
 * (`--talk-name=org.freedesktop.Flatpak` in its manifest). The context runs in the account of the
 * user, outside of any sandbox, and ends with the app, however that ends.
 *
 * Since: 1.0
 */
struct _MitogenFlatpakHostConnection
{
  MitogenConnection parent_instance;

  char **environment;
  char *working_directory;
  char *flatpak_spawn_path;
};

G_DEFINE_FINAL_TYPE (MitogenFlatpakHostConnection,
                     mitogen_flatpak_host_connection,
                     MITOGEN_TYPE_CONNECTION)

typedef enum
{
  PROP_ENVIRONMENT = 1,
  PROP_WORKING_DIRECTORY,
  PROP_FLATPAK_SPAWN_PATH,
} MitogenFlatpakHostConnectionProperty;

static GParamSpec *properties[PROP_FLATPAK_SPAWN_PATH + 1];

/* ---- the command ---- */

static gboolean
check (MitogenFlatpakHostConnection *self, GError **error)
{
  for (guint i = 0; self->environment != NULL && self->environment[i] != NULL; i++)
    {
      const char *end = strchr (self->environment[i], '=');

      if (end != NULL && end != self->environment[i])
        continue;
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("“%s” is no variable with a value"), self->environment[i]);
      return FALSE;
    }
  return self->working_directory == NULL || mitogen_folder_check (self->working_directory, error);
}

static void
add_option (GStrvBuilder *argv, const char *name, const char *value)
{
  g_autofree char *word = g_strconcat (name, value, NULL);

  g_strv_builder_add (argv, word);
}

static char **
mitogen_flatpak_host_connection_get_argv (MitogenConnection *connection,
                                          MitogenContext *via,
                                          const char *const *python_argv,
                                          GError **error)
{
  MitogenFlatpakHostConnection *self = MITOGEN_FLATPAK_HOST_CONNECTION (connection);
  const char *path = self->flatpak_spawn_path != NULL ? self->flatpak_spawn_path : DEFAULT_PATH;
  g_autoptr (GStrvBuilder) argv = NULL;

  if (!check (self, error))
    return NULL;
  argv = g_strv_builder_new ();
  g_strv_builder_addv (argv, (const char *[]){ path, "--host", "--watch-bus", NULL });
  for (guint i = 0; self->environment != NULL && self->environment[i] != NULL; i++)
    add_option (argv, "--env=", self->environment[i]);
  if (self->working_directory != NULL)
    add_option (argv, "--directory=", self->working_directory);
  g_strv_builder_addv (argv, (const char **) python_argv);
  return g_strv_builder_end (argv);
}

static char *
mitogen_flatpak_host_connection_get_name (MitogenConnection *connection)
{
  return g_strdup ("flatpak-host");
}

/* ---- the method ---- */

static const MitogenWords words[] = {
  { "portal call failed: *failed to execute child process", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("the host has no such interpreter") },
  { "portal call failed: *failed to change to directory", MITOGEN_ERROR_STREAM,
    N_ ("the host has no such folder") },
  { "portal call failed: *accessdenied", MITOGEN_ERROR_PERMISSION,
    N_ ("the app may not run programs on its host: it needs to talk to org.freedesktop.Flatpak") },
  { "portal call failed: *not allowed", MITOGEN_ERROR_PERMISSION,
    N_ ("the app may not run programs on its host: it needs to talk to org.freedesktop.Flatpak") },
  { "portal call failed: *was not provided by any", MITOGEN_ERROR_PERMISSION,
    N_ ("the app may not run programs on its host, or that has no flatpak: it needs to talk to "
        "org.freedesktop.Flatpak") },
  { "portal call failed: *serviceunknown", MITOGEN_ERROR_PERMISSION,
    N_ ("the app may not run programs on its host, or that has no flatpak: it needs to talk to "
        "org.freedesktop.Flatpak") },
  { "portal call failed", MITOGEN_ERROR_STREAM, N_ ("the host does not run the command") },
  { "can't find bus", MITOGEN_ERROR_STREAM, N_ ("there is no session bus") },
  { NULL, 0, NULL },
};

static char *
explain (MitogenMethod *self, const MitogenFailure *failure, gint *code, gboolean *busy)
{
  return failure->started ? NULL : mitogen_words_explain (words, failure->said, code);
}

static const MitogenMethodFuncs funcs = {
  .explain = explain,
};

static MitogenMethod *
make_method (MitogenConnection *connection, gboolean direct, GError **error)
{
  MitogenMethod *self = mitogen_method_new (sizeof (MitogenMethod), &funcs);

  self->eager = TRUE;
  return self;
}

static const MitogenConnectionMethod method = {
  .name = "flatpak-host",
  .make_method = make_method,
};

/* ---- the object ---- */

static void
mitogen_flatpak_host_connection_finalize (GObject *object)
{
  MitogenFlatpakHostConnection *self = MITOGEN_FLATPAK_HOST_CONNECTION (object);

  g_strfreev (self->environment);
  g_free (self->working_directory);
  g_free (self->flatpak_spawn_path);
  G_OBJECT_CLASS (mitogen_flatpak_host_connection_parent_class)->finalize (object);
}

static void
mitogen_flatpak_host_connection_get_property (GObject *object,
                                              guint id,
                                              GValue *value,
                                              GParamSpec *pspec)
{
  MitogenFlatpakHostConnection *self = MITOGEN_FLATPAK_HOST_CONNECTION (object);

  switch ((MitogenFlatpakHostConnectionProperty) id)
    {
    case PROP_ENVIRONMENT:
      g_value_set_boxed (value, self->environment);
      break;
    case PROP_WORKING_DIRECTORY:
      g_value_set_string (value, self->working_directory);
      break;
    case PROP_FLATPAK_SPAWN_PATH:
      g_value_set_string (value, self->flatpak_spawn_path);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_flatpak_host_connection_set_property (GObject *object,
                                              guint id,
                                              const GValue *value,
                                              GParamSpec *pspec)
{
  MitogenFlatpakHostConnection *self = MITOGEN_FLATPAK_HOST_CONNECTION (object);

  switch ((MitogenFlatpakHostConnectionProperty) id)
    {
    case PROP_ENVIRONMENT:
      mitogen_flatpak_host_connection_set_environment (self, g_value_get_boxed (value));
      break;
    case PROP_WORKING_DIRECTORY:
      mitogen_flatpak_host_connection_set_working_directory (self, g_value_get_string (value));
      break;
    case PROP_FLATPAK_SPAWN_PATH:
      mitogen_flatpak_host_connection_set_flatpak_spawn_path (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
make_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenFlatpakHostConnection:environment: (getter get_environment) (setter set_environment)
   *
   * Variables that the context is to have, as `NAME=value`, beside those of the session.
   *
   * Since: 1.0
   */
  properties[PROP_ENVIRONMENT] = g_param_spec_boxed ("environment", NULL, NULL, G_TYPE_STRV, flags);
  /**
   * MitogenFlatpakHostConnection:working-directory:
   *
   * The folder, on the host, in which the context begins; the home folder of the account if
   * unset.
   *
   * Since: 1.0
   */
  properties[PROP_WORKING_DIRECTORY] =
      g_param_spec_string ("working-directory", NULL, NULL, NULL, flags);
  /**
   * MitogenFlatpakHostConnection:flatpak-spawn-path:
   *
   * The program in the sandbox; `flatpak-spawn` in `PATH` if unset.
   *
   * Since: 1.0
   */
  properties[PROP_FLATPAK_SPAWN_PATH] =
      g_param_spec_string ("flatpak-spawn-path", NULL, NULL, NULL, flags);
}

static void
mitogen_flatpak_host_connection_class_init (MitogenFlatpakHostConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  object_class->finalize = mitogen_flatpak_host_connection_finalize;
  object_class->get_property = mitogen_flatpak_host_connection_get_property;
  object_class->set_property = mitogen_flatpak_host_connection_set_property;
  connection_class->get_argv = mitogen_flatpak_host_connection_get_argv;
  connection_class->get_name = mitogen_flatpak_host_connection_get_name;
  mitogen_connection_class_set_method (connection_class, &method);

  make_properties ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_flatpak_host_connection_init (MitogenFlatpakHostConnection *self)
{
}

/**
 * mitogen_flatpak_host_connection_new:
 *
 * Creates a connection to the host of a Flatpak sandbox.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_flatpak_host_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_FLATPAK_HOST_CONNECTION, NULL);
}

/**
 * mitogen_flatpak_host_connection_get_environment: (get-property environment)
 * @self: a connection
 *
 * Gets the variables that the context is to have.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): texts such as `NAME=value`
 *
 * Since: 1.0
 */
const char *const *
mitogen_flatpak_host_connection_get_environment (MitogenFlatpakHostConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_FLATPAK_HOST_CONNECTION (self), NULL);
  return (const char *const *) self->environment;
}

/**
 * mitogen_flatpak_host_connection_set_environment: (set-property environment)
 * @self: a connection
 * @environment: (nullable) (array zero-terminated=1): texts such as `NAME=value`
 *
 * Sets the variables that the context is to have.
 *
 * Since: 1.0
 */
void
mitogen_flatpak_host_connection_set_environment (MitogenFlatpakHostConnection *self,
                                                 const char *const *environment)
{
  g_return_if_fail (MITOGEN_IS_FLATPAK_HOST_CONNECTION (self));
  g_strfreev (self->environment);
  self->environment = g_strdupv ((char **) environment);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ENVIRONMENT]);
}

/**
 * mitogen_flatpak_host_connection_get_working_directory: (get-property working-directory)
 * @self: a connection
 *
 * Gets the folder in which the context begins.
 *
 * Returns: (nullable): a path on the host; nothing for the home folder
 *
 * Since: 1.0
 */
const char *
mitogen_flatpak_host_connection_get_working_directory (MitogenFlatpakHostConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_FLATPAK_HOST_CONNECTION (self), NULL);
  return self->working_directory;
}

/**
 * mitogen_flatpak_host_connection_set_working_directory: (set-property working-directory)
 * @self: a connection
 * @working_directory: (nullable): a path on the host; nothing for the home folder
 *
 * Sets the folder in which the context begins.
 *
 * Since: 1.0
 */
void
mitogen_flatpak_host_connection_set_working_directory (MitogenFlatpakHostConnection *self,
                                                       const char *working_directory)
{
  g_return_if_fail (MITOGEN_IS_FLATPAK_HOST_CONNECTION (self));
  mitogen_text_property_set (self, &self->working_directory, working_directory,
                             properties[PROP_WORKING_DIRECTORY]);
}

/**
 * mitogen_flatpak_host_connection_get_flatpak_spawn_path: (get-property flatpak-spawn-path)
 * @self: a connection
 *
 * Gets the program.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for `flatpak-
 *   spawn`
 *
 * Since: 1.0
 */
const char *
mitogen_flatpak_host_connection_get_flatpak_spawn_path (MitogenFlatpakHostConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_FLATPAK_HOST_CONNECTION (self), NULL);
  return self->flatpak_spawn_path;
}

/**
 * mitogen_flatpak_host_connection_set_flatpak_spawn_path: (set-property flatpak-spawn-path)
 * @self: a connection
 * @flatpak_spawn_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for
 * `flatpak-spawn`
 *
 * Sets the program.
 *
 * Since: 1.0
 */
void
mitogen_flatpak_host_connection_set_flatpak_spawn_path (MitogenFlatpakHostConnection *self,
                                                        const char *flatpak_spawn_path)
{
  g_return_if_fail (MITOGEN_IS_FLATPAK_HOST_CONNECTION (self));
  mitogen_text_property_set (self, &self->flatpak_spawn_path, flatpak_spawn_path,
                             properties[PROP_FLATPAK_SPAWN_PATH]);
}
