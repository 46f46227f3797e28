/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-ssh-connection.h"
#include "connection/mitogen-method-private.h"
#include "connection/mitogen-ssh-command-private.h"
#include "connection/mitogen-ssh-method-private.h"
#include "connection/mitogen-text-property-private.h"
#include "mitogen-enums.h"

#define DEFAULT_SSH_PATH "ssh"

/**
 * MitogenSshConnection:
 *
 * A context on another host, reached by OpenSSH's client.
 *
 * It is the program itself that connects, so the user's configuration, agent, certificates,
 * hardware keys, jump hosts and shared connections are all used as they are. Through another
 * context they are those of its user on its host, and key files are looked for there.
 *
 * If neither [property@Mitogen.Connection:interaction] nor
 * [property@Mitogen.Connection:password] is set, nothing is ever asked: what needs an
 * answer fails at once. Otherwise the password of the account, the passphrases and PINs of keys and
 * the questions of the server are asked for, and with an interaction also whether an unknown key of
 * a host is right. The password is given to whichever host asks for one first, a jump host that the
 * user's configuration names included.
 *
 * Connecting fails with `G_IO_ERROR_INVALID_ARGUMENT` if a property cannot be what it is meant to
 * be, such as a name of a host that begins with a dash; with `MITOGEN_ERROR_PASSWORD` if the host
 * does not let the user in; with `MITOGEN_ERROR_HOST_KEY` if its key is not the one that was
 * expected; with `MITOGEN_ERROR_NO_INTERPRETER` if there is no Python; else with
 * `MITOGEN_ERROR_STREAM` or `MITOGEN_ERROR_TIMED_OUT`.
 *
 * The name of the context is `ssh.HOST`, or `ssh.HOST:PORT` if the port is set and not 22.
 *
 * Since: 1.0
 */
struct _MitogenSshConnection
{
  MitogenConnection parent_instance;

  char *hostname;
  char *username;
  guint port;
  char *ssh_path;
  char **ssh_args;
  MitogenCheckHostKeys check_host_keys;
  char *identity_file;
  char **identity_files;
  gboolean identities_only;
  gboolean compression;
  gboolean keepalive_enabled;
  guint keepalive_interval;
  guint keepalive_count;
  guint ssh_debug_level;
};

G_DEFINE_FINAL_TYPE (MitogenSshConnection, mitogen_ssh_connection, MITOGEN_TYPE_CONNECTION)

typedef enum
{
  PROP_HOSTNAME = 1,
  PROP_USERNAME,
  PROP_PORT,
  PROP_SSH_PATH,
  PROP_SSH_ARGS,
  PROP_CHECK_HOST_KEYS,
  PROP_IDENTITY_FILE,
  PROP_IDENTITY_FILES,
  PROP_IDENTITIES_ONLY,
  PROP_COMPRESSION,
  PROP_KEEPALIVE_ENABLED,
  PROP_KEEPALIVE_INTERVAL,
  PROP_KEEPALIVE_COUNT,
  PROP_SSH_DEBUG_LEVEL,
} MitogenSshConnectionProperty;

static GParamSpec *properties[PROP_SSH_DEBUG_LEVEL + 1];

/* ---- virtual functions ---- */

static char **
mitogen_ssh_connection_get_argv (MitogenConnection *connection,
                                 MitogenContext *via,
                                 const char *const *python_argv,
                                 GError **error)
{
  MitogenSshConnection *self = MITOGEN_SSH_CONNECTION (connection);

  return mitogen_ssh_command_make (self, mitogen_connection_is_here (connection, via), python_argv,
                                   error);
}

static char *
mitogen_ssh_connection_get_name (MitogenConnection *connection)
{
  g_autofree char *address = mitogen_ssh_command_get_address (MITOGEN_SSH_CONNECTION (connection));

  return g_strconcat ("ssh.", address, NULL);
}

static void
describe (MitogenConnection *connection, MitogenPlace *place)
{
  MitogenSshConnection *self = MITOGEN_SSH_CONNECTION (connection);

  place->user = g_strdup (self->username);
  place->host = mitogen_ssh_command_get_address (self);
}

static const MitogenConnectionMethod ssh_method = {
  .name = "ssh",
  .make_method = mitogen_ssh_method_new,
  .describe = describe,
};

/* ---- the object ---- */

static void
mitogen_ssh_connection_finalize (GObject *object)
{
  MitogenSshConnection *self = MITOGEN_SSH_CONNECTION (object);

  g_free (self->hostname);
  g_free (self->username);
  g_free (self->ssh_path);
  g_strfreev (self->ssh_args);
  g_free (self->identity_file);
  g_strfreev (self->identity_files);
  G_OBJECT_CLASS (mitogen_ssh_connection_parent_class)->finalize (object);
}

static void
mitogen_ssh_connection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenSshConnection *self = MITOGEN_SSH_CONNECTION (object);

  switch ((MitogenSshConnectionProperty) id)
    {
    case PROP_HOSTNAME:
      g_value_set_string (value, self->hostname);
      break;
    case PROP_USERNAME:
      g_value_set_string (value, self->username);
      break;
    case PROP_PORT:
      g_value_set_uint (value, self->port);
      break;
    case PROP_SSH_PATH:
      g_value_set_string (value, self->ssh_path);
      break;
    case PROP_SSH_ARGS:
      g_value_set_boxed (value, self->ssh_args);
      break;
    case PROP_CHECK_HOST_KEYS:
      g_value_set_enum (value, self->check_host_keys);
      break;
    case PROP_IDENTITY_FILE:
      g_value_set_string (value, self->identity_file);
      break;
    case PROP_IDENTITY_FILES:
      g_value_set_boxed (value, self->identity_files);
      break;
    case PROP_IDENTITIES_ONLY:
      g_value_set_boolean (value, self->identities_only);
      break;
    case PROP_COMPRESSION:
      g_value_set_boolean (value, self->compression);
      break;
    case PROP_KEEPALIVE_ENABLED:
      g_value_set_boolean (value, self->keepalive_enabled);
      break;
    case PROP_KEEPALIVE_INTERVAL:
      g_value_set_uint (value, self->keepalive_interval);
      break;
    case PROP_KEEPALIVE_COUNT:
      g_value_set_uint (value, self->keepalive_count);
      break;
    case PROP_SSH_DEBUG_LEVEL:
      g_value_set_uint (value, self->ssh_debug_level);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_ssh_connection_set_property (GObject *object,
                                     guint id,
                                     const GValue *value,
                                     GParamSpec *pspec)
{
  MitogenSshConnection *self = MITOGEN_SSH_CONNECTION (object);

  switch ((MitogenSshConnectionProperty) id)
    {
    case PROP_HOSTNAME:
      mitogen_ssh_connection_set_hostname (self, g_value_get_string (value));
      break;
    case PROP_USERNAME:
      mitogen_ssh_connection_set_username (self, g_value_get_string (value));
      break;
    case PROP_PORT:
      mitogen_ssh_connection_set_port (self, g_value_get_uint (value));
      break;
    case PROP_SSH_PATH:
      mitogen_ssh_connection_set_ssh_path (self, g_value_get_string (value));
      break;
    case PROP_SSH_ARGS:
      mitogen_ssh_connection_set_ssh_args (self, g_value_get_boxed (value));
      break;
    case PROP_CHECK_HOST_KEYS:
      mitogen_ssh_connection_set_check_host_keys (self, g_value_get_enum (value));
      break;
    case PROP_IDENTITY_FILE:
      mitogen_ssh_connection_set_identity_file (self, g_value_get_string (value));
      break;
    case PROP_IDENTITY_FILES:
      mitogen_ssh_connection_set_identity_files (self, g_value_get_boxed (value));
      break;
    case PROP_IDENTITIES_ONLY:
      mitogen_ssh_connection_set_identities_only (self, g_value_get_boolean (value));
      break;
    case PROP_COMPRESSION:
      mitogen_ssh_connection_set_compression (self, g_value_get_boolean (value));
      break;
    case PROP_KEEPALIVE_ENABLED:
      mitogen_ssh_connection_set_keepalive_enabled (self, g_value_get_boolean (value));
      break;
    case PROP_KEEPALIVE_INTERVAL:
      mitogen_ssh_connection_set_keepalive_interval (self, g_value_get_uint (value));
      break;
    case PROP_KEEPALIVE_COUNT:
      mitogen_ssh_connection_set_keepalive_count (self, g_value_get_uint (value));
      break;
    case PROP_SSH_DEBUG_LEVEL:
      mitogen_ssh_connection_set_ssh_debug_level (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

#define FLAGS (G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS)

static void
make_host_properties (void)
{
  /**
   * MitogenSshConnection:hostname: (getter get_hostname) (setter set_hostname)
   *
   * The host to connect to: a name, an address, or an alias in the configuration of `ssh`.
   *
   * An IPv6 address may have brackets around it.
   *
   * Since: 1.0
   */
  properties[PROP_HOSTNAME] = g_param_spec_string ("hostname", NULL, NULL, NULL, FLAGS);
  /**
   * MitogenSshConnection:username: (getter get_username) (setter set_username)
   *
   * The account to log in to; if unset, what the configuration of `ssh` says, else the
   * name of the user of this program.
   *
   * Since: 1.0
   */
  properties[PROP_USERNAME] = g_param_spec_string ("username", NULL, NULL, NULL, FLAGS);
  /**
   * MitogenSshConnection:port: (getter get_port) (setter set_port)
   *
   * The port to connect to; 0 for what the configuration of `ssh` says, else 22.
   *
   * Since: 1.0
   */
  properties[PROP_PORT] = g_param_spec_uint ("port", NULL, NULL, 0, 65535, 0, FLAGS);
}

static void
make_program_properties (void)
{
  /**
   * MitogenSshConnection:ssh-path: (getter get_ssh_path) (setter set_ssh_path)
   *
   * OpenSSH's client: a name that is looked for in `PATH`, or a path.
   *
   * Since: 1.0
   */
  properties[PROP_SSH_PATH] = g_param_spec_string ("ssh-path", NULL, NULL, DEFAULT_SSH_PATH, FLAGS);
  /**
   * MitogenSshConnection:ssh-args: (getter get_ssh_args) (setter set_ssh_args)
   *
   * Further arguments for [property@Mitogen.SshConnection:ssh-path], such as `-J` and a host to
   * jump over.
   *
   * They come before the name of the host, and win over what the other properties stand for, but
   * not over what is relied on: that there is no terminal and no other command on the other
   * side.
   *
   * Since: 1.0
   */
  properties[PROP_SSH_ARGS] = g_param_spec_boxed ("ssh-args", NULL, NULL, G_TYPE_STRV, FLAGS);
  /**
   * MitogenSshConnection:ssh-debug-level:
   *
   * How much the program tells of what it does, from 0 to 3. It appears in the log, and in the
   * error if connecting fails.
   *
   * Since: 1.0
   */
  properties[PROP_SSH_DEBUG_LEVEL] =
      g_param_spec_uint ("ssh-debug-level", NULL, NULL, 0, 3, 0, FLAGS);
}

static void
make_key_properties (void)
{
  /**
   * MitogenSshConnection:check-host-keys:
   *
   * What is done about the key by which the host proves who it is.
   *
   * What [enum@Mitogen.CheckHostKeys] says of an interaction is about
   * [property@Mitogen.Connection:interaction].
   *
   * Since: 1.0
   */
  properties[PROP_CHECK_HOST_KEYS] =
      g_param_spec_enum ("check-host-keys", NULL, NULL, MITOGEN_TYPE_CHECK_HOST_KEYS,
                         MITOGEN_CHECK_HOST_KEYS_ENFORCE, FLAGS);
  /**
   * MitogenSshConnection:identity-file: (getter get_identity_file) (setter set_identity_file)
   *
   * The file of a private key to log in with. A certificate beside it is used, too.
   *
   * Since: 1.0
   */
  properties[PROP_IDENTITY_FILE] = g_param_spec_string ("identity-file", NULL, NULL, NULL, FLAGS);
  /**
   * MitogenSshConnection:identity-files: (getter get_identity_files) (setter set_identity_files)
   *
   * The files of further private keys to log in with, which are tried in this order.
   *
   * Since: 1.0
   */
  properties[PROP_IDENTITY_FILES] =
      g_param_spec_boxed ("identity-files", NULL, NULL, G_TYPE_STRV, FLAGS);
  /**
   * MitogenSshConnection:identities-only:
   *
   * Whether other keys that an agent offers stay out of it if a key file or a password is given: a
   * host closes the connection after a few that it does not know.
   *
   * Since: 1.0
   */
  properties[PROP_IDENTITIES_ONLY] =
      g_param_spec_boolean ("identities-only", NULL, NULL, TRUE, FLAGS);
}

static void
make_stream_properties (void)
{
  /**
   * MitogenSshConnection:compression: (getter get_compression) (setter set_compression)
   *
   * Whether data are compressed on their way.
   *
   * Since: 1.0
   */
  properties[PROP_COMPRESSION] = g_param_spec_boolean ("compression", NULL, NULL, TRUE, FLAGS);
  /**
   * MitogenSshConnection:keepalive-enabled:
   *
   * Whether the host is asked for a sign of life when it is silent, so that the loss of the
   * network is noticed. If not, what the configuration of `ssh` says applies.
   *
   * Since: 1.0
   */
  properties[PROP_KEEPALIVE_ENABLED] =
      g_param_spec_boolean ("keepalive-enabled", NULL, NULL, TRUE, FLAGS);
  /**
   * MitogenSshConnection:keepalive-interval:
   *
   * How long the host may be silent before it is asked for a sign of life, in seconds.
   *
   * Since: 1.0
   */
  properties[PROP_KEEPALIVE_INTERVAL] =
      g_param_spec_uint ("keepalive-interval", NULL, NULL, 1, G_MAXINT, 15, FLAGS);
  /**
   * MitogenSshConnection:keepalive-count:
   *
   * How often the host is asked in vain for a sign of life before it counts as lost.
   *
   * Since: 1.0
   */
  properties[PROP_KEEPALIVE_COUNT] =
      g_param_spec_uint ("keepalive-count", NULL, NULL, 1, G_MAXINT, 3, FLAGS);
}

static void
mitogen_ssh_connection_class_init (MitogenSshConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  object_class->finalize = mitogen_ssh_connection_finalize;
  object_class->get_property = mitogen_ssh_connection_get_property;
  object_class->set_property = mitogen_ssh_connection_set_property;
  connection_class->get_argv = mitogen_ssh_connection_get_argv;
  connection_class->get_name = mitogen_ssh_connection_get_name;
  mitogen_connection_class_set_method (connection_class, &ssh_method);
  make_host_properties ();
  make_program_properties ();
  make_key_properties ();
  make_stream_properties ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_ssh_connection_init (MitogenSshConnection *self)
{
  self->ssh_path = g_strdup (DEFAULT_SSH_PATH);
  self->check_host_keys = MITOGEN_CHECK_HOST_KEYS_ENFORCE;
  self->identities_only = TRUE;
  self->compression = TRUE;
  self->keepalive_enabled = TRUE;
  self->keepalive_interval = 15;
  self->keepalive_count = 3;
}

/**
 * mitogen_ssh_connection_new:
 * @hostname: the name or address of a host, as `ssh` takes it
 *
 * Creates a connection to a host.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_ssh_connection_new (const char *hostname)
{
  return g_object_new (MITOGEN_TYPE_SSH_CONNECTION, "hostname", hostname, NULL);
}

/**
 * mitogen_ssh_connection_get_hostname: (get-property hostname)
 * @self: a connection
 *
 * Gets the host to connect to.
 *
 * Returns: (nullable): a name or address
 *
 * Since: 1.0
 */
const char *
mitogen_ssh_connection_get_hostname (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), NULL);
  return self->hostname;
}

/**
 * mitogen_ssh_connection_set_hostname: (set-property hostname)
 * @self: a connection
 * @hostname: (nullable): the name or address, as `ssh` takes it
 *
 * Sets the host to connect to.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_hostname (MitogenSshConnection *self, const char *hostname)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));

  mitogen_text_property_set (self, &self->hostname, hostname, properties[PROP_HOSTNAME]);
}

/**
 * mitogen_ssh_connection_get_username: (get-property username)
 * @self: a connection
 *
 * Gets the account to log in to.
 *
 * Returns: (nullable): the name of an account
 *
 * Since: 1.0
 */
const char *
mitogen_ssh_connection_get_username (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), NULL);
  return self->username;
}

/**
 * mitogen_ssh_connection_set_username: (set-property username)
 * @self: a connection
 * @username: (nullable): the name of an account
 *
 * Sets the account to log in to.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_username (MitogenSshConnection *self, const char *username)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));

  mitogen_text_property_set (self, &self->username, username, properties[PROP_USERNAME]);
}

/**
 * mitogen_ssh_connection_get_port: (get-property port)
 * @self: a connection
 *
 * Gets the port to connect to.
 *
 * Returns: a number; 0 for the default
 *
 * Since: 1.0
 */
guint
mitogen_ssh_connection_get_port (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), 0);
  return self->port;
}

/**
 * mitogen_ssh_connection_set_port: (set-property port)
 * @self: a connection
 * @port: a number; 0 for the default
 *
 * Sets the port to connect to.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_port (MitogenSshConnection *self, guint port)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));
  g_return_if_fail (port <= 65535);

  if (self->port == port)
    return;
  self->port = port;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PORT]);
}

/**
 * mitogen_ssh_connection_get_ssh_path: (get-property ssh-path)
 * @self: a connection
 *
 * Gets the program that is started.
 *
 * Returns: its name or path
 *
 * Since: 1.0
 */
const char *
mitogen_ssh_connection_get_ssh_path (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), NULL);
  return self->ssh_path;
}

/**
 * mitogen_ssh_connection_set_ssh_path: (set-property ssh-path)
 * @self: a connection
 * @ssh_path: (nullable): its name or path; nothing for `ssh`
 *
 * Sets the program that is started.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_ssh_path (MitogenSshConnection *self, const char *ssh_path)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));

  if (ssh_path == NULL)
    ssh_path = DEFAULT_SSH_PATH;
  mitogen_text_property_set (self, &self->ssh_path, ssh_path, properties[PROP_SSH_PATH]);
}

/**
 * mitogen_ssh_connection_get_ssh_args: (get-property ssh-args)
 * @self: a connection
 *
 * Gets further arguments for the program.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the arguments
 *
 * Since: 1.0
 */
const char *const *
mitogen_ssh_connection_get_ssh_args (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), NULL);
  return (const char *const *) self->ssh_args;
}

/**
 * mitogen_ssh_connection_set_ssh_args: (set-property ssh-args)
 * @self: a connection
 * @ssh_args: (nullable) (array zero-terminated=1): the arguments
 *
 * Sets further arguments for the program.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_ssh_args (MitogenSshConnection *self, const char *const *ssh_args)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));

  g_strfreev (self->ssh_args);
  self->ssh_args = g_strdupv ((char **) ssh_args);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SSH_ARGS]);
}

/**
 * mitogen_ssh_connection_get_check_host_keys: (get-property check-host-keys)
 * @self: a connection
 *
 * Gets what is done about the key of the host.
 *
 * Returns: what is done
 *
 * Since: 1.0
 */
MitogenCheckHostKeys
mitogen_ssh_connection_get_check_host_keys (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), MITOGEN_CHECK_HOST_KEYS_ENFORCE);
  return self->check_host_keys;
}

/**
 * mitogen_ssh_connection_set_check_host_keys: (set-property check-host-keys)
 * @self: a connection
 * @check_host_keys: what is done
 *
 * Sets what is done about the key of the host.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_check_host_keys (MitogenSshConnection *self,
                                            MitogenCheckHostKeys check_host_keys)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));
  g_return_if_fail (check_host_keys >= MITOGEN_CHECK_HOST_KEYS_IGNORE &&
                    check_host_keys <= MITOGEN_CHECK_HOST_KEYS_ACCEPT);

  if (self->check_host_keys == check_host_keys)
    return;
  self->check_host_keys = check_host_keys;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CHECK_HOST_KEYS]);
}

/**
 * mitogen_ssh_connection_get_identity_file: (get-property identity-file)
 * @self: a connection
 *
 * Gets the file of a private key.
 *
 * Returns: (nullable): a path
 *
 * Since: 1.0
 */
const char *
mitogen_ssh_connection_get_identity_file (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), NULL);
  return self->identity_file;
}

/**
 * mitogen_ssh_connection_set_identity_file: (set-property identity-file)
 * @self: a connection
 * @identity_file: (nullable): a path
 *
 * Sets the file of a private key.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_identity_file (MitogenSshConnection *self, const char *identity_file)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));

  mitogen_text_property_set (self, &self->identity_file, identity_file,
                             properties[PROP_IDENTITY_FILE]);
}

/**
 * mitogen_ssh_connection_get_identity_files: (get-property identity-files)
 * @self: a connection
 *
 * Gets the files of further private keys.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): paths
 *
 * Since: 1.0
 */
const char *const *
mitogen_ssh_connection_get_identity_files (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), NULL);
  return (const char *const *) self->identity_files;
}

/**
 * mitogen_ssh_connection_set_identity_files: (set-property identity-files)
 * @self: a connection
 * @identity_files: (nullable) (array zero-terminated=1): paths
 *
 * Sets the files of further private keys.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_identity_files (MitogenSshConnection *self,
                                           const char *const *identity_files)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));

  g_strfreev (self->identity_files);
  self->identity_files = g_strdupv ((char **) identity_files);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IDENTITY_FILES]);
}

/**
 * mitogen_ssh_connection_get_identities_only: (get-property identities-only)
 * @self: a connection
 *
 * Tells whether keys of an agent stay out of it.
 *
 * Returns: whether they do
 *
 * Since: 1.0
 */
gboolean
mitogen_ssh_connection_get_identities_only (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), FALSE);
  return self->identities_only;
}

/**
 * mitogen_ssh_connection_set_identities_only: (set-property identities-only)
 * @self: a connection
 * @identities_only: whether they do
 *
 * Decides whether keys of an agent stay out of it.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_identities_only (MitogenSshConnection *self, gboolean identities_only)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));

  if (self->identities_only == !!identities_only)
    return;
  self->identities_only = !!identities_only;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IDENTITIES_ONLY]);
}

/**
 * mitogen_ssh_connection_get_compression: (get-property compression)
 * @self: a connection
 *
 * Tells whether data are compressed.
 *
 * Returns: whether they are
 *
 * Since: 1.0
 */
gboolean
mitogen_ssh_connection_get_compression (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), FALSE);
  return self->compression;
}

/**
 * mitogen_ssh_connection_set_compression: (set-property compression)
 * @self: a connection
 * @compression: whether they are
 *
 * Decides whether data are compressed.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_compression (MitogenSshConnection *self, gboolean compression)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));

  if (self->compression == !!compression)
    return;
  self->compression = !!compression;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COMPRESSION]);
}

/**
 * mitogen_ssh_connection_get_keepalive_enabled: (get-property keepalive-enabled)
 * @self: a connection
 *
 * Tells whether the host is asked for signs of life.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
mitogen_ssh_connection_get_keepalive_enabled (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), FALSE);
  return self->keepalive_enabled;
}

/**
 * mitogen_ssh_connection_set_keepalive_enabled: (set-property keepalive-enabled)
 * @self: a connection
 * @keepalive_enabled: whether it is
 *
 * Decides whether the host is asked for signs of life.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_keepalive_enabled (MitogenSshConnection *self,
                                              gboolean keepalive_enabled)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));

  if (self->keepalive_enabled == !!keepalive_enabled)
    return;
  self->keepalive_enabled = !!keepalive_enabled;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_KEEPALIVE_ENABLED]);
}

/**
 * mitogen_ssh_connection_get_keepalive_interval: (get-property keepalive-interval)
 * @self: a connection
 *
 * Gets how long the host may be silent before it is asked.
 *
 * Returns: a time in seconds
 *
 * Since: 1.0
 */
guint
mitogen_ssh_connection_get_keepalive_interval (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), 0);
  return self->keepalive_interval;
}

/**
 * mitogen_ssh_connection_set_keepalive_interval: (set-property keepalive-interval)
 * @self: a connection
 * @keepalive_interval: a time in seconds
 *
 * Sets how long the host may be silent before it is asked.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_keepalive_interval (MitogenSshConnection *self, guint keepalive_interval)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));
  g_return_if_fail (keepalive_interval >= 1 && keepalive_interval <= G_MAXINT);

  if (self->keepalive_interval == keepalive_interval)
    return;
  self->keepalive_interval = keepalive_interval;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_KEEPALIVE_INTERVAL]);
}

/**
 * mitogen_ssh_connection_get_keepalive_count: (get-property keepalive-count)
 * @self: a connection
 *
 * Gets how often the host is asked in vain.
 *
 * Returns: a number
 *
 * Since: 1.0
 */
guint
mitogen_ssh_connection_get_keepalive_count (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), 0);
  return self->keepalive_count;
}

/**
 * mitogen_ssh_connection_set_keepalive_count: (set-property keepalive-count)
 * @self: a connection
 * @keepalive_count: a number
 *
 * Sets how often the host is asked in vain.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_keepalive_count (MitogenSshConnection *self, guint keepalive_count)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));
  g_return_if_fail (keepalive_count >= 1 && keepalive_count <= G_MAXINT);

  if (self->keepalive_count == keepalive_count)
    return;
  self->keepalive_count = keepalive_count;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_KEEPALIVE_COUNT]);
}

/**
 * mitogen_ssh_connection_get_ssh_debug_level: (get-property ssh-debug-level)
 * @self: a connection
 *
 * Gets how much the program tells of what it does.
 *
 * Returns: 0 to 3
 *
 * Since: 1.0
 */
guint
mitogen_ssh_connection_get_ssh_debug_level (MitogenSshConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SSH_CONNECTION (self), 0);
  return self->ssh_debug_level;
}

/**
 * mitogen_ssh_connection_set_ssh_debug_level: (set-property ssh-debug-level)
 * @self: a connection
 * @ssh_debug_level: 0 to 3
 *
 * Sets how much the program tells of what it does.
 *
 * Since: 1.0
 */
void
mitogen_ssh_connection_set_ssh_debug_level (MitogenSshConnection *self, guint ssh_debug_level)
{
  g_return_if_fail (MITOGEN_IS_SSH_CONNECTION (self));
  g_return_if_fail (ssh_debug_level <= 3);

  if (self->ssh_debug_level == ssh_debug_level)
    return;
  self->ssh_debug_level = ssh_debug_level;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SSH_DEBUG_LEVEL]);
}
