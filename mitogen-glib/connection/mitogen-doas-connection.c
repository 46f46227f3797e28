/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-doas-connection.h"
#include "connection/mitogen-doas-method-private.h"
#include "connection/mitogen-words-private.h"
#include "connection/mitogen-text-property-private.h"

#define DEFAULT_USERNAME "root"
#define DEFAULT_PATH     "doas"

/**
 * MitogenDoasConnection:
 *
 * A context in another account of the same host, by `doas`.
 *
 * doas asks for the password of the account that starts it, at a terminal of its own. It
 * is answered by [property@Mitogen.Connection:interaction] or else
 * [property@Mitogen.Connection:password]; without both, doas is told to fail rather than
 * ask (`-n`).
 *
 * Since: 1.0
 */
struct _MitogenDoasConnection
{
  MitogenConnection parent_instance;

  char *username;
  char *doas_path;
  char *password_prompt;
  char **incorrect_prompts;
};

G_DEFINE_FINAL_TYPE (MitogenDoasConnection, mitogen_doas_connection, MITOGEN_TYPE_CONNECTION)

typedef enum
{
  PROP_USERNAME = 1,
  PROP_DOAS_PATH,
  PROP_PASSWORD_PROMPT,
  PROP_INCORRECT_PROMPTS,
} MitogenDoasConnectionProperty;

static GParamSpec *properties[PROP_INCORRECT_PROMPTS + 1];

/* ---- the command ---- */

static const char *
get_user (MitogenDoasConnection *self)
{
  return self->username != NULL ? self->username : DEFAULT_USERNAME;
}

static const char *
get_path (MitogenDoasConnection *self)
{
  return self->doas_path != NULL ? self->doas_path : DEFAULT_PATH;
}

static char **
mitogen_doas_connection_get_argv (MitogenConnection *connection,
                                  MitogenContext *via,
                                  const char *const *python_argv,
                                  GError **error)
{
  MitogenDoasConnection *self = MITOGEN_DOAS_CONNECTION (connection);
  g_autoptr (GStrvBuilder) argv = NULL;

  if (!mitogen_words_check_user ("doas", self->username, error))
    return NULL;
  argv = g_strv_builder_new ();
  g_strv_builder_add (argv, get_path (self));
  g_strv_builder_add (argv, "-u");
  g_strv_builder_add (argv, get_user (self));
  if (!mitogen_connection_can_answer (connection))
    g_strv_builder_add (argv, "-n");
  g_strv_builder_add (argv, "--");
  g_strv_builder_addv (argv, (const char **) python_argv);
  return g_strv_builder_end (argv);
}

static char *
mitogen_doas_connection_get_name (MitogenConnection *connection)
{
  return g_strconcat ("doas.", get_user (MITOGEN_DOAS_CONNECTION (connection)), NULL);
}

/* ---- the method ---- */

static MitogenMethod *
make_method (MitogenConnection *connection, gboolean direct, GError **error)
{
  MitogenDoasConnection *self = MITOGEN_DOAS_CONNECTION (connection);

  return mitogen_doas_method_new (self->password_prompt,
                                  (const char *const *) self->incorrect_prompts,
                                  mitogen_connection_get_interaction (connection) != NULL);
}

static void
describe (MitogenConnection *connection, MitogenPlace *place)
{
  place->user = g_strdup (get_user (MITOGEN_DOAS_CONNECTION (connection)));
}

static const MitogenConnectionMethod method = {
  .name = "doas",
  .make_method = make_method,
  .describe = describe,
};

/* ---- the object ---- */

static void
mitogen_doas_connection_finalize (GObject *object)
{
  MitogenDoasConnection *self = MITOGEN_DOAS_CONNECTION (object);

  g_free (self->username);
  g_free (self->doas_path);
  g_free (self->password_prompt);
  g_strfreev (self->incorrect_prompts);
  G_OBJECT_CLASS (mitogen_doas_connection_parent_class)->finalize (object);
}

static void
mitogen_doas_connection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenDoasConnection *self = MITOGEN_DOAS_CONNECTION (object);

  switch ((MitogenDoasConnectionProperty) id)
    {
    case PROP_USERNAME:
      g_value_set_string (value, self->username);
      break;
    case PROP_DOAS_PATH:
      g_value_set_string (value, self->doas_path);
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
mitogen_doas_connection_set_property (GObject *object,
                                      guint id,
                                      const GValue *value,
                                      GParamSpec *pspec)
{
  MitogenDoasConnection *self = MITOGEN_DOAS_CONNECTION (object);

  switch ((MitogenDoasConnectionProperty) id)
    {
    case PROP_USERNAME:
      mitogen_doas_connection_set_username (self, g_value_get_string (value));
      break;
    case PROP_DOAS_PATH:
      mitogen_doas_connection_set_doas_path (self, g_value_get_string (value));
      break;
    case PROP_PASSWORD_PROMPT:
      mitogen_doas_connection_set_password_prompt (self, g_value_get_string (value));
      break;
    case PROP_INCORRECT_PROMPTS:
      mitogen_doas_connection_set_incorrect_prompts (self, g_value_get_boxed (value));
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
   * MitogenDoasConnection:username: (getter get_username) (setter set_username)
   *
   * Whose account the context is to run in; root if unset.
   *
   * Since: 1.0
   */
  properties[PROP_USERNAME] = g_param_spec_string ("username", NULL, NULL, NULL, flags);
  /**
   * MitogenDoasConnection:doas-path: (getter get_doas_path) (setter set_doas_path)
   *
   * The program, on the host where the connection begins; `doas` in `PATH` if unset.
   *
   * Since: 1.0
   */
  properties[PROP_DOAS_PATH] = g_param_spec_string ("doas-path", NULL, NULL, NULL, flags);
  /**
   * MitogenDoasConnection:password-prompt:
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
   * MitogenDoasConnection:incorrect-prompts:
   *
   * Parts of what is said when a password was refused, in any case.
   *
   * Unset, the usual English ones are known.
   *
   * Since: 1.0
   */
  properties[PROP_INCORRECT_PROMPTS] =
      g_param_spec_boxed ("incorrect-prompts", NULL, NULL, G_TYPE_STRV, flags);
}

static void
mitogen_doas_connection_class_init (MitogenDoasConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  object_class->finalize = mitogen_doas_connection_finalize;
  object_class->get_property = mitogen_doas_connection_get_property;
  object_class->set_property = mitogen_doas_connection_set_property;
  connection_class->get_argv = mitogen_doas_connection_get_argv;
  connection_class->get_name = mitogen_doas_connection_get_name;
  mitogen_connection_class_set_method (connection_class, &method);

  make_properties ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_doas_connection_init (MitogenDoasConnection *self)
{
}

/**
 * mitogen_doas_connection_new:
 *
 * Creates a connection to another account by `doas`.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_doas_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_DOAS_CONNECTION, NULL);
}

/**
 * mitogen_doas_connection_get_username: (get-property username)
 * @self: a connection
 *
 * Gets whose account the context is to run in.
 *
 * Returns: (nullable): a user name; nothing for root
 *
 * Since: 1.0
 */
const char *
mitogen_doas_connection_get_username (MitogenDoasConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_DOAS_CONNECTION (self), NULL);
  return self->username;
}

/**
 * mitogen_doas_connection_set_username: (set-property username)
 * @self: a connection
 * @username: (nullable): a user name; nothing for root
 *
 * Sets whose account the context is to run in: see
 * [property@Mitogen.DoasConnection:username].
 *
 * Since: 1.0
 */
void
mitogen_doas_connection_set_username (MitogenDoasConnection *self, const char *username)
{
  g_return_if_fail (MITOGEN_IS_DOAS_CONNECTION (self));
  mitogen_text_property_set (self, &self->username, username, properties[PROP_USERNAME]);
}

/**
 * mitogen_doas_connection_get_doas_path: (get-property doas-path)
 * @self: a connection
 *
 * Gets the program.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for
 *   `doas`
 *
 * Since: 1.0
 */
const char *
mitogen_doas_connection_get_doas_path (MitogenDoasConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_DOAS_CONNECTION (self), NULL);
  return self->doas_path;
}

/**
 * mitogen_doas_connection_set_doas_path: (set-property doas-path)
 * @self: a connection
 * @doas_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for `doas`
 *
 * Sets the program: see [property@Mitogen.DoasConnection:doas-path].
 *
 * Since: 1.0
 */
void
mitogen_doas_connection_set_doas_path (MitogenDoasConnection *self, const char *doas_path)
{
  g_return_if_fail (MITOGEN_IS_DOAS_CONNECTION (self));
  mitogen_text_property_set (self, &self->doas_path, doas_path, properties[PROP_DOAS_PATH]);
}

/**
 * mitogen_doas_connection_get_password_prompt: (get-property password-prompt)
 * @self: a connection
 *
 * Gets the text by which the prompt is known.
 *
 * Returns: (nullable): a text; nothing to find out
 *
 * Since: 1.0
 */
const char *
mitogen_doas_connection_get_password_prompt (MitogenDoasConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_DOAS_CONNECTION (self), NULL);
  return self->password_prompt;
}

/**
 * mitogen_doas_connection_set_password_prompt: (set-property password-prompt)
 * @self: a connection
 * @password_prompt: (nullable): a text; nothing to find out
 *
 * Sets the text by which the prompt is known: see
 * [property@Mitogen.DoasConnection:password-prompt].
 *
 * Since: 1.0
 */
void
mitogen_doas_connection_set_password_prompt (MitogenDoasConnection *self,
                                             const char *password_prompt)
{
  g_return_if_fail (MITOGEN_IS_DOAS_CONNECTION (self));
  mitogen_text_property_set (self, &self->password_prompt, password_prompt,
                             properties[PROP_PASSWORD_PROMPT]);
}

/**
 * mitogen_doas_connection_get_incorrect_prompts: (get-property incorrect-prompts)
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
mitogen_doas_connection_get_incorrect_prompts (MitogenDoasConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_DOAS_CONNECTION (self), NULL);
  return (const char *const *) self->incorrect_prompts;
}

/**
 * mitogen_doas_connection_set_incorrect_prompts: (set-property incorrect-prompts)
 * @self: a connection
 * @incorrect_prompts: (nullable) (array zero-terminated=1): the texts; nothing for the usual ones
 *
 * Sets the texts by which a refused password is known: see
 * [property@Mitogen.DoasConnection:incorrect-prompts].
 *
 * Since: 1.0
 */
void
mitogen_doas_connection_set_incorrect_prompts (MitogenDoasConnection *self,
                                               const char *const *incorrect_prompts)
{
  g_return_if_fail (MITOGEN_IS_DOAS_CONNECTION (self));
  g_strfreev (self->incorrect_prompts);
  self->incorrect_prompts = g_strdupv ((char **) incorrect_prompts);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_INCORRECT_PROMPTS]);
}
