/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-pkexec-connection.h"
#include "connection/mitogen-pkexec-method-private.h"
#include "connection/mitogen-words-private.h"
#include "connection/mitogen-text-property-private.h"

#define DEFAULT_USERNAME "root"
#define DEFAULT_PATH     "pkexec"

/**
 * MitogenPkexecConnection:
 *
 * A context in another account of the same host, by polkit's `pkexec`.
 *
 * polkit decides whether the account that starts it may do that, and who has to be asked
 * for a password. Where a desktop runs, its own agent asks, and no password passes through
 * this program; connecting may then take as long as somebody needs to type one, so
 * [property@Mitogen.Connection:connect-timeout] should be generous.
 *
 * Where none runs, as after a login by ssh, polkit's agent for terminals is started along,
 * and what it asks is answered by [property@Mitogen.Connection:interaction] or else
 * [property@Mitogen.Connection:password]; without both, connecting fails at once if a
 * password is wanted. If any of several accounts would do, the interaction is asked which
 * one first; a password alone is not enough then.
 *
 * Since: 1.0
 */
struct _MitogenPkexecConnection
{
  MitogenConnection parent_instance;

  char *username;
  char *pkexec_path;
};

G_DEFINE_FINAL_TYPE (MitogenPkexecConnection, mitogen_pkexec_connection, MITOGEN_TYPE_CONNECTION)

typedef enum
{
  PROP_USERNAME = 1,
  PROP_PKEXEC_PATH,
} MitogenPkexecConnectionProperty;

static GParamSpec *properties[PROP_PKEXEC_PATH + 1];

/* ---- the command ---- */

static const char *
get_user (MitogenPkexecConnection *self)
{
  return self->username != NULL ? self->username : DEFAULT_USERNAME;
}

static const char *
get_path (MitogenPkexecConnection *self)
{
  return self->pkexec_path != NULL ? self->pkexec_path : DEFAULT_PATH;
}

/* $0 and $1 are pkexec and the user. polkit looks for the agent of pkexec's parent, which this
 * shell is and stays. The agent's first line of output is our own, and its end means that it is
 * registered, or cannot be. One of a desktop is to be preferred to it where there is a session, as
 * polkit sees it; where there is none, polkit 122 does not find what is registered as second
 * choice. pkexec's own agent is only for where there is no other: that of polkit 122 never gets a
 * password accepted. */
static const char script[] =
    "u=$1; shift; a=; n=; f=; "
    "if command -v pkttyagent >/dev/null 2>&1; then n=--disable-internal-agent; "
    "if grep -q /session- /proc/self/cgroup || grep -q ^DISPLAY= /run/systemd/users/$(id -u); "
    "then f=--fallback; fi 2>/dev/null; "
    "a=$(pkttyagent $f --process $$ --notify-fd 1 & echo $!); fi; "
    "\"$0\" $n --user \"$u\" \"$@\"; s=$?; [ -z \"$a\" ] || kill $a 2>/dev/null; exit $s";

static void
add_command (MitogenPkexecConnection *self, GStrvBuilder *argv)
{
  if (mitogen_connection_can_answer (MITOGEN_CONNECTION (self)))
    {
      g_strv_builder_addv (argv, (const char *[]){ "/bin/sh", "-c", script, get_path (self),
                                                   get_user (self), NULL });
      return;
    }
  g_strv_builder_addv (argv, (const char *[]){ get_path (self), "--disable-internal-agent",
                                               "--user", get_user (self), NULL });
}

static char **
mitogen_pkexec_connection_get_argv (MitogenConnection *connection,
                                    MitogenContext *via,
                                    const char *const *python_argv,
                                    GError **error)
{
  MitogenPkexecConnection *self = MITOGEN_PKEXEC_CONNECTION (connection);
  g_autoptr (GStrvBuilder) argv = NULL;

  if (!mitogen_words_check_user ("pkexec", self->username, error))
    return NULL;
  argv = g_strv_builder_new ();
  add_command (self, argv);
  g_strv_builder_addv (argv, (const char **) python_argv);
  return g_strv_builder_end (argv);
}

static char *
mitogen_pkexec_connection_get_name (MitogenConnection *connection)
{
  return g_strconcat ("pkexec.", get_user (MITOGEN_PKEXEC_CONNECTION (connection)), NULL);
}

/* ---- the method ---- */

static MitogenMethod *
make_method (MitogenConnection *connection, gboolean direct, GError **error)
{
  return mitogen_pkexec_method_new (mitogen_connection_get_interaction (connection) != NULL);
}

static void
describe (MitogenConnection *connection, MitogenPlace *place)
{
  place->user = g_strdup (get_user (MITOGEN_PKEXEC_CONNECTION (connection)));
}

static const MitogenConnectionMethod method = {
  .name = "pkexec",
  .make_method = make_method,
  .describe = describe,
};

/* ---- the object ---- */

static void
mitogen_pkexec_connection_finalize (GObject *object)
{
  MitogenPkexecConnection *self = MITOGEN_PKEXEC_CONNECTION (object);

  g_free (self->username);
  g_free (self->pkexec_path);
  G_OBJECT_CLASS (mitogen_pkexec_connection_parent_class)->finalize (object);
}

static void
mitogen_pkexec_connection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenPkexecConnection *self = MITOGEN_PKEXEC_CONNECTION (object);

  switch ((MitogenPkexecConnectionProperty) id)
    {
    case PROP_USERNAME:
      g_value_set_string (value, self->username);
      break;
    case PROP_PKEXEC_PATH:
      g_value_set_string (value, self->pkexec_path);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_pkexec_connection_set_property (GObject *object,
                                        guint id,
                                        const GValue *value,
                                        GParamSpec *pspec)
{
  MitogenPkexecConnection *self = MITOGEN_PKEXEC_CONNECTION (object);

  switch ((MitogenPkexecConnectionProperty) id)
    {
    case PROP_USERNAME:
      mitogen_pkexec_connection_set_username (self, g_value_get_string (value));
      break;
    case PROP_PKEXEC_PATH:
      mitogen_pkexec_connection_set_pkexec_path (self, g_value_get_string (value));
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
   * MitogenPkexecConnection:username: (getter get_username) (setter set_username)
   *
   * Whose account the context is to run in; root if unset.
   *
   * Since: 1.0
   */
  properties[PROP_USERNAME] = g_param_spec_string ("username", NULL, NULL, NULL, flags);
  /**
   * MitogenPkexecConnection:pkexec-path: (getter get_pkexec_path) (setter set_pkexec_path)
   *
   * The program, on the host where the connection begins; `pkexec` in `PATH` if unset.
   *
   * Since: 1.0
   */
  properties[PROP_PKEXEC_PATH] = g_param_spec_string ("pkexec-path", NULL, NULL, NULL, flags);
}

static void
mitogen_pkexec_connection_class_init (MitogenPkexecConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  object_class->finalize = mitogen_pkexec_connection_finalize;
  object_class->get_property = mitogen_pkexec_connection_get_property;
  object_class->set_property = mitogen_pkexec_connection_set_property;
  connection_class->get_argv = mitogen_pkexec_connection_get_argv;
  connection_class->get_name = mitogen_pkexec_connection_get_name;
  mitogen_connection_class_set_method (connection_class, &method);

  make_properties ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_pkexec_connection_init (MitogenPkexecConnection *self)
{
}

/**
 * mitogen_pkexec_connection_new:
 *
 * Creates a connection to another account by `pkexec`.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_pkexec_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_PKEXEC_CONNECTION, NULL);
}

/**
 * mitogen_pkexec_connection_get_username: (get-property username)
 * @self: a connection
 *
 * Gets whose account the context is to run in.
 *
 * Returns: (nullable): a user name; nothing for root
 *
 * Since: 1.0
 */
const char *
mitogen_pkexec_connection_get_username (MitogenPkexecConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_PKEXEC_CONNECTION (self), NULL);
  return self->username;
}

/**
 * mitogen_pkexec_connection_set_username: (set-property username)
 * @self: a connection
 * @username: (nullable): a user name; nothing for root
 *
 * Sets whose account the context is to run in: see
 * [property@Mitogen.PkexecConnection:username].
 *
 * Since: 1.0
 */
void
mitogen_pkexec_connection_set_username (MitogenPkexecConnection *self, const char *username)
{
  g_return_if_fail (MITOGEN_IS_PKEXEC_CONNECTION (self));
  mitogen_text_property_set (self, &self->username, username, properties[PROP_USERNAME]);
}

/**
 * mitogen_pkexec_connection_get_pkexec_path: (get-property pkexec-path)
 * @self: a connection
 *
 * Gets the program.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for
 *   `pkexec`
 *
 * Since: 1.0
 */
const char *
mitogen_pkexec_connection_get_pkexec_path (MitogenPkexecConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_PKEXEC_CONNECTION (self), NULL);
  return self->pkexec_path;
}

/**
 * mitogen_pkexec_connection_set_pkexec_path: (set-property pkexec-path)
 * @self: a connection
 * @pkexec_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for `pkexec`
 *
 * Sets the program: see [property@Mitogen.PkexecConnection:pkexec-path].
 *
 * Since: 1.0
 */
void
mitogen_pkexec_connection_set_pkexec_path (MitogenPkexecConnection *self, const char *pkexec_path)
{
  g_return_if_fail (MITOGEN_IS_PKEXEC_CONNECTION (self));
  mitogen_text_property_set (self, &self->pkexec_path, pkexec_path, properties[PROP_PKEXEC_PATH]);
}
