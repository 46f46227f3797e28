/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* su, doas and pkexec: their commands, prompts and last words. */

#include "connection/mitogen-doas-connection.h"
#include "connection/mitogen-doas-method-private.h"
#include "connection/mitogen-pkexec-connection.h"
#include "connection/mitogen-pkexec-method-private.h"
#include "connection/mitogen-su-connection.h"
#include "connection/mitogen-su-method-private.h"
#include "unit-method.h"
#include "wire/mitogen-error.h"

#include <glib/gstdio.h>
#include <string.h>

#define PYTHON "python3\n-c\nstage $x 'y'\n\ntitle"

/* ---- commands ---- */

static void
assert_argv (MitogenConnection *connection, const char *expected)
{
  g_autofree char *argv = unit_get_argv (connection);

  g_assert_cmpstr (argv, ==, expected);
}

static void
assert_described (MitogenConnection *connection, const char *name, const char *user)
{
  g_autofree char *said = mitogen_connection_get_name (connection);
  const MitogenConnectionMethod *method = mitogen_connection_get_method (connection);
  g_auto (MitogenPlace) place = { 0 };

  g_assert_cmpstr (said, ==, name);
  method->describe (connection, &place);
  g_assert_cmpstr (place.user, ==, user);
  g_assert_null (place.host);
}

static void
test_su_argv (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_su_connection_new ();
  g_autofree char *argv = unit_get_argv (connection);

  g_assert_true (g_str_has_prefix (argv, "su\nroot\n-c\n"));
  assert_described (connection, "su.root", "root");
  g_free (argv);
  g_object_set (connection, "username", "alice", "su-path", "/x/su", "login", TRUE, NULL);
  argv = unit_get_argv (connection);
  g_assert_true (g_str_has_prefix (argv, "/x/su\n-\nalice\n-c\n"));
  assert_described (connection, "su.alice", "alice");
}

/* The account's shell makes the same words of it again, whichever it is. */
static void
test_su_shells (void)
{
  const char *const python_argv[] = {
    "printf", "%s|", "a b", "'", "$HOME", "\\", "x\ny", "!", NULL
  };
  g_autoptr (MitogenConnection) connection = mitogen_su_connection_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = mitogen_connection_get_argv (connection, NULL, python_argv, &error);
  g_auto (GStrv) shells = unit_find_shells ();

  g_assert_no_error (error);
  for (guint i = 0; shells[i] != NULL; i++)
    {
      const char *words[] = { shells[i], argv[2], argv[3], NULL };
      g_autofree char *out = NULL;

      g_spawn_sync (NULL, (char **) words, NULL, 0, NULL, NULL, &out, NULL, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (out, ==, "a b|'|$HOME|\\|x\ny|!|");
    }
}

static void
test_doas_argv (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_doas_connection_new ();

  assert_argv (connection, "doas\n-u\nroot\n-n\n--\n" PYTHON);
  assert_described (connection, "doas.root", "root");
  g_object_set (connection, "username", "alice", "doas-path", "/x/doas", "password", "x", NULL);
  assert_argv (connection, "/x/doas\n-u\nalice\n--\n" PYTHON);
  assert_described (connection, "doas.alice", "alice");
}

static void
test_pkexec_argv (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_pkexec_connection_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = NULL;
  const char *const tail[] = { "/x/pkexec", "alice", "python3", "-c" };

  assert_argv (connection, "pkexec\n--disable-internal-agent\n--user\nroot\n" PYTHON);
  assert_described (connection, "pkexec.root", "root");

  g_object_set (connection, "username", "alice", "pkexec-path", "/x/pkexec", "password", "x", NULL);
  argv = mitogen_connection_get_argv (connection, NULL, UNIT_PYTHON_ARGV, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (argv[0], ==, "/bin/sh");
  for (guint i = 0; i < G_N_ELEMENTS (tail); i++)
    g_assert_cmpstr (argv[3 + i], ==, tail[i]);
  assert_described (connection, "pkexec.alice", "alice");
}

static void
write_script (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *script = g_strconcat ("#!/bin/sh\n", text, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, script, -1, G_FILE_SET_CONTENTS_NONE, 0700, &error);
  g_assert_no_error (error);
}

static char *
run_pkexec (const char *folder, MitogenConnection *connection, int *status)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = mitogen_connection_get_argv (connection, NULL, UNIT_PYTHON_ARGV, &error);
  g_auto (GStrv) environment = g_get_environ ();
  g_autofree char *path = g_strconcat (folder, ":/usr/bin:/bin", NULL);
  char *out = NULL;

  g_assert_no_error (error);
  environment = g_environ_setenv (environment, "PATH", path, TRUE);
  g_spawn_sync (folder, argv, environment, G_SPAWN_SEARCH_PATH_FROM_ENVP, NULL, NULL, &out, NULL,
                status, &error);
  g_assert_no_error (error);
  return out;
}

/* The agent is there before pkexec, serves its parent, and ends with it. */
static void
test_pkexec_agent (void)
{
  g_autofree char *folder = g_dir_make_tmp ("mitogen-pkexec-XXXXXX", NULL);
  g_autofree char *agent = g_build_filename (folder, "pkttyagent", NULL);
  g_autofree char *pkexec = g_build_filename (folder, "pkexec", NULL);
  g_autofree char *killed = g_build_filename (folder, "killed", NULL);
  g_autofree char *served = g_build_filename (folder, "served", NULL);
  g_autoptr (MitogenConnection) connection = mitogen_pkexec_connection_new ();
  g_autofree char *out = NULL;
  int status = 0;

  mitogen_connection_set_password (connection, "x");
  write_script (
      folder, "pkttyagent",
      "while [ $# -gt 0 ]; do case $1 in --process) echo $2 > served; shift;; esac; shift; "
      "done; trap 'echo > killed; exit' TERM; exec >&-; while :; do sleep 0.01; done");
  write_script (folder, "pkexec",
                "[ \"$(cat served)\" = $PPID ] || exit 9; printf '%s|' \"$@\"; exit 7");
  out = run_pkexec (folder, connection, &status);
  g_assert_cmpstr (out, ==,
                   "--disable-internal-agent|--user|root|python3|-c|stage $x 'y'\n|title|");
  g_assert_cmpint (status, ==, 7 << 8);
  while (!g_file_test (killed, G_FILE_TEST_EXISTS))
    g_usleep (1000);
  g_unlink (killed);
  g_unlink (served);
  g_unlink (agent);
  g_unlink (pkexec);
  g_rmdir (folder);
}

static void
test_refused_users (void)
{
  const GType types[] = { MITOGEN_TYPE_SU_CONNECTION, MITOGEN_TYPE_DOAS_CONNECTION,
                          MITOGEN_TYPE_PKEXEC_CONNECTION };
  const char *const names[] = { "-c", "", "-" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    for (guint j = 0; j < G_N_ELEMENTS (names); j++)
      {
        g_autoptr (MitogenConnection) connection =
            g_object_new (types[i], "username", names[j], NULL);
        g_autofree char *message = unit_get_argv_error (connection);

        g_assert_nonnull (strstr (message, "is no user name"));
      }
}

static void
test_methods (void)
{
  g_autoptr (MitogenConnection) su = mitogen_su_connection_new ();
  g_autoptr (MitogenConnection) doas = mitogen_doas_connection_new ();
  g_autoptr (MitogenConnection) pkexec = mitogen_pkexec_connection_new ();
  g_autoptr (MitogenMethod) su_method = unit_make_method (su);
  g_autoptr (MitogenMethod) doas_method = unit_make_method (doas);
  g_autoptr (MitogenMethod) pkexec_method = unit_make_method (pkexec);

  g_assert_cmpint (su_method->terminal, ==, MITOGEN_TERMINAL_ALL);
  g_assert_false (su_method->eager);
  g_assert_cmpint (doas_method->terminal, ==, MITOGEN_TERMINAL_BESIDE);
  g_assert_true (doas_method->eager);
  g_assert_cmpint (pkexec_method->terminal, ==, MITOGEN_TERMINAL_BESIDE);
  g_assert_true (pkexec_method->eager);
}

/* ---- prompts ---- */

static void
test_su_prompt (void)
{
  const char *const prompts[] = { "Password: ", "Passwort: ", "Mot de passe : ", "\r密码：" };

  for (guint i = 0; i < G_N_ELEMENTS (prompts); i++)
    {
      g_autoptr (MitogenMethod) method = mitogen_su_method_new ("alice", NULL, NULL, FALSE);
      g_auto (MitogenQuestion) question = { 0 };

      g_assert_cmpint (unit_read (method, prompts[i], FALSE, 0, &question), ==,
                       MITOGEN_READING_PERHAPS);
      g_assert_cmpint (unit_read (method, prompts[i], TRUE, 0, &question), ==,
                       MITOGEN_READING_QUESTION);
      g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_PASSWORD);
      g_assert_cmpstr (question.subject, ==, "alice");
      g_assert_false (question.again);
      g_assert_cmpint (unit_read (method, prompts[i], TRUE, 1, &question), ==,
                       MITOGEN_READING_QUESTION);
      g_assert_true (question.again);
    }
}

static void
test_su_known_prompt (void)
{
  g_autoptr (MitogenMethod) method = mitogen_su_method_new ("alice", "PASSWORT:", NULL, FALSE);
  g_auto (MitogenQuestion) question = { 0 };

  g_assert_cmpint (unit_read (method, "Passwort: ", FALSE, 0, &question), ==,
                   MITOGEN_READING_QUESTION);
  g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_PASSWORD);
  g_assert_cmpint (unit_read (method, "Code: ", FALSE, 1, &question), ==, MITOGEN_READING_PERHAPS);
  g_assert_cmpint (unit_read (method, "Code: ", TRUE, 1, &question), ==, MITOGEN_READING_QUESTION);
  g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_CODE);
  g_assert_null (question.subject);
}

static void
test_doas_prompt (void)
{
  g_autoptr (MitogenMethod) method = mitogen_doas_method_new (NULL, NULL, FALSE);
  g_auto (MitogenQuestion) question = { 0 };

  g_assert_cmpint (unit_read (method, "\rdoas (alice@web1) password: ", FALSE, 0, &question), ==,
                   MITOGEN_READING_QUESTION);
  g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_PASSWORD);
  g_assert_cmpstr (question.subject, ==, "alice");
  g_assert_cmpstr (question.text, ==, "doas (alice@web1) password:");
  /* Not by itself on its line. */
  g_assert_cmpint (unit_read (method, "x doas (alice@web1) password: ", FALSE, 0, &question), ==,
                   MITOGEN_READING_PERHAPS);
  g_assert_cmpint (unit_read (method, "doas (alice@we", TRUE, 0, &question), ==,
                   MITOGEN_READING_NOTHING);
}

static MitogenReading
read_since (MitogenMethod *method,
            const char *line,
            const char *since,
            guint n_answers,
            MitogenQuestion *question)
{
  MitogenSaid said = {
    .line = line,
    .length = strlen (line),
    .quiet = TRUE,
    .since = since,
    .above = since,
    .n_answers = n_answers,
  };

  mitogen_question_clear (question);
  *question = (MitogenQuestion){ 0 };
  return method->funcs->read (method, &said, question);
}

#define PKEXEC_START                                                                               \
  "[1;31m==== AUTHENTICATING FOR org.freedesktop.policykit.exec ====\n"                            \
  "[0mAuthentication is needed to run `/bin/sh' as the super user\n"

static void
test_pkexec_prompt (void)
{
  g_autoptr (MitogenMethod) method = mitogen_pkexec_method_new (FALSE);
  g_auto (MitogenQuestion) question = { 0 };

  g_assert_cmpint (read_since (method, "Password: ",
                               PKEXEC_START "Authenticating as: Alice,,, (alice)\n", 0, &question),
                   ==, MITOGEN_READING_QUESTION);
  g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_PASSWORD);
  g_assert_cmpstr (question.subject, ==, "alice");
  g_assert_cmpstr (question.text, ==,
                   "Authentication is needed to run `/bin/sh' as the super user: Password:");
  g_assert_cmpint (read_since (method, "Password: ", PKEXEC_START "Authenticating as: bob\n", 0,
                               &question),
                   ==, MITOGEN_READING_QUESTION);
  g_assert_cmpstr (question.subject, ==, "bob");
  /* What is typed before the terminal is ready is lost. */
  g_assert_cmpint (unit_read (method, "Password: ", FALSE, 0, &question), ==,
                   MITOGEN_READING_PERHAPS);
}

static void
test_pkexec_identities (void)
{
  g_autoptr (MitogenMethod) method = mitogen_pkexec_method_new (FALSE);
  g_auto (MitogenQuestion) question = { 0 };

  g_assert_cmpint (unit_read (method, "Choose identity to authenticate as (1-2): ", FALSE, 0,
                              &question),
                   ==, MITOGEN_READING_PERHAPS);
  g_assert_cmpint (read_since (method, "Choose identity to authenticate as (1-2): ",
                               PKEXEC_START "Multiple identities can be used for authentication:\n"
                                            " 1.  Alice,,, (alice)\n 2.  bob\n",
                               0, &question),
                   ==, MITOGEN_READING_QUESTION);
  g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_OTHER);
  g_assert_cmpuint (g_strv_length (question.choices), ==, 2);
  g_assert_cmpstr (question.choices[0], ==, "Alice,,, (alice)");
  g_assert_cmpstr (question.choices[1], ==, "bob");
  g_assert_cmpint (question.first_choice, ==, 1);

  g_assert_cmpint (read_since (method, "Password: ", "", 1, &question), ==,
                   MITOGEN_READING_QUESTION);
  g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_PASSWORD);
  g_assert_null (question.choices);
  g_assert_cmpstr (question.subject, ==, "the chosen account");
  g_assert_false (question.again);
  g_assert_true (g_str_has_prefix (question.text, "Authentication is needed"));
  /* The list is not whole. */
  g_assert_cmpint (read_since (method, "Choose identity to authenticate as (1-2): ", " 2.  bob\n",
                               0, &question),
                   ==, MITOGEN_READING_QUESTION);
  g_assert_null (question.choices);
}

/* ---- last words ---- */

typedef MitogenMethod *(*MakeFunc) (gboolean has_interaction);

static MitogenMethod *
make_su (gboolean has_interaction)
{
  return mitogen_su_method_new ("alice", NULL, NULL, has_interaction);
}

static MitogenMethod *
make_doas (gboolean has_interaction)
{
  return mitogen_doas_method_new (NULL, NULL, has_interaction);
}

static const struct
{
  MakeFunc make;
  const char *said;
  int status;
  guint n_answers;
  gint code; /* -1: it is none of its words */
  const char *part;
} endings[] = {
  { make_su, "su: Authentication failure\n", 1, 1, MITOGEN_ERROR_PASSWORD, "refused" },
  { make_su, "su: Fehler bei Authentifizierung\n", 1, 1, MITOGEN_ERROR_PASSWORD, "refused" },
  { make_su, "su: Échec de l'authentification\n", 1, 1, MITOGEN_ERROR_PASSWORD, "refused" },
  { make_su, "su: Sorry\n", 1, 1, MITOGEN_ERROR_PASSWORD, "refused" },
  { make_su,
    "Your account has expired; please contact your system administrator.\n"
    "su: Authentication failure\n",
    1, 1, MITOGEN_ERROR_PERMISSION, "expired" },
  { make_su,
    "su: user nosuch does not exist or the user entry does not contain all the required fields\n",
    1, 0, MITOGEN_ERROR_STREAM, "no such user" },
  { make_su, "This account is currently not available.\n", 1, 0, MITOGEN_ERROR_PERMISSION,
    "lets nobody in" },
  { make_su, "su: Permission denied\n", 1, 1, MITOGEN_ERROR_PERMISSION, "may not use su" },
  { make_su, "su: Hoppla\n", 1, 0, -1, NULL },
  { make_su, "Traceback\n", 1, 1, -1, NULL },
  { make_su, "su: Hoppla\n", 2, 1, -1, NULL },
  { make_doas, "doas: Authentication failed\n", 1, 1, MITOGEN_ERROR_PASSWORD, "refused" },
  { make_doas, "doas: Authentication required\n", 1, 0, MITOGEN_ERROR_PASSWORD,
    "neither an interaction" },
  { make_doas, "doas: Operation not permitted\n", 1, 0, MITOGEN_ERROR_PERMISSION, "does not let" },
  { make_doas, "doas: unknown user\n", 1, 0, MITOGEN_ERROR_STREAM, "no such user" },
  { make_doas, "doas: /no/such: command not found\n", 1, 0, MITOGEN_ERROR_NO_INTERPRETER,
    "not found" },
  { make_doas, "doas: doas is not enabled, /etc/doas.conf: No such file or directory\n", 1, 0,
    MITOGEN_ERROR_PERMISSION, "no configuration" },
  { mitogen_pkexec_method_new,
    "polkit-agent-helper-1: pam_authenticate failed: Authentication failure\n"
    "[1;31m==== AUTHENTICATION FAILED ====\n"
    "[0mError executing command as another user: Not authorized\n",
    127, 1, MITOGEN_ERROR_PASSWORD, "refused" },
  { mitogen_pkexec_method_new, "Error executing command as another user: Not authorized\n", 127, 0,
    MITOGEN_ERROR_PERMISSION, "does not let" },
  { mitogen_pkexec_method_new, "Error executing command as another user: Request dismissed\n", 126,
    0, MITOGEN_ERROR_PASSWORD, "not given" },
  { mitogen_pkexec_method_new,
    "Error executing command as another user: No authentication agent found.\n", 127, 0,
    MITOGEN_ERROR_PASSWORD, "nobody to ask" },
  { mitogen_pkexec_method_new, "User `nosuch' does not exist.\n", 127, 0, MITOGEN_ERROR_STREAM,
    "no such user" },
  { mitogen_pkexec_method_new, "Error accessing /no/such: No such file or directory\n", 127, 0,
    MITOGEN_ERROR_NO_INTERPRETER, "not found" },
  { mitogen_pkexec_method_new,
    "Error getting authority: Error initializing authority: Could not connect: No such file or "
    "directory\n",
    127, 0, MITOGEN_ERROR_STREAM, "does not run" },
};

static void
test_endings (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autoptr (MitogenMethod) method = endings[i].make (FALSE);
      g_autofree char *what = NULL;
      gint code;

      g_test_message ("%s", endings[i].said);
      what = unit_explain (method, endings[i].said, endings[i].status, endings[i].n_answers, &code);
      g_assert_cmpint (what != NULL ? code : -1, ==, endings[i].code);
      if (what != NULL)
        g_assert_nonnull (strstr (what, endings[i].part));
    }
}

static void
test_own_texts (void)
{
  const char *const texts[] = { "Falsch!", NULL };
  g_autoptr (MitogenMethod) su = mitogen_su_method_new ("alice", NULL, texts, FALSE);
  g_autoptr (MitogenMethod) doas = mitogen_doas_method_new (NULL, texts, FALSE);
  g_autofree char *su_what = NULL;
  g_autofree char *doas_what = NULL;
  gint code;

  su_what = unit_explain (su, "das war FALSCH!\n", 3, 1, &code);
  g_assert_nonnull (su_what);
  g_assert_cmpint (code, ==, MITOGEN_ERROR_PASSWORD);
  doas_what = unit_explain (doas, "das war FALSCH!\n", 3, 1, &code);
  g_assert_nonnull (doas_what);
  g_assert_cmpint (code, ==, MITOGEN_ERROR_PASSWORD);
  g_assert_null (unit_explain (doas, "doas: Authentication failed\n", 1, 1, &code));
}

/* They ask once and end: with somebody there, they are started once more. */
static void
test_again (void)
{
  const struct
  {
    MakeFunc make;
    const char *prompt;
    const char *said;
    int status;
  } cases[] = {
    { make_su, "Password: ", "su: Authentication failure\n", 1 },
    { make_doas, "doas (alice@web1) password: ", "doas: Authentication failed\n", 1 },
    { mitogen_pkexec_method_new,
      "Password: ", "Error executing command as another user: Not authorized\n", 127 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (MitogenMethod) method = cases[i].make (TRUE);
      g_auto (MitogenQuestion) question = { 0 };
      MitogenFailure failure = { cases[i].said, TRUE, cases[i].status << 8, FALSE, 1 };
      gint code;

      for (guint n = 0; n < 2; n++)
        {
          gboolean busy = FALSE;
          g_autofree char *what = NULL;

          unit_read (method, cases[i].prompt, TRUE, 0, &question);
          g_assert_cmpint (question.again, ==, n > 0);
          what = method->funcs->explain (method, &failure, &code, &busy);
          g_assert_nonnull (what);
          g_assert_cmpint (busy, ==, n == 0);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/escalation/su/argv", test_su_argv);
  g_test_add_func ("/escalation/su/shells", test_su_shells);
  g_test_add_func ("/escalation/su/prompt", test_su_prompt);
  g_test_add_func ("/escalation/su/known-prompt", test_su_known_prompt);
  g_test_add_func ("/escalation/doas/argv", test_doas_argv);
  g_test_add_func ("/escalation/doas/prompt", test_doas_prompt);
  g_test_add_func ("/escalation/pkexec/argv", test_pkexec_argv);
  g_test_add_func ("/escalation/pkexec/agent", test_pkexec_agent);
  g_test_add_func ("/escalation/pkexec/prompt", test_pkexec_prompt);
  g_test_add_func ("/escalation/pkexec/identities", test_pkexec_identities);
  g_test_add_func ("/escalation/refused-users", test_refused_users);
  g_test_add_func ("/escalation/methods", test_methods);
  g_test_add_func ("/escalation/endings", test_endings);
  g_test_add_func ("/escalation/own-texts", test_own_texts);
  g_test_add_func ("/escalation/again", test_again);
  return g_test_run ();
}
