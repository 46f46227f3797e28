/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* sudo's command line, its prompts and its last words. */

#include "connection/mitogen-sudo-args-private.h"
#include "connection/mitogen-sudo-connection.h"
#include "connection/mitogen-sudo-login-private.h"
#include "connection/mitogen-sudo-method-private.h"
#include "unit-method.h"
#include "wire/mitogen-error.h"

#include <string.h>

#define NONCE "0123456789abcdef"
#define OURS  "mitogen 0123456789abcdef password for "

static MitogenConnection *
new_with_args (const char *arg, ...)
{
  MitogenConnection *connection = mitogen_sudo_connection_new ();
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) args = NULL;
  va_list list;

  va_start (list, arg);
  for (; arg != NULL; arg = va_arg (list, const char *))
    g_strv_builder_add (builder, arg);
  va_end (list);
  args = g_strv_builder_end (builder);
  mitogen_sudo_connection_set_sudo_args (MITOGEN_SUDO_CONNECTION (connection),
                                         (const char *const *) args);
  return connection;
}

/* The command with what differs each time left out. */
static void
assert_argv (MitogenConnection *connection, const char *expected)
{
  g_autofree char *argv = unit_get_argv (connection);
  g_autoptr (GRegex) nonce = g_regex_new ("[0-9a-f]{16}", 0, 0, NULL);
  g_autofree char *stable = g_regex_replace_literal (nonce, argv, -1, 0, "NONCE", 0, NULL);
  g_autofree char *wanted =
      g_strconcat (expected,
                   "-p\nmitogen NONCE password for %p: \n--\npython3\n-c\nstage $x 'y'\n\ntitle",
                   NULL);

  g_assert_cmpstr (stable, ==, wanted);
}

static void
test_argv (void)
{
  g_autoptr (MitogenConnection) plain = mitogen_sudo_connection_new ();
  g_autoptr (MitogenConnection) full = NULL;

  assert_argv (plain, "sudo\n-u\nroot\n-n\n");
  mitogen_connection_set_password (plain, "secret");
  assert_argv (plain, "sudo\n-u\nroot\n");

  full = g_object_new (MITOGEN_TYPE_SUDO_CONNECTION, "username", "#1000", "sudo-path", "/x/sudo",
                       "set-home", TRUE, "preserve-env", TRUE, "selinux-role", "r", "selinux-type",
                       "t", NULL);
  assert_argv (full, "/x/sudo\n-u\n#1000\n-E\n-H\n-r\nr\n-t\nt\n-n\n");
}

static void
test_name (void)
{
  g_autoptr (MitogenConnection) plain = mitogen_sudo_connection_new ();
  g_autoptr (MitogenConnection) args = new_with_args ("-u", "alice", NULL);
  g_autofree char *plain_name = mitogen_connection_get_name (plain);
  g_autofree char *args_name = mitogen_connection_get_name (args);
  g_auto (MitogenPlace) place = { 0 };

  g_assert_cmpstr (plain_name, ==, "sudo.root");
  g_assert_cmpstr (args_name, ==, "sudo.alice");
  mitogen_connection_get_method (args)->describe (args, &place);
  g_assert_cmpstr (place.user, ==, "alice");
  g_assert_null (place.host);
}

static void
test_nonce (void)
{
  g_autoptr (MitogenConnection) one = mitogen_sudo_connection_new ();
  g_autoptr (MitogenConnection) other = mitogen_sudo_connection_new ();
  g_autofree char *one_argv = unit_get_argv (one);
  g_autofree char *other_argv = unit_get_argv (other);

  g_assert_cmpstr (one_argv, !=, other_argv);
}

/* ---- sudo-args ---- */

static void
test_args (void)
{
  g_autoptr (MitogenConnection) letters = new_with_args ("-EHualice", "-S", "-n", "-gwheel", NULL);
  g_autoptr (MitogenConnection) names =
      new_with_args ("--user", "alice", "--set-home", "--role=r", "--ty=t", "--preserve-env",
                     "--preserve-env=A,B", "--group", "wheel", "-B", "-k", "--", NULL);
  g_autoptr (MitogenConnection) both = new_with_args ("-u", "alice", "-r", "x", NULL);

  assert_argv (letters, "sudo\n-u\nalice\n-E\n-H\n-gwheel\n-n\n");
  assert_argv (names,
               "sudo\n-u\nalice\n-E\n-H\n-r\nr\n-t\nt\n--preserve-env=A,B\n-gwheel\n-k\n-n\n");
  /* What is set comes first. */
  g_object_set (both, "username", "bob", "selinux-role", "y", NULL);
  assert_argv (both, "sudo\n-u\nbob\n-r\ny\n-n\n");
}

static void
assert_refused (MitogenConnection *connection, const char *expected)
{
  g_autoptr (MitogenConnection) owned = connection;
  g_autofree char *message = unit_get_argv_error (owned);
  g_autofree char *name = mitogen_connection_get_name (owned);

  g_assert_cmpstr (message, ==, expected);
  g_assert_cmpstr (name, ==, "sudo.root");
}

static void
test_args_refused (void)
{
  assert_refused (new_with_args ("-b", NULL),
                  "sudo: a context cannot be made with the option “-b”");
  assert_refused (new_with_args ("-Hs", NULL),
                  "sudo: a context cannot be made with the option “-Hs”");
  assert_refused (new_with_args ("--prompt=x", NULL),
                  "sudo: a context cannot be made with the option “--prompt=x”");
  assert_refused (new_with_args ("-p", "x", NULL),
                  "sudo: a context cannot be made with the option “-p”");
  assert_refused (new_with_args ("-y", NULL), "sudo: there is no such option: “-y”");
  assert_refused (new_with_args ("-\xff", NULL), "sudo: there is no such option: “-\xef\xbf\xbd”");
  assert_refused (new_with_args ("--nonsense", NULL),
                  "sudo: there is no such option: “--nonsense”");
  /* preserve-env, preserve-groups */
  assert_refused (new_with_args ("--preserve", NULL),
                  "sudo: there is no such option: “--preserve”");
  assert_refused (new_with_args ("--set-home=yes", NULL),
                  "sudo: there is no value for the option “--set-home=yes”");
  assert_refused (new_with_args ("-Hu", NULL), "sudo: a value is missing for the option “-Hu”");
  assert_refused (new_with_args ("--user", NULL),
                  "sudo: a value is missing for the option “--user”");
  assert_refused (new_with_args ("--user=", NULL), "sudo: an empty value for the option “--user=”");
  assert_refused (new_with_args ("ls", NULL), "sudo: only options can be given, not “ls”");
  assert_refused (new_with_args ("A=1", NULL), "sudo: only options can be given, not “A=1”");
  assert_refused (new_with_args ("-", NULL), "sudo: only options can be given, not “-”");
  assert_refused (new_with_args ("", NULL), "sudo: only options can be given, not “”");
  assert_refused (new_with_args ("-H", "--", "ls", NULL),
                  "sudo: only options can be given, not “ls”");
  assert_refused (new_with_args ("-u", "-x", NULL), "sudo: “-x” is no user name");
}

/* ---- sudo -i ---- */

/* What `sudo -i` makes of its words, for the account's shell. */
static char *
escape_as_sudo (char **words)
{
  GString *text = g_string_new (NULL);

  for (; *words != NULL; words++)
    {
      for (const char *p = *words; *p != '\0'; p++)
        {
          if (!g_ascii_isalnum (*p) && strchr ("_-$", *p) == NULL)
            g_string_append_c (text, '\\');
          g_string_append_c (text, *p);
        }
      if (words[1] != NULL)
        g_string_append_c (text, ' ');
    }
  return g_string_free (text, FALSE);
}

static void
test_login (void)
{
  const char *const python_argv[] = {
    "printf",      "%s|",          "a b",      "'",   "\"",   "$HOME",
    "\\",          "\\n\\0101",    "x\ny\n",   "\n",  "`id`", "!!",
    "*?[a]{b,c}~", "%s%%",         "#;&|<>()", "äö€", "",     "-n",
    "0",           "\t\r\x01\x7f", "\xff\xfe", NULL,
  };
  g_auto (GStrv) words = mitogen_sudo_login_encode (python_argv);
  g_autofree char *command = escape_as_sudo (words);
  g_autofree char *joined = g_strjoinv ("|", (char **) python_argv + 2);
  g_autofree char *expected = g_strconcat (joined, "|", NULL);
  g_auto (GStrv) shells = unit_find_shells ();

  g_assert_null (strchr (command, '$'));
  for (guint i = 0; shells[i] != NULL; i++)
    {
      const char *argv[] = { shells[i], "-c", command, NULL };
      g_autofree char *out = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", shells[i]);
      g_spawn_sync (NULL, (char **) argv, NULL, 0, NULL, NULL, &out, NULL, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (out, ==, expected);
    }
}

static void
test_login_argv (void)
{
  g_autoptr (MitogenConnection) connection = new_with_args ("-i", NULL);
  g_autoptr (MitogenMethod) method = unit_make_method (connection);
  g_autofree char *argv = unit_get_argv (connection);

  g_assert_nonnull (strstr (argv, "\n-i\n"));
  g_assert_nonnull (strstr (argv, "\n--\n/bin/sh\n-c\neval "));
  /* The files that a login shell reads may read the stream. */
  g_assert_false (method->eager);
}

/* ---- prompts ---- */

static void
assert_own (MitogenMethod *method, const char *line, guint n_answers, gboolean again)
{
  g_auto (MitogenQuestion) question = { 0 };

  g_test_message ("%s", line);
  g_assert_cmpint (unit_read (method, line, FALSE, n_answers, &question), ==,
                   MITOGEN_READING_QUESTION);
  g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_PASSWORD);
  g_assert_cmpstr (question.text, ==, "[sudo] password for alice:");
  g_assert_cmpstr (question.subject, ==, "alice");
  g_assert_cmpint (question.again, ==, again);
}

static void
test_own_prompt (void)
{
  g_autoptr (MitogenMethod) method = mitogen_sudo_method_new (NONCE, FALSE, TRUE);
  g_autofree char *prompt = mitogen_sudo_method_make_prompt (NONCE);
  g_auto (MitogenQuestion) question = { 0 };

  g_assert_cmpstr (prompt, ==, OURS "%p: ");
  g_assert_cmpint (method->terminal, ==, MITOGEN_TERMINAL_BESIDE);
  g_assert_true (method->eager);
  assert_own (method, OURS "alice: ", 0, FALSE);
  /* Looked at twice. */
  assert_own (method, OURS "alice: ", 0, FALSE);
  assert_own (method, "\r\a" OURS "alice: ", 1, TRUE);
  /* Started anew. */
  assert_own (method, OURS "alice: ", 0, FALSE);

  g_assert_cmpint (unit_read (method, OURS "al", FALSE, 0, &question), ==, MITOGEN_READING_PERHAPS);
  g_assert_cmpint (unit_read (method, "mitogen 0123", FALSE, 0, &question), ==,
                   MITOGEN_READING_NOTHING);
  g_assert_cmpint (unit_read (method, "\r\a", TRUE, 0, &question), ==, MITOGEN_READING_NOTHING);
  /* Someone else's. */
  g_assert_cmpint (unit_read (method, "mitogen 0123456789abcdee password for x: ", FALSE, 0,
                              &question),
                   ==, MITOGEN_READING_PERHAPS);
}

static void
test_rust_prompt (void)
{
  g_autoptr (MitogenMethod) method = mitogen_sudo_method_new (NONCE, FALSE, TRUE);
  g_auto (MitogenQuestion) question = { 0 };

  g_assert_cmpint (unit_read (method, "[sudo: " OURS "alice: ", FALSE, 0, &question), ==,
                   MITOGEN_READING_PERHAPS);
  assert_own (method, "[sudo: " OURS "alice: ] Password: ", 0, FALSE);
  assert_own (method, "[sudo: " OURS "alice: ] Password: ", 1, TRUE);
  assert_own (method, "[sudo: " OURS "alice: ] Passwort: ", 0, FALSE);
  assert_own (method, "[sudo: " OURS "alice: ] Passwort: ", 1, TRUE);
  g_assert_cmpint (unit_read (method, "[sudo: " OURS "%p: ] Password: ", FALSE, 0, &question), ==,
                   MITOGEN_READING_QUESTION);
  g_assert_null (question.subject);
  g_assert_cmpstr (question.text, ==, "[sudo] password:");
  /* Before -p, and feedback while typing. */
  g_assert_cmpint (unit_read (method, "[sudo: authenticate] Password: ", FALSE, 0, &question), ==,
                   MITOGEN_READING_PERHAPS);
  g_assert_cmpint (unit_read (method, "[sudo: authenticate] Password: ", TRUE, 0, &question), ==,
                   MITOGEN_READING_QUESTION);
  g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_PASSWORD);
  g_assert_cmpint (unit_read (method, "********\b \b\b \b", TRUE, 1, &question), ==,
                   MITOGEN_READING_NOTHING);
}

/* sudo-rs puts our prompt before all that PAM asks for. */
static void
test_rust_code (void)
{
  g_autoptr (MitogenMethod) method = mitogen_sudo_method_new (NONCE, FALSE, TRUE);
  g_auto (MitogenQuestion) question = { 0 };

  assert_own (method, "[sudo: " OURS "alice: ] Password: ", 0, FALSE);
  for (guint n = 1; n <= 3; n += 2)
    {
      g_assert_cmpint (unit_read (method, "[sudo: " OURS "alice: ] Verification code: ", FALSE, n,
                                  &question),
                       ==, MITOGEN_READING_QUESTION);
      g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_CODE);
      g_assert_cmpstr (question.text, ==, "Verification code:");
      g_assert_cmpstr (question.subject, ==, "alice");
      g_assert_cmpint (question.again, ==, n > 1);
    }
  assert_own (method, "[sudo: " OURS "alice: ] Password: ", 4, TRUE);
  g_assert_cmpint (unit_read (method, "[sudo: " OURS "alice: ] Bestätigung: ", FALSE, 5, &question),
                   ==, MITOGEN_READING_QUESTION);
  g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_CODE);
  g_assert_false (question.again);
}

static void
test_other_prompts (void)
{
  g_autoptr (MitogenMethod) method = mitogen_sudo_method_new (NONCE, FALSE, TRUE);
  g_auto (MitogenQuestion) question = { 0 };

  assert_own (method, OURS "alice: ", 0, FALSE);
  g_assert_cmpint (unit_read (method, "Bestätigung: ", TRUE, 1, &question), ==,
                   MITOGEN_READING_QUESTION);
  g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_CODE);
  g_assert_cmpstr (question.text, ==, "Bestätigung:");
  g_assert_false (question.again);
  g_assert_cmpint (unit_read (method, "Bestätigung: ", TRUE, 2, &question), ==,
                   MITOGEN_READING_QUESTION);
  g_assert_true (question.again);
  /* A code first, then our prompt: no answer was refused. */
  g_assert_cmpint (unit_read (method, "Verification code: ", TRUE, 0, &question), ==,
                   MITOGEN_READING_QUESTION);
  g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_CODE);
}

static void
test_code_first (void)
{
  g_autoptr (MitogenMethod) method = mitogen_sudo_method_new (NONCE, FALSE, TRUE);
  g_auto (MitogenQuestion) question = { 0 };

  g_assert_cmpint (unit_read (method, "Verification code: ", TRUE, 0, &question), ==,
                   MITOGEN_READING_QUESTION);
  assert_own (method, OURS "alice: ", 1, FALSE);
  assert_own (method, OURS "alice: ", 2, TRUE);
}

/* ---- last words ---- */

static const struct
{
  const char *said;
  guint n_answers;
  gint code;
  const char *part;
} endings[] = {
  { "sudo: a password is required\n", 0, MITOGEN_ERROR_PASSWORD, "neither an interaction" },
  { "sudo: interactive authentication is required\n", 0, MITOGEN_ERROR_PASSWORD,
    "neither an interaction" },
  { "sudo: Ein Passwort ist notwendig\n", 0, MITOGEN_ERROR_PASSWORD, "neither an interaction" },
  { "sudo: il est nécessaire de saisir un mot de passe\n", 0, MITOGEN_ERROR_PASSWORD,
    "neither an interaction" },
  { "sudo: sorry, you must have a tty to run sudo\n", 0, MITOGEN_ERROR_STREAM, "wants a terminal" },
  { "Sorry, try again.\nsudo: 1 incorrect password attempt\n", 1, MITOGEN_ERROR_PASSWORD,
    "refused" },
  { "sudo: 3 Fehlversuche bei der Passwort-Eingabe\n", 3, MITOGEN_ERROR_PASSWORD, "refused" },
  { "sudo: 2 saisies de mots de passe incorrectes\n", 2, MITOGEN_ERROR_PASSWORD, "refused" },
  { "sudo: 잘못된 암호 입력 시도 1번\n", 1, MITOGEN_ERROR_PASSWORD, "refused" },
  { "sudo: maximum 3 incorrect authentication attempts\n", 3, MITOGEN_ERROR_PASSWORD, "refused" },
  { "alice is not in the sudoers file.\nThis incident has been reported to the administrator.\n", 1,
    MITOGEN_ERROR_PERMISSION, "not in the sudoers" },
  { "»alice« ist nicht in der sudoers-Datei.\n", 1, MITOGEN_ERROR_PERMISSION, "may not use sudo" },
  { "alice n'est pas dans le fichier sudoers.\n", 1, MITOGEN_ERROR_PERMISSION, "may not use sudo" },
  { "Sorry, user alice is not allowed to execute '/bin/sh' as root on vm.\n", 1,
    MITOGEN_ERROR_PERMISSION, "run this command" },
  { "sudo: unknown user nobody-at-all\nsudo: error initializing audit plugin sudoers_audit\n", 0,
    MITOGEN_ERROR_STREAM, "no such user" },
  { "sudo: user 'nosuch' not found\n", 0, MITOGEN_ERROR_STREAM, "no such user" },
  { "sudo: I'm sorry alice. I'm afraid I can't do that\n", 0, MITOGEN_ERROR_PERMISSION,
    "run this command" },
  { "sudo: Sorry, user alice may not run /bin/sh on vm.\n", 1, MITOGEN_ERROR_PERMISSION,
    "run this command" },
  { "sudo: A terminal is required to authenticate\n", 0, MITOGEN_ERROR_PASSWORD, "no terminal" },
  { "sudo: '/opt/python': command not found\n", 0, MITOGEN_ERROR_NO_INTERPRETER, "not found" },
  { "sudo: /opt/python: command not found\n", 0, MITOGEN_ERROR_NO_INTERPRETER, "not found" },
  { "sudo: account validation failure, is your account locked?\n", 1, MITOGEN_ERROR_PERMISSION,
    "locked" },
  { "sudo: Account expired or PAM config lacks an \"account\" section for sudo, contact your "
    "system administrator\n",
    1, MITOGEN_ERROR_PERMISSION, "expired" },
  { "sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set\n", 0,
    MITOGEN_ERROR_PERMISSION, "set-user-ID" },
  { "sudo: The \"no new privileges\" flag is set, which prevents sudo from running as root.\n", 0,
    MITOGEN_ERROR_PERMISSION, "container" },
};

static void
test_endings (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      gboolean asks = endings[i].n_answers > 0;
      g_autoptr (MitogenMethod) method = mitogen_sudo_method_new (NONCE, FALSE, asks);
      g_auto (MitogenQuestion) question = { 0 };
      g_autofree char *what = NULL;
      gint code;

      g_test_message ("%s", endings[i].said);
      for (guint n = 0; n < endings[i].n_answers; n++)
        unit_read (method, OURS "alice: ", FALSE, n, &question);
      what = unit_explain (method, endings[i].said, 1, endings[i].n_answers, &code);
      g_assert_nonnull (what);
      g_assert_nonnull (strstr (what, endings[i].part));
      g_assert_cmpint (code, ==, endings[i].code);
    }
}

/* What is not sudo's doing is not explained. */
static void
test_no_ending (void)
{
  g_autoptr (MitogenMethod) method = mitogen_sudo_method_new (NONCE, FALSE, TRUE);
  g_autoptr (MitogenMethod) quiet = mitogen_sudo_method_new (NONCE, FALSE, FALSE);
  g_auto (MitogenQuestion) question = { 0 };
  MitogenFailure failure = { .said = "sudo: a password is required\n", .started = TRUE };
  gboolean busy = FALSE;
  gint code;

  g_assert_null (unit_explain (method, "", 1, 0, &code));
  /* Said by the shell that sudo -i has started. */
  g_assert_null (
      unit_explain (method, "sudo: hm\nbash: fortune: command not found\n", 2, 0, &code));
  g_assert_null (unit_explain (method, "sudo: 1 Fehlversuch\n", 1, 1, &code));
  unit_read (method, OURS "alice: ", FALSE, 0, &question);
  g_assert_null (unit_explain (method, "sudo: 12 Fehlversuche\n", 1, 1, &code));
  g_assert_null (unit_explain (quiet, "Traceback\n", 1, 0, &code));
  g_assert_null (unit_explain (quiet, "sudo: Hoppla\n", 2, 0, &code));
  g_assert_null (method->funcs->explain (method, &failure, &code, &busy));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sudo/argv", test_argv);
  g_test_add_func ("/sudo/name", test_name);
  g_test_add_func ("/sudo/nonce", test_nonce);
  g_test_add_func ("/sudo/args", test_args);
  g_test_add_func ("/sudo/args-refused", test_args_refused);
  g_test_add_func ("/sudo/login", test_login);
  g_test_add_func ("/sudo/login-argv", test_login_argv);
  g_test_add_func ("/sudo/own-prompt", test_own_prompt);
  g_test_add_func ("/sudo/rust-prompt", test_rust_prompt);
  g_test_add_func ("/sudo/rust-code", test_rust_code);
  g_test_add_func ("/sudo/other-prompts", test_other_prompts);
  g_test_add_func ("/sudo/code-first", test_code_first);
  g_test_add_func ("/sudo/endings", test_endings);
  g_test_add_func ("/sudo/no-ending", test_no_ending);
  return g_test_run ();
}
