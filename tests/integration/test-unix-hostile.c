/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Clients of a listener that are broken or mean no good: nobody else notices. */

#include "test-util.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define GET_MODULE    100
#define CALL_FUNCTION 101
#define LOAD_MODULE   107
#define NOBODY        "65534"

typedef struct
{
  MitogenUnixListener *listener;
  MitogenRouter *good; /* somebody who has joined and stays */
  MitogenContext *child;
  MitogenContext *good_child; /* the same as seen by the good one */
} Scene;

static Scene *
scene_new (Fixture *fixture)
{
  Scene *scene = g_new0 (Scene, 1);
  g_autoptr (GError) error = NULL;

  scene->child = test_local (fixture->router);
  scene->listener = mitogen_unix_listener_new (fixture->router, NULL, &error);
  g_assert_no_error (error);
  scene->good =
      mitogen_unix_connect (mitogen_unix_listener_get_path (scene->listener), NULL, &error);
  g_assert_no_error (error);
  scene->good_child =
      mitogen_router_context_by_id (scene->good, mitogen_context_get_id (scene->child), NULL);
  return scene;
}

static void
check_served (Scene *scene)
{
  g_autoptr (GVariant) pid = test_call_typed (scene->good_child, "os:getpid", NULL, "i");

  test_assert_alive (scene->child);
  g_assert_cmpint (g_variant_get_int32 (pid), ==, test_context_pid (scene->child));
}

/* Who was there is served, and whoever is as good may still join. */
static void
scene_check (Scene *scene)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenRouter) another = NULL;

  check_served (scene);
  another = mitogen_unix_connect (mitogen_unix_listener_get_path (scene->listener), NULL, &error);
  g_assert_no_error (error);
  test_router_end (g_steal_pointer (&another));
}

static void
scene_end (Fixture *fixture, Scene *scene)
{
  GListModel *contexts = mitogen_router_get_contexts (fixture->router);

  scene_check (scene);
  g_object_unref (scene->good_child);
  test_router_end (scene->good);
  /* The others have left without a trace. */
  test_wait (g_list_model_get_n_items (contexts) == 1);
  g_object_unref (scene->child);
  mitogen_unix_listener_close (scene->listener);
  g_object_unref (scene->listener);
  g_free (scene);
}

/* ---- bytes ---- */

static int
connect_to (Scene *scene)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  struct timeval patience = { .tv_sec = TEST_PATIENCE_MS / 1000 };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, mitogen_unix_listener_get_path (scene->listener),
             sizeof address.sun_path);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

static void
say (int fd, const void *data, gsize size)
{
  g_assert_cmpint (send (fd, data, size, MSG_NOSIGNAL), ==, size);
}

/* Reads to the end. */
static void
assert_end (int fd)
{
  char buffer[4096];
  gssize got;

  while ((got = read (fd, buffer, sizeof buffer)) > 0)
    ;
  g_assert_true (got == 0 || errno == ECONNRESET);
  close (fd);
}

static guint32
shake_hands (int fd)
{
  guint32 words[3];

  say (fd, "\0\0\0\1", 4);
  g_assert_cmpint (recv (fd, words, sizeof words, MSG_WAITALL), ==, sizeof words);
  return GUINT32_FROM_BE (words[0]);
}

typedef struct
{
  guint32 dst_id;
  guint32 src_id;
  guint32 auth_id;
  guint32 handle;
  guint32 reply_to;
  guint32 length;
} Header;

static void
say_header (int fd, const Header *header)
{
  guint8 bytes[26] = "MI";
  const guint32 *fields = (const guint32 *) header;

  for (guint i = 0; i < 6; i++)
    {
      guint32 value = GUINT32_TO_BE (fields[i]);

      memcpy (bytes + 2 + 4 * i, &value, 4);
    }
  say (fd, bytes, sizeof bytes);
}

static void
hear_header (int fd, Header *header)
{
  guint8 bytes[26];
  guint32 *fields = (guint32 *) header;

  g_assert_cmpint (recv (fd, bytes, sizeof bytes, MSG_WAITALL), ==, sizeof bytes);
  for (guint i = 0; i < 6; i++)
    {
      memcpy (&fields[i], bytes + 2 + 4 * i, 4);
      fields[i] = GUINT32_FROM_BE (fields[i]);
    }
}

/* ---- before they are let in ---- */

static void
test_silent (Fixture *fixture, gconstpointer data)
{
  Scene *scene = scene_new (fixture);
  int fd;

  mitogen_unix_listener_set_time_limit (scene->listener, 50);
  fd = connect_to (scene);
  assert_end (fd);
  /* What was begun counts no more than nothing. */
  fd = connect_to (scene);
  say (fd, "\0\0", 2);
  assert_end (fd);
  mitogen_unix_listener_set_time_limit (scene->listener, TEST_PATIENCE_MS);
  scene_end (fixture, scene);
}

static void
test_half_handshakes (Fixture *fixture, gconstpointer data)
{
  Scene *scene = scene_new (fixture);

  for (guint size = 0; size < 4; size++)
    {
      int fd = connect_to (scene);

      say (fd, "\0\0\0\0", size);
      close (fd);
    }
  for (guint how = 0; how < 3; how++)
    {
      int fd = connect_to (scene);

      say (fd, "\0\0\0\1", 4);
      if (how > 0)
        shutdown (fd, how == 1 ? SHUT_WR : SHUT_RD);
      close (fd);
    }
  scene_end (fixture, scene);
}

/* More than may wait: the oldest go, and whoever says at once what is to be said gets in. */
static void
test_flood (Fixture *fixture, gconstpointer data)
{
  Scene *scene = scene_new (fixture);
  int fds[400];

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = connect_to (scene);
  scene_check (scene);
  assert_end (fds[0]);
  assert_end (fds[1]);
  for (guint i = 2; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
  scene_end (fixture, scene);
}

static guint
count_open (void)
{
  struct rlimit limit;
  guint highest = 0;

  getrlimit (RLIMIT_NOFILE, &limit);
  for (guint fd = 0; fd < limit.rlim_cur && fd < 4096; fd++)
    if (fcntl (fd, F_GETFD) >= 0)
      highest = fd;
  return highest + 1;
}

/* No descriptor is left for a client: it waits, and the others do not. */
static void
test_no_descriptors (Fixture *fixture, gconstpointer data)
{
  Scene *scene = scene_new (fixture);
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  struct rlimit limit;
  struct rlimit tight;
  int filler[1024];
  guint n = 0;

  getrlimit (RLIMIT_NOFILE, &limit);
  tight = limit;
  tight.rlim_cur = count_open ();
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &tight), ==, 0);
  while (n < G_N_ELEMENTS (filler) && (filler[n] = dup (fd)) >= 0)
    n++;
  g_assert_cmpuint (n, <, G_N_ELEMENTS (filler));

  g_strlcpy (address.sun_path, mitogen_unix_listener_get_path (scene->listener),
             sizeof address.sun_path);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  check_served (scene);

  while (n > 0)
    close (filler[--n]);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  g_assert_cmpuint (shake_hands (fd), >, 0);
  close (fd);
  scene_end (fixture, scene);
}

/* ---- strangers ---- */

/* Runs a Python program as another user. Returns: whether that could be done. */
static gboolean
run_as_nobody (const char *code, const char *path, char **output)
{
  const char *argv[] = { "setpriv", "--reuid", NOBODY,      "--regid", NOBODY, "--clear-groups",
                         "--",      "env",     TEST_PYTHON, "-c",      code,   path,
                         NULL };
  g_autoptr (GError) error = NULL;
  gint status;

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, output,
                               NULL, &status, &error));
  return g_spawn_check_wait_status (status, NULL);
}

static gboolean
is_root (void)
{
  if (geteuid () == 0 && g_file_test ("/usr/bin/setpriv", G_FILE_TEST_IS_EXECUTABLE))
    return TRUE;
  g_test_skip ("only root can become another user");
  return FALSE;
}

static const char joining[] = "import socket, sys\n"
                              "s = socket.socket(socket.AF_UNIX)\n"
                              "try:\n"
                              "    s.connect(sys.argv[1])\n"
                              "    s.sendall(b'\\0\\0\\0\\1')\n"
                              "    print('answer', s.recv(12))\n"
                              "except OSError as e:\n"
                              "    print(type(e).__name__)\n";

static void
test_stranger (Fixture *fixture, gconstpointer data)
{
  g_autofree char *directory = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  const char *path;
  Scene *scene;

  if (!is_root ())
    return;
  scene = scene_new (fixture);
  path = mitogen_unix_listener_get_path (scene->listener);
  directory = g_path_get_dirname (path);

  /* The file system keeps others out, */
  g_assert_cmpint (g_chmod (directory, 0755), ==, 0);
  g_assert_true (run_as_nobody (joining, path, &before));
  g_assert_cmpstr (before, ==, "PermissionError\n");
  /* and if it did not, the kernel says who they are. */
  g_assert_cmpint (g_chmod (path, 0666), ==, 0);
  g_assert_true (run_as_nobody (joining, path, &after));
  g_assert_true (g_str_equal (after, "answer b''\n") || g_str_has_suffix (after, "Error\n"));
  scene_end (fixture, scene);
}

static const char listening[] = "import os, socket, sys\n"
                                "s = socket.socket(socket.AF_UNIX)\n"
                                "s.bind(sys.argv[1])\n"
                                "s.listen(1)\n"
                                "pid = os.fork()\n"
                                "if pid:\n"
                                "    print(pid)\n"
                                "    os._exit(0)\n"
                                "os.close(1)\n"
                                "s.settimeout(20)\n"
                                "c = s.accept()[0]\n"
                                "c.sendall(b'\\0\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0\\1')\n"
                                "c.recv(5)\n"
                                "c.recv(5)\n";

/* Who joins gives authority over itself: not to just anybody. */
static void
test_strange_listener (Fixture *fixture, gconstpointer data)
{
  g_autofree char *directory = NULL;
  g_autofree char *path = NULL;
  g_autofree char *output = NULL;
  g_autoptr (MitogenRouter) nobody = NULL;
  g_autoptr (GError) error = NULL;

  if (!is_root ())
    return;
  directory = g_dir_make_tmp ("test-unix-XXXXXX", NULL);
  path = g_build_filename (directory, "socket", NULL);
  g_assert_cmpint (g_chmod (directory, 0777), ==, 0);
  if (!run_as_nobody (listening, path, &output))
    {
      g_test_skip ("another user has no way to the directory for temporary files");
      g_rmdir (directory);
      return;
    }

  nobody = mitogen_unix_connect (path, NULL, &error);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION);
  test_assert_contains (error->message, "it is user " NOBODY);
  test_wait (!test_process_runs (atoi (output)));
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

/* ---- afterwards ---- */

static void
test_garbage (Fixture *fixture, gconstpointer data)
{
  Scene *scene = scene_new (fixture);
  const char *garbage[] = { "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n",
                            "MJ is newer, but MX nobody knows of",
                            ("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                             "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") };

  for (guint i = 0; i < G_N_ELEMENTS (garbage); i++)
    {
      int fd = connect_to (scene);

      shake_hands (fd);
      if (i == 1)
        say (fd, garbage[i] + 17, 17);
      say (fd, garbage[i], strlen (garbage[i]));
      assert_end (fd);
    }
  scene_end (fixture, scene);
}

static void
test_oversized (Fixture *fixture, gconstpointer data)
{
  Scene *scene = scene_new (fixture);
  int fd = connect_to (scene);
  guint32 id = shake_hands (fd);

  say_header (fd, &(Header){ 0, id, id, 1000, 0, G_MAXUINT32 });
  assert_end (fd);
  scene_end (fixture, scene);
}

/* In each part of a frame. */
static void
test_closing_in_the_middle (Fixture *fixture, gconstpointer data)
{
  Scene *scene = scene_new (fixture);

  for (guint i = 0; i < 3; i++)
    {
      int fd = connect_to (scene);
      guint32 id = shake_hands (fd);

      if (i == 0)
        say (fd, "MI\0\0", 4);
      else
        say_header (fd, &(Header){ mitogen_context_get_id (scene->child), id, id, CALL_FUNCTION,
                                   1000, 1 << 20 });
      if (i == 2)
        say (fd, "\x80\x02", 2);
      close (fd);
    }
  scene_end (fixture, scene);
}

/* Its own id in src and auth is all that it may claim: no other is heard, or answered. */
static void
test_forged (Fixture *fixture, gconstpointer data)
{
  Scene *scene = scene_new (fixture);
  guint32 child_id = mitogen_context_get_id (scene->child);
  guint32 good_id = mitogen_router_get_id (scene->good);
  int fd = connect_to (scene);
  guint32 id = shake_hands (fd);
  const Header forged[] = {
    { child_id, id, 0, 4242, 1001, 0 },       { child_id, 0, 0, 4242, 1002, 0 },
    { child_id, 0, id, 4242, 1003, 0 },       { child_id, good_id, good_id, 4242, 1004, 0 },
    { child_id, good_id, id, 4242, 1005, 0 }, { 0, child_id, child_id, 4242, 1006, 0 },
    { 0, id, 77777, 4242, 1007, 0 },
  };
  Header heard;

  for (guint i = 0; i < G_N_ELEMENTS (forged); i++)
    say_header (fd, &forged[i]);
  say_header (fd, &(Header){ child_id, id, id, 4242, 1999, 0 });
  hear_header (fd, &heard);
  g_assert_cmpuint (heard.handle, ==, 1999);
  g_assert_cmpuint (heard.src_id, ==, child_id);
  g_assert_cmpuint (heard.dst_id, ==, id);
  close (fd);
  scene_end (fixture, scene);
}

/* Routes are not made by saying so. */
static void
test_forged_routes (Fixture *fixture, gconstpointer data)
{
  Scene *scene = scene_new (fixture);
  guint32 child_id = mitogen_context_get_id (scene->child);
  g_autofree char *theirs = g_strdup_printf ("%u:mine", child_id);
  g_autofree char *gone = g_strdup_printf ("%u", mitogen_router_get_id (scene->good));
  const struct
  {
    guint32 handle;
    const char *text;
  } lies[] = { { 103, theirs },       { 103, "0:root" },   { 103, "4294967295:x" },
               { 103, "5000:new" },   { 103, "-1:x" },     { 103, ":" },
               { 103, "" },           { 103, "\xff\xfe" }, { 104, theirs },
               { 104, gone },         { 104, "0" },        { 104, "" },
               { 104, "99999999999" } };
  int fd = connect_to (scene);
  guint32 id = shake_hands (fd);
  Header heard = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      say_header (fd, &(Header){ 0, id, id, lies[i].handle, 0, strlen (lies[i].text) });
      if (*lies[i].text != '\0')
        say (fd, lies[i].text, strlen (lies[i].text));
    }
  say_header (fd, &(Header){ 5000, id, id, 4242, 1999, 0 });
  /* It may be told that its routes are refused. */
  while (heard.handle != 1999)
    {
      char payload[4096];

      hear_header (fd, &heard);
      g_assert_cmpuint (heard.length, <=, sizeof payload);
      if (heard.length > 0)
        g_assert_cmpint (recv (fd, payload, heard.length, MSG_WAITALL), ==, heard.length);
    }
  g_assert_cmpuint (heard.reply_to, ==, 999);
  close (fd);
  scene_end (fixture, scene);
}

/* A program of the original asks its parent for modules, and waits for an answer for ever. */
static void
test_no_modules (Fixture *fixture, gconstpointer data)
{
  /* No path, and in place of the source, why. */
  static const char start[] = "\x80\x02(X\x06\0\0\0nosuchNNX";
  static const char end[] = ")t.";
  Scene *scene = scene_new (fixture);
  int fd = connect_to (scene);
  guint32 id = shake_hands (fd);
  char payload[4096];
  Header heard;

  say_header (fd, &(Header){ 0, id, id, GET_MODULE, 0, 6 });
  say (fd, "nosuch", 6);
  hear_header (fd, &heard);
  g_assert_cmpuint (heard.dst_id, ==, id);
  g_assert_cmpuint (heard.handle, ==, LOAD_MODULE);
  g_assert_cmpuint (heard.length, <=, sizeof payload);
  g_assert_cmpuint (heard.length, >, sizeof start + sizeof end);
  g_assert_cmpint (recv (fd, payload, heard.length, MSG_WAITALL), ==, heard.length);
  g_assert_cmpmem (payload, sizeof start - 1, start, sizeof start - 1);
  g_assert_cmpmem (payload + heard.length - strlen (end), strlen (end), end, strlen (end));
  close (fd);
  scene_end (fixture, scene);
}

/* Who asks and never reads holds up nobody else. */
static void
test_deaf (Fixture *fixture, gconstpointer data)
{
  Scene *scene = scene_new (fixture);
  guint32 child_id = mitogen_context_get_id (scene->child);
  int fd = connect_to (scene);
  guint32 id = shake_hands (fd);

  for (guint i = 0; i < 20000; i++)
    say_header (fd, &(Header){ i % 2 == 0 ? child_id : 0, id, id, 4242, 1000 + i, 0 });
  scene_check (scene);
  close (fd);
  scene_end (fixture, scene);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);

  test_add_router ("/unix-hostile/silent", test_silent);
  test_add_router ("/unix-hostile/half-handshakes", test_half_handshakes);
  test_add_router ("/unix-hostile/flood", test_flood);
  test_add_router ("/unix-hostile/no-descriptors", test_no_descriptors);
  test_add_router ("/unix-hostile/stranger", test_stranger);
  test_add_router ("/unix-hostile/strange-listener", test_strange_listener);
  test_add_router ("/unix-hostile/garbage", test_garbage);
  test_add_router ("/unix-hostile/oversized", test_oversized);
  test_add_router ("/unix-hostile/closing-in-the-middle", test_closing_in_the_middle);
  test_add_router ("/unix-hostile/forged", test_forged);
  test_add_router ("/unix-hostile/forged-routes", test_forged_routes);
  test_add_router ("/unix-hostile/no-modules", test_no_modules);
  test_add_router ("/unix-hostile/deaf", test_deaf);

  return g_test_run ();
}
