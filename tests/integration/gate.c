/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A gate between a process and whoever starts it: gate SOCKET PROGRAM ARGUMENT... It connects to
 * the socket, gets orders there, one letter each, and answers each when it is done:
 *
 *   h  hold: nothing goes up any more
 *   r  release: what was sent down so far is passed on, and from then on nothing; up all
 *   o  open, as at the beginning
 *
 * So whoever sends between h and r, and still gets its answer after r, needed one round trip. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int control;
static int process;
static int down_closed;
static int up_closed;

static void __attribute__ ((noreturn)) fail (const char *what)
{
  perror (what);
  exit (EXIT_FAILURE);
}

static void
connect_control (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  snprintf (address.sun_path, sizeof address.sun_path, "%s", path);
  control = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (control < 0 || connect (control, (struct sockaddr *) &address, sizeof address) < 0)
    fail (path);
}

static void
run (char **argv)
{
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
    fail ("socketpair");
  process = fds[0];
  if (fork () > 0)
    {
      close (fds[1]);
      return;
    }
  dup2 (fds[1], STDIN_FILENO);
  dup2 (fds[1], STDOUT_FILENO);
  execvp (argv[0], argv);
  _exit (127);
}

/* Returns 0 at the end of the file; -1 if there is nothing to pass on now. */
static ssize_t
pass_on (int from, int to, int flags)
{
  char buffer[65536];
  ssize_t got = recv (from, buffer, sizeof buffer, flags);

  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return -1;
  if (got <= 0)
    return 0;
  for (ssize_t done = 0; done < got;)
    {
      ssize_t sent = send (to, buffer + done, (size_t) (got - done), MSG_NOSIGNAL);

      if (sent < 0 && errno == EAGAIN)
        {
          poll (&(struct pollfd){ to, POLLOUT, 0 }, 1, -1);
          continue;
        }
      if (sent < 0)
        return 0;
      done += sent;
    }
  return got;
}

static void
obey (void)
{
  char order;

  /* Nobody gives orders any more. */
  if (read (control, &order, 1) != 1)
    {
      control = -1;
      up_closed = down_closed = 0;
      return;
    }
  if (order == 'r')
    while (pass_on (STDIN_FILENO, process, MSG_DONTWAIT) > 0)
      ;
  up_closed = order == 'h';
  down_closed = order == 'r';
  if (write (control, &order, 1) != 1)
    exit (EXIT_SUCCESS);
}

int
main (int argc, char **argv)
{
  if (argc < 3)
    return EXIT_FAILURE;
  connect_control (argv[1]);
  run (argv + 2);
  for (;;)
    {
      struct pollfd items[] = {
        { control, POLLIN, 0 },
        { down_closed ? -1 : STDIN_FILENO, POLLIN, 0 },
        { up_closed ? -1 : process, POLLIN, 0 },
      };

      poll (items, 3, -1);
      if (items[0].revents != 0)
        obey ();
      else if (items[1].revents != 0 && pass_on (STDIN_FILENO, process, MSG_DONTWAIT) == 0)
        break;
      else if (items[2].revents != 0 && pass_on (process, STDOUT_FILENO, MSG_DONTWAIT) == 0)
        break;
    }
  close (process);
  wait (NULL);
  return EXIT_SUCCESS;
}
