/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a child's standard streams are connected by, with SELinux and without. */

#include "spawn/mitogen-stream-pair-private.h"
#include "broker/mitogen-fd-private.h"
#include "unit-util.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <unistd.h>

static char *folder;

static char *
write_enforce (const char *text)
{
  char *path = g_build_filename (folder, "enforce", NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

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
assert_pair (const char *enforce_path, gboolean sockets)
{
  g_auto (MitogenStreamPair) pair = { -1, -1, -1, -1 };
  g_autoptr (GError) error = NULL;
  char byte;

  mitogen_stream_pair_open (&pair, enforce_path, &error);
  g_assert_no_error (error);
  assert_descriptors (&pair);
  g_assert_cmpint (mitogen_fd_is_socket (pair.own_in), ==, sockets);
  g_assert_cmpint (mitogen_fd_is_socket (pair.child_in), ==, sockets);
  g_assert_cmpint (pair.own_in == pair.own_out, ==, sockets);
  assert_connected (pair.own_out, pair.child_in);
  assert_connected (pair.child_out, pair.own_in);
  g_assert_cmpint (pair.child_in, !=, pair.child_out);
  mitogen_fd_close (&pair.child_out);
  mitogen_fd_close (&pair.child_in);
  g_assert_false (unit_read (pair.own_in, &byte, 1));
}

static void
test_enforcing (void)
{
  g_autofree char *path = write_enforce ("1");

  assert_pair (path, FALSE);
}

static void
test_permissive (void)
{
  g_autofree char *path = write_enforce ("0");

  assert_pair (path, TRUE);
}

static void
test_none (void)
{
  g_autofree char *path = g_build_filename (folder, "not-there", NULL);

  assert_pair (path, TRUE);
  assert_pair (NULL, TRUE);
}

/* As this system has it. */
static void
test_system (void)
{
  g_autofree char *text = NULL;

  g_file_get_contents (MITOGEN_SELINUX_ENFORCE, &text, NULL, NULL);
  assert_pair (MITOGEN_SELINUX_ENFORCE, g_strcmp0 (text, "1") != 0);
}

static void
test_no_descriptors (gconstpointer text)
{
  g_autofree char *path = write_enforce (text);
  struct rlimit limit;
  struct rlimit less;
  int next = dup (0);

  close (next);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  less = limit;
  for (int n = 1; n < 4; n++) /* one is needed to read the file */
    {
      MitogenStreamPair pair;
      g_autoptr (GError) error = NULL;
      gboolean opened;

      less.rlim_cur = next + n;
      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &less), ==, 0);
      opened = mitogen_stream_pair_open (&pair, path, &error);
      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
      if (opened)
        {
          g_assert_cmpint (n, ==, 3); /* sockets */
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
  g_autofree char *path = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp (NULL, NULL);
  g_assert_nonnull (folder);
  g_test_add_func ("/stream-pair/enforcing", test_enforcing);
  g_test_add_func ("/stream-pair/permissive", test_permissive);
  g_test_add_func ("/stream-pair/none", test_none);
  g_test_add_func ("/stream-pair/system", test_system);
  g_test_add_data_func ("/stream-pair/no-descriptors/enforcing", "1", test_no_descriptors);
  g_test_add_data_func ("/stream-pair/no-descriptors/permissive", "0", test_no_descriptors);
  status = g_test_run ();

  path = g_build_filename (folder, "enforce", NULL);
  g_unlink (path);
  g_rmdir (folder);
  g_free (folder);
  return status;
}
