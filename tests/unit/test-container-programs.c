/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The command lines and the last words of the programs that lead into containers. */

#include "connection/container/mitogen-container-program-private.h"
#include "mitogen.h"
#include "unit-method.h"

#include <string.h>

#define PYTHON "python3\n-c\nstage $x 'y'\n\ntitle"

/* Each with its program; none of the properties is set. */
static MitogenConnection *
new_connection (const char *name)
{
  static const struct
  {
    const char *name;
    MitogenConnection *(*create) (void);
  } classes[] = {
    { "buildah", mitogen_buildah_connection_new },
    { "distrobox", mitogen_distrobox_connection_new },
    { "incus", mitogen_incus_connection_new },
    { "jail", mitogen_jail_connection_new },
    { "kubectl", mitogen_kubectl_connection_new },
    { "lxc", mitogen_lxc_connection_new },
    { "lxd", mitogen_lxd_connection_new },
    { "toolbox", mitogen_toolbox_connection_new },
  };

  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    if (g_str_equal (classes[i].name, name))
      return classes[i].create ();
  g_assert_not_reached ();
}

static const char *const names[] = { "buildah", "distrobox", "incus",   "jail", "kubectl",
                                     "lxc",     "lxd",       "toolbox", NULL };

static MitogenConnection *
new_into (const char *name, const char *container, const char *user)
{
  MitogenConnection *connection = new_connection (name);

  g_object_set (connection, "container", container, "username", user, NULL);
  return connection;
}

static void
assert_argv (const char *name, const char *user, const char *expected)
{
  g_autoptr (MitogenConnection) connection = new_into (name, "web", user);
  g_autofree char *argv = unit_get_argv (connection);
  g_autofree char *wanted = g_strconcat (expected, PYTHON, NULL);

  g_assert_cmpstr (argv, ==, wanted);
}

static void
test_argv (void)
{
  assert_argv ("lxc", NULL, "lxc-attach\n--clear-env\n--name=web\n--\n");
  assert_argv ("lxc", "1000", "lxc-attach\n--clear-env\n--name=web\n--uid=1000\n--\n");
  assert_argv ("lxc", "1000:100",
               "lxc-attach\n--clear-env\n--name=web\n--uid=1000\n--gid=100\n--\n");
  assert_argv ("lxd", NULL, "lxc\nexec\n--mode=non-interactive\nweb\n--\n");
  assert_argv ("lxd", "0:5", "lxc\nexec\n--mode=non-interactive\n--user=0\n--group=5\nweb\n--\n");
  assert_argv ("incus", NULL, "incus\nexec\n--mode=non-interactive\nweb\n--\n");
  assert_argv ("incus", "7", "incus\nexec\n--mode=non-interactive\n--user=7\nweb\n--\n");
  assert_argv ("kubectl", NULL, "kubectl\nexec\n--stdin\nweb\n--\n");
  assert_argv ("buildah", NULL, "buildah\nrun\n--\nweb\n");
  assert_argv ("buildah", "alice:staff", "buildah\nrun\n--user=alice:staff\n--\nweb\n");
  assert_argv ("jail", NULL, "/usr/sbin/jexec\nweb\n");
  assert_argv ("jail", "alice", "/usr/sbin/jexec\n-Ualice\nweb\n");
  assert_argv ("toolbox", NULL, "toolbox\nrun\n--container=web\n");
}

static void
test_paths (void)
{
  const char *const paths[] = { "buildah-path", "distrobox-path",  "incus-path", "jexec-path",
                                "kubectl-path", "lxc-attach-path", "lxc-path",   "toolbox-path" };

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (MitogenConnection) connection = new_into (names[i], "web", NULL);
      MitogenContainerConnection *container = MITOGEN_CONTAINER_CONNECTION (connection);
      g_autofree char *argv = NULL;
      g_autofree char *path = NULL;

      g_object_get (connection, paths[i], &path, NULL);
      g_assert_null (path);
      g_object_set (connection, paths[i], "/opt/the program", NULL);
      g_object_get (connection, paths[i], &path, NULL);
      g_assert_cmpstr (path, ==, "/opt/the program");
      g_assert_cmpstr (mitogen_container_connection_get_program_path (container), ==, path);
      argv = unit_get_argv (connection);
      g_assert_true (g_str_has_prefix (argv, "/opt/the program\n"));
    }
}

static void
test_names (void)
{
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (MitogenConnection) connection = new_into (names[i], "web", NULL);
      g_autofree char *expected = g_strdup_printf ("%s.web", names[i]);
      g_autofree char *name = mitogen_connection_get_name (connection);
      const MitogenConnectionMethod *method = mitogen_connection_get_method (connection);
      g_autoptr (MitogenMethod) made = unit_make_method (connection);
      g_auto (MitogenPlace) place = { 0 };

      g_assert_cmpstr (name, ==, expected);
      g_assert_cmpstr (method->name, ==, names[i]);
      method->describe (connection, &place);
      g_assert_cmpstr (place.host, ==, "web");
      g_assert_null (place.user);
      g_assert_cmpint (made->terminal, ==, MITOGEN_TERMINAL_NONE);
    }
}

/* What reads the stream before the first stage does, or may: a login shell, a question. */
static void
test_eager (void)
{
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (MitogenConnection) connection = new_into (names[i], "web", NULL);
      g_autoptr (MitogenMethod) method = unit_make_method (connection);
      gboolean is_asking = g_str_equal (names[i], "toolbox") || g_str_equal (names[i], "distrobox");

      g_assert_cmpint (method->eager, ==, !is_asking);
    }
}

/* ---- kubectl's own properties ---- */

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer data)
{
  guint *n = data;

  (*n)++;
}

static void
test_kubectl (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_kubectl_connection_new ();
  MitogenKubectlConnection *kubectl = MITOGEN_KUBECTL_CONNECTION (connection);
  const char *args[] = { "--context=work", "--request-timeout", "5s", NULL };
  g_autofree char *argv = NULL;
  g_autofree char *pod = NULL;
  guint n_pod = 0;
  guint n_container = 0;

  g_signal_connect (connection, "notify::pod", G_CALLBACK (count_notify), &n_pod);
  g_signal_connect (connection, "notify::container", G_CALLBACK (count_notify), &n_container);
  g_object_set (connection, "pod", "deploy/web", "pod-namespace", "prod", "pod-container", "main",
                "kubectl-args", args, NULL);
  g_assert_cmpuint (n_pod, ==, 1);
  g_assert_cmpuint (n_container, ==, 1);
  g_object_get (connection, "pod", &pod, NULL);
  g_assert_cmpstr (pod, ==, "deploy/web");
  g_assert_cmpstr (mitogen_kubectl_connection_get_pod (kubectl), ==, pod);
  argv = unit_get_argv (connection);
  g_assert_cmpstr (argv, ==,
                   "kubectl\n--context=work\n--request-timeout\n5s\nexec\n--stdin\n"
                   "--namespace=prod\n--container=main\ndeploy/web\n--\n" PYTHON);
}

/* ---- what is refused ---- */

static void
assert_refused (MitogenConnection *connection, GIOErrorEnum code, const char *part)
{
  g_autoptr (MitogenConnection) owned = connection;
  const MitogenConnectionMethod *method = mitogen_connection_get_method (owned);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = mitogen_connection_get_argv (owned, NULL, UNIT_PYTHON_ARGV, &error);

  g_assert_null (argv);
  g_assert_error (error, G_IO_ERROR, (gint) code);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  if (strstr (error->message, part) == NULL)
    g_error ("%s: %s", method->name, error->message);
}

static void
test_bad_names (void)
{
  const char *const bad[] = { "-x", "--", "--name=other", "a\nb", "\x1b[1m", "\xff", "", NULL };

  for (guint i = 0; names[i] != NULL; i++)
    for (guint j = 0; bad[j] != NULL; j++)
      assert_refused (new_into (names[i], bad[j], NULL), G_IO_ERROR_INVALID_ARGUMENT, "container");
  for (guint i = 0; names[i] != NULL; i++)
    assert_refused (new_connection (names[i]), G_IO_ERROR_INVALID_ARGUMENT, "which container");
}

/* As a single word, whatever is in it; toolbox and distrobox have no such names, and the latter
 * would have a shell read them. */
static void
test_odd_names (void)
{
  const char *const odd[] = {
    "a b", "a/b", "$(id)", "`id`;'\"", "*", "ä", "a:b", "{username}", NULL
  };

  for (guint i = 0; names[i] != NULL; i++)
    for (guint j = 0; odd[j] != NULL; j++)
      {
        g_autoptr (MitogenConnection) connection = new_into (names[i], odd[j], NULL);
        g_autofree char *argv = NULL;
        g_autofree char *word = NULL;

        if (g_str_equal (names[i], "toolbox") || g_str_equal (names[i], "distrobox"))
          {
            assert_refused (g_steal_pointer (&connection), G_IO_ERROR_INVALID_ARGUMENT, odd[j]);
            continue;
          }
        argv = unit_get_argv (connection);
        word = g_strconcat (odd[j], "\n", NULL);
        g_assert_nonnull (strstr (argv, word));
      }
}

static void
test_users (void)
{
  const char *const numbers[] = { "lxc", "lxd", "incus", NULL };
  const char *const none[] = { "kubectl", "toolbox", "distrobox", NULL };
  const char *const bad[] = { "alice", "1000:", ":5",  "1 ",         "+1",
                              "0x10",  "1:2:3", "1:a", "4294967295", "12345678901234567890",
                              NULL };

  for (guint i = 0; numbers[i] != NULL; i++)
    for (guint j = 0; bad[j] != NULL; j++)
      assert_refused (new_into (numbers[i], "web", bad[j]), G_IO_ERROR_INVALID_ARGUMENT,
                      "by number");
  for (guint i = 0; none[i] != NULL; i++)
    assert_refused (new_into (none[i], "web", "alice"), G_IO_ERROR_NOT_SUPPORTED, "whose account");
  for (guint i = 0; names[i] != NULL; i++)
    assert_refused (new_into (names[i], "web", "-x"), G_IO_ERROR_INVALID_ARGUMENT, "user");
}

static void
test_bad_options (void)
{
  const char *const options[] = { "pod-namespace", "pod-container", NULL };

  for (guint i = 0; options[i] != NULL; i++)
    {
      MitogenConnection *connection = new_into ("kubectl", "web", NULL);

      g_object_set (connection, options[i], "-x", NULL);
      assert_refused (connection, G_IO_ERROR_INVALID_ARGUMENT, options[i]);
    }
}

/* ---- distrobox's shells ---- */

/* What the versions of distrobox-enter make of the words behind "--", run as they do it. */
static const struct
{
  const char *version;
  const char *script;
} wrappers[] = {
  { "1.4", "c=\"$1\"; shift\n"
           "for arg in \"$@\"; do\n"
           "  if echo \"${arg}\" | grep -Eq \"'|\\\"\"; then\n"
           "    c=\"${c} $(echo \"${arg}\" | sed 's|\\\\|\\\\\\\\|g' | sed 's| |\\\\ |g' |\n"
           "      sed 's|\\$|\\\\\\$|g' | sed \"s|'|\\\\\\'|g\" | sed 's|\"|\\\\\\\"|g')\"\n"
           "  else\n"
           "    c=\"${c} '${arg}'\"\n"
           "  fi\n"
           "done\n"
           "eval ${c}" },
  { "1.6", "c=\"$1\"; shift\n"
           "for arg in \"$@\"; do\n"
           "  arg=\"$(echo \"${arg}x\" | sed 's|'\\''|'\\'\\\\\\\\\\'\\''|g')\"\n"
           "  arg=\"${arg%x}\"\n"
           "  c=\"${c} '${arg}'\"\n"
           "done\n"
           "cmd=\"/bin/sh -c \\\"${c}\\\"\"\n"
           "eval ${cmd}" },
  { "1.8", "\"$@\"" },
  { "with su", "/bin/sh -c '\"$0\" \"$@\"' \"$@\"" },
};

/* The command prints its words with a bar behind each, and then the stream. */
static char *
run_wrapped (const char *script, const char *const *python_argv)
{
  g_autoptr (MitogenConnection) connection = new_into ("distrobox", "web", NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = mitogen_connection_get_argv (connection, NULL, python_argv, &error);
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  g_autoptr (GSubprocess) process = NULL;
  char *out = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (argv[5], ==, "--");
  g_ptr_array_add (words, (char *) "/bin/sh");
  g_ptr_array_add (words, (char *) "-c");
  g_ptr_array_add (words, (char *) script);
  g_ptr_array_add (words, (char *) "distrobox-enter");
  for (guint i = 6; argv[i] != NULL; i++)
    g_ptr_array_add (words, argv[i]);
  g_ptr_array_add (words, NULL);
  process =
      g_subprocess_newv ((const char *const *) words->pdata,
                         G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, "the stream\n", NULL, &out, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 7);
  return out;
}

static void
test_distrobox (void)
{
  const char *const python_argv[] = {
    "/bin/sh",   "-c",        "printf '%s|' \"$@\"; cat; exit 7",
    "sh",        "a  b",      "'",
    "\"",        "$HOME",     "\\",
    "\\n\\0101", "x\ny\n\tz", "\n",
    "`id`",      "!",         "*?",
    "#;&|<>()",  "äö",        "",
    "-n",        NULL,
  };
  g_autofree char *joined = g_strjoinv ("|", (char **) python_argv + 4);
  g_autofree char *expected = g_strconcat (joined, "|the stream\n", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (wrappers); i++)
    {
      g_autofree char *out = run_wrapped (wrappers[i].script, python_argv);

      g_test_message ("%s", wrappers[i].version);
      g_assert_cmpstr (out, ==, expected);
    }
}

static void
test_distrobox_argv (void)
{
  g_autoptr (MitogenConnection) connection = new_into ("distrobox", "web", NULL);
  g_autoptr (MitogenMethod) method = unit_make_method (connection);
  g_autofree char *argv = unit_get_argv (connection);

  g_assert_true (
      g_str_has_prefix (argv, "distrobox\nenter\n--no-tty\n--name\nweb\n--\n/bin/sh\n-c\n"));
  /* It would make the container. */
  g_assert_true (
      g_strv_contains ((const char *const *) method->environment, "DBX_NON_INTERACTIVE=0"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/container-programs/argv", test_argv);
  g_test_add_func ("/container-programs/paths", test_paths);
  g_test_add_func ("/container-programs/names", test_names);
  g_test_add_func ("/container-programs/eager", test_eager);
  g_test_add_func ("/container-programs/kubectl", test_kubectl);
  g_test_add_func ("/container-programs/bad-names", test_bad_names);
  g_test_add_func ("/container-programs/odd-names", test_odd_names);
  g_test_add_func ("/container-programs/users", test_users);
  g_test_add_func ("/container-programs/bad-options", test_bad_options);
  g_test_add_func ("/container-programs/distrobox", test_distrobox);
  g_test_add_func ("/container-programs/distrobox-argv", test_distrobox_argv);
  return g_test_run ();
}
