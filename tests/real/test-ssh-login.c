/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Each way to log in to a real sshd, and each way to be refused. */

#include "real-util.h"

#include <glib/gstdio.h>
#include <string.h>

static MitogenConnection *
ssh_at (const char *port, const char *user)
{
  return real_ssh (user, "port", real_port (port), NULL);
}

/* ---- passwords ---- */

static void
test_password (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      real_ssh ("mg-other", "port", real_port ("password"), "password", "pw-other", NULL);

  real_assert_works (fixture->router, connection, "mg-other");
}

static void
test_asked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_at ("password", "mg-other");
  g_autoptr (RealPerson) person = real_person_new ("mg-other", "pw-other", NULL);

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "mg-other");
  real_person_check (person);
  test_assert_contains (real_person_get_heard (person), "127.0.0.1");
  /* The banner of this server says so, but nobody listens to it. */
  g_assert_null (strstr (real_person_get_heard (person), "not a prompt"));
}

static void
test_wrong_then_right (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_at ("password", "mg-other");
  g_autoptr (RealPerson) person =
      real_person_new ("mg-other", "wrong", "mg-other", "pw-other", NULL);

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "mg-other");
  real_person_check (person);
}

static void
test_wrong_twice (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_at ("password", "mg-other");
  g_autoptr (RealPerson) person = real_person_new ("mg-other", "wrong", "mg-other", "worse", NULL);

  real_set_person (connection, person);
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD,
                     "refused|Permission denied");
  real_person_check (person);
}

/* The property is tried for a person who has no dialogue. */
static void
test_unhandled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_at ("password", "mg-other");
  g_autoptr (RealPerson) person = real_person_new ("mg-other", REAL_UNHANDLED, NULL);

  mitogen_connection_set_password (connection, "pw-other");
  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "mg-other");
  real_person_check (person);
}

static void
test_cancelled_by_person (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_at ("password", "mg-other");
  g_autoptr (RealPerson) person = real_person_new ("mg-other", REAL_REFUSE, NULL);
  g_autoptr (GError) error = NULL;

  real_set_person (connection, person);
  error = real_connect_fails (fixture->router, connection, NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED);
  real_person_check (person);
}

static void
test_property_is_wrong (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_at ("password", "mg-other");

  mitogen_connection_set_password (connection, "wrong");
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD,
                     "refused|Permission denied");
}

static void
test_nobody_to_ask (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_at ("password", "mg-other");

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD,
                     "mg-other@127.0.0.1|Permission denied (password)");
}

static void
test_unknown_user (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_at ("password", "nobody-here");
  g_autoptr (RealPerson) person = real_person_new ("nobody-here", "x", "nobody-here", "y", NULL);

  real_set_person (connection, person);
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD, "Permission denied");
  real_person_check (person);
}

static void
test_closed_account (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_at ("password", "mg-locked");
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_password (connection, "pw-locked");
  error = real_connect_fails (fixture->router, connection, NULL);
  real_assert_error (error, MITOGEN_ERROR_PASSWORD, "expired");
}

/* ---- keyboard-interactive ---- */

static void
test_keyboard_interactive (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_at ("kbd", "mg-other");
  g_autoptr (RealPerson) person =
      real_person_new ("mg-other", "wrong", "mg-other", "pw-other", NULL);
  g_autoptr (MitogenConnection) silent = ssh_at ("kbd", "mg-other");

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "mg-other");
  real_person_check (person);
  mitogen_connection_set_password (silent, "pw-other");
  real_assert_works (fixture->router, silent, "mg-other");
}

static void
test_code (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_at ("kbd", "mg-otp");
  g_autoptr (RealPerson) person =
      real_person_new ("mg-otp", "pw-otp", "Verification code", real_get ("CODE"), NULL);

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "mg-otp");
  real_person_check (person);
}

/* A password is not an answer to the question for a code. */
static void
test_code_that_nobody_has (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_at ("kbd", "mg-otp");

  mitogen_connection_set_password (connection, "pw-otp");
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD, "Verification code");
}

/* ---- passwords that are too old ---- */

static void
test_expired_and_changed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_at ("kbd", "mg-expired");
  g_autoptr (MitogenConnection) again = ssh_at ("kbd", "mg-expired");
  g_autoptr (RealPerson) person =
      real_person_new ("mg-expired", "pw-expired", "Current password", "pw-expired", "New password",
                       "pw-of-today-71", "Retype new password", "pw-of-today-71", NULL);
  G_GNUC_UNUSED g_autofree char *expired = real_control ("expire mg-expired");
  g_autofree char *renewed = NULL;

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "mg-expired");
  real_person_check (person);
  mitogen_connection_set_password (again, "pw-of-today-71");
  real_assert_works (fixture->router, again, "mg-expired");
  renewed = real_control ("renew mg-expired pw-expired");
}

static void
test_expired_with_nobody_to_ask (Fixture *fixture, gconstpointer data)
{
  static const char *const ports[] = { "kbd", "password" };
  G_GNUC_UNUSED g_autofree char *expired = real_control ("expire mg-expired");
  g_autofree char *renewed = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    {
      g_autoptr (MitogenConnection) connection = ssh_at (ports[i], "mg-expired");

      mitogen_connection_set_password (connection, "pw-expired");
      real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD, "assword");
    }
  renewed = real_control ("renew mg-expired pw-expired");
}

/* ---- keys ---- */

static MitogenConnection *
ssh_with_key (const char *port, const char *key)
{
  g_autofree char *path = real_home_file (key);

  return real_ssh ("mg-other", "port", real_port (port), "identity-file", path, NULL);
}

static void
test_key (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_with_key ("key", ".ssh/key");

  real_assert_works (fixture->router, connection, "mg-other");
}

static void
test_key_of_a_stranger (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_with_key ("key", ".ssh/stranger");

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD,
                     "Permission denied (publickey)");
}

static void
test_passphrase (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_with_key ("key", ".ssh/locked");
  g_autoptr (RealPerson) person =
      real_person_new (".ssh/locked", "wrong", ".ssh/locked", "pw-key", NULL);

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "mg-other");
  real_person_check (person);
}

static void
test_passphrase_is_wrong (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_with_key ("key", ".ssh/locked");
  g_autoptr (RealPerson) person =
      real_person_new (".ssh/locked", "wrong", ".ssh/locked", "worse", NULL);

  real_set_person (connection, person);
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD, "refused");
  real_person_check (person);
}

static void
test_certificate (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_with_key ("key", ".ssh/signed");

  real_assert_works (fixture->router, connection, "mg-other");
}

static void
test_key_and_password (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_with_key ("both", ".ssh/key");
  g_autoptr (MitogenConnection) locked = ssh_with_key ("both", ".ssh/locked");
  g_autoptr (RealPerson) person =
      real_person_new (".ssh/locked", "pw-key", "mg-other", "pw-other", NULL);

  mitogen_connection_set_password (connection, "pw-other");
  real_assert_works (fixture->router, connection, "mg-other");
  real_set_person (locked, person);
  real_assert_works (fixture->router, locked, "mg-other");
  real_person_check (person);
}

static void
run (const char *command)
{
  gint status;
  g_autoptr (GError) error = NULL;
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;

  g_spawn_command_line_sync (command, &out, &err, &status, &error);
  g_assert_no_error (error);
  if (status != 0)
    g_error ("%s: %s%s", command, out, err);
}

static void
test_agent (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSubprocess) agent = NULL;
  g_autofree char *path = real_home_file ("agent");
  g_autofree char *key = real_home_file (".ssh/key");
  g_autofree char *option = g_strdup_printf ("IdentityAgent=%s", path);
  const char *const args[] = { "-o", option, NULL };
  g_autoptr (MitogenConnection) connection =
      real_ssh ("mg-other", "port", real_port ("key"), "ssh-args", args, NULL);
  g_autofree char *add = g_strdup_printf ("env SSH_AUTH_SOCK=%s ssh-add -q %s", path, key);
  g_autofree char *forget = g_strdup_printf ("env SSH_AUTH_SOCK=%s ssh-add -q -D", path);
  g_autoptr (GError) error = NULL;

  agent = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error, "ssh-agent", "-D", "-a",
                            path, NULL);
  g_assert_no_error (error);
  test_wait (g_file_test (path, G_FILE_TEST_EXISTS));
  run (add);
  real_assert_works (fixture->router, connection, "mg-other");
  run (forget);
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD,
                     "Permission denied (publickey)");
  g_subprocess_force_exit (agent);
  g_assert_true (g_subprocess_wait (agent, NULL, NULL));
  g_unlink (path);
}

/* ---- accounts ---- */

/* What a .bashrc says before the first stage does, markers of all kinds included. */
static void
test_noise (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = real_ssh ("mg-noisy", "password", "pw-noisy", NULL);
  g_autoptr (MitogenConnection) asked = real_ssh ("mg-noisy", NULL);
  g_autoptr (RealPerson) person = real_person_new ("mg-noisy", "pw-noisy", NULL);

  real_assert_works (fixture->router, connection, "mg-noisy");
  real_set_person (asked, person);
  real_assert_works (fixture->router, asked, "mg-noisy");
  real_person_check (person);
}

static void
test_nologin (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      real_ssh ("mg-nologin", "password", "pw-nologin", NULL);

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD,
                     "no shell|This account is currently not available.");
}

static void
test_no_python (Fixture *fixture, gconstpointer data)
{
  static const char *const path[] = { "python2.4", NULL };
  g_autoptr (MitogenConnection) named =
      real_ssh ("mg-other", "password", "pw-other", "python-path", path, NULL);

  real_assert_fails (fixture->router, named, MITOGEN_ERROR_NO_INTERPRETER, "python2.4");
}

/* Neither where PATH says nor elsewhere. */
static void
test_no_python_at_all (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      real_ssh ("mg-bare", "port", real_port ("bare"), "password", "pw-bare", NULL);

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_NO_INTERPRETER,
                     "python3|python2.7|platform-python");
}

static void
test_file_systems (Fixture *fixture, gconstpointer data)
{
  static const char *const ports[] = { "readonly", "nospace" };

  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    {
      g_autoptr (MitogenConnection) connection = ssh_at (ports[i], "mg-other");

      mitogen_connection_set_password (connection, "pw-other");
      real_assert_works (fixture->router, connection, "mg-other");
    }
}

/* ---- shells ---- */

static const char *const awkward[] = {
  "plain",       "it's",      "\"quoted\"", "$HOME ${HOME}",       "`id` $(id)",  "a\\b\\\\c\\",
  "two  spaces", "new\nline", "! !! !id",   "* ? [a-z] {a,b} ~",   "# ; & | < >", "\\n\\\n\\'",
  "é ü €",       "",          "end\n",      "'\"'\"' \\'' $'\\n'", "=ls %1 ^a^b", "-n",
};

static void
check_shell (Fixture *fixture, const char *user, const char *password)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) argv = NULL;
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenContext) context = NULL;

  g_strv_builder_add (builder, "/usr/bin/env");
  for (guint i = 0; i < G_N_ELEMENTS (awkward); i++)
    {
      g_autofree char *setting = g_strdup_printf ("REAL_%u=%s", i, awkward[i]);

      g_strv_builder_add (builder, setting);
    }
  g_strv_builder_add (builder, "/usr/bin/python3");
  argv = g_strv_builder_end (builder);
  connection = real_ssh (user, "password", password, "python-path", argv, NULL);
  context = real_connect (fixture->router, connection, NULL);
  real_assert_user (context, user);
  for (guint i = 0; i < G_N_ELEMENTS (awkward); i++)
    {
      g_autofree char *name = g_strdup_printf ("REAL_%u", i);
      g_autoptr (GVariant) value =
          test_call_typed (context, "os:getenv", g_variant_new ("(s)", name), "s");

      g_assert_cmpstr (g_variant_get_string (value, NULL), ==, awkward[i]);
    }
}

static void
test_shells (Fixture *fixture, gconstpointer data)
{
  static const char *const users[] = { "other", "bash", "zsh", "csh", "fish" };

  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    {
      g_autofree char *user = g_strconcat ("mg-", users[i], NULL);
      g_autofree char *password = g_strconcat ("pw-", users[i], NULL);
      g_autoptr (MitogenConnection) plain = real_ssh (user, "password", password, NULL);

      g_test_message ("%s", user);
      real_assert_works (fixture->router, plain, user);
      check_shell (fixture, user, password);
    }
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  real_add (NULL, "/login/password", test_password);
  real_add (NULL, "/login/asked", test_asked);
  real_add (NULL, "/login/wrong-then-right", test_wrong_then_right);
  real_add (NULL, "/login/wrong-twice", test_wrong_twice);
  real_add (NULL, "/login/unhandled", test_unhandled);
  real_add (NULL, "/login/cancelled-by-person", test_cancelled_by_person);
  real_add (NULL, "/login/property-is-wrong", test_property_is_wrong);
  real_add (NULL, "/login/nobody-to-ask", test_nobody_to_ask);
  real_add (NULL, "/login/unknown-user", test_unknown_user);
  real_add (NULL, "/login/closed-account", test_closed_account);
  real_add (NULL, "/login/keyboard-interactive", test_keyboard_interactive);
  real_add (NULL, "/login/code", test_code);
  real_add (NULL, "/login/code-that-nobody-has", test_code_that_nobody_has);
  real_add (NULL, "/login/expired-and-changed", test_expired_and_changed);
  real_add (NULL, "/login/expired-with-nobody-to-ask", test_expired_with_nobody_to_ask);
  real_add (NULL, "/login/key", test_key);
  real_add (NULL, "/login/key-of-a-stranger", test_key_of_a_stranger);
  real_add (NULL, "/login/passphrase", test_passphrase);
  real_add (NULL, "/login/passphrase-is-wrong", test_passphrase_is_wrong);
  real_add (NULL, "/login/certificate", test_certificate);
  real_add (NULL, "/login/key-and-password", test_key_and_password);
  real_add (NULL, "/login/agent", test_agent);
  real_add (NULL, "/login/noise", test_noise);
  real_add (NULL, "/login/nologin", test_nologin);
  real_add (NULL, "/login/no-python", test_no_python);
  real_add (NULL, "/login/no-python-at-all", test_no_python_at_all);
  real_add (NULL, "/login/file-systems", test_file_systems);
  real_add (NULL, "/login/shells", test_shells);
  return g_test_run ();
}
