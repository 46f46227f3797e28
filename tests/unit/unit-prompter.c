/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unit-prompter.h"

#include <string.h>

/* ---- a prompter, and what it answers ---- */

static void
on_asking (gpointer data)
{
  Asker *asker = data;

  g_assert_true (mitogen_io_is_current (asker->io));
  g_assert_cmpint (g_atomic_int_get (&asker->n_answered), ==, 0);
  g_atomic_int_inc (&asker->n_asking);
}

static void
on_answered (MitogenPassword *answer, const GError *error, gpointer data)
{
  Asker *asker = data;

  g_assert_true (mitogen_io_is_current (asker->io));
  g_assert_cmpint (g_atomic_int_get (&asker->n_destroyed), ==, 0);
  asker->answer = answer != NULL ? g_strdup (mitogen_password_get_text (answer)) : NULL;
  asker->error = error != NULL ? g_error_copy (error) : NULL;
  g_atomic_int_inc (&asker->n_answered);
}

static void
on_destroyed (gpointer data)
{
  Asker *asker = data;

  g_atomic_int_inc (&asker->n_destroyed);
}

static const MitogenPrompterFuncs funcs = { on_asking, on_answered };

void
place_fill (MitogenPlace *place)
{
  static const char *through[] = { "bastion", NULL };

  *place = (MitogenPlace){
    .method = g_strdup ("sudo"),
    .user = g_strdup ("root"),
    .host = g_strdup ("web1"),
    .through = g_strdupv ((char **) through),
    .key = g_strdup ("sudo:root ssh:web1 ssh:bastion"),
  };
}

void
asker_init_full (Asker *asker,
                 GMainContext *context,
                 GMountOperation *operation,
                 const char *password,
                 MitogenPromptHandler handler,
                 GObject *connection)
{
  g_autoptr (MitogenDispatcher) dispatcher = mitogen_dispatcher_get (context);
  g_autoptr (MitogenPassword) secret =
      password != NULL ? mitogen_password_new (password, -1) : NULL;
  MitogenPlace place;

  place_fill (&place);
  *asker = (Asker){ .io = unit_io_new () };
  asker->prompter =
      mitogen_prompter_new (dispatcher, operation, secret, &place, handler, connection);
  g_assert_null (place.method);
}

void
asker_init (Asker *asker, GMountOperation *operation, const char *password)
{
  asker_init_full (asker, NULL, operation, password, NULL, NULL);
}

typedef struct
{
  Asker *asker;
  MitogenQuestion question;
} Ask;

static void
ask_run (gpointer data)
{
  Ask *ask = data;

  mitogen_prompter_ask (ask->asker->prompter, ask->asker->io, &ask->question, &funcs, ask->asker,
                        on_destroyed);
}

void
asker_ask_question (Asker *asker, const MitogenQuestion *question)
{
  Ask ask = { asker, *question };

  g_clear_pointer (&asker->answer, g_free);
  g_clear_error (&asker->error);
  asker->n_asking = asker->n_answered = asker->n_destroyed = 0;
  unit_run (asker->io, ask_run, &ask);
}

void
asker_ask (Asker *asker, MitogenPromptKind kind, const char *text, gboolean again)
{
  const MitogenQuestion question = { .kind = kind, .text = (char *) text, .again = again };

  asker_ask_question (asker, &question);
}

void
asker_wait (Asker *asker)
{
  unit_wait (g_atomic_int_get (&asker->n_destroyed) > 0);
  g_assert_cmpint (asker->n_answered, ==, 1);
  g_assert_cmpint (asker->n_destroyed, ==, 1);
}

void
withdraw_run (gpointer data)
{
  mitogen_prompter_withdraw (data);
}

void
restarted_run (gpointer data)
{
  mitogen_prompter_restarted (data);
}

void
asker_clear (Asker *asker)
{
  mitogen_prompter_close (asker->prompter);
  mitogen_prompter_unref (asker->prompter);
  unit_io_end (asker->io);
  g_free (asker->answer);
  g_clear_error (&asker->error);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
assert_says (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("“%s” does not say “%s”", text, part);
}

/* ---- an operation that replies as it is told ---- */

void
person_reply (Person *person)
{
  person->pending = FALSE;
  g_mount_operation_set_password (person->operation, person->password);
  g_mount_operation_set_password_save (person->operation, person->save);
  g_mount_operation_set_choice (person->operation, person->choice);
  g_mount_operation_reply (person->operation, person->result);
}

gboolean
reply_idle (gpointer data)
{
  person_reply (data);
  return G_SOURCE_REMOVE;
}

/* The question may come later than the first turn of this. */
gboolean
reply_when_asked (gpointer data)
{
  Person *person = data;

  if (!person->pending)
    return G_SOURCE_CONTINUE;
  person_reply (person);
  return G_SOURCE_REMOVE;
}

static gpointer
reply_thread (gpointer data)
{
  person_reply (data);
  return NULL;
}

static void
person_asked (Person *person, const char *message)
{
  g_assert_true (g_thread_self () == person->thread);
  g_assert_false (person->pending);
  person->pending = TRUE;
  person->n_asked++;
  g_free (person->message);
  person->message = g_strdup (message);
  switch (person->when)
    {
    case WHEN_AT_ONCE:
      person_reply (person);
      break;
    case WHEN_LATER:
      g_idle_add (reply_idle, person);
      break;
    case WHEN_TWICE:
      person_reply (person);
      person_reply (person);
      break;
    case WHEN_IN_A_THREAD:
      person->replier = g_thread_new ("replier", reply_thread, person);
      break;
    case WHEN_IN_A_LOOP:
      while (person->pending)
        g_main_context_iteration (NULL, TRUE);
      break;
    case WHEN_NEVER:
    default:
      break;
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
  g_free (person->user);
  person->user = g_strdup (user);
  person->flags = flags;
  person_asked (person, message);
}

static void
on_ask_question (GMountOperation *operation,
                 const char *message,
                 const char *const *choices,
                 Person *person)
{
  g_strfreev (person->choices);
  person->choices = g_strdupv ((char **) choices);
  person_asked (person, message);
}

static void
on_aborted (GMountOperation *operation, Person *person)
{
  g_assert_true (g_thread_self () == person->thread);
  person->n_aborted++;
  person->pending = FALSE;
}

void
person_init (Person *person, When when, GMountOperationResult result, const char *password)
{
  *person = (Person){
    .operation = g_mount_operation_new (),
    .when = when,
    .result = result,
    .password = password,
    .thread = g_thread_self (),
  };
  g_signal_connect (person->operation, "ask-password", G_CALLBACK (on_ask_password), person);
  g_signal_connect (person->operation, "ask-question", G_CALLBACK (on_ask_question), person);
  g_signal_connect (person->operation, "aborted", G_CALLBACK (on_aborted), person);
}

void
person_clear (Person *person)
{
  if (person->replier != NULL)
    g_thread_join (person->replier);
  g_free (person->message);
  g_free (person->user);
  g_strfreev (person->choices);
  g_assert_finalize_object (person->operation);
}
