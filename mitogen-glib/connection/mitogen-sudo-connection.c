/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-sudo-connection.h"
#include "connection/mitogen-preamble-private.h"
#include "connection/mitogen-sudo-args-private.h"
#include "connection/mitogen-sudo-login-private.h"
#include "connection/mitogen-sudo-method-private.h"
#include "connection/mitogen-words-private.h"
#include "connection/mitogen-text-property-private.h"

#define DEFAULT_USERNAME "root"
#define DEFAULT_PATH     "sudo"

/**
 * MitogenSudoConnection:
 *
 * A context in another account of the same host, by `sudo`: that of sudo.ws, or sudo-rs.
 *
 * sudo asks at a terminal of its own, so it works where sudoers says `requiretty`, too. Its
 * password is what [property@Mitogen.Connection:interaction] or else
 * [property@Mitogen.Connection:password] answers; without both, sudo is told to fail rather
 * than ask (`-n`). Which account's password it wants is its configuration's business; the
 * question says it.
 *
 * What PAM asks for beside that, such as a verification code, is asked for in PAM's words.
 *
 * Since: 1.0
 */
struct _MitogenSudoConnection
{
  MitogenConnection parent_instance;

  char *nonce; /* in the prompt */
  char *username;
  char *sudo_path;
  gboolean set_home;
  gboolean preserve_env;
  gboolean login;
  char *selinux_role;
  char *selinux_type;
  char **sudo_args;
};

G_DEFINE_FINAL_TYPE (MitogenSudoConnection, mitogen_sudo_connection, MITOGEN_TYPE_CONNECTION)

typedef enum
{
  PROP_USERNAME = 1,
  PROP_SUDO_PATH,
  PROP_SET_HOME,
  PROP_PRESERVE_ENV,
  PROP_LOGIN,
  PROP_SELINUX_ROLE,
  PROP_SELINUX_TYPE,
  PROP_SUDO_ARGS,
} MitogenSudoConnectionProperty;

static GParamSpec *properties[PROP_SUDO_ARGS + 1];

/* ---- the command ---- */

/* The properties, and what sudo-args says where they say nothing. */
static gboolean
read_args (MitogenSudoConnection *self, MitogenSudoArgs *args, GError **error)
{
  if (!mitogen_sudo_args_parse (args, (const char *const *) self->sudo_args, error))
    return FALSE;
  if (self->username != NULL || args->user == NULL)
    {
      g_free (args->user);
      args->user = g_strdup (self->username != NULL ? self->username : DEFAULT_USERNAME);
    }
  if (self->selinux_role != NULL)
    {
      g_free (args->role);
      args->role = g_strdup (self->selinux_role);
    }
  if (self->selinux_type != NULL)
    {
      g_free (args->type);
      args->type = g_strdup (self->selinux_type);
    }
  args->set_home |= self->set_home;
  args->preserve_env |= self->preserve_env;
  args->login |= self->login;
  return mitogen_words_check_user ("sudo", args->user, error);
}

static void
add_pair (GStrvBuilder *argv, const char *option, const char *value)
{
  if (value == NULL)
    return;
  g_strv_builder_add (argv, option);
  g_strv_builder_add (argv, value);
}

static void
add_flag (GStrvBuilder *argv, const char *option, gboolean wanted)
{
  if (wanted)
    g_strv_builder_add (argv, option);
}

/* Words that sudo-rs knows, too, as far as possible. */
static void
add_options (MitogenSudoConnection *self, GStrvBuilder *argv, const MitogenSudoArgs *args)
{
  g_autofree char *prompt = mitogen_sudo_method_make_prompt (self->nonce);
  g_auto (GStrv) others = g_strv_builder_end (args->others);

  add_pair (argv, "-u", args->user);
  add_flag (argv, "-E", args->preserve_env);
  add_flag (argv, "-H", args->set_home);
  add_flag (argv, "-i", args->login);
  add_pair (argv, "-r", args->role);
  add_pair (argv, "-t", args->type);
  g_strv_builder_addv (argv, (const char **) others);
  add_flag (argv, "-n", !mitogen_connection_can_answer (MITOGEN_CONNECTION (self)));
  add_pair (argv, "-p", prompt);
  g_strv_builder_add (argv, "--");
}

static char **
mitogen_sudo_connection_get_argv (MitogenConnection *connection,
                                  MitogenContext *via,
                                  const char *const *python_argv,
                                  GError **error)
{
  MitogenSudoConnection *self = MITOGEN_SUDO_CONNECTION (connection);
  g_auto (MitogenSudoArgs) args = { 0 };
  g_autoptr (GStrvBuilder) argv = NULL;
  g_auto (GStrv) command = NULL;

  if (!read_args (self, &args, error))
    return NULL;
  command =
      args.login ? mitogen_sudo_login_encode (python_argv) : g_strdupv ((char **) python_argv);
  argv = g_strv_builder_new ();
  g_strv_builder_add (argv, self->sudo_path != NULL ? self->sudo_path : DEFAULT_PATH);
  add_options (self, argv, &args);
  g_strv_builder_addv (argv, (const char **) command);
  return g_strv_builder_end (argv);
}

/* Wrong options are get_argv()'s to complain about. */
static char *
dup_user (MitogenSudoConnection *self)
{
  g_auto (MitogenSudoArgs) args = { 0 };

  return read_args (self, &args, NULL) ? g_strdup (args.user) : g_strdup (DEFAULT_USERNAME);
}

static char *
mitogen_sudo_connection_get_name (MitogenConnection *connection)
{
  g_autofree char *user = dup_user (MITOGEN_SUDO_CONNECTION (connection));

  return g_strconcat ("sudo.", user, NULL);
}

/* ---- the method ---- */

static MitogenMethod *
make_method (MitogenConnection *connection, gboolean direct, GError **error)
{
  MitogenSudoConnection *self = MITOGEN_SUDO_CONNECTION (connection);
  g_auto (MitogenSudoArgs) args = { 0 };

  if (!read_args (self, &args, error))
    return NULL;
  return mitogen_sudo_method_new (self->nonce, args.login,
                                  mitogen_connection_can_answer (connection));
}

static void
describe (MitogenConnection *connection, MitogenPlace *place)
{
  place->user = dup_user (MITOGEN_SUDO_CONNECTION (connection));
}

static const MitogenConnectionMethod method = {
  .name = "sudo",
  .make_method = make_method,
  .describe = describe,
};

/* ---- the object ---- */

static void
mitogen_sudo_connection_finalize (GObject *object)
{
  MitogenSudoConnection *self = MITOGEN_SUDO_CONNECTION (object);

  g_free (self->nonce);
  g_free (self->username);
  g_free (self->sudo_path);
  g_free (self->selinux_role);
  g_free (self->selinux_type);
  g_strfreev (self->sudo_args);
  G_OBJECT_CLASS (mitogen_sudo_connection_parent_class)->finalize (object);
}

static void
mitogen_sudo_connection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenSudoConnection *self = MITOGEN_SUDO_CONNECTION (object);

  switch ((MitogenSudoConnectionProperty) id)
    {
    case PROP_USERNAME:
      g_value_set_string (value, self->username);
      break;
    case PROP_SUDO_PATH:
      g_value_set_string (value, self->sudo_path);
      break;
    case PROP_SET_HOME:
      g_value_set_boolean (value, self->set_home);
      break;
    case PROP_PRESERVE_ENV:
      g_value_set_boolean (value, self->preserve_env);
      break;
    case PROP_LOGIN:
      g_value_set_boolean (value, self->login);
      break;
    case PROP_SELINUX_ROLE:
      g_value_set_string (value, self->selinux_role);
      break;
    case PROP_SELINUX_TYPE:
      g_value_set_string (value, self->selinux_type);
      break;
    case PROP_SUDO_ARGS:
      g_value_set_boxed (value, self->sudo_args);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_sudo_connection_set_property (GObject *object,
                                      guint id,
                                      const GValue *value,
                                      GParamSpec *pspec)
{
  MitogenSudoConnection *self = MITOGEN_SUDO_CONNECTION (object);

  switch ((MitogenSudoConnectionProperty) id)
    {
    case PROP_USERNAME:
      mitogen_sudo_connection_set_username (self, g_value_get_string (value));
      break;
    case PROP_SUDO_PATH:
      mitogen_sudo_connection_set_sudo_path (self, g_value_get_string (value));
      break;
    case PROP_SET_HOME:
      mitogen_sudo_connection_set_set_home (self, g_value_get_boolean (value));
      break;
    case PROP_PRESERVE_ENV:
      mitogen_sudo_connection_set_preserve_env (self, g_value_get_boolean (value));
      break;
    case PROP_LOGIN:
      mitogen_sudo_connection_set_login (self, g_value_get_boolean (value));
      break;
    case PROP_SELINUX_ROLE:
      mitogen_sudo_connection_set_selinux_role (self, g_value_get_string (value));
      break;
    case PROP_SELINUX_TYPE:
      mitogen_sudo_connection_set_selinux_type (self, g_value_get_string (value));
      break;
    case PROP_SUDO_ARGS:
      mitogen_sudo_connection_set_sudo_args (self, g_value_get_boxed (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
make_text_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenSudoConnection:username: (getter get_username) (setter set_username)
   *
   * Whose account the context is to run in: a name, or `#` and a number.
   *
   * Unset, it is what `-u` among [property@Mitogen.SudoConnection:sudo-args] says, or root.
   *
   * Since: 1.0
   */
  properties[PROP_USERNAME] = g_param_spec_string ("username", NULL, NULL, NULL, flags);
  /**
   * MitogenSudoConnection:sudo-path: (getter get_sudo_path) (setter set_sudo_path)
   *
   * The program, on the host where the connection begins; `sudo` in `PATH` if unset.
   *
   * Since: 1.0
   */
  properties[PROP_SUDO_PATH] = g_param_spec_string ("sudo-path", NULL, NULL, NULL, flags);
  /**
   * MitogenSudoConnection:selinux-role: (getter get_selinux_role) (setter set_selinux_role)
   *
   * The role of the context where SELinux is in force (`-r`).
   *
   * Since: 1.0
   */
  properties[PROP_SELINUX_ROLE] = g_param_spec_string ("selinux-role", NULL, NULL, NULL, flags);
  /**
   * MitogenSudoConnection:selinux-type: (getter get_selinux_type) (setter set_selinux_type)
   *
   * The type of the context where SELinux is in force (`-t`).
   *
   * Since: 1.0
   */
  properties[PROP_SELINUX_TYPE] = g_param_spec_string ("selinux-type", NULL, NULL, NULL, flags);
  /**
   * MitogenSudoConnection:sudo-args: (getter get_sudo_args) (setter set_sudo_args)
   *
   * Further options, as they are written on sudo's command line.
   *
   * They are read the way sudo reads them: `-Hu`, `postgres` is understood, as is
   * `--set-home`. The properties come first. `-S`, `-n` and `-B` mean nothing here; options
   * without which no context could be made (`-b`, `-e`, `-l`, `-p`, `-s` and so on), unknown
   * ones and anything else make connecting fail with `G_IO_ERROR_INVALID_ARGUMENT`.
   *
   * Since: 1.0
   */
  properties[PROP_SUDO_ARGS] = g_param_spec_boxed ("sudo-args", NULL, NULL, G_TYPE_STRV, flags);
}

static void
make_flag_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenSudoConnection:set-home: (getter get_set_home) (setter set_set_home)
   *
   * Whether `HOME` will be the home directory of the account (`-H`).
   *
   * Since: 1.0
   */
  properties[PROP_SET_HOME] = g_param_spec_boolean ("set-home", NULL, NULL, FALSE, flags);
  /**
   * MitogenSudoConnection:preserve-env: (getter get_preserve_env) (setter set_preserve_env)
   *
   * Whether the environment is kept (`-E`), which sudoers has to allow.
   *
   * Since: 1.0
   */
  properties[PROP_PRESERVE_ENV] = g_param_spec_boolean ("preserve-env", NULL, NULL, FALSE, flags);
  /**
   * MitogenSudoConnection:login: (getter get_login) (setter set_login)
   *
   * Whether a login shell of the account starts the context (`-i`), which gives it the
   * account's own environment and working directory.
   *
   * Since: 1.0
   */
  properties[PROP_LOGIN] = g_param_spec_boolean ("login", NULL, NULL, FALSE, flags);
}

static void
mitogen_sudo_connection_class_init (MitogenSudoConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  object_class->finalize = mitogen_sudo_connection_finalize;
  object_class->get_property = mitogen_sudo_connection_get_property;
  object_class->set_property = mitogen_sudo_connection_set_property;
  connection_class->get_argv = mitogen_sudo_connection_get_argv;
  connection_class->get_name = mitogen_sudo_connection_get_name;
  mitogen_connection_class_set_method (connection_class, &method);

  make_text_properties ();
  make_flag_properties ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_sudo_connection_init (MitogenSudoConnection *self)
{
  self->nonce = mitogen_make_nonce ();
}

/**
 * mitogen_sudo_connection_new:
 *
 * Creates a connection to another account by `sudo`.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_sudo_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_SUDO_CONNECTION, NULL);
}

/**
 * mitogen_sudo_connection_get_username: (get-property username)
 * @self: a connection
 *
 * Gets whose account the context is to run in.
 *
 * Returns: (nullable): a user name; nothing for root
 *
 * Since: 1.0
 */
const char *
mitogen_sudo_connection_get_username (MitogenSudoConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SUDO_CONNECTION (self), NULL);
  return self->username;
}

/**
 * mitogen_sudo_connection_set_username: (set-property username)
 * @self: a connection
 * @username: (nullable): a user name; nothing for root
 *
 * Sets whose account the context is to run in: see
 * [property@Mitogen.SudoConnection:username].
 *
 * Since: 1.0
 */
void
mitogen_sudo_connection_set_username (MitogenSudoConnection *self, const char *username)
{
  g_return_if_fail (MITOGEN_IS_SUDO_CONNECTION (self));
  mitogen_text_property_set (self, &self->username, username, properties[PROP_USERNAME]);
}

/**
 * mitogen_sudo_connection_get_sudo_path: (get-property sudo-path)
 * @self: a connection
 *
 * Gets the program.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for
 *   `sudo`
 *
 * Since: 1.0
 */
const char *
mitogen_sudo_connection_get_sudo_path (MitogenSudoConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SUDO_CONNECTION (self), NULL);
  return self->sudo_path;
}

/**
 * mitogen_sudo_connection_set_sudo_path: (set-property sudo-path)
 * @self: a connection
 * @sudo_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for `sudo`
 *
 * Sets the program: see [property@Mitogen.SudoConnection:sudo-path].
 *
 * Since: 1.0
 */
void
mitogen_sudo_connection_set_sudo_path (MitogenSudoConnection *self, const char *sudo_path)
{
  g_return_if_fail (MITOGEN_IS_SUDO_CONNECTION (self));
  mitogen_text_property_set (self, &self->sudo_path, sudo_path, properties[PROP_SUDO_PATH]);
}

/**
 * mitogen_sudo_connection_get_set_home: (get-property set-home)
 * @self: a connection
 *
 * Tells whether `HOME` will be the home directory of the account.
 *
 * Returns: whether it will
 *
 * Since: 1.0
 */
gboolean
mitogen_sudo_connection_get_set_home (MitogenSudoConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SUDO_CONNECTION (self), FALSE);
  return self->set_home;
}

/**
 * mitogen_sudo_connection_set_set_home: (set-property set-home)
 * @self: a connection
 * @set_home: whether it will
 *
 * Decides whether `HOME` will be the home directory of the account: see
 * [property@Mitogen.SudoConnection:set-home].
 *
 * Since: 1.0
 */
void
mitogen_sudo_connection_set_set_home (MitogenSudoConnection *self, gboolean set_home)
{
  g_return_if_fail (MITOGEN_IS_SUDO_CONNECTION (self));
  if (self->set_home == !!set_home)
    return;
  self->set_home = !!set_home;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SET_HOME]);
}

/**
 * mitogen_sudo_connection_get_preserve_env: (get-property preserve-env)
 * @self: a connection
 *
 * Tells whether the environment is kept.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
mitogen_sudo_connection_get_preserve_env (MitogenSudoConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SUDO_CONNECTION (self), FALSE);
  return self->preserve_env;
}

/**
 * mitogen_sudo_connection_set_preserve_env: (set-property preserve-env)
 * @self: a connection
 * @preserve_env: whether it is
 *
 * Decides whether the environment is kept: see
 * [property@Mitogen.SudoConnection:preserve-env].
 *
 * Since: 1.0
 */
void
mitogen_sudo_connection_set_preserve_env (MitogenSudoConnection *self, gboolean preserve_env)
{
  g_return_if_fail (MITOGEN_IS_SUDO_CONNECTION (self));
  if (self->preserve_env == !!preserve_env)
    return;
  self->preserve_env = !!preserve_env;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PRESERVE_ENV]);
}

/**
 * mitogen_sudo_connection_get_login: (get-property login)
 * @self: a connection
 *
 * Tells whether a login shell of the account starts the context.
 *
 * Returns: whether it does
 *
 * Since: 1.0
 */
gboolean
mitogen_sudo_connection_get_login (MitogenSudoConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SUDO_CONNECTION (self), FALSE);
  return self->login;
}

/**
 * mitogen_sudo_connection_set_login: (set-property login)
 * @self: a connection
 * @login: whether it does
 *
 * Decides whether a login shell of the account starts the context: see
 * [property@Mitogen.SudoConnection:login].
 *
 * Since: 1.0
 */
void
mitogen_sudo_connection_set_login (MitogenSudoConnection *self, gboolean login)
{
  g_return_if_fail (MITOGEN_IS_SUDO_CONNECTION (self));
  if (self->login == !!login)
    return;
  self->login = !!login;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOGIN]);
}

/**
 * mitogen_sudo_connection_get_selinux_role: (get-property selinux-role)
 * @self: a connection
 *
 * Gets the SELinux role.
 *
 * Returns: (nullable): a role
 *
 * Since: 1.0
 */
const char *
mitogen_sudo_connection_get_selinux_role (MitogenSudoConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SUDO_CONNECTION (self), NULL);
  return self->selinux_role;
}

/**
 * mitogen_sudo_connection_set_selinux_role: (set-property selinux-role)
 * @self: a connection
 * @selinux_role: (nullable): a role
 *
 * Sets the SELinux role: see [property@Mitogen.SudoConnection:selinux-role].
 *
 * Since: 1.0
 */
void
mitogen_sudo_connection_set_selinux_role (MitogenSudoConnection *self, const char *selinux_role)
{
  g_return_if_fail (MITOGEN_IS_SUDO_CONNECTION (self));
  mitogen_text_property_set (self, &self->selinux_role, selinux_role,
                             properties[PROP_SELINUX_ROLE]);
}

/**
 * mitogen_sudo_connection_get_selinux_type: (get-property selinux-type)
 * @self: a connection
 *
 * Gets the SELinux type.
 *
 * Returns: (nullable): a type
 *
 * Since: 1.0
 */
const char *
mitogen_sudo_connection_get_selinux_type (MitogenSudoConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SUDO_CONNECTION (self), NULL);
  return self->selinux_type;
}

/**
 * mitogen_sudo_connection_set_selinux_type: (set-property selinux-type)
 * @self: a connection
 * @selinux_type: (nullable): a type
 *
 * Sets the SELinux type: see [property@Mitogen.SudoConnection:selinux-type].
 *
 * Since: 1.0
 */
void
mitogen_sudo_connection_set_selinux_type (MitogenSudoConnection *self, const char *selinux_type)
{
  g_return_if_fail (MITOGEN_IS_SUDO_CONNECTION (self));
  mitogen_text_property_set (self, &self->selinux_type, selinux_type,
                             properties[PROP_SELINUX_TYPE]);
}

/**
 * mitogen_sudo_connection_get_sudo_args: (get-property sudo-args)
 * @self: a connection
 *
 * Gets further options.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): options
 *
 * Since: 1.0
 */
const char *const *
mitogen_sudo_connection_get_sudo_args (MitogenSudoConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SUDO_CONNECTION (self), NULL);
  return (const char *const *) self->sudo_args;
}

/**
 * mitogen_sudo_connection_set_sudo_args: (set-property sudo-args)
 * @self: a connection
 * @sudo_args: (nullable) (array zero-terminated=1): options
 *
 * Sets further options: see [property@Mitogen.SudoConnection:sudo-args].
 *
 * Since: 1.0
 */
void
mitogen_sudo_connection_set_sudo_args (MitogenSudoConnection *self, const char *const *sudo_args)
{
  g_return_if_fail (MITOGEN_IS_SUDO_CONNECTION (self));
  g_strfreev (self->sudo_args);
  self->sudo_args = g_strdupv ((char **) sudo_args);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SUDO_ARGS]);
}
