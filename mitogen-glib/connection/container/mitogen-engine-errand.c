/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-engine-errand-private.h"
#include "broker/mitogen-fd-private.h"
#include "connection/container/mitogen-engine-discovery-private.h"
#include "connection/mitogen-tunnel-private.h"
#include "router/mitogen-function-call-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/* As the client programs have it for what went wrong before there was a command. */
#define FAILED_STATUS (125 << 8)

struct _MitogenEngineErrand
{
  gatomicrefcount ref_count;
  MitogenEngineRunSpec spec; /* until it runs */
  char *path;                /* (nullable): there */
  MitogenEngineEmitter *emitter;

  /* I/O thread only */
  GError *error;
  MitogenCore *core;       /* until it is forgotten, as what follows */
  MitogenContextNode *via; /* (nullable) */
  char **argv;
  int in_fd; /* until they are the run's, as the two below */
  int out_fd;
  int err_fd;
  void (*clock) (gboolean runs, gpointer data);
  gpointer data;
  guint32 handle;                  /* where the number of the account comes; 0: it is known */
  GSource *ending;                 /* while it is about to end */
  MitogenProcess *process;         /* this */
  MitogenProcess *inner;           /* that of the run */
  MitogenEngineRun *run;           /* (nullable) */
  GSocketConnectable *connectable; /* owns the listener, which the run may need for longer */
  MitogenTunnelListener *listener; /* (nullable) */
};

static MitogenEngineErrand *
errand_ref (MitogenEngineErrand *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static MitogenIo *
get_io (MitogenEngineErrand *self)
{
  return mitogen_core_get_io (self->core);
}

static void
close_fds (MitogenEngineErrand *self)
{
  mitogen_fd_close (&self->in_fd);
  mitogen_fd_close (&self->out_fd);
  mitogen_fd_close (&self->err_fd);
}

/* ---- the end ---- */

/* @error: (nullable) */
static void
keep_error (MitogenEngineErrand *self, const GError *error)
{
  if (self->error == NULL && error != NULL)
    self->error = g_error_copy (error);
}

static void
on_failed (gpointer data)
{
  MitogenEngineErrand *self = data;

  g_clear_pointer (&self->ending, g_source_unref);
  close_fds (self);
  mitogen_process_end_elsewhere (self->process, FAILED_STATUS);
}

static void
forget_handle (MitogenEngineErrand *self)
{
  guint32 handle = self->handle;

  self->handle = 0;
  if (handle != 0)
    mitogen_handlers_remove (mitogen_core_get_handlers (self->core), handle);
}

/* Before it runs. Whoever has started it does not know it yet, perhaps. */
static void
fail (MitogenEngineErrand *self, const GError *error)
{
  keep_error (self, error);
  forget_handle (self);
  if (self->ending == NULL)
    self->ending = mitogen_io_add_timeout (get_io (self), 0, on_failed, self);
}

/* The end of the way says more than what came of it. FALSE: it has not ended. */
static gboolean
keep_end_of_via (MitogenEngineErrand *self)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GError) error = NULL;

  if (self->via == NULL ||
      mitogen_context_node_get_state (self->via) != MITOGEN_CONTEXT_NODE_DISCONNECTED)
    return FALSE;
  reason = mitogen_context_node_get_reason (self->via);
  error = g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL,
                       _ ("%s, through which it was reached, is gone: %s"),
                       mitogen_context_node_get_name (self->via),
                       reason != NULL ? reason->message : _ ("nobody knows why"));
  keep_error (self, error);
  return TRUE;
}

/* What the tunnel says is the reason of what the engine's client has met with. */
static void
on_run_exited (int wait_status, gpointer data)
{
  MitogenEngineErrand *self = data;
  const GError *error = mitogen_engine_run_get_error (self->run);

  if (error != NULL && !keep_end_of_via (self) && self->listener != NULL)
    keep_error (self, mitogen_tunnel_listener_get_error (self->listener));
  keep_error (self, error);
  mitogen_process_end_elsewhere (self->process, wait_status);
}

/* ---- it runs ---- */

static void
on_run_clock (gboolean runs, gpointer data)
{
  MitogenEngineErrand *self = data;

  self->clock (runs, self->data);
}

static void
on_run_progress (const char *status, guint64 done, guint64 total, gpointer data)
{
  MitogenEngineErrand *self = data;

  mitogen_engine_emitter_tell (self->emitter, status, done, total);
}

static void
run (MitogenEngineErrand *self)
{
  const MitogenEngineRunFuncs run_funcs = {
    .exited = on_run_exited,
    .clock = on_run_clock,
    .progress = on_run_progress,
    .data = self,
  };
  int in_fd = g_steal_fd (&self->in_fd);
  int out_fd = g_steal_fd (&self->out_fd);
  int err_fd = g_steal_fd (&self->err_fd);

  self->run =
      mitogen_engine_run_start (get_io (self), &self->spec, (const char *const *) self->argv, in_fd,
                                out_fd, err_fd, &run_funcs, &self->inner);
}

/* ---- on another host ---- */

static void
free_listener (gpointer listener)
{
  mitogen_tunnel_listener_free (listener);
}

static void
run_behind_tunnel (MitogenEngineErrand *self)
{
  MitogenEngineAddress *address = &self->spec.address;
  g_autoptr (GError) error = NULL;

  self->listener = mitogen_tunnel_listener_new (self->core, self->via, self->path, &error);
  if (self->listener == NULL)
    {
      fail (self, error);
      return;
    }
  self->connectable = G_SOCKET_CONNECTABLE (mitogen_tunnel_listener_get_address (self->listener));
  g_object_set_data_full (G_OBJECT (self->connectable), "mitogen-tunnel-listener", self->listener,
                          free_listener);
  address->connectable = g_object_ref (self->connectable);
  address->shown = g_strconcat ("unix://", self->path, NULL);
  run (self);
}

static gboolean
read_number (MitogenMessage *message, guint *number, GError **error)
{
  g_autoptr (GVariant) value = mitogen_message_unpickle (message, error);
  gint64 read = -1;

  if (value == NULL)
    return FALSE;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    read = g_variant_get_int64 (value);
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT32))
    read = g_variant_get_int32 (value);
  if (read >= 0 && read < G_MAXUINT)
    {
      *number = read;
      return TRUE;
    }
  g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                       _ ("it is not the number of an account"));
  return FALSE;
}

static void
on_account (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  MitogenEngineErrand *self = data;
  g_autoptr (GError) error = NULL;
  guint uid;

  if (self->handle == 0)
    return;
  self->handle = 0;
  if (!read_number (message, &uid, &error))
    {
      g_prefix_error (&error, _ ("%s does not say whose containers they are: "),
                      mitogen_context_node_get_name (self->via));
      fail (self, error);
      return;
    }
  self->path = uid == 0
                   ? g_strdup (MITOGEN_ENGINE_PODMAN_SOCKET)
                   : g_strdup_printf ("%s/%u/podman/podman.sock", MITOGEN_ENGINE_RUN_USER, uid);
  run_behind_tunnel (self);
}

static void
drop_errand (gpointer data)
{
  mitogen_engine_errand_unref (data);
}

/* Each account has a podman of its own. */
static void
ask_account (MitogenEngineErrand *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenMessage) call =
      mitogen_function_call_new (mitogen_context_node_get_id (self->via), NULL, "os:getuid", NULL,
                                 NULL, NULL);
  g_autoptr (MitogenMessage) named = NULL;
  const MitogenHandlerSpec spec = {
    .respondent = mitogen_context_node_get_id (self->via),
    .accept = MITOGEN_ACCEPT_ANY,
    .func = on_account,
    .data = errand_ref (self),
    .destroy = drop_errand,
  };

  self->handle = mitogen_handlers_add (mitogen_core_get_handlers (self->core), &spec, &error);
  if (self->handle == 0)
    {
      fail (self, error);
      return;
    }
  named = mitogen_message_with_reply_to (call, self->handle);
  mitogen_core_send (self->core, named);
}

/* ---- as a process ---- */

static gboolean
send_signal (int signal_number, gpointer data)
{
  MitogenEngineErrand *self = data;
  g_autoptr (GError) error = NULL;

  if (self->inner != NULL)
    return mitogen_process_send_signal (self->inner, signal_number);
  error = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_STREAM, _ ("it was ended"));
  fail (self, error);
  return TRUE;
}

static void
detach (gpointer data)
{
  MitogenEngineErrand *self = data;

  if (self->inner != NULL)
    mitogen_process_detach (self->inner);
}

static void
forget (gpointer data)
{
  MitogenEngineErrand *self = data;

  forget_handle (self);
  if (self->ending != NULL)
    g_source_destroy (self->ending);
  g_clear_pointer (&self->ending, g_source_unref);
  close_fds (self);
  g_clear_pointer (&self->inner, mitogen_process_free);
  g_clear_pointer (&self->run, mitogen_engine_run_unref);
  self->process = NULL;
  self->listener = NULL;
  g_clear_object (&self->connectable);
  g_clear_pointer (&self->argv, g_strfreev);
  g_clear_pointer (&self->via, mitogen_context_node_unref);
  g_clear_pointer (&self->core, mitogen_core_unref);
  mitogen_engine_errand_unref (self);
}

static const MitogenProcessFuncs process_funcs = { .send_signal = send_signal,
                                                   .detach = detach,
                                                   .forget = forget };

MitogenProcess *
mitogen_engine_errand_start (MitogenEngineErrand *self, const MitogenElsewhere *where)
{
  MitogenIo *io = mitogen_core_get_io (where->core);

  g_assert (self->core == NULL);
  self->core = mitogen_core_ref (where->core);
  self->via = where->via != NULL ? mitogen_context_node_ref (where->via) : NULL;
  self->argv = g_strdupv ((char **) where->argv);
  self->in_fd = where->in_fd;
  self->out_fd = where->out_fd;
  self->err_fd = where->err_fd;
  self->clock = where->clock;
  self->data = where->data;
  self->process = mitogen_process_new_elsewhere (io, &process_funcs, errand_ref (self),
                                                 where->exited, where->data);
  if (self->via == NULL)
    run (self);
  else if (self->path != NULL)
    run_behind_tunnel (self);
  else
    ask_account (self);
  return self->process;
}

const GError *
mitogen_engine_errand_get_error (MitogenEngineErrand *self)
{
  return self->error;
}

/* ---- life ---- */

MitogenEngineErrand *
mitogen_engine_errand_new (MitogenEngineRunSpec *spec,
                           const char *path,
                           MitogenEngineEmitter *emitter)
{
  MitogenEngineErrand *self = g_new0 (MitogenEngineErrand, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->spec = *spec;
  *spec = (MitogenEngineRunSpec){ 0 };
  self->path = g_strdup (path);
  self->emitter = emitter;
  self->in_fd = self->out_fd = self->err_fd = -1;
  return self;
}

void
mitogen_engine_errand_settle (MitogenEngineErrand *self)
{
  mitogen_engine_emitter_close (self->emitter);
}

void
mitogen_engine_errand_unref (MitogenEngineErrand *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  mitogen_engine_run_spec_clear (&self->spec);
  mitogen_engine_emitter_unref (self->emitter);
  g_clear_error (&self->error);
  g_free (self->path);
  g_free (self);
}
