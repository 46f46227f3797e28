/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of mitogen-enter. Each ends the program with a message if it fails.
 */

#pragma once

#include <stddef.h>
#include <sys/types.h>

/* The exit status if it is this program that has failed; 126 and 127 are as in a shell. */
#define ENTER_FAILED     125
#define ENTER_CANNOT_RUN 126
#define ENTER_NOT_FOUND  127

#define ENTER_N_NAMESPACES 8

/* Of what is in this program's power, and in that of the file that it comes from. */
#define ENTER_MAX_FILE (16 * 1024 * 1024)

typedef struct
{
  const char *kind;      /* NULL: none */
  const char *container; /* if there is a kind */
  const char *tool;      /* NULL: that of the kind */
  const char *root;      /* NULL: none */
  const char *user;      /* NULL: root */
  pid_t pid;             /* 0: none */
} EnterOptions;

/* A place to go to, opened before anything is changed. */
typedef struct
{
  int process; /* its folder in /proc, which never becomes that of another process; or -1 */
  int root;
  int namespaces[ENTER_N_NAMESPACES]; /* -1: it is ours already */
  unsigned long long capabilities;    /* what its processes may have at most */
  int no_new_privileges;
  char *path; /* PATH of the process; NULL: not known */
} EnterPlace;

typedef struct
{
  uid_t uid;
  gid_t gid;
  gid_t *groups;
  size_t n_groups;
  const char *name;
  const char *home;
  const char *shell;
} EnterUser;

/* ---- mitogen-enter.c ---- */

/* Ends the program. */
void __attribute__ ((noreturn, format (printf, 1, 2))) enter_fail (const char *format, ...);
/* The same with errno's text at the end. */
void __attribute__ ((noreturn, format (printf, 1, 2))) enter_fail_errno (const char *format, ...);
/* All of @fd, with a NUL behind it; NULL: it cannot be read, or is longer than @limit. */
char *enter_read_all (int fd, size_t limit, size_t *size);
void *enter_allocate (void *old, size_t size);

/* ---- mitogen-enter-leader.c ---- */

/* Asks the tool of @options's kind for the container's first process. */
pid_t enter_ask_leader (const EnterOptions *options);
int enter_is_kind (const char *kind);

/* ---- mitogen-enter-place.c ---- */

/* In ticks, as process_is_younger() takes it. */
unsigned long long enter_get_time (void);
/* FALSE: there is no process @pid, or it has begun after @since. */
int enter_open_process (EnterPlace *place, pid_t pid, unsigned long long since);
void enter_open_root (EnterPlace *place, const char *path);
/* TRUE: only a child of this process will be in the place. */
int enter_go (EnterPlace *place);
void enter_limit (const EnterPlace *place);

/* ---- mitogen-enter-user.c ---- */

/* In the files of the root folder that this process has. @spec: NULL is root. */
void enter_find_user (EnterUser *user, const char *spec);
void enter_become (const EnterUser *user);
