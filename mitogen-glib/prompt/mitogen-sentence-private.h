/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "prompt/mitogen-prompter-private.h"

G_BEGIN_DECLS

/* What people are told, in the library's own words: what a program says is only ever quoted.
 * Returns: (transfer full), all of them. */

/* "Password for root by sudo on web1, through bastion" */
char *mitogen_sentence_subject (const MitogenPlace *place, const MitogenQuestion *question);
/* That, and in further lines what else there is to know. */
char *mitogen_sentence_message (const MitogenPlace *place, const MitogenQuestion *question);
/* What there is to choose from: "Connect", "Cancel". */
char **mitogen_sentence_choices (const MitogenQuestion *question);
/* (nullable): the account, if the question is about one */
const char *mitogen_sentence_account (const MitogenPlace *place, const MitogenQuestion *question);

/* Nobody answers. @unhandled: there is an interaction, which did not deal with it */
GError *mitogen_sentence_unanswered (const MitogenPlace *place,
                                     const MitogenQuestion *question,
                                     gboolean unhandled);
/* The answers were wrong. */
GError *mitogen_sentence_refused (const MitogenPlace *place, const MitogenQuestion *question);
/* The person does not trust the host. */
GError *mitogen_sentence_distrusted (const MitogenPlace *place, const MitogenQuestion *question);
/* The person does not want to answer, and knows. */
GError *mitogen_sentence_cancelled (const MitogenPlace *place, const MitogenQuestion *question);

G_END_DECLS
