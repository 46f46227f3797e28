/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-nspawn-connection.h"
#include "connection/container/mitogen-container-connection-private.h"
#include "connection/container/mitogen-folder-private.h"
#include "connection/mitogen-words-private.h"
#include "connection/mitogen-text-property-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

#define DEFAULT_PATH "systemd-nspawn"

/**
 * MitogenNspawnConnection:
 *
 * A context in a container of its own, which `systemd-nspawn` makes of a folder or an image, and
 * which ends with the context.
 *
 * For a container that runs already, see [class@Mitogen.MachinectlConnection].
 *
 * Since: 1.0
 */
struct _MitogenNspawnConnection
{
  MitogenConnection parent_instance;

  char *directory;
  char *image;
  char *machine;
  char *username;
  char *systemd_nspawn_path;
};

G_DEFINE_FINAL_TYPE (MitogenNspawnConnection, mitogen_nspawn_connection, MITOGEN_TYPE_CONNECTION)

typedef enum
{
  PROP_DIRECTORY = 1,
  PROP_IMAGE,
  PROP_MACHINE,
  PROP_USERNAME,
  PROP_SYSTEMD_NSPAWN_PATH,
} MitogenNspawnConnectionProperty;

static GParamSpec *properties[PROP_SYSTEMD_NSPAWN_PATH + 1];

/* ---- the command ---- */

/* A process 1 would have to wait for orphans, and not be ended by signals. Where there is no
 * systemd, or where it cannot be talked to, there is nobody to make a unit for the container, or to
 * keep a list of them. */
static const char script[] =
    "n=$1; shift; if [ ! -d /run/systemd/system ] || [ ! -S /run/dbus/system_bus_socket ]; "
    "then set -- --keep-unit --register=no \"$@\"; fi; exec \"$n\" --quiet --pipe --as-pid2 \"$@\"";

static void
add_option (GStrvBuilder *argv, const char *name, const char *value)
{
  g_autofree char *word = g_strconcat (name, value, NULL);

  if (value != NULL)
    g_strv_builder_add (argv, word);
}

static gboolean
check (MitogenNspawnConnection *self, GError **error)
{
  if (self->directory != NULL && self->image != NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _ ("A container cannot be made both of a folder and of an image"));
      return FALSE;
    }
  if ((self->directory != NULL && !mitogen_folder_check (self->directory, error)) ||
      (self->image != NULL && !mitogen_folder_check (self->image, error)))
    return FALSE;
  if ((self->machine != NULL || (self->directory == NULL && self->image == NULL)) &&
      !mitogen_container_check_name (_ ("machine"), self->machine, error))
    return FALSE;
  return self->username == NULL || mitogen_container_check_name (_ ("user"), self->username, error);
}

static char **
mitogen_nspawn_connection_get_argv (MitogenConnection *connection,
                                    MitogenContext *via,
                                    const char *const *python_argv,
                                    GError **error)
{
  MitogenNspawnConnection *self = MITOGEN_NSPAWN_CONNECTION (connection);
  const char *path = self->systemd_nspawn_path != NULL ? self->systemd_nspawn_path : DEFAULT_PATH;
  g_autoptr (GStrvBuilder) argv = NULL;

  if (!check (self, error))
    return NULL;
  argv = g_strv_builder_new ();
  g_strv_builder_addv (argv, (const char *[]){ "/bin/sh", "-c", script, "sh", path, NULL });
  add_option (argv, "--directory=", self->directory);
  add_option (argv, "--image=", self->image);
  add_option (argv, "--machine=", self->machine);
  add_option (argv, "--user=", self->username);
  g_strv_builder_add (argv, "--");
  g_strv_builder_addv (argv, (const char **) python_argv);
  return g_strv_builder_end (argv);
}

static const char *
get_place (MitogenNspawnConnection *self)
{
  if (self->machine != NULL)
    return self->machine;
  return self->directory != NULL ? self->directory : self->image;
}

static char *
mitogen_nspawn_connection_get_name (MitogenConnection *connection)
{
  return g_strconcat ("nspawn.", get_place (MITOGEN_NSPAWN_CONNECTION (connection)), NULL);
}

/* ---- the method ---- */

static const MitogenWords words[] = {
  { "need to be root", MITOGEN_ERROR_PERMISSION, N_ ("only root may make a container") },
  { "is currently busy", MITOGEN_ERROR_STREAM, N_ ("a container runs in this folder already") },
  { "no machine image", MITOGEN_ERROR_STREAM, N_ ("there is no such machine") },
  { "no image for machine", MITOGEN_ERROR_STREAM, N_ ("there is no such machine") },
  { "invalid machine name", MITOGEN_ERROR_STREAM, N_ ("no machine can be called so") },
  { "failed to resolve path *: no such file", MITOGEN_ERROR_STREAM,
    N_ ("there is no such folder") },
  { "is not a directory", MITOGEN_ERROR_STREAM, N_ ("there is no such folder") },
  { "doesn't look like ", MITOGEN_ERROR_STREAM, N_ ("there is no system in the folder") },
  { "failed to resolve user", MITOGEN_ERROR_STREAM, N_ ("there is no such user in there") },
  { "failed to look up user", MITOGEN_ERROR_STREAM, N_ ("there is no such user in there") },
  { "execv(* failed: permission denied", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("neither the interpreter nor /bin/sh, to look for one, runs in there") },
  { "execv(* failed: no such file", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("neither the interpreter nor /bin/sh, to look for one, runs in there") },
  { "exec: *: not found", MITOGEN_ERROR_STREAM, N_ ("systemd-nspawn is not installed") },
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

static void
describe (MitogenConnection *connection, MitogenPlace *place)
{
  MitogenNspawnConnection *self = MITOGEN_NSPAWN_CONNECTION (connection);

  place->host = g_strdup (self->machine);
  place->user = g_strdup (self->username);
}

static const MitogenConnectionMethod method = {
  .name = "nspawn",
  .make_method = make_method,
  .describe = describe,
};

/* ---- the object ---- */

static void
mitogen_nspawn_connection_finalize (GObject *object)
{
  MitogenNspawnConnection *self = MITOGEN_NSPAWN_CONNECTION (object);

  g_free (self->directory);
  g_free (self->image);
  g_free (self->machine);
  g_free (self->username);
  g_free (self->systemd_nspawn_path);
  G_OBJECT_CLASS (mitogen_nspawn_connection_parent_class)->finalize (object);
}

static void
mitogen_nspawn_connection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenNspawnConnection *self = MITOGEN_NSPAWN_CONNECTION (object);

  switch ((MitogenNspawnConnectionProperty) id)
    {
    case PROP_DIRECTORY:
      g_value_set_string (value, self->directory);
      break;
    case PROP_IMAGE:
      g_value_set_string (value, self->image);
      break;
    case PROP_MACHINE:
      g_value_set_string (value, self->machine);
      break;
    case PROP_USERNAME:
      g_value_set_string (value, self->username);
      break;
    case PROP_SYSTEMD_NSPAWN_PATH:
      g_value_set_string (value, self->systemd_nspawn_path);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_nspawn_connection_set_property (GObject *object,
                                        guint id,
                                        const GValue *value,
                                        GParamSpec *pspec)
{
  MitogenNspawnConnection *self = MITOGEN_NSPAWN_CONNECTION (object);

  switch ((MitogenNspawnConnectionProperty) id)
    {
    case PROP_DIRECTORY:
      mitogen_nspawn_connection_set_directory (self, g_value_get_string (value));
      break;
    case PROP_IMAGE:
      mitogen_nspawn_connection_set_image (self, g_value_get_string (value));
      break;
    case PROP_MACHINE:
      mitogen_nspawn_connection_set_machine (self, g_value_get_string (value));
      break;
    case PROP_USERNAME:
      mitogen_nspawn_connection_set_username (self, g_value_get_string (value));
      break;
    case PROP_SYSTEMD_NSPAWN_PATH:
      mitogen_nspawn_connection_set_systemd_nspawn_path (self, g_value_get_string (value));
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
   * MitogenNspawnConnection:directory: (getter get_directory) (setter set_directory)
   *
   * The folder with the container's root file system. Either this, or an image, or a machine.
   *
   * Since: 1.0
   */
  properties[PROP_DIRECTORY] = g_param_spec_string ("directory", NULL, NULL, NULL, flags);
  /**
   * MitogenNspawnConnection:image: (getter get_image) (setter set_image)
   *
   * A file or device with the container's root file system.
   *
   * Since: 1.0
   */
  properties[PROP_IMAGE] = g_param_spec_string ("image", NULL, NULL, NULL, flags);
  /**
   * MitogenNspawnConnection:machine: (getter get_machine) (setter set_machine)
   *
   * What the container is called; if there is neither a folder nor an image, also which of
   * `/var/lib/machines` it is.
   *
   * Since: 1.0
   */
  properties[PROP_MACHINE] = g_param_spec_string ("machine", NULL, NULL, NULL, flags);
  /**
   * MitogenNspawnConnection:username: (getter get_username) (setter set_username)
   *
   * Whose account in there the context is to run in; root if unset.
   *
   * Since: 1.0
   */
  properties[PROP_USERNAME] = g_param_spec_string ("username", NULL, NULL, NULL, flags);
  /**
   * MitogenNspawnConnection:systemd-nspawn-path:
   *
   * The program, on the host where the connection begins; `systemd-nspawn` in `PATH` if unset.
   *
   * Since: 1.0
   */
  properties[PROP_SYSTEMD_NSPAWN_PATH] =
      g_param_spec_string ("systemd-nspawn-path", NULL, NULL, NULL, flags);
}

static void
mitogen_nspawn_connection_class_init (MitogenNspawnConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  object_class->finalize = mitogen_nspawn_connection_finalize;
  object_class->get_property = mitogen_nspawn_connection_get_property;
  object_class->set_property = mitogen_nspawn_connection_set_property;
  connection_class->get_argv = mitogen_nspawn_connection_get_argv;
  connection_class->get_name = mitogen_nspawn_connection_get_name;
  mitogen_connection_class_set_method (connection_class, &method);

  make_properties ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_nspawn_connection_init (MitogenNspawnConnection *self)
{
}

/**
 * mitogen_nspawn_connection_new:
 *
 * Creates a connection to a container that is made for it by `systemd-nspawn`.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_nspawn_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_NSPAWN_CONNECTION, NULL);
}

/**
 * mitogen_nspawn_connection_get_directory: (get-property directory)
 * @self: a connection
 *
 * Gets the folder.
 *
 * Returns: (nullable): a path on the host where the connection begins
 *
 * Since: 1.0
 */
const char *
mitogen_nspawn_connection_get_directory (MitogenNspawnConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_NSPAWN_CONNECTION (self), NULL);
  return self->directory;
}

/**
 * mitogen_nspawn_connection_set_directory: (set-property directory)
 * @self: a connection
 * @directory: (nullable): a path on the host where the connection begins
 *
 * Sets the folder with the container's root file system.
 *
 * Since: 1.0
 */
void
mitogen_nspawn_connection_set_directory (MitogenNspawnConnection *self, const char *directory)
{
  g_return_if_fail (MITOGEN_IS_NSPAWN_CONNECTION (self));
  mitogen_text_property_set (self, &self->directory, directory, properties[PROP_DIRECTORY]);
}

/**
 * mitogen_nspawn_connection_get_image: (get-property image)
 * @self: a connection
 *
 * Gets the image.
 *
 * Returns: (nullable): a path on the host where the connection begins
 *
 * Since: 1.0
 */
const char *
mitogen_nspawn_connection_get_image (MitogenNspawnConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_NSPAWN_CONNECTION (self), NULL);
  return self->image;
}

/**
 * mitogen_nspawn_connection_set_image: (set-property image)
 * @self: a connection
 * @image: (nullable): a path on the host where the connection begins
 *
 * Sets the file or device with the container's root file system.
 *
 * Since: 1.0
 */
void
mitogen_nspawn_connection_set_image (MitogenNspawnConnection *self, const char *image)
{
  g_return_if_fail (MITOGEN_IS_NSPAWN_CONNECTION (self));
  mitogen_text_property_set (self, &self->image, image, properties[PROP_IMAGE]);
}

/**
 * mitogen_nspawn_connection_get_machine: (get-property machine)
 * @self: a connection
 *
 * Gets what the container is called.
 *
 * Returns: (nullable): a name; nothing to have `systemd-nspawn` find one
 *
 * Since: 1.0
 */
const char *
mitogen_nspawn_connection_get_machine (MitogenNspawnConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_NSPAWN_CONNECTION (self), NULL);
  return self->machine;
}

/**
 * mitogen_nspawn_connection_set_machine: (set-property machine)
 * @self: a connection
 * @machine: (nullable): a name; nothing to have `systemd-nspawn` find one
 *
 * Sets what the container is called.
 *
 * Since: 1.0
 */
void
mitogen_nspawn_connection_set_machine (MitogenNspawnConnection *self, const char *machine)
{
  g_return_if_fail (MITOGEN_IS_NSPAWN_CONNECTION (self));
  mitogen_text_property_set (self, &self->machine, machine, properties[PROP_MACHINE]);
}

/**
 * mitogen_nspawn_connection_get_username: (get-property username)
 * @self: a connection
 *
 * Gets whose account the context is to run in.
 *
 * Returns: (nullable): a user name; nothing for root
 *
 * Since: 1.0
 */
const char *
mitogen_nspawn_connection_get_username (MitogenNspawnConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_NSPAWN_CONNECTION (self), NULL);
  return self->username;
}

/**
 * mitogen_nspawn_connection_set_username: (set-property username)
 * @self: a connection
 * @username: (nullable): a user name; nothing for root
 *
 * Sets whose account the context is to run in.
 *
 * Since: 1.0
 */
void
mitogen_nspawn_connection_set_username (MitogenNspawnConnection *self, const char *username)
{
  g_return_if_fail (MITOGEN_IS_NSPAWN_CONNECTION (self));
  mitogen_text_property_set (self, &self->username, username, properties[PROP_USERNAME]);
}

/**
 * mitogen_nspawn_connection_get_systemd_nspawn_path: (get-property systemd-nspawn-path)
 * @self: a connection
 *
 * Gets the program.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for `systemd-
 *   nspawn`
 *
 * Since: 1.0
 */
const char *
mitogen_nspawn_connection_get_systemd_nspawn_path (MitogenNspawnConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_NSPAWN_CONNECTION (self), NULL);
  return self->systemd_nspawn_path;
}

/**
 * mitogen_nspawn_connection_set_systemd_nspawn_path: (set-property systemd-nspawn-path)
 * @self: a connection
 * @systemd_nspawn_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for
 * `systemd-nspawn`
 *
 * Sets the program.
 *
 * Since: 1.0
 */
void
mitogen_nspawn_connection_set_systemd_nspawn_path (MitogenNspawnConnection *self,
                                                   const char *systemd_nspawn_path)
{
  g_return_if_fail (MITOGEN_IS_NSPAWN_CONNECTION (self));
  mitogen_text_property_set (self, &self->systemd_nspawn_path, systemd_nspawn_path,
                             properties[PROP_SYSTEMD_NSPAWN_PATH]);
}
