/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

/**
 * MitogenPromptKind:
 * @MITOGEN_PROMPT_OTHER: something else: it is asked for as it is
 * @MITOGEN_PROMPT_PASSWORD: the password of an account
 * @MITOGEN_PROMPT_PASSPHRASE: the passphrase of a key
 * @MITOGEN_PROMPT_CODE: a verification code, or another question of the server
 * @MITOGEN_PROMPT_NEW_PASSWORD: a new password in place of one that has expired
 * @MITOGEN_PROMPT_HOST_KEY: whether to go on although the host's key is not known, or not
 *   the one that is known
 *
 * What a program asks for before it lets a context be made.
 *
 * Since: 1.0
 */
typedef enum
{
  MITOGEN_PROMPT_OTHER,
  MITOGEN_PROMPT_PASSWORD,
  MITOGEN_PROMPT_PASSPHRASE,
  MITOGEN_PROMPT_CODE,
  MITOGEN_PROMPT_NEW_PASSWORD,
  MITOGEN_PROMPT_HOST_KEY,
} MitogenPromptKind;

G_END_DECLS
