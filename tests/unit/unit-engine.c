/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unit-engine.h"
#include "broker/mitogen-fd-private.h"

#include <gio/gunixsocketaddress.h>

/* ---- how it is when all is well ---- */

static const StandInRule good[] = {
  { CREATE_EXEC, STAND_IN_JSON ("201 Created", "{\"Id\":\"e1\"}") },
  { START_EXEC, STAND_IN_RAW, .then = STAND_IN_ECHO },
  { LOOK, STAND_IN_JSON ("200 OK", "{\"Running\":false,\"ExitCode\":7}") },
  { CREATE, STAND_IN_JSON ("201 Created", "{\"Id\":\"t1\",\"Warnings\":[]}") },
  { ATTACH, STAND_IN_RAW, .then = STAND_IN_ECHO },
  { WAIT, STAND_IN_JSON ("200 OK", "{\"StatusCode\":7,\"Error\":null}") },
  { START, "HTTP/1.1 204 No Content\r\nApi-Version: 1.41\r\n\r\n" },
  { KILL, "HTTP/1.1 204 No Content\r\nApi-Version: 1.41\r\n\r\n" },
  { REMOVE, "HTTP/1.1 204 No Content\r\nApi-Version: 1.41\r\n\r\n" },
  { NULL },
};

const StandInRule unit_no_rules[] = { { NULL } };

/* ---- a run ---- */

static void
on_exited (int wait_status, gpointer data)
{
  UnitEngineRun *self = data;

  self->wait_status = wait_status;
  g_clear_pointer (&self->process, mitogen_process_free);
  g_atomic_int_inc (&self->n_exited);
}

static void
on_clock (gboolean runs, gpointer data)
{
  UnitEngineRun *self = data;

  g_atomic_int_set (&self->clock_stands, !runs);
}

static void
on_progress (const char *status, guint64 done, guint64 total, gpointer data)
{
  UnitEngineRun *self = data;

  g_assert_cmpstr (status, !=, NULL);
  self->done = done;
  self->total = total;
  g_atomic_int_inc (&self->n_progress);
}

static void
start_run (gpointer data)
{
  static const char *const argv[] = { "cat", "-", NULL };
  static const char *const environment[] = { "A=b c", NULL };
  UnitEngineRun *self = data;
  const MitogenEngineRunFuncs funcs = { on_exited, on_clock, on_progress, self };
  MitogenEngineRunSpec spec = { .pull = self->pull };
  int in[2];
  int out[2];
  int err[2];

  g_assert_true (mitogen_fd_pipe (in, NULL) && mitogen_fd_pipe (out, NULL) &&
                 mitogen_fd_pipe (err, NULL));
  g_assert_true (mitogen_fd_set_nonblocking (in[0], NULL) &&
                 mitogen_fd_set_nonblocking (out[1], NULL) &&
                 mitogen_fd_set_nonblocking (err[1], NULL));
  self->in_fd = in[1];
  self->out_fd = out[0];
  self->err_fd = err[0];
  spec.address.connectable = G_SOCKET_CONNECTABLE (g_unix_socket_address_new (
      self->path != NULL ? self->path : stand_in_engine_get_path (self->engine)));
  spec.address.shown = g_strdup ("unix:///stand-in");
  spec.engine = g_strdup ("docker");
  spec.container = g_strdup (self->container);
  spec.image = g_strdup (self->image);
  spec.username = g_strdup ("me");
  spec.environment = g_strdupv ((char **) environment);
  self->run = mitogen_engine_run_start (self->io, &spec, argv, in[0], out[1], err[1], &funcs,
                                        &self->process);
  mitogen_engine_run_spec_clear (&spec);
}

void
unit_engine_start (UnitEngineRun *self, const StandInRule *rules)
{
  const StandInRule *const all[] = { rules, good, NULL };

  self->engine = stand_in_engine_new (all);
  self->io = unit_io_new ();
  unit_run (self->io, start_run, self);
}

void
unit_engine_free_process (gpointer data)
{
  UnitEngineRun *self = data;

  g_clear_pointer (&self->process, mitogen_process_free);
}

void
unit_engine_end (UnitEngineRun *self)
{
  if (self->io != NULL)
    unit_run (self->io, unit_engine_free_process, self);
  mitogen_fd_close (&self->in_fd);
  mitogen_fd_close (&self->out_fd);
  mitogen_fd_close (&self->err_fd);
  if (self->io != NULL)
    unit_io_end (self->io);
  mitogen_engine_run_unref (self->run);
  stand_in_engine_free (self->engine);
}

void
unit_engine_await_exit (UnitEngineRun *self)
{
  unit_wait (g_atomic_int_get (&self->n_exited) > 0);
  g_assert_cmpint (self->n_exited, ==, 1);
}
