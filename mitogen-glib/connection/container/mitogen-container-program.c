/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-container-program-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* The last two numbers mean that nothing is to be changed, to some calls of the kernel. */
#define MAX_ID (G_MAXUINT32 - 2)

static const MitogenContainerProgram *
get_program (MitogenConnection *connection)
{
  return (const MitogenContainerProgram *) mitogen_connection_get_method (connection);
}

/* ---- what can be said before it is started ---- */

static gboolean
is_number (const char *text)
{
  return g_ascii_isdigit (*text) && g_ascii_string_to_unsigned (text, 10, 0, MAX_ID, NULL, NULL);
}

/* @gid: (out) (nullable): NULL: it was not given */
static gboolean
parse_numbers (const char *user, char **uid, char **gid)
{
  g_auto (GStrv) parts = g_strsplit (user, ":", 2);

  if (parts[0] == NULL || !is_number (parts[0]) || (parts[1] != NULL && !is_number (parts[1])))
    return FALSE;
  *uid = g_strdup (parts[0]);
  *gid = g_strdup (parts[1]);
  return TRUE;
}

static gboolean
check_user (const MitogenContainerProgram *program, const char *user, GError **error)
{
  g_autofree char *uid = NULL;
  g_autofree char *gid = NULL;

  if (user == NULL || program->user == MITOGEN_CONTAINER_USER_NAME)
    return TRUE;
  if (program->user == MITOGEN_CONTAINER_USER_NONE)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   _ ("%s cannot be told whose account to use: leave out the user name"),
                   program->program);
      return FALSE;
    }
  if (parse_numbers (user, &uid, &gid))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _ ("%s takes a user by number, such as 1000, or 1000:100 with the group, not “%s”: "
                  "for a name, go on from root by su"),
               program->program, user);
  return FALSE;
}

static gboolean
check_strictly (const char *name, GError **error)
{
  if (g_regex_match_simple ("^[a-zA-Z0-9][a-zA-Z0-9_.-]*$", name, G_REGEX_DOLLAR_ENDONLY, 0))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _ ("“%s” cannot be the name of a container: there are only letters, digits, “_”, "
                  "“.” and “-” in it"),
               name);
  return FALSE;
}

static gboolean
check (MitogenConnection *connection, GError **error)
{
  MitogenContainerConnection *self = MITOGEN_CONTAINER_CONNECTION (connection);
  const MitogenContainerProgram *program = get_program (connection);

  return mitogen_container_connection_check (self, error) &&
         (!program->is_strict ||
          check_strictly (mitogen_container_connection_get_container (self), error)) &&
         check_user (program, mitogen_container_connection_get_username (self), error);
}

/* ---- the command ---- */

/* Returns: (transfer full) (nullable): NULL: it is not set */
static char *
dup_value (MitogenConnection *connection, const char *name)
{
  const char *user =
      mitogen_container_connection_get_username (MITOGEN_CONTAINER_CONNECTION (connection));
  g_autofree char *uid = NULL;
  g_autofree char *gid = NULL;
  char *value = NULL;

  if (!g_str_equal (name, "uid") && !g_str_equal (name, "gid"))
    {
      g_object_get (connection, name, &value, NULL);
      return value;
    }
  if (user != NULL)
    parse_numbers (user, &uid, &gid);
  return *name == 'u' ? g_steal_pointer (&uid) : g_steal_pointer (&gid);
}

static void
add_list (GStrvBuilder *argv, MitogenConnection *connection, const char *name)
{
  g_auto (GStrv) list = NULL;

  g_object_get (connection, name, &list, NULL);
  if (list != NULL)
    g_strv_builder_addv (argv, (const char **) list);
}

static gboolean
is_list (MitogenConnection *connection, const char *name)
{
  GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (connection), name);

  return pspec != NULL && pspec->value_type == G_TYPE_STRV;
}

/* A value is checked even where it is behind a "=", as programs may read more into it. */
static gboolean
add_word (GStrvBuilder *argv, MitogenConnection *connection, const char *word, GError **error)
{
  const char *start = strchr (word, '{');
  g_autofree char *name = NULL;
  g_autofree char *value = NULL;
  g_autofree char *whole = NULL;

  if (start == NULL)
    {
      g_strv_builder_add (argv, word);
      return TRUE;
    }
  name = g_strndup (start + 1, strlen (start) - 2);
  if (is_list (connection, name))
    {
      add_list (argv, connection, name);
      return TRUE;
    }
  value = dup_value (connection, name);
  if (value == NULL)
    return TRUE;
  if (!mitogen_container_check_name (name, value, error))
    return FALSE;
  whole = g_strdup_printf ("%.*s%s", (int) (start - word), word, value);
  g_strv_builder_add (argv, whole);
  return TRUE;
}

static char **
mitogen_container_program_get_argv (MitogenConnection *connection,
                                    MitogenContext *via,
                                    const char *const *python_argv,
                                    GError **error)
{
  const MitogenContainerProgram *program = get_program (connection);
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();
  g_auto (GStrv) command = NULL;

  if (!check (connection, error))
    return NULL;
  g_strv_builder_add (argv, mitogen_container_connection_get_program (
                                MITOGEN_CONTAINER_CONNECTION (connection)));
  for (guint i = 0; program->argv[i] != NULL; i++)
    if (!add_word (argv, connection, program->argv[i], error))
      return NULL;
  command =
      program->encode != NULL ? program->encode (python_argv) : g_strdupv ((char **) python_argv);
  g_strv_builder_addv (argv, (const char **) command);
  return g_strv_builder_end (argv);
}

/* ---- its last words ---- */

/* What mitogen_interpreter_search_argv() says, in there; before a program that says something of
 * its own about the status. */
static const MitogenWords own_words[] = {
  { "mitogen: no Python interpreter found (tried python", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("no Python is to be found in the container") },
  { NULL, 0, NULL },
};

static const MitogenWords runtime_words[] = {
  { "executable file not found in $PATH", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("the container does not have the program that was to start Python") },
  { "executable file * not found in $PATH", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("the container does not have the program that was to start Python") },
  { "attempted to invoke a command that was not found", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("the container does not have the program that was to start Python") },
  { "exec: *: stat *: no such file or directory", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("the container does not have the program that was to start Python") },
  { "exec /*: no such file or directory", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("the container does not have the program that was to start Python") },
  { "exec: *: permission denied", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("what was to start Python in the container is not a program") },
  { "open executable: permission denied", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("what was to start Python in the container is not a program") },
  { "exec format error", MITOGEN_ERROR_NO_INTERPRETER,
    N_ ("the programs in the container are for another kind of machine") },
  { "unable to find user *: no matching entries in passwd file", MITOGEN_ERROR_STREAM,
    N_ ("there is no such user in the container") },
  { "user: unknown user", MITOGEN_ERROR_STREAM, N_ ("there is no such user in the container") },
  { "unable to find group *: no matching entries in group file", MITOGEN_ERROR_STREAM,
    N_ ("there is no such group in the container") },
  /* With the whole command in the line, before the reason. */
  { "error running container: from *", MITOGEN_ERROR_STREAM,
    N_ ("nothing can be started in the container: it may not have the program that was to start "
        "Python") },
  { NULL, 0, NULL },
};

char *
mitogen_container_explain_runtime (const char *said, gint *code)
{
  return mitogen_words_explain (runtime_words, said, code);
}

typedef struct
{
  MitogenMethod method;
  const MitogenContainerProgram *program;
} ProgramMethod;

static char *
program_explain (MitogenMethod *method, const MitogenFailure *failure, gint *code, gboolean *busy)
{
  ProgramMethod *self = (ProgramMethod *) method;
  char *what;

  if (failure->started)
    return NULL;
  what = mitogen_words_explain (own_words, failure->said, code);
  if (what == NULL)
    what = mitogen_words_explain (self->program->words, failure->said, code);
  return what != NULL ? what : mitogen_container_explain_runtime (failure->said, code);
}

static gboolean
program_is_lost (MitogenMethod *method, const char *line)
{
  const char *const *lost = ((ProgramMethod *) method)->program->lost;

  for (; lost != NULL && *lost != NULL; lost++)
    if (mitogen_words_contain (line, *lost))
      return TRUE;
  return FALSE;
}

static const MitogenMethodFuncs funcs = { .explain = program_explain, .is_lost = program_is_lost };

MitogenMethod *
mitogen_container_program_make_method (MitogenConnection *connection,
                                       gboolean direct,
                                       GError **error)
{
  ProgramMethod *self;

  if (!check (connection, error))
    return NULL;
  self = mitogen_method_new (sizeof (ProgramMethod), &funcs);
  self->program = get_program (connection);
  self->method.eager = self->program->eager;
  self->method.environment = g_strdupv ((char **) self->program->environment);
  return &self->method;
}

/* ---- the class ---- */

void
mitogen_container_program_install (MitogenContainerConnectionClass *klass,
                                   const MitogenContainerProgram *program,
                                   const char *path_property)
{
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  connection_class->get_argv = mitogen_container_program_get_argv;
  mitogen_connection_class_set_method (connection_class, &program->method);
  mitogen_container_connection_class_install_program (klass, path_property, program->program);
}
