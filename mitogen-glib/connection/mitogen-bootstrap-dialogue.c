/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-fd-private.h"
#include "connection/mitogen-bootstrap-parts-private.h"
#include "connection/mitogen-relay-messages-private.h"
#include "router/mitogen-log-private.h"
#include "router/mitogen-route-monitor-private.h"
#include "spawn/mitogen-signal-name-private.h"
#include "spawn/mitogen-terminal-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <signal.h>
#include <sys/wait.h>

/* Calls that go out with the core. */
#define MAX_RIDING (64 * 1024)

/* ---- explaining a failure ---- */

static MitogenStep
get_step (MitogenBootstrap *self)
{
  switch (self->state)
    {
    case STATE_NEW:
      return MITOGEN_STEP_COMMAND;
    case STATE_PAUSING:
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

/* ---- failing before it is live ---- */

void
mitogen_bootstrap_fail (MitogenBootstrap *self, const GError *error)
{
  g_assert (self->state < STATE_LIVE);
  self->state = STATE_GONE;
  mitogen_bootstrap_clear_timer (self);
  mitogen_clock_stop (&self->clock);
  mitogen_core_forget_hello (self->core, get_id (self));
  mitogen_bootstrap_close_stream (self);
  mitogen_bootstrap_clear_texts (self);
  mitogen_core_node_lost (self->core, self->node, error);
  mitogen_bootstrap_tell (self, error);
  if (self->process != NULL && !self->reaped)
    mitogen_process_send_signal (self->process, SIGTERM);
  mitogen_bootstrap_reap (self);
}

static void
fail_at (MitogenBootstrap *self, MitogenStep step, gint code, const char *what)
{
  g_autoptr (GError) error =
      mitogen_dialogue_explain (&self->dialogue, &self->spec,
                                mitogen_context_node_get_name (self->node), step, code, what);

  mitogen_bootstrap_fail (self, error);
}

void
mitogen_bootstrap_fail_with (MitogenBootstrap *self, gint code, const char *what)
{
  fail_at (self, get_step (self), code, what);
}

void
mitogen_bootstrap_on_timed_out (gpointer data)
{
  MitogenBootstrap *self = data;
  g_autofree char *what = g_strdup_printf (_ ("the time limit of %.3g seconds is over"),
                                           self->spec.timeout_ms / 1000.0);

  mitogen_bootstrap_fail_with (self, MITOGEN_ERROR_TIMED_OUT, what);
}

/* A process that ends may close what it reads from first: then its status says more. */
gboolean
mitogen_bootstrap_is_decisive (const GError *error)
{
  return error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
}

static gint
stream_error_code (MitogenBootstrap *self)
{
  return self->stream_error->domain == MITOGEN_ERROR ? self->stream_error->code
                                                     : MITOGEN_ERROR_STREAM;
}

static void start_anew (MitogenBootstrap *self);
static gboolean pause_before_next (MitogenBootstrap *self);
static gboolean try_to_appeal (MitogenBootstrap *self, MitogenFailure *failure);

/* Its process has ended, and what that means is known to its method. FALSE: not so */
static gboolean
deal_with_failure (MitogenBootstrap *self)
{
  MitogenFailure failure = { .has_status = TRUE,
                             .wait_status = self->wait_status,
                             .started = self->state > STATE_STARTING };
  gint code = MITOGEN_ERROR_STREAM;
  gboolean busy = FALSE;
  g_autofree char *what = NULL;

  if (self->asking != NULL)
    failure.n_answers = mitogen_asking_get_n_answers (self->asking);
  if (self->state == STATE_STARTING && mitogen_bootstrap_try_without_keys (self))
    {
      start_anew (self);
      return TRUE;
    }
  what = mitogen_dialogue_ask_method (&self->dialogue, &self->spec, &failure, &code, &busy);
  if (self->state == STATE_STARTING &&
      (try_to_appeal (self, &failure) || (busy && pause_before_next (self))))
    return TRUE;
  if (what != NULL)
    fail_at (self, MITOGEN_STEP_NONE, code, what);
  return what != NULL;
}

/* The stream has ended too early; the exit status may be known by now, or not. */
void
mitogen_bootstrap_on_failure_explained (gpointer data)
{
  MitogenBootstrap *self = data;
  g_autofree char *status = NULL;
  g_autofree char *what = NULL;
  gint code = MITOGEN_ERROR_STREAM;

  mitogen_bootstrap_clear_timer (self);
  if (mitogen_bootstrap_is_decisive (self->stream_error) ||
      (self->stream_error != NULL && !self->reaped))
    {
      mitogen_bootstrap_fail_with (self, stream_error_code (self), self->stream_error->message);
      return;
    }
  if (!self->reaped)
    {
      mitogen_bootstrap_fail_with (self, code, _ ("it closed its output, but goes on running"));
      return;
    }
  if (deal_with_failure (self))
    return;

  status = mitogen_describe_wait_status (self->wait_status);
  what = g_strdup_printf (_ ("the process %s"), status);
  if (self->state == STATE_STARTING && WIFEXITED (self->wait_status) &&
      (WEXITSTATUS (self->wait_status) == 127 || WEXITSTATUS (self->wait_status) == 126))
    code = MITOGEN_ERROR_NO_INTERPRETER;
  mitogen_bootstrap_fail_with (self, code, what);
}

void
mitogen_bootstrap_explain_if_complete (MitogenBootstrap *self)
{
  if (self->stream == NULL && self->reaped && self->err == NULL &&
      (self->tty == NULL || self->tty_ended))
    mitogen_bootstrap_on_failure_explained (self);
}

/* ---- starting anew ---- */

static void
on_paused (gpointer data)
{
  mitogen_bootstrap_launch (data);
}

static void
start_anew (MitogenBootstrap *self)
{
  self->state = STATE_PAUSING;
  mitogen_bootstrap_set_timer (self, 0, on_paused);
}

/* FALSE: there is no time left. */
static gboolean
pause_before_next (MitogenBootstrap *self)
{
  guint ms = mitogen_dialogue_get_pause (self->n_starts - 1);

  mitogen_clock_stop (&self->clock);
  if (ms >= self->clock.ms)
    return FALSE;
  mitogen_bootstrap_start_clock (self);
  self->state = STATE_PAUSING;
  mitogen_bootstrap_stop_asking (self);
  mitogen_bootstrap_set_timer (self, ms, on_paused);
  return TRUE;
}

static void
on_appeal_decided (MitogenPassword *answer, gpointer data)
{
  MitogenBootstrap *self = data;

  if (answer == NULL) /* the failure is told */
    return;
  self->spec.method->funcs->overrule (self->spec.method);
  start_anew (self);
}

static gboolean
try_to_appeal (MitogenBootstrap *self, MitogenFailure *failure)
{
  MitogenMethod *method = self->spec.method;
  g_autofree char *said = NULL;
  g_auto (MitogenQuestion) question = { 0 };
  gboolean may;

  if (method == NULL || method->funcs->appeal == NULL || self->asking == NULL ||
      !mitogen_prompter_has_interaction (self->spec.prompter))
    return FALSE;
  said = mitogen_diagnosis_to_lines (self->dialogue.diagnosis);
  failure->said = said;
  may = method->funcs->appeal (method, failure, &question);
  failure->said = NULL;
  if (may)
    mitogen_asking_ask (self->asking, &question, on_appeal_decided, self);
  return may;
}

/* ---- the dialogue ---- */

gboolean
mitogen_bootstrap_is_eager (MitogenBootstrap *self)
{
  return self->spec.method != NULL && self->spec.method->eager;
}

static void
send_core (MitogenBootstrap *self)
{
  mitogen_stream_send_raw (self->stream, self->spec.preamble->core);
  mitogen_stream_send_raw (self->stream, self->spec.preamble->tail);
}

/* What waits for the context goes out behind its core: the child reads it when it has come so far.
 */
static void
send_riding (MitogenBootstrap *self)
{
  g_autoptr (GPtrArray) messages = mitogen_core_take_held (self->core, get_id (self), MAX_RIDING);

  if (messages == NULL)
    return;
  if (self->riding == NULL)
    self->riding = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_ptr_array_add (self->riding, mitogen_relay_pack_frames (messages));
  mitogen_stream_send_raw (self->stream, self->riding->pdata[self->riding->len - 1]);
}

void
mitogen_bootstrap_peer_held (gpointer data)
{
  MitogenBootstrap *self = data;

  if (self->stream != NULL && mitogen_bootstrap_is_eager (self) &&
      (self->state == STATE_STARTING || self->state == STATE_LOADING))
    send_riding (self);
}

/* Nothing but the first stage will read it, so there is no need to wait for that. */
void
mitogen_bootstrap_send_eagerly (MitogenBootstrap *self)
{
  send_core (self);
  for (guint i = 0; self->riding != NULL && i < self->riding->len; i++)
    mitogen_stream_send_raw (self->stream, self->riding->pdata[i]);
  send_riding (self);
}

/* Its stream is its terminal. */
static gboolean
is_on_terminal (MitogenBootstrap *self)
{
  return self->spec.method != NULL && self->spec.method->terminal == MITOGEN_TERMINAL_ALL;
}

/* The first stage runs, so nobody asks any more: what looks like a question is none. */
static void
on_started (MitogenBootstrap *self)
{
  self->state = STATE_LOADING;
  mitogen_bootstrap_stop_asking (self);
  if (is_on_terminal (self))
    mitogen_terminal_make_raw (self->slave_fd); /* a profile may have thought of a person */
  if (!mitogen_bootstrap_is_eager (self))
    send_core (self);
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

/* @above: it stands on the terminal */
static void
keep_line (MitogenBootstrap *self, MitogenLineBuffer *line, gboolean above)
{
  mitogen_dialogue_keep_line (&self->dialogue, line);
  if (self->asking != NULL)
    mitogen_asking_add_line (self->asking, line, above);
}

/* TRUE: what follows the line are frames. */
static gboolean
take_line (MitogenBootstrap *self)
{
  MitogenLineBuffer *line = &self->dialogue.out_line;

  if (self->state == STATE_STARTING &&
      mitogen_dialogue_line_contains (line, self->spec.preamble->started))
    on_started (self);
  else if (self->state == STATE_LOADING &&
           mitogen_dialogue_line_contains (line, self->spec.preamble->ready))
    become_ready (self);
  else
    keep_line (self, line, is_on_terminal (self));
  mitogen_line_buffer_clear (line);
  return self->state == STATE_READY;
}

static gboolean
check_dialogue_size (MitogenBootstrap *self, gsize size)
{
  if (mitogen_dialogue_count (&self->dialogue, size))
    return TRUE;
  mitogen_bootstrap_fail_with (self, MITOGEN_ERROR_PROTOCOL, _ ("it said too much"));
  return FALSE;
}

gsize
mitogen_bootstrap_stream_raw (MitogenStream *stream,
                              const guint8 *data,
                              gsize size,
                              gpointer user_data)
{
  MitogenBootstrap *self = user_data;
  gsize taken = 0;

  if (!check_dialogue_size (self, size))
    return size;

  while (taken < size)
    {
      gsize n = mitogen_line_buffer_feed (&self->dialogue.out_line, data + taken, size - taken);

      if (n == 0)
        {
          if (self->asking != NULL && is_on_terminal (self))
            mitogen_asking_look (self->asking, &self->dialogue.out_line);
          return size;
        }
      taken += n;
      if (take_line (self))
        break;
    }
  return taken;
}

/* ---- what is said beside the stream ---- */

static void
text_read (gsize size, gpointer data)
{
  MitogenBootstrap *self = data;

  if (self->state < STATE_LIVE)
    check_dialogue_size (self, size);
}

/* Before its stream is closed, which it might take for an answer. */
static void
give_up (MitogenBootstrap *self)
{
  MitogenFailure failure = { .has_status = FALSE };
  gint code = MITOGEN_ERROR_STREAM;
  gboolean busy = FALSE;
  g_autofree char *what =
      mitogen_dialogue_ask_method (&self->dialogue, &self->spec, &failure, &code, &busy);

  if (what == NULL)
    return;
  mitogen_process_send_signal (self->process, SIGKILL);
  fail_at (self, MITOGEN_STEP_NONE, code, what);
}

static void
err_partial (MitogenLineBuffer *line, gpointer data)
{
  MitogenBootstrap *self = data;

  if (self->state != STATE_STARTING || !mitogen_dialogue_is_lost (&self->spec, line))
    return;
  keep_line (self, line, FALSE);
  give_up (self);
}

static void
err_line (MitogenLineBuffer *line, gpointer data)
{
  MitogenBootstrap *self = data;

  if (self->state < STATE_LIVE)
    {
      keep_line (self, line, FALSE);
      if (self->state == STATE_STARTING && mitogen_dialogue_is_lost (&self->spec, line))
        give_up (self);
    }
  else if (!mitogen_context_node_is_python (self->node))
    mitogen_log_receive_line (self->core, self->node, "stderr", (const char *) line->partial->data,
                              line->partial->len);
  else
    mitogen_dialogue_log_line (self->node, line, &self->last_line);
}

static void
err_ended (gpointer data)
{
  MitogenBootstrap *self = data;

  g_clear_pointer (&self->err, mitogen_text_channel_free);
  if (self->state < STATE_LIVE)
    mitogen_bootstrap_explain_if_complete (self);
}

static void
tty_line (MitogenLineBuffer *line, gpointer data)
{
  MitogenBootstrap *self = data;

  if (self->state < STATE_LIVE)
    keep_line (self, line, TRUE);
  else
    mitogen_dialogue_log_line (self->node, line, &self->last_line);
}

static void
tty_partial (MitogenLineBuffer *line, gpointer data)
{
  MitogenBootstrap *self = data;

  if (self->asking != NULL)
    mitogen_asking_look (self->asking, line);
}

/* It stays open: closing it would end the program. */
static void
tty_ended (gpointer data)
{
  MitogenBootstrap *self = data;

  self->tty_ended = TRUE;
  if (self->state < STATE_LIVE)
    mitogen_bootstrap_explain_if_complete (self);
}

const MitogenTextChannelFuncs mitogen_bootstrap_err_funcs = { .read = text_read,
                                                              .line = err_line,
                                                              .partial = err_partial,
                                                              .ended = err_ended };
const MitogenTextChannelFuncs mitogen_bootstrap_tty_funcs = { .read = text_read,
                                                              .line = tty_line,
                                                              .partial = tty_partial,
                                                              .ended = tty_ended };

/* ---- answers ---- */

static void
asking_type (GBytes *line, gpointer data)
{
  MitogenBootstrap *self = data;

  if (self->tty != NULL)
    mitogen_text_channel_type (self->tty, line);
  else if (self->stream != NULL)
    {
      mitogen_stream_send_raw (self->stream, line);
      if (self->dialogue.out_line.partial != NULL)
        keep_line (self, &self->dialogue.out_line, TRUE);
      mitogen_line_buffer_clear (&self->dialogue.out_line);
    }
}

static void
asking_failed (const GError *error, gpointer data)
{
  MitogenBootstrap *self = data;

  if (error->domain == MITOGEN_ERROR)
    fail_at (self, MITOGEN_STEP_NONE, error->code, error->message);
  else
    mitogen_bootstrap_fail (self, error);
}

const MitogenAskingFuncs mitogen_bootstrap_asking_funcs = { .type = asking_type,
                                                            .clock = mitogen_bootstrap_run_clock,
                                                            .failed = asking_failed };

/* ---- live ---- */

static void
become_live (MitogenBootstrap *self, GVariant *info)
{
  mitogen_bootstrap_clear_timer (self);
  mitogen_clock_stop (&self->clock);
  self->state = STATE_LIVE;
  if (self->spec.prompter != NULL)
    mitogen_prompter_succeeded (self->spec.prompter);
  mitogen_fd_close (&self->slave_fd);
  mitogen_bootstrap_clear_dialogue (self);
  mitogen_context_node_set_connected (self->node, info);
  mitogen_bootstrap_tell (self, NULL);
}

static void
on_hello (MitogenMessage *message, gpointer data)
{
  MitogenBootstrap *self = data;
  g_autofree char *what = NULL;
  g_autoptr (GVariant) info = mitogen_dialogue_read_hello (message, &what);

  if (info == NULL)
    mitogen_bootstrap_fail_with (self, MITOGEN_ERROR_PROTOCOL, what);
  else
    become_live (self, info);
}
