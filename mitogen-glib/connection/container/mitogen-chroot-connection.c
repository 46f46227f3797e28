/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-chroot-connection.h"
#include "connection/container/mitogen-container-connection-private.h"
#include "connection/container/mitogen-enter-command-private.h"
#include "connection/container/mitogen-folder-private.h"
#include "connection/mitogen-text-property-private.h"

#include <glib/gi18n-lib.h>

/**
 * MitogenChrootConnection:
 *
 * A context with another root folder.
 *
 * It takes the rights of root. The folder has to hold an interpreter and what that needs; a
 * `/proc` in there is useful, but not needed.
 *
 * Since: 1.0
 */
struct _MitogenChrootConnection
{
  MitogenConnection parent_instance;

  char *directory;
  char *username;
  char *chroot_path;
};

G_DEFINE_FINAL_TYPE (MitogenChrootConnection, mitogen_chroot_connection, MITOGEN_TYPE_CONNECTION)

typedef enum
{
  PROP_DIRECTORY = 1,
  PROP_USERNAME,
  PROP_CHROOT_PATH,
} MitogenChrootConnectionProperty;

static GParamSpec *properties[PROP_CHROOT_PATH + 1];

/* ---- the command ---- */

/* The program of coreutils finds users by libraries in the folder, with the rights of root, in some
 * versions, and by those of this host in others. */
static void
add_program (MitogenChrootConnection *self, GStrvBuilder *argv)
{
  g_strv_builder_add (argv, self->chroot_path);
  if (self->username != NULL)
    {
      g_autofree char *user = g_strconcat ("--userspec=", self->username, NULL);

      g_strv_builder_add (argv, user);
    }
  g_strv_builder_addv (argv, (const char *[]){ "--", self->directory, NULL });
}

static void
add_own (MitogenChrootConnection *self, MitogenContext *via, GStrvBuilder *argv)
{
  g_autofree char *root = g_strconcat ("--root=", self->directory, NULL);

  mitogen_enter_command_add (argv, mitogen_connection_is_here (MITOGEN_CONNECTION (self), via));
  g_strv_builder_add (argv, root);
  if (self->username != NULL)
    {
      g_autofree char *user = g_strconcat ("--user=", self->username, NULL);

      g_strv_builder_add (argv, user);
    }
  g_strv_builder_add (argv, "--");
}

static char **
mitogen_chroot_connection_get_argv (MitogenConnection *connection,
                                    MitogenContext *via,
                                    const char *const *python_argv,
                                    GError **error)
{
  MitogenChrootConnection *self = MITOGEN_CHROOT_CONNECTION (connection);
  g_autoptr (GStrvBuilder) argv = NULL;

  if (!mitogen_folder_check (self->directory, error) ||
      (self->username != NULL && !mitogen_container_check_name (_ ("user"), self->username, error)))
    return NULL;
  argv = g_strv_builder_new ();
  if (self->chroot_path != NULL)
    add_program (self, argv);
  else
    add_own (self, via, argv);
  g_strv_builder_addv (argv, (const char **) python_argv);
  return g_strv_builder_end (argv);
}

static char *
mitogen_chroot_connection_get_name (MitogenConnection *connection)
{
  MitogenChrootConnection *self = MITOGEN_CHROOT_CONNECTION (connection);

  return g_strconcat ("chroot.", self->directory, NULL);
}

/* ---- the method ---- */

static MitogenMethod *
make_method (MitogenConnection *connection, gboolean direct, GError **error)
{
  return mitogen_enter_command_new_method ();
}

static void
describe (MitogenConnection *connection, MitogenPlace *place)
{
  place->user = g_strdup (MITOGEN_CHROOT_CONNECTION (connection)->username);
}

static const MitogenConnectionMethod method = {
  .name = "chroot",
  .make_method = make_method,
  .describe = describe,
};

/* ---- the object ---- */

static void
mitogen_chroot_connection_finalize (GObject *object)
{
  MitogenChrootConnection *self = MITOGEN_CHROOT_CONNECTION (object);

  g_free (self->directory);
  g_free (self->username);
  g_free (self->chroot_path);
  G_OBJECT_CLASS (mitogen_chroot_connection_parent_class)->finalize (object);
}

static void
mitogen_chroot_connection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenChrootConnection *self = MITOGEN_CHROOT_CONNECTION (object);

  switch ((MitogenChrootConnectionProperty) id)
    {
    case PROP_DIRECTORY:
      g_value_set_string (value, self->directory);
      break;
    case PROP_USERNAME:
      g_value_set_string (value, self->username);
      break;
    case PROP_CHROOT_PATH:
      g_value_set_string (value, self->chroot_path);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_chroot_connection_set_property (GObject *object,
                                        guint id,
                                        const GValue *value,
                                        GParamSpec *pspec)
{
  MitogenChrootConnection *self = MITOGEN_CHROOT_CONNECTION (object);

  switch ((MitogenChrootConnectionProperty) id)
    {
    case PROP_DIRECTORY:
      mitogen_chroot_connection_set_directory (self, g_value_get_string (value));
      break;
    case PROP_USERNAME:
      mitogen_chroot_connection_set_username (self, g_value_get_string (value));
      break;
    case PROP_CHROOT_PATH:
      mitogen_chroot_connection_set_chroot_path (self, g_value_get_string (value));
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
   * MitogenChrootConnection:directory: (getter get_directory) (setter set_directory)
   *
   * The folder that becomes the root folder of the context.
   *
   * Since: 1.0
   */
  properties[PROP_DIRECTORY] = g_param_spec_string ("directory", NULL, NULL, NULL, flags);
  /**
   * MitogenChrootConnection:username: (getter get_username) (setter set_username)
   *
   * Whose account in there the context is to run in: a name, or a number, with a group after a
   * colon if it is not to be that of the account. Root if unset.
   *
   * Names are looked up in the `/etc/passwd` and `/etc/group` of the folder.
   *
   * Since: 1.0
   */
  properties[PROP_USERNAME] = g_param_spec_string ("username", NULL, NULL, NULL, flags);
  /**
   * MitogenChrootConnection:chroot-path: (getter get_chroot_path) (setter set_chroot_path)
   *
   * A program to use rather than the library's own: `chroot` of coreutils, or one that takes the
   * same words. It may find users in another way.
   *
   * Since: 1.0
   */
  properties[PROP_CHROOT_PATH] = g_param_spec_string ("chroot-path", NULL, NULL, NULL, flags);
}

static void
mitogen_chroot_connection_class_init (MitogenChrootConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  object_class->finalize = mitogen_chroot_connection_finalize;
  object_class->get_property = mitogen_chroot_connection_get_property;
  object_class->set_property = mitogen_chroot_connection_set_property;
  connection_class->get_argv = mitogen_chroot_connection_get_argv;
  connection_class->get_name = mitogen_chroot_connection_get_name;
  mitogen_connection_class_set_method (connection_class, &method);

  make_properties ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_chroot_connection_init (MitogenChrootConnection *self)
{
}

/**
 * mitogen_chroot_connection_new:
 *
 * Creates a connection to another root folder.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_chroot_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_CHROOT_CONNECTION, NULL);
}

/**
 * mitogen_chroot_connection_get_directory: (get-property directory)
 * @self: a connection
 *
 * Gets the folder.
 *
 * Returns: (nullable): a path on the host where the connection begins
 *
 * Since: 1.0
 */
const char *
mitogen_chroot_connection_get_directory (MitogenChrootConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CHROOT_CONNECTION (self), NULL);
  return self->directory;
}

/**
 * mitogen_chroot_connection_set_directory: (set-property directory)
 * @self: a connection
 * @directory: (nullable): a path on the host where the connection begins
 *
 * Sets the folder that becomes the root folder of the context.
 *
 * Since: 1.0
 */
void
mitogen_chroot_connection_set_directory (MitogenChrootConnection *self, const char *directory)
{
  g_return_if_fail (MITOGEN_IS_CHROOT_CONNECTION (self));
  mitogen_text_property_set (self, &self->directory, directory, properties[PROP_DIRECTORY]);
}

/**
 * mitogen_chroot_connection_get_username: (get-property username)
 * @self: a connection
 *
 * Gets whose account the context is to run in.
 *
 * Returns: (nullable): a user; nothing for root
 *
 * Since: 1.0
 */
const char *
mitogen_chroot_connection_get_username (MitogenChrootConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CHROOT_CONNECTION (self), NULL);
  return self->username;
}

/**
 * mitogen_chroot_connection_set_username: (set-property username)
 * @self: a connection
 * @username: (nullable): a user; nothing for root
 *
 * Sets whose account the context is to run in.
 *
 * Since: 1.0
 */
void
mitogen_chroot_connection_set_username (MitogenChrootConnection *self, const char *username)
{
  g_return_if_fail (MITOGEN_IS_CHROOT_CONNECTION (self));
  mitogen_text_property_set (self, &self->username, username, properties[PROP_USERNAME]);
}

/**
 * mitogen_chroot_connection_get_chroot_path: (get-property chroot-path)
 * @self: a connection
 *
 * Gets the program.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for the library's
 *   own
 *
 * Since: 1.0
 */
const char *
mitogen_chroot_connection_get_chroot_path (MitogenChrootConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CHROOT_CONNECTION (self), NULL);
  return self->chroot_path;
}

/**
 * mitogen_chroot_connection_set_chroot_path: (set-property chroot-path)
 * @self: a connection
 * @chroot_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for the
 * library's own
 *
 * Sets a program to use rather than the library's own.
 *
 * Since: 1.0
 */
void
mitogen_chroot_connection_set_chroot_path (MitogenChrootConnection *self, const char *chroot_path)
{
  g_return_if_fail (MITOGEN_IS_CHROOT_CONNECTION (self));
  mitogen_text_property_set (self, &self->chroot_path, chroot_path, properties[PROP_CHROOT_PATH]);
}
