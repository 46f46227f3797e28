/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* With a Secret Service of its own: keyring-session runs it. */

#include "prompt/mitogen-keyring-private.h"
#include "prompt/mitogen-prompter-private.h"
#include "unit-util.h"

#include <string.h>

static void
save (const char *place, const char *what, const char *text)
{
  g_autoptr (MitogenPassword) password = mitogen_password_new (text, -1);
  g_autoptr (GError) error = NULL;

  mitogen_keyring_save (place, what, "A password", password, &error);
  g_assert_no_error (error);
}

static void
assert_saved (const char *place, const char *what, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenPassword) password =
      mitogen_keyring_lookup (place, what, NULL, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (password != NULL ? mitogen_password_get_text (password) : NULL, ==, text);
}

static void
test_save (void)
{
  assert_saved ("ssh:web1", "password", NULL);
  save ("ssh:web1", "password", "seçret");
  save ("ssh:web1", "password:root", "");
  save ("ssh:web2", "password", "other");
  assert_saved ("ssh:web1", "password", "seçret");
  assert_saved ("ssh:web1", "password:root", "");
  assert_saved ("ssh:web2", "password", "other");
  assert_saved ("ssh:web3", "password", NULL);
  save ("ssh:web1", "password", "new");
  assert_saved ("ssh:web1", "password", "new");
}

static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (mitogen_keyring_lookup ("a", "b", NULL, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* ---- by a prompter ---- */

typedef struct
{
  MitogenIo *io;
  MitogenPrompter *prompter;
  gboolean again;
  char *answer;
  gint n_answered;
} Asker;

static void
on_answered (MitogenPassword *answer, const GError *error, gpointer data)
{
  Asker *asker = data;

  g_assert_no_error (error);
  asker->answer = g_strdup (mitogen_password_get_text (answer));
  g_atomic_int_inc (&asker->n_answered);
}

static void
ask_run (gpointer data)
{
  static const MitogenPrompterFuncs funcs = { .answered = on_answered };
  Asker *asker = data;
  const MitogenQuestion question = {
    .kind = MITOGEN_PROMPT_PASSWORD, .text = (char *) "Password:", .again = asker->again
  };

  mitogen_prompter_ask (asker->prompter, asker->io, &question, &funcs, asker, NULL);
}

static void
succeeded_run (gpointer data)
{
  mitogen_prompter_succeeded (data);
}

static void
on_ask (GMountOperation *operation,
        const char *message,
        const char *user,
        const char *domain,
        GAskPasswordFlags flags,
        const char *password)
{
  g_mount_operation_set_password (operation, password);
  g_mount_operation_set_password_save (operation, G_PASSWORD_SAVE_PERMANENTLY);
  g_mount_operation_reply (operation, G_MOUNT_OPERATION_HANDLED);
}

/* What a connection of another process, so to speak, is answered; @typed: by a person who is asked
 * @again for all that is refused. */
static void
assert_answers (const char *first, const char *typed)
{
  g_autoptr (GMountOperation) operation = g_mount_operation_new ();
  g_autoptr (MitogenDispatcher) dispatcher = mitogen_dispatcher_get (NULL);
  MitogenPlace place = { .method = g_strdup ("sudo"), .key = g_strdup ("sudo:prompter") };
  Asker asker = { .io = unit_io_new () };

  g_signal_connect (operation, "ask-password", G_CALLBACK (on_ask), (gpointer) typed);
  asker.prompter = mitogen_prompter_new (dispatcher, operation, NULL, &place, NULL, NULL);
  unit_run (asker.io, ask_run, &asker);
  unit_wait (g_atomic_int_get (&asker.n_answered) == 1);
  g_assert_cmpstr (asker.answer, ==, first);
  if (!g_str_equal (first, typed))
    {
      g_free (asker.answer);
      asker.again = TRUE;
      unit_run (asker.io, ask_run, &asker);
      unit_wait (g_atomic_int_get (&asker.n_answered) == 2);
      g_assert_cmpstr (asker.answer, ==, typed);
    }
  unit_run (asker.io, succeeded_run, asker.prompter);
  mitogen_prompter_close (asker.prompter);
  mitogen_prompter_unref (asker.prompter);
  unit_io_end (asker.io);
  g_free (asker.answer);
}

/* Saving goes on after the connection has been made. */
static void
wait_saved (const char *text)
{
  gboolean is_saved = FALSE;

  while (!is_saved)
    {
      g_autoptr (MitogenPassword) password =
          mitogen_keyring_lookup ("sudo:prompter", "password", NULL, NULL, NULL, NULL);

      is_saved = password != NULL && g_str_equal (mitogen_password_get_text (password), text);
      unit_iterate (NULL, unit_deadline ());
    }
}

static void
test_prompter (void)
{
  assert_answers ("typed", "typed");
  wait_saved ("typed");
  /* Refused, and replaced. */
  assert_answers ("typed", "better");
  wait_saved ("better");
  assert_answers ("better", "better");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/keyring/save", test_save);
  g_test_add_func ("/keyring/cancelled", test_cancelled);
  g_test_add_func ("/keyring/prompter", test_prompter);
  return g_test_run ();
}
