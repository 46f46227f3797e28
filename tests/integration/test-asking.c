/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Programs that ask before they let a context be made: small scripts in place of sudo and the like,
 * started by this process and by a context. */

#include "test-util.h"

#include <string.h>

/* ---- a connection whose program is a script ---- */

#define TEST_TYPE_ASKING (test_asking_get_type ())
G_DECLARE_FINAL_TYPE (TestAsking, test_asking, TEST, ASKING, MitogenConnection)

struct _TestAsking
{
  MitogenConnection parent_instance;
  const char *script;
};

G_DEFINE_FINAL_TYPE (TestAsking, test_asking, MITOGEN_TYPE_CONNECTION)

static char **
test_asking_get_argv (MitogenConnection *connection,
                      MitogenContext *via,
                      const char *const *python_argv,
                      GError **error)
{
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();

  g_strv_builder_add_many (argv, "/bin/sh", "-c", TEST_ASKING (connection)->script, "sh", NULL);
  g_strv_builder_addv (argv, (const char **) python_argv);
  return g_strv_builder_end (argv);
}

static char *
test_asking_get_name (MitogenConnection *connection)
{
  return g_strdup ("asking.{pid}");
}

static void
test_asking_class_init (TestAskingClass *klass)
{
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  connection_class->get_argv = test_asking_get_argv;
  connection_class->get_name = test_asking_get_name;
}

static void
test_asking_init (TestAsking *self)
{
}

/* $T: the terminal */
#define ASK(prompt, answer)                                                                        \
  "printf '" prompt "' >$T; IFS= read -r a <$T; "                                                  \
  "[ \"$a\" = '" answer "' ] || { echo 'Sorry, no' >&2; exit 3; }; "

static const char ask_beside[] = "T=/dev/tty; " ASK ("Password: ", "secret") "exec \"$@\"";
/* As su does: all is the terminal, and what is typed too early is lost. */
static const char ask_all[] = "T=/dev/tty; printf 'Password: ' >$T; IFS= read -r a <$T; "
                              "[ \"$a\" = secret ] || { echo 'Sorry, no'; exit 3; }; exec \"$@\"";
static const char ask_twice[] =
    "T=/dev/tty; " ASK ("Password: ", "secret") ASK ("Code: ", "42") "exec \"$@\"";

static MitogenConnection *
asking_new (const char *script, MitogenTerminal terminal)
{
  TestAsking *connection = g_object_new (TEST_TYPE_ASKING, "terminal", terminal, NULL);

  connection->script = script;
  return MITOGEN_CONNECTION (connection);
}

/* ---- with a password ---- */

typedef struct
{
  const char *name;
  MitogenTerminal terminal;
  const char *script;
  gboolean through;
} Case;

static const Case cases[] = {
  { "beside", MITOGEN_TERMINAL_BESIDE, ask_beside, FALSE },
  { "all", MITOGEN_TERMINAL_ALL, ask_all, FALSE },
  { "through/beside", MITOGEN_TERMINAL_BESIDE, ask_beside, TRUE },
  { "through/all", MITOGEN_TERMINAL_ALL, ask_all, TRUE },
};

static MitogenContext *
connect_case (Fixture *fixture, const Case *item, MitogenConnection *connection, GError **error)
{
  return mitogen_router_connect (fixture->router, connection,
                                 item->through ? fixture->context : NULL, NULL, error);
}

static void
test_password (Fixture *fixture, gconstpointer data)
{
  const Case *item = data;
  g_autoptr (MitogenConnection) connection = asking_new (item->script, item->terminal);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *large = g_strnfill (300000, 'x');
  g_autoptr (GVariant) value = NULL;
  guint8 bytes[256];

  mitogen_connection_set_password (connection, "secret");
  context = connect_case (fixture, item, connection, &error);
  g_assert_no_error (error);
  test_assert_alive (context);
  /* What goes over a terminal is not changed, in neither direction. */
  value = test_call_typed (context, "builtins:str", g_variant_new ("(s)", large), "s");
  g_assert_cmpstr (g_variant_get_string (value, NULL), ==, large);
  g_clear_pointer (&value, g_variant_unref);
  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = i;
  value =
      test_call_typed (context, "builtins:bytes",
                       g_variant_new ("(@ay)", g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE,
                                                                          bytes, sizeof bytes, 1)),
                       "ay");
  g_assert_cmpmem (g_variant_get_data (value), g_variant_get_size (value), bytes, sizeof bytes);
}

static void
test_no_password (Fixture *fixture, gconstpointer data)
{
  const Case *item = data;
  g_autoptr (MitogenConnection) connection = asking_new (item->script, item->terminal);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  context = connect_case (fixture, item, connection, &error);
  g_assert_null (context);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PASSWORD);
  test_assert_contains (error->message, "Password:");
}

static void
test_wrong_password (Fixture *fixture, gconstpointer data)
{
  const Case *item = data;
  g_autoptr (MitogenConnection) connection = asking_new (item->script, item->terminal);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_password (connection, "not this one");
  context = connect_case (fixture, item, connection, &error);
  g_assert_null (context);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
  test_assert_contains (error->message, "Sorry, no");
  test_assert_contains (error->message, "status 3");
  g_assert_null (strstr (error->message, "not this one"));
}

/* ---- with a person ---- */

/* Answers in order; NULL: leaves it to somebody else. */
typedef struct
{
  const char *const *answers;
  guint delay_ms;
  guint n_asked;
  guint n_aborted;
  char *message; /* the last one */
  GMountOperationResult result;
} Person;

static void
person_clear (Person *person)
{
  g_free (person->message);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Person, person_clear)

typedef struct
{
  GMountOperation *operation;
  const char *answer;
  GMountOperationResult result;
} Reply;

static gboolean
give_reply (gpointer data)
{
  Reply *reply = data;

  g_mount_operation_set_password (reply->operation, reply->answer);
  g_mount_operation_reply (reply->operation, reply->result);
  g_object_unref (reply->operation);
  g_free (reply);
  return G_SOURCE_REMOVE;
}

static void
on_ask_password (GMountOperation *operation,
                 const char *message,
                 const char *default_user,
                 const char *default_domain,
                 GAskPasswordFlags flags,
                 Person *person)
{
  Reply *reply = g_new (Reply, 1);
  const char *answer = person->answers[person->n_asked];
  g_autoptr (GSource) source = NULL;

  g_free (person->message);
  person->message = g_strdup (message);
  g_signal_stop_emission_by_name (operation, "ask-password");
  *reply = (Reply){ g_object_ref (operation), answer, person->result };
  if (answer != NULL)
    person->n_asked++;
  else
    reply->result = G_MOUNT_OPERATION_UNHANDLED;
  source = g_timeout_source_new (person->delay_ms);
  g_source_set_callback (source, give_reply, reply, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
}

static void
on_aborted (GMountOperation *operation, Person *person)
{
  person->n_aborted++;
}

static GMountOperation *
person_new (Person *person)
{
  GMountOperation *operation = g_mount_operation_new ();

  g_signal_connect (operation, "ask-password", G_CALLBACK (on_ask_password), person);
  g_signal_connect (operation, "aborted", G_CALLBACK (on_aborted), person);
  return operation;
}

static void
test_person (Fixture *fixture, gconstpointer data)
{
  const Case *item = data;
  const char *const answers[] = { "secret", NULL };
  g_auto (Person) person = { answers, 10, .result = G_MOUNT_OPERATION_HANDLED };
  g_autoptr (GMountOperation) operation = person_new (&person);
  g_autoptr (MitogenConnection) connection = asking_new (item->script, item->terminal);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_interaction (connection, operation);
  context = connect_case (fixture, item, connection, &error);
  g_assert_no_error (error);
  test_assert_alive (context);
  g_assert_cmpuint (person.n_asked, ==, 1);
  test_assert_contains (person.message, "assword");
}

/* Persons who think for longer than connecting may take, which may take long on a busy machine. All
 * of them at once. */
#define LIMIT_MS 15000

typedef struct
{
  Person person;
  GMountOperation *operation;
  GAsyncResult *result;
} Slow;

static void
slow_begin (Slow *slow, Fixture *fixture, const Case *item)
{
  static const char *const answers[] = { "secret", NULL };
  g_autoptr (MitogenConnection) connection = asking_new (item->script, item->terminal);

  *slow = (Slow){ .person = { answers, LIMIT_MS + 1000, .result = G_MOUNT_OPERATION_HANDLED } };
  slow->operation = person_new (&slow->person);
  mitogen_connection_set_interaction (connection, slow->operation);
  mitogen_connection_set_connect_timeout (connection, LIMIT_MS);
  mitogen_router_connect_async (fixture->router, connection,
                                item->through ? fixture->context : NULL, NULL, test_keep_result,
                                &slow->result);
}

static void
slow_end (Slow *slow, Fixture *fixture)
{
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  test_wait_result (&slow->result);
  context = mitogen_router_connect_finish (fixture->router, slow->result, &error);
  g_assert_no_error (error);
  test_assert_alive (context);
  g_object_unref (slow->result);
  g_object_unref (slow->operation);
  person_clear (&slow->person);
}

static void
test_slow_persons (Fixture *fixture, gconstpointer data)
{
  Slow slow[G_N_ELEMENTS (cases)];

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    slow_begin (&slow[i], fixture, &cases[i]);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    slow_end (&slow[i], fixture);
}

/* The time limit is not over for good when there has been an answer. */
static void
test_limit_goes_on (Fixture *fixture, gconstpointer data)
{
  const Case *item = data;
  const char *const answers[] = { "secret", NULL };
  g_auto (Person) person = { answers, 10, .result = G_MOUNT_OPERATION_HANDLED };
  g_autoptr (GMountOperation) operation = person_new (&person);
  g_autoptr (MitogenConnection) connection =
      asking_new ("printf 'Password: ' >/dev/tty; read a </dev/tty; exec sleep 1000",
                  MITOGEN_TERMINAL_BESIDE);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_interaction (connection, operation);
  mitogen_connection_set_connect_timeout (connection, 1500);
  context = connect_case (fixture, item, connection, &error);
  g_assert_null (context);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
}

static void
test_cancelled_by_person (Fixture *fixture, gconstpointer data)
{
  const Case *item = data;
  const char *const answers[] = { "", NULL };
  g_auto (Person) person = { answers, 10, .result = G_MOUNT_OPERATION_ABORTED };
  g_autoptr (GMountOperation) operation = person_new (&person);
  g_autoptr (MitogenConnection) connection = asking_new (item->script, item->terminal);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_interaction (connection, operation);
  context = connect_case (fixture, item, connection, &error);
  g_assert_null (context);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED);
}

/* Who does not deal with a question leaves it to the password. */
static void
test_unhandled (Fixture *fixture, gconstpointer data)
{
  const Case *item = data;
  const char *const answers[] = { NULL };
  g_auto (Person) person = { answers, 10, .result = G_MOUNT_OPERATION_HANDLED };
  g_autoptr (GMountOperation) operation = person_new (&person);
  g_autoptr (MitogenConnection) connection = asking_new (item->script, item->terminal);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_interaction (connection, operation);
  mitogen_connection_set_password (connection, "secret");
  context = connect_case (fixture, item, connection, &error);
  g_assert_no_error (error);
  test_assert_alive (context);
}

static gboolean
cancel_now (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

/* The dialog goes away with the operation, and so does the program. */
static void
test_cancel_while_asked (Fixture *fixture, gconstpointer data)
{
  const Case *item = data;
  const char *const answers[] = { "secret", NULL };
  g_auto (Person) person = { answers, TEST_PATIENCE_MS, .result = G_MOUNT_OPERATION_HANDLED };
  g_autoptr (GMountOperation) operation = person_new (&person);
  g_autoptr (MitogenConnection) connection = asking_new (item->script, item->terminal);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_interaction (connection, operation);
  mitogen_router_connect_async (fixture->router, connection,
                                item->through ? fixture->context : NULL, cancellable,
                                test_keep_result, &result);
  test_wait (person.n_asked > 0);
  g_timeout_add (20, cancel_now, cancellable);
  test_wait (result != NULL);
  context = mitogen_router_connect_finish (fixture->router, result, &error);
  g_assert_null (context);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_wait (person.n_aborted > 0);
}

/* ---- what is no question, and several ---- */

/* Nothing that is said where the program's output is can ask for the password. */
static void
test_wrong_place (Fixture *fixture, gconstpointer data)
{
  const Case *item = data;
  g_autoptr (MitogenConnection) connection =
      asking_new ("printf 'Password: ' >&2; sleep 0.5; printf 'Password: '; sleep 0.5; "
                  "if read -t 1 a </dev/tty 2>/dev/null; then exit 4; fi; exec \"$@\"",
                  MITOGEN_TERMINAL_BESIDE);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_password (connection, "secret");
  context = connect_case (fixture, item, connection, &error);
  g_assert_no_error (error);
  test_assert_alive (context);
}

static void
test_two_questions (Fixture *fixture, gconstpointer data)
{
  const Case *item = data;
  const char *const answers[] = { "secret", "42", NULL };
  g_auto (Person) person = { answers, 10, .result = G_MOUNT_OPERATION_HANDLED };
  g_autoptr (GMountOperation) operation = person_new (&person);
  g_autoptr (MitogenConnection) connection = asking_new (ask_twice, MITOGEN_TERMINAL_BESIDE);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_interaction (connection, operation);
  context = connect_case (fixture, item, connection, &error);
  g_assert_no_error (error);
  test_assert_alive (context);
  g_assert_cmpuint (person.n_asked, ==, 2);
}

/* ---- a dialogue that could not be seen ---- */

/* In place of the one of GTK, which is known by this name. */
typedef GMountOperation StandInGtkMountOperation;
typedef GMountOperationClass StandInGtkMountOperationClass;

static GType
stand_in_gtk_get_type (void)
{
  static GType type;

  if (type == 0)
    type = g_type_register_static_simple (G_TYPE_MOUNT_OPERATION, "GtkMountOperation",
                                          sizeof (StandInGtkMountOperationClass), NULL,
                                          sizeof (StandInGtkMountOperation), NULL, 0);
  return type;
}

static void
test_blocking_dialogue (Fixture *fixture, gconstpointer data)
{
  const Case *item = data;
  g_autoptr (GMountOperation) operation = g_object_new (stand_in_gtk_get_type (), NULL);
  g_autoptr (MitogenConnection) connection = asking_new (item->script, item->terminal);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  mitogen_connection_set_interaction (connection, operation);
  context = connect_case (fixture, item, connection, &error);
  g_assert_null (context);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

/* ---- main ---- */

typedef void (*CaseFunc) (Fixture *fixture, gconstpointer data);

static void set_up (Fixture *fixture, gconstpointer data);
static void tear_down (Fixture *fixture, gconstpointer data);

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const Case *item = data;

  test_census_take (&fixture->census);
  fixture->router = test_router_new ();
  if (item->through)
    fixture->context = test_local (fixture->router);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->context);
  test_router_end (g_steal_pointer (&fixture->router));
  test_census_check (&fixture->census);
}

static void
add (const char *name, const Case *item, CaseFunc func)
{
  g_autofree char *path = g_strdup_printf ("/asking/%s/%s", item->name, name);

  g_test_add (path, Fixture, item, set_up, func, tear_down);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      add ("password", &cases[i], test_password);
      add ("no-password", &cases[i], test_no_password);
      add ("wrong-password", &cases[i], test_wrong_password);
      add ("person", &cases[i], test_person);
      add ("cancelled-by-person", &cases[i], test_cancelled_by_person);
      add ("unhandled", &cases[i], test_unhandled);
      add ("cancel-while-asked", &cases[i], test_cancel_while_asked);
      add ("blocking-dialogue", &cases[i], test_blocking_dialogue);
      if (cases[i].terminal == MITOGEN_TERMINAL_BESIDE)
        {
          add ("limit-goes-on", &cases[i], test_limit_goes_on);
          add ("wrong-place", &cases[i], test_wrong_place);
          add ("two-questions", &cases[i], test_two_questions);
        }
    }
  test_add_local ("/asking/slow-persons", test_slow_persons);
  return g_test_run ();
}
