/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-run-parts-private.h"
#include "engine/mitogen-engine-text-private.h"

#include <signal.h>
#include <sys/wait.h>

/* How long a daemon may take to make a container that nobody wants any more, and to remove it. */
#define LEAVE_MS 5000

/* As the client programs have it: it was not run. */
#define NOT_RUN W_EXITCODE (125, 0)

/* ---- what callers give ---- */

void
mitogen_engine_address_clear (MitogenEngineAddress *self)
{
  g_clear_object (&self->connectable);
  g_clear_pointer (&self->shown, g_free);
  g_clear_pointer (&self->tls_host, g_free);
  g_clear_pointer (&self->ca_file, g_free);
  g_clear_pointer (&self->certificate_file, g_free);
  g_clear_pointer (&self->key_file, g_free);
}

void
mitogen_engine_run_spec_clear (MitogenEngineRunSpec *spec)
{
  mitogen_engine_address_clear (&spec->address);
  g_clear_pointer (&spec->engine, g_free);
  g_clear_pointer (&spec->container, g_free);
  g_clear_pointer (&spec->image, g_free);
  g_clear_pointer (&spec->network, g_free);
  g_clear_pointer (&spec->username, g_free);
  g_clear_pointer (&spec->directory, g_free);
  g_clear_pointer (&spec->environment, g_strfreev);
}

/* ---- small parts ---- */

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

void
mitogen_engine_run_set_timer (MitogenEngineRun *self, guint ms, MitogenIoFunc func)
{
  clear_source (&self->timer);
  self->timer = mitogen_io_add_timeout (self->io, ms, func, self);
}

void
mitogen_engine_run_ask (MitogenEngineRun *self,
                        const char *method,
                        char *path,
                        JsonBuilder *body,
                        const MitogenEngineRequestFuncs *funcs)
{
  g_autoptr (GBytes) bytes = body != NULL ? mitogen_engine_json_to_bytes (body) : NULL;
  const MitogenEngineRequestSpec spec = { .method = method, .path = path, .body = bytes };

  self->request = mitogen_engine_session_send (self->session, &spec, funcs, self);
  g_free (path);
}

/* All but the request whose answer says what has to be removed. */
static void
stop (MitogenEngineRun *self)
{
  clear_source (&self->timer);
  clear_source (&self->next_look);
  if (!self->creating)
    g_clear_pointer (&self->request, mitogen_engine_request_cancel);
  g_clear_pointer (&self->waiting, mitogen_engine_request_cancel);
  g_clear_pointer (&self->signalling, mitogen_engine_request_cancel);
  g_clear_pointer (&self->pull, mitogen_engine_pull_free);
  g_clear_pointer (&self->pump, mitogen_engine_pump_free);
  mitogen_engine_pipes_close (&self->pipes);
}

/* ---- its end ---- */

static void
tell (gpointer data)
{
  g_autoptr (MitogenEngineRun) self = mitogen_engine_run_ref (data);

  clear_source (&self->timer);
  if (self->process != NULL)
    mitogen_process_end_elsewhere (self->process, self->wait_status);
}

/* Not at once: nobody expects to be told of the end by the function that begins it, or that sends
 * a signal. */
void
mitogen_engine_run_end (MitogenEngineRun *self, int wait_status)
{
  if (self->state >= MITOGEN_ENGINE_STATE_ENDED)
    return;
  stop (self);
  self->state = MITOGEN_ENGINE_STATE_ENDED;
  self->wait_status = wait_status;
  mitogen_engine_run_set_timer (self, 0, tell);
}

void
mitogen_engine_run_fail (MitogenEngineRun *self, const GError *error)
{
  if (self->state >= MITOGEN_ENGINE_STATE_ENDED)
    return;
  if (self->error == NULL)
    self->error = g_error_copy (error);
  mitogen_engine_run_end (self, NOT_RUN);
}

/* ---- live ---- */

static void
on_pump_ended (const GError *error, gpointer data)
{
  MitogenEngineRun *self = data;

  if (error != NULL && self->error == NULL)
    self->error = g_error_copy (error);
  g_clear_pointer (&self->pump, mitogen_engine_pump_free);
  mitogen_engine_run_ask_status (self);
}

void
mitogen_engine_run_go_live (MitogenEngineRun *self, GInputStream *body, GIOStream *connection)
{
  const MitogenEnginePipes pipes = self->pipes;

  self->pipes = (MitogenEnginePipes){ -1, -1, -1 };
  self->state = MITOGEN_ENGINE_STATE_LIVE;
  self->pump = mitogen_engine_pump_new (self->io, body, connection, &pipes, on_pump_ended, self);
}

/* ---- when nobody is interested any more ---- */

static void leave (MitogenEngineRun *self);

/* It is not known to be gone: who guards it goes on trying. */
static void
on_left (gpointer data)
{
  MitogenEngineRun *self = data;

  self->creating = FALSE;
  g_clear_pointer (&self->guard, mitogen_engine_guard_free);
  leave (self);
}

/* Returns: (transfer full) (nullable): what removes the container; NULL: there is none to be
 * removed
 */
static char *
make_removal (MitogenEngineRun *self)
{
  g_autofree char *id = self->id != NULL ? mitogen_engine_escape (self->id) : NULL;

  if (id == NULL || self->removed || self->detached || !mitogen_engine_run_is_temporary (self))
    return NULL;
  return g_strdup_printf ("/containers/%s?force=true&v=true", id);
}

static void
ignore_shutdown (gpointer data)
{
}

/* The broker's time is over. A container whose command does not mind that its connection has ended
 * would stay. */
static void
on_io_ended (gpointer data)
{
  MitogenEngineRun *self = data;
  g_autofree char *path = make_removal (self);

  if (path != NULL)
    mitogen_engine_session_send_last (self->session, "DELETE", path);
  on_left (self);
}

static const MitogenIoClientFuncs client_funcs = { .shutdown = ignore_shutdown,
                                                   .force = on_io_ended,
                                                   .exited = on_io_ended };

static void
leave (MitogenEngineRun *self)
{
  self->state = MITOGEN_ENGINE_STATE_GONE;
  stop (self);
  if (self->guard != NULL)
    mitogen_engine_guard_dismiss (self->guard);
  g_clear_pointer (&self->guard, mitogen_engine_guard_free);
  g_clear_pointer (&self->session, mitogen_engine_session_unref);
  mitogen_io_remove_client (self->io, self);
  mitogen_io_release (self->io);
  mitogen_engine_run_unref (self);
}

static void
on_removed (const MitogenEngineAnswer *answer, const GError *error, gpointer data)
{
  MitogenEngineRun *self = data;

  self->request = NULL;
  if (error != NULL)
    on_left (self);
  else
    leave (self);
}

static const MitogenEngineRequestFuncs remove_funcs = { .answered = on_removed };

void
mitogen_engine_run_remove (MitogenEngineRun *self)
{
  char *path = make_removal (self);

  if (path == NULL)
    leave (self);
  else
    mitogen_engine_run_ask (self, "DELETE", path, NULL, &remove_funcs);
}

static void
forget (gpointer elsewhere)
{
  MitogenEngineRun *self = elsewhere;

  self->process = NULL;
  stop (self);
  self->state = MITOGEN_ENGINE_STATE_LEAVING;
  mitogen_io_hold (self->io);
  mitogen_io_add_client (self->io, &client_funcs, self);
  mitogen_engine_run_set_timer (self, LEAVE_MS, on_left);
  if (!self->creating)
    mitogen_engine_run_remove (self);
}

/* ---- what passes for a process ---- */

static void
on_signalled (const MitogenEngineAnswer *answer, const GError *error, gpointer data)
{
  MitogenEngineRun *self = data;

  self->signalling = NULL;
}

static const MitogenEngineRequestFuncs signal_funcs = { .answered = on_signalled };

static void
signal_container (MitogenEngineRun *self, int signal_number)
{
  g_autofree char *id = mitogen_engine_escape (self->id);
  g_autofree char *path = g_strdup_printf ("/containers/%s/kill?signal=%d", id, signal_number);
  const MitogenEngineRequestSpec spec = { .method = "POST", .path = path };

  g_clear_pointer (&self->signalling, mitogen_engine_request_cancel);
  self->signalling = mitogen_engine_session_send (self->session, &spec, &signal_funcs, self);
}

/* The API has no signals for what was started in a container that runs. What it means is that the
 * connection ends, at which the core of a context leaves; a process that does not mind cannot be
 * reached any more. */
static gboolean
signal_exec (MitogenEngineRun *self, int signal_number)
{
  if (self->pump != NULL && (signal_number == SIGTERM || signal_number == SIGKILL))
    mitogen_engine_pump_hang_up (self->pump);
  return signal_number != SIGKILL;
}

static gboolean
send_signal (int signal_number, gpointer elsewhere)
{
  MitogenEngineRun *self = elsewhere;

  if (self->state >= MITOGEN_ENGINE_STATE_ENDED)
    return TRUE;
  if (self->state == MITOGEN_ENGINE_STATE_STARTING)
    mitogen_engine_run_end (self, W_EXITCODE (0, signal_number));
  else if (!mitogen_engine_run_is_temporary (self))
    return signal_exec (self, signal_number);
  else
    signal_container (self, signal_number);
  return TRUE;
}

/* A temporary container lives as long as its command then. */
static void
detach (gpointer elsewhere)
{
  MitogenEngineRun *self = elsewhere;

  self->detached = TRUE;
}

static const MitogenProcessFuncs process_funcs = { .send_signal = send_signal,
                                                   .detach = detach,
                                                   .forget = forget };

/* ---- life ---- */

MitogenEngineRun *
mitogen_engine_run_start (MitogenIo *io,
                          MitogenEngineRunSpec *spec,
                          const char *const *argv,
                          int in_fd,
                          int out_fd,
                          int err_fd,
                          const MitogenEngineRunFuncs *funcs,
                          MitogenProcess **process)
{
  MitogenEngineRun *self = g_new0 (MitogenEngineRun, 1);

  g_assert (mitogen_io_is_current (io));
  g_atomic_ref_count_init (&self->ref_count);
  self->io = mitogen_io_ref (io);
  self->spec = *spec;
  *spec = (MitogenEngineRunSpec){ 0 };
  self->argv = g_strdupv ((char **) argv);
  self->pipes = (MitogenEnginePipes){ in_fd, out_fd, err_fd };
  self->funcs = *funcs;
  *process = self->process =
      mitogen_process_new_elsewhere (io, &process_funcs, mitogen_engine_run_ref (self),
                                     funcs->exited, funcs->data);
  mitogen_engine_run_begin (self);
  return self;
}

const GError *
mitogen_engine_run_get_error (MitogenEngineRun *self)
{
  return self->error;
}

MitogenEngineRun *
mitogen_engine_run_ref (MitogenEngineRun *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/* In any thread: what belongs to the I/O thread has gone when the process was forgotten. */
void
mitogen_engine_run_unref (MitogenEngineRun *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_error (&self->error);
  mitogen_engine_run_spec_clear (&self->spec);
  g_strfreev (self->argv);
  g_free (self->id);
  g_free (self->name);
  mitogen_io_unref (self->io);
  g_free (self);
}
