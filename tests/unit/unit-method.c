/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unit-method.h"

#include <string.h>

char *
unit_get_argv (MitogenConnection *connection)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = mitogen_connection_get_argv (connection, NULL, UNIT_PYTHON_ARGV, &error);

  g_assert_no_error (error);
  return g_strjoinv ("\n", argv);
}

char *
unit_get_argv_error (MitogenConnection *connection)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = mitogen_connection_get_argv (connection, NULL, UNIT_PYTHON_ARGV, &error);

  g_assert_null (argv);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  return g_strdup (error->message);
}

MitogenMethod *
unit_make_method (MitogenConnection *connection)
{
  g_autoptr (GError) error = NULL;
  MitogenMethod *method =
      mitogen_connection_get_method (connection)->make_method (connection, TRUE, &error);

  g_assert_no_error (error);
  return method;
}

MitogenReading
unit_read (MitogenMethod *method,
           const char *line,
           gboolean quiet,
           guint n_answers,
           MitogenQuestion *question)
{
  MitogenSaid said = {
    .line = line,
    .length = strlen (line),
    .quiet = quiet,
    .since = "",
    .above = "",
    .n_answers = n_answers,
  };

  mitogen_question_clear (question);
  return method->funcs->read (method, &said, question);
}

char *
unit_explain (MitogenMethod *method, const char *said, int status, guint n_answers, gint *code)
{
  MitogenFailure failure = {
    .said = said,
    .has_status = TRUE,
    .wait_status = status << 8,
    .n_answers = n_answers,
  };
  gboolean busy = FALSE;

  *code = -1;
  return method->funcs->explain (method, &failure, code, &busy);
}

char **
unit_find_shells (void)
{
  const char *const names[] = { "sh", "bash", "dash", "zsh", "ksh", "tcsh", "csh", "fish", NULL };
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *path = g_find_program_in_path (names[i]);

      if (path != NULL)
        g_strv_builder_add (paths, path);
    }
  return g_strv_builder_end (paths);
}
