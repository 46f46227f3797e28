/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-bootstrap-parts-private.h"
#include "broker/mitogen-fd-private.h"
#include "connection/mitogen-launch-private.h"
#include "router/mitogen-route-monitor-private.h"
#include "spawn/mitogen-signal-name-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <signal.h>
#include <string.h>

/* How long a closed stream waits for the exit status that explains it. */
#define EXPLANATION_MS         500
#define FAILURE_EXPLANATION_MS 1000

/* How long a stream may outlive its process: something that was forked may hold it open. */
#define ORPHAN_MS 50

/* How long a process may outlive its stream before it is told to end, and made to. */
#define TERM_AFTER_MS 500
#define KILL_AFTER_MS 1000
#define PROFILE_MS    5000

static void stream_closed (MitogenStream *stream, const GError *error, gpointer data);
static void leave (MitogenBootstrap *self);
static void peer_shutdown (gpointer data);
static void force (gpointer data);
static void peer_kill (gpointer data);
static void peer_detach (gpointer data);

static const MitogenPeerFuncs peer_funcs = { .shutdown = peer_shutdown,
                                             .force = force,
                                             .held = mitogen_bootstrap_peer_held,
                                             .kill = peer_kill,
                                             .detach = peer_detach };

/* ---- small parts ---- */

void
mitogen_bootstrap_clear_timer (MitogenBootstrap *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

void
mitogen_bootstrap_set_timer (MitogenBootstrap *self, guint ms, MitogenIoFunc func)
{
  mitogen_bootstrap_clear_timer (self);
  self->timer = mitogen_io_add_timeout (get_io (self), ms, func, self);
}

void
mitogen_bootstrap_tell (MitogenBootstrap *self, const GError *error)
{
  MitogenBootstrapDone done = g_steal_pointer (&self->done);

  if (done != NULL)
    done (error, self->data);
}

void
mitogen_bootstrap_stop_asking (MitogenBootstrap *self)
{
  g_clear_pointer (&self->asking, mitogen_asking_free);
}

void
mitogen_bootstrap_clear_texts (MitogenBootstrap *self)
{
  mitogen_bootstrap_stop_asking (self);
  g_clear_pointer (&self->askpass, mitogen_askpass_free);
  g_clear_pointer (&self->err, mitogen_text_channel_free);
  g_clear_pointer (&self->tty, mitogen_text_channel_free);
  mitogen_fd_close (&self->slave_fd);
}

void
mitogen_bootstrap_clear_dialogue (MitogenBootstrap *self)
{
  mitogen_bootstrap_stop_asking (self);
  mitogen_dialogue_clear (&self->dialogue);
  g_clear_pointer (&self->riding, g_ptr_array_unref);
  g_clear_pointer (&self->spec.preamble, mitogen_preamble_free);
  g_clear_pointer (&self->spec.argv, g_strfreev);
  g_clear_pointer (&self->spec.prompter, mitogen_prompter_unref);
}

void
mitogen_bootstrap_close_stream (MitogenBootstrap *self)
{
  g_autoptr (MitogenStream) stream = g_steal_pointer (&self->stream);

  if (stream != NULL)
    mitogen_stream_close (stream, NULL);
}

void
mitogen_bootstrap_start_clock (MitogenBootstrap *self)
{
  mitogen_clock_start (&self->clock, get_io (self), mitogen_bootstrap_on_timed_out, self);
}

void
mitogen_bootstrap_run_clock (gboolean runs, gpointer data)
{
  MitogenBootstrap *self = data;

  if (runs && self->state < STATE_LIVE)
    mitogen_bootstrap_start_clock (self);
  else
    mitogen_clock_stop (&self->clock);
}

/* ---- the end of a process ---- */

static void
release (MitogenBootstrap *self)
{
  mitogen_bootstrap_clear_timer (self);
  mitogen_bootstrap_clear_texts (self);
  g_clear_pointer (&self->process, mitogen_process_free);
  mitogen_bootstrap_clear_dialogue (self);
  mitogen_core_remove_peer (self->core, get_id (self));
  mitogen_bootstrap_unref (self);
}

static void
kill_process (gpointer data)
{
  MitogenBootstrap *self = data;

  mitogen_bootstrap_clear_timer (self);
  /* One of another user's that has not minded the loss of its streams and its terminal may never
   * end. It is reaped if it does. */
  if (!mitogen_process_send_signal (self->process, SIGKILL))
    release (self);
}

static void
terminate_process (gpointer data)
{
  MitogenBootstrap *self = data;

  mitogen_process_send_signal (self->process, SIGTERM);
  mitogen_bootstrap_set_timer (self, KILL_AFTER_MS, kill_process);
}

/* The stream is closed, so the process has every reason to end. */
void
mitogen_bootstrap_reap (MitogenBootstrap *self)
{
  if (self->process == NULL || self->reaped || self->detached)
    release (self);
  else
    mitogen_bootstrap_set_timer (self, self->spec.profiling ? PROFILE_MS : TERM_AFTER_MS,
                                 terminate_process);
}

/* ---- live ---- */

static void
stream_frame (MitogenStream *stream, MitogenMessage *message, gpointer data)
{
  MitogenBootstrap *self = data;

  mitogen_core_receive (self->core, message, stream);
}

static GError *
explain_loss (MitogenBootstrap *self)
{
  g_autofree char *what = NULL;

  if (self->detached)
    return g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("it has detached"));
  if (self->killed)
    return g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("it was killed"));
  if (mitogen_bootstrap_is_decisive (self->stream_error))
    return g_error_copy (self->stream_error);
  if (self->asked_to_leave)
    return g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("it was shut down"));
  if (!self->reaped && self->stream_error != NULL)
    return g_error_copy (self->stream_error);
  if (!self->reaped)
    return g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("its stream was closed"));

  what = mitogen_dialogue_explain_end (self->spec.method, self->wait_status, self->last_line);
  return g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, what);
}

static void
on_loss_explained (gpointer data)
{
  MitogenBootstrap *self = data;
  g_autoptr (GError) reason = NULL;

  if (self->askpass != NULL)
    mitogen_askpass_drain (self->askpass);
  else if (self->err != NULL)
    mitogen_text_channel_drain (self->err);
  if (self->tty != NULL)
    mitogen_text_channel_drain (self->tty);
  reason = explain_loss (self);
  mitogen_bootstrap_clear_timer (self);
  self->state = STATE_GONE;
  mitogen_core_node_lost (self->core, self->node, reason);
  mitogen_bootstrap_reap (self);
}

static void
stream_closed (MitogenStream *stream, const GError *error, gpointer data)
{
  MitogenBootstrap *self = data;

  mitogen_core_stream_lost (self->core, stream);
  if (self->state == STATE_GONE)
    return;

  g_clear_pointer (&self->stream, mitogen_stream_unref);
  mitogen_clock_stop (&self->clock);
  g_clear_error (&self->stream_error);
  if (error != NULL)
    self->stream_error = g_error_copy (error);
  if (self->state < STATE_LIVE)
    {
      /* What it wrote to its error output last, and how it ended, are on their way. */
      mitogen_bootstrap_set_timer (self,
                                   mitogen_bootstrap_is_decisive (error) ? 0
                                                                         : FAILURE_EXPLANATION_MS,
                                   mitogen_bootstrap_on_failure_explained);
      mitogen_bootstrap_explain_if_complete (self);
    }
  else if (self->reaped || self->asked_to_leave || self->killed || self->detached ||
           mitogen_bootstrap_is_decisive (error))
    on_loss_explained (self);
  else
    mitogen_bootstrap_set_timer (self, EXPLANATION_MS, on_loss_explained);
}

static MitogenStream *
stream_next_hop (MitogenStream *stream, const MitogenFrameHeader *header, gpointer data)
{
  MitogenBootstrap *self = data;

  return mitogen_core_next_hop (self->core, header, stream);
}

static const MitogenStreamFuncs stream_funcs = {
  .raw = mitogen_bootstrap_stream_raw,
  .frame = stream_frame,
  .next_hop = stream_next_hop,
  .closed = stream_closed,
};

static void
on_orphaned (gpointer data)
{
  mitogen_bootstrap_close_stream (data);
}

/* The end of its stream is about to be read, unless a process that it forked holds it open. */
static void
process_left (MitogenBootstrap *self)
{
  if (self->stream == NULL)
    on_loss_explained (self);
  else
    mitogen_bootstrap_set_timer (self, ORPHAN_MS, on_orphaned);
}

static void
on_process_exited (int wait_status, gpointer data)
{
  g_autoptr (MitogenBootstrap) self = mitogen_bootstrap_ref (data);

  self->reaped = TRUE;
  self->wait_status = wait_status;
  mitogen_fd_close (&self->slave_fd);
  if (self->state == STATE_GONE)
    release (self);
  else if (self->state == STATE_LIVE)
    process_left (self);
  else if (self->stream != NULL)
    mitogen_bootstrap_set_timer (self, FAILURE_EXPLANATION_MS,
                                 mitogen_bootstrap_on_failure_explained);
  else
    mitogen_bootstrap_explain_if_complete (self);
}

/* ---- starting ---- */

static void
finish_name (MitogenBootstrap *self)
{
  g_autofree char *own =
      mitogen_dialogue_make_name (self->spec.name, mitogen_process_get_pid (self->process));
  g_autofree char *name =
      self->spec.via != NULL
          ? g_strconcat (mitogen_context_node_get_name (self->spec.via), ".", own, NULL)
          : g_steal_pointer (&own);

  mitogen_context_node_set_name (self->node, name);
}

/* Of the process that has ended without success. */
static void
forget_start (MitogenBootstrap *self)
{
  mitogen_bootstrap_clear_texts (self);
  g_clear_pointer (&self->process, mitogen_process_free);
  g_clear_error (&self->stream_error);
  mitogen_dialogue_clear (&self->dialogue);
  mitogen_dialogue_init (&self->dialogue);
  self->reaped = FALSE;
  self->tty_ended = FALSE;
  if (self->spec.prompter != NULL)
    mitogen_prompter_restarted (self->spec.prompter);
}

static void
take_launched (MitogenBootstrap *self, const MitogenLaunch *launched)
{
  MitogenIo *io = get_io (self);

  self->process = launched->process;
  self->slave_fd = launched->slave_fd;
  if (launched->err_fd >= 0)
    self->err = mitogen_text_channel_new (io, launched->has_askpass ? -1 : launched->err_fd,
                                          &mitogen_bootstrap_err_funcs, self);
  if (launched->has_askpass)
    mitogen_bootstrap_take_askpass (self, launched->err_fd);
  if (launched->terminal_fd >= 0)
    self->tty =
        mitogen_text_channel_new (io, launched->terminal_fd, &mitogen_bootstrap_tty_funcs, self);
  if (self->spec.prompter != NULL)
    self->asking = mitogen_asking_new (io, self->spec.method, self->spec.prompter,
                                       &mitogen_bootstrap_asking_funcs, self);
  self->stream =
      mitogen_stream_new (io, get_id (self), launched->in_fd, launched->out_fd,
                          self->spec.max_message_size, &stream_funcs, mitogen_bootstrap_ref (self),
                          (GDestroyNotify) mitogen_bootstrap_unref);
}

void
mitogen_bootstrap_launch (MitogenBootstrap *self)
{
  g_autoptr (GError) error = NULL;
  const MitogenLauncher launcher = { on_process_exited, mitogen_bootstrap_run_clock, self };
  MitogenLaunch launched;

  mitogen_bootstrap_clear_timer (self);
  if (self->n_starts++ > 0)
    forget_start (self);
  if (!mitogen_launch (self->core, &self->spec, &launcher, &launched, &error))
    {
      mitogen_bootstrap_fail_with (self, MITOGEN_ERROR_STREAM, error->message);
      return;
    }
  self->state = STATE_STARTING;
  take_launched (self, &launched);
  finish_name (self);
  mitogen_bootstrap_start_clock (self);
  if (mitogen_bootstrap_is_eager (self))
    mitogen_bootstrap_send_eagerly (self);
}

static void
start (gpointer data)
{
  MitogenBootstrap *self = data;

  if (self->state == STATE_GONE) /* aborted before it began */
    return;

  mitogen_bootstrap_ref (self); /* until release() */
  mitogen_core_add_peer (self->core, get_id (self), self, &peer_funcs);
  if (self->state == STATE_GONE) /* the router is being shut down */
    return;
  self->clock.ms = self->spec.timeout_ms;
  mitogen_bootstrap_launch (self);
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
    mitogen_bootstrap_fail (self, error);
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
    mitogen_bootstrap_fail_with (self, MITOGEN_ERROR_STREAM, _ ("the router was shut down"));
  else if (self->stream != NULL)
    mitogen_bootstrap_close_stream (self);
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
  mitogen_bootstrap_set_timer (self, mitogen_io_get_shutdown_timeout (get_io (self)), force);
}

static void
peer_shutdown (gpointer data)
{
  g_autoptr (MitogenBootstrap) self = mitogen_bootstrap_ref (data);

  if (self->state == STATE_LIVE && self->stream != NULL)
    leave (self);
  else if (self->state < STATE_LIVE)
    mitogen_bootstrap_fail_with (self, MITOGEN_ERROR_STREAM, _ ("the router was shut down"));
}

static void
peer_kill (gpointer data)
{
  g_autoptr (MitogenBootstrap) self = mitogen_bootstrap_ref (data);

  if (self->process != NULL && !self->reaped)
    mitogen_process_send_signal (self->process, SIGKILL);
  self->killed = TRUE;
  if (self->state < STATE_LIVE)
    mitogen_bootstrap_fail_with (self, MITOGEN_ERROR_STREAM, _ ("it was killed"));
  else if (self->stream != NULL)
    mitogen_bootstrap_close_stream (self);
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
  self->slave_fd = -1;
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

  mitogen_bootstrap_clear_dialogue (self);
  g_clear_error (&self->stream_error);
  g_free (self->last_line);
  mitogen_bootstrap_spec_clear (&self->spec);
  if (self->destroy != NULL)
    self->destroy (self->data);
  mitogen_context_node_unref (self->node);
  mitogen_core_unref (self->core);
  g_free (self);
}
