/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-run-parts-private.h"
#include "engine/mitogen-engine-text-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What the daemons and their runtime (runc, crun) say in English, in all versions seen. */
static const char *const no_program[] = {
  "executable file not found",
  "command that was not found",
  "exec: \"",
};

static gboolean
says_any (const char *message, const char *const *phrases, guint n_phrases)
{
  for (guint i = 0; i < n_phrases; i++)
    if (strstr (message, phrases[i]) != NULL)
      return TRUE;
  return FALSE;
}

static GError *
make_refusal (MitogenEngineRun *self, const MitogenEngineAnswer *answer)
{
  gboolean denied = answer->status == 401 || answer->status == 403;

  return g_error_new (MITOGEN_ERROR, denied ? MITOGEN_ERROR_PERMISSION : MITOGEN_ERROR_STREAM,
                      _ ("the daemon of %s refused (%u): %s"), self->spec.engine, answer->status,
                      answer->message);
}

static GError *
make_missing (MitogenEngineRun *self)
{
  if (!mitogen_engine_run_is_temporary (self))
    return g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _ ("there is no container %s"),
                        self->spec.container);
  return g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _ ("there is no image %s"),
                      self->spec.image);
}

GError *
mitogen_engine_run_error_create (MitogenEngineRun *self, const MitogenEngineAnswer *answer)
{
  if (answer->status == 404)
    return make_missing (self);
  if (mitogen_engine_run_is_temporary (self))
    return make_refusal (self, answer);
  if (strstr (answer->message, "is paused") != NULL)
    return g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_STREAM, _ ("the container %s is paused"),
                        self->spec.container);
  if (answer->status == 409)
    return g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_STREAM, _ ("the container %s is not running"),
                        self->spec.container);
  /* podman does not tell these apart. */
  if (strstr (answer->message, "container state improper") != NULL ||
      strstr (answer->message, "on running containers") != NULL)
    return g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_STREAM,
                        _ ("the container %s is not running, or paused"), self->spec.container);
  return make_refusal (self, answer);
}

GError *
mitogen_engine_run_error_start (MitogenEngineRun *self, const MitogenEngineAnswer *answer)
{
  if (says_any (answer->message, no_program, G_N_ELEMENTS (no_program)))
    return g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_NO_INTERPRETER,
                        _ ("%s cannot be run in it: %s"), self->argv[0], answer->message);
  return make_refusal (self, answer);
}
