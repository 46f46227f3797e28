/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-run-parts-private.h"
#include "engine/mitogen-engine-text-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/* For whoever finds a temporary container and wonders. */
#define LABEL "mitogen"

static const char *const attached[] = { "AttachStdin", "AttachStdout", "AttachStderr", NULL };

/* TRUE: there is none. */
static gboolean
failed (MitogenEngineRun *self, const GError *error)
{
  self->request = NULL;
  if (error != NULL)
    mitogen_engine_run_fail (self, error);
  return error != NULL;
}

static gboolean
is_done (const MitogenEngineAnswer *answer)
{
  return answer->status >= 200 && answer->status < 300;
}

static void
fail_create (MitogenEngineRun *self, const MitogenEngineAnswer *answer)
{
  g_autoptr (GError) error = mitogen_engine_run_error_create (self, answer);

  mitogen_engine_run_fail (self, error);
}

static void
fail_start (MitogenEngineRun *self, const MitogenEngineAnswer *answer)
{
  g_autoptr (GError) error = mitogen_engine_run_error_start (self, answer);

  mitogen_engine_run_fail (self, error);
}

static void
take_id (MitogenEngineRun *self, const MitogenEngineAnswer *answer)
{
  self->id = answer->object != NULL
                 ? g_strdup (mitogen_engine_json_get_string (answer->object, "Id"))
                 : NULL;
  if (self->id != NULL && !mitogen_engine_is_container (self->id))
    g_clear_pointer (&self->id, g_free);
}

/* FALSE: it has failed. */
static gboolean
has_id (MitogenEngineRun *self)
{
  g_autoptr (GError) error = NULL;

  if (self->id != NULL)
    return TRUE;
  error = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                               _ ("the daemon has not said what it has made"));
  mitogen_engine_run_fail (self, error);
  return FALSE;
}

static char *
make_path (MitogenEngineRun *self, const char *what, const char *then)
{
  g_autofree char *id = mitogen_engine_escape (self->id);

  return g_strconcat ("/", what, "/", id, "/", then, NULL);
}

/* ---- in a container that runs ---- */

static void
on_hijacked (GInputStream *body, GIOStream *connection, gpointer data)
{
  MitogenEngineRun *self = data;

  self->request = NULL;
  mitogen_engine_run_go_live (self, body, connection);
}

static void
on_hijack_refused (const MitogenEngineAnswer *answer, const GError *error, gpointer data)
{
  MitogenEngineRun *self = data;

  if (!failed (self, error))
    fail_start (self, answer);
}

static const MitogenEngineRequestFuncs exec_start_funcs = { .answered = on_hijack_refused,
                                                            .stream = on_hijacked };

static void
on_exec_created (const MitogenEngineAnswer *answer, const GError *error, gpointer data)
{
  MitogenEngineRun *self = data;
  g_autoptr (JsonBuilder) body = NULL;

  if (failed (self, error))
    return;
  if (!is_done (answer))
    {
      fail_create (self, answer);
      return;
    }
  take_id (self, answer);
  if (!has_id (self))
    return;
  body = json_builder_new ();
  json_builder_begin_object (body);
  json_builder_set_member_name (body, "Detach");
  json_builder_add_boolean_value (body, FALSE);
  json_builder_end_object (body);
  mitogen_engine_run_ask (self, "POST", make_path (self, "exec", "start"), body, &exec_start_funcs);
}

static const MitogenEngineRequestFuncs exec_create_funcs = { .answered = on_exec_created };

/* Never with a terminal: its line discipline is no way for frames. */
static void
create_exec (MitogenEngineRun *self)
{
  g_autoptr (JsonBuilder) body = json_builder_new ();
  g_autofree char *name = mitogen_engine_escape (self->spec.container);

  json_builder_begin_object (body);
  mitogen_engine_json_add_true (body, attached);
  mitogen_engine_json_add_strings (body, "Cmd", (const char *const *) self->argv);
  mitogen_engine_json_add_string (body, "User", self->spec.username);
  mitogen_engine_json_add_string (body, "WorkingDir", self->spec.directory);
  mitogen_engine_json_add_strings (body, "Env", (const char *const *) self->spec.environment);
  json_builder_end_object (body);
  mitogen_engine_run_ask (self, "POST", g_strdup_printf ("/containers/%s/exec", name), body,
                          &exec_create_funcs);
}

/* ---- in a temporary one ---- */

static void create_container (MitogenEngineRun *self);

static void
on_started (const MitogenEngineAnswer *answer, const GError *error, gpointer data)
{
  MitogenEngineRun *self = data;

  if (failed (self, error))
    return;
  if (!is_done (answer))
    fail_start (self, answer);
  else
    mitogen_engine_run_end_temporary (self);
}

static const MitogenEngineRequestFuncs start_funcs = { .answered = on_started };

/* Nothing of what it writes can be missed any more, nor its end. */
static void
on_attached (GInputStream *body, GIOStream *connection, gpointer data)
{
  MitogenEngineRun *self = data;

  self->request = NULL;
  mitogen_engine_run_wait (self);
  mitogen_engine_run_ask (self, "POST", make_path (self, "containers", "start"), NULL,
                          &start_funcs);
  mitogen_engine_run_go_live (self, body, connection);
}

static const MitogenEngineRequestFuncs attach_funcs = { .answered = on_hijack_refused,
                                                        .stream = on_attached };

static void
pull_progress (const MitogenEngineProgress *progress, gpointer data)
{
  MitogenEngineRun *self = data;

  if (self->funcs.progress != NULL && progress->status != NULL)
    self->funcs.progress (progress->status, progress->done, progress->total, self->funcs.data);
}

static void
pull_done (const GError *error, gpointer data)
{
  MitogenEngineRun *self = data;
  MitogenEnginePull *pull = g_steal_pointer (&self->pull);

  self->pulled = TRUE;
  if (self->funcs.clock != NULL)
    self->funcs.clock (TRUE, self->funcs.data);
  if (error != NULL)
    mitogen_engine_run_fail (self, error);
  else
    create_container (self);
  mitogen_engine_pull_free (pull);
}

static const MitogenEnginePullFuncs pull_funcs = { .progress = pull_progress, .done = pull_done };

static void
start_pull (MitogenEngineRun *self)
{
  g_auto (MitogenEngineImage) image = { 0 };
  g_autoptr (GError) error = NULL;

  if (!mitogen_engine_image_parse (self->spec.image, &image))
    {
      error = g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _ ("%s is no name of an image"),
                           self->spec.image);
      mitogen_engine_run_fail (self, error);
      return;
    }
  if (self->funcs.clock != NULL)
    self->funcs.clock (FALSE, self->funcs.data);
  self->pull = mitogen_engine_pull_new (self->io, self->session, &image, &pull_funcs, self);
}

static void
on_container_created (const MitogenEngineAnswer *answer, const GError *error, gpointer data)
{
  MitogenEngineRun *self = data;

  self->creating = FALSE;
  if (error == NULL && is_done (answer))
    take_id (self, answer);
  if (self->state == MITOGEN_ENGINE_STATE_LEAVING)
    {
      self->request = NULL;
      mitogen_engine_run_remove (self);
      return;
    }
  if (failed (self, error))
    return;
  if (answer->status == 404 && !self->pulled && self->spec.pull == MITOGEN_ENGINE_RUN_PULL_MISSING)
    start_pull (self);
  else if (!is_done (answer))
    fail_create (self, answer);
  else if (has_id (self))
    mitogen_engine_run_ask (self, "POST",
                            make_path (self, "containers",
                                       "attach?stream=1&stdin=1&stdout=1&stderr=1"),
                            NULL, &attach_funcs);
}

static const MitogenEngineRequestFuncs container_create_funcs = { .answered =
                                                                      on_container_created };

/* The name is known before the container is there, so that it can be removed even if the answer
 * never comes. */
static void
name_container (MitogenEngineRun *self)
{
  if (self->name != NULL)
    return;
  self->name = g_strdup_printf ("mitogen-%08x%08x", g_random_int (), g_random_int ());
  self->guard = mitogen_engine_guard_new (self->io, &self->spec.address, self->name);
}

/* It goes when its command has ended, and that ends when the one connection to it does. The command
 * is its first process, to which a signal without a handler means nothing: so whoever stops the
 * container has the one sent that cannot be ignored, rather than wait for ten seconds. */
static void
create_container (MitogenEngineRun *self)
{
  static const char *const input[] = { "OpenStdin", "StdinOnce", NULL };
  static const char *const host[] = { "AutoRemove", NULL };
  static const char *const nothing[] = { NULL };
  g_autoptr (JsonBuilder) body = json_builder_new ();

  json_builder_begin_object (body);
  mitogen_engine_json_add_string (body, "Image", self->spec.image);
  mitogen_engine_json_add_true (body, attached);
  mitogen_engine_json_add_true (body, input);
  mitogen_engine_json_add_strings (body, "Entrypoint", (const char *const *) self->argv);
  mitogen_engine_json_add_strings (body, "Cmd", nothing);
  mitogen_engine_json_add_string (body, "User", self->spec.username);
  mitogen_engine_json_add_string (body, "WorkingDir", self->spec.directory);
  mitogen_engine_json_add_strings (body, "Env", (const char *const *) self->spec.environment);
  mitogen_engine_json_add_string (body, "StopSignal", "SIGKILL");
  json_builder_set_member_name (body, "Labels");
  json_builder_begin_object (body);
  mitogen_engine_json_add_string (body, LABEL, "1");
  json_builder_end_object (body);
  json_builder_set_member_name (body, "HostConfig");
  json_builder_begin_object (body);
  mitogen_engine_json_add_true (body, host);
  mitogen_engine_json_add_string (body, "NetworkMode", self->spec.network);
  json_builder_end_object (body);
  json_builder_end_object (body);
  name_container (self);
  self->creating = TRUE;
  mitogen_engine_run_ask (self, "POST", g_strconcat ("/containers/create?name=", self->name, NULL),
                          body, &container_create_funcs);
}

/* ---- the first step ---- */

static gboolean
are_texts (const char *const *texts)
{
  gboolean valid = TRUE;

  for (guint i = 0; valid && texts != NULL && texts[i] != NULL; i++)
    valid = g_utf8_validate (texts[i], -1, NULL);
  return valid;
}

static gboolean
check (MitogenEngineRun *self, GError **error)
{
  const char *const texts[] = { self->spec.container != NULL ? self->spec.container
                                                             : self->spec.image,
                                self->spec.network != NULL ? self->spec.network : "",
                                self->spec.username != NULL ? self->spec.username : "",
                                self->spec.directory != NULL ? self->spec.directory : "", NULL };

  if (!are_texts (texts) || !are_texts ((const char *const *) self->argv) ||
      !are_texts ((const char *const *) self->spec.environment))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _ ("the Engine API takes no text that is not valid UTF-8"));
      return FALSE;
    }
  if (self->spec.container == NULL || mitogen_engine_is_container (self->spec.container))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _ ("there is no container %s"),
               self->spec.container);
  return FALSE;
}

void
mitogen_engine_run_begin (MitogenEngineRun *self)
{
  g_autoptr (GError) error = NULL;

  if (check (self, &error))
    self->session = mitogen_engine_session_new (&self->spec.address, self->spec.engine, &error);
  if (self->session == NULL)
    mitogen_engine_run_fail (self, error);
  else if (!mitogen_engine_run_is_temporary (self))
    create_exec (self);
  else if (self->spec.pull == MITOGEN_ENGINE_RUN_PULL_ALWAYS)
    start_pull (self);
  else
    create_container (self);
}
