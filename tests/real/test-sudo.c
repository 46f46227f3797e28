/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* sudo, as users of whom the sudoers file of machine.py says different things. */

#include "real-util.h"

#include <string.h>

static MitogenConnection *
sudo_as (const char *user, const char *password)
{
  MitogenConnection *connection =
      real_connection (MITOGEN_TYPE_SUDO_CONNECTION, "username", user, NULL);

  if (password != NULL)
    mitogen_connection_set_password (connection, password);
  return connection;
}

static void
assert_variable (MitogenContext *context, const char *name, const char *expected)
{
  g_autoptr (GVariant) value = test_call (context, "os:getenv", g_variant_new ("(s)", name));
  g_autofree char *text = g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
                              ? g_variant_dup_string (value, NULL)
                              : NULL;

  g_assert_cmpstr (text, ==, expected);
}

/* ---- passwords ---- */

static void
test_password (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) root = sudo_as ("root", "pw-asked");
  g_autoptr (MitogenConnection) other = sudo_as ("mg-other", "pw-asked");

  real_assert_works (fixture->router, root, "root");
  real_assert_works (fixture->router, other, "mg-other");
}

static void
test_asked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = sudo_as ("root", NULL);
  g_autoptr (RealPerson) person = real_person_new ("sudo", "pw-asked", NULL);

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "root");
  real_person_check (person);
  /* The prompt that it is known by is not for people. */
  g_assert_null (strstr (real_person_get_heard (person), "mitogen"));
}

static void
test_wrong_then_right (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = sudo_as ("root", NULL);
  g_autoptr (RealPerson) person = real_person_new ("sudo", "wrong", "sudo", "pw-asked", NULL);

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "root");
  real_person_check (person);
}

static void
test_wrong (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) asked = sudo_as ("root", NULL);
  g_autoptr (MitogenConnection) stored = sudo_as ("root", "wrong");
  g_autoptr (RealPerson) person = real_person_new ("sudo", "wrong", "sudo", "worse", NULL);

  real_set_person (asked, person);
  real_assert_fails (fixture->router, asked, MITOGEN_ERROR_PASSWORD, "refused|sudo");
  real_person_check (person);
  real_assert_fails (fixture->router, stored, MITOGEN_ERROR_PASSWORD, "refused|sudo");
}

/* The property, in place of a person without a dialogue, is tried once. */
static void
test_wrong_and_unhandled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = sudo_as ("root", "wrong");
  g_autoptr (RealPerson) person =
      real_person_new ("sudo", REAL_UNHANDLED, "sudo", REAL_UNHANDLED, NULL);

  real_set_person (connection, person);
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD, "refused|sudo");
  real_person_check (person);
}

static void
test_nobody_to_ask (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = sudo_as ("root", NULL);

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD, "a password is required");
}

static void
test_german (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = sudo_as ("root", NULL);
  g_autoptr (MitogenConnection) stored = sudo_as ("root", "wrong");
  g_autoptr (MitogenConnection) nobody = sudo_as ("root", NULL);
  g_autoptr (RealPerson) person = real_person_new ("sudo", "wrong", "sudo", "pw-asked", NULL);

  if (!g_file_test ("/usr/share/locale/de/LC_MESSAGES/sudo.mo", G_FILE_TEST_EXISTS))
    {
      g_test_skip ("no German sudo");
      return;
    }
  real_set_variable (fixture, "LANGUAGE", "de");
  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "root");
  real_person_check (person);
  real_assert_fails (fixture->router, stored, MITOGEN_ERROR_PASSWORD, "sudo");
  real_assert_fails (fixture->router, nobody, MITOGEN_ERROR_PASSWORD, "sudo");
  real_set_variable (fixture, "LANGUAGE", NULL);
}

/* ---- options ---- */

static void
test_environment (Fixture *fixture, gconstpointer data)
{
  for (guint keep = 0; keep < 2; keep++)
    {
      g_autoptr (MitogenConnection) connection = sudo_as ("mg-other", "pw-asked");
      g_autoptr (MitogenContext) context = NULL;

      real_set_variable (fixture, "REAL_KEPT", "it is");
      g_object_set (connection, "preserve-env", keep, NULL);
      context = real_connect (fixture->router, connection, NULL);
      real_assert_user (context, "mg-other");
      assert_variable (context, "REAL_KEPT", keep ? "it is" : NULL);
      real_set_variable (fixture, "REAL_KEPT", NULL);
    }
}

static void
test_home (Fixture *fixture, gconstpointer data)
{
  g_autofree char *home = g_strconcat (real_get ("BASE"), "/home/mg-other", NULL);
  g_autoptr (MitogenConnection) own = sudo_as ("mg-other", "pw-asked");
  g_autoptr (MitogenContext) context = NULL;

  g_object_set (own, "preserve-env", TRUE, "set-home", TRUE, NULL);
  context = real_connect (fixture->router, own, NULL);
  assert_variable (context, "HOME", home);
}

static void
test_login (Fixture *fixture, gconstpointer data)
{
  static const char *const users[] = {
    "root", "mg-other", "mg-csh", "mg-fish", "mg-zsh", "mg-noisy"
  };

  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    {
      g_autoptr (MitogenConnection) connection = sudo_as (users[i], "pw-asked");
      g_autoptr (MitogenContext) context = NULL;

      g_test_message ("%s", users[i]);
      g_object_set (connection, "login", TRUE, NULL);
      context = real_connect (fixture->router, connection, NULL);
      real_assert_user (context, users[i]);
      assert_variable (context, "USER", users[i]);
      assert_variable (context, "MITOGEN_REAL_BASE", NULL);
    }
}

static void
test_arguments (Fixture *fixture, gconstpointer data)
{
  static const char *const args[] = { "-H", "-S", "-n", "--user=mg-other", NULL };
  g_autoptr (MitogenConnection) connection =
      real_connection (MITOGEN_TYPE_SUDO_CONNECTION, "sudo-args", args, "password", "pw-asked",
                       NULL);

  real_assert_works (fixture->router, connection, "mg-other");
}

/* ---- other users ---- */

static void
test_free (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) root = sudo_as ("root", NULL);
  g_autoptr (MitogenConnection) other = sudo_as ("mg-other", "not asked for");
  g_autoptr (MitogenConnection) login = sudo_as ("root", NULL);
  g_autoptr (RealPerson) person = real_person_new (NULL, NULL);

  real_assert_works (fixture->router, root, "root");
  real_assert_works (fixture->router, other, "mg-other");
  real_set_person (login, person);
  g_object_set (login, "login", TRUE, NULL);
  real_assert_works (fixture->router, login, "root");
  real_person_check (person);
}

/* requiretty and use_pty: sudo runs the command on a terminal of its own, and passes on the stream.
 */
static void
test_terminal (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = sudo_as ("root", "pw-tty");
  g_autoptr (MitogenContext) context = real_connect (fixture->router, connection, NULL);
  g_autofree guint8 *bytes = g_malloc (1000000);
  g_autoptr (GVariant) sent = NULL;
  g_autoptr (GVariant) echoed = NULL;

  for (guint i = 0; i < 1000000; i++)
    bytes[i] = g_test_rand_int ();
  sent = g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, 1000000, 1));
  echoed = test_call_typed (context, "builtins:bytes", g_variant_new ("(@ay)", sent), "ay");
  g_assert_true (g_variant_equal (sent, echoed));
  real_assert_user (context, "root");
}

static void
test_timestamp (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) first = sudo_as ("root", "pw-csh");
  g_autoptr (MitogenConnection) second = sudo_as ("root", NULL);
  g_autoptr (MitogenConnection) third = sudo_as ("root", NULL);

  real_assert_works (fixture->router, first, "root");
  real_assert_works (fixture->router, second, "root");
  g_assert_true (g_spawn_command_line_sync ("sudo -k", NULL, NULL, NULL, NULL));
  real_assert_fails (fixture->router, third, MITOGEN_ERROR_PASSWORD, "a password is required");
}

static void
test_not_in_sudoers (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = sudo_as ("root", "pw-other");

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PERMISSION,
                     "mg-other is not in the sudoers file");
}

static void
test_not_allowed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = sudo_as ("root", "pw-noisy");
  g_autoptr (MitogenConnection) allowed = sudo_as ("mg-other", "pw-noisy");

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PERMISSION,
                     "mg-noisy is not allowed to execute");
  real_assert_works (fixture->router, allowed, "mg-other");
}

static void
test_unknown_user (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = sudo_as ("nobody-here", NULL);

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_STREAM, "unknown user nobody-here");
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  real_add ("mg-asked", "/sudo/password", test_password);
  real_add ("mg-asked", "/sudo/asked", test_asked);
  real_add ("mg-asked", "/sudo/wrong-then-right", test_wrong_then_right);
  real_add ("mg-asked", "/sudo/wrong", test_wrong);
  real_add ("mg-asked", "/sudo/wrong-and-unhandled", test_wrong_and_unhandled);
  real_add ("mg-asked", "/sudo/nobody-to-ask", test_nobody_to_ask);
  real_add ("mg-asked", "/sudo/german", test_german);
  real_add ("mg-asked", "/sudo/environment", test_environment);
  real_add ("mg-asked", "/sudo/home", test_home);
  real_add ("mg-asked", "/sudo/login", test_login);
  real_add ("mg-asked", "/sudo/arguments", test_arguments);
  real_add ("mg-free", "/sudo/free", test_free);
  real_add ("mg-free", "/sudo/unknown-user", test_unknown_user);
  real_add ("mg-tty", "/sudo/terminal", test_terminal);
  real_add ("mg-csh", "/sudo/timestamp", test_timestamp);
  real_add ("mg-other", "/sudo/not-in-sudoers", test_not_in_sudoers);
  real_add ("mg-noisy", "/sudo/not-allowed", test_not_allowed);
  return g_test_run ();
}
