/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/container/mitogen-container-connection-private.h"
#include "connection/mitogen-words-private.h"

G_BEGIN_DECLS

/* What a program takes for MitogenContainerConnection:username. */
typedef enum
{
  MITOGEN_CONTAINER_USER_NONE, /* nothing: it cannot be told */
  MITOGEN_CONTAINER_USER_NAME,
  MITOGEN_CONTAINER_USER_NUMBER, /* "1000", or with the group "1000:100" */
} MitogenContainerUser;

/* All that there is to a way into a container by a program that is given the command as words, and
 * needs no terminal. */
typedef struct
{
  MitogenConnectionMethod method; /* its make_method is mitogen_container_program_make_method() */
  const char *program;            /* if its path is not set */
  /* Of the program, before those of the command. "{name}" in a word stands for the property of this
   * name, "{uid}" and "{gid}" for the numbers of the user; a word with one that is not set is left
   * out. A word that is only the name of a list stands for all its words. */
  const char *const *argv;
  MitogenContainerUser user;
  gboolean is_strict; /* a name is for a shell, too: only [a-zA-Z0-9][a-zA-Z0-9_.-]* */
  /* See MitogenMethod. */
  gboolean eager;
  const char *const *environment;
  const MitogenWords *words; /* its last words */
  /* (nullable): parts of a line, behind which it would wait for a person's answer */
  const char *const *lost;
  /* (nullable): of the command, for a program that does not leave words alone.
   * Returns: (transfer full) */
  char **(*encode) (const char *const *python_argv);
} MitogenContainerProgram;

/* In the class_init of a subclass. @path_property: such as "lxc-path" */
void mitogen_container_program_install (MitogenContainerConnectionClass *klass,
                                        const MitogenContainerProgram *program,
                                        const char *path_property);
MitogenMethod *mitogen_container_program_make_method (MitogenConnection *connection,
                                                      gboolean direct,
                                                      GError **error);

/* What the runtimes below many such programs say: runc and crun. Returns: as
 * mitogen_words_explain() */
char *mitogen_container_explain_runtime (const char *said, gint *code);

G_END_DECLS
