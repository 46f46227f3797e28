/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-machinectl-connection.h"
#include "connection/container/mitogen-container-program-private.h"
#include "connection/mitogen-sudo-login-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <sys/wait.h>

/* systemd.exec(5) */
#define STATUS_EXEC 203
#define STATUS_USER 217

/**
 * MitogenMachinectlConnection:
 *
 * A context in a machine of systemd: a container that has a systemd of its own, and that
 * `machinectl` lists.
 *
 * It is a transient service there, made by `systemd-run`: what `machinectl shell` gives to a
 * command is a terminal, which changes bytes. A machine without a systemd of its own, or without
 * its system bus, can be entered by [class@Mitogen.SetnsConnection].
 *
 * Since: 1.0
 */
struct _MitogenMachinectlConnection
{
  MitogenContainerConnection parent_instance;
};

G_DEFINE_FINAL_TYPE (MitogenMachinectlConnection,
                     mitogen_machinectl_connection,
                     MITOGEN_TYPE_CONTAINER_CONNECTION)

/* Without a user there would be no HOME, not even for root. The last one that is named counts. */
static const char *const argv[] = { "--machine={container}",
                                    "--uid=root",
                                    "--uid={username}",
                                    "--pipe",
                                    "--wait",
                                    "--quiet",
                                    "--collect",
                                    "--property=WorkingDirectory=-~",
                                    "--",
                                    NULL };

static const MitogenWords words[] = {
  { "no machine ", MITOGEN_ERROR_STREAM, N_ ("there is no such machine, or it does not run") },
  { "failed to connect to bus: invalid argument", MITOGEN_ERROR_STREAM,
    N_ ("no machine can be called so") },
  { "failed to connect to bus: no such file", MITOGEN_ERROR_STREAM,
    N_ ("the machine has no systemd of its own, or no system bus") },
  { "host is down", MITOGEN_ERROR_STREAM,
    N_ ("there is no such machine, or no systemd that would know it") },
  { "not been booted with systemd", MITOGEN_ERROR_STREAM,
    N_ ("systemd does not run on the host of the machine") },
  { "no system bus in container", MITOGEN_ERROR_STREAM,
    N_ ("the machine has no systemd of its own, or no system bus") },
  { "access denied", MITOGEN_ERROR_PERMISSION, N_ ("the account may not use the machine") },
  { "permission denied", MITOGEN_ERROR_PERMISSION, N_ ("the account may not use the machine") },
  { "authentication required", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not use the machine") },
  { "failed to connect to bus", MITOGEN_ERROR_STREAM, N_ ("the machine is not to be reached") },
  { NULL, 0, NULL },
};

/* systemd says nothing, but ends the service with a status of its own. */
static char *
explain (MitogenMethod *self, const MitogenFailure *failure, gint *code, gboolean *busy)
{
  int status = failure->has_status && WIFEXITED (failure->wait_status)
                   ? WEXITSTATUS (failure->wait_status)
                   : 0;

  if (failure->started)
    return NULL;
  if (status == STATUS_EXEC)
    {
      *code = MITOGEN_ERROR_NO_INTERPRETER;
      return g_strdup (_ ("there is no /bin/sh in the machine"));
    }
  if (status == STATUS_USER)
    {
      *code = MITOGEN_ERROR_STREAM;
      return g_strdup (_ ("there is no such user in the machine"));
    }
  return mitogen_words_explain (words, failure->said, code);
}

static const MitogenMethodFuncs funcs = { .explain = explain };

static MitogenMethod *
make_method (MitogenConnection *connection, gboolean direct, GError **error)
{
  MitogenMethod *self = mitogen_container_program_make_method (connection, direct, error);

  if (self != NULL)
    self->funcs = &funcs;
  return self;
}

static const MitogenContainerProgram program = {
  .method = { .name = "machinectl",
              .make_method = make_method,
              .describe = mitogen_container_connection_describe },
  .program = "systemd-run",
  .argv = argv,
  .user = MITOGEN_CONTAINER_USER_NAME,
  .eager = TRUE,
  .words = words,
  /* Some versions of systemd replace what begins with "$" in a word, and others do not: there is
   * none in an encoded one. */
  .encode = mitogen_sudo_login_encode,
};

static void
mitogen_machinectl_connection_class_init (MitogenMachinectlConnectionClass *klass)
{
  /**
   * MitogenMachinectlConnection:systemd-run-path:
   *
   * The program, on the host where the connection begins; `systemd-run` in `PATH` if unset.
   *
   * Since: 1.0
   */
  mitogen_container_program_install (MITOGEN_CONTAINER_CONNECTION_CLASS (klass), &program,
                                     "systemd-run-path");
}

static void
mitogen_machinectl_connection_init (MitogenMachinectlConnection *self)
{
}

/**
 * mitogen_machinectl_connection_new:
 *
 * Creates a connection to a machine of systemd.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_machinectl_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_MACHINECTL_CONNECTION, NULL);
}
