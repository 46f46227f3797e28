/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-method-private.h"

G_BEGIN_DECLS

/* What OpenSSH's client has asked so far: a question that comes twice means that the first answer
 * was wrong. */
typedef struct
{
  char *hostname; /* (nullable): whom the client was told to connect to */
  MitogenQuestion last;
  guint n_answers; /* when it was asked */
  gboolean has_asked;
  gboolean had_password; /* one was answered */
} MitogenSshPrompts;

MitogenReading mitogen_ssh_prompts_read (MitogenSshPrompts *self,
                                         const MitogenSaid *said,
                                         MitogenQuestion *question);
void mitogen_ssh_prompts_clear (MitogenSshPrompts *self);

/* What a text about a host's key says of it: its type and fingerprint are filled in. */
void mitogen_ssh_prompts_read_key (const char *text, MitogenQuestion *question);

G_END_DECLS
