/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-engine-connection.h"
#include "connection/container/mitogen-container-connection-private.h"
#include "connection/container/mitogen-engine-client-private.h"
#include "connection/container/mitogen-engine-kind-private.h"
#include "connection/container/mitogen-engine-method-private.h"
#include "connection/mitogen-text-property-private.h"
#include "mitogen-enums.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/**
 * MitogenEngineConnection:
 *
 * A context in a container of an engine that speaks the Docker Engine API: see
 * [class@Mitogen.DockerConnection] and [class@Mitogen.PodmanConnection].
 *
 * Set [property@Mitogen.ContainerConnection:container] for a container that runs, or
 * [property@Mitogen.EngineConnection:image] for a temporary one, which is removed when the
 * context ends, however that happens, the end of this program included. Its ENTRYPOINT is not
 * run.
 *
 * No client program is needed: the library speaks to the engine itself, if it was built with
 * libsoup. Begun in another context, it does so through that one: the engine is the one of its
 * host then, and nothing is needed there either. With a program path set, the client program
 * is started instead.
 *
 * If it fails, the error says what the engine or the program said: `MITOGEN_ERROR_PERMISSION`
 * if the engine may not be used, `MITOGEN_ERROR_NO_INTERPRETER` if there is nothing in the
 * container that could start Python, `MITOGEN_ERROR_TIMED_OUT` if there was no answer in time,
 * `MITOGEN_ERROR_STREAM` for everything else: no engine, no such container, one that is not
 * running, and so on.
 *
 * Since: 1.0
 */
typedef struct
{
  char *image;
  char *working_directory;
  char **environment;
  char *address;
  char *tls_directory;
  gboolean tls_verify;
  char *network;
  MitogenEnginePull pull;
} MitogenEngineConnectionPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (MitogenEngineConnection,
                                     mitogen_engine_connection,
                                     MITOGEN_TYPE_CONTAINER_CONNECTION)

typedef enum
{
  PROP_IMAGE = 1,
  PROP_WORKING_DIRECTORY,
  PROP_ENVIRONMENT,
  PROP_ADDRESS,
  PROP_TLS_DIRECTORY,
  PROP_TLS_VERIFY,
  PROP_NETWORK,
  PROP_PULL,
} MitogenEngineConnectionProperty;

static GParamSpec *properties[PROP_PULL + 1];

static MitogenEngineConnectionPrivate *
get_private (gpointer self)
{
  return mitogen_engine_connection_get_instance_private (self);
}

static const MitogenEngineKind *
get_kind (MitogenConnection *connection)
{
  return (const MitogenEngineKind *) mitogen_connection_get_method (connection);
}

/* ---- what can be said before anybody is asked ---- */

/* The engines say so, too, but some letters would mean something else in a request. */
static gboolean
check_reference (const char *what, const char *name, const char *allowed, GError **error)
{
  if (!mitogen_container_check_name (what, name, error))
    return FALSE;
  if (g_regex_match_simple (allowed, name, G_REGEX_DOLLAR_ENDONLY, 0))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _ ("“%s” cannot be the name of a %s: there is a character in it that no such name "
                  "has"),
               name, what);
  return FALSE;
}

static gboolean
check_directory (const char *directory, GError **error)
{
  if (directory == NULL || (*directory == '/' && g_utf8_validate (directory, -1, NULL)))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       _ ("The connection's working-directory is no absolute path in UTF-8"));
  return FALSE;
}

static gboolean
check_environment (char **environment, GError **error)
{
  for (guint i = 0; environment != NULL && environment[i] != NULL; i++)
    if (!g_utf8_validate (environment[i], -1, NULL) || *environment[i] == '=' ||
        strchr (environment[i], '=') == NULL)
      {
        g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                             _ ("The connection's environment has an entry that is not "
                                "“NAME=value” in UTF-8"));
        return FALSE;
      }
  return TRUE;
}

static gboolean
check_target (MitogenEngineConnectionPrivate *priv, const char *container, GError **error)
{
  if (container == NULL && priv->image == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _ ("The connection names neither a container nor an image"));
      return FALSE;
    }
  if (container != NULL && priv->image != NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _ ("The connection names both a container and an image: unset one"));
      return FALSE;
    }
  return container != NULL
             ? check_reference (_ ("container"), container, "^[a-zA-Z0-9][a-zA-Z0-9_.-]*$", error)
             : check_reference (_ ("image"), priv->image, "^[\\[a-zA-Z0-9][][a-zA-Z0-9_.:/@+-]*$",
                                error);
}

static gboolean
check (MitogenConnection *connection, GError **error)
{
  MitogenEngineConnectionPrivate *priv = get_private (connection);
  MitogenContainerConnection *container = MITOGEN_CONTAINER_CONNECTION (connection);
  const char *username = mitogen_container_connection_get_username (container);

  return check_target (priv, mitogen_container_connection_get_container (container), error) &&
         (username == NULL || mitogen_container_check_name (_ ("user"), username, error)) &&
         (priv->network == NULL ||
          mitogen_container_check_name (_ ("network"), priv->network, error)) &&
         check_directory (priv->working_directory, error) &&
         check_environment (priv->environment, error);
}

/* ---- virtual functions ---- */

static gboolean
uses_client (MitogenConnection *connection)
{
  MitogenContainerConnection *container = MITOGEN_CONTAINER_CONNECTION (connection);

  return mitogen_container_connection_get_program_path (container) != NULL;
}

static char **
mitogen_engine_connection_get_argv (MitogenConnection *connection,
                                    MitogenContext *via,
                                    const char *const *python_argv,
                                    GError **error)
{
  if (!check (connection, error))
    return NULL;
  if (!uses_client (connection))
    return g_strdupv ((char **) python_argv);
  return mitogen_engine_client_make_argv (get_kind (connection),
                                          MITOGEN_ENGINE_CONNECTION (connection), python_argv);
}

/* "docker.web" */
static char *
mitogen_engine_connection_get_name (MitogenConnection *connection)
{
  MitogenContainerConnection *self = MITOGEN_CONTAINER_CONNECTION (connection);
  const char *container = mitogen_container_connection_get_container (self);
  const char *image = get_private (connection)->image;
  const char *target = container != NULL ? container : image;

  return g_strconcat (mitogen_connection_get_method (connection)->name, ".",
                      target != NULL ? target : "", NULL);
}

#ifdef HAVE_ENGINE
#define make_engine_method mitogen_engine_method_new
#else
static MitogenMethod *
make_engine_method (const MitogenEngineKind *kind,
                    MitogenEngineConnection *connection,
                    gboolean is_far,
                    GError **error)
{
  g_set_error (
      error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      _ ("The library was built without libsoup and cannot speak to %s itself: set %s-path "
         "to have the client program do it"),
      kind->method.name, kind->method.name);
  return NULL;
}
#endif

MitogenMethod *
mitogen_engine_connection_make_method (MitogenConnection *connection,
                                       gboolean direct,
                                       GError **error)
{
  if (!check (connection, error))
    return NULL;
  if (uses_client (connection))
    return mitogen_engine_client_new (get_kind (connection));
  return make_engine_method (get_kind (connection), MITOGEN_ENGINE_CONNECTION (connection), !direct,
                             error);
}

void
mitogen_engine_connection_describe (MitogenConnection *connection, MitogenPlace *place)
{
  mitogen_container_connection_describe (connection, place);
  if (place->host == NULL)
    place->host = g_strdup (get_private (connection)->image);
}

void
mitogen_engine_connection_class_set_kind (MitogenEngineConnectionClass *klass,
                                          const MitogenEngineKind *kind,
                                          const char *path_property)
{
  mitogen_connection_class_set_method (MITOGEN_CONNECTION_CLASS (klass), &kind->method);
  if (path_property == NULL)
    return;
  mitogen_container_connection_class_install_program (MITOGEN_CONTAINER_CONNECTION_CLASS (klass),
                                                      path_property, kind->client);
}

/* ---- the object ---- */

static void
mitogen_engine_connection_finalize (GObject *object)
{
  MitogenEngineConnectionPrivate *priv = get_private (object);

  g_free (priv->image);
  g_free (priv->working_directory);
  g_strfreev (priv->environment);
  g_free (priv->address);
  g_free (priv->tls_directory);
  g_free (priv->network);
  G_OBJECT_CLASS (mitogen_engine_connection_parent_class)->finalize (object);
}

static void
mitogen_engine_connection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenEngineConnectionPrivate *priv = get_private (object);

  switch ((MitogenEngineConnectionProperty) id)
    {
    case PROP_IMAGE:
      g_value_set_string (value, priv->image);
      break;
    case PROP_WORKING_DIRECTORY:
      g_value_set_string (value, priv->working_directory);
      break;
    case PROP_ENVIRONMENT:
      g_value_set_boxed (value, priv->environment);
      break;
    case PROP_ADDRESS:
      g_value_set_string (value, priv->address);
      break;
    case PROP_TLS_DIRECTORY:
      g_value_set_string (value, priv->tls_directory);
      break;
    case PROP_TLS_VERIFY:
      g_value_set_boolean (value, priv->tls_verify);
      break;
    case PROP_NETWORK:
      g_value_set_string (value, priv->network);
      break;
    case PROP_PULL:
      g_value_set_enum (value, priv->pull);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_engine_connection_set_property (GObject *object,
                                        guint id,
                                        const GValue *value,
                                        GParamSpec *pspec)
{
  MitogenEngineConnection *self = MITOGEN_ENGINE_CONNECTION (object);

  switch ((MitogenEngineConnectionProperty) id)
    {
    case PROP_IMAGE:
      mitogen_engine_connection_set_image (self, g_value_get_string (value));
      break;
    case PROP_WORKING_DIRECTORY:
      mitogen_engine_connection_set_working_directory (self, g_value_get_string (value));
      break;
    case PROP_ENVIRONMENT:
      mitogen_engine_connection_set_environment (self, g_value_get_boxed (value));
      break;
    case PROP_ADDRESS:
      mitogen_engine_connection_set_address (self, g_value_get_string (value));
      break;
    case PROP_TLS_DIRECTORY:
      mitogen_engine_connection_set_tls_directory (self, g_value_get_string (value));
      break;
    case PROP_TLS_VERIFY:
      mitogen_engine_connection_set_tls_verify (self, g_value_get_boolean (value));
      break;
    case PROP_NETWORK:
      mitogen_engine_connection_set_network (self, g_value_get_string (value));
      break;
    case PROP_PULL:
      mitogen_engine_connection_set_pull (self, g_value_get_enum (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
make_container_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenEngineConnection:image: (getter get_image) (setter set_image)
   *
   * Which image a temporary container is made from, such as `debian:12`.
   *
   * When it is fetched from where it is published says [property@Mitogen.EngineConnection:pull].
   *
   * The container has no terminal, and the process of the context is the only one in it.
   *
   * Since: 1.0
   */
  properties[PROP_IMAGE] = g_param_spec_string ("image", NULL, NULL, NULL, flags);
  /**
   * MitogenEngineConnection:working-directory:
   *
   * Where the context starts, an absolute path in the container; if unset, where commands start
   * there if nothing is said.
   *
   * Since: 1.0
   */
  properties[PROP_WORKING_DIRECTORY] =
      g_param_spec_string ("working-directory", NULL, NULL, NULL, flags);
  /**
   * MitogenEngineConnection:environment: (getter get_environment) (setter set_environment)
   *
   * What is added to the environment that commands have in the container, each `NAME=value`.
   *
   * Since: 1.0
   */
  properties[PROP_ENVIRONMENT] = g_param_spec_boxed ("environment", NULL, NULL, G_TYPE_STRV, flags);
  /**
   * MitogenEngineConnection:network: (getter get_network) (setter set_network)
   *
   * Which network a temporary container is in; if unset, that of the engine's choice.
   *
   * Since: 1.0
   */
  properties[PROP_NETWORK] = g_param_spec_string ("network", NULL, NULL, NULL, flags);
  /**
   * MitogenEngineConnection:pull: (getter get_pull) (setter set_pull)
   *
   * When the image is fetched from where it is published.
   *
   * While it is fetched, [signal@Mitogen.EngineConnection::progress] tells how far it is, and
   * the time limit stands still; a client program gets no more time.
   *
   * Since: 1.0
   */
  properties[PROP_PULL] = g_param_spec_enum ("pull", NULL, NULL, MITOGEN_TYPE_ENGINE_PULL,
                                             MITOGEN_ENGINE_PULL_MISSING, flags);
}

static void
make_address_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenEngineConnection:address: (getter get_address) (setter set_address)
   *
   * Where the engine listens: `unix:///path`, `tcp://host:port`, `http://host:port` or
   * `https://host:port`.
   *
   * If unset, it is looked for: see [class@Mitogen.DockerConnection] and
   * [class@Mitogen.PodmanConnection]. Begun in another context, this is an address on that one's
   * host, a `unix://` one, and the usual one if unset: the environment is only that of this
   * program.
   *
   * An engine behind ssh is reached by a context there: connect one and pass it as `via`.
   *
   * Since: 1.0
   */
  properties[PROP_ADDRESS] = g_param_spec_string ("address", NULL, NULL, NULL, flags);
  /**
   * MitogenEngineConnection:tls-directory: (getter get_tls_directory) (setter set_tls_directory)
   *
   * Where the files `ca.pem`, `cert.pem` and `key.pem` are, on this host: who may have signed the
   * certificate of the engine, and ours.
   *
   * TLS is used over `tcp://` if it is set. Each of the files may be missing.
   *
   * Since: 1.0
   */
  properties[PROP_TLS_DIRECTORY] = g_param_spec_string ("tls-directory", NULL, NULL, NULL, flags);
  /**
   * MitogenEngineConnection:tls-verify: (getter get_tls_verify) (setter set_tls_verify)
   *
   * Whether the engine's certificate has to be one that `ca.pem`, or else the system, trusts.
   *
   * Since: 1.0
   */
  properties[PROP_TLS_VERIFY] = g_param_spec_boolean ("tls-verify", NULL, NULL, TRUE, flags);
}

static void
make_signal (MitogenEngineConnectionClass *klass)
{
  /**
   * MitogenEngineConnection::progress:
   * @self: the connection
   * @status: what the engine says that it does, for people
   * @done: how many bytes of the image have come so far
   * @total: how many there are, as far as is known; 0: unknown
   *
   * The image of a temporary container is being fetched.
   *
   * It is emitted in the main context that was thread-default when connecting began, and in a
   * blocking call while that waits. It is not emitted with a client program.
   *
   * Since: 1.0
   */
  g_signal_new ("progress", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_UINT64, G_TYPE_UINT64);
}

static void
mitogen_engine_connection_class_init (MitogenEngineConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  object_class->finalize = mitogen_engine_connection_finalize;
  object_class->get_property = mitogen_engine_connection_get_property;
  object_class->set_property = mitogen_engine_connection_set_property;
  connection_class->get_argv = mitogen_engine_connection_get_argv;
  connection_class->get_name = mitogen_engine_connection_get_name;
  /* For a class of the program's own. */
  mitogen_engine_connection_class_set_kind (klass, &mitogen_engine_kind_docker, NULL);

  make_container_properties ();
  make_address_properties ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
  make_signal (klass);
}

static void
mitogen_engine_connection_init (MitogenEngineConnection *self)
{
  get_private (self)->tls_verify = TRUE;
}

/* ---- properties ---- */

/**
 * mitogen_engine_connection_get_image: (get-property image)
 * @self: a connection
 *
 * Gets which image a temporary container is made from.
 *
 * Returns: (nullable): the name or number of an image; nothing if it is not set
 *
 * Since: 1.0
 */
const char *
mitogen_engine_connection_get_image (MitogenEngineConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self), NULL);
  return get_private (self)->image;
}

/**
 * mitogen_engine_connection_set_image: (set-property image)
 * @self: a connection
 * @image: (nullable): the name or number of an image; nothing if it is not set
 *
 * Sets which image a temporary container is made from: see
 * [property@Mitogen.EngineConnection:image].
 *
 * Since: 1.0
 */
void
mitogen_engine_connection_set_image (MitogenEngineConnection *self, const char *image)
{
  g_return_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self));
  mitogen_text_property_set (self, &get_private (self)->image, image, properties[PROP_IMAGE]);
}

/**
 * mitogen_engine_connection_get_working_directory: (get-property working-directory)
 * @self: a connection
 *
 * Gets where the context starts.
 *
 * Returns: (nullable): an absolute path; nothing if it is not set
 *
 * Since: 1.0
 */
const char *
mitogen_engine_connection_get_working_directory (MitogenEngineConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self), NULL);
  return get_private (self)->working_directory;
}

/**
 * mitogen_engine_connection_set_working_directory: (set-property working-directory)
 * @self: a connection
 * @working_directory: (nullable): an absolute path; nothing if it is not set
 *
 * Sets where the context starts: see
 * [property@Mitogen.EngineConnection:working-directory].
 *
 * Since: 1.0
 */
void
mitogen_engine_connection_set_working_directory (MitogenEngineConnection *self,
                                                 const char *working_directory)
{
  g_return_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self));
  mitogen_text_property_set (self, &get_private (self)->working_directory, working_directory,
                             properties[PROP_WORKING_DIRECTORY]);
}

/**
 * mitogen_engine_connection_get_environment: (get-property environment)
 * @self: a connection
 *
 * Gets what is added to the environment.
 *
 * Returns: (transfer none) (array zero-terminated=1) (nullable): entries `NAME=value`; nothing if
 * it is not set
 *
 * Since: 1.0
 */
const char *const *
mitogen_engine_connection_get_environment (MitogenEngineConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self), NULL);
  return (const char *const *) get_private (self)->environment;
}

/**
 * mitogen_engine_connection_set_environment: (set-property environment)
 * @self: a connection
 * @environment: (nullable) (array zero-terminated=1): entries `NAME=value`; nothing if it is not
 * set
 *
 * Sets what is added to the environment: see
 * [property@Mitogen.EngineConnection:environment].
 *
 * Since: 1.0
 */
void
mitogen_engine_connection_set_environment (MitogenEngineConnection *self,
                                           const char *const *environment)
{
  MitogenEngineConnectionPrivate *priv;

  g_return_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self));
  priv = get_private (self);
  if ((char **) environment == priv->environment)
    return;
  g_strfreev (priv->environment);
  priv->environment = g_strdupv ((char **) environment);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ENVIRONMENT]);
}

/**
 * mitogen_engine_connection_get_address: (get-property address)
 * @self: a connection
 *
 * Gets where the engine listens.
 *
 * Returns: (nullable): an address; nothing if it is not set
 *
 * Since: 1.0
 */
const char *
mitogen_engine_connection_get_address (MitogenEngineConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self), NULL);
  return get_private (self)->address;
}

/**
 * mitogen_engine_connection_set_address: (set-property address)
 * @self: a connection
 * @address: (nullable): an address; nothing if it is not set
 *
 * Sets where the engine listens: see
 * [property@Mitogen.EngineConnection:address].
 *
 * Since: 1.0
 */
void
mitogen_engine_connection_set_address (MitogenEngineConnection *self, const char *address)
{
  g_return_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self));
  mitogen_text_property_set (self, &get_private (self)->address, address, properties[PROP_ADDRESS]);
}

/**
 * mitogen_engine_connection_get_tls_directory: (get-property tls-directory)
 * @self: a connection
 *
 * Gets where the certificates are.
 *
 * Returns: (nullable): a directory; nothing if it is not set
 *
 * Since: 1.0
 */
const char *
mitogen_engine_connection_get_tls_directory (MitogenEngineConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self), NULL);
  return get_private (self)->tls_directory;
}

/**
 * mitogen_engine_connection_set_tls_directory: (set-property tls-directory)
 * @self: a connection
 * @tls_directory: (nullable): a directory; nothing if it is not set
 *
 * Sets where the certificates are: see
 * [property@Mitogen.EngineConnection:tls-directory].
 *
 * Since: 1.0
 */
void
mitogen_engine_connection_set_tls_directory (MitogenEngineConnection *self,
                                             const char *tls_directory)
{
  g_return_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self));
  mitogen_text_property_set (self, &get_private (self)->tls_directory, tls_directory,
                             properties[PROP_TLS_DIRECTORY]);
}

/**
 * mitogen_engine_connection_get_tls_verify: (get-property tls-verify)
 * @self: a connection
 *
 * Tells whether the engine's certificate is verified.
 *
 * Returns: whether it is verified
 *
 * Since: 1.0
 */
gboolean
mitogen_engine_connection_get_tls_verify (MitogenEngineConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self), FALSE);
  return get_private (self)->tls_verify;
}

/**
 * mitogen_engine_connection_set_tls_verify: (set-property tls-verify)
 * @self: a connection
 * @tls_verify: whether it is verified
 *
 * Decides whether the engine's certificate is verified: see
 * [property@Mitogen.EngineConnection:tls-verify].
 *
 * Since: 1.0
 */
void
mitogen_engine_connection_set_tls_verify (MitogenEngineConnection *self, gboolean tls_verify)
{
  MitogenEngineConnectionPrivate *priv;

  g_return_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self));
  priv = get_private (self);
  if (priv->tls_verify == !!tls_verify)
    return;
  priv->tls_verify = !!tls_verify;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TLS_VERIFY]);
}

/**
 * mitogen_engine_connection_get_network: (get-property network)
 * @self: a connection
 *
 * Gets which network a temporary container is in.
 *
 * Returns: (nullable): the name or number of a network; nothing if it is not set
 *
 * Since: 1.0
 */
const char *
mitogen_engine_connection_get_network (MitogenEngineConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self), NULL);
  return get_private (self)->network;
}

/**
 * mitogen_engine_connection_set_network: (set-property network)
 * @self: a connection
 * @network: (nullable): the name or number of a network; nothing if it is not set
 *
 * Sets which network a temporary container is in: see
 * [property@Mitogen.EngineConnection:network].
 *
 * Since: 1.0
 */
void
mitogen_engine_connection_set_network (MitogenEngineConnection *self, const char *network)
{
  g_return_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self));
  mitogen_text_property_set (self, &get_private (self)->network, network, properties[PROP_NETWORK]);
}

/**
 * mitogen_engine_connection_get_pull: (get-property pull)
 * @self: a connection
 *
 * Gets when the image is fetched.
 *
 * Returns: when it is fetched
 *
 * Since: 1.0
 */
MitogenEnginePull
mitogen_engine_connection_get_pull (MitogenEngineConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self), MITOGEN_ENGINE_PULL_MISSING);
  return get_private (self)->pull;
}

/**
 * mitogen_engine_connection_set_pull: (set-property pull)
 * @self: a connection
 * @pull: when it is fetched
 *
 * Sets when the image is fetched: see
 * [property@Mitogen.EngineConnection:pull].
 *
 * Since: 1.0
 */
void
mitogen_engine_connection_set_pull (MitogenEngineConnection *self, MitogenEnginePull pull)
{
  MitogenEngineConnectionPrivate *priv;

  g_return_if_fail (MITOGEN_IS_ENGINE_CONNECTION (self));
  priv = get_private (self);
  if (priv->pull == pull)
    return;
  priv->pull = pull;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PULL]);
}
