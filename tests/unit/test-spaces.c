/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The command lines of what leads into name spaces and sandboxes, and what is made of the last
 * words of the programs. */

#include "connection/container/mitogen-chroot-connection.h"
#include "connection/container/mitogen-flatpak-connection.h"
#include "connection/container/mitogen-flatpak-host-connection.h"
#include "connection/container/mitogen-machinectl-connection.h"
#include "connection/container/mitogen-nspawn-connection.h"
#include "connection/container/mitogen-setns-connection.h"
#include "mitogen-enums.h"
#include "unit-method.h"
#include "wire/mitogen-error.h"

#include <string.h>

#define PYTHON "python3\n-c\nstage $x 'y'\n\ntitle"

/* ---- command lines ---- */

/* "HELPER" stands for the helper program. */
static void
assert_argv (MitogenConnection *connection, const char *expected)
{
  g_autofree char *argv = unit_get_argv (connection);
  g_autoptr (GString) wanted = g_string_new (expected);

  g_string_replace (wanted, "HELPER", g_getenv ("MITOGEN_ENTER"), 1);
  g_string_append (wanted, PYTHON);
  g_assert_cmpstr (argv, ==, wanted->str);
}

static void
assert_refused (MitogenConnection *connection, const char *expected)
{
  g_autofree char *message = unit_get_argv_error (connection);

  g_assert_cmpstr (message, ==, expected);
}

static void
assert_name (MitogenConnection *connection, const char *expected)
{
  g_autofree char *name = mitogen_connection_get_name (connection);

  g_assert_cmpstr (name, ==, expected);
}

static void
test_setns (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_setns_connection_new ();

  assert_refused (connection,
                  "The connection does not say which process is meant, or which kind of "
                  "container");
  g_object_set (connection, "pid", 1234, NULL);
  assert_argv (connection, "HELPER\n--pid=1234\n--\n");
  assert_name (connection, "setns.1234");
  g_object_set (connection, "username", "alice", NULL);
  assert_argv (connection, "HELPER\n--pid=1234\n--user=alice\n--\n");

  g_object_set (connection, "kind", MITOGEN_SETNS_KIND_LXC, NULL);
  assert_refused (connection, "The connection does not say which container is meant");
  g_object_set (connection, "container", "web; rm", NULL);
  assert_argv (connection, "HELPER\n--kind=lxc\n--container=web; rm\n--user=alice\n--\n");
  assert_name (connection, "setns.web; rm");
  g_object_set (connection, "container", "", NULL);
  assert_refused (connection, "The connection does not say which container is meant");
}

static void
test_setns_tools (void)
{
  static const struct
  {
    MitogenSetnsKind kind;
    const char *nick;
    const char *property;
  } tools[] = {
    { MITOGEN_SETNS_KIND_DOCKER, "docker", "docker-path" },
    { MITOGEN_SETNS_KIND_PODMAN, "podman", "podman-path" },
    { MITOGEN_SETNS_KIND_LXC, "lxc", "lxc-info-path" },
    { MITOGEN_SETNS_KIND_LXD, "lxd", "lxc-path" },
    { MITOGEN_SETNS_KIND_INCUS, "incus", "incus-path" },
    { MITOGEN_SETNS_KIND_MACHINECTL, "machinectl", "machinectl-path" },
  };
  g_autoptr (MitogenConnection) connection = mitogen_setns_connection_new ();

  g_object_set (connection, "container", "web", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tools); i++)
    {
      g_autofree char *tool = g_strconcat ("/x/", tools[i].nick, NULL);
      g_autofree char *expected =
          g_strdup_printf ("HELPER\n--kind=%s\n--container=web\n--tool=%s\n--\n", tools[i].nick,
                           tool);
      g_autofree char *value = NULL;

      g_object_set (connection, "kind", tools[i].kind, tools[i].property, tool, NULL);
      g_object_get (connection, tools[i].property, &value, NULL);
      g_assert_cmpstr (value, ==, tool);
      assert_argv (connection, expected);
    }
}

/* Where the helper program is not there, it is a word for Python. */
static void
test_without_helper (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_setns_connection_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *helper = g_strdup (g_getenv ("MITOGEN_ENTER"));
  g_auto (GStrv) argv = NULL;

  g_object_set (connection, "pid", 1234, NULL);
  g_setenv ("MITOGEN_ENTER", "/no/such/helper", TRUE);
  argv = mitogen_connection_get_argv (connection, NULL, UNIT_PYTHON_ARGV, &error);
  g_setenv ("MITOGEN_ENTER", helper, TRUE);
  g_assert_no_error (error);
  g_assert_cmpint (g_strv_length (argv), ==, 10);
  g_assert_cmpstr (argv[0], ==, "/bin/sh");
  g_assert_true (g_str_has_prefix (argv[3], "import "));
  g_assert_null (strpbrk (argv[3], "'!\n\\$`"));
  g_assert_cmpstr (argv[4], ==, "--pid=1234");
  g_assert_cmpstr (argv[5], ==, "--");
  g_assert_cmpstr (argv[6], ==, "python3");
}

static void
test_chroot (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_chroot_connection_new ();

  assert_refused (connection, "The connection does not say which folder is meant");
  g_object_set (connection, "directory", "-a b", NULL);
  assert_argv (connection, "HELPER\n--root=-a b\n--\n");
  assert_name (connection, "chroot.-a b");
  g_object_set (connection, "username", "1000:100", NULL);
  assert_argv (connection, "HELPER\n--root=-a b\n--user=1000:100\n--\n");
  g_object_set (connection, "chroot-path", "/sbin/chroot", NULL);
  assert_argv (connection, "/sbin/chroot\n--userspec=1000:100\n--\n-a b\n");
  g_object_set (connection, "username", "-x", NULL);
  assert_refused (connection, "“-x” cannot be the name of a user: it is at most 4096 bytes of "
                              "printable UTF-8 and does not begin with “-”");
}

static void
test_nspawn (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_nspawn_connection_new ();
  g_autofree char *argv = NULL;

  assert_refused (connection, "The connection does not say which machine is meant");
  g_object_set (connection, "directory", "", NULL);
  assert_refused (connection, "The connection does not say which folder is meant");
  g_object_set (connection, "directory", "/d", "image", "/i", NULL);
  assert_refused (connection, "A container cannot be made both of a folder and of an image");
  g_object_set (connection, "directory", NULL, "machine", "m", "username", "u",
                "systemd-nspawn-path", "/x/n", NULL);
  argv = unit_get_argv (connection);
  g_assert_true (
      g_str_has_suffix (argv, "\nsh\n/x/n\n--image=/i\n--machine=m\n--user=u\n--\n" PYTHON));
  assert_name (connection, "nspawn.m");
}

/* What the script makes of it, with echo for the program. */
static void
test_nspawn_script (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_nspawn_connection_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = NULL;
  g_autofree char *out = NULL;

  g_object_set (connection, "directory", "/a  'b", "systemd-nspawn-path", "echo", NULL);
  argv = mitogen_connection_get_argv (connection, NULL, UNIT_PYTHON_ARGV, &error);
  g_assert_no_error (error);
  g_spawn_sync (NULL, argv, NULL, 0, NULL, NULL, &out, NULL, NULL, &error);
  g_assert_no_error (error);
  if (g_file_test ("/run/systemd/system", G_FILE_TEST_IS_DIR))
    g_assert_true (g_str_has_prefix (out, "--quiet --pipe --as-pid2 "));
  else
    g_assert_cmpstr (
        out, ==,
        "--quiet --pipe --as-pid2 --keep-unit --register=no --directory=/a  'b -- python3 -c stage "
        "$x 'y'\n title\n");
}

/* No "$" is left that systemd could replace; the shell at the end puts it back. */
static void
test_machinectl (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_machinectl_connection_new ();
  g_autofree char *argv = NULL;

  g_object_set (connection, "container", "inner", "username", "alice", NULL);
  argv = unit_get_argv (connection);
  g_assert_true (g_str_has_prefix (argv, "systemd-run\n--machine=inner\n--uid=root\n--uid=alice\n"
                                         "--pipe\n--wait\n--quiet\n--collect\n"));
  g_assert_null (strchr (argv, '$'));
  assert_name (connection, "machinectl.inner");
}

static void
test_flatpak (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_flatpak_connection_new ();
  g_autoptr (GError) error = NULL;

  g_object_set (connection, "container", "org.example.App", NULL);
  assert_argv (connection, "flatpak\nenter\norg.example.App\n");
  g_object_set (connection, "username", "alice", NULL);
  g_assert_null (mitogen_connection_get_argv (connection, NULL, UNIT_PYTHON_ARGV, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

static void
test_flatpak_host (void)
{
  static const char *const environment[] = { "A=1 2", "B=", NULL };
  static const char *const broken[] = { "A=1", "=x", NULL };
  g_autoptr (MitogenConnection) connection = mitogen_flatpak_host_connection_new ();

  assert_argv (connection, "flatpak-spawn\n--host\n--watch-bus\n");
  g_object_set (connection, "environment", environment, "working-directory", "/a b",
                "flatpak-spawn-path", "/x/f", NULL);
  assert_argv (connection, "/x/f\n--host\n--watch-bus\n--env=A=1 2\n--env=B=\n--directory=/a b\n");
  assert_name (connection, "flatpak-host");
  g_object_set (connection, "environment", broken, NULL);
  assert_refused (connection, "“=x” is no variable with a value");
}

/* ---- last words ---- */

static void
assert_explained (MitogenConnection *connection,
                  const char *said,
                  gint expected_code,
                  const char *expected)
{
  g_autoptr (MitogenMethod) method = unit_make_method (connection);
  gint code;
  g_autofree char *what = unit_explain (method, said, 125, 0, &code);

  g_assert_cmpstr (what, ==, expected);
  g_assert_cmpint (code, ==, expected_code);
}

static void
test_setns_words (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_setns_connection_new ();

  assert_explained (connection, "mitogen-enter: cannot ask \"docker\": No such file or directory\n",
                    MITOGEN_ERROR_STREAM, "the program that knows the container is not installed");
  assert_explained (
      connection,
      "mitogen-enter: \"docker\" tells no process of \"x\": Error: No such container: x\n",
      MITOGEN_ERROR_STREAM, "there is no such container");
  assert_explained (connection,
                    "mitogen-enter: \"docker\" tells no process of \"x\": permission denied while "
                    "trying to connect\n",
                    MITOGEN_ERROR_PERMISSION, "the account may not ask for the container");
  assert_explained (connection, "mitogen-enter: the container \"x\" does not run\n",
                    MITOGEN_ERROR_STREAM, "the container does not run");
  assert_explained (connection,
                    "mitogen-enter: cannot open the user namespace of process 1: Permission "
                    "denied\n",
                    MITOGEN_ERROR_PERMISSION, "the account may not go there");
  assert_explained (connection,
                    "mitogen-enter: cannot run \"/bin/sh\": No such file or directory\n",
                    MITOGEN_ERROR_NO_INTERPRETER,
                    "neither the interpreter nor /bin/sh, to look for one, runs in there");
  assert_explained (connection, "mitogen-enter: cannot run \"/bin/sh\": Permission denied\n",
                    MITOGEN_ERROR_NO_INTERPRETER,
                    "neither the interpreter nor /bin/sh, to look for one, runs in there");
  assert_explained (connection, "a line of another program\n", -1, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spaces/setns", test_setns);
  g_test_add_func ("/spaces/setns/tools", test_setns_tools);
  g_test_add_func ("/spaces/setns/words", test_setns_words);
  g_test_add_func ("/spaces/chroot", test_chroot);
  g_test_add_func ("/spaces/nspawn", test_nspawn);
  g_test_add_func ("/spaces/nspawn/script", test_nspawn_script);
  g_test_add_func ("/spaces/machinectl", test_machinectl);
  g_test_add_func ("/spaces/flatpak", test_flatpak);
  g_test_add_func ("/spaces/flatpak-host", test_flatpak_host);
  g_test_add_func ("/spaces/without-helper", test_without_helper);
  return g_test_run ();
}
