/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unit-prompter.h"
#include "wire/mitogen-error.h"

#include <string.h>

/* ---- without anybody ---- */

static void
test_property (void)
{
  Asker asker;

  asker_init (&asker, NULL, "secret");
  g_assert_true (mitogen_prompter_can_answer (asker.prompter));
  g_assert_false (mitogen_prompter_has_interaction (asker.prompter));
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
  asker_wait (&asker);
  g_assert_cmpstr (asker.answer, ==, "secret");
  g_assert_cmpint (asker.n_asking, ==, 0);

  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", TRUE);
  asker_wait (&asker);
  g_assert_error (asker.error, MITOGEN_ERROR, MITOGEN_ERROR_PASSWORD);
  assert_says (asker.error->message, "Password for root by sudo on web1, through bastion");
  assert_says (asker.error->message, "refused");
  asker_clear (&asker);
}

/* A method that does not see that an answer was refused. */
static void
test_same_words (void)
{
  Asker asker;

  asker_init (&asker, NULL, "secret");
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
  asker_wait (&asker);
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
  asker_wait (&asker);
  assert_says (asker.error->message, "refused");

  unit_run (asker.io, restarted_run, asker.prompter);
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
  asker_wait (&asker);
  g_assert_cmpstr (asker.answer, ==, "secret");
  asker_clear (&asker);
}

/* The password is not typed where something else is asked for. */
static void
test_property_for_others (void)
{
  static const MitogenPromptKind kinds[] = { MITOGEN_PROMPT_OTHER, MITOGEN_PROMPT_CODE,
                                             MITOGEN_PROMPT_NEW_PASSWORD, MITOGEN_PROMPT_HOST_KEY };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      Asker asker;
      gint code =
          kinds[i] == MITOGEN_PROMPT_HOST_KEY ? MITOGEN_ERROR_HOST_KEY : MITOGEN_ERROR_PASSWORD;

      asker_init (&asker, NULL, "secret");
      asker_ask (&asker, kinds[i], "What now?", FALSE);
      asker_wait (&asker);
      g_assert_null (asker.answer);
      g_assert_error (asker.error, MITOGEN_ERROR, code);
      assert_says (asker.error->message, "interaction");
      assert_says (asker.error->message, "What now?");
      asker_clear (&asker);
    }
}

/* A wrong passphrase is no end: there is perhaps a password, and that was meant. */
static void
test_property_for_key (void)
{
  const MitogenQuestion question = { .kind = MITOGEN_PROMPT_PASSPHRASE,
                                     .text = (char *) "Enter passphrase for key 'k':",
                                     .subject = (char *) "k" };
  Asker asker;

  asker_init (&asker, NULL, "secret");
  asker_ask_question (&asker, &question);
  asker_wait (&asker);
  g_assert_cmpstr (asker.answer, ==, "secret");
  asker_ask_question (&asker, &question);
  asker_wait (&asker);
  g_assert_cmpstr (asker.answer, ==, "");
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
  asker_wait (&asker);
  g_assert_cmpstr (asker.answer, ==, "secret");
  asker_ask_question (&asker, &question);
  asker_wait (&asker);
  g_assert_null (asker.answer);
  asker_clear (&asker);
}

static void
test_nobody (void)
{
  Asker asker;

  asker_init (&asker, NULL, NULL);
  g_assert_false (mitogen_prompter_can_answer (asker.prompter));
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Sag das Passwort:", FALSE);
  asker_wait (&asker);
  g_assert_error (asker.error, MITOGEN_ERROR, MITOGEN_ERROR_PASSWORD);
  assert_says (asker.error->message, "Password for root by sudo on web1, through bastion: ");
  assert_says (asker.error->message, "“interaction” or “password”");
  assert_says (asker.error->message, "“Sag das Passwort:”");
  asker_clear (&asker);
}

/* ---- a person ---- */

static void
test_person (gconstpointer data)
{
  Person person;
  Asker asker;

  person_init (&person, (When) GPOINTER_TO_INT (data), G_MOUNT_OPERATION_HANDLED, "typed");
  asker_init (&asker, person.operation, "property");
  g_assert_true (mitogen_prompter_has_interaction (asker.prompter));
  for (guint i = 1; i <= 3; i++)
    {
      g_autofree char *text = g_strdup_printf ("Question %u?", i);

      asker_ask (&asker, MITOGEN_PROMPT_CODE, text, FALSE);
      if (person.when == WHEN_IN_A_LOOP)
        {
          g_timeout_add (5, reply_when_asked, &person);
          unit_wait (person.n_asked == i);
        }
      asker_wait (&asker);
      g_assert_no_error (asker.error);
      g_assert_cmpstr (asker.answer, ==, "typed");
      g_assert_cmpint (asker.n_asking, ==, 1);
      g_assert_cmpuint (person.n_asked, ==, i);
      if (person.when != WHEN_TWICE)
        g_assert_null (g_mount_operation_get_password (person.operation));
      assert_says (person.message, text);
      g_clear_pointer (&person.replier, g_thread_join);
    }
  assert_says (person.message, "Code or answer for root by sudo on web1, through bastion\n");
  g_assert_cmpstr (person.user, ==, "root");
  g_assert_cmpint (person.flags, ==, G_ASK_PASSWORD_NEED_PASSWORD);
  asker_clear (&asker);
  g_assert_cmpuint (person.n_aborted, ==, 0);
  person_clear (&person);
}

static void
test_cancelled (void)
{
  Person person;
  Asker asker;

  person_init (&person, WHEN_LATER, G_MOUNT_OPERATION_ABORTED, NULL);
  asker_init (&asker, person.operation, "property");
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
  asker_wait (&asker);
  g_assert_null (asker.answer);
  g_assert_error (asker.error, G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED);
  asker_clear (&asker);
  person_clear (&person);
}

static void
test_unhandled (void)
{
  Person person;
  Asker asker;

  person_init (&person, WHEN_LATER, G_MOUNT_OPERATION_UNHANDLED, NULL);
  asker_init (&asker, person.operation, "property");
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
  asker_wait (&asker);
  g_assert_cmpstr (asker.answer, ==, "property");
  asker_ask (&asker, MITOGEN_PROMPT_CODE, "Code:", FALSE);
  asker_wait (&asker);
  g_assert_error (asker.error, MITOGEN_ERROR, MITOGEN_ERROR_PASSWORD);
  assert_says (asker.error->message, "does not deal with");
  asker_clear (&asker);
  person_clear (&person);
}

/* An operation without a handler would answer in a context that may not run. */
static void
test_plain_operation (void)
{
  g_autoptr (GMountOperation) operation = g_mount_operation_new ();
  Asker asker;

  asker_init (&asker, operation, "property");
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
  asker_wait (&asker);
  g_assert_cmpstr (asker.answer, ==, "property");
  g_assert_cmpint (asker.n_asking, ==, 0);
  asker_ask (&asker, MITOGEN_PROMPT_HOST_KEY, "?", FALSE);
  asker_wait (&asker);
  g_assert_error (asker.error, MITOGEN_ERROR, MITOGEN_ERROR_HOST_KEY);
  asker_clear (&asker);
}

static void
test_refused (void)
{
  Person person;
  Asker asker;

  person_init (&person, WHEN_LATER, G_MOUNT_OPERATION_HANDLED, "wrong");
  asker_init (&asker, person.operation, "property");
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
  asker_wait (&asker);
  g_assert_null (strchr (person.message, '\n'));
  g_assert_cmpstr (asker.answer, ==, "wrong");
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", TRUE);
  asker_wait (&asker);
  assert_says (person.message, "refused");
  g_assert_cmpstr (asker.answer, ==, "wrong");
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", TRUE);
  asker_wait (&asker);
  g_assert_error (asker.error, MITOGEN_ERROR, MITOGEN_ERROR_PASSWORD);
  assert_says (asker.error->message, "refused");
  g_assert_cmpuint (person.n_asked, ==, 2);
  asker_clear (&asker);
  person_clear (&person);
}

/* ---- host keys and choices ---- */

static void
test_host_key (void)
{
  MitogenQuestion question = { .kind = MITOGEN_PROMPT_HOST_KEY,
                               .text = (char *) "The authenticity of host ...",
                               .key_type = (char *) "ED25519",
                               .fingerprint = (char *) "SHA256:abc" };
  Person person;
  Asker asker;

  person_init (&person, WHEN_LATER, G_MOUNT_OPERATION_HANDLED, NULL);
  asker_init (&asker, person.operation, "property");
  asker_ask_question (&asker, &question);
  asker_wait (&asker);
  g_assert_cmpstr (asker.answer, ==, "yes");
  g_assert_cmpstr (person.choices[0], ==, "Connect");
  g_assert_cmpstr (person.choices[1], ==, "Cancel");
  assert_says (person.message, "web1");
  assert_says (person.message, "ED25519");
  assert_says (person.message, "SHA256:abc");
  assert_says (person.message, "as reported by bastion");

  person.choice = 1;
  question.changed = TRUE;
  question.text = (char *) "@@@@";
  asker_ask_question (&asker, &question);
  asker_wait (&asker);
  g_assert_null (asker.answer);
  g_assert_error (asker.error, MITOGEN_ERROR, MITOGEN_ERROR_HOST_KEY);
  g_assert_cmpstr (person.choices[0], ==, "Connect although the key has changed");
  assert_says (person.message, "Warning");

  person.result = G_MOUNT_OPERATION_ABORTED;
  question.text = (char *) "@@@";
  asker_ask_question (&asker, &question);
  asker_wait (&asker);
  g_assert_error (asker.error, G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED);
  asker_clear (&asker);
  person_clear (&person);
}

static void
test_choices (void)
{
  static const char *choices[] = { "alice", "bob", "carol", NULL };
  const MitogenQuestion question = { .kind = MITOGEN_PROMPT_OTHER,
                                     .text = (char *) "Who?",
                                     .choices = (char **) choices };
  Person person;
  Asker asker;

  person_init (&person, WHEN_AT_ONCE, G_MOUNT_OPERATION_HANDLED, NULL);
  person.choice = 2;
  asker_init (&asker, person.operation, NULL);
  asker_ask_question (&asker, &question);
  asker_wait (&asker);
  g_assert_cmpstr (asker.answer, ==, "2");
  g_assert_cmpuint (g_strv_length (person.choices), ==, 3);
  assert_says (person.message, "“Who?”");
  asker_clear (&asker);
  person_clear (&person);
}

/* ---- saving ---- */

static void
succeeded_run (gpointer data)
{
  mitogen_prompter_succeeded (data);
}

/* Another connection to the same place, or to another one, by the same broker. */
static void
asker_renew (Asker *asker, GMountOperation *operation, const char *key)
{
  g_autoptr (MitogenDispatcher) dispatcher = mitogen_dispatcher_get (NULL);
  MitogenPlace place;

  mitogen_prompter_close (asker->prompter);
  mitogen_prompter_unref (asker->prompter);
  place_fill (&place);
  g_free (place.key);
  place.key = g_strdup (key);
  asker->prompter = mitogen_prompter_new (dispatcher, operation, NULL, &place, NULL, NULL);
}

static void
asker_expect (Asker *asker, MitogenPromptKind kind, gboolean again, const char *answer)
{
  asker_ask (asker, kind, "Password:", again);
  asker_wait (asker);
  g_assert_no_error (asker->error);
  g_assert_cmpstr (asker->answer, ==, answer);
}

static void
test_for_session (void)
{
  Person person;
  Asker asker;

  person_init (&person, WHEN_LATER, G_MOUNT_OPERATION_HANDLED, "first");
  person.save = G_PASSWORD_SAVE_FOR_SESSION;
  asker_init (&asker, person.operation, NULL);
  asker_renew (&asker, person.operation, "a");
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, FALSE, "first");
  g_assert_true (person.flags & G_ASK_PASSWORD_SAVING_SUPPORTED);

  /* It was not known to be right. */
  asker_renew (&asker, person.operation, "a");
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, FALSE, "first");
  g_assert_cmpuint (person.n_asked, ==, 2);
  unit_run (asker.io, succeeded_run, asker.prompter);

  asker_renew (&asker, person.operation, "a");
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, FALSE, "first");
  g_assert_cmpuint (person.n_asked, ==, 2);
  /* Refused: a person is asked, and may be wrong once. */
  person.password = "second";
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, TRUE, "second");
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, TRUE, "second");
  g_assert_cmpuint (person.n_asked, ==, 4);
  unit_run (asker.io, succeeded_run, asker.prompter);

  asker_renew (&asker, person.operation, "a");
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, FALSE, "second");
  g_assert_cmpuint (person.n_asked, ==, 4);

  /* A program that asks once is started anew. */
  person.password = "third";
  unit_run (asker.io, restarted_run, asker.prompter);
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, TRUE, "third");
  g_assert_cmpuint (person.n_asked, ==, 5);
  unit_run (asker.io, succeeded_run, asker.prompter);
  asker_renew (&asker, person.operation, "a");
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, FALSE, "third");
  /* One that was not refused is tried again. */
  unit_run (asker.io, restarted_run, asker.prompter);
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, FALSE, "third");
  g_assert_cmpuint (person.n_asked, ==, 5);

  /* Elsewhere, and for other questions, there is nothing. */
  asker_renew (&asker, person.operation, "b");
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, FALSE, "third");
  g_assert_cmpuint (person.n_asked, ==, 6);
  asker_renew (&asker, person.operation, NULL);
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, FALSE, "third");
  g_assert_cmpint (person.flags, ==, G_ASK_PASSWORD_NEED_PASSWORD);
  unit_run (asker.io, succeeded_run, asker.prompter);
  asker_renew (&asker, person.operation, "a");
  asker_expect (&asker, MITOGEN_PROMPT_NEW_PASSWORD, FALSE, "third");
  g_assert_cmpuint (person.n_asked, ==, 8);
  asker_clear (&asker);
  person_clear (&person);
}

/* What was to be saved was wrong, what was right was not to be. */
static void
test_wrong_one_to_be_saved (void)
{
  Person person;
  Asker asker;

  person_init (&person, WHEN_LATER, G_MOUNT_OPERATION_HANDLED, "wrong");
  person.save = G_PASSWORD_SAVE_FOR_SESSION;
  asker_init (&asker, person.operation, NULL);
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, FALSE, "wrong");
  person.password = "right";
  person.save = G_PASSWORD_SAVE_NEVER;
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, TRUE, "right");
  unit_run (asker.io, succeeded_run, asker.prompter);
  asker_renew (&asker, person.operation, "sudo:root ssh:web1 ssh:bastion");
  asker_expect (&asker, MITOGEN_PROMPT_PASSWORD, FALSE, "right");
  g_assert_cmpuint (person.n_asked, ==, 3);
  asker_clear (&asker);
  person_clear (&person);
}

/* ---- withdrawing ---- */

static void
test_withdrawn (void)
{
  Person person;
  Asker asker;

  person_init (&person, WHEN_NEVER, G_MOUNT_OPERATION_HANDLED, "late");
  asker_init (&asker, person.operation, NULL);
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
  unit_wait (person.pending && g_atomic_int_get (&asker.n_asking) == 1);
  unit_run (asker.io, withdraw_run, asker.prompter);
  g_assert_cmpint (asker.n_destroyed, ==, 1);
  unit_wait (person.n_aborted == 1);
  person_reply (&person);
  asker_clear (&asker);
  g_assert_cmpint (asker.n_answered, ==, 0);
  g_assert_cmpuint (person.n_aborted, ==, 1);
  person_clear (&person);
}

/* Before the signal was emitted: nobody gets to know. */
static void
test_withdrawn_at_once (void)
{
  Person person;
  Asker asker;

  person_init (&person, WHEN_LATER, G_MOUNT_OPERATION_HANDLED, "late");
  asker_init (&asker, person.operation, NULL);
  for (guint i = 0; i < 100; i++)
    {
      asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
      unit_run (asker.io, withdraw_run, asker.prompter);
      g_assert_cmpint (asker.n_destroyed, ==, 1);
    }
  /* What comes after that is asked. */
  asker_ask (&asker, MITOGEN_PROMPT_CODE, "Code:", FALSE);
  asker_wait (&asker);
  g_assert_cmpstr (asker.answer, ==, "late");
  g_assert_cmpuint (person.n_asked, ==, 1);
  g_assert_cmpuint (person.n_aborted, ==, 0);
  asker_clear (&asker);
  person_clear (&person);
}

/* While a modal dialog runs a loop of its own. */
static void
test_withdrawn_in_loop (void)
{
  Person person;
  Asker asker;

  person_init (&person, WHEN_IN_A_LOOP, G_MOUNT_OPERATION_HANDLED, "late");
  asker_init (&asker, person.operation, NULL);
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
  mitogen_io_post (asker.io, withdraw_run, mitogen_prompter_ref (asker.prompter),
                   (GDestroyNotify) mitogen_prompter_unref);
  while (g_main_context_iteration (NULL, FALSE) || g_atomic_int_get (&asker.n_destroyed) == 0)
    ;
  g_assert_false (person.pending);
  asker_clear (&asker);
  person_clear (&person);
}

/* The connection is over, its blocking call has returned: a dialog must not stay. */
static void
test_closed (void)
{
  Person person;
  Asker asker;

  person_init (&person, WHEN_NEVER, G_MOUNT_OPERATION_HANDLED, NULL);
  asker_init (&asker, person.operation, NULL);
  asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
  unit_wait (person.pending);
  mitogen_prompter_close (asker.prompter);
  g_assert_cmpuint (person.n_aborted, ==, 1);
  g_assert_finalize_object (g_steal_pointer (&person.operation));
  unit_run (asker.io, withdraw_run, asker.prompter);
  asker_clear (&asker);
  g_free (person.message);
  g_free (person.user);
}

/* Without close: what is the program's is dropped in its context. */
typedef struct
{
  GThread *thread;
  gint gone;
} Gone;

static void
on_gone (gpointer data, GObject *object)
{
  Gone *gone = data;

  g_assert_true (g_thread_self () == gone->thread);
  g_atomic_int_set (&gone->gone, TRUE);
}

static void
unref_run (gpointer data)
{
  mitogen_prompter_unref (data);
}

static void
test_dropped (void)
{
  GMountOperation *operation = g_mount_operation_new ();
  Gone gone = { g_thread_self (), FALSE };
  Asker asker;

  g_object_weak_ref (G_OBJECT (operation), on_gone, &gone);
  asker_init (&asker, operation, NULL);
  g_object_unref (operation);
  unit_run (asker.io, unref_run, asker.prompter);
  unit_wait (g_atomic_int_get (&gone.gone));
  unit_io_end (asker.io);
}

/* ---- several connections, one operation ---- */

#define N_ASKERS 5

static void
test_shared (void)
{
  Person person;
  Asker askers[N_ASKERS];

  person_init (&person, WHEN_LATER, G_MOUNT_OPERATION_HANDLED, "shared");
  for (guint i = 0; i < N_ASKERS; i++)
    asker_init (&askers[i], person.operation, NULL);
  for (guint i = 0; i < N_ASKERS; i++)
    asker_ask (&askers[i], MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
  for (guint i = 0; i < N_ASKERS; i++)
    {
      asker_wait (&askers[i]);
      g_assert_cmpstr (askers[i].answer, ==, "shared");
    }
  g_assert_cmpuint (person.n_asked, ==, N_ASKERS);
  for (guint i = 0; i < N_ASKERS; i++)
    asker_clear (&askers[i]);
  person_clear (&person);
}

/* Those that wait are not told of; the one that is asked makes room. Each asker looks for what was
 * saved in a thread of its own, and these may overtake one another: the others come when the first
 * is asked. */
static void
test_shared_withdrawn (void)
{
  Person person;
  Asker askers[3];

  person_init (&person, WHEN_NEVER, G_MOUNT_OPERATION_HANDLED, "third");
  for (guint i = 0; i < 3; i++)
    {
      asker_init (&askers[i], person.operation, NULL);
      asker_ask (&askers[i], MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
      unit_wait (person.pending);
    }
  unit_run (askers[1].io, withdraw_run, askers[1].prompter);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (person.n_aborted, ==, 0);
  g_assert_cmpuint (person.n_asked, ==, 1);
  unit_run (askers[0].io, withdraw_run, askers[0].prompter);
  unit_wait (person.n_asked == 2 && person.pending);
  g_assert_cmpuint (person.n_aborted, ==, 1);
  person_reply (&person);
  asker_wait (&askers[2]);
  g_assert_cmpstr (askers[2].answer, ==, "third");
  for (guint i = 0; i < 3; i++)
    asker_clear (&askers[i]);
  person_clear (&person);
}

/* Blocking connections in threads, each with a context of its own. */
typedef struct
{
  GMountOperation *operation;
  GMainContext *context;
  GThread *thread;
  guint number;
} Blocking;

static void
on_ask_at_once (GMountOperation *operation,
                const char *message,
                const char *user,
                const char *domain,
                GAskPasswordFlags flags,
                gpointer data)
{
  g_mount_operation_set_password (operation, "typed");
  g_mount_operation_reply (operation, G_MOUNT_OPERATION_HANDLED);
}

static gpointer
blocking_thread (gpointer data)
{
  Blocking *blocking = data;

  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (GMainContext) context = g_main_context_new ();
      Asker asker;

      asker_init_full (&asker, context, blocking->operation, NULL, NULL, NULL);
      asker_ask (&asker, MITOGEN_PROMPT_PASSWORD, "Password:", FALSE);
      if ((i + blocking->number) % 3 == 0)
        unit_run (asker.io, withdraw_run, asker.prompter);
      else
        {
          unit_wait_in (context, g_atomic_int_get (&asker.n_destroyed) > 0);
          g_assert_cmpstr (asker.answer, ==, "typed");
        }
      mitogen_prompter_close (asker.prompter);
      while (g_main_context_iteration (context, FALSE))
        ;
      mitogen_prompter_unref (asker.prompter);
      unit_io_end (asker.io);
      g_free (asker.answer);
    }
  return NULL;
}

static void
test_shared_by_threads (void)
{
  GMountOperation *operation = g_mount_operation_new ();
  Blocking blocking[4];

  g_signal_connect (operation, "ask-password", G_CALLBACK (on_ask_at_once), NULL);
  for (guint i = 0; i < G_N_ELEMENTS (blocking); i++)
    {
      blocking[i] = (Blocking){ .operation = operation, .number = i };
      blocking[i].thread = g_thread_new ("blocking", blocking_thread, &blocking[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (blocking); i++)
    g_thread_join (blocking[i].thread);
  g_assert_finalize_object (operation);
}

/* ---- a class of the program's own ---- */

static gboolean
handle (GObject *connection, MitogenQuestion *question, MitogenPassword **answer)
{
  g_assert_false (mitogen_in_broker_thread ());
  g_assert_true (G_IS_OBJECT (connection));
  if (g_str_equal (question->text, "no question"))
    return FALSE;
  if (g_str_equal (question->text, "known"))
    *answer = mitogen_password_new ("answer", -1);
  else
    {
      question->kind = MITOGEN_PROMPT_CODE;
      g_free (question->text);
      question->text = g_strdup ("in better words");
    }
  return TRUE;
}

static void
test_handler (void)
{
  g_autoptr (GObject) connection = g_object_new (G_TYPE_OBJECT, NULL);
  Person person;
  Asker asker;

  person_init (&person, WHEN_LATER, G_MOUNT_OPERATION_HANDLED, "typed");
  asker_init_full (&asker, NULL, person.operation, NULL, handle, connection);
  g_assert_true (mitogen_prompter_has_handler (asker.prompter));
  asker_ask (&asker, MITOGEN_PROMPT_OTHER, "no question", FALSE);
  asker_wait (&asker);
  g_assert_null (asker.answer);
  g_assert_no_error (asker.error);
  for (guint i = 0; i < 2; i++)
    {
      asker_ask (&asker, MITOGEN_PROMPT_OTHER, "known", FALSE);
      asker_wait (&asker);
      g_assert_cmpstr (asker.answer, ==, "answer");
    }
  /* Wrong again and again. */
  asker_ask (&asker, MITOGEN_PROMPT_OTHER, "known", FALSE);
  asker_wait (&asker);
  g_assert_error (asker.error, MITOGEN_ERROR, MITOGEN_ERROR_PASSWORD);
  g_assert_cmpuint (person.n_asked, ==, 0);
  asker_ask (&asker, MITOGEN_PROMPT_OTHER, "?", FALSE);
  asker_wait (&asker);
  g_assert_cmpstr (asker.answer, ==, "typed");
  assert_says (person.message, "Code or answer for root by sudo");
  assert_says (person.message, "“in better words”");
  asker_clear (&asker);
  person_clear (&person);
}

int
main (int argc, char **argv)
{
  /* Whoever runs the tests has a keyring of their own. */
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/prompter/property", test_property);
  g_test_add_func ("/prompter/property-for-others", test_property_for_others);
  g_test_add_func ("/prompter/property-for-key", test_property_for_key);
  g_test_add_func ("/prompter/same-words", test_same_words);
  g_test_add_func ("/prompter/nobody", test_nobody);
  g_test_add_data_func ("/prompter/person/at-once", GINT_TO_POINTER (WHEN_AT_ONCE), test_person);
  g_test_add_data_func ("/prompter/person/later", GINT_TO_POINTER (WHEN_LATER), test_person);
  g_test_add_data_func ("/prompter/person/twice", GINT_TO_POINTER (WHEN_TWICE), test_person);
  g_test_add_data_func ("/prompter/person/in-thread", GINT_TO_POINTER (WHEN_IN_A_THREAD),
                        test_person);
  g_test_add_data_func ("/prompter/person/in-loop", GINT_TO_POINTER (WHEN_IN_A_LOOP), test_person);
  g_test_add_func ("/prompter/cancelled", test_cancelled);
  g_test_add_func ("/prompter/unhandled", test_unhandled);
  g_test_add_func ("/prompter/plain-operation", test_plain_operation);
  g_test_add_func ("/prompter/refused", test_refused);
  g_test_add_func ("/prompter/host-key", test_host_key);
  g_test_add_func ("/prompter/choices", test_choices);
  g_test_add_func ("/prompter/for-session", test_for_session);
  g_test_add_func ("/prompter/wrong-one-to-be-saved", test_wrong_one_to_be_saved);
  g_test_add_func ("/prompter/withdrawn", test_withdrawn);
  g_test_add_func ("/prompter/withdrawn-at-once", test_withdrawn_at_once);
  g_test_add_func ("/prompter/withdrawn-in-loop", test_withdrawn_in_loop);
  g_test_add_func ("/prompter/closed", test_closed);
  g_test_add_func ("/prompter/dropped", test_dropped);
  g_test_add_func ("/prompter/shared", test_shared);
  g_test_add_func ("/prompter/shared-withdrawn", test_shared_withdrawn);
  g_test_add_func ("/prompter/shared-by-threads", test_shared_by_threads);
  g_test_add_func ("/prompter/handler", test_handler);
  return g_test_run ();
}
