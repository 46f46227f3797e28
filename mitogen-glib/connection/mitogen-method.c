/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-method-private.h"
#include "connection/mitogen-diagnosis-private.h"

#include <string.h>

/* A question is not longer. */
#define MAX_QUESTION 1000

gpointer
mitogen_method_new (gsize size, const MitogenMethodFuncs *funcs)
{
  MitogenMethod *self = g_malloc0 (size);

  g_atomic_ref_count_init (&self->ref_count);
  self->funcs = funcs;
  return self;
}

MitogenMethod *
mitogen_method_ref (MitogenMethod *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_method_unref (MitogenMethod *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  if (self->funcs->clear != NULL)
    self->funcs->clear (self);
  g_strfreev (self->environment);
  g_free (self->askpass);
  g_free (self);
}

gboolean
mitogen_method_is_elsewhere (MitogenMethod *self)
{
  return self != NULL && self->funcs->launch != NULL;
}

/* The second kind is that of Chinese and Japanese. */
static gboolean
looks_like_question (const char *text)
{
  return strchr (":?>]", text[strlen (text) - 1]) != NULL || g_str_has_suffix (text, "：") ||
         g_str_has_suffix (text, "？");
}

MitogenReading
mitogen_method_read_any (MitogenMethod *self, const MitogenSaid *said, MitogenQuestion *question)
{
  g_autofree char *text = mitogen_diagnosis_clean (said->line, said->length);

  g_strstrip (text);
  if (*text == '\0' || strlen (text) > MAX_QUESTION || !looks_like_question (text))
    return MITOGEN_READING_NOTHING;
  if (!said->quiet)
    return MITOGEN_READING_PERHAPS;
  question->kind = MITOGEN_PROMPT_PASSWORD;
  question->text = g_steal_pointer (&text);
  return MITOGEN_READING_QUESTION;
}
