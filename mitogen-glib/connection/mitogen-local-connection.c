/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-local-connection.h"
#include "connection/mitogen-interpreter-private.h"

/**
 * MitogenLocalConnection:
 *
 * A context in a process on this host, as the same user.
 *
 * Since: 1.0
 */
struct _MitogenLocalConnection
{
  MitogenConnection parent_instance;
};

G_DEFINE_FINAL_TYPE (MitogenLocalConnection, mitogen_local_connection, MITOGEN_TYPE_CONNECTION)

/* On this host there is no need for a shell to find the interpreter. */
static char **
find_here (const char *const *python_argv, GError **error)
{
  guint n = g_strv_length ((char **) python_argv);
  g_autofree char *interpreter = mitogen_interpreter_find (error);
  g_autoptr (GStrvBuilder) argv = NULL;

  if (interpreter == NULL)
    return NULL;
  argv = g_strv_builder_new ();
  g_strv_builder_add (argv, interpreter);
  g_strv_builder_add (argv, "-c");
  g_strv_builder_add (argv, python_argv[n - 2]);
  g_strv_builder_add (argv, python_argv[n - 1]);
  return g_strv_builder_end (argv);
}

static char **
mitogen_local_connection_get_argv (MitogenConnection *connection,
                                   MitogenContext *via,
                                   const char *const *python_argv,
                                   GError **error)
{
  if (via == NULL && mitogen_connection_get_python_path (connection) == NULL)
    return find_here (python_argv, error);
  return g_strdupv ((char **) python_argv);
}

static char *
mitogen_local_connection_get_name (MitogenConnection *connection)
{
  return g_strdup ("local.{pid}");
}

static void
mitogen_local_connection_class_init (MitogenLocalConnectionClass *klass)
{
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  connection_class->get_argv = mitogen_local_connection_get_argv;
  connection_class->get_name = mitogen_local_connection_get_name;
}

static void
mitogen_local_connection_init (MitogenLocalConnection *self)
{
}

/**
 * mitogen_local_connection_new:
 *
 * Creates a connection to a process on this host.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_local_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_LOCAL_CONNECTION, NULL);
}
