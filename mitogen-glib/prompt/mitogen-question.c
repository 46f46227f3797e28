/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prompt/mitogen-question-private.h"

void
mitogen_question_clear (MitogenQuestion *self)
{
  g_clear_pointer (&self->text, g_free);
  g_clear_pointer (&self->subject, g_free);
  g_clear_pointer (&self->message, g_free);
  g_clear_pointer (&self->key_type, g_free);
  g_clear_pointer (&self->fingerprint, g_free);
  g_clear_pointer (&self->choices, g_strfreev);
}

void
mitogen_question_copy (MitogenQuestion *to, const MitogenQuestion *from)
{
  *to = *from;
  to->text = g_strdup (from->text);
  to->subject = g_strdup (from->subject);
  to->message = g_strdup (from->message);
  to->key_type = g_strdup (from->key_type);
  to->fingerprint = g_strdup (from->fingerprint);
  to->choices = g_strdupv (from->choices);
}
