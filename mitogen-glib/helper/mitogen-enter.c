/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a command in the namespaces of a container or in another root folder, as one of the users
 * there, and ends as the command does:
 *
 *   mitogen-enter --pid=PID | --kind=KIND --container=NAME [--tool=PROGRAM] | --root=FOLDER
 *                 [--user=USER[:GROUP]] -- COMMAND [ARGUMENT...]
 *
 * It does not trust what it finds in there.
 */

#include "helper/mitogen-enter-private.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME         "mitogen-enter"
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* A container that is started again and again is not asked for forever. */
#define MAX_QUESTIONS 5

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

/* ---- for all parts ---- */

void
enter_fail (const char *format, ...)
{
  va_list args;

  fputs (NAME ": ", stderr);
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
  _exit (ENTER_FAILED);
}

void
enter_fail_errno (const char *format, ...)
{
  int error = errno;
  va_list args;

  fputs (NAME ": ", stderr);
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fprintf (stderr, ": %s\n", strerror (error));
  _exit (ENTER_FAILED);
}

void *
enter_allocate (void *old, size_t size)
{
  void *memory = realloc (old, size);

  if (memory == NULL)
    enter_fail ("there is no memory left");
  return memory;
}

char *
enter_read_all (int fd, size_t limit, size_t *size)
{
  size_t room = 4096;
  char *text = enter_allocate (NULL, room + 1);
  size_t length = 0;

  for (;;)
    {
      ssize_t got = read (fd, text + length, room - length);

      if (got < 0 && errno == EINTR)
        continue;
      if (got == 0)
        break;
      if (got > 0)
        length += (size_t) got;
      if (got < 0 || length > limit)
        {
          int error = got < 0 ? errno : EFBIG;

          free (text);
          errno = error;
          return NULL;
        }
      if (length == room)
        text = enter_allocate (text, (room *= 2) + 1);
    }
  text[length] = '\0';
  *size = length;
  return text;
}

/* ---- this program ---- */

/* The container's "interpreter" may be a script for /proc/self/exe: it would then be this very
 * program that runs in there, as a process whose file can be written to. So that is a copy that
 * cannot. */
static void
become_copy (char **argv)
{
  int self = open ("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  int copy;
  struct stat info;
  off_t offset = 0;

  if (self < 0 || fstat (self, &info) < 0)
    enter_fail_errno ("cannot open its own program");
  if (fcntl (self, F_GET_SEALS) >= F_SEAL_WRITE)
    {
      close (self);
      return;
    }
  copy = memfd_create (NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  if (copy < 0 && errno == EINVAL) /* Linux before 6.3 */
    copy = memfd_create (NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  while (copy >= 0 && offset < info.st_size)
    if (sendfile (copy, self, &offset, (size_t) (info.st_size - offset)) <= 0)
      break;
  if (copy < 0 || offset < info.st_size ||
      fcntl (copy, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
    enter_fail_errno ("cannot copy its own program");
  fexecve (copy, argv, environ);
  enter_fail_errno ("cannot run a copy of its own program");
}

/* What leads to files of this host is not to be found by processes in there. */
static void
close_others (void)
{
#ifdef SYS_close_range
  if (syscall (SYS_close_range, STDERR_FILENO + 1, UINT_MAX, 0) == 0)
    return;
#endif
  for (long fd = sysconf (_SC_OPEN_MAX); fd > STDERR_FILENO; fd--)
    close ((int) fd);
}

static void
hide (void)
{
  prctl (PR_SET_NAME, NAME);
#ifdef HIDE_MEMORY
  prctl (PR_SET_DUMPABLE, 0);
#endif
}

/* ---- the command line ---- */

static pid_t
parse_pid (const char *text)
{
  char *end;
  long pid = strtol (text, &end, 10);

  if (!isdigit ((unsigned char) *text) || *end != '\0' || pid < 1 || pid > INT_MAX)
    enter_fail ("\"%s\" is no process id", text);
  return (pid_t) pid;
}

/* Returns: the command */
static char **
parse (EnterOptions *options, int argc, char **argv)
{
  static const struct option known[] = {
    { "pid", required_argument, NULL, 'p' },
    { "kind", required_argument, NULL, 'k' },
    { "container", required_argument, NULL, 'c' },
    { "tool", required_argument, NULL, 't' },
    { "root", required_argument, NULL, 'r' },
    { "user", required_argument, NULL, 'u' },
    { NULL, 0, NULL, 0 },
  };

  for (;;)
    switch (getopt_long (argc, argv, "+", known, NULL))
      {
      case 'p':
        options->pid = parse_pid (optarg);
        break;
      case 'k':
        options->kind = optarg;
        break;
      case 'c':
        options->container = optarg;
        break;
      case 't':
        options->tool = optarg;
        break;
      case 'r':
        options->root = optarg;
        break;
      case 'u':
        options->user = optarg;
        break;
      case -1:
        return argv + optind;
      default:
        _exit (ENTER_FAILED); /* getopt has said why */
      }
}

static void
check (const EnterOptions *options, char **command)
{
  int places = (options->pid != 0) + (options->kind != NULL) + (options->root != NULL);

  if (places != 1 || (options->kind != NULL) != (options->container != NULL) || *command == NULL)
    enter_fail ("usage: " NAME " --pid=PID | --kind=KIND --container=NAME [--tool=PROGRAM] | "
                "--root=FOLDER [--user=USER[:GROUP]] -- COMMAND [ARGUMENT...]");
  if (options->kind != NULL && !enter_is_kind (options->kind))
    enter_fail ("there is no kind \"%s\" of containers", options->kind);
  if (options->container != NULL && *options->container == '\0')
    enter_fail ("the container has no name");
}

/* ---- the place ---- */

/* The id of a process that has ended may become that of another. What the tool names began before
 * it was asked, or it is asked again. */
static void
open_container (EnterPlace *place, const EnterOptions *options)
{
  for (int i = 0; i < MAX_QUESTIONS; i++)
    {
      unsigned long long now = enter_get_time ();

      if (enter_open_process (place, enter_ask_leader (options), now))
        return;
    }
  enter_fail ("the container \"%s\" does not run for long", options->container);
}

static void
open_place (EnterPlace *place, const EnterOptions *options)
{
  if (options->root != NULL)
    enter_open_root (place, options->root);
  else if (options->kind != NULL)
    open_container (place, options);
  else if (!enter_open_process (place, options->pid, ULLONG_MAX))
    enter_fail ("there is no process %d", (int) options->pid);
}

/* ---- the command ---- */

static int
is_kept (const char *variable)
{
  static const char *const kept[] = { "TERM=", "LANG=", "LANGUAGE=", "LC_", "TZ=", NULL };

  for (int i = 0; kept[i] != NULL; i++)
    if (strncmp (variable, kept[i], strlen (kept[i])) == 0)
      return 1;
  return 0;
}

/* What is set on this host says nothing about the container, and may be a secret. */
static void
set_environment (const EnterPlace *place, const EnterUser *user)
{
  char **old = environ;

  clearenv ();
  for (; *old != NULL; old++)
    if (is_kept (*old))
      putenv (*old);
  setenv ("PATH", place->path != NULL && *place->path != '\0' ? place->path : DEFAULT_PATH, 1);
  setenv ("HOME", user->home, 1);
  setenv ("SHELL", user->shell, 1);
  setenv ("LOGNAME", user->name, 1);
  setenv ("USER", user->name, 1);
}

/* The end of the parent is that of this process; @alive, too, then ends. It cannot ask for its
 * parent's id from in there. */
static void
tie_to_parent (int alive)
{
  char byte;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (read (alive, &byte, 1) == 0)
    raise (SIGKILL);
  close (alive);
}

/* @alive: -1, or tells of the parent */
static void __attribute__ ((noreturn))
run (const EnterPlace *place, const EnterOptions *options, int alive, char **command)
{
  EnterUser user = { 0 };

  enter_find_user (&user, options->user);
  enter_limit (place);
  enter_become (&user);
  if (alive >= 0) /* changing the user ends it */
    tie_to_parent (alive);
  set_environment (place, &user);
  if (chdir (user.home) < 0 && chdir ("/") < 0)
    enter_fail_errno ("cannot enter the root folder");
  execvp (*command, command);
  fprintf (stderr, NAME ": cannot run \"%s\": %s\n", *command, strerror (errno));
  _exit (errno == ENOENT ? ENTER_NOT_FOUND : ENTER_CANNOT_RUN);
}

/* ---- a process that waits for it ---- */

/* As if it had been this process. */
static void __attribute__ ((noreturn)) end_like (int status)
{
  int number = WIFSIGNALED (status) ? WTERMSIG (status) : 0;
  struct rlimit no_core = { 0 };
  sigset_t set;

  if (WIFEXITED (status))
    _exit (WEXITSTATUS (status));
  setrlimit (RLIMIT_CORE, &no_core);
  signal (number, SIG_DFL);
  sigemptyset (&set);
  sigaddset (&set, number);
  raise (number);
  sigprocmask (SIG_UNBLOCK, &set, NULL);
  _exit (128 + number);
}

/* Whoever signals this process means the other one. */
static void __attribute__ ((noreturn)) wait_for (pid_t child, const sigset_t *signals)
{
  close (STDIN_FILENO);
  close (STDOUT_FILENO);
  close (STDERR_FILENO);
  for (;;)
    {
      int status;
      int number = sigwaitinfo (signals, NULL);

      if (number > 0 && number != SIGCHLD)
        kill (child, number);
      if (waitpid (child, &status, WNOHANG) == child)
        end_like (status);
    }
}

static void __attribute__ ((noreturn))
run_in_child (const EnterPlace *place, const EnterOptions *options, char **command)
{
  const int numbers[] = { SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT };
  int alive[2];
  sigset_t signals;
  sigset_t old;
  pid_t child;

  sigemptyset (&signals);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    sigaddset (&signals, numbers[i]);
  sigprocmask (SIG_BLOCK, &signals, &old);
  if (pipe2 (alive, O_CLOEXEC | O_NONBLOCK) < 0)
    enter_fail_errno ("cannot make a pipe");
  child = fork ();
  /* The kernel's way to say that process 1 of the namespace is gone. */
  if (child < 0 && errno == ENOMEM)
    enter_fail ("the container has ended");
  if (child < 0)
    enter_fail_errno ("cannot start a process");
  if (child > 0)
    wait_for (child, &signals);
  close (alive[1]);
  sigprocmask (SIG_SETMASK, &old, NULL);
  run (place, options, alive[0], command);
}

int
main (int argc, char **argv)
{
  EnterOptions options = { 0 };
  EnterPlace place = { 0 };
  char **command = parse (&options, argc, argv);

  check (&options, command);
  close_others ();
  become_copy (argv);
  hide ();
  open_place (&place, &options);
  if (enter_go (&place))
    run_in_child (&place, &options, command);
  run (&place, &options, -1, command);
}
