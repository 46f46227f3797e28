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
  WAY (sudo),    WAY (su),  WAY (doas), WAY (pkexec), WAY (docker), WAY (podman),  WAY (buildah),
  WAY (kubectl), WAY (lxc), WAY (lxd),  WAY (incus),  WAY (jail),   WAY (toolbox), WAY (distrobox),
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

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_setenv ("PATH", "/nonexistent", TRUE);
  g_setenv ("DOCKER_HOST", "unix:///nonexistent/docker", TRUE);
  g_setenv ("CONTAINER_HOST", "unix:///nonexistent/podman", TRUE);
  test_add_local_python ("/methods/each", TEST_PYTHON, test_each);
  return g_test_run ();
}
