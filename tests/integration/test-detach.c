/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts that leave the tree and live on. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <string.h>

/* Files by which a context that nobody hears any more says how it is. */
typedef struct
{
  char *directory;
  char *told;
  char *go;
} Outside;

static void
outside_init (Outside *self)
{
  g_autoptr (GError) error = NULL;

  self->directory = g_dir_make_tmp ("mitogen-detach-XXXXXX", &error);
  g_assert_no_error (error);
  self->told = g_build_filename (self->directory, "told", NULL);
  self->go = g_build_filename (self->directory, "go", NULL);
}

static void
outside_clear (Outside *self)
{
  g_unlink (self->told);
  g_unlink (self->go);
  g_rmdir (self->directory);
  g_free (self->directory);
  g_free (self->told);
  g_free (self->go);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outside, outside_clear)

/* Returns: (transfer full): its process id, and those of the contexts below. */
static char *
outside_hear (Outside *self)
{
  g_autoptr (GError) error = NULL;
  char *told = NULL;

  g_assert_true (g_file_set_contents (self->go, "", 0, &error));
  test_wait (g_file_test (self->told, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_get_contents (self->told, &told, NULL, &error));
  return told;
}

static void
leave (MitogenContext *context, const Outside *outside)
{
  g_auto (Ending) ending = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) unanswered = NULL;
  g_autoptr (MitogenReceiver) call = NULL;
  g_autoptr (GVariant) value = NULL;

  test_watch_ending (context, &ending);
  call =
      mitogen_context_start_call (context, "it_requests:leave",
                                  g_variant_new ("(ss)", outside->told, outside->go), NULL, &error);
  g_assert_no_error (error);
  test_wait (ending.count == 1);
  g_assert_error (ending.reason, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  test_assert_contains (ending.reason->message, "it has detached");
  value = mitogen_receiver_get_data (call, TEST_PATIENCE_MS, NULL, &unanswered);
  g_assert_error (unanswered, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
}

static void
make_below (MitogenContext *context)
{
  G_GNUC_UNUSED g_autoptr (GVariant) made =
      test_call (context, "it_requests:make",
                 g_variant_new ("(s@a{sv})", "local",
                                g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0)));
}

static void
assert_ends (const char *told)
{
  g_auto (GStrv) pids = g_strsplit (told, " ", -1);

  for (guint i = 0; pids[i] != NULL; i++)
    test_wait (!test_process_runs (g_ascii_strtoll (pids[i], NULL, 10)));
}

static void
test_direct (Fixture *fixture, gconstpointer data)
{
  g_auto (Outside) outside = { 0 };
  g_autofree char *told = NULL;
  gint pid = test_context_pid (fixture->context);

  outside_init (&outside);
  make_below (fixture->context);
  leave (fixture->context, &outside);
  g_assert_true (test_process_runs (pid));
  told = outside_hear (&outside);
  g_assert_cmpint (g_ascii_strtoll (told, NULL, 10), ==, pid);
  g_assert_nonnull (strchr (told, ' '));
  assert_ends (told);
}

static void
test_behind (Fixture *fixture, gconstpointer data)
{
  g_auto (Outside) outside = { 0 };
  g_autoptr (MitogenContext) below =
      test_connect_via (fixture->router, fixture->context, data != NULL ? data : TEST_PYTHON);
  g_autofree char *told = NULL;
  g_auto (Ending) ending = { 0 };
  gint pid = test_context_pid (below);

  outside_init (&outside);
  make_below (below);
  leave (below, &outside);
  test_assert_alive (fixture->context);
  /* The one it was made through ends: what has left does not. */
  test_watch_ending (fixture->context, &ending);
  g_assert_true (mitogen_context_kill (fixture->context, FALSE, NULL, NULL));
  test_wait (ending.count == 1);
  g_assert_true (test_process_runs (pid));
  told = outside_hear (&outside);
  g_assert_cmpint (g_ascii_strtoll (told, NULL, 10), ==, pid);
  assert_ends (told);
}

/* The router ends: what has left does not. */
static void
test_router_ends (void)
{
  g_auto (Outside) outside = { 0 };
  MitogenRouter *router = test_router_new ();
  g_autoptr (MitogenContext) context = test_local (router);
  g_autofree char *told = NULL;
  gint pid = test_context_pid (context);

  outside_init (&outside);
  leave (context, &outside);
  test_router_end (router);
  g_assert_true (test_process_runs (pid));
  told = outside_hear (&outside);
  g_assert_cmpint (g_ascii_strtoll (told, NULL, 10), ==, pid);
  assert_ends (told);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);

  for (const char *const *python = test_pythons (); *python != NULL; python++)
    {
      g_autofree char *name = g_path_get_dirname (*python);
      g_autofree char *direct = g_strconcat ("/detach/direct", name, NULL);
      g_autofree char *behind = g_strconcat ("/detach/behind", name, NULL);

      test_add_local_python (direct, *python, test_direct);
      test_add_local_python (behind, *python, test_behind);
    }
  g_test_add_func ("/detach/router-ends", test_router_ends);
  return g_test_run ();
}
