/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-connect-spec-private.h"
#include "connection/mitogen-askpass-private.h"
#include "connection/mitogen-fork-connection-private.h"
#include "connection/mitogen-fork-self-private.h"
#include "connection/mitogen-interpreter-private.h"
#include "connection/mitogen-self-connection.h"
#include "router/mitogen-context-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define MAX_REMOTE_NAME 200

static char *
make_remote_name (MitogenConnection *connection, GError **error)
{
  const char *name = mitogen_connection_get_remote_name (connection);

  if (name == NULL)
    {
      g_autofree char *made =
          g_strdup_printf ("%s@%s:%d", g_get_user_name (), g_get_host_name (), (int) getpid ());

      g_strdelimit (made, "/\\", '_');
      return g_utf8_make_valid (made, -1);
    }

  if (*name == '\0' || strlen (name) > MAX_REMOTE_NAME || strpbrk (name, "/\\\n\r'!") != NULL ||
      !g_utf8_validate (name, -1, NULL))
    {
      g_autofree char *shown = g_utf8_make_valid (name, MIN (strlen (name), MAX_REMOTE_NAME));

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("“%s” cannot be a remote name: it is 1 to %d bytes of UTF-8 without slashes, "
                      "backslashes, quotes, exclamation marks and line ends"),
                   shown, MAX_REMOTE_NAME);
      return NULL;
    }
  return g_strdup (name);
}

static char **
make_python_argv (MitogenConnection *connection, MitogenPreamble *preamble, GError **error)
{
  const char *const *python_path = mitogen_connection_get_python_path (connection);
  g_autoptr (GStrvBuilder) argv = NULL;

  if (preamble->first_stage == NULL)
    return g_new0 (char *, 1);
  if (python_path == NULL)
    return mitogen_interpreter_search_argv (preamble->first_stage, preamble->title);
  if (python_path[0] == NULL || *python_path[0] == '\0')
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _ ("The connection's python-path is empty: unset it to have an "
                              "interpreter looked for"));
      return NULL;
    }

  argv = g_strv_builder_new ();
  for (guint i = 0; python_path[i] != NULL; i++)
    g_strv_builder_add (argv, python_path[i]);
  g_strv_builder_add (argv, "-c");
  g_strv_builder_add (argv, preamble->first_stage);
  g_strv_builder_add (argv, preamble->title);
  return g_strv_builder_end (argv);
}

/* Of a context made through @via: nearest first. */
static GArray *
make_parent_ids (MitogenCore *core, MitogenContextNode *via, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint32 own_id = mitogen_core_get_id (core);
  guint32 id = via != NULL ? mitogen_context_node_get_id (via) : own_id;
  const guint32 *ancestors;
  guint n;

  while (id != own_id && ids->len < MITOGEN_MAX_DEPTH)
    {
      g_autoptr (MitogenContextNode) node = mitogen_core_node_by_id (core, id);

      if (node == NULL)
        {
          g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM,
                       _ ("Cannot connect through %s: a context on the way to it is gone"),
                       mitogen_context_node_get_name (via));
          return NULL;
        }
      g_array_append_val (ids, id);
      id = mitogen_context_node_get_via_id (node);
    }
  g_array_append_val (ids, own_id);
  ancestors = mitogen_core_get_parent_ids (core, &n);
  g_array_append_vals (ids, ancestors, n);
  return g_steal_pointer (&ids);
}

static MitogenPreamble *
make_preamble (MitogenCore *core,
               MitogenConnection *connection,
               MitogenContextNode *via,
               guint32 id,
               const MitogenRequestExtra *extra,
               MitogenBootstrapSpec *spec,
               GError **error)
{
  MitogenCoreOptions options = mitogen_core_get_options (core);
  guint32 max_message_size = mitogen_connection_get_max_message_size (connection);
  g_autofree char *remote_name = make_remote_name (connection, error);
  g_autoptr (GArray) parent_ids = NULL;
  MitogenPreambleConfig config;

  if (remote_name == NULL)
    return NULL;
  parent_ids = make_parent_ids (core, via, error);
  if (parent_ids == NULL)
    return NULL;
  spec->max_message_size = max_message_size > 0 ? max_message_size : options.max_message_size;
  spec->profiling = options.profiling || mitogen_connection_get_profiling (connection);
  spec->debug = options.debug || mitogen_connection_get_debug (connection);
  config = (MitogenPreambleConfig){
    .id = id,
    .home = mitogen_core_get_id (core),
    .parent_ids = &g_array_index (parent_ids, guint32, 0),
    .n_parent_ids = parent_ids->len,
    .remote_name = remote_name,
    .debug = spec->debug,
    .profiling = spec->profiling,
    .unidirectional = options.unidirectional || (extra != NULL && extra->unidirectional),
    .max_message_size = spec->max_message_size,
    .is_fork = spec->is_fork,
  };
  return spec->is_copy || MITOGEN_IS_SELF_CONNECTION (connection)
             ? mitogen_preamble_new_native (&config)
             : mitogen_preamble_new (&config);
}

/* The command that a copy of a context does not have, for those who read of it. */
static char **
describe_fork (MitogenContextNode *via)
{
  const char *words[] = { "fork", via != NULL ? mitogen_context_node_get_name (via) : NULL, NULL };

  return g_strdupv ((char **) words);
}

/* For a class of the program's own that has a terminal: whatever looks like a question is one. */
static const MitogenMethodFuncs any_funcs = { .read = mitogen_method_read_any };

static gboolean
make_method (MitogenConnection *connection,
             gboolean direct,
             MitogenBootstrapSpec *spec,
             GError **error)
{
  const MitogenConnectionMethod *method = mitogen_connection_get_method (connection);

  if (method != NULL && method->make_method != NULL)
    {
      spec->method = method->make_method (connection, direct, error);
      return spec->method != NULL;
    }
  if (mitogen_connection_get_terminal (connection) != MITOGEN_TERMINAL_NONE)
    {
      spec->method = mitogen_method_new (sizeof (MitogenMethod), &any_funcs);
      spec->method->terminal = mitogen_connection_get_terminal (connection);
    }
  return TRUE;
}

/* An ssh on this host may ask by our program. */
static void
prepare_askpass (MitogenBootstrapSpec *spec)
{
  MitogenMethod *method = spec->method;

  if (method == NULL || method->askpass == NULL)
    return;
  spec->askpass = mitogen_askpass_find ();
  if (spec->askpass != NULL && !mitogen_askpass_is_configured ((const char *const *) spec->argv))
    spec->askpass_argv = mitogen_askpass_add_options ((const char *const *) spec->argv,
                                                      method->askpass, spec->askpass);
}

/* All but the command of what is not a fork. @python_argv: (out) (nullable): for that */
static gboolean
prepare (MitogenCore *core,
         MitogenConnection *connection,
         MitogenContextNode *via,
         guint32 id,
         const MitogenRequestExtra *extra,
         MitogenBootstrapSpec *spec,
         char ***python_argv,
         GError **error)
{
  spec->is_fork = MITOGEN_IS_FORK_CONNECTION (connection) && via != NULL;
  spec->is_copy = MITOGEN_IS_FORK_CONNECTION (connection) && via == NULL;
  spec->preamble = make_preamble (core, connection, via, id, extra, spec, error);
  if (spec->preamble == NULL)
    return FALSE;
  spec->timeout_ms = mitogen_connection_get_connect_timeout (connection);
  spec->name = extra != NULL && extra->name != NULL ? g_strdup (extra->name)
                                                    : mitogen_connection_get_name (connection);
  *python_argv = spec->is_fork || spec->is_copy
                     ? describe_fork (via)
                     : make_python_argv (connection, spec->preamble, error);
  return *python_argv != NULL;
}

static gboolean
take_on_fork (MitogenForkConnection *connection, MitogenBootstrapSpec *spec)
{
  spec->on_fork = g_strdup (mitogen_fork_connection_get_on_fork (connection));
  return TRUE;
}

/* The last thing that is done here: in the copy it does not return. */
static gboolean
copy_process (MitogenCore *core,
              MitogenForkConnection *connection,
              MitogenBootstrapSpec *spec,
              GError **error)
{
  MitogenChildFunc func;
  gpointer data;

  if (mitogen_fork_connection_get_on_fork (connection) != NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _ ("The connection's on-fork names a function in Python, which a copy "
                              "of this program cannot call: use "
                              "mitogen_fork_connection_set_child_func()"));
      return FALSE;
    }
  func = mitogen_fork_connection_get_child_func (connection, &data);
  return mitogen_fork_self (core, spec, func, data, error);
}

gboolean
mitogen_connect_make_spec (MitogenCore *core,
                           MitogenConnection *connection,
                           MitogenContext *via,
                           guint32 id,
                           MitogenBootstrapSpec *spec,
                           GError **error)
{
  MitogenContextNode *node = via != NULL ? mitogen_context_get_node (via) : NULL;
  g_auto (GStrv) python_argv = NULL;

  if (!make_method (connection, via == NULL, spec, error))
    return FALSE;
  if (node != NULL && mitogen_method_is_elsewhere (spec->method))
    spec->via = mitogen_context_node_ref (g_steal_pointer (&node));
  if (!prepare (core, connection, node, id, NULL, spec, &python_argv, error))
    return FALSE;
  if (spec->is_fork || spec->is_copy)
    {
      spec->argv = g_steal_pointer (&python_argv);
      return spec->is_fork ? take_on_fork (MITOGEN_FORK_CONNECTION (connection), spec)
                           : copy_process (core, MITOGEN_FORK_CONNECTION (connection), spec, error);
    }
  spec->argv =
      mitogen_connection_get_argv (connection, via, (const char *const *) python_argv, error);
  if (spec->argv != NULL)
    prepare_askpass (spec);
  return spec->argv != NULL;
}

/* A context may have nothing done by this program but what it could start itself. */
static gboolean
check_is_program (const MitogenBootstrapSpec *spec, GError **error)
{
  if (!mitogen_method_is_elsewhere (spec->method))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       _ ("A context can ask for this only by a client program"));
  return FALSE;
}

gboolean
mitogen_connect_make_request_spec (MitogenCore *core,
                                   MitogenConnection *connection,
                                   MitogenContextNode *via,
                                   guint32 id,
                                   const MitogenRequestExtra *extra,
                                   MitogenBootstrapSpec *spec,
                                   GError **error)
{
  g_auto (GStrv) python_argv = NULL;

  spec->on_fork_request = extra->on_fork;
  if (!make_method (connection, FALSE, spec, error) || !check_is_program (spec, error) ||
      !prepare (core, connection, via, id, extra, spec, &python_argv, error))
    return FALSE;
  /* Code of this library only, so that it may run on the I/O thread. */
  if (mitogen_connection_get_method (connection) == NULL)
    spec->argv = g_steal_pointer (&python_argv);
  else
    spec->argv =
        mitogen_connection_get_argv (connection, NULL, (const char *const *) python_argv, error);
  return spec->argv != NULL;
}
