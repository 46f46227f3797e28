/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-bootstrap-private.h"
#include "broker/mitogen-fd-private.h"
#include "router/mitogen-log-private.h"
#include "router/mitogen-route-monitor-private.h"
#include "spawn/mitogen-process-private.h"
#include "spawn/mitogen-signal-name-private.h"
#include "wire/mitogen-error.h"
#include "wire/mitogen-pickle-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a closed stream waits for the exit status that explains it. */
#define EXPLANATION_MS         500
#define FAILURE_EXPLANATION_MS 1000

/* How long a stream may outlive its process: something that was forked may hold it open. */
#define ORPHAN_MS 50

/* How long a process may outlive its stream before it is told to end, and made to. */
#define TERM_AFTER_MS 500
#define KILL_AFTER_MS 1000
#define PROFILE_MS    5000

typedef enum
{
  STATE_NEW,
  STATE_STARTING, /* the process runs, the first stage has not said anything */
  STATE_LOADING,  /* the core was sent */
  STATE_READY,    /* frames follow, the first is to be the greeting */
  STATE_LIVE,
  STATE_GONE, /* over: only the process is still to be reaped */
} State;

struct _MitogenBootstrap
{
  gatomicrefcount ref_count;
  MitogenCore *core;
  MitogenContextNode *node;
  MitogenBootstrapDone done; /* NULL: told already, or not to be told */
  gpointer data;
  GDestroyNotify destroy;
  MitogenBootstrapSpec spec;

  /* I/O thread only */
  State state;
  MitogenProcess *process; /* NULL: none */
  MitogenStream *stream;
  GSource *timer; /* the one thing waited for in this state */
  int err_fd;
  MitogenWatch *err_watch;
  MitogenDialogue dialogue;
  gboolean reaped;
  int wait_status;
  gboolean asked_to_leave;
  gboolean killed;
  gboolean detached;    /* it leaves the tree and lives on */
  GError *stream_error; /* why the stream was closed, if not by the other side */
};

static void stream_closed (MitogenStream *stream, const GError *error, gpointer data);
static void leave (MitogenBootstrap *self);
static void peer_shutdown (gpointer data);
static void force (gpointer data);
static void peer_kill (gpointer data);
static void peer_detach (gpointer data);

static const MitogenPeerFuncs peer_funcs = { .shutdown = peer_shutdown,
                                             .force = force,
                                             .kill = peer_kill,
                                             .detach = peer_detach };

/* ---- small parts ---- */

static MitogenIo *
get_io (MitogenBootstrap *self)
{
  return mitogen_core_get_io (self->core);
}

static guint32
get_id (MitogenBootstrap *self)
{
  return mitogen_context_node_get_id (self->node);
}

static void
clear_timer (MitogenBootstrap *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static void
set_timer (MitogenBootstrap *self, guint ms, MitogenIoFunc func)
{
  clear_timer (self);
  self->timer = mitogen_io_add_timeout (get_io (self), ms, func, self);
}

static void
tell (MitogenBootstrap *self, const GError *error)
{
  MitogenBootstrapDone done = g_steal_pointer (&self->done);

  if (done != NULL)
    done (error, self->data);
}

static void
clear_err (MitogenBootstrap *self)
{
  g_clear_pointer (&self->err_watch, mitogen_watch_remove);
  mitogen_fd_close (&self->err_fd);
  mitogen_line_buffer_clear (&self->dialogue.err_line);
}

static void
clear_dialogue (MitogenBootstrap *self)
{
  mitogen_dialogue_clear (&self->dialogue);
  g_clear_pointer (&self->spec.preamble, mitogen_preamble_free);
  g_clear_pointer (&self->spec.argv, g_strfreev);
}

/* ---- explaining a failure ---- */

static MitogenStep
get_step (MitogenBootstrap *self)
{
  switch (self->state)
    {
    case STATE_NEW:
      return MITOGEN_STEP_COMMAND;
    case STATE_STARTING:
      return MITOGEN_STEP_INTERPRETER;
    case STATE_LOADING:
      return MITOGEN_STEP_CORE;
    case STATE_READY:
    case STATE_LIVE:
    case STATE_GONE:
    default:
      return MITOGEN_STEP_GREETING;
    }
}

/* ---- the end of a process ---- */

static void
release (MitogenBootstrap *self)
{
  clear_timer (self);
  clear_err (self);
  g_clear_pointer (&self->process, mitogen_process_free);
  clear_dialogue (self);
  mitogen_core_remove_peer (self->core, get_id (self));
  mitogen_bootstrap_unref (self);
}

static void
kill_process (gpointer data)
{
  MitogenBootstrap *self = data;

  clear_timer (self);
  mitogen_process_send_signal (self->process, SIGKILL);
}

static void
terminate_process (gpointer data)
{
  MitogenBootstrap *self = data;

  mitogen_process_send_signal (self->process, SIGTERM);
  set_timer (self, KILL_AFTER_MS, kill_process);
}

/* The stream is closed, so the process has every reason to end. */
static void
reap (MitogenBootstrap *self)
{
  if (self->process == NULL || self->reaped || self->detached)
    release (self);
  else
    set_timer (self, self->spec.profiling ? PROFILE_MS : TERM_AFTER_MS, terminate_process);
}

/* ---- failing before it is live ---- */

static void
close_stream (MitogenBootstrap *self)
{
  g_autoptr (MitogenStream) stream = g_steal_pointer (&self->stream);

  if (stream != NULL)
    mitogen_stream_close (stream, NULL);
}

static void
fail (MitogenBootstrap *self, const GError *error)
{
  g_assert (self->state < STATE_LIVE);
  self->state = STATE_GONE;
  clear_timer (self);
  mitogen_core_forget_hello (self->core, get_id (self));
  close_stream (self);
  clear_err (self);
  mitogen_core_node_lost (self->core, self->node, error);
  tell (self, error);
  if (self->process != NULL && !self->reaped)
    mitogen_process_send_signal (self->process, SIGTERM);
  reap (self);
}

static void
fail_with (MitogenBootstrap *self, gint code, const char *what)
{
  g_autoptr (GError) error = mitogen_dialogue_explain (&self->dialogue, &self->spec,
                                                       mitogen_context_node_get_name (self->node),
                                                       get_step (self), code, what);

  fail (self, error);
}

static void
on_timed_out (gpointer data)
{
  MitogenBootstrap *self = data;
  g_autofree char *what = g_strdup_printf (_ ("the time limit of %.3g seconds is over"),
                                           self->spec.timeout_ms / 1000.0);

  fail_with (self, MITOGEN_ERROR_TIMED_OUT, what);
}

/* A process that ends may close what it reads from first: then its status says more. */
static gboolean
is_decisive (const GError *error)
{
  return error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
}

static gint
stream_error_code (MitogenBootstrap *self)
{
  return self->stream_error->domain == MITOGEN_ERROR ? self->stream_error->code
                                                     : MITOGEN_ERROR_STREAM;
}

/* The stream has ended too early; the exit status may be known by now, or not. */
static void
on_failure_explained (gpointer data)
{
  MitogenBootstrap *self = data;
  g_autofree char *status = NULL;
  g_autofree char *what = NULL;
  gint code = MITOGEN_ERROR_STREAM;

  if (is_decisive (self->stream_error) || (self->stream_error != NULL && !self->reaped))
    {
      fail_with (self, stream_error_code (self), self->stream_error->message);
      return;
    }
  if (!self->reaped)
    {
      fail_with (self, code, _ ("it closed its output, but goes on running"));
      return;
    }

  status = mitogen_describe_wait_status (self->wait_status);
  what = g_strdup_printf (_ ("the process %s"), status);
  if (self->state == STATE_STARTING && WIFEXITED (self->wait_status) &&
      (WEXITSTATUS (self->wait_status) == 127 || WEXITSTATUS (self->wait_status) == 126))
    code = MITOGEN_ERROR_NO_INTERPRETER;
  fail_with (self, code, what);
}

static void
explain_if_complete (MitogenBootstrap *self)
{
  if (self->stream == NULL && self->reaped && self->err_fd < 0)
    on_failure_explained (self);
}

/* ---- the dialogue ---- */

static gboolean
line_contains (MitogenLineBuffer *line, const char *marker)
{
  return memmem (line->partial->data, line->partial->len, marker, strlen (marker)) != NULL;
}

static void
send_core (MitogenBootstrap *self)
{
  self->state = STATE_LOADING;
  mitogen_stream_send_raw (self->stream, self->spec.preamble->core);
  mitogen_stream_send_raw (self->stream, self->spec.preamble->tail);
}

static void on_hello (MitogenMessage *message, gpointer data);

/* From here on frames come in, so the context must be known to the router. */
static void
become_ready (MitogenBootstrap *self)
{
  self->state = STATE_READY;
  mitogen_core_expect_hello (self->core, get_id (self), on_hello, self);
  mitogen_core_add_node (self->core, self->node);
  mitogen_route_monitor_add (mitogen_core_get_route_monitor (self->core), get_id (self),
                             self->stream, 0, mitogen_context_node_get_name (self->node));
  mitogen_stream_start_frames (self->stream);
}

/* TRUE: what follows the line are frames. */
static gboolean
take_line (MitogenBootstrap *self)
{
  MitogenLineBuffer *line = &self->dialogue.out_line;

  if (self->state == STATE_STARTING && line_contains (line, self->spec.preamble->started))
    send_core (self);
  else if (self->state == STATE_LOADING && line_contains (line, self->spec.preamble->ready))
    become_ready (self);
  else
    mitogen_dialogue_keep_line (&self->dialogue, line);
  mitogen_line_buffer_clear (line);
  return self->state == STATE_READY;
}

static gboolean
check_dialogue_size (MitogenBootstrap *self, gsize size)
{
  if (mitogen_dialogue_count (&self->dialogue, size))
    return TRUE;
  fail_with (self, MITOGEN_ERROR_PROTOCOL, _ ("it said too much"));
  return FALSE;
}

static gsize
stream_raw (MitogenStream *stream, const guint8 *data, gsize size, gpointer user_data)
{
  MitogenBootstrap *self = user_data;
  gsize taken = 0;

  if (!check_dialogue_size (self, size))
    return size;

  while (taken < size)
    {
      gsize n = mitogen_line_buffer_feed (&self->dialogue.out_line, data + taken, size - taken);

      if (n == 0)
        return size;
      taken += n;
      if (take_line (self))
        break;
    }
  return taken;
}

static void
take_err_line (MitogenBootstrap *self)
{
  const char *line = (const char *) self->dialogue.err_line.partial->data;
  gsize length = self->dialogue.err_line.partial->len;

  if (self->state < STATE_LIVE)
    mitogen_dialogue_keep_line (&self->dialogue, &self->dialogue.err_line);
  else if (!mitogen_context_node_is_python (self->node))
    mitogen_log_receive_line (self->core, self->node, "stderr", line, length);
  else
    {
      g_autofree char *clean = mitogen_diagnosis_clean (line, length);
      g_autofree char *text =
          g_strdup_printf ("%s: %s", mitogen_context_node_get_name (self->node), clean);

      mitogen_log_own (G_LOG_LEVEL_INFO, text);
    }
  mitogen_line_buffer_clear (&self->dialogue.err_line);
}

static void
err_ended (MitogenBootstrap *self)
{
  if (self->dialogue.err_line.partial != NULL)
    take_err_line (self);
  clear_err (self);
  if (self->state < STATE_LIVE)
    explain_if_complete (self);
}

static void
on_err_readable (GIOCondition condition, gpointer data)
{
  g_autoptr (MitogenBootstrap) self = mitogen_bootstrap_ref (data);
  guint8 buffer[4096];
  gssize got = read (self->err_fd, buffer, sizeof buffer);
  gsize taken = 0;

  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (got <= 0)
    {
      err_ended (self);
      return;
    }
  if (self->state < STATE_LIVE && !check_dialogue_size (self, got))
    return;

  while (taken < (gsize) got)
    {
      gsize n = mitogen_line_buffer_feed (&self->dialogue.err_line, buffer + taken, got - taken);

      if (n == 0)
        return;
      taken += n;
      take_err_line (self);
    }
}

/* ---- live ---- */

static void
become_live (MitogenBootstrap *self, GVariant *info)
{
  clear_timer (self);
  self->state = STATE_LIVE;
  clear_dialogue (self);
  mitogen_context_node_set_connected (self->node, info);
  tell (self, NULL);
}

static void
on_hello (MitogenMessage *message, gpointer data)
{
  MitogenBootstrap *self = data;
  g_autofree char *what = NULL;
  g_autoptr (GVariant) info = mitogen_dialogue_read_hello (message, &what);

  if (info == NULL)
    fail_with (self, MITOGEN_ERROR_PROTOCOL, what);
  else
    become_live (self, info);
}

static void
stream_frame (MitogenStream *stream, MitogenMessage *message, gpointer data)
{
  MitogenBootstrap *self = data;

  mitogen_core_receive (self->core, message, stream);
}

static GError *
explain_loss (MitogenBootstrap *self)
{
  g_autofree char *status = NULL;

  if (self->detached)
    return g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("it has detached"));
  if (self->killed)
    return g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("it was killed"));
  if (is_decisive (self->stream_error))
    return g_error_copy (self->stream_error);
  if (self->asked_to_leave)
    return g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("it was shut down"));
  if (!self->reaped && self->stream_error != NULL)
    return g_error_copy (self->stream_error);
  if (!self->reaped)
    return g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("its stream was closed"));

  status = mitogen_describe_wait_status (self->wait_status);
  return g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("its process %s"), status);
}

static void
on_loss_explained (gpointer data)
{
  MitogenBootstrap *self = data;
  g_autoptr (GError) reason = explain_loss (self);

  clear_timer (self);
  self->state = STATE_GONE;
  mitogen_core_node_lost (self->core, self->node, reason);
  reap (self);
}

static void
stream_closed (MitogenStream *stream, const GError *error, gpointer data)
{
  MitogenBootstrap *self = data;

  mitogen_core_stream_lost (self->core, stream);
  if (self->state == STATE_GONE)
    return;

  g_clear_pointer (&self->stream, mitogen_stream_unref);
  if (error != NULL)
    self->stream_error = g_error_copy (error);
  if (self->state < STATE_LIVE)
    {
      /* What it wrote to its error output last, and how it ended, are on their way. */
      set_timer (self, is_decisive (error) ? 0 : FAILURE_EXPLANATION_MS, on_failure_explained);
      explain_if_complete (self);
    }
  else if (self->reaped || self->asked_to_leave || self->killed || self->detached ||
           is_decisive (error))
    on_loss_explained (self);
  else
    set_timer (self, EXPLANATION_MS, on_loss_explained);
}

static MitogenStream *
stream_next_hop (MitogenStream *stream, const MitogenFrameHeader *header, gpointer data)
{
  MitogenBootstrap *self = data;

  return mitogen_core_next_hop (self->core, header, stream);
}

static const MitogenStreamFuncs stream_funcs = {
  .raw = stream_raw,
  .frame = stream_frame,
  .next_hop = stream_next_hop,
  .closed = stream_closed,
};

static void
on_orphaned (gpointer data)
{
  close_stream (data);
}

/* The end of its stream is about to be read, unless a process that it forked holds it open. */
static void
process_left (MitogenBootstrap *self)
{
  if (self->stream == NULL)
    on_loss_explained (self);
  else
    set_timer (self, ORPHAN_MS, on_orphaned);
}

static void
on_process_exited (int wait_status, gpointer data)
{
  g_autoptr (MitogenBootstrap) self = mitogen_bootstrap_ref (data);

  self->reaped = TRUE;
  self->wait_status = wait_status;
  if (self->state == STATE_GONE)
    release (self);
  else if (self->state == STATE_LIVE)
    process_left (self);
  else if (self->stream != NULL)
    set_timer (self, FAILURE_EXPLANATION_MS, on_failure_explained);
  else
    explain_if_complete (self);
}

/* ---- starting ---- */

static void
finish_name (MitogenBootstrap *self)
{
  g_autofree char *name =
      mitogen_dialogue_make_name (self->spec.name, mitogen_process_get_pid (self->process));

  mitogen_context_node_set_name (self->node, name);
}

static gboolean
open_descriptors (MitogenProcessSpec *spec, int *stream_fd, int *err_fd, GError **error)
{
  int sockets[2];
  int pipes[2];

  if (!mitogen_fd_socketpair (sockets, error))
    return FALSE;
  *stream_fd = sockets[0];
  spec->in_fd = sockets[1];
  if (!mitogen_fd_pipe (pipes, error))
    return FALSE;
  *err_fd = pipes[0];
  spec->err_fd = pipes[1];
  spec->out_fd = fcntl (spec->in_fd, F_DUPFD_CLOEXEC, 3);
  if (spec->out_fd >= 0)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errno), g_strerror (errno));
  return FALSE;
}

/* This process has been copied already. */
static void
adopt (MitogenBootstrap *self, int *stream_fd)
{
  MitogenBootstrapSpec *spec = &self->spec;

  *stream_fd = spec->copy_fd;
  self->err_fd = spec->copy_err_fd;
  self->process = mitogen_process_adopt (get_io (self), spec->copy_pid, on_process_exited, self);
  spec->copy_pid = 0;
}

static gboolean
spawn (MitogenBootstrap *self, int *stream_fd, GError **error)
{
  MitogenCoreOptions options = mitogen_core_get_options (self->core);
  char *environment[] = { self->spec.preamble->environment, NULL };
  MitogenProcessSpec spec = {
    -1, -1, -1, options.preexec, options.preexec_data, -1, environment,
  };

  if (self->spec.copy_pid != 0)
    {
      adopt (self, stream_fd);
      return TRUE;
    }
  if (!open_descriptors (&spec, stream_fd, &self->err_fd, error))
    {
      mitogen_fd_close (&spec.in_fd);
      mitogen_fd_close (&spec.err_fd);
      return FALSE;
    }
  self->process = mitogen_process_spawn (get_io (self), (const char *const *) self->spec.argv,
                                         &spec, on_process_exited, self, error);
  return self->process != NULL;
}

static void
start (gpointer data)
{
  MitogenBootstrap *self = data;
  g_autoptr (GError) error = NULL;
  int stream_fd = -1;

  if (self->state == STATE_GONE) /* aborted before it began */
    return;

  mitogen_bootstrap_ref (self); /* until release() */
  mitogen_core_add_peer (self->core, get_id (self), self, &peer_funcs);
  if (self->state == STATE_GONE) /* the router is being shut down */
    return;
  if (!spawn (self, &stream_fd, &error))
    {
      mitogen_fd_close (&stream_fd);
      fail_with (self, MITOGEN_ERROR_STREAM, error->message);
      return;
    }

  finish_name (self);
  self->state = STATE_STARTING;
  mitogen_fd_set_nonblocking (self->err_fd, NULL);
  self->err_watch =
      mitogen_io_watch_fd (get_io (self), self->err_fd, G_IO_IN, on_err_readable, self);
  self->stream =
      mitogen_stream_new (get_io (self), get_id (self), stream_fd, stream_fd,
                          self->spec.max_message_size, &stream_funcs, mitogen_bootstrap_ref (self),
                          (GDestroyNotify) mitogen_bootstrap_unref);
  set_timer (self, self->spec.timeout_ms, on_timed_out);
}

gboolean
mitogen_bootstrap_start (MitogenBootstrap *self)
{
  return mitogen_io_post (get_io (self), start, mitogen_bootstrap_ref (self),
                          (GDestroyNotify) mitogen_bootstrap_unref);
}

/* ---- ending ---- */

static void
abort_run (gpointer data)
{
  MitogenBootstrap *self = data;
  g_autoptr (GError) error = NULL;

  self->done = NULL;
  if (self->state >= STATE_LIVE)
    {
      /* It became live while the abort was on its way: nobody has it. */
      if (self->state == STATE_LIVE)
        leave (self);
      return;
    }
  error =
      g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _ ("The connection was cancelled"));
  if (self->state == STATE_NEW)
    {
      self->state = STATE_GONE;
      mitogen_core_node_lost (self->core, self->node, error);
    }
  else
    fail (self, error);
}

void
mitogen_bootstrap_abort (MitogenBootstrap *self)
{
  mitogen_io_post (get_io (self), abort_run, mitogen_bootstrap_ref (self),
                   (GDestroyNotify) mitogen_bootstrap_unref);
}

static void
force (gpointer data)
{
  g_autoptr (MitogenBootstrap) self = mitogen_bootstrap_ref (data);

  self->asked_to_leave = TRUE;
  if (self->process != NULL && !self->reaped)
    mitogen_process_send_signal (self->process, SIGKILL);
  if (self->state < STATE_LIVE)
    fail_with (self, MITOGEN_ERROR_STREAM, _ ("the router was shut down"));
  else if (self->stream != NULL)
    close_stream (self);
  else if (self->state == STATE_LIVE)
    on_loss_explained (self);
  /* The process is as good as dead, and reaped by GLib: the broker need not wait. */
  if (!self->reaped)
    release (self);
}

static void
leave (MitogenBootstrap *self)
{
  if (self->asked_to_leave)
    return;
  self->asked_to_leave = TRUE;
  mitogen_core_send_shutdown (self->core, get_id (self));
  set_timer (self, mitogen_io_get_shutdown_timeout (get_io (self)), force);
}

static void
peer_shutdown (gpointer data)
{
  g_autoptr (MitogenBootstrap) self = mitogen_bootstrap_ref (data);

  if (self->state == STATE_LIVE && self->stream != NULL)
    leave (self);
  else if (self->state < STATE_LIVE)
    fail_with (self, MITOGEN_ERROR_STREAM, _ ("the router was shut down"));
}

static void
peer_kill (gpointer data)
{
  g_autoptr (MitogenBootstrap) self = mitogen_bootstrap_ref (data);

  if (self->process != NULL && !self->reaped)
    mitogen_process_send_signal (self->process, SIGKILL);
  self->killed = TRUE;
  if (self->state < STATE_LIVE)
    fail_with (self, MITOGEN_ERROR_STREAM, _ ("it was killed"));
  else if (self->stream != NULL)
    close_stream (self);
  else if (self->state == STATE_LIVE)
    on_loss_explained (self);
}

static void
peer_detach (gpointer data)
{
  MitogenBootstrap *self = data;

  self->detached = TRUE;
  if (self->process != NULL)
    mitogen_process_detach (self->process);
}

/* ---- life ---- */

MitogenBootstrap *
mitogen_bootstrap_new (MitogenCore *core,
                       MitogenContextNode *node,
                       MitogenBootstrapSpec *spec,
                       MitogenBootstrapDone done,
                       gpointer data,
                       GDestroyNotify destroy)
{
  MitogenBootstrap *self = g_new0 (MitogenBootstrap, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->core = mitogen_core_ref (core);
  self->node = mitogen_context_node_ref (node);
  self->spec = *spec;
  memset (spec, 0, sizeof *spec);
  self->done = done;
  self->data = data;
  self->destroy = destroy;
  self->err_fd = -1;
  mitogen_dialogue_init (&self->dialogue);
  return self;
}

MitogenBootstrap *
mitogen_bootstrap_ref (MitogenBootstrap *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_bootstrap_unref (MitogenBootstrap *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  clear_dialogue (self);
  g_clear_error (&self->stream_error);
  mitogen_bootstrap_spec_clear (&self->spec);
  if (self->destroy != NULL)
    self->destroy (self->data);
  mitogen_context_node_unref (self->node);
  mitogen_core_unref (self->core);
  g_free (self);
}
