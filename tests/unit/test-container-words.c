/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the programs that lead into containers say when they do not, in the versions that could be
 * had, or as their source has it. */

#include "mitogen.h"
#include "unit-method.h"

#include <string.h>

typedef struct
{
  const char *said;
  int status;
  gint code;
  const char *part;
} Ending;

static void
check_ending (MitogenMethod *method, const Ending *ending)
{
  gint code;
  g_autofree char *what = unit_explain (method, ending->said, ending->status, 0, &code);

  if (ending->part == NULL)
    {
      g_assert_cmpstr (what, ==, NULL);
      return;
    }
  if (what == NULL || strstr (what, ending->part) == NULL || code != ending->code)
    g_error ("“%s” is explained as “%s” (%d)", ending->said, what, code);
}

/* Of a context that has lived, the status tells more than words that stood in another place. */
static void
check_started (MitogenMethod *method, const Ending *ending)
{
  MitogenFailure failure = { .said = ending->said, .has_status = TRUE, .started = TRUE };
  gboolean busy = FALSE;
  gint code = -1;

  g_assert_null (method->funcs->explain (method, &failure, &code, &busy));
}

static void
check_endings (MitogenConnection *connection, const Ending *endings, gsize n_endings)
{
  g_autoptr (MitogenConnection) owned = connection;
  g_autoptr (MitogenMethod) method = NULL;

  g_object_set (owned, "container", "web", NULL);
  method = unit_make_method (owned);
  for (gsize i = 0; i < n_endings; i++)
    {
      check_ending (method, &endings[i]);
      check_started (method, &endings[i]);
    }
}

#define CHECK(create, endings) check_endings (create (), endings, G_N_ELEMENTS (endings))

static const Ending lxc[] = {
  /* 5.0, 6.0; 4.0; 3.0; 2.0 */
  { "lxc-attach: web: ../src/lxc/attach.c: get_attach_context: 406 Connection refused - Failed to "
    "get init pid\n"
    "lxc-attach: web: ../src/lxc/attach.c: lxc_attach: 1470 Connection refused - Failed to get "
    "attach context\n",
    1, MITOGEN_ERROR_STREAM, "or it does not run" },
  { "lxc-attach: web: attach.c: lxc_attach: 993 Failed to get init pid\n", 1, MITOGEN_ERROR_STREAM,
    "or it does not run" },
  { "lxc-attach: attach.c: lxc_attach: 710 failed to get the init pid\n", 1, MITOGEN_ERROR_STREAM,
    "or it does not run" },
  { "lxc-attach: web: ../src/lxc/lxclock.c: lxclock: 190 Permission denied - Failed to open "
    "\"/run/lxc/lock//var/lib/lxc/.web\"\nFailed to load config for web\n",
    1, MITOGEN_ERROR_PERMISSION, "may not use" },
  { "lxc-attach: web: ../src/lxc/tools/lxc_attach.c: main: 302 You lack access to "
    "/root/.local/share/lxc\n",
    1, MITOGEN_ERROR_PERMISSION, "may not use" },
  { "Insufficent privileges to control web\n", 1, MITOGEN_ERROR_PERMISSION, "may not use" },
  { "lxc-attach: web: ../src/lxc/attach.c: lxc_attach_run_command: 1841 No such file or directory "
    "- Failed to exec \"/bin/sh\"\n",
    127, MITOGEN_ERROR_NO_INTERPRETER, "does not have the program" },
  { "lxc-attach: web: ../src/lxc/attach.c: lxc_attach_run_command: 1841 Permission denied - Failed "
    "to exec \"/etc/passwd\"\n",
    126, MITOGEN_ERROR_NO_INTERPRETER, "is not a program" },
  { "lxc-attach: could not parse command line\n", 1, 0, NULL },
};

static const Ending lxd[] = {
  /* 5.0 */
  { "Error: Instance not found\n", 1, MITOGEN_ERROR_STREAM, "no such container" },
  { "Error: not found\n", 1, MITOGEN_ERROR_STREAM, "no such container" },
  { "Error: Invalid instance name\n", 1, MITOGEN_ERROR_STREAM, "no such container" },
  { "Error: Instance is not running\n", 1, MITOGEN_ERROR_STREAM, "does not run" },
  { "Error: Instance is frozen\n", 1, MITOGEN_ERROR_STREAM, "frozen" },
  { "Error: Command not found\n", 127, MITOGEN_ERROR_NO_INTERPRETER, "does not have" },
  { "Error: Command not executable\n", 126, MITOGEN_ERROR_NO_INTERPRETER, "not a program" },
  { "Error: The remote \"far\" doesn't exist\n", 1, MITOGEN_ERROR_STREAM, "no such remote" },
  { "Error: Get \"http://unix.socket/1.0\": dial unix /var/lib/lxd/unix.socket: connect: no such "
    "file or directory\n",
    1, MITOGEN_ERROR_STREAM, "daemon does not run" },
  { "Error: Get \"http://unix.socket/1.0\": dial unix /var/lib/lxd/unix.socket: connect: "
    "permission denied\n",
    1, MITOGEN_ERROR_PERMISSION, "may not use the daemon" },
  /* 5.21 */
  { "Error: Failed to fetch instance \"web\" in project \"default\": Instance not found\n", 1,
    MITOGEN_ERROR_STREAM, "no such container" },
  { "Error: LXD unix socket \"/var/snap/lxd/common/lxd/unix.socket\" not found: Please check LXD "
    "is running\n",
    1, MITOGEN_ERROR_STREAM, "daemon does not run" },
  { "Error: LXD unix socket \"/var/snap/lxd/common/lxd/unix.socket\" not accessible: permission "
    "denied\n",
    1, MITOGEN_ERROR_PERMISSION, "may not use the daemon" },
  { "Error: LXD unix socket \"/x\" not accessible: Get \"http://unix.socket/1.0\": EOF\n", 1,
    MITOGEN_ERROR_STREAM, "daemon does not run" },
  { "Error: Get \"https://10.0.0.1:8443\": dial tcp 10.0.0.1:8443: i/o timeout\n", 1,
    MITOGEN_ERROR_TIMED_OUT, "does not answer" },
  { "Error: Get \"https://far:8443\": dial tcp: lookup far: no such host\n", 1,
    MITOGEN_ERROR_STREAM, "cannot be reached" },
  /* Which is not said of the shell. */
  { "mitogen: no Python interpreter found (tried python3 python; PATH is /bin)\nError: Command not "
    "found\n",
    127, MITOGEN_ERROR_NO_INTERPRETER, "no Python" },
  /* Its own texts are translated, the daemon's are not. */
  { "Fehler: Instance is not running\n", 1, MITOGEN_ERROR_STREAM, "does not run" },
  { "Error: websocket: bad handshake\n", 1, 0, NULL },
};

static const Ending incus[] = {
  { "Error: Instance not found\n", 1, MITOGEN_ERROR_STREAM, "no such container" },
  { "Error: Instance is not running\n", 1, MITOGEN_ERROR_STREAM, "does not run" },
  { "Error: The incus daemon doesn't appear to be started (socket path: "
    "/var/lib/incus/unix.socket)\n",
    1, MITOGEN_ERROR_STREAM, "daemon does not run" },
  { "Error: You don't have the needed permissions to talk to the incus daemon (socket path: "
    "/var/lib/incus/unix.socket)\n",
    1, MITOGEN_ERROR_PERMISSION, "may not use the daemon" },
};

#define REFUSED                                                                                    \
  "E1129 02:15:48.697452   27324 memcache.go:265] \"Unhandled Error\" err=\"couldn't "             \
  "get current server API group list: Get \\\"http://127.0.0.1:1/api?timeout=32s\\\": "            \
  "dial tcp 127.0.0.1:1: connect: connection refused\"\n"

static const Ending kubectl[] = {
  { "Error from server (NotFound): pods \"web\" not found\n", 1, MITOGEN_ERROR_STREAM,
    "no such pod" },
  { "Error from server (NotFound): namespaces \"x\" not found\n", 1, MITOGEN_ERROR_STREAM,
    "no such name space" },
  { "Error from server (NotFound): deployments.apps \"web\" not found\n", 1, MITOGEN_ERROR_STREAM,
    "what else was named" },
  { "error: the server doesn't have a resource type \"deplo\"\n", 1, MITOGEN_ERROR_STREAM,
    "what else was named" },
  { "Error from server (BadRequest): container nosuch is not valid for pod web\n", 1,
    MITOGEN_ERROR_STREAM, "no such container in the pod" },
  { "error: container nosuch not found in pod web_default\n", 1, MITOGEN_ERROR_STREAM,
    "no such container in the pod" },
  { "error: unable to upgrade connection: container not found (\"main\")\n", 1,
    MITOGEN_ERROR_STREAM, "does not run" },
  { "error: unable to upgrade connection: pod does not exist\n", 1, MITOGEN_ERROR_STREAM,
    "no such pod" },
  { "error: cannot exec into a container in a completed pod; current phase is Succeeded\n", 1,
    MITOGEN_ERROR_STREAM, "has ended" },
  { "Error from server (BadRequest): pod web does not have a host assigned\n", 1,
    MITOGEN_ERROR_STREAM, "not run yet" },
  { "Error from server (Forbidden): pods \"web\" is forbidden: User \"alice\" cannot create "
    "resource \"pods/exec\" in API group \"\" in the namespace \"default\"\n",
    1, MITOGEN_ERROR_PERMISSION, "does not let the account" },
  { "error: You must be logged in to the server (Unauthorized)\n", 1, MITOGEN_ERROR_PERMISSION,
    "does not know the account" },
  { "error: context \"work\" does not exist\n", 1, MITOGEN_ERROR_STREAM, "no such context" },
  { "Error in configuration: context was not found for specified context: work\n", 1,
    MITOGEN_ERROR_STREAM, "no such context" },
  { "error: stat /nonexist: no such file or directory\n", 1, MITOGEN_ERROR_STREAM,
    "configuration cannot be read" },
  { REFUSED REFUSED "The connection to the server 127.0.0.1:1 was refused - did you specify the "
                    "right host or port?\n",
    1, MITOGEN_ERROR_STREAM, "cannot be reached" },
  { "Unable to connect to the server: dial tcp: lookup k8s.example on 10.0.0.2:53: no such host\n",
    1, MITOGEN_ERROR_STREAM, "cannot be reached" },
  { "Unable to connect to the server: dial tcp 10.1.1.1:6443: i/o timeout\n", 1,
    MITOGEN_ERROR_TIMED_OUT, "does not answer" },
  { "Unable to connect to the server: x509: certificate signed by unknown authority\n", 1,
    MITOGEN_ERROR_STREAM, "certificate" },
  { "Error from server: error dialing backend: dial tcp 10.1.1.2:10250: connect: no route to "
    "host\n",
    1, MITOGEN_ERROR_STREAM, "host of the pod" },
  /* dockershim, containerd */
  { "OCI runtime exec failed: exec failed: container_linux.go:345: starting container process "
    "caused \"exec: \\\"/bin/sh\\\": stat /bin/sh: no such file or directory\": unknown\n"
    "command terminated with exit code 126\n",
    126, MITOGEN_ERROR_NO_INTERPRETER, "does not have" },
  { "error: Internal error occurred: error executing command in container: failed to exec in "
    "container: failed to start exec \"0a1b\": OCI runtime exec failed: exec failed: unable to "
    "start container process: exec: \"python3\": executable file not found in $PATH: unknown\n",
    1, MITOGEN_ERROR_NO_INTERPRETER, "does not have" },
  { "Defaulted container \"main\" out of: main, side\n", 1, 0, NULL },
};

static const Ending buildah[] = {
  /* 1.28; before 1.24 */
  { "Error: reading build container \"web\": container not known\n", 125, MITOGEN_ERROR_STREAM,
    "no such container" },
  { "error reading build container \"web\": container not known\n", 125, MITOGEN_ERROR_STREAM,
    "no such container" },
  { "Error: determining run uid: user: unknown user error looking up user \"nosuch\"\n", 125,
    MITOGEN_ERROR_STREAM, "no such user" },
  /* --isolation=chroot: without line ends */
  { "process failed to start with error: exec: \"nosuchprog\": executable file not found in "
    "$PATHprocess exited with error: exec: not startedsubprocess exited with status 1\n"
    "Error: exit status 1\n",
    1, MITOGEN_ERROR_NO_INTERPRETER, "does not have" },
  { "process failed to start with error: fork/exec /etc/passwd: permission deniedprocess exited "
    "with error: exec: not startedsubprocess exited with status 1\n",
    1, MITOGEN_ERROR_NO_INTERPRETER, "is not a program" },
  { "error running container: from /usr/bin/runc creating container for [nosuchprog]: "
    "time=\"2026-11-29T02:10:47Z\" level=error msg=\"runc create failed: unable to start container "
    "process: exec: \\\"nosuchprog\\\": executable file not found in $PATH\"\n"
    ": exit status 1\n"
    "Error: while running runtime: exit status 1\n",
    1, MITOGEN_ERROR_NO_INTERPRETER, "does not have" },
  { "error running container: from /usr/bin/runc creating container for [/bin/sh -c "
    "c=\"python3\"; echo \"mitogen: no Python interpreter found (tried $c…\n"
    "Error: while running runtime: exit status 1\n",
    1, MITOGEN_ERROR_STREAM, "may not have the program" },
  /* Warned of an account that has no such container, either. */
  { "time=\"2026-11-29T02:10:49Z\" level=warning msg=\"Found no UID ranges set aside for user "
    "\\\"nobody\\\" in /etc/subuid.\"\n"
    "Error: reading build container \"web\": container not known\n",
    125, MITOGEN_ERROR_STREAM, "no such container" },
};

static const Ending jail[] = {
  { "jexec: jail \"web\" not found\n", 1, MITOGEN_ERROR_STREAM, "no such jail" },
  { "jexec: alice: no such user\n", 1, MITOGEN_ERROR_STREAM, "no such user" },
  { "jexec: jail_attach(3): Operation not permitted\n", 1, MITOGEN_ERROR_PERMISSION, "only root" },
  { "jexec: jail_attach(3): Invalid argument\n", 1, MITOGEN_ERROR_STREAM, "cannot be entered" },
  /* FreeBSD 14, and 8 */
  { "jexec: execvp: python3: No such file or directory\n", 1, MITOGEN_ERROR_NO_INTERPRETER,
    "does not have" },
  { "jexec: execvp(): python3: No such file or directory\n", 1, MITOGEN_ERROR_NO_INTERPRETER,
    "does not have" },
  { "jexec: execvp: /etc/passwd: Permission denied\n", 1, MITOGEN_ERROR_NO_INTERPRETER,
    "is not a program" },
};

static const Ending toolbox[] = {
  /* 0.0.99.3, 0.1 */
  { "Error: container web not found\nUse the 'create' command to create a toolbox.\n"
    "Run 'toolbox --help' for usage.\n",
    1, MITOGEN_ERROR_STREAM, "no such container" },
  { "Error: container web not found\nUse the 'create' command to create a Toolbx.\n", 1,
    MITOGEN_ERROR_STREAM, "no such container" },
  { "Error: container web is too old and no longer supported \n"
    "Recreate it with Toolbox version 0.0.17 or newer.\n",
    1, MITOGEN_ERROR_STREAM, "not one of toolbox" },
  { "bash: line 1: exec: nosuchprog: not found\nError: command nosuchprog not found in container "
    "web\n",
    127, MITOGEN_ERROR_NO_INTERPRETER, "does not have" },
  { "bash: line 1: /etc/passwd: Permission denied\nError: failed to invoke command /etc/passwd in "
    "container web\n",
    126, MITOGEN_ERROR_NO_INTERPRETER, "is not a program" },
  { "Error: failed to start container web\n", 1, MITOGEN_ERROR_STREAM, "cannot be started" },
  { "Error: invalid entry point PID of container web\n", 1, MITOGEN_ERROR_STREAM,
    "cannot be started" },
  { "Error: this is not a toolbox container\n", 1, MITOGEN_ERROR_STREAM, "not one of its own" },
  { "Error: this is not a Toolbx container\n", 1, MITOGEN_ERROR_STREAM, "not one of its own" },
  { "Error: exec: \"podman\": executable file not found in $PATH\n", 1, MITOGEN_ERROR_STREAM,
    "needs podman" },
};

static const Ending distrobox[] = {
  /* 1.4; 1.6 */
  { "Error: inspecting object: no such container web\nCannot find container web\n"
    "Create it now, out of image registry.fedoraproject.org/fedora-toolbox:36? [Y/n]: \n",
    1, MITOGEN_ERROR_STREAM, "no such container" },
  { "Create it now, out of image registry.fedoraproject.org/fedora-toolbox:39? [Y/n]: \n", 1,
    MITOGEN_ERROR_STREAM, "no such container" },
  { "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon "
    "running?\nCannot find container web\n",
    1, MITOGEN_ERROR_STREAM, "daemon does not run" },
  { "Running distrobox-enter as sudo is not supported.\n try instead running:\n", 1,
    MITOGEN_ERROR_PERMISSION, "not for root" },
  { "Running distrobox-enter via SUDO/DOAS is not supported. Instead, please try running:\n", 1,
    MITOGEN_ERROR_PERMISSION, "not for root" },
  { "Missing dependency: we need a container manager.\nPlease install one of podman or docker.\n",
    127, MITOGEN_ERROR_STREAM, "finds neither" },
  { "/bin/distrobox-enter: 277: USER: parameter not set\n", 2, MITOGEN_ERROR_STREAM,
    "USER in the environment" },
  { "/bin/distrobox-enter: line 277: USER: unbound variable\n", 1, MITOGEN_ERROR_STREAM,
    "USER in the environment" },
  { "Error: runc: exec failed: unable to start container process: exec: \"/bin/sh\": stat /bin/sh: "
    "no such file or directory: OCI runtime attempted to invoke a command that was not found\n",
    127, MITOGEN_ERROR_NO_INTERPRETER, "does not have" },
  { "Error: crun: executable file `/bin/sh` not found in $PATH: No such file or directory: OCI "
    "runtime attempted to invoke a command that was not found\n",
    127, MITOGEN_ERROR_NO_INTERPRETER, "does not have" },
  { "Error: unable to find user alice: no matching entries in passwd file\n", 126,
    MITOGEN_ERROR_STREAM, "no such user" },
};

static void
test_lxc (void)
{
  CHECK (mitogen_lxc_connection_new, lxc);
}

static void
test_lxd (void)
{
  CHECK (mitogen_lxd_connection_new, lxd);
}

static void
test_incus (void)
{
  CHECK (mitogen_incus_connection_new, incus);
}

static void
test_kubectl (void)
{
  CHECK (mitogen_kubectl_connection_new, kubectl);
}

static void
test_buildah (void)
{
  CHECK (mitogen_buildah_connection_new, buildah);
}

static void
test_jail (void)
{
  CHECK (mitogen_jail_connection_new, jail);
}

static void
test_toolbox (void)
{
  CHECK (mitogen_toolbox_connection_new, toolbox);
}

static void
test_distrobox (void)
{
  CHECK (mitogen_distrobox_connection_new, distrobox);
}

static gboolean
is_lost (MitogenConnection *connection, const char *line)
{
  g_autoptr (MitogenConnection) owned = connection;
  g_autoptr (MitogenMethod) method = NULL;

  g_object_set (owned, "container", "web", NULL);
  method = unit_make_method (owned);
  return method->funcs->is_lost (method, line);
}

static void
test_lost (void)
{
  g_assert_true (is_lost (mitogen_distrobox_connection_new (),
                          "Create it now, out of image fedora:36? [Y/n]:"));
  g_assert_false (is_lost (mitogen_distrobox_connection_new (), "Starting container web"));
  g_assert_false (is_lost (mitogen_distrobox_connection_new (), ""));
  g_assert_false (is_lost (mitogen_toolbox_connection_new (), "Create it now, out of image x"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/container-words/lxc", test_lxc);
  g_test_add_func ("/container-words/lxd", test_lxd);
  g_test_add_func ("/container-words/incus", test_incus);
  g_test_add_func ("/container-words/kubectl", test_kubectl);
  g_test_add_func ("/container-words/buildah", test_buildah);
  g_test_add_func ("/container-words/jail", test_jail);
  g_test_add_func ("/container-words/toolbox", test_toolbox);
  g_test_add_func ("/container-words/distrobox", test_distrobox);
  g_test_add_func ("/container-words/lost", test_lost);
  return g_test_run ();
}
