/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-connection.h"
#include "connection/mitogen-method-private.h"
#include "connection/mitogen-text-property-private.h"
#include "mitogen-enums.h"
#include "prompt/mitogen-prompt-private.h"

#define DEFAULT_CONNECT_TIMEOUT 30000

/**
 * MitogenConnection:
 *
 * How a context is reached: which command starts its Python interpreter, and how it is
 * set up.
 *
 * There is a subclass for each way, such as [class@Mitogen.LocalConnection]; its
 * properties are the options. A connection can be used for any number of contexts.
 * What [method@Mitogen.Router.connect] needs of it is read when that begins.
 *
 * A program can add a way of its own with a subclass that overrides
 * [vfunc@Mitogen.Connection.get_argv] and [vfunc@Mitogen.Connection.get_name].
 *
 * A connection should only be changed in one thread.
 *
 * Since: 1.0
 */
typedef struct
{
  char *remote_name;
  char **python_path;
  guint connect_timeout;
  gboolean debug;
  gboolean profiling;
  guint max_message_size;
  GMountOperation *interaction;
  MitogenPassword *password;
  MitogenTerminal terminal;
  gboolean is_elsewhere;
} MitogenConnectionPrivate;

/* Of a class, and handed down to those derived from it. */
typedef struct
{
  const MitogenConnectionMethod *method;
} MitogenConnectionClassPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (
    MitogenConnection,
    mitogen_connection,
    G_TYPE_OBJECT,
    G_ADD_PRIVATE (MitogenConnection)
        g_type_add_class_private (g_define_type_id, sizeof (MitogenConnectionClassPrivate)))

typedef enum
{
  PROP_REMOTE_NAME = 1,
  PROP_PYTHON_PATH,
  PROP_CONNECT_TIMEOUT,
  PROP_DEBUG,
  PROP_PROFILING,
  PROP_MAX_MESSAGE_SIZE,
  PROP_INTERACTION,
  PROP_PASSWORD,
  PROP_TERMINAL,
} MitogenConnectionProperty;

static GParamSpec *properties[PROP_TERMINAL + 1];

static MitogenConnectionPrivate *
get_private (MitogenConnection *self)
{
  return mitogen_connection_get_instance_private (self);
}

/* ---- virtual functions ---- */

static char **
mitogen_connection_real_get_argv (MitogenConnection *self,
                                  MitogenContext *via,
                                  const char *const *python_argv,
                                  GError **error)
{
  return g_strdupv ((char **) python_argv);
}

static char *
mitogen_connection_real_get_name (MitogenConnection *self)
{
  return g_strdup_printf ("%s.{pid}", G_OBJECT_TYPE_NAME (self));
}

static gboolean
mitogen_connection_real_handle_prompt (MitogenConnection *self, MitogenPrompt *prompt)
{
  return FALSE;
}

/**
 * mitogen_connection_get_argv: (virtual get_argv)
 * @self: a connection
 * @via: (nullable): the context on whose host the command will run; nothing for this
 *   host
 * @python_argv: (array zero-terminated=1): the command of the interpreter
 * @error: return location for an error
 *
 * Makes the command that starts the context out of the one that starts its
 * interpreter: typically by putting words in front.
 *
 * The command must pass on its standard input and output unchanged.
 *
 * Returns: (transfer full) (array zero-terminated=1): the command
 *
 * Since: 1.0
 */
char **
mitogen_connection_get_argv (MitogenConnection *self,
                             MitogenContext *via,
                             const char *const *python_argv,
                             GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_CONNECTION (self), NULL);
  g_return_val_if_fail (python_argv != NULL, NULL);
  return MITOGEN_CONNECTION_GET_CLASS (self)->get_argv (self, via, python_argv, error);
}

/**
 * mitogen_connection_get_name: (virtual get_name)
 * @self: a connection
 *
 * Gets what a context made with this connection is called.
 *
 * `{pid}` in it stands for the process id of the command.
 *
 * Returns: (transfer full): the name
 *
 * Since: 1.0
 */
char *
mitogen_connection_get_name (MitogenConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONNECTION (self), NULL);
  return MITOGEN_CONNECTION_GET_CLASS (self)->get_name (self);
}

/**
 * mitogen_connection_handle_prompt: (virtual handle_prompt)
 * @self: a connection
 * @prompt: what may be a question
 *
 * Decides what to do about a text that the program has written to its terminal, see
 * [property@Mitogen.Connection:terminal], and that may be a question: nothing has followed it for
 * a moment.
 *
 * An answer set with [method@Mitogen.Prompt.set_answer] is typed. Otherwise
 * [property@Mitogen.Connection:interaction] or [property@Mitogen.Connection:password] is asked
 * for one, by what @prompt says then.
 *
 * A class that does not override this is not asked: what looks like a question is taken for
 * that of a password. It is called in the main context that was thread-default when connecting
 * began, while the time limit passes.
 *
 * Returns: whether it is a question
 *
 * Since: 1.0
 */
gboolean
mitogen_connection_handle_prompt (MitogenConnection *self, MitogenPrompt *prompt)
{
  g_return_val_if_fail (MITOGEN_IS_CONNECTION (self), FALSE);
  g_return_val_if_fail (MITOGEN_IS_PROMPT (prompt), FALSE);
  return MITOGEN_CONNECTION_GET_CLASS (self)->handle_prompt (self, prompt);
}

/* ---- the object ---- */

static void
mitogen_connection_finalize (GObject *object)
{
  MitogenConnectionPrivate *priv = get_private (MITOGEN_CONNECTION (object));

  g_free (priv->remote_name);
  g_strfreev (priv->python_path);
  g_clear_object (&priv->interaction);
  g_clear_pointer (&priv->password, mitogen_password_unref);
  G_OBJECT_CLASS (mitogen_connection_parent_class)->finalize (object);
}

static void
mitogen_connection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenConnectionPrivate *priv = get_private (MITOGEN_CONNECTION (object));

  switch ((MitogenConnectionProperty) id)
    {
    case PROP_REMOTE_NAME:
      g_value_set_string (value, priv->remote_name);
      break;
    case PROP_PYTHON_PATH:
      g_value_set_boxed (value, priv->python_path);
      break;
    case PROP_CONNECT_TIMEOUT:
      g_value_set_uint (value, priv->connect_timeout);
      break;
    case PROP_DEBUG:
      g_value_set_boolean (value, priv->debug);
      break;
    case PROP_PROFILING:
      g_value_set_boolean (value, priv->profiling);
      break;
    case PROP_MAX_MESSAGE_SIZE:
      g_value_set_uint (value, priv->max_message_size);
      break;
    case PROP_INTERACTION:
      g_value_set_object (value, priv->interaction);
      break;
    case PROP_TERMINAL:
      g_value_set_enum (value, priv->terminal);
      break;
    case PROP_PASSWORD: /* write-only */
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_connection_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  MitogenConnection *self = MITOGEN_CONNECTION (object);

  switch ((MitogenConnectionProperty) id)
    {
    case PROP_REMOTE_NAME:
      mitogen_connection_set_remote_name (self, g_value_get_string (value));
      break;
    case PROP_PYTHON_PATH:
      mitogen_connection_set_python_path (self, g_value_get_boxed (value));
      break;
    case PROP_CONNECT_TIMEOUT:
      mitogen_connection_set_connect_timeout (self, g_value_get_uint (value));
      break;
    case PROP_DEBUG:
      mitogen_connection_set_debug (self, g_value_get_boolean (value));
      break;
    case PROP_PROFILING:
      mitogen_connection_set_profiling (self, g_value_get_boolean (value));
      break;
    case PROP_MAX_MESSAGE_SIZE:
      mitogen_connection_set_max_message_size (self, g_value_get_uint (value));
      break;
    case PROP_INTERACTION:
      mitogen_connection_set_interaction (self, g_value_get_object (value));
      break;
    case PROP_PASSWORD:
      mitogen_connection_set_password (self, g_value_get_string (value));
      break;
    case PROP_TERMINAL:
      mitogen_connection_set_terminal (self, g_value_get_enum (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
make_dialogue_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenConnection:interaction: (getter get_interaction) (setter set_interaction)
   *
   * Whom to ask for passwords, and what to do about an unknown host key: a
   * `GtkMountOperation` in a desktop program, a [class@Mitogen.TtyOperation] in a
   * terminal.
   *
   * Its signals are emitted in the main context that was thread-default when connecting
   * began; [method@Mitogen.Router.connect] has one of its own. The time limit stands still
   * while it is asked.
   *
   * Since: 1.0
   */
  properties[PROP_INTERACTION] =
      g_param_spec_object ("interaction", NULL, NULL, G_TYPE_MOUNT_OPERATION, flags);
  /**
   * MitogenConnection:password: (setter set_password)
   *
   * The answer if the program that the connection starts asks for a password, and
   * [property@Mitogen.Connection:interaction] is unset or does not deal with the question.
   *
   * It cannot be read back.
   *
   * Since: 1.0
   */
  properties[PROP_PASSWORD] =
      g_param_spec_string ("password", NULL, NULL, NULL,
                           G_PARAM_WRITABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  /**
   * MitogenConnection:terminal: (getter get_terminal) (setter set_terminal)
   *
   * Which terminal the command is given, so that it can ask for a password.
   *
   * The classes of this library decide that for themselves; it is for classes derived from
   * this one.
   *
   * Since: 1.0
   */
  properties[PROP_TERMINAL] = g_param_spec_enum ("terminal", NULL, NULL, MITOGEN_TYPE_TERMINAL,
                                                 MITOGEN_TERMINAL_NONE, flags);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenConnection:remote-name: (getter get_remote_name) (setter set_remote_name)
   *
   * What the context's process is called in the list of processes of its host: it
   * shows `mitogen:` and this name.
   *
   * If unset, it is the user, host and process id of this program. It cannot hold
   * slashes, backslashes or control characters.
   *
   * Since: 1.0
   */
  properties[PROP_REMOTE_NAME] = g_param_spec_string ("remote-name", NULL, NULL, NULL, flags);
  /**
   * MitogenConnection:python-path: (getter get_python_path) (setter set_python_path)
   *
   * The command of the Python interpreter: its path, and arguments if there are any.
   *
   * If unset, one is looked for in `PATH`: `python3` first, then versioned names,
   * `python` and the platform's own.
   *
   * Since: 1.0
   */
  properties[PROP_PYTHON_PATH] = g_param_spec_boxed ("python-path", NULL, NULL, G_TYPE_STRV, flags);
  /**
   * MitogenConnection:connect-timeout: (getter get_connect_timeout) (setter set_connect_timeout)
   *
   * How long connecting may take in all, in milliseconds.
   *
   * Since: 1.0
   */
  properties[PROP_CONNECT_TIMEOUT] = g_param_spec_uint ("connect-timeout", NULL, NULL, 1, G_MAXINT,
                                                        DEFAULT_CONNECT_TIMEOUT, flags);
  /**
   * MitogenConnection:debug: (getter get_debug) (setter set_debug)
   *
   * Whether the context writes a debug log to `/tmp/mitogen.PID.log` on its host.
   *
   * Since: 1.0
   */
  properties[PROP_DEBUG] = g_param_spec_boolean ("debug", NULL, NULL, FALSE, flags);
  /**
   * MitogenConnection:profiling: (getter get_profiling) (setter set_profiling)
   *
   * Whether the context writes a profile of each of its threads to
   * `/tmp/mitogen.stats.PID.THREAD.log` on its host when it ends.
   *
   * Since: 1.0
   */
  properties[PROP_PROFILING] = g_param_spec_boolean ("profiling", NULL, NULL, FALSE, flags);
  /**
   * MitogenConnection:max-message-size: (getter get_max_message_size) (setter set_max_message_size)
   *
   * The largest message, in bytes, that the context sends or accepts, at least 1024; 0
   * for the limit of the router.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_MESSAGE_SIZE] =
      g_param_spec_uint ("max-message-size", NULL, NULL, 0, G_MAXINT32, 0, flags);
  make_dialogue_properties ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_connection_class_init (MitogenConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mitogen_connection_finalize;
  object_class->get_property = mitogen_connection_get_property;
  object_class->set_property = mitogen_connection_set_property;
  klass->get_argv = mitogen_connection_real_get_argv;
  klass->get_name = mitogen_connection_real_get_name;
  klass->handle_prompt = mitogen_connection_real_handle_prompt;
  install_properties (object_class);
}

static void
mitogen_connection_init (MitogenConnection *self)
{
  get_private (self)->connect_timeout = DEFAULT_CONNECT_TIMEOUT;
}

/* ---- getters and setters ---- */

/**
 * mitogen_connection_get_remote_name: (get-property remote-name)
 * @self: a connection
 *
 * Gets what the context's process is called.
 *
 * Returns: (transfer none) (nullable): the name
 *
 * Since: 1.0
 */
const char *
mitogen_connection_get_remote_name (MitogenConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONNECTION (self), NULL);
  return get_private (self)->remote_name;
}

/**
 * mitogen_connection_set_remote_name: (set-property remote-name)
 * @self: a connection
 * @remote_name: (nullable): the name
 *
 * Sets what the context's process is called.
 *
 * Since: 1.0
 */
void
mitogen_connection_set_remote_name (MitogenConnection *self, const char *remote_name)
{
  MitogenConnectionPrivate *priv;

  g_return_if_fail (MITOGEN_IS_CONNECTION (self));
  priv = get_private (self);
  mitogen_text_property_set (self, &priv->remote_name, remote_name, properties[PROP_REMOTE_NAME]);
}

/**
 * mitogen_connection_get_python_path: (get-property python-path)
 * @self: a connection
 *
 * Gets the command of the Python interpreter.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the command
 *
 * Since: 1.0
 */
const char *const *
mitogen_connection_get_python_path (MitogenConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONNECTION (self), NULL);
  return (const char *const *) get_private (self)->python_path;
}

/**
 * mitogen_connection_set_python_path: (set-property python-path)
 * @self: a connection
 * @python_path: (nullable) (array zero-terminated=1): the command
 *
 * Sets the command of the Python interpreter.
 *
 * Since: 1.0
 */
void
mitogen_connection_set_python_path (MitogenConnection *self, const char *const *python_path)
{
  MitogenConnectionPrivate *priv;

  g_return_if_fail (MITOGEN_IS_CONNECTION (self));
  priv = get_private (self);
  g_strfreev (priv->python_path);
  priv->python_path = g_strdupv ((char **) python_path);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PYTHON_PATH]);
}

/**
 * mitogen_connection_get_connect_timeout: (get-property connect-timeout)
 * @self: a connection
 *
 * Gets how long connecting may take.
 *
 * Returns: a time in milliseconds
 *
 * Since: 1.0
 */
guint
mitogen_connection_get_connect_timeout (MitogenConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONNECTION (self), 0);
  return get_private (self)->connect_timeout;
}

/**
 * mitogen_connection_set_connect_timeout: (set-property connect-timeout)
 * @self: a connection
 * @connect_timeout: a time in milliseconds
 *
 * Sets how long connecting may take.
 *
 * Since: 1.0
 */
void
mitogen_connection_set_connect_timeout (MitogenConnection *self, guint connect_timeout)
{
  MitogenConnectionPrivate *priv;

  g_return_if_fail (MITOGEN_IS_CONNECTION (self));
  g_return_if_fail (connect_timeout > 0 && connect_timeout <= G_MAXINT);
  priv = get_private (self);
  if (priv->connect_timeout == connect_timeout)
    return;
  priv->connect_timeout = connect_timeout;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONNECT_TIMEOUT]);
}

/**
 * mitogen_connection_get_debug: (get-property debug)
 * @self: a connection
 *
 * Tells whether the context writes a debug log.
 *
 * Returns: whether it does
 *
 * Since: 1.0
 */
gboolean
mitogen_connection_get_debug (MitogenConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONNECTION (self), FALSE);
  return get_private (self)->debug;
}

/**
 * mitogen_connection_set_debug: (set-property debug)
 * @self: a connection
 * @debug: whether it does
 *
 * Decides whether the context writes a debug log.
 *
 * Since: 1.0
 */
void
mitogen_connection_set_debug (MitogenConnection *self, gboolean debug)
{
  MitogenConnectionPrivate *priv;

  g_return_if_fail (MITOGEN_IS_CONNECTION (self));
  priv = get_private (self);
  if (priv->debug == !!debug)
    return;
  priv->debug = !!debug;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DEBUG]);
}

/**
 * mitogen_connection_get_profiling: (get-property profiling)
 * @self: a connection
 *
 * Tells whether the context profiles itself.
 *
 * Returns: whether it does
 *
 * Since: 1.0
 */
gboolean
mitogen_connection_get_profiling (MitogenConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONNECTION (self), FALSE);
  return get_private (self)->profiling;
}

/**
 * mitogen_connection_set_profiling: (set-property profiling)
 * @self: a connection
 * @profiling: whether it does
 *
 * Decides whether the context profiles itself.
 *
 * Since: 1.0
 */
void
mitogen_connection_set_profiling (MitogenConnection *self, gboolean profiling)
{
  MitogenConnectionPrivate *priv;

  g_return_if_fail (MITOGEN_IS_CONNECTION (self));
  priv = get_private (self);
  if (priv->profiling == !!profiling)
    return;
  priv->profiling = !!profiling;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROFILING]);
}

/**
 * mitogen_connection_get_max_message_size: (get-property max-message-size)
 * @self: a connection
 *
 * Gets the size of the largest message.
 *
 * Returns: a number of bytes; 0 for the limit of the router
 *
 * Since: 1.0
 */
guint
mitogen_connection_get_max_message_size (MitogenConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONNECTION (self), 0);
  return get_private (self)->max_message_size;
}

/**
 * mitogen_connection_set_max_message_size: (set-property max-message-size)
 * @self: a connection
 * @max_message_size: a number of bytes; 0 for the limit of the router
 *
 * Sets the size of the largest message.
 *
 * Since: 1.0
 */
void
mitogen_connection_set_max_message_size (MitogenConnection *self, guint max_message_size)
{
  MitogenConnectionPrivate *priv;

  g_return_if_fail (MITOGEN_IS_CONNECTION (self));
  g_return_if_fail (max_message_size == 0 ||
                    (max_message_size >= 1024 && max_message_size <= G_MAXINT32));
  priv = get_private (self);
  if (priv->max_message_size == max_message_size)
    return;
  priv->max_message_size = max_message_size;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_MESSAGE_SIZE]);
}

/**
 * mitogen_connection_get_interaction: (get-property interaction)
 * @self: a connection
 *
 * Gets whom to ask for passwords and the like.
 *
 * Returns: (transfer none) (nullable): the operation whose signals ask
 *
 * Since: 1.0
 */
GMountOperation *
mitogen_connection_get_interaction (MitogenConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONNECTION (self), NULL);
  return get_private (self)->interaction;
}

/**
 * mitogen_connection_set_interaction: (set-property interaction)
 * @self: a connection
 * @interaction: (nullable): the operation whose signals ask
 *
 * Sets whom to ask for passwords and the like.
 *
 * Since: 1.0
 */
void
mitogen_connection_set_interaction (MitogenConnection *self, GMountOperation *interaction)
{
  g_return_if_fail (MITOGEN_IS_CONNECTION (self));
  g_return_if_fail (interaction == NULL || G_IS_MOUNT_OPERATION (interaction));
  if (g_set_object (&get_private (self)->interaction, interaction))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_INTERACTION]);
}

/**
 * mitogen_connection_set_password: (set-property password)
 * @self: a connection
 * @password: (nullable): a password
 *
 * Sets the answer if a password is asked for.
 *
 * It is kept in memory that is wiped when nothing needs it any more.
 *
 * Since: 1.0
 */
void
mitogen_connection_set_password (MitogenConnection *self, const char *password)
{
  MitogenConnectionPrivate *priv;

  g_return_if_fail (MITOGEN_IS_CONNECTION (self));
  priv = get_private (self);
  g_clear_pointer (&priv->password, mitogen_password_unref);
  if (password != NULL)
    priv->password = mitogen_password_new (password, -1);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PASSWORD]);
}

/**
 * mitogen_connection_get_terminal: (get-property terminal)
 * @self: a connection
 *
 * Gets which terminal the command is given.
 *
 * Returns: the kind of terminal
 *
 * Since: 1.0
 */
MitogenTerminal
mitogen_connection_get_terminal (MitogenConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_CONNECTION (self), MITOGEN_TERMINAL_NONE);
  return get_private (self)->terminal;
}

/**
 * mitogen_connection_set_terminal: (set-property terminal)
 * @self: a connection
 * @terminal: the kind of terminal
 *
 * Sets which terminal the command is given: for classes derived from this one.
 *
 * Since: 1.0
 */
void
mitogen_connection_set_terminal (MitogenConnection *self, MitogenTerminal terminal)
{
  MitogenConnectionPrivate *priv;

  g_return_if_fail (MITOGEN_IS_CONNECTION (self));
  priv = get_private (self);
  if (priv->terminal == terminal)
    return;
  priv->terminal = terminal;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TERMINAL]);
}

/* ---- for the library ---- */

static MitogenConnectionClassPrivate *
get_class_private (gpointer klass)
{
  return G_TYPE_CLASS_GET_PRIVATE (klass, MITOGEN_TYPE_CONNECTION, MitogenConnectionClassPrivate);
}

void
mitogen_connection_class_set_method (MitogenConnectionClass *klass,
                                     const MitogenConnectionMethod *method)
{
  get_class_private (klass)->method = method;
}

const MitogenConnectionMethod *
mitogen_connection_get_method (MitogenConnection *self)
{
  return get_class_private (G_OBJECT_GET_CLASS (self))->method;
}

gboolean
mitogen_connection_can_answer (MitogenConnection *self)
{
  MitogenConnectionPrivate *priv = get_private (self);

  return priv->interaction != NULL || priv->password != NULL ||
         mitogen_connection_get_prompt_handler (self) != NULL;
}

static gboolean
handle_question (GObject *connection, MitogenQuestion *question, MitogenPassword **answer)
{
  g_autoptr (MitogenPrompt) prompt = mitogen_prompt_new (question);

  if (!mitogen_connection_handle_prompt (MITOGEN_CONNECTION (connection), prompt))
    return FALSE;
  mitogen_prompt_read (prompt, question, answer);
  return TRUE;
}

void
mitogen_connection_set_elsewhere (MitogenConnection *self)
{
  get_private (self)->is_elsewhere = TRUE;
}

gboolean
mitogen_connection_is_here (MitogenConnection *self, MitogenContext *via)
{
  return via == NULL && !get_private (self)->is_elsewhere;
}

MitogenPromptHandler
mitogen_connection_get_prompt_handler (MitogenConnection *self)
{
  return MITOGEN_CONNECTION_GET_CLASS (self)->handle_prompt != mitogen_connection_real_handle_prompt
             ? handle_question
             : NULL;
}

MitogenPassword *
mitogen_connection_dup_password (MitogenConnection *self)
{
  MitogenPassword *password = get_private (self)->password;

  return password != NULL ? mitogen_password_ref (password) : NULL;
}
