/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-relay-parts-private.h"
#include "python/mitogen-parts-private.h"
#include "connection/mitogen-relay-messages-private.h"
#include "router/mitogen-log-private.h"
#include "router/mitogen-route-monitor-private.h"
#include "spawn/mitogen-signal-name-private.h"
#include "spawn/mitogen-terminal-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/wait.h>

/* Messages that ride along, so that they are there when the context is. More would only fill the
 * memory of the via: what does not fit waits for the route. */
#define MAX_RIDING (64 * 1024)

/* How long the end of a context waits for the exit status that explains it: the via itself gives
 * the process half a second. */
#define EXPLANATION_MS 1500

/* How long a via may take to end a process that does not want to; then it is its affair. */
#define KILL_MS 8000

static void release (MitogenRelay *self);
static void peer_shutdown (gpointer data);
static void peer_force (gpointer data);
static void peer_held (gpointer data);
static void peer_lost (gpointer data);
static gboolean pause_before_next (MitogenRelay *self);
static void peer_kill (gpointer data);

static const MitogenPeerFuncs peer_funcs = { .shutdown = peer_shutdown,
                                             .force = peer_force,
                                             .held = peer_held,
                                             .lost = peer_lost,
                                             .kill = peer_kill };

/* ---- small parts ---- */

static void
clear_timer (MitogenRelay *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static void
set_timer (MitogenRelay *self, guint ms, MitogenIoFunc func)
{
  clear_timer (self);
  self->timer = mitogen_io_add_timeout (get_io (self), ms, func, self);
}

static void
tell (MitogenRelay *self, const GError *error)
{
  void (*done) (const GError *, gpointer) = self->done;

  self->done = NULL;
  if (done != NULL)
    done (error, self->data);
}

void
mitogen_relay_send (MitogenRelay *self, MitogenMessage *message)
{
  g_autoptr (MitogenMessage) owned = message;
  MitogenFrameHeader header = *mitogen_message_get_header (owned);
  g_autoptr (MitogenMessage) named = NULL;

  header.reply_to = self->handle; /* together with our id it names the relay */
  named = mitogen_message_with_header (owned, &header);
  mitogen_core_send (self->core, named);
}

static void
send_kill (MitogenRelay *self)
{
  if (self->handle != 0)
    mitogen_relay_send (self, mitogen_relay_message_kill (get_via_id (self)));
}

static void on_timed_out (gpointer data);

void
mitogen_relay_start_clock (MitogenRelay *self)
{
  mitogen_clock_start (&self->clock, get_io (self), on_timed_out, self);
}

static void
clear_dialogue (MitogenRelay *self)
{
  g_clear_pointer (&self->asking, mitogen_asking_free);
  mitogen_line_buffer_clear (&self->tty_line);
  mitogen_dialogue_clear (&self->dialogue);
}

/* ---- the end ---- */

static void
on_given_up (gpointer data)
{
  release (data);
}

static void
forget_route (MitogenRelay *self)
{
  g_autoptr (MitogenStream) stream = mitogen_core_get_route (self->core, get_id (self));

  if (stream != NULL)
    mitogen_route_monitor_remove (mitogen_core_get_route_monitor (self->core), get_id (self),
                                  stream);
}

/* The context is gone, for whatever reason; its process perhaps not yet. */
static void
end_live (MitogenRelay *self, const GError *reason)
{
  clear_timer (self);
  self->state = STATE_GONE;
  forget_route (self);
  mitogen_core_node_lost (self->core, self->node, reason);
  if (self->handle == 0)
    release (self);
  else
    set_timer (self, KILL_MS, on_given_up);
}

/* Nothing more will come from the via. */
static void
forget_handle (MitogenRelay *self)
{
  guint32 handle = self->handle;

  self->handle = 0;
  if (handle != 0)
    mitogen_handlers_remove (mitogen_core_get_handlers (self->core), handle);
}

static void
release (MitogenRelay *self)
{
  clear_timer (self);
  mitogen_clock_stop (&self->clock);
  mitogen_core_forget_hello (self->core, get_id (self));
  mitogen_route_monitor_withdraw (mitogen_core_get_route_monitor (self->core), get_id (self));
  forget_handle (self);
  mitogen_core_remove_peer (self->core, get_id (self));
  forget_route (self);
  clear_dialogue (self);
  mitogen_relay_unref (self);
}

void
mitogen_relay_fail (MitogenRelay *self, const GError *error)
{
  g_autoptr (MitogenStream) way = mitogen_core_get_route (self->core, get_id (self));

  g_assert (self->state < STATE_LIVE);
  self->state = STATE_GONE;
  clear_timer (self);
  mitogen_clock_stop (&self->clock);
  g_clear_pointer (&self->asking, mitogen_asking_free);
  mitogen_core_forget_hello (self->core, get_id (self));
  mitogen_core_node_lost (self->core, self->node, error);
  if (way != NULL)
    mitogen_core_add_route (self->core, get_id (self), way, 0);
  tell (self, error);
  if (self->handle == 0)
    {
      release (self);
      return;
    }
  send_kill (self);
  set_timer (self, KILL_MS, on_given_up);
}

static MitogenStep
get_step (MitogenRelay *self)
{
  switch (self->state)
    {
    case STATE_NEW:
    case STATE_PAUSING:
    case STATE_OPENING:
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

void
mitogen_relay_fail_at (MitogenRelay *self, MitogenStep step, gint code, const char *what)
{
  g_autoptr (GError) error =
      mitogen_dialogue_explain (&self->dialogue, &self->spec,
                                mitogen_context_node_get_name (self->node), step, code, what);

  mitogen_relay_fail (self, error);
}

static void
fail_with (MitogenRelay *self, gint code, const char *what)
{
  mitogen_relay_fail_at (self, get_step (self), code, what);
}

static void
on_timed_out (gpointer data)
{
  MitogenRelay *self = data;
  g_autofree char *what = g_strdup_printf (_ ("the time limit of %.3g seconds is over"),
                                           self->spec.timeout_ms / 1000.0);

  fail_with (self, MITOGEN_ERROR_TIMED_OUT, what);
}

void
mitogen_relay_break_off (MitogenRelay *self, const char *what)
{
  g_autoptr (GError) reason = NULL;

  if (self->state == STATE_GONE)
    return;
  if (self->state < STATE_LIVE)
    {
      fail_with (self, MITOGEN_ERROR_PROTOCOL, what);
      return;
    }
  reason = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL, what);
  send_kill (self);
  end_live (self, reason);
}

static GError *
explain_loss (MitogenRelay *self, const char *what)
{
  if (self->detached)
    what = _ ("it has detached");
  else if (self->killed)
    what = _ ("it was killed");
  else if (self->asked_to_leave)
    what = _ ("it was shut down");
  return g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, what);
}

/* The last event has come. @what: the end of a sentence about the context. */
static void
finish (MitogenRelay *self, gint code, const char *what)
{
  G_GNUC_UNUSED g_autoptr (MitogenRelay) kept = mitogen_relay_ref (self);
  g_autoptr (GError) reason = NULL;

  forget_handle (self);
  if (self->state < STATE_LIVE)
    {
      if (self->timed_out)
        on_timed_out (self);
      else
        fail_with (self, code, what);
    }
  else if (self->state == STATE_LIVE)
    {
      reason = explain_loss (self, what);
      end_live (self, reason);
    }
  else
    release (self);
}

static void
on_unexplained (gpointer data)
{
  MitogenRelay *self = data;
  g_autoptr (GError) reason = NULL;

  if (self->state < STATE_LIVE)
    {
      fail_with (self, MITOGEN_ERROR_STREAM, _ ("it closed its output, but goes on running"));
      return;
    }
  reason = explain_loss (self, _ ("its stream was closed"));
  end_live (self, reason);
}

/* The route is withdrawn: why comes with the exit status, in a moment. */
static void
peer_lost (gpointer data)
{
  MitogenRelay *self = data;

  if (self->state == STATE_GONE)
    return;
  if (self->handle == 0)
    on_unexplained (self);
  else
    set_timer (self, EXPLANATION_MS, on_unexplained);
}

/* ---- events of the via ---- */

static void
on_started (MitogenRelay *self, gint64 pid)
{
  g_autofree char *own = mitogen_dialogue_make_name (self->spec.name, MAX (pid, 0));
  g_autofree char *name = g_strconcat (mitogen_context_node_get_name (self->via), ".", own, NULL);

  mitogen_context_node_set_name (self->node, name);
  self->state = STATE_STARTING;
  mitogen_relay_begin_asking (self);
}

static void
on_adopted (MitogenRelay *self)
{
  g_autoptr (MitogenStream) way = mitogen_core_get_route (self->core, get_id (self));
  g_autoptr (MitogenStream) expected = mitogen_core_get_route (self->core, get_via_id (self));

  if (way == NULL || way != expected)
    {
      mitogen_relay_break_off (self, _ ("the context it goes through did not announce it"));
      return;
    }
  self->adopted = TRUE;
  self->state = STATE_READY;
}

/* FALSE: its method does not know what its last words mean. */
static gboolean
explain_failure (MitogenRelay *self, int wait_status)
{
  MitogenFailure failure = { .has_status = TRUE,
                             .wait_status = wait_status,
                             .started = self->state > STATE_STARTING };
  gint code = MITOGEN_ERROR_STREAM;
  g_autofree char *what = NULL;
  gboolean busy = FALSE;

  if (self->asking != NULL)
    failure.n_answers = mitogen_asking_get_n_answers (self->asking);
  what = mitogen_dialogue_ask_method (&self->dialogue, &self->spec, &failure, &code, &busy);
  if (what == NULL)
    return FALSE;
  forget_handle (self);
  if (busy && self->state == STATE_STARTING && pause_before_next (self))
    return TRUE;
  mitogen_relay_fail_at (self, MITOGEN_STEP_NONE, code, what);
  return TRUE;
}

gboolean
mitogen_relay_give_up (MitogenRelay *self)
{
  MitogenFailure failure = { .has_status = FALSE };
  gint code = MITOGEN_ERROR_STREAM;
  gboolean busy = FALSE;
  g_autofree char *what =
      mitogen_dialogue_ask_method (&self->dialogue, &self->spec, &failure, &code, &busy);

  if (what == NULL)
    return FALSE;
  mitogen_relay_fail_at (self, MITOGEN_STEP_NONE, code, what);
  return TRUE;
}

static void
on_exited (MitogenRelay *self, const MitogenRelayEvent *event)
{
  g_autofree char *status = NULL;
  g_autofree char *what = NULL;
  gint code = MITOGEN_ERROR_STREAM;
  int wait_status = event->number;

  if (!event->has_number)
    {
      finish (self, code, _ ("its process ended, nobody knows how"));
      return;
    }
  if (self->state < STATE_LIVE && !self->timed_out && explain_failure (self, wait_status))
    return;
  status = mitogen_describe_wait_status (wait_status);
  what = self->state == STATE_LIVE
             ? mitogen_dialogue_explain_end (self->method, wait_status, self->last_line)
             : g_strdup_printf (_ ("the process %s"), status);
  if (self->state == STATE_STARTING && !self->spec.is_fork && WIFEXITED (wait_status) &&
      (WEXITSTATUS (wait_status) == 127 || WEXITSTATUS (wait_status) == 126))
    code = MITOGEN_ERROR_NO_INTERPRETER;
  finish (self, code, what);
}

/* A copy of the via has no first stage. */
static guint
count_rules (MitogenRelay *self)
{
  return self->spec.is_fork ? 1 : 2;
}

static gboolean
is_in_order (MitogenRelay *self, const MitogenRelayEvent *event)
{
  switch (event->kind)
    {
    case MITOGEN_RELAY_EVENT_STARTED:
      return self->state == STATE_OPENING;
    case MITOGEN_RELAY_EVENT_RULE:
      return (self->state == STATE_STARTING || self->state == STATE_LOADING) &&
             event->number == self->rules && self->rules < count_rules (self);
    case MITOGEN_RELAY_EVENT_ADOPTED:
      return self->state == STATE_LOADING && self->rules == count_rules (self) && !self->adopted;
    case MITOGEN_RELAY_EVENT_OTHER:
    case MITOGEN_RELAY_EVENT_LIMIT:
    case MITOGEN_RELAY_EVENT_DETACHED:
    case MITOGEN_RELAY_EVENT_CREDIT:
    case MITOGEN_RELAY_EVENT_EOF:
    case MITOGEN_RELAY_EVENT_EXIT:
    case MITOGEN_RELAY_EVENT_FAILED:
    default:
      return TRUE;
    }
}

static void
fail_to_start (MitogenRelay *self, const MitogenRelayEvent *event)
{
  gboolean terminal =
      self->spec.method != NULL && self->spec.method->terminal != MITOGEN_TERMINAL_NONE;
  g_autofree char *what = terminal ? mitogen_terminal_explain_failure (event->number, event->text)
                                   : g_strdup (event->text);

  finish (self, MITOGEN_ERROR_STREAM, what);
}

static void
on_event (MitogenRelay *self, const MitogenRelayEvent *event)
{
  if (self->state != STATE_GONE && !is_in_order (self, event))
    {
      mitogen_relay_break_off (
          self, _ ("the context it goes through tells of events in no possible order"));
      return;
    }
  switch (event->kind)
    {
    case MITOGEN_RELAY_EVENT_STARTED:
      if (self->state != STATE_GONE)
        on_started (self, event->number);
      break;
    case MITOGEN_RELAY_EVENT_RULE:
      self->rules++;
      g_clear_pointer (&self->asking, mitogen_asking_free);
      if (self->state != STATE_GONE)
        self->state = STATE_LOADING;
      break;
    case MITOGEN_RELAY_EVENT_ADOPTED:
      if (self->state != STATE_GONE)
        on_adopted (self);
      break;
    case MITOGEN_RELAY_EVENT_LIMIT:
      self->timed_out = !self->adopted;
      break;
    case MITOGEN_RELAY_EVENT_DETACHED:
      self->detached = self->state == STATE_LIVE;
      break;
    case MITOGEN_RELAY_EVENT_EXIT:
      on_exited (self, event);
      break;
    case MITOGEN_RELAY_EVENT_FAILED:
      fail_to_start (self, event);
      break;
    case MITOGEN_RELAY_EVENT_CREDIT: /* what is typed is less than a window */
    case MITOGEN_RELAY_EVENT_EOF:
    case MITOGEN_RELAY_EVENT_OTHER:
    default:
      break;
    }
}

/* The via cannot be reached, or does not know us any more. */
static void
on_dead (MitogenRelay *self, MitogenMessage *message)
{
  g_autoptr (GError) why = mitogen_message_dead_error (message);
  g_autofree char *clean = mitogen_diagnosis_clean (why->message, strlen (why->message));
  g_autofree char *what = g_strdup_printf (_ ("it goes through %s, which is gone: %s"),
                                           mitogen_context_node_get_name (self->via), clean);

  finish (self, MITOGEN_ERROR_STREAM, what);
}

static void
on_message (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  g_autoptr (MitogenRelay) self = mitogen_relay_ref (data);
  g_auto (MitogenRelayEvent) event = { 0 };

  if (self->handle == 0)
    return;
  if (mitogen_message_is_dead (message))
    on_dead (self, message);
  else if (mitogen_message_get_header (message)->encoding == MITOGEN_ENCODING_RAW)
    {
      GBytes *bytes = mitogen_message_get_bytes (message);
      gsize size;
      const guint8 *payload = g_bytes_get_data (bytes, &size);

      if (size > 0)
        mitogen_relay_on_data (self, payload[0], payload + 1, size - 1);
    }
  else if (mitogen_relay_event_read (message, &event))
    on_event (self, &event);
  else
    mitogen_relay_break_off (self, _ ("the context it goes through sent what cannot be read"));
}

/* ---- live ---- */

static void
on_hello (MitogenMessage *message, gpointer data)
{
  MitogenRelay *self = data;
  g_autofree char *what = NULL;
  g_autoptr (GVariant) info = NULL;

  if (!self->adopted)
    {
      mitogen_relay_break_off (self, _ ("the context it goes through sent its greeting too early"));
      return;
    }
  info = mitogen_dialogue_read_hello (message, &what);
  if (info == NULL)
    {
      mitogen_relay_break_off (self, what);
      return;
    }
  clear_timer (self);
  mitogen_clock_stop (&self->clock);
  self->state = STATE_LIVE;
  if (self->spec.prompter != NULL)
    mitogen_prompter_succeeded (self->spec.prompter);
  clear_dialogue (self);
  g_clear_pointer (&self->riding, g_ptr_array_unref);
  self->method = g_steal_pointer (&self->spec.method);
  mitogen_bootstrap_spec_clear (&self->spec);
  mitogen_context_node_set_connected (self->node, info);
  tell (self, NULL);
}

/* ---- the start ---- */

/* Returns: (transfer none) (nullable) */
static GBytes *
take_riding (MitogenRelay *self)
{
  g_autoptr (GPtrArray) messages = mitogen_core_take_held (self->core, get_id (self), MAX_RIDING);

  if (messages == NULL)
    return NULL;
  if (self->riding == NULL)
    self->riding = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_ptr_array_add (self->riding, mitogen_relay_pack_frames (messages));
  return self->riding->pdata[self->riding->len - 1];
}

static void
peer_held (gpointer data)
{
  MitogenRelay *self = data;
  GBytes *frames;

  if (self->state == STATE_NEW || self->state >= STATE_LIVE || self->handle == 0)
    return;
  frames = take_riding (self);
  if (frames != NULL)
    mitogen_relay_send (self, mitogen_relay_message_queue (get_via_id (self), frames));
}

static gboolean
listen (MitogenRelay *self, GError **error)
{
  MitogenHandlerSpec spec = {
    .handle = 0,
    .persist = TRUE,
    .respondent = get_via_id (self),
    .accept = MITOGEN_ACCEPT_ANY,
    .func = on_message,
    .data = mitogen_relay_ref (self),
    .destroy = (GDestroyNotify) mitogen_relay_unref,
  };

  self->handle = mitogen_handlers_add (mitogen_core_get_handlers (self->core), &spec, error);
  return self->handle != 0;
}

/* Of a process that has ended without success, what rode along went with it. */
static void
send_open (MitogenRelay *self)
{
  GBytes *first = self->riding != NULL ? self->riding->pdata[0] : NULL;
  guint32 via_id = get_via_id (self);

  self->state = STATE_OPENING;
  self->credit = MITOGEN_RELAY_WINDOW;
  self->owed = 0;
  mitogen_relay_send (self, mitogen_relay_message_open (via_id, get_id (self), &self->spec, first,
                                                        MITOGEN_RELAY_WINDOW,
                                                        self->clock.ms + MITOGEN_RELAY_MARGIN_MS));
  for (guint i = 1; self->riding != NULL && i < self->riding->len; i++)
    mitogen_relay_send (self, mitogen_relay_message_queue (via_id, self->riding->pdata[i]));
  mitogen_relay_start_clock (self);
}

static void
open_relay (MitogenRelay *self)
{
  self->has_terminal =
      self->spec.method != NULL && self->spec.method->terminal == MITOGEN_TERMINAL_BESIDE;
  mitogen_core_expect_hello (self->core, get_id (self), on_hello, self);
  mitogen_core_add_node (self->core, self->node);
  mitogen_route_monitor_expect (mitogen_core_get_route_monitor (self->core), get_id (self),
                                get_via_id (self), self->spec.max_message_size);
  mitogen_parts_push (self->core, self->via,
                      self->spec.is_fork ? MITOGEN_PART_FORK : MITOGEN_PART_RELAY);
  if (self->spec.is_fork && (self->spec.debug || self->spec.profiling))
    mitogen_parts_push (self->core, self->via, MITOGEN_PART_DEBUG);
  mitogen_parts_push (self->core, self->via, MITOGEN_PART_IMPORTER);
  mitogen_parts_push (self->core, self->via, MITOGEN_PART_FORWARD);
  take_riding (self);
  self->clock.ms = self->spec.timeout_ms;
  send_open (self);
}

static void
reopen (gpointer data)
{
  MitogenRelay *self = data;
  g_autoptr (GError) error = NULL;

  clear_timer (self);
  clear_dialogue (self);
  mitogen_dialogue_init (&self->dialogue);
  mitogen_prompter_restarted (self->spec.prompter);
  take_riding (self);
  mitogen_clock_stop (&self->clock);
  if (listen (self, &error))
    send_open (self);
  else
    mitogen_relay_fail_at (self, MITOGEN_STEP_COMMAND, MITOGEN_ERROR_STREAM, error->message);
}

/* It may go better the next time. FALSE: there is no time left. */
static gboolean
pause_before_next (MitogenRelay *self)
{
  guint ms = mitogen_dialogue_get_pause (self->n_pauses++);

  mitogen_clock_stop (&self->clock);
  if (self->spec.prompter == NULL || ms >= self->clock.ms)
    return FALSE;
  mitogen_relay_start_clock (self);
  self->state = STATE_PAUSING;
  g_clear_pointer (&self->asking, mitogen_asking_free);
  set_timer (self, ms, reopen);
  return TRUE;
}

static void
fail_for_via (MitogenRelay *self)
{
  g_autoptr (GError) reason = mitogen_context_node_get_reason (self->via);
  g_autofree char *what = g_strdup_printf (_ ("it goes through %s, which is gone: %s"),
                                           mitogen_context_node_get_name (self->via),
                                           reason != NULL ? reason->message : "?");

  fail_with (self, MITOGEN_ERROR_STREAM, what);
}

static void
start (gpointer data)
{
  MitogenRelay *self = data;
  g_autoptr (GError) error = NULL;

  if (self->state == STATE_GONE) /* aborted before it began */
    return;

  mitogen_relay_ref (self); /* until release() */
  mitogen_core_add_peer (self->core, get_id (self), self, &peer_funcs);
  if (self->state == STATE_GONE) /* the router is being shut down */
    return;
  if (mitogen_context_node_get_state (self->via) == MITOGEN_CONTEXT_NODE_DISCONNECTED)
    fail_for_via (self);
  else if (!listen (self, &error))
    fail_with (self, MITOGEN_ERROR_STREAM, error->message);
  else
    open_relay (self);
}

gboolean
mitogen_relay_start (MitogenRelay *self)
{
  return mitogen_io_post (get_io (self), start, mitogen_relay_ref (self),
                          (GDestroyNotify) mitogen_relay_unref);
}

/* ---- ending ---- */

static void
kill_run (gpointer data)
{
  MitogenRelay *self = data;

  clear_timer (self);
  send_kill (self);
  set_timer (self, KILL_MS, on_unexplained);
}

static void
leave (MitogenRelay *self)
{
  if (self->asked_to_leave)
    return;
  self->asked_to_leave = TRUE;
  mitogen_core_send_shutdown (self->core, get_id (self));
  set_timer (self, mitogen_io_get_shutdown_timeout (get_io (self)), kill_run);
}

static void
peer_shutdown (gpointer data)
{
  g_autoptr (MitogenRelay) self = mitogen_relay_ref (data);

  if (self->state == STATE_LIVE)
    leave (self);
  else if (self->state < STATE_LIVE)
    fail_with (self, MITOGEN_ERROR_STREAM, _ ("the router was shut down"));
}

static void
peer_kill (gpointer data)
{
  g_autoptr (MitogenRelay) self = mitogen_relay_ref (data);

  self->killed = TRUE;
  if (self->state == STATE_LIVE)
    kill_run (self);
  else if (self->state < STATE_LIVE)
    fail_with (self, MITOGEN_ERROR_STREAM, _ ("it was killed"));
}

/* The grace time of the router is over. */
static void
peer_force (gpointer data)
{
  g_autoptr (MitogenRelay) self = mitogen_relay_ref (data);
  g_autoptr (GError) reason = NULL;

  self->asked_to_leave = TRUE;
  send_kill (self);
  forget_handle (self);
  if (self->state < STATE_LIVE)
    fail_with (self, MITOGEN_ERROR_STREAM, _ ("the router was shut down"));
  else if (self->state == STATE_LIVE)
    {
      reason = explain_loss (self, NULL);
      end_live (self, reason);
    }
  else
    release (self);
}

static void
abort_run (gpointer data)
{
  MitogenRelay *self = data;
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
    mitogen_relay_fail (self, error);
}

void
mitogen_relay_abort (MitogenRelay *self)
{
  mitogen_io_post (get_io (self), abort_run, mitogen_relay_ref (self),
                   (GDestroyNotify) mitogen_relay_unref);
}

/* ---- life ---- */

MitogenRelay *
mitogen_relay_new (MitogenCore *core,
                   MitogenContextNode *node,
                   MitogenContextNode *via,
                   MitogenBootstrapSpec *spec,
                   void (*done) (const GError *error, gpointer data),
                   gpointer data,
                   GDestroyNotify destroy)
{
  MitogenRelay *self = g_new0 (MitogenRelay, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->core = mitogen_core_ref (core);
  self->node = mitogen_context_node_ref (node);
  self->via = mitogen_context_node_ref (via);
  self->spec = *spec;
  memset (spec, 0, sizeof *spec);
  self->done = done;
  self->data = data;
  self->destroy = destroy;
  mitogen_dialogue_init (&self->dialogue);
  return self;
}

MitogenRelay *
mitogen_relay_ref (MitogenRelay *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_relay_unref (MitogenRelay *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  clear_dialogue (self);
  g_clear_pointer (&self->riding, g_ptr_array_unref);
  g_clear_pointer (&self->method, mitogen_method_unref);
  g_free (self->last_line);
  mitogen_bootstrap_spec_clear (&self->spec);
  if (self->destroy != NULL)
    self->destroy (self->data);
  mitogen_context_node_unref (self->node);
  mitogen_context_node_unref (self->via);
  mitogen_core_unref (self->core);
  g_free (self);
}
