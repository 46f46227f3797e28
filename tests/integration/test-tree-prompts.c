/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A context through which others are reached, and that invents questions: the stand-in
 * remote/hostile_via.py. Nobody is asked what the program in question would not ask there and then,
 * and nothing is typed. */

#include "test-util.h"

#include <string.h>

#define SECRET "a secret word"

/* More than this of its words is not for people. */
#define MAX_MESSAGE 2000

typedef struct
{
  MitogenConnection *(*make) (void);
  const char *terminal; /* the channel on which it may ask; NULL: none */
} Kind;

static MitogenConnection *
make_ssh (void)
{
  return mitogen_ssh_connection_new ("127.0.0.1");
}

static const Kind kinds[] = {
  { mitogen_local_connection_new, NULL }, { make_ssh, "1" },
  { mitogen_sudo_connection_new, "1" },   { mitogen_doas_connection_new, "1" },
  { mitogen_su_connection_new, "0" },     { mitogen_pkexec_connection_new, "1" },
};

/* ---- a person who tells everything ---- */

typedef struct
{
  GMountOperation *operation;
  guint n_asked;
} Person;

static void
check_message (const char *message)
{
  g_test_message ("asked: %.*s", 200, message);
  g_assert_true (g_utf8_validate (message, -1, NULL));
  g_assert_cmpuint (strlen (message), <, MAX_MESSAGE);
  for (const char *p = message; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_assert_true (c == '\n' || g_unichar_isprint (c) || g_unichar_isspace (c));
      g_assert_true (c != 0x202e && c != 0x2028);
    }
}

static void
on_ask_password (GMountOperation *operation,
                 const char *message,
                 const char *user,
                 const char *domain,
                 GAskPasswordFlags flags,
                 Person *person)
{
  person->n_asked++;
  check_message (message);
  g_mount_operation_set_password (operation, SECRET);
  g_mount_operation_reply (operation, G_MOUNT_OPERATION_HANDLED);
}

static void
on_ask_question (GMountOperation *operation,
                 const char *message,
                 const char *const *choices,
                 Person *person)
{
  person->n_asked++;
  check_message (message);
  g_mount_operation_set_choice (operation, 0);
  g_mount_operation_reply (operation, G_MOUNT_OPERATION_HANDLED);
}

static void
person_init (Person *person)
{
  person->operation = g_mount_operation_new ();
  person->n_asked = 0;
  g_signal_connect (person->operation, "ask-password", G_CALLBACK (on_ask_password), person);
  g_signal_connect (person->operation, "ask-question", G_CALLBACK (on_ask_question), person);
}

static void
person_clear (Person *person)
{
  g_clear_object (&person->operation);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Person, person_clear)

/* ---- connections through a liar ---- */

typedef struct
{
  MitogenContext *via;
  MitogenContext *context; /* NULL: it failed */
  GError *error;
} Outcome;

static void
outcome_clear (Outcome *outcome)
{
  g_clear_object (&outcome->context);
  g_clear_object (&outcome->via);
  g_clear_error (&outcome->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

static void
connect_through (Fixture *fixture,
                 const Kind *kind,
                 Person *person,
                 const char *mode,
                 const char *argument,
                 Outcome *outcome)
{
  g_autofree char *script = test_remote_file ("hostile_via.py");
  g_autoptr (MitogenConnection) liar =
      test_connection_argv (TEST_PYTHON, "-E", "-S", script, mode, argument, NULL);
  g_autoptr (MitogenConnection) connection = kind->make ();
  g_autoptr (GAsyncResult) result = NULL;

  outcome->via = test_connect (fixture->router, liar);
  mitogen_connection_set_connect_timeout (connection, TEST_PATIENCE_MS);
  mitogen_connection_set_interaction (connection, person->operation);
  mitogen_connection_set_password (connection, SECRET);
  mitogen_router_connect_async (fixture->router, connection, outcome->via, NULL, test_keep_result,
                                &result);
  test_wait_result (&result);
  outcome->context = mitogen_router_connect_finish (fixture->router, result, &outcome->error);
  if (outcome->error != NULL)
    {
      g_test_message ("%.*s", 300, outcome->error->message);
      g_assert_true (g_utf8_validate (outcome->error->message, -1, NULL));
    }
}

static char *
get_heard (Outcome *outcome)
{
  g_autoptr (GVariant) heard = test_call_typed (outcome->via, "m:go_heard", NULL, "s");

  return g_variant_dup_string (heard, NULL);
}

/* It has asked in vain, and the connection works all the same. */
static void
check_deaf (Fixture *fixture, const Kind *kind, const char *mode)
{
  g_auto (Person) person = { NULL };
  g_auto (Outcome) outcome = { NULL };
  g_autofree char *heard = NULL;

  person_init (&person);
  connect_through (fixture, kind, &person, mode, kind->terminal != NULL ? kind->terminal : "x",
                   &outcome);
  g_assert_no_error (outcome.error);
  heard = get_heard (&outcome);
  g_assert_cmpstr (heard, ==, "");
  g_assert_cmpuint (person.n_asked, ==, 0);
}

static void
test_elsewhere (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    check_deaf (fixture, &kinds[i], "prompts_elsewhere");
}

static void
test_late (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    check_deaf (fixture, &kinds[i], "prompts_late");
}

/* Once by what is stored or by the person, and once more by the person, is all that it can get. */
static void
test_again (Fixture *fixture, gconstpointer data)
{
  for (guint i = 1; i < G_N_ELEMENTS (kinds); i++)
    {
      g_auto (Person) person = { NULL };
      g_auto (Outcome) outcome = { NULL };

      person_init (&person);
      connect_through (fixture, &kinds[i], &person, "prompts_again", kinds[i].terminal, &outcome);
      g_assert_error (outcome.error, MITOGEN_ERROR, MITOGEN_ERROR_PASSWORD);
      g_assert_cmpuint (person.n_asked, <=, 2);
    }
}

static void
test_ugly (Fixture *fixture, gconstpointer data)
{
  for (guint i = 1; i < G_N_ELEMENTS (kinds); i++)
    {
      g_auto (Person) person = { NULL };
      g_auto (Outcome) outcome = { NULL };

      person_init (&person);
      connect_through (fixture, &kinds[i], &person, "prompts_ugly", kinds[i].terminal, &outcome);
      g_assert_no_error (outcome.error);
      g_assert_cmpuint (person.n_asked, ==, 1);
    }
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  test_add_router ("/tree-prompts/elsewhere", test_elsewhere);
  test_add_router ("/tree-prompts/late", test_late);
  test_add_router ("/tree-prompts/again", test_again);
  test_add_router ("/tree-prompts/ugly", test_ugly);
  return g_test_run ();
}
