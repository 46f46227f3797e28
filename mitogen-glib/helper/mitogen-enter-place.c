/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "helper/mitogen-enter-private.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

#define MAX_STATUS      (64 * 1024)
#define MAX_ENVIRONMENT (1024 * 1024)

typedef struct
{
  const char *name;
  int type;
} Namespace;

/* The one of users is the first: see enter_go(). */
static const Namespace namespaces[ENTER_N_NAMESPACES] = {
  { "user", CLONE_NEWUSER },     { "mnt", CLONE_NEWNS },    { "net", CLONE_NEWNET },
  { "uts", CLONE_NEWUTS },       { "ipc", CLONE_NEWIPC },   { "pid", CLONE_NEWPID },
  { "cgroup", CLONE_NEWCGROUP }, { "time", CLONE_NEWTIME },
};

#define USERS 0
#define PIDS  5

/* ---- the process ---- */

unsigned long long
enter_get_time (void)
{
  struct timespec now = { 0 };
  unsigned long long hz = (unsigned long long) sysconf (_SC_CLK_TCK);

  clock_gettime (CLOCK_BOOTTIME, &now);
  return (unsigned long long) now.tv_sec * hz + (unsigned long long) now.tv_nsec * hz / 1000000000;
}

static char *
read_file (const EnterPlace *place, const char *name, size_t limit, size_t *size)
{
  int fd = openat (place->process, name, O_RDONLY | O_CLOEXEC);
  char *text;

  if (fd < 0)
    return NULL;
  text = enter_read_all (fd, limit, size);
  close (fd);
  return text;
}

/* FALSE: it has ended, or begun after @since. */
static int
is_usable (const EnterPlace *place, unsigned long long since)
{
  size_t size;
  char *text = read_file (place, "stat", MAX_STATUS, &size);
  /* Its name may hold whatever it likes. */
  char *rest = text != NULL ? strrchr (text, ')') : NULL;
  unsigned long long begin;
  char state;

  if (rest == NULL ||
      sscanf (rest,
              ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
              &state, &begin) != 2)
    state = 'X';
  free (text);
  return strchr ("ZXx", state) == NULL && begin <= since;
}

static void
read_status (EnterPlace *place)
{
  size_t size;
  char *text = read_file (place, "status", MAX_STATUS, &size);
  char *line = text != NULL ? strstr (text, "\nCapBnd:") : NULL;

  if (line != NULL)
    place->capabilities = strtoull (line + strlen ("\nCapBnd:"), NULL, 16);
  line = text != NULL ? strstr (text, "\nNoNewPrivs:") : NULL;
  if (line != NULL)
    place->no_new_privileges = strtol (line + strlen ("\nNoNewPrivs:"), NULL, 10) != 0;
  free (text);
}

static void
read_path (EnterPlace *place)
{
  size_t size = 0;
  char *text = read_file (place, "environ", MAX_ENVIRONMENT, &size);

  for (size_t i = 0; i < size && place->path == NULL; i += strlen (text + i) + 1)
    if (strncmp (text + i, "PATH=", strlen ("PATH=")) == 0)
      place->path = strdup (text + i + strlen ("PATH="));
  free (text);
}

/* -1: it is ours already. */
static int
open_namespace (const EnterPlace *place, pid_t pid, const char *name)
{
  char path[32];
  struct stat own;
  struct stat other;
  int fd;

  snprintf (path, sizeof path, "ns/%s", name);
  fd = openat (place->process, path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && fstat (fd, &other) == 0)
    {
      snprintf (path, sizeof path, "/proc/self/ns/%s", name);
      if (stat (path, &own) < 0 || own.st_ino != other.st_ino || own.st_dev != other.st_dev)
        return fd;
      close (fd);
      return -1;
    }
  /* Of a kind that this kernel has not. */
  snprintf (path, sizeof path, "/proc/self/ns/%s", name);
  if (errno == ENOENT && access (path, F_OK) < 0)
    return -1;
  errno = errno == ENOENT ? ESRCH : errno;
  enter_fail_errno ("cannot open the %s namespace of process %d", name, (int) pid);
}

static void
open_all (EnterPlace *place, pid_t pid)
{
  for (int i = 0; i < ENTER_N_NAMESPACES; i++)
    place->namespaces[i] = open_namespace (place, pid, namespaces[i].name);
  place->root = openat (place->process, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (place->root < 0)
    enter_fail_errno ("cannot open the root folder of process %d", (int) pid);
}

int
enter_open_process (EnterPlace *place, pid_t pid, unsigned long long since)
{
  char path[32];

  snprintf (path, sizeof path, "/proc/%d", (int) pid);
  place->process = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (place->process < 0)
    return 0;
  if (!is_usable (place, since))
    {
      close (place->process);
      return 0;
    }
  place->capabilities = ~0ULL;
  read_status (place);
  read_path (place);
  open_all (place, pid);
  /* What was opened is that of the living process. */
  if (!is_usable (place, since))
    enter_fail ("process %d has ended", (int) pid);
  return 1;
}

void
enter_open_root (EnterPlace *place, const char *path)
{
  place->process = -1;
  for (int i = 0; i < ENTER_N_NAMESPACES; i++)
    place->namespaces[i] = -1;
  place->capabilities = ~0ULL;
  place->root = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (place->root < 0)
    enter_fail_errno ("cannot open the folder \"%s\"", path);
}

/* ---- going ---- */

/* With more rights than the container's root has, the namespace of users has to be the last, since
 * those are lost there; with less, the first, since they are had only there. Which it is the kernel
 * tells: what cannot be entered at first is tried again in the namespace of users. */
static void
enter_namespaces (EnterPlace *place)
{
  for (int pass = 0; pass < 2; pass++)
    for (int i = pass == 0 ? USERS + 1 : USERS; i < ENTER_N_NAMESPACES; i++)
      {
        if (place->namespaces[i] < 0)
          continue;
        if (setns (place->namespaces[i], namespaces[i].type) == 0)
          {
            close (place->namespaces[i]);
            place->namespaces[i] = -1;
          }
        else if (pass == 1)
          enter_fail_errno ("cannot enter the %s namespace", namespaces[i].name);
      }
}

static int
is_own_root (int root)
{
  struct stat own;
  struct stat other;

  return stat ("/", &own) == 0 && fstat (root, &other) == 0 && own.st_dev == other.st_dev &&
         own.st_ino == other.st_ino;
}

int
enter_go (EnterPlace *place)
{
  int needs_child = place->namespaces[PIDS] >= 0;

  /* None of the groups here means anything there, and there it may be forbidden to drop them. */
  setgroups (0, NULL);
  enter_namespaces (place);
  if (fchdir (place->root) < 0)
    enter_fail_errno ("cannot enter the root folder");
  if (!is_own_root (place->root) && chroot (".") < 0)
    enter_fail_errno ("cannot change the root folder");
  if (chdir ("/") < 0)
    enter_fail_errno ("cannot enter the root folder");
  close (place->root);
  if (place->process >= 0)
    close (place->process);
  return needs_child;
}

/* ---- rights ---- */

/* Root in there is not to have more rights than the container was given: its programs run with
 * them. */
void
enter_limit (const EnterPlace *place)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[2] = { { 0 } };

  for (int i = 0; prctl (PR_CAPBSET_READ, i) >= 0; i++)
    if ((place->capabilities >> i & 1) == 0)
      prctl (PR_CAPBSET_DROP, i);
  if (syscall (SYS_capget, &header, data) == 0)
    {
      data[0].inheritable = data[1].inheritable = 0;
      syscall (SYS_capset, &header, data);
    }
  if (place->no_new_privileges)
    prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
