/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-self-connection.h"
#include "connection/mitogen-child-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>

#define SELF "/proc/self/exe"

/**
 * MitogenSelfConnection:
 *
 * A context in another process of this very program: what can be called in it are the
 * functions that it exports, in C, Vala or whatever the program is written in.
 *
 * The program is started again, which works however many threads it has. It has to
 * call [func@Mitogen.init_child] at its beginning: in the new process, that function
 * serves the context and does not return.
 *
 * ```c
 * static void
 * set_up (MitogenRouter *router, gpointer data)
 * {
 *   mitogen_router_export_function (router, "app:crunch", MITOGEN_POLICY_PARENTS,
 *                                   crunch, NULL, NULL, NULL);
 * }
 *
 * int
 * main (int argc, char **argv)
 * {
 *   mitogen_init_child (set_up, NULL);
 *   …
 *   connection = mitogen_self_connection_new ();
 *   context = mitogen_router_connect (router, connection, NULL, NULL, &error);
 *   sum = mitogen_context_call (context, "app:crunch", …);
 * ```
 *
 * Such a context can have children of its own, but the program cannot connect through
 * it to others, nor make one on another host: it is not Python.
 * [property@Mitogen.Connection:python-path], `debug` and `profiling` mean nothing here.
 *
 * Since: 1.0
 */
struct _MitogenSelfConnection
{
  MitogenConnection parent_instance;

  char **argv;
};

G_DEFINE_FINAL_TYPE (MitogenSelfConnection, mitogen_self_connection, MITOGEN_TYPE_CONNECTION)

enum
{
  PROP_ARGV = 1,
};

static GParamSpec *properties[PROP_ARGV + 1];

/* By its name if that still leads to what runs here: `ps` shows it. */
static char *
find_program (void)
{
  g_autofree char *path = g_file_read_link (SELF, NULL);
  struct stat named;
  struct stat running;

  if (path != NULL && stat (path, &named) == 0 && stat (SELF, &running) == 0 &&
      named.st_dev == running.st_dev && named.st_ino == running.st_ino)
    return g_steal_pointer (&path);
  return g_strdup (SELF);
}

/* How this process was started: an interpreter finds its script there. */
static char **
make_default_argv (GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();
  g_autofree char *program = find_program ();
  gsize length;
  const char *word;

  if (!g_file_get_contents ("/proc/self/cmdline", &text, &length, error))
    return NULL;
  g_strv_builder_add (argv, program);
  for (word = text + strlen (text) + 1; word < text + length; word += strlen (word) + 1)
    g_strv_builder_add (argv, word);
  return g_strv_builder_end (argv);
}

static char **
mitogen_self_connection_real_get_argv (MitogenConnection *connection,
                                       MitogenContext *via,
                                       const char *const *python_argv,
                                       GError **error)
{
  MitogenSelfConnection *self = MITOGEN_SELF_CONNECTION (connection);

  if (via != NULL)
    {
      g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM,
                           _ ("This program can be started again on this host only, not through "
                              "another context"));
      return NULL;
    }
  if (!mitogen_child_is_possible (error))
    return NULL;
  return self->argv != NULL ? g_strdupv (self->argv) : make_default_argv (error);
}

static char *
mitogen_self_connection_get_name (MitogenConnection *connection)
{
  return g_strdup ("self.{pid}");
}

/* ---- the object ---- */

static void
mitogen_self_connection_finalize (GObject *object)
{
  MitogenSelfConnection *self = MITOGEN_SELF_CONNECTION (object);

  g_strfreev (self->argv);
  G_OBJECT_CLASS (mitogen_self_connection_parent_class)->finalize (object);
}

static void
mitogen_self_connection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenSelfConnection *self = MITOGEN_SELF_CONNECTION (object);

  if (id == PROP_ARGV)
    g_value_set_boxed (value, self->argv);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
mitogen_self_connection_set_property (GObject *object,
                                      guint id,
                                      const GValue *value,
                                      GParamSpec *pspec)
{
  MitogenSelfConnection *self = MITOGEN_SELF_CONNECTION (object);

  if (id == PROP_ARGV)
    mitogen_self_connection_set_argv (self, g_value_get_boxed (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
mitogen_self_connection_class_init (MitogenSelfConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  object_class->finalize = mitogen_self_connection_finalize;
  object_class->get_property = mitogen_self_connection_get_property;
  object_class->set_property = mitogen_self_connection_set_property;
  connection_class->get_argv = mitogen_self_connection_real_get_argv;
  connection_class->get_name = mitogen_self_connection_get_name;

  /**
   * MitogenSelfConnection:argv: (getter get_argv) (setter set_argv)
   *
   * The command that starts the program.
   *
   * Unset, it is the one by which this process was started, with all of its arguments;
   * for a program in an interpreted language that names the interpreter and the
   * script. Set it if the program has left the folder in which a relative path of it
   * makes sense.
   *
   * Since: 1.0
   */
  properties[PROP_ARGV] =
      g_param_spec_boxed ("argv", NULL, NULL, G_TYPE_STRV,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_self_connection_init (MitogenSelfConnection *self)
{
}

/**
 * mitogen_self_connection_new:
 *
 * Creates a connection to another process of this program.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_self_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_SELF_CONNECTION, NULL);
}

/**
 * mitogen_self_connection_get_argv: (get-property argv)
 * @self: a connection
 *
 * Gets the command that starts the program.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the command; nothing if
 *   it is that of this process
 *
 * Since: 1.0
 */
const char *const *
mitogen_self_connection_get_argv (MitogenSelfConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SELF_CONNECTION (self), NULL);
  return (const char *const *) self->argv;
}

/**
 * mitogen_self_connection_set_argv: (set-property argv)
 * @self: a connection
 * @argv: (nullable) (array zero-terminated=1): the command; nothing, or no words, for
 *   that of this process
 *
 * Sets the command that starts the program: see [property@Mitogen.SelfConnection:argv].
 *
 * Since: 1.0
 */
void
mitogen_self_connection_set_argv (MitogenSelfConnection *self, const char *const *argv)
{
  g_return_if_fail (MITOGEN_IS_SELF_CONNECTION (self));

  g_strfreev (self->argv);
  self->argv = argv != NULL && argv[0] != NULL ? g_strdupv ((char **) argv) : NULL;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ARGV]);
}
