/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The command that an ssh connection starts, and what its properties cannot be. */

#include "connection/mitogen-method-private.h"
#include "connection/mitogen-ssh-command-private.h"
#include "mitogen-enums.h"

#include <string.h>

static const char *const python_argv[] = { "python3", "-c", "a b", "it's", NULL };

static char *
make_command (gpointer connection)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = mitogen_connection_get_argv (connection, NULL, python_argv, &error);

  g_assert_no_error (error);
  return g_strjoinv (" ", argv);
}

#define assert_has(command, part)                                                                  \
  G_STMT_START                                                                                     \
  {                                                                                                \
    if (strstr ((command), (part)) == NULL)                                                        \
      g_error ("%s:%d: no %s in %s", __FILE__, __LINE__, (part), (command));                       \
  }                                                                                                \
  G_STMT_END
#define assert_has_not(command, part)                                                              \
  G_STMT_START                                                                                     \
  {                                                                                                \
    if (strstr ((command), (part)) != NULL)                                                        \
      g_error ("%s:%d: %s in %s", __FILE__, __LINE__, (part), (command));                          \
  }                                                                                                \
  G_STMT_END

static void
assert_before (const char *command, const char *first, const char *second)
{
  assert_has (command, first);
  assert_has (command, second);
  g_assert_true (strstr (command, first) < strstr (command, second));
}

static void
test_defaults (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_ssh_connection_new ("web1");
  g_autofree char *command = make_command (connection);
  g_autofree char *name = mitogen_connection_get_name (connection);

  g_assert_true (g_str_has_prefix (command, "ssh -o BatchMode=yes "));
  assert_has (command, " -o StrictHostKeyChecking=yes ");
  assert_has (command, " -o Compression=yes ");
  assert_has (command, " -o ServerAliveInterval=15 -o ServerAliveCountMax=3 ");
  assert_has_not (command, "IdentitiesOnly");
  assert_has_not (command, " -l ");
  assert_has_not (command, " -p ");
  g_assert_true (g_str_has_suffix (command, " -T -- web1 'python3' '-c' 'a b' 'it'\"'\"'s'"));
  g_assert_cmpstr (name, ==, "ssh.web1");
}

/* The client of another host may be an old one. */
static void
test_elsewhere (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_ssh_connection_new ("web1");
  g_autofree char *here = make_command (connection);
  g_autofree char *elsewhere = NULL;

  assert_has (here, "RemoteCommand=none");
  mitogen_connection_set_elsewhere (connection);
  elsewhere = make_command (connection);
  assert_has_not (elsewhere, "RemoteCommand");
}

static void
test_all (void)
{
  const char *const args[] = { "-J", "jump host", NULL };
  const char *const files[] = { "/two", "/three", NULL };
  g_autoptr (MitogenConnection) connection =
      g_object_new (MITOGEN_TYPE_SSH_CONNECTION, "hostname", "[fe80::1%eth0]", "username", "a user",
                    "port", 2222, "ssh-path", "/opt/ssh", "ssh-args", args, "check-host-keys",
                    MITOGEN_CHECK_HOST_KEYS_IGNORE, "identity-file", "/one", "identity-files",
                    files, "compression", FALSE, "keepalive-enabled", FALSE, "ssh-debug-level", 2,
                    "password", "secret", NULL);
  g_autofree char *command = make_command (connection);
  g_autofree char *name = mitogen_connection_get_name (connection);

  g_assert_true (g_str_has_prefix (command, "/opt/ssh -o BatchMode=no "));
  assert_has (command, " StrictHostKeyChecking=no ");
  assert_has (command, "UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null");
  assert_has (command, " -o IdentitiesOnly=yes -i /one -i /two -i /three ");
  assert_has (command, " -vv ");
  assert_has (command, "Compression=no");
  assert_has_not (command, "ServerAlive");
  assert_has_not (command, "secret");
  assert_has (command, " -l a user -p 2222 -T -- fe80::1%eth0 ");
  /* What is given wins over what is only sensible, not over what is needed. */
  assert_before (command, "BatchMode", "-J jump host");
  assert_before (command, "-J jump host", "StrictHostKeyChecking");
  assert_before (command, "-J jump host", "Compression");
  assert_before (command, "-J jump host", "-T");
  g_assert_cmpstr (name, ==, "ssh.[fe80::1%eth0]:2222");
}

static void
test_person (void)
{
  g_autoptr (GMountOperation) person = g_mount_operation_new ();
  g_autoptr (MitogenConnection) connection =
      g_object_new (MITOGEN_TYPE_SSH_CONNECTION, "hostname", "h", "interaction", person, NULL);
  g_autofree char *command = make_command (connection);

  assert_has (command, "BatchMode=no");
  assert_has (command, "StrictHostKeyChecking=ask");
  /* The keys of the agent may well do. */
  assert_has_not (command, "IdentitiesOnly");
}

/* FALSE and TRUE mean what they say. */
static void
test_bool (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_ssh_connection_new ("h");
  MitogenSshConnection *ssh = MITOGEN_SSH_CONNECTION (connection);

  g_object_set (connection, "check-host-keys", FALSE, NULL);
  g_assert_cmpint (mitogen_ssh_connection_get_check_host_keys (ssh), ==,
                   MITOGEN_CHECK_HOST_KEYS_IGNORE);
  g_object_set (connection, "check-host-keys", TRUE, NULL);
  g_assert_cmpint (mitogen_ssh_connection_get_check_host_keys (ssh), ==,
                   MITOGEN_CHECK_HOST_KEYS_ENFORCE);
}

static void
test_place (void)
{
  g_autoptr (MitogenConnection) connection = g_object_new (MITOGEN_TYPE_SSH_CONNECTION, "hostname",
                                                           "h", "username", "u", "port", 22, NULL);
  const MitogenConnectionMethod *words = mitogen_connection_get_method (connection);
  g_auto (MitogenPlace) place = { 0 };

  g_assert_cmpstr (words->name, ==, "ssh");
  words->describe (connection, &place);
  g_assert_cmpstr (place.user, ==, "u");
  g_assert_cmpstr (place.host, ==, "h");
  mitogen_place_clear (&place);
  g_object_set (connection, "port", 23, "username", NULL, NULL);
  words->describe (connection, &place);
  g_assert_null (place.user);
  g_assert_cmpstr (place.host, ==, "h:23");
}

static void
test_terminal (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_ssh_connection_new ("h");
  const MitogenConnectionMethod *words = mitogen_connection_get_method (connection);
  g_autoptr (MitogenMethod) silent = words->make_method (connection, TRUE, NULL);
  g_autoptr (MitogenMethod) asking = NULL;

  g_assert_cmpint (silent->terminal, ==, MITOGEN_TERMINAL_NONE);
  mitogen_connection_set_password (connection, "p");
  asking = words->make_method (connection, TRUE, NULL);
  g_assert_cmpint (asking->terminal, ==, MITOGEN_TERMINAL_BESIDE);
}

static void
assert_refused (const char *property, const char *value)
{
  g_autoptr (MitogenConnection) connection = mitogen_ssh_connection_new ("h");
  g_autoptr (GError) error = NULL;

  g_object_set (connection, property, value, NULL);
  g_assert_null (mitogen_connection_get_argv (connection, NULL, python_argv, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  assert_has (error->message, property);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
test_refused (void)
{
  static const char *const hostnames[] = { "",    "-oProxyCommand=x", "a b", "a\nb", "u@h",
                                           "a;b", "ssh://h",          "$h",  "[]",   "\x1b[0m" };
  static const char *const usernames[] = { "", "-l", "a\nb", "`id`", "a -b", "a\\" };
  const char *const files[] = { "/one", "", NULL };

  assert_refused ("hostname", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (hostnames); i++)
    assert_refused ("hostname", hostnames[i]);
  for (guint i = 0; i < G_N_ELEMENTS (usernames); i++)
    assert_refused ("username", usernames[i]);
  assert_refused ("ssh-path", "");
  assert_refused ("identity-file", "");
  assert_refused ("identity-file", "/a\nb");
  assert_refused ("identity-files", (gconstpointer) files);
}

static void
test_allowed (void)
{
  static const char *const hostnames[] = { "::1", "[::1]", "h.example", "h_1", "\xc3\xbc.example" };
  static const char *const usernames[] = { "DOMAIN\\user", "user@realm", "a-b", "a b", "a$" };

  for (guint i = 0; i < G_N_ELEMENTS (hostnames); i++)
    {
      g_autoptr (MitogenConnection) connection = mitogen_ssh_connection_new (hostnames[i]);
      g_autofree char *command = make_command (connection);

      assert_has_not (command, "[");
    }
  for (guint i = 0; i < G_N_ELEMENTS (usernames); i++)
    {
      g_autoptr (MitogenConnection) connection =
          g_object_new (MITOGEN_TYPE_SSH_CONNECTION, "hostname", "h", "username", usernames[i],
                        NULL);
      g_autofree char *command = make_command (connection);

      assert_has (command, usernames[i]);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ssh-command/defaults", test_defaults);
  g_test_add_func ("/ssh-command/elsewhere", test_elsewhere);
  g_test_add_func ("/ssh-command/all", test_all);
  g_test_add_func ("/ssh-command/person", test_person);
  g_test_add_func ("/ssh-command/bool", test_bool);
  g_test_add_func ("/ssh-command/place", test_place);
  g_test_add_func ("/ssh-command/terminal", test_terminal);
  g_test_add_func ("/ssh-command/refused", test_refused);
  g_test_add_func ("/ssh-command/allowed", test_allowed);
  return g_test_run ();
}
