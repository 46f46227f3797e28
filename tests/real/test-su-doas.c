/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* su, which is all on the terminal, and doas. */

#include "real-util.h"

#include <string.h>

static MitogenConnection *
su_to (const char *user, const char *password)
{
  MitogenConnection *connection =
      real_connection (MITOGEN_TYPE_SU_CONNECTION, "username", user, NULL);

  if (password != NULL)
    mitogen_connection_set_password (connection, password);
  return connection;
}

static MitogenConnection *
doas_to (const char *user, const char *password)
{
  MitogenConnection *connection =
      real_connection (MITOGEN_TYPE_DOAS_CONNECTION, "username", user, NULL);

  if (password != NULL)
    mitogen_connection_set_password (connection, password);
  return connection;
}

static void
check_echo (MitogenContext *context)
{
  guint8 bytes[65536];
  g_autoptr (GVariant) sent = NULL;
  g_autoptr (GVariant) echoed = NULL;

  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = i;
  sent =
      g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, sizeof bytes, 1));
  echoed = test_call_typed (context, "builtins:bytes", g_variant_new ("(@ay)", sent), "ay");
  g_assert_true (g_variant_equal (sent, echoed));
}

/* ---- su ---- */

static void
test_su_password (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) root = su_to ("root", "pw-root");
  g_autoptr (MitogenConnection) other = su_to ("mg-other", "pw-other");
  g_autoptr (MitogenContext) context = NULL;

  real_assert_works (fixture->router, root, "root");
  context = real_connect (fixture->router, other, NULL);
  real_assert_user (context, "mg-other");
  check_echo (context);
}

/* The shell of the user reads the command. */
static void
test_su_shells (Fixture *fixture, gconstpointer data)
{
  static const char *const users[] = { "bash", "zsh", "csh", "fish", "noisy" };

  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    {
      g_autofree char *user = g_strconcat ("mg-", users[i], NULL);
      g_autofree char *password = g_strconcat ("pw-", users[i], NULL);
      g_autoptr (MitogenConnection) connection = su_to (user, password);

      g_test_message ("%s", user);
      real_assert_works (fixture->router, connection, user);
    }
}

static void
test_su_asked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = su_to ("mg-other", NULL);
  g_autoptr (RealPerson) person =
      real_person_new ("mg-other", "wrong", "mg-other", "pw-other", NULL);

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "mg-other");
  real_person_check (person);
}

static void
test_su_wrong (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) stored = su_to ("mg-other", "wrong");
  g_autoptr (MitogenConnection) asked = su_to ("mg-other", NULL);
  g_autoptr (RealPerson) person = real_person_new ("mg-other", "wrong", "mg-other", "worse", NULL);

  real_assert_fails (fixture->router, stored, MITOGEN_ERROR_PASSWORD,
                     "refused|su: Authentication failure");
  real_set_person (asked, person);
  real_assert_fails (fixture->router, asked, MITOGEN_ERROR_PASSWORD,
                     "refused|su: Authentication failure");
  real_person_check (person);
}

static void
test_su_nobody_to_ask (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = su_to ("root", NULL);

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD, "Password:");
}

static void
test_su_languages (Fixture *fixture, gconstpointer data)
{
  static const char *const languages[] = { "de", "fr" };

  for (guint i = 0; i < G_N_ELEMENTS (languages); i++)
    {
      g_autofree char *path =
          g_strdup_printf ("/usr/share/locale/%s/LC_MESSAGES/Linux-PAM.mo", languages[i]);
      g_autoptr (MitogenConnection) stored = su_to ("mg-other", "pw-other");
      g_autoptr (MitogenConnection) wrong = su_to ("mg-other", "wrong");
      g_autoptr (MitogenConnection) asked = su_to ("mg-other", NULL);
      g_autoptr (RealPerson) person = real_person_new ("mg-other", "pw-other", NULL);

      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        {
          g_test_skip ("no translation of PAM");
          return;
        }
      real_set_variable (fixture, "LANGUAGE", languages[i]);
      real_assert_works (fixture->router, stored, "mg-other");
      real_set_person (asked, person);
      real_assert_works (fixture->router, asked, "mg-other");
      real_person_check (person);
      real_assert_fails (fixture->router, wrong, MITOGEN_ERROR_PASSWORD, "su");
      real_set_variable (fixture, "LANGUAGE", NULL);
    }
}

static void
test_su_unknown_user (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = su_to ("nobody-here", "x");

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_STREAM, "nobody-here");
}

/* Root is asked for nothing. */
static void
test_su_as_root (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = su_to ("mg-other", NULL);
  g_autoptr (MitogenConnection) asked = su_to ("mg-other", "not asked for");
  g_autoptr (RealPerson) person = real_person_new (NULL, NULL);

  real_assert_works (fixture->router, connection, "mg-other");
  real_set_person (asked, person);
  real_assert_works (fixture->router, asked, "mg-other");
  real_person_check (person);
}

/* ---- doas ---- */

static void
test_doas_password (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) root = doas_to ("root", "pw-asked");
  g_autoptr (MitogenConnection) other = doas_to ("mg-other", "pw-asked");
  g_autoptr (MitogenContext) context = NULL;

  real_assert_works (fixture->router, root, "root");
  context = real_connect (fixture->router, other, NULL);
  real_assert_user (context, "mg-other");
  check_echo (context);
}

static void
test_doas_asked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = doas_to ("root", NULL);
  g_autoptr (RealPerson) person = real_person_new ("doas", "wrong", "doas", "pw-asked", NULL);

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "root");
  real_person_check (person);
}

static void
test_doas_wrong (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = doas_to ("root", "wrong");

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD,
                     "refused|doas: Authentication failed");
}

static void
test_doas_nobody_to_ask (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = doas_to ("root", NULL);

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD, "doas");
}

static void
test_doas_free (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = doas_to ("root", NULL);

  real_assert_works (fixture->router, connection, "root");
}

static void
test_doas_no_rule (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = doas_to ("root", "pw-other");

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PERMISSION,
                     "Operation not permitted");
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  real_add ("mg-asked", "/su/password", test_su_password);
  real_add ("mg-asked", "/su/shells", test_su_shells);
  real_add ("mg-asked", "/su/asked", test_su_asked);
  real_add ("mg-asked", "/su/wrong", test_su_wrong);
  real_add ("mg-asked", "/su/nobody-to-ask", test_su_nobody_to_ask);
  real_add ("mg-asked", "/su/languages", test_su_languages);
  real_add ("mg-asked", "/su/unknown-user", test_su_unknown_user);
  real_add ("root", "/su/as-root", test_su_as_root);
  real_add ("mg-asked", "/doas/password", test_doas_password);
  real_add ("mg-asked", "/doas/asked", test_doas_asked);
  real_add ("mg-asked", "/doas/wrong", test_doas_wrong);
  real_add ("mg-asked", "/doas/nobody-to-ask", test_doas_nobody_to_ask);
  real_add ("mg-free", "/doas/free", test_doas_free);
  real_add ("mg-other", "/doas/no-rule", test_doas_no_rule);
  return g_test_run ();
}
