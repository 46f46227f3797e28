/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stands in for a Python interpreter: runs the real one with the same arguments, passes everything
 * between it and whoever started it, and keeps two counters in the file BENCH_TAP_REPORT: the
 * length of the command line, and how many bytes the child has been sent.
 */

#include "bench-util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  guint64 command_line;
  guint64 sent;
} Report;

typedef struct
{
  int from;
  int to;
  guint64 *counter;
} Direction;

static Report *
open_report (void)
{
  int fd = open (g_getenv ("BENCH_TAP_REPORT"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  void *report;

  if (fd < 0 || ftruncate (fd, sizeof (Report)) < 0)
    g_error ("BENCH_TAP_REPORT: %s", g_strerror (errno));
  report = mmap (NULL, sizeof (Report), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (report == MAP_FAILED)
    g_error ("BENCH_TAP_REPORT: %s", g_strerror (errno));
  close (fd);
  return report;
}

/* As /proc/PID/cmdline would show it: every argument and the byte that ends it. */
static guint64
command_line_size (char **argv)
{
  guint64 size = 0;

  for (; *argv != NULL; argv++)
    size += strlen (*argv) + 1;
  return size;
}

static pid_t
run_python (char **argv, int in, int out)
{
  pid_t pid = fork ();

  if (pid == 0)
    {
      /* Whatever the interpreter takes to be its own name, it must not find this program there. */
      argv[0] = (char *) bench_python ();
      dup2 (in, STDIN_FILENO);
      dup2 (out, STDOUT_FILENO);
      execv (bench_python (), argv);
      _exit (127);
    }
  return pid;
}

/* Passes on what has come; FALSE once nothing more can. */
static gboolean
pass_on (Direction *direction)
{
  char buffer[65536];
  ssize_t got = read (direction->from, buffer, sizeof buffer);

  if (got <= 0)
    return FALSE;
  for (ssize_t done = 0; done < got;)
    {
      ssize_t written = write (direction->to, buffer + done, (size_t) (got - done));

      if (written < 0)
        return FALSE;
      done += written;
    }
  if (direction->counter != NULL)
    *direction->counter += (guint64) got;
  return TRUE;
}

static void
relay (Direction *inward, Direction *outward)
{
  struct pollfd items[] = {
    { .fd = inward->from, .events = POLLIN },
    { .fd = outward->from, .events = POLLIN },
  };

  while (items[1].fd >= 0)
    {
      poll (items, G_N_ELEMENTS (items), -1);
      if (items[0].revents != 0 && !pass_on (inward))
        {
          close (inward->to);
          items[0].fd = -1;
        }
      if (items[1].revents != 0 && !pass_on (outward))
        items[1].fd = -1;
    }
}

int
main (int argc, char **argv)
{
  Report *report = open_report ();
  int to_child[2];
  int from_child[2];
  int status;
  pid_t pid;

  report->command_line = command_line_size (argv);
  if (pipe2 (to_child, O_CLOEXEC) < 0 || pipe2 (from_child, O_CLOEXEC) < 0)
    g_error ("pipe2: %s", g_strerror (errno));
  pid = run_python (argv, to_child[0], from_child[1]);
  close (to_child[0]);
  close (from_child[1]);
  relay (&(Direction){ STDIN_FILENO, to_child[1], &report->sent },
         &(Direction){ from_child[0], STDOUT_FILENO, NULL });
  waitpid (pid, &status, 0);
  return WIFEXITED (status) ? WEXITSTATUS (status) : EXIT_FAILURE;
}
