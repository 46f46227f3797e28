/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "helper/mitogen-enter-private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_OUTPUT (64 * 1024)
#define MAX_ARGS   6

/* In place of the container's name, and at the end of a word. */
#define NAME "%"

typedef struct
{
  const char *kind;
  const char *tool;
  const char *args[MAX_ARGS];
  int is_report; /* of many lines, one of which begins with "PID:" */
} Kind;

static const Kind kinds[] = {
  { "docker",
    "docker",
    { "inspect", "--type=container", "--format={{.State.Pid}}", "--", NAME },
    0 },
  { "podman",
    "podman",
    { "inspect", "--type=container", "--format={{.State.Pid}}", "--", NAME },
    0 },
  { "lxc", "lxc-info", { "--pid", "--no-humanize", "--name=" NAME }, 0 },
  { "lxd", "lxc", { "info", "--", NAME }, 1 },
  { "incus", "incus", { "info", "--", NAME }, 1 },
  { "machinectl", "machinectl", { "show", "--property=Leader", "--value", "--", NAME }, 0 },
};

static const Kind *
find_kind (const char *name)
{
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp (kinds[i].kind, name) == 0)
      return &kinds[i];
  return NULL;
}

int
enter_is_kind (const char *kind)
{
  return find_kind (kind) != NULL;
}

/* ---- the tool ---- */

static char *
make_word (const char *arg, const char *name)
{
  size_t length = strlen (arg);
  char *word = enter_allocate (NULL, length + strlen (name) + 1);

  memcpy (word, arg, length + 1);
  if (arg[length - 1] == *NAME)
    strcpy (word + length - 1, name);
  return word;
}

static void __attribute__ ((noreturn))
run_tool (const Kind *kind, const char *tool, const char *container, int out, int err)
{
  char *argv[MAX_ARGS + 2] = { (char *) tool };
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  for (size_t i = 0; i < MAX_ARGS && kind->args[i] != NULL; i++)
    argv[i + 1] = make_word (kind->args[i], container);
  /* What it says is looked at, and some speak many languages. */
  setenv ("LC_ALL", "C", 1);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (null < 0 || dup2 (null, STDIN_FILENO) < 0 || dup2 (out, STDOUT_FILENO) < 0)
    enter_fail_errno ("cannot ask \"%s\"", tool);
  /* What goes wrong here is the tool's last word. */
  dup2 (err, STDERR_FILENO);
  execvp (tool, argv);
  enter_fail_errno ("cannot ask \"%s\"", tool);
}

/* Returns: the last line of @text that is not empty, which is changed. */
static char *
get_last_line (char *text)
{
  char *line;
  size_t length = strlen (text);

  while (length > 0 && strchr ("\r\n\t ", text[length - 1]) != NULL)
    text[--length] = '\0';
  line = strrchr (text, '\n');
  return line != NULL ? line + 1 : text;
}

static void __attribute__ ((noreturn))
fail_as_tool (const char *tool, const char *container, int status, int err, char *output)
{
  size_t size;
  char *words = lseek (err, 0, SEEK_SET) == 0 ? enter_read_all (err, MAX_OUTPUT, &size) : NULL;
  const char *line = words != NULL ? get_last_line (words) : "";

  if (strncmp (line, "mitogen-enter: ", strlen ("mitogen-enter: ")) == 0)
    enter_fail ("%s", line + strlen ("mitogen-enter: "));
  if (*line == '\0' && output != NULL)
    line = get_last_line (output);
  if (*line != '\0')
    enter_fail ("\"%s\" tells no process of \"%s\": %s", tool, container, line);
  if (WIFSIGNALED (status))
    enter_fail ("\"%s\" tells no process of \"%s\": it was killed by signal %d", tool, container,
                WTERMSIG (status));
  enter_fail ("\"%s\" tells no process of \"%s\": it ended with status %d", tool, container,
              WEXITSTATUS (status));
}

/* What the tool prints. */
static char *
ask (const Kind *kind, const char *tool, const char *container)
{
  int err = memfd_create ("errors", MFD_CLOEXEC);
  int fds[2];
  int status = 0;
  char *output;
  size_t size;
  pid_t pid;

  if (err < 0 || pipe2 (fds, O_CLOEXEC) < 0)
    enter_fail_errno ("cannot ask \"%s\"", tool);
  pid = fork ();
  if (pid < 0)
    enter_fail_errno ("cannot ask \"%s\"", tool);
  if (pid == 0)
    run_tool (kind, tool, container, fds[1], err);
  close (fds[1]);
  output = enter_read_all (fds[0], MAX_OUTPUT, &size);
  close (fds[0]);
  if (output == NULL)
    kill (pid, SIGKILL);
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (status != 0)
    fail_as_tool (tool, container, status, err, output);
  close (err);
  return output;
}

/* ---- its answer ---- */

/* NULL: there is none. The number may stand behind "PID:" at the beginning of a line; what belongs
 * to the container, such as the names of its interfaces, is indented. */
static char *
find_in_report (char *text)
{
  for (char *line = strtok (text, "\n"); line != NULL; line = strtok (NULL, "\n"))
    if (strncasecmp (line, "pid:", strlen ("pid:")) == 0)
      return line + strlen ("pid:");
  return NULL;
}

pid_t
enter_ask_leader (const EnterOptions *options)
{
  const Kind *kind = find_kind (options->kind);
  const char *tool = options->tool != NULL ? options->tool : kind->tool;
  char *text = ask (kind, tool, options->container);
  char *line = kind->is_report ? find_in_report (text) : text;
  const char *number = line != NULL ? get_last_line (line) : "";
  char *end;
  long pid;

  number += strspn (number, " \t");
  pid = strtol (number, &end, 10);
  if (*number == '\0' || ((pid == 0 || pid == -1) && *end == '\0'))
    enter_fail ("the container \"%s\" does not run", options->container);
  if (*end != '\0' || pid < 1 || pid > INT_MAX)
    enter_fail ("\"%s\" tells no process of \"%s\", but \"%.100s\"", tool, options->container,
                number);
  free (text);
  return (pid_t) pid;
}
