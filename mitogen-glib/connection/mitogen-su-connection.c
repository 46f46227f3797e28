/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-su-connection.h"
#include "connection/mitogen-shell-quote-private.h"
#include "connection/mitogen-su-method-private.h"
#include "connection/mitogen-words-private.h"
#include "connection/mitogen-text-property-private.h"

#define DEFAULT_USERNAME "root"
#define DEFAULT_PATH     "su"

/**
 * MitogenSuConnection:
 *
 * A context in another account of the same host, by `su`.
 *
 * su asks for the password of that account, unless it is started by root. It is answered
 * by [property@Mitogen.Connection:interaction] or else
 * [property@Mitogen.Connection:password]. As su reads the password from its standard
 * input, all of it is a terminal: the context starts a little slower than with the other
 * ways, and is no slower afterwards.
 *
 * The context is started by the account's login shell, whichever it is.
 *
 * Since: 1.0
 */
struct _MitogenSuConnection
{
  MitogenConnection parent_instance;

  char *username;
  char *su_path;
  gboolean login;
  char *password_prompt;
  char **incorrect_prompts;
};

G_DEFINE_FINAL_TYPE (MitogenSuConnection, mitogen_su_connection, MITOGEN_TYPE_CONNECTION)

typedef enum
{
  PROP_USERNAME = 1,
  PROP_SU_PATH,
  PROP_LOGIN,
  PROP_PASSWORD_PROMPT,
  PROP_INCORRECT_PROMPTS,
} MitogenSuConnectionProperty;

static GParamSpec *properties[PROP_INCORRECT_PROMPTS + 1];

/* ---- the command ---- */

static const char *
get_user (MitogenSuConnection *self)
{
  return self->username != NULL ? self->username : DEFAULT_USERNAME;
}

static const char *
get_path (MitogenSuConnection *self)
{
  return self->su_path != NULL ? self->su_path : DEFAULT_PATH;
}

static char **
mitogen_su_connection_get_argv (MitogenConnection *connection,
                                MitogenContext *via,
                                const char *const *python_argv,
                                GError **error)
{
  MitogenSuConnection *self = MITOGEN_SU_CONNECTION (connection);
  g_autoptr (GStrvBuilder) argv = NULL;
  g_autofree char *command = NULL;

  if (!mitogen_words_check_user ("su", self->username, error))
    return NULL;
  argv = g_strv_builder_new ();
  /* The order that every su knows. */
  g_strv_builder_add (argv, get_path (self));
  if (self->login)
    g_strv_builder_add (argv, "-");
  g_strv_builder_add (argv, get_user (self));
  g_strv_builder_add (argv, "-c");
  command = mitogen_shell_quote_for_login (python_argv);
  g_strv_builder_add (argv, command);
  return g_strv_builder_end (argv);
}

static char *
mitogen_su_connection_get_name (MitogenConnection *connection)
{
  return g_strconcat ("su.", get_user (MITOGEN_SU_CONNECTION (connection)), NULL);
}

/* ---- the method ---- */

static MitogenMethod *
make_method (MitogenConnection *connection, gboolean direct, GError **error)
{
  MitogenSuConnection *self = MITOGEN_SU_CONNECTION (connection);

  return mitogen_su_method_new (get_user (self), self->password_prompt,
                                (const char *const *) self->incorrect_prompts,
                                mitogen_connection_get_interaction (connection) != NULL);
}

static void
describe (MitogenConnection *connection, MitogenPlace *place)
{
  place->user = g_strdup (get_user (MITOGEN_SU_CONNECTION (connection)));
}

static const MitogenConnectionMethod method = {
  .name = "su",
  .make_method = make_method,
  .describe = describe,
};

/* ---- the object ---- */

static void
mitogen_su_connection_finalize (GObject *object)
{
  MitogenSuConnection *self = MITOGEN_SU_CONNECTION (object);

  g_free (self->username);
  g_free (self->su_path);
  g_free (self->password_prompt);
  g_strfreev (self->incorrect_prompts);
  G_OBJECT_CLASS (mitogen_su_connection_parent_class)->finalize (object);
}

static void
mitogen_su_connection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenSuConnection *self = MITOGEN_SU_CONNECTION (object);

  switch ((MitogenSuConnectionProperty) id)
    {
    case PROP_USERNAME:
      g_value_set_string (value, self->username);
      break;
    case PROP_SU_PATH:
      g_value_set_string (value, self->su_path);
      break;
    case PROP_LOGIN:
      g_value_set_boolean (value, self->login);
      break;
    case PROP_PASSWORD_PROMPT:
      g_value_set_string (value, self->password_prompt);
      break;
    case PROP_INCORRECT_PROMPTS:
      g_value_set_boxed (value, self->incorrect_prompts);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_su_connection_set_property (GObject *object,
                                    guint id,
                                    const GValue *value,
                                    GParamSpec *pspec)
{
  MitogenSuConnection *self = MITOGEN_SU_CONNECTION (object);

  switch ((MitogenSuConnectionProperty) id)
    {
    case PROP_USERNAME:
      mitogen_su_connection_set_username (self, g_value_get_string (value));
      break;
    case PROP_SU_PATH:
      mitogen_su_connection_set_su_path (self, g_value_get_string (value));
      break;
    case PROP_LOGIN:
      mitogen_su_connection_set_login (self, g_value_get_boolean (value));
      break;
    case PROP_PASSWORD_PROMPT:
      mitogen_su_connection_set_password_prompt (self, g_value_get_string (value));
      break;
    case PROP_INCORRECT_PROMPTS:
      mitogen_su_connection_set_incorrect_prompts (self, g_value_get_boxed (value));
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
   * MitogenSuConnection:username: (getter get_username) (setter set_username)
   *
   * Whose account the context is to run in; root if unset.
   *
   * Since: 1.0
   */
  properties[PROP_USERNAME] = g_param_spec_string ("username", NULL, NULL, NULL, flags);
  /**
   * MitogenSuConnection:su-path: (getter get_su_path) (setter set_su_path)
   *
   * The program, on the host where the connection begins; `su` in `PATH` if unset.
   *
   * Since: 1.0
   */
  properties[PROP_SU_PATH] = g_param_spec_string ("su-path", NULL, NULL, NULL, flags);
  /**
   * MitogenSuConnection:login: (getter get_login) (setter set_login)
   *
   * Whether the context gets the environment and the working directory of a login, as
   * after `su -`.
   *
   * Since: 1.0
   */
  properties[PROP_LOGIN] = g_param_spec_boolean ("login", NULL, NULL, FALSE, flags);
  /**
   * MitogenSuConnection:password-prompt: (getter get_password_prompt) (setter set_password_prompt)
   *
   * A part of the prompt for a password, in any case, as `Password:`.
   *
   * Unset, whatever stands at the end of the terminal for a moment and looks like a
   * question is taken for one, which works in every language. A text makes that moment
   * unnecessary.
   *
   * Since: 1.0
   */
  properties[PROP_PASSWORD_PROMPT] =
      g_param_spec_string ("password-prompt", NULL, NULL, NULL, flags);
  /**
   * MitogenSuConnection:incorrect-prompts:
   *
   * Parts of what is said when a password was refused, in any case.
   *
   * Unset, the usual English ones are known, and in other languages the exit status
   * tells.
   *
   * Since: 1.0
   */
  properties[PROP_INCORRECT_PROMPTS] =
      g_param_spec_boxed ("incorrect-prompts", NULL, NULL, G_TYPE_STRV, flags);
}

static void
mitogen_su_connection_class_init (MitogenSuConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  object_class->finalize = mitogen_su_connection_finalize;
  object_class->get_property = mitogen_su_connection_get_property;
  object_class->set_property = mitogen_su_connection_set_property;
  connection_class->get_argv = mitogen_su_connection_get_argv;
  connection_class->get_name = mitogen_su_connection_get_name;
  mitogen_connection_class_set_method (connection_class, &method);

  make_properties ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_su_connection_init (MitogenSuConnection *self)
{
}

/**
 * mitogen_su_connection_new:
 *
 * Creates a connection to another account by `su`.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_su_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_SU_CONNECTION, NULL);
}

/**
 * mitogen_su_connection_get_username: (get-property username)
 * @self: a connection
 *
 * Gets whose account the context is to run in.
 *
 * Returns: (nullable): a user name; nothing for root
 *
 * Since: 1.0
 */
const char *
mitogen_su_connection_get_username (MitogenSuConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SU_CONNECTION (self), NULL);
  return self->username;
}

/**
 * mitogen_su_connection_set_username: (set-property username)
 * @self: a connection
 * @username: (nullable): a user name; nothing for root
 *
 * Sets whose account the context is to run in: see
 * [property@Mitogen.SuConnection:username].
 *
 * Since: 1.0
 */
void
mitogen_su_connection_set_username (MitogenSuConnection *self, const char *username)
{
  g_return_if_fail (MITOGEN_IS_SU_CONNECTION (self));
  mitogen_text_property_set (self, &self->username, username, properties[PROP_USERNAME]);
}

/**
 * mitogen_su_connection_get_su_path: (get-property su-path)
 * @self: a connection
 *
 * Gets the program.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for
 *   `su`
 *
 * Since: 1.0
 */
const char *
mitogen_su_connection_get_su_path (MitogenSuConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SU_CONNECTION (self), NULL);
  return self->su_path;
}

/**
 * mitogen_su_connection_set_su_path: (set-property su-path)
 * @self: a connection
 * @su_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for `su`
 *
 * Sets the program: see [property@Mitogen.SuConnection:su-path].
 *
 * Since: 1.0
 */
void
mitogen_su_connection_set_su_path (MitogenSuConnection *self, const char *su_path)
{
  g_return_if_fail (MITOGEN_IS_SU_CONNECTION (self));
  mitogen_text_property_set (self, &self->su_path, su_path, properties[PROP_SU_PATH]);
}

/**
 * mitogen_su_connection_get_login: (get-property login)
 * @self: a connection
 *
 * Tells whether the context gets the environment of a login.
 *
 * Returns: whether it does
 *
 * Since: 1.0
 */
gboolean
mitogen_su_connection_get_login (MitogenSuConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SU_CONNECTION (self), FALSE);
  return self->login;
}

/**
 * mitogen_su_connection_set_login: (set-property login)
 * @self: a connection
 * @login: whether it does
 *
 * Decides whether the context gets the environment of a login: see
 * [property@Mitogen.SuConnection:login].
 *
 * Since: 1.0
 */
void
mitogen_su_connection_set_login (MitogenSuConnection *self, gboolean login)
{
  g_return_if_fail (MITOGEN_IS_SU_CONNECTION (self));
  if (self->login == !!login)
    return;
  self->login = !!login;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOGIN]);
}

/**
 * mitogen_su_connection_get_password_prompt: (get-property password-prompt)
 * @self: a connection
 *
 * Gets the text by which the prompt is known.
 *
 * Returns: (nullable): a text; nothing to find out
 *
 * Since: 1.0
 */
const char *
mitogen_su_connection_get_password_prompt (MitogenSuConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SU_CONNECTION (self), NULL);
  return self->password_prompt;
}

/**
 * mitogen_su_connection_set_password_prompt: (set-property password-prompt)
 * @self: a connection
 * @password_prompt: (nullable): a text; nothing to find out
 *
 * Sets the text by which the prompt is known: see
 * [property@Mitogen.SuConnection:password-prompt].
 *
 * Since: 1.0
 */
void
mitogen_su_connection_set_password_prompt (MitogenSuConnection *self, const char *password_prompt)
{
  g_return_if_fail (MITOGEN_IS_SU_CONNECTION (self));
  mitogen_text_property_set (self, &self->password_prompt, password_prompt,
                             properties[PROP_PASSWORD_PROMPT]);
}

/**
 * mitogen_su_connection_get_incorrect_prompts: (get-property incorrect-prompts)
 * @self: a connection
 *
 * Gets the texts by which a refused password is known.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the texts; nothing
 *   for the usual ones
 *
 * Since: 1.0
 */
const char *const *
mitogen_su_connection_get_incorrect_prompts (MitogenSuConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SU_CONNECTION (self), NULL);
  return (const char *const *) self->incorrect_prompts;
}

/**
 * mitogen_su_connection_set_incorrect_prompts: (set-property incorrect-prompts)
 * @self: a connection
 * @incorrect_prompts: (nullable) (array zero-terminated=1): the texts; nothing for the usual ones
 *
 * Sets the texts by which a refused password is known: see
 * [property@Mitogen.SuConnection:incorrect-prompts].
 *
 * Since: 1.0
 */
void
mitogen_su_connection_set_incorrect_prompts (MitogenSuConnection *self,
                                             const char *const *incorrect_prompts)
{
  g_return_if_fail (MITOGEN_IS_SU_CONNECTION (self));
  g_strfreev (self->incorrect_prompts);
  self->incorrect_prompts = g_strdupv ((char **) incorrect_prompts);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_INCORRECT_PROMPTS]);
}
