/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-util.h"

/* ---- a class of the program's own, whose command asks on its terminal ---- */

typedef struct
{
  MitogenConnection parent_instance;
  const char *script;
} Asker;

typedef struct
{
  MitogenConnectionClass parent_class;
} AskerClass;

static GType asker_get_type (void);
G_DEFINE_TYPE (Asker, asker, MITOGEN_TYPE_CONNECTION)

static char **
asker_get_argv (MitogenConnection *connection,
                MitogenContext *via,
                const char *const *python_argv,
                GError **error)
{
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();

  g_strv_builder_add_many (argv, "/bin/sh", "-c", ((Asker *) connection)->script, "asker", NULL);
  for (guint i = 0; python_argv[i] != NULL; i++)
    g_strv_builder_add (argv, python_argv[i]);
  return g_strv_builder_end (argv);
}

static char *
asker_get_name (MitogenConnection *connection)
{
  return g_strdup ("asker.{pid}");
}

static void
asker_class_init (AskerClass *klass)
{
  MitogenConnectionClass *connection_class = (MitogenConnectionClass *) klass;

  connection_class->get_argv = asker_get_argv;
  connection_class->get_name = asker_get_name;
}

static void
asker_init (Asker *self)
{
}

/* The same with an opinion on what is asked. */
typedef Asker Knower;
typedef AskerClass KnowerClass;

static GType knower_get_type (void);
G_DEFINE_TYPE (Knower, knower, asker_get_type ())

static GString *seen; /* the texts that it was shown */

static gboolean
knower_handle_prompt (MitogenConnection *connection, MitogenPrompt *prompt)
{
  const char *text = mitogen_prompt_get_text (prompt);

  g_assert_false (g_str_equal (text, ""));
  g_string_append_printf (seen, "%s%s|", text, mitogen_prompt_get_again (prompt) ? " (again)" : "");
  if (g_str_has_prefix (text, "Name"))
    mitogen_prompt_set_answer (prompt, "alice");
  else if (g_str_has_prefix (text, "Pin"))
    {
      mitogen_prompt_set_kind (prompt, MITOGEN_PROMPT_CODE);
      mitogen_prompt_set_subject (prompt, "card");
      mitogen_prompt_set_message (prompt, "The pin of the card");
    }
  else
    return FALSE;
  return TRUE;
}

static void
knower_class_init (KnowerClass *klass)
{
  ((MitogenConnectionClass *) klass)->handle_prompt = knower_handle_prompt;
}

static void
knower_init (Knower *self)
{
}

/* Gives up when the answer is not the one. */
#define ASK(text, right)                                                                           \
  "printf '" text "' >/dev/tty; read -r x </dev/tty; "                                             \
  "if [ \"$x\" != '" right "' ]; then echo \"not $x\" >/dev/tty; "
#define OR_FAIL  "exit 1; fi; "
#define OR_AGAIN "exec \"$0\" \"$@\"; fi; "
#define RUN      "exec \"$@\""

static MitogenConnection *
asker_new (GType type, const char *script)
{
  Asker *self = g_object_new (type, "terminal", MITOGEN_TERMINAL_BESIDE, NULL);

  self->script = script;
  return (MitogenConnection *) self;
}

/* ---- who answers ---- */

typedef struct
{
  const char *answer;
  GMountOperationResult result;
  char *message;
  guint n_asked;
  guint n_aborted;
  GThread *thread;
  GCancellable *cancel; /* instead of an answer */
} Person;

static void
on_ask (GMountOperation *operation,
        const char *message,
        const char *user,
        const char *domain,
        GAskPasswordFlags flags,
        Person *person)
{
  g_assert_true (person->thread == g_thread_self ());
  person->n_asked++;
  g_free (person->message);
  person->message = g_strdup (message);
  if (person->cancel != NULL)
    {
      g_cancellable_cancel (person->cancel);
      return;
    }
  g_mount_operation_set_password (operation, person->answer);
  g_mount_operation_reply (operation, person->result);
}

static void
on_aborted (GMountOperation *operation, Person *person)
{
  person->n_aborted++;
}

static GMountOperation *
person_init (Person *person, GMountOperationResult result, const char *answer)
{
  GMountOperation *operation = g_mount_operation_new ();

  *person = (Person){ .answer = answer, .result = result, .thread = g_thread_self () };
  g_signal_connect (operation, "ask-password", G_CALLBACK (on_ask), person);
  g_signal_connect (operation, "aborted", G_CALLBACK (on_aborted), person);
  return operation;
}

/* ---- tests ---- */

static void
test_property (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      asker_new (asker_get_type (), ASK ("Password: ", "secret") OR_FAIL RUN);
  g_autoptr (MitogenContext) context = NULL;

  mitogen_connection_set_password (connection, "secret");
  context = test_connect (fixture->router, connection);
  test_assert_alive (context);
}

static void
test_nobody (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      asker_new (asker_get_type (), ASK ("Sesame? ", "secret") OR_FAIL RUN);
  g_autoptr (GError) error = test_connect_fails (fixture->router, connection);

  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PASSWORD);
  test_assert_contains (error->message, "Password for asker on this computer");
  test_assert_contains (error->message, "Sesame?");
  test_assert_contains (error->message, "“password”");
}

static void
test_person (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      asker_new (asker_get_type (), ASK ("Password: ", "secret") OR_FAIL RUN);
  Person person;
  g_autoptr (GMountOperation) operation =
      person_init (&person, G_MOUNT_OPERATION_HANDLED, "secret");
  g_autoptr (MitogenContext) context = NULL;

  mitogen_connection_set_interaction (connection, operation);
  context = test_connect (fixture->router, connection);
  test_assert_alive (context);
  g_assert_cmpuint (person.n_asked, ==, 1);
  g_assert_cmpstr (person.message, ==, "Password for asker on this computer");
  g_assert_null (g_mount_operation_get_password (operation));
  g_free (person.message);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  static const char script[] =
      "for i in 1 2 3 4; do printf 'Password: ' >/dev/tty; read -r x </dev/tty; "
      "[ \"$x\" = secret ] && exec \"$@\"; echo 'Sorry.' >/dev/tty; done; exit 1";
  g_autoptr (MitogenConnection) connection = asker_new (asker_get_type (), script);
  Person person;
  g_autoptr (GMountOperation) operation = person_init (&person, G_MOUNT_OPERATION_HANDLED, "wrong");
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_interaction (connection, operation);
  error = test_connect_fails (fixture->router, connection);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PASSWORD);
  test_assert_contains (error->message, "refused");
  g_assert_cmpuint (person.n_asked, ==, 2);
  test_assert_contains (person.message, "refused");
  g_free (person.message);
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      asker_new (asker_get_type (), ASK ("Password: ", "secret") OR_FAIL RUN);
  Person person;
  g_autoptr (GMountOperation) operation = person_init (&person, G_MOUNT_OPERATION_ABORTED, NULL);
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_interaction (connection, operation);
  error = test_connect_fails (fixture->router, connection);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED);
  g_free (person.message);
}

/* The program cancels while the dialogue is on the screen. */
static void
test_withdrawn (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      asker_new (asker_get_type (), ASK ("Password: ", "secret") OR_FAIL RUN);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Person person;
  g_autoptr (GMountOperation) operation = person_init (&person, G_MOUNT_OPERATION_HANDLED, NULL);
  g_autoptr (GError) error = NULL;

  person.cancel = cancellable;
  mitogen_connection_set_interaction (connection, operation);
  g_assert_null (mitogen_router_connect (fixture->router, connection, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (person.n_aborted, ==, 1);
  g_free (person.message);
}

/* The program that asks ends by itself: so does the dialogue. */
static void
test_withdrawn_by_command (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      asker_new (asker_get_type (), "printf 'Password: ' >/dev/tty; sleep 1; exit 3");
  Person person;
  g_autoptr (GMountOperation) operation = g_mount_operation_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  person = (Person){ .thread = g_thread_self () };
  g_signal_connect_swapped (operation, "ask-password", G_CALLBACK (g_atomic_int_inc),
                            &person.n_asked);
  g_signal_connect (operation, "aborted", G_CALLBACK (on_aborted), &person);
  mitogen_connection_set_interaction (connection, operation);
  mitogen_router_connect_async (fixture->router, connection, NULL, NULL, test_keep_result, &result);
  test_wait (result != NULL);
  g_assert_null (mitogen_router_connect_finish (fixture->router, result, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
  g_assert_cmpuint (person.n_asked, ==, 1);
  g_assert_cmpuint (person.n_aborted, ==, 1);
}

static void
test_own_class (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      asker_new (knower_get_type (),
                 "printf 'Loading' >/dev/tty; sleep 1; echo >/dev/tty; " ASK ("Name ", "alice")
                     OR_FAIL ASK ("Pin> ", "1234") OR_FAIL RUN);
  Person person;
  g_autoptr (GMountOperation) operation = person_init (&person, G_MOUNT_OPERATION_HANDLED, "1234");
  g_autoptr (MitogenContext) context = NULL;

  seen = g_string_new (NULL);
  mitogen_connection_set_interaction (connection, operation);
  context = test_connect (fixture->router, connection);
  test_assert_alive (context);
  g_assert_cmpuint (person.n_asked, ==, 1);
  g_assert_cmpstr (person.message, ==, "The pin of the card");
  g_assert_cmpstr (seen->str, ==, "Loading|Name|Pin>|");
  g_string_free (seen, TRUE);
  g_free (person.message);
}

/* Through another context nothing is different, but for the sentence. */
static void
test_behind (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenConnection) connection =
      asker_new (asker_get_type (), ASK ("Password: ", "secret") OR_FAIL RUN);
  g_autoptr (MitogenContext) via = test_local (fixture->router);
  Person person;
  g_autoptr (GMountOperation) operation =
      person_init (&person, G_MOUNT_OPERATION_HANDLED, "secret");
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_interaction (connection, operation);
  context = mitogen_router_connect (fixture->router, connection, via, NULL, &error);
  g_assert_no_error (error);
  test_assert_alive (context);
  g_assert_cmpuint (person.n_asked, ==, 1);
  g_free (person.message);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  test_add_router ("/prompt/property", test_property);
  test_add_router ("/prompt/nobody", test_nobody);
  test_add_router ("/prompt/person", test_person);
  test_add_router ("/prompt/refused", test_refused);
  test_add_router ("/prompt/cancelled", test_cancelled);
  test_add_router ("/prompt/withdrawn", test_withdrawn);
  test_add_router ("/prompt/withdrawn-by-command", test_withdrawn_by_command);
  test_add_router ("/prompt/own-class", test_own_class);
  test_add_router ("/prompt/behind", test_behind);
  return g_test_run ();
}
