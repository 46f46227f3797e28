/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a child's standard streams are connected by. */

#include "spawn/mitogen-stream-pair-private.h"
#include "broker/mitogen-fd-private.h"
#include "unit-util.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static void
assert_descriptors (MitogenStreamPair *pair)
{
  const int fds[] = { pair->own_in, pair->own_out, pair->child_in, pair->child_out };

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_assert_cmpint (fds[i], >, 2);
      g_assert_cmpint (fcntl (fds[i], F_GETFD), ==, FD_CLOEXEC);
    }
}

static void
assert_connected (int from, int to)
{
  char byte;

  unit_write (from, "x", 1);
  g_assert_true (unit_read (to, &byte, 1));
  g_assert_cmpint (byte, ==, 'x');
}

/* Also that the end of either side comes out at the other, once. */
static void
test_pair (gconstpointer data)
{
  gboolean pipes = GPOINTER_TO_INT (data);
  g_auto (MitogenStreamPair) pair = { -1, -1, -1, -1 };
  g_autoptr (GError) error = NULL;
  char byte;

  mitogen_stream_pair_open (&pair, pipes, &error);
  g_assert_no_error (error);
  assert_descriptors (&pair);
  g_assert_cmpint (mitogen_fd_is_socket (pair.own_in), ==, !pipes);
  g_assert_cmpint (mitogen_fd_is_socket (pair.child_in), ==, !pipes);
  g_assert_cmpint (pair.own_in == pair.own_out, ==, !pipes);
  assert_connected (pair.own_out, pair.child_in);
  assert_connected (pair.child_out, pair.own_in);
  g_assert_cmpint (pair.child_in, !=, pair.child_out);
  /* What one part of a program does to its end, another does not find. */
  mitogen_fd_set_nonblocking (pair.child_out, NULL);
  g_assert_cmpint ((fcntl (pair.child_in, F_GETFL) & O_NONBLOCK) == 0, ==, pipes);
  mitogen_fd_close (&pair.child_out);
  mitogen_fd_close (&pair.child_in);
  g_assert_false (unit_read (pair.own_in, &byte, 1));
}

static void
test_no_descriptors (gconstpointer data)
{
  gboolean pipes = GPOINTER_TO_INT (data);
  struct rlimit limit;
  struct rlimit less;
  int next = dup (0);

  close (next);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  less = limit;
  for (int n = 1; n < 4; n++)
    {
      MitogenStreamPair pair;
      g_autoptr (GError) error = NULL;
      gboolean opened;

      less.rlim_cur = next + n;
      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &less), ==, 0);
      opened = mitogen_stream_pair_open (&pair, pipes, &error);
      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
      if (opened)
        {
          g_assert_false (pipes);
          g_assert_cmpint (n, ==, 3);
          mitogen_stream_pair_close (&pair);
        }
      else
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
      g_assert_cmpint (dup (0), ==, next); /* nothing stayed open */
      close (next);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/stream-pair/pipes", GINT_TO_POINTER (TRUE), test_pair);
  g_test_add_data_func ("/stream-pair/sockets", GINT_TO_POINTER (FALSE), test_pair);
  g_test_add_data_func ("/stream-pair/no-descriptors/pipes", GINT_TO_POINTER (TRUE),
                        test_no_descriptors);
  g_test_add_data_func ("/stream-pair/no-descriptors/sockets", GINT_TO_POINTER (FALSE),
                        test_no_descriptors);
  return g_test_run ();
}
