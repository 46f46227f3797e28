/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Real child processes: their terminal, descriptors and environment. Each test runs with both
 * ways to start one: without a copy of this process, and with one, for a hook's sake. */

#include "broker/mitogen-fd-private.h"
#include "unit-child.h"
#include "unit-util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
do_nothing (gpointer data)
{
}

static UnitChild *
child_new (MitogenTerminal terminal, gconstpointer data)
{
  UnitChild *self = unit_child_new (terminal);

  self->spec.preexec = GPOINTER_TO_INT (data) ? do_nothing : NULL;
  return self;
}

static char *
terminal_name (UnitChild *child)
{
  char name[64];

  g_assert_cmpint (ptsname_r (child->master, name, sizeof name), ==, 0);
  return g_strdup (name);
}

/* ---- which terminal ---- */

static void
test_none (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_NONE, data);
  g_autofree char *text = NULL;

  unit_child_run (child, MITOGEN_TERMINAL_NONE,
                  "if true < /dev/tty; then echo one; else echo none; fi");
  text = unit_read_until (child->stream, "\n");
  g_assert_cmpstr (text, ==, "none\n");
}

static void
test_beside (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_BESIDE, data);
  g_autofree char *asked = NULL;
  g_autofree char *answered = NULL;

  unit_child_run (child, MITOGEN_TERMINAL_BESIDE,
                  "printf 'Password: ' > /dev/tty; read word < /dev/tty; tty; echo \"$word\"");
  asked = unit_read_until (child->master, ": ");
  g_assert_cmpstr (asked, ==, "Password: ");
  unit_write (child->master, "geheim\n", 7);
  answered = unit_read_until (child->stream, "geheim\n");
  g_assert_cmpstr (answered, ==, "not a tty\ngeheim\n");
  g_assert_cmpint (unit_child_wait (child), ==, 0);
  g_assert_false (unit_has_input (child->master, 0)); /* nothing of it was echoed */
}

static void
test_all (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_ALL, data);
  g_autofree char *name = terminal_name (child);
  g_autofree char *text = NULL;

  unit_child_run (child, MITOGEN_TERMINAL_ALL, "tty; tty < /dev/tty; printf end");
  text = unit_read_until (child->stream, "end");
  g_assert_true (g_str_has_prefix (text, name));
  g_assert_cmpstr (text + strlen (name), ==, "\n/dev/tty\nend");
}

/* ---- starting ---- */

static void
test_descriptors (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_BESIDE, data);
  const char *const argv[] = { "ls", "/proc/self/fd", NULL };
  g_autofree char *text = NULL;
  int kept = dup (child->master); /* not closed by exec */

  unit_child_start (child, MITOGEN_TERMINAL_BESIDE, argv);
  g_assert_no_error (child->error);
  text = unit_read_all (child->stream);
  g_assert_cmpstr (text, ==, "0\n1\n2\n3\n"); /* the last is the folder itself */
  close (kept);
}

static void
test_no_such_program (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_BESIDE, data);
  const char *const argv[] = { "no-such-program-anywhere", NULL };
  g_autofree char *text = NULL;

  unit_child_start (child, MITOGEN_TERMINAL_BESIDE, argv);
  g_assert_error (child->error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  g_assert_null (child->process);
  g_clear_error (&child->error);

  /* The terminal can still be used. */
  mitogen_fd_close (&child->stream);
  mitogen_fd_close (&child->errors);
  unit_child_run (child, MITOGEN_TERMINAL_BESIDE, "echo here > /dev/tty");
  text = unit_read_until (child->master, "\n");
  g_assert_cmpstr (text, ==, "here\n");
}

static void
test_environment (gconstpointer data)
{
  g_autoptr (UnitChild) child = child_new (MITOGEN_TERMINAL_BESIDE, data);
  g_auto (GStrv) environment =
      g_strsplit ("MITOGEN_SET=a=b c|MITOGEN_EMPTY=|MITOGEN_GONE|MITOGEN_NOT_THERE", "|", -1);
  g_autofree char *text = NULL;

  child->spec.environment = environment;
  unit_child_run (child, MITOGEN_TERMINAL_BESIDE,
                  "echo \"$MITOGEN_SET,${MITOGEN_EMPTY-unset},${MITOGEN_GONE-unset},"
                  "${MITOGEN_NOT_THERE-unset},$MITOGEN_KEPT\"");
  text = unit_read_until (child->stream, "\n");
  g_assert_cmpstr (text, ==, "a=b c,,unset,unset,1\n");
  g_assert_cmpstr (g_getenv ("MITOGEN_GONE"), ==, "1");
}

static void
add_test (const char *name, GTestDataFunc func)
{
  g_autofree char *plain = g_strdup_printf ("/process/%s/plain", name);
  g_autofree char *hook = g_strdup_printf ("/process/%s/hook", name);

  g_test_add_data_func (plain, GINT_TO_POINTER (FALSE), func);
  g_test_add_data_func (hook, GINT_TO_POINTER (TRUE), func);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("MITOGEN_GONE", "1", TRUE);
  g_setenv ("MITOGEN_KEPT", "1", TRUE);
  add_test ("terminal/none", test_none);
  add_test ("terminal/beside", test_beside);
  add_test ("terminal/all", test_all);
  add_test ("descriptors", test_descriptors);
  add_test ("no-such-program", test_no_such_program);
  add_test ("environment", test_environment);
  return g_test_run ();
}
