/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The floors: what starting Python and exchanging bytes with it costs when nothing else is done.
 */

#include "bench-util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define IMPORTS     "import zlib, select, struct"
#define ECHO_SCRIPT "floor_echo.py"
#define REPLY_MAX   256

/* Pickled by hand: a protocol, the name, the argument, TUPLE2, STOP. */
static const char getpid_request[] = "\x80\x02X\x06\0\0\0getpidN\x86.";
static const char blob_request[] = "\x80\x02X\x04\0\0\0blobN\x86.";
static const char length_head[] = "\x80\x03X\x03\0\0\0lenB";
static const char length_tail[] = "\x86.";

typedef struct
{
  int fd;
  pid_t pid;
} Echo;

static pid_t
spawn_with (const char *const *argv, int stdin_fd, int stdout_fd)
{
  posix_spawn_file_actions_t actions;
  pid_t pid;
  int status;

  posix_spawn_file_actions_init (&actions);
  if (stdin_fd >= 0)
    posix_spawn_file_actions_adddup2 (&actions, stdin_fd, 0);
  if (stdout_fd >= 0)
    posix_spawn_file_actions_adddup2 (&actions, stdout_fd, 1);
  status = posix_spawn (&pid, argv[0], &actions, NULL, (char *const *) argv, environ);
  if (status != 0)
    g_error ("%s: %s", argv[0], g_strerror (status));
  posix_spawn_file_actions_destroy (&actions);
  return pid;
}

static pid_t
spawn (const char *const *argv, int stdin_fd)
{
  return spawn_with (argv, stdin_fd, -1);
}

static void
wait_for (pid_t pid)
{
  int status;

  if (waitpid (pid, &status, 0) != pid || status != 0)
    g_error ("Process %d ended with wait status %d", (int) pid, status);
}

static pid_t
spawn_imports (void)
{
  const char *argv[] = { bench_python (), "-c", IMPORTS, NULL };

  return spawn (argv, -1);
}

static void
echo_start (Echo *echo, const char *source)
{
  g_autofree char *script = g_build_filename (g_getenv ("BENCH_SOURCE_DIR"), ECHO_SCRIPT, NULL);
  const char *argv[] = { bench_python (), script, source, NULL };
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
    g_error ("socketpair: %s", g_strerror (errno));
  echo->pid = spawn (argv, fds[1]);
  echo->fd = fds[0];
  close (fds[1]);
}

static void
echo_stop (Echo *echo)
{
  close (echo->fd);
  wait_for (echo->pid);
}

static void
write_all (int fd, struct iovec *parts, int n_parts)
{
  while (n_parts > 0)
    {
      ssize_t written = writev (fd, parts, n_parts);

      if (written < 0)
        g_error ("writev: %s", g_strerror (errno));
      while (n_parts > 0 && (size_t) written >= parts->iov_len)
        {
          written -= (ssize_t) parts->iov_len;
          parts++;
          n_parts--;
        }
      if (n_parts > 0)
        {
          parts->iov_base = (char *) parts->iov_base + written;
          parts->iov_len -= (size_t) written;
        }
    }
}

static size_t
read_some (int fd, char *buffer, size_t size)
{
  struct pollfd item = { .fd = fd, .events = POLLIN };
  ssize_t got;

  poll (&item, 1, -1);
  got = read (fd, buffer, size);
  if (got <= 0)
    g_error ("The echo process ended");
  return (size_t) got;
}

/* Reads one frame into @buffer and returns its length without the header. */
static guint32
read_frame (int fd, char *buffer, size_t size)
{
  size_t got = 0;
  guint32 length = 0;

  while (got < sizeof length || got < sizeof length + length)
    {
      got += read_some (fd, buffer + got, size - got);
      if (got >= sizeof length)
        memcpy (&length, buffer, sizeof length);
    }
  return length;
}

static void
call_getpid (gpointer user_data)
{
  Echo *echo = user_data;
  guint32 size = sizeof getpid_request - 1;
  struct iovec parts[] = { { &size, sizeof size }, { (char *) getpid_request, size } };
  char reply[REPLY_MAX];

  write_all (echo->fd, parts, G_N_ELEMENTS (parts));
  read_frame (echo->fd, reply, sizeof reply);
}

static void
probe_connect (guint count)
{
  g_autofree double *values = g_new (double, count);

  for (guint i = 0; i < count; i++)
    {
      gint64 start = bench_now_ns ();

      wait_for (spawn_imports ());
      values[i] = (double) (bench_now_ns () - start) / 1e6;
    }
  bench_emit ("connect", values, count);
  bench_emit ("connect-named", values, count);
}

static void
probe_call (guint count)
{
  guint n_batches = count / BENCH_BATCH;
  g_autofree double *values = g_new (double, n_batches);
  Echo echo;

  echo_start (&echo, NULL);
  for (guint i = 0; i < BENCH_BATCH; i++)
    call_getpid (&echo);
  for (guint batch = 0; batch < n_batches; batch++)
    {
      gint64 start = bench_now_ns ();

      for (guint i = 0; i < BENCH_BATCH; i++)
        call_getpid (&echo);
      values[batch] = (double) (bench_now_ns () - start) / 1e3 / BENCH_BATCH;
    }
  bench_emit ("call", values, n_batches);
  echo_stop (&echo);
}

/* Writes and reads whichever the socket is ready for until @n_replies frames have come. */
static void
exchange (int fd, GByteArray *out, guint n_replies)
{
  size_t reply_size = 0, got = 0, sent = 0;
  char buffer[65536];

  while (reply_size == 0 || got < reply_size * n_replies)
    {
      struct pollfd item = { .fd = fd, .events = POLLIN };

      if (sent < out->len)
        item.events |= POLLOUT;
      poll (&item, 1, -1);
      if (item.revents & POLLOUT)
        {
          ssize_t n = send (fd, out->data + sent, out->len - sent, MSG_DONTWAIT);

          sent += n > 0 ? (size_t) n : 0;
        }
      if (item.revents & (POLLIN | POLLHUP))
        {
          guint32 length;

          got += read_some (fd, buffer, sizeof buffer);
          /* Every reply is the same pid, so the first header tells the size of all. */
          if (reply_size == 0 && got >= sizeof length)
            {
              memcpy (&length, buffer, sizeof length);
              reply_size = sizeof length + length;
            }
        }
    }
}

static void
probe_pipeline (guint count)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  guint32 size = sizeof getpid_request - 1;
  gint64 start;
  Echo echo;

  echo_start (&echo, NULL);
  call_getpid (&echo);
  start = bench_now_ns ();
  for (guint i = 0; i < count; i++)
    {
      g_byte_array_append (out, (const guint8 *) &size, sizeof size);
      g_byte_array_append (out, (const guint8 *) getpid_request, size);
    }
  exchange (echo.fd, out, count);
  bench_emit_one ("pipeline", count / ((double) (bench_now_ns () - start) / 1e9));
  echo_stop (&echo);
}

static void
call_length (Echo *echo, const char *data)
{
  guint32 data_size = BENCH_BULK;
  guint32 size = sizeof length_head - 1 + sizeof data_size + data_size + sizeof length_tail - 1;
  struct iovec parts[] = {
    { &size, sizeof size },
    { (char *) length_head, sizeof length_head - 1 },
    { &data_size, sizeof data_size },
    { (char *) data, data_size },
    { (char *) length_tail, sizeof length_tail - 1 },
  };
  char reply[REPLY_MAX];

  write_all (echo->fd, parts, G_N_ELEMENTS (parts));
  read_frame (echo->fd, reply, sizeof reply);
}

/* A fresh buffer each time, as whoever hands the bytes on would need. */
static void
call_blob (Echo *echo)
{
  size_t room = BENCH_BULK + REPLY_MAX;
  g_autofree char *reply = g_malloc (room);
  guint32 size = sizeof blob_request - 1;
  struct iovec parts[] = { { &size, sizeof size }, { (char *) blob_request, size } };

  write_all (echo->fd, parts, G_N_ELEMENTS (parts));
  if (read_frame (echo->fd, reply, room) < BENCH_BULK)
    g_error ("The blob came short");
}

static double
mib_per_second (gint64 start)
{
  return (double) BENCH_BULK / BENCH_MIB / ((double) (bench_now_ns () - start) / 1e9);
}

static void
probe_bulk (guint count)
{
  g_autofree char *data = g_malloc (BENCH_BULK);
  g_autofree double *arguments = g_new (double, count);
  g_autofree double *replies = g_new (double, count);
  Echo echo;

  memset (data, 'x', BENCH_BULK);
  echo_start (&echo, NULL);
  call_length (&echo, data);
  call_blob (&echo);
  for (guint i = 0; i < count; i++)
    {
      gint64 start = bench_now_ns ();

      call_length (&echo, data);
      arguments[i] = mib_per_second (start);
    }
  for (guint i = 0; i < count; i++)
    {
      gint64 start = bench_now_ns ();

      call_blob (&echo);
      replies[i] = mib_per_second (start);
    }
  bench_emit ("bulk-argument", arguments, count);
  bench_emit ("bulk-reply", replies, count);
  echo_stop (&echo);
}

static void
probe_children (guint count)
{
  g_autofree pid_t *pids = g_new (pid_t, count);
  gint64 start = bench_now_ns ();

  for (guint i = 0; i < count; i++)
    pids[i] = spawn_imports ();
  for (guint i = 0; i < count; i++)
    wait_for (pids[i]);
  bench_emit_one ("children", (double) (bench_now_ns () - start) / 1e9);
}

static void
ping_while_running (const char *kind, double seconds)
{
  /* The child's start must not eat the time in which it is pinged. */
  g_autofree char *text = bench_long_source (kind, seconds + 0.1);
  Echo echo;

  echo_start (&echo, text);
  call_getpid (&echo);
  bench_pings (kind, seconds, call_getpid, &echo);
  wait_for (echo.pid);
  close (echo.fd);
}

static void
probe_responsive (guint count)
{
  ping_while_running ("sleep", count / 1000.0);
  ping_while_running ("busy", count / 1000.0);
}

static void
probe_memory (guint count)
{
  pid_t pids[10];
  const char *argv[] = { bench_python (), "-c", "import time; time.sleep(60)", NULL };
  double sum = 0;

  for (guint i = 0; i < G_N_ELEMENTS (pids); i++)
    {
      pids[i] = spawn (argv, -1);
      if (i == 0 || i == G_N_ELEMENTS (pids) - 1)
        g_usleep (G_USEC_PER_SEC * 3 / 10);
      if (i == 0)
        bench_emit_one ("memory-alone", bench_memory_kib (pids[0], "Pss") / 1024);
    }
  for (guint i = 0; i < G_N_ELEMENTS (pids); i++)
    sum += bench_memory_kib (pids[i], "Pss") / 1024;
  bench_emit_one ("memory-ten", sum / G_N_ELEMENTS (pids));
  for (guint i = 0; i < G_N_ELEMENTS (pids); i++)
    {
      kill (pids[i], SIGKILL);
      waitpid (pids[i], NULL, 0);
    }
}

/* ---- forwarding ---- */

#define FRAME_HEADER   26
#define FRAME_MAGIC    0x4d49
#define FORWARD_BUFFER (256 * 1024)

/* Two stand-ins, with the ids 1 and 2. */
typedef struct
{
  int fds[2];
  pid_t pids[2];
  guint8 *buffer;
  gsize have; /* in the buffer, from the first */
} Forwarder;

static guint32
u32_at (const guint8 *data)
{
  guint32 value;

  memcpy (&value, data, sizeof value);
  return GUINT32_FROM_BE (value);
}

static void
send_order (int fd, guint32 dst_id, guint32 handle, const guint32 *numbers, guint n)
{
  guint32 size = (guint32) (n * sizeof *numbers);
  const guint32 fields[] = { dst_id, 0, 0, handle, 1000, size };
  guint8 frame[64] = { FRAME_MAGIC >> 8, FRAME_MAGIC & 0xff };
  guint8 *end = frame + 2;

  for (guint i = 0; i < G_N_ELEMENTS (fields) + n; i++)
    {
      guint32 field = i < G_N_ELEMENTS (fields) ? fields[i] : numbers[i - G_N_ELEMENTS (fields)];

      field = GUINT32_TO_BE (field);
      end = (guint8 *) memcpy (end, &field, sizeof field) + sizeof field;
    }
  write_all (fd, &(struct iovec){ frame, (gsize) (end - frame) }, 1);
}

/* Passes on every whole frame in the buffer, those that follow one another in one write. */
static void
pass_on_frames (Forwarder *forwarder)
{
  gsize size = 0;

  while (forwarder->have - size >= FRAME_HEADER)
    {
      const guint8 *frame = forwarder->buffer + size;
      gsize whole = FRAME_HEADER + u32_at (frame + 22);

      g_assert (frame[0] == FRAME_MAGIC >> 8 && u32_at (frame + 2) == 2);
      if (forwarder->have - size < whole)
        break;
      size += whole;
    }
  if (size > 0)
    write_all (forwarder->fds[1], &(struct iovec){ forwarder->buffer, size }, 1);
  forwarder->have -= size;
  memmove (forwarder->buffer, forwarder->buffer + size, forwarder->have);
}

/* Until the second says that all are there. */
static double
forward (guint count, guint size, gpointer user_data)
{
  Forwarder *forwarder = user_data;
  const guint32 numbers[] = { 2, count, size };
  gint64 start;

  send_order (forwarder->fds[1], 2, BENCH_HANDLE_COUNT, &count, 1);
  start = bench_now_ns ();
  send_order (forwarder->fds[0], 1, BENCH_HANDLE_SEND, numbers, G_N_ELEMENTS (numbers));
  for (;;)
    {
      struct pollfd items[] = {
        { .fd = forwarder->fds[0], .events = POLLIN },
        { .fd = forwarder->fds[1], .events = POLLIN },
      };

      poll (items, G_N_ELEMENTS (items), -1);
      if (items[0].revents != 0)
        {
          forwarder->have +=
              read_some (forwarder->fds[0], (char *) forwarder->buffer + forwarder->have,
                         FORWARD_BUFFER - forwarder->have);
          pass_on_frames (forwarder);
        }
      if (items[1].revents != 0)
        break;
    }
  read_some (forwarder->fds[1], (char *) forwarder->buffer, FORWARD_BUFFER);
  return count / ((double) (bench_now_ns () - start) / 1e9);
}

static void
stand_in_start (Forwarder *forwarder, guint which)
{
  const char *id = which == 0 ? "1" : "2";
  const char *argv[] = { g_getenv ("BENCH_STAND_IN"), "-c", "raw", id, NULL };
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
    g_error ("socketpair: %s", g_strerror (errno));
  forwarder->pids[which] = spawn_with (argv, fds[1], fds[1]);
  forwarder->fds[which] = fds[0];
  close (fds[1]);
}

static void
probe_forward (guint count)
{
  g_autofree guint8 *buffer = g_malloc (FORWARD_BUFFER);
  Forwarder forwarder = { .buffer = buffer };

  stand_in_start (&forwarder, 0);
  stand_in_start (&forwarder, 1);
  bench_forward (count, forward, &forwarder);
  for (guint i = 0; i < G_N_ELEMENTS (forwarder.fds); i++)
    {
      close (forwarder.fds[i]);
      wait_for (forwarder.pids[i]);
    }
}

/* ---- ssh ---- */

static void
time_ssh (const char *key, const char *host, const char *code, guint count)
{
  g_autofree char *command = g_strdup_printf ("%s -c '%s'", bench_python (), code);
  g_autofree double *values = g_new (double, count);

  bench_time_ssh (host, command);
  for (guint i = 0; i < count; i++)
    values[i] = bench_time_ssh (host, command);
  bench_emit (key, values, count);
}

static void
probe_ssh_connect (guint count)
{
  time_ssh ("ssh-connect", BENCH_NEAR_HOST, "pass", count);
}

/* Over a connection that is there, the same function. */
static void
probe_ssh_call (guint count)
{
  time_ssh ("ssh-call", BENCH_SHARED_HOST, "import os; print(os.getpid())", count);
}

static void
probe_ssh_far (guint count)
{
  g_autofree double *values = g_new (double, count);

  for (guint i = 0; i < count; i++)
    values[i] = bench_time_ssh (BENCH_FAR_HOST, "true");
  bench_emit ("ssh-far", values, count);
}

/* ---- docker ---- */

/* By its client. */
static void
probe_docker_connect (guint count)
{
  const char *argv[] = {
    "docker", "exec", BENCH_CONTAINER, bench_python (), "-c", "pass", NULL,
  };
  g_autofree double *values = g_new (double, count);

  bench_time_program (argv);
  for (guint i = 0; i < count; i++)
    values[i] = bench_time_program (argv);
  bench_emit ("docker-connect", values, count);
}

/* ---- spawn ---- */

/* As it is done by hand: the copy becomes the program. */
static double
fork_and_run (gpointer user_data)
{
  const char *argv[] = { "true", NULL };
  gint64 start = bench_now_ns ();
  gint64 end;
  int fds[2];
  char byte;
  pid_t pid;

  if (pipe2 (fds, O_CLOEXEC) < 0)
    g_error ("pipe2: %s", g_strerror (errno));
  pid = fork ();
  if (pid == 0)
    {
      execvp (argv[0], (char **) argv);
      _exit (127);
    }
  close (fds[1]);
  if (read (fds[0], &byte, 1) != 0) /* closed once it runs */
    g_error ("read: %s", g_strerror (errno));
  end = bench_now_ns ();
  close (fds[0]);
  waitpid (pid, NULL, 0);
  return (double) (end - start) / 1e6;
}

static void
probe_spawn (guint count)
{
  const char *const keys[] = { "spawn" };
  const BenchSpawnFunc funcs[] = { fork_and_run };

  bench_spawn (count, keys, funcs, 1, NULL);
}

static const BenchProbe probes[] = {
  { "docker-connect", probe_docker_connect },
  { "ssh-connect", probe_ssh_connect },
  { "ssh-call", probe_ssh_call },
  { "ssh-far", probe_ssh_far },
  { "connect", probe_connect },
  { "call", probe_call },
  { "pipeline", probe_pipeline },
  { "bulk", probe_bulk },
  { "children", probe_children },
  { "responsive", probe_responsive },
  { "memory", probe_memory },
  { "spawn", probe_spawn },
  { "forward", probe_forward },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, probes);
}
