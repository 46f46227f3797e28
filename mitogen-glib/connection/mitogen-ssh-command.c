/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-ssh-command-private.h"
#include "connection/mitogen-method-private.h"
#include "connection/mitogen-shell-quote-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define DEFAULT_PORT 22

/* The first is tried from what is stored, the second is a person's, and the third their second. */
#define PROMPTS_OF_A_PERSON  "3"
#define PROMPTS_OF_A_PROGRAM "1"

/* ---- what a property cannot be ---- */

/* A user's configuration may put names into a line of shell: newer clients refuse these
 * themselves. */
#define SHELL_CHARS "'`\";&<>|(){}"

static gboolean
refuse (GError **error, const char *property, const char *value, const char *why)
{
  g_autofree char *shown = g_utf8_make_valid (value, (gssize) MIN (strlen (value), 200));

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               /* Translators: the value, the name and then what is wrong */
               _ ("“%s” cannot be the %s of an ssh connection: %s"), shown, property, why);
  return FALSE;
}

static gboolean
has_control (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p))
      return TRUE;
  return FALSE;
}

static gboolean
check_name (const char *property, const char *name, const char *forbidden, GError **error)
{
  if (*name == '\0')
    return refuse (error, property, name, _ ("it is empty"));
  if (*name == '-')
    return refuse (error, property, name, _ ("it begins with a dash"));
  if (has_control (name))
    return refuse (error, property, name, _ ("it has a control character in it"));
  if (strpbrk (name, forbidden) != NULL)
    return refuse (error, property, name, _ ("it has characters in it that no name has"));
  return TRUE;
}

char *
mitogen_ssh_command_dup_host (MitogenSshConnection *connection)
{
  const char *hostname = mitogen_ssh_connection_get_hostname (connection);
  gsize length = hostname != NULL ? strlen (hostname) : 0;

  if (length > 2 && hostname[0] == '[' && hostname[length - 1] == ']')
    return g_strndup (hostname + 1, length - 2);
  return g_strdup (hostname);
}

static gboolean
check_hostname (MitogenSshConnection *connection, GError **error)
{
  g_autofree char *host = mitogen_ssh_command_dup_host (connection);

  if (host == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _ ("The ssh connection has no hostname"));
      return FALSE;
    }
  if (strchr (host, '@') != NULL)
    return refuse (error, "hostname", host, _ ("the user's name is a property of its own"));
  return check_name ("hostname", host, SHELL_CHARS " $\\/[]", error);
}

static gboolean
check_username (MitogenSshConnection *connection, GError **error)
{
  const char *username = mitogen_ssh_connection_get_username (connection);

  if (username == NULL)
    return TRUE;
  if (!check_name ("username", username, SHELL_CHARS, error))
    return FALSE;
  if (strstr (username, " -") != NULL || g_str_has_suffix (username, "\\"))
    return refuse (error, "username", username, _ ("it has characters in it that no name has"));
  return TRUE;
}

static gboolean
check_path (const char *property, const char *path, GError **error)
{
  if (path == NULL)
    return TRUE;
  if (*path == '\0')
    return refuse (error, property, path, _ ("it is empty"));
  if (has_control (path))
    return refuse (error, property, path, _ ("it has a control character in it"));
  return TRUE;
}

static gboolean
check (MitogenSshConnection *connection, GError **error)
{
  const char *const *files = mitogen_ssh_connection_get_identity_files (connection);

  if (!check_hostname (connection, error) || !check_username (connection, error) ||
      !check_path ("ssh-path", mitogen_ssh_connection_get_ssh_path (connection), error) ||
      !check_path ("identity-file", mitogen_ssh_connection_get_identity_file (connection), error))
    return FALSE;
  for (guint i = 0; files != NULL && files[i] != NULL; i++)
    if (!check_path ("identity-files", files[i], error))
      return FALSE;
  return TRUE;
}

/* ---- the command ---- */

static void
add_option (GStrvBuilder *argv, const char *option)
{
  g_strv_builder_add_many (argv, "-o", option, NULL);
}

static void
add_number (GStrvBuilder *argv, const char *option, guint number)
{
  g_autofree char *text = g_strdup_printf ("%s=%u", option, number);

  add_option (argv, text);
}

/* What the stream depends on. The program takes the first value it sees. */
static void
add_needed (GStrvBuilder *argv, MitogenSshConnection *connection, gboolean is_direct)
{
  gboolean can_answer = mitogen_connection_can_answer (MITOGEN_CONNECTION (connection));

  add_option (argv, can_answer ? "BatchMode=no" : "BatchMode=yes");
  /* A client before 7.6 does not know it; it is more likely on a host in between. */
  if (is_direct)
    add_option (argv, "RemoteCommand=none");
}

static void
add_host_keys (GStrvBuilder *argv, MitogenSshConnection *connection)
{
  gboolean has_person =
      mitogen_connection_get_interaction (MITOGEN_CONNECTION (connection)) != NULL;

  switch (mitogen_ssh_connection_get_check_host_keys (connection))
    {
    case MITOGEN_CHECK_HOST_KEYS_ACCEPT:
      add_option (argv, "StrictHostKeyChecking=accept-new");
      break;
    case MITOGEN_CHECK_HOST_KEYS_IGNORE:
      add_option (argv, "StrictHostKeyChecking=no");
      add_option (argv, "UserKnownHostsFile=/dev/null");
      add_option (argv, "GlobalKnownHostsFile=/dev/null");
      break;
    case MITOGEN_CHECK_HOST_KEYS_ENFORCE:
    default:
      add_option (argv, has_person ? "StrictHostKeyChecking=ask" : "StrictHostKeyChecking=yes");
      break;
    }
}

static void
add_identities (GStrvBuilder *argv, MitogenSshConnection *connection)
{
  g_autoptr (MitogenPassword) password =
      mitogen_connection_dup_password (MITOGEN_CONNECTION (connection));
  const char *file = mitogen_ssh_connection_get_identity_file (connection);
  const char *const *files = mitogen_ssh_connection_get_identity_files (connection);
  gboolean has_file = file != NULL || (files != NULL && files[0] != NULL);

  if (mitogen_ssh_connection_get_identities_only (connection) && (has_file || password != NULL))
    add_option (argv, "IdentitiesOnly=yes");
  if (file != NULL)
    g_strv_builder_add_many (argv, "-i", file, NULL);
  for (guint i = 0; files != NULL && files[i] != NULL; i++)
    g_strv_builder_add_many (argv, "-i", files[i], NULL);
}

static void
add_talk (GStrvBuilder *argv, MitogenSshConnection *connection)
{
  static const char *const levels[] = { NULL, "-v", "-vv", "-vvv" };
  guint level = mitogen_ssh_connection_get_ssh_debug_level (connection);
  gboolean has_person =
      mitogen_connection_get_interaction (MITOGEN_CONNECTION (connection)) != NULL;

  /* Any less, and a lost connection is not explained. */
  if (level > 0)
    g_strv_builder_add (argv, levels[level]);
  else
    add_option (argv, "LogLevel=INFO");
  add_option (argv, has_person ? "NumberOfPasswordPrompts=" PROMPTS_OF_A_PERSON
                               : "NumberOfPasswordPrompts=" PROMPTS_OF_A_PROGRAM);
}

static void
add_stream (GStrvBuilder *argv, MitogenSshConnection *connection)
{
  add_option (argv, mitogen_ssh_connection_get_compression (connection) ? "Compression=yes"
                                                                        : "Compression=no");
  if (mitogen_ssh_connection_get_keepalive_enabled (connection))
    {
      add_number (argv, "ServerAliveInterval",
                  mitogen_ssh_connection_get_keepalive_interval (connection));
      add_number (argv, "ServerAliveCountMax",
                  mitogen_ssh_connection_get_keepalive_count (connection));
    }
  /* A port that is taken already must not be a reason to fail. */
  add_option (argv, "ClearAllForwardings=yes");
}

static void
add_destination (GStrvBuilder *argv, MitogenSshConnection *connection)
{
  const char *username = mitogen_ssh_connection_get_username (connection);
  guint port = mitogen_ssh_connection_get_port (connection);
  g_autofree char *host = mitogen_ssh_command_dup_host (connection);

  if (username != NULL)
    g_strv_builder_add_many (argv, "-l", username, NULL);
  if (port != 0)
    {
      g_autofree char *number = g_strdup_printf ("%u", port);

      g_strv_builder_add_many (argv, "-p", number, NULL);
    }
  /* No terminal on the other side: the last one of these counts. */
  g_strv_builder_add_many (argv, "-T", "--", host, NULL);
}

char **
mitogen_ssh_command_make (MitogenSshConnection *connection,
                          gboolean is_direct,
                          const char *const *python_argv,
                          GError **error)
{
  const char *const *args = mitogen_ssh_connection_get_ssh_args (connection);
  g_autofree char *command = NULL;
  g_autoptr (GStrvBuilder) argv = NULL;

  if (!check (connection, error))
    return NULL;

  argv = g_strv_builder_new ();
  g_strv_builder_add (argv, mitogen_ssh_connection_get_ssh_path (connection));
  add_needed (argv, connection, is_direct);
  if (args != NULL)
    g_strv_builder_addv (argv, (const char **) args);
  add_host_keys (argv, connection);
  add_identities (argv, connection);
  add_talk (argv, connection);
  add_stream (argv, connection);
  add_destination (argv, connection);
  command = mitogen_shell_quote_for_login (python_argv);
  g_strv_builder_add (argv, command);
  return g_strv_builder_end (argv);
}

char *
mitogen_ssh_command_get_address (MitogenSshConnection *connection)
{
  g_autofree char *host = mitogen_ssh_command_dup_host (connection);
  guint port = mitogen_ssh_connection_get_port (connection);

  if (host == NULL)
    return g_strdup ("?");
  if (port == 0 || port == DEFAULT_PORT)
    return g_steal_pointer (&host);
  return g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
}
