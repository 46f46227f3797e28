/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Ways as URIs: what is written is read as the same again, whatever the connections. */

#include "connection/mitogen-uri.h"
#include "connection/mitogen-fork-connection.h"
#include "connection/mitogen-local-connection.h"
#include "connection/mitogen-ssh-connection.h"
#include "connection/mitogen-sudo-connection.h"
#include "connection/mitogen-uri-scheme-private.h"
#include "connection/mitogen-uri-value-private.h"
#include "prompt/mitogen-tty-operation.h"

#include <string.h>

#define SECRET "hunter2"

/* ---- a class of the program's own ---- */

typedef MitogenConnection Jail;
typedef MitogenConnectionClass JailClass;

static GType jail_get_type (void);
G_DEFINE_TYPE (Jail, jail, MITOGEN_TYPE_CONNECTION)

static void
jail_class_init (JailClass *klass)
{
}

static void
jail_init (Jail *self)
{
}

/* ---- what is read ---- */

static const struct
{
  const char *uri;
  const char *written; /* NULL: as it was read */
} right[] = {
  { "local", NULL },
  { "local:", "local" },
  { "local://", "local" },
  { "fork", NULL },
  { "self?argv=/bin/true&argv=", NULL },
  { "self?argv", "self" },
  { "sudo", NULL },
  { "SUDO:root", "sudo:root" },
  { "sudo://root", "sudo:root" },
  { "sudo?username=root", "sudo:root" },
  { "sudo:%231000", NULL },
  { "sudo:alice@EXAMPLE.ORG", NULL },
  { "sudo?username=", NULL },
  { "sudo:root?set-home&login=true", "sudo:root?login=true&set-home=true" },
  { "sudo?set_home", "sudo?set-home=true" },
  { "sudo?sudo-args", NULL },
  { "sudo?sudo-args=", NULL },
  { "sudo?sudo-args=-H&sudo-args=-u&sudo-args=a%20b%2Cc%26d%3De",
    "sudo?sudo-args=-H&sudo-args=-u&sudo-args=a%20b%2Cc%26d=e" },
  { "su:alice", NULL },
  { "doas:_www", NULL },
  { "pkexec:root?pkexec-path=/usr/bin/pkexec", NULL },
  { "ssh://web1", NULL },
  { "ssh:web1", "ssh://web1" },
  { "ssh://web1:22", NULL },
  { "ssh://web1:0", "ssh://web1" },
  { "ssh://admin@web1:2222", NULL },
  { "ssh://a@b@web1", "ssh://a%40b@web1" },
  { "ssh://[::1]", NULL },
  { "ssh://[fe80::1%25eth0]:22", NULL },
  { "ssh://%5B%3A%3A1%5D", NULL },
  { "ssh://[web1]", "ssh://web1" },
  { "ssh://web1?port=22", "ssh://web1:22" },
  { "ssh?hostname=web1", "ssh://web1" },
  { "ssh:?hostname=", "ssh?hostname=" },
  { "ssh://b\xc3\xbc"
    "cher",
    "ssh://b%C3%BCcher" },
  { "ssh://%ff%2f", "ssh://%FF%2F" },
  { "ssh://web1?check-host-keys=accept&compression=false", NULL },
  { "ssh://web1?python-path=/usr/bin/env&python-path=python3&connect-timeout=5000",
    "ssh://web1?connect-timeout=5000&python-path=/usr/bin/env&python-path=python3" },
  { "ssh://web1?ssh-path", "ssh://web1" },
  { "ssh://bastion,ssh://admin@web1,sudo:root", NULL },
  { "local,local,local", NULL },
  { "docker://web", NULL },
  { "docker:web", "docker://web" },
  { "docker://alice@web", NULL },
  { "docker://1000%3A1000@web", NULL },
  { "docker?image=docker.io/library/debian:12&network=none", NULL },
  { "docker://?image=debian", "docker?image=debian" },
  { "docker://alice@?image=debian", NULL },
  { "docker://web?environment=A=1&environment=B=2%2C3", NULL },
  { "docker://web?docker-path=docker", NULL },
  { "podman://web?address=unix:///run/podman/podman.sock", NULL },
  { "kubectl://deploy/web?pod-namespace=shop", NULL },
  { "chroot:/srv/root", NULL },
  { "chroot:///srv/root", "chroot:/srv/root" },
  { "chroot:%2F/srv", NULL },
  { "chroot:alice@/srv/a%20b", NULL },
  { "nspawn:/srv/root?machine=m", NULL },
  { "nspawn?image=/srv/disk.raw", NULL },
  { "setns://web?kind=docker", NULL },
  { "setns?pid=42", NULL },
  { "machinectl://.host", NULL },
  { "flatpak://org.gnome.Maps", NULL },
  { "flatpak-host,toolbox://fedora-40", NULL },
  { "flatpak-host:", "flatpak-host" },
  { "ssh://web1,docker://shop,sudo:postgres", NULL },
};

static char *
rewrite (const char *uri)
{
  g_autoptr (GError) error = NULL;
  g_autolist (MitogenConnection) connections = mitogen_uri_parse (uri, &error);
  char *written;

  g_assert_no_error (error);
  written = mitogen_uri_format (connections, &error);
  g_assert_no_error (error);
  return written;
}

static void
test_right (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (right); i++)
    {
      g_autofree char *written = rewrite (right[i].uri);
      g_autofree char *again = rewrite (written);

      g_assert_cmpstr (written, ==, right[i].written != NULL ? right[i].written : right[i].uri);
      g_assert_cmpstr (again, ==, written);
    }
}

static void
test_settings (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenConnection) connection = mitogen_connection_from_uri (
      "ssh://ad%6Din@[::1]:2222?identity-file=/a%20b&check-host-keys=ignore&keepalive-enabled=false"
      "&python-path=python3",
      &error);
  MitogenSshConnection *ssh;

  g_assert_no_error (error);
  g_assert_true (MITOGEN_IS_SSH_CONNECTION (connection));
  ssh = MITOGEN_SSH_CONNECTION (connection);
  g_assert_cmpstr (mitogen_ssh_connection_get_hostname (ssh), ==, "::1");
  g_assert_cmpstr (mitogen_ssh_connection_get_username (ssh), ==, "admin");
  g_assert_cmpuint (mitogen_ssh_connection_get_port (ssh), ==, 2222);
  g_assert_cmpstr (mitogen_ssh_connection_get_identity_file (ssh), ==, "/a b");
  g_assert_cmpint (mitogen_ssh_connection_get_check_host_keys (ssh), ==,
                   MITOGEN_CHECK_HOST_KEYS_IGNORE);
  g_assert_false (mitogen_ssh_connection_get_keepalive_enabled (ssh));
  g_assert_cmpstrv (mitogen_connection_get_python_path (connection),
                    ((const char *[]){ "python3", NULL }));
}

/* ---- what is refused ---- */

static const struct
{
  const char *uri;
  guint at;
  const char *what; /* part of the message */
} wrong[] = {
  { "", 1, "“” is no way to reach something" },
  { "web1", 1, "“web1” is no way" },
  { "web1", 1, "podman, self, setns, ssh, su, sudo, toolbox" },
  { "http://web1/", 1, "“http” is no way" },
  { "local,", 7, "“” is no way" },
  { ",local", 1, "“” is no way" },
  { "ssh://web1,sud:root", 12, "“sud” is no way" },
  { "an-odd-word-that-goes-on-for-much-too-long", 1,
    "“an-odd-word-that-goes-on-for-m…” is no way" },
  { "local:here", 7, "behind “local:” only options" },
  { "ssh", 1, "ssh needs a “hostname”, such as ssh://name" },
  { "chroot", 1, "chroot needs a “directory”, such as chroot:name" },
  { "flatpak-host:web", 14, "behind “flatpak-host:” only options" },
  { "setns://web?kind=jail", 18, "“kind” is one of: process, docker, podman" },
  { "lxc", 1, "lxc needs a “container”, such as lxc://name" },
  { "docker://1000:1000@web", 14, "is written as %3A" },
  { "local,ssh://", 7, "ssh needs a “hostname”" },
  { "ssh://admin@", 1, "ssh needs a “hostname”" },
  { "ssh://@web1", 7, "a name of a user has to be" },
  { "ssh://web1:", 12, "“port” is a number from 0 to 65535" },
  { "ssh://web1:ssh", 12, "“port” is a number" },
  { "ssh://web1:65536", 12, "“port” is a number" },
  { "ssh://web1:-1", 12, "“port” is a number" },
  { "ssh://::1", 7, "has to be in brackets" },
  { "ssh://fe80::1", 11, "has to be in brackets" },
  { "ssh://[::1", 7, "no “]”" },
  { "ssh://[::1]22", 12, "only a port can be behind them" },
  { "ssh://[]", 8, "here an address has to be" },
  { "ssh://web1:22?port=22", 20, "“port” is given twice" },
  { "ssh://web1?port=22&port=22", 25, "“port” is given twice" },
  { "ssh://web1?colour=red", 12,
    "ssh has no option “colour” in a URI; it has: check-host-keys, comp" },
  { "ssh://web1?interaction=tty", 12, "no option “interaction”" },
  { "ssh://web1?", 12, "no option “”" },
  { "ssh://web1?debug&", 18, "no option “”" },
  { "ssh://web1?debug=yes", 18, "“debug” is true or false" },
  { "ssh://web1?port", 12, "“port” is a number" },
  { "ssh://web1?ssh-debug-level=4", 28, "“ssh-debug-level” is a number from 0 to 3" },
  { "local?connect-timeout=0", 23, "“connect-timeout” is a number from 1 to" },
  { "ssh://web1?check-host-keys=maybe", 28,
    "“check-host-keys” is one of: ignore, enforce, accept" },
  { "ssh://web1?check-host-keys", 12, "“check-host-keys” is one of" },
  { "ssh://web 1", 10, "this character has to be written as %20" },
  { "sudo:#1000", 6, "written as %23" },
  { "sudo:root|local", 10, "written as %7C" },
  { "ssh://web1\n", 11, "written as %0A" },
  { "ssh://\xc2\xa0", 7, "written as %C2%A0" },
  { "ssh://b\xc3\xbc\xff", 9, "no UTF-8: it has to be written as %FF" },
  { "ssh://%", 7, "two hexadecimal digits" },
  { "ssh://%4", 7, "two hexadecimal digits" },
  { "ssh://%g0", 7, "two hexadecimal digits" },
  { "ssh://%00", 7, "not 00" },
  { "ssh://b\xc3\xbc?x", 10, "no option “x”" },
};

static void
assert_wrong (const char *uri, guint at, const char *what)
{
  g_autoptr (GError) error = NULL;
  g_autolist (MitogenConnection) connections = mitogen_uri_parse (uri, &error);
  g_autofree char *start = g_strdup_printf ("Character %u of the URI: ", at);

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_null (connections);
  if (!g_str_has_prefix (error->message, start) || strstr (error->message, what) == NULL)
    g_error ("%s: %s", uri, error->message);
}

static void
test_wrong (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_wrong (wrong[i].uri, wrong[i].at, wrong[i].what);
}

/* Wherever somebody might put it, it is refused, and not told. */
static void
test_password (void)
{
  static const char *const uris[] = {
    "ssh://admin:" SECRET "@web1", "ssh://admin:" SECRET "@web1:22?debug",
    "ssh://web1?password=" SECRET, "ssh://web1?colour=red&password=" SECRET,
    "ssh://admin:" SECRET,         "ssh://web1:" SECRET "@",
    "sudo:root:" SECRET,           "sudo?password=" SECRET,
    "sudo?debug=" SECRET,          "local:" SECRET,
  };
  const char *what = "a password has no place in a URI";

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (mitogen_uri_parse (uris[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_null (strstr (error->message, SECRET));
    }
  assert_wrong (uris[0], 12, what);
  assert_wrong (uris[2], 12, what);
  assert_wrong ("sudo:root:" SECRET, 10, what);
  assert_wrong ("sudo?password", 6, what);
}

static void
test_depth (void)
{
  g_autoptr (GString) uri = g_string_new ("local");
  g_autolist (MitogenConnection) connections = NULL;

  for (guint i = 1; i < 1000; i++)
    g_string_append (uri, ",local");
  connections = mitogen_uri_parse (uri->str, NULL);
  g_assert_cmpuint (g_list_length (connections), ==, 1000);
  g_string_append (uri, ",local");
  assert_wrong (uri->str, 6001, "more than 1000 steps");
}

static void
test_one (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_connection_from_uri ("local,sudo", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (mitogen_uri_format (NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

/* ---- what is written ---- */

/* @connection: (transfer full) */
static void
assert_written (MitogenConnection *connection, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = mitogen_connection_to_uri (connection, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (uri, ==, expected);
  g_object_unref (connection);
}

static void
test_left_out (void)
{
  g_autoptr (GMountOperation) ask = mitogen_tty_operation_new ();

  assert_written (g_object_new (MITOGEN_TYPE_SUDO_CONNECTION, "username", "root", "password",
                                SECRET, "interaction", ask, NULL),
                  "sudo:root");
  assert_written (g_object_new (MITOGEN_TYPE_LOCAL_CONNECTION, "connect-timeout", 30000, NULL),
                  "local");
}

/* @connection: (transfer full) */
static void
assert_unwritable (MitogenConnection *connection, gint code, const char *what)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_connection_to_uri (connection, &error));
  g_assert_error (error, G_IO_ERROR, code);
  g_assert_nonnull (strstr (error->message, what));
  g_object_unref (connection);
}

static void
never_run (MitogenRouter *router, gpointer data)
{
}

static void
test_unwritable (void)
{
  MitogenConnection *fork = mitogen_fork_connection_new ();

  mitogen_fork_connection_set_child_func (MITOGEN_FORK_CONNECTION (fork), never_run, NULL);
  assert_unwritable (fork, G_IO_ERROR_NOT_SUPPORTED, "“child-func”");
  assert_unwritable (g_object_new (jail_get_type (), NULL), G_IO_ERROR_NOT_SUPPORTED, "Jail");
  assert_unwritable (g_object_new (MITOGEN_TYPE_SSH_CONNECTION, NULL), G_IO_ERROR_INVALID_ARGUMENT,
                     "“hostname”");
}

/* ---- any connection at all ---- */

static const char *const telling[] = {
  "%",  "%2C", ",",   "?",  "&",   "=", "@",    ":",   "/",  "//", "[",        "]",
  "::", ".",   "..",  "~",  "+",   "-", "\xff", " ",   "\n", "#",  "\xc3\xbc", "a",
  "0",  "b",   "::1", "\\", "\"$", "'", "true", "%00", "\1", "*",  "{a,b}",    "_",
};

static char *
make_text (void)
{
  GString *text = g_string_new (NULL);

  for (gint n = g_test_rand_int_range (0, 6); n > 0; n--)
    if (g_test_rand_int_range (0, 4) == 0)
      g_string_append_c (text, (char) g_test_rand_int_range (1, 256));
    else
      g_string_append (text, telling[g_test_rand_int_range (0, G_N_ELEMENTS (telling))]);
  return g_string_free (text, FALSE);
}

static char **
make_texts (void)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (gint n = g_test_rand_int_range (0, 4); n > 0; n--)
    {
      g_autofree char *text = make_text ();

      g_strv_builder_add (builder, text);
    }
  return g_strv_builder_end (builder);
}

static guint
make_number (guint minimum, guint maximum)
{
  switch (g_test_rand_int_range (0, 3))
    {
    case 0:
      return minimum;
    case 1:
      return maximum;
    default:
      return (guint) g_test_rand_double_range (minimum, maximum);
    }
}

static void
make_value (GParamSpec *pspec, GValue *value)
{
  g_value_init (value, pspec->value_type);
  if (mitogen_uri_value_is_list (pspec))
    g_value_take_boxed (value, make_texts ());
  else if (G_IS_PARAM_SPEC_STRING (pspec))
    g_value_take_string (value, make_text ());
  else if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    g_value_set_boolean (value, g_test_rand_int_range (0, 2));
  else if (G_IS_PARAM_SPEC_ENUM (pspec))
    {
      GEnumClass *choices = G_PARAM_SPEC_ENUM (pspec)->enum_class;

      g_value_set_enum (value, choices->values[g_test_rand_int_range (0, choices->n_values)].value);
    }
  else if (G_IS_PARAM_SPEC_INT (pspec))
    g_value_set_int (value, (int) make_number (MAX (G_PARAM_SPEC_INT (pspec)->minimum, 0),
                                               G_PARAM_SPEC_INT (pspec)->maximum));
  else
    g_value_set_uint (value, make_number (G_PARAM_SPEC_UINT (pspec)->minimum,
                                          G_PARAM_SPEC_UINT (pspec)->maximum));
}

static MitogenConnection *
make_connection (const MitogenUriScheme *scheme)
{
  MitogenConnection *connection = g_object_new (scheme->get_type (), NULL);
  g_autoptr (GPtrArray) options = mitogen_uri_scheme_list_options (G_OBJECT_GET_CLASS (connection));

  for (guint i = 0; i < options->len; i++)
    {
      GParamSpec *pspec = options->pdata[i];
      g_auto (GValue) value = G_VALUE_INIT;

      if (g_strcmp0 (pspec->name, scheme->main) != 0 && g_test_rand_int_range (0, 3) > 0)
        continue;
      make_value (pspec, &value);
      g_object_set_property (G_OBJECT (connection), pspec->name, &value);
    }
  return connection;
}

static void
assert_same (MitogenConnection *a, MitogenConnection *b)
{
  g_autoptr (GPtrArray) options = mitogen_uri_scheme_list_options (G_OBJECT_GET_CLASS (a));

  g_assert_cmpuint (G_OBJECT_TYPE (a), ==, G_OBJECT_TYPE (b));
  for (guint i = 0; i < options->len; i++)
    {
      GParamSpec *pspec = options->pdata[i];
      g_auto (GValue) first = G_VALUE_INIT;
      g_auto (GValue) second = G_VALUE_INIT;

      g_object_get_property (G_OBJECT (a), pspec->name, &first);
      g_object_get_property (G_OBJECT (b), pspec->name, &second);
      g_assert_true (mitogen_uri_value_equal (pspec, &first, &second));
    }
}

/* Only what is of a URI, and a shell leaves alone in a word, but for the options. */
static void
assert_harmless (const char *uri)
{
  for (const char *at = uri; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && strchr ("-._~%/:@+=,?&[]", *at) == NULL)
      g_error ("not harmless: %s", uri);
}

static void
assert_round_trip (GList *connections)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = mitogen_uri_format (connections, &error);
  g_autolist (MitogenConnection) again = NULL;
  g_autofree char *written = NULL;

  g_assert_no_error (error);
  assert_harmless (uri);
  again = mitogen_uri_parse (uri, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_list_length (again), ==, g_list_length (connections));
  for (GList *a = connections, *b = again; a != NULL; a = a->next, b = b->next)
    assert_same (a->data, b->data);
  written = mitogen_uri_format (again, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (written, ==, uri);
}

static void
test_any (gconstpointer data)
{
  const MitogenUriScheme *scheme = mitogen_uri_scheme_by_name (data, strlen (data));

  for (guint i = 0; i < 500; i++)
    {
      g_autolist (MitogenConnection) connections = NULL;

      for (gint n = g_test_rand_int_range (1, 4); n > 0; n--)
        connections = g_list_prepend (connections, make_connection (scheme));
      assert_round_trip (connections);
    }
}

int
main (int argc, char *argv[])
{
  g_autofree char *list = mitogen_uri_scheme_list ();
  g_auto (GStrv) names = g_strsplit (list, ", ", -1);

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/uri/right", test_right);
  g_test_add_func ("/uri/settings", test_settings);
  g_test_add_func ("/uri/wrong", test_wrong);
  g_test_add_func ("/uri/password", test_password);
  g_test_add_func ("/uri/depth", test_depth);
  g_test_add_func ("/uri/one", test_one);
  g_test_add_func ("/uri/left-out", test_left_out);
  g_test_add_func ("/uri/unwritable", test_unwritable);
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat ("/uri/any/", names[i], NULL);

      g_test_add_data_func (path, names[i], test_any);
    }
  return g_test_run ();
}
