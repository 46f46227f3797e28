/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prompt/mitogen-tty-private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* Those that end or stop a program; and the one that tells of going on. */
static const int watched[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT };

/* Read by signal handlers, so it only changes while nobody is asked, but for what is marked. */
static struct
{
  volatile sig_atomic_t active;
  pid_t pid; /* a copy of the process leaves the terminal alone */
  int fd;
  int wake_fd;
  struct termios saved;
  struct termios asking; /* changes before it is put to use */
  struct sigaction before[G_N_ELEMENTS (watched)];
  gboolean installed[G_N_ELEMENTS (watched)];
  gint interrupted; /* atomic */
  gint continued;   /* atomic */
} tty;

int
mitogen_tty_open (int fd)
{
  /* Opened anew, not to wait in it is nobody else's affair. */
  g_autofree char *path = fd < 0 ? g_strdup ("/dev/tty") : g_strdup_printf ("/proc/self/fd/%d", fd);
  int opened = open (path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

  if (opened < 0 && fd >= 0)
    opened = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  if (opened >= 0 && !isatty (opened))
    {
      close (opened);
      opened = -1;
    }
  return opened;
}

/* ---- in signal handlers, too ---- */

static void
apply (int when, const struct termios *state)
{
  while (tcsetattr (tty.fd, when, state) < 0 && errno == EINTR)
    ;
}

/* Not while another program has it: that goes on in the foreground, we do not. */
static void
apply_asking (void)
{
  pid_t foreground = tcgetpgrp (tty.fd);

  if (foreground < 0 || foreground == getpgrp ())
    apply (TCSADRAIN, &tty.asking);
}

static void
wake (gint *event)
{
  const guint64 one = 1;
  gssize written;

  g_atomic_int_set (event, TRUE);
  written = write (tty.wake_fd, &one, sizeof one);
  (void) written; /* full: it will wake all the same */
}

static guint
index_of (int signo)
{
  guint i = 0;

  while (watched[i] != signo)
    i++;
  return i;
}

/* What would have happened without us. */
static void
pass_on (int signo, siginfo_t *info, void *context)
{
  struct sigaction *before = &tty.before[index_of (signo)];
  struct sigaction ours;
  sigset_t just_it;
  sigset_t mask;

  if ((before->sa_flags & SA_SIGINFO) != 0)
    {
      before->sa_sigaction (signo, info, context);
      return;
    }
  if (before->sa_handler != SIG_DFL)
    {
      before->sa_handler (signo);
      return;
    }
  if (signo == SIGCONT) /* it goes on already */
    return;
  sigaction (signo, before, &ours);
  sigemptyset (&just_it);
  sigaddset (&just_it, signo);
  pthread_sigmask (SIG_UNBLOCK, &just_it, &mask);
  raise (signo);
  /* It was stopped, and goes on. */
  pthread_sigmask (SIG_SETMASK, &mask, NULL);
  sigaction (signo, &ours, NULL);
}

static void
on_signal (int signo, siginfo_t *info, void *context)
{
  int saved_errno = errno;

  if (!tty.active || tty.pid != getpid ())
    pass_on (signo, info, context);
  else if (signo == SIGCONT)
    {
      pass_on (signo, info, context);
      apply_asking ();
      wake (&tty.continued);
    }
  else
    {
      apply (TCSADRAIN, &tty.saved);
      pass_on (signo, info, context);
      if (signo == SIGTSTP)
        apply_asking ();
      else
        wake (&tty.interrupted);
    }
  errno = saved_errno;
}

/* ---- begin and end ---- */

static void
at_exit (void)
{
  if (tty.active && tty.pid == getpid ())
    apply (TCSADRAIN, &tty.saved);
}

static void
watch_signals (void)
{
  struct sigaction ours = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };

  sigfillset (&ours.sa_mask);
  for (guint i = 0; i < G_N_ELEMENTS (watched); i++)
    {
      sigaction (watched[i], NULL, &tty.before[i]);
      /* What is ignored stays so. */
      tty.installed[i] =
          (tty.before[i].sa_flags & SA_SIGINFO) != 0 || tty.before[i].sa_handler != SIG_IGN;
      if (tty.installed[i])
        sigaction (watched[i], &ours, NULL);
    }
}

static void
unwatch_signals (void)
{
  struct sigaction now;

  for (guint i = 0; i < G_N_ELEMENTS (watched); i++)
    {
      sigaction (watched[i], NULL, &now);
      /* The program may have set another one meanwhile. */
      if (tty.installed[i] && now.sa_sigaction == on_signal)
        sigaction (watched[i], &tty.before[i], NULL);
    }
}

gboolean
mitogen_tty_begin (int fd, int wake_fd)
{
  static gsize registered;

  if (g_once_init_enter (&registered))
    g_once_init_leave (&registered, atexit (at_exit) == 0 ? 1 : 2);
  if (tcgetattr (fd, &tty.saved) < 0)
    return FALSE;
  tty.fd = fd;
  tty.wake_fd = wake_fd;
  tty.pid = getpid ();
  tty.asking = tty.saved;
  tty.asking.c_iflag |= ICRNL;
  tty.asking.c_oflag |= OPOST | ONLCR;
  tty.asking.c_lflag |= ICANON | ISIG | ECHO | ECHOE;
  tty.interrupted = FALSE;
  tty.continued = FALSE;
  watch_signals ();
  tty.active = TRUE;
  return TRUE;
}

void
mitogen_tty_set_echo (gboolean echo)
{
  if (echo)
    tty.asking.c_lflag |= ECHO;
  else
    tty.asking.c_lflag &= ~(ECHO | ECHONL);
  apply (TCSAFLUSH, &tty.asking);
}

void
mitogen_tty_end (void)
{
  apply (TCSADRAIN, &tty.saved);
  tty.active = FALSE;
  unwatch_signals ();
}

MitogenTtyEvent
mitogen_tty_take_event (void)
{
  if (g_atomic_int_compare_and_exchange (&tty.interrupted, TRUE, FALSE))
    return MITOGEN_TTY_EVENT_INTERRUPTED;
  if (g_atomic_int_compare_and_exchange (&tty.continued, TRUE, FALSE))
    return MITOGEN_TTY_EVENT_CONTINUED;
  return MITOGEN_TTY_EVENT_NONE;
}
