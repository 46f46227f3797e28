/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Joining a listener that is slow, broken, or none. */

#include "unit-util.h"
#include "unix/mitogen-unix-handshake-private.h"
#include "unix/mitogen-unix-socket-private.h"
#include "wire/mitogen-error.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  MitogenUnixSocket socket;
  const char *answer;
  gsize size;
  gboolean stay;        /* hang up only when the client does */
  GCancellable *cancel; /* instead of an answer */
  guint8 hello[4];
} Listener;

static void
set_up (Listener *listener, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  mitogen_unix_socket_listen (&listener->socket, NULL, &error);
  g_assert_no_error (error);
}

static void
tear_down (Listener *listener, gconstpointer data)
{
  mitogen_unix_socket_clear (&listener->socket);
}

static gpointer
serve (gpointer data)
{
  Listener *listener = data;
  int fd;
  char end;

  g_assert_true (unit_has_input (listener->socket.fd, UNIT_PATIENCE_MS));
  fd = accept (listener->socket.fd, NULL, NULL);
  g_assert_cmpint (fd, >=, 0);
  g_assert_true (unit_read (fd, listener->hello, sizeof listener->hello));
  for (gsize i = 0; i < listener->size; i++)
    unit_write (fd, listener->answer + i, 1);
  if (listener->cancel != NULL)
    g_cancellable_cancel (listener->cancel);
  if (listener->stay)
    g_assert_false (unit_read (fd, &end, 1));
  close (fd);
  return NULL;
}

static gboolean
join (Listener *listener, guint timeout_ms, MitogenUnixHandshake *handshake, GError **error)
{
  GThread *thread = g_thread_new ("listener", serve, listener);
  gboolean done = mitogen_unix_handshake_run (handshake, listener->socket.path, timeout_ms,
                                              listener->cancel, error);

  if (!done)
    g_assert_cmpint (handshake->fd, ==, -1);
  mitogen_unix_handshake_clear (handshake);
  g_thread_join (thread);
  return done;
}

static GError *
join_fails (Listener *listener, guint timeout_ms)
{
  MitogenUnixHandshake handshake;
  GError *error = NULL;

  g_assert_false (join (listener, timeout_ms, &handshake, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, listener->socket.path));
  return error;
}

/* In as many pieces as there are bytes. */
static void
test_good (Listener *listener, gconstpointer data)
{
  MitogenUnixHandshake handshake;
  g_autoptr (GError) error = NULL;
  guint32 pid;

  listener->answer = "\0\0\1\2\0\0\0\3\0\1\0\0";
  listener->size = 12;
  listener->stay = TRUE;
  join (listener, UNIT_PATIENCE_MS, &handshake, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (handshake.id, ==, 0x102);
  g_assert_cmpuint (handshake.parent_id, ==, 3);
  g_assert_cmpuint (handshake.parent_pid, ==, 0x10000);
  memcpy (&pid, listener->hello, 4);
  g_assert_cmpuint (GUINT32_FROM_BE (pid), ==, getpid ());
}

static void
test_hang_up (Listener *listener, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  listener->answer = "\0\0\0\1\0\0\0\0\0\1\0";
  listener->size = GPOINTER_TO_UINT (data);
  error = join_fails (listener, UNIT_PATIENCE_MS);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
}

static void
test_garbage (Listener *listener, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  listener->answer = data;
  listener->size = 12;
  listener->stay = TRUE;
  error = join_fails (listener, UNIT_PATIENCE_MS);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL);
}

static void
test_silent (Listener *listener, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  listener->answer = "\0\0\0\1\0\0\0\0\0\1\0";
  listener->size = GPOINTER_TO_UINT (data);
  listener->stay = TRUE;
  error = join_fails (listener, 50);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "0.05 seconds"));
}

static void
test_cancelled (Listener *listener, gconstpointer data)
{
  g_autoptr (GCancellable) cancel = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  MitogenUnixHandshake handshake;

  listener->cancel = cancel;
  listener->stay = TRUE;
  g_assert_false (join (listener, UNIT_PATIENCE_MS, &handshake, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Nobody accepts: all who can wait do, and one more waits for its turn. */
static void
test_crowded (Listener *listener, gconstpointer data)
{
  g_autoptr (GPtrArray) waiting = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  MitogenUnixHandshake handshake;
  int fd;

  while ((fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) >= 0 &&
         mitogen_unix_socket_connect (fd, listener->socket.path))
    g_ptr_array_add (waiting, GINT_TO_POINTER (fd));
  close (fd);

  g_assert_false (mitogen_unix_handshake_run (&handshake, listener->socket.path, 50, NULL, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  for (guint i = 0; i < waiting->len; i++)
    close (GPOINTER_TO_INT (waiting->pdata[i]));
}

static void
test_not_a_socket (void)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  MitogenUnixHandshake handshake;
  int fd = g_file_open_tmp ("test-XXXXXX", &path, NULL);

  close (fd);
  g_assert_false (mitogen_unix_handshake_run (&handshake, path, 50, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_unlink (path);
}

#define add(path, data, func)                                                                      \
  g_test_add ("/unix-handshake/" path, Listener, data, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("good", NULL, test_good);
  add ("hang-up", NULL, test_hang_up);
  add ("hang-up-in-the-middle", GUINT_TO_POINTER (11), test_hang_up);
  add ("no-id", "\0\0\0\0\0\0\0\1\0\0\0\1", test_garbage);
  add ("its-own-id", "\0\0\0\7\0\0\0\7\0\0\0\1", test_garbage);
  add ("impossible-id", "\xff\xff\xff\xff\0\0\0\7\0\0\0\1", test_garbage);
  add ("silent", NULL, test_silent);
  add ("silent-in-the-middle", GUINT_TO_POINTER (11), test_silent);
  add ("cancelled", NULL, test_cancelled);
  add ("crowded", NULL, test_crowded);
  g_test_add_func ("/unix-handshake/not-a-socket", test_not_a_socket);

  return g_test_run ();
}
