/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* pkexec, with a polkitd of our own whose rules (machine.py) say something else of each user. No
 * desktop runs, so polkit's agent for terminals asks. */

#include "real-util.h"

static MitogenConnection *
pkexec_as (const char *user)
{
  return real_connection (MITOGEN_TYPE_PKEXEC_CONNECTION, "username", user, NULL);
}

/* ---- rule YES ---- */

static void
test_yes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) root = pkexec_as (NULL);
  g_autoptr (MitogenConnection) other = pkexec_as ("mg-other");
  g_autoptr (MitogenConnection) asked = pkexec_as ("root");
  g_autoptr (RealPerson) person = real_person_new (NULL, NULL);

  real_assert_works (fixture->router, root, "root");
  real_assert_works (fixture->router, other, "mg-other");
  real_set_person (asked, person);
  real_assert_works (fixture->router, asked, "root");
  real_person_check (person);
}

static void
test_unknown_user (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = pkexec_as ("nobody-here");

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_STREAM, "nobody-here");
}

/* ---- the caller's own password ---- */

static void
test_password (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = pkexec_as ("root");

  mitogen_connection_set_password (connection, "pw-asked");
  real_assert_works (fixture->router, connection, "root");
}

static void
test_asked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = pkexec_as ("root");
  g_autoptr (RealPerson) person =
      real_person_new ("mg-asked", "wrong", "mg-asked", "pw-asked", NULL);

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "root");
  real_person_check (person);
}

static void
test_wrong (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) stored = pkexec_as ("root");
  g_autoptr (MitogenConnection) asked = pkexec_as ("root");
  g_autoptr (RealPerson) person = real_person_new ("mg-asked", "wrong", "mg-asked", "worse", NULL);

  mitogen_connection_set_password (stored, "wrong");
  real_assert_fails (fixture->router, stored, MITOGEN_ERROR_PASSWORD, "refused|Not authorized");
  real_set_person (asked, person);
  real_assert_fails (fixture->router, asked, MITOGEN_ERROR_PASSWORD, "refused");
  real_person_check (person);
}

static void
test_cancelled_by_person (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = pkexec_as ("root");
  g_autoptr (RealPerson) person = real_person_new ("mg-asked", REAL_REFUSE, NULL);
  g_autoptr (GError) error = NULL;

  real_set_person (connection, person);
  error = real_connect_fails (fixture->router, connection, NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED);
  real_person_check (person);
}

static void
test_nobody_to_ask (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = pkexec_as ("root");

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PASSWORD, "pkexec");
}

/* Behind a login by ssh. */
static void
test_over_ssh (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) ssh = real_ssh ("mg-asked", "password", "pw-asked", NULL);
  g_autoptr (MitogenConnection) connection = pkexec_as ("mg-free");
  g_autoptr (RealPerson) person = real_person_new ("mg-asked", "pw-asked", NULL);
  g_autoptr (MitogenContext) via = real_connect (fixture->router, ssh, NULL);
  g_autoptr (MitogenContext) context = NULL;

  real_set_person (connection, person);
  context = real_connect (fixture->router, connection, via);
  real_assert_user (context, "mg-free");
  real_person_check (person);
  test_assert_contains (real_person_get_last (person), "127.0.0.1");
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = pkexec_as ("root");
  g_autoptr (RealPerson) person = real_person_new ("mg-asked", REAL_SILENT, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  real_set_person (connection, person);
  mitogen_router_connect_async (fixture->router, connection, NULL, cancellable, test_keep_result,
                                &result);
  test_wait (real_person_count_asked (person) == 1);
  g_cancellable_cancel (cancellable);
  test_wait_result (&result);
  g_assert_null (mitogen_router_connect_finish (fixture->router, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* ---- somebody else's password, or no way ---- */

static void
test_administrator (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = pkexec_as ("root");
  g_autoptr (RealPerson) person = real_person_new ("mg-other", "pw-other", NULL);

  real_set_person (connection, person);
  real_assert_works (fixture->router, connection, "root");
  real_person_check (person);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection = pkexec_as ("root");
  g_autoptr (MitogenConnection) asked = pkexec_as ("root");
  g_autoptr (RealPerson) person = real_person_new (NULL, NULL);

  real_assert_fails (fixture->router, connection, MITOGEN_ERROR_PERMISSION, "Not authorized");
  real_set_person (asked, person);
  real_assert_fails (fixture->router, asked, MITOGEN_ERROR_PERMISSION, "Not authorized");
  real_person_check (person);
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  real_add ("mg-free", "/pkexec/yes", test_yes);
  real_add ("mg-free", "/pkexec/unknown-user", test_unknown_user);
  real_add ("mg-asked", "/pkexec/password", test_password);
  real_add ("mg-asked", "/pkexec/asked", test_asked);
  real_add ("mg-asked", "/pkexec/wrong", test_wrong);
  real_add ("mg-asked", "/pkexec/cancelled-by-person", test_cancelled_by_person);
  real_add ("mg-asked", "/pkexec/nobody-to-ask", test_nobody_to_ask);
  real_add ("mg-asked", "/pkexec/over-ssh", test_over_ssh);
  real_add ("mg-asked", "/pkexec/cancel", test_cancel);
  real_add ("mg-tty", "/pkexec/administrator", test_administrator);
  real_add ("mg-other", "/pkexec/refused", test_refused);
  return g_test_run ();
}
