/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-fork-private.h"
#include "broker/mitogen-broker-private.h"
#include "broker/mitogen-io-private.h"
#include "broker/mitogen-worker-private.h"

#include <dlfcn.h>
#include <errno.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How long our threads may take to come to rest. */
#define REST_TIME (5 * G_TIME_SPAN_SECOND)

/* How often we look whether threads that have ended are gone, and whether GLib's is at rest: where
 * the machine is busy it may not even have begun. Not a time, for the machine may stand still. */
#define LOOKS        200
#define WORKER_LOOKS 2000
#define LOOK_TIME    (2 * G_TIME_SPAN_MILLISECOND)

#define WORKER_NAME "gmain"

#if defined(__SANITIZE_THREAD__)
#define HAVE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAVE_TSAN 1
#endif
#endif

/* ---- whether it can work ---- */

/* GLib starts its worker thread with the first GTask, and it never ends. While that waits for
 * something to happen it holds no lock. It is missed in the copy: by child watches, GSubprocess and
 * GDBus, none of which is used here. */
static gboolean
is_worker_at_rest (const char *tid, const char *name)
{
  g_autofree char *path = g_build_filename ("/proc/self/task", tid, "syscall", NULL);
  g_autofree char *text = NULL;
  gint64 number;

  if (!g_str_equal (name, WORKER_NAME) || !g_file_get_contents (path, &text, NULL, NULL) ||
      !g_ascii_isdigit (*text))
    return FALSE;
  number = g_ascii_strtoll (text, NULL, 10);
#ifdef SYS_poll
  if (number == SYS_poll)
    return TRUE;
#endif
  /* The last one stands for it after the process was stopped, or frozen with its container. */
  return number == SYS_ppoll || number == SYS_restart_syscall;
}

/* Returns: (nullable): the names of threads that are neither ours nor the caller. */
static char *
find_foreign_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  GString *names = g_string_new (NULL);
  const char *entry;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL)
    {
      gint tid = g_ascii_strtoll (entry, NULL, 10);
      g_autofree char *path = g_build_filename ("/proc/self/task", entry, "comm", NULL);
      g_autofree char *name = NULL;

      if (tid == gettid () || mitogen_io_is_parked_thread (tid) ||
          !g_file_get_contents (path, &name, NULL, NULL) ||
          is_worker_at_rest (entry, g_strchomp (name)))
        continue;
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", name);
    }
  return g_string_free (names, names->len == 0);
}

/* A thread that was joined may still be listed for a moment. */
static gboolean
check_threads (GError **error)
{
  for (guint i = 1;; i++)
    {
      g_autofree char *names = find_foreign_threads ();

      if (names == NULL)
        return TRUE;
      if (i >= (g_str_equal (names, WORKER_NAME) ? WORKER_LOOKS : LOOKS))
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       _ ("This process cannot be forked while it has other threads, whose locks "
                          "nobody would release in the copy: %s"),
                       names);
          return FALSE;
        }
      g_usleep (LOOK_TIME);
    }
}

/* It would have to be told before and after, and has threads of its own. */
static gboolean
has_interpreter (void)
{
  int (*is_initialized) (void) = (int (*) (void)) dlsym (RTLD_DEFAULT, "Py_IsInitialized");

  return is_initialized != NULL && is_initialized ();
}

static gboolean
check_process (GError **error)
{
#ifdef HAVE_TSAN
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       _ ("A process under ThreadSanitizer cannot be forked"));
  return FALSE;
#endif
  if (mitogen_in_broker_thread ())
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                         _ ("A process cannot be forked on its broker thread"));
  else if (has_interpreter ())
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                         _ ("A process in which Python runs cannot be forked: let the program "
                            "start itself again with a SelfConnection"));
  else
    return TRUE;
  return FALSE;
}

/* ---- doing it ---- */

/* What is random in the original is not to be known to the copy, nor the other way round. */
static void
reseed (void)
{
  guint32 seed;

  if (getrandom (&seed, sizeof seed, 0) != sizeof seed)
    seed = (guint32) getpid () ^ (guint32) g_get_real_time ();
  g_random_set_seed (seed);
}

static void
become_copy (void)
{
  mitogen_io_abandon_all ();
  mitogen_broker_abandon_all ();
  reseed ();
}

static pid_t
fork_at_rest (GError **error)
{
  pid_t pid;
  int saved_errno;

  if (!mitogen_workers_stop (g_get_monotonic_time () + REST_TIME))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY,
                           _ ("This process cannot be forked now: its log records are not "
                              "written, or its calls not read, in time"));
      return -1;
    }
  if (!check_threads (error))
    return -1;

  fflush (NULL);
  pid = fork ();
  saved_errno = errno;
  if (pid == 0)
    become_copy ();
  else if (pid < 0)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                 _ ("This process cannot be forked: %s"), g_strerror (saved_errno));
  return pid;
}

pid_t
mitogen_fork (GError **error)
{
  pid_t pid;

  if (!check_process (error))
    return -1;
  if (!mitogen_io_park_all (g_get_monotonic_time () + REST_TIME))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY,
                           _ ("This process cannot be forked now: a broker thread does not come "
                              "to rest"));
      return -1;
    }
  pid = fork_at_rest (error);
  if (pid != 0)
    mitogen_io_unpark_all ();
  return pid;
}
