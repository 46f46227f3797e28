/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The helper program and its channel, with a stand-in for ssh between them. */

#include "broker/mitogen-fd-private.h"
#include "connection/mitogen-askpass-private.h"
#include "helper/mitogen-askpass-protocol-private.h"
#include "spawn/mitogen-process-private.h"
#include "unit-util.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_STEPS 10
#define REFUSE    "refuse"
#define WITHHOLD  "withhold" /* until it is withdrawn */

typedef struct
{
  MitogenIo *io;
  char *program;
  MitogenAskpass *askpass;
  MitogenProcess *process;
  int fd;                     /* the other end, if there is no process */
  const char *const *answers; /* in order: "0text", "1", or one of the above */
  GString *log;               /* what happened, a line for each text and event */
  int in_fd;                  /* what ssh reads from */
  gint ended;
} Fixture;

/* ---- what the library is told ---- */

static void
on_text (const guint8 *text, gsize size, gpointer data)
{
  Fixture *fixture = data;

  g_string_append_len (fixture->log, (const char *) text, size);
}

static void
log_request (Fixture *fixture, const MitogenAskpassRequest *request)
{
  static const char *const kinds[] = { "question", "confirm", "notice", "key" };

  g_string_append_printf (fixture->log, "[%s", kinds[request->kind]);
  if (request->kind == MITOGEN_ASKPASS_KEY)
    g_string_append_printf (fixture->log, ": %s|%s|%s|%s|%s", request->reason, request->host,
                            request->key_type, request->key, request->fingerprint);
  else
    g_string_append_printf (fixture->log, ": %s", request->text);
  g_string_append (fixture->log, "]\n");
}

static void
on_asked (const MitogenAskpassRequest *request, gpointer data)
{
  Fixture *fixture = data;
  const char *answer = *fixture->answers++;

  g_assert_nonnull (answer);
  log_request (fixture, request);
  if (g_str_equal (answer, REFUSE))
    mitogen_askpass_refuse (fixture->askpass);
  else if (g_str_equal (answer, WITHHOLD) && fixture->in_fd >= 0)
    unit_write (fixture->in_fd, "\n", 1);
  else if (!g_str_equal (answer, WITHHOLD))
    mitogen_askpass_reply (fixture->askpass, answer[0] - '0', answer + 1, strlen (answer + 1));
}

static void
on_withdrawn (gpointer data)
{
  Fixture *fixture = data;

  g_string_append (fixture->log, "[withdrawn]\n");
}

static void
on_ended (gpointer data)
{
  Fixture *fixture = data;

  g_atomic_int_set (&fixture->ended, TRUE);
}

static const MitogenAskpassFuncs funcs = {
  .text = on_text,
  .asked = on_asked,
  .withdrawn = on_withdrawn,
  .ended = on_ended,
};

/* ---- the fixture ---- */

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->io = unit_io_new ();
  fixture->program = mitogen_askpass_find ();
  fixture->log = g_string_new (NULL);
  fixture->fd = fixture->in_fd = -1;
  g_assert_nonnull (fixture->program);
}

static void
stop (gpointer data)
{
  Fixture *fixture = data;

  g_clear_pointer (&fixture->askpass, mitogen_askpass_free);
  g_clear_pointer (&fixture->process, mitogen_process_free);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  unit_run (fixture->io, stop, fixture);
  unit_io_end (fixture->io);
  mitogen_fd_close (&fixture->fd);
  mitogen_fd_close (&fixture->in_fd);
  g_string_free (fixture->log, TRUE);
  g_free (fixture->program);
}

static void
on_exited (int wait_status, gpointer data)
{
}

typedef struct
{
  Fixture *fixture;
  const char *const *steps;
} Start;

static void
start (gpointer data)
{
  Start *run = data;
  Fixture *fixture = run->fixture;
  g_auto (GStrv) environment = mitogen_askpass_get_environment (fixture->program);
  g_autofree char *ssh = g_test_build_filename (G_TEST_DIST, "stand-in-ssh.sh", NULL);
  MitogenProcessSpec spec = { -1, -1, -1, NULL, NULL, -1, environment };
  const char *argv[MAX_STEPS + 2] = { ssh };
  g_autoptr (GError) error = NULL;
  int pipes[2];
  int fds[2];

  for (guint i = 0; run->steps[i] != NULL; i++)
    argv[i + 1] = run->steps[i];
  g_assert_true (mitogen_fd_socketpair (fds, NULL));
  g_assert_true (mitogen_fd_pipe (pipes, NULL));
  spec.err_fd = fds[1];
  spec.in_fd = pipes[0];
  fixture->in_fd = pipes[1];
  fixture->askpass = mitogen_askpass_new (fixture->io, fds[0], &funcs, fixture);
  fixture->process = mitogen_process_spawn (fixture->io, argv, &spec, on_exited, fixture, &error);
  g_assert_no_error (error);
}

/* Runs the steps to their end and compares what happened. */
static void
run (Fixture *fixture, const char *const *steps, const char *const *answers, const char *expected)
{
  Start data = { fixture, steps };

  fixture->answers = answers;
  unit_run (fixture->io, start, &data);
  unit_wait (g_atomic_int_get (&fixture->ended));
  g_assert_cmpstr (fixture->log->str, ==, expected);
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* ---- what ssh asks ---- */

static void
test_question (Fixture *fixture, gconstpointer data)
{
  run (fixture, LIST ("say:banner", "ask:me@web1's password: ", "say:bye"), LIST ("0pw one"),
       "banner\n[question: me@web1's password: ]\nstatus 0, answer <pw one>\nbye\n");
}

/* All lines of a question are one argument. */
static void
test_lines (Fixture *fixture, gconstpointer data)
{
  run (fixture, LIST ("ask:The key\nis new.\nGo on (yes/no)? "), LIST ("0yes\n"),
       "[question: The key\nis new.\nGo on (yes/no)? ]\nstatus 0, answer <yes>\n");
}

/* Text keeps its place before and after each question. */
static void
test_order (Fixture *fixture, gconstpointer data)
{
  run (fixture, LIST ("say:a", "ask:one", "say:b", "ask:two", "say:c"), LIST ("01", "02"),
       "a\n[question: one]\nstatus 0, answer <1>\nb\n[question: two]\nstatus 0, answer <2>\nc\n");
}

static void
test_bytes (Fixture *fixture, gconstpointer data)
{
  run (fixture, LIST ("ask:\xff\x01 \"$x\" \\"), LIST ("0\xc3\xa4\xff '\\0"),
       "[question: \xff\x01 \"$x\" \\]\nstatus 0, answer <\xc3\xa4\xff '\\0>\n");
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  run (fixture, LIST ("ask:one", "ask:two"), LIST (REFUSE, "0two"),
       "[question: one]\nstatus 1, answer <>\n[question: two]\nstatus 0, answer <two>\n");
}

static void
test_confirm (Fixture *fixture, gconstpointer data)
{
  run (fixture, LIST ("confirm:Use the key?", "confirm:Really?"), LIST ("0", "1"),
       "[confirm: Use the key?]\nstatus 0, answer <>\n"
       "[confirm: Really?]\nstatus 1, answer <>\n");
}

/* ssh ends the helper when the person has touched the key. */
static void
test_withdrawn (Fixture *fixture, gconstpointer data)
{
  run (fixture, LIST ("notice:Touch it", "touch", "ask:next"), LIST (WITHHOLD, "0n"),
       "[notice: Touch it]\n[withdrawn]\n[question: next]\nstatus 0, answer <n>\n");
}

/* The second waits until the first has an answer. */
static void
test_one_after_the_other (Fixture *fixture, gconstpointer data)
{
  Start run_data = { fixture, LIST ("both:q") };

  fixture->answers = LIST ("0a", "0a");
  unit_run (fixture->io, start, &run_data);
  unit_wait (g_atomic_int_get (&fixture->ended));
  g_assert_nonnull (strstr (fixture->log->str, "[question: q 1]\n"));
  g_assert_nonnull (strstr (fixture->log->str, "[question: q 2]\n"));
  g_assert_nonnull (strstr (fixture->log->str, "status 0, answer <a>\n"));
}

static void
test_key (Fixture *fixture, gconstpointer data)
{
  run (fixture,
       LIST ("key:ORDER web1 NONE NONE NONE",
             "key:HOSTNAME [web1]:2222 ssh-ed25519 AAAA SHA256:abc",
             "key:HOSTNAME web2 ssh-rsa BBBB SHA256:def"),
       LIST ("0", "0web2 ssh-rsa BBBB\n"),
       "status 0, line <>\n"
       "[key: HOSTNAME|[web1]:2222|ssh-ed25519|AAAA|SHA256:abc]\nstatus 0, line <>\n"
       "[key: HOSTNAME|web2|ssh-rsa|BBBB|SHA256:def]\nstatus 0, line <web2 ssh-rsa BBBB>\n");
}

/* Without a terminal there is nobody to ask then; a key is left to the user's files. */
static void
test_no_channel (Fixture *fixture, gconstpointer data)
{
  run (fixture, LIST ("deaf", "ask:one", "key:HOSTNAME a b c d"), LIST (NULL), "");
}

/* ---- what is no request ---- */

static void
listen_only (gpointer data)
{
  Fixture *fixture = data;
  int fds[2];

  g_assert_true (mitogen_fd_socketpair (fds, NULL));
  fixture->fd = fds[1];
  fixture->askpass = mitogen_askpass_new (fixture->io, fds[0], &funcs, fixture);
}

static void
send_fds (int socket, const char *text, gsize size, const int *fds, guint n_fds)
{
  struct iovec part = { (char *) text, size };
  union
  {
    char data[CMSG_SPACE (200 * sizeof (int))];
    struct cmsghdr align;
  } control = { { 0 } };
  struct msghdr message = { .msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.data,
                            .msg_controllen = CMSG_SPACE (n_fds * sizeof (int)) };
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);

  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (n_fds * sizeof (int));
  memcpy (CMSG_DATA (header), fds, n_fds * sizeof (int));
  g_assert_cmpint (sendmsg (socket, &message, MSG_NOSIGNAL), ==, size);
}

/* Whether the library has closed the other end of @fd. */
static void
assert_closed (int fd)
{
  char byte;

  g_assert_false (unit_read (fd, &byte, 1));
}

typedef struct
{
  const char *name;
  const char *bytes;
  gsize size;
  gboolean unfinished;
} Bad;

#define BYTES(text) text, sizeof text - 1

static const Bad bads[] = {
  { "empty", BYTES ("") },
  { "other", BYTES ("GET / HTTP/1.0\r\n\r\n") },
  { "magic-only", BYTES ("mitogen-askpass 1\0") },
  { "no-argument", BYTES ("mitogen-askpass 1\0\0") },
  { "two-arguments", BYTES ("mitogen-askpass 1\0\0a\0b\0") },
  { "version", BYTES ("mitogen-askpass 2\0\0a\0") },
  { "no-end", BYTES ("mitogen-askpass 1\0\0a") },
  { "short-key", BYTES ("mitogen-askpass 1\0\0host-key\0b\0c\0d\0e\0") },
  { "not-a-key", BYTES ("mitogen-askpass 1\0\0nost-key\0b\0c\0d\0e\0f\0") },
  { "unfinished", BYTES ("mitogen-askpass 1\0\0a\0"), TRUE },
};

static void
test_bad (Fixture *fixture, gconstpointer data)
{
  const Bad *bad = data;
  int fds[2];

  fixture->answers = LIST (NULL);
  unit_run (fixture->io, listen_only, fixture);
  g_assert_true (mitogen_fd_socketpair (fds, NULL));
  if (bad->size > 0)
    unit_write (fds[0], bad->bytes, bad->size);
  if (!bad->unfinished)
    shutdown (fds[0], SHUT_WR);
  send_fds (fixture->fd, "text\0", 5, &fds[1], 1);
  close (fds[1]);
  assert_closed (fds[0]);
  close (fds[0]);
  unit_write (fixture->fd, " and more", 9);
  mitogen_fd_close (&fixture->fd);
  unit_wait (g_atomic_int_get (&fixture->ended));
  g_assert_cmpstr (fixture->log->str, ==, "text and more");
}

/* More than is read, and what would fit if more was. */
static void
test_too_long (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (MITOGEN_ASKPASS_MAX_REQUEST, 'x');
  int fds[2];

  fixture->answers = LIST (NULL);
  unit_run (fixture->io, listen_only, fixture);
  g_assert_true (mitogen_fd_socketpair (fds, NULL));
  unit_write (fds[0], BYTES ("mitogen-askpass 1\0\0"));
  unit_write (fds[0], text, MITOGEN_ASKPASS_MAX_REQUEST);
  unit_write (fds[0], "", 1);
  shutdown (fds[0], SHUT_WR);
  send_fds (fixture->fd, "", 1, &fds[1], 1);
  close (fds[1]);
  g_assert_true (unit_has_input (fds[0], UNIT_PATIENCE_MS));
  close (fds[0]);
}

/* A file that may make its reader wait is not read. */
static void
test_other_files (Fixture *fixture, gconstpointer data)
{
  int fds[2];
  int others[4] = { open ("/dev/zero", O_RDONLY), socket (AF_INET, SOCK_STREAM, 0),
                    socket (AF_UNIX, SOCK_DGRAM, 0), -1 };

  fixture->answers = LIST (NULL);
  g_assert_true (mitogen_fd_pipe (fds, NULL));
  others[3] = fds[0];
  unit_run (fixture->io, listen_only, fixture);
  send_fds (fixture->fd, "a\0", 2, others, G_N_ELEMENTS (others));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    close (others[i]);
  unit_write (fixture->fd, "b", 1);
  mitogen_fd_close (&fixture->fd);
  unit_wait (g_atomic_int_get (&fixture->ended));
  g_assert_cmpstr (fixture->log->str, ==, "ab");
  /* Nobody has the other end any more. */
  signal (SIGPIPE, SIG_IGN);
  g_assert_cmpint (write (fds[1], "x", 1), ==, -1);
  close (fds[1]);
}

/* Those that are more than can wait are told at once that nobody answers, as are those that come
 * in heaps. */
static void
test_flood (Fixture *fixture, gconstpointer data)
{
  int pairs[20][2];
  int heap[150][2];
  int ends[150];

  fixture->answers = LIST (WITHHOLD, WITHHOLD, WITHHOLD, WITHHOLD);
  unit_run (fixture->io, listen_only, fixture);
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_assert_true (mitogen_fd_socketpair (pairs[i], NULL));
      unit_write (pairs[i][0], BYTES ("mitogen-askpass 1\0\0a\0"));
      shutdown (pairs[i][0], SHUT_WR);
      send_fds (fixture->fd, "", 1, &pairs[i][1], 1);
      close (pairs[i][1]);
    }
  for (guint i = 4; i < G_N_ELEMENTS (pairs); i++)
    assert_closed (pairs[i][0]);
  for (guint i = 0; i < G_N_ELEMENTS (heap); i++)
    {
      g_assert_true (mitogen_fd_socketpair (heap[i], NULL));
      ends[i] = heap[i][1];
    }
  send_fds (fixture->fd, "", 1, ends, G_N_ELEMENTS (ends));
  for (guint i = 0; i < G_N_ELEMENTS (heap); i++)
    {
      close (heap[i][1]);
      assert_closed (heap[i][0]);
      close (heap[i][0]);
    }
  unit_run (fixture->io, stop, fixture);
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      assert_closed (pairs[i][0]);
      close (pairs[i][0]);
    }
  g_assert_cmpstr (fixture->log->str, ==, "[question: a]\n");
}

/* ---- what ssh is told ---- */

static void
test_find (Fixture *fixture, gconstpointer data)
{
  static const char *const unusable[] = {
    "/nowhere", "mitogen-askpass", "/etc/passwd", "/tmp", "", "/bin/sh -c",
  };

  for (guint i = 0; i < G_N_ELEMENTS (unusable); i++)
    {
      g_setenv ("MITOGEN_ASKPASS", unusable[i], TRUE);
      g_assert_null (mitogen_askpass_find ());
    }
  g_setenv ("MITOGEN_ASKPASS", fixture->program, TRUE);
}

static void
check_options (const char *const *argv, const char *expected)
{
  g_auto (GStrv) made = mitogen_askpass_add_options (argv, "ssh", "/a/b");
  g_autofree char *joined = g_strjoinv ("|", made);

  g_assert_cmpstr (joined, ==, expected);
}

static void
test_options (void)
{
  check_options (LIST ("ssh", "-v", "ssh"),
                 "ssh|-oKnownHostsCommand=/a/b host-key %I %H %t %K %f|-v|ssh");
  check_options (LIST ("env", "A=b", "ssh", "web1"),
                 "env|A=b|ssh|-oKnownHostsCommand=/a/b host-key %I %H %t %K %f|web1");
  check_options (LIST ("rsh", "web1"), "rsh|web1");
  check_options (LIST ("ssh", "-o", "knownHOSTScommand none", "web1"),
                 "ssh|-o|knownHOSTScommand none|web1");
}

static void
write_file (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
remove_folder (const char *folder)
{
  const char *argv[] = { "rm", "-r", folder, NULL };
  g_autoptr (GError) error = NULL;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                &error);
  g_assert_no_error (error);
}

static void
test_configured (void)
{
  static const struct
  {
    const char *text;
    gboolean has;
  } cases[] = {
    { "", FALSE },
    { "Host *\n  User me\n# KnownHostsCommand /bin/a\n", FALSE },
    { "KnownHostsCommands a\n", FALSE },
    { "KnownHostsCommand /bin/a %H\n", TRUE },
    { "Host a\n\tknownhostscommand=none", TRUE },
    { "Include more/*.conf\n", TRUE },
    { "include \"more/a b.conf\" none.conf", TRUE },
    { "Include none.conf itself\n", FALSE },
  };
  g_autofree char *folder = g_dir_make_tmp ("askpass-XXXXXX", NULL);
  g_autofree char *more = g_build_filename (folder, "more", NULL);
  g_autofree char *path = g_build_filename (folder, "config", NULL);

  g_assert_cmpint (g_mkdir (more, 0700), ==, 0);
  write_file (folder, "more/a b.conf", "KnownHostsCommand /bin/a\n");
  write_file (folder, "itself", "Include itself itself\n");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      write_file (folder, "config", cases[i].text);
      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (mitogen_askpass_file_has_command (path, folder), ==, cases[i].has);
    }
  write_file (folder, "config", "KnownHostsCommand /bin/a\n");
  g_assert_true (mitogen_askpass_is_configured (LIST ("ssh", "-F", path, "web1")));
  g_assert_false (mitogen_askpass_is_configured (LIST ("ssh", "-Fnone", "--", "-F", path)));
  remove_folder (folder);
}

static void
test_unknown (void)
{
  g_assert_true (mitogen_askpass_is_unknown (
      "hello\ncommand-line: line 0: Bad configuration option: knownhostscommand\n"));
  g_assert_false (mitogen_askpass_is_unknown ("Bad configuration option: usekeychain\n"));
}

#define add(path, func) g_test_add ("/askpass/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("question", test_question);
  add ("lines", test_lines);
  add ("order", test_order);
  add ("bytes", test_bytes);
  add ("refused", test_refused);
  add ("confirm", test_confirm);
  add ("withdrawn", test_withdrawn);
  add ("one-after-the-other", test_one_after_the_other);
  add ("key", test_key);
  add ("no-channel", test_no_channel);
  for (guint i = 0; i < G_N_ELEMENTS (bads); i++)
    {
      g_autofree char *path = g_strconcat ("/askpass/bad/", bads[i].name, NULL);

      g_test_add (path, Fixture, &bads[i], set_up, test_bad, tear_down);
    }
  add ("too-long", test_too_long);
  add ("other-files", test_other_files);
  add ("flood", test_flood);
  add ("find", test_find);
  g_test_add_func ("/askpass/options", test_options);
  g_test_add_func ("/askpass/configured", test_configured);
  g_test_add_func ("/askpass/unknown", test_unknown);

  return g_test_run ();
}
