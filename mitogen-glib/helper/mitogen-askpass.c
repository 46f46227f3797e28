/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Started by ssh to ask for a password or to tell of a host's key. It passes the question to the
 * library, over the error output that ssh has from it, and prints the answer.
 */

#include "helper/mitogen-askpass-protocol-private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#ifdef HIDE_MEMORY
#include <sys/prctl.h>
#endif

#define NO_ANSWER 1

/* The answer: wiped before the end. */
static char answer[MITOGEN_ASKPASS_MAX_REPLY];

/* ---- small parts ---- */

/* Other processes of the user, and core dumps, are not to show the answer. */
static void
hide (void)
{
#ifdef HIDE_MEMORY
  prctl (PR_SET_DUMPABLE, 0);
#endif
  (void) mlock (answer, sizeof answer);
}

/* The number of bytes that were read: fewer, if there are no more. */
static size_t
read_all (int fd, char *data, size_t size)
{
  size_t done = 0;

  while (done < size)
    {
      ssize_t got = read (fd, data + done, size - done);

      if (got > 0)
        done += (size_t) got;
      else if (got == 0 || errno != EINTR)
        break;
    }
  return done;
}

static int
write_all (int fd, const char *data, size_t size)
{
  while (size > 0)
    {
      ssize_t done = write (fd, data, size);

      if (done > 0)
        {
          data += done;
          size -= (size_t) done;
        }
      else if (done == 0 || errno != EINTR)
        return 0;
    }
  return 1;
}

/* ---- the request ---- */

/* All of it fits into the socket's buffer, so that nothing is waited for. */
static int
send_text (int fd, const char *text)
{
  size_t size = strlen (text) + 1;

  return send (fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t) size;
}

static int
send_request (int fd, char **arguments)
{
  const char *hint = getenv ("SSH_ASKPASS_PROMPT");

  if (!send_text (fd, MITOGEN_ASKPASS_MAGIC) || !send_text (fd, hint != NULL ? hint : ""))
    return 0;
  for (int i = 0; arguments[i] != NULL; i++)
    if (!send_text (fd, arguments[i]))
      return 0;
  return shutdown (fd, SHUT_WR) == 0;
}

/* ssh may have set its error output to fail rather than wait. */
static int
wait_for_room (void)
{
  struct pollfd poll_fd = { .fd = STDERR_FILENO, .events = POLLOUT };

  return errno == EINTR || (errno == EAGAIN && (poll (&poll_fd, 1, -1) >= 0 || errno == EINTR));
}

static int
announce (int fd)
{
  char byte = MITOGEN_ASKPASS_ANNOUNCEMENT;
  struct iovec part = { .iov_base = &byte, .iov_len = 1 };
  union
  {
    char data[CMSG_SPACE (sizeof (int))];
    struct cmsghdr align;
  } control = { { 0 } };
  struct msghdr message = { .msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.data,
                            .msg_controllen = sizeof control.data };
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);
  ssize_t sent;

  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (sizeof fd);
  memcpy (CMSG_DATA (header), &fd, sizeof fd);
  do
    sent = sendmsg (STDERR_FILENO, &message, MSG_NOSIGNAL);
  while (sent < 0 && wait_for_room ());
  return sent == 1;
}

/* Returns a descriptor to read the reply from, or -1: nobody is there to ask. */
static int
request (char **arguments)
{
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
    return -1;
  if (!send_request (fds[0], arguments) || !announce (fds[1]))
    {
      close (fds[0]);
      fds[0] = -1;
    }
  close (fds[1]);
  return fds[0];
}

/* ---- the reply ---- */

static int
print_reply (int fd)
{
  unsigned char header[MITOGEN_ASKPASS_REPLY_HEADER];
  size_t size;

  if (read_all (fd, (char *) header, sizeof header) < sizeof header)
    return NO_ANSWER;
  size = (size_t) header[1] << 24 | (size_t) header[2] << 16 | (size_t) header[3] << 8 | header[4];
  if (size > sizeof answer || read_all (fd, answer, size) < size ||
      !write_all (STDOUT_FILENO, answer, size))
    return NO_ANSWER;
  return header[0];
}

/* ---- where the error output leads elsewhere ---- */

static size_t
read_line (int fd)
{
  size_t length = 0;

  while (length < sizeof answer && read_all (fd, answer + length, 1) == 1)
    if (answer[length++] == '\n')
      break;
  return length;
}

/* An ssh that a configured ProxyJump has started may have no error output. Its terminal is that
 * of the connection, where the library waits for questions, too; it does not echo. */
static int
ask_on_terminal (const char *question)
{
  int fd = open ("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  struct termios settings;
  size_t length;

  if (fd < 0 || tcgetattr (fd, &settings) < 0 || (settings.c_lflag & ECHO) != 0 ||
      !write_all (fd, question, strlen (question)))
    return NO_ANSWER;
  length = read_line (fd);
  return length > 0 && write_all (STDOUT_FILENO, answer, length) ? 0 : NO_ANSWER;
}

/* ---- */

static int
ask (const char *question, int fd)
{
  return fd >= 0 ? print_reply (fd) : ask_on_terminal (question);
}

/* Without a line that is printed, the user's own files decide on a key. */
static int
tell_key (int fd)
{
  return fd >= 0 ? print_reply (fd) : 0;
}

/* Before there is a key, ssh asks for all that are known. */
static int
is_about_order (char **arguments)
{
  return strcmp (arguments[0], MITOGEN_ASKPASS_HOST_KEY) == 0 &&
         strcmp (arguments[1], MITOGEN_ASKPASS_ORDER) == 0;
}

int
main (int argc, char **argv)
{
  int status;
  int fd;

  if (argc < 2)
    return NO_ANSWER;
  if (argc > 2 && is_about_order (argv + 1))
    return 0;
  hide ();
  fd = request (argv + 1);
  status = argc == 2 ? ask (argv[1], fd) : tell_key (fd);
  explicit_bzero (answer, sizeof answer);
  return status;
}
