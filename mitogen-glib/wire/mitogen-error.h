/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

/**
 * MITOGEN_ERROR:
 *
 * The error domain of this library. Codes are from [error@Mitogen.Error].
 *
 * Since: 1.0
 */
#define MITOGEN_ERROR (mitogen_error_quark ())

/**
 * MitogenError:
 * @MITOGEN_ERROR_CALL: the called function raised an exception; see
 *   [func@Mitogen.Error.get_remote_type]
 * @MITOGEN_ERROR_CHANNEL: the peer or the receiver is gone, or a message
 *   could not be delivered
 * @MITOGEN_ERROR_LATCH: the latch is closed
 * @MITOGEN_ERROR_STREAM: a context could not be reached; the message says all
 *   that is known about why
 * @MITOGEN_ERROR_TIMED_OUT: the time given was over
 * @MITOGEN_ERROR_PASSWORD: a password was asked for and not given, or refused
 * @MITOGEN_ERROR_HOST_KEY: the host's key is unknown or wrong
 * @MITOGEN_ERROR_NO_INTERPRETER: there is no usable Python interpreter
 * @MITOGEN_ERROR_PROTOCOL: the peer said something that the protocol forbids
 * @MITOGEN_ERROR_TYPE: a value has a type that cannot be sent or that was not
 *   the one asked for
 * @MITOGEN_ERROR_PERMISSION: refused by a policy
 * @MITOGEN_ERROR_TOO_LARGE: a value or message exceeds a limit
 * @MITOGEN_ERROR_MODULE_NOT_FOUND: no source for a module was found
 *
 * Errors in the `MITOGEN_ERROR` domain.
 *
 * Since: 1.0
 */
typedef enum
{
  MITOGEN_ERROR_CALL,
  MITOGEN_ERROR_CHANNEL,
  MITOGEN_ERROR_LATCH,
  MITOGEN_ERROR_STREAM,
  MITOGEN_ERROR_TIMED_OUT,
  MITOGEN_ERROR_PASSWORD,
  MITOGEN_ERROR_HOST_KEY,
  MITOGEN_ERROR_NO_INTERPRETER,
  MITOGEN_ERROR_PROTOCOL,
  MITOGEN_ERROR_TYPE,
  MITOGEN_ERROR_PERMISSION,
  MITOGEN_ERROR_TOO_LARGE,
  MITOGEN_ERROR_MODULE_NOT_FOUND,
} MitogenError;

MITOGEN_AVAILABLE_IN_ALL
GQuark mitogen_error_quark (void);

MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_error_get_remote_type (const GError *error);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_error_get_remote_message (const GError *error);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_error_get_remote_traceback (const GError *error);

G_END_DECLS
