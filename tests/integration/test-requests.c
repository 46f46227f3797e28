/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts that code in contexts asks for. */

#include "test-util.h"

/* @options: floating */
static GVariant *
call_make (MitogenContext *context, const char *function, const char *method, GVariant *options)
{
  return test_call (context, function, g_variant_new ("(s@a{sv})", method, options));
}

static GVariant *
no_options (void)
{
  return g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);
}

static GVariant *
one_option (const char *key, GVariant *value)
{
  GVariant *entry = g_variant_new ("{sv}", key, value);

  return g_variant_new_array (NULL, &entry, 1);
}

static void
assert_refused (MitogenContext *context, const char *method, GVariant *options, const char *part)
{
  g_autoptr (GVariant) said = call_make (context, "it_requests:make_fails", method, options);

  g_assert_true (g_variant_is_of_type (said, G_VARIANT_TYPE_STRING));
  test_assert_contains (g_variant_get_string (said, NULL), part);
}

static void
on_added (MitogenRouter *router, MitogenContext *context, gpointer data)
{
  g_ptr_array_add (data, g_object_ref (context));
}

/* No main context is iterated while the child waits for its child. */
static void
test_from_code (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) added = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GVariant) first = NULL;
  g_autoptr (GVariant) second = NULL;
  g_autoptr (MitogenContext) context = NULL;
  gint64 id;
  const char *name;
  gint64 pid;

  test_wait (g_list_model_get_n_items (mitogen_router_get_contexts (fixture->router)) == 1);
  g_signal_connect (fixture->router, "context-added", G_CALLBACK (on_added), added);
  first = call_make (fixture->context, "it_requests:make", "local", no_options ());
  g_variant_get (first, "(x&sx)", &id, &name, &pid);
  g_assert_cmpuint (added->len, ==, 0);
  test_wait (added->len == 1);
  context = mitogen_router_context_by_id (fixture->router, id, NULL);
  g_assert_true (added->pdata[0] == context);
  g_assert_cmpstr (mitogen_context_get_name (context), ==, name);
  g_assert_true (g_str_has_prefix (name, mitogen_context_get_name (fixture->context)));
  g_assert_true (mitogen_context_get_via (context) == fixture->context);
  g_assert_cmpint (test_context_pid (context), ==, pid);
  test_assert_alive (context);

  /* There it can be done again. */
  second = call_make (context, "it_requests:make", "local",
                      one_option ("name", g_variant_new_string ("below")));
  g_variant_get (second, "(x&sx)", &id, &name, &pid);
  test_assert_contains (name, ".below");
  test_wait (added->len == 2);
  g_assert_true (mitogen_context_get_via (added->pdata[1]) == context);
  {
    G_GNUC_UNUSED g_autoptr (GVariant) none = test_call (context, "it_requests:shut_made", NULL);

    test_wait (mitogen_context_get_state (added->pdata[1]) == MITOGEN_CONTEXT_STATE_DISCONNECTED);
  }
}

static void
test_threads (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) count =
      test_call (fixture->context, "it_requests:make_many", g_variant_new ("(x)", (gint64) 8));

  g_assert_cmpint (g_variant_get_int64 (count), ==, 8);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  MitogenContext *context = fixture->context;

  assert_refused (context, "docker", one_option ("address", g_variant_new_string ("x")),
                  "CallError: mitogen.core.StreamError: docker: a context cannot give an option "
                  "“address”");
  assert_refused (context, "../local", no_options (), "no such way");
  assert_refused (context, "local", one_option ("argv", g_variant_new_string ("x")),
                  "cannot give an option “argv”");
  assert_refused (context, "local", one_option ("debug", g_variant_new_string ("yes")),
                  "no value for the option “debug”");
  assert_refused (context, "local", one_option ("name", g_variant_new_string ("a\nb")),
                  "no value for the option “name”");
  assert_refused (context, "local", one_option ("python_path", g_variant_new_string ("/no/such")),
                  "No such file");
  assert_refused (context, "local", one_option ("remote_name", g_variant_new_string ("a/b")),
                  "cannot be a remote name");
  test_assert_alive (context);
}

/* The ways of other programs, which are not there. */
static void
test_programs (Fixture *fixture, gconstpointer data)
{
  const char *const ways[] = { "ssh", "sudo", "su", "doas", "pkexec" };

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *path = g_strconcat (ways[i], "_path", NULL);
      GVariantBuilder options;

      g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&options, "{sv}", path, g_variant_new_string ("/no/such/program"));
      g_variant_builder_add (&options, "{sv}", "password", g_variant_new_string ("secret"));
      g_variant_builder_add (&options, "{sv}", i == 0 ? "hostname" : "username",
                             g_variant_new_string ("nobody"));
      assert_refused (fixture->context, ways[i], g_variant_builder_end (&options),
                      "/no/such/program");
    }
  test_assert_alive (fixture->context);
}

/* And those into containers: even Docker and podman are not asked by this program itself. */
static void
test_containers (Fixture *fixture, gconstpointer data)
{
  const struct
  {
    const char *way;
    const char *path; /* the option for the program; NULL: there is none but the usual one */
    const char *where;
  } ways[] = {
    { "docker", "docker_path", "container" },
    { "docker", "docker_path", "image" },
    { "podman", "podman_path", "container" },
    { "buildah", "buildah_path", "container" },
    { "kubectl", "kubectl_path", "pod" },
    { "lxc", "lxc_attach_path", "container" },
    { "lxd", "lxc_path", "container" },
    { "incus", "incus_path", "container" },
    { "jail", "jexec_path", "container" },
    { "toolbox", "toolbox_path", "container" },
    { "distrobox", "distrobox_path", "container" },
    { "machinectl", "systemd_run_path", "container" },
    { "flatpak", "flatpak_path", "container" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      GVariantBuilder options;

      g_test_message ("%s %s", ways[i].way, ways[i].where);
      g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&options, "{sv}", ways[i].path,
                             g_variant_new_string ("/no/such/program"));
      g_variant_builder_add (&options, "{sv}", ways[i].where, g_variant_new_string ("nobody"));
      assert_refused (fixture->context, ways[i].way, g_variant_builder_end (&options),
                      "/no/such/program");
      assert_refused (fixture->context, ways[i].way, no_options (), "The connection ");
    }
  test_assert_alive (fixture->context);
}

/* The helper program is only called where it is known to be: on this host. */
static void
test_namespaces (Fixture *fixture, gconstpointer data)
{
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "kind", g_variant_new_string ("docker"));
  g_variant_builder_add (&options, "{sv}", "container", g_variant_new_string ("web"));
  g_variant_builder_add (&options, "{sv}", "docker_path",
                         g_variant_new_string ("/no/such/program"));
  assert_refused (fixture->context, "setns", g_variant_builder_end (&options), "/no/such/program");
  assert_refused (fixture->context, "setns", one_option ("pid", g_variant_new_int64 (G_MAXINT32)),
                  "setns.");
  assert_refused (fixture->context, "flatpak_host",
                  one_option ("flatpak_spawn_path", g_variant_new_string ("/no/such/program")),
                  "/no/such/program");
  test_assert_alive (fixture->context);
}

static void
test_refused_options (Fixture *fixture, gconstpointer data)
{
  MitogenContext *context = fixture->context;
  const struct
  {
    const char *method;
    const char *option;
    GVariant *value;
    const char *part;
  } cases[] = {
    { "ssh", "username", g_variant_new_string ("u"), "there has to be the option “hostname”" },
    { "ssh", "hostname", g_variant_new_string ("{pid}"), "no value for the option “hostname”" },
    { "ssh", "hostname", g_variant_new_string ("a\nb"), "no value for the option “hostname”" },
    { "ssh", "hostname", g_variant_new_string (""), "no value for the option “hostname”" },
    { "ssh", "port", g_variant_new_int64 (70000), "no value for the option “port”" },
    { "ssh", "port", g_variant_new_string ("22"), "no value for the option “port”" },
    { "ssh", "keepalive_count", g_variant_new_int64 (-1), "no value for the option" },
    { "ssh", "check_host_keys", g_variant_new_string ("maybe"), "no value for the option" },
    { "ssh", "check_host_keys", g_variant_new_int64 (1), "no value for the option" },
    { "ssh", "compression", g_variant_new_int64 (1), "no value for the option" },
    { "ssh", "ssh_args", g_variant_new ("av", NULL), "cannot give an option “ssh_args”" },
    { "ssh", "interaction", g_variant_new_string ("x"), "cannot give an option “interaction”" },
    { "ssh", "sudo_path", g_variant_new_string ("x"), "cannot give an option “sudo_path”" },
    { "sudo", "hostname", g_variant_new_string ("h"), "cannot give an option “hostname”" },
    { "sudo", "sudo_args", g_variant_new_string ("-b"), "no value for the option “sudo_args”" },
    { "sudo", "username", g_variant_new_string ("-x"), "is no user name" },
    { "su", "set_home", g_variant_new_boolean (TRUE), "cannot give an option “set_home”" },
    { "doas", "login", g_variant_new_boolean (TRUE), "cannot give an option “login”" },
    { "pkexec", "password", g_variant_new_int64 (1), "no value for the option “password”" },
    { "local", "username", g_variant_new_string ("u"), "cannot give an option “username”" },
    { "docker", "network", g_variant_new_string ("host"), "cannot give an option “network”" },
    { "docker", "container", g_variant_new_string ("{pid}"), "no value for the option" },
    { "docker", "container", g_variant_new_string ("-v"), "-v" },
    { "docker", "environment", g_variant_new_string ("A=1"), "no value for the option" },
    { "podman", "docker_path", g_variant_new_string ("x"), "cannot give an option" },
    { "kubectl", "pod", g_variant_new_int64 (1), "no value for the option “pod”" },
    { "kubectl", "container", g_variant_new_string ("x"), "cannot give an option “container”" },
    { "setns", "kind", g_variant_new_boolean (TRUE), "no value for the option “kind”" },
    { "setns", "kind", g_variant_new_string ("jail"), "no value for the option “kind”" },
    { "setns", "pid", g_variant_new_int64 (-1), "no value for the option “pid”" },
    { "chroot", "directory", g_variant_new_string ("{pid}"), "no value for the option" },
    { "chroot", "directory", g_variant_new_string ("/nonexistent"), "/nonexistent" },
    { "nspawn", "systemd_nspawn_path", g_variant_new_string (""), "no value for the option" },
    { "toolbox", "username", g_variant_new_string ("x"), "cannot give an option “username”" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s %s", cases[i].method, cases[i].option);
      assert_refused (context, cases[i].method, one_option (cases[i].option, cases[i].value),
                      cases[i].part);
    }
  test_assert_alive (context);
}

static void
test_garbage (Fixture *fixture, gconstpointer data)
{
  const char *const texts[] = { "", "\x80\x02N.", "garbage", "\x80\x02K\x01}\x86.", "(lp0\n." };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GVariant) said = test_call (fixture->context, "it_requests:send_raw",
                                             g_variant_new ("(@ay)", test_bytes (texts[i])));

      test_assert_contains (g_variant_get_string (said, NULL), "cannot be read");
    }
}

static void
test_parts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) none = NULL;
  g_autoptr (GVariant) again = NULL;
  g_autoptr (GVariant) unknown = NULL;

  none = test_call (fixture->context, "it_requests:ask_for_part",
                    g_variant_new ("(s)", "mitogen.streams"));
  again = test_call (fixture->context, "it_requests:ask_for_part",
                     g_variant_new ("(s)", "mitogen.streams"));
  unknown = test_call (fixture->context, "it_requests:ask_for_part",
                       g_variant_new ("(s)", "mitogen.nothing"));
  g_assert_true (g_variant_is_of_type (none, G_VARIANT_TYPE_MAYBE));
  g_assert_true (g_variant_is_of_type (again, G_VARIANT_TYPE_MAYBE));
  g_assert_cmpstr (g_variant_get_string (unknown, NULL), ==, "no such part of the core");
}

/* ---- the policy ---- */

static void
test_policy_refuse (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (mitogen_router_get_connect_policy (fixture->router), ==,
                   MITOGEN_CONNECT_POLICY_ALLOW);
  g_object_set (fixture->router, "connect-policy", MITOGEN_CONNECT_POLICY_REFUSE, NULL);
  assert_refused (fixture->context, "local", no_options (), "makes no contexts for others");
  mitogen_router_set_connect_policy (fixture->router, MITOGEN_CONNECT_POLICY_ALLOW);
  {
    G_GNUC_UNUSED g_autoptr (GVariant) made =
        call_make (fixture->context, "it_requests:make", "local", no_options ());
  }
}

typedef struct
{
  MitogenContext *context;
  char *method;
  GVariant *options;
  gboolean allow;
} Asked;

static gboolean
on_authorize (MitogenRouter *router,
              MitogenContext *context,
              const char *method,
              GVariant *options,
              gpointer data)
{
  Asked *asked = data;

  g_set_object (&asked->context, context);
  g_free (asked->method);
  asked->method = g_strdup (method);
  g_clear_pointer (&asked->options, g_variant_unref);
  asked->options = g_variant_ref (options);
  return asked->allow;
}

/* The call is answered while the main context, which decides, is iterated. */
static GVariant *
call_and_iterate (MitogenContext *context,
                  const char *function,
                  const char *method,
                  GVariant *options)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GVariant *value;

  mitogen_context_call_async (context, function, g_variant_new ("(s@a{sv})", method, options), NULL,
                              NULL, TEST_PATIENCE_MS, NULL, test_keep_result, &result);
  value = mitogen_context_call_finish (context, test_wait_result (&result), &error);
  g_assert_no_error (error);
  return value;
}

static void
test_policy_ask (Fixture *fixture, gconstpointer data)
{
  Asked asked = { 0 };
  g_autoptr (GVariant) refused = NULL;
  g_autoptr (GVariant) made = NULL;
  g_autoptr (GVariant) unasked = NULL;
  gboolean debug;
  gulong handler;

  mitogen_router_set_connect_policy (fixture->router, MITOGEN_CONNECT_POLICY_ASK);
  unasked = call_and_iterate (fixture->context, "it_requests:make_fails", "local", no_options ());
  test_assert_contains (g_variant_get_string (unasked, NULL), "does not allow it");

  handler =
      g_signal_connect (fixture->router, "authorize-connect", G_CALLBACK (on_authorize), &asked);
  refused = call_and_iterate (fixture->context, "it_requests:make_fails", "local",
                              one_option ("debug", g_variant_new_boolean (FALSE)));
  test_assert_contains (g_variant_get_string (refused, NULL), "does not allow it");
  g_assert_true (asked.context == fixture->context);
  g_assert_cmpstr (asked.method, ==, "local");
  g_assert_true (g_variant_lookup (asked.options, "debug", "b", &debug) && !debug);

  asked.allow = TRUE;
  made = call_and_iterate (fixture->context, "it_requests:make", "local", no_options ());
  g_assert_true (g_variant_is_of_type (made, G_VARIANT_TYPE ("(xsx)")));
  g_signal_handler_disconnect (fixture->router, handler);
  g_clear_object (&asked.context);
  g_free (asked.method);
  g_variant_unref (asked.options);
}

/* Who decides need not know the password. */
static void
test_policy_password (Fixture *fixture, gconstpointer data)
{
  Asked asked = { 0 };
  g_autoptr (GVariant) refused = NULL;
  GVariantBuilder options;
  gulong handler;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "username", g_variant_new_string ("alice"));
  g_variant_builder_add (&options, "{sv}", "password", g_variant_new_string ("secret"));
  mitogen_router_set_connect_policy (fixture->router, MITOGEN_CONNECT_POLICY_ASK);
  handler =
      g_signal_connect (fixture->router, "authorize-connect", G_CALLBACK (on_authorize), &asked);
  refused = call_and_iterate (fixture->context, "it_requests:make_fails", "sudo",
                              g_variant_builder_end (&options));
  test_assert_contains (g_variant_get_string (refused, NULL), "does not allow it");
  g_assert_cmpstr (asked.method, ==, "sudo");
  g_assert_true (g_variant_lookup (asked.options, "username", "s", NULL));
  g_assert_cmpuint (g_variant_n_children (asked.options), ==, 1);
  g_signal_handler_disconnect (fixture->router, handler);
  g_clear_object (&asked.context);
  g_free (asked.method);
  g_variant_unref (asked.options);
}

/* Nobody iterates the context that would decide. */
static void
test_policy_no_decision (Fixture *fixture, gconstpointer data)
{
  mitogen_router_set_connect_policy (fixture->router, MITOGEN_CONNECT_POLICY_ASK);
  assert_refused (fixture->context, "local",
                  one_option ("connect_timeout", g_variant_new_double (0.05)), "in time");
}

static void
test_quota (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) refused = NULL;

  mitogen_router_set_connect_policy (fixture->router, MITOGEN_CONNECT_POLICY_ASK);
  refused = test_call (fixture->context, "it_requests:make_until_refused", NULL);
  g_assert_cmpint (g_variant_get_int64 (refused), ==, 8);
}

/* ---- ends ---- */

/* Its requests end with it. */
static void
test_requester_dies (Fixture *fixture, gconstpointer data)
{
  g_auto (Ending) ending = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenReceiver) call = NULL;

  test_watch_ending (fixture->context, &ending);
  call = mitogen_context_start_call (fixture->context, "it_requests:make",
                                     g_variant_new ("(s@a{sv})", "local",
                                                    one_option ("python_path",
                                                                g_variant_new_string ("/bin/cat"))),
                                     NULL, &error);
  g_assert_no_error (error);
  g_assert_true (mitogen_context_kill (fixture->context, FALSE, NULL, NULL));
  test_wait (ending.count == 1);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);

  for (const char *const *python = test_pythons (); *python != NULL; python++)
    {
      g_autofree char *name = g_path_get_dirname (*python);
      g_autofree char *path = g_strconcat ("/requests/local", name, NULL);

      test_add_local_python (path, *python, test_from_code);
    }
  test_add_local ("/requests/threads", test_threads);
  test_add_local ("/requests/refused", test_refused);
  test_add_local ("/requests/refused-options", test_refused_options);
  test_add_local ("/requests/programs", test_programs);
  test_add_local ("/requests/containers", test_containers);
  test_add_local ("/requests/namespaces", test_namespaces);
  test_add_local ("/requests/garbage", test_garbage);
  test_add_local ("/requests/parts", test_parts);
  test_add_local ("/requests/policy/refuse", test_policy_refuse);
  test_add_local ("/requests/policy/ask", test_policy_ask);
  test_add_local ("/requests/policy/password", test_policy_password);
  test_add_local ("/requests/policy/no-decision", test_policy_no_decision);
  test_add_local ("/requests/quota", test_quota);
  test_add_local ("/requests/requester-dies", test_requester_dies);
  return g_test_run ();
}
