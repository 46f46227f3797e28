/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-distrobox-connection.h"
#include "connection/container/mitogen-container-program-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/**
 * MitogenDistroboxConnection:
 *
 * A context in a container of distrobox, by `distrobox enter`.
 *
 * A container that does not run is started by it. One that does not exist is not made. The
 * context runs in the account in which the connection begins, with its environment; there is
 * no other to choose.
 *
 * Since: 1.0
 */
struct _MitogenDistroboxConnection
{
  MitogenContainerConnection parent_instance;
};

G_DEFINE_FINAL_TYPE (MitogenDistroboxConnection,
                     mitogen_distrobox_connection,
                     MITOGEN_TYPE_CONTAINER_CONNECTION)

static const char *const argv[] = { "enter", "--no-tty", "--name", "{container}", "--", NULL };

/* What it would do about a container that does not exist, whatever the user's files say. */
static const char *const environment[] = { "DBX_NON_INTERACTIVE=0", NULL };

/* It is a script, which puts the words together to one text and has that read by a shell once or
 * twice, quoted in ways that depend on its version; none is good for every word. What comes
 * through all of them are letters, digits, spaces and a few signs, but no quotes, dollars, stars or
 * backslashes. So the command is a script that a shell in the container reads from a pipe, while
 * the stream waits behind another descriptor. */
static char **
encode (const char *const *python_argv)
{
  g_autoptr (GString) script = g_string_new ("exec 3<&- 4<&-; exec");
  g_autofree char *text = NULL;
  g_autofree char *command = NULL;
  const char *words[] = { "/bin/sh", "-c", NULL, NULL };

  for (guint i = 0; python_argv[i] != NULL; i++)
    {
      g_autofree char *quoted = g_shell_quote (python_argv[i]);

      g_string_append_printf (script, " %s", quoted);
    }
  g_string_append_c (script, '\n');
  text = g_base64_encode ((const guchar *) script->str, script->len);
  command = g_strdup_printf ("exec 3<&0; echo %s | base64 -d | /bin/sh /dev/fd/4 4<&0 0<&3", text);
  words[2] = command;
  return g_strdupv ((char **) words);
}

static const MitogenWords words[] = {
  { "permission denied while trying to connect to the docker daemon", MITOGEN_ERROR_PERMISSION,
    N_ ("the account may not use the daemon") },
  { "cannot connect to the docker daemon", MITOGEN_ERROR_STREAM, N_ ("the daemon does not run") },
  { "missing dependency: we need a container manager", MITOGEN_ERROR_STREAM,
    N_ ("distrobox needs podman or docker, and finds neither") },
  { "cannot find container", MITOGEN_ERROR_STREAM, N_ ("there is no such container") },
  { "no such container", MITOGEN_ERROR_STREAM, N_ ("there is no such container") },
  { "create it now, out of image", MITOGEN_ERROR_STREAM, N_ ("there is no such container") },
  { "as sudo is not supported", MITOGEN_ERROR_PERMISSION,
    N_ ("distrobox is not for root: connect from the account that has the container") },
  { "via sudo/doas is not supported", MITOGEN_ERROR_PERMISSION,
    N_ ("distrobox is not for root: connect from the account that has the container") },
  { "could not start entrypoint", MITOGEN_ERROR_STREAM, N_ ("the container cannot be started") },
  { "container setup failure", MITOGEN_ERROR_STREAM, N_ ("the container cannot be started") },
  { "user: parameter not set", MITOGEN_ERROR_STREAM,
    N_ ("distrobox wants to know the account from USER in the environment, and it is not there") },
  { "user: unbound variable", MITOGEN_ERROR_STREAM,
    N_ ("distrobox wants to know the account from USER in the environment, and it is not there") },
  { NULL, 0, NULL },
};

/* It asks where nobody would answer, and takes the end of its input for a yes in some version. */
static const char *const lost[] = { "create it now, out of image", NULL };

static const MitogenContainerProgram program = {
  .method = { .name = "distrobox",
              .make_method = mitogen_container_program_make_method,
              .describe = mitogen_container_connection_describe },
  .program = "distrobox",
  .argv = argv,
  .user = MITOGEN_CONTAINER_USER_NONE,
  .is_strict = TRUE,
  .environment = environment,
  .encode = encode,
  .words = words,
  .lost = lost,
};

static void
mitogen_distrobox_connection_class_init (MitogenDistroboxConnectionClass *klass)
{
  /**
   * MitogenDistroboxConnection:distrobox-path:
   *
   * The program, on the host where the connection begins; `distrobox` in `PATH` if unset.
   *
   * Since: 1.0
   */
  mitogen_container_program_install (MITOGEN_CONTAINER_CONNECTION_CLASS (klass), &program,
                                     "distrobox-path");
}

static void
mitogen_distrobox_connection_init (MitogenDistroboxConnection *self)
{
}

/**
 * mitogen_distrobox_connection_new:
 *
 * Creates a connection into a container of distrobox.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_distrobox_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_DISTROBOX_CONNECTION, NULL);
}
