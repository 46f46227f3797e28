/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A program that makes children and ends without a word: life-helper HOW N. It prints the pids of
 * its children, one a line, and an empty line. Run by test-life. */

#include <mitogen.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
print_pid (int out, MitogenContext *context)
{
  g_autoptr (GVariant) info = mitogen_context_dup_info (context);
  g_autofree char *line = NULL;
  gint64 pid = 0;

  g_variant_lookup (info, "pid", "x", &pid);
  line = g_strdup_printf ("%d\n", (int) pid);
  if (write (out, line, strlen (line)) < 0)
    _exit (3);
}

static void
make_child (MitogenRouter *router, int out)
{
  g_autoptr (GError) error = NULL;
  MitogenContext *context = mitogen_router_local (router, NULL, NULL, &error);
  g_autoptr (GVariant) value = NULL;

  if (context == NULL)
    {
      g_autofree char *line = g_strdup_printf ("%s\n", error->message);

      if (write (out, line, strlen (line)) < 0)
        _exit (3);
      _exit (4);
    }
  value = mitogen_context_call (context, "os:getpid", NULL, NULL, NULL, 10000, NULL, &error);
  if (value == NULL)
    _exit (5);
  /* Something runs in it when this process ends. */
  mitogen_context_call_no_reply (context, "time:sleep", g_variant_new ("(d)", 1000.0), NULL, NULL);
  print_pid (out, context);
}

static G_NORETURN void
end (const char *how, MitogenRouter *router)
{
  if (g_str_equal (how, "_exit"))
    _exit (0);
  if (g_str_equal (how, "kill"))
    raise (SIGKILL);
  if (g_str_equal (how, "abort"))
    {
      signal (SIGABRT, SIG_DFL);
      abort ();
    }
  if (g_str_equal (how, "drop"))
    g_object_unref (router);
  if (g_str_equal (how, "fork"))
    {
      /* A process that only looks like this one must not end its children, nor hang. */
      pid_t pid = fork ();

      if (pid == 0)
        exit (0);
      sleep (1);
      _exit (0);
    }
  exit (0);
}

int
main (int argc, char **argv)
{
  const char *how = argv[1];
  int out = 1;
  g_autoptr (MitogenBroker) broker = NULL;
  MitogenRouter *router;

  if (g_str_equal (how, "closed"))
    {
      /* Like a daemon that was started with nothing open. */
      out = fcntl (1, F_DUPFD_CLOEXEC, 10);
      close (0);
      close (1);
      close (2);
    }
  broker =
      g_object_new (MITOGEN_TYPE_BROKER, "install-watcher", !g_str_equal (how, "unwatched"), NULL);
  router = mitogen_router_new (broker);
  for (int i = 0; i < atoi (argv[2]); i++)
    make_child (router, out);
  if (write (out, "\n", 1) < 0)
    return 3;
  end (how, router);
  return 0;
}
