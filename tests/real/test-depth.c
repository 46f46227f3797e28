/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts behind contexts, each of which asks, with one person for all of them. */

#include "real-util.h"

#include <string.h>

#define MAX_DEPTH 6

typedef struct
{
  Fixture *fixture;
  RealPerson *person;
  MitogenContext *contexts[MAX_DEPTH];
  guint n;
} Chain;

static MitogenContext *
chain_add (Chain *self, MitogenConnection *connection, const char *user)
{
  MitogenContext *via = self->n > 0 ? self->contexts[self->n - 1] : NULL;

  g_assert_cmpuint (self->n, <, MAX_DEPTH);
  if (self->person != NULL)
    real_set_person (connection, self->person);
  self->contexts[self->n] = real_connect (self->fixture->router, connection, via);
  real_assert_user (self->contexts[self->n], user);
  g_object_unref (connection);
  return self->contexts[self->n++];
}

static void
chain_clear (Chain *self)
{
  while (self->n > 0)
    g_object_unref (self->contexts[--self->n]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Chain, chain_clear)

static MitogenConnection *
new_ssh (const char *user)
{
  return real_ssh (user, NULL);
}

static MitogenConnection *
new_sudo (const char *user)
{
  return real_connection (MITOGEN_TYPE_SUDO_CONNECTION, "username", user, NULL);
}

static MitogenConnection *
new_su (const char *user)
{
  return real_connection (MITOGEN_TYPE_SU_CONNECTION, "username", user, NULL);
}

static MitogenConnection *
new_doas (const char *user)
{
  return real_connection (MITOGEN_TYPE_DOAS_CONNECTION, "username", user, NULL);
}

/* That what was heard last names all of these, separated by "|". */
static void
assert_heard (RealPerson *person, const char *parts)
{
  g_auto (GStrv) words = g_strsplit (parts, "|", -1);

  for (guint i = 0; words[i] != NULL; i++)
    test_assert_contains (real_person_get_last (person), words[i]);
}

/* ---- chains ---- */

static void
test_sudo_over_ssh (Fixture *fixture, gconstpointer data)
{
  g_autoptr (RealPerson) person =
      real_person_new ("mg-asked", "pw-asked", "sudo", "wrong", "sudo", "pw-asked", NULL);
  g_auto (Chain) chain = { fixture, person };

  chain_add (&chain, new_ssh ("mg-asked"), "mg-asked");
  chain_add (&chain, new_sudo ("root"), "root");
  real_person_check (person);
  test_assert_contains (real_person_get_heard (person), "127.0.0.1");
}

/* ssh via sudo via ssh. */
static void
test_ssh_over_sudo_over_ssh (Fixture *fixture, gconstpointer data)
{
  g_autoptr (RealPerson) person =
      real_person_new ("mg-asked", "pw-asked", "sudo", "pw-asked", "mg-other", "wrong", "mg-other",
                       "pw-other", NULL);
  g_auto (Chain) chain = { fixture, person };

  chain_add (&chain, new_ssh ("mg-asked"), "mg-asked");
  chain_add (&chain, new_sudo ("mg-free"), "mg-free");
  chain_add (&chain, new_ssh ("mg-other"), "mg-other");
  real_person_check (person);
}

static void
test_su_over_sudo_over_ssh (Fixture *fixture, gconstpointer data)
{
  g_autoptr (RealPerson) person = real_person_new ("mg-asked", "pw-asked", "sudo", "pw-asked", "su",
                                                   "wrong", "su", "pw-other", NULL);
  g_auto (Chain) chain = { fixture, person };

  chain_add (&chain, new_ssh ("mg-asked"), "mg-asked");
  chain_add (&chain, new_sudo ("mg-free"), "mg-free");
  chain_add (&chain, new_su ("mg-other"), "mg-other");
  real_person_check (person);
}

/* All of them, with stored passwords, the last one with the agent of nobody. */
static void
test_everything (Fixture *fixture, gconstpointer data)
{
  g_autoptr (RealPerson) person =
      real_person_new ("mg-asked", "pw-asked", "sudo", "pw-asked", "mg-free", "pw-free", "mg-asked",
                       "pw-asked", "doas", "pw-asked", NULL);
  g_auto (Chain) chain = { fixture, person };
  g_autofree char *text = g_strnfill (1000000, 'x');
  g_autoptr (GVariant) echoed = NULL;
  MitogenContext *last;

  chain_add (&chain, new_ssh ("mg-asked"), "mg-asked");
  chain_add (&chain, new_sudo ("mg-other"), "mg-other");
  chain_add (&chain, new_su ("mg-free"), "mg-free");
  chain_add (&chain, real_ssh ("mg-asked", "port", real_port ("kbd"), NULL), "mg-asked");
  last = chain_add (&chain, new_doas ("root"), "root");
  real_person_check (person);
  echoed = test_call_typed (last, "builtins:str", g_variant_new ("(s)", text), "s");
  g_assert_cmpstr (g_variant_get_string (echoed, NULL), ==, text);
}

/* With properties only, begun at once: each waits for the one before it. */
static void
test_at_once (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    MitogenConnection *(*make) (const char *user);
    const char *user;
    const char *password;
  } steps[] = {
    { new_ssh, "mg-asked", "pw-asked" }, { new_sudo, "mg-free", "pw-asked" },
    { new_ssh, "mg-other", "pw-other" }, { new_su, "mg-asked", "pw-asked" },
    { new_doas, "root", "pw-asked" },
  };
  g_auto (Chain) chain = { fixture };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr (MitogenConnection) connection = steps[i].make (steps[i].user);
      g_autoptr (GError) error = NULL;

      mitogen_connection_set_password (connection, steps[i].password);
      chain.contexts[i] =
          mitogen_router_start_connect (fixture->router, connection,
                                        i > 0 ? chain.contexts[i - 1] : NULL, &error);
      g_assert_no_error (error);
      chain.n++;
    }
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    real_assert_user (chain.contexts[i], steps[i].user);
}

/* ---- what is said of it ---- */

static void
test_names_the_path (Fixture *fixture, gconstpointer data)
{
  g_autoptr (RealPerson) person =
      real_person_new ("mg-asked", "pw-asked", "mg-other", "pw-other", "mg-free", "pw-free", NULL);
  g_auto (Chain) chain = { fixture, person };
  MitogenConnection *web1 = real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname", "web1",
                                             "username", "mg-asked", NULL);

  chain_add (&chain, web1, "mg-asked");
  chain_add (&chain, new_ssh ("mg-other"), "mg-other");
  assert_heard (person, "mg-other|ssh|127.0.0.1|through|web1");
  chain_add (&chain, new_su ("mg-free"), "mg-free");
  real_person_check (person);
  assert_heard (person, "mg-free|su|127.0.0.1|through|web1");
}

static void
test_errors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (RealPerson) person = real_person_new ("mg-asked", "pw-asked", NULL);
  g_auto (Chain) chain = { fixture, person };
  MitogenContext *via = chain_add (&chain, new_ssh ("mg-asked"), "mg-asked");
  struct
  {
    MitogenConnection *connection;
    gint code;
    const char *parts;
  } cases[] = {
    { new_sudo ("root"), MITOGEN_ERROR_PASSWORD, "sudo|a password is required" },
    { new_su ("root"), MITOGEN_ERROR_PASSWORD, "su" },
    { new_doas ("root"), MITOGEN_ERROR_PASSWORD, "doas" },
    { new_ssh ("mg-other"), MITOGEN_ERROR_PASSWORD, "Permission denied" },
    { real_ssh ("mg-other", "port", 9, NULL), MITOGEN_ERROR_STREAM, "Connection refused" },
    { real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname", "127.0.0.90", NULL),
      MITOGEN_ERROR_HOST_KEY, "127.0.0.90" },
    { real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname", "no-such-host.invalid", NULL),
      MITOGEN_ERROR_STREAM, "Could not resolve hostname" },
    { real_connection (MITOGEN_TYPE_SUDO_CONNECTION, "sudo-path", "/no/such/sudo", NULL),
      MITOGEN_ERROR_STREAM, "/no/such/sudo" },
    { real_connection (MITOGEN_TYPE_SUDO_CONNECTION, "password", "wrong", NULL),
      MITOGEN_ERROR_PASSWORD, "refused" },
    { real_connection (MITOGEN_TYPE_SU_CONNECTION, "password", "wrong", NULL),
      MITOGEN_ERROR_PASSWORD, "refused" },
    { real_connection (MITOGEN_TYPE_DOAS_CONNECTION, "password", "wrong", NULL),
      MITOGEN_ERROR_PASSWORD, "refused" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = real_connect_fails (fixture->router, cases[i].connection, via);

      real_assert_error (error, cases[i].code, cases[i].parts);
      g_object_unref (cases[i].connection);
    }
  test_assert_alive (via);
}

/* A host key that the via has seen: asked for in the via's name. */
static void
test_host_key (Fixture *fixture, gconstpointer data)
{
  g_autoptr (RealPerson) person = real_person_new ("mg-asked", "pw-asked", "127.0.0.91", "Connect",
                                                   "mg-other", "pw-other", NULL);
  g_auto (Chain) chain = { fixture, person };

  chain_add (&chain,
             real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname", "web1", "username",
                              "mg-asked", NULL),
             "mg-asked");
  chain_add (&chain,
             real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname", "127.0.0.91", "username",
                              "mg-other", NULL),
             "mg-other");
  real_person_check (person);
  test_assert_contains (real_person_get_heard (person), "web1");
}

/* ---- ends ---- */

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (RealPerson) person = real_person_new ("mg-asked", "pw-asked", NULL);
  g_auto (Chain) chain = { fixture, person };
  MitogenContext *via = chain_add (&chain, new_ssh ("mg-asked"), "mg-asked");
  MitogenConnection *(*const makers[]) (const char *user) = { new_ssh, new_sudo, new_su, new_doas };
  TestCensus census;

  test_census_take (&census);
  for (guint i = 0; i < G_N_ELEMENTS (makers); i++)
    {
      const char *user = i == 0 ? "mg-other" : "root";
      g_autoptr (MitogenConnection) connection = makers[i](user);
      g_autoptr (RealPerson) silent = real_person_new (user, REAL_SILENT, NULL);
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      real_set_person (connection, silent);
      mitogen_router_connect_async (fixture->router, connection, via, cancellable, test_keep_result,
                                    &result);
      test_wait (real_person_count_asked (silent) == 1);
      g_cancellable_cancel (cancellable);
      test_wait_result (&result);
      g_assert_null (mitogen_router_connect_finish (fixture->router, result, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      test_wait (real_person_was_aborted (silent));
    }
  test_assert_alive (via);
  test_census_check (&census);
}

/* The via ends while the person is asked for what lies behind it. */
static void
test_via_ends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (RealPerson) person =
      real_person_new ("mg-asked", "pw-asked", "sudo", REAL_SILENT, NULL);
  g_auto (Chain) chain = { fixture, person };
  MitogenContext *via = chain_add (&chain, new_ssh ("mg-asked"), "mg-asked");
  g_autoptr (MitogenConnection) connection = new_sudo ("root");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  real_set_person (connection, person);
  mitogen_router_connect_async (fixture->router, connection, via, NULL, test_keep_result, &result);
  test_wait (real_person_count_asked (person) == 2);
  g_assert_true (mitogen_context_shutdown (via, TRUE, NULL, NULL));
  test_wait_result (&result);
  g_assert_null (mitogen_router_connect_finish (fixture->router, result, &error));
  g_test_message ("%s", error->message);
  test_wait (real_person_was_aborted (person));
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  real_add (NULL, "/depth/sudo-over-ssh", test_sudo_over_ssh);
  real_add (NULL, "/depth/ssh-over-sudo-over-ssh", test_ssh_over_sudo_over_ssh);
  real_add (NULL, "/depth/su-over-sudo-over-ssh", test_su_over_sudo_over_ssh);
  real_add (NULL, "/depth/everything", test_everything);
  real_add (NULL, "/depth/at-once", test_at_once);
  real_add (NULL, "/depth/names-the-path", test_names_the_path);
  real_add (NULL, "/depth/errors", test_errors);
  real_add (NULL, "/depth/host-key", test_host_key);
  real_add (NULL, "/depth/cancel", test_cancel);
  real_add (NULL, "/depth/via-ends", test_via_ends);
  return g_test_run ();
}
