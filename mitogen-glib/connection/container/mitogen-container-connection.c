/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-container-connection-private.h"
#include "connection/mitogen-text-property-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_NAME 4096

/* How much of a name that cannot be one is shown. */
#define MAX_SHOWN 80

/**
 * MitogenContainerConnection:
 *
 * A context in a container: what all ways into one have in common.
 *
 * Programs use one of its subclasses, such as `MitogenDockerConnection`.
 *
 * Since: 1.0
 */
typedef struct
{
  char *container;
  char *username;
  char *program_path;
} MitogenContainerConnectionPrivate;

/* Of each subclass: in the qdata of its type. */
typedef struct
{
  GParamSpec *pspec;
  const char *program;
} Program;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (MitogenContainerConnection,
                                     mitogen_container_connection,
                                     MITOGEN_TYPE_CONNECTION)

static G_DEFINE_QUARK (mitogen - container - program, program)

    typedef enum {
      PROP_CONTAINER = 1,
      PROP_USERNAME,
    } MitogenContainerConnectionProperty;

static GParamSpec *properties[PROP_USERNAME + 1];

static MitogenContainerConnectionPrivate *
get_private (MitogenContainerConnection *self)
{
  return mitogen_container_connection_get_instance_private (self);
}

/* (nullable): NULL: a class without a program */
static const Program *
get_program (MitogenContainerConnection *self)
{
  return g_type_get_qdata (G_OBJECT_TYPE (self), program_quark ());
}

/* ---- for subclasses ---- */

const char *
mitogen_container_connection_get_program (MitogenContainerConnection *self)
{
  const Program *program = get_program (self);

  if (get_private (self)->program_path != NULL)
    return get_private (self)->program_path;
  return program != NULL ? program->program : NULL;
}

static gboolean
is_printable (const char *text)
{
  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (!g_unichar_isprint (g_utf8_get_char (p)))
      return FALSE;
  return TRUE;
}

gboolean
mitogen_container_check_name (const char *what, const char *name, GError **error)
{
  g_autofree char *shown = NULL;

  if (name == NULL || *name == '\0')
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("The connection does not say which %s is meant"), what);
      return FALSE;
    }
  if (*name != '-' && strlen (name) <= MAX_NAME && is_printable (name))
    return TRUE;
  shown = g_utf8_make_valid (name, MIN (strlen (name), MAX_SHOWN));
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _ ("“%s” cannot be the name of a %s: it is at most %d bytes of printable UTF-8 and "
                  "does not begin with “-”"),
               shown, what, MAX_NAME);
  return FALSE;
}

gboolean
mitogen_container_connection_check (MitogenContainerConnection *self, GError **error)
{
  MitogenContainerConnectionPrivate *priv = get_private (self);

  return mitogen_container_check_name (_ ("container"), priv->container, error) &&
         (priv->username == NULL ||
          mitogen_container_check_name (_ ("user"), priv->username, error));
}

void
mitogen_container_connection_describe (MitogenConnection *connection, MitogenPlace *place)
{
  MitogenContainerConnectionPrivate *priv = get_private (MITOGEN_CONTAINER_CONNECTION (connection));

  place->host = g_strdup (priv->container);
  place->user = g_strdup (priv->username);
}

/* ---- the object ---- */

/* "docker.web" */
static char *
mitogen_container_connection_get_name (MitogenConnection *connection)
{
  const MitogenConnectionMethod *method = mitogen_connection_get_method (connection);
  const char *container = get_private (MITOGEN_CONTAINER_CONNECTION (connection))->container;

  return g_strconcat (method != NULL ? method->name : "container", ".",
                      container != NULL ? container : "", NULL);
}

static void
mitogen_container_connection_finalize (GObject *object)
{
  MitogenContainerConnectionPrivate *priv = get_private (MITOGEN_CONTAINER_CONNECTION (object));

  g_free (priv->container);
  g_free (priv->username);
  g_free (priv->program_path);
  G_OBJECT_CLASS (mitogen_container_connection_parent_class)->finalize (object);
}

static void
mitogen_container_connection_get_property (GObject *object,
                                           guint id,
                                           GValue *value,
                                           GParamSpec *pspec)
{
  MitogenContainerConnectionPrivate *priv = get_private (MITOGEN_CONTAINER_CONNECTION (object));

  switch (id)
    {
    case PROP_CONTAINER:
      g_value_set_string (value, priv->container);
      break;
    case PROP_USERNAME:
      g_value_set_string (value, priv->username);
      break;
    case MITOGEN_CONTAINER_CONNECTION_PROP_PROGRAM_PATH:
      g_value_set_string (value, priv->program_path);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_container_connection_set_property (GObject *object,
                                           guint id,
                                           const GValue *value,
                                           GParamSpec *pspec)
{
  MitogenContainerConnection *self = MITOGEN_CONTAINER_CONNECTION (object);

  switch (id)
    {
    case PROP_CONTAINER:
      mitogen_container_connection_set_container (self, g_value_get_string (value));
      break;
    case PROP_USERNAME:
      mitogen_container_connection_set_username (self, g_value_get_string (value));
      break;
    case MITOGEN_CONTAINER_CONNECTION_PROP_PROGRAM_PATH:
      mitogen_container_connection_set_program_path (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_container_connection_class_init (MitogenContainerConnectionClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mitogen_container_connection_finalize;
  object_class->get_property = mitogen_container_connection_get_property;
  object_class->set_property = mitogen_container_connection_set_property;
  MITOGEN_CONNECTION_CLASS (klass)->get_name = mitogen_container_connection_get_name;

  /**
   * MitogenContainerConnection:container: (getter get_container) (setter set_container)
   *
   * Which container: the name or number by which the engine or program knows it.
   *
   * Since: 1.0
   */
  properties[PROP_CONTAINER] = g_param_spec_string ("container", NULL, NULL, NULL, flags);
  /**
   * MitogenContainerConnection:username: (getter get_username) (setter set_username)
   *
   * Whose account in the container the context is to run in; if unset, that in which commands
   * run there if nothing is said.
   *
   * Since: 1.0
   */
  properties[PROP_USERNAME] = g_param_spec_string ("username", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_container_connection_init (MitogenContainerConnection *self)
{
}

void
mitogen_container_connection_class_install_program (MitogenContainerConnectionClass *klass,
                                                    const char *name,
                                                    const char *program)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  Program *own = g_new (Program, 1);

  own->program = program;
  own->pspec =
      g_param_spec_string (name, NULL, NULL, NULL,
                           G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  /* A class does not inherit these two. */
  if (object_class->set_property == NULL)
    object_class->set_property = mitogen_container_connection_set_property;
  if (object_class->get_property == NULL)
    object_class->get_property = mitogen_container_connection_get_property;
  g_object_class_install_property (object_class, MITOGEN_CONTAINER_CONNECTION_PROP_PROGRAM_PATH,
                                   own->pspec);
  g_type_set_qdata (G_TYPE_FROM_CLASS (klass), program_quark (), own);
}

/**
 * mitogen_container_connection_get_container: (get-property container)
 * @self: a connection
 *
 * Gets which container is meant.
 *
 * Returns: (nullable): the name or number of a container
 *
 * Since: 1.0
 */
const char *
mitogen_container_connection_get_container (MitogenContainerConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONTAINER_CONNECTION (self), NULL);
  return get_private (self)->container;
}

/**
 * mitogen_container_connection_set_container: (set-property container)
 * @self: a connection
 * @container: (nullable): the name or number of a container
 *
 * Sets which container is meant.
 *
 * Since: 1.0
 */
void
mitogen_container_connection_set_container (MitogenContainerConnection *self, const char *container)
{
  g_return_if_fail (MITOGEN_IS_CONTAINER_CONNECTION (self));
  mitogen_text_property_set (self, &get_private (self)->container, container,
                             properties[PROP_CONTAINER]);
}

/**
 * mitogen_container_connection_get_username: (get-property username)
 * @self: a connection
 *
 * Gets whose account in the container the context is to run in.
 *
 * Returns: (nullable): a user name, or what else the engine or program takes for one
 *
 * Since: 1.0
 */
const char *
mitogen_container_connection_get_username (MitogenContainerConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONTAINER_CONNECTION (self), NULL);
  return get_private (self)->username;
}

/**
 * mitogen_container_connection_set_username: (set-property username)
 * @self: a connection
 * @username: (nullable): a user name, or what else the engine or program takes for one
 *
 * Sets whose account in the container the context is to run in.
 *
 * Since: 1.0
 */
void
mitogen_container_connection_set_username (MitogenContainerConnection *self, const char *username)
{
  g_return_if_fail (MITOGEN_IS_CONTAINER_CONNECTION (self));
  mitogen_text_property_set (self, &get_private (self)->username, username,
                             properties[PROP_USERNAME]);
}

/**
 * mitogen_container_connection_get_program_path:
 * @self: a connection
 *
 * Gets the program that leads into the container, where the class uses one.
 *
 * It is a property of each class under a name of its own, such as `lxc-path`.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for the
 *   usual one
 *
 * Since: 1.0
 */
const char *
mitogen_container_connection_get_program_path (MitogenContainerConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONTAINER_CONNECTION (self), NULL);
  return get_private (self)->program_path;
}

/**
 * mitogen_container_connection_set_program_path:
 * @self: a connection
 * @program_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for the
 *   usual one
 *
 * Sets the program that leads into the container, on the host where the connection begins.
 *
 * It is a property of each class under a name of its own, such as `lxc-path`.
 *
 * Since: 1.0
 */
void
mitogen_container_connection_set_program_path (MitogenContainerConnection *self,
                                               const char *program_path)
{
  const Program *program;

  g_return_if_fail (MITOGEN_IS_CONTAINER_CONNECTION (self));
  program = get_program (self);
  mitogen_text_property_set (self, &get_private (self)->program_path, program_path,
                             program != NULL ? program->pspec : NULL);
}
