/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "router/mitogen-core-private.h"
#include "wire/mitogen-pickle-private.h"

G_BEGIN_DECLS

/* Answers what a context has asked this process for; nothing if it wants no answer. */

/* @writer: its content is taken */
void mitogen_answer (MitogenCore *core, MitogenMessage *message, MitogenPickleWriter *writer);
void mitogen_answer_none (MitogenCore *core, MitogenMessage *message);
/* It arrives as a CallError. */
void mitogen_answer_error (MitogenCore *core, MitogenMessage *message, const char *text);

G_END_DECLS
