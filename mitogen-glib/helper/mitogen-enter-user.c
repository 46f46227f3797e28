/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The files are read rather than asked for by getpwnam(), which would load libraries of the
 * container into a process that is still root. They are the container's: whatever is in their place
 * is not to be waited for, and no line of theirs is believed to be well-formed.
 */

#include "helper/mitogen-enter-private.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWD_FIELDS 7
#define GROUP_FIELDS  4
#define MAX_GROUPS    65536

#define DEFAULT_HOME  "/"
#define DEFAULT_SHELL "/bin/sh"

/* ---- the files ---- */

/* NULL: @why not. */
static char *
read_text (const char *path, const char **why)
{
  int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat info;
  size_t size;
  char *text = NULL;

  if (fd < 0 || fstat (fd, &info) < 0)
    *why = strerror (errno);
  else if (!S_ISREG (info.st_mode))
    *why = "it is no ordinary file";
  else if (info.st_size > ENTER_MAX_FILE)
    *why = strerror (EFBIG);
  else if ((text = enter_read_all (fd, ENTER_MAX_FILE, &size)) == NULL)
    *why = strerror (errno);
  if (fd >= 0)
    close (fd);
  return text;
}

/* Cuts @line into its fields. FALSE: it is none of these. */
static int
cut (char *line, char **fields, int n)
{
  for (int i = 0; i < n; i++)
    {
      char *end = strchr (line, ':');

      fields[i] = line;
      if ((end == NULL) != (i == n - 1))
        return 0;
      if (end != NULL)
        {
          *end = '\0';
          line = end + 1;
        }
    }
  /* What begins with these is no account but a question to NIS. */
  return strchr ("+-#", fields[0][0]) == NULL;
}

/* FALSE: it is no id. */
static int
parse_id (const char *text, unsigned *id)
{
  unsigned long number;
  char *end;

  if (*text < '0' || *text > '9')
    return 0;
  errno = 0;
  number = strtoul (text, &end, 10);
  if (*end != '\0' || errno != 0 || number >= (unsigned) -1)
    return 0;
  *id = (unsigned) number;
  return 1;
}

/* ---- accounts ---- */

/* Of @name, or of @uid if that is NULL. FALSE: no such account. */
static int
find_account (EnterUser *user, char *text, const char *name, uid_t uid)
{
  char *fields[PASSWD_FIELDS];
  unsigned line_uid;
  unsigned line_gid;

  for (char *line = strtok (text, "\n"); line != NULL; line = strtok (NULL, "\n"))
    {
      if (!cut (line, fields, PASSWD_FIELDS) || !parse_id (fields[2], &line_uid) ||
          !parse_id (fields[3], &line_gid) ||
          (name != NULL ? strcmp (fields[0], name) != 0 : line_uid != uid))
        continue;
      user->uid = line_uid;
      user->gid = line_gid;
      user->name = fields[0];
      user->home = fields[5][0] == '/' ? fields[5] : DEFAULT_HOME;
      user->shell = fields[6][0] == '/' ? fields[6] : DEFAULT_SHELL;
      return 1;
    }
  return 0;
}

static int
is_member (char *members, const char *name)
{
  for (char *member = strsep (&members, ","); member != NULL; member = strsep (&members, ","))
    if (strcmp (member, name) == 0)
      return 1;
  return 0;
}

static void
add_group (EnterUser *user, gid_t gid)
{
  if (user->n_groups == MAX_GROUPS)
    return;
  if ((user->n_groups & (user->n_groups - 1)) == 0)
    user->groups = enter_allocate (user->groups, (user->n_groups * 2 + 1) * sizeof *user->groups);
  user->groups[user->n_groups++] = gid;
}

/* The groups that @user is a member of, and the one that is called @group, if that is not NULL.
 * FALSE: there is no such group. */
static int
find_groups (EnterUser *user, const char *group)
{
  const char *why;
  char *text = read_text ("/etc/group", &why);
  int found = group == NULL || parse_id (group, &user->gid);
  char *fields[GROUP_FIELDS];
  unsigned gid;

  for (char *line = text != NULL ? strtok (text, "\n") : NULL; line != NULL;
       line = strtok (NULL, "\n"))
    {
      if (!cut (line, fields, GROUP_FIELDS) || !parse_id (fields[2], &gid))
        continue;
      if (!found && strcmp (fields[0], group) == 0)
        {
          user->gid = gid;
          found = 1;
        }
      if (is_member (fields[3], user->name))
        add_group (user, gid);
    }
  add_group (user, user->gid);
  free (text);
  return found;
}

/* Someone without an account. */
static void
make_up (EnterUser *user, const char *name, uid_t uid)
{
  user->uid = user->gid = uid;
  user->name = uid == 0 ? "root" : name;
  user->home = DEFAULT_HOME;
  user->shell = DEFAULT_SHELL;
}

void
enter_find_user (EnterUser *user, const char *spec)
{
  char *name = strdup (spec != NULL ? spec : "0");
  char *group = name != NULL ? strchr (name, ':') : NULL;
  /* It is kept: fields of @user point into it. */
  const char *why = NULL;
  char *text = read_text ("/etc/passwd", &why);
  char *copy = text != NULL ? strdup (text) : NULL;
  unsigned uid;

  if (group != NULL)
    *group++ = '\0';
  if (text != NULL && spec != NULL && find_account (user, text, name, 0))
    free (copy);
  else if (!parse_id (name, &uid))
    {
      if (why != NULL)
        enter_fail ("cannot read /etc/passwd in there, to find the user \"%s\": %s", name, why);
      enter_fail ("there is no user \"%s\" in there", name);
    }
  else if (copy == NULL || !find_account (user, copy, NULL, uid))
    make_up (user, name, uid);
  if (!find_groups (user, group))
    enter_fail ("there is no group \"%s\" in there", group);
}

void
enter_become (const EnterUser *user)
{
  /* Where a namespace of users forbids it there are no groups to be had or dropped. */
  if (setgroups (user->n_groups, user->groups) < 0 && errno != EPERM && errno != EINVAL)
    enter_fail_errno ("cannot take the groups of user \"%s\"", user->name);
  if (setresgid (user->gid, user->gid, user->gid) < 0)
    enter_fail_errno ("cannot take the group %u of user \"%s\"", user->gid, user->name);
  if (setresuid (user->uid, user->uid, user->uid) < 0)
    enter_fail_errno ("cannot become user \"%s\" (%u)", user->name, user->uid);
}
