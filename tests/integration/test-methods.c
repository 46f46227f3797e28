/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The ways that are one call: each leads to its own class. */

#include "test-util.h"

#define NAME "nobody"

typedef MitogenContext *(
    *ConnectFunc) (MitogenRouter *, const char *, MitogenContext *, GCancellable *, GError **);
typedef void (*BeginFunc) (MitogenRouter *,
                           const char *,
                           MitogenContext *,
                           GCancellable *,
                           GAsyncReadyCallback,
                           gpointer);
typedef MitogenContext *(*FinishFunc) (MitogenRouter *, GAsyncResult *, GError **);

#define WAY(name)                                                                                  \
  {                                                                                                \
#name, mitogen_router_##name, mitogen_router_##name##_async, mitogen_router_##name##_finish    \
  }

static const struct
{
  const char *name;
  ConnectFunc connect;
  BeginFunc begin;
  FinishFunc finish;
} ways[] = {
  WAY (sudo),    WAY (su),        WAY (doas),       WAY (pkexec),  WAY (docker), WAY (podman),
  WAY (buildah), WAY (kubectl),   WAY (lxc),        WAY (lxd),     WAY (incus),  WAY (jail),
  WAY (toolbox), WAY (distrobox), WAY (machinectl), WAY (flatpak),
};

/* With nothing of all that at hand, the error says whose it is. */
static void
test_each (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      /* A library without the engine's interface says so first. */
      gboolean is_engine =
          ways[i].connect == mitogen_router_docker || ways[i].connect == mitogen_router_podman;
      g_autofree char *name = g_strconcat (ways[i].name, is_engine ? NULL : "." NAME, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (GError) later = NULL;
      g_autoptr (GAsyncResult) result = NULL;

      g_test_message ("%s", ways[i].name);
      g_assert_null (ways[i].connect (fixture->router, NAME, NULL, NULL, &error));
      g_assert_nonnull (error);
      test_assert_contains (error->message, name);
      ways[i].begin (fixture->router, NAME, fixture->context, NULL, test_keep_result, &result);
      g_assert_null (ways[i].finish (fixture->router, test_wait_result (&result), &later));
      g_assert_nonnull (later);
      test_assert_contains (later->message, name);
    }
}

/* Those that do not take just a name. */
static void
assert_failed (MitogenContext *context, GError **error, const char *part)
{
  g_assert_null (context);
  g_assert_nonnull (*error);
  test_assert_contains ((*error)->message, part);
  g_clear_error (error);
}

static void
test_others (Fixture *fixture, gconstpointer data)
{
  MitogenRouter *router = fixture->router;
  GError *error = NULL;

  assert_failed (mitogen_router_setns (router, MITOGEN_SETNS_KIND_DOCKER, NAME, NULL, NULL, &error),
                 &error, "setns." NAME);
  assert_failed (mitogen_router_flatpak_host (router, NULL, NULL, &error), &error, "flatpak-spawn");
  assert_failed (mitogen_router_chroot (router, "/nonexistent", fixture->context, NULL, &error),
                 &error, "chroot./nonexistent");
  assert_failed (mitogen_router_nspawn (router, "/nonexistent", fixture->context, NULL, &error),
                 &error, "nspawn./nonexistent");
}

static void
test_others_later (Fixture *fixture, gconstpointer data)
{
  MitogenRouter *router = fixture->router;
  GAsyncResult *results[4] = { NULL };
  GError *errors[4] = { NULL };

  mitogen_router_setns_async (router, MITOGEN_SETNS_KIND_DOCKER, NAME, NULL, NULL, test_keep_result,
                              &results[0]);
  mitogen_router_flatpak_host_async (router, NULL, NULL, test_keep_result, &results[1]);
  mitogen_router_chroot_async (router, "/nonexistent", fixture->context, NULL, test_keep_result,
                               &results[2]);
  mitogen_router_nspawn_async (router, "/nonexistent", fixture->context, NULL, test_keep_result,
                               &results[3]);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    test_wait_result (&results[i]);
  assert_failed (mitogen_router_setns_finish (router, results[0], &errors[0]), &errors[0],
                 "setns." NAME);
  assert_failed (mitogen_router_flatpak_host_finish (router, results[1], &errors[1]), &errors[1],
                 "flatpak-spawn");
  assert_failed (mitogen_router_chroot_finish (router, results[2], &errors[2]), &errors[2],
                 "chroot./nonexistent");
  assert_failed (mitogen_router_nspawn_finish (router, results[3], &errors[3]), &errors[3],
                 "nspawn./nonexistent");
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    g_object_unref (results[i]);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_setenv ("PATH", "/nonexistent", TRUE);
  g_setenv ("DOCKER_HOST", "unix:///nonexistent/docker", TRUE);
  g_setenv ("CONTAINER_HOST", "unix:///nonexistent/podman", TRUE);
  test_add_local_python ("/methods/each", TEST_PYTHON, test_each);
  test_add_local_python ("/methods/others", TEST_PYTHON, test_others);
  test_add_local_python ("/methods/others/later", TEST_PYTHON, test_others_later);
  return g_test_run ();
}
