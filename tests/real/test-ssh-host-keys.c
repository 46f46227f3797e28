/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Hosts whose key is not known, and hosts that have another one than is known. */

#include "real-util.h"

#include <glib/gstdio.h>
#include <string.h>

/* Nobody knows these; one for each test, since what is accepted is remembered. */
#define UNKNOWN(n) ("127.0.0.1" #n)
/* Known by another key. */
#define CHANGED "127.0.0.8"

static MitogenConnection *
ssh_to (const char *host, MitogenCheckHostKeys policy)
{
  g_autofree char *key = real_home_file (".ssh/key");

  return real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname", host, "username", "mg-other",
                          "identity-file", key, "check-host-keys", policy, NULL);
}

/* Debian's client writes hashes of the names. */
static gboolean
knows (const char *host)
{
  g_autofree char *path = real_home_file (".ssh/known_hosts");
  g_autofree char *command = g_strdup_printf ("ssh-keygen -F %s -f %s", host, path);
  gint status;

  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, &status, NULL));
  return status == 0;
}

static char *
fingerprint (void)
{
  g_autofree char *command = g_strdup_printf ("ssh-keygen -l -f %s/hostkey.pub", real_get ("BASE"));
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;

  g_assert_true (g_spawn_command_line_sync (command, &text, NULL, NULL, NULL));
  words = g_strsplit (text, " ", -1);
  g_assert_true (g_str_has_prefix (words[1], "SHA256:"));
  return g_strdup (words[1]);
}

static void
test_accepted (Fixture *fixture, gconstpointer data)
{
  g_autofree char *print = fingerprint ();
  g_autoptr (RealPerson) person = real_person_new (print, "Connect", NULL);
  g_autoptr (MitogenConnection) connection = ssh_to (UNKNOWN (1), MITOGEN_CHECK_HOST_KEYS_ENFORCE);

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "mg-other");
  real_person_check (person);
  test_assert_contains (real_person_get_heard (person), UNKNOWN (1));
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  static const char *const answers[] = { REAL_REFUSE, "Cancel" };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (RealPerson) person = real_person_new (UNKNOWN (2), answers[i], NULL);
      g_autoptr (MitogenConnection) connection =
          ssh_to (UNKNOWN (2), MITOGEN_CHECK_HOST_KEYS_ENFORCE);
      g_autoptr (GError) error = NULL;

      real_set_person (connection, person);
      error = real_connect_fails (fixture->router, connection, NULL);
      if (i == 0)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED);
      else
        real_assert_error (error, MITOGEN_ERROR_HOST_KEY, UNKNOWN (2));
      real_person_check (person);
      g_assert_false (knows (UNKNOWN (2)));
    }
}

/* The password is not asked for, and nothing is, before the key is accepted. */
static void
test_then_password (Fixture *fixture, gconstpointer data)
{
  g_autoptr (RealPerson) person =
      real_person_new (UNKNOWN (3), "Connect", "mg-other", "pw-other", NULL);
  g_autoptr (MitogenConnection) connection =
      real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname", UNKNOWN (3), "username", "mg-other",
                       "port", real_port ("password"), NULL);

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "mg-other");
  real_person_check (person);
}

static void
test_strict (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_to (UNKNOWN (4), MITOGEN_CHECK_HOST_KEYS_ENFORCE);
  g_autoptr (MitogenConnection) with_password =
      ssh_to (UNKNOWN (4), MITOGEN_CHECK_HOST_KEYS_ENFORCE);

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_HOST_KEY, UNKNOWN (4));
  /* A password is no answer to this question. */
  mitogen_connection_set_password (with_password, "pw-other");
  real_assert_fails (fixture->router, with_password, MITOGEN_ERROR_HOST_KEY, UNKNOWN (4));
  g_assert_false (knows (UNKNOWN (4)));
}

static void
test_accept (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_to (UNKNOWN (5), MITOGEN_CHECK_HOST_KEYS_ACCEPT);
  g_autoptr (MitogenConnection) again = ssh_to (UNKNOWN (5), MITOGEN_CHECK_HOST_KEYS_ENFORCE);

  real_assert_works (fixture->router, connection, "mg-other");
  g_assert_true (knows (UNKNOWN (5)));
  real_assert_works (fixture->router, again, "mg-other");
}

static void
test_ignore (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = ssh_to (UNKNOWN (6), MITOGEN_CHECK_HOST_KEYS_IGNORE);

  real_assert_works (fixture->router, connection, "mg-other");
  g_assert_false (knows (UNKNOWN (6)));
}

static void
test_changed (Fixture *fixture, gconstpointer data)
{
  static const MitogenCheckHostKeys policies[] = { MITOGEN_CHECK_HOST_KEYS_ENFORCE,
                                                   MITOGEN_CHECK_HOST_KEYS_ACCEPT };
  g_autoptr (MitogenConnection) ignored = ssh_to (CHANGED, MITOGEN_CHECK_HOST_KEYS_IGNORE);

  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    {
      g_autoptr (MitogenConnection) connection = ssh_to (CHANGED, policies[i]);

      real_assert_fails (fixture->router, connection, MITOGEN_ERROR_HOST_KEY, CHANGED);
    }
  real_assert_works (fixture->router, ignored, "mg-other");
}

/* It is the helper program that sees the key. */
static gboolean
has_helper (void)
{
  if (g_file_test (g_getenv ("MITOGEN_ASKPASS"), G_FILE_TEST_EXISTS))
    return TRUE;
  g_test_skip ("a changed key cannot be accepted on the terminal");
  return FALSE;
}

static void
test_changed_and_accepted (Fixture *fixture, gconstpointer data)
{
  g_autoptr (RealPerson) person =
      real_person_new (CHANGED, "Connect", "mg-other", "pw-other", NULL);
  g_autoptr (MitogenConnection) connection =
      real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname", CHANGED, "username", "mg-other",
                       "port", real_port ("password"), NULL);

  if (!has_helper ())
    return;
  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "mg-other");
  real_person_check (person);
}

static void
test_changed_and_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (RealPerson) person = real_person_new (CHANGED, "Cancel", NULL);
  g_autoptr (MitogenConnection) connection = ssh_to (CHANGED, MITOGEN_CHECK_HOST_KEYS_ENFORCE);

  if (!has_helper ())
    return;
  real_set_person (connection, person);
  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_HOST_KEY, CHANGED);
  real_person_check (person);
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  real_add (NULL, "/host-keys/accepted", test_accepted);
  real_add (NULL, "/host-keys/refused", test_refused);
  real_add (NULL, "/host-keys/then-password", test_then_password);
  real_add (NULL, "/host-keys/strict", test_strict);
  real_add (NULL, "/host-keys/accept", test_accept);
  real_add (NULL, "/host-keys/ignore", test_ignore);
  real_add (NULL, "/host-keys/changed", test_changed);
  real_add (NULL, "/host-keys/changed-and-accepted", test_changed_and_accepted);
  real_add (NULL, "/host-keys/changed-and-refused", test_changed_and_refused);
  return g_test_run ();
}
