/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The poller, with epoll and without; here in the test's own thread. */

#include "broker/mitogen-fd-private.h"
#include "broker/mitogen-poller-private.h"
#include "unit-util.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  GMainContext *context;
  MitogenPoller *poller;
  int fds[2]; /* a socket pair: we watch the first */
} Fixture;

typedef struct
{
  MitogenWatch *watch;
  MitogenWatch *other; /* to be removed by the callback */
  guint calls;
  GIOCondition seen;
  gboolean remove_self;
} Seen;

static void
on_event (GIOCondition condition, gpointer data)
{
  Seen *seen = data;

  seen->calls++;
  seen->seen |= condition;
  if (seen->other != NULL)
    g_clear_pointer (&seen->other, mitogen_watch_remove);
  if (seen->remove_self)
    g_clear_pointer (&seen->watch, mitogen_watch_remove);
}

/* epoll_create() fails with no descriptor to spare: then there is a source for each. */
static MitogenPoller *
poller_without_epoll (GMainContext *context)
{
  struct rlimit limit;
  struct rlimit none;
  MitogenPoller *poller;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  none = limit;
  none.rlim_cur = 0;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  poller = mitogen_poller_new (context);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  return poller;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->context = g_main_context_new ();
  fixture->poller = GPOINTER_TO_INT (data) ? mitogen_poller_new (fixture->context)
                                           : poller_without_epoll (fixture->context);
  g_assert_true (mitogen_fd_socketpair (fixture->fds, NULL));
  g_assert_true (mitogen_fd_set_nonblocking (fixture->fds[0], NULL));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  mitogen_poller_free (fixture->poller);
  g_main_context_unref (fixture->context);
  mitogen_fd_close (&fixture->fds[0]);
  mitogen_fd_close (&fixture->fds[1]);
}

static void
add (Fixture *fixture, Seen *seen, int fd, GIOCondition condition)
{
  seen->watch = mitogen_poller_add (fixture->poller, fd, condition, on_event, seen);
}

/* How many turns find something to do, of 20. */
static guint
count_turns (Fixture *fixture)
{
  guint n = 0;

  for (guint i = 0; i < 20; i++)
    n += g_main_context_iteration (fixture->context, FALSE);
  return n;
}

static void
test_level (Fixture *fixture, gconstpointer data)
{
  Seen seen = { 0 };
  char byte;

  add (fixture, &seen, fixture->fds[0], G_IO_IN);
  g_assert_cmpuint (count_turns (fixture), ==, 0);
  unit_write (fixture->fds[1], "ab", 2);
  unit_wait_in (fixture->context, seen.calls == 1);
  g_assert_cmpuint (seen.seen, ==, G_IO_IN);
  /* Not read, so told again; half read, told again; read, not. */
  unit_wait_in (fixture->context, seen.calls == 2);
  unit_read (fixture->fds[0], &byte, 1);
  unit_wait_in (fixture->context, seen.calls >= 3);
  unit_read (fixture->fds[0], &byte, 1);
  g_assert_cmpuint (count_turns (fixture), ==, 0);
  mitogen_watch_remove (seen.watch);
}

static void
test_conditions (Fixture *fixture, gconstpointer data)
{
  Seen seen = { 0 };

  add (fixture, &seen, fixture->fds[0], G_IO_IN);
  g_assert_cmpuint (count_turns (fixture), ==, 0);
  mitogen_watch_set_condition (seen.watch, G_IO_IN | G_IO_OUT);
  unit_wait_in (fixture->context, seen.seen & G_IO_OUT);
  mitogen_watch_set_condition (seen.watch, 0);
  g_assert_cmpuint (count_turns (fixture), ==, 0);
  mitogen_watch_set_condition (seen.watch, G_IO_OUT);
  seen.seen = 0;
  unit_wait_in (fixture->context, seen.seen & G_IO_OUT);
  mitogen_watch_remove (seen.watch);
  g_assert_cmpuint (count_turns (fixture), ==, 0);
}

/* Watched for nothing at first, as the writing side of a pair of pipes is. */
static void
test_nothing_at_first (Fixture *fixture, gconstpointer data)
{
  Seen seen = { 0 };

  add (fixture, &seen, fixture->fds[0], 0);
  unit_write (fixture->fds[1], "a", 1);
  g_assert_cmpuint (count_turns (fixture), ==, 0);
  mitogen_watch_set_condition (seen.watch, G_IO_OUT);
  unit_wait_in (fixture->context, seen.seen & G_IO_OUT);
  g_assert_cmpuint (seen.seen & G_IO_IN, ==, 0);
  mitogen_watch_remove (seen.watch);
}

static void
test_hang_up (Fixture *fixture, gconstpointer data)
{
  Seen seen = { 0 };
  Seen idle = { 0 };
  int pipes[2];

  add (fixture, &seen, fixture->fds[0], G_IO_IN);
  mitogen_watch_set_condition (seen.watch, 0);
  mitogen_fd_close (&fixture->fds[1]);
  /* Nobody wants to know now: that must not keep the processor busy. */
  g_assert_cmpuint (count_turns (fixture), ==, 0);
  g_assert_cmpuint (seen.calls, ==, 0);
  mitogen_watch_set_condition (seen.watch, G_IO_IN);
  unit_wait_in (fixture->context, seen.calls > 0);
  mitogen_watch_remove (seen.watch);

  /* The same for what has been watched for nothing all the time. */
  g_assert_true (mitogen_fd_pipe (pipes, NULL));
  add (fixture, &idle, pipes[1], 0);
  close (pipes[0]);
  g_assert_cmpuint (count_turns (fixture), ==, 0);
  mitogen_watch_remove (idle.watch);
  close (pipes[1]);
}

static void
test_remove_in_callback (Fixture *fixture, gconstpointer data)
{
  Seen self = { .remove_self = TRUE };
  Seen first = { 0 };
  Seen second = { 0 };
  int fds[2];

  add (fixture, &self, fixture->fds[0], G_IO_OUT);
  unit_wait_in (fixture->context, self.calls == 1);
  g_assert_cmpuint (count_turns (fixture), ==, 0);
  g_assert_cmpuint (self.calls, ==, 1);

  /* Both ready in the same turn: whichever comes first removes the other. */
  g_assert_true (mitogen_fd_socketpair (fds, NULL));
  add (fixture, &first, fds[0], G_IO_OUT);
  add (fixture, &second, fds[1], G_IO_OUT);
  first.other = second.watch;
  second.other = first.watch;
  for (guint i = 0; i < 20; i++)
    g_main_context_iteration (fixture->context, FALSE);
  g_assert_true ((first.calls == 0) != (second.calls == 0));
  mitogen_watch_remove (first.calls > 0 ? first.watch : second.watch);
  mitogen_fd_close (&fds[0]);
  mitogen_fd_close (&fds[1]);
}

/* epoll refuses regular files; they are always ready. */
static void
test_regular_file (Fixture *fixture, gconstpointer data)
{
  Seen seen = { 0 };
  int fd = open ("/proc/self/exe", O_RDONLY | O_CLOEXEC);

  add (fixture, &seen, fd, G_IO_IN);
  unit_wait_in (fixture->context, seen.calls > 0);
  mitogen_watch_remove (seen.watch);
  close (fd);
}

#define N_WATCHES 300

static void
test_many (Fixture *fixture, gconstpointer data)
{
  g_autofree Seen *seen = g_new0 (Seen, N_WATCHES);
  g_autofree int *fds = g_new (int, 2 * N_WATCHES);

  for (guint i = 0; i < N_WATCHES; i++)
    {
      g_assert_true (mitogen_fd_socketpair (&fds[2 * i], NULL));
      add (fixture, &seen[i], fds[2 * i], G_IO_IN);
      unit_write (fds[2 * i + 1], "x", 1);
    }
  /* More than one turn's worth: everyone has its turn though nobody reads. */
  for (guint i = 0; i < N_WATCHES; i++)
    unit_wait_in (fixture->context, seen[i].calls > 0);
  for (guint i = 0; i < N_WATCHES; i++)
    {
      mitogen_watch_remove (seen[i].watch);
      close (fds[2 * i]);
      close (fds[2 * i + 1]);
    }
}

static void
add_test (const char *name, void (*func) (Fixture *, gconstpointer))
{
  g_autofree char *with = g_strdup_printf ("/poller/epoll/%s", name);
  g_autofree char *without = g_strdup_printf ("/poller/sources/%s", name);

  g_test_add (with, Fixture, GINT_TO_POINTER (TRUE), set_up, func, tear_down);
  g_test_add (without, Fixture, GINT_TO_POINTER (FALSE), set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_test ("level", test_level);
  add_test ("conditions", test_conditions);
  add_test ("nothing-at-first", test_nothing_at_first);
  add_test ("hang-up", test_hang_up);
  add_test ("remove-in-callback", test_remove_in_callback);
  add_test ("regular-file", test_regular_file);
  add_test ("many", test_many);
  return g_test_run ();
}
