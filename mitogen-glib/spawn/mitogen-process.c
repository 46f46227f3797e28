/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "spawn/mitogen-process-private.h"
#include "broker/mitogen-fd-private.h"
#include "spawn/mitogen-process-group-private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* For the last of a process that was killed when the broker ends. */
#define LAST_WAIT_MS 200

#ifdef SYS_pidfd_open
#define open_pid_fd(pid) ((int) syscall (SYS_pidfd_open, (pid), 0))
#else
#define open_pid_fd(pid) (-1)
#endif

/* Not a GSubprocess: that needs the worker thread of GLib, and with such a thread a program cannot
 * be forked. Here the I/O thread waits for a descriptor of the process. */
struct _MitogenProcess
{
  MitogenIo *io;
  MitogenProcessExited exited; /* NULL: forgotten */
  gpointer data;
  GPid pid; /* also that of its group; 0: it has been reaped */
  gboolean detached;
  int pid_fd; /* -1: the kernel has none */
  MitogenWatch *watch;
  GSource *source;                  /* then there is this */
  const MitogenProcessFuncs *funcs; /* NULL: a child of this process */
  gpointer elsewhere;
};

static void
process_free (MitogenProcess *self)
{
  g_clear_pointer (&self->watch, mitogen_watch_remove);
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  mitogen_fd_close (&self->pid_fd);
  mitogen_io_remove_client (self->io, self);
  mitogen_io_unref (self->io);
  g_free (self);
}

/* ---- its end ---- */

static void
ended (MitogenProcess *self, int wait_status)
{
  self->pid = 0;
  g_clear_pointer (&self->watch, mitogen_watch_remove);
  if (self->exited != NULL)
    self->exited (wait_status, self->data);
  else
    process_free (self);
}

/* Until it is reaped, its number is that of its group and of nothing else. */
static void
on_pid_fd_ready (GIOCondition condition, gpointer data)
{
  MitogenProcess *self = data;
  GPid pid = self->pid;
  siginfo_t info = { 0 };
  int wait_status = 0; /* also if somebody else has reaped it */

  if (waitid (P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0)
    return;
  if (!self->detached)
    kill (-pid, SIGTERM);
  while (waitpid (pid, &wait_status, 0) < 0 && errno == EINTR)
    ;
  if (!self->detached)
    mitogen_process_group_end (self->io, pid);
  ended (self, wait_status);
}

static void
on_child_watch (GPid pid, gint wait_status, gpointer data)
{
  MitogenProcess *self = data;

  if (!self->detached)
    {
      kill (-pid, SIGTERM);
      mitogen_process_group_end (self->io, pid);
    }
  ended (self, wait_status);
}

/* ---- the end of the broker ---- */

static gpointer
reap_in_thread (gpointer data)
{
  while (waitpid (GPOINTER_TO_INT (data), NULL, 0) < 0 && errno == EINTR)
    ;
  return NULL;
}

static void
broker_shutdown (gpointer data)
{
}

/* Somebody has to reap it: it has been killed just now, or it has detached and lives on. */
static void
broker_exited (gpointer data)
{
  MitogenProcess *self = data;
  struct pollfd poll_fd = { .fd = self->pid_fd, .events = POLLIN };

  if (self->pid != 0 && !self->detached)
    poll (&poll_fd, 1, LAST_WAIT_MS);
  if (self->pid != 0 && self->source == NULL && waitpid (self->pid, NULL, WNOHANG) == 0)
    g_thread_unref (g_thread_new ("mitogen-reaper", reap_in_thread, GINT_TO_POINTER (self->pid)));
  process_free (self);
}

static const MitogenIoClientFuncs client_funcs = { .shutdown = broker_shutdown,
                                                   .exited = broker_exited };

/* ---- its beginning ---- */

/* Between fork and exec: async-signal-safe functions only. Without the terminal of this program
 * nothing in the child can wait for a person who does not know of it, and that terminal's signals
 * are meant for the program. If the program's hook has done this already, both calls fail. */
static void
set_up_child (gpointer data)
{
  const MitogenProcessSpec *spec = data;

  if (spec->preexec != NULL)
    spec->preexec (spec->preexec_data);
  if (setsid () < 0)
    setpgid (0, 0);
  if (spec->terminal_fd >= 0)
    ioctl (spec->terminal_fd, TIOCSCTTY, 0);
}

static char **
make_environment (const MitogenProcessSpec *spec)
{
  char **environment = g_get_environ ();

  for (guint i = 0; spec->environment != NULL && spec->environment[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (spec->environment[i], "=", 2);

      environment = parts[1] != NULL ? g_environ_setenv (environment, parts[0], parts[1], TRUE)
                                     : g_environ_unsetenv (environment, parts[0]);
    }
  return environment;
}

#ifdef HAVE_SPAWN_CLOSEFROM

/* What a program may have set up for itself, and GLib. */
static const int default_signals[] = { SIGCHLD, SIGHUP, SIGINT, SIGPIPE, SIGTERM };

static int
add_descriptor (posix_spawn_file_actions_t *actions, int fd, int target)
{
  if (fd >= 0)
    return posix_spawn_file_actions_adddup2 (actions, fd, target);
  if (target == STDERR_FILENO)
    return 0;
  return posix_spawn_file_actions_addopen (actions, target, "/dev/null", O_RDWR, 0);
}

/* The leader of a session that has none gets the terminal that it opens first. The descriptor is
 * not needed for more; it stands where another one is to come. */
static int
add_terminal (posix_spawn_file_actions_t *actions, int fd)
{
  char path[32];

  if (fd < 0)
    return 0;
  g_snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  return posix_spawn_file_actions_addopen (actions, STDIN_FILENO, path, O_RDWR, 0);
}

static int
add_descriptors (posix_spawn_file_actions_t *actions, const MitogenProcessSpec *spec)
{
  int fds[] = { spec->in_fd, spec->out_fd, spec->err_fd };
  int result = add_terminal (actions, spec->terminal_fd);

  for (int i = 0; i < (int) G_N_ELEMENTS (fds) && result == 0; i++)
    result = add_descriptor (actions, fds[i], i);
  return result == 0 ? posix_spawn_file_actions_addclosefrom_np (actions, STDERR_FILENO + 1)
                     : result;
}

/* Nothing is copied of this process, however large it is and whatever its threads do. Returns an
 * error number. */
static int
launch_without_copy (const char *const *argv, const MitogenProcessSpec *spec, GPid *pid)
{
  g_auto (GStrv) environment = make_environment (spec);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t defaults;
  int result;

  sigemptyset (&defaults);
  for (guint i = 0; i < G_N_ELEMENTS (default_signals); i++)
    sigaddset (&defaults, default_signals[i]);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setsigdefault (&attributes, &defaults);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
  posix_spawn_file_actions_init (&actions);
  result = add_descriptors (&actions, spec);
  if (result == 0)
    result = posix_spawnp (pid, argv[0], &actions, &attributes, (char **) argv, environment);
  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attributes);
  return result;
}

/* FALSE: it is for GLib to start it, or to say why it cannot be. */
static gboolean
can_launch_without_copy (const char *const *argv, const MitogenProcessSpec *spec, GPid *pid)
{
  return spec->preexec == NULL && launch_without_copy (argv, spec, pid) == 0;
}

#else

static gboolean
can_launch_without_copy (const char *const *argv, const MitogenProcessSpec *spec, GPid *pid)
{
  return FALSE;
}

#endif

static gboolean
launch (const char *const *argv, const MitogenProcessSpec *spec, GPid *pid, GError **error)
{
  g_auto (GStrv) environment = NULL;
  GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD;

  if (can_launch_without_copy (argv, spec, pid))
    return TRUE;
  environment = make_environment (spec);

  if (spec->out_fd < 0)
    flags |= G_SPAWN_STDOUT_TO_DEV_NULL;
  return g_spawn_async_with_pipes_and_fds (NULL, argv, (const char *const *) environment, flags,
                                           set_up_child, (gpointer) spec, spec->in_fd, spec->out_fd,
                                           spec->err_fd, NULL, NULL, 0, pid, NULL, NULL, NULL,
                                           error);
}

static void
close_descriptors (const MitogenProcessSpec *spec)
{
  int fds[] = { spec->in_fd, spec->out_fd, spec->err_fd };

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    mitogen_fd_close (&fds[i]);
}

MitogenProcess *
mitogen_process_adopt (MitogenIo *io, GPid pid, MitogenProcessExited exited, gpointer data)
{
  MitogenProcess *self = g_new0 (MitogenProcess, 1);

  g_assert (mitogen_io_is_current (io));
  self->io = mitogen_io_ref (io);
  self->exited = exited;
  self->data = data;
  self->pid = pid;
  self->pid_fd = open_pid_fd (pid);
  if (self->pid_fd >= 0)
    self->watch = mitogen_io_watch_fd (io, self->pid_fd, G_IO_IN, on_pid_fd_ready, self);
  else
    {
      self->source = g_child_watch_source_new (pid);
      g_source_set_callback (self->source, G_SOURCE_FUNC (on_child_watch), self, NULL);
      g_source_attach (self->source, mitogen_io_get_context (io));
    }
  return self;
}

MitogenProcess *
mitogen_process_spawn (MitogenIo *io,
                       const char *const *argv,
                       const MitogenProcessSpec *spec,
                       MitogenProcessExited exited,
                       gpointer data,
                       GError **error)
{
  gboolean launched;
  GPid pid;

  g_assert (mitogen_io_is_current (io));
  mitogen_fd_fill_standard ();

  mitogen_io_unblock_signals (io);
  launched = launch (argv, spec, &pid, error);
  mitogen_io_block_signals (io);
  close_descriptors (spec);
  return launched ? mitogen_process_adopt (io, pid, exited, data) : NULL;
}

/* ---- one that is elsewhere ---- */

MitogenProcess *
mitogen_process_new_elsewhere (MitogenIo *io,
                               const MitogenProcessFuncs *funcs,
                               gpointer elsewhere,
                               MitogenProcessExited exited,
                               gpointer data)
{
  MitogenProcess *self = g_new0 (MitogenProcess, 1);

  g_assert (mitogen_io_is_current (io));
  self->io = mitogen_io_ref (io);
  self->exited = exited;
  self->data = data;
  self->pid_fd = -1;
  self->funcs = funcs;
  self->elsewhere = elsewhere;
  return self;
}

void
mitogen_process_end_elsewhere (MitogenProcess *self, int wait_status)
{
  MitogenProcessExited exited = g_steal_pointer (&self->exited);

  g_assert (self->funcs != NULL);
  if (exited != NULL)
    exited (wait_status, self->data);
}

static void
forget_elsewhere (MitogenProcess *self)
{
  self->funcs->forget (self->elsewhere);
  process_free (self);
}

/* ---- any ---- */

void
mitogen_process_free (MitogenProcess *self)
{
  if (self->funcs != NULL)
    {
      forget_elsewhere (self);
      return;
    }
  self->exited = NULL;
  if (self->pid == 0)
    process_free (self);
  else
    mitogen_io_add_client (self->io, &client_funcs, self);
}

GPid
mitogen_process_get_pid (MitogenProcess *self)
{
  return self->pid;
}

gboolean
mitogen_process_send_signal (MitogenProcess *self, int signal_number)
{
  if (self->funcs != NULL)
    return self->exited == NULL || self->detached ||
           self->funcs->send_signal (signal_number, self->elsewhere);
  if (self->pid == 0 || self->detached || kill (-self->pid, signal_number) == 0)
    return TRUE;
  if (errno == EPERM)
    return FALSE;
  /* A copy of this process may not have come so far as to lead a group. */
  return kill (self->pid, signal_number) == 0 || errno != EPERM;
}

void
mitogen_process_detach (MitogenProcess *self)
{
  self->detached = TRUE;
  if (self->funcs != NULL)
    self->funcs->detach (self->elsewhere);
}
