/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prompt/mitogen-prompter-private.h"
#include "wire/mitogen-error.h"

struct _MitogenPrompter
{
  gatomicrefcount ref_count;
  MitogenPassword *password;
};

void
mitogen_place_clear (MitogenPlace *self)
{
  g_clear_pointer (&self->method, g_free);
  g_clear_pointer (&self->user, g_free);
  g_clear_pointer (&self->host, g_free);
  g_clear_pointer (&self->through, g_strfreev);
  g_clear_pointer (&self->key, g_free);
}

MitogenPrompter *
mitogen_prompter_new (MitogenDispatcher *dispatcher,
                      GMountOperation *interaction,
                      MitogenPassword *password,
                      MitogenPlace *place,
                      MitogenPromptHandler handler,
                      GObject *connection)
{
  MitogenPrompter *self = g_new0 (MitogenPrompter, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->password = password != NULL ? mitogen_password_ref (password) : NULL;
  mitogen_place_clear (place);
  return self;
}

MitogenPrompter *
mitogen_prompter_ref (MitogenPrompter *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_prompter_unref (MitogenPrompter *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->password, mitogen_password_unref);
  g_free (self);
}

gboolean
mitogen_prompter_can_answer (MitogenPrompter *self)
{
  return self->password != NULL;
}

gboolean
mitogen_prompter_has_handler (MitogenPrompter *self)
{
  return FALSE;
}

gboolean
mitogen_prompter_has_interaction (MitogenPrompter *self)
{
  return FALSE;
}

void
mitogen_prompter_ask (MitogenPrompter *self,
                      MitogenIo *io,
                      const MitogenQuestion *question,
                      const MitogenPrompterFuncs *funcs,
                      gpointer data,
                      GDestroyNotify destroy)
{
  g_autoptr (GError) error = NULL;

  if (self->password != NULL && !question->again)
    funcs->answered (self->password, NULL, data);
  else
    {
      error = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_PASSWORD, question->text);
      funcs->answered (NULL, error, data);
    }
  destroy (data);
}

void
mitogen_prompter_withdraw (MitogenPrompter *self)
{
}

void
mitogen_prompter_succeeded (MitogenPrompter *self)
{
}
