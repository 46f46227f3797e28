/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts whose stream is a terminal, as behind su, and those with a terminal beside it. */

#include "test-util.h"

#include <errno.h>
#include <string.h>

/* ---- a script that goes on to be a context ---- */

typedef struct
{
  MitogenConnection parent_instance;
  const char *script;
} Scripted;

typedef struct
{
  MitogenConnectionClass parent_class;
} ScriptedClass;

static GType scripted_get_type (void);
G_DEFINE_TYPE (Scripted, scripted, MITOGEN_TYPE_CONNECTION)

static char **
scripted_get_argv (MitogenConnection *connection,
                   MitogenContext *via,
                   const char *const *python_argv,
                   GError **error)
{
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();

  g_strv_builder_add_many (argv, "/bin/sh", "-c", ((Scripted *) connection)->script, "sh", NULL);
  g_strv_builder_addv (argv, (const char **) python_argv);
  return g_strv_builder_end (argv);
}

static void
scripted_class_init (ScriptedClass *klass)
{
  MITOGEN_CONNECTION_CLASS (klass)->get_argv = scripted_get_argv;
}

static void
scripted_init (Scripted *self)
{
}

/* ---- tests ---- */

typedef struct
{
  const char *name;
  MitogenTerminal terminal;
  const char *script;
  gboolean through; /* another context starts it */
} Case;

static const Case cases[] = {
  { "all", MITOGEN_TERMINAL_ALL, "exec \"$@\"", FALSE },
  { "beside", MITOGEN_TERMINAL_BESIDE, "exec \"$@\"", FALSE },
  { "through/all", MITOGEN_TERMINAL_ALL, "exec \"$@\"", TRUE },
  { "through/beside", MITOGEN_TERMINAL_BESIDE, "exec \"$@\"", TRUE },
  /* What a profile may do to the terminal. */
  { "made-sane", MITOGEN_TERMINAL_ALL, "stty sane; exec \"$@\"", FALSE },
  { "through/made-sane", MITOGEN_TERMINAL_ALL, "stty sane; exec \"$@\"", TRUE },
};

static MitogenContext *
connect_case (Fixture *fixture, const Case *item)
{
  g_autoptr (MitogenConnection) connection =
      g_object_new (scripted_get_type (), "terminal", item->terminal, NULL);
  g_autoptr (GError) error = NULL;
  MitogenContext *context;

  ((Scripted *) connection)->script = item->script;
  mitogen_connection_set_connect_timeout (connection, TEST_PATIENCE_MS / 4);
  context = mitogen_router_connect (fixture->router, connection,
                                    item->through ? fixture->context : NULL, NULL, &error);
  g_assert_no_error (error);
  return context;
}

/* Every pair of bytes, many times: much more than a terminal holds. */
#define PAYLOAD_SIZE (4 * 1024 * 1024)

static void
test_bulk (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) context = connect_case (fixture, data);
  guint8 *payload = g_malloc (PAYLOAD_SIZE);
  g_autoptr (GBytes) sent = g_bytes_new_take (payload, PAYLOAD_SIZE);
  g_autoptr (GVariant) received = NULL;
  const void *bytes;
  gsize size;

  for (guint i = 0; i < PAYLOAD_SIZE; i++)
    payload[i] = i % 2 == 0 ? i / 2 : i / 512;
  received =
      test_call_typed (context, "builtins:bytes",
                       g_variant_new ("(@ay)",
                                      g_variant_new_from_bytes (G_VARIANT_TYPE ("ay"), sent, TRUE)),
                       "ay");
  bytes = g_variant_get_fixed_array (received, &size, 1);
  g_assert_cmpmem (bytes, size, payload, PAYLOAD_SIZE);
}

/* The end of a terminal is the end of the stream, and no error. */
static void
test_end (Fixture *fixture, gconstpointer data)
{
  const Case *item = data;
  g_autoptr (MitogenContext) context = connect_case (fixture, item);
  g_auto (Ending) ending = { 0 };
  g_autoptr (GError) error = NULL;

  test_watch_ending (context, &ending);
  error = test_call_fails (context, "os:_exit", g_variant_new ("(x)", (gint64) 3));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  test_wait (ending.count == 1);
  test_assert_contains (ending.reason->message, "exited with status 3");
}

/* A context in which one terminal may be, and that is taken. */
static MitogenContext *
connect_without_terminals (MitogenRouter *router)
{
  g_autoptr (MitogenConnection) connection = test_connection_argv (
      "unshare", "-m", "--propagation", "private", "sh", "-c",
      "mount -t devpts -o max=1,ptmxmode=0666 none /dev/pts && exec 9<>/dev/ptmx && "
      "exec " TEST_PYTHON " \"$@\"",
      "sh", NULL);

  return test_connect (router, connection);
}

static gboolean
can_mount (void)
{
  g_autoptr (GSubprocess) process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL, "unshare", "-m", "mount", "-t",
                        "devpts", "none", "/dev/pts", NULL);

  return process != NULL && g_subprocess_wait_check (process, NULL, NULL);
}

static void
test_none_left (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MitogenContext) via = NULL;
  g_autoptr (MitogenConnection) connection =
      g_object_new (scripted_get_type (), "terminal", MITOGEN_TERMINAL_BESIDE, NULL);
  g_autoptr (MitogenContext) context = NULL;
  g_autoptr (GError) error = NULL;

  if (!can_mount ())
    {
      g_test_skip ("this user may not mount anything, not even for one process");
      return;
    }
  via = connect_without_terminals (fixture->router);
  ((Scripted *) connection)->script = "exec \"$@\"";
  context = mitogen_router_connect (fixture->router, connection, via, NULL, &error);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
  test_assert_contains (error->message, g_strerror (ENOSPC));
  test_assert_contains (error->message, "kernel.pty.max");
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  test_census_take (&fixture->census);
  fixture->router = test_router_new ();
  fixture->context = test_local (fixture->router);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->context);
  test_router_end (g_steal_pointer (&fixture->router));
  test_census_check (&fixture->census);
}

static void
add (const char *name, const Case *item, FixtureFunc func)
{
  g_autofree char *path = g_strdup_printf ("/on-terminal/%s/%s", item->name, name);

  g_test_add (path, Fixture, item, set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      add ("bulk", &cases[i], test_bulk);
      add ("end", &cases[i], test_end);
    }
  test_add_router ("/on-terminal/none-left", test_none_left);
  return g_test_run ();
}
