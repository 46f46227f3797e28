/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Asks in its terminal, for test-tty.py: tty-helper WHAT... tells what came of it on standard
 * output. */

#include <mitogen.h>

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static GMainLoop *loop;
static guint n_left;
static char **wishes;

static gboolean
wanted (const char *what)
{
  return g_strv_contains ((const char *const *) wishes, what);
}

static void
on_reply (GMountOperation *operation, GMountOperationResult result, gpointer data)
{
  static const char *const names[] = { "handled", "aborted", "unhandled" };
  const char *password = g_mount_operation_get_password (operation);
  const char *user = g_mount_operation_get_username (operation);

  g_print ("%s %s %s %d\n", names[result], user != NULL ? user : "-",
           password != NULL ? password : "-", g_mount_operation_get_choice (operation));
  if (--n_left == 0)
    g_main_loop_quit (loop);
}

static gboolean
on_user_signal (gpointer data)
{
  if (wanted ("abort"))
    g_signal_emit_by_name (data, "aborted");
  else if (wanted ("dispose"))
    g_object_run_dispose (data);
  else if (wanted ("exit"))
    exit (7);
  g_print ("done\n");
  return G_SOURCE_CONTINUE;
}

/* The loop is not blocked while a question is open. */
static gboolean
on_tick (gpointer data)
{
  static gboolean told;

  if (!told)
    g_print ("ticks\n");
  told = TRUE;
  return G_SOURCE_CONTINUE;
}

static void
on_interrupt (int signo)
{
  gssize written = write (STDOUT_FILENO, "interrupted\n", 12);

  (void) written;
}

static void
ask (GMountOperation *operation, const char *message)
{
  static const char *choices[] = { "Connect", "Cancel", NULL };

  n_left++;
  g_signal_connect (operation, "reply", G_CALLBACK (on_reply), NULL);
  if (wanted ("question"))
    g_signal_emit_by_name (operation, "ask-question", message, choices);
  else
    g_signal_emit_by_name (operation, "ask-password", message, "alice", "",
                           wanted ("user")
                               ? G_ASK_PASSWORD_NEED_USERNAME | G_ASK_PASSWORD_NEED_PASSWORD
                               : G_ASK_PASSWORD_NEED_PASSWORD);
}

int
main (int argc, char **argv)
{
  GMountOperation *operation;
  GMountOperation *second = NULL;

  setvbuf (stdout, NULL, _IONBF, 0);
  wishes = argv + 1;
  loop = g_main_loop_new (NULL, FALSE);
  operation = wanted ("fd") ? mitogen_tty_operation_new_for_fd (0) : mitogen_tty_operation_new ();
  if (wanted ("handler"))
    signal (SIGINT, on_interrupt);
  if (wanted ("ignore"))
    signal (SIGINT, SIG_IGN);
  g_unix_signal_add (SIGUSR1, on_user_signal, operation);
  ask (operation, "Say why\nPassword for alice");
  if (wanted ("two"))
    {
      second = mitogen_tty_operation_new ();
      ask (second, "Second");
    }
  g_timeout_add (10, on_tick, NULL);
  g_main_loop_run (loop);
  g_clear_object (&second);
  g_assert_finalize_object (operation);
  g_main_loop_unref (loop);
  return 0;
}
