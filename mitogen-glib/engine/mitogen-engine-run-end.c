/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-run-parts-private.h"
#include "engine/mitogen-engine-text-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/wait.h>

/* The daemon knows of an end a moment after the last byte, or more than half a second if it looks
 * only now and then, as podman does. One that hangs is not waited for. */
#define STATUS_MS     2000
#define FIRST_LOOK_MS 10
#define MAX_LOOK_MS   320

/* Nobody knows how it has ended; it is what the client programs say if the daemon fails. */
#define UNKNOWN_STATUS W_EXITCODE (125, 0)

/* As a shell has it: above 128 it was a signal. */
static int
to_wait_status (gint64 code)
{
  if (code > 128 && code < 160)
    return W_EXITCODE (0, (int) code - 128);
  return W_EXITCODE ((int) (code & 0xff), 0);
}

static void
end_unknown (MitogenEngineRun *self, const char *why)
{
  if (self->error == NULL)
    self->error = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_STREAM, why);
  mitogen_engine_run_end (self, UNKNOWN_STATUS);
}

static void
end_known (MitogenEngineRun *self, gint64 code)
{
  mitogen_engine_run_end (self, self->error != NULL ? UNKNOWN_STATUS : to_wait_status (code));
}

static void
on_status_timed_out (gpointer data)
{
  MitogenEngineRun *self = data;
  g_autofree char *why = g_strdup_printf (
      _ ("its output has ended, but the daemon of %s does not say that it has ended itself"),
      self->spec.engine);

  end_unknown (self, why);
}

static void
end_lost (MitogenEngineRun *self, const GError *error)
{
  g_autofree char *why = g_strdup_printf (_ ("the connection was lost, and %s"), error->message);

  end_unknown (self, why);
}

/* ---- in a container that runs ---- */

static void look (gpointer data);

/* The end of the output and that of the process are not told in this order. */
static void
look_again (MitogenEngineRun *self)
{
  guint ms = MIN (FIRST_LOOK_MS << self->n_looks, MAX_LOOK_MS);

  self->n_looks++;
  self->next_look = mitogen_io_add_timeout (self->io, ms, look, self);
}

static void
on_looked (const MitogenEngineAnswer *answer, const GError *error, gpointer data)
{
  MitogenEngineRun *self = data;
  gint64 code;

  self->request = NULL;
  if (error != NULL)
    end_lost (self, error);
  else if (answer->status != 200 || answer->object == NULL)
    end_unknown (self, _ ("the container has ended"));
  else if (!mitogen_engine_json_get_boolean (answer->object, "Running") &&
           mitogen_engine_json_get_number (answer->object, "ExitCode", &code))
    end_known (self, code);
  else
    look_again (self);
}

static const MitogenEngineRequestFuncs look_funcs = { .answered = on_looked };

static void
look (gpointer data)
{
  MitogenEngineRun *self = data;
  g_autofree char *id = mitogen_engine_escape (self->id);

  g_clear_pointer (&self->next_look, g_source_unref);
  mitogen_engine_run_ask (self, "GET", g_strdup_printf ("/exec/%s/json", id), NULL, &look_funcs);
}

/* ---- in a temporary one ---- */

/* Why it could not be started, the answer to that request tells. */
void
mitogen_engine_run_end_temporary (MitogenEngineRun *self)
{
  if (self->state != MITOGEN_ENGINE_STATE_ENDING || self->request != NULL || self->waiting != NULL)
    return;
  if (self->has_status)
    end_known (self, self->exit_code);
  else
    end_unknown (self, _ ("the container has ended"));
}

static void
on_waited (const MitogenEngineAnswer *answer, const GError *error, gpointer data)
{
  MitogenEngineRun *self = data;

  self->waiting = NULL;
  if (error == NULL && answer->status == 200 && answer->object != NULL &&
      mitogen_engine_json_get_number (answer->object, "StatusCode", &self->exit_code))
    self->has_status = self->removed = TRUE;
  if (error != NULL && self->state == MITOGEN_ENGINE_STATE_ENDING)
    end_lost (self, error);
  else
    mitogen_engine_run_end_temporary (self);
}

static const MitogenEngineRequestFuncs wait_funcs = { .answered = on_waited };

void
mitogen_engine_run_wait (MitogenEngineRun *self)
{
  g_autofree char *id = mitogen_engine_escape (self->id);
  g_autofree char *path = g_strdup_printf ("/containers/%s/wait?condition=next-exit", id);
  const MitogenEngineRequestSpec spec = { .method = "POST", .path = path };

  self->waiting = mitogen_engine_session_send (self->session, &spec, &wait_funcs, self);
}

/* ---- any ---- */

void
mitogen_engine_run_ask_status (MitogenEngineRun *self)
{
  self->state = MITOGEN_ENGINE_STATE_ENDING;
  mitogen_engine_run_set_timer (self, STATUS_MS, on_status_timed_out);
  if (!mitogen_engine_run_is_temporary (self))
    look (self);
  else
    mitogen_engine_run_end_temporary (self);
}
