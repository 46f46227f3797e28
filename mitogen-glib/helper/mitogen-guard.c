/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Removes a temporary container if the program that has it made ends without doing so itself, in
 * which case the container may be there, but not be started yet, so that it would stay for ever.
 *
 * Usage: mitogen-guard SOCKET NAME
 *
 * SOCKET is where the container engine listens. It waits for the end of its input; if there is a
 * byte before that, nothing is to be done. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The engine may be about to make it. */
#define TRIES    100
#define PAUSE_NS 100000000
#define PATIENCE 20

static int
is_needed (void)
{
  char byte;
  ssize_t n;

  do
    n = read (STDIN_FILENO, &byte, 1);
  while (n < 0 && errno == EINTR);
  return n == 0;
}

static int
connect_to (const char *path)
{
  const struct timeval patience = { .tv_sec = PATIENCE };
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd;

  if (strlen (path) >= sizeof address.sun_path)
    return -1;
  strcpy (address.sun_path, path);
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect (fd, (const struct sockaddr *) &address, sizeof address) == 0)
    return fd;
  close (fd);
  return -1;
}

/* Returns the status of the answer; 0: there was none. */
static int
try_to_remove (const char *path, const char *name)
{
  char text[1024];
  size_t got = 0;
  ssize_t n;
  int status = 0;
  int fd = connect_to (path);
  int size =
      snprintf (text, sizeof text,
                "DELETE /containers/%s?force=true&v=true HTTP/1.0\r\nHost: docker\r\n\r\n", name);

  if (fd < 0)
    return 0;
  if (send (fd, text, (size_t) size, MSG_NOSIGNAL) == size)
    while (got < sizeof text - 1 && (n = read (fd, text + got, sizeof text - 1 - got)) > 0)
      got += (size_t) n;
  text[got] = '\0';
  close (fd);
  return sscanf (text, "HTTP/%*d.%*d %d", &status) == 1 ? status : 0;
}

static int
is_name (const char *name)
{
  return *name != '\0' && strlen (name) <= 64 &&
         strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen (name);
}

int
main (int argc, char **argv)
{
  const struct timespec pause = { .tv_nsec = PAUSE_NS };

  if (argc != 3 || !is_name (argv[2]))
    {
      fputs ("Usage: mitogen-guard SOCKET NAME\n", stderr);
      return 2;
    }
  /* Of whoever ends the program that it guards. */
  signal (SIGHUP, SIG_IGN);
  signal (SIGINT, SIG_IGN);
  signal (SIGTERM, SIG_IGN);
  if (!is_needed ())
    return 0;
  for (int i = 0; i < TRIES; i++)
    {
      int status = try_to_remove (argv[1], argv[2]);

      /* 409: it is being removed. */
      if ((status >= 200 && status < 300) || status == 409)
        return 0;
      nanosleep (&pause, NULL);
    }
  return 1;
}
