/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A link to another host, played between a process and whoever starts it:
 *
 *   bench-link DELAY-MS BYTES-PER-SECOND PROGRAM ARGUMENT...
 *
 * Each byte takes so long each way, and no more than so many (0: any number) pass a second. A slow
 * link has a small buffer, as routers of slow links should: what does not fit waits in its sender.
 */

#include "bench-util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK_SIZE  65536
#define SLOW_CHUNK  2048
#define SLOW_BUFFER 16384

typedef struct
{
  gint64 due; /* when it has arrived */
  gsize size;
  gsize done;
  guint8 data[];
} Chunk;

typedef struct
{
  int from; /* -1: it has ended */
  int to;   /* -1: nobody takes anything any more */
  gint64 delay_ns;
  guint rate;
  gint64 free_at; /* when the last byte will have left */
  GQueue chunks;
  gsize queued;
} Direction;

static gboolean
has_room (const Direction *self)
{
  return self->rate == 0 || self->queued < SLOW_BUFFER;
}

static void
take (Direction *self)
{
  Chunk *chunk = g_malloc (sizeof (Chunk) + CHUNK_SIZE);
  ssize_t got = read (self->from, chunk->data, self->rate > 0 ? SLOW_CHUNK : CHUNK_SIZE);
  gint64 now = bench_now_ns ();

  if (got <= 0)
    {
      g_free (chunk);
      self->from = -1;
      return;
    }
  self->free_at = MAX (self->free_at, now);
  if (self->rate > 0)
    self->free_at += got * 1000000000 / self->rate;
  chunk->due = self->free_at + self->delay_ns;
  chunk->size = (gsize) got;
  chunk->done = 0;
  g_queue_push_tail (&self->chunks, chunk);
  self->queued += chunk->size;
}

/* Hands over what has arrived. */
static void
deliver (Direction *self)
{
  Chunk *chunk;

  while ((chunk = g_queue_peek_head (&self->chunks)) != NULL && chunk->due <= bench_now_ns ())
    {
      ssize_t written = self->to >= 0
                            ? send (self->to, chunk->data + chunk->done, chunk->size - chunk->done,
                                    MSG_NOSIGNAL | MSG_DONTWAIT)
                            : -1;

      if (written < 0 && errno == EAGAIN && self->to >= 0)
        return;
      if (written < 0)
        {
          self->to = -1;
          self->queued -= chunk->size;
          g_free (g_queue_pop_head (&self->chunks));
          continue;
        }
      chunk->done += (gsize) written;
      if (chunk->done < chunk->size)
        return;
      self->queued -= chunk->size;
      g_free (g_queue_pop_head (&self->chunks));
    }
  if (chunk == NULL && self->from < 0 && self->to >= 0)
    {
      shutdown (self->to, SHUT_WR);
      self->to = -1;
    }
}

/* Until what comes next has arrived: 0 if it has, and could not be handed over. */
static gint64
wait_ns (Direction *self, gint64 now)
{
  const Chunk *chunk = g_queue_peek_head (&self->chunks);

  return chunk == NULL ? G_MAXINT64 : MAX (chunk->due - now, 0);
}

static void
wait_for_any (Direction *const both[2])
{
  struct pollfd items[4];
  gint64 now = bench_now_ns ();
  gint64 limit = G_MAXINT64;
  struct timespec time;

  for (guint i = 0; i < 2; i++)
    {
      gint64 wait = wait_ns (both[i], now);

      items[2 * i] = (struct pollfd){ has_room (both[i]) ? both[i]->from : -1, POLLIN, 0 };
      items[2 * i + 1] = (struct pollfd){ wait == 0 ? both[i]->to : -1, POLLOUT, 0 };
      if (wait > 0)
        limit = MIN (limit, wait);
    }
  time = (struct timespec){ limit / 1000000000, limit % 1000000000 };
  ppoll (items, G_N_ELEMENTS (items), limit == G_MAXINT64 ? NULL : &time, NULL);
  for (guint i = 0; i < 2; i++)
    if (items[2 * i].revents != 0)
      take (both[i]);
}

static void
set_buffer (int fd, int size)
{
  setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static pid_t
run (char **argv, int *fd, guint rate)
{
  int fds[2];
  pid_t pid;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
    g_error ("socketpair: %s", g_strerror (errno));
  if (rate > 0)
    {
      set_buffer (fds[0], SLOW_BUFFER);
      set_buffer (fds[1], SLOW_BUFFER);
      set_buffer (STDIN_FILENO, SLOW_BUFFER);
    }
  pid = fork ();
  if (pid == 0)
    {
      dup2 (fds[1], STDIN_FILENO);
      dup2 (fds[1], STDOUT_FILENO);
      execvp (argv[0], argv);
      _exit (127);
    }
  close (fds[1]);
  *fd = fds[0];
  return pid;
}

int
main (int argc, char **argv)
{
  Direction down = { .from = STDIN_FILENO };
  Direction up = { .to = STDOUT_FILENO };
  int status;
  int fd;
  pid_t pid;

  if (argc < 4)
    g_error ("usage: %s DELAY-MS BYTES-PER-SECOND PROGRAM ARGUMENT...", argv[0]);
  down.delay_ns = up.delay_ns = (gint64) atoi (argv[1]) * 1000000;
  down.rate = up.rate = (guint) atoi (argv[2]);
  pid = run (argv + 3, &fd, down.rate);
  down.to = up.from = fd;
  while (up.to >= 0)
    {
      wait_for_any ((Direction *const[]){ &down, &up });
      deliver (&down);
      deliver (&up);
    }
  close (fd);
  waitpid (pid, &status, 0);
  return WIFEXITED (status) ? WEXITSTATUS (status) : EXIT_FAILURE;
}
