/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What an ssh asks by the helper program, while it connects. */

#include "connection/mitogen-bootstrap-parts-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define CHOICE_YES "0"

static void
on_text (const guint8 *text, gsize size, gpointer data)
{
  MitogenBootstrap *self = data;

  mitogen_text_channel_feed (self->err, text, size);
}

static void
on_ended (gpointer data)
{
  MitogenBootstrap *self = data;

  mitogen_text_channel_end (self->err);
}

/* ---- the answers; without one the connection is about to fail ---- */

static void
on_answer (MitogenPassword *answer, gpointer data)
{
  MitogenBootstrap *self = data;
  g_autoptr (GBytes) line = NULL;

  if (answer == NULL)
    {
      mitogen_askpass_refuse (self->askpass);
      return;
    }
  line = mitogen_password_to_line (answer);
  mitogen_askpass_reply (self->askpass, 0, g_bytes_get_data (line, NULL), g_bytes_get_size (line));
}

static void
on_choice (MitogenPassword *answer, gpointer data)
{
  MitogenBootstrap *self = data;

  if (answer == NULL)
    mitogen_askpass_refuse (self->askpass);
  else
    mitogen_askpass_reply (self->askpass,
                           strcmp (mitogen_password_get_text (answer), CHOICE_YES) == 0 ? 0 : 1,
                           NULL, 0);
}

/* The only thing that a person can do about a notice. */
static void
on_notice_cancelled (MitogenPassword *answer, gpointer data)
{
  MitogenBootstrap *self = data;
  g_autoptr (GError) error = NULL;

  if (answer == NULL) /* nobody has seen it: that makes no difference to ssh */
    return;
  error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED,
                               _ ("The connection was cancelled"));
  mitogen_bootstrap_fail (self, error);
}

/* ---- the questions ---- */

static void
offer (MitogenBootstrap *self, const char *text, const char *const *choices)
{
  g_auto (MitogenQuestion) question = { .kind = MITOGEN_PROMPT_OTHER };

  question.text = mitogen_diagnosis_clean (text, strlen (text));
  question.choices = g_strdupv ((char **) choices);
  mitogen_asking_ask (self->asking, &question, on_choice, self);
}

static void
show_notice (MitogenBootstrap *self, const char *text)
{
  g_auto (MitogenQuestion) question = { .kind = MITOGEN_PROMPT_OTHER };
  const char *choices[] = { _ ("Cancel"), NULL };

  question.text = mitogen_diagnosis_clean (text, strlen (text));
  question.choices = g_strdupv ((char **) choices);
  mitogen_asking_show (self->asking, &question, on_notice_cancelled, self);
}

static void
tell_key (MitogenBootstrap *self, const MitogenAskpassRequest *request)
{
  MitogenMethod *method = self->spec.method;
  g_autofree char *line = NULL;

  if (method->funcs->see_key != NULL)
    line = method->funcs->see_key (method, request->host, request->key_type, request->key,
                                   request->fingerprint);
  mitogen_askpass_reply (self->askpass, 0, line, line != NULL ? strlen (line) : 0);
}

static void
on_asked (const MitogenAskpassRequest *request, gpointer data)
{
  MitogenBootstrap *self = data;
  const char *choices[] = { _ ("Allow"), _ ("Refuse"), NULL };

  if (self->asking == NULL) /* the context starts already */
    {
      mitogen_askpass_refuse (self->askpass);
      return;
    }
  switch (request->kind)
    {
    case MITOGEN_ASKPASS_KEY:
      tell_key (self, request);
      break;
    case MITOGEN_ASKPASS_CONFIRM:
      offer (self, request->text, choices);
      break;
    case MITOGEN_ASKPASS_NOTICE:
      show_notice (self, request->text);
      break;
    case MITOGEN_ASKPASS_QUESTION:
    default:
      mitogen_asking_request (self->asking, request->text, on_answer, self);
      break;
    }
}

static void
on_withdrawn (gpointer data)
{
  MitogenBootstrap *self = data;

  if (self->asking != NULL)
    mitogen_asking_withdraw (self->asking);
}

static const MitogenAskpassFuncs askpass_funcs = { .text = on_text,
                                                   .asked = on_asked,
                                                   .withdrawn = on_withdrawn,
                                                   .ended = on_ended };

void
mitogen_bootstrap_take_askpass (MitogenBootstrap *self, int fd)
{
  self->askpass = mitogen_askpass_new (get_io (self), fd, &askpass_funcs, self);
}

/* An older ssh may still ask by the program, or on the terminal. */
gboolean
mitogen_bootstrap_try_without_keys (MitogenBootstrap *self)
{
  g_autofree char *said = mitogen_diagnosis_to_lines (self->dialogue.diagnosis);

  if (self->spec.askpass_argv == NULL || !mitogen_askpass_is_unknown (said))
    return FALSE;
  g_clear_pointer (&self->spec.askpass_argv, g_strfreev);
  return TRUE;
}
